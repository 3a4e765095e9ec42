"""A page shows the files, omissions and warnings of the tables it reads, and nothing of others."""

import dataclasses
import json
from pathlib import Path

from frames import COMPANY, as_of, book, change, deal
from revops import report
from revops.actions import pipeline_coverage as act
from revops.book import open_book
from revops.book.sources import data_rows, sources
from revops.exports import Audit, FileAudit, LeftOut
from revops.measures import pipeline_coverage as measures
from revops.params import ReportSettings, settings

READS = ("opportunities", "owners")


def file(name, table, system="crm", warnings=()):
    return FileAudit(
        name=name, sha256="f" * 64, bytes=9, system=system, table=table, route="report", encoding="UTF-8",
        delimiter=",", header_row=1, rows_read=5, rows_kept=4, first=None, last=None, currencies=(), decisions=(),
        warnings=warnings, unknown_columns=(), sheet_rows=5,
    )  # fmt: skip


def audit(files, warnings=(), left_out=(), unrecognised=()):
    return Audit(tuple(files), tuple(left_out), tuple(unrecognised), tuple(warnings), {}, None)


FILES = (
    file("crm/deals.csv", "opportunities", warnings=("not UTF-8",)),
    file("crm/leads.csv", "leads", warnings=("not UTF-8",)),
    file("crm/roles.csv", "look-up: roles"),
    file("bills/customers.csv", "look-up: customers", "bills"),
    file("bills/months.csv", "subscriptions", "bills"),
)
LEFT = (
    LeftOut("opportunities", "crm/deals.csv", "duplicate id", 2, 10.0, ("006a",)),
    LeftOut("leads", "crm/leads.csv", "test record", 3, None, ()),
    LeftOut("contact_roles", "crm/deals.csv", "no contact", 4, None, ()),
)
TOLD = (
    "opportunities: 2 have no amount",
    "leads: 3 have no owner",
    "contact_roles: only 1 of 5 has a contact",
    "crm/leads.csv: 1 row is odd",
    "crm/leads.csv, crm/deals.csv: differ",
    "2026-06-15: 2 of the 9 opportunities are not in it",
    "3 names of a folder with a date that is not read as one (a, b, c)",
)


def test_what_concerns_a_report_is_that_of_its_tables_and_of_no_table_at_all():
    found = sources(audit(FILES, TOLD, LEFT), READS)
    assert [f.name for f in found.files] == ["crm/deals.csv", "crm/roles.csv"]
    assert found.left_out == LEFT[:1]
    assert found.warnings == (TOLD[0], *TOLD[4:], "crm/deals.csv: not UTF-8")


def test_a_report_that_names_no_table_shows_everything():
    found = sources(audit(FILES, TOLD, LEFT))
    assert (found.files, found.left_out) == (FILES, LEFT)
    assert found.warnings == (*TOLD, "crm/deals.csv: not UTF-8", "crm/leads.csv: not UTF-8")


def test_what_is_found_in_other_tables_changes_nothing():
    more = audit(
        (*FILES, file("ads/costs.csv", "spend", "ads", warnings=("not UTF-8",))),
        (*TOLD, "spend: 1 has no channel", "ads/costs.csv: 1 row is odd"),
        (*LEFT, LeftOut("spend", "ads/costs.csv", "duplicate", 1, None, ())),
    )
    assert sources(more, READS) == sources(audit(FILES, TOLD, LEFT), READS)
    assert data_rows(more, READS) == data_rows(audit(FILES, TOLD, LEFT), READS)


def test_data_for_programs_holds_the_tables_that_are_read():
    assert data_rows(audit(FILES, TOLD, LEFT), READS) == [
        {
            "table": "look-up: roles", "kept": 4, "left_out": [],
            "files": [{"name": "crm/roles.csv", "sha256": "f" * 64, "rows": 5, "first": None, "last": None}],
        },
        {
            "table": "opportunities", "kept": 4,
            "left_out": [{"reason": "duplicate id", "n": 2, "amount": 10.0, "examples": ["006a"]}],
            "files": [{"name": "crm/deals.csv", "sha256": "f" * 64, "rows": 5, "first": None, "last": None}],
        },
    ]  # fmt: skip


def test_the_page_shows_them():
    deals = [deal("a", close_date="2026-08-20")]
    kept = book(deals, [change("a", "2026-02-01 09:00", close_date="2026-08-20")])
    seen = audit(FILES, TOLD, LEFT, [("notes.csv", "no headers that we know")])
    seen = dataclasses.replace(seen, tracked=kept.audit.tracked, history_from=kept.audit.history_from)
    view = as_of(dataclasses.replace(kept, audit=seen), "2026-08-09")
    chosen = ReportSettings("pipeline_coverage", COMPANY, measures.Knobs(), Path("params"))
    result = measures.measure(view, chosen.knobs)
    given = report.Answer(chosen, view, result.period, act.headline(result), measures=(), reads=READS)
    left_out, origin = given.left_out().to_html(), given.provenance().to_html()
    assert all(
        word in left_out for word in ("duplicate id", "2 have no amount", "notes.csv: not used", "comes from, nothing")
    )
    assert not any(word in left_out for word in ("test record", "3 have no owner", "leads.csv: 1 row"))
    assert "deals.csv" in origin and "from files of other tables" in origin and "months.csv" not in origin
    assert [row["table"] for row in given.to_json()["data"]] == ["look-up: roles", "opportunities"]
    everything = dataclasses.replace(given, reads=())
    assert "nothing is told" not in everything.left_out().to_html()
    assert "other tables" not in everything.provenance().to_html()


def test_the_report_reads_no_table_that_it_does_not_name():
    """Campaigns are read by the gate alone, for the source of opportunities."""
    chosen = settings("pipeline_coverage", measures.Knobs, params_dir=str(Path(__file__).parents[2] / "params"))
    kept = open_book(chosen)
    result = measures.measure(kept.as_of("auto"), chosen.knobs)
    measures.measure_rows(result), measures.display_tables(result), measures.records_table(result)
    act.actions(result), act.headline(result), measures.check_rows(result)
    assert kept.tables.read == set(measures.READS) - {"campaigns"}
    assert set(kept.tables) > set(measures.READS)
    names = {row["table"] for row in json.loads(json.dumps(data_rows(kept.audit, measures.READS)))}
    assert names == {*measures.READS, "look-up: roles"}

"""From raw exports to numbers, against the simulator's own books; and past days against true past exports."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from revops.book import Book
from revops.company import load_company
from revops.exports import prepare
from revops.measures import pipeline_coverage as measures
from revops.report.answer import _plain
from revops.simulate import figures, write_exports
from revops.simulate.halyard import PLAN, sample_world

ROOT = Path(__file__).parents[2]
COMPANY = load_company(ROOT / "params")
FAR = dt.datetime(2099, 1, 1)
TRUTH = json.loads((ROOT / "data" / "sample_truth.json").read_text())
TYPES = {"covered": ("new", "expansion"), "all": ("new", "expansion", "renewal")}


@pytest.fixture(scope="module")
def world():
    return sample_world()


def book_of(folder):
    found = prepare(folder, COMPANY)
    return Book(COMPANY, {name: table.to_pandas() for name, table in found.tables.items()}, found.audit)


@pytest.fixture(scope="module")
def book():
    return book_of(ROOT / "data" / "sample")


def total(rows, prefix, types):
    """Sum the simulator's tallies whose key is `prefix type …`."""
    found = [row for key, row in rows.items() for type in types if f"{key} ".startswith(f"{prefix} {type} ".lstrip())]
    return pytest.approx(sum(row["amount"] for row in found), abs=0.005), sum(row["n"] for row in found)


@pytest.mark.parametrize("day", TRUTH["figures"])
def test_every_core_number_is_that_of_the_simulators_own_books(book, day):
    view, truth = book.as_of(dt.date.fromisoformat(day), now=FAR), TRUTH["figures"][day]
    result = measures.measure(view, measures.Knobs(past_quarters=40))
    row, name = result.headline, result.period.name
    assert (row.booked_amount, row.n_booked) == total(truth["booked"], name, TYPES["covered"])
    assert (row.open_pipeline_amount, row.n_open) == total(truth["open"], name, TYPES["covered"])
    assert (row.overdue_amount, row.n_overdue) == total(truth["overdue"], "", TYPES["all"])
    assert (row.total_open_amount, row.n_total_open) == total(truth["total_open"], "", TYPES["all"])
    for made in result.created.itertuples():
        key = [f"{name} {type} {made.source}" for type in TYPES["covered"]]
        found = [truth["created"][k] for k in key if k in truth["created"]]
        assert made.created_amount == pytest.approx(sum(f["amount"] for f in found), abs=0.005)
        assert made.n == sum(f["n"] for f in found)
    for quarter in result.earlier.itertuples():
        assert (quarter.booked_amount, quarter.n_booked) == total(truth["frozen"], quarter.period, TYPES["covered"])


def test_the_quota_is_the_one_in_force(book):
    result = measures.measure(book.as_of("auto", now=FAR), measures.Knobs())
    assert result.view.day == PLAN.as_of
    assert result.headline["quota_amount"] == TRUTH["quota_in_force"][result.period.name]


def everything(book, day):
    """Return all that the report would show for a day, except where its data came from."""
    result = measures.measure(book.as_of(day, now=FAR), measures.Knobs())
    tables = {name: table.to_dict("list") for name, (_, table, _) in measures.display_tables(result).items()}
    records = measures.records_table(result)
    kept = records[records["counts_as"].ne("left_out")].to_dict("list")
    return _plain({"measures": measures.measure_rows(result), "tables": tables, "records": kept})


CUTS = [PLAN.as_of - dt.timedelta(days=days) for days in (0, 1, 6, 19, 39, 40, 77, 130, 365, 800)]


@pytest.mark.parametrize("day", CUTS, ids=str)
def test_a_past_day_is_what_the_exports_of_that_day_say(book, world, tmp_path, day):
    """The exports as the systems would have written them that evening: nothing later is in them."""
    write_exports(world, tmp_path, day)
    assert everything(book, day) == everything(book_of(tmp_path), day)


def test_rows_after_the_day_may_be_anything(book):
    """Future history is dropped, doubled and rewritten; future opportunities come and go."""
    day = dt.date(2026, 2, 20)
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    deals, history = book.tables["opportunities"], book.tables["opportunity_history"]
    past_deals, past = deals[deals["created_at"] < end], history[history["changed_at"] < end]
    later = history[history["changed_at"] >= end]
    wild = later.assign(amount=later["amount"] * 7 + 1, stage_name="Won", outcome="won", is_deleted=False)
    wild = wild.assign(close_date=pd.Timestamp("2026-02-10"), sequence=later["sequence"] + 1)
    changed = past_deals.assign(stage_name="Won", outcome="won", amount=1e9, close_date=pd.Timestamp("2026-02-10"))
    expected = everything(book, day)
    for rows, states in ((past_deals, past), (deals, pd.concat([history, wild])), (changed, pd.concat([past, wild]))):
        states = states.sort_values(["opportunity_id", "changed_at", "sequence"], ignore_index=True)
        tables = {**book.tables, "opportunities": rows.reset_index(drop=True), "opportunity_history": states}
        assert everything(Book(COMPANY, tables, book.audit), day) == expected


def test_renamed_ids_change_no_value(book):
    def rename(table):
        ids = [c for c in table.columns if c in ("opportunity_id", "account_id", "owner_id", "manager_id")]
        table = table.assign(**{c: "x" + table[c].str[::-1] for c in ids})
        if "level" in table:
            table = table.assign(
                member=table["member"].where(table["level"].ne("owner"), "x" + table["member"].str[::-1])
            )
        keys = [c for c in ("opportunity_id", "changed_at", "sequence") if c in table]
        return table.sort_values(keys, ignore_index=True) if keys else table

    other = Book(COMPANY, {name: rename(table) for name, table in book.tables.items()}, book.audit)
    values = []
    for b in (book, other):
        rows = measures.measure_rows(
            measures.measure(b.as_of(PLAN.as_of, now=FAR), measures.Knobs(by=("segment", "region")))
        )
        values.append(_plain([(r["id"], r["by"], r["value"], r["n"]) for r in rows]))
    assert values[0] == values[1]


def test_the_truth_file_is_that_of_the_simulator(world):
    assert TRUTH["figures"][PLAN.as_of.isoformat()] == json.loads(json.dumps(figures(world, PLAN.as_of)))

"""History that stops short: older than the records beside it, or begun in the middle."""

import datetime as dt

import pytest
from gate import IDS, balanced, gate, rows
from test_exports_history import RECORD, STATES, lines, states

from revops.book import Book
from revops.errors import BookError
from revops.exports.reading.columns import few

OLD = f"0088d00003nB001,{IDS[0]},2025-03-03 05:00:00,Prospecting,200,2025-08-01,0"
FIELDS = ("stage_name", "amount")


def test_a_record_that_changed_after_its_history_ended_is_taken_from_its_last_change_on(tmp_path):
    deal = rows({"StageName": "Closed Won", "Amount": "900", "CloseDate": "2025-06-29"}, base=RECORD)
    prepared = gate(tmp_path, {"deals.csv": deal, "history.csv": lines(STATES, OLD)})
    assert states(prepared, fields=FIELDS) == [("03-03", "Prospecting", 200), ("06-30", "Closed Won", 900)]
    assert prepared.audit.warnings == (
        f"opportunity_history: 1 of 1 opportunities ($900) differ from the end of their history (e.g. {IDS[0]}): "
        "history ends 2025-03-03, records 2025-06-30; each record is taken from its last change on. Export both "
        "together.",
    )
    assert balanced(prepared)


@pytest.mark.parametrize("stamp", ["", "2025-03-02 05:00:00"])
def test_a_record_without_a_later_stamp_leaves_its_history_with_a_warning(tmp_path, stamp):
    deal = rows({"StageName": "Closed Won", "LastModifiedDate": stamp}, base=RECORD)
    prepared = gate(tmp_path, {"deals.csv": deal, "history.csv": lines(STATES, OLD)})
    assert states(prepared, fields=FIELDS) == [("03-03", "Prospecting", 200)]
    assert prepared.audit.warnings == (
        f"opportunity_history: 1 of 1 opportunities ($1,000) differ from the end of their history (e.g. {IDS[0]}): "
        "their records have no later Last Modified Date, so their history is taken. Export history and opportunities "
        "together, with that column.",
    )


@pytest.mark.parametrize(("n_late", "since"), [(3, "2025-03-03"), (4, "2025-05-02")])
def test_history_that_begins_late_tells_no_day_before(tmp_path, n_late, since):
    """Rows of the last weeks alone: what older opportunities were before is not known."""
    record = {"StageName": "Prospecting", "Amount": "200", "CloseDate": "2025-08-01"}
    late = [OLD.replace(IDS[0], key).replace("2025-03-03", f"2025-05-0{k + 2}") for k, key in enumerate(IDS[:n_late])]
    early = [OLD.replace(IDS[0], key) for key in IDS[n_late:]]
    files = {"deals.csv": rows(*[record] * 6, base=RECORD), "history.csv": lines(STATES, *late, *early)}
    prepared = gate(tmp_path, files)
    assert prepared.audit.history_from == since
    shown = ", ".join(sorted(IDS[:n_late])[:3])
    assert prepared.audit.warnings == (
        ()
        if n_late == 3
        else (
            f"opportunity_history: 4 of 6 opportunities with history were created before its first row for them "
            f"(e.g. {shown}): days before 2025-05-02 cannot be rebuilt. Export the whole history.",
        )
    )


def test_a_day_before_the_history_is_refused(tmp_path):
    test_history_that_begins_late_tells_no_day_before(tmp_path, 4, "2025-05-02")
    prepared = gate(tmp_path, {})
    book = Book(None, {name: table.to_pandas() for name, table in prepared.tables.items()}, prepared.audit)
    with pytest.raises(BookError) as caught:
        book.as_of(dt.date(2025, 5, 1), now=dt.datetime(2026, 1, 1))
    assert str(caught.value) == (
        "as_of 2025-05-01: must not lie before the first day with history (2025-05-02). Choose a later day, or export "
        "the whole history."
    )
    assert book.as_of(dt.date(2025, 5, 2), now=dt.datetime(2026, 1, 1)).day == dt.date(2025, 5, 2)


def test_few_is_three_or_one_in_a_hundred():
    assert [few(n) for n in (0, 399, 400, 10_000)] == [3, 3, 4, 100]

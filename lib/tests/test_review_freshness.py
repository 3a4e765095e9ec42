"""How fresh the Monday review calls each export, by how often records of its kind come."""

import pytest
from reviews import answer, export, review


def freshness(tmp_path, *data, before=(), **parts):
    """Return table, last day, state and note of each export in a review as of Tue 9 Jun 2026."""
    if before:
        review(tmp_path, answer(as_of="2026-06-02", data=list(before)), as_of="2026-06-02")
    found = review(tmp_path, answer(data=list(data), **parts))
    return [(one.table, one.last, one.state, one.note) for one in found.exports]


@pytest.mark.parametrize(
    ("table", "last", "state", "note"),
    [
        ("opportunities", "2026-06-09", "fresh", ""),
        ("leads", "2026-06-02", "fresh", ""),
        ("touches", "2026-06-01", "old", "No new record for 8 days: export it again."),
        ("forecasts", "2026-05-26", "fresh", ""),
        ("forecasts", "2026-05-25", "old", "No new record for 15 days: export it again."),
        ("invoices", "2026-04-17", "fresh", ""),
        ("payments", "2026-03-31", "old", "Nothing of Apr 2026: export the months since 31 Mar."),
        ("accounts", "2026-06-03", "fresh", ""),
        ("contacts", "2026-01-10", "undated", "No new record for 150 days, which may be so."),
        ("quotas", "2026-08-01", "undated", "Holds what was set, not what happened."),
        ("look-up: roles", None, "undated", "Holds no dates of records."),
        ("leads", None, "undated", "Holds no dates of records."),
        ("leads", "2026-06-09T17:20:00", "fresh", ""),
    ],
)
def test_state_follows_the_tables_rhythm(tmp_path, table, last, state, note):
    shown = None if state == "undated" and not note.startswith("No new") else last and last[:10]
    assert freshness(tmp_path, export(table, f"crm/{table}.csv", last)) == [(table, shown, state, note)]


@pytest.mark.parametrize(("as_of", "needed"), [("2026-05-31", "2026-03-01"), ("2026-06-01", "2026-04-01")])
def test_a_months_books_are_due_31_days_after_its_end(tmp_path, as_of, needed):
    """31 days before 31 May is 30 April, when April was not over; before 1 June it is 1 May."""
    for number, (last, state) in enumerate([(needed, "fresh"), ("2026-02-01", "old")], 1):
        data = [export("ledger", "books/pl.csv", last)]
        found = review(tmp_path, answer(as_of=as_of, data=data), as_of=as_of, number=number)
        assert [one.state for one in found.exports] == [state]


@pytest.mark.parametrize(
    ("table", "first", "last", "told"),
    [
        ("ledger", "2025-01-01", "2026-05-01", ("2026-05-31", 9, "fresh", "By month, up to May 2026.")),
        ("ledger", "2026-05-01", "2026-05-01", ("2026-05-31", 9, "fresh", "By month, up to May 2026.")),
        ("subscriptions", "2025-01-01", "2026-04-01", ("2026-04-30", 40, "fresh", "By month, up to Apr 2026.")),
        ("invoices", "2025-02-01", "2026-02-01",
         ("2026-02-28", 101, "old", "Nothing of Apr 2026: export the months after Feb 2026.")),
        ("ledger", "2025-01-01", "2025-12-01",
         ("2025-12-31", 160, "old", "Nothing of Apr 2026: export the months after Dec 2025.")),
        ("spend", "2025-01-01", "2026-06-01", ("2026-06-09", 0, "fresh", "By month, up to Jun 2026, which goes on.")),
        ("ledger", "2025-01-01", "2026-08-01", ("2026-06-09", 0, "fresh", "By month, up to Jun 2026, which goes on.")),
        ("spend", "2026-06-01", "2026-06-01", ("2026-06-01", 8, "fresh", "")),
        ("invoices", "2025-01-03", "2026-05-01", ("2026-05-01", 39, "fresh", "")),
        ("leads", "2025-01-01", "2026-06-01", ("2026-06-01", 8, "old", "No new record for 8 days: export it again.")),
    ],
)  # fmt: skip
def test_months_reach_to_their_end(tmp_path, table, first, last, told):
    [one] = review(tmp_path, answer(data=[export(table, f"books/{table}.csv", last, first=first)])).exports
    assert (one.last, one.age_days, one.state, one.note) == told


def test_a_file_that_goes_on_after_the_day_reaches_it(tmp_path):
    found = review(tmp_path, answer(data=[export("leads", "crm/Lead.csv", "2026-07-01")]))
    assert [(one.last, one.age_days, one.state) for one in found.exports] == [("2026-06-09", 0, "fresh")]


def test_daily_records_in_the_very_file_of_the_review_before_are_old(tmp_path):
    same = [export("leads", "crm/Lead.csv", "2026-06-02"), export("ledger", "books/pl.csv", "2026-05-01")]
    assert freshness(tmp_path, *same, before=same) == [
        ("leads", "2026-06-02", "old",
         "The same file as in the review before, unchanged since 2 Jun: export it again."),
        ("ledger", "2026-05-31", "fresh", "By month, up to May 2026."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "now",
    [export("leads", "crm/Lead.csv", "2026-06-02", sha="1" * 64), export("leads", "crm/Lead.csv", "2026-06-09")],
    ids=["another file with the same last day", "a file that reaches the day, read as of an earlier one before"],
)
def test_other_files_are_not_called_unchanged(tmp_path, now):
    before = [export("leads", "crm/Lead.csv", now["files"][0]["last"])]
    assert [state for *_, state, _ in freshness(tmp_path, now, before=before)] == ["fresh"]


def test_closed_years_of_an_export_are_not_listed(tmp_path):
    years = [
        export("ledger", "books/2025.csv", "2025-12-01", first="2025-01-01"),
        export("ledger", "books/2026.csv", "2026-05-01", first="2026-01-01"),
        export("spend", "ads/2025.csv", "2025-12-01"),
    ]
    assert freshness(tmp_path, *years) == [
        ("spend", "2025-12-31", "old", "Nothing of Apr 2026: export the months after Dec 2025."),
        ("ledger", "2026-05-31", "fresh", "By month, up to May 2026."),
    ]


def test_rare_kinds_of_records_lean_on_the_files_beside_them(tmp_path):
    both = [
        export("invoices", "bills/credit_notes.csv", "2026-01-31"),
        export("invoices", "bills/all.csv", "2026-06-08"),
    ]
    assert [(last, state) for _, last, state, _ in freshness(tmp_path, *both)] == [("2026-06-08", "fresh")] * 2


@pytest.mark.parametrize(
    ("name", "rows", "last", "state"),
    [
        ("crm/History.csv", 5000, "2026-05-18", "old"),
        ("crm/History.csv", 5000, "2026-06-02", "fresh"),  # within stale_after_days
        ("crm/History.csv", 200, "2026-05-18", "fresh"),  # one in 2.5 days: 22 days without may be so
        ("crm/History.csv", 200, "2026-05-10", "old"),
        ("crm/History.csv", 19, "2025-01-02", "fresh"),  # too few to tell by
        ("crm/FieldHistory 2025.csv", 5000, "2026-05-18", "fresh"),  # another year of the other
    ],
)
def test_one_daily_export_that_stopped_beside_another_that_goes_on(tmp_path, name, rows, last, state):
    beside = export("opportunity_history", "crm/FieldHistory 2026.csv", "2026-06-09", rows=900)
    found = review(tmp_path, answer(data=[export("opportunity_history", name, last, rows=rows), beside]))
    states = {one.file: (one.state, one.last) for one in found.exports}
    assert states.pop("crm/FieldHistory 2026.csv") == ("fresh", "2026-06-09")
    assert states == {name: (state, last if state == "old" or (last == "2026-06-02" and rows > 900) else "2026-06-09")}


def test_a_file_names_every_report_it_fed_once(tmp_path):
    data = [export("leads", "crm/Lead.csv", "2026-06-09")]
    found = review(tmp_path, answer(data=data), answer("cac_payback", data=data))
    assert [one.reports for one in found.exports] == [("cac_payback", "pipeline_coverage")]

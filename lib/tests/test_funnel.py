"""The funnel of tiny companies: passages and shares by hand, cohorts, slices, and what is missing."""

import datetime as dt

import pandas as pd
import pytest
from hand_funnel import contact, deal, lead, made, moved, role, told, won
from test_exports_contacts import CONTACTS
from test_exports_hubspot import COMPANY, DEALS, read

from revops.book import Book
from revops.measures.stage_benchmarking.funnel import LEADS, funnel_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.window import window_of

FEW = {"fewest_followed": 2, "horizons": (10, 30, 60)}
PASSAGES = ["subject_id", "step", "place", "entered", "age_days", "event", "is_skipped", "follow_days", "amount",
            "cluster", "lead_source", "source", "segment", "region", "cohort"]  # fmt: skip
TABLE = ["subject_id", "step", "entered", "age_days", "event", "is_skipped"]


def rows(passages, *names):
    """Return passages as lists, days as text."""
    shown = passages[list(names or TABLE)]
    return [[None if pd.isna(v) else str(v.date()) if isinstance(v, pd.Timestamp) else v for v in row]
            for row in shown.astype(object).to_numpy().tolist()]  # fmt: skip


def share(table, step, horizon, name="share"):
    row = table[table["step"].eq(step) & table["horizon_days"].eq(horizon)]
    return row[name].item()


def test_one_enquiry_all_the_way():
    """1 January lead, 11 January MQL, 21 January SQL, 10 February opportunity, won on 1 May: 120 days."""
    one = made("1", "D", "2026-01-01 10:00", "2026-02-10", mql_at="2026-01-11 15:00", sql_at="2026-01-21")
    found = told(leads=[one | {"region": "EMEA"}], deals=[won("D", "2026-02-10", "2026-05-01", amount=9.0)])
    assert list(found.passages) == list(found.whole) == PASSAGES
    assert rows(found.passages) == [
        ["1", "lead", "2026-01-01", 10, 1, False], ["1", "mql", "2026-01-11", 10, 1, False],
        ["1", "sql", "2026-01-21", 20, 1, False], ["1", "opportunity", "2026-02-10", 80, 1, False],
    ]  # fmt: skip
    assert rows(found.whole) == [["1", "lead_to_won", "2026-01-01", 120, 1, False]]
    assert rows(found.passages.iloc[:1], *PASSAGES[7:]) == [
        [180, 9.0, "account A1", "Web", "marketing", "Unknown", "EMEA", "FY26-Q1"]
    ]
    assert found.why is None and found.counts["what"].tolist() == ["no_history"]


def test_dates_out_of_order_and_places_nobody_stood_at_are_passed():
    """1: SQL before MQL, so it had passed MQL by then. 2: from lead to opportunity. 3: qualified on the day it came."""
    found = told(
        leads=[lead("1", "2026-01-01", mql_at="2026-03-01", sql_at="2026-02-01"),
               made("2", "D", "2026-01-01", "2026-02-10"),
               lead("3", "2026-01-01 10:00", mql_at="2026-01-01")],
        deals=[deal("D", created_at="2026-02-10 09:00")],
    )  # fmt: skip
    assert rows(found.passages) == [
        ["1", "lead", "2026-01-01", 31, 1, False], ["1", "mql", "2026-02-01", 0, 1, True],
        ["1", "sql", "2026-02-01", 149, 0, False],
        ["2", "lead", "2026-01-01", 40, 1, False], ["2", "mql", "2026-02-10", 0, 1, True],
        ["2", "sql", "2026-02-10", 0, 1, True], ["2", "opportunity", "2026-02-10", 140, 0, False],
        ["3", "lead", "2026-01-01", 0, 1, False], ["3", "mql", "2026-01-01", 180, 0, False],
    ]  # fmt: skip
    assert found.counts.to_numpy().tolist() == [
        ["sql_first", 1, "Enquiries that sales called qualified before marketing did"],
        ["no_mql", 1, "Enquiries that went past MQL: nobody ever called them that"],
        ["no_sql", 1, "Enquiries that went past SQL: nobody ever called them that"],
        ["no_history", 3, "Leads without history: who was turned down is not known and counts as waiting"],
    ]


def test_who_is_turned_down_is_lost_and_who_waits_is_censored():
    history = [moved("1", "2026-06-11", "Nurture"), moved("2", "2026-06-15", "Disqualified")]
    leads = [lead("1", "2026-06-01"), lead("2", "2026-06-01", mql_at="2026-06-05")]
    found = told(leads=leads, lead_history=history)
    assert rows(found.passages, "subject_id", "step", "age_days", "event") == [
        ["1", "lead", 10, 2], ["2", "lead", 4, 1], ["2", "mql", 10, 2]]  # fmt: skip
    assert rows(found.whole, "subject_id", "age_days", "event") == [["1", 10, 2], ["2", 14, 2]]


def test_shares_of_the_last_weeks_and_of_those_before():
    """The last 13 weeks begin on 1 April. Of five who came on 5 April one is an MQL after 5 days, one after 25, one is
    lost after 8: 1/5 by day 10, 2/5 by day 30. Of four in February two are, after 3 days and 50: 1/4, 1/4, 2/4."""
    now = [lead(f"n{n}", "2026-04-05", mql_at=on) for n, on in enumerate(["2026-04-10", "2026-04-30", *[None] * 3])]
    past = [lead(f"p{n}", "2026-02-01", mql_at=on) for n, on in enumerate(["2026-02-04", "2026-03-23", None, None])]
    old = [lead(f"o{n}", "2024-06-01") for n in range(9)]
    found = told(leads=[*now, *past, *old], lead_history=[moved("n4", "2026-04-13", "Nurture")], knobs=FEW)
    table = found.converted
    assert table["step"].unique().tolist() == ["lead", "mql", "lead_to_won"]
    assert [share(table, "lead", day) for day in (10, 30, 60)] == pytest.approx([1 / 5, 2 / 5, 2 / 5])
    assert [share(found.converted_past, "lead", day) for day in (10, 30, 60)] == pytest.approx([1 / 4, 1 / 4, 2 / 4])
    assert [share(table, "lead", 60, name) for name in ("n", "n_followed")] == [5, 5]
    assert share(table, "lead_to_won", 60) == 0.0 and share(found.converted_past, "lead_to_won", 60, "n") == 4
    assert share(told(leads=now, knobs={"horizons": (10,)}).converted, "lead", 10, "n_followed") == 5
    assert pd.isna(share(told(leads=now, knobs={"horizons": (10,)}).converted, "lead", 10))


def test_cohorts_count_from_the_first_lead_by_quarter():
    """Of three leads of the first quarter one is an MQL by day 10 and an opportunity by day 40: a third each."""
    found = told(
        leads=[made("1", "D", "2026-01-01", "2026-02-10", mql_at="2026-01-11"), lead("2", "2026-02-01"),
               lead("3", "2026-03-31"), lead("4", "2026-04-01"), lead("5", "2026-04-02")],
        deals=[deal("D", created_at="2026-02-10 09:00")], knobs=FEW,
    )  # fmt: skip
    table = found.cohorts.set_index(["cohort", "step", "horizon_days"])
    assert list(found.cohorts)[:3] == ["cohort", "step", "horizon_days"]
    assert found.cohorts["step"].unique().tolist() == ["mql", "opportunity", "won"]
    assert [table.loc[("FY26-Q1", "mql", day), "share"] for day in (10, 30)] == pytest.approx([1 / 3, 1 / 3])
    assert [table.loc[("FY26-Q1", "opportunity", day), "share"] for day in (30, 60)] == pytest.approx([0, 1 / 3])
    assert table.loc[("FY26-Q1", "won", 60), "n"] == 3 and table.loc[("FY26-Q2", "mql", 10), "n"] == 2
    assert table.loc[("FY26-Q2", "mql", 10), "share"] == 0.0


def test_a_place_that_no_record_tells_of_is_left_out():
    deals = [won("D", "2026-02-10", "2026-05-01")]
    found = told(leads=[made("1", "D", "2026-01-01", "2026-02-10"), lead("2", "2026-01-01")], deals=deals)
    assert found.passages["step"].unique().tolist() == ["lead", "opportunity"]
    assert found.counts.set_index("what").loc["untold_mql", "words"] == (
        "Enquiries of which no record says which became MQL; that step is left out"
    )
    assert told(leads=[lead("2", "2026-01-01")]).passages["step"].tolist() == ["lead"]


def test_a_slice_is_of_the_first_lead():
    leads = [lead("1", "2026-01-01", "Kestrel", region="EMEA"), lead("2", "2026-01-05", "Kestrel", region="APAC"),
             lead("3", "2026-01-01", region="APAC", employees=2000.0)]  # fmt: skip
    assert told(leads=leads, knobs={"slice": {"region": "EMEA"}}).leads["lead_id"].tolist() == ["1", "2"]
    assert told(leads=leads, knobs={"slice": {"region": "APAC"}}).enquiries["enquiry_id"].tolist() == ["3"]
    both = told(leads=leads, knobs={"slice": {"region": "APAC", "segment": "Enterprise", "source": "marketing"}})
    assert both.why is None and both.passages["subject_id"].tolist() == ["3"]


@pytest.mark.parametrize(("knobs", "leads", "why"), [
    ({"slice": {"owner": "O1"}}, [lead("1")], "leads are not told apart by owner: they have no funnel of their own"),
    ({"slice": {"team": "T", "type": "new"}}, [lead("1")],
     "leads are not told apart by team or type: they have no funnel of their own"),
    ({"slice": {"region": "EMEA"}}, [lead("1")], "no lead is in region EMEA"),
    ({}, [lead("1", "2026-07-01")], "nobody was a lead by 2026-06-30"),
    ({}, [], "no leads: export leads, or contacts with their lifecycle dates"),
])  # fmt: skip
def test_no_funnel_says_why_and_has_its_columns(knobs, leads, why):
    deals = [deal("D", type="new", region="EMEA", owner_id="O1")]
    found = told(leads=leads, deals=deals, knobs=knobs, contacts=[contact("1")])
    assert found.why == why
    whole = told(leads=[lead("1")])
    for name in ("leads", "enquiries", "passages", "whole", "converted", "converted_past", "cohorts"):
        table = getattr(found, name)
        assert len(table) == 0 and list(table) == list(getattr(whole, name)), name
    assert found.leads.dtypes.astype(str).to_dict() == LEADS
    assert found.passages.dtypes.astype(str).to_dict() == whole.passages.dtypes.astype(str).to_dict()
    assert found.enquiries.dtypes.astype(str).to_dict() == whole.enquiries.dtypes.astype(str).to_dict()


def test_a_hubspot_company_has_a_funnel_of_its_contacts():
    """501 and 503 came as leads on 1 December and 1 February, 502 the evening before the day; deals have no roles."""
    contacts = [contact("501", "A", lead_at="2024-12-01 08:00", mql_at="2024-12-10 16:30", sql_at="2025-01-10 09:00"),
                contact("502", None, lead_at="2025-06-29 23:58"),
                contact("503", "K", lead_at="2025-02-01 10:00", mql_at="2025-02-09 10:00", sql_at="2025-02-05 10:00",
                        opportunity_at="2025-02-10 10:00")]  # fmt: skip
    deals = [deal("D", created_at="2025-01-14 09:00", close_date="2025-12-01")]
    found = told(contacts=contacts, contact_roles=[role("D", "501")], deals=deals, day="2025-06-30")
    assert rows(found.passages, "subject_id", "step", "age_days", "event", "is_skipped") == [
        ["501", "lead", 9, 1, False], ["501", "mql", 31, 1, False], ["501", "sql", 4, 1, False],
        ["501", "opportunity", 167, 0, False], ["502", "lead", 1, 0, False],
        ["503", "lead", 4, 1, False], ["503", "mql", 0, 1, True], ["503", "sql", 5, 1, False],
        ["503", "opportunity", 140, 0, False],
    ]  # fmt: skip
    assert found.counts["what"].tolist() == ["alone", "contacts", "sql_first", "own_dates"]


def test_the_example_export_of_hubspot_has_its_funnel(tmp_path):
    """501 has deals, the first won 120 days after it came; those of 503 are in no file, so its own dates tell."""
    prepared = read(tmp_path, {"contacts.csv": CONTACTS, "deals.csv": DEALS})
    book = Book(COMPANY, {name: table.to_pandas() for name, table in prepared.tables.items()}, prepared.audit)
    found = funnel_of(window_of(book.as_of("auto", now=dt.datetime(2025, 7, 1)), Knobs()))
    assert rows(found.enquiries, "enquiry_id", "opportunity_id", "opportunity_at", "won_at") == [
        ["501", "98041882390", "2025-01-02", "2025-03-31"], ["503", None, "2025-02-10", None],
    ]  # fmt: skip
    assert rows(found.whole, "subject_id", "age_days", "event")[0] == ["501", 120, 1]
    assert found.why is None

"""Leads of one company that came together are one enquiry: how far it got, when, whether it was lost, what is odd."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hand_funnel import DAY, company, contact, deal, known, lead, made, moved, role, slow_enquiries, won

from frames import with_each, with_tables
from revops.measures.stage_benchmarking.funnel import PLACES
from revops.measures.stage_benchmarking.funnel.enquiries import COLUMNS, enquiries
from revops.measures.stage_benchmarking.funnel.measured import leads_of
from revops.measures.stage_benchmarking.funnel.oddities import counts_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.window import window_of

K = "Kestrel"
STAMPS = ["lead_at", "mql_at", "sql_at", "opportunity_at", "won_at", "lost_at"]


def at(text):
    return pd.Timestamp(text)


def days(found, id="1"):
    """Return the days of an enquiry's milestones, None for never."""
    row = found.enquiries.set_index("enquiry_id").loc[id, STAMPS]
    return [str(stamp.date()) if pd.notna(stamp) else None for stamp in row]


def odd(found):
    return dict(found.counts[["what", "n"]].to_numpy())


def test_leads_of_a_company_within_the_days_of_the_one_before_are_one_enquiry():
    """2 January, 1 July (180 days on) and 29 December (181 on) of 2025: two enquiries; the hour does not matter."""
    found = known(leads=[lead("1", "2025-01-02 23:00", K), lead("2", "2025-07-01 01:00", K),
                         lead("3", "2025-12-29 00:00", "KESTREL "), lead("4", "2025-12-29 00:00", "Lynx")])  # fmt: skip
    assert found.leads["enquiry_id"].tolist() == ["1", "1", "3", "4"]
    assert list(found.enquiries) == COLUMNS
    assert found.enquiries[["enquiry_id", "company_key", "n_leads"]].to_numpy().tolist() == [
        ["1", "name kestrel", 2], ["3", "name kestrel", 1], ["4", "name lynx", 1]]  # fmt: skip
    assert odd(found) == {"together": 1, "again": 1, "no_history": 4}


@pytest.mark.parametrize(("apart", "ids"), [(0, ["1", "1", "3"]), (1, ["1", "1", "1"])])
def test_how_far_apart_is_a_parameter(apart, ids):
    found = known(leads=[lead("1", "2026-01-01 09:00", K), lead("2", "2026-01-01 18:00", K),
                         lead("3", "2026-01-02", K)], knobs={"enquiry_days": apart})  # fmt: skip
    assert found.leads["enquiry_id"].tolist() == ids


def test_milestones_are_the_first_of_any_of_its_people():
    """The second person is qualified first; the first one is again qualified later, which counts once."""
    found = known(
        leads=[lead("1", "2026-01-02", K, mql_at="2026-03-01", sql_at="2026-03-02", region="EMEA", lead_source="Fair"),
               lead("2", "2026-01-20", K, mql_at="2026-02-01", region="APAC")],
    )  # fmt: skip
    assert days(found) == ["2026-01-02", "2026-02-01", "2026-03-02", None, None, None]
    assert found.enquiries[["lead_source", "region"]].to_numpy().tolist() == [["Fair", "EMEA"]]


def test_many_leads_to_one_opportunity_count_once():
    deals = [won("D", "2026-02-10", "2026-05-01", amount=700.0)]
    found = known(
        leads=[made(str(n), "D", f"2026-01-0{n}", "2026-02-10", account_id="A") for n in (1, 2, 3)], deals=deals
    )
    assert len(found.enquiries) == 1 and days(found) == ["2026-01-01", None, None, "2026-02-10", "2026-05-01", None]
    assert found.enquiries["amount"].tolist() == [700.0] and found.enquiries["opportunity_id"].tolist() == ["D"]
    assert odd(found) == {"together": 2, "several": 2, "untold_mql": 1, "untold_sql": 1,
                          "no_history": 3}  # fmt: skip


def test_an_opportunity_of_two_companies_is_of_the_one_that_the_crm_made_it_of_else_of_the_latest():
    deals = [won("D", "2026-02-10", "2026-05-01"), won("E", "2026-02-10", "2026-05-01")]
    contacts = [contact(f"C{n}", f"A{n}") for n in (1, 2, 3)]
    roles = [role("D", "C2"), role("E", "C2"), role("E", "C3")]
    found = known(leads=[made("1", "D", "2026-01-01", "2026-02-10"), made("2", None, "2026-01-15", "2026-02-10"),
                         made("3", None, "2026-01-10", "2026-02-10")],
                  deals=[{**deals[0], "amount": 900.0}, deals[1]], contacts=contacts, contact_roles=roles)  # fmt: skip
    assert found.leads["opportunity_id"].tolist() == ["D", "E", "D"] and found.by_role.tolist() == [False, True, True]
    assert found.enquiries[["enquiry_id", "opportunity_id"]].fillna("").to_numpy().tolist() == [
        ["1", "D"], ["3", "E"], ["2", ""]]  # fmt: skip
    assert odd(found)["by_role"] == 1 and odd(found)["several"] == 1


def test_an_opportunity_older_than_the_enquiry_did_not_come_of_it():
    found = known(
        leads=[made("1", "D", "2026-02-11 08:00", "2026-03-01")], deals=[won("D", "2026-02-10", "2026-05-01")]
    )
    assert days(found) == ["2026-02-11", None, None, None, None, None]
    assert odd(found) == {"older": 1, "no_history": 1}
    same_day = known(
        leads=[made("1", "D", "2026-02-10 18:00", "2026-03-01")], deals=[won("D", "2026-02-10", "2026-05-01")]
    )
    assert days(same_day)[3:] == ["2026-02-10", "2026-05-01", None]


def test_the_first_of_two_opportunities_counts():
    deals = [deal("late", created_at="2026-03-01 09:00"), won("early", "2026-02-01", "2026-05-01")]
    found = known(leads=[made("1", "late", "2026-01-01", "2026-02-01", account_id="A"),
                         made("2", "early", "2026-01-02", "2026-02-01", account_id="A")], deals=deals)  # fmt: skip
    assert found.enquiries["opportunity_id"].tolist() == ["early"] and odd(found)["not_first"] == 1


@pytest.mark.parametrize(("given", "told_won", "told_lost"), [
    ({"stage_name": "Won", "close_date": "2026-05-01"}, "2026-05-01", None),
    ({"stage_name": "Lost", "close_date": "2026-05-01"}, None, "2026-05-01"),
    ({"stage_name": "Proposal", "close_date": "2026-05-01"}, None, None),
    ({"stage_name": "Won", "close_date": DAY}, DAY, None),
])  # fmt: skip
def test_won_and_lost_are_as_they_stand_on_the_day(given, told_won, told_lost):
    deals = [deal("D", created_at="2026-02-10 09:00", **given)]
    found = known(leads=[made("1", "D", "2026-01-01", "2026-02-10")], deals=deals)
    assert days(found)[3:] == ["2026-02-10", told_won, told_lost]


@pytest.mark.parametrize(("closed", "told_won"), [("2026-07-01", None), ("2026-06-30", "2026-06-30"),
                                                  ("2026-02-01", "2026-02-10")])  # fmt: skip
def test_a_closing_day_to_come_is_open_and_one_before_the_opportunity_is_the_day_it_was_made(closed, told_won):
    view = company(
        leads=[made("1", "D", "2026-01-01", "2026-02-10")], deals=[won("D", "2026-02-10", "2026-06-20")]
    ).view
    history = view.book.table("opportunity_history").assign(close_date=at(closed))
    book = with_tables(view.book, opportunity_history=history)
    window = window_of(book.as_of(view.day, now=dt.datetime(2099, 1, 1)), Knobs())
    leads = leads_of(window)
    found = enquiries(leads, window)
    assert days(SimpleNamespace(enquiries=found))[3:] == ["2026-02-10", told_won, None]
    counts = counts_of(leads, found, PLACES, window).set_index("what")["n"]
    assert counts.get("closed_ahead", 0) == (told_won is None)


@pytest.mark.parametrize(("history", "lost"), [
    ([("1", "2026-02-01", "Disqualified"), ("2", "2026-02-05", "Nurture")], "2026-02-05"),
    ([("1", "2026-02-01", "Disqualified")], None),
    ([("1", "2026-02-01", "Disqualified"), ("2", "2026-02-05", "Nurture"), ("2", "2026-03-01", "Working")], None),
    ([("1", "2026-02-01", "Nurture"), ("1", "2026-02-03", "Disqualified"), ("2", "2026-02-02", "Nurture")],
     "2026-02-02"),
])  # fmt: skip
def test_an_enquiry_is_lost_when_the_last_of_its_leads_is_turned_down(history, lost):
    found = known(leads=[lead("1", "2026-01-01", K, mql_at="2026-01-10"), lead("2", "2026-01-02", K)],
                  lead_history=[moved(*change) for change in history])  # fmt: skip
    assert days(found) == ["2026-01-01", "2026-01-10", None, None, None, lost]


def test_who_came_forward_after_being_turned_down_is_not_lost():
    down = [moved("1", "2026-02-01", "Disqualified")]
    assert days(known(leads=[lead("1", sql_at="2026-02-01")], lead_history=down))[5] == "2026-02-01"
    assert days(known(leads=[lead("1", sql_at="2026-02-02")], lead_history=down))[5] is None


def test_a_lead_that_is_nurtured_while_its_opportunity_is_open_is_not_lost():
    found = known(leads=[made("1", "D", "2026-01-01", "2026-02-10")], deals=[deal("D", created_at="2026-02-10 09:00")],
                  lead_history=[moved("1", "2026-03-01", "Nurture")])  # fmt: skip
    assert days(found)[3:] == ["2026-02-10", None, None]


def test_contacts_reach_what_their_own_dates_say():
    contacts = [contact("1", "A", lead_at="2025-12-01", opportunity_at="2025-12-20", customer_at="2026-02-01"),
                contact("2", "A", lead_at="2025-12-05", mql_at="2025-12-06", opportunity_at="2025-12-15")]  # fmt: skip
    found = known(contacts=contacts)
    assert days(found) == ["2025-12-01", "2025-12-06", None, "2025-12-15", "2026-02-01", None]


def random_company(seed):
    """Return leads, history, contacts, roles and deals of some companies, in no order."""
    rng = np.random.default_rng(seed)

    def some(first, spread, share=1.0):
        day = pd.Timestamp("2025-01-01") + pd.Timedelta(hours=int(24 * first + rng.integers(0, 24 * spread)))
        return day.isoformat() if rng.random() < share else None

    ends = {"Won": "close_date", "Lost": "close_date", "Proposal": "close_date"}
    deals, leads, history, contacts, roles = [], [], [], [], []
    for n in range(20):
        stage = str(rng.choice(list(ends)))
        deals.append(deal(f"D{n}", created_at=some(20, 480)[:16].replace("T", " "), stage_name=stage,
                          close_date=some(300, 240)[:10], amount=float(rng.integers(1, 9)),
                          type=str(rng.choice(["new", "expansion", "renewal"]))))  # fmt: skip
    for n in range(60):
        born, who = some(0, 500), int(rng.integers(0, 9))
        given = {"mql_at": some(20, 500, 0.5), "sql_at": some(40, 500, 0.3)}
        if rng.random() < 0.5:
            own = f"D{rng.integers(0, 20)}" if rng.random() < 0.4 else None
            given |= {"contact_id": f"C{n}", "account_id": f"A{who}", "converted_date": some(60, 500)[:10],
                      "opportunity_id": own}  # fmt: skip
            contacts.append(contact(f"C{n}", f"A{who}"))
            roles += [role(f"D{d}", f"C{n}") for d in rng.choice(20, int(rng.integers(0, 3)), replace=False)]
        leads.append(lead(f"L{n:02d}", born, f"Firm {who}" if rng.random() < 0.9 else "n/a", **given))
        for _ in range(int(rng.integers(0, 4))):
            status = str(rng.choice(["Working", "Nurture", "Disqualified", "Nurture"]))
            history.append(moved(f"L{n:02d}", some(30, 500), status, sequence=len(history)))
    return {"leads": leads, "lead_history": history, "contacts": contacts, "contact_roles": roles, "deals": deals}


@pytest.mark.parametrize("seed", range(8))
def test_enquiries_are_those_of_plain_loops(seed):
    window = company(**random_company(seed), knobs={"enquiry_days": 60}, day="2026-05-31")
    leads = leads_of(window)
    found = enquiries(leads, window)
    rows = leads.astype(object).where(leads.notna(), None).to_dict("records")
    deals = window.view.opportunities.to_dict("records")
    slow = slow_enquiries(rows, deals, dt.date(2026, 5, 31), 60)
    assert len(found) == len(slow) > 20 and min(found[["lost_at", "opportunity_at"]].notna().sum()) > 2
    fast = found.set_index("enquiry_id").astype(object).where(lambda table: table.notna(), None)
    for row in slow:
        assert {name: fast.loc[row["enquiry_id"], name] for name in row if name != "enquiry_id"} == {
            name: value for name, value in row.items() if name != "enquiry_id"
        }, row["enquiry_id"]  # fmt: skip


def test_the_order_of_rows_does_not_matter():
    window = company(**random_company(3))
    mixed = with_each(window.view.book, lambda table: table.sample(frac=1, random_state=1, ignore_index=True))
    mixed.tables["opportunity_history"] = window.view.book.table("opportunity_history")
    again = window_of(mixed.as_of(window.view.day, now=dt.datetime(2099, 1, 1)), window.knobs)
    leads = leads_of(window)
    pd.testing.assert_frame_equal(leads, leads_of(again))
    pd.testing.assert_frame_equal(enquiries(leads, window), enquiries(leads_of(again), again))

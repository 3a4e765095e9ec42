"""What to do about three answers: each rule fires on what it says, and on nothing else."""

import pytest
from answering_companies import HAND, HAND_DEALS, HAND_TABLES, bills, defined, seen, won

from revops.actions.revenue_answer import actions
from revops.measures.revenue_answer import Knobs, measure


def acted(view, **knobs):
    return {action.rule: action for action in actions(measure(view, Knobs(**{"stale_after_days": 366} | knobs)))}


def test_every_rule_on_the_company_worked_out_by_hand_by_the_money_in_the_records():
    found = acted(HAND())
    assert [(a.rule, a.owner, a.amount, f"{a.by}", a.records) for a in found.values()] == [
        ("overdue_commits", "sales_ops", 999.0, "2026-06-17", ("a",)),
        ("billed_otherwise", "revops", 19.9, "2026-06-17", ("1",)),
        ("billed_not_won", "sales_ops", 15.0, "2026-06-17", ("cus_1",)),
        ("no_forecast_category", "sales_ops", 11.0, "2026-06-17", ("e",)),
        ("won_not_billed", "revops", 5.0, "2026-06-17", ("5",)),
        ("unknown_source", "marketing_ops", 5.0, "2026-06-17", ("5",)),
    ]
    assert [action.text for action in found.values()] == [
        "Re-date or close 1 committed deal that is overdue: $999 in nobody's answer",
        "Put right 1 account billed in FY26-Q2 at another amount than won, $20 apart: A $100 won, $120 billed",
        "Find the deals behind new bills of 1 customer in FY26-Q2 that no deal won explains: $15 a year, cus_1",
        "Give a forecast category to 1 open deal due in FY26-Q2: $11 that nobody can call committed",
        "Ask finance where the bill is of 1 deal won in FY26-Q2: $5, Deal 5",
        "Say where 1 deal of FY26-Q2 came from: $5 booked or committed that sales counts, and marketing cannot",
    ]
    assert all(action.worth is None and action.because.endswith("off the list.") for action in found.values())


def test_without_bills_nothing_is_asked_of_them():
    assert set(acted(HAND(subscriptions=[]))) == {"overdue_commits", "no_forecast_category", "unknown_source"}


def test_without_any_forecast_category_none_is_missed():
    deals = [{**row, "forecast_category": None} for row in HAND_DEALS]
    assert {"no_forecast_category", "overdue_commits"} & set(acted(seen(deals, **HAND_TABLES))) == set()


def test_a_deal_without_an_amount_is_named():
    deals = [{**row, "amount": None} if row["opportunity_id"] in "27" else row for row in HAND_DEALS]
    action = acted(seen(deals, **HAND_TABLES))["no_amount"]
    assert action.text == "Give an amount to 2 deals of FY26-Q2 that count 0 in every answer"
    assert (action.owner, action.amount, action.records) == ("sales_ops", 0.0, ("2", "7"))


def test_a_touched_deal_has_a_source_where_touches_count_and_none_is_missed_where_nobody_asks():
    deals = [{**row, "source": "unknown"} if row["opportunity_id"] in "3" else row for row in HAND_DEALS]
    assert acted(seen(deals, **HAND_TABLES))["unknown_source"].records == ("5",)
    untouched = defined(marketing={"touched": False})
    assert acted(seen(deals, untouched, **HAND_TABLES))["unknown_source"].records == ("3", "5")
    assert "unknown_source" not in acted(HAND(defined(marketing={"sources": None})))
    assert "unknown_source" not in acted(HAND(defined(marketing={"sources": ("marketing", "unknown")})))


def test_old_exports_are_the_only_thing_to_do():
    found = actions(measure(HAND(day="2026-06-29"), Knobs(stale_after_days=1)))
    assert [(a.rule, a.owner, a.text) for a in found] == [
        ("exports_are_old", "revops", "Export again: the newest record of the CRM is 24 days old")
    ]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["One"], "the bill is of 1 deal won in FY26-Q2: $10, One"),
        (["One", "Two"], "the bills are of 2 deals won in FY26-Q2: $20, One and Two"),
        (["One", "Two", "Three", "Four"], "the bills are of 4 deals won in FY26-Q2: $40, One, Two and 2 more"),
        (["<b>\n\u202e" + "x" * 50], f"the bill is of 1 deal won in FY26-Q2: $10, <b> {'x' * 35}…"),
    ],
)
def test_the_first_deals_are_named_on_one_line(names, said):
    deals = [won(str(n), f"A{n}", "2026-04-10", 10.0, opportunity_name=name) for n, name in enumerate(names)]
    tables = {"subscriptions": bills("Z", {3: 1.0, 4: 1.0, 5: 1.0})}
    assert acted(seen(deals, **tables))["won_not_billed"].text == f"Ask finance where {said}"


def test_many_records_are_cut_and_said_to_be():
    deals = [won(f"{n:03}", f"A{n}", "2026-04-10", 1.0 + n) for n in range(60)]
    action = acted(seen(deals, **{"subscriptions": bills("Z", {3: 1.0, 4: 1.0, 5: 1.0})}))["won_not_billed"]
    assert action.amount == 60 + sum(range(60)) and len(action.records) == 50 and action.records[0] == "059"
    assert action.because.endswith("Records: the 50 with most money.")


def test_in_a_quarter_that_is_over_nobody_is_asked_for_dates_or_categories():
    found = acted(HAND(day="2026-07-20"), period="FY26-Q2")
    assert not {"overdue_commits", "no_forecast_category"} & set(found)
    assert set(found) == {"billed_otherwise", "won_not_billed", "billed_not_won", "unknown_source"}

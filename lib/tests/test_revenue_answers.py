"""What marketing, sales and finance say that a quarter brings, and the bridge: by hand, in plain loops, at random."""

import itertools

import numpy as np
import pandas as pd
import pytest
from answering_companies import (
    DAY,
    HAND,
    HAND_DEALS,
    HAND_TABLES,
    bills,
    defined,
    definitions,
    history,
    random_company,
    seen,
    won,
)
from companies_of_people import contact, role, touch
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_answers import Slow

from frames import as_of
from revops.analysis.revenue_answers import RULES, WHO, answers_of, apart, bridge_of, counted_of
from revops.book import Book


def quarter(view, name="current"):
    return view.calendar.resolve(name, view.day)


def told(view, period="current", **given):
    counted = counted_of(view, quarter(view, period), **given)
    return answers_of(counted).table.set_index("who"), bridge_of(counted)


def step(bridge, one, other, rule):
    rows = bridge.steps
    found = rows[rows["from_who"].eq(one) & rows["to_who"].eq(other) & rows["rule"].eq(rule)]
    return tuple(found[["booked", "committed", "total", "n"]].iloc[0])


def moved(bridge, one, rule):
    rows = bridge.records[bridge.records["from_who"].eq(one) & bridge.records["rule"].eq(rule)]
    who = rows["opportunity_id"].fillna(rows["customer"])
    return sorted(zip(who, rows["part"], rows["change"], rows["reason"], strict=True))


def same_amounts(found, wanted):
    np.testing.assert_array_equal(np.array(found, float), np.array(wanted, float))


# The company worked out by hand


def test_what_each_of_three_would_say():
    found, _ = told(HAND())
    marketing = (80.05, 760.00, 840.05, 2, 3)  # 2 + 3 (touched) | 8 + 9 + c (touched): commit and best case
    sales = (185.15, 600.00, 785.15, 4, 2)  # 1 + 2 + 3 + 5 | 7 + 9: commit
    finance = (201.00, 0.00, 201.00, 4, 0)  # 12 x (A 10 + D 2 + E 3.50 + cus_1 1.25)
    for who, wanted in zip(WHO, (marketing, sales, finance), strict=True):
        same_amounts(found.loc[who, ["booked", "committed", "total", "n_booked", "n_committed"]], wanted)
    assert found["why"].isna().all() and found["why_committed"].isna().all()
    assert found["counted"].tolist() == ["deals", "deals", "customers"]


def test_what_leads_from_marketing_to_sales():
    _, bridge = told(HAND())
    assert bridge.steps["rule"].tolist() == [*RULES, *RULES]
    assert bridge.steps["differs"].tolist() == [False, True, True, *[False] * 3, False, False, *[True] * 4]
    same_amounts(step(bridge, "marketing", "sales", "types"), (0, 0, 0, 0))
    same_amounts(step(bridge, "marketing", "sales", "sources"), (105.10, 200.00, 305.10, 3))  # 1 + 5 | 7
    same_amounts(step(bridge, "marketing", "sales", "categories"), (0, -360.00, -360.00, 2))  # 8 + c
    assert moved(bridge, "marketing", "sources") == [
        ("1", "booked", 100.10, "source sales: counts"),
        ("5", "booked", 5.00, "source unknown: counts"),
        ("7", "committed", 200.00, "source sales: counts"),
    ]
    assert moved(bridge, "marketing", "categories") == [
        ("8", "committed", -300.00, "open, forecast category best case: does not count"),
        ("c", "committed", -60.00, "open, forecast category best case: does not count"),
    ]


def test_what_leads_from_sales_to_finance():
    _, bridge = told(HAND())
    same_amounts(step(bridge, "sales", "finance", "categories"), (0, -600.00, -600.00, 2))
    same_amounts(step(bridge, "sales", "finance", "not_billed"), (-85.05, 0, -85.05, 3))  # 2 + 3 + 5
    same_amounts(step(bridge, "sales", "finance", "not_won"), (81.00, 0, 81.00, 3))  # 24 + 42 + 15
    same_amounts(step(bridge, "sales", "finance", "other_amount"), (19.90, 0, 19.90, 1))  # 120 - 100.10
    assert moved(bridge, "sales", "not_billed") == [
        ("2", "booked", -50.05, "no new bill found"),
        ("3", "booked", -30.00, "month not billed yet"),
        ("5", "booked", -5.00, "no account on the deal: no bill can be found"),
    ]
    assert moved(bridge, "sales", "not_won") == [
        ("D", "booked", 24.00, "won in the quarter, of another type or source"),
        ("E", "booked", 42.00, "won before the quarter"),
        ("cus_1", "booked", 15.00, "customer without an account"),
    ]
    assert moved(bridge, "sales", "other_amount") == [
        ("1", "booked", 19.90, "1 deal of this account, billed at another amount")
    ]
    names = bridge.records.set_index("customer")["name"]
    assert (names["D"], names["E"], names["cus_1"]) == ("Dovetail", "E", "cus_1")


def test_from_bills_to_deals_won_the_same_steps_lead_back():
    """Sales by bills 201.00, finance by deals won 185.15: the hand's steps with their signs turned."""
    company = defined(sales={"bookings": "billed"}, finance={"bookings": "won"})
    found, bridge = told(HAND(company))
    same_amounts(found.loc[["sales", "finance"], "booked"], [201.00, 185.15])
    same_amounts(step(bridge, "sales", "finance", "not_billed"), (85.05, 0, 85.05, 3))
    same_amounts(step(bridge, "sales", "finance", "not_won"), (-81.00, 0, -81.00, 3))
    same_amounts(step(bridge, "sales", "finance", "other_amount"), (-19.90, 0, -19.90, 1))
    one = bridge.records[bridge.records["rule"].eq("other_amount") & bridge.records["from_who"].eq("sales")]
    assert one[["amount_before", "amount_after", "change"]].to_numpy().tolist() == [[120.0, 100.1, -19.9]]


def test_definitions_and_steps_in_words():
    company = defined(finance={"types": ("new", "renewal"), "sources": ("partner", "sales")})
    found, bridge = told(HAND(company))
    assert found["definition"].tolist() == [
        "won in the quarter by close date: new and expansion, source marketing or touched by marketing",
        "won in the quarter by close date: new and expansion",
        "recurring revenue that bills added in the quarter by new customers, expansion and those who came back, x 12, "
        "of any type and source; who paid late is filled in",
    ]
    assert found["definition_committed"].tolist() == [
        "open deals in commit and best case, due by the quarter's end: new and expansion, source marketing or touched "
        "by marketing",
        "open deals in commit, due by the quarter's end: new and expansion",
        "no open deals",
    ]
    assert bridge.steps["label"].tolist() == [
        "The same types of deals", "Deals that came from elsewhere", "Open deals: commit alone",
        "Won, not in the bills", "Billed, nothing won in the quarter", "Billed at another amount than won",
        "Types of deals: renewal too, no expansion", "Where deals came from: source partner and sales alone",
        "Open deals do not count", "Won, not in the bills", "Billed, nothing won in the quarter",
        "Billed at another amount than won",
    ]  # fmt: skip


def test_deals_due_before_the_day_are_in_no_answer():
    counted = counted_of(HAND(), quarter(HAND()))
    assert counted.deals.loc[counted.deals["part"].eq("overdue"), "opportunity_id"].tolist() == ["a"]
    records = answers_of(counted).records.set_index("record")
    assert records.loc["a", ["marketing", "sales", "finance"]].tolist() == [0, 0, 0]
    assert "d" not in records.index and "6" not in records.index


def test_records_add_up_to_the_answers():
    found, _ = told(HAND())
    records = answers_of(counted_of(HAND(), quarter(HAND()))).records
    for who in WHO:
        assert records[who].sum() == pytest.approx(found.loc[who, "total"], abs=1e-9)


# Every quarter, day and part of the company


def test_a_past_quarter_is_frozen_some_days_after_its_end():
    """What is entered as won, or changed, after the grace days counts no more; entered before, it does."""
    late = won("z", "Z", "2026-06-30", 1000.0)
    rows = [won("y", "Y", "2026-05-01", 10.0), late]
    states = [*states_of(rows[:-1]), *states_of([late], entered="2026-07-06 09:00")]
    after = seen(rows, day="2026-07-20", states=states)
    found, _ = told(after, "previous")
    assert found.loc["sales", "booked"] == 10.0 and told(after, "current")[0].loc["sales", "booked"] == 0
    on_time = [*states_of(rows[:-1]), *states_of([late], entered="2026-07-05 23:00")]
    assert told(seen(rows, day="2026-07-20", states=on_time), "previous")[0].loc["sales", "booked"] == 1010.0


def states_of(deals, entered=None):
    rows = history(deals)
    return [row | ({"changed_at": entered} if entered and row["sequence"] else {}) for row in rows]


def test_a_touch_after_the_frozen_day_says_nothing_of_a_past_quarter():
    rows = [won("y", "Y", "2026-05-01", 10.0, source="sales")]
    people = {"contacts": [contact("p", "Y")], "contact_roles": [role("y", "p")]}
    early = touch("t", "p", "2026-04-01")
    entered = early | {"associated_at": "2026-07-15"}
    for row, amount in ((early, 10.0), (entered, 0.0)):
        view = seen(rows, day="2026-07-20", touches=[row], **people)
        assert told(view, "previous")[0].loc["marketing", "booked"] == amount


def test_nothing_is_booked_in_a_quarter_that_has_not_begun():
    found, bridge = told(HAND(), "next")
    same_amounts(found["booked"], [0, 0, 0])
    same_amounts(found["committed"], [800, 800, 0])  # d
    assert bridge.steps.loc[bridge.steps["n"].gt(0), ["from_who", "rule"]].to_numpy().tolist() == [
        ["sales", "categories"]
    ]


def test_in_the_first_month_of_a_quarter_bills_tell_nothing_yet():
    found, bridge = told(HAND(day="2026-04-15"))
    assert np.isnan(found.loc["finance", "booked"]) and np.isnan(found.loc["finance", "total"])
    assert found.loc["finance", "why"] == "bills tell no month of FY26-Q2 yet"
    assert set(bridge.steps["to_who"]) == {"sales"}


def test_a_slice_has_the_bills_of_customers_with_a_deal_in_it():
    found, bridge = told(HAND(), only=pd.Index(["1", "4", "9"]))
    same_amounts(found["booked"], [0, 100.10, 120 + 24])
    same_amounts(found["committed"], [400, 400, 0])
    same_amounts(step(bridge, "sales", "finance", "not_won"), (24, 0, 24, 1))


# What cannot be told


def test_without_bills_the_bridge_ends_at_sales():
    found, bridge = told(HAND(subscriptions=[]))
    assert np.isnan(found.loc["finance", "booked"]) and found.loc["finance", "committed"] == 0
    assert found.loc["finance", "why"] == "needs subscriptions: recurring revenue by customer and month"
    assert set(bridge.steps["from_who"]) == {"marketing"} and set(bridge.records["to_who"]) == {"sales"}


def test_without_forecast_categories_bookings_alone_are_bridged():
    deals = [row | {"forecast_category": None} for row in HAND_DEALS]
    found, bridge = told(seen(deals, **HAND_TABLES))
    same_amounts(found["booked"], [80.05, 185.15, 201.00])
    same_amounts(found["committed"], [np.nan, np.nan, 0])
    same_amounts(found["total"], [np.nan, np.nan, 201.00])
    why = "needs forecast categories of open deals, as they stood on the day"
    assert found["why_committed"].fillna("").tolist() == [why, why, ""]
    same_amounts(step(bridge, "sales", "finance", "not_billed"), (-85.05, np.nan, np.nan, 3))
    assert set(bridge.records["part"]) == {"booked"}


def test_categories_of_a_past_day_need_their_history():
    tracked = {"stage_name": "OpportunityHistory", "close_date": "OpportunityHistory", "amount": "OpportunityHistory"}
    whole = HAND(day="2026-06-10").book
    untracked = Book(
        whole.company, whole.tables, whole.audit.__class__((), (), (), (), tracked, whole.audit.history_from)
    )
    past = as_of(untracked, "2026-04-15")
    assert past.last_stamp.date() > past.day
    assert np.isnan(told(past)[0].loc["sales", "committed"])
    assert told(as_of(untracked, "2026-06-10"))[0].loc["sales", "committed"] == 600.00


@pytest.mark.parametrize(
    "touched, why", [(True, "no source on record, and no touch of anybody"), (False, "no source on record")]
)
def test_without_sources_and_touches_marketing_tells_nothing_and_is_passed_over(touched, why):
    company = defined(marketing={"touched": touched})
    found, bridge = told(seen([won("1", "A", "2026-05-01", 10.0, source="unknown")], company))
    assert np.isnan(found.loc["marketing", "booked"]) and found.loc["marketing", "why"] == why
    assert bridge.steps.empty and bridge.records.empty


def test_the_bridge_leads_over_an_answer_that_cannot_be_told():
    company = defined(sales={"bookings": "billed"}, finance={"bookings": "won", "types": ("new",)})
    _, bridge = told(HAND(company, subscriptions=[]))
    assert set(zip(bridge.steps["from_who"], bridge.steps["to_who"], strict=True)) == {("marketing", "finance")}
    same_amounts(step(bridge, "marketing", "finance", "types"), (-50.05, 0, -50.05, 1))


# Odd companies


def test_a_company_without_deals_says_nothing_was_booked():
    found, bridge = told(seen([won("6", "E", "2025-03-15", 40.0)]))
    same_amounts(found.loc[["marketing", "sales"], "total"], [0, 0])
    assert bridge.records.empty


def test_two_deals_of_one_account_are_held_against_its_bills_together():
    """One customer with two subscriptions, one account: 12 x (4 + 2.5) = 78 billed; 50 + 30 won in told months; what
    was won in June is not billed yet."""
    deals = [won("1", "A", "2026-04-02", 50.0), won("2", "A", "2026-05-30", 30.0), won("3", "A", "2026-06-01", 7.0)]
    rows = [*bills("c1", {4: 4.0, 5: 4.0}, "A"), *bills("c2", {5: 2.5}, "A"), *bills("base", {3: 1.0, 4: 1.0, 5: 1.0})]
    _, bridge = told(seen(deals, subscriptions=rows))
    assert moved(bridge, "sales", "other_amount") == [
        ("1", "booked", -2.0, "2 deals of this account, billed at another amount")
    ]
    assert moved(bridge, "sales", "not_billed") == [("3", "booked", -7.0, "month not billed yet")]


def test_the_first_month_of_the_bills_tells_nothing_of_what_was_added():
    """Bills from April on: who pays in April may have come before; May alone is told."""
    rows = [*bills("A", {4: 9.0, 5: 9.0}), *bills("B", {5: 2.0})]
    deals = [won("1", "A", "2026-04-10", 108.0), won("2", "B", "2026-05-10", 24.0)]
    found, bridge = told(seen(deals, subscriptions=rows))
    assert found.loc["finance", ["booked", "n_booked"]].tolist() == [24.0, 1]
    assert moved(bridge, "sales", "not_billed") == [("1", "booked", -108.0, "won in a month before the bills begin")]


def test_a_bill_that_differs_by_rounding_says_so():
    rows = [*bills("A", {4: 8.34, 5: 8.34}), *bills("base", {3: 1.0, 4: 1.0, 5: 1.0})]
    _, bridge = told(seen([won("1", "A", "2026-04-02", 100.0)], subscriptions=rows))
    assert moved(bridge, "sales", "other_amount") == [
        ("1", "booked", 0.08, "1 deal of this account, the same but for rounding")
    ]


def test_deals_below_zero_and_without_an_amount_count():
    deals = [won("1", "A", "2026-04-02", -50.0), won("2", "B", "2026-04-02", None)]
    found, bridge = told(seen(deals, subscriptions=bills("base", {3: 1.0, 4: 1.0, 5: 1.0})))
    assert found.loc["sales", ["booked", "n_booked"]].tolist() == [-50.0, 2]
    same_amounts(step(bridge, "sales", "finance", "not_billed"), (50.0, 0, 50.0, 2))


def test_who_was_away_and_comes_back_is_added_and_who_paid_late_is_not():
    rows = [
        *bills("A", {1: 9.0, 5: 9.0}),
        *bills("B", {2: 7.0, 3: 7.0, 5: 7.0}),
        *bills("base", dict.fromkeys(range(1, 6), 1.0)),
    ]
    found, _ = told(seen([won("1", "Z", "2026-04-02", 1.0)], subscriptions=rows))
    assert found.loc["finance", "booked"] == 12 * 9.0


def test_answers_are_apart_by_a_share_of_the_largest():
    assert apart(pd.Series([75.0, 100.0, np.nan])) == 0.25
    assert np.isnan(apart(pd.Series([75.0, np.nan]))) and np.isnan(apart(pd.Series([0.0, -5.0])))


# Any company, any definitions


def answer_of(company, who):
    said = getattr(company.revenue_answers, who).model_dump()
    return said | {"types": company.quota_covers if said["types"] is None else said["types"]}


@settings(max_examples=20)
@given(random_company(), st.tuples(definitions(), definitions(), definitions()))
def test_any_bridge_adds_up_to_the_cent_and_is_what_plain_loops_find(tables, three):
    company = defined(**dict(zip(WHO, three, strict=True)))
    deals, others = tables
    view = seen([won("old", "O", "2026-01-20", 1.0), *deals], company, DAY, **others)
    period = quarter(view)
    counted, slow = counted_of(view, period), Slow(view, period)
    table, bridge = answers_of(counted).table.set_index("who"), bridge_of(counted)
    for who, (place, part) in itertools.product(WHO, enumerate(("booked", "committed"))):
        if counted.why_not(who, part) is None:
            assert cents_of(table.loc[who, part]) == slow.answer(answer_of(company, who))[place]
    pairs = bridge.steps[["from_who", "to_who"]].drop_duplicates().itertuples(index=False, name=None)
    for one, other in pairs:
        steps = bridge.steps[bridge.steps["from_who"].eq(one)].set_index("rule")
        adds_up(table, steps, one, other)
        same_as_slow(slow, steps, answer_of(company, one), answer_of(company, other))
    behind_each_step(bridge)


def cents_of(amount):
    return round(float(amount) * 100)


def adds_up(table, steps, one, other):
    """In whole cents; the amounts are those, over 100."""
    for part in ("booked", "committed", "total"):
        before, after = table.loc[one, part], table.loc[other, part]
        if np.isnan(before) or np.isnan(after):
            assert steps[part].isna().all()
        else:
            assert cents_of(before) + sum(map(cents_of, steps[part])) == cents_of(after)
            for amount in (before, after, *steps[part]):
                assert amount == cents_of(amount) / 100


def same_as_slow(slow, steps, one, other):
    """Each step is the difference between the answers of two definitions, the second with one more rule of the next."""
    now = dict(one)
    for rule, fields in (("types", ["types"]), ("sources", ["sources", "touched"]), ("categories", ["committed"])):
        following = now | {name: other[name] for name in fields}
        before, after = slow.answer(now), slow.answer(following)
        for place, part in enumerate(("booked", "committed")):
            if not np.isnan(steps.loc[rule, part]):
                assert cents_of(steps.loc[rule, part]) == after[place] - before[place]
        now = following
    sign = {("won", "billed"): 1, ("billed", "won"): -1}.get((one["bookings"], other["bookings"]), 0)
    for rule, amount in slow.billing_steps(other).items():
        assert cents_of(steps.loc[rule, "booked"]) == sign * amount


def behind_each_step(bridge):
    """The records of each step are its amounts and its number."""
    keys = ["from_who", "to_who", "rule"]
    records = bridge.records
    np.testing.assert_allclose(records["amount_after"] - records["amount_before"], records["change"], atol=1e-6)
    for line in bridge.steps.itertuples():
        rows = records[records[keys].eq([line.from_who, line.to_who, line.rule]).all(axis=1)]
        assert len(rows) == line.n
        for part in ("booked", "committed"):
            amount = getattr(line, part)
            assert np.isnan(amount) or cents_of(amount) == sum(map(cents_of, rows.loc[rows["part"].eq(part), "change"]))

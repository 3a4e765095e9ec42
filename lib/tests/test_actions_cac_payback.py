"""What the CAC payback report says is to be done: when each rule fires, its words, its money and its order."""

import datetime as dt
import math
from dataclasses import replace

import hand_payback as hand
import pytest
from told_payback import INF, NAN, channel, cohort, group, left, told

from revops.actions.cac_payback import actions
from revops.actions.cac_payback.to_do import MOST

END, SOON = dt.date(2026, 6, 30), dt.date(2026, 6, 16)


OTHER, APAC = group("Large", sure=""), group("APAC", "region", sure="")


def found(rule=None, **given):
    """Return the actions of a rule (of all), where net retention does not hang on the largest customers and payback as
    a whole lies within the target."""
    within = {"lagged": {"payback_months": 17.0, "low": 16.0}, "nrr": (1.0, 1.0)}
    return [one for one in actions(told(**within | given)) if rule in (None, one.rule)]


def only(rule, **given):
    (one,) = found(**given)
    assert one.rule == rule
    return one


def money(one):
    return one.worth_low, one.worth, one.worth_high


def test_nothing_is_to_be_done_where_no_rule_fires():
    assert found() == []


def test_of_a_channel_that_is_surely_above_by_its_own_cost_a_cut_is_tested_with_who_hangs_on_it():
    one = only("channel_above_target", channels=[channel("paid_search")])
    assert one.text == (
        "Test a cut of the $900 that Paid search costs: by itself it is repaid in 20 months, target 18 months. $400 is "
        "at stake, and with it 10 customers that it is credited with"
    )
    assert one.because == (
        "With overhead it takes longer than target_months under every model (24 to 36), in at least 90% of resamples "
        "of accounts; its own cost alone does under most models. Money: own cost beyond what its customers repay "
        "within the target, at the middle model (least and most of any); overhead stays, and how many customers would "
        "come without it is not known: a test tells. One model within the target takes it off the list."
    )
    assert (one.owner, one.by, one.amount, one.records) == ("marketing_ops", END, 900.0, ())
    assert (*money(one), one.worth_is) == (100.0, 400.0, 600.0, "at_stake")


@pytest.mark.parametrize(
    "given",
    [
        {"is_sure": False},
        {"verdict": "below"},
        {"verdict": "depends"},
        {"verdict": "few"},
        {"verdict": "no_cost"},
        {"verdict": "untold"},
        {"excess_amount": NAN, "cause": "overhead"},
        {"cause": "overhead"},
        {"cause": "together"},
        {"excess_amount": 0.0},
    ],
)
def test_a_channel_is_left_alone_where(given):
    assert found(channels=[channel("a", **given)]) == []


@pytest.mark.parametrize(
    ("deals", "said"),
    [
        (0.4, "$400 is at stake, and no credited customer"),
        (NAN, "$400 is at stake, and no credited customer"),
        (0.6, "$400 is at stake, and with it 1 customer that it is credited with"),
    ],
)
def test_the_customers_that_a_channel_is_credited_with_are_whole(deals, said):
    assert only("channel_above_target", channels=[channel("a", credited_deals=deals)]).text.endswith(said)


def test_a_move_is_to_a_channel_that_is_surely_within_the_target_the_quickest_first():
    slow = channel("Slow", own_payback_months=NAN, highest_months=INF, n_models=1)
    good = [channel("partner", "below", 12.0), channel("webinar", "below", 9.0)]
    one = only("channel_above_target", channels=[slow, *good])
    assert one.text == (
        "Test a cut, or a move to Webinar, of the $900 that Slow costs: by itself it is never repaid, target 18 "
        "months. $400 is at stake, and with it 10 customers that it is credited with"
    )
    assert "(24 or more)" in one.because
    unsure = channel("event", "below", 5.0, is_sure=False)
    assert found(channels=[slow, unsure])[0].text.startswith("Test a cut of the $900 that Slow costs: ")


def test_a_segment_that_is_surely_above_is_to_be_looked_at_with_the_cost_beyond_the_target():
    """Cost 1,000: within 18 of 24 months 750 is repaid, 250 is too much; of 20 months 100, of 28 months 357.14."""
    one = only("group_above_target", groups=[group("SMB"), OTHER])
    assert one.text == "Review price and effort in SMB: customers repay in 24 months (20 to 28), target 18 months"
    assert one.because == (
        "Its cost is its share of days that its deals stood open. It takes longer than target_months beyond chance "
        "(sure: 90%), counting how many groups are compared. Money: cost of the 14 months counted beyond what the "
        "target allows for what its customers pay. A payback within the target takes it off the list."
    )
    assert money(one) == pytest.approx((100.0, 250.0, 1000 * (1 - 18 / 28)))
    assert (one.owner, one.by, one.amount, one.worth_is) == ("revops", END, 1000.0, "at_stake")


def test_only_the_dimension_with_more_money_in_it_is_to_be_looked_at_and_the_other_is_named():
    """Both share the same cost. Segments: 250 of A, 500 of 2,000 of B; region EMEA 625 of 2,500, LATAM 100 of 400."""
    segments = [group("A"), group("B", spend=2000.0), OTHER]
    regions = [group("EMEA", "region", spend=2500.0), group("LATAM", "region", spend=400.0), APAC]
    drivers = ("deal_days", "deals", "amount")
    both = found("group_above_target", groups=[*segments, *regions], drivers=drivers, months_left_out=2)
    assert [(one.worth, one.text.split(":")[0]) for one in both] == [
        (500.0, "Review price and effort in B"), (250.0, "Review price and effort in A")
    ]  # fmt: skip
    assert both[0].because == (
        "Its cost is its share of days that its deals stood open. It takes longer than target_months beyond chance "
        "(sure: 90%), counting how many groups are compared, and also with cost shared by deals made and by amount "
        "won. Money: cost of the 12 months counted beyond what the target allows for what its customers pay; not to "
        "be added to that of EMEA and LATAM, surely slower too: it is the same cost, by region. A payback within the "
        "target takes it off the list."
    )
    assert both[1].because == both[0].because
    more = [group("EMEA", "region", spend=3000.0), *regions[1:]]
    other = found("group_above_target", groups=[*segments, *more])
    assert [one.worth for one in other] == [750.0, 100.0] and "of A and B, surely slower too" in other[0].because
    alike = found("group_above_target", groups=[group("A"), OTHER, group("EMEA", "region"), APAC])
    assert [one.text.split(":")[0] for one in alike] == ["Review price and effort in A"]


def test_a_group_without_an_upper_end_may_cost_all_of_it_and_a_lower_end_within_the_target_nothing():
    open_end = only("group_above_target", groups=[group("EMEA", "region", 20.0, 16.0, NAN), APAC])
    assert open_end.text.startswith("Review price and effort in EMEA: customers repay in 20 months (16 or more), ")
    assert money(open_end) == pytest.approx((0.0, 100.0, 1000.0))


@pytest.mark.parametrize(
    "one",
    [
        group("SMB", sure=""),
        group("SMB", sure="below"),
        group("SMB", sure="depends"),
        group("SMB", n=9),
        group("expansion", "type"),
        group("Unknown"),
    ],
)
def test_a_group_is_left_alone_where(one):
    assert found(groups=[one, OTHER, group("new", "type", sure="")]) == []
    assert found(groups=[group("SMB"), group("Unknown", payback=NAN, sure="")]) == [], "it is the whole company"


LATE = {"payback_months": 20.0, "low": 18.0, "high": 24.0}


def test_a_payback_above_the_target_that_no_part_explains_is_to_be_brought_to_it():
    """100,000 for 50 customers of 125 a month: 18 of 20 months are repaid in time, at 24 months 18 of 24."""
    one = only("payback_above_target", lagged=LATE)
    assert one.text == (
        "Bring payback from 20 months to 18 months: $10K less cost for the same customers, or $14 a month more from "
        "each"
    )
    assert one.because == (
        "It takes longer than target_months, and no channel, segment or region surely does by itself. Money: cost of "
        "the 14 months counted beyond what the target allows for what their customers pay, at the ends of the range "
        "too. A payback within the target takes it off the list."
    )
    assert (one.owner, one.by, one.amount, one.worth_is) == ("revops", END, 100_000.0, "at_stake")
    assert money(one) == pytest.approx((0.0, 10_000.0, 25_000.0))
    assert money(only("payback_above_target", lagged=LATE | {"high": NAN}))[2] == 100_000.0
    assert only("payback_above_target", lagged=LATE | {"low": NAN, "high": NAN}).worth_high == pytest.approx(10_000.0)


@pytest.mark.parametrize("given", [
    {"lagged": LATE | {"payback_months": 18.0}}, {"lagged": LATE | {"n_customers": 9}}, {"channels": [channel("a")]},
    {"groups": [group("SMB"), OTHER]}, {"lagged": LATE | {"payback_months": NAN, "note": "needs a margin"}},
    {"source": "campaigns", "books_why": {"people": "needs the profit and loss"}},
])  # fmt: skip
def test_a_payback_is_left_alone_within_the_target_on_few_customers_without_people_and_where_a_part_explains_it(given):
    assert found("payback_above_target", **{"lagged": LATE} | given) == []


def test_more_leavers_than_most_lost_are_to_be_looked_into_with_what_each_leaves_unpaid():
    """50 new customers, 30 % leave, each 400 short on average: 6,000; 20 to 40 %: 4,000 to 8,000."""
    table = [left("B", 500.0, "2025-02-01"), left("A", 300.0, "2025-02-01"), left("C", 400.0, "2025-03-01"),
             left("D", 0.0, outcome="paid_back"), left("E", 900.0, outcome="open")]  # fmt: skip
    many = [cohort(lost=0.3, lost_ends=(0.2, 0.4))]
    one = only("leave_before_payback", curve=many, table=table)
    assert one.text == (
        "Find out why 30% of new customers leave before they have repaid their cost: $400 is lost on each"
    )
    assert one.because == (
        "More than most_lost (20%) leave first within 18 months. Money: what as many of this window's new customers "
        "would leave unpaid. Records: 3 customers who left so. A share of at most most_lost takes it off the list."
    )
    assert money(one) == pytest.approx((4000.0, 6000.0, 8000.0)) and one.worth_is == "at_stake"
    assert (one.owner, one.by, one.amount, one.records) == ("cs_ops", END, 1200.0, ("C", "A", "B"))
    slice = found(curve=many, table=table, slice={"region": "EMEA"})[0]
    assert slice.text.startswith("Find out why 30% of new customers in EMEA leave before ")


def test_leavers_are_no_matter_up_to_most_lost_or_where_too_few_were_seen():
    table = [left("A")]
    assert found(curve=[cohort(lost=0.2)], table=table) == []
    assert found(curve=[cohort(lost=0.5, n=9)], table=table) == []
    assert found(curve=(), table=()) == []
    assert len(found(curve=[cohort(lost=0.2001)], table=table)) == 1


def test_the_latest_fifty_leavers_are_listed_and_all_of_them_counted():
    table = [left(f"C{n:02d}", 10.0, f"2025-01-{n % 28 + 1:02d}") for n in range(60)]
    (one,) = found(curve=[cohort(lost=0.3, lost_ends=(NAN, NAN))], table=table)
    assert len(one.records) == 50 and one.records[0] == "C27" and one.amount == 600.0
    assert "Records: 60 customers who left so, the latest 50. " in one.because
    assert money(one) == (None, pytest.approx(0.3 * 50 * 10), None)


def test_retention_that_hangs_on_the_largest_customers_is_to_be_looked_after():
    one = only("few_large_customers", nrr=(1.02, 0.95))
    assert one.text == "Look after the 2 largest customers: with them net retention is 102%, without 95%"
    assert one.because == (
        "Net retention is 100% or more only with the 2 largest customers (top). Retention without them at 100% takes "
        "it off the list."
    )
    assert (one.owner, one.by, one.amount) == ("cs_ops", SOON, 12 * (1000.0 + 999.0))
    assert (one.records, money(one), one.worth_is) == (("A0", "A1"), (None, None, None), None)
    alone = only("few_large_customers", nrr=(1.0, 0.999), top=1)
    assert alone.text == "Look after the largest customer: with it net retention is 100%, without >99%"
    assert "only with the largest customer (top). Retention without it at 100%" in alone.because


@pytest.mark.parametrize("nrr", [(1.02, 1.0), (0.999, 0.95), (NAN, NAN), (1.2, NAN), (NAN, 0.9)])
def test_retention_hangs_on_nobody_where(nrr):
    assert found(nrr=nrr) == []


def test_customers_missing_from_the_last_bills_are_to_be_asked_after():
    one = only("late_or_gone", doubt=(3, 1500.0))
    assert one.text == "Ask after 3 customers missing from the latest bills: late, or gone"
    assert one.because == (
        "They paid $1.5K a month before, and count as lost in retention until they come back. A payment takes a "
        "customer off the list."
    )
    assert (one.owner, one.by, one.amount, one.worth) == ("cs_ops", SOON, 18_000.0, None)
    assert one.records == ("C0", "C1", "C2")
    assert len(only("late_or_gone", doubt=(60, 500.0)).records) == 50
    one = only("late_or_gone", doubt=(1, 500.0), late_months=1)
    assert one.text == "Ask after 1 customer missing from the latest bills: late, or gone"
    assert one.because.startswith("It paid $500 a month before, and counts as lost in retention until it comes back. ")
    assert found(owed=(4, 100.0)) == []


def test_books_without_a_margin_are_to_be_mended():
    why = "no account of the ledger is mapped to cogs, or none has an amount in the window's months"
    one = only("no_margin", margin=NAN, books_why={"margin": why})
    assert one.text == f"Make gross margin known: {why}"
    assert one.because == (
        "Without it no payback on gross margin can be had. Accounts under cogs in company.yml, or gross_margin in "
        "params, take it off the list."
    )
    assert (one.owner, one.by, one.amount) == ("revops", SOON, 1400.0)
    assert found(margin=0.0) == found(margin=-0.5) == []


def test_books_without_accounts_of_cost_are_to_be_mapped_and_their_months_are_not_missing():
    why = "no account of the ledger is mapped to sales or marketing in company.yml"
    one = only("no_cost", spend=[NAN] * 14, books_why={"spend": why})
    assert one.text == f"Make the cost of winning customers known: {why}"
    assert one.because == (
        "Without it no payback can be had. Accounts under sales or marketing in company.yml take it off the list."
    )


@pytest.mark.parametrize(
    ("n", "source", "text"),
    [
        (1, "ledger", "Add the books of Apr 2025: what it cost is not known"),
        (2, "ledger", "Add the books of Apr 2025 and May 2025: what they cost is not known"),
        (3, "campaigns", "Add the cost of ads of Apr 2025, May 2025 and Jun 2025: what they cost is not known"),
        (5, "ledger", "Add the books of Apr 2025, May 2025, Jun 2025 and 2 more: what they cost is not known"),
    ],
)
def test_months_that_the_books_lack_are_to_be_added(n, source, text):
    one = only("missing_books", spend=[NAN] * n + [100.0] * (14 - n), source=source)
    assert one.text == text
    assert one.because == (
        "Months whose cost is not known are left out, with the customers that came of them. Their cost takes it off "
        "the list."
    )
    assert (one.owner, one.by, one.amount, one.worth) == ("revops", SOON, 0.0, None)


def renamed(*customers):
    """Return what is to be done about new customers (hand_payback.new_customer) of a report."""
    within = {"payback_months": 17.0, "low": 16.0}
    return actions(replace(told(lagged=within, nrr=(1.0, 1.0)), customers=hand.customers(*customers)))


def test_new_customers_without_a_deal_are_to_be_looked_at():
    """B of 300 and A of 100 a month: 12 x 400. C has a deal; D began before the window, of April 2025 to May 2026."""
    none = {"opportunity_id": None}
    old, dealt = hand.new_customer("D", "2025-03", 50.0, **none), hand.new_customer("C", "2026-02", 70.0)
    (one,) = renamed(hand.new_customer("A", "2025-04", 100.0, **none), hand.new_customer("B", "2026-05", 300.0, **none),
                     old, dealt)  # fmt: skip
    assert one.text == "Look at 2 new customers in the bills without a won deal: $400 a month counts as new"
    assert one.because == (
        "No won deal of new business tells of them: they bought without one, or were moved to another id, and then "
        "count as lost and as new. A won deal of the account that the bills name, or the id of before, takes a "
        "customer off the list."
    )
    assert (one.rule, one.owner, one.by, one.amount) == ("new_without_deal", "revops", SOON, 4800.0)
    assert (one.records, one.worth) == (("B", "A"), None)
    assert renamed(old, dealt) == []


def test_one_new_customer_without_a_deal_and_more_than_are_listed():
    (one,) = renamed(hand.new_customer("A", "2026-01", 100.0, opportunity_id=None))
    assert one.text == "Look at 1 new customer in the bills without a won deal: $100 a month counts as new"
    assert one.because == (
        "No won deal of new business tells of it: it bought without one, or was moved to another id, and then counts "
        "as lost and as new. A won deal of the account that the bills name, or the id of before, takes a customer off "
        "the list."
    )
    (one,) = renamed(*(hand.new_customer(f"A{n}", "2026-01", 100.0 + n, opportunity_id=None) for n in range(51)))
    assert one.records == tuple(f"A{n}" for n in range(50, 0, -1))
    assert " as lost and as new. Records: the 50 that pay most. A won deal " in one.because


ALL = {
    "channels": [channel("a"), channel("b", excess=(50.0, 200.0, 300.0)), channel("c", excess=(0.0, 50.0, 60.0))],
    "groups": [group("SMB"), OTHER, group("EMEA", "region", spend=40_000.0), APAC],
    "curve": [cohort(lost=0.3, lost_ends=(0.2, 0.4))],
    "table": [left("A", 400.0)],
    "nrr": (1.02, 0.95),
    "doubt": (3, 1500.0),
    "margin": NAN,
    "spend": [NAN] + [100.0] * 13,
}


def test_the_most_money_comes_first_then_the_most_in_the_records_and_seven_at_most():
    listed = found(**ALL)
    assert [one.rule for one in listed] == [
        "group_above_target", "leave_before_payback", "channel_above_target", "channel_above_target",
        "channel_above_target", "few_large_customers", "late_or_gone",
    ]  # fmt: skip
    assert [one.worth for one in listed[:-2]] == [10_000.0, 6000.0, 400.0, 200.0, 50.0]
    assert len(listed) == MOST == 7
    rest = [one.rule for one in found(**ALL | {"channels": (), "groups": ()})]
    assert rest == ["leave_before_payback", "few_large_customers", "late_or_gone", "no_margin", "missing_books"]


@pytest.mark.parametrize(
    ("reader", "owners"), [("marketing_ops", {"marketing_ops"}), ("revops", {"revops", "cs_ops"}), ("executive", set())]
)
def test_each_reader_sees_its_own_actions_first(reader, owners):
    listed = found(audience=reader, **ALL)
    own = [one.owner in owners for one in listed]
    assert own == sorted(own, reverse=True)
    for part in (True, False):
        worth = [one.worth or 0.0 for one, mine in zip(listed, own, strict=True) if mine is part]
        assert worth == sorted(worth, reverse=True)


def test_money_is_in_order_and_finite_and_texts_are_clean():
    odd = [group("A", payback=18.001, low=9.0, high=NAN), group("B", payback=600.0, low=19.0, high=INF)]
    for one in found(**ALL | {"groups": odd, "channels": [channel("a", lowest_months=24.0, highest_months=INF)]}):
        assert one.worth is None or 0 <= one.worth_low <= one.worth <= one.worth_high < math.inf
        assert not any(bad in one.text + one.because for bad in ("nan", "inf ", "None", "no limit", "1.0 months", "  "))
        assert not one.text.endswith(".") and one.because.endswith(".")
        assert one.by in (SOON, END)


def test_after_the_quarter_actions_are_due_within_a_week():
    """Of a period that is over, a week after the day."""
    (one,) = found(channels=[channel("a")], period="FY26-Q1", day="2026-06-09")
    assert one.by == SOON

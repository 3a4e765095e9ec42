"""What the stage benchmarking report says is to be done: when each rule fires, its words, its money and its order."""

import datetime as dt
import math

import pytest
from told_stages import NAN, arrived, campaign, late, move, passage, strata, stuck, told, tool

from revops.actions.stage_benchmarking import actions
from revops.actions.stage_benchmarking.to_do import MOST
from revops.measures.stage_benchmarking.hand_off import STEPS

END, SOON = dt.date(2026, 6, 30), dt.date(2026, 6, 16)
FELL = {"verdict": "down", "p": 0.001}
LATE = {"n": 20, "sla_share": 0.5, "sla_low": 0.4, "sla_high": 0.6}


def found(*moves, **given):
    return actions(told(moves, **given))


def only(rule, *moves, **given):
    (one,) = found(*moves, **given)
    assert one.rule == rule
    return one


def money(one):
    return one.worth_low, one.worth, one.worth_high


def test_nothing_is_to_be_done_where_no_rule_fires():
    assert found() == []
    assert found(move(), move(now=0.6, verdict="up", p=0.001), move(p=NAN, verdict="not tested")) == []


def test_what_fell_of_a_stage_is_to_be_reviewed_with_its_opportunities_and_money():
    """Of five that came in lately O1 (100) is lost, O2 (300) waits; O3 moved on, O4 came before, O5 is elsewhere."""
    rows = [passage("O1"), passage("O2", event=0, amount=300.0), passage("O3", event=1), passage("O4", window=1),
            passage("O5", "Proposal")]  # fmt: skip
    one = only("conversion_fell", move(stake=1000.0, **FELL), passages=rows)
    assert one.text == (
        "Discovery to Proposal dropped by 11 points (5 to 17), from 52% to 41% (35% to 47%) by day 30: review what was "
        "lost or still waits in Discovery"
    )
    assert one.because == (
        "The last 13 weeks against the 52 weeks before, beyond chance and the luck that weeks share, counting how many "
        "comparisons are made (sure: 90%). Money: what came in during the last weeks, times the change: so much less "
        "moved on than before. A change within noise takes it off the list."
    )
    assert (one.owner, one.by, one.amount, one.records) == ("revops", END, 400.0, ("O2", "O1"))
    assert (*money(one), one.worth_is) == (500.0, 1000.0, 2000.0, "at_stake")


def test_of_a_group_its_opportunities_alone_are_listed():
    rows = [passage("O1"), passage("O2", region="AMER", amount=300.0)]
    one = only("conversion_fell", move(dimension="region", group="EMEA", **FELL), passages=rows)
    assert one.text.startswith("Discovery to Proposal in EMEA dropped by 11 points (5 to 17), from 52% ")
    assert one.text.endswith(": review what was lost or still waits in Discovery in EMEA")
    assert (one.records, one.amount, money(one), one.worth_is) == (("O1",), 100.0, (None, None, None), None)
    assert " No money is known for it. A change " in one.because


@pytest.mark.parametrize(
    ("what", "step", "owner", "text"),
    [
        ("funnel", "lead", "marketing_ops", "Lead to MQL dropped by 11 points (5 to 17), from 52% to 41% (35% to 47%) "
        "by day 30: review what counts as an MQL, and how leads are nurtured"),
        ("funnel", "mql", "marketing_ops", "MQL to SQL dropped by 11 points (5 to 17), from 52% to 41% (35% to 47%) by "
         "day 30: review with sales what was turned down, and what makes an MQL"),
        ("funnel", "sql", "revops", "SQL to opportunity dropped by 11 points (5 to 17), from 52% to 41% (35% to 47%) "
        "by day 30: review who takes SQLs over, and which came to nothing"),
        ("funnel", "opportunity", "revops", "Opportunity of a lead to won dropped by 11 points (5 to 17), from 52% to "
         "41% (35% to 47%) by day 30: review what was lost, with those who lost it"),
        ("win", "all", "revops", "Opportunity to won dropped by 11 points (5 to 17), from 52% to 41% (35% to 47%) by "
        "day 30: review what was lost, with those who lost it"),
    ],
)  # fmt: skip
def test_every_step_has_its_owner_and_its_review(what, step, owner, text):
    one = only("conversion_fell", move(what, step, **FELL))
    assert (one.owner, one.text, one.records, one.amount) == (owner, text, (), 0.0)


@pytest.mark.parametrize(
    ("what", "step", "owner", "text"),
    [
        ("sla", STEPS["sla"], "revops", "MQLs touched within 4 hours dropped by 11 points (5 to 17), from 52% to 41% "
         "(35% to 47%): review routing and who is on duty"),
        ("accept", STEPS["accept"], "marketing_ops", "MQLs accepted by sales dropped by 11 points (5 to 17), from 52% "
         "to 41% (35% to 47%): review with sales why MQLs are turned down"),
        ("enrichment", "all", "marketing_ops", "Leads with all fields dropped by 11 points (5 to 17), from 52% to 41% "
        "(35% to 47%): review forms and lists that leads come by"),
        ("utm", "arrivals", "marketing_ops", "Links tagged right dropped by 11 points (5 to 17), from 52% to 41% "
        "(35% to 47%): mend the links of campaigns"),
    ],
)  # fmt: skip
def test_what_has_no_age_is_told_without_one(what, step, owner, text):
    one = only("conversion_fell", move(what, step, horizon=NAN, **FELL))
    assert (one.owner, one.text) == (owner, text)


def test_days_in_a_stage_are_told_with_what_stands_there():
    days = {"now": 20.5, "past": 12.0, "ends": (16.0, 26.0), "change": (4.0, 13.0), "horizon": NAN}
    rows = [passage("O1", event=0), passage("O2", event=1)]
    one = only("conversion_fell", move("days", verdict="up", p=0.001, **days), passages=rows)
    assert one.text == (
        "Days in Discovery rose by 8.5 days (4.0 to 13.0), from 12.0 days to 20.5 days (16.0 days to 26.0 days): "
        "review what was lost or still waits in Discovery"
    )
    assert (one.records, one.worth) == (("O1",), None)


def test_opportunities_to_won_are_those_that_were_made_lately():
    rows = [passage("O1", "all"), passage("O2", "all", event=1), passage("O3", "all", window=2)]
    assert only("conversion_fell", move("win", "all", **FELL), win_passages=rows).records == ("O1",)


def test_a_step_is_told_once_of_the_whole_if_that_fell_and_three_steps_at_most():
    part = move(dimension="segment", group="SMB", stake=9e9, **FELL)
    one = only("conversion_fell", part, move(**FELL))
    assert one.text.startswith("Discovery to Proposal dropped")
    steps = [move(step=name, **FELL) for name in ("Lead", "Discovery", "Proposal")] + [move("win", "all", **FELL)]
    assert len(found(*steps)) == 3


def test_money_at_stake_is_nothing_at_least_and_has_no_range_where_none_is_known():
    assert money(only("conversion_fell", move(stake=10.0, at_stake_low=-5.0, **FELL))) == (0.0, 10.0, 20.0)
    assert money(only("conversion_fell", move(stake=10.0, at_stake_low=NAN, **FELL))) == (None, 10.0, None)


def test_the_largest_fifty_are_listed_and_the_amount_is_of_all():
    rows = [passage(f"O{n:02d}", amount=float(n)) for n in range(60)] + [passage("none", amount=NAN)]
    one = only("conversion_fell", move(**FELL), passages=rows)
    assert len(one.records) == 50 and one.records[:2] == ("O59", "O58") and one.amount == sum(range(60))


def test_in_a_slice_the_slice_is_named():
    texts = [one.text for one in found(move(**FELL), stuck=[stuck()], hand_off=LATE, slice={"region": "EMEA"})]
    assert texts[0].startswith("Discovery to Proposal in EMEA dropped by ")
    assert texts[1].startswith("Touch MQLs in EMEA within 4 hours: ")
    assert texts[2].startswith("Close, re-plan or hand over 1 opportunity in EMEA that stands still: $100")


def test_what_is_stuck_is_to_be_decided_on_with_who_has_most_of_it():
    rows = [stuck("O1", "Owner 1", 100.0), stuck("O2", "Owner 2", 900.0), stuck("O3", "Owner 1", 300.0),
            stuck("O4", "Owner 3", 50.0), stuck("O5", "Owner 4", 10.0)]  # fmt: skip
    one = only("stuck_opportunities", stuck=rows)
    assert one.text == (
        "Close, re-plan or hand over 5 opportunities that stand still: $1.4K, the largest parts with Owner 2, Owner 1 "
        "and Owner 3"
    )
    assert one.because == (
        "They have stood in their stage longer than the age at which the chance to move on has halved (halving_days of "
        "the stage, from our own history). Moving on, or being closed, takes them off the list."
    )
    assert (one.owner, one.by, one.amount, one.worth) == ("sales_ops", SOON, 1360.0, None)
    assert one.records == ("O2", "O3", "O1", "O4", "O5")
    single = only("stuck_opportunities", stuck=rows[:1])
    assert single.text == "Close, re-plan or hand over 1 opportunity that stands still: $100, with Owner 1"
    assert single.because.startswith("It has stood in its stage longer ") and "takes it off" in single.because
    nobody = only("stuck_opportunities", stuck=[stuck(owner="Unassigned"), stuck("O2", amount=300.0)])
    assert nobody.text.endswith(" stand still: $400, with Owner 1 and no owner")
    assert len(only("stuck_opportunities", stuck=[stuck(f"O{n}") for n in range(60)]).records) == 50


STAKE_NOT_KNOWN = "What lateness costs cannot be told: too few were touched in time to compare."


def test_late_touches_are_to_be_sped_up_where_the_range_lies_below_the_target():
    hours = [arrived("12:00", 0.5, 20), arrived("day off", 0.0, 15), arrived("09:00", 0.0, 9),
             arrived("10:00", NAN, 90), arrived("day off", 0.9, 99, window="past")]  # fmt: skip
    leads = [late("L1", amount=70.0), late("L2", event=1, amount=900.0), late("L3", is_late=False),
             late("L4", is_late=None), late("L5", place=1)]  # fmt: skip
    one = only("late_leads", hand_off=LATE, arrivals=hours, leads=leads)
    assert one.text == (
        "Touch MQLs within 4 hours: 50% are, the target is 80%; most late ones come on days off (0% of 15 in time): "
        "review routing and who is on duty"
    )
    assert one.because == (
        f"The range of the last weeks lies below sla_target. {STAKE_NOT_KNOWN} A share at the target takes it off the "
        "list."
    )
    assert (one.owner, one.by, one.amount, one.records, one.worth) == ("revops", SOON, 70.0, ("L1",), None)


@pytest.mark.parametrize(("when", "said"), [("09:00", "at 09:00"), ("before opening", "before opening"),
     ("after closing", "after closing"), ("day off", "on days off")])  # fmt: skip
def test_when_late_ones_come_is_told_in_words(when, said):
    one = only("late_leads", hand_off=LATE, arrivals=[arrived(when, 0.2, 10), arrived("12:00", 0.9, 10)])
    assert one.text.endswith(f"; most late ones come {said} (20% of 10 in time): review routing and who is on duty")


ROUTE = "review routing and who is on duty"


@pytest.mark.parametrize(
    ("what", "when"), [("sla", "the 52 weeks before"), ("sla_earlier", "the 52 weeks up to 11 Mar 2025")]
)
def test_what_is_late_and_fell_is_told_once_with_by_how_much_and_against_when(what, when):
    fallen = move(what, STEPS["sla"], now=0.5, past=0.61, horizon=NAN, **FELL)
    one = only("late_leads", fallen, hand_off=LATE)
    assert one.text == (
        f"Touch MQLs within 4 hours: 50% are, 11 points (5 to 17) fewer than the 61% of {when}, the target is 80%: "
        f"{ROUTE}"
    )
    still = only("conversion_fell", fallen, hand_off=LATE | {"sla_high": 0.8})
    assert still.text.startswith("MQLs touched within 4 hours dropped by 11 points (5 to 17), from 61% to 50% ")


@pytest.mark.parametrize("fallen", [{"verdict": "none"}, {"verdict": "up"}, {"dimension": "region", "group": "EMEA"}])
def test_of_what_did_not_fall_of_the_whole_nothing_is_added_to_late_ones(fallen):
    row = move("sla", STEPS["sla"], **{"horizon": NAN, **FELL, **fallen})
    assert only("late_leads", row, hand_off=LATE).text == (
        f"Touch MQLs within 4 hours: 50% are, the target is 80%: {ROUTE}"
    )


def test_money_that_goes_with_lateness_is_told_where_it_is_sure():
    one = only("late_leads", hand_off=LATE, stakes=[strata("Web", 9.0), strata()])
    like = "late MQLs against those in time, of the same source and time of day, times what an opportunity is worth"
    assert f" Money: {like}: an association, not what speed would bring. " in one.because
    assert (*money(one), one.worth_is) == (400.0, 1000.0, 2000.0, "at_stake")
    unsure = only("late_leads", hand_off=LATE, stakes=[strata(low=-400.0)])
    assert f" Whether lateness costs pipeline is within noise: $1.0K (-$400 to $2.0K), {like}. " in unsure.because
    assert (money(unsure), unsure.worth_is) == ((None, None, None), None)
    assert money(only("late_leads", hand_off=LATE, stakes=[strata(low=0.0)]))[1] is None
    none = only("late_leads", hand_off=LATE, stakes=[strata(amount=NAN, low=NAN, high=NAN)])
    assert STAKE_NOT_KNOWN in none.because


@pytest.mark.parametrize("high", [0.8, 0.9, NAN])
def test_touches_are_left_alone_where_they_may_be_in_time(high):
    assert found(hand_off=LATE | {"sla_high": high}) == []
    assert len(found(hand_off=LATE | {"sla_high": 0.799})) == 1


def lost(id="R1", amount=100.0, was="to renew"):
    return {"opportunity_id": id, "opportunity_name": id, "owner_id": "U1", "owner_name": "Owner 1", "amount": amount,
            "lost_on": None, "forecast_category": None, "win_probability": 0.9, "was": was}  # fmt: skip


def test_renewals_that_nobody_saw_coming_are_to_be_looked_at_earlier():
    rows = [lost(), lost("R2", 900.0), lost("R3", was="in doubt")]
    one = only("unforeseen_renewals", signals={5: "yes"}, lost=rows)
    assert one.text == (
        "Look for what told of renewals at risk: 2 renewals of $1.0K were lost that stood as to renew 30 days before "
        "the loss"
    )
    assert one.because == (
        "At least unforeseen_least (25%) of the renewals lost in the year before were forecast to renew "
        "(renew_categories) unforeseen_days before the loss. The rule is of Fairview, its threshold ours. A smaller "
        "share takes it off the list."
    )
    assert (one.owner, one.by, one.amount, one.records) == ("cs_ops", END, 1000.0, ("R1", "R2"))
    single = only("unforeseen_renewals", signals={5: "yes"}, lost=rows[:1])
    assert ": 1 renewal of $100 was lost that stood as to renew " in single.text
    assert found(signals={5: "no"}, lost=rows) == found(signals={5: "not read"}, lost=rows) == []


def test_wrong_links_are_to_be_mended_those_with_most_wrong_arrivals_first():
    rows = [campaign("b", wrong=2), campaign("a", wrong=2), campaign("c", wrong=5), campaign("d", wrong=1),
            campaign("right", is_right=True), campaign("old", span="weeks before"), campaign(None)]  # fmt: skip
    one = only("wrong_links", links=rows)
    assert one.text == "Mend the links of 4 campaigns: c, a, b and 1 more"
    assert one.because == (
        "More than 5% of their arrivals in the last weeks carry wrong tags: 10 people whose campaign is not told, or "
        "told under another name. Right links take a campaign off the list."
    )
    assert (one.owner, one.by, one.amount, one.records) == ("marketing_ops", SOON, 0.0, ("c", "a", "b", "d"))
    single = only("wrong_links", links=[campaign(wrong=1)])
    assert single.text == "Mend the links of 1 campaign: webinar"
    assert single.because.startswith("More than 5% of its arrivals in the last weeks carry wrong tags: 1 person whose ")
    assert found(links=rows[4:]) == []
    assert only("wrong_links", links=[campaign("W" * 99)]).text.endswith(f": {'W' * 39}…")


def test_seats_that_nobody_uses_are_to_be_given_back_before_the_next_renewal():
    """8 of 10 seats idle at 1,000 a year: 800; of the second 400 of 500."""
    rows = [tool(), tool("sales_engagement", cost=500.0, renewal="2026-06-20"), tool("used", low=False)]
    one = only("idle_seats", tools=rows)
    assert one.text == (
        "Give back seats that nobody uses in 2 tools: $1.2K a year, in Intent data and Sales engagement; Sales "
        "engagement renews first"
    )
    assert one.because == (
        "Fewer than 60% (seats_least) of their seats were used in the last 30 days. Money: cost a year of seats not "
        "used. Seats in use, or given back, take a tool off the list."
    )
    assert (one.owner, one.by, one.amount) == ("marketing_ops", dt.date(2026, 6, 20), 1200.0)
    assert one.records == ("Intent data", "sales_engagement")
    three = only("idle_seats", tools=[*rows, tool("A", cost=10.0)])
    assert ": $1.2K a year, most in Intent data and Sales engagement; " in three.text
    single = only("idle_seats", tools=[tool(renewal="2026-06-09")])
    assert single.text == "Give back seats that nobody uses in 1 tool: $800 a year, in Intent data"
    assert single.by == dt.date(2026, 6, 9) and "of its seats" in single.because
    past = only("idle_seats", tools=[tool(renewal="2026-06-08")])
    assert past.by == END
    assert found(tools=[tool(low=False), tool(active=10.0)]) == []


ALL = {
    "stuck": [stuck(amount=50.0)],
    "hand_off": LATE,
    "stakes": [strata()],
    "signals": {5: "yes"},
    "lost": [lost()],
    "links": [campaign()],
    "tools": [tool()],
}
FALLEN = [
    move(step=name, stake=stake, **FELL) for name, stake in (("Lead", 5.0), ("Discovery", 5000.0), ("Proposal", 1.0))
]


def test_the_most_money_comes_first_then_the_most_in_the_records_and_seven_at_most():
    listed = found(*FALLEN, **ALL)
    assert [one.worth for one in listed] == [5000.0, 1000.0, 5.0, 1.0, None, None, None]
    assert [one.rule for one in listed[4:]] == ["idle_seats", "unforeseen_renewals", "stuck_opportunities"]
    assert len(listed) == MOST == 7
    assert [one.rule for one in found(**ALL)] == [
        "late_leads", "idle_seats", "unforeseen_renewals", "stuck_opportunities", "wrong_links"
    ]  # fmt: skip


@pytest.mark.parametrize(("reader", "cut"), [("executive", "wrong_links"), ("marketing_ops", "stuck_opportunities")])
def test_what_fell_is_never_cut_though_all_else_has_more_money(reader, cut):
    """Three that fell and five others are eight: the last of the others is left out."""
    rows = [move(step=name, **FELL) for name in ("Lead", "Discovery", "Proposal")]
    rules = [one.rule for one in found(*rows, audience=reader, **ALL)]
    others = {"late_leads", "idle_seats", "unforeseen_renewals", "stuck_opportunities", "wrong_links"}
    assert len(rules) == MOST and rules.count("conversion_fell") == 3
    assert others - set(rules) == {cut}


@pytest.mark.parametrize(
    ("reader", "owners"),
    [("marketing_ops", {"marketing_ops"}), ("revops", {"revops", "sales_ops"}), ("executive", set())],
)
def test_each_reader_sees_its_own_actions_first(reader, owners):
    listed = found(*FALLEN, audience=reader, **ALL)
    own = [one.owner in owners for one in listed]
    assert own == sorted(own, reverse=True)
    for part in (True, False):
        keys = [(one.worth or 0.0, one.amount) for one, mine in zip(listed, own, strict=True) if mine is part]
        assert keys == sorted(keys, reverse=True)


def test_money_is_in_order_and_finite_and_texts_are_clean():
    for one in found(*FALLEN, **ALL):
        if one.worth is not None and one.worth_low is not None:
            assert 0 <= one.worth_low <= one.worth <= one.worth_high < math.inf
        assert not any(bad in f" {one.text} {one.because} " for bad in ("nan", "None", " inf ", "  ", ".."))
        assert not one.text.endswith(".") and one.because.endswith(".") and one.text[0].isupper()
        assert dt.date(2026, 6, 9) <= one.by


def test_after_the_quarter_actions_are_due_within_a_week():
    (one,) = found(move(**FELL), period="FY26-Q1")
    assert one.by == SOON

"""What to do: the rules that fire, the money that hangs on each, and by when."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from frames import as_of, book, deal, quota
from revops.actions import Action
from revops.actions import pipeline_coverage as act
from revops.analysis.cycle import CreationWindow
from revops.analysis.required import Required
from revops.measures.pipeline_coverage import Knobs, measure

NOTHING = float("nan")
AGES = pd.Series([0.0, 0.05, 0.1, 0.2], index=[0.0, 20.0, 50.0, 90.0])
CYCLE = CreationWindow(AGES, 0.4, 39.0, 90.0, 1136, None)
SOON, END = dt.date(2026, 6, 16), dt.date(2026, 7, 31)


def record(id, counts_as="open_pipeline", amount=100_000.0, **given):
    row = {"opportunity_id": id, "opportunity_name": f"Deal {id}", "owner_id": "o", "outcome": "open", "type": "new"}
    return {**row, "counts_as": counts_as, "amount": amount, **given}


@pytest.fixture(scope="module")
def quarter(told):
    """Return a function that makes a result: 1.2 M open of 1.8 M needed (1.5 M to 2.4 M) on 9 June 2026, 52 days before
    the end, with the records given, and parts of the open deals that bring the draws given."""
    sample = told()

    def make(*records, day="2026-06-09", open_now=1.2e6, n_open=12, parts=None, **outlook):
        numbers = {"quota_amount": 1e6, "remaining_amount": 6e5, "coverage": open_now / 6e5}
        row = sample.headline.to_dict() | numbers | {"open_pipeline_amount": open_now, "n_open": n_open}
        draws = {"largest": 0.0, "overdue": 0.0, "later": 0.0, "stalled": 0.0, "renewals": 0.0} | (parts or {})
        n = max(np.size(part) for part in draws.values())
        landing = dataclasses.replace(sample.outlook.landing, parts=pd.DataFrame(draws, index=range(n)))
        known = {"required": Required(1.8e6, 1.5e6, 2.4e6, 2.1e6, 0.25, 0.1, 8), "cycle": CYCLE, "landing": landing}
        region = sample.by_group["region"].assign(coverage=[2.5, 2.0, 1.4], required_low=1.5, is_few=False)
        return dataclasses.replace(
            sample,
            view=dataclasses.replace(sample.view, day=dt.date.fromisoformat(day), last_stamp=pd.Timestamp(day)),
            headline=pd.Series(row),
            outlook=dataclasses.replace(sample.outlook, **known | outlook),
            by_group={**sample.by_group, "region": region},
            records=pd.DataFrame(list(records), columns=list(record("x"))),
        )

    return make


def test_the_gap_is_closed_by_creating_what_the_quarter_still_can_win(quarter):
    """600 K short (300 K to 1.2 M); of what is created a tenth is won within 52 days."""
    assert act.actions(quarter()) == [
        Action(
            "coverage_below_required",
            "Create $600K of pipeline, APAC first: coverage is 2.0x, about 3.0x is needed on this day",
            "marketing_ops",
            600_000.0,
            dt.date(2026, 6, 22),
            "Open pipeline is below what past quarters on this day call for; more of it, or bookings, closes the gap. "
            "Named first: coverage below even the low end of what is needed there, and past deals are not few. "
            "Money: of 1,136 opportunities created in two years 10% had been won 52 days later; what is created now "
            "brings that share of the gap this quarter, the rest counts for the next.",
            (),
            pytest.approx(60_000.0),
            pytest.approx(30_000.0),
            pytest.approx(120_000.0),
            "added",
        )
    ]


def test_an_unknown_cycle_leaves_the_money_open_and_gives_a_week(quarter):
    unknown = CreationWindow(AGES.iloc[:0], NOTHING, NOTHING, NOTHING, 5, "Only 5 opportunities.")
    [action] = act.actions(quarter(cycle=unknown))
    assert (action.worth, action.worth_low, action.worth_high, action.worth_is) == (None,) * 4
    assert action.by == SOON and action.because == (
        "Open pipeline is below what past quarters on this day call for; more of it, or bookings, closes the gap. "
        "Named first: coverage below even the low end of what is needed there, and past deals are not few."
    )


@pytest.mark.parametrize(
    ("regions", "where", "named"),
    [
        ([2.5, 2.0, 1.6], "", False),
        ([2.5, 1.0, 1.4], ", EMEA and APAC first", True),
    ],
)
def test_groups_are_named_where_they_are_below_the_low_end_of_their_need(quarter, regions, where, named):
    result = quarter()
    region = result.by_group["region"].assign(coverage=regions)
    [action] = act.actions(dataclasses.replace(result, by_group={**result.by_group, "region": region}))
    assert action.text == f"Create $600K of pipeline{where}: coverage is 2.0x, about 3.0x is needed on this day"
    assert (" Named first: " in action.because) is named


def test_no_gap_asks_for_nothing(quarter):
    assert act.actions(quarter(open_now=1.8e6)) == []
    assert act.actions(quarter(required=None)) == []


def test_too_late_to_create_looks_at_what_is_due_later(quarter):
    later = [record("small", "due_after_period", 5e4), record("big", "due_after_period", 3e5)]
    slow = dataclasses.replace(CYCLE, fast_days=53.4)
    result = quarter(*later, parts={"later": [0.0] * 5 + [1e4] * 5}, cycle=slow)
    assert act.actions(result) == [
        Action(
            "coverage_below_required",
            "See which of the 2 deals due later ($350K) can close by 31 Jul: coverage is 2.0x, about 3.0x is needed on "
            "this day",
            "sales_ops",
            600_000.0,
            SOON,
            "Too late to create: nine wins in ten take over 53 days, 52 days left. At stake: what deals due later "
            "brought this quarter in the past by themselves; nobody knows what asking adds.",
            ("big", "small"),
            5_000.0,
            0.0,
            10_000.0,
            "at_stake",
        )
    ]
    in_time = act.actions(quarter(*later, cycle=dataclasses.replace(CYCLE, fast_days=52.4)))
    assert in_time[0].text.startswith("Create") and in_time[0].by == dt.date(2026, 6, 9), "today is the last day"


@pytest.mark.parametrize(("n_open", "first"), [(3, "Close what is open"), (0, "Nothing is open in time")])
def test_too_late_and_nothing_due_later_is_said(quarter, n_open, first):
    result = quarter(n_open=n_open, cycle=dataclasses.replace(CYCLE, fast_days=60.0))
    [action] = act.actions(result)
    assert action.text == (
        f"{first}: coverage is 2.0x, about 3.0x is needed on this day, and nothing is due later that could come forward"
    )
    assert (action.records, action.worth, action.worth_is, action.amount) == ((), None, None, 600_000.0)


def test_actions_rank_by_money_that_hangs_on_them_then_by_money_in_the_records(quarter):
    """At stake: a tenth of 60 K is overdue's 6 K; the gap adds 60 K; records without an estimate follow by amount."""
    rows = [record("late", "overdue", 7e5), record("nobody", amount=2e4, owner_id=None), record("blank", amount=None)]
    found = act.actions(quarter(*rows, parts={"overdue": [0.0] * 9 + [6e4]}))
    assert [(a.rule, a.owner, a.amount, a.by, a.records, a.worth_is) for a in found] == [
        ("coverage_below_required", "marketing_ops", 600_000.0, dt.date(2026, 6, 22), (), "added"),
        ("overdue_opportunities", "sales_ops", 700_000.0, SOON, ("late",), "at_stake"),
        ("opportunities_without_owner", "sales_ops", 20_000.0, SOON, ("nobody",), None),
        ("opportunities_without_amount", "revops", 0.0, SOON, ("blank",), None),
    ]
    assert [a.text for a in found[1:]] == [
        "Re-date or close 1 overdue opportunity: $700K counts nowhere until it has a date",
        "Give 1 open opportunity without an owner to someone",
        "Put an amount on 1 opportunity in open pipeline: without one, nothing is added",
    ]
    assert found[0].worth > found[1].worth == 6_000.0


@pytest.mark.parametrize(
    ("draws", "worth"),
    [
        ([0.0] * 19 + [6e5], (None, 30_000.0, None)),
        ([0.0] * 19 + [-6e5], (None, -30_000.0, None)),
        ([0.0] * 16 + [3e4] * 4, (0.0, 6_000.0, 30_000.0)),
        ([0.0] * 9 + [1.0] * 10 + [1e6], (0.0, 1.0, 1.0)),
        (np.arange(20) * 1e3, (1_900.0, 9_500.0, 17_100.0)),
        ([0.0] * 20, (None, None, None)),
    ],
)
def test_a_rare_win_or_credit_does_not_stretch_the_range(quarter, draws, worth):
    """The tenth and ninetieth of twenty draws lie 1.9 and 17.1 steps from the lowest."""
    [action] = act.actions(quarter(record("late", "overdue"), parts={"overdue": draws}, open_now=2e6))
    found = (action.worth_low, action.worth, action.worth_high)
    assert [end if end is None else round(end, 6) for end in found] == list(worth)
    assert action.worth_is == (None if worth[1] is None else "at_stake")


def test_on_the_last_day_money_at_stake_is_an_average_without_a_range(told):
    """What is open when the day is over is won only where it is recorded late: in few of 4,000 draws."""
    found = [action for action in act.actions(told("2026-04-30")) if action.worth is not None]
    assert {action.rule for action in found} == {"overdue_opportunities", "stalled_opportunities"}
    assert all(0 < action.worth < 1e3 and action.worth_low is action.worth_high is None for action in found)


@pytest.mark.parametrize(
    ("renewals", "more"),
    [
        (0, ""),
        (1, " 1 more of types that the quota does not cover is overdue too: $2.4M is overdue in all."),
        (2, " 2 more of types that the quota does not cover are overdue too: $3.3M is overdue in all."),
    ],
)
def test_what_is_overdue_of_types_without_quota_is_counted_apart(quarter, renewals, more):
    rows = [record("late", "overdue", 7e5), record("grow", "overdue", 8e5, type="expansion")]
    rows += [record(f"renew{n}", "overdue", 9e5, type="renewal") for n in range(renewals)]
    [action] = act.actions(quarter(*rows, open_now=2e6))
    assert (action.rule, action.amount, action.records) == ("overdue_opportunities", 1.5e6, ("grow", "late"))
    assert action.text == "Re-date or close 2 overdue opportunities: $1.5M counts nowhere until it has a date"
    assert action.because == (
        "Open with a close date before the as-of day; a new date or an outcome takes it off the list." + more
    )


def test_overdue_renewals_alone_ask_for_nothing(quarter):
    assert act.actions(quarter(record("renew", "overdue", type="renewal"), open_now=2e6)) == []


def stalled(*rows):
    columns = ["opportunity_id", "is_stalled", "place", "days_in_stage", "stage_name", "halving_days"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(("name", "said"), [("Acme <b>", "Acme <b>"), (None, "one")])
def test_a_single_stalled_deal_is_named(quarter, name, said):
    deals = stalled(("one", True, "due", 61, "Proposal", 40.0), ("two", False, "due", 5, "Proposal", 40.0))
    rows = [record("one", opportunity_name=name), record("two")]
    [action] = act.actions(quarter(*rows, open_now=2e6, deals=deals, parts={"stalled": np.full(10, 2e4)}))
    assert action.text == (
        f"Second opinion on {said}: $100K, 61 days in Proposal; after 40 the chance to move on has halved"
    )
    assert (action.rule, action.records, action.worth) == ("stalled_opportunities", ("one",), 2e4)


def test_several_stalled_deals_are_counted_and_those_due_later_are_not(quarter):
    deals = stalled(*((id, True, place, 61, "Proposal", 40.0) for id, place in
                      (("a", "due"), ("b", "due"), ("far", "later"), ("late", "overdue"))))  # fmt: skip
    rows = [record("a", amount=1e5), record("b", amount=2e5), record("far", "due_after_period")]
    [action] = act.actions(quarter(*rows, open_now=2e6, deals=deals))
    assert action.text == "Second opinion on 2 stalled deals: $300K past the age at which the chance has halved"
    assert action.records == ("b", "a")
    assert action.because == (
        "Longer in its stage than the age at which the chance to move on has halved; a new stage or a close ends it. "
        "Open pipeline of this quarter alone: stages and velocity counts those overdue or due later as stuck too."
    )


@pytest.mark.parametrize("day", ["2026-05-01", "2026-07-20", "2026-07-25", "2026-07-31"])
def test_nothing_is_asked_for_after_the_quarter_ends(quarter, day):
    rows = [record("late", "overdue"), record("nobody", owner_id=None), record("later", "due_after_period")]
    for fast in (0.0, 39.0):
        found = act.actions(quarter(*rows, day=day, cycle=dataclasses.replace(CYCLE, fast_days=fast)))
        assert len(found) == 3
        assert all(dt.date.fromisoformat(day) <= action.by <= END for action in found)


def slow_won_share(tables, day, days):
    """Return the share of what was created in the two years before a day that was won within so many days: Aalen and
    Johansen, one age at a time, from the history as it stands."""
    lives, born = {}, tables["opportunities"].set_index("opportunity_id")
    born = born[born["type"].isin(["new", "expansion"])]["created_at"].dt.normalize().to_dict()
    for row in tables["opportunity_history"].to_dict("records"):
        id, at = row["opportunity_id"], row["changed_at"].normalize()
        if id not in born or born[id] < day - pd.Timedelta(days=730) or at > day:
            continue
        outcome, since, until = lives.get(id, (None, None, day))
        if row["is_deleted"]:
            until = at - pd.Timedelta(days=1)
        elif row["outcome"] != outcome:
            outcome, since = row["outcome"], at
        lives[id] = (outcome, since, until)
    ends = [(((until if outcome == "open" else since) - born[id]).days, outcome)
            for id, (outcome, since, until) in lives.items()]  # fmt: skip
    here, share = 1.0, 0.0
    for age in range(days + 1):
        at_risk = sum(end >= age for end, _ in ends)
        won = sum((end, outcome) == (age, "won") for end, outcome in ends)
        lost = sum((end, outcome) == (age, "lost") for end, outcome in ends)
        share += here * won / at_risk
        here *= 1 - (won + lost) / at_risk
    return share, sum(end >= 0 for end, _ in ends)  # one deleted on its first day never stood at the end of a day


def test_money_added_is_the_gap_times_what_such_deals_won_in_the_days_left(told, sample):
    result = told()
    part, n = slow_won_share(sample.tables, pd.Timestamp("2026-06-09"), 52)
    [action] = [a for a in act.actions(result) if a.worth_is == "added"]
    found = (action.worth_low, action.worth, action.worth_high)
    assert found == pytest.approx(tuple(amount * part for amount in result.gap), rel=1e-6)
    assert f"of {n:,} opportunities created in two years {part:.0%} had been won 52 days later" in action.because


def test_money_at_stake_is_what_the_listed_deals_are_expected_to_bring(told):
    """10 %: luck that all share lifts small chances a little. Overdue renewals are neither listed nor in the money."""
    result = told("2026-04-10")
    expected = result.outlook.deals.set_index("opportunity_id")
    found = {action.rule: action for action in act.actions(result)}
    assert not expected.loc[list(found["overdue_opportunities"].records), "type"].eq("renewal").any()
    expected = expected["expected_amount"]
    assert set(found) >= {"coverage_below_required", "overdue_opportunities", "stalled_opportunities"}
    for action in found.values():
        if action.worth_is is not None:
            assert action.worth_is == "at_stake" and action.worth_low <= action.worth <= action.worth_high
            assert action.worth == pytest.approx(expected[list(action.records)].sum(), rel=0.1)


def test_rules_over_records_fire_without_any_past():
    rows = [deal("a", close_date="2026-08-20", owner_id="o"), deal("late", close_date="2026-08-01", owner_id="o"),
            deal("late2", close_date="2026-07-01", amount=90.0, owner_id="o")]  # fmt: skip
    [action] = act.actions(measure(as_of(book(rows, quotas=[quota(1.0)]), "2026-08-09"), Knobs(stale_after_days=366)))
    assert action.text == "Re-date or close 2 overdue opportunities: $190 counts nowhere until it has a date"
    assert (action.records, action.worth, action.by) == (("late", "late2"), None, dt.date(2026, 8, 16))
    assert act.actions(measure(as_of(book(rows[:1]), "2026-08-09"), Knobs(stale_after_days=366))) == []

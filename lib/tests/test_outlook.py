"""The outlook on the sample company and on its edges: what is said, what is not, and slow twins of what it rests on."""

import dataclasses
import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from revops.actions import pipeline_coverage as act
from revops.analysis.aging import eventual_win_rate, halving_ages, stage_ages
from revops.analysis.groups import group_factors
from revops.analysis.same_day import same_day
from revops.analysis.spans import spans
from revops.analysis.standing import standing
from revops.book import Book
from revops.company import TYPES, load_company
from revops.exports import prepare
from revops.measures import pipeline_coverage as measures

ROOT = Path(__file__).parents[2]
COMPANY = load_company(ROOT / "params")
FAR = dt.datetime(2099, 1, 1)
DAY = dt.date(2026, 6, 9)


@pytest.fixture(scope="module")
def book():
    found = prepare(ROOT / "data" / "sample", COMPANY)
    return Book(COMPANY, {name: table.to_pandas() for name, table in found.tables.items()}, found.audit)


@pytest.fixture(scope="module")
def result(book):
    return told(book)


def told(book, day=DAY, **knobs):
    return measures.measure(book.as_of(day, now=FAR), measures.Knobs(**knobs))


def with_tables(book, **tables):
    return Book(book.company, {**book.tables, **tables}, book.audit)


def test_past_quarters_on_the_same_day_are_those_of_each_day_rebuilt(book):
    """The slow twin: rebuild the day and the frozen end of each quarter, and add up in plain Python."""
    view = book.as_of(DAY, now=FAR)
    period = view.calendar.quarter_of(DAY)
    states = spans(view.timeline, book.tables["opportunities"], as_of=DAY, company=COMPANY, types=TYPES)
    past = view.calendar.before(period, 3)
    found = same_day(states, past, days_left=period.days_left(DAY), as_of=DAY, company=COMPANY).sums(
        COMPANY.quota_covers
    )
    for quarter, row in zip(past, found.itertuples(), strict=True):
        day = quarter.end - dt.timedelta(days=period.days_left(DAY))
        then, end = view.state(day), view.state(quarter.end + dt.timedelta(days=COMPANY.grace_days))
        where = dict(zip(then["opportunity_id"], standing(then, period=quarter, day=day, company=COMPANY), strict=True))
        at_end = standing(end, period=quarter, day=quarter.end, company=COMPANY).eq("booked")
        won = dict(zip(end.loc[at_end, "opportunity_id"], end.loc[at_end, "amount"].fillna(0), strict=True))
        due = [id for id, place in where.items() if place == "open_pipeline"]
        booked = [id for id, place in where.items() if place == "booked"]
        amounts = then.set_index("opportunity_id")["amount"].fillna(0)
        outcomes = dict(zip(then["opportunity_id"], then["outcome"], strict=True))
        other = [id for id in won if id not in due and outcomes.get(id) == "open"]
        new = [id for id in won if id not in due and id not in other and id not in booked]
        expected = [amounts[booked].sum(), amounts[due].sum(), sum(won.get(id, 0) for id in due),
                    sum(won[id] for id in other), sum(won[id] for id in new), sum(won.values())]  # fmt: skip
        assert list(row)[2:] == pytest.approx(expected, abs=0.01)


def test_the_parts_of_the_outlook_agree(result):
    outlook = result.outlook
    low, median, high = outlook.range(0.8)
    assert low < median < high and np.mean(outlook.outcomes < low) == pytest.approx(0.1, abs=0.001)
    assert outlook.probability == np.mean(outlook.outcomes >= result.headline["quota_amount"])
    assert outlook.probability_without_largest <= outlook.probability
    covered = outlook.landing.draws[["new", "expansion"]].sum(axis=1)
    np.testing.assert_allclose(covered, outlook.outcomes)
    booked = result.headline["booked_amount"]
    due = outlook.deals["type"].isin(["new", "expansion"]).to_numpy()
    brought = outlook.landing.won[:, due].sum(axis=1)
    new = outlook.landing.expected_new[["new", "expansion"]].sum()
    assert outlook.outcomes.mean() == pytest.approx(booked + brought.mean() + new, rel=1e-9)


def test_required_pipeline_is_the_formula_on_pooled_past_quarters(result):
    need, sums = result.outlook.required, result.outlook.sums
    pooled = sums["won_from_open"].sum() / sums["open_amount"].sum()
    assert len(sums) == need.n == 8 and need.yield_rate == pytest.approx(pooled)
    remaining, quota = result.headline["remaining_amount"], result.headline["quota_amount"]
    assert need.amount == pytest.approx((remaining - need.late_share * quota) / pooled)
    assert need.low < need.amount < need.high and need.amount < need.cautious
    assert result.gap[1] == pytest.approx(need.amount - result.headline["open_pipeline_amount"])
    assert result.needed_coverage[1] * remaining == pytest.approx(need.amount)


def test_the_back_test_uses_only_quarters_before_each(book, result):
    """Rewriting what the last quarter became changes no earlier row."""
    last = result.outlook.told.iloc[-1]["period"]
    view = book.as_of(DAY, now=FAR)
    quarter = view.calendar.named(last)
    history = book.tables["opportunity_history"]
    inside = history["changed_at"].between(pd.Timestamp(quarter.start), pd.Timestamp(quarter.end))
    wild = history.assign(amount=history["amount"].mask(inside, history["amount"] * 3))
    other = told(with_tables(book, opportunity_history=wild)).outlook.told
    pd.testing.assert_frame_equal(other.iloc[:-1], result.outlook.told.iloc[:-1])
    assert other.iloc[-1]["actual"] != last


def test_the_same_day_gives_the_same_outlook_and_another_seed_only_noise(book, result):
    again, other = told(book), told(book, seed=7)
    np.testing.assert_array_equal(again.outlook.outcomes, result.outlook.outcomes)
    assert other.outlook.probability == pytest.approx(result.outlook.probability, abs=0.05)


def test_the_first_screen_is_true_of_the_numbers(result):
    headline = act.headline(result)
    assert headline.status == "watch" and 0.3 <= result.outlook.probability < 0.6
    assert headline.sentence.startswith("At today's pace FY27-Q2 lands near $1.")
    n, of = int(result.outlook.told["is_inside"].sum()), len(result.outlook.told)
    assert f"such ranges held in {n} of {of} past quarters. Day 40 of 92." in headline.below
    assert [number.is_bad for number in headline.numbers] == [True, False, True]


def test_actions_are_worth_what_their_deals_are_expected_to_bring(result):
    found = {action.rule: action for action in act.actions(result)}
    stalled = found["stalled_opportunities"]
    deals = result.outlook.deals.set_index("opportunity_id").loc[list(stalled.records)]
    assert stalled.worth == pytest.approx(deals["expected_amount"].sum())
    assert stalled.worth_low <= stalled.worth <= stalled.worth_high
    assert (deals["days_in_stage"] > deals["halving_days"]).all()
    gap = found["coverage_below_required"]
    assert gap.worth == pytest.approx(result.gap[1] * result.outlook.required.yield_rate)
    assert next(iter(found)) == "coverage_below_required", "ranked by worth"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (dt.date(2026, 5, 1), "Day 1 of 92."),
        (dt.date(2026, 4, 30), "Day 89 of 89."),
        (dt.date(2026, 2, 1), "Day 1 of 89."),
    ],
)
def test_the_first_and_the_last_day_have_an_outlook(book, day, said):
    result = told(book, day)
    headline = act.headline(result)
    assert said in headline.below and result.outlook is not None
    low, _, high = result.outlook.range(0.8)
    assert result.headline["booked_amount"] <= high and low >= 0


def test_few_past_quarters_are_not_validated_and_fewer_say_nothing(book):
    """FY25-Q1 begins in February 2024, the seventh reported quarter: two can be told before it."""
    few = told(book, dt.date(2024, 3, 15), backtest_quarters=6)
    headline = act.headline(few)
    assert headline.status == "not_enough_data" and not few.outlook.is_validated
    assert "how likely that is, is not yet validated" in headline.sentence
    assert "2 past quarters to hold it against, that is not yet validated" in headline.below
    row = next(r for r in measures.measure_rows(few) if r["id"] == "attainment_probability")
    assert row["note"] == "not yet validated" and 0 <= row["value"] <= 1
    none = told(book, DAY, backtest_quarters=3)
    assert none.outlook is None and act.headline(none).status == "not_enough_data"
    notes = {r["id"]: r["note"] for r in measures.measure_rows(none)}
    assert notes["landing_amount"] == "needs at least four past quarters with history, in a quarter under way"


def test_without_a_quota_the_landing_is_told_and_the_chance_is_not(book):
    result = told(with_tables(book, quotas=book.tables["quotas"].iloc[:0]))
    assert math.isnan(result.outlook.probability) and result.outlook.required is None
    assert result.outlook.range(0.8)[1] > 0
    assert act.headline(result).sentence.endswith("without a quota nobody can say whether that is enough.")


def test_a_quota_that_is_met_needs_nothing_more(book):
    quotas = book.tables["quotas"].assign(quota_amount=1.0)
    result = told(with_tables(book, quotas=quotas))
    assert result.outlook.required is None and result.outlook.probability == 1
    headline = act.headline(result)
    assert headline.status == "on_track" and headline.sentence.startswith("FY27-Q2 has reached its quota")
    assert "coverage_below_required" not in [a.rule for a in act.actions(result)]


def closed(book, **values):
    """Return the book in which everything open on the day got other values, the evening before."""
    state = book.as_of(DAY, now=FAR).opportunities
    ids = state.loc[state["outcome"].eq("open"), "opportunity_id"]
    history = book.tables["opportunity_history"]
    last = history[history["opportunity_id"].isin(ids)].drop_duplicates("opportunity_id", keep="last")
    extra = last.assign(changed_at=pd.Timestamp("2026-06-09 23:00"), sequence=1e6, **values).astype(history.dtypes)
    rows = pd.concat([history, extra]).sort_values(["opportunity_id", "changed_at", "sequence"], ignore_index=True)
    return with_tables(book, opportunity_history=rows)


def test_nothing_open_leaves_bookings_and_what_may_still_come(book):
    result = told(closed(book, stage_name="Lost", outcome="lost"))
    assert act.headline(result).sentence == "FY27-Q2 still has $836K to book and no open pipeline to book it from."
    low, _, high = result.outlook.range(0.8)
    assert result.headline["booked_amount"] <= low <= high


def test_all_overdue_is_said(book):
    result = told(closed(book, close_date=pd.Timestamp("2026-06-01")))
    sentence = act.headline(result).sentence
    assert sentence.startswith("FY27-Q2 still has $836K to book and no open pipeline to book it from; $6.")
    assert sentence.endswith("of open deals carry a close date that has passed.")
    assert act.actions(result)[0].rule in ("coverage_below_required", "overdue_opportunities")


def test_a_slice_has_an_outlook_of_its_own_with_the_companys_chances(book, result):
    parts = [told(book, slice={"region": region}) for region in ("AMER", "EMEA", "APAC")]
    medians = [part.outlook.range(0.8)[1] for part in parts]
    assert sum(medians) == pytest.approx(result.outlook.range(0.8)[1], rel=0.05)
    chances = result.outlook.deals.set_index("opportunity_id")["chance"]
    for part in parts:
        deals = part.outlook.deals.set_index("opportunity_id")["chance"]
        pd.testing.assert_series_equal(deals, chances.reindex(deals.index))


def test_groups_are_drawn_to_the_whole_unless_their_past_differs(result):
    rng = np.random.default_rng([ord(c) for c in "groups"])
    n = 4000
    past = pd.DataFrame({"opportunity_id": [str(i) for i in range(n)], "amount": 100.0})
    told_chance = np.full(n, 0.25)
    groups = pd.Series(np.where(np.arange(n) % 4 == 0, "strong", np.where(np.arange(n) < 40, "tiny", "rest")),
                       index=past["opportunity_id"])  # fmt: skip
    truth = np.where(groups.eq("strong"), 0.35, 0.25)
    past["won_amount"] = np.where(rng.random(n) < truth, 100.0, 0.0)
    rows = group_factors(past, told_chance, groups).set_index("group")
    ratio = rows.loc["strong", "factor"] / rows.loc["rest", "factor"]
    assert ratio == pytest.approx(1.4, abs=0.15), "the planted difference comes back"
    raw = past.loc[groups.eq("tiny").to_numpy(), "won_amount"].sum() / (25 * rows.loc["tiny", "n"])
    whole = past["won_amount"].sum() / (25 * n)
    assert abs(rows.loc["tiny", "factor"] - 1) < abs(raw / whole - 1) or raw == pytest.approx(whole, rel=0.05)
    same = group_factors(past.assign(won_amount=25.0), told_chance, groups)
    assert same["factor"].tolist() == pytest.approx([1, 1, 1])


def stays(*rows):
    """Return spans of one deal each: (id, stage, order, outcome, first, last)."""
    columns = ["opportunity_id", "stage_name", "stage_order", "outcome", "first", "last"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(first=pd.to_datetime(table["first"]), last=pd.to_datetime(table["last"]))


def test_the_age_at_which_the_chance_halves_is_found_by_hand():
    """40 deals move on after 10 days, 20 of the rest after 30, the last 20 are lost on day 60: on entry 60 of 80 move
    on (75 %); once the 40 are gone 20 of 40 do (50 %); once those are gone none of 20 does, first at 30 days."""
    rows = []
    for n in range(80):
        days, after = (10, "B") if n < 40 else (30, "B") if n < 60 else (60, "Lost")
        start = pd.Timestamp("2026-01-01")
        left = start + pd.Timedelta(days=days)
        order, outcome = (1, "open") if after == "B" else (9, "lost")
        rows.append((f"d{n:02d}", "A", 0, "open", start, left - pd.Timedelta(days=1)))
        rows.append((f"d{n:02d}", after, order, outcome, left, pd.Timestamp("2026-06-01")))
    assert halving_ages(stays(*rows))["A"] == 30
    ages = stage_ages(stays(*rows), pd.Timestamp("2026-06-01"))
    assert ages["d00"] == (pd.Timestamp("2026-06-01") - pd.Timestamp("2026-01-11")).days
    assert "d79" not in ages


def test_the_win_rate_counts_open_deals_as_undecided():
    """Won 25 %, decided after 10 days; a last batch is still open: closed deals only would say the same, but deals
    that are open too long to be won drag the naive share of all deals down to 12.5 %."""
    rows, created = [], {}
    for n in range(80):
        start = pd.Timestamp("2026-01-01") if n < 40 else pd.Timestamp("2026-05-30")
        created[f"d{n}"] = start
        outcome = ("won" if n % 4 == 0 else "lost") if n < 40 else "open"
        first = start + pd.Timedelta(days=10) if n < 40 else start
        rows.append((f"d{n}", "X", 0, outcome, first, pd.Timestamp("2026-06-01")))
    rate = eventual_win_rate(stays(*rows), pd.Series(created), since=pd.Timestamp("2025-01-01"))
    assert rate == pytest.approx(0.25)


def test_the_outlook_does_not_change_what_it_is_given(book):
    before = {name: table.copy() for name, table in book.tables.items()}
    told(book)
    for name, table in book.tables.items():
        pd.testing.assert_frame_equal(table, before[name])
    assert dataclasses.is_dataclass(book)

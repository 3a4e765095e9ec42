"""Of the deals that reach a stage, the share won in the end: by hand, by a slow twin, and as planted."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from frames import COMPANY, change, deal, table
from revops.analysis.cycle import won_by_age
from revops.analysis.ever_won import ever_won
from revops.analysis.spans import spans
from revops.periods import FiscalCalendar

CALENDAR = FiscalCalendar(1)
SINCE = pd.Timestamp("2026-01-02")


def lives(*deals, last="2026-12-31"):
    """Spans of deals from (day of Discovery, (day, stage), …); ids in order."""
    rows = [change(f"d{number:03d}", at, step, stage_name=stage)
            for number, (began, *moves) in enumerate(deals)
            for step, (at, stage) in enumerate([(began, "Discovery"), *moves])]  # fmt: skip
    records = [deal(f"d{number:03d}") for number in range(len(deals))]
    history = table("opportunity_history", rows)
    return spans(history, table("opportunities", records), as_of=dt.date.fromisoformat(last), company=COMPANY)


def test_the_share_won_in_the_end_by_hand():
    """Discovery: four entered. One is lost on day 10 (1/4 gone), one is open since 30 days, so that of the two left,
    one won on day 60, the other in a later quarter on day 200: 3/4 x 1/2 + 3/8. Proposal: two entered, both won. A
    deal that stood in Discovery before history began counts in Proposal alone."""
    states = lives(
        ("2026-02-01", ("2026-02-11", "Lost"), ("2026-12-01", "Lost")),  # written to again, lost as before
        ("2026-12-01",),
        ("2026-02-01", ("2026-03-01", "Proposal"), ("2026-04-02", "Won")),
        ("2026-02-01", ("2026-08-20", "Won")),
        ("2025-11-01", ("2026-03-03", "Proposal"), ("2026-06-01", "Won")),
    )
    found = ever_won(states, since=SINCE, calendar=CALENDAR)
    assert found["stage_name"].tolist() == ["Discovery", "Proposal"]
    assert found["ever_won_share"].tolist() == pytest.approx([0.75, 1.0])
    assert found[["n", "n_open", "n_periods"]].to_numpy().tolist() == [[4, 1, 2], [2, 0, 1]]
    assert found["is_few"].all() and np.isnan(found["low"][1])
    assert ever_won(states, since=pd.Timestamp("2026-02-01"), calendar=CALENDAR)["n"].tolist() == [4, 2]
    assert ever_won(states, since=pd.Timestamp("2026-02-02"), calendar=CALENDAR)["n"].tolist() == [1, 2]


def made_up_lives(seed=1, n=240):
    """40 % of Discovery go on to Proposal, half of which are won; the rest are lost; the young are still open."""
    rng = np.random.default_rng(seed)
    deals = []
    for _ in range(n):
        began = pd.Timestamp("2026-01-05") + pd.Timedelta(days=int(rng.integers(0, 300)))
        on = began + pd.Timedelta(days=int(rng.integers(1, 40)))
        end = on + pd.Timedelta(days=int(rng.integers(1, 40)))
        goes, wins = rng.random(2) < (0.4, 0.5)
        moves = [(on, "Proposal"), (end, "Won" if wins else "Lost")] if goes else [(on, "Lost")]
        deals.append((str(began), *[(str(at), stage) for at, stage in moves if at < pd.Timestamp("2026-11-15")]))
    return lives(*deals, last="2026-11-15")


def test_the_planted_share_is_found_and_is_that_of_a_slow_twin():
    """The slow twin: cumulative incidence day by day in plain Python, open deals leaving when last seen."""
    states = made_up_lives(1, 700)
    found = ever_won(states, since=SINCE, calendar=CALENDAR).set_index("stage_name")
    for stage, planted in (("Discovery", 0.2), ("Proposal", 0.5)):
        ages = []
        for _, rows in states.groupby("opportunity_id"):
            rows = rows.to_dict("records")
            entered = [row["first"] for row in rows if row["stage_name"] == stage]
            if entered:
                until = rows[-1]["last"] if rows[-1]["outcome"] == "open" else rows[-1]["first"]
                ages.append(((until - entered[0]).days, rows[-1]["outcome"]))
        alive, share = 1.0, 0.0
        for day in range(max(age for age, _ in ages) + 1):
            at_risk = sum(age >= day for age, _ in ages)
            ended = [outcome for age, outcome in ages if age == day and outcome != "open"]
            share += alive * ended.count("won") / at_risk
            alive *= 1 - len(ended) / at_risk
        row = found.loc[stage]
        assert row["ever_won_share"] == pytest.approx(share) and row["n"] == len(ages)
        assert row["n_open"] == sum(outcome == "open" for _, outcome in ages) > 0
        assert row["ever_won_share"] == pytest.approx(planted, abs=0.08)
        assert 0 <= row["low"] < share < row["high"] <= 1 and not row["is_few"]


def test_the_range_of_the_share_won_in_the_end_leaves_out_quarters_of_entry():
    states = made_up_lives(2)
    row = ever_won(states, since=SINCE, calendar=CALENDAR).iloc[0]
    began = states[states["stage_name"].eq("Discovery")].groupby("opportunity_id")["first"].min()
    left = []
    for quarter in sorted(set(began.dt.quarter)):
        ids = began.index[began.dt.quarter.ne(quarter)]
        part = states[states["opportunity_id"].isin(ids)]
        left.append(ever_won(part, since=SINCE, calendar=CALENDAR)["ever_won_share"].iloc[0])
    margin = t.ppf(0.9, 3) * (3 / 4 * np.square(left - np.mean(left)).sum()) ** 0.5
    assert (row["low"], row["high"]) == pytest.approx((row["ever_won_share"] - margin, row["ever_won_share"] + margin))


def test_no_states_have_no_stage_and_order_changes_nothing():
    states = made_up_lives(3, 60)
    first = ever_won(states, since=SINCE, calendar=CALENDAR)
    shuffled = states.sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(ever_won(shuffled, since=SINCE, calendar=CALENDAR), first)
    empty = ever_won(states.iloc[:0], since=SINCE, calendar=CALENDAR)
    assert empty.empty and empty.dtypes.equals(first.dtypes)
    late = ever_won(states, since=pd.Timestamp("2027-01-01"), calendar=CALENDAR)
    assert late["n"].tolist() == [0, 0] and late["ever_won_share"].isna().all()


def test_the_share_is_the_last_of_statsmodels_cumulative_incidence():
    """A deal reopened since is open; one won on the day it entered has age 0."""
    states = made_up_lives(4, 300)
    same_day = lives(("2026-03-02 09:00", ("2026-03-02 10:00", "Won")), ("2026-03-02", ("2026-05-02", "Lost"),
                                                                         ("2026-06-02", "Proposal")))  # fmt: skip
    states = pd.concat([states, same_day.assign(opportunity_id="x" + same_day["opportunity_id"])], ignore_index=True)
    found = ever_won(states, since=SINCE, calendar=CALENDAR).set_index("stage_name")["ever_won_share"]
    for stage in ("Discovery", "Proposal"):
        began = states[states["stage_name"].eq(stage)].groupby("opportunity_id")["first"].min()
        assert found[stage] == pytest.approx(won_by_age(states, began, since=SINCE).iloc[-1], abs=1e-12)

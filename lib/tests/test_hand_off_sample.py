"""The hand-off of the sample company against what is planted in it."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from revops.analysis.passages import moved
from revops.book import Book
from revops.measures.stage_benchmarking.funnel import funnel_of
from revops.measures.stage_benchmarking.hand_off import hand_off_of
from revops.measures.stage_benchmarking.hand_off.shares import touch_hours
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.window import window_of

TRUTH = json.loads((Path(__file__).parents[2] / "data" / "sample_truth_systems.json").read_text())["funnel"]
FIXED = {"AMER": "Etc/GMT+5", "EMEA": "Etc/GMT-1", "APAC": "Etc/GMT-8"}
"""The simulator's offices do not change their clocks; the sign of these names is turned."""
LAST = "FY27-Q2"
"""The file counts of it only those whose way is over."""


def told(book, **knobs):
    window = window_of(book.as_of(dt.date(2026, 6, 9), now=dt.datetime(2099, 1, 1)), Knobs(**knobs))
    return hand_off_of(window, funnel_of(window))


@pytest.fixture(scope="module")
def found(sample):
    return told(sample)


@pytest.fixture(scope="module")
def fixed(sample):
    office = sample.company.office_hours.model_copy(update={"time_zones": FIXED})
    return told(Book(sample.company.model_copy(update={"office_hours": office}), sample.tables, sample.audit))


def medians(hand_off, calendar):
    touched = hand_off.leads[hand_off.leads["event"].eq(1)]
    return {name: (len(part), float(part["hours"].median())) for name, part in
            touched.groupby(calendar.names(touched["mql_at"]))}  # fmt: skip


def test_medians_of_the_touched_are_those_planted(fixed, sample):
    """The simulator's clock begins when the lead is routed, two minutes after the MQL."""
    truth = TRUTH["hand_off"]["median_by_quarter"]
    seen = medians(fixed, sample.calendar)
    assert set(seen) == set(truth)
    for name, (n, median) in seen.items():
        assert name == LAST or n == pytest.approx(truth[name]["n"], abs=4), name
        assert median == pytest.approx(truth[name]["median_hours"], rel=0.02, abs=0.06), name


def test_clocks_that_change_move_medians_little(found, fixed, sample):
    """Offices that change their clocks in summer are worked an hour earlier by them than by the simulator's: what
    falls into the hour before opening or after closing is a little shorter or longer."""
    one, other = medians(found, sample.calendar), medians(fixed, sample.calendar)
    assert max(abs(one[name][1] - other[name][1]) for name in one if one[name][0] >= 50) < 1


def test_the_hand_off_is_slower_since_the_day_planted(found):
    by_day = found.leads["mql_at"] < TRUTH["hand_off"]["slow_from"]
    before, after = (touch_hours(found.leads[mine]) for mine in (by_day, ~by_day))
    assert before["median_hours"] == pytest.approx(TRUTH["hand_off"]["median_hours"], rel=0.12)
    assert after["median_hours"] == pytest.approx(TRUTH["hand_off"]["median_hours_slow"], rel=0.12)
    now, past = found.table["sla_share"]
    assert now < 0.05 < past
    moves = found.moves.set_index("what")
    assert moves.loc["sla", "change_high"] < 0 and moves.loc["sla", "p_value"] < 0.1


def test_the_fall_planted_is_told_beyond_noise_and_acceptance_did_not_move(found):
    """The windows before hold the fall itself; those before them do not. A report makes some hundred comparisons: the
    verdict holds beside 200 more where nothing moved."""
    quiet = pd.concat([found.moves.iloc[:1].assign(what="quiet", p_value=0.5)] * 200)
    verdicts = moved([found.moves, quiet], sure=0.9).set_index("what")["verdict"]
    assert verdicts[["sla_earlier", "accept_earlier", "accept"]].tolist() == ["down", "none", "none"]
    move = found.moves.set_index("what").loc["sla_earlier"]
    assert (move["step"], move["dimension"], move["group"]) == ("MQL to first touch", "company", "company")
    old = found.leads[found.leads["place"].between(5, 8)]
    assert move["n_past"] == len(old) and move["past"] == pytest.approx((old["is_late"] == False).mean())  # noqa: E712
    assert move["past_low"] > 0.3 and move["now_high"] < 0.03


def test_those_given_back_untouched_are_as_many_as_planted(found):
    """Of MQLs that sales never called qualified, 12 in 100 were given back without a single try."""
    ended = found.leads[found.leads["side"].isin(["recycled", "never touched"])]
    share = ended["side"].eq("never touched").mean()
    assert share == pytest.approx(TRUTH["hand_off"]["never_worked_of_recycled"], abs=0.04)


def test_sales_accepts_as_often_as_planted(found):
    """The file tells of each source which share of MQLs became SQLs, those never touched among them."""
    leads = found.leads[found.leads["side"].ne("open")]
    good = leads["side"].str.startswith("accepted").groupby(leads["lead_source"]).mean()
    for source, truth in TRUTH["origins"].items():
        assert good[source] == pytest.approx(truth["sql"] / truth["mql"], abs=0.03), source


def test_lateness_changes_nothing_in_the_sample(found):
    """Hours to the first touch are drawn apart from the outcome: the range of what is at stake holds 0."""
    whole = found.stake.iloc[-1]
    assert whole["lead_source"] == "all" and whole["low"] < 0 < whole["high"] and whole["n_late"] > 100


def test_the_counts_are_those_of_the_exports(found, sample):
    """Who is not the first of an enquiry to be qualified is counted beside."""
    leads = sample.table("leads")
    assert len(found.leads) + found.counts.set_index("what").loc["again", "n"] == leads["mql_at"].notna().sum()
    assert found.unit == "hours" and found.why == {}

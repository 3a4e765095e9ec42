"""The first sentence, the line below and the three numbers, over all that the outlook can say of a quarter."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from revops.actions import pipeline_coverage as act
from revops.analysis.cycle import CreationWindow
from revops.analysis.quotas import CompanyQuota
from revops.analysis.required import Required
from revops.measures import pipeline_coverage as measures

NOTHING = float("nan")
CYCLE = CreationWindow(pd.Series([0.0, 0.1], index=[0.0, 50.0]), 0.2, 39.0, 90.0, 400, None)
HELD = "told on this day, such ranges held in 8 of 10 past quarters."


def judged(n=10, held=8, probability=0.4, made=4):
    """Return the landing's back-test: n quarters, the first `held` inside, the last `made` reached."""
    inside, reached = np.arange(n) < held, np.arange(n) >= n - made
    return pd.DataFrame({"is_inside": inside, "probability": probability, "made_it": reached.astype(float)})


@pytest.fixture(scope="module")
def quarter(told):
    """Return a function that makes a result of round numbers: 400 K of a quota of 1 M booked, 1.2 M open in 12 deals,
    of 1.8 M needed (1.5 M to 2.4 M); landings from 0.5 M to 1.5 M; on day 40 of 92."""
    sample = told()

    def make(chance=0.35, row=None, outlook=None, **more):
        numbers = {"quota_amount": 1e6, "booked_amount": 4e5, "n_booked": 3, "remaining_amount": 6e5, "coverage": 2.0,
                   "open_pipeline_amount": 1.2e6, "n_open": 12, "overdue_amount": 0.0, "n_overdue": 0}  # fmt: skip
        parts = {
            "outcomes": np.linspace(5e5, 1.5e6, 4001), "probability": chance, "probability_without_largest": 0.3,
            "required": Required(1.8e6, 1.5e6, 2.4e6, 2.1e6, 0.25, 0.1, 8), "required_unknown": None, "cycle": CYCLE,
            "told": judged(), "required_told": pd.DataFrame({"is_inside": [True] * 7 + [False] * 2}),
        }  # fmt: skip
        region = sample.by_group["region"].assign(coverage=[2.5, 2.0, 2.0], required_low=1.5, is_few=False)
        row = pd.Series(sample.headline.to_dict() | numbers | (row or {}))
        found = dataclasses.replace(sample.outlook, **parts | (outlook or {}))
        by_group = {**sample.by_group, "region": region}
        return dataclasses.replace(sample, **{"headline": row, "outlook": found, "by_group": by_group} | more)

    return make


def said(result):
    headline = act.headline(result)
    return headline.status, headline.sentence, headline.below, [(n.figure, n.text, n.is_bad) for n in headline.numbers]


def test_a_validated_chance_is_said_in_words_and_judged(quarter):
    assert said(quarter()) == (
        "watch",
        "FY27-Q2 is likely to land near $1.0M of its $1.0M quota: about one chance in three of making it.",
        f"8 in 10 outcomes fall between $600K and $1.4M; {HELD} Day 40 of 92.",
        [
            (
                "2.0x",
                "coverage of remaining quota; about 3.0x is needed (2.5x to 4.0x); what was needed fell into such "
                "ranges in 7 of 9 past quarters",
                True,
            ),
            (
                "35%",
                "chance of quota; 30% without the largest deal; chances below 50% on this day came true in 4 of 10 "
                "past quarters",
                False,
            ),
            (
                "$600K",
                "pipeline short ($300K to $1.2M); to create by 22 Jun at the latest, half of all wins take 90 days",
                True,
            ),
        ],
    )


@pytest.mark.parametrize(
    ("chance", "status", "words"),
    [
        (0.0, "act", "next to no chance of making it"),
        (0.29, "act", "about one chance in four of making it"),
        (0.3, "watch", "about one chance in three of making it"),
        (0.59, "watch", "about three chances in five of making it"),
        (0.6, "on_track", "about three chances in five of making it"),
        (1.0, "on_track", "all but certain to make it"),
    ],
)
def test_low_and_high_chances_have_their_words_and_status(quarter, chance, status, words):
    found = said(quarter(chance))
    assert found[:2] == (status, f"FY27-Q2 is likely to land near $1.0M of its $1.0M quota: {words}.")
    assert found[3][1][2] == (status == "act")


@pytest.mark.parametrize(
    ("chance", "without", "n_total_open", "figure", "text"),
    [
        (0.0, 0.0, 12, "<1%", "chance of quota; <1% without the largest deal"),
        (1.0, 1.0, 12, ">99%", "chance of quota; >99% without the largest deal"),
        (1.0, 0.0, 1, ">99%", "chance of quota; <1% without the largest deal"),
        (0.0, 0.0, 0, "0%", "chance of quota; 0% without the largest deal"),
    ],
)
def test_draws_that_all_agree_leave_a_little_doubt_unless_nothing_is_open(
    quarter, chance, without, n_total_open, figure, text
):
    outlook = {"probability_without_largest": without, "told": judged(4, 4)}
    number = said(quarter(chance, {"n_total_open": n_total_open}, outlook))[3][1]
    assert number == (figure, f"{text}; not yet validated", False)


def test_chances_are_held_against_those_on_the_same_side(quarter):
    """Of chances of 70 % three of four came true; below half there was none to compare with."""
    told = judged(n=12, held=10, probability=0.7, made=9)
    assert said(quarter(0.8, outlook={"told": told}))[3][1] == (
        "80%",
        "chance of quota; 30% without the largest deal; chances above 50% on this day came true in 9 of 12 past "
        "quarters",
        False,
    )
    assert said(quarter(0.2, outlook={"told": told, "largest": None}))[3][1] == (
        "20%",
        "chance of quota; chances below 50% on this day have not been told before",
        True,
    )


@pytest.mark.parametrize(("n", "quarters"), [(0, "no past quarters"), (1, "1 past quarter"), (7, "7 past quarters")])
def test_fewer_than_eight_quarters_told_are_not_judged(quarter, n, quarters):
    outlook = {"told": judged(n=n, held=n, made=0), "required_told": pd.DataFrame({"is_inside": [True] * n})}
    status, sentence, below, numbers = said(quarter(outlook=outlook))
    assert status == "not_enough_data"
    assert (
        sentence == "FY27-Q2 is likely to land near $1.0M of its $1.0M quota: how likely it is, is not yet validated."
    )
    assert below == (
        f"8 in 10 outcomes fall between $600K and $1.4M; with {quarters} to hold it against, that is not yet "
        "validated. Day 40 of 92."
    )
    assert numbers[0][1] == "coverage of remaining quota; about 3.0x is needed (2.5x to 4.0x)"
    assert numbers[1] == ("35%", "chance of quota; 30% without the largest deal; not yet validated", False)


def test_a_level_that_tens_cannot_count_is_counted_in_hundreds(quarter):
    """95 % of landings from 0.5 M to 1.5 M lie between 525 K and 1,475 K."""
    below = said(quarter(outlook={"level": 0.95, "told": judged(held=9)}))[2]
    assert below == (
        "95 in 100 outcomes fall between $525K and $1.48M; told on this day, such ranges held in 9 of 10 past "
        "quarters. Day 40 of 92."
    )


def test_quarters_without_a_quota_do_not_validate_a_chance(quarter):
    told = judged()
    told.loc[:2, ["probability", "made_it"]] = NOTHING
    status, sentence, below, _ = said(quarter(outlook={"told": told}))
    assert status == "not_enough_data" and sentence.endswith(": how likely it is, is not yet validated.")
    assert below == f"8 in 10 outcomes fall between $600K and $1.4M; {HELD} Day 40 of 92."


@pytest.mark.parametrize(("held", "failed"), [(5, True), (6, False)])
def test_ranges_that_held_too_rarely_take_the_chance_away(quarter, held, failed):
    """By chance alone 5 or fewer of 10 ranges of 80 % hold 3.3 times in a hundred, 6 or fewer 12 times."""
    result = quarter(outlook={"told": judged(held=held)})
    status, sentence, below, numbers = said(result)
    rows = {row["id"]: row for row in measures.measure_rows(result) if row["by"] == {}}
    note = rows["attainment_probability"]["note"]
    if failed:
        assert below == (
            "Meant to hold 8 in 10, such ranges held in only 5 of 10 past quarters: do not lean on $600K to $1.4M. "
            "Day 40 of 92."
        )
        assert (status, note) == ("not_enough_data", "such ranges held too rarely in the past")
        assert sentence == (
            "FY27-Q2 is likely to land near $1.0M of its $1.0M quota: how likely it is cannot be said, such ranges "
            "held too rarely in the past."
        )
        assert numbers[1] == ("–", "chance of quota: ranges held in only 5 of 10 past quarters", False)
    else:
        assert (status, note) == ("watch", None) and numbers[1][0] == "35%"
        assert below == (
            "8 in 10 outcomes fall between $600K and $1.4M; told on this day, such ranges held in 6 of 10 past "
            "quarters. Day 40 of 92."
        )


def test_ranges_that_never_held_are_not_leant_on_without_a_quota_either(quarter):
    row = {"quota_amount": NOTHING, "remaining_amount": NOTHING, "coverage": NOTHING}
    outlook = {"required": None, "required_unknown": "There is no quota to book.", "told": judged(3, 0)}
    assert said(quarter(NOTHING, row, outlook))[2] == (
        "Meant to hold 8 in 10, such ranges held in none of 3 past quarters: do not lean on $600K to $1.4M. "
        "Day 40 of 92."
    )


@pytest.mark.parametrize(
    ("regions", "short"),
    [
        ([2.5, 2.0, 1.4], "APAC (1.4x) is below even the low end of what it needs, 1.5x. "),
        ([2.5, 1.0, 1.4], "EMEA (1.0x) and APAC (1.4x) are below even the low end of what they need. "),
        ([0.1, 1.0, 1.4],
         "AMER (0.1x), EMEA (1.0x) and APAC (1.4x) are below even the low end of what they need. "),
        ([1.5, NOTHING, 2.0], ""),
    ],
)  # fmt: skip
def test_groups_below_all_that_they_need_are_named_where_there_is_a_gap(quarter, regions, short):
    result = quarter()
    region = result.by_group["region"].assign(coverage=regions, required_low=1.5)
    result = dataclasses.replace(result, by_group={**result.by_group, "region": region})
    range_ = f"8 in 10 outcomes fall between $600K and $1.4M; {HELD} "
    assert act.headline(result).below == f"{range_}{short}Day 40 of 92."
    enough = quarter(row={"open_pipeline_amount": 1.8e6, "coverage": 3.0}, by_group=result.by_group)
    assert act.headline(enough).below == f"{range_}Day 40 of 92."


def test_enough_pipeline_has_no_gap_and_may_still_fall_short_of_its_range(quarter):
    numbers = said(quarter(row={"open_pipeline_amount": 2e6, "coverage": 10 / 3}))[3]
    assert numbers[0][0] == "3.3x" and not numbers[0][2]
    assert numbers[2] == (
        "$0", "short of the pipeline needed ($0 to $400K): as much is open as is needed", False,
    )  # fmt: skip


def test_what_is_needed_is_said_to_be_unknown_where_the_past_cannot_tell(quarter):
    why = "Only 4 of 8 past quarters won anything of what was open on this day."
    numbers = said(quarter(outlook={"required": None, "required_unknown": why}))[3]
    assert numbers[0] == (
        "2.0x",
        "coverage of remaining quota; what is needed cannot be said: only 4 of 8 past quarters won anything of what "
        "was open on this day",
        False,
    )
    assert numbers[2] == ("$600K", "still to book", False)


def test_too_late_to_create_and_an_unknown_cycle_are_said(quarter):
    slow = dataclasses.replace(CYCLE, fast_days=60.0)
    assert said(quarter(outlook={"cycle": slow}))[3][2][1] == (
        "pipeline short ($300K to $1.2M); too late to create, nine wins in ten take over 60 days"
    )
    unknown = CreationWindow(CYCLE.by_age.iloc[:0], NOTHING, NOTHING, NOTHING, 5, "Only 5.")
    assert said(quarter(outlook={"cycle": unknown}))[3][2][1] == "pipeline short ($300K to $1.2M)"


def test_a_quota_that_is_met_is_on_track_whatever_the_past(quarter):
    met = {"booked_amount": 1.1e6, "remaining_amount": 0.0, "coverage": NOTHING}
    outlook = {"required": None, "required_unknown": "Nothing remains to book: the quota is met.", "told": judged(3, 3)}
    status, sentence, below, numbers = said(quarter(1.0, met, outlook))
    assert (status, sentence) == (
        "on_track",
        "FY27-Q2 has reached its quota: $1.1M booked of $1.0M, with $1.2M still open.",
    )
    assert below.endswith("with 3 past quarters to hold it against, that is not yet validated. Day 40 of 92.")
    assert [n[:2] for n in numbers] == [
        ("–", "coverage: nothing remains to book"),
        ("$1.1M", "booked, 110% of the $1.0M quota"),
        ("$0", "overdue in no opportunities: not in coverage"),
    ]


def test_without_a_quota_the_range_is_told_and_nothing_is_judged(quarter):
    row = {"quota_amount": NOTHING, "remaining_amount": NOTHING, "coverage": NOTHING}
    outlook = {
        "required": None,
        "required_unknown": "There is no quota to book.",
        "probability_without_largest": NOTHING,
    }
    status, sentence, below, numbers = said(quarter(NOTHING, row, outlook))
    assert status == "not_enough_data"
    assert sentence == (
        "$1.2M is open and $400K is booked for FY27-Q2; without a quota nobody can say whether that is enough."
    )
    assert below == f"8 in 10 outcomes fall between $600K and $1.4M; {HELD} Day 40 of 92."
    assert [n[0] for n in numbers] == ["–", "$400K", "$0"]
    assert numbers[1][1] == "booked in 3 opportunities"


@pytest.mark.parametrize(
    ("amount", "told_of", "basis"),
    [
        (0.0, "the quota sheet says $0: nothing to hold it against", "any"),
        (NOTHING, "without a quota nobody can say whether that is enough", "the quota sheet says $0"),
    ],
)
def test_a_quota_of_nothing_is_never_on_track_whatever_the_draws(quarter, amount, told_of, basis):
    row = {"quota_amount": amount, "remaining_amount": amount, "coverage": NOTHING}
    result = quarter(1.0, row, {"required": None, "required_unknown": "x"}, quota=CompanyQuota(amount, basis, NOTHING))
    status, sentence, _, numbers = said(result)
    assert (status, sentence) == ("not_enough_data", f"$1.2M is open and $400K is booked for FY27-Q2; {told_of}.")
    assert numbers[0] == ("–", f"coverage: {basis if np.isnan(amount) else told_of}", False)
    assert numbers[1] == ("$400K", "booked in 3 opportunities", False)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"n_open": 0, "open_pipeline_amount": 0.0, "coverage": 0.0},
         "FY27-Q2 still has $600K to book and no open pipeline to book it from."),
        ({"n_open": 0, "open_pipeline_amount": 0.0, "coverage": 0.0, "n_overdue": 4, "overdue_amount": 7e5},
         "FY27-Q2 still has $600K to book and no open pipeline to book it from; $700K of open deals carry a close date "
         "that has passed."),
        ({"n_open": 1, "open_pipeline_amount": 5e4, "coverage": 0.05 / 0.6},
         "FY27-Q2 is likely to land near $1.0M of its $1.0M quota: next to no chance of making it."),
        ({"n_open": 2, "open_pipeline_amount": -3e5, "coverage": -0.5},
         "FY27-Q2 is likely to land near $1.0M of its $1.0M quota: next to no chance of making it."),
    ],
)  # fmt: skip
def test_hopeless_quarters_are_acted_on(quarter, row, sentence):
    status, found, _, numbers = said(quarter(0.01, row))
    assert (status, found) == ("act", sentence)
    assert numbers[0][2] and numbers[1][0] == "1%" and numbers[2][2]


def test_a_negative_open_pipeline_widens_the_gap(quarter):
    numbers = said(quarter(0.01, {"n_open": 2, "open_pipeline_amount": -3e5, "coverage": -0.5}))[3]
    assert numbers[0][0] == "-0.5x"
    assert numbers[2][:2] == (
        "$2.1M",
        "pipeline short ($1.8M to $2.7M); to create by 22 Jun at the latest, half of all wins take 90 days",
    )


def on(result, day):
    view = dataclasses.replace(result.view, day=dt.date.fromisoformat(day), last_stamp=pd.Timestamp(day))
    return dataclasses.replace(result, view=view)


@pytest.mark.parametrize(
    ("day", "remaining", "called"),
    [("2026-08-01", 6e5, ("act", "Quota missed")), ("2026-08-01", 0.0, ("on_track", "Quota made")),
     ("2026-07-31", 0.0, ("on_track", "")), ("2026-07-31", 6e5, ("watch", ""))],
)  # fmt: skip
def test_a_status_is_called_by_its_outcome_once_the_quarter_is_over(quarter, day, remaining, called):
    found = act.headline(on(quarter(row={"remaining_amount": remaining}), day))
    assert (found.status, found.called) == called


def test_a_quarter_that_is_over_without_quota_has_no_outcome(quarter):
    found = act.headline(on(quarter(row={"quota_amount": NOTHING, "remaining_amount": NOTHING}), "2026-08-01"))
    assert (found.status, found.called) == ("not_enough_data", "")


LATE = "Only what is recorded late can still change it. "


@pytest.mark.parametrize(
    ("day", "where"),
    [("2026-05-01", "Day 1 of 92."), ("2026-07-30", "Day 91 of 92."), ("2026-07-31", f"{LATE}Day 92 of 92.")],
)
def test_the_first_and_the_last_day_are_said(quarter, day, where):
    below = act.headline(on(quarter(), day)).below
    assert below == f"8 in 10 outcomes fall between $600K and $1.4M; {HELD} {where}"


@pytest.mark.parametrize(("day", "where"), [("2026-07-30", "Day 91 of 92."), ("2026-07-31", f"{LATE}Day 92 of 92.")])
@pytest.mark.parametrize("outcomes", [np.full(4001, 932e3), np.linspace(931_900.0, 932_100.0, 4001)])
def test_a_landing_that_is_decided_has_no_range(quarter, day, where, outcomes):
    point = quarter(0.0, outlook={"outcomes": outcomes, "told": judged(made=0)})
    status, sentence, below, numbers = said(on(point, day))
    assert (status, below) == ("act", where)
    assert sentence == "FY27-Q2 is likely to land near $932K of its $1.0M quota: next to no chance of making it."
    assert numbers[1][:2] == (
        "<1%",
        "chance of quota; 30% without the largest deal; chances below 50% on this day came true in 0 of 10 past "
        "quarters",
    )


def test_a_landing_that_is_decided_tells_no_range_that_failed(quarter):
    failed = quarter(0.0, outlook={"outcomes": np.full(4001, 932e3), "told": judged(held=2)})
    status, sentence, below, numbers = said(on(failed, "2026-07-31"))
    assert (status, below) == ("not_enough_data", f"{LATE}Day 92 of 92.")
    assert sentence == (
        "FY27-Q2 is likely to land near $932K of its $1.0M quota: how likely it is cannot be said, what was told on "
        "this day failed too often in the past."
    )
    assert numbers[1] == (
        "–",
        "chance of quota: what was told on this day failed too often in past quarters",
        False,
    )

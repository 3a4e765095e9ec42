"""What the Monday review says has changed: by hand, against slow twins, and on planted changes."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from reviews import answer, number, review

from revops.delivery.review.changed import difference
from revops.delivery.review.families import surely_other, told_of_both


def estimate(value, half, **parts):
    return number("win_rate", value, value - half, value + half, unit="share", **parts)


def test_difference_is_the_two_sided_chance_of_the_normal_distribution():
    """Both ranges of 80% reach 1.2816 standard errors: 0.03 and 0.04 make 0.05, and the values are 0.1 apart."""
    z = 0.1 / (0.05 / 1.2815515655446004)
    expected = 2 * (1 - NormalDist().cdf(z))
    assert difference(estimate(0.3, 0.03), estimate(0.4, 0.04)) == pytest.approx(expected, rel=1e-9)
    assert difference(estimate(0.4, 0.04), estimate(0.3, 0.03)) == pytest.approx(expected, rel=1e-9)
    assert difference(estimate(0.3, 0.03), estimate(0.3, 0.03)) == 1.0


def test_the_halves_that_face_each_other_count():
    was, now = number("nrr", 10.0, 9.0, 13.0), number("nrr", 20.0, 16.0, 29.0)
    z = 10.0 / math.hypot(3.0, 4.0) * NormalDist().inv_cdf(0.9)
    assert difference(was, now) == pytest.approx(math.erfc(z / math.sqrt(2)))
    assert difference(now, was) == difference(was, now)
    beyond = number("nrr", 20.0, 11.0, 24.0)
    wide = 10.0 / math.hypot(3.0, 9.0) * NormalDist().inv_cdf(0.9)
    assert difference(was, beyond) == pytest.approx(math.erfc(wide / math.sqrt(2)))


def test_a_half_cut_off_at_its_natural_end_is_not_taken_for_certainty():
    gap, later = number("pipeline_gap_amount", 1.0, 0.0, 6.0), number("pipeline_gap_amount", 0.0, 0.0, 6.0)
    wide = math.hypot(5.0, 6.0)
    z = 1.0 / wide * NormalDist().inv_cdf(0.9)
    assert difference(later, gap) == pytest.approx(math.erfc(z / math.sqrt(2)))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (number("win_rate", 0.3), estimate(0.4, 0.1)),
        (estimate(0.3, 0.1), number("win_rate", None)),
        (estimate(0.3, 0.1), estimate(0.4, 0.1, level=0.95)),
        (estimate(0.3, 0.0), estimate(0.4, 0.0)),
        ({"id": "win_rate", "by": {}, "value": 0.3}, estimate(0.4, 0.1)),
    ],
    ids=["no range before", "undefined now", "other level", "no noise told", "keys of an older version"],
)
def test_what_tells_no_noise_is_not_compared(was, now):
    assert difference(was, now) is None


def slow_twin(p_values, rate):
    """Step up from the definition: the largest k of which k p-values are at most k / m x rate; those are told."""
    m = len(p_values)
    most = max((k for k in range(m + 1) if sum(p <= k * rate / m for p in p_values) >= k), default=0)
    return [p <= most * rate / m and most > 0 for p in p_values]


def test_told_differences_are_those_of_the_slow_twin():
    rng = np.random.default_rng(11)
    for size in (0, 1, 2, 7, 40):
        for _ in range(60):
            p_values = list(np.round(rng.beta(0.4, 2.0, size), 2))
            assert surely_other(p_values, 0.1) == slow_twin(p_values, 0.1)


def told_of(rng, effects, rate=0.1, rho=0.0, n_whole=0):
    """Return which of many estimates are told as changed; the noise of both weeks shares a part rho. The first n_whole
    are of the whole company."""
    errors = rng.uniform(0.5, 2.0, len(effects))
    shared = rng.normal(0, 1, len(effects)) * math.sqrt(rho)
    z = NormalDist().inv_cdf(0.9)
    weeks = [effect + errors * (shared + rng.normal(0, math.sqrt(1 - rho), len(effects))) for effect in (0, effects)]
    was, now = ([number("nrr", v, v - z * e, v + z * e) for v, e in zip(w, errors, strict=True)] for w in weeks)
    p_values = [difference(one, other) for one, other in zip(was, now, strict=True)]
    return told_of_both(p_values, [n < n_whole for n in range(len(p_values))], rate)


@pytest.mark.parametrize("n_whole", [0, 8])
@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_where_nothing_has_changed_a_change_is_told_at_most_as_often_as_nominal(rho, n_whole):
    rng = np.random.default_rng(20260101)
    weeks = [any(told_of(rng, np.zeros(50), rho=rho, n_whole=n_whole)) for _ in range(2000)]
    assert np.mean(weeks) <= 0.1 + 2 * math.sqrt(0.1 * 0.9 / len(weeks))
    assert rho or np.mean(weeks) >= 0.05, "the test would not notice a rule that tells nothing"


def test_planted_changes_are_found_and_few_of_those_told_are_false():
    rng = np.random.default_rng(20260102)
    effects = np.r_[np.full(10, 12.0), np.zeros(40)]
    found = [told_of(rng, effects) for _ in range(200)]
    told = np.array(found)
    assert told[:, :10].mean() > 0.95
    share = told[:, 10:].sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    assert share.mean() <= 0.1


def test_families_are_told_apart_each_at_half_of_the_rate():
    """0.04 passes at 0.05 of one number of the whole company, not among 100 at 0.1 / 100; one family has all of it."""
    p_values, whole = [0.04, *[0.5] * 99], [True, *[False] * 99]
    assert told_of_both(p_values, whole, 0.1) == [True, *[False] * 99]
    assert not any(surely_other(p_values, 0.1))
    assert told_of_both([0.06, 0.5], [True, False], 0.1) == [False, False]
    assert told_of_both([0.06], [True], 0.1) == told_of_both([0.06], [False], 0.1) == [True]
    assert told_of_both([], [], 0.1) == []


def test_of_all_told_in_both_families_few_are_false_and_the_whole_company_is_heard():
    """Two numbers of the whole company move by 5 standard errors of a week; 610 others stand still."""
    rng = np.random.default_rng(20260103)
    effects, n_whole = np.r_[np.full(2, 5.0), np.zeros(10), np.zeros(600)], 12
    found = np.array([told_of(rng, effects, n_whole=n_whole) for _ in range(120)])
    drowned = np.array([told_of(rng, effects) for _ in range(120)])
    share = found[:, 2:].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    assert share.mean() <= 0.1 + 2 * share.std() / math.sqrt(len(share))
    assert found[:, :2].mean() > drowned[:, :2].mean() + 0.2


WEEK = {"as_of": "2026-06-02"}


def weeks(tmp_path, before, now, **parts):
    review(tmp_path, answer(measures=before, as_of="2026-06-02", **parts.pop("was", {})), **WEEK)
    return review(tmp_path, answer(measures=now, **parts))


def test_review_tells_a_status_then_facts_then_estimates_beyond_noise(tmp_path):
    before = [
        number("booked_amount", 244e3),
        number("landing_amount", 1e6, 9.9e5, 1.01e6),
        number("nrr", 1.0, 0.9, 1.1),
    ]
    now = [
        number("booked_amount", 396e3),
        number("landing_amount", 1.2e6, 1.19e6, 1.21e6),
        number("nrr", 1.01, 0.9, 1.1),
    ]
    found = weeks(tmp_path, before, now, status="on_track")
    assert [(c.kind, c.label, c.before, c.now, c.is_good) for c in found.changes] == [
        ("status", "Pipeline coverage", "Watch", "On track", True),
        ("counted", "Booked", "$244K", "$396K", True),
        ("estimate", "Landing", "$1.0M ($990K to $1.01M)", "$1.2M ($1.19M to $1.21M)", True),
    ]
    assert found.changes[2].p_value < 1e-10 and found.before == "2026-06-02"
    assert found.no_change == "Beyond noise: 1 of 2 estimates on the whole company."


def test_review_says_how_many_estimates_did_not_change(tmp_path):
    rows = [number("nrr", 1.0, 0.9, 1.1, unit="share"), number("grr", 0.9, 0.8, 1.0, unit="share")]
    found = weeks(tmp_path, rows, rows)
    assert found.changes == ()
    assert (
        found.no_change == "No change beyond noise in 2 estimates on the whole company, held against the review before."
    )


def test_a_new_period_starts_anew(tmp_path):
    rows = [number("landing_amount", 1.0, 0.9, 1.1), number("booked_amount", 5.0)]
    other = [number("landing_amount", 9.0, 8.9, 9.1), number("booked_amount", 0.0)]
    found = weeks(tmp_path, rows, other, period="FY27-Q3", status="act")
    assert [change.kind for change in found.changes] == ["status"]
    assert found.no_change == "FY27-Q3 is new: its numbers start anew, and are held against none before."


def row(id, value, half=0.05, **by):
    return number(id, value, value - half, value + half, unit="share", by=by)


def test_what_looks_back_from_the_day_is_compared_over_the_start_of_a_quarter(tmp_path):
    current = {"parameters": {"period": "current"}}
    rows = {"cac_payback": ["nrr", "ltv_to_cac"], "stage_benchmarking": ["win_rate"], "pipeline_coverage": ["grr"]}
    for day, value, period in (("2026-06-02", 0.5, "FY27-Q2"), ("2026-07-07", 0.9, "FY27-Q3")):
        found = review(tmp_path, *[
            answer(stem, as_of=day, period=period, measures=[row(id, value) for id in ids], **current)
            for stem, ids in rows.items()], as_of=day)  # fmt: skip
    assert [(c.report, c.id) for c in found.changes] == [("cac_payback", "nrr"), ("stage_benchmarking", "win_rate")]
    assert found.no_change == (
        "FY27-Q3 is new: its numbers start anew; only what looks back from the day can be held against the review "
        "before. Beyond noise: 2 of 2 estimates on the whole company."
    )


def test_a_report_asked_for_a_certain_quarter_starts_anew_with_the_next(tmp_path):
    for day, period in (("2026-06-02", "FY27-Q2"), ("2026-07-07", "FY27-Q3")):
        told = answer(
            "cac_payback", as_of=day, period=period, measures=[row("nrr", 0.5)], parameters={"period": period}
        )
        found = review(tmp_path, told, as_of=day)
    assert found.no_change == "FY27-Q3 is new: its numbers start anew, and are held against none before."


def test_numbers_of_the_whole_company_come_before_its_parts_and_each_family_is_counted(tmp_path):
    knobs = {"parameters": {"target_months": 18}}
    names = [("nrr", {}), ("payback_months", {"basis": "lagged"}), ("payback_months", {"basis": "revenue"}),
             ("paid_back_share", {"version": "recognised", "age_months": 18}),
             ("paid_back_share", {"version": "recognised", "age_months": 12})]  # fmt: skip
    before, now = ([row(id, value, half, **by) for (id, by), half in zip(names, halves, strict=True)]
                   for value, halves in ((0.4, [0.05] * 5), (0.6, [0.05, 9.0, 0.001, 9.0, 9.0])))  # fmt: skip
    for day, rows in (("2026-06-02", before), ("2026-06-09", now)):
        found = review(tmp_path, answer("cac_payback", as_of=day, measures=rows, **knobs), as_of=day)
    assert [change.id for change in found.changes] == ["nrr", "payback_months"]
    assert found.changes[0].p_value > found.changes[1].p_value
    assert found.no_change == "Beyond noise: 1 of 3 estimates on the whole company and 1 of 2 estimates on parts of it."


def test_a_number_told_by_two_reports_is_compared_once(tmp_path):
    rows = [number("landing_amount", 1.0, 0.9, 1.1)]
    answers = [[answer(s, as_of=d, measures=rows) for s in ("pipeline_coverage", "forecast_accuracy")]
               for d in ("2026-06-02", "2026-06-09")]  # fmt: skip
    review(tmp_path, *answers[0], **WEEK)
    found = review(tmp_path, *answers[1])
    assert (
        found.no_change == "No change beyond noise in 1 estimate on the whole company, held against the review before."
    )


def test_the_same_day_tells_only_what_was_restated(tmp_path):
    first = review(tmp_path, answer(measures=[number("booked_amount", 244e3)]))
    again = review(tmp_path, answer(measures=[number("booked_amount", 250e3)]), number=2)
    third = review(tmp_path, answer(measures=[number("booked_amount", 250e3)]), number=3)
    assert first.changes == () and first.before is None
    assert [(c.kind, c.before, c.now) for c in again.changes] == [("restated", "$244K", "$250K")]
    assert third.content == again.content != first.content
    assert again.no_change == "This is the first review: there is none to hold it against."


def test_what_counts_more_than_the_action_of_the_same_word_says_so(tmp_path):
    """Actions on overdue deals ask for those of the quota's types, on stalled ones for those of this quarter."""
    for day, overdue, stuck in (("2026-06-02", 256e3, 306e3), ("2026-06-09", 225e3, 257e3)):
        found = review(
            tmp_path,
            answer(as_of=day, measures=[number("overdue_amount", overdue)]),
            answer("stage_benchmarking", as_of=day, measures=[number("stuck_amount", stuck)]),
            as_of=day,
        )
    assert [(c.label, c.before, c.now) for c in found.changes] == [
        ("Overdue (all types)", "$256K", "$225K"),
        ("Stuck (with those overdue or due later)", "$306K", "$257K"),
    ]

"""Errors of survival by influence: by statsmodels, by small changes of weights, by leaving clusters out, over seeds."""

import numpy as np
import pytest

from revops.analysis.survival import error_of, incidence, incidence_influence, kaplan_meier, summed, survival_influence

AGES = np.array([0, 4, 9, 15, 29])


def crowd(seed, n=150, events=3, oldest=30):
    rng = np.random.default_rng(seed)
    return rng.integers(1, oldest, n), rng.integers(0, events, n), rng.lognormal(size=n)


def shares(age, event, weights=None):
    return incidence(age, event, horizon=30, weights=weights)["first_share"].ffill().to_numpy()[AGES]


def alive(age, left, weights=None):
    return kaplan_meier(age, left, horizon=30, weights=weights)["survival"].ffill().to_numpy()[AGES]


@pytest.mark.parametrize("seed", range(4))
def test_errors_of_incidence_are_those_of_statsmodels(seed):
    from statsmodels.duration.survfunc import CumIncidenceRight

    age, event, _ = crowd(seed)
    with np.errstate(invalid="ignore"):
        theirs = CumIncidenceRight(age, event)
    ages = theirs.times[theirs.times < age[event > 0].max()].astype(int)  # theirs divides by zero at the last age
    share, influence = incidence_influence(age, event, ages)
    assert share == pytest.approx(theirs.cinc[0][: len(ages)], abs=1e-12)
    assert error_of(influence) == pytest.approx(theirs.cinc_se[0][: len(ages)], rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_errors_of_survival_are_greenwoods(seed):
    from statsmodels.duration.survfunc import SurvfuncRight

    age, event, _ = crowd(seed)
    theirs = SurvfuncRight(age, event > 0)
    share, influence = survival_influence(age, event > 0, theirs.surv_times)
    assert share == pytest.approx(theirs.surv_prob, abs=1e-12)
    some = theirs.surv_prob > 0
    assert error_of(influence)[some] == pytest.approx(theirs.surv_prob_se[some], rel=1e-9)


def test_without_censoring_the_error_is_the_binomial_one():
    """Twelve of forty by age 9: the square root of 0.3 x 0.7 / 40."""
    age, event = np.r_[np.full(12, 5), np.full(28, 9)], np.r_[np.ones(12, int), np.full(28, 2)]
    share, influence = incidence_influence(age, event, np.array([4, 9]))
    assert share.tolist() == pytest.approx([0, 0.3])
    assert error_of(influence).tolist() == pytest.approx([0, (0.3 * 0.7 / 40) ** 0.5])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("figure", "found"), [(shares, incidence_influence), (alive, survival_influence)])
def test_influence_is_what_a_small_change_of_one_weight_does(seed, figure, found):
    """By both sides of each weight, one subject at a time; the oldest all leave, so that the last hazard is 1."""
    age, event, weights = crowd(seed, n=40)
    event = np.where(age == age.max(), 1, event) if found is incidence_influence else event > 0
    share, influence = found(age, event, AGES, weights=weights)
    assert share == pytest.approx(figure(age, event, weights), abs=1e-12)
    for i in range(len(age)):
        up, down = (weights * (1 + step * (np.arange(len(age)) == i)) for step in (1e-5, -1e-5))
        slope = (figure(age, event, up) - figure(age, event, down)) / 2e-5
        assert influence[i] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("figure", "found"), [(shares, incidence_influence), (alive, survival_influence)])
def test_errors_of_clusters_are_near_those_of_leaving_each_out(seed, figure, found):
    age, event, weights = crowd(seed, n=300)
    event = event if found is incidence_influence else event > 0
    clusters = np.random.default_rng(seed).integers(0, 80, 300)
    clusters = np.unique(clusters, return_inverse=True)[1]
    n = clusters.max() + 1
    without = np.array([figure(*(v[clusters != c] for v in (age, event, weights))) for c in range(n)])
    slow = np.sqrt((n - 1) / n * np.square(without - without.mean(axis=0)).sum(axis=0))
    _, influence = found(age, event, AGES, weights=weights)
    told = error_of(influence, clusters, weights=weights)
    near = slow > 1e-9
    assert near.sum() >= 3 and told[near][:-1] == pytest.approx(slow[near][:-1], rel=0.06)
    assert (error_of(influence, clusters) <= told + 1e-15).all()


def test_influence_adds_up_to_nothing_and_repeats_are_a_cluster():
    """All weights doubled change no share; each told twice in one cluster is each told once."""
    age, event, weights = crowd(7)
    share, influence = incidence_influence(age, event, AGES, weights=weights)
    assert influence.sum(axis=0) == pytest.approx(0, abs=1e-12)
    twice, again = incidence_influence(age.repeat(2), event.repeat(2), AGES, weights=weights.repeat(2))
    assert twice == pytest.approx(share)
    clusters = np.arange(len(age)).repeat(2)
    assert error_of(again, clusters) == pytest.approx(error_of(influence))
    assert error_of(again) == pytest.approx(error_of(influence) / 2**0.5)


def test_sums_of_clusters_by_hand():
    """Two clusters, three and one of four equal weights: sums 3 and 3, over the roots of 1/4 and 3/4."""
    influence = np.array([[1.0], [1.0], [1.0], [3.0]])
    clusters = np.array([0, 0, 0, 1])
    assert summed(influence, clusters).ravel().tolist() == [3, 3]
    assert summed(influence, clusters, weights=np.ones(4)).ravel().tolist() == pytest.approx([6, 3 / 0.75**0.5])
    assert np.isnan(summed(influence, np.zeros(4, int), weights=np.ones(4))).all(), "one cluster tells no error"
    assert error_of(influence).tolist() == pytest.approx([12**0.5])


def test_error_of_a_mean_is_without_bias_where_clusters_are_few():
    """Uncensored, alike clusters of 5: the mean of the squared errors is the variance of the shares."""
    rng = np.random.default_rng(4)
    clusters, found = np.arange(30) // 5, []
    for _ in range(1500):
        event = np.where(rng.random(30) < np.repeat(rng.beta(1, 2, 6), 5), 1, 2)
        share, influence = incidence_influence(np.ones(30, int), event, np.array([1]))
        found.append((share[0], error_of(influence, clusters, weights=np.ones(30))[0] ** 2))
    share, square = np.array(found).T
    assert square.mean() == pytest.approx(share.var(), rel=0.1)


def test_where_all_leave_at_once_nothing_can_be_moved():
    share, influence = survival_influence(np.array([3, 3]), np.array([True, True]), np.array([2, 3, 9]))
    assert share.tolist() == [1, 0, 0] and (influence == 0).all()
    share, influence = incidence_influence(np.array([3, 3]), np.array([1, 1]), np.array([2, 3, 9]))
    assert share.tolist() == [0, 1, 1] and (influence == 0).all()


def test_nobody_moves_nothing():
    none = np.zeros(0, dtype=int)
    for found in (incidence_influence, survival_influence):
        share, influence = found(none, none, AGES)
        assert influence.shape == (0, 5) and len(share) == 5
        assert error_of(influence).tolist() == [0] * 5


@pytest.mark.parametrize("is_weighted", [False, True])
def test_groups_told_at_once_are_each_told_alone(is_weighted):
    random = np.random.default_rng(4)
    age, event, group = random.integers(0, 12, 200), random.integers(0, 3, 200), random.integers(0, 5, 200)
    weights = random.lognormal(size=200) if is_weighted else None
    share, influence = incidence_influence(age, event, AGES, weights=weights, groups=group)
    assert share.shape == (5, len(AGES))
    for number in range(5):
        own = group == number
        alone = incidence_influence(age[own], event[own], AGES, weights=weights[own] if is_weighted else None)
        assert share[number] == pytest.approx(alone[0], abs=1e-13)
        assert influence[own] == pytest.approx(alone[1], abs=1e-13)

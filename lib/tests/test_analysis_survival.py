"""Survival and competing incidences: by hand, by statsmodels, by plain loops, where the truth is planted, and on data
that nobody here made."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from revops.analysis.survival import counted, incidence, incidence_draws, kaplan_meier

DATA = os.environ.get("REVOPS_PUBLIC_DATA")
public = pytest.mark.skipif(not DATA, reason="REVOPS_PUBLIC_DATA names no folder with the public data sets")


def crowd(seed, n=200, events=3, oldest=30):
    rng = np.random.default_rng(seed)
    return rng.integers(0, oldest, n), rng.integers(0, events, n)


def test_kaplan_meier_by_hand():
    """Five customers leave at 1, 3, 3 and are seen to 2 and 4: 4/5, then 3 at risk at 3 of whom 2 leave: 4/5 x 1/3."""
    found = kaplan_meier(np.array([1, 2, 3, 3, 4]), np.array([True, False, True, True, False]), horizon=5)
    assert found.columns.tolist() == ["age_months", "n_at_risk", "n_left", "survival"]
    assert found["age_months"].tolist() == [0, 1, 2, 3, 4, 5]
    assert found["n_at_risk"].tolist() == [5, 5, 4, 3, 1, 0]
    assert found["n_left"].tolist() == [0, 1, 0, 2, 0, 0]
    assert found["survival"].tolist() == pytest.approx([1, 0.8, 0.8, 0.8 / 3, 0.8 / 3, np.nan], nan_ok=True)


def test_survival_is_unknown_beyond_the_oldest_age_unless_all_have_left():
    here = kaplan_meier(np.array([1, 2]), np.array([True, False]), horizon=4)["survival"]
    gone = kaplan_meier(np.array([1, 2]), np.array([True, True]), horizon=4)["survival"]
    assert here.tolist() == pytest.approx([1, 0.5, 0.5, np.nan, np.nan], nan_ok=True)
    assert gone.tolist() == [1, 0.5, 0, 0, 0]


def test_nobody_has_no_survival():
    none = np.zeros(0, dtype=int)
    assert kaplan_meier(none, none, horizon=2)["survival"].isna().all()
    assert incidence(none, none, horizon=2)[["first_share", "second_share"]].isna().all(axis=None)


def test_who_is_older_than_the_horizon_is_at_risk_and_does_not_leave():
    age, left = crowd(3, events=2)
    short, long = (kaplan_meier(age, left, horizon=horizon) for horizon in (7, 40))
    pd.testing.assert_frame_equal(short, long.head(8))


@pytest.mark.parametrize("seed", range(5))
def test_kaplan_meier_is_that_of_statsmodels(seed):
    from statsmodels.duration.survfunc import SurvfuncRight

    age, left = crowd(seed, events=2)
    theirs = SurvfuncRight(age, left)
    found = kaplan_meier(age, left, horizon=40).set_index("age_months").loc[theirs.surv_times]
    assert found["survival"].to_numpy() == pytest.approx(theirs.surv_prob, abs=1e-12)
    assert found["n_at_risk"].to_numpy() == pytest.approx(theirs.n_risk)
    assert found["n_left"].to_numpy() == pytest.approx(theirs.n_events)


@pytest.mark.parametrize("seed", range(5))
def test_incidence_is_that_of_statsmodels(seed):
    from statsmodels.duration.survfunc import CumIncidenceRight

    age, event = crowd(seed)
    theirs = CumIncidenceRight(age, event)
    found = incidence(age, event, horizon=40).set_index("age_months").loc[theirs.times]
    for column, share in zip(("first_share", "second_share"), theirs.cinc, strict=True):
        assert found[column].to_numpy() == pytest.approx(share, abs=1e-12)


def test_incidence_by_hand():
    """Four: paid back at 2, left at 2, left at 1, seen to 3. At 1 one of four leaves; at 2 one of three pays, one
    leaves: 3/4 x 1/3 each."""
    found = incidence(np.array([2, 2, 1, 3]), np.array([1, 2, 2, 0]), horizon=4)
    assert found["n_at_risk"].tolist() == [4, 4, 3, 1, 0]
    assert found["first_share"].tolist() == pytest.approx([0, 0, 0.25, 0.25, np.nan], nan_ok=True)
    assert found["second_share"].tolist() == pytest.approx([0, 0.25, 0.5, 0.5, np.nan], nan_ok=True)


def slow_incidence(age, event, horizon, weights):
    """Return the shares by age, one customer at a time."""
    alive, shares, told = 1.0, [0.0, 0.0], []
    for now in range(horizon + 1):
        at_risk = sum(w for a, w in zip(age, weights, strict=True) if a >= now)
        came = [sum(w for a, e, w in zip(age, event, weights, strict=True) if a == now and e == k) for k in (1, 2)]
        if at_risk:
            shares = [share + alive * n / at_risk for share, n in zip(shares, came, strict=True)]
            alive *= 1 - sum(came) / at_risk
        told.append((*shares, alive))
    return np.array(told).T


@pytest.mark.parametrize("seed", range(3))
def test_resamples_are_the_plain_loop_with_weights(seed):
    age, event = crowd(seed, n=60, oldest=15)
    weights = np.random.default_rng(seed).poisson(1.0, (60, 4)).astype(float)
    first, second = incidence_draws(age, event, weights, 20)
    alive = counted(age, event > 0, horizon=20, weights=weights).alive
    for draw in range(4):
        slow = slow_incidence(age, event, 20, weights[:, draw])
        assert np.array([first[:, draw], second[:, draw], alive[:, draw]]) == pytest.approx(slow, abs=1e-12)
        table = incidence(age, event, horizon=20, weights=weights[:, draw])
        known = table["first_share"].notna().to_numpy()
        assert table["first_share"].to_numpy()[known] == pytest.approx(slow[0][known])


def test_events_may_hang_on_the_resample():
    age, event = crowd(1, n=50)
    other, kind = crowd(2, n=50)
    weights = np.random.default_rng(0).poisson(1.0, (50, 2)).astype(float)
    both = incidence_draws(np.column_stack([age, other]), np.column_stack([event, kind]), weights, 30)
    for draw, (times, events) in enumerate(((age, event), (other, kind))):
        alone = incidence_draws(times, events, weights[:, [draw]], 30)
        assert np.array(both)[:, :, [draw]] == pytest.approx(np.array(alone), abs=1e-12)


def test_shares_and_survival_add_up_and_order_is_nothing():
    age, event = crowd(9)
    found = incidence(age, event, horizon=29)
    alive = kaplan_meier(age, event > 0, horizon=29)["survival"]
    assert (found["first_share"] + found["second_share"] + alive).dropna().to_numpy() == pytest.approx(1.0)
    order = np.random.default_rng(0).permutation(len(age))
    pd.testing.assert_frame_equal(incidence(age[order], event[order], horizon=29), found)


def test_weights_are_repeats():
    age, event = crowd(4, n=40)
    weights = np.random.default_rng(1).integers(0, 4, 40)
    told = incidence(age, event, horizon=30, weights=weights)
    pd.testing.assert_frame_equal(told, incidence(age.repeat(weights), event.repeat(weights), horizon=30))


def test_constant_churn_is_recovered():
    rng = np.random.default_rng(5)
    lives, seen = rng.geometric(0.03, 20_000), rng.integers(0, 60, 20_000)
    found = kaplan_meier(np.minimum(lives, seen), lives <= seen, horizon=48)["survival"]
    assert found.to_numpy() == pytest.approx(0.97 ** np.arange(49), abs=0.01)


def test_leavers_censored_are_more_than_leave_before():
    """1 - Kaplan-Meier with the other event censored answers another question, and overstates."""
    rng = np.random.default_rng(6)
    pays, leaves = rng.geometric(0.05, 5000), rng.geometric(0.05, 5000)
    age, event = np.minimum(pays, leaves), np.where(pays <= leaves, 1, 2)
    truth = ((pays <= leaves) & (pays <= 24)).mean()
    assert incidence(age, event, horizon=24)["first_share"].iloc[-1] == pytest.approx(truth, abs=1e-12)
    assert 1 - kaplan_meier(age, event == 1, horizon=24)["survival"].iloc[-1] > truth + 0.15


@pytest.fixture(scope="module")
def telco():
    folder = Path(DATA) / "ibm-telco-customer-churn"
    rows = pd.read_csv(folder / "Telco-Customer-Churn.csv")
    return rows.assign(left=rows["Churn"].eq("Yes")), json.loads((folder / "reference.json").read_text())


def held_to(rows, expected):
    assert (len(rows), int(rows["left"].sum())) == (expected["n"], expected["events"])
    found = kaplan_meier(rows["tenure"].to_numpy(), rows["left"].to_numpy(), horizon=72).set_index("age_months")
    for name, share in expected.items():
        if name.startswith("S("):
            assert round(found.loc[int(name[2:-1]), "survival"], 6) == share, name
    half = found.index[found["survival"] <= 0.5]
    assert (float(half[0]) if len(half) else None) == expected["median"]


@public
def test_public_customers_stay_as_published_packages_say(telco):
    held_to(telco[0], telco[1]["km_all"])


@public
@pytest.mark.parametrize("contract", ["Month-to-month", "One year", "Two year"])
def test_public_customers_stay_by_contract(telco, contract):
    rows = telco[0][telco[0]["Contract"].eq(contract)]
    held_to(rows, telco[1]["km_by_contract"][contract])
    expected = telco[1]["churn_by_contract"][contract]
    assert (len(rows), int(rows["left"].sum())) == (expected["n"], expected["k"])
    assert round(rows["left"].mean(), 6) == expected["rate"]


@public
def test_public_contracts_differ_by_the_log_rank_of_our_own_counts(telco):
    """Log-rank from n_at_risk and n_left by contract: the printed statistic of another package."""
    rows, reference = telco
    tables = [kaplan_meier(part["tenure"].to_numpy(), part["left"].to_numpy(), horizon=72)[["n_at_risk", "n_left"]]
              for _, part in rows.groupby("Contract")]  # fmt: skip
    at_risk, left = (np.array([table[name] for table in tables]) for name in ("n_at_risk", "n_left"))
    n, d = at_risk.sum(axis=0), left.sum(axis=0)
    share = at_risk / n
    spread = d * (n - d) / np.maximum(n - 1, 1)
    apart = (left - share * d).sum(axis=1)[:2]
    cover = np.array([[(spread * share[i] * ((i == j) - share[j])).sum() for j in (0, 1)] for i in (0, 1)])
    assert apart @ np.linalg.solve(cover, apart) == pytest.approx(reference["logrank_contract_chi2"], rel=1e-8)

"""Days to leave a step: by hand, by another package, where the truth is planted, and on data that nobody here made."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from revops.analysis.passages import converted, times

DATA = os.environ.get("REVOPS_PUBLIC_DATA")
public = pytest.mark.skipif(not DATA, reason="REVOPS_PUBLIC_DATA names no folder with the public data sets")
COLUMNS = ["step", "n", "n_open", "median_days", "low", "high", "longest_days", "p90_days", "restricted_days",
           "restricted_error", "restricted_to"]  # fmt: skip


def left(age, event, **more):
    return pd.DataFrame({"step": "sql", "place": 2, "age_days": age, "event": event, **more})


def test_times_by_hand():
    """Five leave at 1, 3, 3 or are seen to 2 and 4: 4/5 are there after day 1, 4/15 after day 3 and to the end.
    Days within the first four: 1 + 4/5 + 4/5 + 4/15; nine in ten never left."""
    found = times(left([1, 2, 3, 3, 4], [1, 0, 2, 3, 0]))
    assert found.columns.tolist() == COLUMNS
    row = found.iloc[0]
    assert (row["n"], row["n_open"], row["median_days"], row["longest_days"], row["restricted_to"]) == (5, 2, 3, 4, 4)
    assert np.isnan(row["p90_days"]) and row["restricted_days"] == pytest.approx(1 + 0.8 + 0.8 + 4 / 15)
    assert times(left([1, 2, 3, 3, 4], [1, 0, 2, 3, 0]), restricted_to=2)["restricted_days"].tolist() == [1.8]


def test_a_median_that_is_not_reached_is_more_than_the_longest_age():
    row = times(left([5] * 4 + [40] * 8, [1] * 4 + [0] * 8)).iloc[0]
    assert np.isnan(row["median_days"]) and np.isnan(row["high"]) and row["longest_days"] == 40
    assert row["restricted_to"] == 40 and row["low"] == 5


def test_without_open_ones_the_mean_is_the_plain_one():
    """2, 4 and 9 days, nobody open: 5 days, also within 180; its error the root of 26/9 over 3."""
    row = times(left([2, 4, 9], [1, 2, 3])).iloc[0]
    assert (row["restricted_days"], row["restricted_to"], row["n_open"]) == (5, 180, 0)
    assert row["restricted_error"] == pytest.approx(((9 + 1 + 16) / 9) ** 0.5)
    assert (row["median_days"], row["p90_days"]) == (4, 9)


def test_who_went_past_a_step_stood_there_no_time():
    table = left([0, 0, 6, 8, 9], [1, 1, 1, 2, 1], is_skipped=[True, True, False, False, False])
    assert times(table)[["n", "median_days"]].values.tolist() == [[3, 8]]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_median_and_its_range_are_those_of_statsmodels(seed, level):
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(seed)
    age, event = rng.integers(1, 60, 70), rng.integers(0, 2, 70)
    age, event = np.r_[age, 60], np.r_[event, 0]  # the last is never seen to leave: theirs divides by zero else
    theirs, row = SurvfuncRight(age, event), times(left(age, event), level=level).iloc[0]
    assert row["median_days"] == theirs.quantile(0.5)
    low, high = theirs.quantile_ci(0.5, 1 - level, method="cloglog")
    assert row["low"] == low
    assert row["high"] == high or (np.isnan(row["high"]) and np.isinf(high))


def test_the_mean_and_its_error_are_those_of_leaving_each_account_out():
    rng = np.random.default_rng(3)
    accounts = np.repeat(np.arange(60), rng.integers(1, 5, 60))
    age, event = (
        rng.integers(1, 60, 60)[accounts] + rng.integers(0, 30, len(accounts)),
        rng.integers(0, 4, len(accounts)),
    )
    table = left(age, event, cluster=accounts)
    row = times(table, restricted_to=45).iloc[0]
    without = [times(table[table["cluster"].ne(a)], restricted_to=45)["restricted_days"].iloc[0] for a in range(60)]
    slow = np.sqrt(59 / 60 * np.square(without - np.mean(without)).sum())
    assert row["restricted_error"] == pytest.approx(slow, rel=0.04)
    assert row["restricted_error"] > 1.1 * times(table.drop(columns="cluster"), restricted_to=45)["restricted_error"][0]


@pytest.mark.parametrize(("n", "low", "high"), [(1, 0, np.nan), (2, 0, np.nan), (3, 0, np.nan), (4, 10, 40)])
def test_of_fewer_than_four_the_range_has_no_end(n, low, high):
    """One half of 4 is above all of them in one of 16 cases, of 3 in one of 8: more than the tenth that 80 % allows."""
    row = times(left([10, 20, 30, 40][:n], [1] * n)).iloc[0]
    assert [row["low"], row["high"]] == pytest.approx([low, high], nan_ok=True)


def test_one_account_has_no_range():
    row = times(left([10, 20, 30, 40, 50], [1] * 5, cluster="a")).iloc[0]
    assert row["median_days"] == 30 and np.isnan(row["restricted_error"]) and np.isnan(row["high"])


def test_stages_come_in_their_order_and_rows_in_any():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({
        "opportunity_id": np.arange(90).astype(str), "stage_name": ["Proposal", "Discovery", "Won over"] * 30,
        "stage_order": [3.0, 2.0, 2.5] * 30, "age_days": rng.integers(0, 50, 90), "event": rng.integers(0, 4, 90),
    })  # fmt: skip
    found = times(table, by=("stage_name",))
    assert found["stage_name"].tolist() == ["Discovery", "Won over", "Proposal"]
    pd.testing.assert_frame_equal(times(table.sample(frac=1, random_state=2), by=("stage_name",)), found)
    assert times(table, by=())["n"].tolist() == [90]


def test_nothing_has_a_table_of_the_same_columns():
    full = left([1, 2], [1, 0])
    assert times(full.iloc[:0]).dtypes.tolist()[1:] == times(full).dtypes.tolist()[1:]
    assert times(full.iloc[:0]).columns.tolist() == COLUMNS


@pytest.mark.parametrize(("n", "per_account"), [(8, 1), (30, 1), (60, 3)])
def test_ranges_of_medians_hold_the_truth_as_often_as_they_say(n, per_account):
    """Nominal 80 %, on whole days a little more; 300 seeds have a standard error of 2.3 points."""

    def crowd(seed, n):
        rng = np.random.default_rng(seed)
        account = np.repeat(np.arange(n), rng.geometric(1 / per_account, n))[:n]
        luck = np.exp(rng.normal(0, 0.6 if per_account > 1 else 0.0, n))[account]
        days, seen = rng.weibull(1.3, n) * 40 * luck, rng.uniform(10, 200, n)
        return left(np.minimum(days, seen).astype(int), (days <= seen).astype(int), cluster=account)

    truth = times(crowd(900, 40_000).drop(columns="cluster"))["median_days"].iloc[0]
    found = times(pd.concat([crowd(seed, n).assign(seed=seed) for seed in range(300)]), by=("seed",))
    held = found["low"].le(truth) & found["high"].fillna(np.inf).ge(truth)
    assert 0.75 < held.mean() < 0.92


@public
def test_public_customers_stay_as_published_packages_say():
    """Months for days: leaving is the only way forward, so that moving on by an age is 1 less the share that stays."""
    folder = Path(DATA) / "ibm-telco-customer-churn"
    rows = pd.read_csv(folder / "Telco-Customer-Churn.csv")
    expected = json.loads((folder / "reference.json").read_text())["km_by_contract"]
    table = left(rows["tenure"], rows["Churn"].eq("Yes").astype(int), contract=rows["Contract"], follow_days=72)
    moved = converted(table, (12, 24, 48, 72), by=("contract",)).set_index(["contract", "horizon_days"])
    stay = times(table, by=("contract",)).set_index("contract")
    for contract, told in expected.items():
        for month in (12, 24, 48, 72):
            assert round(1 - moved.loc[(contract, month), "share"], 6) == told[f"S({month})"]
        median = stay.loc[contract, "median_days"]
        assert (None if np.isnan(median) else median) == told["median"]
        assert stay.loc[contract, "n"] == told["n"] and stay.loc[contract, "n"] - stay.loc[contract, "n_open"] == told[
            "events"]  # fmt: skip
    assert stay["longest_days"].max() == 72

"""How new customers lag behind their cost: shares by month, the median, and cost moved by them."""

import numpy as np
import pandas as pd
import pytest
from hand_ladder import customers, spent, window

from revops.measures.cac_payback.lag import at_one_lag, lag_of, lagged

RNG = np.random.default_rng(11)


@pytest.fixture(scope="module")
def quarter():
    return window(day="2026-06-30", fewest_customers=4)


def series(*amounts, start="2026-01-01"):
    return pd.Series(amounts, pd.date_range(start, periods=len(amounts), freq="MS", unit="us"), dtype=float)


def slow(spend, weights, least_known):
    """Return lagged cost by plain loops."""
    found = {}
    for month in spend.index:
        sums = share = 0.0
        for k, weight in enumerate(weights):
            cost = spend.get(month - pd.DateOffset(months=k), np.nan)
            if not np.isnan(cost):
                sums, share = sums + weight * cost, share + weight
        found[month] = sums / share if share and share >= least_known - 1e-9 else np.nan
    return pd.Series(found)


# Lags of customers


def test_shares_median_and_cycle_are_those_of_the_customers(quarter):
    """Lags 0, 1, 1, 4: half have come by 1; nineteen in twenty by 4."""
    found = lag_of(customers(*[("2026-05-01", 10, lag) for lag in (1, 4, 0, 1)]), quarter)
    assert found.weights.tolist() == [0.25, 0.5, 0, 0, 0.25]
    assert (found.n, found.median_months, found.cycle_months, found.why) == (4, 1.0, 4, None)


def test_median_is_the_least_month_by_which_half_had_come_and_the_cycle_leaves_one_in_twenty_out(quarter):
    """Twenty customers: ten by month 2, nineteen by month 7, one in month 20."""
    lags = [2] * 10 + [7] * 9 + [20]
    found = lag_of(customers(*[("2026-05-01", 1, lag) for lag in RNG.permutation(lags)]), quarter)
    assert (found.median_months, found.cycle_months, len(found.weights)) == (2.0, 7, 21)


def test_customers_of_the_window_tell_where_they_are_enough_else_those_of_all_time(quarter):
    """Four in the window with a lag are enough; three are not, and the others count too."""
    old = [("2025-01-01", 1, 9)] * 5
    new = [("2026-04-01", 1, 2)] * 4
    enough, few = (lag_of(customers(*old, *new[:n]), quarter) for n in (4, 3))
    assert (enough.n, enough.median_months, enough.cycle_months) == (4, 2.0, 2)
    assert (few.n, few.median_months, few.cycle_months) == (8, 9.0, 9)


def test_customers_without_a_lag_count_nowhere(quarter):
    found = lag_of(customers(*[("2026-04-01", 1, lag) for lag in (3, 3, None, 3, 3, None)]), quarter)
    assert found.n == 4 and found.weights.tolist() == [0, 0, 0, 1]


def test_share_from_lead_is_of_those_with_a_lag(quarter):
    new = customers(*[("2026-04-01", 1, lag) for lag in (3, 3, None, 3, 3)])
    new.table.loc[[0, 2], "lag_from"] = ["opportunity", None]
    assert lag_of(new, quarter).share_from_lead == 0.75


@pytest.mark.parametrize(("lags", "n", "median", "said"), [
    ((), 0, np.nan, "no new customers"), ((None, 5), 1, 5.0, "1 new customer"), ((5, 6, 7), 3, 6.0, "3 new customers"),
])  # fmt: skip
def test_too_few_customers_put_all_cost_into_the_same_month_and_say_so(quarter, lags, n, median, said):
    found = lag_of(customers(*[("2026-04-01", 1, lag) for lag in lags]), quarter)
    assert found.weights.tolist() == [1.0] and (found.n, found.cycle_months) == (n, 0)
    assert found.median_months == pytest.approx(median, nan_ok=True)
    assert found.why == (
        f"the time from lead to first bill is known of {said}, fewer than 4: cost is taken of the same month"
    )


# Cost moved by them


def test_cost_of_a_month_is_that_of_the_months_before_by_weight():
    """March: a quarter of its own 40, half of February's 20, a quarter of January's 10."""
    found = lagged(series(10, 20, 40), np.array([0.25, 0.5, 0.25]), 0.9)
    assert found.iloc[2] == 10 + 10 + 2.5 and found.isna().tolist() == [True, True, False]


def test_the_part_that_is_known_is_scaled_up_to_the_whole_where_it_is_enough():
    """February knows three quarters of its cost: (0.25 x 20 + 0.5 x 10) / 0.75."""
    found = lagged(series(10, 20, 40), np.array([0.25, 0.5, 0.25]), 0.75)
    assert found.tolist() == pytest.approx([np.nan, 10 / 0.75, 22.5], nan_ok=True)


def test_a_month_that_the_books_lack_is_no_month_without_cost():
    gap, none = series(10, np.nan, 10), series(10, 0, 10)
    half = np.array([0.5, 0.5])
    assert lagged(gap, half, 0.5).tolist() == [10, 10, 10]
    assert lagged(none, half, 0.5).tolist() == [10, 5, 5]
    assert lagged(gap.drop(gap.index[1]), half, 0.5).tolist() == [10, 10]


@pytest.mark.parametrize("least_known", [0.3, 0.6, 0.9, 0.99])
def test_moved_cost_is_that_of_plain_loops(least_known):
    spend = series(*RNG.uniform(1, 9, 30))
    spend.iloc[[3, 9, 10, 22]] = np.nan
    weights = np.array([0.05, 0.05, 0.1, 0.3, 0.2, 0.2, 0.1])
    found = lagged(spend, weights, least_known)
    assert found.tolist() == pytest.approx(slow(spend, weights, least_known).tolist(), nan_ok=True)
    assert 0 < found.isna().sum() < 30


def test_one_lag_moves_cost_by_so_many_months():
    assert at_one_lag(0).tolist() == [1] and at_one_lag(2.0).tolist() == [0, 0, 1]
    assert lagged(series(1, 2, 3, 4), at_one_lag(2), 1.0).tolist() == pytest.approx([np.nan, np.nan, 1, 2], nan_ok=True)


def test_no_cost_at_all_moves_to_nothing():
    assert lagged(series(), np.array([0.5, 0.5]), 0.9).empty
    assert lagged(series(np.nan, np.nan), np.array([1.0]), 0.9).isna().all()


def known(books, weights, window):
    """Return the window's months whose cost is known, once it is moved by the lag."""
    moved = lagged(books.all_spend, weights, window.knobs.least_known)
    return moved.reindex(window.months).dropna().index


def test_known_months_are_those_of_the_window_whose_cost_reaches_back_far_enough(quarter):
    """Books from April, a lag of one month for all: May and June are known, April's cost lies in March."""
    books = spent(quarter, [5, 5, 5])
    assert known(books, at_one_lag(1), quarter).month.tolist() == [5, 6]
    assert known(books, np.array([0.9, 0.1]), quarter).month.tolist() == [4, 5, 6]


def test_books_that_stop_before_the_day_still_know_what_was_spent_before(quarter):
    """Cost of February and March is that of April and May at two months; June's lies in April, which is lacking."""
    books = spent(quarter, [5, 5], start="2026-02-01")
    assert known(books, at_one_lag(2), quarter).month.tolist() == [4, 5]

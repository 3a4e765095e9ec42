"""Forecasts from bookings alone: against lists by hand, a recursion in plain Python, and statsmodels itself."""

import numpy as np
import pandas as pd
import pytest

from revops.measures.forecast_accuracy.forecasts.naive import from_bookings, from_share

VALUES = [520.0, 610.0, 480.0, 700.0, 655.0, 590.0, 720.0, 810.0, 640.0, 760.0, 900.0, 850.0, 700.0, 880.0]


def one(values, **given):
    names = ["last_quarter", "same_quarter_last_year", "time_series"]
    return dict(zip(names, from_bookings(np.array(values, dtype=float), **given), strict=True))


@pytest.mark.parametrize(
    ("values", "last", "season"),
    [
        ([], np.nan, np.nan),
        ([1.0], 1.0, np.nan),
        ([1.0, 2.0, 3.0, 4.0], 4.0, 1.0),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 5.0, 2.0),
    ],
)
def test_the_last_quarter_and_the_same_one_last_year_are_what_a_hand_would_find(values, last, season):
    found = one(values, time_series=False)
    np.testing.assert_array_equal(list(found.values()), [last, season, np.nan])


def test_a_quarter_not_known_yet_keeps_its_place_in_the_year():
    found = one([1.0, 2.0, 3.0, 4.0, 5.0, np.nan])
    assert found["last_quarter"] == 5.0
    assert found["same_quarter_last_year"] == 3.0
    assert one([*VALUES[:8], np.nan])["time_series"] == pytest.approx(one(VALUES[:8])["time_series"])
    season = [100.0, 200.0, 300.0, 800.0] * 4
    late, on_time = one([*season[:-1], np.nan], time_series=True), one(season[:-1], time_series=True)
    assert on_time["time_series"] == 800.0
    assert late["time_series"] == 100.0


@pytest.mark.parametrize("n", [4, 7, 11])
def test_up_to_eleven_quarters_the_series_is_smoothed_exponentially(n):
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    values = VALUES[:n]
    fit = SimpleExpSmoothing(np.array(values) / np.mean(values), initialization_method="estimated").fit()
    alpha, level = fit.params["smoothing_level"], fit.params["initial_level"]
    for value in values:
        level += alpha * (value / np.mean(values) - level)
    assert one(values)["time_series"] == pytest.approx(level * np.mean(values), rel=1e-9)

    def squared(alpha, level):
        total = 0.0
        for value in values:
            total += (value - level) ** 2
            level += alpha * (value - level)
        return total

    fitted = squared(alpha, fit.params["initial_level"] * np.mean(values))
    levels = np.linspace(min(values), max(values), 80)
    assert fitted <= min(squared(a, start) for a in np.linspace(0, 1, 41) for start in levels) * (1 + 1e-6)


@pytest.mark.parametrize("n", [12, 14])
def test_from_twelve_quarters_on_it_is_the_theta_method_of_statsmodels(n):
    from statsmodels.tsa.forecasting.theta import ThetaModel

    fit = ThetaModel(pd.Series(VALUES[:n]), period=4, deseasonalize=True, method="additive").fit()
    assert one(VALUES[:n])["time_series"] == pytest.approx(float(fit.forecast(1).iloc[0]), abs=0.01)


@pytest.mark.parametrize("n", [4, 11, 12, 14])
def test_another_unit_scales_the_time_series(n):
    scaled = one([7 * value for value in VALUES[:n]])["time_series"]
    assert scaled == pytest.approx(7 * one(VALUES[:n])["time_series"], rel=1e-6)


def test_too_few_quarters_are_undefined_and_equal_ones_are_told_again():
    assert np.isnan(one(VALUES[:3])["time_series"])
    assert one([5.0] * 4)["time_series"] == 5.0
    assert one([0.0] * 13)["time_series"] == 0.0
    assert np.isnan(list(one([]).values())).all()


def test_what_is_booked_over_its_usual_share_is_undefined_where_nothing_is_usual():
    assert from_share(30.0, 20.0, 100.0) == 150.0
    found = from_share(pd.Series([30.0, 0.0, 5.0]), pd.Series([20.0, 20.0, 0.0]), pd.Series([100.0, 100.0, 100.0]))
    np.testing.assert_array_equal(found, [150.0, 0.0, np.nan])

"""Forecasts that know nothing but what quarters booked: what any other must beat."""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from revops.ratios import safe_ratio

__all__ = ["from_bookings", "from_share"]

_SEASON = 4
_FEWEST = 4
_FEWEST_SEASONAL = 12


def from_bookings(before: np.ndarray, *, time_series: bool = True) -> tuple[float, float, float]:
    """Return last_quarter (the last one known), same_quarter_last_year and time_series of the quarter after others.

    Parameters
        before : what the quarters before it booked, oldest first [company currency]; NaN where not known yet
        time_series : whether to fit that one, which takes longest; NaN without

    NaN where too few lie before.

    Formula
        time_series: exponential smoothing with additive errors, no trend and no season (ETS(A,N,N)) from 4 quarters on;
        from 12 the Theta method with a season where one is found, each fitted on the quarters before alone.

    Source
        Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008); Assimakopoulos and
        Nikolopoulos, IJF 16 (2000), as implemented by statsmodels.
    """
    known = np.flatnonzero(~np.isnan(before))
    told, ahead = before[known], len(before) - int(known.max(initial=-1))
    last = float(told[-1]) if len(told) else float("nan")
    season = float(before[-_SEASON]) if len(before) >= _SEASON else float("nan")
    return last, season, _time_series(told, ahead) if time_series else float("nan")


def from_share(booked: float | pd.Series, usual_then: float | pd.Series, usual: float | pd.Series) -> float | pd.Series:
    """Return what is booked to date over the share that earlier quarters had booked by the same day; NaN where they had
    booked nothing."""
    return safe_ratio(booked * usual, usual_then)


def _time_series(before: np.ndarray, ahead: int) -> float:
    """Return the forecast of the quarter that many after the last; NaN of fewer than 4."""
    n = len(before)
    if n < _FEWEST:
        return float("nan")
    season = _SEASON if n >= _FEWEST_SEASONAL else 1
    if np.array_equal(before[season:], before[:-season]):  # nothing to fit where quarters repeat themselves
        return float(before[n - season + (ahead - 1) % season])
    scale = float(np.abs(before).mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an optimum at the edge is one
        fit = _theta(before / scale) if season > 1 else _smoothed(before / scale)
    return float(np.asarray(fit.forecast(ahead))[-1]) * scale


def _smoothed(values: np.ndarray) -> Any:
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing  # a second of imports

    return SimpleExpSmoothing(values, initialization_method="estimated").fit()


def _theta(values: np.ndarray) -> Any:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    return ThetaModel(pd.Series(values), period=_SEASON, deseasonalize=True, method="additive").fit()

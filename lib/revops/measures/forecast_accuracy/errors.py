"""How wrong forecasts were and which way: one row of statistics for each group of frozen forecasts, with ranges."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from revops.errors import MeasureError, examples
from revops.ratios import jackknife_ranges, median_range

__all__ = ["FEWEST_DIFFERENCES", "STATISTICS", "accuracy", "mase_scale"]

Array = np.ndarray
FEWEST_DIFFERENCES = 4
"""Fewer differences from the same quarter a year before than these (one a season) are no scale for MASE."""
STATISTICS = (
    "n", "n_periods", "n_left_out", "actual_amount", "forecast_amount", "wape", "wape_low", "wape_high", "bias_rate",
    "bias_low", "bias_high", "mdape", "mdape_low", "mdape_high", "mase", "mase_low", "mase_high", "n_scaled", "mape",
    "mape_low", "mape_high", "mpe", "rmspe", "two_thirds_spread", "n_no_percentage", "floor_share",
)  # fmt: skip
_COUNTS = ("n", "n_periods", "n_left_out", "n_scaled", "n_no_percentage")
_SUMS = ("error", "miss", "actual", "forecast", "share", "share_miss", "share_square", "n_shares", "scaled", "n_scaled",
         "n", "is_floor")  # fmt: skip
_SPREAD = (1 / 6, 5 / 6)


def accuracy(
    pairs: pd.DataFrame, by: Sequence[str], *, level: float = 0.8, scale: float | pd.Series | None = None
) -> pd.DataFrame:
    """Return `wape`, `bias_rate`, `mdape`, `mase` and `mape` [fractions] by group of forecasts, with n and range.

    Question
        How wrong are our forecasts, and in which direction?

    Parameters
        pairs : frozen forecasts beside what came. Uses period, forecast_amount, actual_amount [currency], and `by`.
            Rows of the company tell how wrong its total was; rows of owners or teams, grouped by the rest, how wrong
            they were each: errors that cancel in the total do not cancel there. Give one level at a time.
        by : columns that make a group, such as horizon_weeks and category; none = all rows are one
        scale : what MASE divides by [currency]: a number, or a Series (mase_scale) named by columns of pairs in its
            index, such as member; rows without a scale above 0 have no part in MASE

    Returns
        One row per group, sorted by `by`:
        n, n_periods           rows with a forecast and an actual, and their periods; n_left_out: rows without
        actual_amount, forecast_amount   sums of the n rows
        wape, bias_rate        and wape_low, wape_high, bias_low, bias_high
        mdape, mase, mape      and their _low, _high; n_scaled: rows behind mase
        mpe, rmspe             mean, and root of the mean square, of the percentage errors
        two_thirds_spread      their 5/6 quantile less their 1/6 quantile
        n_no_percentage        rows of n with an actual of 0 or less: in none of the percentage errors
        floor_share            share of the n rows where the actual was at least the forecast

    Formula
        error = forecast - actual (positive = over-forecast). wape = sum |error| / sum actual, bias_rate = sum error /
        sum actual, NaN unless the sum is above 0; mdape, mape = median, mean of |error| / actual; mase = mean of
        |error| / scale. Ranges: rows of a period are not independent, so that they are summed first and periods
        resampled (ratios.jackknife_range; log scale but for the bias); mdape: two of the periods' own medians
        (ratios.median_range), stretched to the median of the rows where it lies outside.

    Source
        Hyndman and Koehler, International Journal of Forecasting 22 (2006), for MAPE's faults and MASE; US
        Congressional Budget Office, eval-projections, for two_thirds_spread.

    Limits
        The ranges take periods as independent and alike: a run of bad quarters makes them too narrow; under 3 periods
        there is none (4 for mdape). How often they hold: ratios.jackknife_range. A naive forecast shares a quarter
        with the one before: its 80 % range of WAPE held 72-78 %, that of its bias 95 % and more.
    """
    by = list(by)
    codes, keys = _groups(pairs, by)
    rows = _used(pairs, codes, scale)
    n_left_out = np.bincount(codes, minlength=len(keys)) - np.bincount(rows["code"], minlength=len(keys))
    cells = rows.groupby(["code", "period"], sort=True, as_index=False)[list(_SUMS)].sum()
    found = {"n_left_out": n_left_out, "n_periods": np.bincount(cells["code"], minlength=len(keys))}
    found |= _totals(cells, len(keys)) | _ratios(cells, len(keys), level) | _percentages(rows, len(keys), level)
    table = pd.DataFrame({name: found[name] for name in STATISTICS}, index=keys.index)
    return pd.concat([keys, table.astype({name: "int64" for name in _COUNTS})], axis=1)


def mase_scale(actuals: pd.Series, before: str | None = None, season: int = 4) -> float:
    """Return what MASE divides by [currency]: how far quarters usually were from the same quarter a year before.

    Parameters
        actuals : amount by period, oldest first, every quarter there (NaN = not known)
        before : the first period that is forecast: only quarters before it train the scale; None = all do
        season : quarters in a season

    Formula
        mean |A_q - A_(q - season)|; NaN under FEWEST_DIFFERENCES differences known.
    """
    if before is not None and before not in actuals.index:
        raise MeasureError(f"mase_scale: before must be one of the periods; found {before}. Known: "
                           f"{', '.join(map(str, actuals.index))}.")  # fmt: skip
    training = actuals.iloc[: None if before is None else actuals.index.get_loc(before)].to_numpy(dtype=float)
    differences = np.abs(training[season:] - training[:-season])
    known = differences[np.isfinite(differences)]
    return float(known.mean()) if len(known) >= FEWEST_DIFFERENCES else float("nan")


def _groups(pairs: pd.DataFrame, by: list[str]) -> tuple[Array, pd.DataFrame]:
    """Return the number of each row's group, and the groups' own columns in order."""
    if not by:
        return np.zeros(len(pairs), dtype=int), pd.DataFrame(index=pd.RangeIndex(1))
    codes = pairs.groupby(by, sort=True, observed=True, dropna=False).ngroup().to_numpy(dtype=int)
    first = np.unique(codes, return_index=True)[1]
    return codes, pairs[by].iloc[first].reset_index(drop=True)


def _used(pairs: pd.DataFrame, codes: Array, scale: float | pd.Series | None) -> pd.DataFrame:
    """Return the rows with a forecast and an actual, in an order of their own, with what is summed."""
    forecast, actual = (pairs[name].to_numpy(dtype=float) for name in ("forecast_amount", "actual_amount"))
    divisor = _divisors(pairs, scale)
    error, has_share, has_scale = forecast - actual, actual > 0, divisor > 0
    share = error / np.where(has_share, actual, np.nan)
    rows = pd.DataFrame({
        "code": codes, "period": pairs["period"].to_numpy(), "actual": actual, "forecast": forecast, "error": error,
        "miss": np.abs(error), "share": share, "share_miss": np.abs(share), "share_square": share**2,
        "n_shares": has_share.astype(float), "scaled": np.abs(error) / np.where(has_scale, divisor, np.nan),
        "n_scaled": has_scale.astype(float), "n": 1.0, "is_floor": (actual >= forecast).astype(float),
    })  # fmt: skip
    known = np.isfinite(forecast) & np.isfinite(actual)
    return rows[known].sort_values(["code", "period", "actual", "forecast", "scaled"], ignore_index=True)


def _divisors(pairs: pd.DataFrame, scale: float | pd.Series | None) -> Array:
    if not isinstance(scale, pd.Series):
        return np.full(len(pairs), np.nan if scale is None else float(scale))
    unknown = [name for name in scale.index.names if name not in pairs]
    if unknown:
        raise MeasureError(f"accuracy: the index of scale must be named by columns of pairs; found {len(unknown)} that "
                           f"are not ({examples(unknown)}). Name its levels, such as member.")  # fmt: skip
    names = list(scale.index.names)
    return (
        pairs[names]
        .merge(scale.rename("scale").reset_index(), on=names, how="left", validate="many_to_one")["scale"]
        .to_numpy(dtype=float)
    )


def _totals(cells: pd.DataFrame, n_groups: int) -> dict[str, Array]:
    """Return what is a plain sum or mean of rows."""
    total = {name: np.bincount(cells["code"], cells[name], n_groups) for name in _SUMS}
    shares, n = (np.where(total[name] > 0, total[name], np.nan) for name in ("n_shares", "n"))
    known = ~np.isnan(n)
    return {
        "n": total["n"], "n_scaled": total["n_scaled"], "n_no_percentage": total["n"] - total["n_shares"],
        "actual_amount": np.where(known, total["actual"], np.nan),
        "forecast_amount": np.where(known, total["forecast"], np.nan),
        "mpe": total["share"] / shares, "rmspe": np.sqrt(total["share_square"] / shares),
        "floor_share": total["is_floor"] / n,
    }  # fmt: skip


def _ratios(cells: pd.DataFrame, n_groups: int, level: float) -> dict[str, Array]:
    """Return the statistics that are one sum over another, with their ranges."""
    found = {}
    for name, stem, above, below, positive in (
        ("wape", "wape", "miss", "actual", True),
        ("bias_rate", "bias", "error", "actual", False),
        ("mase", "mase", "scaled", "n_scaled", True),
        ("mape", "mape", "share_miss", "n_shares", True),
    ):
        part = cells if below == "actual" else cells[cells[below] > 0]
        found[name], found[f"{stem}_low"], found[f"{stem}_high"] = jackknife_ranges(
            _over_positive, part[[above, below]].to_numpy(), part["code"].to_numpy(), n_groups,
            level=level, positive=positive,
        )  # fmt: skip
    return found


def _over_positive(sums: Array) -> Array:
    return sums[:, 0] / np.where(sums[:, 1] > 0, sums[:, 1], np.nan)


def _percentages(rows: pd.DataFrame, n_groups: int, level: float) -> dict[str, Array]:
    """Return the median and the spread of the percentage errors, and the median's range."""
    known = rows[rows["n_shares"] > 0]
    middle = known.groupby("code")["share_miss"].median().reindex(range(n_groups)).to_numpy()
    low, high = (known.groupby("code")["share"].quantile(q).reindex(range(n_groups)).to_numpy() for q in _SPREAD)
    periods = known.groupby(["code", "period"], as_index=False)["share_miss"].median()
    ends = median_range(periods["share_miss"].to_numpy(), periods["code"].to_numpy(), n_groups, level=level)
    return {"mdape": middle, "mdape_low": np.minimum(ends[0], middle), "mdape_high": np.maximum(ends[1], middle),
            "two_thirds_spread": high - low}  # fmt: skip

"""The signal "consistently more than 15 % off": who is off the same way again and again, and what chance would do."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import bdtr, ndtr

from revops.errors import MeasureError, examples
from revops.measures.forecast_accuracy.errors import accuracy

__all__ = ["QUARTERS", "chance_of_firing", "chance_table", "off_signal"]

Array = np.ndarray
THRESHOLD = 0.15
"""A quarter is off where its error is beyond this share of the actual."""
QUARTERS = 4
"""The signal looks at the last so many quarters of each unit."""
_BIAS = ["bias_rate", "bias_low", "bias_high"]
_ROUNDING = 1e-9


def off_signal(
    pairs: pd.DataFrame, *, by: Sequence[str] = ("level", "member"), threshold: float = THRESHOLD,
    quarters: int = QUARTERS, level: float = 0.8, bias: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return `off_signal` of each unit: red, amber, noise, none or not_enough, by its last quarters at one horizon.

    Question
        Who is more than 15 % off again and again, the same way, and who only has bad luck?

    Parameters
        pairs : frozen forecasts beside what came, at one horizon and category, periods oldest first. Uses `by`,
            period, forecast_amount, actual_amount [currency]; only periods with a forecast and an actual above 0 count
        by : columns that make a unit
        threshold : share of the actual; quarters : how many of a unit's last ones are looked at
        bias : by unit: `by`, bias_rate, bias_low, bias_high (fractions), used instead of the range of the unit's own
            quarters looked at. Give the shrunk ranges of owners here where many are judged at once.

    Returns
        One row per unit, sorted by `by`:
        n                     quarters looked at, up to `quarters`; first_period, last_period: from and to
        n_beyond              of them beyond the threshold; n_over, n_under: too high, too low beyond it
        direction             over, under or none: the sign of bias_rate
        wape, mape            of the quarters looked at, fractions
        bias_rate, bias_low, bias_high
        chance_of_firing      how often an unbiased forecaster of this MAPE is beyond as often the same way
        signal                red, amber, noise, none, not_enough

    Formula
        In this order: not_enough: under `quarters` quarters. red: beyond in three quarters of them (3 of 4) the same
        way, and the range of the bias is above 0 (over) or below (under). noise: beyond in half of them or more, both
        ways, neither way in three quarters of them: the remedy is a range, not a correction. amber: beyond in half of
        them or more, or WAPE above the threshold. none: else. Noise stands before amber: of quarters beyond both ways
        two are beyond, so that amber would leave nothing to it.

    Limits
        Each unit is judged alone: of 20 honest owners at a MAPE of 15 % one meets the same-way rule by luck
        (chance_of_firing), fewer the range too. Across units use shrunk ranges (bias), which take back what chance
        does to the one that looks worst; without them, hold the number of red units against the sum of the chances.
        A unit's MAPE holds its bias too, so that its chance_of_firing is rather too high than too low. Someone truly
        15 % off is caught 31 % of the time: none is no proof of a good forecast. Measured on unbiased
        forecasters of a MAPE of 10, 15, 20 % (4,800 each, own ranges): red 0.9, 4.4, 7.9 %; amber 11, 24, 28 %; noise
        13, 33, 45 %.
    """
    by = list(by)
    last = _last_quarters(pairs, by, quarters)
    units = pairs[by].drop_duplicates().sort_values(by, ignore_index=True)
    found = accuracy(last, by, level=level)[[*by, "n", "wape", "mape", *_BIAS]]
    error, actual = last["forecast_amount"] - last["actual_amount"], last["actual_amount"]
    limit = threshold * actual * (1 + _ROUNDING)
    counted = last.assign(n_over=(error > limit).astype("int64"), n_under=(-error > limit).astype("int64"))
    parts = counted.groupby(by, dropna=False, observed=True)
    sums = parts.agg(first_period=("period", "first"), last_period=("period", "last"), n_over=("n_over", "sum"),
                     n_under=("n_under", "sum")).reset_index()  # fmt: skip
    table = units.merge(found, on=by, how="left", validate="one_to_one")
    table = table.merge(sums, on=by, how="left", validate="one_to_one")
    if bias is not None:
        table = table.drop(columns=_BIAS).merge(bias[[*by, *_BIAS]], on=by, how="left", validate="one_to_one")
    table = table.fillna({"n": 0, "n_over": 0, "n_under": 0}).astype(dict.fromkeys(("n", "n_over", "n_under"), "int64"))
    sign = np.sign(table["bias_rate"])
    table["direction"] = np.select([sign > 0, sign < 0], ["over", "under"], "none")
    table["n_beyond"] = table["n_over"] + table["n_under"]
    table["chance_of_firing"] = chance_of_firing(table["mape"].to_numpy(), threshold=threshold, quarters=quarters)
    table["signal"] = _signals(table, threshold, quarters)
    return table[[*by, "n", "first_period", "last_period", "n_beyond", "n_over", "n_under", "direction", "wape", "mape",
                  *_BIAS, "chance_of_firing", "signal"]]  # fmt: skip


def chance_of_firing(
    mape: float | Array, *, threshold: float = THRESHOLD, quarters: int = QUARTERS, bias: float = 0.0
) -> float | Array:
    """Return how often a forecaster with normal errors is beyond the threshold in three quarters of the quarters (3 of
    4) the same way [0 to 1]; `mape` as it would be without the bias [fraction]; NaN where it is.

    Formula
        sd = mape x sqrt(pi / 2); over and under: chances of one quarter beyond; P = P(Binomial(quarters, over) >= most)
        + the same of under. Exact: both cannot be.
    """
    over, under = _beyond(mape, threshold, bias)
    most = _most(quarters)
    chance = (1 - bdtr(most - 1, quarters, over)) + (1 - bdtr(most - 1, quarters, under))
    return chance if np.ndim(mape) else float(chance)


def chance_table(mapes: Sequence[float], *, threshold: float = THRESHOLD, quarters: int = QUARTERS) -> pd.DataFrame:
    """Return what an unbiased forecaster with normal errors would do by chance alone [0 to 1], by MAPE.

    Returns
        One row per MAPE, in order: mape; one_beyond: a quarter is beyond the threshold; most_beyond: three quarters of
        the quarters are (3 of 4); most_same_way: and the same way
    """
    spread = np.asarray(mapes, dtype=float)
    over, under = _beyond(spread, threshold, 0.0)
    most = 1 - bdtr(_most(quarters) - 1, quarters, over + under)
    same = chance_of_firing(spread, threshold=threshold, quarters=quarters)
    return pd.DataFrame({"mape": spread, "one_beyond": over + under, "most_beyond": most, "most_same_way": same})


def _beyond(mape: float | Array, threshold: float, bias: float) -> tuple[Array, Array]:
    """Return the chances that a quarter is beyond the threshold above, and below."""
    spread = np.asarray(mape, dtype=float) * math.sqrt(math.pi / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        over, under = ndtr((bias - threshold) / spread), ndtr((-threshold - bias) / spread)
    still = spread == 0
    return np.where(still, float(bias > threshold), over), np.where(still, float(-bias > threshold), under)


def _most(quarters: int) -> int:
    """Return three quarters of the quarters, rounded up: 3 of 4."""
    return math.ceil(0.75 * quarters)


def _last_quarters(pairs: pd.DataFrame, by: list[str], quarters: int) -> pd.DataFrame:
    """Return the last quarters of each unit with a forecast and an actual above 0, oldest first."""
    twice = pairs.duplicated([*by, "period"])
    if twice.any():
        raise MeasureError(f"off_signal: each unit must have one forecast a period; found {int(twice.sum())} more "
                           f"({examples(pairs.loc[twice, 'period'].unique())}). Give one horizon and category "
                           "at a time.")  # fmt: skip
    order = pd.Index(pairs["period"].drop_duplicates()).get_indexer(pairs["period"])
    known = np.isfinite(pairs["forecast_amount"].to_numpy(dtype=float)) & (pairs["actual_amount"] > 0)
    kept = pairs[known].iloc[np.argsort(order[known.to_numpy()], kind="stable")]
    return kept.groupby(by, dropna=False, observed=True).tail(quarters)


def _signals(table: pd.DataFrame, threshold: float, quarters: int) -> Array:
    """Return each unit's signal, by the rules in their order."""
    most, half = _most(quarters), math.ceil(quarters / 2)
    over, under, beyond = table["n_over"], table["n_under"], table["n_beyond"]
    proven = ((over >= most) & (table["bias_low"] > 0)) | ((under >= most) & (table["bias_high"] < 0))
    noise = (beyond >= half) & (over > 0) & (under > 0) & (np.maximum(over, under) < most)
    amber = (beyond >= half) | (table["wape"] > threshold * (1 + _ROUNDING))
    rules = [table["n"] < quarters, proven, noise, amber]
    return np.select(rules, ["not_enough", "red", "noise", "amber"], "none")

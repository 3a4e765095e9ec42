"""How good the chances told were: Brier score and skill, its parts, log loss, and the calibration slope."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from revops.analysis.by_quarter import by_quarter, counts_by_quarter
from revops.measures.forecast_accuracy.deals.reliability import bin_numbers, due_deals

__all__ = ["brier_parts", "scores"]

Array = np.ndarray
_LEAST = 0.01
_NAN = float("nan")
_COLUMNS = (
    "probability", "n", "n_without", "n_periods", "told", "won_share", "brier", "base_brier", "brier_skill",
    "skill_low", "skill_high", "gain", "gain_low", "gain_high", "reliability", "resolution", "uncertainty",
    "within_bins", "log_loss", "calibration_slope", "slope_low", "slope_high", "calibration_intercept",
    "intercept_low", "intercept_high", "reason",
)  # fmt: skip


def scores(
    deals: pd.DataFrame, probabilities: Sequence[str] = ("win_probability",), *,
    types: Collection[str] | None = None, bins: int = 10, level: float = 0.8,
) -> pd.DataFrame:  # fmt: skip
    """Return `brier_skill` and `calibration_slope` of chances told, with their parts and ranges, on the same deals.

    Question
        Do the CRM's probabilities know more than the usual share won, and are they too bold?

    Parameters
        deals : as in `reliability`; deals told nothing by any of the columns are left out of all rows, and counted
        probabilities : columns [0 to 1]; the first is what the others are measured against
        bins : as in `reliability`, for the parts of the Brier score

    Returns
        One row per column of `probabilities`, in their order:
        probability, n, n_without, n_periods   the column; deals used, left out, quarters
        told, won_share           mean chance told, share won [0 to 1]
        brier, base_brier         mean of (told - won)^2, and of (share won in the other quarters - won)^2
        brier_skill, skill_low, skill_high     1 - brier / base_brier; 0 = no better than the usual share
        gain, gain_low, gain_high              brier of the first row less this one's; above 0 = this one is better
        reliability, resolution, uncertainty, within_bins   see `brier_parts`
        log_loss                  mean of -log of the chance told to what came, chances cut to 0.01 to 0.99
        calibration_slope, slope_low, slope_high   below 1 = too bold, above 1 = too timid
        calibration_intercept, intercept_low, intercept_high   at the slope above; 0 = right at a chance of a half
        reason                    why the slope or its range is unknown; None where both are known

    Formula
        logit(chance of won) = intercept + slope x logit(told), told cut to 0.01 to 0.99, binomial likelihood. All
        ranges leave out one quarter at a time (`by_quarter`).

    Source
        Brier 1950; Murphy, Journal of Applied Meteorology 12 (1973); Cox, Biometrika 45 (1958) for the slope, as
        implemented by statsmodels GLM; METHODS 4.2.

    Limits
        NaN: skill with one quarter, slope where all deals were told alike or ended alike, or where what was told
        parts won from lost without overlap. At a nominal 80 %, 1,020 companies (lib/tests/calibration/deals.py): the
        slope's range held 83 %, that of skill 82 %.
    """
    due = due_deals(deals, types)
    known = due.dropna(subset=list(probabilities))
    rows: list[dict] = []
    for name in probabilities:
        first = known[probabilities[0]].to_numpy(dtype=float)
        rows.append(
            {"probability": name, "n_without": len(due) - len(known), **_scored(known, name, first, bins, level)}
        )
    rows[0] |= dict.fromkeys(["gain", "gain_low", "gain_high"], _NAN)
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"reason": "object"})


def brier_parts(told: Array, won: Array, bins: int = 10) -> dict[str, float]:
    """Return the parts of the Brier score, which is reliability - resolution + uncertainty + within_bins.

    Parameters
        told : chance of each deal [0 to 1]; won : 1 or 0; bins : as in `reliability`

    Formula
        Over bins: reliability = mean of (mean told - share won)^2, lower is better; resolution = mean of (share won in
        the bin - share won)^2, higher is better; uncertainty = share x (1 - share). within_bins is what telling bins
        apart inside adds: exactly 0 where each bin was told one chance.

    Source
        Murphy 1973; Stephenson, Coelho and Jolliffe, Weather and Forecasting 23 (2008), for what bins hide.
    """
    if not len(told):
        return dict.fromkeys(["brier", "reliability", "resolution", "uncertainty", "within_bins"], _NAN)
    code = bin_numbers(told, bins)
    n = np.bincount(code)
    mean, share, all_won = np.bincount(code, told) / n, np.bincount(code, won) / n, won.mean()
    brier, uncertainty = float(np.square(told - won).mean()), float(all_won * (1 - all_won))
    bad, good = (float(n @ np.square(part) / len(told)) for part in (mean - share, share - all_won))
    within = brier - (bad - good + uncertainty) if len(np.unique(told)) > len(n) else 0.0
    return {"brier": brier, "reliability": bad, "resolution": good, "uncertainty": uncertainty, "within_bins": within}


def _scored(deals: pd.DataFrame, name: str, first: Array, bins: int, level: float) -> dict[str, object]:
    """Return one row of scores, but for what is left out."""
    told, won = deals[name].to_numpy(dtype=float), deals["is_won"].to_numpy(dtype=int)
    clipped, came = told.clip(_LEAST, 1 - _LEAST), float(won.mean()) if len(won) else _NAN
    squares = [np.ones(len(won)), won, np.square(told - won), np.square(first - won)]
    one = np.zeros(len(won), dtype=int)
    sums = np.hstack([counts_by_quarter(deals["period"], one, 1, part) for part in squares])
    skill, gain = ((float(of(sums)), *map(float, by_quarter(sums, of, level=level))) for of in (_skill, _gain))
    row = {"n": len(won), "n_periods": len(sums), "told": float(told.mean()) if len(told) else _NAN, "won_share": came}
    row |= {**brier_parts(told, won, bins), "base_brier": _base_brier(sums)}
    row["log_loss"] = float(-np.log(np.where(won == 1, clipped, 1 - clipped)).mean()) if len(won) else _NAN
    row |= dict(
        zip(("brier_skill", "skill_low", "skill_high", "gain", "gain_low", "gain_high"), (*skill, *gain), strict=True)
    )
    return row | _slope(deals["period"], clipped, won, level)


def _skill(sums: Array) -> float:
    """Return 1 - Brier / base-rate Brier, from n, won and squared errors by quarter."""
    base = _base_brier(sums)
    return 1 - sums[:, 2].sum() / sums[:, 0].sum() / base if base > 0 else _NAN


def _base_brier(sums: Array) -> float:
    """Return the mean of (share won in the other quarters - won)^2; NaN with one quarter."""
    n, won = sums[:, 0], sums[:, 1]
    if len(sums) < 2:
        return _NAN
    base = (won.sum() - won) / (n.sum() - n)
    return float((n * base**2 - 2 * base * won + won).sum() / n.sum())


def _gain(sums: Array) -> float:
    return float((sums[:, 3] - sums[:, 2]).sum() / sums[:, 0].sum()) if len(sums) else _NAN


def _slope(period: pd.Series, told: Array, won: Array, level: float) -> dict[str, object]:
    """Return slope and intercept with their ranges by quarters, or why they are unknown."""
    values, code = np.unique(told, return_inverse=True)
    sums = np.hstack([counts_by_quarter(period, code, len(values), part) for part in (won, 1 - won)])
    logit = np.log(values / (1 - values))
    reason = _unknown(logit, sums)
    slope, low, high = (np.full(2, _NAN) for _ in range(3))
    if reason is None:
        slope = _fitted(logit, sums)
        low, high = by_quarter(sums, lambda some: _fitted(logit, some, slope), level=level)
        if np.isnan(low).any():
            reason = (
                "One quarter alone has no range." if len(sums) < 2 else "Without one of the quarters there is no slope."
            )
    names = ("calibration_intercept", "intercept_low", "intercept_high", "calibration_slope", "slope_low", "slope_high")
    found = (float(ends[number]) for number in (0, 1) for ends in (slope, low, high))
    return dict(zip(names, found, strict=True)) | {"reason": reason}


def _unknown(logit: Array, sums: Array) -> str | None:
    """Return why there is no slope: a likelihood has its maximum only where won and lost overlap in what was told."""
    won, lost = sums.sum(axis=0).reshape(2, -1) if len(sums) else np.zeros((2, 0))
    if not won.any() and not lost.any():
        return "No deal was told a probability."
    if not won.any() or not lost.any():
        return "None of the deals was won." if not won.any() else "All of the deals were won."
    if np.ptp(logit[won + lost > 0]) == 0:
        return "All deals were told the same probability."
    of_won, of_lost = logit[won > 0], logit[lost > 0]
    if of_won.min() >= of_lost.max() or of_won.max() <= of_lost.min():
        return "What was told parts won from lost without overlap."
    return None


def _fitted(logit: Array, sums: Array, start: Array | None = None) -> Array:
    """Return intercept and slope; NaN where there are none."""
    if _unknown(logit, sums) is not None:
        return np.full(2, _NAN)
    from statsmodels.api import GLM, add_constant, families  # a second of imports, wanted by few callers

    n, won = sums.sum(axis=0), np.repeat([1, 0], len(logit))  # 1 and 0: a formula would take True for the failure
    design = add_constant(np.tile(logit, 2)[n > 0])
    model = GLM(won[n > 0], design, family=families.Binomial(), freq_weights=n[n > 0])
    return np.asarray(model.fit(start_params=start).params)

"""Who calls too much or too little, beyond luck: the bias of owners or teams, drawn towards the whole."""

import numpy as np
import pandas as pd
from scipy.special import digamma, polygamma, stdtr, stdtrit

from revops.errors import MeasureError

__all__ = ["FEW", "FEWEST_QUARTERS", "unit_bias"]

Array = np.ndarray
FEWEST_QUARTERS = 3
"""Fewer quarters than these: show how many there are, and no bias."""
FEW = 8
"""Fewer quarters than these: show the bias marked, and do not rank it."""
_SPREADS = np.linspace(0.005, 0.4, 25)
_USUAL_SPREAD = 0.15
_PASSES = 5
_HALVINGS = 40
_TINY = 1e-12
_LEAST_RATIO = 0.05
_WHOLE = ("overall_bias", "overall_low", "overall_high", "spread")
_OWN = ("raw_bias", "bias", "low", "high")
_COLUMNS = ["member", "n", "n_left_out", "forecast_amount", "actual_amount", *_OWN, "is_few", "finding", *_WHOLE]


def unit_bias(pairs: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Return `unit_bias_rate`: by how much each owner or team calls too much (above 0) or too little, and who is named.

    Question
        Whose calls should be cut or raised, and by what factor, and who is only having bad luck?

    Parameters
        pairs : rows of one level, horizon and category
            Uses period, member, forecast_amount, actual_amount [company currency]; one row per member and period.
        level : share of ranges that hold [0 to 1]

    Returns
        One row per member, sorted:
        member            name
        n                 quarters with a call and an actual
        n_left_out        rows without an actual or a call, or with a call below 0
        forecast_amount   sum of calls [company currency];  actual_amount: sum of what came
        raw_bias          sum(F - A) / sum(F): a fraction of the calls; 1 - bias is the factor to apply
        bias, low, high   the same, quarters' shocks removed and drawn towards the whole; at most 1
        is_few            fewer than 8 quarters
        finding           sandbagging (range below 0), optimism (range above 0), else empty
        overall_bias, overall_low, overall_high: of all members together;  spread: sd between members of bias,
        about; NaN of one member
        Biases are NaN with fewer than 3 quarters, with no calls, and where nobody ever brought anything.

    Formula
        Shocks: what a quarter did to the other members, times sigma^2 / (sigma^2 + noise), is taken off; sigma^2 from
        products of different members' errors, so that a large member's own luck is no shock. Then on x = sqrt(A / F),
        where luck of deals is alike for high and low ratios: variance of x by quarters, drawn towards that of the
        others; x drawn towards the mean of all, averaged over how likely each spread between members is; the error
        that shocks leave in the whole, a t over quarters, is added to each. low and high are quantiles of that mixture
        of t distributions, and reach 0 at least where the member's own quarters, not drawn, leave 0 possible.

    Source
        Smyth, Statistical Applications in Genetics and Molecular Biology 3 (2004), for variances drawn together;
        Cochran, Sampling Techniques, section 6.3, for the variance of a ratio; Gelman, Bayesian Analysis 1 (2006) and
        Chung and others, Psychometrika 78 (2013), for the spread. Deviation: square roots in place of logs, as a
        quarter in which nothing came has no log; on the linear scale bad luck looks sure of itself, because the fewer
        deals come, the less they stray.

    Raises
        MeasureError: a member has two rows of one period.

    Limits
        Ranges hold on average over members and companies: of 6,000 simulated companies (tests, calibration/units.py)
        4.2 % of the honest members were named at level 0.95, up to 6 % where 4 of 5 members are biased alike. With few
        deals a quarter (1.5) one in seven who call up to 38 % too much is found, with 25 two in three. A shock
        that hits the same members each quarter is no shock but their bias. So is a quota that is too high, where calls
        lean on it: in 280 companies of revops.simulate (tests, calibration/calls.py), whose people guess from quota
        early in the quarter and call 2 % too much in all, 7 to 9 % of the honest teams were named and 2 to 3 % of the
        owners; with calls that leave quota aside 3 to 4 % and 4 to 5 %. Teams that call 38 % too much of what is to
        come were found in 83 % (week 1) to 99 % (week 7), those that call 28 % too little in 35 to 40 %.
    """
    if pairs.duplicated(["member", "period"]).any():
        n = int(pairs.duplicated(["member", "period"]).sum())
        raise MeasureError(f"unit_bias: each member must have one row per period; found {n} more. "
                           "Give rows of one level, horizon and category.")  # fmt: skip
    is_known = pairs["actual_amount"].notna() & (pairs["forecast_amount"] >= 0)
    names = np.sort(pairs["member"].unique())
    called, came = (_wide(pairs[is_known], names, column) for column in ("forecast_amount", "actual_amount"))
    n = called.notna().sum(axis=1).to_numpy(dtype="int64")
    table = pd.DataFrame({"member": names, "n": n, "is_few": n < FEW})
    table["n_left_out"] = (~is_known).groupby(pairs["member"]).sum().reindex(names, fill_value=0).to_numpy()
    table["forecast_amount"], table["actual_amount"] = (part.sum(axis=1).to_numpy() for part in (called, came))
    is_told = ((n >= FEWEST_QUARTERS) & (table["forecast_amount"] > 0)).to_numpy()
    table[[*_OWN, *_WHOLE]] = np.nan
    if np.nansum(came.to_numpy()[is_told]) > 0:
        own, whole = _biases(called[is_told].dropna(axis=1, how="all"), came[is_told].dropna(axis=1, how="all"), level)
        table.loc[is_told, list(_OWN)] = own
        table[list(_WHOLE)] = whole
    table["finding"] = np.select([table["high"] < 0, table["low"] > 0], ["sandbagging", "optimism"], "")
    return table[_COLUMNS]


def _wide(known: pd.DataFrame, names: Array, column: str) -> pd.DataFrame:
    return known.pivot(index="member", columns="period", values=column).astype("float64").reindex(names)


def _biases(called: pd.DataFrame, came: pd.DataFrame, level: float) -> tuple[Array, Array]:
    """Return raw bias, bias, low and high of each member, and the figures of the whole."""
    forecast, error = called.fillna(0.0).to_numpy(), (called - came).fillna(0.0).to_numpy()
    n, total = called.notna().sum(axis=1).to_numpy(), forecast.sum(axis=1)
    many = 1 - 1 / len(n) if len(n) > 1 else 1.0
    overall, whole_variance, whole_df = *_ratio(forecast.sum(axis=0), error.sum(axis=0)), forecast.shape[1] - 1.0
    as_whole = max(1 - overall, _LEAST_RATIO)
    left = _without_shocks(forecast, error)
    ratio = np.maximum(1 - left.sum(axis=1) / total, 0)
    rest = left - (left.sum(axis=1) / total)[:, None] * forecast
    each = n**2 / (n - 1) * (rest**2).sum(axis=1) / total**2 / np.maximum(ratio, as_whole / 4) / 4
    moderated, df = _moderated(each, (n - 1) * many)
    root, variance = np.sqrt(ratio), moderated / n
    noise = ((total / total.sum()) ** 2 * variance * ratio).sum() / as_whole
    common = max(whole_variance / as_whole / 4 - noise * many, 0.0)
    found = _mixed(root, variance, df, common, whole_df, level)
    reach = stdtrit(whole_df, (1 + level) / 2) * np.sqrt(whole_variance / as_whole) / 2
    raw, ends = error.sum(axis=1) / total, _bias_of(max(1 - overall, 0) ** 0.5 + np.array([reach, -reach]))
    whole = np.array([overall, *ends, 2 * found.pop("spread") * as_whole**0.5])
    return np.column_stack([raw, *found.values()]), whole


def _ratio(forecast: Array, error: Array) -> tuple[float, float]:
    """Return the sum of errors over that of forecasts, and its variance by quarters."""
    n, ratio = len(forecast), error.sum() / forecast.sum()
    return ratio, n / (n - 1) * ((error - ratio * forecast) ** 2).sum() / forecast.sum() ** 2


def _without_shocks(forecast: Array, error: Array) -> Array:
    """Return errors less what each quarter did to the other members, shrunk by how much of that is their own luck."""
    total, all_others = forecast.sum(axis=1), forecast.sum(axis=0) - forecast
    crossed = (forecast.sum(axis=0) ** 2).sum() - (forecast**2).sum()
    spent = forecast.shape[1] / (forecast.shape[1] - 1)
    left, has_others = error, all_others > 0
    others = np.where(has_others, all_others, 1.0)
    if crossed <= 0:
        return left
    for _ in range(_PASSES):
        rest = error - (left.sum(axis=1) / total)[:, None] * forecast
        shock = max(((rest.sum(axis=0) ** 2).sum() - (rest**2).sum()) / crossed * spent, 0.0)
        own = (rest**2).sum(axis=1) / (forecast**2).sum(axis=1) * spent
        luck = forecast**2 * np.maximum(own - shock, 0.1 * own)[:, None]
        noise = (luck.sum(axis=0) - luck) / others**2
        kept = np.where(has_others, shock / np.maximum(shock + noise, _TINY), 0.0)
        left = error - forecast * kept * (rest.sum(axis=0) - rest) / others
    return left


def _moderated(variances: Array, df: Array) -> tuple[Array, Array]:
    """Return variances drawn towards those of the others, and the degrees of freedom that they then have."""
    logs = np.log(np.maximum(variances, 0.01 * np.median(variances) + _TINY)) - digamma(df / 2) + np.log(df / 2)
    excess = logs.var(ddof=1) - polygamma(1, df / 2).mean() if len(logs) > 1 else 0.0
    if excess > 0:
        prior_df = 2 * _trigamma_inverse(excess)
        usual = np.exp(logs.mean() + digamma(prior_df / 2) - np.log(prior_df / 2))
    else:
        prior_df, usual = 1e6, (variances * df).sum() / df.sum()
    drawn = (prior_df * usual + df * variances) / (prior_df + df)
    return np.maximum(drawn, 100 * _TINY), np.minimum(prior_df + df, df.sum())


def _trigamma_inverse(value: float) -> float:
    found = 0.5 + 1 / value
    for _ in range(50):
        step = polygamma(1, found)
        found += step * (1 - step / value) / polygamma(2, found)
    return float(found)


def _mixed(root: Array, variance: Array, df: Array, common: float, common_df: float, level: float) -> dict[str, Array]:
    """Return bias (the median), low and high of each member, and the mean spread between roots of ratios."""
    precision = 1 / (variance[:, None] + _SPREADS**2)
    sums = precision.sum(axis=0)
    mean = (precision * root[:, None]).sum(axis=0) / sums
    likely = 0.5 * (np.log(precision) - precision * (root[:, None] - mean) ** 2).sum(axis=0) - 0.5 * np.log(sums)
    likely += np.log(_SPREADS) - 0.5 * (_SPREADS / _USUAL_SPREAD) ** 2
    weights = np.exp(likely - likely.max())
    weights /= weights.sum()
    own = _SPREADS**2 * precision
    centre = own * root[:, None] + (1 - own) * mean
    drawn = own * variance[:, None] + (1 - own) ** 2 / sums
    tails = (1 - level) / 2, 0.5, (1 + level) / 2
    spread, freedom = _with_common(drawn, df[:, None], common, common_df)
    top, middle, bottom = (_quantile(centre, spread, freedom, weights, share) for share in tails)
    spread, freedom = _with_common(variance, df, common, common_df)
    reach = stdtrit(freedom, tails[2]) * spread
    is_possible = _bias_of(root + reach) * _bias_of(root - reach) <= 0
    low, high = (np.where(is_possible, side(end, 0), end) for side, end in
                 ((np.minimum, _bias_of(bottom)), (np.maximum, _bias_of(top))))  # fmt: skip
    return {
        "bias": _bias_of(middle),
        "low": low,
        "high": high,
        "spread": _SPREADS @ weights if len(root) > 1 else np.nan,
    }


def _with_common(variance: Array, df: Array, common: float, common_df: float) -> tuple[Array, Array]:
    """Return sd and degrees of freedom of a member's error and the common one together (Welch and Satterthwaite)."""
    both = variance + common
    return np.sqrt(both), both**2 / (variance**2 / df + common**2 / common_df)


def _bias_of(root: Array) -> Array:
    return 1 - np.maximum(root, 0) ** 2


def _quantile(centre: Array, spread: Array, df: Array, weights: Array, share: float) -> Array:
    """Return a quantile of each member's mixture of t distributions, by halving."""
    reach = 60 * spread.max(axis=1)
    low, high = centre.min(axis=1) - reach, centre.max(axis=1) + reach
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = stdtr(df, (middle[:, None] - centre) / spread) @ weights < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2

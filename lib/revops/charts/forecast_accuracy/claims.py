"""What each chart of calls claims: title, alternative text, caption and the data behind it."""

import numpy as np
import pandas as pd

from revops import wording
from revops.charts.forecast_accuracy.claims_of_deals import reliability, slipped, units
from revops.charts.forecast_accuracy.claims_of_methods import methods, steps
from revops.charts.forecast_accuracy.drawings import plot_error_by_week, plot_open_quarter
from revops.charts.rows import signed_share
from revops.charts.style import Chart
from revops.measures.forecast_accuracy import ForecastResult
from revops.measures.forecast_accuracy.projection import range_failed

__all__ = ["draw"]

_QUARTERS = 8


def draw(result: ForecastResult) -> list[Chart]:
    """Return the report's charts, those that the data allow."""
    found = (_error_by_week, steps, reliability, _open_quarter, methods, units, slipped)
    return [chart for told in found if (chart := told(result)) is not None]


def _error_by_week(result: ForecastResult) -> Chart | None:
    call, names = result.found.call, result.judged.periods[-_QUARTERS:]
    bias = result.errors[result.errors["category"].eq(call) & result.errors["bias_rate"].notna()]
    rows = result.judged.pairs
    rows = rows[rows["category"].eq(call) & rows["period"].isin(names) & (rows["actual_amount"] > 0)]
    if bias.empty or rows.empty:
        return None
    rows = rows.assign(
        error_rate=rows["forecast_amount"] / rows["actual_amount"] - 1,
        period=rows["period"].astype(pd.CategoricalDtype(list(names), ordered=True)),
    ).sort_values(["period", "horizon_weeks"])
    rows["period"] = rows["period"].astype("str")
    bias = bias.sort_values("horizon_weeks").reset_index(drop=True)
    ax = plot_error_by_week(rows, bias, off_by=result.knobs.off_by)
    title, last = _title_of_bias(bias, result.knobs.mid_week), rows["period"].iloc[-1]
    n_all, n = len(result.judged.periods), rows["period"].nunique()
    caption = "Call less what was booked, over what was booked: "
    if n_all > 1:
        caption += f"thick for all {wording.plural(n_all, 'quarter')} together"
        ranges = f", with the range that holds {wording.odds(result.knobs.level)} times"
        caption += ranges if bias["bias_low"].notna().any() else ""
        caption += f"; thin for each of the last {n}, dashed for {last}."
    else:
        caption += f"in {last}, the only quarter."
    caption += f" Dotted: {wording.share(result.knobs.off_by)} off."
    low, high = ax.get_ylim()
    n_beyond = int((~rows["error_rate"].between(low, high)).sum())
    if n_beyond:
        most = signed_share(rows["error_rate"].max())
        caption += f" Cut at {signed_share(high)}: {wording.plural(n_beyond, 'call')} up to {most} beyond."
    data = bias[["horizon_weeks", "n", "bias_rate", "bias_low", "bias_high"]]
    own = rows[rows["period"].eq(last)].set_index("horizon_weeks")["error_rate"]
    data = data.assign(last_quarter=data["horizon_weeks"].map(own))
    units = ("count", "count", "share", "share", "share", "share")
    return Chart("error_by_week", title, f"{title}. {_weeks_said(result, bias, own, last)}", caption, ax, data, units)


def _title_of_bias(bias: pd.DataFrame, mid: int) -> str:
    """Return how far the first call was off, and what was left of it in the middle of the quarter."""
    first = bias.iloc[0]
    who = "The first call" if first["horizon_weeks"] == 1 else f"The call of week {first['horizon_weeks']}"
    few = f" in {wording.plural(int(first['n']), 'quarter')}" if wording.missing(first["bias_low"]) else ""
    said = f"{who} was {_off(first['bias_rate'])}{few}{_by_chance(first)}"
    middle = bias[bias["horizon_weeks"].eq(mid) & (bias["horizon_weeks"] > first["horizon_weeks"])]
    if middle.empty:
        return said
    middle = middle.iloc[0]
    same_way = first["bias_rate"] * middle["bias_rate"] > 0
    then = wording.share(abs(middle["bias_rate"])) if same_way else _off(middle["bias_rate"])
    return f"{said}; by week {mid} it was {then}{_by_chance(middle)}"


def _off(bias: float) -> str:
    if bias == 0:
        return "right on average"
    return f"{wording.share(abs(bias))} too {'high' if bias > 0 else 'low'}"


def _by_chance(row: pd.Series) -> str:
    return ", maybe by chance" if row["bias_low"] <= 0 <= row["bias_high"] and row["bias_rate"] else ""


def _weeks_said(result: ForecastResult, bias: pd.DataFrame, own: pd.Series, last: str) -> str:
    """Return the bias of the named weeks with n and range, and the last quarter's errors."""
    named = bias[bias["horizon_weeks"].isin(result.named_weeks)]
    named = bias if named.empty else named
    parts = []
    for row in named.itertuples():
        ends = (
            "no range" if wording.missing(row.bias_low) else wording.between(row.bias_low, row.bias_high, signed_share)
        )
        quarters = wording.plural(int(row.n), "quarter")
        parts.append(f"week {row.horizon_weeks} {signed_share(row.bias_rate)} ({ends}, {quarters})")
    own = own[own.index.isin(named["horizon_weeks"])]
    said = f"Bias by week: {wording.join(parts)}."
    if len(own):
        lasts = [f"week {week} {signed_share(error)}" for week, error in own.items()]
        said += f" {last}: {wording.join(lasts)}."
    return said


def _open_quarter(result: ForecastResult) -> Chart | None:
    told, currency = result.open, result.view.company.currency
    if told is None:
        return None
    rows = result.found.pairs
    rows = rows[rows["is_open"] & rows["category"].eq(result.found.call) & rows["level"].eq("company")]
    calls = rows[rows["period"].eq(result.period.name)].dropna(subset="forecast_amount").sort_values("horizon_weeks")
    if calls.empty:
        return None
    past = told.projection
    ranges = [("past calls", past.conservative, past.projected_amount, past.optimistic)]
    ranges += [("open deals", *told.landing)] if told.landing is not None else []
    ranges = [entry for entry in ranges if not wording.missing(entry[2])]
    ax = plot_open_quarter(calls, ranges, booked=told.booked, currency=currency)
    title, odds = _title_of_call(past, currency), wording.odds(past.level)
    parts = [
        f"{name} {wording.money(middle, currency)}{_ends(low, high, currency)}" for name, low, middle, high in ranges
    ]
    alt = f"{title}. Week {told.week} of {result.period.name}, booked {wording.money(told.booked, currency)}"
    alt += f"; by {wording.join(parts)}." if parts else "."
    quarters = wording.plural(past.n, "quarter")
    ways = {"past calls": f"past calls, by what {quarters} brought of the call of week {told.week}",
            "open deals": "open deals, one by one"}  # fmt: skip
    caption = "The call week by week" + (f", and where {result.period.name} lands" if ranges else "")
    caption += f" {odds} times" if any(not wording.missing(low) for _, low, _, _ in ranges) else ""
    caption += "".join(f"{mark} {ways[name]}" for mark, (name, *_) in zip(":;", ranges, strict=False)) + "."
    if range_failed(told.backtest, level=past.level):
        caption += " Ranges of past calls held too rarely to lean on."
    weeks = [(f"call, week {row.horizon_weeks}", np.nan, row.forecast_amount, np.nan) for row in calls.itertuples()]
    told_rows = [*weeks, ("booked", np.nan, told.booked, np.nan), *ranges]
    data = pd.DataFrame(told_rows, columns=["label", "low", "amount", "high"])
    return Chart("open_quarter", title, alt, caption, ax, data, (None, "money", "money", "money"))


def _title_of_call(past: object, currency: str) -> str:
    call, projected = (wording.money(amount, currency) for amount in (past.call, past.projected_amount))
    if wording.missing(past.projected_amount):
        return f"Call {call}; no past call tells what it brings"
    return f"Call {call}; past calls like it bring {'as much' if call == projected else projected}"


def _ends(low: float, high: float, currency: str) -> str:
    if wording.missing(low):
        return " (no range)"
    return f" ({wording.between(low, high, lambda amount: wording.money(amount, currency))})"

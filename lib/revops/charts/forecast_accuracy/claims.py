"""What each chart of calls claims: title, alternative text, caption and the data behind it."""

import numpy as np
import pandas as pd

from revops import wording
from revops.charts.forecast_accuracy.claims_of_deals import reliability, slipped, units
from revops.charts.forecast_accuracy.drawings import plot_error_by_week, plot_open_quarter, signed_share
from revops.charts.forecast_accuracy.rows import plot_methods, plot_steps
from revops.charts.style import Chart
from revops.measures.forecast_accuracy import LABELS, ForecastResult
from revops.measures.forecast_accuracy.projection import range_failed

__all__ = ["draw"]

_QUARTERS = 8
_STEPS = {"stage_weighted": "stage weighting", "rep": "the reps' call", "manager": "the managers' call",
          "final": "the company's call"}  # fmt: skip
_ERROR = "Misses added up over what was booked (WAPE)"


def draw(result: ForecastResult) -> list[Chart]:
    """Return the report's charts, those that the data allow."""
    found = (_error_by_week, _steps, reliability, _open_quarter, _methods, units, slipped)
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
    caption = (
        f"Call less what was booked, over what was booked: thick for all {wording.plural(len(result.judged.periods), 'quarter')} "
        f"together with the range that holds {wording.odds(result.knobs.level)} times, thin for each of the last "
        f"{rows['period'].nunique()}, dashed for {last}. Dotted: {wording.share(result.knobs.off_by)} off."
    )
    low, high = ax.get_ylim()
    n_beyond = int((~rows["error_rate"].between(low, high)).sum())
    if n_beyond:
        caption += f" Cut at {signed_share(high)}: {wording.plural(n_beyond, 'call')} up to {signed_share(rows['error_rate'].max())} beyond."
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
        ends = "no range" if wording.missing(row.bias_low) else wording.between(row.bias_low, row.bias_high, signed_share)
        quarters = wording.plural(int(row.n), "quarter")
        parts.append(f"week {row.horizon_weeks} {signed_share(row.bias_rate)} ({ends}, {quarters})")
    own = own[own.index.isin(named["horizon_weeks"])]
    said = f"Bias by week: {wording.join(parts)}."
    if len(own):
        lasts = [f"week {week} {signed_share(error)}" for week, error in own.items()]
        said += f" {last}: {wording.join(lasts)}."
    return said


def _steps(result: ForecastResult) -> Chart | None:
    steps = result.steps[result.steps["wape"].notna()]
    if len(steps) < 2:
        return None
    data = steps.assign(label=steps["step"].map(LABELS)).reset_index(drop=True)
    title, n = _title_of_steps(data), wording.plural(int(data["n_periods"].iloc[0]), "quarter")
    parts = []
    for row in data.itertuples():
        gain = "" if wording.missing(row.forecast_value_added) else f", better by {_points(row.forecast_value_added)} points"
        ends = "" if wording.missing(row.low) else f" ({wording.between(row.low, row.high, _points)})"
        parts.append(f"{row.label} {wording.share(row.wape)}{gain}{ends}")
    week = result.knobs.horizon_weeks
    alt = f"{title}. Error of week {week} in {n}: {wording.join(parts)}."
    caption = (
        f"{_ERROR}, week {week}, {n}. The upright mark is the step before; the line across it is where chance alone "
        f"puts this step {wording.odds(result.knobs.level)} times: a line that crosses the mark proves nothing."
    )
    ax = plot_steps(data)
    caption += _cut(ax, data["wape"])
    data = data[["label", "wape", "forecast_value_added", "low", "high", "n"]]
    return Chart("steps", title, alt, caption, ax, data, (None, "share", "share", "share", "share", "count"))


def _title_of_steps(steps: pd.DataFrame) -> str:
    """Return which steps bring the forecast nearer to what came, and which take it away, beyond chance."""
    told = []
    for verdict, verbs in (("adds", ("cuts", "cut")), ("makes_worse", ("adds", "add"))):
        rows = steps[steps["verdict"].eq(verdict)]
        if len(rows):
            names = wording.join([_STEPS.get(name, LABELS[name]) for name in rows["step"]])
            points = wording.join([_points(abs(gain)) for gain in rows["forecast_value_added"]])
            unit = "point" if points == "1" else "points"
            said = f"{verbs[len(rows) > 1]} the error by {points} {unit}" if verdict == "adds" else (
                f"{verbs[len(rows) > 1]} {points} {unit} of error")  # fmt: skip
            told.append(f"{names} {said}")
    last = steps.iloc[-1]
    if not told and last["first_verdict"] in ("adds", "makes_worse"):
        points = _points(abs(last["added_to_first"]))
        verb = f"cut the error by {points} points" if last["first_verdict"] == "adds" else f"add {points} points of error"
        return f"Together the steps {verb}; no single one is proven to"
    if not told and steps["verdict"].iloc[1:].eq("not_enough").all():
        n = int(last["n_periods"])
        return f"{wording.plural(n, 'quarter')} {'is' if n == 1 else 'are'} too few to tell which step helps"
    said = "; ".join(told) or "no step is proven to bring the forecast nearer"
    return said[0].upper() + said[1:]


def _points(part: float) -> str:
    """Return a fraction in hundredths."""
    whole = f"{100 * part:.0f}"
    return f"{100 * part:.1f}" if whole in ("0", "-0") and part else whole.replace("-0", "0")


def _cut(ax: object, values: pd.Series) -> str:
    """Return in words where an axis is cut, and what lies beyond it."""
    most = ax.get_xlim()[1]
    beyond = values[values > most]
    return f" Cut at {wording.share(most)}: {len(beyond)} beyond, marked with arrows." if len(beyond) else ""


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
    parts = [f"{name} {wording.money(middle, currency)}{_ends(low, high, currency)}" for name, low, middle, high in ranges]
    alt = f"{title}. Week {told.week} of {result.period.name}, booked {wording.money(told.booked, currency)}"
    alt += f"; by {wording.join(parts)}." if parts else "."
    caption = (
        f"The call week by week, and where {result.period.name} lands {odds} times: past calls, what "
        f"{wording.plural(past.n, 'quarter')} brought for each unit called in week {told.week}; open deals, one by one."
    )
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


def _methods(result: ForecastResult) -> Chart | None:
    call, week, others = result.found.call, result.knobs.horizon_weeks, result.others
    rows = result.errors[result.errors["horizon_weeks"].eq(week) & result.errors["wape"].notna()]
    rows = rows.merge(others[["method", "difference", "verdict"]], left_on="category", right_on="method", how="left")
    rows = rows[rows["method"].notna() | rows["category"].eq(call)].sort_values("wape", kind="stable")
    if len(rows) < 2 or not rows["category"].eq(call).any():
        return None
    rows = rows.assign(
        is_call=rows["category"].eq(call),
        label=rows["category"].map(LABELS).where(rows["category"].ne(call), "The call"),
    ).reset_index(drop=True)
    title, n = _title_of_methods(rows[~rows["is_call"]]), wording.plural(int(rows["n"].max()), "quarter")
    parts = []
    for row in rows.itertuples():
        ends = "" if wording.missing(row.wape_low) else f" ({wording.between(row.wape_low, row.wape_high, wording.share)})"
        parts.append(f"{row.label} {wording.share(row.wape)}{ends}")
    level = result.knobs.level
    caption = (
        f"{_ERROR}, week {week}, {n}, with ranges that hold {wording.odds(level)} times. Nearer, farther: than the "
        f"call, quarter by quarter; of methods that are no better, {wording.odds((1 - level) / 2)} looks nearer by chance."
    )
    ax = plot_methods(rows)
    caption += _cut(ax, rows["wape"])
    data = rows[["label", "wape", "wape_low", "wape_high", "difference", "n"]]
    alt = f"{title}. Error of week {week} in {n}: {wording.join(parts)}."
    return Chart("methods", title, alt, caption, ax, data, (None, "share", "share", "share", "share", "count"))


def _title_of_methods(others: pd.DataFrame) -> str:
    """Return whether anything simpler is nearer than the call beyond noise."""
    nearer, n = others[others["verdict"].eq("nearer")], len(others)
    n_farther = int(others["verdict"].eq("farther").sum())
    if len(nearer) == 1:
        return f"{nearer['label'].iloc[0]} is nearer than the call, beyond chance"
    if len(nearer):
        return f"{len(nearer)} of {n} simpler forecasts are nearer than the call, beyond chance"
    if others["verdict"].eq("not_enough").all():
        return "Too few quarters to tell whether anything simpler is nearer"
    if n_farther == n:
        return f"The call is nearer than {'all ' if n > 1 else ''}{wording.plural(n, 'simpler forecast')}"
    if n_farther:
        return f"Nothing simpler is proven nearer than the call; {n_farther} of {n} {'is' if n_farther == 1 else 'are'} farther"
    return "Nothing simpler is proven nearer than the call, nor farther"

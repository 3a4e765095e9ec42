"""What the charts of steps and methods claim: title, alternative text, caption and the data behind it."""

import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.charts.forecast_accuracy.rows import plot_methods, plot_steps
from revops.charts.style import Chart
from revops.measures.forecast_accuracy import LABELS, ForecastResult

__all__ = ["methods", "steps"]

_STEPS = {"stage_weighted": "stage weighting", "rep": "the reps' call", "manager": "the managers' call",
          "final": "the company's call"}  # fmt: skip
_ERROR = "Misses added up over what was booked (WAPE)"


def steps(result: ForecastResult) -> Chart | None:
    """Return what each step of the forecast adds; None with fewer than two steps."""
    told = result.steps[result.steps["wape"].notna()]
    if len(told) < 2:
        return None
    data = told.assign(label=told["step"].map(LABELS)).reset_index(drop=True)
    title, n = _title_of_steps(data), wording.plural(int(data["n_periods"].iloc[0]), "quarter")
    parts = []
    for row in data.itertuples():
        gain = row.forecast_value_added
        gain = (
            "" if wording.missing(gain) else f", better by {_points(gain)} point{'' if _points(gain) == '1' else 's'}"
        )
        ends = "" if wording.missing(row.low) else f" ({wording.between(row.low, row.high, _points)})"
        parts.append(f"{row.label} {wording.share(row.wape)}{gain}{ends}")
    week = result.knobs.horizon_weeks
    alt = f"{title}. Error of week {week} in {n}: {wording.join(parts)}."
    caption = (
        f"{_ERROR}, week {week}, {n}. The upright mark is the step before; the line across it is where chance alone "
        f"puts this step {wording.odds(result.knobs.level)} times: a line that crosses the mark proves nothing. "
        f"Better, worse: proven{_all_looked_at(len(data) - 1, 'steps')}."
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
            points = [_points(abs(gain)) for gain in rows["forecast_value_added"]]
            unit = f"point{'' if set(points) == {'1'} else 's'}{' each' if len(points) > len(set(points)) == 1 else ''}"
            points = wording.join(points if len(set(points)) > 1 else points[:1])
            said = f"{verbs[len(rows) > 1]} the error by {points} {unit}" if verdict == "adds" else (
                f"{verbs[len(rows) > 1]} {points} {unit} of error")  # fmt: skip
            told.append(f"{names} {said}")
    last = steps.iloc[-1]
    if not told and last["first_verdict"] in ("adds", "makes_worse"):
        points = _points(abs(last["added_to_first"]))
        verb = (
            f"cut the error by {points} points" if last["first_verdict"] == "adds" else f"add {points} points of error"
        )
        return f"Together the steps {verb}; no single one is proven to"
    if not told and steps["verdict"].iloc[1:].eq("not_enough").all():
        n = int(last["n_periods"])
        return f"{wording.plural(n, 'quarter')} {'is' if n == 1 else 'are'} too few to tell which step helps"
    said = "; ".join(told) or "no step is proven to bring the forecast nearer"
    return said[0].upper() + said[1:]


def _all_looked_at(n: int, what: str) -> str:
    return f" also when all {n} {what} are looked at" if n > 1 else ""


def _points(part: float) -> str:
    """Return a fraction in hundredths."""
    return f"{round(100 * part, 0 if abs(part) >= 0.01 else 1) + 0.0:g}"


def _cut(ax: Axes, values: pd.Series) -> str:
    """Return in words where an axis is cut, and what lies beyond it."""
    most = ax.get_xlim()[1]
    beyond = values[values > most]
    marked = "an arrow" if len(beyond) == 1 else "arrows"
    return f" Cut at {wording.share(most)}: {len(beyond)} beyond, marked with {marked}." if len(beyond) else ""


def methods(result: ForecastResult) -> Chart | None:
    """Return the call beside every simpler forecast; None without any."""
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
        ends = (
            "" if wording.missing(row.wape_low) else f" ({wording.between(row.wape_low, row.wape_high, wording.share)})"
        )
        parts.append(f"{row.label} {wording.share(row.wape)}{ends}")
    level = result.knobs.level
    caption = (
        f"{_ERROR}, week {week}, {n}, with ranges that hold {wording.odds(level)} times. Nearer, farther: than the "
        f"call, quarter by quarter, proven{_all_looked_at(len(others), 'forecasts')}; where none is better, at most "
        f"{wording.odds((1 - level) / 2)} reports name one as nearer."
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
        farther = f"{n_farther} of {n} {'is' if n_farther == 1 else 'are'} farther"
        return f"Nothing simpler is proven nearer than the call; {farther}"
    return "Nothing simpler is proven nearer than the call, nor farther"

"""The drawings of the pipeline coverage report."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.analysis.movement import KINDS
from revops.charts import style
from revops.charts.style import Chart
from revops.measures.pipeline_coverage import CoverageResult

__all__ = ["draw", "plot_coverage_by_day", "plot_created", "plot_landing", "plot_movement"]

_CEILING = 8.0
_DOTS = 50
_DOT_COLUMNS = 18


def draw(result: CoverageResult) -> list[Chart]:
    """Return the report's charts, those that the data allow."""
    charts = []
    if result.outlook is not None:
        charts.append(_landing(result))
    pace = result.pace
    if pace is not None and pace.loc[pace["period"].eq(result.period.name), "coverage"].notna().any():
        charts.append(_coverage_by_day(result))
    if result.moved is not None and len(result.moved):
        charts.append(_movement(result))
    if result.created["created_amount"].sum() > 0:
        charts.append(_created(result))
    return charts


def plot_coverage_by_day(
    pace: pd.DataFrame, period: str, *, needed: tuple[float, float, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw coverage against the day of the quarter: this one in front, earlier ones in grey behind it.

    needed is the low end, the value and the high end of the coverage needed today.

    A line ends where less than a tenth of the quota remains, since coverage then says nothing.
    """
    with style.report():
        ax = ax or style.axes()
        shown = pace[pace["quota_amount"] - pace["booked_amount"] > pace["quota_amount"] / 10]
        for name, line in shown.groupby("period", sort=True):
            now = name == period
            ax.plot(
                line["day"],
                line["coverage"],
                color=style.ACCENT if now else style.PAST,
                linewidth=2.2 if now else 1,
                zorder=3 if now else 2,
                label=name,
            )
        last = shown[shown["period"].eq(period)].tail(1)
        for day, coverage in zip(last["day"], last["coverage"], strict=True):
            ax.plot(day, coverage, "o", color=style.ACCENT, markersize=5, zorder=4)
            ax.annotate(
                f"this quarter {wording.multiple(coverage)}",
                (day, coverage),
                xytext=(6, 8),
                textcoords="offset points",
                color=style.ACCENT,
                weight="bold",
                zorder=5,
                bbox={"facecolor": style.GROUND, "edgecolor": "none", "pad": 1.5},
            )
            if needed is not None:
                low, value, high = needed
                ax.plot([day, day], [low, min(high, _CEILING)], color=style.INK, linewidth=1.2, zorder=4)
                ax.plot([day - 1.5, day + 1.5], [value, value], color=style.INK, linewidth=2.4, zorder=4)
                ax.annotate(
                    f"needed {wording.multiple(value)}",
                    (day, value),
                    xytext=(6, 8),
                    textcoords="offset points",
                    zorder=5,
                    bbox={"facecolor": style.GROUND, "edgecolor": "none", "pad": 1.5},
                )
        ax.set_xlabel("day of the quarter")
        ax.set_xlim(1, 92)
        top = max(shown["coverage"].quantile(0.95), last["coverage"].max() * 1.3, needed[1] * 1.3 if needed else 1, 1)
        ax.set_ylim(0, min(top, _CEILING))
        ax.yaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}x")
        return ax


def plot_landing(outcomes: np.ndarray, quota: float, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw fifty equally likely outcomes as dots, those that reach the quota in front, the quota as a line.

    outcomes are the fifty quantiles, in order.
    """
    with style.report():
        ax = ax or style.axes()
        low, high = outcomes[0], outcomes[-1]
        width = max(high - low, abs(high) * 0.05, 1.0) / _DOT_COLUMNS
        columns = np.floor((outcomes - low) / width).clip(max=_DOT_COLUMNS - 1)
        heights = [int((columns[:place] == column).sum()) for place, column in enumerate(columns)]
        reached = outcomes >= quota
        for chosen, colour in ((~reached, style.PAST), (reached, style.ACCENT)):
            ax.plot(low + (columns[chosen] + 0.5) * width, np.array(heights)[chosen] + 0.5, "o", color=colour, ms=8.6)
        if not np.isnan(quota):
            ax.axvline(quota, color=style.INK, linewidth=1.2, linestyle=(0, (5, 3)))
            top = max(heights) + 1.6
            side = "left" if quota < (low + high) / 2 else "right"
            shift = 5 if side == "left" else -5
            ax.annotate(f"quota {wording.money(quota, currency)}", (quota, top), xytext=(shift, 0),
                        textcoords="offset points", ha=side, va="top", color=style.INK, weight="bold")  # fmt: skip
        ends = [low, high] if np.isnan(quota) else [min(low, quota), max(high, quota)]
        ax.set_xlim(ends[0] - width, ends[1] + width)
        ax.set_ylim(0, max(heights) + 1.8)
        ax.yaxis.set_visible(False)
        ax.spines["left"].set_visible(False)
        ax.locator_params(axis="x", nbins=5)
        style.money_axis(ax, currency, which="x")
        return ax


def plot_movement(steps: pd.DataFrame, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw each kind of movement as a bar from nothing, to the right where it added, to the left where it took.

    steps has one row per bar, in order: label and amount.
    """
    with style.report():
        ax = ax or style.axes(height=0.35 + 0.31 * max(len(steps), 1))
        colours = [style.ACCENT if amount >= 0 else style.WARN for amount in steps["amount"]]
        ax.barh(range(len(steps)), steps["amount"], color=colours, height=0.62)
        for place, step in enumerate(steps.itertuples()):
            side = 1 if step.amount >= 0 else -1
            ax.annotate(
                wording.money(step.amount, currency, signed=True),
                (step.amount, place),
                xytext=(4 * side, 0),
                textcoords="offset points",
                va="center",
                ha="left" if side > 0 else "right",
            )
        low, high = min(steps["amount"].min(), 0), max(steps["amount"].max(), 0)
        room = 0.4 * ((high - low) or 1)
        ax.set_xlim(low - room * (low < 0), high + room * (high > 0))
        _rows(ax, steps["label"])
        ax.axvline(0, color=style.AXIS, linewidth=0.8)
        return ax


def plot_created(created: pd.DataFrame, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw created pipeline by source, with each source's share beside its bar."""
    with style.report():
        ax = ax or style.axes(height=0.5 + 0.29 * len(created))
        ax.barh(range(len(created)), created["created_amount"], color=style.ACCENT, height=0.62)
        for place, row in enumerate(created.itertuples()):
            text = f"{wording.money(row.created_amount, currency)}  {wording.share(row.share)}"
            ax.annotate(text, (row.created_amount, place), xytext=(4, 0), textcoords="offset points", va="center")
        ax.set_xlim(0, created["created_amount"].max() * 1.4 or 1)
        _rows(ax, [_words(name) for name in created["source"]])
        return ax


def _landing(result: CoverageResult) -> Chart:
    outlook, currency = result.outlook, result.view.company.currency
    dots = np.quantile(outlook.outcomes, (np.arange(_DOTS) + 0.5) / _DOTS)
    quota = float(result.headline["quota_amount"])
    n = int((dots >= quota).sum())
    ends = f"from {wording.money(dots[0], currency)} to {wording.money(dots[-1], currency)}"
    words = {0: "None", 1: "One", _DOTS: "All"}.get(n, f"{n}")
    said = (
        f"50 equally likely outcomes, {ends}"
        if np.isnan(quota)
        else f"{words} of 50 equally likely outcomes {'reaches' if n == 1 else 'reach'} quota"
    )
    alt = f"{said}. They lie between {ends.removeprefix('from ').replace(' to ', ' and ')}."
    caption = "Each dot is one outcome in 50: bookings so far, open deals by their chance, and what is not there yet."
    data = pd.DataFrame({"part": [0.1, 0.25, 0.5, 0.75, 0.9]})
    data["landing"] = np.quantile(outlook.outcomes, data["part"])
    data = data.rename(columns={"part": "outcomes_below"})
    axes = plot_landing(dots, quota, currency)
    return Chart("landing", said, alt, caption, axes, data, ("share", "money"))


def _coverage_by_day(result: CoverageResult) -> Chart:
    pace, period, day = result.pace, result.period, result.view.day
    need = result.needed_coverage
    ax = plot_coverage_by_day(pace, period.name, needed=need)
    on_day = pace[pace["day"].eq(period.day_of(period.clip(day)))]
    now = on_day.loc[on_day["period"].eq(period.name), "coverage"]
    past = on_day.loc[~on_day["period"].eq(period.name), "coverage"].dropna()
    this = wording.multiple(now.iloc[0] if len(now) else None)
    said = f"Coverage on day {period.day_of(period.clip(day))} is {this}"
    if len(past) and now.notna().any():
        said += f", {_rank(int((past < now.iloc[0]).sum()), len(past))}"
    low, high = wording.multiple(past.min()), wording.multiple(past.max())
    alt = f"{said}. On the same day they ranged from {low} to {high}." if len(past) else f"{said}."
    if need is not None:
        said = f"Coverage on day {period.day_of(day)} is {this}; {wording.multiple(need[1])} has been needed"
        alt = f"{alt} Needed: {wording.multiple(need[0])} to {wording.multiple(need[2])} in 8 of 10 quarters."
    caption = "Open pipeline due in the quarter over quota still to book, rebuilt as it stood on each day."
    data = on_day[["period", "quota_amount", "booked_amount", "open_pipeline_amount", "coverage", "start_coverage"]]
    starts = pace[pace["day"].eq(1)].set_index("period")["start_coverage"]
    data = data.assign(start_coverage=data["period"].map(starts)).reset_index(drop=True)
    units = (None, "money", "money", "money", "x", "x")
    return Chart("coverage_by_day", said, alt, caption, ax, data, units)


def _movement(result: CoverageResult) -> Chart:
    currency, moved = result.view.company.currency, result.moved
    sums = moved.groupby("kind")["amount"].agg(["sum", "size"])
    kinds = [kind for kind in KINDS if kind in sums.index]
    data = pd.DataFrame({"label": [KINDS[kind] for kind in kinds], **sums.loc[kinds].reset_index(drop=True)})
    data = data.set_axis(["label", "amount", "opportunities"], axis=1)
    now = float(result.headline["open_pipeline_amount"])
    change = now - result.open_before
    verb = (
        f"{'rose' if change > 0 else 'fell'} by {wording.money(abs(change), currency)}" if change else "did not change"
    )
    said = f"Open pipeline {verb} in {wording.plural(result.knobs.movement_days, 'day')}"
    ends = (
        f"From {wording.money(result.open_before, currency)} on {wording.day(result.moved_from)} "
        f"to {wording.money(now, currency)} on {wording.day(result.view.day)}"
    )
    parts = [f"{row.label} {wording.money(row.amount, currency, signed=True)}" for row in data.itertuples()]
    caption = f"{ends}; the bars add up to the difference, to the cent. What entered counts as now, what left as then."
    ax = plot_movement(data, currency)
    return Chart(
        "movement", said, f"{said}. {ends}: {wording.join(parts)}.", caption, ax, data, (None, "money", "count")
    )


def _created(result: CoverageResult) -> Chart:
    currency, created = result.view.company.currency, result.created
    top = created.loc[created["created_amount"].idxmax()]
    total = wording.money(created["created_amount"].sum(), currency)
    said = f"{_words(top.source).capitalize()} brought {wording.share(top.share)} of the {total} created so far"
    parts = [f"{_words(row.source)} {wording.money(row.created_amount, currency)}" for row in created.itertuples()]
    caption = f"Opportunities created in {result.period.name}, at today's amount, by the source they were created with."
    data = created[["source", "created_amount", "n", "share"]]
    units = (None, "money", "count", "share")
    return Chart(
        "created", said, f"{said}: {wording.join(parts)}.", caption, plot_created(created, currency), data, units
    )


def _rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the bars of a chart of rows, first one on top, with no axis to read."""
    ax.set_yticks(range(len(labels)), labels)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0, pad=8)
    ax.xaxis.set_visible(False)
    ax.spines[["bottom", "left"]].set_visible(False)


def _rank(below: int, n: int) -> str:
    """Return where this quarter stands among `n` earlier ones, `below` of which were lower."""
    if n == 1:
        return "above the quarter before" if below else "not above the quarter before"
    if below in (0, n):
        return f"above all {n} earlier quarters" if below else f"above none of {n} earlier quarters"
    return f"above {below} of {n} earlier quarters"


def _words(name: str) -> str:
    """Return a canonical name in words: customer_success as customer success."""
    return name.replace("_", " ")

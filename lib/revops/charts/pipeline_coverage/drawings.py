"""The drawings of the pipeline coverage report: tables in, Axes out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.charts import style

__all__ = ["plot_coverage_by_day", "plot_created", "plot_landing", "plot_movement"]

_CEILING = 8.0
_DOT_COLUMNS = 18


def plot_coverage_by_day(
    pace: pd.DataFrame,
    period: str,
    *,
    needed: tuple[float, float, float] | None = None,
    is_over: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw coverage against the days left in the quarter: this one in front, earlier ones in grey behind it.

    needed is the low end, the value and the high end of the coverage needed today; a quarter that is over has no
    today to mark.

    A line ends where less than a tenth of the quota remains, since coverage then says nothing.
    """
    with style.report():
        ax = ax or style.axes()
        shown = pace[pace["quota_amount"] - pace["booked_amount"] > pace["quota_amount"] / 10]
        for name, line in shown.groupby("period", sort=True):
            now = name == period
            colour, width = (style.ACCENT, 2.2) if now else (style.PAST, 1)
            ax.plot(
                line["days_left"], line["coverage"], color=colour, linewidth=width, zorder=3 if now else 2, label=name
            )
        last = pace[pace["period"].eq(period)].tail(1)
        last = last[last.index.isin(shown.index)]
        if not is_over:
            _mark_today(ax, last, needed)
        ax.set_xlabel("days left in the quarter")
        ax.set_xlim(92, -2)
        top = max(shown["coverage"].quantile(0.95), last["coverage"].max() * 1.3, needed[2] * 1.05 if needed else 1, 1)
        ax.set_ylim(0, min(top, _CEILING))
        ax.yaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}x")
        return ax


def _mark_today(ax: Axes, last: pd.DataFrame, needed: tuple[float, float, float] | None) -> None:
    """Mark where this quarter is, and what is needed there with its range; labels keep apart."""
    for left, coverage in zip(last["days_left"], last["coverage"], strict=True):
        ax.plot(left, coverage, "o", color=style.ACCENT, markersize=5, zorder=4)
        below = needed is not None and needed[1] > coverage
        _label(ax, f"this quarter {wording.multiple(coverage)}", left, coverage, below, style.ACCENT)
        if needed is not None:
            low, value, high = needed
            ax.plot([left, left], [low, min(high, _CEILING)], color=style.INK, linewidth=1.2, zorder=4)
            ax.plot([left - 1.5, left + 1.5], [value, value], color=style.INK, linewidth=2.4, zorder=4)
            _label(ax, f"needed {wording.multiple(value)}", left, min(value, _CEILING * 0.92), not below, style.INK)


def _label(ax: Axes, text: str, left: float, height: float, below: bool, colour: str) -> None:
    """Write beside a mark of today, on the side where there is room."""
    late = left < 35
    ax.annotate(
        text,
        (left, height),
        xytext=(-8 if late else 8, -14 if below else 8),
        textcoords="offset points",
        ha="right" if late else "left",
        color=colour,
        weight="bold",
        zorder=5,
        bbox={"facecolor": style.GROUND, "edgecolor": "none", "pad": 1.5},
    )


def plot_landing(outcomes: np.ndarray, quota: float, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw fifty equally likely outcomes as dots, those that reach the quota in front, the quota as a line.

    outcomes are the fifty quantiles, in order. Columns begin at the quota, so that each dot lies on its side of it.
    """
    with style.report():
        ax = ax or style.axes()
        low, high = outcomes[0], outcomes[-1]
        width = max(high - low, abs(high) * 0.05, 1.0) / _DOT_COLUMNS
        start = low if np.isnan(quota) else quota
        columns = np.floor((outcomes - start) / width)
        heights = np.array([(columns[:place] == column).sum() for place, column in enumerate(columns)])
        reached = outcomes >= quota
        for chosen, colour in ((~reached, style.PAST), (reached, style.ACCENT)):
            ax.plot(start + (columns[chosen] + 0.5) * width, heights[chosen] + 0.5, "o", color=colour, ms=8.6)
        ends = [low, high] if np.isnan(quota) else [min(low, quota), max(high, quota)]
        ax.set_xlim(ends[0] - width, ends[1] + width)
        ax.set_ylim(0, heights.max() + 2.8)
        if not np.isnan(quota):
            _mark_quota(ax, quota, currency)
        ax.yaxis.set_visible(False)
        ax.spines["left"].set_visible(False)
        ax.locator_params(axis="x", nbins=5)
        style.money_axis(ax, currency, which="x")
        return ax


def _mark_quota(ax: Axes, quota: float, currency: str) -> None:
    """Draw the quota as a line, named on the side where there is room."""
    ax.axvline(quota, color=style.INK, linewidth=1.2, linestyle=(0, (5, 3)))
    to_the_right = quota < sum(ax.get_xlim()) / 2
    ax.annotate(f"quota {wording.money(quota, currency)}", (quota, ax.get_ylim()[1]), va="top", color=style.INK,
                xytext=(5 if to_the_right else -5, 0), textcoords="offset points", weight="bold",
                ha="left" if to_the_right else "right")  # fmt: skip


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
        room = 0.4 * (high - low)
        ax.set_xlim(*(low - room * (low < 0), high + room * (high > 0)) if room else (-1, 1))
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
        _rows(ax, [name.replace("_", " ") for name in created["source"]])
        return ax


def _rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the bars of a chart of rows, first one on top, with no axis to read."""
    style.name_rows(ax, labels)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)

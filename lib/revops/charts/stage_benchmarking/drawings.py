"""Drawings of the stage benchmarking report over days, hours and quarters: tables in, Axes out."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops.charts import style
from revops.charts.rows import keep_apart

__all__ = ["plot_curves", "plot_mqls", "plot_touched"]

_LINE = 0.085
_LOOKS = {"past": (style.MUTE, 1.6), "now": (style.ACCENT, 2.4)}
_WORDS = {"past": "before", "now": "last weeks"}


def plot_curves(curves: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw by age the share that moved on, of the last weeks in front of the windows before, with their ranges.

    curves: when (now, past), age_days, share, low, high.
    """
    with style.report():
        ax = ax or style.axes(height=2.7)
        ends = []
        for when, (colour, width) in _LOOKS.items():
            line = curves[curves["when"].eq(when)]
            ax.fill_between(
                line["age_days"], line["low"], line["high"], color=colour, alpha=0.16, linewidth=0, zorder=1
            )
            ax.plot(line["age_days"], line["share"], color=colour, linewidth=width, zorder=3)
            if len(line):
                ends.append((_WORDS[when], line["age_days"].iloc[-1], line["share"].iloc[-1], colour))
        _shares(ax, curves["high"].max())
        ax.set_xlim(0, curves["age_days"].max() * 1.01)
        ax.locator_params(axis="x", integer=True, nbins=7)
        ax.set_xlabel("days since it came in")
        _name_ends(ax, ends)
        return ax


def plot_touched(curves: pd.DataFrame, sla: float, target: float, unit: str, *, ax: Axes | None = None) -> Axes:
    """Draw by office hour the share of MQLs touched, the last weeks in front of those before; SLA and target crossed.

    curves: when (now, past), hours, share.
    """
    with style.report():
        ax = ax or style.axes(height=2.7)
        ends = []
        for when, (colour, width) in _LOOKS.items():
            line = curves[curves["when"].eq(when)]
            ax.step(line["hours"], line["share"], where="post", color=colour, linewidth=width, zorder=3)
            if len(line):
                ends.append((_WORDS[when], line["hours"].iloc[-1], line["share"].iloc[-1], colour))
        _shares(ax, 1.0)
        ax.set_xlim(0, curves["hours"].max() * 1.01)
        ax.locator_params(axis="x", nbins=7)
        ax.set_xlabel(f"office {unit} since it was an MQL")
        ax.plot([sla, sla], [0, target], color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
        ax.plot([0, sla], [target, target], color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
        ax.plot(sla, target, "D", color=style.INK, markersize=5.5, zorder=5)
        ax.annotate("asked for", (sla, target), xytext=(7, 0), textcoords="offset points", va="center",
                    color=style.INK, weight="bold")  # fmt: skip
        _name_ends(ax, ends)
        return ax


def plot_mqls(quarters: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw MQLs by quarter as bars, the unfinished one hollow, with targets as lines across.

    quarters, in order: name, n, target, is_over.
    """
    with style.report():
        ax = ax or style.axes(height=2.5)
        for place, row in enumerate(quarters.itertuples()):
            ax.bar(place, row.n, width=0.62, color=style.ACCENT if row.is_over else "none", edgecolor=style.ACCENT,
                   linewidth=0 if row.is_over else 1.4, zorder=2)  # fmt: skip
            if np.isfinite(row.target):
                ax.plot([place - 0.4, place + 0.4], [row.target] * 2, color=style.INK, linewidth=2, zorder=3)
        ax.set_xticks(range(len(quarters)), [name[2:] if name.startswith("FY") else name for name in quarters["name"]])
        ax.tick_params(axis="x", length=0)
        ax.set_ylim(0, max(1.1 * float(np.nanmax(quarters[["n", "target"]].to_numpy(dtype=float))), 1.0))
        ax.locator_params(axis="y", nbins=5, integer=True)
        return ax


def _shares(ax: Axes, top: float) -> None:
    ax.set_ylim(0, min(max(1.06 * float(top), 0.05), 1.0))
    ax.locator_params(axis="y", nbins=5)
    ax.yaxis.set_major_formatter(lambda part, _: f"{part:.0%}")


def _name_ends(ax: Axes, ends: list[tuple[str, float, float, str]]) -> None:
    """Write what each line is right of the drawing, in the order of their last values and apart."""
    low, high = ax.get_ylim()
    heights = keep_apart([value for _, _, value, _ in ends], [_LINE * (high - low)] * len(ends), low, high)
    for (said, _, _, colour), height in zip(ends, heights, strict=True):
        ax.annotate(said, (1, height), xytext=(5, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                    va="center", color=colour, weight="bold", annotation_clip=False)  # fmt: skip

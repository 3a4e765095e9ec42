"""Drawings of the stage benchmarking report in rows: a row per step, stage or group."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.charts import style
from revops.charts.rows import at_right, short_name

__all__ = ["plot_groups", "plot_leaks", "plot_moved", "plot_stuck"]

_ROW, _TWO_LINES, _NARROW = 0.32, 0.42, 118
_VERDICTS = {"worse": style.WARN, "better": style.ACCENT}
_SURE = {"below": style.WARN, "above": style.ACCENT}


def plot_moved(rows: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw each share of the last weeks as a dot with its range, that of before as an upright line.

    rows, in order: label, now, now_low, now_high, past, verdict (worse, better: beyond noise; else empty).
    """
    with style.report():
        ax = ax or style.axes(height=0.75 + _height(rows["label"]))
        for place, row in enumerate(rows.itertuples()):
            colour = _VERDICTS.get(row.verdict, style.MUTE)
            ax.plot([row.now_low, row.now_high], [place, place], color=colour, linewidth=5, alpha=0.3,
                    solid_capstyle="butt", zorder=2)  # fmt: skip
            ax.plot([row.past, row.past], [place - 0.32, place + 0.32], color=style.INK, linewidth=1.4, zorder=3)
            ax.plot(row.now, place, "o", color=colour, markersize=6.5, zorder=4, clip_on=False)
            said = f"{wording.share(row.past)} → {wording.share(row.now)}"
            at_right(ax, said, place, style.INK if colour == style.MUTE else colour, bold=row.verdict in _VERDICTS)
        _shares(ax, rows[["now", "now_high", "past"]].max(axis=None))
        _named(ax, rows["label"])
        return ax


def plot_leaks(rows: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw of what came into each step how much moved on, still stands there, and was lost; they add up to all.

    rows, in order: label, moved_share, there_share, lost_share.
    """
    with style.report():
        ax = ax or style.axes(height=0.85 + _height(rows["label"]))
        left = np.zeros(len(rows))
        parts = (("moved_share", style.ACCENT), ("there_share", style.PAST), ("lost_share", style.WARN))
        for name, colour in parts:
            ax.barh(range(len(rows)), rows[name], left=left, color=colour, height=0.62, zorder=2)
            left = left + rows[name].to_numpy()
        for place, row in enumerate(rows.itertuples()):
            at_right(ax, f"{wording.share(row.lost_share)} lost", place, style.WARN, bold=bool(row.is_most))
        _shares(ax, 1.0)
        _named(ax, rows["label"])
        for text, place, colour in (("moved", 0.0, style.ACCENT), ("still there", 0.5, style.MUTE),
                                    ("lost", 1.0, style.WARN)):  # fmt: skip
            ax.annotate(text, (place, 1), xycoords="axes fraction", xytext=(0, 3), textcoords="offset points",
                        ha=("left", "center", "right")[int(2 * place)], va="bottom", color=colour, weight="bold",
                        annotation_clip=False)  # fmt: skip
        return ax


def plot_stuck(rows: pd.DataFrame, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw the money that is stuck in each stage as a bar, with how many opportunities it is.

    rows, in order: label, amount, n, halving_days.
    """
    with style.report():
        ax = ax or style.axes(height=0.75 + _height(rows["label"]))
        ax.barh(range(len(rows)), rows["amount"], color=style.WARN, height=0.55, zorder=2)
        for place, row in enumerate(rows.itertuples()):
            at_right(ax, f"{wording.plural(int(row.n), 'deal')}", place, style.INK)
        ax.set_xlim(0, max(float(rows["amount"].max()) * 1.04, 1.0))
        ax.locator_params(axis="x", nbins=4)
        style.money_axis(ax, currency, which="x")
        _named(ax, rows["label"])
        return ax


def plot_groups(rows: pd.DataFrame, whole: float, *, ax: Axes | None = None) -> Axes:
    """Draw the share of each group, drawn to the others, as a dot with its range; few ones hollow.

    rows, in order: label, share, low, high, is_few, verdict (above or below the rest, beyond chance), is_head: a row
    that only names those below it. whole: the share of all, dashed.
    """
    with style.report():
        ax = ax or style.axes(height=0.8 + _height(rows["label"]))
        for place, row in enumerate(rows.itertuples()):
            if row.is_head:
                continue
            colour = _SURE.get(row.verdict, style.MUTE)
            ax.plot([row.low, row.high], [place, place], color=colour, linewidth=5, alpha=0.3, solid_capstyle="butt",
                    zorder=2)  # fmt: skip
            ax.plot(row.share, place, "o", color=colour, markerfacecolor=style.GROUND if row.is_few else colour,
                    markersize=6.5, zorder=4, clip_on=False)  # fmt: skip
            word = "  few" if row.is_few else {"above": "  better", "below": "  worse"}.get(row.verdict, "")
            at_right(ax, f"{wording.share(row.share)}{word}", place, style.INK if colour == style.MUTE else colour,
                     bold=row.verdict in _SURE)  # fmt: skip
        if np.isfinite(whole):
            ax.axvline(whole, color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
        _shares(ax, rows[["share", "high"]].max(axis=None))
        _named(ax, rows["label"])
        for place in np.flatnonzero(rows["is_head"]):
            ax.get_yticklabels()[place].set(weight="bold", color=style.INK)
        return ax


def _height(labels: pd.Series) -> float:
    """Return the height of all rows, two lines where a name needs them."""
    two = any("\n" in short_name(str(label), _NARROW) for label in labels)
    return (_TWO_LINES if two else _ROW) * len(labels)


def _named(ax: Axes, labels: pd.Series) -> None:
    style.name_rows(ax, [short_name(str(label), _NARROW) for label in labels])
    ax.set_ylim(len(labels) - 0.45, -0.55)


def _shares(ax: Axes, most: float) -> None:
    ax.set_xlim(0, min(max(1.04 * float(np.nan_to_num(most)), 0.05), 1.0))
    ax.locator_params(axis="x", nbins=5)
    ax.xaxis.set_major_formatter(lambda part, _: f"{part:.0%}")

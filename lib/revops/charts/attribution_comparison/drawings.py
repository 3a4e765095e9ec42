"""Drawings of the attribution comparison report over models x channels, and over quarters: tables in, Axes out."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from revops.charts import style
from revops.charts.rows import keep_apart, short_name

__all__ = ["DARKEST", "plot_model_map", "plot_touched"]

DARKEST = 0.4
"""The strongest shade of a cell: on it, text is still dark enough on a light page and light enough on a dark one."""
_SHADES = 8
_CELL, _HEAD = 0.25, 1.75
_MOST_TICKS = 7
_LINE = 0.09


def plot_model_map(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of credit that each model (row) gives each channel (column), in percent, more = stronger.

    shares: one row per model, indexed by its label; one column per channel, named by its label.
    """
    with style.report():
        ax = ax or style.axes(height=_HEAD + _CELL * len(shares))
        values = shares.to_numpy(dtype=float)
        most = np.nanmax(values, initial=0.0) or 1.0
        shade = np.ceil(_SHADES * np.nan_to_num(values) / most).astype(int)
        for step in range(1, _SHADES + 1):
            cells = [_cell(row, column) for row, column in np.argwhere(shade == step)]
            if cells:
                ax.add_patch(PathPatch(Path.make_compound_path(*cells), facecolor=style.ACCENT, edgecolor="none",
                                       alpha=DARKEST * step / _SHADES))  # fmt: skip
        for (row, column), share in np.ndenumerate(values):
            ax.text(column, row, _percent(share), ha="center", va="center_baseline", color=style.INK)
        ax.set_xlim(-0.5, values.shape[1] - 0.5)
        ax.set_xticks(range(values.shape[1]), [short_name(name, 122, lines=1) for name in shares.columns], rotation=90)
        ax.xaxis.tick_top()
        ax.tick_params(axis="x", length=0, labelcolor=style.INK)
        style.name_rows(ax, [short_name(name, 100, lines=1) for name in shares.index])
        ax.set_ylim(len(shares) - 0.5, -0.5)
        for side in ("bottom", "top"):
            ax.spines[side].set_visible(False)
        return ax


def _cell(row: int, column: int) -> Path:
    left, right, top, bottom = column - 0.48, column + 0.48, row - 0.48, row + 0.48
    return Path([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], closed=True)


def _percent(share: float) -> str:
    if np.isnan(share):
        return "–"
    return "<1" if 0 < share < 0.005 else f"{100 * share:.0f}"


def plot_touched(quarters: pd.DataFrame, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw what touches of each quarter are credited with so far, and what was spent in it; young quarters in grey.

    quarters, in order: quarter, credited_amount, spend_amount (NaN without a known cost), is_mature.
    """
    with style.report():
        ax = ax or style.axes(height=2.7)
        place = np.arange(len(quarters))
        is_young = ~quarters["is_mature"].to_numpy(dtype=bool)
        top = quarters[["credited_amount", "spend_amount"]].max(axis=None)
        ends, looks = (
            {},
            {"credited_amount": ("credited", "o", style.ACCENT), "spend_amount": ("spent", "s", style.INK)},
        )
        for name, (word, marker, colour) in looks.items():
            values = quarters[name].to_numpy(dtype=float)
            if np.isnan(values).all():
                continue
            old = np.where(is_young, np.nan, values)
            ax.plot(place, values, color=style.PAST, linewidth=1.4, zorder=2)
            ax.plot(place, old, marker, linestyle="-", color=colour, linewidth=2, markersize=6, zorder=4, label=word)
            ax.plot(place[is_young], values[is_young], marker, color=style.AXIS, mfc=style.GROUND, ms=6, zorder=3)
            known = np.flatnonzero(~np.isnan(values))
            ends[word] = (values[known[-1]], colour)
        ax.set_xlim(-0.45, len(quarters) - 0.55)
        ax.set_ylim(0, 1.2 * top or 1)
        _words(ax, ends, len(quarters) - 1)
        every = int(np.ceil(len(quarters) / _MOST_TICKS))
        names = ["\n".join(reversed(str(name).split("-", 1))) for name in quarters["quarter"]]
        ax.set_xticks(place[::every], names[::every])
        style.money_axis(ax, currency)
        ax.locator_params(axis="y", nbins=5)
        return ax


def _words(ax: Axes, ends: dict[str, tuple[float, str]], place: int) -> None:
    """Write what each line is right of its last mark, in the order of their heights and apart."""
    low, high = ax.get_ylim()
    line = _LINE * (high - low)
    heights = keep_apart([value for value, _ in ends.values()], [line] * len(ends), low, high)
    for (word, (value, colour)), height in zip(ends.items(), heights, strict=True):
        ax.annotate(word, (place, value), xytext=(place + 0.15, height), textcoords="data", color=colour, va="center",
                    weight="bold", annotation_clip=False)  # fmt: skip

"""Drawings of the CAC payback report in rows: one for each definition, group or channel, in months."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.charts import style
from revops.charts.rows import at_right, beyond, cut_at, short_name

__all__ = ["plot_channels", "plot_groups", "plot_ladder"]

_ROW, _TWO_LINES, _NARROW = 0.32, 0.42, 112
_VERDICT_COLOURS = {"slower": style.WARN, "within": style.ACCENT, "depends": style.INK}
_SURE_COLOURS = {"above": style.WARN, "below": style.ACCENT}


def plot_ladder(rungs: pd.DataFrame, target: float, *, ax: Axes | None = None) -> Axes:
    """Draw payback by definition as a dot with its range; the one that the report goes by in front.

    rungs, in order: label, payback_months, low, high (NaN where unknown), is_headline. target is drawn dashed.
    """
    with style.report():
        ax = ax or style.axes(height=0.95 + _ROW * len(rungs))
        most = _most(rungs["payback_months"], rungs[["payback_months", "high"]], target)
        for place, row in enumerate(rungs.itertuples()):
            colour = style.ACCENT if row.is_headline else style.MUTE
            _ranged(ax, place, row.payback_months, (row.low, row.high), most, colour)
            at_right(ax, wording.months(row.payback_months), place, colour if row.is_headline else style.INK,
                     bold=bool(row.is_headline))  # fmt: skip
        _finish(ax, rungs["label"], most, target, widest=150)
        _bold(ax, np.flatnonzero(rungs["is_headline"]), style.ACCENT)
        return ax


def plot_groups(groups: pd.DataFrame, target: float, *, ax: Axes | None = None) -> Axes:
    """Draw payback by group as a dot with its range; those of few customers hollow.

    groups, in order: label, payback_months, low, high, is_few, sure (above, below: of the target; or empty), is_head:
    a row that only names those below it. target is drawn dashed.
    """
    with style.report():
        ax = ax or style.axes(height=0.95 + _row(groups["label"], 0.29) * len(groups))
        most = _most(groups["payback_months"], groups[["payback_months", "high"]], target)
        for place, row in enumerate(groups.itertuples()):
            if row.is_head:
                continue
            colour = _SURE_COLOURS.get(row.sure, style.MUTE)
            _ranged(ax, place, row.payback_months, (row.low, row.high), most, colour, hollow=row.is_few)
            word = "  few" if row.is_few else {"above": "  slower", "below": "  within"}.get(row.sure, "")
            at_right(ax, f"{wording.months(row.payback_months)}{word}", place,
                     style.INK if colour == style.MUTE else colour, bold=row.sure in _SURE_COLOURS)  # fmt: skip
        _finish(ax, groups["label"], most, target, widest=_NARROW)
        _bold(ax, np.flatnonzero(groups["is_head"]), style.INK)
        return ax


def plot_channels(channels: pd.DataFrame, target: float, *, ax: Axes | None = None) -> Axes:
    """Draw payback by channel, lowest to highest model: a dot under the one that leads, a ring for own cost alone.

    channels, in order: label, own_payback_months, payback_months, lowest_months, highest_months (infinite where some
    model credits nothing), verdict (slower, within, depends, few, or overhead: slower even without own cost), is_sure.
    target is drawn dashed.
    """
    with style.report():
        ax = ax or style.axes(height=0.95 + _row(channels["label"], _ROW) * len(channels))
        ends = channels[["own_payback_months", "payback_months", "highest_months", "lowest_months"]]
        most = _most(channels["payback_months"], ends, target)
        for place, row in enumerate(channels.itertuples()):
            colour = _VERDICT_COLOURS.get(row.verdict, style.MUTE)
            ends = np.minimum([row.lowest_months, row.highest_months], most)
            ax.plot(ends, [place, place], color=colour, linewidth=7, alpha=0.35, solid_capstyle="butt", zorder=2)
            if row.own_payback_months <= most:
                ax.plot(row.own_payback_months, place, "o", color=colour, markerfacecolor=style.GROUND, markersize=4.5,
                        zorder=4, clip_on=False)  # fmt: skip
            if row.payback_months <= most:
                ax.plot(row.payback_months, place, "o", color=colour, markersize=6.5, zorder=5, clip_on=False)
            beyond(ax, np.nanmax([row.highest_months, row.payback_months]), most, place, colour)
            is_judged = row.verdict in ("slower", "within")
            word = row.verdict if row.is_sure or not is_judged else f"{row.verdict}?"
            at_right(ax, word, place, colour, bold=bool(row.is_sure and is_judged))
        _finish(ax, channels["label"], most, target, widest=_NARROW)
        return ax


def _row(labels: pd.Series, usual: float) -> float:
    """Return how high a row is: higher where a name takes two lines."""
    return _TWO_LINES if any("\n" in short_name(label, _NARROW) for label in labels) else usual


def _most(usual: pd.Series, values: pd.DataFrame, target: float) -> float:
    """Return where the axis of months ends: the target is on it, and an end without limit has room."""
    known = values.to_numpy(dtype=float).ravel()
    room = (1.15 if np.isinf(known).any() else 1.03) * known[np.isfinite(known)].max(initial=0.0)
    return cut_at(np.append(usual.to_numpy(dtype=float), target), [room, 1.15 * target], least=2 * target)


def _ranged(ax: Axes, place: int, middle: float, ends: Sequence[float], most: float, colour: str, *,
            hollow: bool = False) -> None:  # fmt: skip
    """Draw a dot with its range, and an arrow where one of them lies beyond the axis."""
    ax.plot(np.minimum(ends, most), [place, place], color=colour, linewidth=1.8, zorder=3)
    if middle <= most:
        ax.plot(middle, place, "o", color=colour, markerfacecolor=style.GROUND if hollow else colour, markersize=6.5,
                zorder=4, clip_on=False)  # fmt: skip
    beyond(ax, max(middle, ends[1] if np.isfinite(ends[0]) else middle), most, place, colour)


def _finish(ax: Axes, labels: pd.Series, most: float, target: float, *, widest: float) -> None:
    """Set the axes, name the rows, and mark the target above them."""
    ax.axvline(target, color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
    ax.set_xlim(0, most)
    style.name_rows(ax, [short_name(label, widest) for label in labels])
    ax.set_ylim(len(labels) - 0.5, -1.2)
    late = target > most / 2
    ax.annotate(f"target {target:g}", (target, -0.85), xytext=(-3 if late else 3, 0), textcoords="offset points",
                ha="right" if late else "left", va="center", color=style.INK, weight="bold")  # fmt: skip
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel("months to pay back")


def _bold(ax: Axes, places: Sequence[int], colour: str) -> None:
    """Write the names of some rows in bold."""
    names = ax.get_yticklabels()
    for place in places:
        names[place].set(weight="bold", color=colour)

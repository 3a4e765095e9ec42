"""Drawings in rows of what the models hang on: ranks, settings, and made-up buyers whose truth is known."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.charts import style
from revops.charts.attribution_comparison.rows import name_marks
from revops.charts.rows import at_right, short_name

__all__ = ["plot_planted", "plot_ranks", "plot_tornado"]

_NARROW = 110


def plot_ranks(channels: pd.DataFrame, top: int, *, ax: Axes | None = None) -> Axes:
    """Draw the rank of each channel with its range, and write the chance that it is among the first.

    channels, in order: label, rank, rank_low, rank_high, top_chance, is_sure, is_few; those of few deals are hollow.
    """
    with style.report():
        ax = ax or style.axes(height=0.95 + 0.32 * len(channels))
        for place, row in enumerate(channels.itertuples()):
            colour = style.ACCENT if row.is_sure else style.MUTE
            ax.plot([row.rank_low, row.rank_high], [place, place], color=colour, linewidth=1.8, zorder=3)
            face = style.GROUND if row.is_few else colour
            ax.plot(row.rank, place, "o", color=colour, markerfacecolor=face, markersize=6.5, zorder=4, clip_on=False)
            at_right(ax, wording.told_share(row.top_chance), place, colour if row.is_sure else style.INK,
                     bold=bool(row.is_sure))  # fmt: skip
        at_right(ax, f"first {top}", -0.9, style.MUTE)
        last = max(len(channels), channels["rank_high"].max())
        if top < last:
            ax.axvline(top + 0.5, color=style.AXIS, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
        ax.set_xlim(0.5, last + 0.5)
        style.name_rows(ax, [short_name(label, _NARROW) for label in channels["label"]])
        ax.set_ylim(len(channels) - 0.5, -1.2)
        every = int(np.ceil(last / 12))
        ax.set_xticks(range(1, int(last) + 1, every))
        ax.set_xlabel("rank by credit")
        return ax


def plot_tornado(moved: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how much of all credit each setting moves to other channels, below what the choice of model moves.

    moved, in order: label, share_moved, text, is_model.
    """
    with style.report():
        ax = ax or style.axes(height=0.35 + 0.42 * len(moved))
        for place, row in enumerate(moved.itertuples()):
            ax.barh(place, row.share_moved, color=style.INK if row.is_model else style.ACCENT, height=0.5)
            at_right(ax, row.text, place, style.INK, bold=row.is_model)
        ax.set_xlim(0, moved["share_moved"].max() or 1)
        style.name_rows(ax, [short_name(label, 135) for label in moved["label"]])
        ax.set_ylim(len(moved) - 0.5, -0.5)
        ax.xaxis.set_visible(False)
        ax.spines["bottom"].set_visible(False)
        ax.axvline(0, color=style.AXIS, linewidth=0.8)
        return ax


def plot_planted(models: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what each model credits to channels that do nothing, in two worlds; the truth is none.

    models, in order: label, random_share, keen_share.
    """
    with style.report():
        ax = ax or style.axes(height=0.9 + 0.32 * len(models))
        ax.axvline(0, color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=1, clip_on=False)
        for place, row in enumerate(models.itertuples()):
            ax.plot([row.random_share, row.keen_share], [place, place], color=style.PAST, linewidth=2, zorder=2)
            ax.plot(row.random_share, place, "o", color=style.INK, markerfacecolor=style.GROUND, markersize=8, zorder=3,
                    clip_on=False)  # fmt: skip
            ax.plot(row.keen_share, place, "o", color=style.WARN, markersize=5, zorder=4, clip_on=False)
            at_right(ax, wording.share(row.keen_share), place, style.WARN)
        most = models[["random_share", "keen_share"]].max(axis=None)
        low = min(models[["random_share", "keen_share"]].min(axis=None), 0)
        ax.set_xlim(low, max(most, 0.05) * 1.03)
        style.name_rows(ax, [short_name(label, _NARROW) for label in models["label"]])
        ax.set_ylim(len(models) - 0.5, -1.5)
        ax.locator_params(axis="x", nbins=4)
        ax.xaxis.set_major_formatter(lambda part, _: f"{part:.0%}")
        top = models.iloc[0]
        marks = [("met by chance", top["random_share"], style.INK), ("keen met more", top["keen_share"], style.WARN)]
        name_marks(ax, marks)
        return ax

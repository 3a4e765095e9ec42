"""Drawings of the attribution comparison report in rows, one for each channel or campaign: from lowest to highest."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.charts import style
from revops.charts.rows import at_right, beyond, cut_at, keep_apart, short_name, signed_share, wide_of

__all__ = ["VERDICT_COLOURS", "name_marks", "plot_decisions", "plot_returns", "plot_shares"]

VERDICT_COLOURS = {"keep": style.ACCENT, "cut": style.WARN, "all": style.ACCENT, "none": style.WARN}
_ROW, _NARROW = 0.32, 110
_WORD = 8.0


def plot_decisions(channels: pd.DataFrame, most_cost: float, currency: str = "USD", *, ax: Axes | None = None) -> Axes:
    """Draw what one unit of a currency credited to each channel costs, from the model that says least to the one that
    says most.

    channels, in order: label, lowest_cost, reference_cost, highest_cost (infinite where some model credits nothing),
    verdict, is_sure, is_few. most_cost is the limit, drawn dashed.
    """
    with style.report():
        ax = ax or style.axes(height=0.95 + _ROW * len(channels))
        ends = channels[["lowest_cost", "reference_cost", "highest_cost"]].to_numpy(dtype=float).ravel()
        room = 1.25 * ends[np.isfinite(ends)].max(initial=0.0) if np.isinf(ends).any() else 0.0
        usual = np.append(channels["reference_cost"].to_numpy(dtype=float), most_cost)
        most = cut_at(usual, [*ends, room, 1.2 * most_cost], least=2 * most_cost)
        for place, row in enumerate(channels.itertuples()):
            colour = style.MUTE if row.is_few else VERDICT_COLOURS.get(row.verdict, style.INK)
            _range(ax, place, np.minimum([row.lowest_cost, row.highest_cost], most), colour)
            if row.reference_cost <= most:
                ax.plot(row.reference_cost, place, "o", color=colour, markersize=6.5, zorder=4, clip_on=False)
            beyond(ax, row.highest_cost, most, place, colour)
            word = row.verdict if row.is_sure or row.verdict == "depends" else f"{row.verdict}?"
            at_right(
                ax, "few" if row.is_few else word, place, colour, bold=bool(row.is_sure and row.verdict != "depends")
            )
        ax.axvline(most_cost, color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
        ax.set_xlim(0, most)
        _named(ax, channels["label"])
        late = most_cost > most / 2
        limit = f"limit {wording.cost_of_one(most_cost, currency)}"
        ax.annotate(limit, (most_cost, -0.85), xytext=(-3 if late else 3, 0), textcoords="offset points",
                    ha="right" if late else "left", va="center", color=style.INK, weight="bold")  # fmt: skip
        ax.set_ylim(len(channels) - 0.5, -1.2)
        ax.xaxis.set_major_formatter(lambda cost, _: wording.cost_of_one(cost, currency))
        ax.set_xlabel(f"what {wording.money(1, currency, exact=True)} of credit costs")
        return ax


def plot_shares(channels: pd.DataFrame, reference: str, *, ax: Axes | None = None) -> Axes:
    """Draw the share of credit of each channel from the lowest to the highest model, and what three models give it.

    channels, in order: label, lowest_share, first_share, reference_share, last_share, highest_share; those of models
    that there are not are NaN. reference is its name above the first row.
    """
    with style.report():
        ax = ax or style.axes(height=0.9 + _ROW * len(channels))
        marks = {
            "first_share": ("first", "o", style.INK, style.GROUND),
            "last_share": ("last", "s", style.INK, style.INK),
            "reference_share": (reference, "o", style.ACCENT, style.ACCENT),
        }
        marks = {name: mark for name, mark in marks.items() if channels[name].notna().any()}
        for place, row in enumerate(channels.itertuples()):
            _range(ax, place, (row.lowest_share, row.highest_share), style.AXIS)
            for name, (_, marker, edge, face) in marks.items():
                ax.plot(getattr(row, name), place, marker, color=edge, markerfacecolor=face, markersize=6, zorder=4,
                        clip_on=False)  # fmt: skip
            at_right(ax, wording.between(row.lowest_share, row.highest_share, wording.share), place, style.INK)
        ax.set_xlim(0, channels["highest_share"].max() * 1.03 or 1)
        _named(ax, channels["label"])
        ax.set_ylim(len(channels) - 0.5, -1.5)
        _percents(ax)
        top = channels.iloc[0]
        name_marks(ax, [(text, top[name], edge) for name, (text, _, edge, _) in marks.items()])
        return ax


def plot_returns(campaigns: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what each campaign returned on its spend, from the rule that says least to the one that says most.

    campaigns, in order: label, lowest_return, highest_return, verdict, is_mature; those not yet mature are hollow.
    """
    with style.report():
        ax = ax or style.axes(height=0.75 + 0.4 * len(campaigns))
        low, high = campaigns["lowest_return"], campaigns["highest_return"]
        most = max(cut_at(high[high > 0], high[high > 0], least=2.0), 0.25)
        for place, row in enumerate(campaigns.itertuples()):
            colour = VERDICT_COLOURS.get(row.verdict, style.MUTE)
            left, right = np.minimum([row.lowest_return, row.highest_return], most)
            face = colour if row.is_mature else style.GROUND
            ax.barh(place, right - left, left=left, height=0.36, color=face, edgecolor=colour, linewidth=1.4, zorder=3)
            beyond(ax, row.highest_return, most, place, colour)
            ink = style.INK if row.verdict == "some" else colour
            at_right(ax, row.verdict, place, ink, bold=row.verdict != "some")
        ax.axvline(0, color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
        ax.set_xlim(min(low.min(), -0.25) * 1.05, most * 1.02)
        _named(ax, campaigns["label"], widest=150)
        ax.xaxis.set_major_formatter(signed_share)
        ax.set_xlabel("return on spend")
        return ax


def name_marks(ax: Axes, marks: Sequence[tuple[str, float, str]], place: float = -1.05) -> None:
    """Name marks of the first row above it, each with a line down to its own; the names keep order and apart."""
    marks = [mark for mark in marks if not wording.missing(mark[1])]
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    per_point = (high - low) / (ax.get_window_extent().width * 72 / ax.figure.dpi)
    wide = [(1.08 * wide_of(text) + _WORD) * per_point for text, *_ in marks]
    places = keep_apart([at for _, at, _ in marks], wide, low, high)
    for (text, at, colour), where in zip(marks, places, strict=True):
        ax.plot([where, at], [place + 0.28, -0.24], color=colour, linewidth=0.8, clip_on=False, zorder=3)
        ax.annotate(text, (where, place), ha="center", va="center", color=colour, weight="bold", annotation_clip=False)


def _range(ax: Axes, place: int, ends: Sequence[float], colour: str) -> None:
    ax.plot(ends, [place, place], color=colour, linewidth=7, alpha=0.35, solid_capstyle="butt", zorder=2)


def _named(ax: Axes, labels: pd.Series, *, widest: float = _NARROW) -> None:
    style.name_rows(ax, [short_name(label, widest) for label in labels])
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.locator_params(axis="x", nbins=4)


def _percents(ax: Axes) -> None:
    ax.xaxis.set_major_formatter(lambda part, _: f"{part:.0%}")

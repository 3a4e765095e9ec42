"""Drawings of the forecast accuracy report in rows: one for each step, method, unit or kind of deal."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.charts import style
from revops.charts.rows import ON_BAR, at_right, beyond, cut_at, short_name, signed_share

__all__ = ["FATE_COLOURS", "plot_methods", "plot_slipped", "plot_steps", "plot_units"]

FATE_COLOURS = {"won": style.ACCENT, "lost": style.PAST, "slipped": style.WARN, "overdue": style.MUTE,
                "other": style.AXIS}  # fmt: skip
_NARROW = 110
_NARROWEST = 0.12
_LETTER, _GAP = 0.037, 0.03


def plot_steps(steps: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the error of each step as a bar, with the range of what it changes against the step before.

    steps, in order: label, wape, forecast_value_added, low, high, verdict.
    """
    with style.report():
        ax = ax or style.axes(height=0.35 + 0.36 * len(steps))
        before = steps["wape"].shift()
        ends = np.concatenate([steps["wape"], before - steps["high"], before - steps["low"]])
        most = cut_at(steps["wape"], ends, least=0.0)
        for place, row in enumerate(steps.itertuples()):
            ax.barh(place, min(row.wape, most), color=_verdict_colour(row.verdict), height=0.56)
            if place:
                previous = min(before.iloc[place], most)
                ax.plot([previous, previous], [place - 0.28, place + 0.38], color=style.INK, linewidth=1)
                whisker = np.clip([before.iloc[place] - row.high, before.iloc[place] - row.low], 0, most)
                ax.plot(whisker, [place, place], color=style.INK, linewidth=1.4)
            beyond(ax, row.wape, most, place, style.INK)
            word = {"adds": "  better", "makes_worse": "  worse"}.get(row.verdict, "")
            colour = style.WARN if row.verdict == "makes_worse" else style.INK
            at_right(ax, f"{wording.share(row.wape)}{word}", place, colour, bold=bool(word))
        ax.set_xlim(0, most or 1)
        style.name_rows(ax, [short_name(label) for label in steps["label"]])
        ax.xaxis.set_visible(False)
        ax.spines["bottom"].set_visible(False)
        ax.axvline(0, color=style.AXIS, linewidth=0.8)
        return ax


def _verdict_colour(verdict: object) -> str:
    return {"adds": style.ACCENT, "makes_worse": style.WARN}.get(verdict, style.PAST)


def plot_methods(methods: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the error of each forecast as a dot with its range, the call in front.

    methods, in order: label, wape, wape_low, wape_high, is_call, verdict.
    """
    with style.report():
        ax = ax or style.axes(height=0.55 + 0.32 * len(methods))
        most = cut_at(methods["wape"], np.concatenate([methods["wape"], methods["wape_high"]]), least=0.0)
        for place, row in enumerate(methods.itertuples()):
            colour = style.ACCENT if row.is_call else style.MUTE
            ax.plot(np.minimum([row.wape_low, row.wape_high], most), [place, place], color=colour, linewidth=1.6)
            if row.wape <= most:
                ax.plot(row.wape, place, "o", color=colour, markersize=6, clip_on=False)
            beyond(ax, row.wape, most, place, colour)
            word = f"  {row.verdict}" if row.verdict in ("nearer", "farther") else ""
            at_right(ax, f"{wording.share(row.wape)}{word}", place, colour if row.is_call else style.INK,
                      bold=row.is_call or row.verdict == "nearer")  # fmt: skip
        ax.set_xlim(0, most or 1)
        style.name_rows(ax, [short_name(label) for label in methods["label"]])
        ax.set_ylim(len(methods) - 0.5, -0.5)
        ax.locator_params(axis="x", nbins=3)
        ax.xaxis.set_major_formatter(lambda part, _: f"{part:.0%}")
        return ax


def plot_units(units: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the bias of each team or owner as a dot with its range, those with a finding in front, few quarters hollow.

    units, in order: label, bias, low, high, n, is_few, finding.
    """
    with style.report():
        ax = ax or style.axes(height=0.55 + 0.32 * len(units))
        ends = np.concatenate([units["bias"], units["low"], units["high"]])
        low, high = (max(cut_at(units["bias"], side), 0.1) for side in (ends[ends < 0], ends[ends > 0]))
        ax.axvline(0, color=style.INK, linewidth=0.9, linestyle=(0, (5, 3)))
        for place, row in enumerate(units.itertuples()):
            colour = style.ACCENT if row.finding else style.MUTE
            ax.plot(np.clip([row.low, row.high], -low, high), [place, place], color=colour, linewidth=1.6)
            face = style.GROUND if row.is_few else colour
            ax.plot(np.clip(row.bias, -low, high), place, "o", color=colour, mfc=face, ms=6, clip_on=False)
            word = row.finding or (wording.plural(row.n, "quarter") if row.is_few else "")
            ink = style.ACCENT if row.finding else style.INK
            at_right(ax, f"{signed_share(row.bias)}  {word}".rstrip(), place, ink, bold=bool(row.finding))
        ax.set_xlim(-low, high)
        style.name_rows(ax, [short_name(label, _NARROW) for label in units["label"]])
        ax.set_ylim(len(units) - 0.5, -0.5)
        ax.locator_params(axis="x", nbins=3)
        ax.xaxis.set_major_formatter(signed_share)
        return ax


def plot_slipped(slipped: pd.DataFrame, fates: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Draw what became of the amount due on day 1 as one bar of shares for each number of earlier pushes.

    slipped, in order: label, n, and <fate>_share for each of the fates.
    """
    with style.report():
        ax = ax or style.axes(height=0.65 + 0.36 * len(slipped))
        for place, (_, row) in enumerate(slipped.iterrows()):
            start = 0.0
            for fate in fates:
                part, colour = row[f"{fate}_share"], FATE_COLOURS[fate]
                ax.barh(place, part, left=start, color=colour, height=0.66, edgecolor=style.GROUND, linewidth=1)
                if part >= _NARROWEST:
                    ax.annotate(wording.share(part), (start + part / 2, place), ha="center", va="center", **ON_BAR)
                start += part
            at_right(ax, f"n={row['n']:,}" if place == 0 else f"{row['n']:,}", place, style.MUTE)
        ax.set_xlim(0, 1)
        style.name_rows(ax, slipped["label"])
        _fate_names(ax, slipped.iloc[0], [fate for fate in fates if fate != "other"])
        ax.set_ylim(len(slipped) - 0.5, -1.0)
        ax.xaxis.set_visible(False)
        ax.spines["bottom"].set_visible(False)
        return ax


def _fate_names(ax: Axes, row: pd.Series, fates: Sequence[str]) -> None:
    """Name the parts above the first bar, each over its own as far as the names keep apart; they do fit in all."""
    parts = np.array([row[f"{fate}_share"] for fate in fates])
    wide = np.array([_LETTER * len(fate) + _GAP for fate in fates])
    places = np.cumsum(parts) - parts / 2
    for number in range(len(fates)):
        least = wide[number] / 2 if number == 0 else places[number - 1] + (wide[number - 1] + wide[number]) / 2
        places[number] = max(places[number], least)
    for number in reversed(range(len(fates))):
        last = number == len(fates) - 1
        most = 1 - (wide[number] - _GAP) / 2 if last else places[number + 1] - (wide[number] + wide[number + 1]) / 2
        places[number] = min(places[number], most)
    for fate, place in zip(fates, places, strict=True):
        colour = style.INK if FATE_COLOURS[fate] == style.PAST else FATE_COLOURS[fate]
        ax.annotate(fate, (place, -0.62), ha="center", va="center", color=colour, weight="bold")

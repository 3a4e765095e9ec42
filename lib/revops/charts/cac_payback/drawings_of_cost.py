"""Drawings of the CAC payback report over lags and over quarters: tables in, Axes out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation, Transform

from revops import wording
from revops.charts import style
from revops.charts.rows import wide_of

__all__ = ["LOSSES", "WINS", "plot_bridge", "plot_lag_curve"]

WINS = {"new": (style.ACCENT, 1.0), "expansion": (style.ACCENT, 0.5), "reactivation": (style.AXIS, 1.0)}
LOSSES = {"contraction": (style.WARN, 0.45), "churn": (style.WARN, 1.0)}
"""What moves recurring revenue, up and down, from zero outwards: colour and how strong."""
_YOUNG = 0.4
_BAR = 0.68
_BESIDE, _NEAR = 0.4, 0.2
_SQUARE, _SPACE = 12.0, 12.0


def plot_lag_curve(curve: pd.DataFrame, median: float, headline: float, *, ax: Axes | None = None) -> Axes:
    """Draw payback by how many months earlier cost is counted, with the median lag and the lag as measured marked.

    curve: lag_months, payback_months (NaN where unknown). median, headline [months]: NaN where there are none.
    """
    with style.report():
        ax = ax or style.axes(height=2.5)
        lag, payback = curve["lag_months"], curve["payback_months"]
        ax.plot(lag, payback, "o-", color=style.ACCENT, linewidth=1.8, markersize=4, zorder=3)
        drawn = np.array([*payback, headline])
        top = 1.35 * float(drawn[np.isfinite(drawn)].max(initial=0.0))
        ax.set_ylim(0, top or 1.0)
        ax.set_xlim(-0.3, float(lag.max()) + 0.3)
        if np.isfinite(headline):
            ax.axhline(headline, color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
            ax.annotate(f"measured\n{wording.months(headline)}", (1, headline), xytext=(5, 0), color=style.INK,
                        xycoords=("axes fraction", "data"), textcoords="offset points", va="center", weight="bold",
                        annotation_clip=False)  # fmt: skip
        at = payback[lag.eq(median)].dropna()
        if len(at):
            ax.plot(median, at.iloc[0], "o", color=style.ACCENT, markersize=9, zorder=4)
            late = median > lag.max() / 2
            beside = payback[(lag - median).mul(-1 if late else 1).between(0, _BESIDE * lag.max())].max()
            height = headline if beside < headline < beside + _NEAR * top else beside
            ax.annotate(f"median lag: {wording.months(at.iloc[0])}", (median, height), color=style.ACCENT,
                        xytext=(5 if late else -5, 9), textcoords="offset points", va="bottom", weight="bold",
                        ha="right" if late else "left")  # fmt: skip
        ax.locator_params(axis="x", integer=True, nbins=7)
        ax.locator_params(axis="y", nbins=4)
        ax.set_xlabel("months that cost is counted earlier")
        ax.set_ylabel("months to pay back")
        return ax


def plot_bridge(quarters: pd.DataFrame, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw what moved recurring revenue in each quarter: what it won above zero, what it lost below, the net as a mark.

    quarters, in order: period, new, expansion, reactivation, contraction, churn (the last two at most 0), is_whole;
    those that are not are pale.
    """
    with style.report():
        ax = ax or style.axes(height=2.9)
        place = np.arange(len(quarters))
        whole = quarters["is_whole"].to_numpy(dtype=bool)
        known = [name for name in (*WINS, *LOSSES) if quarters[name].fillna(0.0).ne(0).any()]
        up, down = (_stack(ax, quarters, {name: looks[name] for name in known if name in looks}, whole)
                    for looks in (WINS, LOSSES))  # fmt: skip
        net = quarters[[*WINS, *LOSSES]].sum(axis=1)
        ax.plot(place, net, "D", color=style.INK, markerfacecolor=style.GROUND, markersize=5, zorder=4)
        ax.axhline(0, color=style.INK, linewidth=0.8, zorder=3)
        size = (up + down) or 1.0
        ax.set_ylim(-down - 0.2 * size, up + 0.06 * size)
        ax.set_xlim(-0.6, len(quarters) - 0.4)
        ax.set_xticks(place, _quarter_names(quarters["period"]))
        style.money_axis(ax, currency)
        ax.locator_params(axis="y", nbins=5)
        _legend(ax, [(name, *WINS[name]) for name in WINS if name in known] + [("net", None, 1.0)], 1.0, 9)
        _legend(ax, [(name, *LOSSES[name]) for name in LOSSES if name in known], 0.0, 10)
        return ax


def _stack(ax: Axes, quarters: pd.DataFrame, looks: dict[str, tuple[str, float]], whole: np.ndarray) -> float:
    """Draw parts of each quarter on top of each other from zero outwards; return how far the longest reaches."""
    place, end = np.arange(len(quarters)), np.zeros(len(quarters))
    for name, (colour, strong) in looks.items():
        part = quarters[name].fillna(0.0).to_numpy(dtype=float)
        for mask, pale in ((whole, 1.0), (~whole, _YOUNG)):
            ax.bar(place[mask], part[mask], bottom=end[mask], width=_BAR, color=colour, alpha=strong * pale)
        end = end + part
    return float(np.abs(end).max(initial=0.0))


def _quarter_names(names: Sequence[str]) -> list[str]:
    """Return names below bars: the quarter, and the year below the first one and wherever it changes."""
    parts = [str(name).split("-", 1) for name in names]
    years = [part[0] for part in parts]
    new = [number == 0 or years[number] != years[number - 1] for number in range(len(parts))]
    return [f"{part[-1]}\n{part[0]}" if first and len(part) > 1 else part[-1]
            for part, first in zip(parts, new, strict=True)]  # fmt: skip


def _legend(ax: Axes, names: Sequence[tuple[str, str | None, float]], height: float, above: float) -> None:
    """Write what the colours are in a row from the left, each behind its square; without a colour, the net's mark."""
    at = 2.0
    for name, colour, strong in names:
        mark = {"marker": "D", "mfc": style.GROUND, "color": style.INK, "ms": 5}
        if colour is not None:
            mark = {"marker": "s", "color": colour, "alpha": strong, "ms": 7, "mew": 0}
        ax.plot(0, height, transform=_moved(ax, at + 4, above), clip_on=False, **mark)
        ax.annotate(name, (0, height), xytext=(at + _SQUARE, above), xycoords="axes fraction", va="center",
                    textcoords="offset points", color=style.INK, annotation_clip=False)  # fmt: skip
        at += _SQUARE + wide_of(name) + _SPACE


def _moved(ax: Axes, right: float, up: float) -> Transform:
    """Return the transform to a place so many points from a corner of the drawing."""
    return ax.transAxes + ScaledTranslation(right / 72, up / 72, ax.figure.dpi_scale_trans)

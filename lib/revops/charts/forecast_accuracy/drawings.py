"""Drawings of the forecast accuracy report over weeks and over chances: tables in, Axes out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from revops import wording
from revops.charts import style
from revops.charts.rows import cut_at, signed_share

__all__ = ["plot_error_by_week", "plot_open_quarter", "plot_reliability"]

_WEEKS = (1, 4, 7, 10, 13)
_LINE = 0.085
_DIGIT, _COUNTS = 0.028, 0.1
_APART = 7.0


def plot_error_by_week(quarters: pd.DataFrame, bias: pd.DataFrame, *, off_by: float, ax: Axes | None = None) -> Axes:
    """Draw the error of each quarter's call week by week, thin, and the bias of all together with its range in front.

    quarters: period, horizon_weeks, error_rate, oldest quarter first; the last one is named. bias: horizon_weeks,
    bias_rate, bias_low, bias_high. off_by is marked on both sides of zero.
    """
    with style.report():
        ax = ax or style.axes(height=2.75)
        _limits(ax, quarters, bias, off_by)
        for place in (-off_by, off_by):
            ax.axhline(place, color=style.AXIS, linewidth=0.9, linestyle=(0, (1, 3)))
        ax.axhline(0, color=style.AXIS, linewidth=0.8)
        names = quarters["period"].unique()
        for name in names:
            line = quarters[quarters["period"].eq(name)]
            look = {"color": style.MUTE, "linestyle": (0, (5, 2))} if name == names[-1] else {"color": style.PAST}
            ax.plot(line["horizon_weeks"], line["error_rate"], linewidth=1.2, label=name, **_dot(line), **look)
        week = bias["horizon_weeks"]
        ax.fill_between(week, bias["bias_low"], bias["bias_high"], color=style.ACCENT, alpha=0.18, linewidth=0)
        ax.plot(week, bias["bias_rate"], color=style.ACCENT, linewidth=2.6, zorder=4, label="bias", **_dot(bias))
        last = quarters[quarters["period"].eq(names[-1])]["error_rate"]
        _ends(ax, {"bias": (bias["bias_rate"], style.ACCENT), names[-1]: (last, style.MUTE)})
        ax.set_xlim(0.6, 13.2)
        ax.set_xticks(_WEEKS, ["week 1", *(f"{week}" for week in _WEEKS[1:])])
        return ax


def _dot(line: pd.DataFrame) -> dict[str, object]:
    """Return what makes a line of one point visible."""
    return {"marker": "o", "markersize": 4} if len(line) == 1 else {}


def _limits(ax: Axes, quarters: pd.DataFrame, bias: pd.DataFrame, off_by: float) -> None:
    """Set the axis of errors, cut where some lie far beyond the bias, and its ticks: zero, the marks, and others."""
    ends = (quarters["error_rate"], bias["bias_rate"], bias["bias_low"], bias["bias_high"])
    drawn = np.concatenate([part.to_numpy(dtype=float) for part in ends])
    drawn = drawn[np.isfinite(drawn)]
    low, high = (max(cut_at(bias["bias_rate"], side), 1.25 * off_by) for side in (drawn[drawn < 0], drawn[drawn > 0]))
    ax.set_ylim(-1.05 * low, 1.05 * high)
    room = 0.09 * (low + high)
    ticks = [0.0] + ([-off_by, off_by] if off_by > room else [])
    for tick in MaxNLocator(4).tick_values(-low, high):
        if -low <= tick <= high and min(abs(tick - known) for known in ticks) > room:
            ticks.append(float(tick))
    ax.set_yticks(sorted(ticks))
    ax.yaxis.set_major_formatter(signed_share)


def _ends(ax: Axes, lines: dict[str, tuple[pd.Series, str]]) -> None:
    """Name lines at their right end, apart from each other."""
    bottom, top = ax.get_ylim()
    ends = [(np.clip(values.dropna().iloc[-1], bottom, top), name, colour) for name, (values, colour) in lines.items()]
    (low, *lower), (high, *upper) = sorted(ends)
    gap = max(_LINE * (top - bottom) - (high - low), 0) / 2
    for height, (name, colour) in ((low - gap, lower), (high + gap, upper)):
        ax.annotate(name, (13.35, height), va="center", color=colour, weight="bold", annotation_clip=False)


def plot_reliability(table: pd.DataFrame, *, named: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw for each chance told the share won with its range, the diagonal where both agree, and how many deals.

    table: told, won_share, low, high, n, is_few; few are drawn hollow. named: the chance told that the title is about.
    """
    with style.report():
        ax = ax or style.axes(height=3.0)
        ax.plot([0, 1], [0, 1], color=style.AXIS, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
        ax.annotate(
            "as told",
            (0.93, 0.93),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=style.MUTE,
        )
        for row in table.itertuples():
            colour = style.WARN if row.told == named else style.ACCENT
            ax.plot([row.told, row.told], [row.low, row.high], color=colour, linewidth=1.8, zorder=3)
            face = style.GROUND if row.is_few else colour
            ax.plot(row.told, row.won_share, "o", color=colour, markerfacecolor=face, markersize=6, zorder=4)
            if row.told == named:
                above = row.won_share > row.told
                ax.annotate(f"{wording.share(row.won_share)} won", (row.told, row.high if above else row.low),
                            xytext=(0, 3 if above else -3), textcoords="offset points", weight="bold", color=colour,
                            ha="left" if row.told < 0.1 else "right" if row.told > 0.9 else "center",
                            va="bottom" if above else "top", zorder=5)  # fmt: skip
        _counts(ax, table)
        ax.set_xlim(-0.03, 1.03)
        ax.set_xticks(np.linspace(0, 1, 6))
        ax.set_yticks(np.linspace(0, 1, 6))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(lambda part, _: f"{part:.0%}")
        ax.set_xlabel("chance told")
        ax.set_ylabel("won in the quarter")
        return ax


def _counts(ax: Axes, table: pd.DataFrame) -> None:
    """Write how many deals each dot stands for above it, in as many lines as keep the numbers apart."""
    lines: list[float] = []
    for row in table.itertuples():
        wide = _DIGIT * (len(f"{row.n:,}") + 0.5)
        free = next((number for number, end in enumerate(lines) if row.told - wide / 2 > end), len(lines))
        lines[free : free + 1] = [row.told + wide / 2]
        ax.annotate(f"{row.n:,}", (row.told, 1.09 + free * _COUNTS), ha="center", va="center", color=style.MUTE)
    ax.annotate("n =", (0, 1.09), xycoords=("axes fraction", "data"), xytext=(-16, 0), textcoords="offset points",
                ha="right", va="center", color=style.MUTE, annotation_clip=False)  # fmt: skip
    ax.set_ylim(-0.03, 1.13 + _COUNTS * max(len(lines) - 1, 0))
    ax.spines["left"].set_bounds(-0.03, 1)


def plot_open_quarter(
    calls: pd.DataFrame,
    ranges: Sequence[tuple[str, float, float, float]],
    *,
    booked: float,
    currency: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw the call of the open quarter week by week, what is booked, and beside it where the quarter lands.

    calls: horizon_weeks, forecast_amount. ranges: what it is called, low, middle and high end; the first in front.
    """
    with style.report():
        ax = ax or style.axes(height=2.75)
        week, call = calls["horizon_weeks"], calls["forecast_amount"]
        ax.step(week, call, where="post", color=style.INK, linewidth=1.8, label="call")
        now, value = week.iloc[-1], call.iloc[-1]
        ax.plot(now, value, "o", color=style.INK, markersize=5.5, zorder=4)
        ends = [end for _, *told in ranges for end in told]
        drawn = [end for end in (*call, booked, *ends) if np.isfinite(end)]
        bottom, top = min(0.0, *drawn), max(0.0, *drawn)
        ax.set_ylim(bottom, (top - bottom) * 1.16 + bottom or 1)
        _beside(ax, f"call {wording.money(value, currency)}", now, value, value >= booked, style.INK)
        if np.isfinite(booked):
            ax.plot(now, booked, "s", color=style.MUTE, markersize=5.5, zorder=4)
            _beside(ax, f"booked {wording.money(booked, currency)}", now, booked, value < booked, style.MUTE)
        places = [17.6 + _APART * number for number in range(len(ranges))]
        for place, told in zip(places, ranges, strict=True):
            _range(ax, place, told[1:], style.ACCENT if place == places[0] else style.MUTE)
        ax.set_xlim(0.4, (20.6 + _APART * (len(ranges) - 1)) if ranges else 13.6)
        names = [f"{name}\n{wording.money(middle, currency)}" for name, _, middle, _ in ranges]
        weeks = _WEEKS[::2] if ranges else _WEEKS
        ax.set_xticks([*weeks, *places], [f"week {weeks[0]}", *(f"{week}" for week in weeks[1:]), *names])
        for label in ax.get_xticklabels()[len(weeks) :]:
            label.set(color=style.INK, weight="bold")
        style.money_axis(ax, currency)
        ax.locator_params(axis="y", nbins=5)
        return ax


def _range(ax: Axes, place: float, told: Sequence[float], colour: str) -> None:
    """Draw one range as a bar with its middle."""
    low, middle, high = told
    ax.plot([place, place], [low, high], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
    ax.plot(place, middle, "D", color=colour, markersize=6, zorder=4)


def _beside(ax: Axes, text: str, week: float, height: float, above: bool, colour: str) -> None:
    """Write beside a mark of today, on the side where there is room."""
    late = week > 6
    ax.annotate(text, (week, height), xytext=(4 if late else -4, 9 if above else -9), textcoords="offset points",
                ha="right" if late else "left", va="bottom" if above else "top", color=colour, weight="bold",
                bbox=_ground(), zorder=5)  # fmt: skip


def _ground() -> dict[str, object]:
    return {"facecolor": style.GROUND, "edgecolor": "none", "pad": 1.0}

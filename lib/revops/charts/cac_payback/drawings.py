"""Drawings of the CAC payback report over the ages of customers: tables in, Axes out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops.charts import style
from revops.charts.rows import keep_apart, wide_of

__all__ = ["name_ends", "plot_cohorts", "plot_paid_back", "plot_survival", "upright"]

_LINE = 0.085
_GAP, _ROOM_BELOW = 4.0, 0.15
_GREYS = (style.MUTE, style.AXIS, style.PAST)
_LEAST_TOP = 0.1


def plot_paid_back(
    curve: pd.DataFrame, target: float, *, cash: pd.DataFrame | None = None, word: str = "in cash",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw by age the share of new customers that has paid back its cost, and that left before, with their ranges.

    curve: age_months, paid_back_share, paid_back_low, paid_back_high, lost_share, lost_low, lost_high. cash:
    age_months, paid_back_share as money came in, a thin line named `word`. target [months] is marked where it is within
    the ages.
    """
    with style.report():
        ax = ax or style.axes(height=2.75)
        age, ends = curve["age_months"], []
        for name, said, colour in (("lost", "left first", style.WARN), ("paid_back", "paid back", style.ACCENT)):
            share = curve[f"{name}_share"]
            _band(ax, age, curve[f"{name}_low"], curve[f"{name}_high"], colour)
            ax.plot(age, share, color=colour, linewidth=2.4, zorder=4, **_dot(share))
            ends.append((said, share, colour))
        if cash is not None and len(cash):
            paid = cash["paid_back_share"]
            ax.plot(cash["age_months"], paid, color=style.MUTE, linewidth=1.2, zorder=3, **_dot(paid))
            ends.append((word, paid, style.MUTE))
        bands = [curve[f"{name}_{end}"] for name in ("lost", "paid_back") for end in ("low", "high")]
        _shares(ax, _top(*bands, *(part for _, part, _ in ends)))
        last = max(part["age_months"].max() for part in (curve, cash) if part is not None and len(part))
        _ages(ax, last)
        name_ends(ax, [(said, part.dropna().iloc[-1], colour) for said, part, colour in ends if part.notna().any()])
        upright(ax, target)
        return ax


def plot_cohorts(curves: pd.DataFrame, cohorts: Sequence[str], front: str, *, ax: Axes | None = None) -> Axes:
    """Draw by age the share paid back of each cohort, oldest first: one in front with its range, the others in grey.

    curves: cohort, age_months, paid_back_share, paid_back_low, paid_back_high.
    """
    with style.report():
        ax = ax or style.axes(height=2.75)
        lines = {name: curves[curves["cohort"].eq(name)] for name in cohorts}
        others = [name for name in cohorts if name != front]
        looks = dict(zip(reversed(others), (*_GREYS, *[style.PAST] * len(others)), strict=False))
        looks[front] = style.ACCENT
        own = lines[front]
        _band(ax, own["age_months"], own["paid_back_low"], own["paid_back_high"], style.ACCENT)
        for name, line in lines.items():
            wide, order = (2.4, 4) if name == front else (1.6, 3)
            ax.plot(line["age_months"], line["paid_back_share"], color=looks[name], linewidth=wide, zorder=order,
                    **_dot(line["paid_back_share"]))  # fmt: skip
        _shares(ax, _top(curves["paid_back_share"], own[["paid_back_low", "paid_back_high"]]))
        _ages(ax, curves["age_months"].max())
        low, high = ax.get_ylim()
        last = {name: line.dropna(subset="paid_back_share").iloc[-1] for name, line in lines.items()}
        heights = keep_apart([row["paid_back_share"] for row in last.values()], [_LINE * (high - low)] * len(last),
                             low, high)  # fmt: skip
        for (name, row), height in zip(last.items(), heights, strict=True):
            ink = style.ACCENT if name == front else style.MUTE
            ax.annotate(name, (row["age_months"], height), xytext=(5, 0), textcoords="offset points", va="center",
                        color=ink, weight="bold" if name == front else "normal", annotation_clip=False, zorder=5,
                        bbox={"facecolor": style.GROUND, "edgecolor": "none", "pad": 1})  # fmt: skip
        return ax


def plot_survival(curve: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw by age the share of customers still there with its range; what is extrapolated is grey and dashed.

    curve: age_months, survival, low, high, is_tail.
    """
    with style.report():
        ax = ax or style.axes(height=2.6)
        is_tail = curve["is_tail"].to_numpy(dtype=bool)
        seen, tail = curve[~is_tail], curve[is_tail | np.append(is_tail[1:], False)]
        _band(ax, seen["age_months"], seen["low"], seen["high"], style.ACCENT)
        ax.plot(seen["age_months"], seen["survival"], color=style.ACCENT, linewidth=2.4, zorder=4,
                **_dot(seen["survival"]))  # fmt: skip
        ends = [("seen", seen, style.ACCENT)] if len(seen) else []
        if is_tail.any():
            _band(ax, tail["age_months"], tail["low"], tail["high"], style.AXIS)
            ax.plot(tail["age_months"], tail["survival"], color=style.MUTE, linewidth=1.6, linestyle=(0, (4, 2)),
                    zorder=3)  # fmt: skip
            ends.append(("extrapolated", tail, style.MUTE))
        _shares(ax, 1.0)
        _ages(ax, curve["age_months"].max())
        _name_below(ax, curve, ends)
        return ax


def _name_below(ax: Axes, curve: pd.DataFrame, parts: Sequence[tuple[str, pd.DataFrame, str]]) -> None:
    """Name parts of a curve below them, or above where there is no room; apart from each other, within the drawing."""
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    per_point = (high - low) / (ax.get_window_extent().width * 72 / ax.figure.dpi)
    wide = [(1.08 * wide_of(said) + 2 * _GAP) * per_point for said, *_ in parts]
    places = keep_apart([part["age_months"].mean() for _, part, _ in parts], wide, low, high)
    for (said, _, colour), place, size in zip(parts, places, wide, strict=True):
        is_near = (curve["age_months"] - place).abs() <= size / 2 + 1
        ends = curve.loc[is_near, ["survival", "low", "high"]]
        below = ends.min(axis=None) > _ROOM_BELOW
        ax.annotate(said, (place, ends.min(axis=None) if below else ends.max(axis=None)), ha="center",
                    xytext=(0, -_GAP if below else _GAP), textcoords="offset points", va="top" if below else "bottom",
                    color=colour, weight="bold")  # fmt: skip


def name_ends(ax: Axes, ends: Sequence[tuple[str, float, str]]) -> None:
    """Write what each line is, right of the drawing, in the order of their last values and apart."""
    low, high = ax.get_ylim()
    line = _LINE * (high - low)
    heights = keep_apart([value for _, value, _ in ends], [line] * len(ends), low, high)
    for (said, _, colour), height in zip(ends, heights, strict=True):
        ax.annotate(said, (1, height), xytext=(5, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                    va="center", color=colour, weight="bold", annotation_clip=False)  # fmt: skip


def upright(ax: Axes, target: float) -> None:
    """Mark the target by a dashed line with its name on top, where it is within the drawing."""
    low, high = ax.get_xlim()
    if not low <= target <= high:
        return
    ax.axvline(target, color=style.INK, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
    side = "left" if target < (low + high) / 2 else "right"
    ax.annotate(f"target {target:g}", (target, 1), xycoords=("data", "axes fraction"), ha=side, va="bottom",
                xytext=(0, 2), textcoords="offset points", color=style.INK, weight="bold",
                annotation_clip=False)  # fmt: skip


def _dot(values: pd.Series) -> dict[str, object]:
    """Return what makes a line of one point visible."""
    return {"marker": "o", "markersize": 5} if values.notna().sum() == 1 else {}


def _band(ax: Axes, age: pd.Series, low: pd.Series, high: pd.Series, colour: str) -> None:
    """Draw a range by age; of one age, as an upright bar."""
    if len(age) == 1:
        ax.plot([age.iloc[0]] * 2, [low.iloc[0], high.iloc[0]], color=colour, linewidth=5, alpha=0.25,
                solid_capstyle="butt")  # fmt: skip
    else:
        ax.fill_between(age, low, high, color=colour, alpha=0.18, linewidth=0)


def _top(*parts: pd.Series | pd.DataFrame) -> float:
    """Return where an axis of shares ends."""
    values = np.concatenate([part.to_numpy(dtype=float).ravel() for part in parts])
    return min(max(1.06 * float(values[np.isfinite(values)].max(initial=0.0)), _LEAST_TOP), 1.0)


def _shares(ax: Axes, top: float) -> None:
    ax.set_ylim(0, top)
    ax.locator_params(axis="y", nbins=5)
    ax.yaxis.set_major_formatter(lambda part, _: f"{part:.0%}")


def _ages(ax: Axes, last: float) -> None:
    ax.set_xlim(0, max(float(last), 2.0) * 1.01)
    ax.locator_params(axis="x", integer=True, nbins=7, steps=[1, 2, 3, 6, 10])
    ax.set_xlabel("months since the first bill")

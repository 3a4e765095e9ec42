"""The drawings of the revenue answer report: tables in, Axes out."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from revops import wording
from revops.charts import style
from revops.charts.rows import at_right, keep_apart, short_name

__all__ = ["COLOURS", "plot_bridge", "plot_quarters"]

COLOURS = {"marketing": style.AXIS, "sales": style.ACCENT, "finance": style.INK}
_WORDS = {**COLOURS, "marketing": style.MUTE}
"""Colours of their names: a line may be paler than words."""
_HEIGHT, _PALE = 0.62, 0.45
_POINTS_A_LINE = 14.0


def plot_bridge(lines: pd.DataFrame, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw a bridge from answer to answer, in rows: each answer from nothing, each step from where the last ended.

    lines, in order: label, kind (answer, step, open: a step that nobody has explained yet), booked, committed, before
    (where a step begins), total; an answer of NaN cannot be told, and only its name stands there.
    """
    with style.report():
        ax = ax or style.axes(height=0.35 + 0.36 * max(len(lines), 1))
        for place, line in enumerate(lines.itertuples()):
            _row(ax, place, line, currency)
        _connect(ax, lines)
        ends = np.nan_to_num([0.0, *lines["total"].where(lines["kind"].eq("answer")), *lines["before"],
                              *(lines["before"] + lines["total"])])  # fmt: skip
        room = 0.03 * (ends.max() - ends.min()) or 1.0
        ax.set_xlim(ends.min() - (room if ends.min() < 0 else 0.0), ends.max() + room)
        ax.axvline(0, color=style.AXIS, linewidth=0.8)
        style.name_rows(ax, [short_name(label) for label in lines["label"]])
        for text, kind in zip(ax.get_yticklabels(), lines["kind"], strict=True):
            text.set(color=style.INK if kind == "answer" else style.WARN if kind == "open" else style.MUTE,
                     weight="bold" if kind == "answer" else "normal")  # fmt: skip
        ax.xaxis.set_visible(False)
        ax.spines["bottom"].set_visible(False)
        return ax


def _row(ax: Axes, place: int, line: object, currency: str) -> None:
    """Draw one line of the bridge, its amount beside it: of an answer what is booked, and paler what is committed."""
    if line.kind == "answer":
        if not wording.missing(line.total):
            ax.barh(place, line.booked, color=style.ACCENT, height=_HEIGHT)
            left = max(line.booked, 0.0)
            ax.barh(place, line.committed, left=left, color=style.ACCENT, alpha=_PALE, height=_HEIGHT)
        at_right(ax, wording.money(line.total, currency), place, style.INK, bold=True)
        return
    colour = style.WARN if line.kind == "open" else style.PAST
    ax.barh(place, line.total, left=line.before, color=colour, height=_HEIGHT)
    told = wording.money(line.total, currency, signed=True)
    at_right(ax, told, place, style.WARN if line.kind == "open" else style.MUTE)


def _connect(ax: Axes, lines: pd.DataFrame) -> None:
    """Draw a thin line from where each row ends to where the next begins."""
    end = lines["total"].where(lines["kind"].eq("answer"), lines["before"] + lines["total"])
    for place, where in enumerate(end[:-1]):
        if np.isfinite(where):
            ax.plot([where, where], [place + _HEIGHT / 2, place + 1 - _HEIGHT / 2], color=style.AXIS, linewidth=0.8)


def plot_quarters(answers: pd.DataFrame, currency: str, *, ax: Axes | None = None) -> Axes:
    """Draw what each function would have said is booked, quarter by quarter.

    answers: period (in order), who, booked [NaN: cannot be told].
    """
    with style.report():
        ax = ax or style.axes(height=2.9)
        periods = answers["period"].drop_duplicates().tolist()
        place = {name: number for number, name in enumerate(periods)}
        ends = {}
        for who, colour in COLOURS.items():
            line = answers[answers["who"].eq(who)]
            if line["booked"].isna().all():
                continue
            ax.plot(
                line["period"].map(place), line["booked"], "o-", color=colour, linewidth=1.8, markersize=5, zorder=3
            )
            line = line.dropna(subset="booked")
            at = line["period"].map(place)
            ends[who] = (float(at.iloc[-1]), float(line["booked"].iloc[-1]))
        top = float(answers["booked"].max()) if answers["booked"].notna().any() else 1.0
        low = min(float(answers["booked"].min()), 0.0) if answers["booked"].notna().any() else 0.0
        ax.set_ylim(1.08 * low, 1.08 * top or 1.0)
        ax.set_xlim(-0.3, len(periods) - 0.7)
        _name_lines(ax, ends)
        ax.set_xticks(range(len(periods)), _names(periods))
        style.money_axis(ax, currency)
        ax.locator_params(axis="y", nbins=5)
        return ax


def _name_lines(ax: Axes, ends: dict[str, tuple[float, float]]) -> None:
    """Name each line right of the drawing, at the height it ends, apart from the others."""
    low, high = ax.get_ylim()
    points = ax.figure.get_figheight() * 72 * 0.75
    heights = [(end - low) / (high - low) * points for _, end in ends.values()]
    places = keep_apart(heights, [_POINTS_A_LINE] * len(heights), 0.0, points)
    for who, height in zip(ends, places, strict=True):
        ax.annotate(who, (1, height / points), xytext=(6, 0), xycoords="axes fraction", textcoords="offset points",
                    va="center", color=_WORDS[who], weight="bold", annotation_clip=False)  # fmt: skip


def _names(periods: list[str]) -> list[str]:
    """Return names below marks: the quarter, and the year below the first one and wherever it changes."""
    parts = [name.partition("-") for name in periods]
    years = [year for year, _, _ in parts]
    return [f"{quarter or year}\n{year}" if number == 0 or years[number - 1] != year else quarter or year
            for number, (year, _, quarter) in enumerate(parts)]  # fmt: skip

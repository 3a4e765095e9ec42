"""What drawings in rows share: where an axis ends, what stands beside a row, and names short enough to stand there."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from revops.charts import style

__all__ = ["ON_BAR", "at_right", "beyond", "cut_at", "keep_apart", "short_name", "signed_share", "wide_of"]

ON_BAR = {"color": style.INK, "bbox": {"facecolor": style.GROUND, "edgecolor": "none", "pad": 1.5}}
"""How text on a bar is written: on the page's ground, since bars have colours."""
_LEAST_CUT = 1.5
_LONGEST, _LEAST = 23, 6
_WIDE = 150


def cut_at(usual: Sequence[float], values: Sequence[float], *, least: float = _LEAST_CUT) -> float:
    """Return where an axis of shares ends: at the largest value, but not beyond both `least` and four times the middle
    one of the usual values."""
    usual, values = (np.abs(np.asarray(part, dtype=float)) for part in (usual, values))
    usual, values = usual[np.isfinite(usual)], values[np.isfinite(values)]
    most = max(least, 4 * float(np.median(usual))) if len(usual) else least
    return float(min(values.max(initial=0.0), most))


def signed_share(part: float, _: object = None) -> str:
    """Return a fraction as percent with its sign; zero has none."""
    return f"{part:+.0%}" if round(part, 2) else "0%"


def at_right(ax: Axes, text: str, place: float, colour: str, *, bold: bool = False) -> None:
    """Write beside a row, right of the drawing."""
    ax.annotate(text, (1, place), xytext=(9, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                va="center", color=colour, weight="bold" if bold else "normal", annotation_clip=False)  # fmt: skip


def beyond(ax: Axes, value: float, most: float, place: int, colour: str) -> None:
    """Mark a value that lies beyond the axis."""
    if value > most:
        ax.plot(most, place, ">", color=colour, markersize=7, zorder=5, clip_on=False)


def short_name(name: str, widest: float = _WIDE, lines: int = 2) -> str:
    """Return a name on at most so many lines, cut where it is longer than these can hold."""
    for longest in range(_LONGEST, _LEAST, -1):
        short = textwrap.fill(name, longest, max_lines=lines, placeholder="…")
        if max(map(wide_of, short.splitlines()), default=0.0) <= widest:
            break
    return short


def wide_of(text: str) -> float:
    """Return how wide a line of text is, in points."""
    return text_to_path.get_text_width_height_descent(text, FontProperties(size=11), False)[0]


def keep_apart(wanted: Sequence[float], wide: Sequence[float], low: float, high: float) -> np.ndarray:
    """Return where texts stand that want to be centred at some places: in their order, apart, and within two ends as
    far as they fit in all."""
    places, wide = np.array(wanted, dtype=float), np.asarray(wide, dtype=float)
    order = np.argsort(places, kind="stable")
    for before, number in zip([None, *order], order, strict=False):
        least = low + wide[number] / 2 if before is None else places[before] + (wide[before] + wide[number]) / 2
        places[number] = max(places[number], least)
    for after, number in zip([None, *order[::-1]], order[::-1], strict=False):
        most = high - wide[number] / 2 if after is None else places[after] - (wide[after] + wide[number]) / 2
        places[number] = min(places[number], most)
    return places

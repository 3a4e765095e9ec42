"""One look for every chart: small, direct labels, colours that follow the page into dark mode."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from revops import wording

__all__ = [
    "ACCENT",
    "AXIS",
    "COLOURS",
    "GROUND",
    "INK",
    "MUTE",
    "PAST",
    "WARN",
    "Chart",
    "axes",
    "money_axis",
    "name_rows",
    "report",
]

INK, MUTE, LINE, AXIS = "#16202c", "#475262", "#dfe4ea", "#8a94a3"
PAST, ACCENT, WARN, GROUND = "#c3cad4", "#0b5cad", "#b3261e", "#fffffe"

COLOURS = {
    INK: "--ink",
    MUTE: "--mute",
    LINE: "--line",
    AXIS: "--axis",
    PAST: "--past",
    ACCENT: "--acc",
    WARN: "--warn",
    GROUND: "--bg",
}
"""Each colour and the page's variable that replaces it in the SVG."""

_SIZE = (4.72, 2.6)
_RC = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["Arial", "DejaVu Sans", "Liberation Sans", "Bitstream Vera Sans", "sans-serif"],
    "font.size": 11,
    "axes.axisbelow": True,
    "axes.edgecolor": AXIS,
    "axes.labelcolor": MUTE,
    "axes.grid": False,
    "grid.color": ".8",
    "text.color": INK,
    "xtick.color": MUTE,
    "ytick.color": MUTE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "patch.edgecolor": "none",
    "patch.force_edgecolor": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "revops",
}
"""On matplotlib's own; seaborn's "ticks", where it began, would take a third of all imports."""


@dataclass(frozen=True)
class Chart:
    """One drawing with what a reader needs who cannot see it: a claim as title, alt text, caption, and its data.

    units gives the unit of each column of `data`, as in revops.metrics; None for text.
    """

    name: str
    title: str
    alt: str
    caption: str
    axes: Axes
    data: pd.DataFrame
    units: tuple[str | None, ...]


@contextmanager
def report() -> Iterator[None]:
    """Draw in the report's style inside the block; nothing global is changed after it."""
    with mpl.rc_context(_RC):
        yield


def axes(height: float = _SIZE[1]) -> Axes:
    """Return axes of a small figure of its own, which no pyplot state knows of."""
    return Figure(figsize=(_SIZE[0], height), layout="constrained").add_subplot()


def money_axis(ax: Axes, currency: str, *, which: str = "y") -> None:
    """Write the ticks of one axis as money."""
    chosen = ax.yaxis if which == "y" else ax.xaxis
    chosen.set_major_formatter(FuncFormatter(lambda amount, _: wording.money(amount, currency)))


def name_rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a chart, first one on top, with no line to read them from."""
    ax.set_yticks(range(len(labels)), labels)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0, pad=8)
    ax.spines["left"].set_visible(False)

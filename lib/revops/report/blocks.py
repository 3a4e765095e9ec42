"""The display blocks: small pieces of HTML for people. Every text from the data is escaped here, and only here."""

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import pandas as pd
from IPython.display import display

import revops
from revops import wording
from revops.book import AsOf
from revops.book.sources import Said, Sources
from revops.charts.style import Chart
from revops.metrics import METRICS
from revops.report.figures import FIGURE_KEY, png, svg
from revops.report.tables import table_html, text

__all__ = [
    "Block",
    "Blocks",
    "Definitions",
    "FigureBlock",
    "LeftOut",
    "Line",
    "Provenance",
    "SideBySide",
    "TableBlock",
    "css",
]

_OTHER_FILES = "No number here comes from files of other tables: python -m revops check lists them all."
_OTHERS_LEFT_OUT = "Of tables that no number here comes from, nothing is told: see python -m revops check."
BLOCK = "revops mathjax_ignore"
"""The classes of each block; the second keeps JupyterLab from reading what stands between two $ as a formula."""


def css() -> str:
    """Return the style sheet of the blocks."""
    return resources.files("revops.report").joinpath("report.css").read_text(encoding="utf-8")


class Block:
    """Something that a notebook displays; subclasses say it in `to_html`, and briefly in `plain`.

    A notebook keeps both, and never the values that a block is made of: those name people.
    """

    @property
    def plain(self) -> str:
        """Return what the block is, for where no HTML is shown."""
        return (type(self).__doc__ or "").partition("\n")[0]

    def to_html(self) -> str:
        """Return the block as HTML."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return {"text/plain": self.plain, "text/html": self.to_html()}


@dataclass(frozen=True)
class Line(Block):
    """One paragraph."""

    words: str

    @property
    def plain(self) -> str:
        """Return the paragraph."""
        return self.words

    def to_html(self) -> str:
        """Return the paragraph."""
        return f'<div class="{BLOCK}"><p class="note">{text(self.words)}</p></div>'


@dataclass(frozen=True)
class Blocks(Block):
    """Several blocks, one below the other."""

    parts: Sequence[Block]

    @property
    def plain(self) -> str:
        """Return the names of the blocks."""
        return "\n".join(part.plain for part in self.parts)

    def to_html(self) -> str:
        """Return the blocks."""
        return "\n".join(part.to_html() for part in self.parts)


@dataclass(frozen=True)
class SideBySide:
    """Several figures as outputs of one cell; a page puts them side by side."""

    parts: Sequence[Block]

    def _ipython_display_(self) -> None:
        for part in self.parts:
            display(part)


@dataclass(frozen=True)
class TableBlock(Block):
    """A table with its caption; numbers in the words of their units. by, strong: as in table_html."""

    caption: str
    table: pd.DataFrame
    units: Sequence[str | None]
    currency: str
    by: str | None = None
    strong: tuple[str, str] | None = None

    @property
    def plain(self) -> str:
        """Return the caption."""
        return self.caption

    def to_html(self) -> str:
        """Return the table."""
        table = table_html(self.caption, self.table, self.units, self.currency, by=self.by, strong=self.strong)
        return f'<div class="{BLOCK}">{table}</div>'


@dataclass(frozen=True)
class FigureBlock(Block):
    """A chart with its claim, caption, and the data behind it; in_mail: also as a picture that a mail can show."""

    chart: Chart
    currency: str
    in_mail: bool = False

    def to_html(self) -> str:
        """Return the figure."""
        return self._around(svg(self.chart))

    def _around(self, drawing: str) -> str:
        chart = self.chart
        data = table_html(f"Data behind: {chart.title}", chart.data, chart.units, self.currency)
        return (
            f'<figure class="{BLOCK}" id="figure-{chart.name}"><p class="claim">{text(chart.title)}</p>\n{drawing}\n'
            f"<figcaption>{text(chart.caption)}\n"
            f"<details><summary>The data behind this chart</summary>{data}</details></figcaption></figure>"
        )

    @property
    def plain(self) -> str:
        """Return the chart in words."""
        return self.chart.alt

    def _repr_mimebundle_(self, **_: Any) -> Any:
        drawing = svg(self.chart)
        content = {"text/plain": self.plain, "text/html": self._around(drawing), "image/svg+xml": drawing}
        if self.in_mail:
            content["image/png"] = base64.b64encode(png(self.chart)).decode("ascii")
        return content, {FIGURE_KEY: self.chart.name}


@dataclass(frozen=True)
class Definitions(Block):
    """The registry's definition of each number."""

    ids: Sequence[str]

    def to_html(self) -> str:
        """Return a description list."""
        items = "".join(
            f"<dt>{text(METRICS[id].label)} <code>{id}</code></dt><dd>{text(METRICS[id].definition)}</dd>"
            for id in self.ids
        )
        return f'<div class="{BLOCK}"><dl>{items}</dl></div>'


@dataclass(frozen=True)
class LeftOut(Block):
    """What did not enter the numbers, with counts and examples, and what cannot be given.

    is_partial: the sources are those of some tables only.
    """

    view: AsOf
    sources: Sources
    unavailable: Mapping[str, str]
    is_partial: bool = False

    def to_html(self) -> str:
        """Return a table of reasons, and sentences on fields without history, warnings and missing numbers."""
        currency = self.view.company.currency
        reasons = [
            (item.reason, item.table, item.file, item.n, item.amount, ", ".join(item.examples))
            for item in self.sources.left_out
        ]
        for (reason,), rows in self.view.left_out.groupby(["reason"]):
            examples = ", ".join(rows["opportunity_id"].head(3))
            reasons.append((reason, "opportunities", "", len(rows), rows["amount"].sum(), examples))
        columns = ["Reason", "Table", "File", "Rows", "Amount", "Examples"]
        table = pd.DataFrame(reasons, columns=columns)
        units = (None, None, None, "count", "money", None)
        parts = [table_html("Rows read but not used", table, units, currency)] if reasons else ["<p>Nothing.</p>"]
        parts += [f'<p class="note">{text(line)}</p>' for line in self._lines()]
        return f'<div class="{BLOCK}">{"".join(parts)}</div>'

    def _lines(self) -> list[str]:
        audit, view = self.view.book.audit, self.view
        lines = []
        if view.untracked and audit.tracked:
            names = wording.join([name.replace("_", " ") for name in view.untracked])
            lines.append(f"Taken from the current record, since no export has their history: {names}.")
        if view.has_dated_stages:
            lines.append(
                "Stages are known from dated copies of the exports: ages in stage count from the first one "
                f"({audit.history_from}), so older deals seem younger than they are."
            )
        if view.n_future_stamps:
            lines.append(f"{wording.plural(view.n_future_stamps, 'stamp')} later than the clock were ignored.")
        for needs in dict.fromkeys(self.unavailable.values()):
            labels = [_label(id) for id, why in self.unavailable.items() if why == needs]
            lines.append(f"{', '.join(labels)}: not available; needs {needs}.")
        lines += [f"{name}: not used. {why}" for name, why in self.sources.unrecognised]
        lines += self.sources.warnings
        return [*lines, _OTHERS_LEFT_OUT] if self.is_partial else lines


def _label(id: str) -> str:
    """Return what a number is called, or a model, which is no number of the registry."""
    return METRICS[id].label if id in METRICS else wording.channel_label(id)


@dataclass(frozen=True)
class Provenance(Block):
    """Where the numbers come from.

    is_partial: as in LeftOut.
    """

    view: AsOf
    sources: Sources
    parameters: Mapping[str, Any]
    said: Said = wording.without_marks
    is_partial: bool = False

    def to_html(self) -> str:
        """Return the files that the numbers come from, and the as-of day, definitions, parameters and version."""
        rows = [
            (
                f.name,
                f.system,
                f.table,
                f.counted_in,
                f.rows_read,
                f.rows_kept,
                _date(f.first),
                _date(f.last),
                f.sha256[:8],
            )
            for f in self.sources.files
        ]
        columns = ["File", "System", "Table", "In", "Read", "Kept", "First", "Last", "SHA-256"]
        table = pd.DataFrame(rows, columns=columns)
        units = [None, None, None, None, "count", "count", "date", "date", None]
        if table["In"].eq("rows").all():
            table, units = table.drop(columns="In"), units[1:]
        files = table_html("Files read", table, units, self.view.company.currency)
        others = f'<p class="note">{text(_OTHER_FILES)}</p>' if self.is_partial else ""
        knobs = self.said("; ".join(f"{name} = {value}" for name, value in self.parameters.items()))
        line = (
            f"As of {wording.long_day(self.view.day)}: {self.view.rule}; nothing recorded later was used. "
            f"Definitions {self.view.company.fingerprint}. RevOps Workbooks {revops.__version__}. Parameters: {knobs}."
        )
        return f'<div class="{BLOCK}">{files}{others}<p class="note">{text(line)}</p></div>'


def _date(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None

"""The Answer: what a report found, as HTML for people and as JSON for programs."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

import revops
from revops.actions import Action, Headline
from revops.book import AsOf
from revops.book.sources import Sources, data_rows, sources
from revops.charts.style import Chart
from revops.metrics import METRICS
from revops.params import ReportSettings
from revops.periods import Period
from revops.report import blocks
from revops.report.first_screen import FirstScreen
from revops.report.names import Names

__all__ = ["ANSWER_MIME", "RECORDS_MIME", "Answer", "Records"]

ANSWER_MIME = "application/vnd.revops.answer+json"
RECORDS_MIME = "application/vnd.revops.records+json"


@dataclass(frozen=True)
class Answer:
    """What one report found. Display it once; its blocks (`table`, `figure`, …) show its parts.

    measures are rows with id (in the metric registry), by, value, n, note; tables map a name to caption, table and
    the unit of each column. `reads` names the canonical tables that the numbers come from; one that was read though it
    is not named counts too. Files, omissions and warnings of others are not shown. None named: all are.
    """

    settings: ReportSettings
    view: AsOf
    period: Period
    headline: Headline
    measures: Sequence[Mapping[str, Any]]
    actions: Sequence[Action] = ()
    charts: Sequence[Chart] = ()
    tables: Mapping[str, tuple[str, pd.DataFrame, tuple[str | None, ...]]] = field(default_factory=dict)
    unavailable: Mapping[str, str] = field(default_factory=dict)
    checks: Sequence[Mapping[str, Any]] = ()
    reads: Sequence[str] = ()

    def table(self, name: str, *, by: str | None = None, strong: tuple[str, str] | None = None) -> blocks.TableBlock:
        """Return one of the report's tables as a block; by: the column whose value heads its rows; strong: the column
        and the value of it that sets a row in bold. Neither column is shown as such."""
        caption, table, units = self.tables[name]
        return blocks.TableBlock(caption, table, units, self.view.company.currency, by, strong)

    def optional(self, *names: str, by: str | None = None, strong: tuple[str, str] | None = None) -> blocks.Blocks:
        """Return those of the named tables that have rows; a line that says why where there is none. See `table`."""
        known = [name for name in names if name in self.tables]
        found = tuple(self.table(name, by=by, strong=strong) for name in known if len(self.tables[name][1]))
        why = "No such records." if known else "Not available for this period or these exports: see what was left out."
        return blocks.Blocks(found or (blocks.Line(why),))

    def section(self, prefix: str) -> blocks.Blocks:
        """Return all tables whose name begins with `prefix`, one below the other."""
        return blocks.Blocks(tuple(self.table(name) for name in self.tables if name.startswith(prefix)))

    def figure(self, name: str, *, in_mail: bool = False) -> blocks.Block:
        """Return one of the report's charts as a block; a line that says so where there is nothing to draw. in_mail:
        the Monday mail may show it too."""
        chart = next((chart for chart in self.charts if chart.name == name), None)
        if chart is None:
            why = "no such records, no history of them (see what was left out), or nothing left to vary"
            return blocks.Line(f"Nothing to draw here: {why}.")
        return blocks.FigureBlock(chart, self.view.company.currency, in_mail)

    def figures(self, *names: str, in_mail: bool = False) -> blocks.SideBySide:
        """Return several charts, side by side where there is room."""
        return blocks.SideBySide(tuple(self.figure(name, in_mail=in_mail) for name in names))

    def left_out(self) -> blocks.LeftOut:
        """Return what did not enter the numbers, with reasons, counts and examples."""
        return blocks.LeftOut(self.view, self._sources, self.unavailable, bool(self.reads))

    def definitions(self) -> blocks.Definitions:
        """Return the definition of every number of this report."""
        return blocks.Definitions(tuple(dict.fromkeys(row["id"] for row in self.measures)))

    def provenance(self) -> blocks.Provenance:
        """Return where the numbers come from: files, as-of day, parameters, version."""
        return blocks.Provenance(self.view, self._sources, self.parameters, self._names.said, bool(self.reads))

    @cached_property
    def _names(self) -> Names:
        return Names.of(self.view, self.settings)

    @cached_property
    def _sources(self) -> Sources:
        return sources(self.view.book.audit, self._reads, self._names.said)

    @cached_property
    def _reads(self) -> tuple[str, ...]:
        """Return the tables named, with those that were read by the time this is first asked for; none named: none."""
        read = getattr(self.view.book.tables, "read", ())
        return tuple(sorted({*self.reads, *read})) if self.reads else ()

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the report's knobs as they were set."""
        return self.settings.knobs.model_dump(mode="json")

    def to_json(self) -> dict[str, Any]:
        """Return the Answer as JSON-ready values: undefined is None, dates ISO, floats to 12 significant digits.

        `slice` and `parameters` are what was asked for, word for word: a run is held against them.
        """
        return _plain(
            {
                "schema": 1,
                "report": self.settings.stem,
                "company": self.view.company.company,
                "currency": self.view.company.currency,
                "as_of": self.view.day,
                "period": self.period.name,
                "slice": self.settings.knobs.slice,
                "status": self.headline.status,
                "sentence": self.headline.sentence,
                "measures": [_measure(row) for row in self.measures],
                "actions": [asdict(action) for action in self.actions],
                "unavailable": [{"id": id, "needs": needs} for id, needs in sorted(self.unavailable.items())],
                "checks": list(self.checks),
                "tables": [_table(name, *parts) for name, parts in self.tables.items()]
                + [_table(chart.name, chart.caption, chart.data, chart.units) for chart in self.charts],
                "figures": [
                    {"name": c.name, "title": c.title, "alt": c.alt, "caption": c.caption, "table": c.name}
                    for c in self.charts
                ],
                "data": data_rows(self.view.book.audit, self._reads, self._names.said),
                "reads": self._reads,
                "definitions": self.view.company.fingerprint,
                "parameters": self.parameters,
                "version": revops.__version__,
            }
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        first = FirstScreen(self.headline, self.actions, self.view, self.period, self.settings)
        return {"text/plain": self.headline.sentence, "text/html": first.to_html(), ANSWER_MIME: self.to_json()}


@dataclass(frozen=True)
class Records:
    """A table for programs and spreadsheets: shown as its size, delivered as CSV."""

    name: str
    table: pd.DataFrame

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        said = f"{len(self.table):,} records in {self.name}.csv, beside this report."
        content = {"name": self.name, "columns": list(self.table.columns), "rows": _plain(_rows(self.table))}
        return {"text/plain": said, "text/html": blocks.Line(said).to_html(), RECORDS_MIME: content}


def _measure(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one measure as the Answer's readers expect it."""
    known = {"by": {}, "value": None, "low": None, "high": None, "level": None, "n": None, "note": None}
    filled = {"id": row["id"], **known, **row}
    return {**filled, "unit": METRICS[row["id"]].unit}


def _table(name: str, caption: str, table: pd.DataFrame, units: Sequence[str | None]) -> dict[str, Any]:
    return {"name": name, "columns": list(table.columns), "units": list(units), "rows": _rows(table)}


def _rows(table: pd.DataFrame) -> list[list[Any]]:
    return [list(row) for row in table.itertuples(index=False, name=None)]


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp | dt.datetime):
        stamp = pd.Timestamp(value)
        return stamp.date().isoformat() if stamp == stamp.normalize() else stamp.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else None
    return value

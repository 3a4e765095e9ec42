"""What the reports of a run say, read from its folder: each entry of the manifest with its Answer as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from revops.delivery.review.shape import Line, Missing, Step
from revops.metrics import METRICS
from revops.wording import heading

__all__ = [
    "OLD_EXPORTS",
    "Report",
    "bridge_of",
    "currency_of",
    "fresh",
    "gather",
    "line_of",
    "missing_of",
    "title_of",
]

_ORDER = (
    "pipeline_coverage",
    "forecast_accuracy",
    "revenue_answer",
    "stage_benchmarking",
    "attribution_comparison",
    "cac_payback",
)
OLD_EXPORTS = "exports_are_old"
"""The rule of the action that asks for newer exports; a report that has it tells no state of the quarter."""
_SHA = "sha256"
_NEEDED: Mapping[str, set[str]] = {
    "measures": {"id", "by", "value"},
    "actions": {"rule", "text", "owner", "by", "because"},
    "unavailable": {"id", "needs"},
    "tables": {"name", "columns", "rows"},
    "data": {"table", "files"},
}


@dataclass(frozen=True)
class Report:
    """One report of a run: the manifest's entry, its Answer (None where there is none to show), and whether what is
    shown is not of this run's day and exports."""

    entry: Mapping[str, Any]
    answer: Mapping[str, Any] | None
    is_old: bool

    @property
    def stem(self) -> str:
        """Return the report's name, as in notebooks/<stem>.ipynb."""
        return str(self.entry["report"])

    @property
    def slice(self) -> dict[str, str]:
        """Return the part of the company it is about; empty for all of it."""
        return dict(self.entry["slice"])

    @property
    def page(self) -> str | None:
        """Return the report's page in the run."""
        return next((file for file in self.entry["files"] if file.endswith(".html")), None)

    @property
    def ends_early(self) -> bool:
        """Return whether the exports end so long before the day that its state is not known, and the report says so."""
        return any(row["rule"] == OLD_EXPORTS for row in self.rows("actions"))

    @property
    def as_of(self) -> str | None:
        """Return the day of what is shown."""
        origin = self.entry["carried_from"]
        return origin["as_of"] if origin else self.entry["as_of"]

    def rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return the rows of one list of the Answer (measures, actions, …); without those that an older version wrote
        and that lack what the review reads."""
        needed = _NEEDED[name]
        return [row for row in (self.answer or {}).get(name) or () if needed <= set(row)]


def gather(folder: Path, manifest: Mapping[str, Any]) -> tuple[Report, ...]:
    """Return the reports of a run in the order of the review: the whole company before its parts."""
    read = [(entry, _answer(folder, entry)) for entry in manifest["reports"]]
    made = [answer for entry, answer in read if entry["outcome"] == "made" and answer is not None]
    reports = [Report(entry, answer, _is_old(entry, answer, manifest["as_of"], made)) for entry, answer in read]
    return tuple(sorted(reports, key=_place))


def fresh(reports: Iterable[Report]) -> tuple[Report, ...]:
    """Return the reports on the whole company that are of this run's day."""
    return tuple(report for report in reports if report.answer and not report.is_old and not report.slice)


def currency_of(reports: Iterable[Report]) -> str | None:
    """Return the currency that the reports tell amounts in; None where none tells one."""
    return next((told for report in reports if (told := (report.answer or {}).get("currency"))), None)


def title_of(stem: str, chosen: Mapping[str, str]) -> str:
    """Return a report's title, with the part of the company it is about."""
    return ", ".join([heading(stem), *chosen.values()])


def line_of(report: Report) -> Line:
    """Return the review's line of a report."""
    entry, failure = report.entry, report.entry["failure"] or {}
    shown = report.page is not None
    return Line(
        report=report.stem,
        title=title_of(report.stem, report.slice),
        slice=report.slice,
        outcome=entry["outcome"],
        is_old=report.is_old,
        as_of=report.as_of if shown else None,
        period=entry["period"] if shown else None,
        status=entry["status"] if shown else None,
        sentence=entry["sentence"] if shown else None,
        page=report.page,
        reason=failure.get("reason"),
        advice=failure.get("advice"),
        evidence=entry["evidence"],
        pictures=tuple(file for file in entry["files"] if file.endswith(".png")),
    )


def missing_of(report: Report) -> list[Missing]:
    """Return what a report could not tell, and what it needs; of one that was not made, why it was not."""
    if report.entry["failure"]:
        return [Missing(report.stem, title_of(report.stem, report.slice), report.entry["failure"]["reason"])]
    if report.is_old:
        return []
    return [Missing(report.stem, _words(row["id"]), row["needs"], row["id"]) for row in report.rows("unavailable")]


def bridge_of(reports: Iterable[Report]) -> tuple[Step, ...]:
    """Return the bridge between the answers of marketing, sales and finance; empty where that report is not made, or
    its exports are too old."""
    report = next((report for report in fresh(reports) if report.stem == "revenue_answer"), None)
    table = next((t for t in report.rows("tables") if t["name"] == "bridge"), None) if report else None
    if report is None or table is None or report.ends_early:
        return ()
    records = next((file for file in report.entry["files"] if file.endswith("/bridge_records.csv")), None)
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    return tuple(
        Step(row["line"], row["booked"], row["committed"], row["total"], row["n"], row["kind"] == "answer", records)
        for row in rows
    )


def _answer(folder: Path, entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the Answer of an entry; None where its files hold none that can be read, as in an earlier run that lost
    some of them: that report is then held against nothing."""
    file = next((file for file in entry["files"] if file.endswith(f"{entry['report']}.json")), None)
    if file is None or not (folder / file).is_file():
        return None
    try:
        found = json.loads((folder / file).read_text(encoding="utf-8"))
    except ValueError:  # cut short, or not text
        return None
    return found if isinstance(found, dict) else None


def _is_old(
    entry: Mapping[str, Any], answer: Mapping[str, Any] | None, as_of: str, made: Sequence[Mapping[str, Any]]
) -> bool:
    """Return whether what is shown must not pass for new: of another day, of other exports or definitions than those
    of the reports made in this run, or in the place of one that failed."""
    if answer is None:
        return bool(entry["files"])
    if entry["outcome"] == "made":
        return bool(answer.get("as_of") != as_of)
    if entry["failure"] is not None or answer.get("as_of") != as_of:
        return True
    known = {name: sha for other in made for name, sha in _exports(other).items()}
    is_other = any(known.get(name, sha) != sha for name, sha in _exports(answer).items())
    return is_other or any(answer.get("definitions") != other.get("definitions") for other in made)


def _exports(answer: Mapping[str, Any]) -> dict[str, str]:
    return {file["name"]: file[_SHA] for row in answer.get("data") or () for file in row["files"] if _SHA in file}


def _place(report: Report) -> tuple[Any, ...]:
    known = _ORDER.index(report.stem) if report.stem in _ORDER else len(_ORDER)
    return bool(report.slice), sorted(report.slice.items()), known, report.stem


def _words(id: str) -> str:
    """Return a number's label, or its id in words where the registry has none."""
    return METRICS[id].label if id in METRICS else heading(id)

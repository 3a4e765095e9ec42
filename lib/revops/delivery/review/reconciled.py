"""The same number must be the same everywhere: every Answer of a run against every other."""

from collections.abc import Iterable
from typing import Any

from revops.delivery.review.gathered import Report, title_of
from revops.metrics import METRICS
from revops.wording import heading

__all__ = ["conflicts"]


def conflicts(reports: Iterable[Report]) -> tuple[str, ...]:
    """Return one sentence for each number that two reports of the run tell otherwise: of the same id, groups, period,
    as-of day and part of the company, to the 12 digits that Answers hold. One that is undefined in one of them differs
    too, but where that report says that its exports are too old; reports that are old are left out."""
    told: dict[tuple[Any, ...], dict[Any, list[str]]] = {}
    for report in [report for report in reports if not report.is_old]:
        answer = report.answer or {}
        place = answer.get("period"), answer.get("as_of"), tuple(sorted(report.slice.items()))
        for row in report.rows("measures"):
            if row["value"] is None and report.ends_early:
                continue
            by = tuple(sorted((str(key), str(value)) for key, value in row["by"].items()))
            value = row["value"] if not isinstance(row["value"], float) else float(f"{row['value']:.12g}")
            titles = told.setdefault((row["id"], by, *place), {}).setdefault(value, [])
            title = title_of(report.stem, report.slice)
            if title not in titles:
                titles.append(title)
    return tuple(_sentence(name, values) for name, values in sorted(told.items(), key=str) if len(values) > 1)


def _sentence(name: tuple[Any, ...], values: dict[Any, list[str]]) -> str:
    id, by, period, as_of, _ = name
    groups = ", ".join(value.replace("_", " ") for _, value in by)
    said = "; ".join(f"{_written(value)} in {', '.join(titles)}" for value, titles in values.items())
    label = METRICS[id].label if id in METRICS else heading(id)
    where = f"{label} ({groups})" if groups else label
    return f"{where} of {period} as of {as_of} must be one number; found {said}."


def _written(value: Any) -> str:
    """Return a value with all its digits: in fewer, two that differ may look the same."""
    if value is None:
        return "none"
    return f"{value:,.12g}" if isinstance(value, int | float) else str(value)

"""What a check found, for people as lines and for programs as plain values."""

from collections.abc import Iterator
from typing import Any

from revops.delivery.check import Checked, Runs
from revops.errors import examples
from revops.exports import Audit, FileAudit
from revops.metrics import METRICS
from revops.wording import count, money, plural, without_marks

__all__ = ["as_values", "told"]
FROM_OTHERS = {"opportunity_history": "the dates of stages, or the dated copies, of opportunities"}


def told(found: Checked) -> Iterator[str]:
    """Yield the lines that tell what the exports hold, what is wrong, and what each report can give.

    People are named: whoever checks exports must find their rows.
    """
    yield from map(without_marks, _told(found))


def _told(found: Checked) -> Iterator[str]:
    yield f"{found.company.company}: {plural(len(found.audit.files), 'file')} in {found.folder}"
    yield from found.kept
    for file in found.audit.files:
        yield from _file(file, found)
    for name, why in found.audit.unrecognised:
        yield f"\n{name}\n  not recognised: {why}"
    if found.problems:
        yield "\nRefused"
        for problem in found.problems:
            yield "  " + problem.replace("\n", "\n  ")
    if found.audit.warnings:
        yield "\nWarnings"
    for line in found.audit.warnings:
        yield f"  {line}"
    if not found.problems:
        yield "\nHistory"
        yield from _history(found.audit)
        yield "\nTables"
        yield from _tables(found)
    yield "\nReports"
    for stem, runs in found.reports.items():
        yield from _report(stem, runs, found)


def as_values(found: Checked, code: int) -> dict[str, Any]:
    """Return the same as plain values that `json.dumps` takes; `code` is the exit code."""
    return {
        "company": found.company.company,
        "currency": found.company.currency,
        "folder": found.folder,
        "exit_code": code,
        "problems": list(found.problems),
        "kept": list(found.kept),
        **_named(found.audit.to_json()),
        "tables": [
            {"table": name, "rows": found.rows.get(name, 0), "filled_by": fillers}
            for name, fillers in found.fillers.items()
        ],
        "reports": [
            {
                "report": stem,
                "can_run": runs.can,
                "missing": list(runs.missing),
                "needs": runs.lacks.removeprefix("needs ") or None,
                "problem": runs.problem or None,
                "unavailable": [{"id": id, "needs": needs} for id, needs in runs.unavailable],
                "remarks": list(runs.remarks),
            }
            for stem, runs in found.reports.items()
        ],
    }


def _named(value: Any) -> Any:
    """Return plain values without the marks around the names of people."""
    if isinstance(value, dict):
        return {key: _named(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_named(inner) for inner in value]
    return without_marks(value) if isinstance(value, str) else value


def _file(file: FileAudit, found: Checked) -> Iterator[str]:
    """Yield what a file is, what was read and kept of it, and what was left out and why."""
    span = f", {file.first} to {file.last}" if file.first else ""
    money_in = f", in {', '.join(file.currencies)}" if file.currencies else ""
    kept = "" if found.problems else f", {count(file.rows_kept)} kept"
    kind = f"{file.system} {file.kind}" if file.kind else f"{file.system}, {file.route}"
    yield f"\n{file.name}"
    yield f"  {file.table} ({kind}; {file.encoding}, headers in row {file.header_row})"
    sheet = f", of {plural(file.sheet_rows, 'row')}" if file.counted_in != "rows" else ""
    yield f"  {count(file.rows_read)} {file.counted_in} read{sheet}{kept}{span}{money_in}"
    for left in (left for left in found.audit.left_out if left.file == file.name and left.table == file.table):
        amount = f", {money(left.amount, found.company.currency)}" if left.amount else ""
        shown = f" ({examples(left.examples)})" if left.examples else ""
        yield f"  left out: {count(left.n)} {left.reason}{amount}{shown}"
    for line in file.decisions:
        yield f"  {line}"
    if file.unknown_columns:
        yield f"  not used: {', '.join(file.unknown_columns)}"
    for line in file.warnings:
        yield f"  warning: {line}"


def _history(audit: Audit) -> Iterator[str]:
    """Yield how far back history goes."""
    if audit.history_from is None:
        yield "  none: the past cannot be rebuilt. Export OpportunityHistory, or file weekly copies: check --keep."
        return
    yield f"  from {audit.history_from} on: " + ", ".join(f"{name} ({of})" for name, of in audit.tracked.items())
    if lacking := [name for name in ("amount", "close_date") if name not in audit.tracked]:
        yield f"  none of {' and '.join(lacking)}: past pipeline is not known. File weekly copies: check --keep."
    if audit.whole_from is not None:
        yield f"  amounts and close dates from {audit.whole_from} on only: pipeline before is not known."


def _tables(found: Checked) -> Iterator[str]:
    """Yield the rows of each table with where they come from, then what would fill each table that is empty."""
    for name, rows in found.rows.items():
        kinds = {f"{file.system} {file.kind}".strip() for file in found.audit.files if file.table == name}
        told = ", ".join(sorted(kinds)) or FROM_OTHERS.get(name) or found.fillers[name]
        yield f"  {name}: {plural(rows, 'row')}, {told}"
    for name, fillers in found.fillers.items():
        if name not in found.rows:
            yield f"  {name}: empty; {f'filled by {fillers}' if fillers else 'no export is read into it yet'}"


def _report(stem: str, runs: Runs, found: Checked) -> Iterator[str]:
    """Yield whether a report can run, what it lacks, and what would give the numbers that it cannot give."""
    if runs.problem:
        yield f"  {stem}: {runs.problem}"
        return
    if runs.missing or runs.lacks:
        yield f"  {stem}: {runs.lacks or 'needs ' + ', '.join(runs.missing)}"
    for name in runs.missing:
        yield f"    {name} is filled by {found.fillers[name] or 'no export that is read yet'}"
    if runs.can:
        yield f"  {stem}: can run{', but for some numbers' if runs.unavailable else ''}"
    for needs in dict.fromkeys(needs for _, needs in runs.unavailable):
        labels = [METRICS[id].label if id in METRICS else id for id, why in runs.unavailable if why == needs]
        yield f"    {', '.join(labels)}: not available; needs {needs}"
    yield from (f"    {line}" for line in runs.remarks)

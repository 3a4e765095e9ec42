"""What a report rests on: the files, omissions and warnings of the tables it reads, and of no others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from revops import wording
from revops.exports import Audit, FileAudit, LeftOut
from revops.schema import TABLES

__all__ = ["Said", "Sources", "data_rows", "sources"]

Said = Callable[[str], str]
"""Returns a text of the audit as a report may print it: see report.names."""

LOOK_UP = "look-up: "


@dataclass(frozen=True)
class Sources:
    """The part of an audit that concerns a report.

    A warning that names no table and no file concerns every report, as does a file that was not recognised. What was
    found in other tables is not even counted: a page holds nothing that its report does not read.
    """

    files: tuple[FileAudit, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]
    unrecognised: tuple[tuple[str, str], ...] = ()


def sources(audit: Audit, reads: Iterable[str] = (), said: Said = wording.without_marks) -> Sources:
    """Return the part of an audit that concerns the tables `reads`; all of it where none is named.

    A look-up file concerns them where its system fills one of them. Every text in it is as `said` returns it.
    """
    tables = set(reads) or {file.table for file in audit.files} | {item.table for item in audit.left_out}
    systems = {file.system for file in audit.files if file.table in tables}
    tables |= {f.table for f in audit.files if f.table.startswith(LOOK_UP) and f.system in systems}
    concerned = tuple(file for file in audit.files if file.table in tables)
    left_out = tuple(item for item in audit.left_out if item.table in tables)
    told = [warning for warning in audit.warnings if _concerns(warning, tables, audit.files)]
    told += [f"{file.name}: {warning}" for file in concerned for warning in file.warnings]
    return Sources(
        tuple(replace(file, name=said(file.name)) for file in concerned),
        tuple(_said_of(item, said) for item in left_out),
        tuple(map(said, told)),
        tuple((said(name), said(why)) for name, why in audit.unrecognised),
    )


def _said_of(item: LeftOut, said: Said) -> LeftOut:
    """Return what was left out as a report may print it; examples that read alike then stand once."""
    examples = tuple(dict.fromkeys(map(said, item.examples)))
    return replace(item, file=said(item.file), reason=said(item.reason), examples=examples)


def _concerns(warning: str, tables: set[str], files: Sequence[FileAudit]) -> bool:
    """Return whether a warning is of one of the tables, or of one of their files, or of none that can be told."""
    subject = warning.partition(": ")[0]
    names = subject.split(", ")
    named = {file.table for file in files if warning.startswith(f"{file.name}: ") or file.name in names}
    if not named and subject not in TABLES:
        return True
    return bool((named or {subject}) & tables)


def data_rows(audit: Audit, reads: Iterable[str] = (), said: Said = wording.without_marks) -> list[dict[str, Any]]:
    """Return the Answer's `data`: per table that concerns a report the rows kept, its files, and what was left out."""
    found = sources(audit, reads, said)
    rows = []
    for name in sorted({file.table for file in found.files}):
        own = [file for file in found.files if file.table == name]
        files = [
            {"name": f.name, "sha256": f.sha256, "rows": f.sheet_rows, "first": f.first, "last": f.last} for f in own
        ]
        left_out = [
            {"reason": item.reason, "n": item.n, "amount": item.amount, "examples": list(item.examples)}
            for item in found.left_out
            if item.table == name
        ]
        rows.append({"table": name, "kept": sum(f.rows_kept for f in own), "files": files, "left_out": left_out})
    return rows

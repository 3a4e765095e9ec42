"""What a report rests on: the files, omissions and warnings of the tables it reads; all others are counted only."""

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
CHECK = "python -m revops check"


@dataclass(frozen=True)
class Sources:
    """The part of an audit that concerns a report, and what else was read, left out and warned of.

    A warning that names no table and no file concerns every report, as does a file that was not recognised.
    """

    files: tuple[FileAudit, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]
    other_files: tuple[FileAudit, ...]
    n_other_left_out: int
    n_other_warnings: int
    unrecognised: tuple[tuple[str, str], ...] = ()

    @property
    def others(self) -> str:
        """Return one sentence on the files that hold other tables; blank where there is none."""
        if not self.other_files:
            return ""
        tables = sorted({file.table.removeprefix(LOOK_UP).replace("_", " ") for file in self.other_files})
        verb, none = ("holds", "it") if len(self.other_files) == 1 else ("hold", "them")
        files = wording.plural(len(self.other_files), "other file")
        return f"{files} {verb} {wording.join(tables)}; no number here comes from {none}: see {CHECK}."

    @property
    def other_doubts(self) -> str:
        """Return one sentence on what was left out and warned of in other tables; blank where nothing was."""
        counted = (
            (self.n_other_left_out, "row or cell left out", "rows or cells left out"),
            (self.n_other_warnings, "warning", None),
        )
        said = [wording.plural(n, one, many) for n, one, many in counted if n]
        if not said:
            return ""
        return f"In tables that no number here comes from: {wording.join(said)}; see {CHECK}."


def sources(audit: Audit, reads: Iterable[str] = (), said: Said = wording.without_marks) -> Sources:
    """Return the part of an audit that concerns the tables `reads`; all of it where none is named.

    A look-up file concerns them where its system fills one of them. Every text in it is as `said` returns it.
    """
    tables = set(reads) or {file.table for file in audit.files} | {item.table for item in audit.left_out}
    systems = {file.system for file in audit.files if file.table in tables}
    tables |= {f.table for f in audit.files if f.table.startswith(LOOK_UP) and f.system in systems}
    concerned = tuple(file for file in audit.files if file.table in tables)
    others = tuple(file for file in audit.files if file.table not in tables)
    left_out = tuple(item for item in audit.left_out if item.table in tables)
    told = [warning for warning in audit.warnings if _concerns(warning, tables, audit.files)]
    told += [f"{file.name}: {warning}" for file in concerned for warning in file.warnings]
    n_all = len(audit.warnings) + sum(len(file.warnings) for file in audit.files)
    n_left = sum(item.n for item in audit.left_out if item.table not in tables)
    return Sources(
        tuple(replace(file, name=said(file.name)) for file in concerned),
        tuple(_said_of(item, said) for item in left_out),
        tuple(map(said, told)),
        others,
        n_left,
        n_all - len(told),
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

"""What the gate saw, decided and left out: one record per file, one per reason, and the ledger that collects them."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import ExportError
from revops.exports.reading.addresses import without_address
from revops.wording import person

__all__ = ["Audit", "FileAudit", "Ledger", "LeftOut", "Refused", "Source"]


@dataclass(frozen=True)
class FileAudit:
    """One file: what it is, how it was read, how many of its rows were kept, and what was decided about its cells.

    Of a sheet whose columns are months, quarters or categories each cell is a row of the table: then `rows_read`,
    `rows_kept` and what was left out are counted in cells, as `counted_in` says. `sheet_rows` is how many rows it has.
    """

    name: str
    sha256: str
    bytes: int
    system: str
    table: str
    route: str
    encoding: str
    delimiter: str | None
    header_row: int
    rows_read: int
    rows_kept: int
    first: str | None
    last: str | None
    currencies: tuple[str, ...]
    decisions: tuple[str, ...]
    warnings: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    counted_in: str = "rows"
    sheet_rows: int = 0
    kind: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Rows of one file that were read and not kept, under one reason; `amount` in the company's currency."""

    table: str
    file: str
    reason: str
    n: int
    amount: float | None
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """All that the gate has to say about one preparation. For every file: rows read = rows kept + rows left out.

    `tracked` maps each field with history to what tells it; `history_from` is the first day whose stages are known,
    `whole_from` the first with amounts and close dates where that is later. `exported_on` is the day of the latest
    dated folder, on which its records stood as they are even if none changed.
    """

    files: tuple[FileAudit, ...]
    left_out: tuple[LeftOut, ...]
    unrecognised: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    tracked: dict[str, str]
    history_from: str | None
    exported_on: str | None = None
    whole_from: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the audit as plain values that `json.dumps` takes."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Audit":
        """Return the audit that `to_json` wrote, also after a round trip through JSON text."""
        return cls(
            files=tuple(FileAudit(**_tupled(item)) for item in values["files"]),
            left_out=tuple(LeftOut(**_tupled(item)) for item in values["left_out"]),
            unrecognised=tuple((name, why) for name, why in values["unrecognised"]),
            warnings=tuple(values["warnings"]),
            tracked=dict(values["tracked"]),
            history_from=values["history_from"],
            exported_on=values.get("exported_on"),
            whole_from=values.get("whole_from"),
        )


class Refused(ExportError):
    """Exports that cannot be read without guessing: every problem, and what was seen of each file until then."""

    def __init__(self, problems: tuple[str, ...], seen: Audit) -> None:
        super().__init__("\n".join(problems))
        self.problems, self.seen = problems, seen


@dataclass
class Source:
    """One file while it is being read; becomes a FileAudit at the end."""

    index: int
    name: str
    sha256: str
    bytes: int
    system: str = ""
    table: str = ""
    route: str = ""
    encoding: str = ""
    delimiter: str | None = None
    header_row: int = 1
    rows_read: int = 0
    rows_kept: int = 0
    first: str | None = None
    last: str | None = None
    currencies: tuple[str, ...] = ()
    decisions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()
    counted_in: str = "rows"
    sheet_rows: int = 0
    kind: str = ""

    def done(self) -> FileAudit:
        """Return the finished record."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(FileAudit)}
        values["sheet_rows"] = self.rows_read if self.counted_in == "rows" else self.sheet_rows
        return FileAudit(**{**values, "decisions": tuple(self.decisions), "warnings": tuple(self.warnings)})


@dataclass
class Ledger:
    """Collects, over all files, what was left out, warned of, and what stops the preparation."""

    sources: list[Source] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unrecognised: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def stop_on_problems(self) -> None:
        """Raise one Refused with every failure collected so far; nothing where there is none."""
        if self.problems:
            raise Refused(tuple(dict.fromkeys(self.problems)), self.close({}, None))

    def leave_out(
        self, source: Source, reason: str, n: int, ids: tuple[str, ...] = (), amount: float | None = None
    ) -> None:
        """Count `n` rows of one file as not kept."""
        if n:
            bare = tuple(without_address(key) or "(e-mail address)" for key in ids)
            self.left_out.append(LeftOut(source.table, source.name, reason, n, amount, bare))

    def leave_out_rows(self, rows: pa.Table, reason: str, key: str) -> None:
        """Count the rows of a table (with its `_file` column) as not kept, file by file, with examples of `key`."""
        if not rows.num_rows:
            return
        files = rows["_file"].to_numpy()
        several = np.unique(files).tolist()
        for index in several:
            part = rows.filter(pa.array(files == index)) if len(several) > 1 else rows
            ids = pc.drop_null(part[key]) if key in part.column_names else pa.chunked_array([[]], pa.string())
            known = pc.unique(ids.cast(pa.string()))
            shown = known.take(pc.bottom_k_unstable(known, 3)).to_pylist()
            amount = pc.sum(part["amount"]).as_py() if "amount" in part.column_names else None
            if key == "owner_name":
                shown = [person(without_address(name) or "(e-mail address)") for name in shown]
            self.leave_out(self.sources[index], reason, part.num_rows, tuple(shown), amount)

    def keep_rows(self, rows: pa.Table) -> None:
        """Count the rows of a finished table (with its `_file` column) as kept, file by file."""
        counts = np.bincount(rows["_file"].to_numpy(), minlength=len(self.sources))
        for source, n in zip(self.sources, counts.tolist(), strict=True):
            source.rows_kept += n

    def close(
        self,
        tracked: dict[str, str],
        history_from: str | None,
        exported_on: str | None = None,
        whole_from: str | None = None,
    ) -> Audit:
        """Return the finished audit, in an order that does not depend on the order of reading."""
        return Audit(
            files=tuple(sorted((s.done() for s in self.sources), key=lambda f: f.name)),
            left_out=tuple(sorted(_together(self.left_out), key=lambda item: (item.table, item.file, item.reason))),
            unrecognised=tuple(sorted(self.unrecognised)),
            warnings=tuple(sorted(set(self.warnings))),
            tracked=tracked,
            history_from=history_from,
            exported_on=exported_on,
            whole_from=whole_from,
        )


def _together(items: list[LeftOut]) -> list[LeftOut]:
    """Return what was left out with the parts of one file that were counted apart under one reason as one.

    Amounts are rounded when all are added up, first to where sums in another order do not differ.
    """
    found: dict[tuple[str, str, str], list[LeftOut]] = {}
    for item in items:
        found.setdefault((item.table, item.file, item.reason), []).append(item)
    done = []
    for key, parts in found.items():
        amounts = [part.amount for part in parts if part.amount is not None]
        shown = sorted({name for part in parts for name in part.examples})[:3] if parts[1:] else parts[0].examples
        amount = round(round(math.fsum(amounts), 6), 2) if amounts else None
        done.append(LeftOut(*key, sum(part.n for part in parts), amount, tuple(shown)))
    return done


def _tupled(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}

"""Results of steps as bytes: tables apart, by the hash of what they hold; files and descriptions by their names."""

import io
import pickle
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from revops.exports.audit import Ledger, Source
from revops.exports.keeping.store import Store, named, numbered
from revops.exports.keeping.told import places_of
from revops.exports.later import Later
from revops.exports.reading.frames import Frame
from revops.exports.recognising.systems import Description

__all__ = ["Outline", "Packing", "Written"]


@dataclass(frozen=True)
class Outline:
    """A frame without its rows: how many are in memory, their columns, how many are put aside, and the rest of it."""

    num_rows: int
    column_names: tuple[str, ...]
    n_spilled: int | None
    rest: tuple[Any, ...]

    @classmethod
    def of(cls, frame: Frame) -> "Outline":
        """Return the outline of a frame; the rest is in the order in which a frame takes it."""
        rest = (frame.titles, frame.labels, frame.totals, frame.scaled, frame.part)
        table, spilled = frame.table, frame.spilled
        n_spilled = None if spilled is None else spilled.n_rows
        return cls(table.num_rows, tuple(table.column_names), n_spilled, rest)


@dataclass(frozen=True)
class Written:
    """A table that is written: the name of its file in the store."""

    file: str


class Packing:
    """Turns results into bytes and back; each table comes back as one that is read later."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self.store, self.ledger = store, ledger
        self.tables: dict[str, Later] = {}
        self.rows: dict[str, Later] = {}
        self.descriptions: dict[tuple[str, str, bool], Description] = {}

    def know(self, rows: Later, description: Description) -> None:
        """Know the rows of a file and what it is, so that a result may hold them."""
        self.rows[rows.digest] = rows
        self.descriptions[_id(description)] = description

    def packed(self, result: Any) -> tuple[list[str], bytes]:
        """Return a result as bytes, its tables kept in the store, and the names of their files."""
        out = io.BytesIO()
        pickler = _Pickler(out, self)
        pickler.dump(result)
        return pickler.files, out.getvalue()

    def unpacked(self, packed: bytes) -> Any:
        """Return the result."""
        return _Unpickler(io.BytesIO(packed), self).load()

    def put(self, table: pa.Table) -> tuple[str, int, tuple[str, ...]]:
        """Keep a table, and return by what it is found again."""
        one = named(table, self.ledger)
        digest = self.store.put(one)
        found = digest, one.num_rows, tuple(one.column_names)
        self.later(*found).found = numbered(one, self.ledger)
        return found

    def later(self, digest: str, num_rows: int, column_names: tuple[str, ...]) -> Later:
        """Return a kept table that is read when it is needed."""
        if digest not in self.tables:
            self.tables[digest] = Later(
                digest, num_rows, column_names, lambda: numbered(self.store.table(digest), self.ledger)
            )
        return self.tables[digest]


class _Pickler(pickle.Pickler):
    def __init__(self, out: io.BytesIO, packing: Packing) -> None:
        super().__init__(out, protocol=5)
        self.packing = packing
        self.files: list[str] = []
        self.put: dict[int, tuple[str, int, tuple[str, ...]]] = {}

    def persistent_id(self, value: Any) -> tuple[Any, ...] | None:
        match value:
            case Later() if value.digest in self.packing.rows:
                return "rows", value.digest
            case pa.Table() | Later():
                found = self._put(value) if isinstance(value, pa.Table) else value.found_by
                self.files.append(f"{found[0]}.arrow")
                return "table", *found
            case Written():
                self.files.append(value.file)
            case Source():
                return "file", next(name for name, n in places_of(self.packing.ledger).items() if n == value.index)
            case Description():
                return "description", _id(value)
        return None

    def _put(self, table: pa.Table) -> tuple[str, int, tuple[str, ...]]:
        """Keep a table once, wherever in the result it stands."""
        if id(table) not in self.put:
            self.put[id(table)] = self.packing.put(table)
        return self.put[id(table)]


class _Unpickler(pickle.Unpickler):
    def __init__(self, held: io.BytesIO, packing: Packing) -> None:
        super().__init__(held)
        self.packing = packing

    def persistent_load(self, pid: Any) -> Any:
        what, *found = pid
        if what == "table":
            return self.packing.later(*found)
        if what == "rows":
            return self.packing.rows[found[0]]
        if what == "file":
            return self.packing.ledger.sources[places_of(self.packing.ledger)[found[0]]]
        return self.packing.descriptions[found[0]]


def _id(description: Description) -> tuple[str, str, bool]:
    return description.system.system, description.kind.name, description.own

"""What a step stands on, as one hash: tables by what they hold, definitions and code by a seed."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from revops.company import Company
from revops.exports.audit import Ledger, Source
from revops.exports.context import Context
from revops.exports.keeping.store import digest_of, named
from revops.exports.later import Later
from revops.exports.reading.frames import Frame
from revops.exports.recognising.systems import Description

__all__ = ["Keys"]

SAID = ("name", "system", "table", "route", "rows_read", "first", "last", "currencies", "unknown_columns", "kind")


@dataclass(frozen=True)
class Keys:
    """Hashes of what steps stand on; `seed` is one of the definitions and the code."""

    seed: str
    ledger: Ledger

    def of(self, function: Callable[..., Any], given: Any) -> str:
        """Return the key of a step: alike where the function, what it is given, the definitions and the code are.

        Raises
            TypeError: a kind of value that no hash is known of.
        """
        digest = digest_of(self.seed.encode())
        self._feed(digest, (function, given))
        return digest.hexdigest()

    def _feed(self, digest: Any, value: Any) -> None:
        digest.update(f"{type(value).__name__}\0".encode())
        match value:
            case None | bool() | int() | float() | str() | bytes() | dt.date():
                digest.update(repr(value).encode("utf-8", "surrogatepass") + b"\0")
            case Company() | Ledger() | Path():  # part of the seed; written to; where to write
                return
            case pa.Table():
                self._feed(digest, self._hashed(value))
            case pa.Array() | pa.ChunkedArray():
                self._feed(digest, self._hashed(pa.table({"": value})))
            case _ if callable(value):
                self._feed(digest, f"{value.__module__}.{value.__qualname__}")
            case list() | tuple():
                digest.update(f"{len(value)}\0".encode())
                for part in value:
                    self._feed(digest, part)
            case _:
                self._feed(digest, _parts_of(value))

    def _hashed(self, table: pa.Table) -> str:
        """Return the hash of what a table in memory holds."""
        sink = _Sink()
        with pa.PythonFile(sink, "w") as out, pa.ipc.new_stream(out, (found := named(table, self.ledger)).schema) as to:
            to.write_table(found)
        return sink.digest.hexdigest()


class _Sink:
    """A file whose bytes are hashed and not kept."""

    closed = False

    def __init__(self) -> None:
        self.digest = digest_of(b"")

    def write(self, part: Any) -> int:
        self.digest.update(part)
        return len(part)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        self.closed = True


def _parts_of(value: Any) -> list[Any]:
    """Return what makes a value; of a file too large for memory the hash of its bytes stands for its rows."""
    match value:
        case Later():
            return [value.digest]
        case Frame():
            rows = value.source.sha256 if value.spilled is not None else value.rows
            said = (value.day, value.titles, value.labels, value.totals, value.scaled, value.part, value.looked_up)
            return [value.source, value.description, rows, *said]
        case Source():
            return [getattr(value, name) for name in SAID]
        case Description():
            return [value.system.system, value.kind.name, value.kind.table, value.kind.route, value.own]
        case Context():
            people = value.people
            return [people.owners, people.ids, people.shared, sorted(people.by_name.items()), sorted(people.teams)]
        case set() | frozenset():
            return sorted(value)
        case dict():
            return [part for pair in value.items() for part in pair]
        case _ if dataclasses.is_dataclass(value):
            return [getattr(value, field.name) for field in dataclasses.fields(value)]
    raise TypeError(f"a step was given {type(value).__name__}, of which no hash is known")

"""Working on a column through its distinct values, so that a decision costs once per value and not once per row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["TEXT", "Tally", "Tallying", "by_distinct", "coded", "counts_of", "distinct", "few", "plain", "put",
           "text_of", "whole"]  # fmt: skip

TEXT = pa.string()


@dataclass(frozen=True)
class Tally:
    """A column that is not in memory: its distinct values, how many rows hold each, and how many are blank."""

    values: pa.Array
    counts: np.ndarray
    n_blank: int = 0

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def of(cls, column: pa.Array | pa.ChunkedArray) -> "Tally":
        """Return the tally of a column."""
        codes = distinct(column)
        return cls(codes.dictionary, counts_of(codes), codes.null_count)

    def plus(self, *others: "Tally") -> "Tally":
        """Return the tally of all the columns together."""
        parts = (self, *others)
        both = pa.table({
            "v": pa.chunked_array([part.values.cast(TEXT) for part in parts], TEXT),
            "n": np.concatenate([part.counts for part in parts]),
        })  # fmt: skip
        found = both.group_by("v", use_threads=False).aggregate([("n", "sum")])
        counts = found["n_sum"].to_numpy().astype(np.int64)
        return Tally(whole(found["v"]), counts, sum(part.n_blank for part in parts))


@dataclass
class Tallying:
    """The tally of a column that comes in pieces."""

    done: Tally = field(default_factory=lambda: Tally(pa.array([], TEXT), np.empty(0, np.int64)))
    waiting: list[Tally] = field(default_factory=list)

    def add(self, column: pa.Array | pa.ChunkedArray) -> None:
        """Count one more piece."""
        self.waiting.append(Tally.of(column))
        if sum(map(len, self.waiting)) > len(self.done):
            self.total()

    def total(self) -> Tally:
        """Return the tally of all pieces so far."""
        self.done, self.waiting = self.done.plus(*self.waiting), []
        return self.done


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def distinct(column: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """Return the column as codes into its distinct values."""
    return whole(column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column))


def coded(codes: pa.DictionaryArray, meanings: Sequence[str | None]) -> pa.DictionaryArray:
    """Return the column with each distinct value replaced by its meaning, still as codes; no meaning is null."""
    words = sorted({word for word in meanings if word is not None})
    places = {word: place for place, word in enumerate(words)}
    moved = pa.array([places.get(word) if word is not None else None for word in meanings], pa.int32())
    return pa.DictionaryArray.from_arrays(moved.take(codes.indices), pa.array(words, TEXT))


def by_distinct(column: pa.Array | pa.ChunkedArray, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Return `change` of a column, worked out once per distinct value; null stays null."""
    codes = distinct(column)
    return change(codes.dictionary).take(codes.indices)


def counts_of(codes: pa.DictionaryArray) -> np.ndarray:
    """Return how many rows hold each distinct value, in the order of the dictionary."""
    return np.bincount(codes.indices.drop_null().to_numpy(), minlength=len(codes.dictionary))


def few(n: int) -> int:
    """Return how many of `n` may be odd without the whole being refused."""
    return max(3, n // 100)


def put(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Return the table with a column added or replaced."""
    place = table.schema.get_field_index(name)
    return table.append_column(name, column) if place < 0 else table.set_column(place, name, column)


def plain(table: pa.Table) -> pa.Table:
    """Return the table with its dictionary columns as plain text."""
    for name, kind in zip(table.column_names, table.schema.types, strict=True):
        if pa.types.is_dictionary(kind):
            table = put(table, name, table[name].cast(TEXT))
    return table


def text_of(table: pa.Table, name: str) -> pa.Array:
    """Return a column as plain text in one piece; blanks where the table does not have it."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, TEXT)
    return whole(table[name]).cast(TEXT)

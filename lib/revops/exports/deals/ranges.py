"""Opportunities cut into ranges of their places, so that the history of each is built with few others at a time."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from revops.exports.deals.states import Block
from revops.exports.reading.buckets import number_of_buckets
from revops.exports.reading.columns import put

__all__ = ["Range", "Ranges"]


@dataclass(frozen=True)
class Range:
    """The opportunities from place `low` to before `high`; `number` is that of the range."""

    number: int
    low: int
    high: int

    def of_table(self, deals: pa.Table) -> pa.Table:
        """Return their rows of a table of all opportunities."""
        return deals.slice(self.low, self.high - self.low)

    def of_rows(self, rows: pa.Table) -> pa.Table:
        """Return rows of history that are all of these opportunities, `_place` counted from the first of them."""
        return put(rows, "_place", pa.array(rows["_place"].to_numpy() - np.int32(self.low)))

    def of_block(self, block: Block) -> Block:
        """Return those events of a block of all opportunities, their places counted from the first of these."""
        there = (block.place >= self.low) & (block.place < self.high)
        columns = {name: column.filter(pa.array(there)) for name, column in block.columns.items()}
        return Block(block.place[there] - self.low, block.at[there], block.rank, columns, block.helper)


@dataclass(frozen=True)
class Ranges:
    """All ranges: `bounds` are the place at which each begins, and the number of opportunities."""

    bounds: np.ndarray

    @classmethod
    def cut(cls, n_deals: int, n_rows: int) -> "Ranges":
        """Return as many ranges of about as many opportunities as so many rows of history need."""
        n = max(1, min(number_of_buckets(n_rows), n_deals))
        return cls(np.linspace(0, n_deals, n + 1).astype(np.int64))

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, number: int) -> Range:
        if number >= len(self):
            raise IndexError
        return Range(number, int(self.bounds[number]), int(self.bounds[number + 1]))

    def numbers_of(self, places: np.ndarray) -> np.ndarray:
        """Return the number of the range in which each place is."""
        return np.searchsorted(self.bounds, places, side="right") - 1

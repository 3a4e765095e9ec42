"""Rows of history files of any size, brought to their opportunities and together by ranges of these."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.deals.history_rows import leave, located, states_block
from revops.exports.deals.ranges import Range, Ranges
from revops.exports.deals.states import Block
from revops.exports.deals.steps import share_stamps
from revops.exports.money import Unconverted
from revops.exports.reading.buckets import Buckets, in_buckets
from revops.exports.reading.columns import plain
from revops.exports.reading.frames import Frame

__all__ = ["COVERED", "Past", "States", "gathered_rows", "gathered_states"]

COVERED = "already in OpportunityHistory"


@dataclass(frozen=True)
class Past:
    """What the rows of history files are brought to: the opportunities, in ranges; on disk in `aside`, if that is."""

    deals: pa.Table
    ranges: Ranges
    aside: Path | None


@dataclass(frozen=True)
class States:
    """Rows of whole states, those of each file by range.

    `by_record` says that copies are told by their record ids; `lost` counts amounts that cannot be converted.
    """

    files: list[Buckets]
    by_record: bool
    lost: Unconverted

    def block(self, some: Range, deals: pa.Table, context: Context, n_rows: int | None = None) -> Block:
        """Return the events of a range, or of its first rows; `deals` are its opportunities."""
        return states_block(self.rows(some).slice(0, n_rows), deals, self.by_record, self.lost, context)

    def rows(self, some: Range) -> pa.Table:
        """Return the rows of a range of opportunities."""
        return some.of_rows(_united([file.read(some.number) for file in self.files]))


def gathered_states(name: str, frames: list[Frame], past: Past, covered: np.ndarray, ledger: Ledger) -> States | None:
    """Return the rows of whole states of some files; None where none stays.

    Rows of opportunities that are `covered` are left out; those that these rows tell are then covered too.
    """
    told, files = covered.copy(), []
    for frame in frames:
        rows = (_telling(located(part, past.deals, ledger), covered, told, ledger) for part in frame.parts())
        files.append(_by_range(rows, frame, past))
    if (told == covered).all():
        return None
    covered |= told
    states = States(files, False, Unconverted(name))
    return replace(states, by_record=all(_have_ids(states.rows(some)) for some in past.ranges))


def gathered_rows(frame: Frame, past: Past, ledger: Ledger) -> Buckets:
    """Return the rows of a file whose opportunity we have, by range."""
    return _by_range((located(part, past.deals, ledger) for part in frame.parts()), frame, past)


def _telling(rows: pa.Table, covered: np.ndarray, told: np.ndarray, ledger: Ledger) -> pa.Table:
    rows = leave(rows, covered[rows["_place"].to_numpy()], COVERED, ledger)
    rows = leave(rows, rows["stage_name"].is_null().to_numpy(), "no stage", ledger)
    told[rows["_place"].to_numpy()] = True
    return rows


def _by_range(parts: Iterator[pa.Table], frame: Frame, past: Past) -> Buckets:
    placed = ((part, past.ranges.numbers_of(part["_place"].to_numpy())) for part in parts)
    return in_buckets(placed, len(past.ranges), f"history-{frame.source.index}", past.aside)


def _united(tables: list[pa.Table]) -> pa.Table:
    if len(tables) == 1:
        return tables[0]
    return pa.concat_tables([plain(table) for table in tables], promote_options="default")


def _have_ids(rows: pa.Table) -> bool:
    """Return whether all rows that share a stamp with another of their opportunity have a record id."""
    if "record_id" not in rows.column_names:
        return False
    if not rows["record_id"].null_count:
        return True
    return share_stamps(rows)["record_id"].null_count == 0

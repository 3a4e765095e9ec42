"""Dated folders of current-state exports read as history: what changed from one folder to the next, and when."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.deals.states import FIELDS, GOES_WITH, Block
from revops.exports.reading.columns import TEXT, plain, put

__all__ = ["Snapshots", "combined"]

SEEN = tuple(field for field in FIELDS if field != "is_deleted")


@dataclass(frozen=True)
class Snapshots:
    """The opportunities of each dated folder, earliest first; one folder is a state, two are a history."""

    days: list[dt.date]
    tables: list[pa.Table]

    @property
    def fields(self) -> list[str]:
        """Return the fields that every folder has, without those that only go along with another."""
        present = set.intersection(*(set(table.column_names) for table in self.tables))
        return [field for field in SEEN if field in present and field not in GOES_WITH]

    def blocks(self, ids: pa.Array, covered: np.ndarray, by_states: set[str], by_changes: set[str]) -> list[Block]:
        """Return what the folders say, as events.

        Parameters
            ids : the opportunities; places in the events mean this order
            covered : which of them a source of whole states tells already, and `by_states` which of their fields
            by_changes : the fields that field history tells for all
        """
        place, at, columns = self._events(ids)
        blocks = []
        for told, taken in ((covered, by_states | by_changes), (~covered, by_changes)):
            rows = np.flatnonzero(told[place])
            if len(rows):
                said = {f: c.take(pa.array(rows)) for f, c in columns.items() if GOES_WITH.get(f, f) not in taken}
                blocks.append(Block(place[rows], at[rows], 3, said))
        return blocks

    def _events(self, ids: pa.Array) -> tuple[np.ndarray, np.ndarray, dict[str, pa.Array]]:
        """Return a state for every record that is new or changed since the folder before, and for every one gone."""
        fields = [field for field in SEEN if field in self.fields or GOES_WITH.get(field) in self.fields]
        before, end_before = None, np.iinfo(np.int64).min
        there = np.full(len(ids), -1)
        parts: list[tuple[np.ndarray, np.ndarray, pa.Table]] = []
        for day, table in zip(self.days, self.tables, strict=True):
            end = int((np.datetime64(day, "us") + np.timedelta64(1, "D")).astype(np.int64)) - 1
            place = pc.index_in(table["opportunity_id"].combine_chunks(), value_set=ids).to_numpy()
            now = _plain(table, fields).append_column("is_deleted", _deleted(table))
            changed = np.flatnonzero(_differs(now, before, there[place]))
            stamp = _stamps(table)[changed]
            at = np.where((stamp > end_before) & (stamp <= end), stamp, end)
            state = now.take(pa.array(changed))
            parts.append((place[changed], at, state))
            here = np.full(len(ids), -1)
            here[place] = np.arange(len(place))
            gone = np.flatnonzero((there >= 0) & (here < 0))
            if before is not None and len(gone):
                last = put(before.take(pa.array(there[gone])), "is_deleted", pa.repeat(True, len(gone)))
                parts.append((gone, np.full(len(gone), end), last))
            before, there, end_before = now, here, end
        states = pa.concat_tables([part[2] for part in parts])
        columns = {name: states[name].combine_chunks() for name in states.column_names}
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]), columns


def combined(tables: list[pa.Table]) -> pa.Table:
    """Return the records of the last table, and of those before the ones that have gone since, as last seen."""
    latest = tables[-1]
    for table in reversed(tables[:-1]):
        known = pc.is_in(table["opportunity_id"], latest["opportunity_id"].combine_chunks())
        gone = table.filter(pc.invert(known))
        if gone.num_rows:
            latest = pa.concat_tables([plain(latest), plain(gone)], promote_options="permissive")
    return latest


def _plain(table: pa.Table, fields: list[str]) -> pa.Table:
    columns = {}
    for field in fields:
        column = table[field].combine_chunks()
        columns[field] = column.cast(TEXT) if pa.types.is_dictionary(column.type) else column
    return pa.table(columns)


def _deleted(table: pa.Table) -> pa.Array:
    """Return which records the system marks as deleted."""
    if "is_deleted" not in table.column_names:
        return pa.repeat(False, table.num_rows)
    return table["is_deleted"].combine_chunks().fill_null(False)


def _stamps(table: pa.Table) -> np.ndarray:
    """Return when each record was last modified; before all time where the export does not say."""
    if "modified_at" not in table.column_names:
        return np.full(table.num_rows, np.iinfo(np.int64).min)
    return table["modified_at"].cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy()


def _differs(now: pa.Table, before: pa.Table | None, places: np.ndarray) -> np.ndarray:
    """Return which records are new or have another value in any field than at `places` of the table before."""
    if before is None:
        return np.ones(now.num_rows, bool)
    old = before.take(pa.array(places, mask=places < 0))
    differs = places < 0
    for name in now.column_names:
        left, right = now[name], old[name]
        same = pc.equal(left, right).fill_null(False)
        both_null = pc.and_(left.is_null(), right.is_null())
        differs |= ~pc.or_(same, both_null).to_numpy()
    return differs

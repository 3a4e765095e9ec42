"""Records that stand more than once: one copy of each kept, its gaps filled from the others, which are counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.reading.columns import plain
from revops.exports.reading.frames import Frame
from revops.exports.uniting.copies import Contradictions

__all__ = ["once"]

AT_ONCE = 1 << 16  # copies
# Never filled from another copy of a record: what it was worth then may not be what it is worth now.
OWN = ("amount", "amount_original", "amount_converted", "currency", "converted_currency", "modified_at", "is_deleted")


def once(table: pa.Table, key: str, frames: list[Frame], ledger: Ledger) -> pa.Table:
    """Return the table with one row per key; the others are counted, and fill what the kept one's file lacks.

    Of rows with one key the one modified on the latest day is kept, of one day the one from an API file, then the
    later stamp, then the last by content. Copies are looked at some records at a time.
    """
    copies = _Copies(key, frames, ledger)
    places = pc.dictionary_encode(table[key].combine_chunks()).indices.to_numpy()
    counts = np.bincount(places)
    alone = plain(table.filter(pa.array(counts[places] == 1)))
    kept = [copies.settled(table.filter(some)) for some in _groups(places, counts)]
    copies.say()
    return pa.concat_tables([alone, *kept])


def _groups(places: np.ndarray, counts: np.ndarray) -> Iterator[pa.Array]:
    """Yield masks of rows that stand for records given more than once, all copies of a record together."""
    numbers = np.where(counts > 1, np.cumsum(np.where(counts > 1, counts, 0)) // AT_ONCE, -1)[places]
    for number in np.unique(numbers[numbers >= 0]):
        yield pa.array(numbers == number)


@dataclass
class _Copies:
    """Settles copies of records part by part, and keeps what is said of all together."""

    key: str
    frames: list[Frame]
    ledger: Ledger
    doubts: Contradictions = field(default_factory=Contradictions)
    filled: set[tuple[str, int]] = field(default_factory=set)

    def settled(self, copies: pa.Table) -> pa.Table:
        """Return one row per record of some that are all given more than once."""
        several = plain(copies).to_pandas()
        content = [name for name in several.columns if not name.startswith("_")]
        several = self._best_first(several, content)
        kept = several.drop_duplicates(self.key)
        self.doubts.add(several, kept, self.key)
        several, kept = several.drop(columns="_route"), kept.drop(columns="_route")
        _count_copies(several, kept, content, self.key, self.ledger)
        rows = self._filled(several, kept, [name for name in content if name not in (*OWN, self.key)])
        return pa.Table.from_pandas(rows, preserve_index=False, schema=plain(copies.slice(0, 0)).schema)

    def say(self) -> None:
        """Refuse what contradicts itself, and write down which columns were filled."""
        self.doubts.refuse(self.ledger)
        for name, file in sorted(self.filled):
            self.ledger.sources[file].decisions.append(f"{name}: filled from another file for the same records")

    def _best_first(self, several: pd.DataFrame, content: list[str]) -> pd.DataFrame:
        """Return the rows with the `_route` of each, the one of each record that is kept before its others."""
        routes = {frame.source.index: int(frame.description.kind.route == "api") for frame in self.frames}
        modified = several.get("modified_at", pd.Series(pd.NaT, index=several.index))
        order = pd.DataFrame({"day": modified.dt.floor("D"), "route": several["_file"].map(routes), "stamp": modified})
        for name in content:
            order[f"c_{name}"] = several[name].astype("str").where(several[name].notna(), "")
        order["key"] = several[self.key]
        best_first = order.sort_values(list(order.columns), ascending=False, kind="stable", na_position="last").index
        return several.assign(_route=order["route"]).loc[best_first]

    def _filled(self, several: pd.DataFrame, kept: pd.DataFrame, names: list[str]) -> pd.DataFrame:
        """Return the kept rows with the columns that their own file does not have taken from their other copies."""
        kept = kept.copy()
        if several["_file"].nunique() == 1:
            return kept
        carried = {frame.source.index: set(frame.rows.column_names) for frame in self.frames}
        for name in names:
            lacks = ~kept["_file"].map(lambda file, name=name: name in carried[file]).to_numpy(bool)
            if not lacks.any():
                continue
            others = several.loc[several[name].notna(), [self.key, name]].drop_duplicates(self.key)
            if not len(others):
                continue
            values = kept[self.key].map(others.set_index(self.key)[name])
            gaps = lacks & values.notna()
            if gaps.any():
                kept.loc[lacks, name] = values[lacks]
                self.filled |= {(name, int(file)) for file in set(kept.loc[gaps, "_file"])}
        return kept


def _count_copies(several: pd.DataFrame, kept: pd.DataFrame, content: list[str], key: str, ledger: Ledger) -> None:
    rest = several.drop(kept.index)
    winner = kept.set_index(key).loc[rest[key]]
    same_file = winner["_file"].to_numpy() == rest["_file"].to_numpy()
    same = np.ones(len(rest), bool)
    for name in content:
        left, right = (
            rest[name].reset_index(drop=True),
            (winner[name] if name != key else rest[name]).reset_index(drop=True),
        )
        same &= (left.eq(right) | (left.isna() & right.isna())).fillna(False).to_numpy(bool)
    reasons = np.where(~same_file, "same record in another file", np.where(same, "exact duplicate row", "duplicate id"))
    for reason in sorted(set(reasons)):
        part = rest[reasons == reason]
        columns = [c for c in (key, "amount", "_file") if c in part.columns]
        ledger.leave_out_rows(pa.Table.from_pandas(part[columns], preserve_index=False), str(reason), key)

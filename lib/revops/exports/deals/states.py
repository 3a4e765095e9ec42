"""Whole states from partial events: what each source says, carried forward field by field until it says otherwise."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["FIELDS", "GOES_WITH", "Block", "merge", "states_table"]

FIELDS = (
    "stage_name",
    "outcome",
    "close_date",
    "amount",
    "amount_original",
    "forecast_category",
    "win_probability",
    "owner_id",
    "type",
    "source",
    "is_deleted",
)
GOES_WITH = {"outcome": "stage_name", "amount_original": "amount"}


@dataclass
class Block:
    """Events of one source: which opportunity (its place in the table), when (microseconds), and what each says.

    `columns` holds the fields that every event of the block says, null being said too. Within one opportunity and
    stamp a block's events are in their order already, and a block of higher rank comes after one of lower rank.
    A `helper` block only fills the time before the first event: its rows give way to any other of the same stamp.
    """

    place: np.ndarray
    at: np.ndarray
    rank: int
    columns: dict[str, pa.Array]
    helper: bool = False

    @property
    def fields(self) -> list[str]:
        """Return the fields it says, without those that only go along with another."""
        return [field for field in self.columns if field not in (*GOES_WITH, "is_deleted")]

    def only(self, wanted: np.ndarray) -> "Block":
        """Return the events of the wanted opportunities (a flag per place)."""
        keep = wanted[self.place]
        if keep.all():
            return self
        columns = {field: column.filter(pa.array(keep)) for field, column in self.columns.items()}
        return Block(self.place[keep], self.at[keep], self.rank, columns, self.helper)


def merge(blocks: list[Block]) -> tuple[np.ndarray, np.ndarray, dict[str, pa.Array]]:
    """Return place, stamp and fields of whole states, sorted by place and stamp.

    A field that an event does not say keeps the value of the opportunity's last event that says it; before the first
    such event it has that event's value (but nothing is deleted before it is); where no event says it, it is null.
    """
    place = np.concatenate([block.place for block in blocks])
    at = np.concatenate([block.at for block in blocks])
    rank = np.concatenate([np.full(len(block.place), block.rank, np.int8) for block in blocks])
    order = _order(place, at, rank)
    place, at = (place, at) if order is None else (place[order], at[order])
    fresh = np.ones(len(place), bool)
    fresh[1:] = place[1:] != place[:-1]
    keep = _not_doubled(blocks, order, place, at)
    columns: dict[str, pa.Array] = {}
    spoken: dict[tuple[tuple[bool, ...], bool], np.ndarray] = {}
    for field in FIELDS:
        says = tuple(field in block.columns for block in blocks)
        if any(says):
            way = (says, field != "is_deleted")
            if way not in spoken:
                spoken[way] = _speaker(*way, blocks, order, fresh)[keep]
            columns[field] = _take(field, blocks, spoken[way])
    return place[keep], at[keep], columns


def states_table(place: np.ndarray, at: np.ndarray, columns: dict[str, pa.Array], ids: pa.Array) -> pa.Table:
    """Return the states in the order of opportunities and time, numbered within each opportunity."""
    n = len(place)
    starts = np.flatnonzero(np.r_[True, place[1:] != place[:-1]]) if n else np.zeros(0, np.int64)
    sequence = np.arange(n) - np.repeat(starts, np.diff(np.append(starts, n)))
    gone = columns.get("is_deleted", pa.nulls(n, pa.bool_()))
    return pa.table(
        {
            "opportunity_id": ids.take(pa.array(place)),
            "changed_at": pa.array(at).cast(pa.timestamp("us")),
            "sequence": pa.array(sequence.astype(np.float64)),
            **{field: columns[field] for field in FIELDS if field in columns},
            "is_deleted": pc.fill_null(gone, False),
        }
    )


def _order(place: np.ndarray, at: np.ndarray, rank: np.ndarray) -> np.ndarray | None:
    """Return the order by place, stamp and rank, earlier rows first among equals; None where that is the order."""
    ahead = place[1:] - place[:-1]
    later = at[1:] - at[:-1]
    up = (ahead > 0) | ((ahead == 0) & ((later > 0) | ((later == 0) & (rank[1:] >= rank[:-1]))))
    return None if up.all() else np.lexsort((rank, at, place))


def _not_doubled(blocks: list[Block], order: np.ndarray | None, place: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return which rows stay: all but helper rows that another row of the same opportunity and stamp follows."""
    helper = np.concatenate([np.full(len(block.place), block.helper) for block in blocks])
    if order is not None:
        helper = helper[order]
    followed = np.zeros(len(place), bool)
    followed[:-1] = (place[1:] == place[:-1]) & (at[1:] == at[:-1])
    return ~(helper & followed)


def _speaker(
    says: tuple[bool, ...], backwards: bool, blocks: list[Block], order: np.ndarray | None, fresh: np.ndarray
) -> np.ndarray:
    """Return for every sorted row the unsorted row whose value it has; -1 where no event of the opportunity says.

    `backwards` also gives the rows before the first event that says it that event's value.
    """
    n = len(fresh)
    origin = np.arange(n) if order is None else order
    if all(says):
        return origin
    speaks = np.concatenate([np.full(len(block.place), said) for block, said in zip(blocks, says, strict=True)])[origin]
    rows = np.arange(n)
    start = np.maximum.accumulate(np.where(fresh, rows, 0))
    last = np.maximum.accumulate(np.where(speaks, rows, -1))
    chosen = np.where(last >= start, last, -1)
    if backwards:
        following = np.minimum.accumulate(np.where(speaks, rows, n)[::-1])[::-1]
        end = np.append(np.flatnonzero(fresh)[1:], n)[np.cumsum(fresh) - 1] if n else rows
        chosen = np.where((chosen < 0) & (following < end), following, chosen)
    return np.where(chosen >= 0, origin[chosen], -1)


def _take(field: str, blocks: list[Block], rows: np.ndarray) -> pa.Array:
    kinds = {block.columns[field].type for block in blocks if field in block.columns}
    kind = kinds.pop() if len(kinds) == 1 else pa.string()  # codes from one source, text from another
    parts = [
        block.columns[field].cast(kind) if field in block.columns else pa.nulls(len(block.place), kind)
        for block in blocks
    ]
    whole = pa.concat_arrays(parts) if len(parts) > 1 else parts[0]
    if len(rows) == len(whole) and (rows == np.arange(len(rows))).all():
        return whole
    return whole.take(pa.array(rows, mask=rows < 0))

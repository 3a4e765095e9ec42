"""The order of changes that stand at one moment: created first, converted last, each value after the one it follows."""

import numpy as np
import pandas as pd

from revops.exports.uniting.rows import in_one, ranks, together

__all__ = ["in_order"]

FIRST, LAST = "created", "converted"


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return changes sorted by lead and moment, with `sequence` from 0 among those of one lead at one moment.

    Changes of one field at one moment (reports show days) are chained by old and new value; what stays open is settled
    by content, never by the order of rows in the file.
    """
    rank = rows["field"].map({FIRST: 0, LAST: 2}).fillna(1)
    texts = {f"_{name}": rows[name].fillna("") for name in ("old_value", "new_value")}
    rows = rows.assign(_rank=rank, **texts)
    moments = in_one(rows, ["lead_id", "changed_at"])
    same = together([moments, *(ranks(rows[name]) for name in ("_rank", "field"))])
    sort = np.argsort(together([same, ranks(rows["_old_value"]), ranks(rows["_new_value"])]), kind="stable")
    rows, same, moments = rows.iloc[sort].reset_index(drop=True), same[sort], moments[sort]
    first = np.append(True, same[1:] != same[:-1])[: len(rows)]
    tied = np.flatnonzero(~first | ~np.append(first[1:], True)[: len(rows)])
    if len(tied):
        old, new = (rows[name].to_numpy() for name in ("_old_value", "_new_value"))
        order = np.arange(len(rows))
        starts = np.flatnonzero(first[tied])
        for places in np.split(tied, starts[1:]):
            order[places] = places[_chain(list(zip(old[places], new[places], strict=True)))]
        rows = rows.iloc[order]
    begins = np.append(True, moments[1:] != moments[:-1])[: len(rows)]
    place = np.arange(len(rows))
    sequence = (place - np.maximum.accumulate(np.where(begins, place, 0))).astype("float64")
    return rows.assign(sequence=sequence)


def _chain(pairs: list[tuple[str, str]]) -> list[int]:
    """Return the places of changes so that each starts where another ends, from the one that none leads to."""
    left, done = list(range(len(pairs))), []
    while left:
        ends = {pairs[place][1] for place in left if pairs[place][0] != pairs[place][1]}
        follows = [place for place in left if done and pairs[place][0] == pairs[done[-1]][1]]
        starts = [place for place in left if pairs[place][0] not in ends]
        taken = (follows or starts or left)[0]
        left.remove(taken)
        done.append(taken)
    return done

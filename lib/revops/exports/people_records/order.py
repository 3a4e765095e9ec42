"""The order of changes that stand at one moment: created first, converted last, each value after the one it follows."""

import numpy as np
import pandas as pd

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
    keys = ["lead_id", "changed_at", "_rank", "field"]
    rows = rows.sort_values([*keys, "_old_value", "_new_value"], kind="stable").reset_index(drop=True)
    tied = np.flatnonzero(rows.duplicated(keys, keep=False))
    if len(tied):
        old, new = (rows[name].to_numpy() for name in ("_old_value", "_new_value"))
        order = np.arange(len(rows))
        starts = np.flatnonzero(~rows.duplicated(keys).to_numpy()[tied])
        for places in np.split(tied, starts[1:]):
            order[places] = places[_chain(list(zip(old[places], new[places], strict=True)))]
        rows = rows.iloc[order]
    sequence = rows.groupby(["lead_id", "changed_at"], sort=False).cumcount().astype("float64")
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

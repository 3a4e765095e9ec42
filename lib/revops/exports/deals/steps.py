"""Order among history rows of one opportunity and stamp, where the export shows dates only or saves come together."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.exports.reading.columns import TEXT

__all__ = ["share_stamps", "sort_states"]


def sort_states(table: pa.Table, by_record: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows in the order of `_place` and `_at`, and the rows that are exact copies and stay out.

    `by_record` says that copies are told by their record ids, which all rows that share a stamp have (`share_stamps`).

    Rows of one stamp stand in the order of their record ids (Salesforce hands them out in order). Without record ids
    they are chained by From Stage and To Stage, starting from the stage before; rows that stay in a stage come before
    the one that leaves it; what is still open is settled by content, never by the order of rows in the file.
    """
    order, slots = _ties(table)
    return _settled(table, order, slots, by_record) if len(slots) else (order, slots)


def share_stamps(table: pa.Table) -> pa.Table:
    """Return the rows whose stamp another row of the same opportunity has too."""
    order, slots = _ties(table)
    return table.take(pa.array(order[slots]))


def _ties(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the order by place and stamp, and the places in it of rows that share both."""
    place, at = table["_place"].to_numpy(), table["_at"].to_numpy()
    order = _by_time(place, at)
    place, at = place[order], at[order]
    tied = np.zeros(len(place), bool)
    tied[1:] = (place[1:] == place[:-1]) & (at[1:] == at[:-1])
    tied[:-1] |= tied[1:]
    return order, np.flatnonzero(tied)


def _by_time(place: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the order by place, then stamp; that of equal rows is left open."""
    if ((place[1:] > place[:-1]) | ((place[1:] == place[:-1]) & (at[1:] >= at[:-1]))).all():
        return np.arange(len(place))
    seconds, rest = np.divmod(at - at.min(), 1_000_000)
    if rest.any() or seconds.max() >= 1 << 36 or place.max() >= 1 << 26:
        return np.lexsort((at, place))
    return np.argsort((place.astype(np.int64) << 36) | seconds)


def _settled(table: pa.Table, order: np.ndarray, slots: np.ndarray, by_record: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the order with its tied `slots` put right, without copies of one another, and those copies."""
    ties = table.take(pa.array(order[slots]))
    content = [name for name in ties.column_names if name != "_file"]
    texts = pd.DataFrame({name: ties[name].cast(TEXT).to_pandas().fillna("") for name in content})
    for name in ("_place", "_at", "_file"):
        texts[name] = ties[name].to_numpy()
    texts["_row"], texts["_slot"] = order[slots], slots
    group = texts.groupby(["_place", "_at"])["_slot"]
    texts["_start"], texts["_end"] = group.transform("min"), group.transform("max")
    firsts = ["_place", "_at", *(["record_id"] if "record_id" in content else [])]
    texts = texts.sort_values([*firsts, *(name for name in content if name not in firsts), "_file"], kind="stable")
    copies = texts.duplicated(firsts if by_record else content)
    gone, texts = np.sort(texts.loc[copies, "_row"].to_numpy()), texts[~copies]
    if "from_stage" in content:
        texts = _chained(texts, table["stage_name"].take(pa.array(order)), table["_place"].to_numpy()[order])
    kept = np.ones(len(order), bool)
    kept[slots] = False
    filled = np.sort(texts["_slot"].to_numpy())
    kept[filled] = True
    order = order.copy()
    order[filled] = texts.sort_values(["_place", "_at"], kind="stable")["_row"].to_numpy()
    return order[kept], gone


def _chained(texts: pd.DataFrame, names: pa.ChunkedArray, places: np.ndarray) -> pd.DataFrame:
    """Return the tied rows, each group in the order in which one row's To Stage is the next one's From Stage."""
    stages = names.cast(TEXT).to_pylist()
    pieces, left_at = [], {}
    for (place, _), group in texts.groupby(["_place", "_at"], sort=True):
        before = int(group["_start"].iloc[0]) - 1
        known = left_at.get(before, stages[before]) if before >= 0 and places[before] == place else ""
        steps = list(zip(group["from_stage"], group["stage_name"], strict=True))
        ordered = group.iloc[_chain(steps, known or "")]
        left_at[int(group["_end"].iloc[0])] = ordered["stage_name"].iloc[-1]
        pieces.append(ordered)
    return pd.concat(pieces)


def _chain(steps: list[tuple[str, str]], start: str) -> list[int]:
    """Return the order of steps as one path from `start`, staying before leaving; what does not fit comes last."""
    waiting: defaultdict[str, list[int]] = defaultdict(list)
    for i, (source, _) in enumerate(steps):
        waiting[source].append(i)
    for source, places in waiting.items():
        places.sort(key=lambda i, source=source: (steps[i][1] != source, not _returns(steps, i), i))
    best: list[int] = []
    here = start
    while len(best) < len(steps):
        if not waiting.get(here):
            targets = {to for i, (_, to) in enumerate(steps) if i not in best and steps[i][0] != to}
            open_ends = [i for i, (source, _) in enumerate(steps) if i not in best and source not in targets]
            here = steps[open_ends[0] if open_ends else next(i for i in range(len(steps)) if i not in best)][0]
        best.append(waiting[here].pop(0))
        here = steps[best[-1]][1]
    return best


def _returns(steps: list[tuple[str, str]], i: int) -> bool:
    """Return whether some other step leads back to where step `i` starts, so that it may come first."""
    source, target = steps[i]
    seen, front = {target}, [target]
    while front:
        stage = front.pop()
        for j, (come, go) in enumerate(steps):
            if j != i and come == stage and go not in seen:
                seen.add(go)
                front.append(go)
    return source in seen

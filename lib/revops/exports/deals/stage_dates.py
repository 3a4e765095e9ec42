"""Stages from the dates that a record itself carries, one column a stage: when each deal entered which stage."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.deals.states import Block
from revops.exports.reading.columns import TEXT
from revops.exports.recognising.own_columns import ENTERED

__all__ = ["entered_stages"]


def entered_stages(tables: list[pa.Table], deals: pa.Table, covered: np.ndarray, context: Context) -> Block | None:
    """Return the entries of stages as events; None where no export has their dates.

    Such a column knows one entry of a stage, mostly the last, so entries are put in the order of time, never of
    stages. A deal counts only where its last entry is the stage it is in: else some entry is not known, and nothing
    can say since when it is where it is. Entries of one moment stand in the order of company.yml, that stage last.

    Parameters
        tables : opportunities of every dated export, which may still have entries that later ones have overwritten
        deals : the opportunities as they are
        covered : which of them another source of history tells
    """
    parts = [part for table in tables for part in _entries(table, deals["opportunity_id"].combine_chunks(), covered)]
    if not parts:
        return None
    words = pa.chunked_array([part[2] for part in parts], TEXT)
    names, outcomes = context.words.map_stages(words.combine_chunks())
    place, at = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    stages = names.cast(TEXT).to_numpy(False)
    current = deals["stage_name"].cast(TEXT).to_numpy()[place]
    order = context.company.stage_order
    rank = np.array([order.get(name, -1) for name in stages])
    rows = np.lexsort((rank, stages == current, at, place))
    again = np.zeros(len(rows), bool)
    again[1:] = (np.diff(place[rows]) == 0) & (np.diff(at[rows]) == 0) & (stages[rows][1:] == stages[rows][:-1])
    rows = rows[~again]
    last = np.append(np.diff(place[rows]) != 0, True)
    astray = place[rows][last & (stages[rows] != current[rows])]
    _warn(astray, deals, context)
    rows = rows[~np.isin(place[rows], astray)]
    columns = {"stage_name": names.take(pa.array(rows)), "outcome": outcomes.take(pa.array(rows))}
    return Block(place[rows], at[rows], 1, columns) if len(rows) else None


def _entries(table: pa.Table, ids: pa.Array, covered: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, pa.Array]]:
    """Return place, stamp and stage of every date of a stage in one table, column by column."""
    names = [name for name in table.column_names if name.startswith(ENTERED)]
    if not names:
        return []
    place = pc.index_in(table["opportunity_id"].combine_chunks(), value_set=ids).fill_null(-1).to_numpy()
    wanted = (place >= 0) & ~covered[place]
    parts = []
    for name in names:
        rows = np.flatnonzero(wanted & table[name].is_valid().to_numpy())
        if len(rows):
            at = table[name].cast(pa.int64()).fill_null(0).to_numpy()[rows]
            parts.append((place[rows], at, pa.repeat(name.removeprefix(ENTERED), len(rows))))
    return parts


def _warn(astray: np.ndarray, deals: pa.Table, context: Context) -> None:
    if len(astray):
        shown = examples(sorted(deals["opportunity_id"].take(pa.array(astray)).to_pylist())[:3])
        context.ledger.warnings.append(
            f"opportunity_history: {len(astray):,} of {deals.num_rows:,} opportunities are in a stage whose last entry "
            f"has no date, or an earlier one than another stage ({shown}): the history of their stages is not used. "
            "Export the dates of all stages."
        )

"""The states of opportunities as one sequence in time, whatever part of them has history."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from revops.periods import end_of_day

__all__ = ["states_until", "tracks"]


def states_until(
    day: dt.date, history: pd.DataFrame, deals: pd.DataFrame, tracked: Mapping[str, str], last_stamp: pd.Timestamp
) -> pd.DataFrame:
    """Return the states that began by the end of a day (schema.opportunity_history), sorted by id and time.

    An opportunity without history has one state: its record, from its last change on; where the export has no such
    stamp, from the last stamp of all. Amounts and close dates without history are the record's.
    """
    now = [name for name in ("close_date", "amount", "amount_original") if not tracks(tracked, name)]
    if now and len(history):
        record = deals.set_index("opportunity_id")[now].reindex(history["opportunity_id"])
        history = history.assign(**{name: record[name].to_numpy() for name in now})
    known = pd.Index(history["opportunity_id"].unique())  # isin would turn each id into a Python string first
    bare = deals[known.get_indexer(deals["opportunity_id"]) < 0]
    if len(bare):
        records = bare.assign(changed_at=bare["modified_at"].fillna(last_stamp), sequence=0.0, is_deleted=False)
        history = pd.concat([history, records[history.columns].astype(history.dtypes)])
        history = history.sort_values(["opportunity_id", "changed_at", "sequence"])
    return history[history["changed_at"] <= end_of_day(day)].reset_index(drop=True)


def tracks(tracked: Mapping[str, str], name: str) -> bool:
    """Return whether a field has history; the outcome goes with the stage, the original amount with the amount."""
    return {"outcome": "stage_name", "amount_original": "amount"}.get(name, name) in tracked

"""What of leads, their changes and their opportunities was known at the end of the day."""

from dataclasses import dataclass

import pandas as pd

from revops.analysis.among import is_among
from revops.measures.stage_benchmarking.window import Window
from revops.periods import end_of_day

__all__ = ["Known", "known_of", "looked_up"]

_STAMPS = ("mql_at", "sql_at", "touched_at", "converted_date", "modified_at")
_WORDS = ("status", "reject_reason")


@dataclass(frozen=True)
class Known:
    """records: leads, or contacts where they are the leads, stamps after the day taken out: lead_id, mql_at, sql_at,
    touched_at, converted_date, modified_at, status and reject_reason (of records not changed since).
    history: changes of leads up to the day (schema.lead_history). amounts: opportunity -> first amount that is known.
    until: the last moment seen: the last stamp of the day, or its end where nothing is stamped on it.
    """

    records: pd.DataFrame
    history: pd.DataFrame
    amounts: pd.Series
    until: pd.Timestamp


def known_of(window: Window, leads: pd.DataFrame) -> Known:
    """Return what was known at the end of the day of Funnel.leads.

    Limits
        The last day of an export is over before it ends: it is seen up to its last stamp, lest hours in which nobody
        looked count as waiting.
    """
    view, end = window.view, end_of_day(window.view.day)
    history = view.book.table("lead_history")
    history = history[(history["changed_at"] <= end) & is_among(history["lead_id"], leads["lead_id"])]
    history = history.sort_values(["lead_id", "changed_at", "sequence"], ignore_index=True)
    is_contacts = bool(leads["is_contact"].any())
    records = view.book.table("contacts" if is_contacts else "leads")
    records = records.rename(columns={"contact_id": "lead_id"}) if is_contacts else records
    records = records[is_among(records["lead_id"], leads["lead_id"])].reindex(columns=["lead_id", *_STAMPS, *_WORDS])
    for name in _STAMPS:
        stamps = records[name].astype("datetime64[us]")
        records[name] = stamps.where(stamps <= end)
    first = view.timeline.dropna(subset=["amount"]).drop_duplicates("opportunity_id")
    stamps = pd.concat([history["changed_at"], leads["created"], leads["mql_at"], view.timeline["changed_at"]])
    last = stamps[stamps.dt.floor("D").eq(pd.Timestamp(view.day))].max()
    until = end if pd.isna(last) or last == last.floor("D") else last
    return Known(records, history, first.set_index("opportunity_id")["amount"], until)


def looked_up(ids: pd.Series, values: pd.Series) -> pd.Series:
    """Return the value of each id, by the index of `values`, of their type even where there are none."""
    return values.reindex(ids.to_numpy()).set_axis(ids.index)

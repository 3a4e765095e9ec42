"""What the history of leads tells of a day: since when a lead has been turned down, and who owned it."""

import pandas as pd

from revops.company import LeadStatuses

__all__ = ["owners_on", "turned_down"]

_DOWN = ["rejected", "recycled"]


def turned_down(history: pd.DataFrame, statuses: LeadStatuses, end: pd.Timestamp) -> pd.DataFrame:
    """Return since when each lead that stands turned down at a moment has been rejected, and back at marketing.

    Parameters
        history : changes of leads (schema.lead_history); those of the field status count
        statuses : what they mean

    Returns
        One row per lead that stands so, by lead_id: rejected, recycled, the first time of each since it last stood
        otherwise; NaT where it never was since

    Limits
        A lead that never changed its status, or whose history was cut, stands so by no record.
    """
    changes = history[history["field"].eq("status") & (history["changed_at"] <= end)]
    changes = changes.sort_values(["lead_id", "changed_at", "sequence"])
    meaning = changes["new_value"].map(
        {word: statuses.meaning(word) for word in changes["new_value"].dropna().unique()}
    )
    is_down = meaning.isin(_DOWN)
    up_to_come = (~is_down).iloc[::-1].groupby(changes["lead_id"]).cumsum().iloc[::-1]
    last = changes.assign(meaning=meaning)[up_to_come.eq(0)]
    first = last.groupby(["lead_id", "meaning"])["changed_at"].min().unstack()
    return first.reindex(columns=_DOWN).astype("datetime64[us]")


def owners_on(history: pd.DataFrame, end: pd.Timestamp) -> pd.Series:
    """Return who owned each lead at a moment, by lead_id; leads whose owner never changed are not in it."""
    changes = history[history["field"].eq("owner_id")].sort_values(["lead_id", "changed_at", "sequence"])
    is_past = changes["changed_at"] <= end
    past = changes[is_past].drop_duplicates("lead_id", keep="last").set_index("lead_id")["new_value"]
    to_come = changes[~is_past].drop_duplicates("lead_id").set_index("lead_id")["old_value"]
    return past.combine_first(to_come).astype("str")

"""When somebody first worked on an MQL, or marketing had it back before anybody did."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.among import is_among
from revops.company import Company
from revops.measures.stage_benchmarking.hand_off.records import looked_up

__all__ = ["Touched", "first_touches", "holds_days"]

_AT_ONCE = pd.Timedelta(seconds=60)


@dataclass(frozen=True)
class Touched:
    """table: as the leads it is of: touched_at, touch (what tells it), given_back_at, given_back (the status that says
    so), was_worked (somebody worked on it already when it was qualified), is_odd (SQL before MQL).
    is_days: stamps hold days without a time. is_told: some source can tell a first touch.
    """

    table: pd.DataFrame
    is_days: bool
    is_told: bool


def first_touches(rows: pd.DataFrame, history: pd.DataFrame, records: pd.DataFrame, company: Company) -> Touched:
    """Return when somebody first worked on each MQL.

    Parameters
        rows : lead_id, mql_at, sql_at, opportunity_at
        history : the changes of leads up to the day (schema.lead_history), in their order
        records : the leads (schema.leads), their stamps after the day taken out: lead_id, mql_at, sql_at, touched_at,
            converted_date
        company : its lead_statuses

    Formula
        The earliest, not before the MQL, of: a change to a status that means working or rejected; the field that
        company.yml names; conversion; SQL. A day without a time counts as its end. Given back: the first change to a
        status that means recycled, where that comes before.

    Limits
        No export keeps the author of a change: what automation sets cannot be told from what people do. A lead that
        stood in a working status when it was qualified is not timed. Where neither history nor the field tells,
        conversion and SQL alone do not: they are the latest that it can have been.
    """
    record = records.drop_duplicates("lead_id").set_index("lead_id")
    status = _statuses(rows, history, company)
    field = looked_up(rows["lead_id"], record["touched_at"])
    is_days = holds_days(records["mql_at"]) or holds_days(pd.concat([status["changed_at"], field]))
    sql_is_day = is_days or holds_days(records["sql_at"])
    start = rows["mql_at"].dt.floor("D") if is_days else rows["mql_at"]
    since = looked_up(status["lead_id"], start.set_axis(rows["lead_id"]))
    after = status[status["changed_at"] >= since]
    converted = history[history["field"].eq("converted")].drop_duplicates("lead_id").set_index("lead_id")["changed_at"]
    told = {
        "status": _first(rows, after[after["meaning"].isin(["working", "rejected"])]),
        "field": field,
        "conversion": looked_up(rows["lead_id"], converted).fillna(
            _end(looked_up(rows["lead_id"], record["converted_date"]))
        ),
        "SQL": _end(rows["sql_at"]) if sql_is_day else rows["sql_at"],
    }
    stamps = pd.DataFrame({name: at.where(at >= start) for name, at in told.items()}).astype("datetime64[us]")
    touched = stamps.min(axis=1)
    recycled = after[after["meaning"].eq("recycled")]
    back = _first(rows, recycled)
    back = back.where(touched.isna() | (back < touched))
    table = pd.DataFrame({
        "touched_at": touched.where(back.isna()), "touch": _names(stamps, touched).where(back.isna(), None),
        "given_back_at": back, "was_worked": _stood(rows, status, since, is_days).eq("working")
        | (touched.isna() & (field < start)),
        "is_odd": told["SQL"] < start,
    })  # fmt: skip
    return Touched(table, is_days, bool(len(status)) or bool(field.notna().any()))


def holds_days(stamps: pd.Series) -> bool:
    """Return whether stamps are days without a time: there are some, and all of them are at midnight."""
    filled = stamps.dropna()
    return len(filled) > 0 and bool(filled.eq(filled.dt.floor("D")).all())


def _statuses(rows: pd.DataFrame, history: pd.DataFrame, company: Company) -> pd.DataFrame:
    """Return the changes of status of these leads with what they mean, before and after."""
    status = history[history["field"].eq("status") & is_among(history["lead_id"], rows["lead_id"])]
    words = pd.unique(pd.concat([status["old_value"], status["new_value"]]).dropna())
    meaning = {word: company.lead_statuses.meaning(word) for word in words}
    return status.assign(
        meaning=status["new_value"].map(meaning).astype("str"), before=status["old_value"].map(meaning).astype("str")
    )


def _first(rows: pd.DataFrame, changes: pd.DataFrame) -> pd.Series:
    return looked_up(rows["lead_id"], changes.groupby("lead_id")["changed_at"].min())


def _end(days: pd.Series) -> pd.Series:
    """Return the last moment of each day."""
    return (days.dt.floor("D") + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)).astype("datetime64[us]")


def _names(stamps: pd.DataFrame, first: pd.Series) -> pd.Series:
    """Return which of the sources tells the first stamp, the earlier column where two do; None where none does."""
    held = stamps.eq(first, axis=0).to_numpy()
    names = np.array([*stamps.columns, None], dtype=object)
    return pd.Series(names[np.where(held.any(axis=1), held.argmax(axis=1), -1)], stamps.index, dtype="str")


def _stood(rows: pd.DataFrame, status: pd.DataFrame, since: pd.Series, is_days: bool) -> pd.Series:
    """Return what the status of each lead meant when it was qualified: after the last change by then, else before the
    first one after that. The status that says it is qualified may be set up to a minute later."""
    at = status["changed_at"]
    is_sign = at.le(since + _AT_ONCE) & status["meaning"].ne("working")
    by_then = at.lt(since) if is_days else at.le(since) | is_sign
    was = status[by_then].drop_duplicates("lead_id", keep="last").set_index("lead_id")
    then = status[~by_then].drop_duplicates("lead_id").set_index("lead_id")
    told = looked_up(rows["lead_id"], then["before"])
    has = is_among(rows["lead_id"], was.index)
    return told.where(~has, looked_up(rows["lead_id"], was["meaning"]))

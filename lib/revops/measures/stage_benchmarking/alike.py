"""Windows seen alike: each as it stood when it was as old as the last weeks are on the day of the report."""

import pandas as pd

from revops.measures.stage_benchmarking.window import Window

__all__ = ["WHEN", "seen_then", "three_ways"]

WHEN = ("now", "past", "then")
"""The last weeks; the windows they are held against, followed up to the day of the report; the same as they stood
when they were as old as the last weeks are now."""


def seen_then(window: Window, rows: pd.DataFrame, *, entered: str = "entered") -> pd.DataFrame:
    """Return passages or stays of past windows as they stood when their window was as old as the last weeks are now.

    Question
        Do the last weeks do worse, or have we only not seen their end?

    Who came in late in the last weeks is hardly followed, and what moves on at the end of a quarter moves on in the
    part of each window that lies before it: held against windows seen to the end, the last weeks would look better or
    worse by the calendar alone.

    Parameters
        rows : analysis.passages (first_passages or stays) with `window` (Window.place_of)
        entered : column of the day each came in

    Returns
        The rows, what was not known then taken back: age_days, event and, where there is one, follow_days.
    """
    back = pd.to_timedelta(rows["window"].clip(lower=0) * window.days, unit="D")
    seen = (pd.Timestamp(window.view.day) - back - rows[entered]).dt.days
    event = rows["event"].where(rows["age_days"] <= seen, 0)
    told = rows.assign(age_days=rows["age_days"].clip(upper=seen), event=event)
    return told.assign(follow_days=seen) if "follow_days" in rows else told


def three_ways(window: Window, rows: pd.DataFrame, *, entered: str = "entered") -> pd.DataFrame:
    """Return the rows of the last weeks and of the windows they are held against, with `when` (WHEN): those of the past
    twice, followed up to the day of the report and as they stood then."""
    place = rows["window"]
    past = rows[place.between(1, window.knobs.past)]
    then = seen_then(window, past, entered=entered)
    parts = [part.assign(when=name) for name, part in zip(WHEN, (rows[place.eq(0)], past, then), strict=True)]
    return pd.concat(parts, ignore_index=True).astype({"when": "str"})

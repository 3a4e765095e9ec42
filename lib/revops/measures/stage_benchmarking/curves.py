"""By each day, or hour, how much has moved on: the last weeks beside the windows before."""

import numpy as np
import pandas as pd

from revops.analysis.passages import converted
from revops.analysis.survival import incidence

__all__ = ["curves", "thinned", "touched_by_hour"]

_POINTS = 30
_PARTS = 10


def curves(passages: pd.DataFrame, step: str, horizon: int, *, past: int, level: float, fewest: int) -> pd.DataFrame:
    """Return the share that moved on from a step by each age, of the last weeks and of the windows before.

    Question
        Is what came in lately on the way that it always was?

    Parameters
        passages : of the kind compared (changes.Family), with window
        step : the step; horizon: the last age [days]
        past : how many windows before count
        level, fewest : as in analysis.passages.converted

    Returns
        One row per when (now, past) and age, up to the oldest age that `fewest` were followed to: when, age_days,
        share, low, high, n_followed.
    """
    rows = passages[passages["step"].eq(step)]
    ages = np.unique(np.linspace(0, horizon, min(_POINTS, horizon) + 1).round().astype(int))
    parts = {"now": rows[rows["window"].eq(0)], "past": rows[rows["window"].between(1, past)]}
    told = [converted(part, ages, level=level, fewest=fewest).assign(when=when) for when, part in parts.items()]
    table = pd.concat(told, ignore_index=True).rename(columns={"horizon_days": "age_days"}).dropna(subset="share")
    return table[["when", "age_days", "share", "low", "high", "n_followed"]].reset_index(drop=True)


def touched_by_hour(leads: pd.DataFrame, *, past: int, until: float, fewest: int) -> pd.DataFrame:
    """Return the share of MQLs touched by each office hour, given back untouched competing, waiting ones censored.

    Parameters
        leads : HandOff.leads; uses place, hours, event, follow_hours
        past : how many windows before count
        until : the last hour
        fewest : hours are told that so many were followed to

    Returns
        One row per when (now, past) and tenth of an hour: when, hours, share.

    Source
        Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978).
    """
    known = leads[leads["hours"].notna()]
    horizon, tables = int(np.ceil(until * _PARTS)), []
    for when, part in (("now", known[known["place"].eq(0)]), ("past", known[known["place"].between(1, past)])):
        followed = np.sort(part["follow_hours"].to_numpy())[::-1]
        if len(followed) < fewest:
            continue
        last = min(int(followed[fewest - 1] * _PARTS), horizon)
        age = np.ceil(part["hours"].to_numpy() * _PARTS - 1e-9).astype(int)
        found = incidence(age, part["event"].to_numpy(), horizon=last)
        hours = found["age_months"] / _PARTS
        tables.append(pd.DataFrame({"when": when, "hours": hours, "share": found["first_share"]}).dropna())
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["when", "hours", "share"])


def thinned(lines: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return lines with at most so many points each, evenly spread, the first and the last among them.

    Parameters
        lines : curves or touched_by_hour
    """
    parts = [line.iloc[np.unique(np.linspace(0, len(line) - 1, most).round().astype(int))] for _, line in
             lines.groupby("when", sort=False)]  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else lines

"""What share of MQLs was touched within the SLA, and after how many office hours: those not touched yet censored."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from revops.analysis.passages import converted, wilson
from revops.analysis.survival import counted
from revops.analysis.survival.influence import error_of, incidence_influence
from revops.ratios import share_interval

__all__ = ["never_touched", "passages_of", "touch_hours", "within_sla"]

Array = np.ndarray
_NEARLY = 1e-9


def passages_of(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the hand-offs that can be timed as passages whose ages are office minutes (analysis.passages).

    Parameters
        leads : HandOff.leads
    """
    rows = leads[leads["hours"].notna()].reset_index(drop=True)
    is_open = rows["event"].eq(0)
    exact = rows["hours"] * 60
    return rows.assign(
        age_days=np.where(is_open, np.floor(exact + _NEARLY), np.ceil(exact - 1e-6)).astype("int64"),
        follow_days=np.floor(rows["follow_hours"] * 60 + _NEARLY).astype("int64"), cluster=rows["company_key"],
    )  # fmt: skip


def within_sla(
    leads: pd.DataFrame, sla_hours: float, *, by: Sequence[str] = (), level: float = 0.8, fewest: int = 10
) -> pd.DataFrame:
    """Return `sla_attainment_rate`: the share of MQLs touched within the SLA.

    Question
        Does sales keep its part of the agreement?

    Parameters
        leads : HandOff.leads; those that cannot be timed are left out
        sla_hours : office hours
        by : columns whose groups are told apart
        level : share of cases in which a range is to hold the share
        fewest : a share is told where the SLA of so many has run out

    Returns
        One row per group: by ..., n, n_followed (whose SLA has run out, had they not been touched), share, low, high,
        error, n_worth.

    Formula
        Aalen-Johansen of the touch at the SLA, by office minutes: given back untouched competes, not touched yet is
        censored at the last moment seen. Range and n_worth as analysis.passages.converted.

    Source
        Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978).
    """
    minutes = int(np.floor(sla_hours * 60 + _NEARLY))
    told = converted(passages_of(leads), [minutes], by=by, level=level, fewest=fewest)
    return told[[*by, "n", "n_followed", "share", "low", "high", "error", "n_worth"]]


def touch_hours(leads: pd.DataFrame, *, level: float = 0.8) -> dict[str, float]:
    """Return `first_touch_hours`: the office hours after which half of all MQLs, and nine in ten, had been touched.

    Question
        How long does a lead wait?

    Parameters
        leads : HandOff.leads; those that cannot be timed are left out

    Returns
        median_hours, median_low, median_high, p90_hours; NaN where so many were not touched within seen_hours, the
        longest that any was seen to wait.

    Formula
        First hour at which the Aalen-Johansen share of touches reaches one half or nine tenths, of all and not of those
        who were touched. Range of the median: the hours at which the share reaches the ends of Wilson's range of one
        half, worth as many as its error at the median says.

    Source
        Woodruff, JASA 47 (1952), for the range; Aalen and Johansen as in within_sla.

    Limits
        A mean of the touched is shorter: it knows nothing of those still waiting.
    """
    rows = leads[leads["hours"].notna()]
    names = ("median_hours", "median_low", "median_high", "p90_hours", "seen_hours")
    if rows.empty:
        return dict.fromkeys(names, float("nan"))
    hours, age = np.unique(rows["hours"].to_numpy().round(6), return_inverse=True)
    event = rows["event"].to_numpy()
    share = _incidence(age, event, len(hours) - 1)
    median, high_share = _first(share, 0.5), _first(share, 0.9)
    low = high = float("nan")
    if not np.isnan(median):
        worth = _worth(age, event, int(median), pd.factorize(rows["company_key"])[0])
        ends = wilson(np.array([0.5]), np.array([worth]), level)
        low, high = (_first(share, float(end[0])) for end in ends)
    found = [hours[int(place)] if not np.isnan(place) else np.nan for place in (median, low, high, high_share)]
    return dict(zip(names, (*map(float, found), float(hours[-1])), strict=True))


def never_touched(n_untouched: int, n: int, level: float) -> tuple[float, float, float]:
    """Return `never_touched_rate`, low, high: of n MQLs whose SLA has run out the share not touched by the day,
    or given back untouched."""
    return (n_untouched / n if n else float("nan"), *share_interval(n_untouched, n, level=level))


def _incidence(age: Array, event: Array, horizon: int) -> Array:
    found = counted(age, event, horizon=horizon, n_events=2)
    before = np.r_[1.0, found.alive[:-1, 0]]
    return np.cumsum(before * found.hazards[0, :, 0])


def _first(share: Array, wanted: float) -> float:
    reached = share >= wanted - _NEARLY
    return float(reached.argmax()) if reached.any() else float("nan")


def _worth(age: Array, event: Array, at: int, clusters: Array) -> float:
    """Return how many equal independent MQLs would tell the share touched by an age as well, at most all."""
    share, moved = incidence_influence(age, event, np.array([at]))
    error = float(error_of(moved, clusters)[0])
    return min(share[0] * (1 - share[0]) / error**2, float(len(age))) if error > _NEARLY else float(len(age))

"""What the first screen may say: when the judged call is made, and whether something simpler is nearer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.forecast_accuracy.result import ForecastResult
from revops.wording import missing

__all__ = ["NAMES", "Rival", "at", "called", "is_beyond", "nearer", "points", "rival", "signed", "where"]

NAMES = {
    "same_quarter_last_year": "last year's same-quarter number",
    "last_quarter": "last quarter's number",
    "booked_share": "bookings to date over their usual share",
    "time_series": "a time series of past bookings",
    "stage_weighted": "stage-weighted pipeline",
    "weighted_and_new": "stage-weighted pipeline with deals to come",
    "crm_weighted": "pipeline times the CRM's probabilities",
    "crm_commit": "the sum of deals in commit",
    "rep": "what reps call",
    "manager": "what managers call",
    "final": "the company's call",
}
"""Each forecast as it is named within a sentence."""


@dataclass(frozen=True)
class Rival:
    """The forecast that needs nobody's judgement and counts most against the call.

    verdict: nearer (beyond noise), unproven (nearer, but by no more than chance explains), few (nearer, in too few
    quarters to tell), farther (no such forecast is nearer). n: quarters compared.
    """

    method: str
    verdict: str
    n: int


def at(result: ForecastResult) -> str:
    """Return when the judged call is made: `on day 1` where it always is, else `in week 1`."""
    week = result.knobs.horizon_weeks
    days = {period.day_of(weeks[week]) for period, weeks in result.found.days.items() if week in weeks}
    return "on day 1" if days == {1} else f"in week {week}"


def called(result: ForecastResult) -> str:
    """Return what the judged forecast is: a call that people made, or commit as it is rebuilt from deals."""
    return "commit" if result.found.source == "history" else "call"


def where(result: ForecastResult) -> str:
    """Return the slice in brackets, with a space before it; nothing for the company."""
    parts = [result.labels.get(value, value) for value in result.knobs.slice.values()]
    return f" ({', '.join(parts)})" if parts else ""


def signed(part: float) -> str:
    """Return a fraction as whole percent with its sign: +9%, -12%, 0%; undefined as a dash."""
    return _signed(part, "%")


def points(part: float) -> str:
    """Return a difference of fractions in points: +8 points, -1 point; undefined as a dash."""
    return _signed(part, " point" if not missing(part) and abs(round(part * 100)) == 1 else " points")


def _signed(part: float, unit: str) -> str:
    if missing(part):
        return "–"
    whole = round(part * 100)
    return f"{whole:+d}{unit}" if whole else f"0{unit}"


def rival(result: ForecastResult) -> Rival | None:
    """Return the simple forecast to name beside the call; None where there is nothing to compare with.

    One that is nearer beyond noise goes before the nearest of the others.
    """
    rows = result.others[result.others["difference"].notna()]
    if rows.empty:
        return None
    proven = nearer(result)
    best = (rows if proven.empty else proven).sort_values("difference", ascending=False, kind="stable").iloc[0]
    if len(proven):
        verdict = "nearer"
    elif not best["difference"] > 0:
        verdict = "farther"
    else:
        verdict = "few" if best["verdict"] == "not_enough" else "unproven"
    return Rival(best["method"], verdict, int(best["n_periods"]))


def nearer(result: ForecastResult) -> pd.DataFrame:
    """Return the rows of `others` that are nearer than the call beyond noise: the naive forecast of the knobs by its
    own range, the others by ranges as much wider as looking at all of them asks for (Bonferroni)."""
    rows, level = result.others, result.knobs.level
    is_proven = [
        is_beyond(row.difference, row.high, row.n_periods, level, 1 if row.method == result.knobs.naive else len(rows))
        for row in rows.itertuples()
    ]
    return rows[np.array(is_proven, dtype=bool) & (rows["difference"] > 0)]


def is_beyond(value: float, high: float, n: int, level: float, looks: int) -> bool:
    """Return whether a difference stays on its side of 0 when its range is widened for several looks.

    Parameters
        value, high : the difference and the upper end of its range at `level`, a t over n quarters
        looks : how many such differences were looked at
    """
    from scipy.stats import t

    if n < 2 or missing(value) or missing(high):
        return False
    wider = t.ppf(1 - (1 - level) / 2 / looks, n - 1) / t.ppf((1 + level) / 2, n - 1)
    return bool(abs(value) > (high - value) * wider)

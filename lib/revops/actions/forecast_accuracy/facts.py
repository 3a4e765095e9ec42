"""What the first screen may say: when the judged call is made, and whether something simpler is nearer."""

from dataclasses import dataclass

import pandas as pd

from revops.measures.forecast_accuracy.result import ForecastResult
from revops.wording import missing

__all__ = ["NAMES", "Rival", "at", "called", "nearer", "past_calls", "points", "rival", "signed", "where"]

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
    return "on day 1" if result.is_day_1(week) else f"in week {week}"


def past_calls(result: ForecastResult) -> pd.DataFrame:
    """Return the company's calls of past quarters at the fixed horizon beside what came, oldest first."""
    rows = result.found.at(result.knobs.horizon_weeks)
    rows = rows[rows["category"].eq(result.found.call)]
    order = pd.Index([period.name for period in result.found.quarters.last])
    return rows.iloc[order.get_indexer(rows["period"]).argsort(kind="stable")].reset_index(drop=True)


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
    """Return the rows of `others` that are nearer than the call beyond noise."""
    return result.others[result.others["verdict"].eq("nearer")]

"""How enquiries pass from lead to won: each step, the whole way, and cohorts by quarter of the first lead."""

from collections.abc import Sequence

import pandas as pd

from revops.analysis.passages import converted, first_passages
from revops.measures.stage_benchmarking.funnel.result import PLACES, WHOLE
from revops.measures.stage_benchmarking.window import Window

__all__ = ["by_cohort", "in_windows", "passages_of", "places_told", "whole_way"]

_STAMPS = dict(zip(PLACES, ("lead_at", "mql_at", "sql_at", "opportunity_at", "won_at"), strict=True))
_GROUPS = ["lead_source", "source", "segment", "region"]


def places_told(enquiries: pd.DataFrame) -> tuple[str, ...]:
    """Return the places that the records tell of: not one that nobody ever came to though some got further.

    Parameters
        enquiries : of the whole company (enquiries.enquiries)
    """
    some = [bool(enquiries[_STAMPS[place]].notna().any()) for place in PLACES]
    inner = range(1, len(PLACES) - 1)
    untold = {PLACES[at] for at in inner if not some[at] and any(some[at + 1 :])}
    return tuple(place for place in PLACES if place not in untold)


def passages_of(enquiries: pd.DataFrame, places: Sequence[str], window: Window) -> pd.DataFrame:
    """Return each enquiry's first passage of each place it came to, by whole days: see Funnel.

    Dates in no order (qualified by sales before by marketing) are passed: the earlier step was taken by then.
    """
    reached = pd.concat([
        pd.DataFrame({"subject_id": enquiries["enquiry_id"], "place": number, "at": enquiries[_STAMPS[place]]})
        for number, place in enumerate(places)
    ], ignore_index=True)  # fmt: skip
    reached = reached.assign(at=reached["at"].dt.normalize()).dropna(subset="at")
    ended = enquiries.set_index("enquiry_id")["lost_at"].dt.normalize()
    found = first_passages(reached, ended, places, day=window.view.day)
    of = enquiries.set_index("enquiry_id").reindex(found["subject_id"]).reset_index(drop=True)
    cohort = window.view.calendar.names(of["lead_at"])
    return found.assign(amount=of["amount"], cluster=of["company_key"], **of[_GROUPS], cohort=cohort)


def whole_way(enquiries: pd.DataFrame, places: Sequence[str], window: Window) -> pd.DataFrame:
    """Return each enquiry's passage from its first lead to won, as one step after all others."""
    found = passages_of(enquiries, ("lead", "won"), window)
    return found.assign(step=pd.Series(WHOLE, found.index, dtype="str"), place=len(places) - 1)


def in_windows(passages: pd.DataFrame, windows: range, window: Window) -> pd.DataFrame:
    """Return `mql_to_sql_rate`, `lead_to_won_rate` and the shares of the other steps, of who came into them in windows.

    Parameters
        passages : those of all steps, of the whole way too
        windows : 0 the last weeks, 1 those before, and so on (Window.place_of); all of them together
    """
    inside = passages[window.place_of(passages["entered"]).isin(windows)]
    return _told(inside, ("step",), window)


def by_cohort(enquiries: pd.DataFrame, places: Sequence[str], window: Window) -> pd.DataFrame:
    """Return how many of each quarter's enquiries had come so far by so many days after their first lead."""
    steps = []
    for number, place in enumerate(places[1:]):
        found = passages_of(enquiries, ("lead", place), window)
        steps.append(found.assign(step=pd.Series(place, found.index, dtype="str"), place=number))
    return _told(pd.concat(steps, ignore_index=True), ("cohort", "step"), window)


def _told(passages: pd.DataFrame, by: tuple[str, ...], window: Window) -> pd.DataFrame:
    knobs = window.knobs
    return converted(passages, knobs.horizons, by=by, level=knobs.level, fewest=knobs.fewest_followed)

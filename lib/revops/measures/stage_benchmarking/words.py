"""What steps, comparisons and windows are called."""

import datetime as dt
from collections.abc import Callable

import pandas as pd

from revops.measures.stage_benchmarking.hand_off import EARLIER
from revops.measures.stage_benchmarking.window import Window
from revops.wording import day, one_line, plural, share

__all__ = ["GOAL", "KINDS", "PLACES", "against", "compared_with", "further_back", "group_words", "lasted", "lasted_in",
           "move_words", "number_words", "points", "signed", "step_words"]  # fmt: skip

PLACES = {"lead": "Lead", "mql": "MQL", "sql": "SQL", "opportunity": "Opportunity", "won": "Won"}
"""What the places of the funnel are called."""
_FROM = {"opportunity": "Opportunity of a lead"}
GOAL = "won"
"""What the last stage leads to."""
KINDS = {"stage": "Stages", "win": "Win rate", "funnel": "Leads", "lead_to_won": "Leads", "days": "Time in stage",
         "sla": "Hand-off", "accept": "Hand-off", **dict.fromkeys(EARLIER, "Hand-off"),
         "enrichment": "Records", "utm": "Records"}  # fmt: skip
"""What each kind of comparison is about."""
_DIMENSIONS = {"segment": "in {}", "region": "in {}", "type": "of {} business", "source": "from {}",
               "lead_source": "of {} leads"}  # fmt: skip


def step_words(what: str, step: str, following: str | None, sla: str = "in time") -> str:
    """Return a step in words: `Scoping to Evaluation`, `MQL to SQL`, `Opportunity to won`.

    Parameters
        what : kind of comparison (KINDS); step: name of the place it starts from; following: of the next one
        sla : within how long an MQL is to be touched, in words
    """
    if what == "funnel":
        places = list(PLACES)
        return f"{_FROM.get(step, PLACES[step])} to {_after(PLACES[places[places.index(step) + 1]])}"
    fixed = {"win": "Opportunity to won", "lead_to_won": "Lead to won", "days": f"Days in {step}",
             "sla": f"MQLs touched {sla}", "accept": "MQLs accepted by sales", "enrichment": "Leads with all fields",
             "utm": "Links tagged right"}  # fmt: skip
    if what in EARLIER:
        return f"{fixed[EARLIER[what]]}, against earlier"
    return fixed.get(what) or f"{step} to {following or GOAL}"


def _after(word: str) -> str:
    return word if word.isupper() else word.lower()


def group_words(dimension: str, group: str) -> str:
    """Return ` in EMEA`, ` of Webinar leads`; nothing for the whole company."""
    if dimension == "company":
        return ""
    return " " + _DIMENSIONS.get(dimension, "of {}").format(one_line(group))


def move_words(row: pd.Series, following: dict[str, str], sla: str) -> str:
    """Return what a comparison is of, in words: `Scoping to Evaluation in EMEA`."""
    return step_words(row["what"], row["step"], following.get(row["step"]), sla) + group_words(
        row["dimension"], row["group"]
    )


def number_words(what: str) -> Callable[[float | None], str]:
    """Return how values of a comparison are written: days, or shares."""
    return _days if what == "days" else share


def _days(number: float | None) -> str:
    return f"{number:.1f} days"


def points(change: float) -> str:
    """Return a change of a share in points: `11 points`; under one, with a decimal."""
    size = 100 * abs(change)
    told = f"{size:.0f}" if size >= 0.95 else f"{size:.1f}"
    return f"{told} point" if told == "1" else f"{told} points"


def signed(change: float) -> str:
    """Return a change of a share in points with its sign; none where it rounds to 0."""
    told = round(100 * change)
    return f"{told:+d}" if told else "0"


def lasted(first: dt.date, last: dt.date, today: dt.date) -> str:
    """Return a span of days as `11 Mar to 9 Jun`; with its year where that is not the year of `today`."""
    if first.year == last.year == today.year:
        return f"{day(first)} to {day(last)}"
    return lasted_in(first, last)


def lasted_in(first: dt.date, last: dt.date) -> str:
    """Return a span of days with its year as `11 Mar to 9 Jun 2026`, that of the first day too where it is another."""
    year = "" if first.year == last.year else f" {first.year}"
    return f"{day(first)}{year} to {day(last)} {last.year}"


def against(row: pd.Series, window: Window) -> str:
    """Return what one comparison holds the last weeks against: `the 52 weeks before`, or, of those that look further
    back, `the 52 weeks up to 11 Mar 2025`."""
    if row["what"] not in EARLIER:
        return compared_with(window)
    last = window.past_since - dt.timedelta(days=1)
    return f"{compared_with(window).removesuffix(' before')} up to {day(last)} {last.year}"


def further_back(rows: pd.DataFrame, window: Window) -> str | None:
    """Return what those of `rows` are held against that look further back; None where none does."""
    told = rows[rows["what"].isin(list(EARLIER)) & rows["p_value"].notna()]
    return None if told.empty else against(told.iloc[0], window)


def compared_with(window: Window) -> str:
    """Return what the last weeks are held against: `the 52 weeks before`."""
    return f"the {plural(window.knobs.weeks * window.knobs.past, 'week')} before"

"""Which stage recurring revenue puts the company in, by two sources side by side, never averaged."""

import numpy as np
import pandas as pd

from revops.measures.stage_benchmarking.knobs import Knobs

__all__ = ["FAIRVIEW", "REVENUE_TOOLS", "company_stage", "stage_number"]

FAIRVIEW = "Fairview"
REVENUE_TOOLS = "RevenueTools"
_FAIRVIEW = (
    ("Founder-led", "No operations hire; pipeline in a spreadsheet."),
    ("Marketing Ops generalist", "Clean database, scoring, tracking, first attribution; reports to the CMO."),
    ("Transition", "Hand-off gaps show: MQLs do not convert, sales lacks context; ops has no say across functions."),
    ("Dedicated RevOps", "One owner of the revenue system across functions; Marketing Ops a layer within it."),
)  # fmt: skip
_REVENUE_TOOLS = (
    ("Lean unified RevOps", "Lean to one team for all of revenue operations."),
    ("Unified RevOps", "One team with a Marketing Ops specialist in it."),
    ("RevOps coordinates", "Marketing Ops under the CMO, RevOps coordinates, if marketing is large and mature."),
)
_TYPES = {"source": "str", "from_amount": "float64", "stage": "str", "what": "str", "is_ours": "bool"}


def company_stage(dollars: float, knobs: Knobs) -> pd.DataFrame:
    """Return `company_stage`: the stages of two sources, and which of each is ours.

    Question
        What do others call right for a company of our size?

    Parameters
        dollars : recurring revenue a year [USD]; NaN: not known, no stage is ours
        knobs : stages_arr, other_stages_arr

    Returns
        One row per source x stage, Fairview's four and then RevenueTools' three, smallest first: source, from_amount
        (recurring revenue a year from which on it holds [USD]), stage, what, is_ours

    Source
        Fairview, Marketing Ops versus RevOps; Jordan Rogers, RevenueTools, Marketing Operations vs. Revenue Operations.
        Rules of practitioners, not measurements; they draw the lines elsewhere and are not averaged.
    """
    told = ((FAIRVIEW, _FAIRVIEW, knobs.stages_arr), (REVENUE_TOOLS, _REVENUE_TOOLS, knobs.other_stages_arr))
    rows = []
    for source, stages, ends in told:
        ours = _place(dollars, ends)
        rows += [
            (source, start, stage, what, place == ours)
            for place, (start, (stage, what)) in enumerate(zip((0.0, *ends), stages, strict=True))
        ]
    return pd.DataFrame(rows, columns=[*_TYPES]).astype(_TYPES)


def stage_number(stages: pd.DataFrame, source: str = FAIRVIEW) -> float:
    """Return which of a source's stages is ours, 1 the smallest; NaN where not known."""
    ours = np.flatnonzero(stages.loc[stages["source"].eq(source), "is_ours"])
    return float(ours[0] + 1) if len(ours) else np.nan


def _place(dollars: float, ends: tuple[float, ...]) -> int:
    """Return the place of an amount among thresholds, each the first of its stage; -1 where it is not known."""
    return -1 if np.isnan(dollars) else int(np.searchsorted(ends, dollars, side="right"))

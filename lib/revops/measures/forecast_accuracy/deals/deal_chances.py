"""How good the chances told of deals were on the fixed day, and what became of what was due on day 1."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from revops.analysis.chances import left_out_chances
from revops.analysis.ever_won import ever_won
from revops.analysis.outlook import Subject
from revops.analysis.same_day import same_day
from revops.measures.forecast_accuracy.deals.recalibrated import Recalibrated, recalibrated
from revops.measures.forecast_accuracy.deals.reliability import Reliability, commit_hits, reliability
from revops.measures.forecast_accuracy.deals.scores import scores
from revops.measures.forecast_accuracy.deals.slippage import fates, slippage
from revops.measures.forecast_accuracy.forecasts.by_deal import days_left
from revops.measures.forecast_accuracy.forecasts.frozen import MIDDLE, Frozen

__all__ = ["DealChances", "deal_chances"]


@dataclass(frozen=True)
class DealChances:
    """Deals of the judged quarters as they stood on the fixed day, each table as its function returns it.

    crm: reliability of the CRM's probabilities; scores: the CRM's, then the chance that other quarters tell; hits: by
    category; offered: stage probabilities instead; slipped, and fates, its deals; ever_won: by stage. crm and offered
    are None where no probability has history.
    """

    crm: Reliability | None
    scores: pd.DataFrame
    hits: pd.DataFrame
    offered: Recalibrated | None
    slipped: pd.DataFrame
    fates: pd.DataFrame
    ever_won: pd.DataFrame


def deal_chances(subject: Subject, found: Frozen, week: int) -> DealChances | None:
    """Return how good the chances told of deals were; None without history of the deals, or a past quarter.

    Parameters
        week : the fixed horizon
    """
    view, level, types = subject.view, subject.knobs.level, found.covers
    periods = found.quarters.last
    if not view.book.has_history or not periods:
        return None
    left = days_left(week, MIDDLE[found.source])
    days = {"days_left": left, "as_of": view.day, "company": view.company}
    deals = same_day(found.states, periods, **days, also=("win_probability", "forecast_category")).deals
    deals = deals.assign(chance=left_out_chances(deals))
    gone = fates(found.states, periods, as_of=view.day, company=view.company)
    gone = gone[gone["type"].isin(types)].reset_index(drop=True)
    known = deals["win_probability"].notna().any()
    return DealChances(
        crm=reliability(deals, types=types, level=level) if known else None,
        scores=_scores(deals, types, level, known=known),
        hits=commit_hits(deals, types=types, level=level),
        offered=recalibrated(deals, types=types, level=level) if known else None,
        slipped=slippage(gone, level=level),
        fates=gone,
        ever_won=_ever_won(subject, found),
    )


def _ever_won(subject: Subject, found: Frozen) -> pd.DataFrame:
    """Return by stage the share of the deals that reached it that is won in the end, as far as history goes."""
    states = found.states[found.states["type"].isin(found.covers)]
    since = pd.Timestamp(subject.view.book.history_from) + pd.Timedelta(days=1)
    return ever_won(states, since=since, calendar=subject.view.calendar, level=subject.knobs.level)


def _scores(deals: pd.DataFrame, types: Collection[str], level: float, *, known: bool) -> pd.DataFrame:
    names = ("win_probability", "chance") if known else ("chance",)
    return scores(deals, names, types=types, level=level)

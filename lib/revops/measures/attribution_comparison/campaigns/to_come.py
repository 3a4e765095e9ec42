"""What open deals may still bring: their amounts, each at the chance that deals of its stage are won in the end."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from revops.analysis.credit import Paths, touch_weights
from revops.analysis.ever_won import won_of_open
from revops.analysis.journeys import Journeys
from revops.analysis.spans import spans_of
from revops.measures.attribution_comparison.window import Window

__all__ = ["ToCome", "to_come"]

Array = np.ndarray


@dataclass(frozen=True)
class ToCome:
    """Open deals with touches and what they may bring.

    found: their journeys, the amount of none of them credited yet. of_touch: what each touch is told of it [company
    currency; NaN where there is no chance to go by]. chances: analysis.ever_won.won_of_open; empty without history.
    n_deals, n_unvalued: open deals with touches; those without an amount, or in a stage without a chance.
    needs: what would tell chances, None where they are known.
    """

    found: Journeys
    of_touch: Array
    chances: pd.DataFrame
    n_deals: int
    n_unvalued: int
    needs: str | None


def to_come(window: Window, reference: str | None) -> ToCome:
    """Return what the open deals of the day may still bring, shared among their touches so far.

    Question
        Which touches are behind pipeline that no model credits yet?

    Parameters
        reference : the rule that shares a deal among its touches; None where none could be had

    Formula
        amount x chance that a deal standing in its stage is won in the end (analysis.ever_won.won_of_open) x the
        touch's weight under the reference rule. Milestones not yet reached are unknown to it.

    Limits
        A deal without an amount, or in a stage in which none stood before, brings nothing here: n_unvalued. Chances
        are the company's, also in a slice; what is due this quarter is another question.
    """
    found = window.journeys("close", keep_open=True, lost=False, never_converted="off")
    paths = Paths(found.journeys, found.touches, found.channels)
    still_open, chances, needs = found.journeys["kind"].eq("open").to_numpy(), _chances(window), None
    if not window.view.book.has_history:
        needs = window.view.book.needs
    if needs or reference is None or not len(paths.touches):
        value = np.full(len(paths.touches), np.nan if needs or reference is None else 0.0)
        return ToCome(
            _only(found, still_open), value[still_open[paths.journey]], chances, int(still_open.sum()), 0, needs
        )
    state = window.view.opportunities.set_index("opportunity_id").reindex(found.journeys["opportunity_id"])
    worth = (state["amount"] * state["stage_name"].map(chances.set_index("stage_name")["chance"])).to_numpy()
    weights = touch_weights(paths, reference, knobs=window.knobs.credit)
    value = (weights * np.nan_to_num(worth)[paths.journey])[still_open[paths.journey]]
    n_unvalued = int(np.isnan(worth[still_open]).sum())
    return ToCome(_only(found, still_open), value, chances, int(still_open.sum()), n_unvalued, None)


def _chances(window: Window) -> pd.DataFrame:
    view = window.view
    states = spans_of(view)
    if not view.book.has_history:
        return won_of_open(states.iloc[:0], since=view.day, until=view.day)
    return won_of_open(states, since=view.book.history_from, until=view.day)


def _only(found: Journeys, which: Array) -> Journeys:
    """Return the journeys chosen, numbered anew, and their touches."""
    number = np.cumsum(which) - 1
    touches = found.touches[which[found.touches["journey"]]].reset_index(drop=True)
    touches = touches.assign(journey=number[touches["journey"]])
    journeys = found.journeys[which].reset_index(drop=True)
    return replace(found, journeys=journeys, touches=touches)

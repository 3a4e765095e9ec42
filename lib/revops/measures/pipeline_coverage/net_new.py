"""The one number: new business and expansion less the renewals that are lost, with one probability."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.landing import Landing
from revops.analysis.outlook import Subject, renewals_due

__all__ = ["NetNew", "net_new"]

_GAINED = ("new", "expansion")


@dataclass(frozen=True)
class NetNew:
    """Net new bookings of the period and their parts [company currency].

    parts: one row per draw: new, expansion, lost (renewals due and not renewed, never below 0) and net (new + expansion
    - lost); so_far: the same, of what is already won or lost; due_amount: renewals due in the period; plan: what the
    period is to bring net, NaN where nobody said; probability: of reaching the plan, in [0, 1], NaN without one.
    """

    parts: pd.DataFrame
    so_far: pd.Series
    due_amount: float
    plan: float
    probability: float


def net_new(subject: Subject, landing: Landing, booked: pd.Series) -> NetNew:
    """Return `net_new_amount` and `net_new_probability`: what the period adds, renewals that are lost taken off.

    Question
        What is the one number, and how likely is its plan?

    Parameters
        landing : draws by type, and of the part `renewals`: the open ones of renewals_due
        booked : booked so far, by type

    Formula
        new + expansion - max(due - renewed, 0); renewed = due renewals already won + what the open ones bring. All in
        the same draws, so that a good quarter is good for all of them.

    Limits
        A renewal that was due on the first day and has been pushed out since counts as late. Renewed at a lower amount
        counts as lost in part only once the record says so.
    """
    due = renewals_due(subject)
    base = float(due["amount"].sum())
    won = float(due.loc[due["outcome"].eq("won"), "amount"].sum())
    gone = float(due.loc[due["outcome"].eq("lost"), "amount"].sum())
    lost = np.maximum(base - won - landing.parts["renewals"].to_numpy(), 0.0)
    parts = landing.draws[list(_GAINED)].assign(lost=lost)
    parts["net"] = parts["new"] + parts["expansion"] - parts["lost"]
    so_far = booked.reindex(_GAINED).fillna(0.0)
    so_far = pd.concat([so_far, pd.Series({"lost": gone, "net": so_far.sum() - gone})])
    plan = subject.view.company.net_new_plan.get(subject.period.name, float("nan"))
    known = plan == plan and not subject.is_slice
    chance = float(np.mean(parts["net"] >= plan)) if known else float("nan")
    return NetNew(parts, so_far, base, float(plan) if known else float("nan"), chance)

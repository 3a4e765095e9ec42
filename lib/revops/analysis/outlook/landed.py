"""Where the subject lands: its open deals with their chances, and the draws of what they and the rest bring."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from revops.analysis.landing import Landing, LandingModel, fit
from revops.analysis.outlook.groups import GroupOutlook, group_outlook
from revops.analysis.outlook.past import Past
from revops.analysis.outlook.subject import Subject
from revops.analysis.same_day import booked_on_day, open_on_day
from revops.company import TYPES
from revops.periods import Period

__all__ = ["Landed", "landed", "renewals_due"]


@dataclass(frozen=True)
class Landed:
    """The subject's open deals, its bookings so far by type, the landing's draws, the open deal expected to bring
    most of what the quota covers, and what groups bring and need."""

    deals: pd.DataFrame
    booked: pd.Series
    landing: Landing
    largest: str | None
    groups: GroupOutlook


def landed(subject: Subject, past: Past) -> Landed:
    """Return where the subject lands: by the chances that past quarters tell, and how its own deals do against them.

    Parameters
        past : its earlier quarters on the same day (past_of)
    """
    period, day = subject.period, subject.view.day
    recent = past.company.of(past.names(subject.knobs.past_quarters))
    model = fit(recent, past.scales)
    groups = group_outlook(subject, past, model, recent)
    deals = _deals(subject, past, model, groups.own_factor)
    booked = booked_on_day(subject.states, period, day).groupby("type")["amount"].sum()
    largest = _largest(deals, subject.view.company.quota_covers)
    landing = model.draw(
        deals,
        booked=booked,
        scale=float(past.own_scales[period.name]),
        seed=subject.knobs.seed,
        factor=groups.own_draws,
        parts=_parts(subject, deals, largest),
    )
    return Landed(deals, booked, _of_own_types(landing, subject), largest, groups)


def renewals_due(subject: Subject) -> pd.DataFrame:
    """Return the renewals due in the period on its first day or since, whatever became of them and their close dates:
    rows of the subject's state."""
    view, period, state = subject.view, subject.period, subject.state
    due = set(_due_in(state, period))
    if view.knows(period.start):
        due |= set(_due_in(view.state(period.start), period))
    return state[state["type"].eq("renewal") & state["opportunity_id"].isin(due)]


def _due_in(state: pd.DataFrame, period: Period) -> pd.Series:
    """Return the ids of opportunities with a close date in the period."""
    inside = state["close_date"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))
    return state.loc[inside, "opportunity_id"]


def _deals(subject: Subject, past: Past, model: LandingModel, factor: float) -> pd.DataFrame:
    """Return the subject's open opportunities with their chances, and what they are expected to bring."""
    view = subject.view
    deals = open_on_day(subject.states, subject.period, view.day, view.company, past.halving)
    return deals.assign(
        chance=(model.chances(deals) * factor).clip(max=1),
        expected_amount=model.expected(deals) * factor,
        halving_days=deals["stage_name"].map(past.halving).astype("float64"),
    )


def _of_own_types(landing: Landing, subject: Subject) -> Landing:
    """Return the landing without new business of types that a slice of one type does not have."""
    others = [type for type in TYPES if type != subject.knobs.slice.get("type", type)]
    nothing = dict.fromkeys(others, 0.0)
    expected_new = landing.expected_new.where(~landing.expected_new.index.isin(others), 0.0)
    return replace(landing, draws=landing.draws.assign(**nothing), expected_new=expected_new)


def _largest(deals: pd.DataFrame, covers: Collection[str]) -> str | None:
    """Return the open deal, of a type that the quota covers, that is expected to bring most."""
    covered = deals[deals["type"].isin(covers) & (deals["expected_amount"] > 0)]
    return None if covered.empty else covered.loc[covered["expected_amount"].idxmax(), "opportunity_id"]


def _parts(subject: Subject, deals: pd.DataFrame, largest: str | None) -> dict[str, np.ndarray]:
    """Return the parts of the open deals whose draws are kept: name -> which deals."""
    covered = deals["type"].isin(subject.view.company.quota_covers)
    due = renewals_due(subject)["opportunity_id"]
    qualified = deals["stage_name"].map(subject.view.company.stage_order) >= subject.view.company.qualifying_order
    parts = {
        "largest": deals["opportunity_id"].eq(largest),
        "overdue": deals["place"].eq("overdue") & covered,
        "later": deals["place"].eq("later") & qualified & covered,
        "stalled": deals["place"].eq("due") & deals["is_stalled"] & covered,
        "renewals": deals["opportunity_id"].isin(due),
    }
    return {name: mask.to_numpy(dtype=bool) for name, mask in parts.items()}

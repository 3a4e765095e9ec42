"""Signal 5: the renewals that were lost in a year, and what had been forecast of them some days before."""

import numpy as np
import pandas as pd

from revops.book import AsOf
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.window import Window

__all__ = ["LOST", "lost_renewals", "n_renewed", "seen"]

LOST = {"opportunity_id": "str", "opportunity_name": "str", "owner_id": "str", "owner_name": "str",
        "amount": "float64", "lost_on": "datetime64[us]", "forecast_category": "str", "win_probability": "float64",
        "was": "str"}  # fmt: skip
_IN_BOOK = {"Commit": "Forecast"}
_DAY = pd.Timedelta(days=1)


def lost_renewals(window: Window) -> pd.DataFrame:
    """Return the renewals lost in the year up to the last day, and what they were forecast to do some days before.

    Question
        Which renewals did we lose that nobody had seen coming?

    Returns
        One row per lost renewal, by lost_on, amount and id: LOST: amount as known so long before [company currency; the
        record's where it is not known]; forecast_category and win_probability of that day; was: to renew, in doubt, or
        not known

    Formula
        lost_on: the day it was recorded as lost for the last time, or its close date where that is earlier. Looked at:
        the end of the day unforeseen_days before. `seen` says what each state means.

    Limits
        A category that the CRM sets by stage says how far a renewal is, not whether it is at risk. Renewals that are
        late, but not lost, are not here; nor are those that have no opportunity.
    """
    view, until = window.view, pd.Timestamp(window.until)
    deals = view.opportunities
    lost = deals[deals["type"].eq("renewal") & deals["outcome"].eq("lost")].set_index("opportunity_id", drop=False)
    states = view.timeline
    states = states[pd.Index(lost["opportunity_id"]).get_indexer(states["opportunity_id"]) >= 0]
    lost = lost.assign(lost_on=_lost_on(states, lost))
    lost = lost[lost["lost_on"].gt(until - pd.DateOffset(years=1)) & lost["lost_on"].le(until)]
    before = _states_on(states, lost["lost_on"] - window.knobs.unforeseen_days * _DAY)
    before = _told(before, view).reindex(lost.index)
    table = lost.assign(
        amount=before["amount"].fillna(lost["amount"]), forecast_category=before["forecast_category"],
        win_probability=before["win_probability"], was=seen(before, window.knobs),
    )  # fmt: skip
    table = table.reset_index(drop=True)[[*LOST]].astype(LOST)
    return table.sort_values(["lost_on", "amount", "opportunity_id"], ignore_index=True)


def n_renewed(window: Window) -> int:
    """Return how many renewals were won in the same year."""
    deals, until = window.view.opportunities, pd.Timestamp(window.until)
    inside = deals["close_date"].gt(until - pd.DateOffset(years=1)) & deals["close_date"].le(until)
    return int((inside & deals["type"].eq("renewal") & deals["outcome"].eq("won")).sum())


def seen(before: pd.DataFrame, knobs: Knobs) -> pd.Series:
    """Return what states of renewals said of them: to renew, in doubt or not known.

    Parameters
        before : outcome, forecast_category, win_probability; null: not known

    Formula
        In this order: no state: not known. Won already: to renew. Lost already: in doubt. A category: to renew where it
        is one of renew_categories, in doubt where it is another. A probability: to renew from forecast_to_renew on.
    """
    outcome, category = before["outcome"], before["forecast_category"]
    probability = before["win_probability"].astype("float64")
    to_renew = [_IN_BOOK.get(name, name) for name in knobs.renew_categories]
    words = np.select(
        [outcome.isna(), outcome.eq("won"), outcome.eq("lost"), category.isin(to_renew), category.notna(),
         probability >= knobs.forecast_to_renew, probability.notna()],
        ["not known", "to renew", "in doubt", "to renew", "in doubt", "to renew", "in doubt"], "not known",
    )  # fmt: skip
    return pd.Series(words, before.index, dtype="str")


def _lost_on(states: pd.DataFrame, lost: pd.DataFrame) -> pd.Series:
    """Return the day each was lost: recorded so for the last time, or its close date where that is earlier."""
    is_lost = states["outcome"].eq("lost")
    place = pd.Series(np.arange(len(states)), states.index)
    other = place[~is_lost].groupby(states["opportunity_id"]).max().reindex(states["opportunity_id"]).fillna(-1)
    final = states[is_lost.to_numpy() & (place.to_numpy() > other.to_numpy())]
    recorded = final.groupby("opportunity_id")["changed_at"].first().dt.normalize().reindex(lost.index)
    return recorded.where(~(lost["close_date"] < recorded), lost["close_date"])


def _states_on(states: pd.DataFrame, days: pd.Series) -> pd.DataFrame:
    """Return the state of each opportunity at the end of its own day, by id; those deleted by then have none."""
    ends = days.reindex(states["opportunity_id"]).to_numpy() + np.timedelta64(1, "D")
    past = states[states["changed_at"].to_numpy() < ends].drop_duplicates("opportunity_id", keep="last")
    return past[~past["is_deleted"].fillna(False).astype(bool)].set_index("opportunity_id")


def _told(before: pd.DataFrame, view: AsOf) -> pd.DataFrame:
    """Return states without what has no history: today's record says nothing of that day."""
    tracked = view.book.audit.tracked
    unknown = [name for name in ("forecast_category", "win_probability") if name not in tracked]
    return before.assign(**{name: pd.Series(None, before.index, before[name].dtype) for name in unknown})

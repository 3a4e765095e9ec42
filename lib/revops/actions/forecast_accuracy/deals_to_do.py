"""Deals to look at: those in commit that were pushed before, and what the CRM's probabilities should be."""

import datetime as dt

import numpy as np
import pandas as pd

from revops.actions import Action
from revops.actions.forecast_accuracy.facts import at, called, points
from revops.actions.forecast_accuracy.made import Worth, action, quarter_end, soon
from revops.analysis.by_quarter import by_quarter
from revops.analysis.same_day import open_on_day
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.wording import between, missing, money, plural, share

__all__ = ["better_probabilities", "pushed_commit"]

_COMMIT = "Forecast"
_TWICE = 2


def pushed_commit(result: ForecastResult) -> Action | None:
    """Return the deals in commit and due this quarter that were pushed twice or more; None where such deals have not
    moved out more than others, beyond chance."""
    known = result.deals
    if known is None or not _is_under_way(result):
        return None
    gap, low = _pushed_gap(known.fates, result.knobs.level)
    rows = _due(result, result.view.day)
    rows = rows[rows["forecast_category"].astype("object").eq(_COMMIT) & (rows["pushes"] >= _TWICE)]
    if not low > 0 or rows.empty:
        return None
    past = known.slipped[known.slipped["scope"].eq("commit") & known.slipped["pushes"].eq("2+")].iloc[0]
    amount, currency = float(rows["amount"].sum()), result.view.company.currency
    because = (
        f"Of commit due on the first day, {share(past['slipped_share'])} of what had been pushed twice or more moved "
        f"out of the quarter ({between(past['slipped_low'], past['slipped_high'], share)}), {points(gap).lstrip('+')} "
        "more than of the rest, beyond chance; a date after the quarter or another category takes a deal off the list."
    )
    worth: Worth = None
    if result.period.week_of(result.view.day) == 1:
        low, value, high = (amount * past[f"slipped_{end}"] for end in ("low", "share", "high"))
        worth = (low, value, high)
        because += f" Money: that share of the {money(amount, currency)} in them."
    else:
        because += " No share of the money is told: what moves out from this week on has not been measured."
    what = plural(len(rows), "deal")
    text = f"Re-date or take out of commit {what} pushed twice or more: {money(amount, currency)}"
    ids = tuple(rows.sort_values(["amount", "opportunity_id"], ascending=[False, True])["opportunity_id"])
    return action("pushed_commit", text, "sales_ops", soon(result), because, amount=amount, ids=ids, worth=worth)


def better_probabilities(result: ForecastResult) -> Action | None:
    """Return that the CRM's stage probabilities should be replaced; None where the offered ones are no better."""
    offered = None if result.deals is None else result.deals.offered
    if offered is None or not offered.is_better:
        return None
    because = (
        f"On {plural(offered.n, 'deal')} of {plural(offered.n_periods, 'quarter')}, each told by the others alone, the "
        f"squared error falls from {offered.crm_brier:.3f} to {offered.offered_brier:.3f} (by {offered.low:.3f} to "
        f"{offered.high:.3f}); a range that reaches 0 ends it. They are what deals due {at(result)} "
        f"turn into by the quarter's end; a CRM's probability often means won ever: that share is in the file too."
        f"{_weighted(result)}"
    )
    text = "Weigh open deals by the chances offered for their stages, not the CRM's (recalibrated_stages.csv)"
    return action("probabilities_off", text, "revops", quarter_end(result), because)


def _weighted(result: ForecastResult) -> str:
    """Return by how much the offered probabilities change the CRM-weighted amount due this quarter on the day of the
    fixed horizon; nothing where that day is to come, a stage is not offered, or the change may be either way.

    It is no money of the action: nobody calls the weighted amount.
    """
    day = _horizon_day(result)
    rows = pd.DataFrame() if day is None else _due(result, day)
    if rows.empty or rows["win_probability"].isna().any():
        return ""
    stages, amount = result.deals.offered.table.set_index("stage_name"), rows["amount"]
    crm = float((amount * rows["win_probability"]).sum())
    ends = [crm - float((amount * rows["stage_name"].map(stages[end])).sum(skipna=False))
            for end in ("high", "offered", "low")]  # fmt: skip
    if any(missing(end) for end in ends) or not (min(ends) > 0 or max(ends) < 0):
        return ""
    low, value, high = sorted(abs(end) for end in ends)

    def told(part: float) -> str:
        return money(part, result.view.company.currency)

    return (
        f" This quarter's deals {at(result)} are {told(crm)} by the CRM's, {told(value)} "
        f"{'less' if min(ends) > 0 else 'more'} by the offered ones ({between(low, high, told)}, the ends of the "
        f"stages' ranges added up): of the weighted pipeline, not of the {called(result)}."
    )


def _horizon_day(result: ForecastResult) -> dt.date | None:
    """Return the day of the fixed horizon in the quarter under way; None before it."""
    days = result.found.days.get(result.period, {})
    return days.get(result.knobs.horizon_weeks) if _is_under_way(result) else None


def _is_under_way(result: ForecastResult) -> bool:
    return result.period.start <= result.view.day <= result.period.end


def _due(result: ForecastResult, day: dt.date) -> pd.DataFrame:
    """Return the deals open and due in the quarter at the end of a day, of the types of these numbers."""
    also = ("win_probability", "forecast_category", "close_date")
    rows = open_on_day(result.found.states, result.period, day, result.view.company, also=also)
    return rows[rows["place"].eq("due") & rows["type"].isin(result.found.covers)].reset_index(drop=True)


def _pushed_gap(fates: pd.DataFrame, level: float) -> tuple[float, float]:
    """Return by how much more of the amount of commit moved out where deals had been pushed twice or more, and the
    low end of its range by quarters; NaN where the quarters tell none."""
    rows = fates[fates["forecast_category"].astype("object").eq(_COMMIT)]
    is_pushed, is_slipped = rows["pushes"] >= _TWICE, rows["fate"].eq("slipped")
    parts = {"pushed_out": is_pushed & is_slipped, "pushed": is_pushed, "rest_out": ~is_pushed & is_slipped,
             "rest": ~is_pushed}  # fmt: skip
    sums = pd.DataFrame({name: rows["amount"].fillna(0.0) * inside for name, inside in parts.items()})
    sums = sums.groupby(rows["period"]).sum().to_numpy(dtype=float)
    if len(sums) < 2:
        return np.nan, np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        low, _ = by_quarter(sums, _gap, level=level)
        return float(_gap(sums)), float(low)


def _gap(sums: np.ndarray) -> np.ndarray:
    pushed_out, pushed, rest_out, rest = sums.sum(axis=0)
    return pushed_out / pushed - rest_out / rest

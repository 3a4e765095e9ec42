"""What to do this week: rules over the records, each with the money that hangs on it."""

import datetime as dt

import numpy as np
import pandas as pd

from revops.actions import Action
from revops.actions.due import soon
from revops.analysis.cycle import won_within
from revops.analysis.standing import OPEN_PIPELINE, OVERDUE
from revops.measures.pipeline_coverage import CoverageResult
from revops.wording import day, join, missing, money, multiple, plural, share

__all__ = ["actions", "last_day_to_create"]

_Worth = tuple[float | None, float, float | None] | None


def actions(result: CoverageResult) -> list[Action]:
    """Return what to do this week, by the money that hangs on it, then by the money in the records; nothing where no
    rule fires. Where the exports end too long ago there is one thing to do: export again."""
    if result.is_stale:
        return [_export_again(result)]
    records = result.records
    opened = records[records["outcome"].eq("open") & records["counts_as"].ne("left_out")]
    found = [
        _close_the_gap(result),
        _overdue(result, opened[opened["counts_as"].eq(OVERDUE)]),
        _stalled(result, opened[opened["counts_as"].eq(OPEN_PIPELINE)]),
        _without_owner(result, opened[opened["owner_id"].isna()]),
        _without_amount(result, opened[opened["counts_as"].eq(OPEN_PIPELINE) & opened["amount"].isna()]),
    ]
    fired = [action for action in found if action is not None]
    return sorted(fired, key=lambda action: (-(action.worth or 0.0), -action.amount))


def _export_again(result: CoverageResult) -> Action:
    old = plural(result.view.days_without_news, "day")
    because = "The newest record is older than stale_after_days; what is due, stalled or short since then is not known."
    text = f"Export again: the newest record of the CRM is {old} old"
    return _action("exports_are_old", text, "revops", 0.0, soon(result.period, result.view.day), because, (), None)


def last_day_to_create(result: CoverageResult) -> dt.date | None:
    """Return the last day on which a new deal can be created and still be among the fastest tenth of wins; None where
    the cycle is unknown."""
    cycle = None if result.outlook is None else result.outlook.cycle
    if cycle is None or np.isnan(cycle.fast_days):
        return None
    return result.period.end - dt.timedelta(days=round(cycle.fast_days))


def _close_the_gap(result: CoverageResult) -> Action | None:
    """Return what closes the gap between open and required pipeline: creation, or where it is too late for that, deals
    due later; None where there is no gap."""
    if not result.gap[1] > 0:
        return None
    last = last_day_to_create(result)
    return _pull_forward(result) if last is not None and last < result.view.day else _create(result, last)


def _create(result: CoverageResult, last: dt.date | None) -> Action:
    currency, outlook, (low, gap, high) = result.view.company.currency, result.outlook, result.gap
    left = result.period.days_left(result.view.day)
    part = won_within(outlook.cycle.by_age, left)
    because = "Open pipeline is below what past quarters on this day call for; more of it, or bookings, closes the gap."
    if len(result.short_groups):
        because += " Named first: coverage below even the low end of what is needed there, and past deals are not few."
    worth: _Worth = None
    whose = "in the whole company " if result.knobs.slice else ""
    if not np.isnan(part):
        worth = (low * part, gap * part, high * part)
        because += (
            f" Money: of {plural(outlook.cycle.n, 'opportunity')} created {whose}in two years {share(part)} "
            f"had been won {left} days later; what is created now brings that share of the gap this quarter, "
            "the rest counts for the next."
        )
    text = f"Create {money(gap, currency)} of pipeline{_where(result)}: {_against(result)}"
    by = last or soon(result.period, result.view.day)
    return _action("coverage_below_required", text, "marketing_ops", gap, by, because, (), worth, "added")


def _pull_forward(result: CoverageResult) -> Action:
    records, outlook, currency = result.records, result.outlook, result.view.company.currency
    later = records[records["counts_as"].eq("due_after_period")]
    amount, fast = money(later["amount"].sum(), currency), plural(round(outlook.cycle.fast_days), "day")
    left = plural(result.period.days_left(result.view.day), "day")
    which = f"See which of the {plural(len(later), 'deal')} due later ({amount}) can close by {day(result.period.end)}"
    text = f"{which}: {_against(result)}"
    because = (
        f"Too late to create: nine wins in ten take over {fast}, {left} left. At stake: what deals due later brought "
        "this quarter in the past by themselves; nobody knows what asking adds."
    )
    if later.empty:
        first = "Close what is open" if result.headline["n_open"] else "Nothing is open in time"
        text = f"{first}: {_against(result)}, and nothing is due later that could come forward"
    by, ids = soon(result.period, result.view.day), _by_amount(later)
    return _action(
        "coverage_below_required", text, "sales_ops", result.gap[1], by, because, ids, _at_stake(result, "later")
    )


def _overdue(result: CoverageResult, rows: pd.DataFrame) -> Action | None:
    """Return what is overdue of the types that the quota covers; of other types only how much there is."""
    covered, currency = rows["type"].isin(result.view.company.quota_covers), result.view.company.currency
    others, every, rows = int((~covered).sum()), rows["amount"].sum(), rows[covered]
    amount = money(rows["amount"].sum(), currency)
    text = f"Re-date or close {plural(len(rows), 'overdue opportunity')}: {amount} counts nowhere until it has a date"
    because = "Open with a close date before the as-of day; a new date or an outcome takes it off the list."
    if others:
        verb = "is" if others == 1 else "are"
        because += (
            f" {others} more of types that the quota does not cover {verb} overdue too: {money(every, currency)} "
            "is overdue in all."
        )
    return _on_records(result, "overdue_opportunities", text, "sales_ops", rows, because, "overdue")


def _stalled(result: CoverageResult, pipeline: pd.DataFrame) -> Action | None:
    if result.outlook is None:
        return None
    deals = result.outlook.deals
    stalled = deals[deals["is_stalled"] & deals["place"].eq("due")].set_index("opportunity_id")
    rows = pipeline[pipeline["opportunity_id"].isin(stalled.index)]
    amount = money(rows["amount"].sum(), result.view.company.currency)
    text = (
        f"Second opinion on {plural(len(rows), 'stalled deal')}: {amount} past the age at which the chance has halved"
    )
    if len(rows) == 1:
        [deal] = rows.itertuples()
        known = stalled.loc[deal.opportunity_id]
        name = deal.opportunity_id if missing(deal.opportunity_name) else deal.opportunity_name
        text = (
            f"Second opinion on {name}: {amount}, {known['days_in_stage']:.0f} days in "
            f"{known['stage_name']}; after {known['halving_days']:.0f} the chance to move on has halved"
        )
    because = (
        "Longer in its stage than the age at which the chance to move on has halved; a new stage or a close ends it. "
        "Open pipeline of this quarter alone: stages and velocity counts those overdue or due later as stuck too."
    )
    return _on_records(result, "stalled_opportunities", text, "sales_ops", rows, because, "stalled")


def _without_owner(result: CoverageResult, rows: pd.DataFrame) -> Action | None:
    text = f"Give {plural(len(rows), 'open opportunity')} without an owner to someone"
    because = "Open and owned by nobody; an owner takes it off the list."
    return _on_records(result, "opportunities_without_owner", text, "sales_ops", rows, because)


def _without_amount(result: CoverageResult, rows: pd.DataFrame) -> Action | None:
    text = f"Put an amount on {plural(len(rows), 'opportunity')} in open pipeline: without one, nothing is added"
    because = "In open pipeline with no amount; an amount takes it off the list."
    return _on_records(result, "opportunities_without_amount", text, "revops", rows, because)


def _on_records(
    result: CoverageResult, rule: str, text: str, owner: str, rows: pd.DataFrame, because: str, part: str | None = None
) -> Action | None:
    """Return one action over records, with what that part of the landing brings; None without records."""
    if rows.empty:
        return None
    worth = None if part is None else _at_stake(result, part)
    return _action(
        rule, text, owner, rows["amount"].sum(), soon(result.period, result.view.day), because, _by_amount(rows), worth
    )


def _action(
    rule: str, text: str, owner: str, amount: float, by: dt.date, because: str, ids: tuple[str, ...], worth: _Worth,
    worth_is: str = "at_stake",
) -> Action:  # fmt: skip
    low, value, high = worth or (None, None, None)
    return Action(rule, text, owner, float(amount), by, because, ids, value, low, high, worth_is if worth else None)


def _at_stake(result: CoverageResult, part: str) -> _Worth:
    """Return what one part of the open deals brings this quarter, of the types that the quota covers: low, mean, high;
    None where nothing can tell, or nothing is expected.

    A rare large win or credit can move the mean out of the range. Low and high are then None where at least half of
    the draws bring nothing; else the median stands in for the mean.
    """
    if result.outlook is None:
        return None
    brought = result.outlook.landing.parts[part].to_numpy()
    if not brought.any():
        return None
    low, median, high = result.outlook.range_of(brought)
    mean = float(brought.mean())
    if low <= mean <= high:
        return low, mean, high
    return (None, mean, None) if 2 * np.count_nonzero(brought) <= len(brought) else (low, median, high)


def _against(result: CoverageResult) -> str:
    have, need = multiple(result.headline["coverage"]), multiple(result.needed_coverage[1])
    return f"coverage is {have}, about {need} is needed on this day"


def _where(result: CoverageResult) -> str:
    """Return where to begin, in words to follow `pipeline`: the groups below the whole range of what they need."""
    return "" if result.short_groups.empty else f", {join(list(result.short_groups.index))} first"


def _by_amount(rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(rows.sort_values(["amount", "opportunity_id"], ascending=[False, True])["opportunity_id"])

"""What to do this week: rules over the records, each with the money that acting on it is expected to bring."""

import datetime as dt

import numpy as np
import pandas as pd

from revops.actions import Action
from revops.analysis.standing import OPEN_PIPELINE, OVERDUE
from revops.measures.pipeline_coverage import CoverageResult
from revops.wording import money, multiple, plural

__all__ = ["actions"]

_DAYS_TO_ACT = 7


def actions(result: CoverageResult) -> list[Action]:
    """Return what to do this week, by what it is expected to be worth, then by money; nothing where no rule fires."""
    records = result.records
    opened = records[records["outcome"].eq("open") & records["counts_as"].ne("left_out")]
    pipeline = opened[opened["counts_as"].eq(OPEN_PIPELINE)]
    currency = result.view.company.currency
    overdue, no_owner = opened[opened["counts_as"].eq(OVERDUE)], opened[opened["owner_id"].isna()]
    no_amount, stalled = pipeline[pipeline["amount"].isna()], pipeline[pipeline["opportunity_id"].isin(result.stalled)]
    found = [
        _create(result),
        _action(
            result,
            "overdue_opportunities",
            f"Re-date or close {plural(len(overdue), 'overdue opportunity')}: "
            f"{money(overdue['amount'].sum(), currency)} counts nowhere until someone owns a date",
            "sales_ops",
            overdue,
            "Open with a close date before the as-of day; a new date or an outcome takes it off the list.",
        ),
        _action(
            result,
            "stalled_opportunities",
            f"Second opinion on {plural(len(stalled), 'stalled opportunity')}: "
            f"{money(stalled['amount'].sum(), currency)} past the age at which the chance to move on has halved",
            "sales_ops",
            stalled,
            "Longer in its stage than that age; a new stage, or a close, takes it off the list.",
        ),
        _action(
            result,
            "opportunities_without_owner",
            f"Give {plural(len(no_owner), 'open opportunity')} without an owner to someone",
            "sales_ops",
            no_owner,
            "Open and owned by nobody; an owner takes it off the list.",
        ),
        _action(
            result,
            "opportunities_without_amount",
            f"Put an amount on {plural(len(no_amount), 'opportunity')} in open pipeline: without one, nothing is added",
            "revops",
            no_amount,
            "In open pipeline with no amount; an amount takes it off the list.",
        ),
    ]
    fired = [action for action in found if action is not None]
    return sorted(fired, key=lambda action: (-(action.worth or 0.0), -action.amount))


def _create(result: CoverageResult) -> Action | None:
    """Return the action that closes the gap between open and required pipeline; None where there is no gap."""
    gap, outlook, currency = result.gap[1], result.outlook, result.view.company.currency
    if not gap > 0:
        return None
    cycle = dt.timedelta(days=round(outlook.sales_cycle_days)) if outlook.sales_cycle_days > 0 else dt.timedelta(0)
    last = result.period.end - cycle
    need = result.needed_coverage[1]
    why = f"coverage {multiple(result.headline.coverage)} against {multiple(need)} needed"
    later = result.records[result.records["counts_as"].eq("due_after_period")]
    late = last < result.view.day
    if late:
        text = (
            f"Pull {money(gap, currency)} forward from the {money(later['amount'].sum(), currency)} due later: "
            f"{why}; too late to create, a new deal takes {cycle.days} days to win"
        )
    else:
        text = f"Create {money(gap, currency)} of pipeline that can close by {result.period.end:%-d %b}: {why}"
    yields = outlook.yields
    because = (
        "Open pipeline is below what past quarters needed on this day. Worth: the gap at the yield of the last "
        f"{plural(len(yields), 'quarter')}, from its lowest to its highest. More bookings or a higher yield closes it."
    )
    return Action(
        "coverage_below_required",
        text,
        "sales_ops" if late else "marketing_ops",
        float(gap),
        result.view.day + dt.timedelta(days=_DAYS_TO_ACT) if late else last,
        because,
        tuple(later["opportunity_id"]) if late else (),
        float(gap * outlook.required.yield_rate),
        float(gap * yields.min()),
        float(gap * yields.max()),
    )


def _action(
    result: CoverageResult, rule: str, text: str, owner: str, rows: pd.DataFrame, because: str
) -> Action | None:
    """Return one action over records, worth what these are expected to bring this quarter; None without records."""
    if rows.empty:
        return None
    ids = tuple(rows.sort_values(["amount", "opportunity_id"], ascending=[False, True])["opportunity_id"])
    by = result.view.day + dt.timedelta(days=_DAYS_TO_ACT)
    worth = _worth(result, ids) if rows["amount"].notna().any() else (None, None, None)
    return Action(rule, text, owner, float(rows["amount"].sum()), by, because, ids, *worth)


def _worth(result: CoverageResult, ids: tuple[str, ...]) -> tuple[float | None, float | None, float | None]:
    """Return what the open deals among `ids` bring this quarter, with its range; None where nothing can tell."""
    if result.outlook is None:
        return None, None, None
    chosen = result.outlook.deals["opportunity_id"].isin(ids).to_numpy()
    brought = result.outlook.landing.won[:, chosen].sum(axis=1)
    tail = (1 - result.knobs.level) / 2
    low, high = np.quantile(brought, [tail, 1 - tail])
    return float(result.outlook.deals.loc[chosen, "expected_amount"].sum()), float(low), float(high)

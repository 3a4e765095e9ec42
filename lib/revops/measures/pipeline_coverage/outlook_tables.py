"""The outlook's tables: where the quarter lands, what was told before, deals to look at."""

import numpy as np
import pandas as pd

from revops.book import UNASSIGNED
from revops.measures.pipeline_coverage.outlook import Outlook
from revops.measures.pipeline_coverage.outlook_rows import crm_weighted, velocity
from revops.measures.pipeline_coverage.result import CoverageResult
from revops.wording import money, multiple, odds, plural, share

__all__ = ["Display", "outlook_tables"]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]

_MOST_ROWS = 12
_OFTEN_PUSHED = 2
_HALVED = ("Halved after", "halving_days", "days")
_PUSHES = ("Pushes", "pushes", "count")


def outlook_tables(result: CoverageResult) -> dict[str, Display]:
    """Return the tables of the outlook: name -> caption, table, units; none where the past cannot say."""
    outlook = result.outlook
    if outlook is None:
        return {}
    tables = {
        "landing_by_type": _by_type(result, outlook),
        "net_new": _net_new(result, outlook),
        "pacing": _pacing(result, outlook),
        "told": _told(outlook),
        "required_told": _required_told(outlook),
        "beside": _beside(result, outlook),
    }
    return tables | _deal_lists(result, outlook)


def _by_type(result: CoverageResult, outlook: Outlook) -> Display:
    low, median, high = outlook.range()
    covered = [t for t in outlook.by_type["type"] if t in result.view.company.quota_covers]
    total = {"type": "what the quota covers", "booked_amount": result.headline["booked_amount"],
             "low": low, "median": median, "high": high}  # fmt: skip
    rows = [outlook.by_type] if len(covered) == 1 else [outlook.by_type, pd.DataFrame([total])]
    table = pd.concat(rows, ignore_index=True).set_axis(["Part", "Booked so far", "Low", "Median", "High"], axis=1)
    return f"Where each part lands: {_outcomes(outlook)}", table, (None, "money", "money", "money", "money")


def _net_new(result: CoverageResult, outlook: Outlook) -> Display:
    """Return the bridge from new and expansion, less renewals lost, to the one number."""
    found = outlook.net_new
    names = {"new": "New business", "expansion": "Expansion", "lost": "Renewals lost or late", "net": "Net new"}
    rows = []
    for part, label in names.items():
        low, median, high = outlook.range_of(found.parts[part].to_numpy() * (-1 if part == "lost" else 1))
        so_far = found.so_far[part] * (-1 if part == "lost" else 1)
        rows.append((label, so_far, low, median, high))
    table = pd.DataFrame(rows, columns=["Part", "So far", "Low", "Median", "High"])
    caption = f"{_outcomes(outlook)}; medians do not add up, the outcomes behind them do"
    if not np.isnan(found.plan):
        chance = share(found.probability)
        caption = (
            f"Chance of the net new plan of {money(found.plan, result.view.company.currency)}: {chance}. {caption}"
        )
    return caption, table, (None, "money", "money", "money", "money")


def _pacing(result: CoverageResult, outlook: Outlook) -> Display:
    """Return this quarter against the same day of past ones: median and rank, no more than so few points can say."""
    sums, now = outlook.own_past.sums(result.view.company.quota_covers), result.headline
    rows = []
    for label, past, value in (
        ("Booked so far", sums["booked_then"], now["booked_amount"]),
        ("Open pipeline", sums["open_amount"], now["open_pipeline_amount"]),
        ("Created so far", outlook.created_before, result.created["created_amount"].sum()),
    ):
        rank = f"{int((past > value).sum()) + 1} of {len(past) + 1}"
        rows.append((label, value, past.median(), value - past.median(), rank))
    columns = ["On this day", "Now", "Median of past quarters", "Difference", "Rank, largest first"]
    units = (None, "money", "money", "money", None)
    left, quarters = plural(result.period.days_left(result.view.day), "day"), list(sums["period"])
    return f"Against {quarters[0]} to {quarters[-1]}, with {left} left", pd.DataFrame(rows, columns=columns), units


def _told(outlook: Outlook) -> Display:
    told = outlook.told
    table = pd.DataFrame(
        {
            "Quarter": told["period"],
            "Low": told["low"],
            "Told": told["median"],
            "High": told["high"],
            "Came": told["actual"],
            "Inside": _yes_or_no(told["is_inside"].astype(float)),
            "Quota then": told["quota"],
            "Chance told": told["probability"],
            "Reached it": _yes_or_no(told["made_it"].astype(float)),
        }
    )
    caption = (
        "What this page would have told on this day of earlier quarters, from the quarters before them; only the age "
        "at which a deal counts as stalled is today's. Quotas are those in force then"
    )
    return caption, table, (None, "money", "money", "money", "money", None, "money", "share", None)


def _required_told(outlook: Outlook) -> Display:
    told = outlook.required_told
    table = pd.DataFrame(
        {
            "Quarter": told["period"],
            "Low": told["low"],
            "Told": told["required"],
            "High": told["high"],
            "Turned out to need": told["needed"],
            "Inside": _yes_or_no(told["is_inside"].astype(float)),
            "Was open": told["open_amount"],
            "Reached quota": _yes_or_no(told["was_enough"].astype(float)),
        }
    )
    caption = "The open pipeline that would have been called for on this day, and what the quarter turned out to need"
    return caption, table, (None, "money", "money", "money", "money", None, "money", None)


def _beside(result: CoverageResult, outlook: Outlook) -> Display:
    """Return numbers that people ask for beside the answer, each in words."""
    currency, cycle = result.view.company.currency, outlook.cycle
    due = outlook.deals[outlook.deals["place"].eq("due") & outlook.deals["type"].isin(result.view.company.quota_covers)]
    whose = " (the whole company's)" if result.knobs.slice else ""
    cautious = None if outlook.required is None else outlook.required.cautious / result.headline["remaining_amount"]
    rows = [
        ("Coverage needed, cautious", multiple(cautious), "would have been enough in four quarters of five"),
        (
            "Weighted pipeline",
            money(due["expected_amount"].sum(), currency),
            "open pipeline at the chances of this page",
        ),
        ("CRM-weighted pipeline", money(crm_weighted(result), currency), "at the probabilities on the records"),
        ("Win rate", share(cycle.win_rate), f"of what is created, by count, however long it takes{whose}"),
        ("Sales cycle", _days(cycle.median_days), f"from creation to won, half of the wins are faster{whose}"),
        ("Fast cycle", _days(cycle.fast_days), f"one win in ten is faster{whose}"),
        ("Velocity", f"{money(velocity(result), currency)} a day", "open pipeline x win rate / sales cycle"),
        ("Shared luck", f"{outlook.landing.luck:.2f}", "sd of what moves all chances of a quarter, on the logit scale"),
    ]
    table = pd.DataFrame(rows, columns=["Number", "Value", "What it is"])
    return "What people ask for beside it", table, (None, None, None)


def _deal_lists(result: CoverageResult, outlook: Outlook) -> dict[str, Display]:
    """Return stalled, pushed and overdue deals of the types that the quota covers, largest first."""
    deals = outlook.deals[outlook.deals["type"].isin(result.view.company.quota_covers)]
    due, overdue = deals["place"].eq("due"), deals["place"].eq("overdue")
    stalled, pushed = due & deals["is_stalled"], due & (deals["pushes"] >= _OFTEN_PUSHED)
    return {
        "stalled_deals": _deals(
            "Stalled: past the age at which the chance to move on has halved", deals[stalled], result, _HALVED
        ),
        "pushed_deals": _deals("Pushed twice or more, and due this quarter", deals[pushed], result, _PUSHES),
        "overdue_deals": _deals("Overdue: their close date has passed", deals[overdue], result, _PUSHES),
    }


def _deals(caption: str, rows: pd.DataFrame, result: CoverageResult, own: tuple[str, str, str]) -> Display:
    """Return a list of deals; `own` is the column that this list is about: label, column, unit."""
    rows = rows.sort_values(["amount", "opportunity_id"], ascending=[False, True])
    shown = rows.head(_MOST_ROWS)
    if len(rows) > _MOST_ROWS:
        caption = f"{caption}; the {_MOST_ROWS} largest of {len(rows)}"
    record = result.records.set_index("opportunity_id").reindex(shown["opportunity_id"])
    label, column, unit = own
    table = pd.DataFrame(
        {
            "Opportunity": record["opportunity_name"].fillna("–").to_numpy(),
            "Owner": [result.labels.get(owner, owner) for owner in record["owner_id"].fillna(UNASSIGNED)],
            "Stage": shown["stage_name"].to_numpy(),
            "Days in it": shown["days_in_stage"].to_numpy(),
            label: shown[column].to_numpy(),
            "Close date": record["close_date"].to_numpy(),
            "Amount": shown["amount"].to_numpy(),
            "Chance": shown["chance"].to_numpy(),
        }
    )
    return caption, table, (None, None, None, "days", unit, "date", "money", "share")


def _outcomes(outlook: Outlook) -> str:
    return f"{odds(outlook.level)} outcomes fall between low and high"


def _days(days: float) -> str:
    return "–" if np.isnan(days) else plural(round(days), "day")


def _yes_or_no(flags: pd.Series) -> pd.Series:
    return flags.map({1.0: "yes", 0.0: "no"}).fillna("–")

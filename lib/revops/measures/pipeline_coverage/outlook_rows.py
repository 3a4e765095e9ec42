"""The outlook's numbers as rows of the Answer, and its tables: landing, what was told before, deals to look at."""

from typing import Any

import numpy as np
import pandas as pd

from revops.analysis.standing import OVERDUE
from revops.measures.pipeline_coverage.result import CoverageResult

__all__ = ["Display", "Row", "group_rows", "outlook_rows", "outlook_tables"]

Row = dict[str, Any]
Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]

_MOST_ROWS = 12
_NEEDS = "at least four past quarters with history, in a quarter under way"


def outlook_rows(result: CoverageResult) -> list[Row]:
    """Return the measures of the outlook; undefined with a note where the past cannot say."""
    outlook, level = result.outlook, result.knobs.level
    if outlook is None:
        ids = ("required_coverage", "pipeline_gap_amount", "weighted_pipeline_amount", "landing_amount",
               "attainment_probability", "sales_cycle_days", "pipeline_velocity_amount")  # fmt: skip
        return [_row(id, float("nan"), note=f"needs {_NEEDS}") for id in ids]
    no_quota = "no quota, or nothing remains to book"
    need = result.needed_coverage or (float("nan"),) * 3
    rows = [_row("required_coverage", need[1], need[0], need[2], level, outlook.n_quarters, no_quota)]
    cautious = float("nan")
    if outlook.required is not None:
        cautious = outlook.required.cautious / result.headline["remaining_amount"]
    rows.append(
        {**_row("required_coverage", cautious, n=outlook.n_quarters, note=no_quota), "by": {"basis": "cautious"}}
    )
    gap = result.gap
    rows.append(_row("pipeline_gap_amount", gap[1], gap[0], gap[2], level, outlook.n_quarters, no_quota))
    low, median, high = outlook.range(level)
    rows.append(_row("landing_amount", median, low, high, level, len(outlook.deals)))
    for part in outlook.by_type.itertuples():
        row = _row("landing_amount", part.median, part.low, part.high, level)
        rows.append({**row, "by": {"type": part.type}})
    validated = None if outlook.is_validated else "not yet validated"
    rows.append({**_row("attainment_probability", outlook.probability, n=len(outlook.told), note="no quota"),
                 **({"note": validated} if validated else {})})  # fmt: skip
    due = outlook.deals[outlook.deals["place"].eq("due") & outlook.deals["type"].isin(result.view.company.quota_covers)]
    rows.append(_row("weighted_pipeline_amount", due["expected_amount"].sum(), n=len(due)))
    rows.append(_row("crm_weighted_pipeline_amount", _crm_weighted(result, due), n=len(due), note="no probabilities"))
    rows.append(_row("sales_cycle_days", outlook.sales_cycle_days, note="no new deal was won in a year"))
    rows.append(
        _row(
            "pipeline_velocity_amount", _velocity(result), n=int(result.headline["n_open"]), note="no win rate or cycle"
        )
    )
    return rows


def group_rows(group: pd.Series, by: dict[str, str], level: float) -> list[Row]:
    """Return what one group is expected to bring and needs, as rows."""
    n = int(group["n_past"]) if group["n_past"] == group["n_past"] else None
    few = "too few past deals of this group on this day, or too little history"
    bounds = (group["required_low"], group["required_high"], level)
    rows = [
        _row("weighted_pipeline_amount", group["expected_amount"], n=n, note=few),
        _row("required_coverage", group["required_coverage"], *bounds, n, f"no quota at this level, or {few}"),
    ]
    return [{**row, "by": by} for row in rows]


def outlook_tables(result: CoverageResult) -> dict[str, Display]:
    """Return the tables of the outlook: name -> caption, table, units; none where the past cannot say."""
    outlook = result.outlook
    if outlook is None:
        return {}
    tables = {"landing_by_type": _by_type(result), "told": _told(result), "pacing": _pacing(result)}
    by_id = result.records.set_index("opportunity_id")
    stalled = outlook.deals[outlook.deals["opportunity_id"].isin(result.stalled) & outlook.deals["place"].eq("due")]
    pushed = outlook.deals[(outlook.deals["pushes"] >= 2) & outlook.deals["place"].eq("due")]
    overdue = outlook.deals[outlook.deals["opportunity_id"].map(by_id["counts_as"]).eq(OVERDUE)]
    covered = result.view.company.quota_covers
    for name, caption, rows in (
        (
            "stalled_deals",
            "Stalled: longer in their stage than the age at which the chance to move on has halved",
            stalled,
        ),
        ("pushed_deals", "Pushed twice or more, and due this quarter again", pushed),
        ("overdue_deals", "Overdue: their close date has passed", overdue),
    ):
        rows = rows[rows["type"].isin(covered) | (name == "overdue_deals")]
        tables[name] = _deals(caption, rows, by_id)
    return tables


def _row(
    id: str,
    value: float,
    low: float | None = None,
    high: float | None = None,
    level: float | None = None,
    n: int | None = None,
    note: str | None = None,
) -> Row:
    undefined = bool(np.isnan(value))
    bounds = {} if undefined or low is None else {"low": float(low), "high": float(high), "level": level}
    return {"id": id, "by": {}, "value": float(value), "n": n, "note": note if undefined else None, **bounds}


def _velocity(result: CoverageResult) -> float:
    """Return `pipeline_velocity_amount`: open pipeline x win rate / sales cycle [company currency per day]."""
    outlook = result.outlook
    return float(result.headline["open_pipeline_amount"] * outlook.win_rate / outlook.sales_cycle_days)


def _crm_weighted(result: CoverageResult, due: pd.DataFrame) -> float:
    """Return `crm_weighted_pipeline_amount`: open pipeline at the probability the CRM showed on the day."""
    state = result.view.opportunities
    rows = state[state["opportunity_id"].isin(due["opportunity_id"])]
    if rows["win_probability"].isna().all():
        return float("nan")
    return float((rows["amount"] * rows["win_probability"]).sum())


def _by_type(result: CoverageResult) -> Display:
    outlook = result.outlook
    low, median, high = outlook.range(result.knobs.level)
    covered = [t for t in outlook.by_type["type"] if t in result.view.company.quota_covers]
    total = {"type": f"{' + '.join(covered)}: what the quota covers", "booked_amount": result.headline["booked_amount"],
             "low": low, "median": median, "high": high}  # fmt: skip
    every = outlook.landing.draws.sum(axis=1).to_numpy()
    tail = (1 - result.knobs.level) / 2
    low, median, high = np.quantile(every, [tail, 0.5, 1 - tail])
    whole = {"type": "the one number: everything", "booked_amount": outlook.by_type["booked_amount"].sum(),
             "low": low, "median": median, "high": high}  # fmt: skip
    table = pd.concat([outlook.by_type, pd.DataFrame([total, whole])], ignore_index=True)
    table.columns = ["Part", "Booked so far", "Low", "Median", "High"]
    caption = f"Where the quarter lands, {result.knobs.level * 10:g} in 10 outcomes between low and high"
    return caption, table, (None, "money", "money", "money", "money")


def _told(result: CoverageResult) -> Display:
    told = result.outlook.told
    table = pd.DataFrame(
        {
            "Quarter": told["period"],
            "Low": told["low"],
            "Told": told["median"],
            "High": told["high"],
            "Came": told["actual"],
            "Inside": told["is_inside"].map({True: "yes", False: "no"}),
            "Quota": told["quota"],
            "Chance told": told["probability"],
            "Made it": told["made_it"].map({True: "yes", False: "no"}).where(told["quota"].notna(), "–"),
        }
    )
    caption = "What this page would have told on this day of earlier quarters, from the quarters before them alone"
    units = (None, "money", "money", "money", "money", None, "money", "share", None)
    return caption, table, units


def _pacing(result: CoverageResult) -> Display:
    """Return this quarter against the same day of past ones: median and rank, no more than so few points can say."""
    sums = result.outlook.sums
    now = result.headline
    rows = []
    for label, column, value in (
        ("Booked so far", "booked_then", now["booked_amount"]),
        ("Open pipeline", "open_amount", now["open_pipeline_amount"]),
    ):
        past = sums[column]
        rows.append(
            (label, value, past.median(), value - past.median(), f"{int((past > value).sum()) + 1} of {len(past) + 1}")
        )
    columns = ["On this day", "Now", "Median of past quarters", "Difference", "Rank, largest first"]
    return (
        "Pace against the same day of past quarters",
        pd.DataFrame(rows, columns=columns),
        (None, "money", "money", "money", None),
    )


def _deals(caption: str, rows: pd.DataFrame, by_id: pd.DataFrame) -> Display:
    rows = rows.sort_values(["amount", "opportunity_id"], ascending=[False, True])
    shown = rows.head(_MOST_ROWS)
    if len(rows) > _MOST_ROWS:
        caption = f"{caption}; the {_MOST_ROWS} largest of {len(rows)}"
    record = by_id.reindex(shown["opportunity_id"])
    table = pd.DataFrame(
        {
            "Opportunity": record["opportunity_name"].fillna("–").to_numpy(),
            "Stage": shown["stage_name"].to_numpy(),
            "Days in it": shown["days_in_stage"].to_numpy(),
            "Halved after": shown["halving_days"].to_numpy(),
            "Pushes": shown["pushes"].to_numpy(),
            "Close date": record["close_date"].to_numpy(),
            "Amount": shown["amount"].to_numpy(),
            "Chance": shown["chance"].to_numpy(),
        }
    )
    return caption, table, (None, None, "days", "days", "count", "date", "money", "share")

"""The outlook's numbers as rows of the Answer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from revops.measures.pipeline_coverage.outlook import Outlook
from revops.measures.pipeline_coverage.result import CoverageResult
from revops.ratios import safe_ratio

__all__ = ["Row", "check_rows", "crm_weighted", "group_rows", "outlook_rows", "velocity"]

Row = dict[str, Any]

_IDS = ("required_coverage", "pipeline_gap_amount", "landing_amount", "attainment_probability", "net_new_amount",
        "weighted_pipeline_amount", "sales_cycle_days", "pipeline_velocity_amount")  # fmt: skip


def outlook_rows(result: CoverageResult) -> list[Row]:
    """Return the measures of the outlook; undefined with a note where the past cannot say."""
    outlook = result.outlook
    if outlook is None:
        return [_row(id, float("nan"), note=_why_none(id, result.unavailable)) for id in _IDS]
    return [
        *_need_rows(result, outlook),
        *_landing_rows(result, outlook),
        *_net_new_rows(result, outlook),
        *_weight_rows(result, outlook),
        _row("sales_cycle_days", outlook.cycle.median_days, n=outlook.cycle.n, note=outlook.cycle.reason),
        _row(
            "pipeline_velocity_amount",
            velocity(result),
            n=result.headline["n_open"],
            note=outlook.cycle.reason or "half of all wins take no day",
        ),
    ]


def check_rows(result: CoverageResult) -> list[Row]:
    """Return how ranges and chances held on the subject's own past: what, nominal, observed, n; none where untold."""
    outlook = result.outlook
    if outlook is None:
        return []
    told, level = outlook.told, f"{result.knobs.level * 100:g} % range"
    chances = told.dropna(subset=["probability"])
    rows = [
        (f"{level} of the landing held", outlook.level, told["is_inside"], told),
        ("quota made, as often as told", chances["probability"].mean(), chances["made_it"], chances),
        (
            f"{level} of the pipeline needed held",
            outlook.level,
            outlook.required_told["is_inside"],
            outlook.required_told,
        ),
    ]
    return [
        {"what": what, "nominal": float(nominal), "observed": float(observed.mean()), "n": len(table)}
        for what, nominal, observed, table in rows
        if len(table)
    ]


def group_rows(group: pd.Series, by: dict[str, str], level: float) -> list[Row]:
    """Return what one group is expected to bring and needs, as rows; none where the past cannot say."""
    if "n_past" not in group:
        return []
    few = "few past deals: leans on the whole company" if group["is_few"] else None
    bounds, why = (group["required_low"], group["required_high"], level), group["required_unknown"]
    rows = [
        _row("weighted_pipeline_amount", group["expected_amount"], n=group["n_past"], note=why),
        _row("required_coverage", group["required_coverage"], bounds, n=group["n_past"], note=why),
    ]
    return [{**row, "by": by, "note": row["note"] or few} for row in rows]


def velocity(result: CoverageResult) -> float:
    """Return `pipeline_velocity_amount`: open pipeline x win rate / sales cycle [company currency per day]; NaN where
    half of all wins take no day."""
    cycle = result.outlook.cycle
    return safe_ratio(result.headline["open_pipeline_amount"] * cycle.win_rate, cycle.median_days)


def crm_weighted(result: CoverageResult) -> float:
    """Return `crm_weighted_pipeline_amount`: open pipeline at the probability the CRM showed on the day; NaN where it
    shows none."""
    due = _due(result)
    state = result.view.opportunities
    rows = state[state["opportunity_id"].isin(due["opportunity_id"])]
    if rows["win_probability"].isna().all():
        return float("nan")
    return float((rows["amount"] * rows["win_probability"]).sum())


def _need_rows(result: CoverageResult, outlook: Outlook) -> list[Row]:
    need, gap, level = result.needed_coverage or (float("nan"),) * 3, result.gap, result.knobs.level
    n, why = outlook.n_quarters, outlook.required_unknown
    cautious = float("nan")
    if outlook.required is not None:
        cautious = outlook.required.cautious / result.headline["remaining_amount"]
    return [
        _row("required_coverage", need[1], (need[0], need[2], level), n=n, note=why),
        _row("required_coverage", cautious, n=n, note=why) | {"by": {"basis": "cautious"}},
        _row("pipeline_gap_amount", gap[1], (gap[0], gap[2], level), n=n, note=why),
    ]


def _landing_rows(result: CoverageResult, outlook: Outlook) -> list[Row]:
    low, median, high = outlook.range()
    covered = int(outlook.deals["type"].isin(result.view.company.quota_covers).sum())
    rows = [_row("landing_amount", median, (low, high, outlook.level), n=covered)]
    for part in outlook.by_type.itertuples():
        n = int(outlook.deals["type"].eq(part.type).sum())
        row = _row("landing_amount", part.median, (part.low, part.high, outlook.level), n=n)
        rows.append(row | {"by": {"type": part.type}})
    n = int(outlook.told["probability"].notna().sum())
    chance = _row("attainment_probability", outlook.probability, n=n, note="no quota")
    without = _row("attainment_probability", outlook.probability_without_largest, n=n, note="no quota")
    doubt = None if outlook.is_validated else "not yet validated"
    rows += [row | {"note": row["note"] or doubt} for row in (chance, without | {"by": {"without": "largest deal"}})]
    return _doubted(rows, outlook)


def _doubted(rows: list[Row], outlook: Outlook) -> list[Row]:
    """Return rows whose note says so where such ranges held too rarely in the past."""
    return [row | {"note": "such ranges held too rarely in the past"} for row in rows] if outlook.range_failed else rows


def _net_new_rows(result: CoverageResult, outlook: Outlook) -> list[Row]:
    found, note = outlook.net_new, "no plan: set net_new_plan in company.yml"
    low, median, high = outlook.range_of(found.parts["net"].to_numpy())
    rows = [
        _row("net_new_amount", median, (low, high, outlook.level), n=len(outlook.deals)),
        _row("net_new_probability", found.probability, note="a slice has no plan" if result.knobs.slice else note),
    ]
    return _doubted(rows, outlook)


def _weight_rows(result: CoverageResult, outlook: Outlook) -> list[Row]:
    due, unknown = _due(result), result.outlook.groups.unknown
    weighted = float("nan") if unknown else due["expected_amount"].sum()
    return [
        _row("weighted_pipeline_amount", weighted, n=len(due), note=unknown),
        _row("crm_weighted_pipeline_amount", crm_weighted(result), n=len(due), note="the CRM shows no probabilities"),
    ]


def _due(result: CoverageResult) -> pd.DataFrame:
    """Return the deals of open pipeline, with their chances."""
    deals = result.outlook.deals
    return deals[deals["place"].eq("due") & deals["type"].isin(result.view.company.quota_covers)]


def _why_none(id: str, unavailable: Mapping[str, str]) -> str:
    return f"needs {unavailable.get(id, unavailable['landing_amount'])}"


def _row(
    id: str, value: float, bounds: tuple[float, float, float] | None = None, *, n: float | None = None,
    note: str | None = None,
) -> Row:  # fmt: skip
    """Return one row: its range and level where defined, the note where not."""
    count = None if n is None else int(n)
    if np.isnan(value):
        return {"id": id, "by": {}, "value": float("nan"), "n": count, "note": note}
    if np.isinf(value):
        return {"id": id, "by": {}, "value": float("nan"), "n": count, "note": "no amount is enough"}
    low, high, level = bounds or (None, None, None)
    endless = "no upper end: quarters that win next to nothing of what is open are too likely"
    said = endless if high is not None and np.isinf(high) else None
    return {
        "id": id,
        "by": {},
        "value": float(value),
        "low": low,
        "high": high,
        "level": level,
        "n": count,
        "note": said,
    }

"""The report's numbers as rows of the Answer."""

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from revops.measures.stage_benchmarking.needs import OF_HISTORY, OF_LEADS
from revops.measures.stage_benchmarking.result import StageResult
from revops.metrics.row import Row, row
from revops.metrics.stage_benchmarking import STAGE_BENCHMARKING

__all__ = ["PROMISED", "measure_rows"]

PROMISED = (*(metric.id for metric in STAGE_BENCHMARKING), "sales_cycle_days")
"""Every metric of the report has a row; one that cannot be told is NaN and says why."""

_WINDOWS = {"now": "last_weeks", "past": "before", "then": "before_as_it_stood"}
_YOUNG = "too few were followed that long"
_KEYS = {"mql_volume": "mqls", "mql_to_sql_rate": "mqls", "cost_per_mql": "cost", "late_lead_amount": "stake",
         "lead_enrichment_rate": "enrichment", "utm_compliance_rate": "utm"}  # fmt: skip
"""What the reasons of the hand-off and of marketing are called, by metric."""


def measure_rows(result: StageResult) -> list[Row]:
    """Return every promised number as a row: id, by, value, low, high, level, n, note; undefined is NaN with a note."""
    parts = (_conversion, _won, _stages, _leads, _hand_off, _marketing, _organisation, _peers)
    found = [one for part in parts for one in part(result)]
    told, known = {one["id"] for one in found}, result.unavailable
    untold = [id for id in PROMISED if id not in told]
    return [*found, *(row(id, {}, note=known.get(id) or _why(id, result)) for id in untold)]


def _why(id: str, result: StageResult) -> str:
    """Return why nothing at all is told of a number that the exports could give."""
    whys = [getattr(result, part).why for part in ("pipeline", "hand_off", "marketing")]
    of_leads = result.funnel.why if id in OF_LEADS else None
    told = of_leads or next((why[key] for why in whys for key in (id, _KEYS.get(id)) if key in why), None)
    if told is None and id in OF_LEADS:
        return "no such lead in these weeks"
    if told is None and id in (*OF_HISTORY, "sales_cycle_days"):
        return "nothing came into a stage in these weeks"
    return told or "nothing in these weeks or before tells it"


def _conversion(result: StageResult) -> Iterator[Row]:
    """Yield conversion by transition, age and window, of the whole and of groups."""
    parts = ((result.pipeline.converted, "now"), (result.pipeline.converted_past, "past"),
             (_steps(result.funnel.converted), "now"), (_steps(result.funnel.converted_past), "past"))  # fmt: skip
    for table, window in parts:
        for line in table.itertuples():
            by = {"transition": _transition(line.step, result), "horizon_days": int(line.horizon_days),
                  "window": _WINDOWS[window]}  # fmt: skip
            yield row("conversion_rate", by, line.share, (line.low, line.high, result.knobs.level), line.n, _YOUNG)
    for line in result.pipeline.converted_by_amount.itertuples():
        by = {"transition": _transition(line.step, result), "horizon_days": int(line.horizon_days),
              "window": _WINDOWS[line.when], "weight": "amount"}  # fmt: skip
        yield row("conversion_rate", by, line.share, (line.low, line.high, result.knobs.level), line.n, _YOUNG)
    groups = result.groups[result.groups["what"].isin(["stage", "funnel"])]
    for line in groups.itertuples():
        if line.horizon_days != line.horizon_days:
            continue
        by = {"transition": _transition(line.step, result), "horizon_days": int(line.horizon_days),
              line.dimension: line.group}  # fmt: skip
        ends = (line.shrunk_low, line.shrunk_high, result.knobs.level)
        yield row("conversion_rate", by, line.shrunk, ends, line.n, _YOUNG)


def _steps(converted: pd.DataFrame) -> pd.DataFrame:
    return converted[converted["step"].ne("lead_to_won")]


def _transition(step: str, result: StageResult) -> str:
    """Return where a step leads, as `Scoping > Evaluation`."""
    funnel = ["lead", "mql", "sql", "opportunity", "won"]
    following = result.following | dict(pairwise(funnel))
    return f"{step} > {following.get(step, 'won')}"


def _won(result: StageResult) -> Iterator[Row]:
    """Yield the win rate, by count and by amount, and how long winning takes."""
    for line in result.pipeline.win.itertuples():
        id = "win_rate" if line.weight == "count" else "win_rate_by_amount"
        by = {"horizon_days": int(line.horizon_days), "window": _WINDOWS[line.when]}
        yield row(id, by, line.share, (line.low, line.high, result.knobs.level), line.n, _YOUNG)
    for line in result.groups[result.groups["what"].eq("win")].dropna(subset="horizon_days").itertuples():
        by = {"horizon_days": int(line.horizon_days), line.dimension: line.group}
        yield row("win_rate", by, line.shrunk, (line.shrunk_low, line.shrunk_high, result.knobs.level), line.n, _YOUNG)
    cycle = result.pipeline.cycle
    if cycle is not None:
        yield row("sales_cycle_days", {}, cycle.median_days, n=cycle.n, note=cycle.reason)


def _stages(result: StageResult) -> Iterator[Row]:
    """Yield time in stage, the age at which the chance has halved, and what is stuck."""
    for line in result.pipeline.times.itertuples():
        by = {"stage": line.stage_name, "window": _WINDOWS[line.when]}
        note = f"half had not left within {line.longest_days:.0f} days" if line.n else "nothing came in"
        yield row("median_days_in_stage", by, line.median_days, (line.low, line.high, result.knobs.level), line.n, note)
    for line in result.times_by_segment().itertuples():
        by = {"stage": line.stage_name, "segment": line.segment}
        note = f"half had not left within {line.longest_days:.0f} days"
        yield row("median_days_in_stage", by, line.median_days, (line.low, line.high, result.knobs.level), line.n, note)
    for line in result.pipeline.stages.itertuples():
        by = {"stage": line.stage}
        yield row("halving_days", by, line.halving_days, note="too few stays, or the chance never halves")
        note = "no age at which the chance halves is known"
        yield row("stuck_amount", by, line.stuck_amount, n=line.n_stuck, note=note)
    yield row("stuck_amount", {}, result.pipeline.stuck_amount, n=len(result.pipeline.stuck),
              note=result.pipeline.why.get("stuck_amount"))  # fmt: skip


def _leads(result: StageResult) -> Iterator[Row]:
    """Yield what marketing brings and how far it gets."""
    for table, window in ((result.funnel.converted, "now"), (result.funnel.converted_past, "past")):
        for step, id in (("mql", "mql_to_sql_rate"), ("lead_to_won", "lead_to_won_rate")):
            for line in table[table["step"].eq(step)].itertuples():
                by = {"horizon_days": int(line.horizon_days), "window": _WINDOWS[window]}
                yield row(id, by, line.share, (line.low, line.high, result.knobs.level), line.n, _YOUNG)
    for line in result.marketing.mqls.itertuples():
        by = {"quarter": line.name} if line.span == "quarter" else {"weeks_back": int(line.name)}
        yield row("mql_volume", by, float(line.n))
    for line in result.marketing.cost.itertuples():
        by = {"month": f"{line.since:%Y-%m}"} if line.span == "month" else {"months": line.span}
        note = result.marketing.why.get("cost", "no cost on record, or no MQL")
        yield row("cost_per_mql", by, line.cost_per_mql, (line.low, line.high, result.knobs.level), line.n, note)


def _hand_off(result: StageResult) -> Iterator[Row]:
    """Yield how fast MQLs are touched, and what sales makes of them."""
    found, level = result.hand_off, result.knobs.level
    for line in found.table.itertuples():
        by, n = {"window": _WINDOWS[line.window]}, line.n
        why = found.why.get("sla", "no MQL whose SLA has run out")
        yield row("sla_attainment_rate", by, line.sla_share, (line.sla_low, line.sla_high, level), n, why)
        yield row("never_touched_rate", by, line.never_share, (line.never_low, line.never_high, level),
                  line.n_followed, why)  # fmt: skip
        note = why if n == 0 or "sla" in found.why else f"so many were not touched within {line.seen_hours:.0f} hours"
        for name, at in (("median_hours", 0.5), ("p90_hours", 0.9)):
            ends = (line.median_low, line.median_high, level) if at == 0.5 else None
            yield row("first_touch_hours", {**by, "share": at}, getattr(line, name), ends, n, note)
        ends = (line.accept_low, line.accept_high, level)
        why = found.why.get("accept", "no MQL has been judged")
        yield row("accept_rate", by, line.accept_share, ends, line.n_judged, why)
    for line in found.stake.itertuples():
        by = {} if line.lead_source == "all" else {"lead_source": line.lead_source, "arrived": line.arrived}
        note = found.why.get("stake", "too few on either side to compare")
        yield row("late_lead_amount", by, line.amount, (line.low, line.high, level), line.n_late, note)


def _marketing(result: StageResult) -> Iterator[Row]:
    """Yield complete records, right links and used seats."""
    found, level = result.marketing, result.knobs.level
    for line in found.enrichment[found.enrichment["field"].eq("all")].itertuples():
        by = {"window": line.span} | ({} if line.dimension == "company" else {line.dimension: line.group})
        yield row("lead_enrichment_rate", by, line.share, (line.low, line.high, level), line.n)
    for line in found.utm.itertuples():
        ends = (line.low, line.high, level)
        yield row("utm_compliance_rate", {"window": line.span, "of": line.what}, line.share, ends, line.n)
    yield row("tool_utilisation_rate", {}, found.tools.used_share, n=found.tools.n_told,
              note="no tool says its seats and their use")  # fmt: skip
    for line in found.tools.table.itertuples():
        note = "seats or their use not said"
        yield row("tool_utilisation_rate", {"tool": line.tool_name}, line.used_share, note=note)


def _organisation(result: StageResult) -> Iterator[Row]:
    """Yield stage and signals."""
    found = result.organisation
    yield row("company_stage", {}, found.stage, note=found.why.get("company_stage"))
    yield row("operating_signals", {}, float(found.n_holding) if found.n_read else float("nan"), n=found.n_read,
              note="no signal could be read")  # fmt: skip
    for line in found.signals.itertuples():
        value = {"yes": 1.0, "no": 0.0}.get(line.holds, float("nan"))
        yield row("operating_signals", {"signal": int(line.signal)}, value, n=line.n, note=line.why)


def _peers(result: StageResult) -> Iterator[Row]:
    """Yield where our numbers stand among published ones."""
    for line in result.places.itertuples():
        yield row(
            "benchmark_percentile_band",
            {"metric": line.id, "basis": line.basis, "of": line.band},
            line.share,
            note=line.place,
        )
    if result.places.empty:
        note = "no published figure of a number of ours has quartiles or ends that may be compared"
        yield row("benchmark_percentile_band", {}, note=note)

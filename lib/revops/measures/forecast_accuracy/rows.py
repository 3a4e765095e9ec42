"""The report's numbers as rows of the Answer."""

from collections.abc import Mapping
from typing import Any

from revops.measures.forecast_accuracy.needs import OF_DEALS
from revops.measures.forecast_accuracy.projection import interval_coverage
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.metrics.row import Row, row

__all__ = ["check_rows", "measure_rows"]

_ERRORS = {"wape": "wape", "bias_rate": "bias", "mdape": "mdape", "mase": "mase", "mape": "mape"}
"""Metrics of errors.accuracy, and what the columns of their ranges begin with."""
_NO_ERRORS = "no past quarter with a call of the company"
_NO_SCALE = "too few quarters before to train its scale"


def measure_rows(result: ForecastResult) -> list[Row]:
    """Return every promised number as a row: id, by, value, low, high, level, n, note; undefined is NaN with a note."""
    rows = [*_error_rows(result), *_unit_rows(result), *_step_rows(result), *_signal_rows(result)]
    return [*rows, *_deal_rows(result), *_open_rows(result)]


def check_rows(result: ForecastResult) -> list[Row]:
    """Return how ranges held on the company's own past: what, nominal, observed, n; none where untold."""
    told = None if result.open is None else result.open.backtest
    if told is None or told.empty:
        return []
    level = result.knobs.level
    return [{"what": f"{level * 100:g} % range of the projection held", "nominal": level,
             "observed": float(told["is_inside"].mean()), "n": len(told)}]  # fmt: skip


def _error_rows(result: ForecastResult) -> list[Row]:
    """Return the errors of the call in each week, and of every other forecast in the named weeks."""
    errors, level = result.errors, result.knobs.level
    shown = errors["category"].eq(result.found.call) | errors["horizon_weeks"].isin(result.named_weeks)
    rows = []
    for error in errors[shown].to_dict("records"):
        by = {"horizon_weeks": error["horizon_weeks"], "category": error["category"]}
        rows += [_error_row(id, by, error, level) for id in _ERRORS]
    return rows or [row(id, {}, note=_NO_ERRORS) for id in _ERRORS]


def _error_row(id: str, by: Mapping[str, Any], error: Mapping[str, Any], level: float) -> Row:
    """Return one row of errors.accuracy as a number."""
    ends = (error[f"{_ERRORS[id]}_low"], error[f"{_ERRORS[id]}_high"], level)
    n = error["n_scaled"] if id == "mase" else error["n"]
    return row(id, by, error[id], ends, n, _NO_SCALE if id == "mase" else "nothing came in these quarters")


def _unit_rows(result: ForecastResult) -> list[Row]:
    """Return the errors, own bias and signal of each team and owner, at the fixed horizon."""
    rows, knobs = [], result.knobs
    for by, table in result.units.items():
        for unit in table.to_dict("records"):
            named = {by: result.labels.get(unit["member"], unit["member"]) if by == "owner" else unit["member"]}
            own, few = (unit["low"], unit["high"], knobs.naming_level), "fewer than 3 quarters, or nothing called"
            errors = {**unit, "n": unit["n_errors"], "bias_low": unit["bias_rate_low"],
                      "bias_high": unit["bias_rate_high"]}  # fmt: skip
            rows += [_error_row(id, named, errors, knobs.level) for id in ("wape", "bias_rate", "mase", "mape")]
            rows += [
                row("unit_bias_rate", named, unit["bias"], own, unit["n"], few),
                row("off_signal", named, unit["n_beyond"], None, unit["n_looked_at"]) | {"note": unit["signal"]},
            ]
    pooled = result.unit_errors[result.unit_errors["horizon_weeks"].eq(knobs.horizon_weeks)]
    for error in pooled.to_dict("records"):
        by = {"level": error["level"], "horizon_weeks": error["horizon_weeks"]}
        rows += [_error_row("wape", by, error, knobs.level)]
    return rows


def _step_rows(result: ForecastResult) -> list[Row]:
    """Return what each step adds over the one before, and the last over the naive one."""
    steps, level = result.steps, result.knobs.level
    rows = [
        row("forecast_value_added", {"step": step["step"]}, step["forecast_value_added"],
             (step["low"], step["high"], level), step["n"], _NO_ERRORS)
        for step in steps.iloc[1:].to_dict("records")
    ]  # fmt: skip
    if len(steps) > 1:
        last = steps.iloc[-1]
        ends, by = (last["first_low"], last["first_high"], level), {"step": last["step"], "over": steps["step"].iloc[0]}
        rows += [row("forecast_value_added", by, last["added_to_first"], ends, last["n"], _NO_ERRORS)]
    return rows or [row("forecast_value_added", {}, note="one step alone, or no past quarter")]


def _signal_rows(result: ForecastResult) -> list[Row]:
    if result.signal is None:
        return [row("off_signal", {}, note="not_enough")]
    told = row("off_signal", {}, result.signal["n_beyond"], None, result.signal["n"])
    return [told | {"note": result.signal["signal"]}]


def _deal_rows(result: ForecastResult) -> list[Row]:
    """Return how good the chances told of deals were, how often commit came in, and what slipped."""
    told, level = result.deals, result.knobs.level
    if told is None:
        return [row(id, {}, note=result.unavailable.get(id, "history of the deals")) for id in OF_DEALS]
    untold = () if told.crm is not None else ("calibration_slope", "brier_skill")
    rows = [row(id, {}, note=result.unavailable.get(id, "history of the CRM's probabilities")) for id in untold]
    for score in told.scores.to_dict("records"):
        by = {} if score["probability"] == "win_probability" else {"probability": "past deals"}
        for id, name in (("calibration_slope", "slope"), ("brier_skill", "skill")):
            ends = (score[f"{name}_low"], score[f"{name}_high"], level)
            rows += [row(id, by, score[id], ends, score["n"], score["reason"] or "one quarter has no others")]
    commit = told.hits.iloc[0]
    ends = (commit["low"], commit["high"], level)
    rows += [row("commit_hit_rate", {}, commit["hit_rate"], ends, commit["n"], "no deal was in commit on the day")]
    for slipped in told.slipped.to_dict("records"):
        by = {"scope": slipped["scope"], "pushes": slipped["pushes"]}
        ends = (slipped["slipped_low"], slipped["slipped_high"], level)
        rows += [row("slipped_share", by, slipped["slipped_share"], ends, slipped["n"], "nothing was due")]
    return rows


def _open_rows(result: ForecastResult) -> list[Row]:
    """Return the projection of the open quarter, how such ranges held, and the coverage report's landing."""
    now, level = result.open, result.knobs.level
    if now is None:
        ids = ("projected_amount", "interval_coverage")
        return [row(id, {}, note=result.unavailable.get(id, "a quarter that is under way")) for id in ids]
    told = now.projection
    ends = told.conservative, told.optimistic, level
    note = "no past call in this week" if told.n == 0 else "nothing is called"
    rows = [row("projected_amount", {}, told.projected_amount, ends, told.n, note)]
    held = interval_coverage(now.backtest, level=level).iloc[0]
    rows += [row("interval_coverage", {}, held["interval_coverage"], (held["low"], held["high"], level), held["n"],
                  "no past quarter could be back-tested")]  # fmt: skip
    if now.landing is not None:
        low, median, high = now.landing
        rows += [row("landing_amount", {}, median, (low, high, level))]
    return rows

"""The tables on what moved against our own past, and on groups against the rest."""

import pandas as pd

from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display, also, with_range
from revops.measures.stage_benchmarking.words import (
    compared_with,
    further_back,
    move_words,
    number_words,
    signed,
    step_words,
)
from revops.wording import channel_label, odds, one_line, plural

__all__ = ["moved_tables"]

_MOST_GROUPS = 12
_VERDICTS = {"up": "rose", "down": "fell", "none": "within noise", "not tested": "not compared"}
_APART = {"above": "better", "below": "worse", "none": "as the rest", "few": "few"}
_SPEED = {"slower": "slower", "faster": "faster", "none": "as the rest", "few": "few"}


def moved_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name."""
    tables = {"moved_beyond_noise": _moved(result), "company_steps": _company(result)}
    if len(result.groups):
        tables["groups_apart"] = _apart(result)
    return tables


def _moved(result: StageResult) -> Display:
    """Return what moved beyond noise, of the whole and of groups."""
    rows = result.changes.table
    n = int(rows["p_value"].notna().sum())
    rows = rows[rows["verdict"].isin(["up", "down"])].sort_values("p_value", kind="stable")
    caption = (
        f"What moved beyond noise, of {plural(n, 'comparison')} of the last {plural(result.knobs.weeks, 'week')} with "
        f"{compared_with(result.window)}: chance and the luck that weeks share are counted, and how many comparisons "
        f"are made; the aim is that {odds(result.knobs.sure)} of these are right"
    )
    return also(caption, _before_that(rows, result)), *_compared(rows, result)


def _company(result: StageResult) -> Display:
    """Return every comparison of the whole."""
    rows = result.changes.table
    rows = rows[rows["dimension"].eq("company") & (rows["n_now"] + rows["n_past"]).gt(0)]
    n = int(result.changes.table["p_value"].notna().sum())
    caption = (
        f"Every step of the whole: the last {plural(result.knobs.weeks, 'week')} against "
        f"{compared_with(result.window)} as these stood at the same age. A range holds {odds(result.knobs.level)} "
        f"times, for one number; the verdict counts that {plural(n, 'number')} are compared, so that a range without 0 "
        "can be within noise"
    )
    return also(caption, _before_that(rows, result)), *_compared(rows, result)


def _before_that(rows: pd.DataFrame, result: StageResult) -> str | None:
    """Return which time lies before that; None where nothing is held against it."""
    told = further_back(rows, result.window)
    return told and f"the time before that: {told}"


def _compared(rows: pd.DataFrame, result: StageResult) -> tuple[pd.DataFrame, tuple[str | None, ...]]:
    writes = [number_words(what) for what in rows["what"]]
    table = rows.reset_index(drop=True)
    shown = pd.DataFrame({
        "What": [move_words(row, result.following, result.sla_words) for _, row in table.iterrows()],
        "By day": table["horizon_days"], "n": table["n_now"],
        "Last weeks": [with_range(row.now, row.now_low, row.now_high, write)
                       for row, write in zip(table.itertuples(), writes, strict=True)],
        "n before": table["n_past"],
        "Before": [with_range(row.past, row.past_low, row.past_high, write)
                   for row, write in zip(table.itertuples(), writes, strict=True)],
        "Change": [_change(row) for row in table.itertuples()],
        "Verdict": [_VERDICTS[row.verdict] if row.verdict != "not tested" else f"not compared: {row.why}"
                    for row in table.itertuples()],
    })  # fmt: skip
    return shown, (None, "count", "count", None, "count", None, None, None)


def _change(row: object) -> str:
    """Return a change with its range, in points or days."""
    if row.change != row.change:
        return "–"
    if row.what == "days":
        ends = "" if row.change_low != row.change_low else f" ({row.change_low:+.1f} to {row.change_high:+.1f})"
        return f"{row.change:+.1f} days{ends}"
    change, low, high = (signed(value) for value in (row.change, row.change_low, row.change_high))
    return f"{change} {'point' if change in ('+1', '-1') else 'points'} ({low} to {high})"


def _apart(result: StageResult) -> Display:
    """Return the groups that differ from the rest beyond chance, in conversion or in time."""
    rows = result.groups
    sure = rows["verdict"].isin(["above", "below"]) | rows["time_verdict"].isin(["slower", "faster"])
    rows = rows.assign(surest=rows[["p_value", "time_p_value"]].min(axis=1))
    rows = rows[sure & rows["dimension"].ne("type")].sort_values("surest", kind="stable", ignore_index=True)
    n_sure, rows = len(rows), rows.head(_MOST_GROUPS)
    shown = pd.DataFrame({
        "Step": [step_words(row.what, row.step, result.following.get(row.step)) for row in rows.itertuples()],
        "Group": [_label(row) for row in rows.itertuples()], "n": rows["n"], "By day": rows["horizon_days"],
        "Alone": [with_range(row.share, row.low, row.high) for row in rows.itertuples()],
        "Drawn to the others": [with_range(row.shrunk, row.shrunk_low, row.shrunk_high) for row in rows.itertuples()],
        "Conversion": rows["verdict"].map(_APART), "Median days": rows["median_days"],
        "Time": rows["time_verdict"].map(_SPEED),
    })  # fmt: skip
    n = int(result.groups[["p_value", "time_p_value"]].notna().sum().sum())
    caption = (
        f"Groups that differ from the rest beyond chance, in conversion or in time, of {plural(n, 'comparison')} over "
        f"the last {plural(result.knobs.weeks, 'week')} and {compared_with(result.window)}"
        f"{f'; the {_MOST_GROUPS} surest of {n_sure}' if n_sure > _MOST_GROUPS else ''}; opportunities are those of "
        f"{result.knobs.types[0]} business. All groups, types of business too, are in the file beside this page"
    )
    return caption, shown, (None, None, "count", "count", None, None, None, "days", None)


def _label(row: object) -> str:
    return channel_label(row.group) if row.dimension in ("type", "source") else one_line(row.group)

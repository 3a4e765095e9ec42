"""The pipeline measured: from the states of opportunities to what is told of their stages."""

from itertools import pairwise

import pandas as pd

from revops.analysis.aging import halving_ages
from revops.analysis.outlook import cycle_of
from revops.analysis.passages import converted, stays, times, weight_gap
from revops.measures.stage_benchmarking.alike import three_ways
from revops.measures.stage_benchmarking.pipeline.deals import Deals, deals_of
from revops.measures.stage_benchmarking.pipeline.flows import endings_of, flow_of
from revops.measures.stage_benchmarking.pipeline.in_use import in_use, while_in_use
from revops.measures.stage_benchmarking.pipeline.passed import passages_of, win_passages_of
from revops.measures.stage_benchmarking.pipeline.result import GROUPS, Pipeline
from revops.measures.stage_benchmarking.pipeline.said import left_out_of, notes_of, why_of
from revops.measures.stage_benchmarking.pipeline.several import among
from revops.measures.stage_benchmarking.pipeline.standing import stages_of, stuck_of
from revops.measures.stage_benchmarking.pipeline.won import win_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["pipeline_of"]


def pipeline_of(window: Window) -> Pipeline:
    """Return what is told of the pipeline's stages in the last weeks, and in the windows they are held against.

    Question
        Where do opportunities stop, how long do they stand, and what stands too long?

    Limits
        What moved twice within a day went past the stage between. Groups are those of the day of the report. In a slice
        the pipelines, the days from which stages were in use and the halving ages are the whole company's.
    """
    deals = deals_of(window)
    every = passages_of(window, deals)
    used = in_use(every, deals.states)
    passages = _own(while_in_use(every, used, _following(deals)), window)
    win_passages = _own(win_passages_of(window, deals), window)
    stood = _stays(window, deals)
    stages = [stage.name for stage in window.view.company.stages if stage.outcome == "open"]
    halving = halving_ages(window.subject.company_states)
    opened, stuck = stuck_of(window, deals.records["opportunity_id"], halving)
    standing = stages_of(stages, deals.lines, used, opened, stuck, halving)
    cycle = cycle_of(window.subject)
    return Pipeline(
        passages=passages,
        stays=stood,
        **_moved_on(window, passages),
        times=_times(window, stood),
        flow=flow_of(window, passages, stood, stages),
        stages=standing,
        stuck=stuck,
        endings=endings_of(window, deals, _own(deals.records, window, "opportunity_id")["opportunity_id"]),
        win_passages=win_passages,
        win=win_of(window, win_passages),
        cycle=cycle,
        records=_records(window),
        left_out=left_out_of(window, deals, every),
        notes=notes_of(window, deals, standing),
        why=why_of(window, standing, passages, cycle),
    )


def _moved_on(window: Window, passages: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of shares that have moved on: see Pipeline."""
    ways, by = three_ways(window, passages), ("when", "step")
    shares = _converted(window, ways, by)
    return {
        "converted": _of(shares, "now"),
        "converted_past": _of(shares, "past"),
        "converted_then": _of(shares, "then"),
        "converted_by_amount": _converted(window, ways, by, weights="amount"),
        "gap": _gap(window, passages[passages["window"].between(0, window.knobs.past)]),
    }


def _times(window: Window, stood: pd.DataFrame) -> pd.DataFrame:
    """Return how long opportunities stand in each stage."""
    return times(three_ways(window, stood, entered="first"), by=("when", "stage_name"), level=window.knobs.level)


def _own(rows: pd.DataFrame, window: Window, id: str = "subject_id") -> pd.DataFrame:
    """Return the rows of the slice's opportunities."""
    inside = window.subject.only
    return rows if inside is None else rows[inside.get_indexer(rows[id]) >= 0].reset_index(drop=True)


def _following(deals: Deals) -> dict[str, str]:
    """Return for each stage the one after it in its pipeline."""
    return {one: other for stages in deals.ways.values() for one, other in pairwise(stages)}


def _stays(window: Window, deals: Deals) -> pd.DataFrame:
    """Return the stays, begun after the first day of history, of the subject's opportunities of one pipeline."""
    about = deals.records.loc[deals.records["line"].isin(deals.lines.stages), ["opportunity_id", "cluster", *GROUPS]]
    table = stays(window.subject.states)
    known = table["first"] > pd.Timestamp(window.view.book.stages_from)
    table = table[known & among(table["opportunity_id"], about["opportunity_id"])]
    table = table.merge(about, on="opportunity_id", how="left", validate="m:1")
    return table.assign(window=window.place_of(table["first"]))


def _converted(
    window: Window, passages: pd.DataFrame, by: tuple[str, ...] = ("step",), weights: str | None = None
) -> pd.DataFrame:
    knobs = window.knobs
    return converted(passages, knobs.horizons, by=by, level=knobs.level, weights=weights, fewest=knobs.fewest_followed)


def _of(shares: pd.DataFrame, when: str) -> pd.DataFrame:
    return shares[shares["when"].eq(when)].drop(columns="when").reset_index(drop=True)


def _gap(window: Window, passages: pd.DataFrame) -> pd.DataFrame:
    """Return how far the share of money lies from that of heads, by every horizon."""
    knobs = window.knobs
    parts = [weight_gap(passages, days, level=knobs.level, fewest=knobs.fewest_followed) for days in knobs.horizons]
    return pd.concat(parts, ignore_index=True)


def _records(window: Window) -> pd.DataFrame:
    """Return what the records say of the subject's opportunities on the day, history or not."""
    state = window.subject.state
    state = state[state["type"].isin(window.knobs.types)]
    found = (
        state.groupby("outcome")["amount"].agg(n="size", amount="sum").reindex(["won", "lost", "open"], fill_value=0)
    )
    return found.rename_axis("outcome").reset_index().astype({"outcome": "str", "n": "int64", "amount": "float64"})

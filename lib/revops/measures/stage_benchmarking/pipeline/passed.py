"""Who came into each stage and moved on, and who was made and won, with what they were worth on that day."""

import pandas as pd

from revops.analysis.passages import first_passages
from revops.measures.stage_benchmarking.pipeline.deals import Deals
from revops.measures.stage_benchmarking.pipeline.result import GROUPS
from revops.measures.stage_benchmarking.pipeline.several import among
from revops.measures.stage_benchmarking.window import Window

__all__ = ["PASSAGES", "passages_of", "win_passages_of"]

PASSAGES = ("subject_id", "step", "place", "entered", "age_days", "event", "is_skipped", "follow_days", "amount",
            "cluster", *GROUPS, "window")  # fmt: skip


def passages_of(window: Window, deals: Deals) -> pd.DataFrame:
    """Return the first passage of each open stage by each opportunity of the whole company, in its own pipeline.

    Opportunities that never stood in an open stage, or in stages of several pipelines, have none. What was come into
    on the first day of history or before is left out: nobody knows since when it stood there.
    """
    order, parts = window.view.company.stage_order, []
    for line, stages in deals.ways.items():
        own = deals.records.loc[deals.records["line"].eq(line), "opportunity_id"]
        rows = deals.states[among(deals.states["opportunity_id"], own)]
        place = rows["stage_name"].map({stage: place for place, stage in enumerate(stages)}).astype("float64")
        place = place.where(rows["outcome"].eq("open")).mask(rows["is_won"], len(stages))
        reached = _reached(rows.assign(place=place))
        found = first_passages(reached, _lost(deals.records), [*stages, "won"], day=window.view.day)
        parts.append(found.assign(place=found["step"].map(order).astype("int64")))
    return _described(pd.concat(parts, ignore_index=True), window, deals)


def win_passages_of(window: Window, deals: Deals) -> pd.DataFrame:
    """Return the passage of each opportunity of the whole company from the day it was made to won: one step, "all".

    The amount is that of its first state. Opportunities made on the first day of history or before are left out.
    """
    made = deals.records[["opportunity_id"]].assign(day=deals.records["created_at"].dt.normalize(), place=0)
    won = deals.states[deals.states["is_won"]].merge(
        made[["opportunity_id", "day"]], on="opportunity_id", suffixes=("", "_made"), validate="m:1"
    )
    won = won.assign(day=won["day"].clip(lower=won["day_made"]), place=1)
    reached = _reached(pd.concat([made, won[made.columns]], ignore_index=True))
    lost = deals.records["lost_at"].clip(lower=made["day"]).set_axis(deals.records["opportunity_id"])
    found = first_passages(reached, lost, ["all", "won"], day=window.view.day)
    first = deals.states.drop_duplicates("opportunity_id").set_index("opportunity_id")["amount"]
    table = _described(found, window, deals)
    return table.assign(amount=table["subject_id"].map(first).astype("float64"))


def _reached(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[rows["place"].notna()].rename(columns={"opportunity_id": "subject_id", "day": "at"})
    return rows[["subject_id", "place", "at"]].astype({"place": "int64"})


def _lost(records: pd.DataFrame) -> pd.Series:
    return records.set_index("opportunity_id")["lost_at"]


def _described(found: pd.DataFrame, window: Window, deals: Deals) -> pd.DataFrame:
    """Return passages after the first day of history, with amounts, groups and windows, by subject and place."""
    amounts = deals.states[["opportunity_id", "day", "amount"]].rename(
        columns={"opportunity_id": "subject_id", "day": "entered"}
    )
    about = deals.records[["opportunity_id", "cluster", *GROUPS]].rename(columns={"opportunity_id": "subject_id"})
    table = found.merge(amounts, how="left", on=["subject_id", "entered"], validate="m:1")
    table = table.merge(about, how="left", on="subject_id", validate="m:1")
    table = table.assign(window=window.place_of(table["entered"]))
    known = table["entered"] > pd.Timestamp(window.view.book.stages_from)
    return table.loc[known, list(PASSAGES)].sort_values(["subject_id", "place"], ignore_index=True)

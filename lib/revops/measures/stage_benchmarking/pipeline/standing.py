"""What stands in its stage too long: the age at which the chance to move on has halved, and what is older."""

import pandas as pd

from revops.analysis.people import owner_labels
from revops.analysis.spans import on_day
from revops.book import UNASSIGNED
from revops.measures.stage_benchmarking.pipeline.several import Lines, among
from revops.measures.stage_benchmarking.window import Window

__all__ = ["STUCK", "stages_of", "stuck_of"]

STUCK = ("opportunity_id", "opportunity_name", "owner_id", "owner_name", "stage_name", "amount", "days_in_stage",
         "halving_days", "segment", "region")  # fmt: skip


def stuck_of(window: Window, known: pd.Series, halving: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `stuck_amount` and `halving_days`: what is open, and of it what has stood in its stage too long.

    Question
        Which opportunities stand where the chance to move on has halved, and whose are they?

    Parameters
        known : opportunities whose history is known
        halving : stage_name -> days after which the chance to move on has halved (analysis.aging), of the whole
            company and of all types, also for a slice: what the coverage report calls stalled by

    Returns
        Two tables of the columns STUCK, one row per opportunity of the types looked at, largest amount first: all that
        are open, and those that have stood in their stage for more days than its halving age. halving_days is NaN for
        a stage without one. Owners are numbers, or names with show_owners.

    Formula
        Stuck: days_in_stage > halving_days. Amounts as on the day of the report [company currency].

    Limits
        Days are counted from the first day of history for what stood there then.
    """
    subject, view = window.subject, window.view
    rows = on_day(subject.states, view.day)
    rows = rows[rows["outcome"].eq("open") & rows["type"].isin(window.knobs.types)]
    rows = rows[["opportunity_id", "stage_name", "entered"]]
    about = ["opportunity_id", "opportunity_name", "owner_id", "amount", "segment", "region", "created_at"]
    table = rows.merge(subject.state[about], on="opportunity_id", validate="1:1")
    owners = table["owner_id"].dropna().unique()
    labels = owner_labels(view.owners, owners, show=window.knobs.show_owners) if len(owners) else {}
    table = table.assign(
        owner_name=table["owner_id"].map(labels).astype("str").fillna(UNASSIGNED),
        days_in_stage=(pd.Timestamp(view.day) - table["entered"]).dt.days.astype("int64"),
        halving_days=table["stage_name"].map(halving).astype("float64"),
    )
    by = ["amount", "days_in_stage", "created_at", "opportunity_id"]
    table = table.sort_values(by, ascending=[False, False, True, True], ignore_index=True)
    table = table[list(STUCK)]
    is_stuck = (table["days_in_stage"] > table["halving_days"]) & among(table["opportunity_id"], known)
    return table, table[is_stuck].reset_index(drop=True)


def stages_of(
    stages: list[str], lines: Lines, used: pd.DataFrame, opened: pd.DataFrame, stuck: pd.DataFrame, halving: pd.Series
) -> pd.DataFrame:
    """Return one row per open stage, in order: see Pipeline.stages.

    Parameters
        lines : the pipelines; used : in_use; opened, stuck : stuck_of; halving : analysis.aging.halving_ages
    """
    used = used.set_index("step").reindex(stages)
    n_open, n_stuck = (table.groupby("stage_name").size().reindex(stages, fill_value=0) for table in (opened, stuck))
    amount = stuck.groupby("stage_name")["amount"].sum().reindex(stages, fill_value=0.0)
    ages = halving.reindex(stages)
    several = len(lines.stages) > 1
    return pd.DataFrame({
        "stage": pd.Series(stages, dtype="str"),
        "pipeline": pd.Series([lines.line[stage] if several else None for stage in stages], dtype="str"),
        **{name: used[name].to_numpy(dtype="datetime64[us]") for name in ("first_seen", "began", "ended")},
        "halving_days": ages.to_numpy(dtype=float), "n_open": n_open.to_numpy(dtype="int64"),
        "n_stuck": n_stuck.to_numpy(dtype="int64"), "stuck_amount": amount.where(ages.notna()).to_numpy(dtype=float),
    })  # fmt: skip

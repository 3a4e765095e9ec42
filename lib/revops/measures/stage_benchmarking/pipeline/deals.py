"""The opportunities that the pipeline is about, and the states in which they stood at the end of days."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from revops.book import AsOf
from revops.measures.stage_benchmarking.pipeline.result import GROUPS
from revops.measures.stage_benchmarking.pipeline.several import Lines, among, lines_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["CORRECTED_DAYS", "Deals", "day_ends", "deals_of", "losses"]

CORRECTED_DAYS = 7
"""Lost and opened again within so many days was closed by mistake: no loss."""


@dataclass(frozen=True)
class Deals:
    """records: opportunities of the types looked at, of the whole company, as they stood at the end of the day, whose
    history is known: opportunity_id, segment, region, type, source, created_at, cluster, line (the pipeline they went
    through; None = never stood in an open stage, Lines.SEVERAL = in stages of more than one), lost_at (NaT = not lost).
    states: their states at the ends of days (day_ends) with is_won (won, and stays so). every: day_ends of all
    opportunities. n_unknown: opportunities without history. n_reopened: those that were opened again after they were
    lost.
    """

    records: pd.DataFrame
    states: pd.DataFrame
    every: pd.DataFrame
    lines: Lines
    n_unknown: int
    n_reopened: int

    @cached_property
    def ways(self) -> dict[str, tuple[str, ...]]:
        """Return the open stages of each pipeline in which somebody stood: one that nobody uses was not skipped."""
        stood = set(self.states.loc[self.states["outcome"].eq("open"), "stage_name"].dropna())
        return {name: tuple(s for s in stages if s in stood) for name, stages in self.lines.stages.items()}


def deals_of(window: Window) -> Deals:
    """Return the opportunities whose way through the stages is known."""
    view = window.view
    every = day_ends(view)
    lines = lines_of(view.company, every)
    records = view.opportunities[view.opportunities["type"].isin(window.knobs.types)].reset_index(drop=True)
    known = among(records["opportunity_id"], view.book.table("opportunity_history")["opportunity_id"])
    n_unknown, records = int((~known).sum()), records[known].reset_index(drop=True)
    states = every[among(every["opportunity_id"], records["opportunity_id"])].reset_index(drop=True)
    states = states.assign(is_won=_stays_won(states))
    lost, n_reopened = losses(states)
    records = records.assign(
        cluster=_clusters(records),
        line=records["opportunity_id"].map(lines.of_deals(every)).astype("str"),
        lost_at=lost.reindex(records["opportunity_id"]).to_numpy(dtype="datetime64[us]"),
    )
    columns = ["opportunity_id", *GROUPS, "created_at", "cluster", "line", "lost_at"]
    return Deals(records[columns], states, every, lines, n_unknown, n_reopened)


def day_ends(view: AsOf) -> pd.DataFrame:
    """Return the states that stood at the end of the day on which they began, those of deleted opportunities left out.

    Returns
        One row per opportunity x day on which something was changed, sorted so: opportunity_id, day, stage_name,
        outcome, amount (NaN where it was blank, or has no history on that day).
    """
    rows = view.timeline.assign(day=view.timeline["changed_at"].dt.normalize())
    rows = rows[~rows.duplicated(["opportunity_id", "day"], keep="last")]
    rows = rows[~rows["is_deleted"].fillna(False).astype(bool)]
    rows = rows.assign(amount=rows["amount"].where(rows["day"] >= _amounts_from(view)))
    return rows[["opportunity_id", "day", "stage_name", "outcome", "amount"]].reset_index(drop=True)


def losses(states: pd.DataFrame) -> tuple[pd.Series, int]:
    """Return the day on which each opportunity was first lost, and how many were opened again after that.

    Lost and opened again within CORRECTED_DAYS is no loss.
    """
    id, is_lost = states["opportunity_id"], states["outcome"].eq("lost")
    run = states[is_lost.ne(is_lost.shift()) | id.ne(id.shift())]
    again = run["day"].shift(-1).where(run["opportunity_id"].eq(run["opportunity_id"].shift(-1)))
    lasted = ~((again - run["day"]).dt.days <= CORRECTED_DAYS)
    lost = run[run["outcome"].eq("lost") & lasted].assign(again=again).drop_duplicates("opportunity_id")
    return lost.set_index("opportunity_id")["day"], int(lost["again"].notna().sum())


def _amounts_from(view: AsOf) -> pd.Timestamp:
    """Return the first day on which amounts are known."""
    audit = view.book.audit
    if "amount" not in audit.tracked:
        return pd.Timestamp.max.normalize().as_unit("us")
    return pd.Timestamp(audit.whole_from or audit.history_from or view.day)


def _clusters(records: pd.DataFrame) -> pd.Series:
    """Return the account of each opportunity; one without is alone."""
    return ("account " + records["account_id"]).fillna("opportunity " + records["opportunity_id"])


def _stays_won(states: pd.DataFrame) -> pd.Series:
    """Return which states are won for good: nothing but won comes after them."""
    is_won = states["outcome"].eq("won")
    undone = states["day"].where(~is_won).groupby(states["opportunity_id"]).transform("max")
    return is_won & ~(states["day"] < undone)

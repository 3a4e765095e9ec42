"""What is told of the pipeline: who came into its stages and moved on, how long, what stands too long, what is won."""

from dataclasses import dataclass

import pandas as pd

from revops.analysis.cycle import CreationWindow

__all__ = ["GROUPS", "Pipeline"]

GROUPS = ("segment", "region", "type", "source")
"""What opportunities are told apart by, as on the day of the report."""


@dataclass(frozen=True)
class Pipeline:
    """The pipeline of one company or slice; empty tables where a part cannot be told, and why.

    Windows: 0 is the last weeks, 1 those before, and so on; -1 after them. when: `now` is window 0, `past` windows 1 to
    `past` together, `then` the same as they stood when they were as old as window 0 is now (alike.seen_then): what the
    last weeks are to be held against.

    passages: one row per opportunity x open stage it came into, first time only, columns of analysis.passages and
        amount [company currency, on the day it came in; NaN = not known], cluster (account, else the opportunity
        itself), segment, region, type, source, window (of entered). place is the stage's place in company.yml
    stays: one row per uninterrupted stay in an open stage, columns of analysis.passages.stays and segment, region,
        type, source, window (of first)
    converted, converted_past, converted_then: analysis.passages.converted by step, of now, past and then
    converted_by_amount: the same by `when` (now, past, then) and step, each at its amount
    gap: analysis.passages.weight_gap of windows 0 to past, of every horizon: step, horizon_days, share,
        share_by_amount, gap, low, high, p_value
    times: analysis.passages.times of stays by `when` (now, past, then) and stage_name
    flow: when (now, past), stage, n (came in), n_skipped (went past), n_again (stood there again after leaving),
        n_back (moved backward out of it)
    stages: stage, pipeline (None where there is one), first_seen (day somebody first stood in it; NaT never: no
        passage of it),
        began, ended (day from which, up to which it was in use, where that is not always; else NaT), halving_days,
        n_open, n_stuck, stuck_amount
    stuck: opportunity_id, opportunity_name, owner_id, owner_name (as owners are shown), stage_name, amount,
        days_in_stage, halving_days, segment, region; largest amount first
    endings: when (now, past), ending (a lost stage), n, share (of all lost in these weeks), amount (on the day it was
        lost)
    win_passages: as passages, of the one step "all": from the day the opportunity was made to won
    win: when (now, past, then), weight (count, amount), and the columns of analysis.passages.converted
    cycle: analysis.cycle.CreationWindow of the whole company, as the coverage report tells it; None without history
    records: outcome (won, lost, open), n, amount: what the records say today, with or without history
    left_out: reason, n: opportunities not in passages, of the whole company also in a slice
    notes: what the reader should know, in words
    why: metric -> why it cannot be told
    """

    passages: pd.DataFrame
    stays: pd.DataFrame
    converted: pd.DataFrame
    converted_past: pd.DataFrame
    converted_then: pd.DataFrame
    converted_by_amount: pd.DataFrame
    gap: pd.DataFrame
    times: pd.DataFrame
    flow: pd.DataFrame
    stages: pd.DataFrame
    stuck: pd.DataFrame
    endings: pd.DataFrame
    win_passages: pd.DataFrame
    win: pd.DataFrame
    cycle: CreationWindow | None
    records: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[str, ...]
    why: dict[str, str]

    @property
    def stuck_amount(self) -> float:
        """Return what stands in its stage longer than the age at which the chance to move on has halved."""
        return float(self.stuck["amount"].sum()) if "stuck_amount" not in self.why else float("nan")

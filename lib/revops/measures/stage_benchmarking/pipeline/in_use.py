"""From when to when each stage was in use: one that was added or given up mid-way was not skipped, it was not there."""

import numpy as np
import pandas as pd
from scipy.special import betaln

__all__ = ["in_use", "while_in_use"]

_CHANCE = 0.001


def in_use(passages: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Return when each stage was in use.

    Parameters
        passages : first passages of stages by all the company's opportunities
        states : opportunity_id, day, stage_name, outcome: their states at the ends of days

    Returns
        One row per stage that somebody stood in, by name: step, first_seen (the first day somebody stood in it), began,
        ended (the first and the last day somebody came into it, where it was added or given up mid-way; else NaT).

    Formula
        It began on its first day where those who went past before would hardly have done so by chance: fewer than one
        in 1,000 times, by the share of all since then that stood in it (beta-binomial, Jeffreys' prior). It ended
        likewise.
    """
    rows = states[states["outcome"].eq("open")]
    came = rows[
        rows["stage_name"].ne(rows["stage_name"].shift()) | rows["opportunity_id"].ne(rows["opportunity_id"].shift())
    ]
    days = came.groupby("stage_name")["day"].agg(["min", "max"])
    first, last = (_by(passages["step"], days[name]) for name in ("min", "max"))
    before, after = passages["entered"] < first, passages["entered"] > last
    inside = passages[~before & ~after]
    n, stood = (
        rows.groupby("step").size().reindex(days.index, fill_value=0)
        for rows in (inside, inside[~inside["is_skipped"]])
    )
    found = pd.DataFrame({"first_seen": days["min"]})
    for name, column, is_outside in (("began", "min", before), ("ended", "max", after)):
        past = passages[is_outside].groupby("step").size().reindex(days.index, fill_value=0)
        chance = np.exp(betaln(stood + 0.5, n - stood + past + 0.5) - betaln(stood + 0.5, n - stood + 0.5))
        found[name] = days[column].where((past > 0) & (chance < _CHANCE))
    return found.rename_axis("step").reset_index()


def while_in_use(passages: pd.DataFrame, used: pd.DataFrame, following: dict[str, str]) -> pd.DataFrame:
    """Return the passages of stages that were in use, and whose following stage was, when they were come into.

    Parameters
        used : in_use
        following : stage -> the one after it in its pipeline
    """
    used = used.set_index("step")
    keep = np.ones(len(passages), dtype=bool)
    for step in (passages["step"], passages["step"].map(following)):
        entered = passages["entered"]
        keep &= ~((entered < _by(step, used["began"])) | (entered > _by(step, used["ended"]))).to_numpy()
    return passages[keep].reset_index(drop=True)


def _by(steps: pd.Series, days: pd.Series) -> pd.Series:
    """Return the day of each row's step."""
    return pd.Series(days.reindex(steps).to_numpy(dtype="datetime64[us]"), steps.index)

"""From when to when each stage was in use: one that was added or given up mid-way was not skipped, it was not there."""

import numpy as np
import pandas as pd

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
        It began on its first day where those who went past before would not all have done so by chance: (1 - q)^n <
        0.001, n of them, q the share of all since then that stood in it. It ended likewise.
    """
    rows = states[states["outcome"].eq("open")]
    came = rows[
        rows["stage_name"].ne(rows["stage_name"].shift()) | rows["opportunity_id"].ne(rows["opportunity_id"].shift())
    ]
    days = came.groupby("stage_name")["day"].agg(["min", "max"])
    first, last = (passages["step"].map(days[name]) for name in ("min", "max"))
    before, after = passages["entered"] < first, passages["entered"] > last
    stood = (~passages["is_skipped"]).where(~before & ~after).astype("float64").groupby(passages["step"]).mean()
    found = pd.DataFrame({"first_seen": days["min"]})
    for name, column, is_outside in (("began", "min", before), ("ended", "max", after)):
        n = is_outside.groupby(passages["step"]).sum().reindex(days.index, fill_value=0)
        chance = (1 - stood.reindex(days.index).fillna(0)) ** n
        found[name] = days[column].where((n > 0) & (chance < _CHANCE))
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
        keep &= ~((entered < step.map(used["began"])) | (entered > step.map(used["ended"]))).to_numpy()
    return passages[keep].reset_index(drop=True)

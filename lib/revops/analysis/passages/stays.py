"""How long each opportunity stood in each open stage, and how it left it."""

import numpy as np
import pandas as pd

__all__ = ["stays"]


def stays(spans: pd.DataFrame) -> pd.DataFrame:
    """Return each uninterrupted stay of an opportunity in an open stage.

    Question
        How long does it take to leave a stage, and where does it go?

    Parameters
        spans : states of opportunities as spans of days (analysis.spans)

    Returns
        One row per stay, in the order of `spans`; who came back to a stage has another:
        opportunity_id, stage_name, stage_order
        first      day it came into the stage
        age_days   days until it left; of those still there the days up to the last day it was seen
        event      0 still there (censored), 1 forward (a later stage, or won), 2 back, 3 lost

    Limits
        By the end of days: a stage that was passed within one has no stay. A move to a stage of the same order, or of
        none, counts as back. One that was deleted counts as still there, up to the day before.
    """
    kept = ["opportunity_id", "outcome", "stage_name", "stage_order", "first"]
    rows = spans.loc[spans["first"].eq(spans["entered"]), kept]
    left = rows["opportunity_id"].eq(rows["opportunity_id"].shift(-1))
    following, outcome = rows["stage_order"].shift(-1), rows["outcome"].shift(-1)
    forward = left & (outcome.eq("won") | (outcome.eq("open") & (following > rows["stage_order"])))
    seen = spans.groupby("opportunity_id", sort=False)["last"].transform("max")
    ends = rows["first"].shift(-1).where(left, seen[rows.index])
    table = rows[["opportunity_id", "stage_name", "stage_order", "first"]].assign(
        age_days=(ends - rows["first"]).dt.days,
        event=np.select([forward, left & outcome.eq("lost"), left], [1, 3, 2], 0).astype("int64"),
    )
    table = table[rows["outcome"].eq("open")].reset_index(drop=True)
    return table.astype({"age_days": "int64"})

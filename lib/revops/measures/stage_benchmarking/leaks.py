"""Of what comes into each step: how much has moved on, was lost, and is still there by an age."""

import pandas as pd

from revops.analysis.survival import incidence

__all__ = ["leaks"]


def leaks(passages: pd.DataFrame, *, horizon: int, fewest: int) -> pd.DataFrame:
    """Return what has become of what came into each step, so many days later.

    Question
        Where is most lost?

    Parameters
        passages : see analysis.passages; those of the windows that count
        horizon : age that is told [days]
        fewest : steps are told that so many came into, and were followed that long, or were decided; and whose last
            ones still there were

    Returns
        One row per step in its order: step, n, moved_share, lost_share, there_share [0 to 1; they add up to 1].

    Formula
        Aalen-Johansen of moving on and of being lost, by the age; the rest is still there.
    """
    rows = []
    for (_, step), part in passages.groupby(["place", "step"], observed=True):
        if len(part) < fewest or part["follow_days"].ge(horizon).sum() < fewest:
            continue
        found = incidence(part["age_days"].to_numpy(), part["event"].to_numpy(), horizon=horizon).iloc[-1]
        moved, lost = float(found["first_share"]), float(found["second_share"])
        if moved == moved:
            rows.append((str(step), len(part), moved, lost, 1 - moved - lost))
    kinds = {"step": "str", "n": "int64", "moved_share": "float64", "lost_share": "float64", "there_share": "float64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)

"""What the tables of the report share: a table with its caption and units, ranges in words, ages side by side."""

from collections.abc import Callable, Sequence

import pandas as pd

from revops.wording import between, missing, share

__all__ = ["Display", "also", "at_risk", "by_age", "ranged", "with_range"]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]
"""Caption, table, and the unit of each column."""


def ranged(low: float, high: float, write: Callable[[float], str] = share) -> str:
    """Return a range in words; a dash where there is none."""
    return "–" if missing(low) or missing(high) else between(low, high, write)


def with_range(value: float, low: float, high: float, write: Callable[[float], str] = share) -> str:
    """Return a value with its range: `41% (35% to 47%)`; a dash where it is undefined."""
    if missing(value):
        return "–"
    return write(value) if missing(low) else f"{write(value)} ({ranged(low, high, write)})"


def by_age(rows: pd.DataFrame, horizons: Sequence[int]) -> pd.DataFrame:
    """Return one row per step of what `converted` tells: step, Came in, and a column per age with its range."""
    told = rows.assign(words=[with_range(*ends) for ends in zip(rows["share"], rows["low"], rows["high"], strict=True)])
    wide = told.pivot(index="step", columns="horizon_days", values="words").reindex(rows["step"].unique())
    wide = wide.reindex(columns=list(horizons)).fillna("–")
    wide.columns = [f"By day {days}" for days in horizons]
    n = rows.drop_duplicates("step").set_index("step")["n"]
    return wide.assign(**{"Came in": n})[["Came in", *wide.columns]].reset_index()


def at_risk(rows: pd.DataFrame, horizons: Sequence[int]) -> pd.DataFrame:
    """Return one row per step of what `converted` tells: step, Came in, and how many were still there at each age."""
    wide = rows.pivot(index="step", columns="horizon_days", values="n_at_risk").reindex(rows["step"].unique())
    wide = wide.reindex(columns=list(horizons))
    wide.columns = [f"At day {days}" for days in horizons]
    n = rows.drop_duplicates("step").set_index("step")["n"]
    return wide.assign(**{"Came in": n})[["Came in", *wide.columns]].reset_index()


def also(caption: str, *notes: str | None) -> str:
    """Return a caption with what else there is to know, a sentence each; nothing is added for what is null."""
    told = dict.fromkeys(note for note in notes if not missing(note) and note)
    return ". ".join([caption, *(note[0].upper() + note[1:] for note in told)])

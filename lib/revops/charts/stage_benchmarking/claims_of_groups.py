"""What the chart of groups claims: whose opportunities are won more or less often than those of the rest."""

import numpy as np
import pandas as pd

from revops.charts.stage_benchmarking.rows import plot_groups
from revops.charts.style import Chart
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.words import compared_with
from revops.wording import between, join, one_line, plural, share

__all__ = ["groups"]

_MOST, _LONGEST = 8, 60


def groups(result: StageResult) -> Chart | None:
    """Return the win rate of segments, regions and types, drawn to each other; None where none can be told."""
    rows = result.groups
    rows = rows[rows["what"].eq("win") & rows["shrunk"].notna()]
    whole, rows = _whole(result, rows), rows[rows["dimension"].ne("type")]
    if rows.empty:
        return None
    rows = rows.groupby("dimension", sort=False).filter(lambda part: len(part) > 1)
    rows = rows.groupby("dimension", sort=False).head(_MOST).reset_index(drop=True)
    if rows.empty:
        return None
    shown, age = _in_rows(rows), rows["horizon_days"].iloc[0]
    title = _title(rows)
    caption = (
        f"Opportunities of {result.knobs.types[0]} business won by day {age:.0f}, of the last "
        f"{plural(result.knobs.weeks, 'week')} and {compared_with(result.window)}, groups drawn to each other, with "
        "ranges; dashed: all. Better, worse: than the rest, beyond chance."
    )
    if rows["is_few"].any():
        caption += f" Hollow: fewer than {result.knobs.fewest}."
    parts = [f"{row.label} {share(row.share)} ({between(row.low, row.high, share)})" for row in
             shown[~shown["is_head"]].itertuples()]  # fmt: skip
    data = shown[~shown["is_head"]][["label", "dimension", "n", "share", "low", "high", "verdict"]]
    heads = {"label": "group", "dimension": "by", "n": "opportunities", "share": "won", "low": "from", "high": "to"}
    data = data.rename(columns=heads | {"verdict": "against_the_rest"}).reset_index(drop=True)
    ax = plot_groups(shown, whole)
    return Chart("groups", title, f"{title}. {'; '.join(parts)}.", caption, ax, data,
                 (None, None, "count", "share", "share", "share", None))  # fmt: skip


def _whole(result: StageResult, rows: pd.DataFrame) -> float:
    """Return the share of all opportunities that the groups are parts of; NaN where it is not told."""
    if rows.empty:
        return np.nan
    age, types = rows.loc[rows["dimension"].ne("type"), "horizon_days"].max(), rows[rows["dimension"].eq("type")]
    own = types[types["group"].eq(result.knobs.types[0]) & types["horizon_days"].eq(age)]
    if len(own) or len(result.knobs.types) > 1:
        return float(own["share"].iloc[0]) if len(own) else np.nan
    told = result.all_converted("win")
    return float(told.loc[told["horizon_days"].eq(age), "share"].max())


def _in_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return groups with a row that names each dimension above them."""
    parts = []
    for dimension, part in rows.groupby("dimension", sort=False):
        head = {"label": str(dimension).capitalize(), "dimension": dimension, "n": 0, "share": np.nan, "low": np.nan,
                "high": np.nan, "is_few": False, "verdict": "", "is_head": True}  # fmt: skip
        parts.append(pd.DataFrame([head]))
        parts.append(pd.DataFrame({
            "label": [one_line(name) for name in part["group"]], "dimension": dimension, "n": part["n"].to_numpy(),
            "share": part["shrunk"].to_numpy(), "low": part["shrunk_low"].to_numpy(),
            "high": part["shrunk_high"].to_numpy(), "is_few": part["is_few"].to_numpy(dtype=bool),
            "verdict": part["verdict"].where(part["verdict"].isin(["above", "below"]), "").to_numpy(), "is_head": False,
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _title(rows: pd.DataFrame) -> str:
    """Return who wins less or more often than the rest, types of business aside."""
    own = rows[rows["dimension"].ne("type")]
    worse, better = (
        [one_line(name) for name in own.loc[own["verdict"].eq(name), "group"]] for name in ("below", "above")
    )
    names, how = (worse, "less") if worse else (better, "more")
    if not names:
        return "No segment or region wins more or less often, beyond chance"
    said = join(names)
    if len(names) > 3 or len(said) > _LONGEST:
        said = f"{len(names)} segments or regions" if len(names) > 1 else said
    return f"{said} win{'s' if len(names) == 1 else ''} {how} often than the rest"

"""What sentences, numbers and actions of the CAC payback report are made of."""

import pandas as pd

from revops.measures.cac_payback.result import CacResult
from revops.wording import join, missing, month_name

__all__ = ["at_age", "lagged", "lost_by", "recognised", "recognised_half", "when", "where"]


def lagged(result: CacResult) -> pd.Series:
    """Return the rung that the report goes by."""
    return result.ladder.of("lagged")


def recognised(result: CacResult) -> pd.DataFrame:
    """Return the curve of all customers, revenue counted as it is served; no rows where there is none."""
    curves = result.realised.curves
    return curves[curves["version"].eq("recognised") & curves["cohort"].eq("all")]


def at_age(result: CacResult, age: float) -> pd.Series | None:
    """Return the curve at an age; None where too few were seen so long."""
    rows = recognised(result)
    rows = rows[rows["age_months"].eq(round(age)) & rows["n_at_risk"].ge(result.knobs.fewest_customers)]
    return None if rows.empty else rows.iloc[0]


def lost_by(result: CacResult) -> pd.Series | None:
    """Return the curve at the oldest age, 36 months at most, that enough customers were seen to."""
    rows = recognised(result)
    rows = rows[rows["age_months"].le(36) & rows["n_at_risk"].ge(result.knobs.fewest_customers)]
    return None if rows.empty or missing(rows.iloc[-1]["lost_share"]) else rows.iloc[-1]


def recognised_half(result: CacResult) -> float:
    """Return the age by which half of all customers had paid back [months]; NaN where it is not reached."""
    rows = result.realised.by_cohort
    rows = rows[rows["version"].eq("recognised") & rows["cohort"].eq("all")]
    return float(rows["median_age"].iloc[0]) if len(rows) else float("nan")


def when(result: CacResult) -> str:
    """Return the window in words."""
    return f"from {month_name(result.window.months[0])} to {month_name(result.window.months[-1])}"


def where(result: CacResult) -> str:
    """Return ` in EMEA` and the like; nothing for the whole company."""
    names = [str(name) for name in result.knobs.slice.values()]
    return f" in {join(names)}" if names else ""

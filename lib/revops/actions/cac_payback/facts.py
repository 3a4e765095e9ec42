"""What sentences, numbers and actions of the CAC payback report are made of."""

import pandas as pd

from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import NOT_APART
from revops.wording import join, missing, month_name

__all__ = [
    "at_age",
    "has_books",
    "has_people",
    "is_told",
    "lagged",
    "lost_by",
    "people",
    "reason",
    "recognised_half",
    "when",
    "where",
]


def lagged(result: CacResult) -> pd.Series:
    """Return the rung that the report goes by."""
    return result.ladder.of("lagged")


def is_told(result: CacResult) -> bool:
    """Return whether there is a payback of enough customers, and a cost that it repays."""
    row = lagged(result)
    enough = row["n_customers"] >= result.knobs.fewest_customers
    return bool(enough and not missing(row["payback_months"]) and row["spend_amount"] > 0)


def has_books(result: CacResult) -> bool:
    """Return whether the cost is that of the books; else it is of ads and campaigns alone, and is held against no
    target."""
    return result.books.source == "ledger"


def has_people(result: CacResult) -> bool:
    """Return whether the cost is known to hold the people who do the work."""
    return has_books(result) and "people" not in result.books.why


def people(result: CacResult) -> str:
    """Return whether the cost holds people, in words."""
    if has_people(result):
        return "people included"
    return NOT_APART if has_books(result) else "without people"


def reason(why: str) -> str:
    """Return why something is not known, in words that say `needs` once."""
    return why.replace(": needs ", ": ")


def at_age(result: CacResult, age: int) -> pd.Series | None:
    """Return the curve at an age; None where too few were seen so long."""
    rows = _seen(result)
    rows = rows[rows["age_months"].eq(age)]
    return None if rows.empty else rows.iloc[0]


def lost_by(result: CacResult) -> pd.Series | None:
    """Return the curve at the oldest age, 36 months at most, that enough customers were seen to."""
    rows = _seen(result)
    rows = rows[rows["age_months"].le(36) & rows["lost_share"].notna()]
    return None if rows.empty else rows.iloc[-1]


def _seen(result: CacResult) -> pd.DataFrame:
    """Return the curve of all customers, revenue counted as it is served, at ages that enough were seen to."""
    curves = result.realised.curves
    rows = curves[curves["version"].eq("recognised") & curves["cohort"].eq("all")]
    return rows[rows["n_at_risk"].ge(result.knobs.fewest_customers)]


def recognised_half(result: CacResult) -> float:
    """Return the age by which half of all customers had paid back [months]; NaN where it is not reached, or on too few
    customers."""
    rows = result.realised.by_cohort
    rows = rows[rows["version"].eq("recognised") & rows["cohort"].eq("all")]
    return float(rows["median_age"].iloc[0]) if len(rows) else float("nan")


def when(result: CacResult) -> str:
    """Return the window in words."""
    first, last = (month_name(result.window.months[place]) for place in (0, -1))
    return f"in {first}" if first == last else f"from {first} to {last}"


def where(result: CacResult) -> str:
    """Return ` in EMEA` and the like; nothing for the whole company."""
    names = [str(name) for name in result.knobs.slice.values()]
    return f" in {join(names)}" if names else ""

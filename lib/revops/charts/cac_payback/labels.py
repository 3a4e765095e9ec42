"""Short names for rows of a chart, ranges in words, and the data behind a chart under names that people read."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from revops import wording

__all__ = ["BASES", "aged", "headed", "named", "ranged", "redrawn"]

BASES = {
    "revenue": "Revenue, no people",
    "gross_margin": "Gross margin",
    "fully_loaded": "With people",
    "new_logo": "New only, their cost",
    "new_logo_all": "New only, all cost",
    "lagged_median": "Cost a median lag ago",
    "lagged": "Matched to later wins",
}
"""What each rung of the ladder is called in a row."""
_HEADS = {
    "age_months": "age",
    "lag_months": "cost_moved_by",
    "n_at_risk": "customers_seen",
    "n_customers": "customers",
    "n_deals": "deals",
    "n_models": "models",
    "n_months": "months",
    "payback_months": "payback",
    "cac_amount": "CAC",
    "spend_amount": "cost",
    "paid_back_share": "paid_back",
    "paid_back_low": "paid_back_from",
    "paid_back_high": "paid_back_to",
    "lost_share": "left_first",
    "lost_low": "left_first_from",
    "lost_high": "left_first_to",
}


def headed(data: pd.DataFrame, **heads: str) -> pd.DataFrame:
    """Return the data behind a chart under names that people read: those given, else the usual ones."""
    return data.rename(columns=_HEADS | heads)


def ranged(low: float, high: float, write: Callable[[float], str] = wording.months) -> str:
    """Return a range in brackets, to stand behind a number: ` (18 to 24)`; nothing where there is none."""
    is_known = np.isfinite(low) and not wording.missing(high)
    return f" ({wording.between(low, high, write)})" if is_known else ""


def redrawn(level: float) -> str:
    """Return what a range of the report is, in words."""
    return f"the range that holds {wording.odds(level)} times when customers are drawn anew"


def aged(months: float) -> str:
    """Return an age or a target, with its unit: `18 months`, `1 month`, `7.5 months`."""
    return f"{months:g} month{'' if months == 1 else 's'}"


def named(names: list[str], most: int = 2, longest: int = 24) -> str | None:
    """Return names joined in words; None where they are too many or too long for a title."""
    return wording.join(names) if len(names) <= most and all(len(name) <= longest for name in names) else None

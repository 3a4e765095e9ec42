"""Over how many months a subscription is billed: what its interval says, and what its present period shows."""

import re

import numpy as np
import pandas as pd

from revops.errors import examples
from revops.exports.context import Context
from revops.wording import money, plural

__all__ = ["with_months_billed"]

UNITS = {"day": 12 / 365, "week": 12 / 52, "month": 1.0, "quarter": 3.0, "year": 12.0}
WORDS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year",
         "annual": "year", "annually": "year"}  # fmt: skip
SLACK = 3


def with_months_billed(subs: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return subscriptions with `months_billed`, the months that one payment covers.

    Where no column counts the intervals and the present period is longer than the interval by whole months, the period
    is taken, with a warning of what is at stake: exports may show the unit of an interval without its count.
    """
    known = {word: _months(word) for word in subs["interval"].dropna().unique()}
    months = pd.to_numeric(subs["interval"].map(known), errors="coerce")
    _refuse_intervals(subs[months.isna()], len(subs), context)
    months = months * subs["interval_count"].fillna(1)
    shown = _months_of_period(subs)
    longer = subs["interval_count"].isna() & (shown > months + 0.5) & (shown % 1 == 0)
    subs = subs.assign(months_billed=months.where(~longer, shown))
    if longer.any():
        _warn(subs[longer], months[longer], len(subs), context)
    return subs


def _months(word: str) -> float | None:
    """Return the months of an interval such as month, yearly or 3 months; None where it is no interval."""
    word = word.strip().casefold()
    found = re.fullmatch(r"(?:every )?(\d+)?\s*([a-z]+?)s?", word)
    unit = WORDS.get(word) or (found[2] if found else "")
    return UNITS[unit] * int(found[1] or 1) if unit in UNITS and found else None


def _months_of_period(subs: pd.DataFrame) -> pd.Series:
    """Return the whole months of the present billing period; null where it is a trial or not of whole months."""
    start, end = subs["bills_from"], subs["bills_to"]
    months = (end.dt.year - start.dt.year) * 12 + end.dt.month - start.dt.month
    days = (end.dt.day - start.dt.day).abs()
    at_ends = (start.dt.day >= 28) & (end.dt.day >= 28)
    trial = subs["trial_ends_at"].notna() & (subs["trial_ends_at"] >= end)
    billed = subs["status"].isin(("active", "past_due", "unpaid", "canceled", "paused"))
    return months.where((days.le(SLACK) | at_ends) & ~trial & billed & months.gt(0), np.nan)


def _refuse_intervals(odd: pd.DataFrame, total: int, context: Context) -> None:
    if len(odd):
        shown = examples(sorted({str(word) for word in odd["interval"].fillna("(blank)")}))
        context.ledger.problems.append(
            f"{context.ledger.sources[int(odd['_file'].min())].name}: every interval must be one of "
            f"{', '.join(UNITS)}; found {len(odd):,} of {total:,} subscriptions with another ({shown}). Correct the "
            "export."
        )


def _warn(odd: pd.DataFrame, face: pd.Series, total: int, context: Context) -> None:
    amounts = odd["amount"] * odd["quantity"].fillna(1)
    taken, said = (
        money(float((amounts / months).sum()), context.company.currency, exact=True)
        for months in (odd["months_billed"], face)
    )
    spans = [
        f"{r.subscription_id}: {r.interval}, billed {r.bills_from:%Y-%m-%d} to {r.bills_to:%Y-%m-%d}"
        for r in odd.itertuples()
    ]
    context.ledger.warnings.append(
        f"{context.ledger.sources[int(odd['_file'].min())].name}: {len(odd):,} of {plural(total, 'subscription')} "
        f"billed over more months than the interval says ({examples(sorted(spans))}); the billed months are "
        f"taken: {taken} a month instead of {said}. If the interval is right, add a column Interval Count."
    )

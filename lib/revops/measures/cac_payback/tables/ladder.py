"""The tables on how long by which definition, and on what the books hold."""

import pandas as pd

from revops.measures.cac_payback.result import CacResult
from revops.wording import missing, month_name, months, plural, ranges

__all__ = ["BASES", "Display", "ladder_tables", "ranged"]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]
BASES = {
    "revenue": "On revenue, programs alone",
    "gross_margin": "On gross margin",
    "fully_loaded": "With people",
    "new_logo_all": "At most: all cost on new customers",
    "new_logo": "New customers alone, their part of the cost",
    "lagged_median": "Cost of the median lag earlier",
    "lagged": "Cost of the months before, as measured",
}
"""What each rung of the ladder is called."""
_USES = {
    "programs": "Programs",
    "people": "People and tools",
    "also": "Part of another category",
    "left_out": "Not counted",
}


def ladder_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name."""
    return {"by_definition": _ladder(result), "accounts": _accounts(result)}


def ranged(low: pd.Series, high: pd.Series) -> list[str]:
    """Return ranges of months in words; a dash where there is none."""
    return ranges(low, high, months)


def _ladder(result: CacResult) -> Display:
    rows = result.ladder.rungs
    shown = pd.DataFrame({
        "Definition": rows["basis"].map(BASES), "Cost": rows["spend_amount"], "New customers": rows["n_customers"],
        "New revenue a month": rows["new_amount"], "Gross margin": rows["gross_margin"], "CAC": rows["cac_amount"],
        "Payback": _payback(rows), "Range": ranged(rows["low"], rows["high"]),
    })  # fmt: skip
    first, last = (month_name(month) for month in result.window.months[[0, -1]])
    source = "bills" if result.customers.source == "subscriptions" else "won deals"
    caption = (
        f"Payback in months by definition: {first} to {last}, customers by {source}; the last line is the one that "
        "this page goes by. Each adds one thing to the line before it"
    )
    if n := result.ladder.months_left_out:
        caption += (
            f". {plural(n, 'month')} left out of the lagged lines: the books do not hold the cost that came before"
        )
    return caption, shown, (None, "money", "count", "money", "share", "money", None, None)


def _payback(rows: pd.DataFrame) -> list[str]:
    """Return months in words, or why there are none."""
    return [note if missing(value) and not missing(note) else months(value)
            for value, note in zip(rows["payback_months"], rows["note"], strict=True)]  # fmt: skip


def _accounts(result: CacResult) -> Display:
    rows = result.books.accounts
    shown = pd.DataFrame({
        "Account": rows["account"], "Category": rows["category"].str.replace("_", " "),
        "Counted as": rows["use"].map(_USES), "Amount": rows["amount"],
    })  # fmt: skip
    first, last = (month_name(month) for month in result.window.months[[0, -1]])
    caption = f"Every account of the books, {first} to {last}, and whether it is cost of acquisition"
    return caption, shown[shown["Amount"].ne(0)].reset_index(drop=True), (None, None, None, "money")

"""The tables on how long by which definition, and on what the books hold."""

import math

import pandas as pd

from revops.measures.cac_payback.lag import Lag
from revops.measures.cac_payback.result import CacResult
from revops.wording import between, missing, month_name, months, plural, share

__all__ = [
    "BASES",
    "NOT_APART",
    "Display",
    "also",
    "basis_name",
    "ladder_tables",
    "month_range",
    "month_words",
    "ranged",
]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]
BASES = {
    "revenue": "On revenue, without people or tools",
    "gross_margin": "On gross margin",
    "fully_loaded": "With people",
    "new_logo_all": "At most: all cost on new customers",
    "new_logo": "New customers alone, their part of the cost",
    "lagged_median": "Cost of the median lag earlier",
    "lagged": "Cost of the months before, as measured",
}
"""What each rung of the ladder is called."""
NOT_APART = "people not told apart from programs"
_NOT_APART = {"revenue": f"On revenue, {NOT_APART}", "fully_loaded": "All cost counted"}
"""What rungs are called where the ledger names no people: programs then hold everything."""
_BY = {"deal_days": "days that deals stood open", "deals": "deals made", "amount": "amounts won"}
_USES = {
    "programs": "Programs, commissions",
    "people": "People and tools",
    "also": "Part of another category",
    "left_out": "Not counted",
}


def ladder_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name."""
    return {"by_definition": _ladder(result), "accounts": _accounts(result)}


def basis_name(result: CacResult, basis: str) -> str:
    """Return what a rung of the ladder is called, by whether the ledger tells people apart."""
    is_apart = result.books.source != "ledger" or "people" not in result.books.why
    return BASES[basis] if is_apart else _NOT_APART.get(basis, BASES[basis])


def month_range(low: float, high: float) -> str:
    """Return a range of months in words: `18 to 24`; `18 or more` where it has no upper end (NaN, or infinite); a dash
    where there is none."""
    return "–" if missing(low) else between(low, math.inf if missing(high) else high, months)


def ranged(lows: pd.Series, highs: pd.Series) -> list[str]:
    """Return ranges of months in words."""
    return [month_range(low, high) for low, high in zip(lows, highs, strict=True)]


def month_words(number: float) -> str:
    """Return months with their noun: `21 months`, `3.9 months`, `1 month`."""
    told = f"{number:.0f}" if float(number).is_integer() else months(number)
    return "1 month" if told in ("1", "1.0") else f"{told} months"


def also(caption: str, *notes: str | None) -> str:
    """Return a caption with what else there is to know, a sentence each; nothing is added for what is null."""
    told = dict.fromkeys(note for note in notes if not missing(note) and note)
    return ". ".join([caption, *(note[0].upper() + note[1:] for note in told)])


def _ladder(result: CacResult) -> Display:
    rows = result.ladder.rungs
    names = [basis_name(result, basis) for basis in rows["basis"]]
    shown = pd.DataFrame({
        "Definition": names, "Cost": rows["spend_amount"], "New customers": rows["n_customers"],
        "New revenue a month": rows["new_amount"], "Gross margin": rows["gross_margin"], "CAC": rows["cac_amount"],
        "Payback": _payback(rows), "Range": ranged(rows["low"], rows["high"]),
    })  # fmt: skip
    first, last = (month_name(month) for month in result.window.months[[0, -1]])
    source = "bills" if result.customers.source == "subscriptions" else "won deals"
    caption = (
        f"Payback in months by definition: {first} to {last}, customers by {source}. The last line is the one that "
        "this page goes by"
    )
    n, known = result.ladder.months_left_out, rows[rows["payback_months"].notna()]
    left = f"{plural(n, 'month')} left out: cost, or who is new, is not known of {'it' if n == 1 else 'them'}"
    of_all = known["note"].nunique(dropna=False) == 1
    notes = known["note"] if of_all else "some lines: " + known["note"]
    caption = also(caption, _borne(result), left if n else None, _lag_said(result.lag), *notes)
    return caption, shown, (None, "money", "count", "money", "share", "money", None, None)


def _borne(result: CacResult) -> str | None:
    """Return which share of the cost new customers bear, and by what; None where nothing tells."""
    of = result.effort
    if missing(of.new_share):
        return None
    by = f"by {_BY[of.driver]}" if result.knobs.new_share == "auto" else "as new_share says"
    return f"new customers bear {share(of.new_share)} of the cost, {by}"


def _payback(rows: pd.DataFrame) -> list[str]:
    """Return months in words, or why there are none."""
    return [note if missing(value) and not missing(note) else months(value)
            for value, note in zip(rows["payback_months"], rows["note"], strict=True)]  # fmt: skip


def _lag_said(lag: Lag) -> str:
    """Return how the time from lead to first bill was measured."""
    if lag.why is not None:
        return lag.why
    half = f"half came within {month_words(lag.median_months)}" if lag.median_months else "half came in the month"
    most = f"nineteen in twenty within {month_words(lag.cycle_months)}" if lag.cycle_months else "nearly all of them"
    return f"the lag is measured on {plural(lag.n, 'customer')}: {half} of {_since(lag)}; {most}"


def _since(lag: Lag) -> str:
    """Return from when the time to the first bill is counted."""
    if lag.share_from_lead in (0, 1):
        return "the lead" if lag.share_from_lead else "the deal, since no lead is on record"
    return f"the lead ({share(lag.share_from_lead)} of them), else of the deal"


def _accounts(result: CacResult) -> Display:
    rows = result.books.accounts
    shown = pd.DataFrame({
        "Account": rows["account"], "Category": rows["category"].str.replace("_", " "),
        "Counted as": rows["use"].map(_USES), "Booked": rows["amount"],
    })  # fmt: skip
    first, last = (month_name(month) for month in result.window.months[[0, -1]])
    caption = f"Every account of the books, {first} to {last}, and whether it is cost of acquisition"
    parts = [f"{share(part)} of {name.replace('_', ' ')}" for name, part in result.knobs.also_acquisition.items()]
    counted = f"of another category counts a part: {', '.join(parts)}" if rows["use"].eq("also").any() else None
    caption = also(caption, counted, *map(result.books.why.get, ("spend", "people", "months")))
    return caption, shown[shown["Booked"].ne(0)].reset_index(drop=True), (None, None, None, "money")

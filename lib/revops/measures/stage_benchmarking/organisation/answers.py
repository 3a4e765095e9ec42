"""Signal 1: what one quarter brought, as sales, finance and marketing would each tell it."""

import numpy as np
import pandas as pd

from revops.analysis.recurring import CustomerMonths
from revops.analysis.revenue_answers import Who, answers_of, apart, counted_of
from revops.analysis.spending import booked
from revops.book import AsOf
from revops.measures.stage_benchmarking.window import Window
from revops.periods import Period

__all__ = ["ANSWERS", "apart", "last_quarter", "three_answers"]

ANSWERS = {"who": "str", "amount": "float64", "n": "int64", "counted": "str", "definition": "str", "why": "str"}
_MONTHS = 3
_ORDER: tuple[Who, ...] = ("sales", "finance", "marketing")


def three_answers(window: Window, bills: CustomerMonths | None) -> pd.DataFrame:
    """Return what the last whole quarter brought, by the definitions that three people use.

    Question
        If sales, finance and marketing each said what the quarter brought, how far apart would they be?

    Parameters
        window : the report's window; uses opportunities, people and touches, and ledger of its view
        bills : revenue.bills_of its view

    Returns
        One row each of sales, finance and marketing: who, amount [company currency; NaN: cannot be told], n, counted
        (what n counts), definition (in words), why (null, or why it cannot be told)

    Formula
        What each counts as booked, by company.yml: analysis.revenue_answers. Who goes by bills, where they do not hold
        all months of the quarter: revenue of the books.

    Limits
        What the definitions give, not what anybody said in a meeting: marketing's may be a part of sales' by
        definition.
    """
    quarter = last_quarter(window)
    counted = counted_of(window.view, quarter, bills=bills)
    told = answers_of(counted).table.set_index("who")
    is_whole = counted.billed is not None and len(counted.billed.months) == _MONTHS
    rows = []
    for who in _ORDER:
        of_books = counted.definitions[who].is_billed and not is_whole
        row = told.loc[who]
        of_deals = (who, row["booked"], row["n_booked"], row["counted"], row["definition"], row["why"])
        rows.append(_of_books(window.view, quarter, who) if of_books else of_deals)
    return pd.DataFrame(rows, columns=[*ANSWERS]).astype(ANSWERS)


def last_quarter(window: Window) -> Period:
    """Return the last fiscal quarter that was over on the last day."""
    calendar = window.view.calendar
    quarter = calendar.quarter_of(window.until)
    return quarter if quarter.end <= window.until else calendar.shift(quarter, -1)


def _of_books(view: AsOf, quarter: Period, who: Who) -> tuple:
    """Return what would be said without bills: revenue of the books."""
    wanted = pd.date_range(quarter.start, periods=_MONTHS, freq="MS", unit="us")
    rows = booked(view)
    rows = rows[rows["category"].eq("revenue") & rows["month"].isin(wanted)]
    if rows["month"].nunique() < _MONTHS:
        why = f"neither bills nor books hold the months of {quarter.name}"
        return who, np.nan, 0, "months", "recurring revenue added, or revenue of the books", why
    return who, rows["booked"].sum(), _MONTHS, "months", "revenue of the quarter in the books", None

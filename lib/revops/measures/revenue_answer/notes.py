"""What to mind of the answers: what is in none of them, and what the exports leave open."""

from collections.abc import Iterator

import pandas as pd

from revops.analysis.pace import frozen_on
from revops.analysis.revenue_answers import Counted
from revops.wording import join, long_day, money, month_name, plural

__all__ = ["OVERDUE", "notes_of", "overdue_of"]

OVERDUE = {"who": "str", "amount": "float64", "n": "int64"}


def overdue_of(counted: Counted) -> pd.DataFrame:
    """Return what each function would count of open deals that are due before the day: who, amount [company currency],
    n. They are in no answer: their close dates are wrong, so nothing says that they come in the quarter."""
    deals = counted.deals[counted.deals["part"].eq("overdue")].assign(part="committed")
    rows = []
    for who, definition in counted.definitions.items():
        mine = deals[definition.counts(deals)]
        rows.append((who, float(mine["cents"].sum()) / 100, len(mine)))
    return pd.DataFrame(rows, columns=[*OVERDUE]).astype(OVERDUE)


def notes_of(counted: Counted) -> tuple[str, ...]:
    """Return what to mind, a sentence each."""
    return (*_of_day(counted), *_of_deals(counted), *_of_bills(counted))


def _of_day(counted: Counted) -> Iterator[str]:
    view, period = counted.view, counted.period
    frozen = frozen_on(period, view.day, view.company.grace_days)
    if period.start > view.day:
        yield f"{period.name} has not begun: nothing can be booked in it yet."
    elif frozen != view.day and view.knows(frozen):
        yield f"Deals won in {period.name} count as they stood on {long_day(frozen)}, when its bookings were frozen."
    elif frozen != view.day:
        yield f"Deals won in {period.name} count as they stand now: no history tells how they stood when it ended."


def _of_deals(counted: Counted) -> Iterator[str]:
    currency, deals = counted.view.company.currency, counted.deals
    overdue = overdue_of(counted)
    overdue = overdue[overdue["n"].gt(0)]
    if len(overdue) and counted.has_categories:
        told = [f"{row.who} {plural(row.n, 'deal')} of {money(row.amount, currency)}" for row in overdue.itertuples()]
        yield f"Open and due before the day, so in no answer, though committed: {join(told)}."
    wanted = any(definition.committed for definition in counted.definitions.values())
    blank = counted.open_deals[counted.open_deals["role"].isna()]
    if wanted and counted.has_categories and len(blank):
        sum_ = money(blank["cents"].sum() / 100, currency)
        yield f"Open and due, but in no answer for want of a forecast category: {plural(len(blank), 'deal')} of {sum_}."
    without = deals[deals["amount"].isna() & deals["part"].ne("overdue")]
    if len(without):
        yield f"Without an amount, counted as 0: {plural(len(without), 'deal')}."


def _of_bills(counted: Counted) -> Iterator[str]:
    billed = counted.billed
    if billed is None:
        return
    missing = billed.wanted.difference(billed.months)
    if len(billed.months) and len(missing):
        yield f"Bills do not tell what {join([month_name(month) for month in missing])} added."
    open_months = 3 - len(billed.wanted)
    if len(billed.months) and 0 < open_months < 3:
        told = join([month_name(month) for month in billed.months])
        yield f"Bills are known for {told}; deals won later are not billed yet."
    if len(billed.table) and billed.has_prices_of_today:
        yield "Bills hold present prices: what customers added since they came is not in them."
    if counted.is_slice:
        yield "Bills of a slice are those of customers whose account has a deal in it."

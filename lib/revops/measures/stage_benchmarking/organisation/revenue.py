"""Recurring revenue a year, in the company's currency and in that of the published thresholds."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.recurring import CustomerMonths, customer_months
from revops.book import AsOf
from revops.company import Company
from revops.measures.stage_benchmarking.window import Window
from revops.wording import month_name, plural

__all__ = ["Revenue", "bills_of", "in_dollars", "last_month", "recurring_revenue"]

_DOLLARS = "USD"
_CONTRACTS = ("new", "expansion", "renewal")
_STALE_MONTHS = 2


@dataclass(frozen=True)
class Revenue:
    """amount: recurring revenue a year [company currency]; dollars: the same in USD. Both NaN where not known; dollars
    also where company.yml has no rate. source: where it comes from, in words; is_rough: from won deals, not from bills.
    why: amount, dollars -> why it is not known, or what to mind.
    """

    amount: float
    dollars: float
    source: str
    is_rough: bool
    why: dict[str, str]


def bills_of(view: AsOf) -> CustomerMonths | None:
    """Return recurring revenue by customer and month, as known on the day; None without a billing export."""
    return None if view.book.table("subscriptions").empty else customer_months(view)


def recurring_revenue(window: Window, bills: CustomerMonths | None) -> Revenue:
    """Return recurring revenue a year, of the whole company, in its last month that was over on the last day.

    Parameters
        window : the report's window; uses opportunities of its view where there are no bills
        bills : bills_of its view

    Formula
        Bills: 12 x the recurring revenue of the last reported month, late payments filled in. Without bills, roughly:
        what was won of new business, expansion and renewals in the year up to the last day x 12 / months_in_amount.

    Limits
        The rough one is right where every contract runs a year and its renewal is a deal; it says so.
    """
    billed = _billed(window, bills)
    amount, source, why = billed or _won(window)
    dollars = in_dollars(amount, window.view.company)
    if not np.isnan(amount) and np.isnan(dollars):
        why = why | {"dollars": f"thresholds are in {_DOLLARS}: company.yml, rates, needs {_DOLLARS}"}
    return Revenue(amount, dollars, source, billed is None and not np.isnan(amount), why)


def in_dollars(amount: float, company: Company) -> float:
    """Return an amount of the company's currency in USD; NaN where company.yml has no rate of USD."""
    if company.currency == _DOLLARS:
        return float(amount)
    return float(amount) / company.rates[_DOLLARS] if _DOLLARS in company.rates else np.nan


def last_month(day: dt.date) -> pd.Timestamp:
    """Return the first day of the last month that is over at the end of a day."""
    return pd.Timestamp(day + dt.timedelta(days=1)).replace(day=1) - pd.DateOffset(months=1)


def _billed(window: Window, bills: CustomerMonths | None) -> tuple[float, str, dict[str, str]] | None:
    """Return the amount by bills, its source and what to mind; None where no month up to then is billed."""
    wanted = last_month(window.until)
    place = -1 if bills is None else int(np.searchsorted(bills.months, wanted, side="right")) - 1
    if place < 0:
        return None
    month, why = bills.months[place], {}
    if month < wanted - pd.DateOffset(months=_STALE_MONTHS):
        why["amount"] = f"bills end in {month_name(month)}"
    return float(12 * bills.amount[:, place].sum()), f"billing, {month_name(month)} x 12", why


def _won(window: Window) -> tuple[float, str, dict[str, str]]:
    """Return the rough amount by won deals, its source, and why it is rough or not known."""
    deals, until = window.view.opportunities, pd.Timestamp(window.until)
    inside = deals["close_date"].gt(until - pd.DateOffset(years=1)) & deals["close_date"].le(until)
    won = deals.loc[inside & deals["outcome"].eq("won") & deals["type"].isin(_CONTRACTS), "amount"].dropna()
    if won.empty:
        return np.nan, "not known", {"amount": "no billing export, and nothing won in the last year"}
    amount = float(won.sum() * 12 / window.knobs.months_in_amount)
    return amount, f"rough: {plural(len(won), 'deal')} won in the last year", {
        "amount": "no billing export: taken from what was won in the last year"
    }  # fmt: skip

"""Tiny companies for CAC payback: books account by account, new customers, and what else the ladder stands on."""

import numpy as np
import pandas as pd
from companies_of_people import WITH_CHANNELS
from spending_companies import DAY, seen

from revops.analysis.recurring import CustomerMonths
from revops.measures.cac_payback import Knobs
from revops.measures.cac_payback.books import Books, books_of
from revops.measures.cac_payback.customers import COLUMNS, Customers
from revops.measures.cac_payback.effort import Effort
from revops.measures.cac_payback.ladder import Ladder, ladder
from revops.measures.cac_payback.lag import Lag, lag_of
from revops.measures.cac_payback.window import Window, window_of

SECTIONS = {"revenue": "income", "cogs": "cogs"}
NOBODY = pd.DataFrame({"reason": [], "n": [], "amount": [], "examples": []})


def account(category, name, amounts, start="2025-04-01", *, section=None, parent="Top"):
    """Return ledger rows of an account: one amount a month from `start` on; None leaves a month out."""
    section = section or SECTIONS.get(category, "expenses")
    return [{"month": f"{month:%Y-%m-%d}", "account": name, "parent": parent, "section": section,
             "category": category, "amount": amount}
            for month, amount in zip(pd.date_range(start, periods=len(amounts), freq="MS"), amounts, strict=True)
            if amount is not None]  # fmt: skip


def window(*accounts, day=DAY, quarters=0, last=DAY, tables=None, company=WITH_CHANNELS, **knobs):
    """Return the window of the quarter up to a day, of a company with these accounts."""
    view = seen(day, last=last, company=company, ledger=[row for rows in accounts for row in rows], **(tables or {}))
    return window_of(view, Knobs(quarters=quarters, **knobs))


def books(*accounts, **given):
    """Return the books of such a company."""
    return books_of(window(*accounts, **given))


def spent(at: Window, amounts, *, margin=0.8, start=None, why=None) -> Books:
    """Return books that hold programs by month, from `start` (else so that they end on the day); None: not held."""
    end = at.known_until
    first = pd.Timestamp(start) if start else end - pd.DateOffset(months=len(amounts) - 1)
    held = pd.Series(amounts, pd.date_range(first, periods=len(amounts), freq="MS", unit="us"), dtype=float)
    months = pd.date_range(first, end, freq="MS", unit="us", name="month")
    programs = held.reindex(months)
    spend = pd.DataFrame({"programs": programs, "people": programs * 0, "also": programs * 0})
    source = "none" if np.isnan(margin) else "ledger"
    return Books(
        "ledger", months, spend, programs * 0 + margin, pd.DataFrame(), pd.DataFrame(), margin, source, why or {}
    )


def customers(*rows, months: CustomerMonths | None = None, of_deals=False) -> Customers:
    """Return new customers: (first month, amount a month, lag or None) each; billed since 2020, or told by deals."""
    table = pd.DataFrame(
        [{"customer": f"C{place:04d}", "start_month": pd.Timestamp(month), "new_amount": float(amount),
          "lag_months": np.nan if lag is None else float(lag), "lag_from": None if lag is None else "lead"}
         for place, (month, amount, lag) in enumerate(rows)], columns=COLUMNS
    )  # fmt: skip
    table = table.astype({"start_month": "datetime64[us]", "new_amount": "float64", "lag_months": "float64"})
    table = table.sort_values(["start_month", "customer"], ignore_index=True)
    if of_deals:
        return Customers("deals", table, None, None, NOBODY)
    return Customers("subscriptions", table, months or reported("2020-01-01", "2026-06-01"), None, NOBODY)


def reported(first, last, missing=()) -> CustomerMonths:
    """Return what a billing export tells from one month to another, customers aside."""
    months = pd.date_range(first, last, freq="MS", unit="us")
    empty = np.zeros((0, len(months)))
    gone = pd.DatetimeIndex([pd.Timestamp(month) for month in missing]).as_unit("us")
    return CustomerMonths(pd.DataFrame(), months, empty, empty > 0, len(months), gone, "reported", NOBODY)


def effort(new_share=1.0, slice_share=1.0) -> Effort:
    """Return shares of cost by effort."""
    return Effort(new_share, slice_share, pd.DataFrame(), "deal_days", 10)


def told(at: Window, of: Books, new: Customers, *, lag: Lag | None = None, expansion=None, **shares) -> Ladder:
    """Return the ladder; expansion is (month, amount) pairs."""
    added = pd.Series({pd.Timestamp(month): float(amount) for month, amount in expansion or []}, dtype=float)
    return ladder(at, of, new, lag or lag_of(new, at), effort(**shares), expansion=added)

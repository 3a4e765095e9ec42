"""The gross margin that each new customer brought in each month of its life: as recognised, without expansion, as
collected or as billed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.by_age import ByAge, at_first_price
from revops.measures.cac_payback.window import Window
from revops.periods import end_of_day

__all__ = ["NO_BILLS", "NO_CASH", "NO_MARGIN", "Money", "money_by_age"]

Array = np.ndarray
NO_BILLS = "needs subscriptions: recurring revenue by customer and month"
NO_CASH = "needs payments or invoices by customer"
NO_MARGIN = "needs the gross margin"
_BEFORE = {"collected": "began before the first payment that is reported",
           "billed": "began before the first invoice that is reported"}  # fmt: skip


@dataclass(frozen=True)
class Money:
    """name: recognised, first_price, collected or billed. margin: gross margin in each month of life [customers x ages,
    as ByAge]. is_in: of which customers it tells all; why_out: why not of the others. note: what to know of it, in
    words, or None.
    """

    name: str
    margin: Array
    is_in: Array
    why_out: str
    note: str | None


def money_by_age(window: Window, books: Books, basis: str, seen: ByAge) -> tuple[list[Money], dict[str, str]]:
    """Return the versions of the money that can be had, recognised first, then first_price (no month above the first);
    and by version why another cannot.

    Parameters
        window : Uses its day, and of the book subscriptions, payments, invoices.
        books : Uses margin by month, and where it is not known window_margin.
        basis : CustomerMonths.basis
        seen : the new customers by age
    """
    if np.isnan(books.window_margin) and not books.margin.notna().any():
        why = ": ".join(filter(None, [NO_MARGIN, books.why.get("margin")]))
        return [], {"recognised": why, "collected": why}
    ages = np.arange(seen.amount.shape[1])
    months = seen.table["start_month"].dt.year * 12 + seen.table["start_month"].dt.month
    margin = _margin(books, months.to_numpy()[:, None] + ages)
    note = None if basis == "reported" else "prices of today stand for those of past months"
    everyone = np.ones(len(seen.table), dtype=bool)
    found = [Money("recognised", seen.amount * margin, everyone, "", note),
             Money("first_price", at_first_price(seen) * margin, everyone, "", None)]  # fmt: skip
    name, rows, note = _bills(window)
    if rows.empty:
        return found, {"collected": NO_CASH}
    return [*found, _of_bills(name, rows, note, books, seen)], {}


def _margin(books: Books, months: Array) -> Array:
    """Return the gross margin of months (year x 12 + month), that of the window where theirs is not known."""
    known = books.margin.dropna()
    by_month = pd.Series(known.to_numpy(), known.index.year * 12 + known.index.month)
    whole = by_month.mean() if np.isnan(books.window_margin) else books.window_margin
    return by_month.reindex(months.ravel()).fillna(whole).to_numpy().reshape(months.shape)


def _bills(window: Window) -> tuple[str, pd.DataFrame, str | None]:
    """Return payments, else invoices, up to the day: customer, month (year x 12 + month), amount; and what to know."""
    book, end = window.view.book, end_of_day(window.view.day)
    invoices, payments = book.table("invoices"), book.table("payments")
    invoices, payments = invoices[invoices["invoice_date"] <= end], payments[payments["paid_at"] <= end]
    rows = book.table("subscriptions")
    rows = rows[rows["month"] + pd.offsets.MonthEnd(0) <= end]
    account = rows.groupby("customer_id")["account_id"].first()
    note = None
    if payments.empty:
        name, customer, at, amount = (
            "billed",
            invoices["customer_id"],
            invoices["invoice_date"],
            invoices["invoiced_amount"],
        )
    else:
        payer = invoices.drop_duplicates("invoice_id").set_index("invoice_id")["customer_id"]
        name, at, customer = "collected", payments["paid_at"], payments["customer_id"]
        customer = customer.fillna(payments["invoice_id"].map(payer))
        billed = payments["invoice_id"].map(invoices.groupby("invoice_id")["invoiced_amount"].sum())
        amount, note = _without_tax(payments, billed), _said(billed)
    table = pd.DataFrame({"customer": customer.map(account).fillna(customer), "month": at.dt.year * 12 + at.dt.month,
                          "amount": amount})  # fmt: skip
    return name, table.dropna(), note


def _without_tax(payments: pd.DataFrame, billed: pd.Series) -> pd.Series:
    """Return what was paid, of an invoice no more than it bills without tax."""
    paid = payments["paid_amount"].groupby(payments["invoice_id"]).transform("sum")
    part = (billed / paid).where((billed > 0) & (paid > 0)).clip(upper=1.0).fillna(1.0)
    return payments["paid_amount"] * part


def _said(billed: pd.Series) -> str | None:
    n = int(billed.isna().sum())
    return f"{n:,} of {len(billed):,} payments name no known invoice: the tax in them counts" if n else None


def _of_bills(name: str, rows: pd.DataFrame, note: str | None, books: Books, seen: ByAge) -> Money:
    """Return the margin on bills by age: those before the first month in it, those later than is settled in none."""
    table, n_ages = seen.table, seen.amount.shape[1]
    starts = (table["start_month"].dt.year * 12 + table["start_month"].dt.month).to_numpy()
    since, rows = rows["month"].min(), rows[rows["customer"].isin(table["customer"])]
    place = pd.Index(table["customer"]).get_indexer(rows["customer"])
    is_in = starts >= since
    age = np.maximum(rows["month"].to_numpy() - starts[place], 0)
    mine = age < n_ages
    amount = rows["amount"].to_numpy() * _margin(books, rows["month"].to_numpy())
    margin = np.zeros((len(table), n_ages))
    np.add.at(margin, (place[mine], age[mine]), amount[mine])
    n_none = int((is_in & (seen.age > 0) & ~np.isin(np.arange(len(table)), place)).sum())
    none = f"{n_none:,} of {int(is_in.sum()):,} customers have none: they count as not paid back" if n_none else None
    return Money(name, margin, is_in, _BEFORE[name], "; ".join(filter(None, [note, none])) or None)

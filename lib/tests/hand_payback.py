"""Tiny companies with books, bills and deals, and parts of the CAC payback report written by hand, for its tests."""

import numpy as np
import pandas as pd
from companies_of_people import WITH_CHANNELS
from companies_of_people import won as won_in_may
from spending_companies import DAY, ad, campaign, seen

from frames import deal
from revops.analysis.recurring import CustomerMonths
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.customers import COLUMNS, Customers
from revops.measures.cac_payback.effort import Effort
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.lag import Lag
from revops.measures.cac_payback.window import window_of

__all__ = ["DAY", "ad", "billed", "books", "campaign", "company", "customer_months", "customers", "effort", "expansion",
           "lag", "lead", "ledger", "new_customer", "won"]  # fmt: skip

SECTIONS = {"revenue": "income", "cogs": "cogs"}
LEFT_OUT = ["reason", "n", "amount", "examples"]


def company(*, day: str = DAY, last: str | None = None, deals: list[dict] = (), of=WITH_CHANNELS, knobs=None, **tables):
    """Return the Window of a tiny company: deals (frames.deal, won, expansion), and canonical rows by table: ledger,
    subscriptions, leads, spend, campaigns, accounts, invoices, payments. `last` is the last day of its records.

    It is in USD, its fiscal year starts in January; the window is the quarter of the day and the four before it. Its
    CRM holds opportunities from 2024 on: one that counts nowhere.
    """
    oldest = deal("oldest", type="other", created_at="2024-01-01 09:00")
    view = seen(day, last=last or max(day, DAY), company=of, deals=[oldest, *deals], **tables)
    return window_of(view, Knobs(**(knobs or {})))


def ledger(at: str, until: str | None = None, **amounts: float) -> list[dict]:
    """Return months of the books from one month (2026-01) to another: an account of each category (revenue, cogs,
    sales, marketing, customer_success, r_and_d, g_and_a, other) and, as sales_people and marketing_people, salaries."""
    rows = []
    for month in pd.period_range(at, until or at, freq="M"):
        for name, amount in amounts.items():
            category, people = name.removesuffix("_people"), name.endswith("_people")
            account = f"{category} salaries" if people else category
            section = SECTIONS.get(category, "expenses")
            rows.append({"month": f"{month}-01", "account": account, "parent": section, "section": section,
                         "category": category, "amount": float(amount), "currency": "USD"})  # fmt: skip
    return rows


def billed(customer: str, first: str, *amounts: float | None, account: str | None = "", **given) -> list[dict]:
    """Return what a customer pays month by month from a month (2026-01) on; None: it is not in that month's report.

    account: its account in the CRM, by default of its own name.
    """
    months = pd.period_range(first, periods=len(amounts), freq="M")
    named = {"customer_id": customer, "account_id": customer if account == "" else account}
    return [{**named, "month": f"{month}-01", "status": "active", "recurring_amount": float(amount), "currency": "USD",
             "amount_original": float(amount), "basis": "reported", **given}
            for month, amount in zip(months, amounts, strict=True) if amount is not None]  # fmt: skip


def won(id: str, account: str | None = "A", **given) -> dict:
    """Return an opportunity of new business made 61 days before its close, on 1 May 2026, at nine; 100."""
    close = pd.Timestamp(given.get("close_date", "2026-05-01"))
    return won_in_may(id, account, **{"created_at": f"{(close - pd.Timedelta(days=61)).date()} 09:00", **given})


def expansion(id: str, account: str = "A", **given) -> dict:
    """Return a won opportunity of expansion."""
    return won(id, account, **{"type": "expansion", **given})


def lead(deal: str | None, at: str, id: str | None = None, **given) -> dict:
    """Return a lead made into an opportunity on the day it was made."""
    return {"lead_id": id or f"L{deal}", "created_at": at, "is_converted": deal is not None, "opportunity_id": deal,
            **given}  # fmt: skip


def customer_months(first: str, paid: dict[str, list[float]], *, settled: int | None = None, known: bool = False,
                    missing: list[str] = ()) -> CustomerMonths:  # fmt: skip
    """Return recurring revenue by hand: what each customer pays month by month from a month (2026-01) on.

    known: whether the start of those there in the first month is known.
    """
    names = sorted(paid)
    amount = np.array([paid[name] for name in names], dtype=float).reshape(len(names), -1)
    n = amount.shape[1]
    start = (amount > 0).argmax(axis=1)
    end = n - (amount[:, ::-1] > 0).argmax(axis=1)
    table = pd.DataFrame({
        "customer": names, "account_id": names, "start": start, "is_start_known": known | (start > 0), "end": end,
        "n_ids": 1, "was_free": False,
    }).astype({"customer": "str", "account_id": "str"})  # fmt: skip
    months = pd.date_range(f"{first}-01", periods=n, freq="MS", unit="us")
    none = pd.DatetimeIndex([f"{month}-01" for month in missing]).as_unit("us")
    return CustomerMonths(table, months, amount, np.zeros_like(amount, dtype=bool), n if settled is None else settled,
                          none, "reported", _nobody())  # fmt: skip


def new_customer(customer: str, start: str, amount: float = 100.0, **given) -> dict:
    """Return a row of Customers.table: a customer from a month (2026-01) on, of SMB and EMEA, its lead two months
    before."""
    month = pd.Timestamp(f"{start}-01")
    lag = given.pop("lag_months", 2)
    return {"customer": customer, "account_id": customer, "opportunity_id": f"D{customer}", "segment": "SMB",
            "region": "EMEA", "source": "marketing", "start_month": month, "new_amount": amount,
            "lead_month": month - pd.DateOffset(months=int(lag)), "lag_months": float(lag), "lag_from": "lead",
            **given}  # fmt: skip


def customers(*rows: dict, months: CustomerMonths | None = None, in_slice: list[str] | None = None) -> Customers:
    """Return new customers by hand; each a new_customer."""
    table = pd.DataFrame(list(rows), columns=COLUMNS)
    dated = dict.fromkeys(["start_month", "lead_month"], "datetime64[us]")
    types = dict.fromkeys(COLUMNS, "str") | dated | dict.fromkeys(["new_amount", "lag_months"], "float64")
    table = table.astype(types).sort_values(["start_month", "customer"], ignore_index=True)
    only = None if in_slice is None else pd.Index(in_slice)
    return Customers("deals" if months is None else "subscriptions", table, months, only, _nobody())


def books(first: str, programs: list[float], people: list[float] | float = 0.0, also: list[float] | float = 0.0, *,
          margin: list[float] | float = 0.8, revenue: list[float] | float = 1000.0, window_margin: float | None = None,
          why: dict[str, str] | None = None) -> Books:  # fmt: skip
    """Return books by hand: what was spent month by month from a month (2026-01) on."""
    months = pd.date_range(f"{first}-01", periods=len(programs), freq="MS", unit="us")
    spend = pd.DataFrame({"programs": programs, "people": people, "also": also}, index=months).astype("float64")
    margins = pd.Series(margin, index=months, dtype="float64")
    revenues = pd.Series(revenue, index=months, dtype="float64")
    totals = pd.DataFrame({"revenue": revenues, "cogs": revenues * (1 - margins), "sales": spend.sum(axis=1)})
    totals["result"] = totals["revenue"] - totals["cogs"] - totals["sales"]
    whole = float((margins * revenues).sum() / revenues.sum()) if window_margin is None else window_margin
    accounts = pd.DataFrame({"category": "sales", "account": ["programs"], "parent": "", "use": "programs",
                             "amount": [spend["programs"].sum()]})  # fmt: skip
    return Books("ledger", months, spend, margins, accounts, totals, whole, "ledger", why or {})


def lag(*weights: float, n: int = 50, why: str | None = None) -> Lag:
    """Return how long customers took by hand: the share that came k months after their lead; by default at once."""
    shares = np.array(weights or (1.0,), dtype=float)
    whole = np.cumsum(shares)
    median, cycle = (int(np.searchsorted(whole, part - 1e-9)) for part in (0.5, 0.95))
    return Lag(shares, n, float(median), cycle, 1.0, why)


def effort(new_share: float = 1.0, *, slice_share: float = 1.0, **shares: dict[str, float]) -> Effort:
    """Return shares of cost by hand; segment={"SMB": 0.4, ...}, region=...: each group's share of new business."""
    rows = [{"dimension": name, "group": group, "effort": 100.0 * share, "effort_share": share, "n_deals": 10}
            for name in sorted(shares) for group, share in sorted(shares[name].items())]  # fmt: skip
    columns = ["dimension", "group", "effort", "effort_share", "n_deals"]
    groups = pd.DataFrame(rows, columns=columns).astype({"dimension": "str", "group": "str"})
    return Effort(new_share, slice_share, groups, "deal_days", 20)


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in
                         zip(LEFT_OUT, ["str", "int64", "float64", "str"], strict=True)})  # fmt: skip

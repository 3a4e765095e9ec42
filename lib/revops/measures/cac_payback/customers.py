"""New customers: who began to pay when, how much, after how long, and which deal brought them."""

from dataclasses import dataclass

import pandas as pd

from revops.analysis.recurring import CustomerMonths, customer_months
from revops.book import UNKNOWN, AsOf
from revops.errors import examples
from revops.measures.cac_payback.window import Window
from revops.periods import end_of_day

__all__ = ["COLUMNS", "UNKNOWN_SOURCE", "Customers", "customers_of"]

COLUMNS = ["customer", "account_id", "opportunity_id", "segment", "region", "source", "start_month", "new_amount",
           "lead_month", "lag_months", "lag_from"]  # fmt: skip
UNKNOWN_SOURCE = "unknown"
NO_START = "when it began to pay is not known: there in the first month reported, or after one that is missing"
NO_BILLS = "won new business, never billed up to the last month that is over"
NO_AMOUNT = "won new business without an amount above 0"
NOT_OVER = "won in a month that is not over"
NOT_FIRST = "new business won later, of accounts that were customers already"
NO_DEAL = "pays, but no won new business tells whether it belongs to the slice"
_DTYPES = {
    "start_month": "datetime64[us]",
    "lead_month": "datetime64[us]",
    "new_amount": "float64",
    "lag_months": "float64",
}
_LEFT_OUT = ["reason", "n", "amount", "examples"]
_OF_DEAL = ["segment", "region", "source"]


@dataclass(frozen=True)
class Customers:
    """New customers whose first month is known, of the company or of the slice, all time up to the day.

    source: subscriptions (first month with recurring revenue), or deals (the month in which an account's first new
        business was won, at amount / months_in_amount), where no billing export tells.
    table: COLUMNS, sorted by start_month and customer. customer: the account, else the billing system's customer (of
        deals without an account, the deal). opportunity_id: its first won deal of new business, null where none is
        found; segment, region and source are of that deal, else of the account, else Unknown (source: unknown).
        new_amount: recurring a month, in its first [currency]. lead_month: first day of the month in which its lead was
        made (lag_from lead), else its deal (opportunity); NaT where no deal is found. lag_months: months from there to
        start_month, at least 0, at most most_lag_months.
    months: the whole company's recurring revenue (analysis.recurring), None where source is deals. in_slice: customers
        (names in months.customers) of the slice; None for the whole company.
    left_out: reason, n, amount [recurring a month], examples (customers, else opportunities): those who are in no
        number. Rows that months.left_out brings are of the whole company, in a slice too.
    """

    source: str
    table: pd.DataFrame
    months: CustomerMonths | None
    in_slice: pd.Index | None
    left_out: pd.DataFrame

    def within(self, window: Window) -> pd.DataFrame:
        """Return the new customers of the window's months."""
        return self.table[self.table["start_month"].isin(window.months)].reset_index(drop=True)

    def known(self, window: Window) -> pd.DatetimeIndex:
        """Return the window's months of which it is known who became a customer: of bills neither the first reported,
        nor one that no report holds, nor the month after that."""
        if self.months is None:
            return window.months
        told = self.months.months.difference(self.months.missing)
        return window.months.intersection(told).intersection(told + pd.DateOffset(months=1))


def customers_of(window: Window) -> Customers:
    """Return `new_customers` and `new_recurring_amount`: who began to pay when and how much, as known on the day.

    Question
        Who became a customer when, what does it pay, and how long before had it been a lead?

    Formula
        A customer's deal is the first won deal of new business of its account, by close day, then by creation,
        whenever it was closed: a deal closed after the first bill still is its deal. Its lead is the earliest of the
        leads made into that deal, unless the deal is older. Of a slice: customers whose deal is in it.

    Limits
        Without bills, new business that an account wins later is no new customer and stands in left_out; so is what
        was won without an amount. Segment and region of accounts without a deal are those of today's records.
    """
    deals = _won_new(window)
    has_bills = not window.view.book.table("subscriptions").empty
    months = customer_months(window.view, late_months=window.knobs.late_months) if has_bills else None
    if months is None or not len(months.months):
        table, left_out = _of_deals(deals, window)
        table, left_out = _in_slice(table, window), _in_slice(left_out, window)
        return Customers("deals", _with_lag(table, window), None, None, _told(left_out))
    table, left_out = _of_bills(months, deals, window)
    outside = [] if window.only is None else [table[table["opportunity_id"].isna()].assign(reason=NO_DEAL)]
    left_out = pd.concat([_in_slice(left_out, window), *outside])
    told = pd.concat([_told(left_out), months.left_out[_LEFT_OUT]], ignore_index=True)
    return Customers(
        "subscriptions", _with_lag(_in_slice(table, window), window), months, _customers_in_slice(months, window), told
    )


def _won_new(window: Window) -> pd.DataFrame:
    """Return won deals of new business, first of an account first: customer, opportunity_id, account_id, segment,
    region, source, created_at, start_month (of its close), new_amount, is_first."""
    state, day = window.view.opportunities, pd.Timestamp(window.view.day)
    won = state["outcome"].eq("won") & state["type"].eq("new") & (state["close_date"] <= day)
    deals = state[won].sort_values(["close_date", "created_at", "amount", "opportunity_id"])
    customer = deals["account_id"].fillna(deals["opportunity_id"])
    return pd.DataFrame({
        "customer": customer, **deals[["opportunity_id", "account_id", *_OF_DEAL, "created_at"]],
        "start_month": _month(deals["close_date"]), "new_amount": deals["amount"] / window.knobs.months_in_amount,
        "is_first": ~customer.duplicated(),
    }).reset_index(drop=True)  # fmt: skip


def _of_deals(deals: pd.DataFrame, window: Window) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per customer, by its first won new business and what else it won in that month; and the rest."""
    paying = deals["new_amount"] > 0
    over = deals["start_month"] <= window.known_until
    used = deals[paying & over]
    first = used.groupby("customer")["start_month"].transform("min")
    later = used["start_month"] > first
    amounts = used[~later].groupby("customer")["new_amount"].sum()
    table = used[~used["customer"].duplicated()]
    table = table.assign(new_amount=table["customer"].map(amounts))
    left_out = [
        deals[~paying].assign(reason=NO_AMOUNT),
        deals[paying & ~over].assign(reason=NOT_OVER),
        used[later].assign(reason=NOT_FIRST),
    ]
    return table, pd.concat(left_out)


def _of_bills(months: CustomerMonths, deals: pd.DataFrame, window: Window) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per customer that pays, with its deal where one is found; and who is none."""
    found = months.customers[["customer", "account_id", "is_start_known"]].astype({"account_id": "str"})
    place = months.customers["start"].to_numpy(dtype=int)
    found = found.assign(start_month=months.months[place], new_amount=months.amount[range(len(place)), place])
    first = deals[deals["is_first"] & deals["account_id"].notna()].drop(
        columns=["customer", "start_month", "new_amount"]
    )
    table = found.merge(first, how="left", on="account_id")
    account = _accounts(window.view).reindex(table["account_id"])
    for name in ("segment", "region"):
        of_account = pd.Series(account[name].to_numpy(), index=table.index)
        table[name] = table[name].fillna(of_account).fillna(UNKNOWN)
    table["source"] = table["source"].fillna(UNKNOWN_SOURCE)
    known = table["is_start_known"].to_numpy(dtype=bool)
    unbilled = deals["is_first"] & ~deals["customer"].isin(found["account_id"])
    unbilled &= deals["start_month"].between(months.months[0], window.known_until)
    return table[known], pd.concat([table[~known].assign(reason=NO_START), deals[unbilled].assign(reason=NO_BILLS)])


def _accounts(view: AsOf) -> pd.DataFrame:
    """Return segment and region of accounts known on the day, as company.yml writes them."""
    accounts, company = view.book.table("accounts").set_index("account_id"), view.company
    accounts = accounts[~(accounts["created_at"] > end_of_day(view.day))]
    by_size = accounts["employees"].map(company.segments.of_employees, na_action="ignore").astype("str")
    named = {"segment": (accounts["segment"].fillna(by_size), company.segments.spellings),
             "region": (accounts["region"], company.regions.spellings)}  # fmt: skip
    return pd.DataFrame({
        name: values.str.strip().str.casefold().map(spellings).astype("str").fillna(values)
        for name, (values, spellings) in named.items()
    })  # fmt: skip


def _with_lag(table: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the table (COLUMNS) with the month of the lead, else of the deal, and the months from there on."""
    leads, end = window.view.book.table("leads"), end_of_day(window.view.day)
    known = (leads["created_at"] <= end) & ~(leads["converted_date"] > pd.Timestamp(window.view.day))
    earliest = leads[known].groupby("opportunity_id")["created_at"].min()
    lead_at = pd.Series(earliest.reindex(table["opportunity_id"]).to_numpy(), table.index)
    has_lead = lead_at <= table["created_at"]
    lead_month = _month(lead_at.where(has_lead, table["created_at"]))
    start = table["start_month"]
    lag = (start.dt.year - lead_month.dt.year) * 12 + (start.dt.month - lead_month.dt.month)
    lag_from = pd.Series("opportunity", table.index, dtype="str").mask(has_lead, "lead").where(lead_month.notna())
    lag = lag.astype("float64").clip(0, window.knobs.most_lag_months)
    table = table.assign(lead_month=lead_month, lag_months=lag, lag_from=lag_from)[COLUMNS]
    types = {name: _DTYPES.get(name, "str") for name in COLUMNS}
    return table.astype(types).sort_values(["start_month", "customer"], ignore_index=True)


def _in_slice(table: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the rows whose deal is in the slice; all of the whole company."""
    return table if window.only is None else table[table["opportunity_id"].isin(window.only)]


def _customers_in_slice(months: CustomerMonths, window: Window) -> pd.Index | None:
    """Return the customers whose account has an opportunity in the slice; None for the whole company."""
    if window.only is None:
        return None
    state, customers = window.view.opportunities, months.customers
    accounts = state.loc[state["opportunity_id"].isin(window.only), "account_id"].dropna()
    return pd.Index(customers.loc[customers["account_id"].isin(accounts), "customer"])


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """Return who is left out by reason: how many, what they pay or would pay a month, and the largest."""
    rows = rows.sort_values(["new_amount", "customer"], ascending=[False, True]).groupby("reason")
    told = pd.DataFrame({
        "n": rows.size(), "amount": rows["new_amount"].sum(),
        "examples": rows["customer"].agg(examples),
    }).reset_index()  # fmt: skip
    return told[_LEFT_OUT].astype({"reason": "str", "n": "int64", "amount": "float64", "examples": "str"})


def _month(stamps: pd.Series) -> pd.Series:
    """Return the first day of each stamp's month."""
    return stamps.dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")

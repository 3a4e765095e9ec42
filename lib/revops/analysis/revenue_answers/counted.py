"""What any of the answers may count: deals won in a quarter, open deals due in it, and what bills added, in cents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from revops.analysis.among import is_among
from revops.analysis.recurring import CustomerMonths, added, customer_months
from revops.analysis.revenue_answers.deals import cents, deals_in
from revops.analysis.revenue_answers.definitions import Definition, Who, definitions_of
from revops.book import AsOf
from revops.periods import Period, end_of_day
from revops.wording import join

__all__ = ["PARTS", "Billed", "Counted", "counted_in", "counted_of"]

PARTS = ("booked", "committed")
_MONTHS = 3
NEEDS_BILLS = "needs subscriptions: recurring revenue by customer and month"
NEEDS_CATEGORIES = "needs forecast categories of open deals, as they stood on the day"


@dataclass(frozen=True)
class Billed:
    """What bills added in a quarter, by customer.

    table: one row per customer of whom revenue was added, sorted: customer (its account, else the billing system's id),
        account_id (null where unknown), account_name (else the billing system's name of it), cents (x 12).
    months: first days of the quarter's months that the bills tell. wanted: those of the quarter that are over.
    has_prices_of_today: amounts are present prices, which tell of no expansion.
    """

    table: pd.DataFrame
    months: pd.DatetimeIndex
    wanted: pd.DatetimeIndex
    has_prices_of_today: bool


@dataclass(frozen=True)
class Counted:
    """Everything that an answer of one quarter may count, as known on the day.

    deals: one row per deal and part, by opportunity_id: the deal's columns as they stood, part (booked: won, closed in
        the quarter; committed: open, due in it from the day on; overdue: open, due before the day), role (commit,
        most_likely, best_case, pipeline, other; null where no category is known), is_touched, cents.
    billed: None where no answer goes by bills, or there are none.
    has_categories: false where open deals are due of which no forecast category is known for the day.
    """

    view: AsOf
    period: Period
    deals: pd.DataFrame
    billed: Billed | None
    has_categories: bool
    definitions: dict[Who, Definition]
    is_slice: bool = False

    @cached_property
    def open_deals(self) -> pd.DataFrame:
        """Return the rows of `deals` that are open and due in the quarter."""
        return self.deals[self.deals["part"].eq("committed")]

    def said_months(self, who: Who) -> str:
        """Return of which months bills tell, in words, where an answer goes by bills that tell a part of the quarter;
        else blank."""
        months = () if self.billed is None or not self.definitions[who].is_billed else self.billed.months
        return f" by bills of {join([f'{month:%b}' for month in months])} alone" if 0 < len(months) < _MONTHS else ""

    def why_not(self, who: Who, part: str) -> str | None:
        """Return why an answer's part cannot be told; None where it can.

        Formula
            Billed: no bills, or the quarter has begun and they tell none of its months. Committed: no category is known
            of any open deal due. Else, where only some sources count: all deals in question have an unknown one, and
            none is touched.
        """
        return self._whys[who, part]

    @cached_property
    def _whys(self) -> dict[tuple[Who, str], str | None]:
        return {(who, part): self._why_not(who, part) for who in self.definitions for part in PARTS}

    def _why_not(self, who: Who, part: str) -> str | None:
        definition = self.definitions[who]
        if part == "booked" and definition.is_billed:
            return self._why_not_billed()
        if part == "committed" and (not definition.committed or self.open_deals.empty):
            return None
        if part == "committed" and not self.has_categories:
            return NEEDS_CATEGORIES
        mine = self.deals[self.deals["part"].eq(part) & self.deals["type"].isin(definition.types)]
        if definition.sources is None or "unknown" in definition.sources or mine.empty:
            return None
        if mine["source"].ne("unknown").any() or (definition.touched and mine["is_touched"].any()):
            return None
        return "no source on record" + (", and no touch of anybody" if definition.touched else "")

    def _why_not_billed(self) -> str | None:
        if self.period.start > self.view.day:
            return None
        if self.billed is None:
            return NEEDS_BILLS
        return None if len(self.billed.months) else f"bills tell no month of {self.period.name} yet"


def counted_of(
    view: AsOf,
    period: Period,
    *,
    only: pd.Index | None = None,
    who: Iterable[Who] | None = None,
    bills: CustomerMonths | None = None,
) -> Counted:
    """Return everything that the answers of a quarter may count: see `counted_in`."""
    return counted_in(view, [period], only=only, who=who, bills=bills)[period.name]


def counted_in(
    view: AsOf,
    periods: Sequence[Period],
    *,
    only: pd.Index | None = None,
    who: Iterable[Who] | None = None,
    bills: CustomerMonths | None = None,
) -> dict[str, Counted]:
    """Return everything that the answers of some quarters may count, by quarter.

    Parameters
        view : the company's tables as of a day
        only : the opportunities of a slice, by id; its bills are those of customers whose account has one of them
        who : whose definitions are asked for; None = everybody's
        bills : customer_months(view), where it is at hand

    Formula
        Bookings of a past quarter are those of the day they were frozen (pace.frozen_on), like `booked_amount`; a deal
        counts as touched where a touch of marketing reached its people before it closed (open: by the day), at any
        distance (analysis.journeys). Bills: analysis.recurring, of the quarter's months over by the day, x 12.

    Limits
        An amount that is blank counts 0 and the deal counts. Bills of months, and who pays late, are as known on the
        day, whenever the quarter was frozen.
    """
    every = definitions_of(view.company)
    wanted = {name: every[name] for name in every if who is None or name in set(who)}
    deals = deals_in(view, periods, with_touches=any(each.where_from[1] for each in wanted.values()))
    if only is not None:
        deals = {name: rows[is_among(rows["opportunity_id"], only)] for name, rows in deals.items()}
    asked = any(each.is_billed for each in wanted.values()) and not view.book.table("subscriptions").empty
    bills = (bills or customer_months(view)) if asked else None
    return {
        period.name: Counted(
            view, period, rows := deals[period.name].reset_index(drop=True),
            None if bills is None else _billed(view, period, only, bills),
            _has_categories(view, rows), wanted, only is not None,
        )
        for period in periods
    }  # fmt: skip


def _has_categories(view: AsOf, deals: pd.DataFrame) -> bool:
    """Return whether the categories of open deals are those of the day: a past day needs their history."""
    is_past = view.day < view.last_stamp.date() and "forecast_category" not in view.book.audit.tracked
    return not is_past and deals.loc[deals["part"].ne("booked"), "role"].notna().any()


def _billed(view: AsOf, period: Period, only: pd.Index | None, bills: CustomerMonths) -> Billed:
    quarter = pd.date_range(period.start, periods=_MONTHS, freq="MS", unit="us")
    wanted = quarter[quarter + pd.offsets.MonthEnd(0) <= pd.Timestamp(view.day)]
    months = wanted[wanted.isin(bills.months[1:])]
    customers = bills.customers[["customer", "account_id"]].astype("str")
    table = customers.assign(cents=cents(12 * added(bills, months)))
    if only is not None:
        state = view.opportunities
        accounts = state.loc[is_among(state["opportunity_id"], only), "account_id"].dropna()
        table = table[table["account_id"].isin(accounts)]
    accounts = view.book.table("accounts")
    accounts = accounts[~(accounts["created_at"] > end_of_day(view.day))]
    names = accounts.drop_duplicates("account_id").set_index("account_id")["account_name"]
    called = view.book.table("subscriptions").drop_duplicates("customer_id", keep="last")
    called = called.set_index("customer_id")["customer_name"]
    table = table[table["cents"] > 0].reset_index(drop=True)
    told = table["account_id"].map(names).astype("str")
    return Billed(
        table.assign(account_name=told.fillna(table["customer"].map(called).astype("str"))),
        months,
        wanted,
        bills.basis != "reported",
    )

"""What any of the answers may count: deals won in a quarter, open deals due in it, and what bills added, in cents."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from revops.analysis.among import is_among
from revops.analysis.forecast_categories import CATEGORY_ROLES
from revops.analysis.journeys import JourneyKnobs, Known, journeys_of, known_on
from revops.analysis.pace import frozen_on
from revops.analysis.recurring import CustomerMonths, added, customer_months
from revops.analysis.revenue_answers.definitions import Definition, Who, definitions_of
from revops.analysis.standing import BOOKED, BOOKED_WITHOUT_QUOTA, is_open, standing
from revops.book import AsOf
from revops.company import TYPES
from revops.periods import Period, end_of_day
from revops.wording import join

__all__ = ["PARTS", "Billed", "Counted", "cents", "counted_of"]

PARTS = ("booked", "committed")
_MONTHS = 3
_DEAL = ["opportunity_id", "opportunity_name", "account_id", "account_name", "owner_id", "type", "source",
         "forecast_category", "close_date", "amount"]  # fmt: skip
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
    known: people and touches of the day (journeys.known_on); None where no answer asks for touches.
    """

    view: AsOf
    period: Period
    deals: pd.DataFrame
    billed: Billed | None
    has_categories: bool
    definitions: dict[Who, Definition]
    is_slice: bool = False
    known: tuple[Known, ...] | None = None

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
    known: tuple[Known, ...] | None = None,
) -> Counted:
    """Return everything that the answers of a quarter may count.

    Parameters
        view : the company's tables as of a day
        only : the opportunities of a slice, by id; its bills are those of customers whose account has one of them
        who : whose definitions are asked for; None = everybody's
        bills : customer_months(view), where it is at hand
        known : journeys.known_on(view), likewise

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
    on = frozen_on(period, view.day, view.company.grace_days)
    then = view if on == view.day or not view.knows(on) else replace(view, day=on, _states={})
    won, open_ = _won(then, period, view.day), _open(view, period)
    if any(definition.where_from[1] for definition in wanted.values()):
        known = known or known_on(view)
        won = _touched(won, then, period, known if then is view else None)
        open_ = _touched(open_, view, period, known)
    deals = pd.concat([won, open_], ignore_index=True).astype({"is_touched": "bool", "cents": "int64"})
    if only is not None:
        deals = deals[is_among(deals["opportunity_id"], only)]
    deals = deals.sort_values(["opportunity_id", "part"], ignore_index=True)
    billed = None
    if any(definition.is_billed for definition in wanted.values()) and not view.book.table("subscriptions").empty:
        billed = _billed(view, period, only, customer_months(view) if bills is None else bills)
    return Counted(view, period, deals, billed, _has_categories(view, deals), wanted, only is not None, known)


def cents(amounts: pd.Series | np.ndarray) -> np.ndarray:
    """Return amounts as whole cents; a blank one as 0."""
    return np.rint(np.nan_to_num(np.asarray(amounts, dtype="float64")) * 100).astype("int64")


def _won(view: AsOf, period: Period, day: dt.date) -> pd.DataFrame:
    """Return what was won in the quarter, of any type."""
    state = view.opportunities
    where = standing(state, period=period, day=day, company=view.company)
    return _described(state[where.isin([BOOKED, BOOKED_WITHOUT_QUOTA])], "booked")


def _open(view: AsOf, period: Period) -> pd.DataFrame:
    """Return open deals due in the rest of the quarter, and those that are overdue, of any type."""
    state = view.opportunities
    state, today = state[is_open(state)], pd.Timestamp(view.day)
    due = state["close_date"].between(max(today, pd.Timestamp(period.start)), pd.Timestamp(period.end))
    overdue = state["close_date"] < today
    return pd.concat([_described(state[due], "committed"), _described(state[overdue], "overdue")])


def _described(state: pd.DataFrame, part: str) -> pd.DataFrame:
    category = state["forecast_category"].astype("object")
    role = category.map(CATEGORY_ROLES).where(category.isin(list(CATEGORY_ROLES)), "other").where(category.notna())
    return state[_DEAL].assign(part=part, role=role.astype("str"), cents=cents(state["amount"]), is_touched=False)


def _touched(deals: pd.DataFrame, view: AsOf, period: Period, known: tuple[Known, ...] | None) -> pd.DataFrame:
    """Return the deals with is_touched: whether a touch of marketing reached their people."""
    if deals.empty:
        return deals
    knobs = JourneyKnobs(
        types=TYPES, since=period.start, until=period.end, never_converted="off", lost=False, keep_open=True
    )
    journeys = journeys_of(view, knobs, only=pd.Index(deals["opportunity_id"]), known=known).journeys
    reached = journeys.loc[journeys["kind"].isin(["won", "open"]), "opportunity_id"]
    return deals.assign(is_touched=is_among(deals["opportunity_id"], reached))


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

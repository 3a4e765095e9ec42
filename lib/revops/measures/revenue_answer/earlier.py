"""What the three would have said of earlier quarters, and what of them and of this one nobody has explained."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.recurring import CustomerMonths, added
from revops.analysis.revenue_answers import (
    MORE_WON,
    NO_ACCOUNT,
    NO_BILL,
    NO_CUSTOMER,
    NO_DEAL,
    OLD_DEAL,
    Answers,
    Bridge,
    Counted,
    answers_of,
    bridge_of,
)
from revops.book import AsOf
from revops.measures.revenue_answer.knobs import Knobs
from revops.periods import Period

__all__ = ["KINDS", "Earlier", "earlier_of", "quarters_before", "unexplained_of"]

KINDS = ("won_not_billed", "billed_not_won", "other_amount")
_OF_RULE = dict(zip(("not_billed", "not_won", "other_amount"), KINDS, strict=True))
_OPEN = {"won_not_billed": (NO_BILL, NO_ACCOUNT), "billed_not_won": (NO_DEAL, NO_CUSTOMER, OLD_DEAL)}
_MOST = 0.5
PAST = {"period": "str", "who": "str", "booked": "float64", "n_booked": "int64", "is_whole": "bool"}
UNEXPLAINED = {"period": "str", "kind": "str", "opportunity_id": "str", "customer": "str", "name": "str",
               "owner_id": "str", "close_date": "datetime64[us]", "won_amount": "float64", "billed_amount": "float64",
               "amount": "float64", "reason": "str"}  # fmt: skip


@dataclass(frozen=True)
class Earlier:
    """table: what each function would say was booked, by quarter, the one of the report last: period, who, booked
        [company currency; NaN: cannot be told, as where bills lack one of its months], n_booked, is_whole; booked: the
        same of all quarters looked at.
    counted: what could be counted in each quarter; bridges: the bridge of each. bills: what customers pay by month,
    None where no bills are known.
    """

    table: pd.DataFrame
    counted: Mapping[str, Counted]
    bridges: Mapping[str, Bridge]
    bills: CustomerMonths | None
    booked: pd.DataFrame

    @property
    def can_match(self) -> bool:
        """Return whether bills and deals won can be held against each other: most of both have an account."""
        if self.bills is None or not len(self.bills.months):
            return True
        deals = pd.concat([counted.deals for counted in self.counted.values()])
        sides = self.bills.customers["account_id"], deals.loc[deals["part"].eq("booked"), "account_id"]
        return all(side.empty or side.notna().mean() >= _MOST for side in sides)


def quarters_before(view: AsOf, period: Period, knobs: Knobs) -> list[Period]:
    """Return the whole quarters before one that are shown or asked after, the earliest first; none from before the
    first close date."""
    first = view.opportunities["close_date"].min()
    most = max(knobs.past_quarters, knobs.asked_quarters)
    quarters = [view.calendar.shift(period, back) for back in range(-most, 0)]
    return [quarter for quarter in quarters if quarter.end < view.day and pd.Timestamp(quarter.end) >= first]


def earlier_of(
    found: Mapping[str, Counted], answers: Answers, bridge: Bridge, knobs: Knobs, bills: CustomerMonths | None
) -> Earlier:
    """Return what the three would have said of the whole quarters before, as known on the day.

    Parameters
        found : what could be counted in each of quarters_before and, last, in the quarter of the report
        answers, bridge : those of that quarter
        bills : customer_months; None where there are no bills

    Formula
        As answers_of and bridge_of for each quarter; those before the first in which any deal was won or anything
        billed are left out.
    """
    *before, last = found
    told = {name: answers_of(found[name]) for name in before} | {last: answers}
    bridges = {name: bridge_of(found[name]) for name in before} | {last: bridge}
    shown = before[max(len(before) - knobs.past_quarters, 0) :]
    shown += [last] * (found[last].period.start <= found[last].view.day)
    rows = [row for name in found for row in _rows(name, found[name], told[name])]
    booked = pd.DataFrame(rows, columns=[*PAST]).astype(PAST)
    table = _without_blank_start(booked[booked["period"].isin(shown)])
    return Earlier(table, found, bridges, bills, booked)


def unexplained_of(earlier: Earlier, period: Period, knobs: Knobs) -> pd.DataFrame:
    """Return `answers_unexplained_amount`, one by one: what was won or billed without the other, and nothing explains.

    Question
        Which deals won were never billed, and which bills did nobody sell?

    Returns
        One row per deal or customer, this quarter last, the largest first: period, kind (won_not_billed,
        billed_not_won, other_amount), opportunity_id, customer, name, owner_id, close_date, won_amount, billed_amount,
        amount (how far the two are apart, not below 0) [company currency], reason

    Formula
        Of the quarter and the asked_quarters before it. A deal without a new bill counts where it was won bill_days or
        more before the end of the bills, and its account has no new bill in the months that begin within bill_days
        after the quarter either; a new bill counts where nothing was won in the quarter or the three months before it,
        no deal is open or was won later, and it is more than other_amount of what was paid before; another amount
        counts where it is off by more than other_amount of what was won, and the account won nothing of another type or
        source. Whatever else a reason explains is not here.
        Nothing is, where bills and deals cannot be held against each other (Earlier.can_match).
    """
    names = [name for name in earlier.bridges if name != period.name]
    names = names[max(len(names) - knobs.asked_quarters, 0) :]
    parts = [_open(name, earlier, knobs) for name in [*names, period.name]]
    rows = pd.concat(parts, ignore_index=True).astype(UNEXPLAINED)
    return rows if earlier.can_match else rows.head(0)


def _rows(name: str, counted: Counted, answers: Answers) -> Iterator[tuple]:
    """Yield each function's answer of a quarter; by bills only where they tell all months of it that are over."""
    is_whole = counted.period.end < counted.view.day
    lacks = counted.billed is not None and len(counted.billed.months) < len(counted.billed.wanted)
    for line in answers.table.itertuples():
        is_lacking = counted.definitions[line.who].is_billed and lacks
        yield name, line.who, np.nan if is_lacking else line.booked, line.n_booked, is_whole


def _without_blank_start(table: pd.DataFrame) -> pd.DataFrame:
    """Return quarters from the first one on in which anything was booked by anybody."""
    has_any = table["booked"].fillna(0.0).ne(0).groupby(table["period"], sort=False).transform("any")
    return table[has_any.cummax()].reset_index(drop=True)


def _open(name: str, earlier: Earlier, knobs: Knobs) -> pd.DataFrame:
    """Return what nothing explains in one quarter."""
    bridge, counted = earlier.bridges[name], earlier.counted[name]
    rows = bridge.records[bridge.records["part"].eq("booked") & bridge.records["rule"].isin(list(_OF_RULE))]
    is_back = rows["from_who"].map({who: d.is_billed for who, d in counted.definitions.items()}).astype(bool)
    won, billed = (rows["amount_before"].where(~is_back, rows["amount_after"]),
                   rows["amount_after"].where(~is_back, rows["amount_before"]))  # fmt: skip
    closed = counted.deals[counted.deals["part"].eq("booked")].set_index("opportunity_id")["close_date"]
    closed = closed.reindex(rows["opportunity_id"]).array
    rows = rows.assign(period=name, kind=rows["rule"].map(_OF_RULE), won_amount=won, billed_amount=billed,
                       amount=(won - billed).abs(), close_date=closed)  # fmt: skip
    rows = rows[_is_open(rows, counted, earlier.bills, knobs)].drop_duplicates(["kind", "opportunity_id", "customer"])
    place = rows["opportunity_id"].fillna(rows["customer"])
    rows = rows.assign(place=place).sort_values(["amount", "place"], ascending=[False, True])
    return rows[[*UNEXPLAINED]]


def _is_open(rows: pd.DataFrame, counted: Counted, bills: CustomerMonths | None, knobs: Knobs) -> pd.Series:
    """Return which rows no reason explains."""
    found = rows["kind"].eq("other_amount") & (rows["amount"] > knobs.other_amount * rows["won_amount"].abs())
    found &= ~rows["reason"].str.endswith(MORE_WON)
    for kind, reasons in _OPEN.items():
        found |= rows["kind"].eq(kind) & rows["reason"].str.split(";").str[0].isin(reasons)
    if bills is None or not len(bills.months):
        return found
    wait = pd.Timedelta(days=knobs.bill_days)
    is_early = rows["close_date"] > bills.months[-1] + pd.offsets.MonthEnd(0) - wait
    end = pd.Timestamp(counted.period.end)
    later = bills.months[(bills.months > end) & (bills.months <= end + wait)]
    billed = bills.customers.loc[added(bills, later) > 0, "account_id"].dropna()
    is_rise = rows["reason"].eq(OLD_DEAL) & (rows["billed_amount"] <= knobs.other_amount * _paid(rows, counted, bills))
    accounts = counted.deals.drop_duplicates("opportunity_id").set_index("opportunity_id")["account_id"]
    is_late = accounts.reindex(rows["opportunity_id"]).isin(billed).to_numpy()
    return found & ~is_rise & ~(rows["kind"].eq("won_not_billed") & (is_early | is_late))


def _paid(rows: pd.DataFrame, counted: Counted, bills: CustomerMonths) -> pd.Series:
    """Return what each customer was billed in the last month before the quarter, x 12; 0 where nothing is known."""
    at = int((bills.months < pd.Timestamp(counted.period.start)).sum()) - 1
    paid = pd.Series(12 * bills.amount[:, at] if at >= 0 else 0.0, bills.customers["customer"])
    return rows["customer"].map(paid).astype("float64").fillna(0.0)

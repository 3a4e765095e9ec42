"""What is left of the revenue of a year ago: with and without the largest customers, and what moved it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis import recurring
from revops.analysis.recurring import CustomerMonths
from revops.analysis.resampling import customer_counts, drawn_range
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.window import Window
from revops.ratios import effective_count, safe_ratio, share_interval

__all__ = ["MEASURES", "SCOPES", "RetentionResult", "retention"]

Array = np.ndarray
MEASURES = ("nrr", "grr", "logo_churn_rate")
SCOPES = ("all", "without_top")
_OF_AMOUNTS = ("nrr", "grr")
_YEAR = 12
_CURVE_MONTHS = 24
_NO_BILLS = "no billing export tells what customers pay by month"
_NOBODY = "nobody is known to have paid a year before the window's last month"
_NO_PAST = (
    "recurring revenue is told at the present price of each subscription, and prices have no past: export MRR per "
    "subscriber"
)


@dataclass(frozen=True)
class RetentionResult:
    """Of the customers of twelve months before `now`, the last month of the window that is reported.

    table: measure (nrr, grr, logo_churn_rate), scope (all, without_top: without those of `top`), value, low, high
        [share; NaN where why says so], n (customers then).
    bridge: recurring.movements by fiscal quarter up to that of `now`.
    top: the largest customers of then, by the larger of then and now: customer (its account id, else the billing
        system's), then, now, change [currency a month], share (of what all customers pay now, new ones too).
    curve: month, nrr, grr, n (customers twelve months before): the last 24 months up to `now`.
    in_doubt: state, n, amount [currency a month], customers (ids, those that paid most first): customers of then that
        are missing (in months that are not settled: they may be late, and are counted as lost), or past_due (counted
        as paying what they last paid).
    now: first day of the month; NaT where there is none.
    why: nrr, grr, logo_churn_rate, bridge -> what is not known, or not seen, and why.
    """

    table: pd.DataFrame
    bridge: pd.DataFrame
    top: pd.DataFrame
    curve: pd.DataFrame
    in_doubt: pd.DataFrame
    now: pd.Timestamp
    why: dict[str, str]


def retention(window: Window, customers: Customers) -> RetentionResult:
    """Return what is left of the recurring revenue of a year ago.

    Question
        Do the customers we have grow or melt away, and does that hang on a few of them?

    Parameters
        window : Uses its last month, and knobs.top, draws, level, seed.
        customers : Uses months and in_slice.

    Formula
        analysis.recurring.retention of the amounts of `now` and twelve months before. Ranges of amounts from resamples
        of customers, widened for as few equal customers as would be as concentrated as those of then; of customers
        lost, that of a share.

    Source
        Share: Wilson (ratios.share_interval). Resamples: analysis.resampling.

    Limits
        The ranges hold the chance in who stays, grows and leaves, not a bad year that hits all of them together.
    """
    months = recurring.no_months() if customers.months is None else recurring.only(customers.months, customers.in_slice)
    place = int(np.searchsorted(months.months, window.months[-1], side="right")) - 1
    then = _of_then(months, place)
    large = np.argsort(-then[["then", "now"]].max(axis=1).to_numpy(), kind="stable")[: window.knobs.top]
    names = window.view.calendar.names(pd.Series(months.months))
    bridge = recurring.movements(months, names)
    return RetentionResult(
        _table(then, large, months.basis == "present_price", window.knobs),
        bridge[bridge["period"].isin(names[: place + 1])],
        _top(then, large, float(_amount(months, place).sum())), _curve(months, place), _in_doubt(months, then, place),
        months.months[place] if place >= 0 else pd.NaT, _why(customers, months, then),
    )  # fmt: skip


def _of_then(months: CustomerMonths, place: int) -> pd.DataFrame:
    """Return who paid twelve months before: row (in months), customer, start, then, now, stays.

    In an order that has nothing to do with names, so that resamples have not either.
    """
    base = months.customers[["customer", "start"]].reset_index(names="row")
    base = base.assign(then=_amount(months, place - _YEAR), now=_amount(months, place), stays=False)
    if place >= 0:
        base["stays"] = months.there[:, place]
    return base[base["then"] > 0].sort_values(["start", "then", "now", "customer"], ignore_index=True)


def _amount(months: CustomerMonths, place: int) -> Array:
    """Return what each customer pays in a month; nothing before the first."""
    return months.amount[:, place] if place >= 0 else np.zeros(len(months.customers))


def _table(then: pd.DataFrame, large: Array, is_present_price: bool, knobs: Knobs) -> pd.DataFrame:
    counts = customer_counts(len(then), knobs.seed, knobs.draws)
    rest = np.setdiff1d(np.arange(len(then)), large)
    parts = {"all": np.arange(len(then)), "without_top": rest}
    found = [_scope(then.iloc[parts[name]], counts[parts[name]], knobs.level).assign(scope=name) for name in SCOPES]
    table = pd.concat(found).sort_values("measure", key=lambda name: name.map(MEASURES.index), kind="stable")
    unknown = table["measure"].isin(_OF_AMOUNTS) & is_present_price
    table[["value", "low", "high"]] = table[["value", "low", "high"]].mask(unknown)
    return table[["measure", "scope", "value", "low", "high", "n"]].reset_index(drop=True)


def _scope(then: pd.DataFrame, counts: Array, level: float) -> pd.DataFrame:
    """Return measure, value, low, high, n of some customers."""
    arrays, stays = (then["then"].to_numpy(), then["now"].to_numpy()), then["stays"].to_numpy(dtype=bool)
    told, drawn = recurring.retention(*arrays, stays=stays), recurring.retention(*arrays, counts, stays=stays)
    draws = np.array([drawn.nrr, drawn.grr])[:, ~np.isnan(drawn.nrr)]
    low, high = drawn_range(draws, np.full(2, effective_count(then["then"])), level=level)
    share = share_interval(int((~stays).sum()), len(then), level=level)
    return pd.DataFrame({
        "measure": pd.Series(MEASURES, dtype="str"), "value": [told.nrr, told.grr, told.logo_churn_rate],
        "low": [*low, share[0]], "high": [*high, share[1]], "n": len(then),
    })  # fmt: skip


def _top(then: pd.DataFrame, large: Array, of_all: float) -> pd.DataFrame:
    """Return the largest; of_all: what all customers pay now."""
    table = then.iloc[large].reset_index(drop=True)
    share = safe_ratio(table["now"], pd.Series(of_all, table.index))
    return table[["customer", "then", "now"]].assign(change=table["now"] - table["then"], share=share)


def _curve(months: CustomerMonths, place: int) -> pd.DataFrame:
    """Return retention of each of the last months over the year before it."""
    places = range(max(place - _CURVE_MONTHS + 1, 0), place + 1)
    then = [_amount(months, at - _YEAR) for at in places]
    told = [recurring.retention(before, months.amount[:, at]) for before, at in zip(then, places, strict=True)]
    rows = [(one.nrr, one.grr, int((before > 0).sum())) for one, before in zip(told, then, strict=True)]
    table = pd.DataFrame(rows, columns=["nrr", "grr", "n"]).astype({"nrr": float, "grr": float, "n": int})
    if months.basis == "present_price":
        table[["nrr", "grr"]] = np.nan
    table.insert(0, "month", months.months[places.start : places.stop])
    return table


def _in_doubt(months: CustomerMonths, then: pd.DataFrame, place: int) -> pd.DataFrame:
    """Return which of the customers of then may have been told wrongly, and what they last paid."""
    end = months.customers["end"].to_numpy()[then["row"]]
    gone = ~then["stays"].to_numpy(dtype=bool) & (end >= months.settled) & (end <= place)
    last = months.amount[then["row"][gone], end[gone] - 1]
    waits = months.late[then["row"]][:, max(place, 0) :].all(axis=1) & then["now"].gt(0).to_numpy()
    paid = [pd.Series(last, then["customer"][gone]), then.loc[waits].set_index("customer")["now"]]
    paid = [one.sort_index().sort_values(ascending=False, kind="stable") for one in paid]
    return pd.DataFrame({
        "state": pd.Series(["missing", "past_due"], dtype="str"), "n": [len(one) for one in paid],
        "amount": [float(one.sum()) for one in paid], "customers": [tuple(one.index) for one in paid],
    })  # fmt: skip


def _why(customers: Customers, months: CustomerMonths, then: pd.DataFrame) -> dict[str, str]:
    if customers.months is None or not len(months.months):
        return dict.fromkeys((*MEASURES, "bridge"), _NO_BILLS)
    if then.empty:
        return dict.fromkeys(MEASURES, _NOBODY)
    return dict.fromkeys((*_OF_AMOUNTS, "bridge"), _NO_PAST) if months.basis == "present_price" else {}

"""Payback by segment and region, and of new business against expansion: small groups drawn to the whole, and marked."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from revops.analysis.resampling import customer_counts, drawn_range
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.drawn_to_whole import Values, drawn_to_whole, surely
from revops.measures.cac_payback.drivers import over_drivers, shared_by_others
from revops.measures.cac_payback.effort import DIMENSIONS, Effort
from revops.measures.cac_payback.expanded import expanded
from revops.measures.cac_payback.ladder import HEADLINE, Ladder
from revops.measures.cac_payback.lag import Lag, lagged
from revops.measures.cac_payback.window import Window

__all__ = ["COLUMNS", "TYPE", "Groups", "by_group"]

Array = np.ndarray
COLUMNS = ["dimension", "group", "n_customers", "new_amount", "effort_share", "spend_amount", "cac_amount",
           "payback_months", "low", "high", "shrunk_months", "shrunk_low", "shrunk_high", "lowest_months",
           "highest_months", "is_few", "factor", "sure"]  # fmt: skip
TYPE = "type"


@dataclass(frozen=True)
class Groups:
    """table: one row per dimension (region, segment, and type: new, expansion) and group, sorted, COLUMNS.

    n_customers, new_amount: new customers of the months whose cost is known and what they pay a month; of expansion,
        customers that pay more than before and how much more. effort_share: share of new business's cost (of type: of
        all cost). spend_amount: lagged cost of the group; those of a dimension add up to the ladder's.
    cac_amount: NaN for expansion. payback_months, low, high: of the group alone. shrunk_months, shrunk_low,
        shrunk_high: drawn to the company's, the more the less is known (of type: as they are). lowest_months,
        highest_months: payback_months over the ways to share cost, `drivers`.
    is_few: fewer customers than fewest_customers. factor: CAC of the group over the company's, drawn to 1 where little
        is known; customers times factors add up to the customers. sure: above or below the target beyond noise by
        every driver; depends, where they do not say the same; else "".
    drivers: those that cost was shared by, the one used first.
    """

    table: pd.DataFrame
    drivers: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Whole:
    """What all groups are shares of: months known, margin, lagged cost of new business (of the slice), new customers in
    an order that no name changes, and how often each is taken in each resample."""

    months: pd.DatetimeIndex
    margin: float
    spend: float
    customers: pd.DataFrame
    counts: Array


def by_group(window: Window, books: Books, customers: Customers, lag: Lag, effort: Effort, ladder: Ladder) -> Groups:
    """Return CAC and payback of segments and regions, and of new business against expansion.

    Question
        Where does a customer repay its cost sooner, and where surely later than the target?

    Parameters
        effort : Uses new_share, slice_share, groups.
        ladder : Uses months, and the rung lagged: what the groups add up to.

    Formula
        cost of a group = lagged cost of new business x its effort_share; payback = cost / (what its new customers pay a
        month x margin of the company). Ranges by resampling customers. Drawn to the company's and tested against
        target_months, segments and regions together: drawn_to_whole.py. Expansion: the cost that new business does
        not bear, over what customers pay more. Sure only where cost shared by any other driver, between new business
        and expansion and between groups, says the same: drivers.py.

    Limits
        One margin and one lag for all groups. A group that drew no effort has no cost, so no payback of its own. The
        cost of expansion is lagged as that of new business is; of a slice it is not told.
    """
    whole = _whole(window, customers, ladder)
    more = expanded(window, customers, whole.months)
    cost = lagged(books.all_spend, lag.weights, window.knobs.least_known).reindex(whole.months).sum(min_count=1)
    efforts = [effort, *shared_by_others(window, customers, lag, effort, whole.months)]
    own, *others = (_shared(_moved(whole, effort, by), window, float(cost), more, by) for by in efforts)
    table = over_drivers(own, others)
    types = {"dimension": "str", "group": "str", "n_customers": "int64", "is_few": "bool", "sure": "str"}
    table = table[COLUMNS].astype({name: types.get(name, "float64") for name in COLUMNS})
    return Groups(table.sort_values(["dimension", "group"], ignore_index=True), tuple(by.driver for by in efforts))


def _whole(window: Window, customers: Customers, ladder: Ladder) -> _Whole:
    """Return what all groups are shares of."""
    knobs, rung = window.knobs, ladder.of(HEADLINE)
    inside = customers.table[customers.table["start_month"].isin(ladder.months)]
    inside = inside.sort_values(["start_month", "new_amount", *DIMENSIONS], kind="stable", ignore_index=True)
    counts = customer_counts(len(inside), knobs.seed, knobs.draws)
    return _Whole(ladder.months, float(rung.gross_margin), float(rung.spend_amount), inside, counts)


def _moved(whole: _Whole, effort: Effort, by: Effort) -> _Whole:
    """Return the whole with the cost that new business bears by another driver than that of the ladder."""
    shares = [one.new_share * one.slice_share for one in (by, effort)]
    return whole if by is effort else replace(whole, spend=whole.spend * shares[0] / shares[1])


def _shared(whole: _Whole, window: Window, cost: float, more: Array, effort: Effort) -> pd.DataFrame:
    """Return every group with cost shared by one driver: segments and regions are tested together, types apart.

    Parameters
        cost : lagged cost of the company; more: how much more each customer that expanded pays
    """
    parts = [[_dimension(name, whole, effort, window) for name in DIMENSIONS],
             [_types(whole, window, cost, more, effort)]]  # fmt: skip
    return pd.concat([_tested(found, window) for found in parts if sum(len(rows) for rows, _ in found)],
                     ignore_index=True)  # fmt: skip


def _tested(found: list[tuple[pd.DataFrame, Array]], window: Window) -> pd.DataFrame:
    """Return groups with sure, tested against the target together."""
    knobs, rows = window.knobs, pd.concat([rows for rows, _ in found if len(rows)], ignore_index=True)
    above = np.vstack([above for _, above in found])
    return rows.assign(sure=surely(rows["payback_months"].to_numpy(), above, knobs.target_months,
                                   may=~rows["is_few"].to_numpy(dtype=bool), sure=knobs.sure))  # fmt: skip


def _dimension(dimension: str, whole: _Whole, effort: Effort, window: Window) -> tuple[pd.DataFrame, Array]:
    """Return the groups of segment or region, and whether each is above the target in each resample."""
    shares = effort.groups[effort.groups["dimension"].eq(dimension)].set_index("group")["effort_share"]
    of = whole.customers[dimension]
    names = sorted(set(shares.index) | set(of))
    share = shares.reindex(names).to_numpy(dtype=float)
    spend = share / effort.slice_share * whole.spend if effort.slice_share > 0 else share * np.nan
    is_in = (of.to_numpy()[None, :] == np.array(names, dtype=object)[:, None]).astype(float)
    amounts = whole.customers["new_amount"].to_numpy()
    values = Values(names, is_in @ np.ones(len(of)), is_in @ amounts, is_in @ (amounts**2))
    rows, above = _paybacks(values, spend, (is_in * amounts) @ whole.counts, whole.margin, window)
    drawn = drawn_to_whole(rows["payback_months"].to_numpy(), values, window.knobs.level, of_amounts=True)
    cac = drawn_to_whole(rows["cac_amount"].to_numpy(), values, window.knobs.level, of_amounts=False)
    return rows.assign(dimension=dimension, effort_share=share, shrunk_months=drawn.middle, shrunk_low=drawn.low,
                       shrunk_high=drawn.high, factor=cac.factor), above  # fmt: skip


def _paybacks(values: Values, spend: Array, drawn: Array, margin: float, window: Window) -> tuple[pd.DataFrame, Array]:
    """Return cost, CAC and payback of groups, with ranges, and whether each is above the target in each resample.

    Parameters
        drawn : what their customers pay in each resample [groups x draws]
    """
    knobs, has_cost = window.knobs, spend > 0
    n, amount = values.n, values.amount
    margin = margin if margin > 0 else np.nan
    payback, cac = (_over(np.where(has_cost, spend, np.nan), part) for part in (amount * margin, n))
    ends = drawn_range(drawn, n, level=knobs.level)
    high, low = (_over(np.where(np.isnan(payback), np.nan, spend), end * margin) for end in ends)
    is_few = n < knobs.fewest_customers
    needed = _over(spend, knobs.target_months * margin)
    return pd.DataFrame({
        "group": values.names, "n_customers": n.astype(int), "new_amount": amount, "spend_amount": spend,
        "cac_amount": cac, "payback_months": payback, "low": low, "high": high, "is_few": is_few,
    }), drawn < needed[:, None]  # fmt: skip


def _types(whole: _Whole, window: Window, cost: float, more: Array, effort: Effort) -> tuple[pd.DataFrame, Array]:
    """Return new business and expansion, side by side, and whether each is above the target in each resample."""
    counts = customer_counts(len(more), window.knobs.seed, window.knobs.draws)
    amounts = [whole.customers["new_amount"].to_numpy(), more]
    rest = cost * (1 - effort.new_share) if window.only is None else np.nan
    values = Values(
        ["new", "expansion"], *(np.array([f(a) for a in amounts], dtype=float) for f in (len, np.sum, _square))
    )
    drawn = np.array([amounts[0] @ whole.counts, amounts[1] @ counts])
    rows, above = _paybacks(values, np.array([whole.spend, rest]), drawn, whole.margin, window)
    rows.loc[1, "cac_amount"] = np.nan
    share = [effort.new_share * effort.slice_share, 1 - effort.new_share if window.only is None else np.nan]
    return rows.assign(dimension=TYPE, effort_share=share, shrunk_months=rows["payback_months"], shrunk_low=rows["low"],
                       shrunk_high=rows["high"], factor=[1.0, np.nan]), above  # fmt: skip


def _over(part: Array, whole: Array | float) -> Array:
    """Return part / whole; NaN where the whole is not above 0."""
    whole = np.asarray(whole, dtype=float) * np.ones(np.shape(part))
    return np.asarray(part, dtype=float) / np.where(whole > 0, whole, np.nan)


def _square(amounts: Array) -> float:
    return float((amounts**2).sum())

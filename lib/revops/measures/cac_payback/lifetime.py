"""Lifetime value: the gross margin that a new customer brings up to a horizon, by what was seen of those before it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.resampling import drawn_range
from revops.analysis.survival import Counted, counted
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.by_age import ByAge, at_first_price, by_age, most_of_none, weights_of
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.ladder import HEADLINE, Ladder
from revops.measures.cac_payback.money_by_age import NO_BILLS, NO_MARGIN
from revops.measures.cac_payback.window import Window

__all__ = ["BASES", "Lifetime", "lifetime"]

Array = np.ndarray
BASES = ("without_expansion", "with_expansion")
"""What the CAC of new customers bought, no month above the first; and all that they pay, whose cost is not in it."""
_YEAR = 12
_STREAM = 89
_CURVE = ["age_months", "n_at_risk", "survival", "low", "high", "first_mean_amount", "first_margin_amount",
          "mean_amount", "margin_amount", "is_tail"]  # fmt: skip
_TABLE = ["basis", "ltv_amount", "low", "high", "tail_amount", "cac_amount", "ltv_to_cac", "ratio_low", "ratio_high",
          "constant_hazard_ltv", "monthly_churn", "n_customers", "tail_left", "tail_at_risk"]  # fmt: skip


@dataclass(frozen=True)
class Lifetime:
    """curve: one row per age from 0 to before the horizon: age_months, n_at_risk (of leaving at that age), survival
        (share still there when that many months are over), low, high, first_mean_amount (what those there pay in the
        month after it, of each no more than in its first), first_margin_amount (survival x first_mean_amount x margin
        x discount), mean_amount and margin_amount (the same of all that they pay), is_tail (older than
        observed_months).
    table: one row per basis of BASES, without_expansion (the one to go by) first: basis, ltv_amount (sum of
        first_margin_amount, or margin_amount), low, high, tail_amount (its part in the tail), cac_amount, ltv_to_cac,
        ratio_low, ratio_high, constant_hazard_ltv (margin a month over monthly_churn, without an end: for comparison),
        monthly_churn (share of those at risk that leave, all ages together), n_customers (seen to pay), tail_left and
        tail_at_risk (who left at the last twelve ages seen, of how many: the rate that the tail goes on at).
    horizon_months: where it ends. observed_months: the oldest age at which fewest_customers are at risk.
    note: what to know of it, in words, or None. why: why it cannot be had, in words, or None.
    """

    curve: pd.DataFrame
    table: pd.DataFrame
    horizon_months: int
    observed_months: int
    note: str | None
    why: str | None

    def of(self, basis: str) -> pd.Series:
        """Return the row of a basis."""
        return self.table.set_index("basis", drop=False).loc[basis]


def lifetime(window: Window, books: Books, customers: Customers, ladder: Ladder) -> Lifetime:
    """Return `ltv_amount` and `ltv_to_cac` of new customers, without and with expansion.

    Question
        What is a new customer worth, and how often does it earn back what it cost?

    Parameters
        window : its knobs
        books : Uses window_margin, why.
        customers : all new customers whose first month is known, whenever it was
        ladder : Uses cac_amount of the rung lagged, and the months whose customers bear it.

    Returns
        Lifetime

    Formula
        ltv_amount = sum over ages k = 0 to horizon - 1 of survival(k) x mean_amount(k) x window_margin
        / (1 + discount_rate)^(k / 12).
        mean_amount: without_expansion = of what each there pays no more than in its first month, since the CAC of new
        customers is not the cost of expanding; with_expansion = all.
        Survival by Kaplan and Meier on settled months: who is still there at the last of them has been seen to stay at
        every age before it.
        Tail: from the oldest age seen on, leavers over those at risk of the last twelve ages seen, every month; and the
        mean amount of these ages.
        Ranges: resamples of customers; the CAC is borne by those of the ladder's months in each. Where none left in the
        last twelve ages, the tail's leavers are drawn as those of a Jeffreys interval at none.

    Source
        Kaplan and Meier, JASA 53 (1958); why no constant rate: Fader and Hardie, Interfaces 37 (2007).

    Limits
        Amounts by age are those of customers who began long ago: it holds new ones to them. Margin and churn stay as
        they were. Costs of serving that are not in cost of goods are not in it. Beyond the ages seen the mean amount
        stands still: with_expansion is 6 to 13 % low there in made-up companies whose customers grow, without_expansion
        high where many shrink. The tail rests on who left at the last twelve ages seen: often few. A first month at a
        lower price caps all months of without_expansion. At a nominal 80 %, 250 made-up companies of 4 new customers a
        month for 48 months, whose amounts stay: held 73 % of values, 82 % of multiples of the CAC.
    """
    knobs = window.knobs
    if customers.months is None:
        return _unknown(knobs, 0, NO_BILLS)
    seen = by_age(customers)
    n, n_longer = int((seen.age > 0).sum()), int((_exits(seen) >= 1).sum())
    if n_longer < knobs.fewest_customers:
        needs = f"needs {knobs.fewest_customers} new customers seen for more than a month"
        return _unknown(knobs, n, f"{needs}; found {n_longer:,}")
    found = _counted(seen, np.ones(len(seen.age)), knobs)
    observed = int(np.flatnonzero(found.at_risk[:, 0] >= knobs.fewest_customers)[-1])
    curve = _curve(seen, found, weights_of(seen, knobs), observed, knobs)
    return _told(curve, _customers_in(ladder, seen, curve.weights), ladder.of(HEADLINE)["cac_amount"], books, knobs)


@dataclass(frozen=True)
class _Curve:
    """survival and, by basis, mean amounts by age, in the data first and then in each resample [ages x 1 + draws].

    paid: by basis what each paid [customers x ages]; tail_left, tail_at_risk: as in Lifetime.table.
    """

    seen: ByAge
    found: Counted
    weights: Array
    observed: int
    survival: Array
    paid: dict[str, Array]
    mean_amount: dict[str, Array]
    tail_left: int
    tail_at_risk: int


def _exits(seen: ByAge) -> Array:
    """Return up to which age each would have been seen to leave, or left; below 0 where no month is settled."""
    return seen.age - ~seen.left


def _counted(seen: ByAge, weights: Array, knobs: Knobs) -> Counted:
    chosen = seen.age > 0
    horizon = max(knobs.horizon_months, seen.amount.shape[1])
    return counted(_exits(seen)[chosen], seen.left[chosen], horizon=horizon, weights=weights[chosen])


def _curve(seen: ByAge, found: Counted, weights: Array, observed: int, knobs: Knobs) -> _Curve:
    """Return survival and mean amounts up to the horizon, the tail as the last year seen goes on."""
    last_year, ages = slice(max(observed - _YEAR + 1, 1), observed + 1), np.arange(knobs.horizon_months)[:, None]
    weights = np.column_stack([np.ones(len(weights)), weights])
    all_found = _counted(seen, weights, knobs)
    left, at_risk = (part[last_year].sum(axis=0) for part in (all_found.events[0], all_found.at_risk))
    n_left = int(left[0])
    if n_left == 0:
        left[1:] += np.random.default_rng([knobs.seed, _STREAM]).gamma(0.5, size=knobs.draws)
    rate = np.clip(np.divide(left, at_risk, out=np.zeros_like(left), where=at_risk > 0), 0, 1)
    alive = all_found.alive
    tail = alive[observed] * (1 - rate) ** np.maximum(ages - observed, 0)
    survival = np.where(ages <= observed, alive[: knobs.horizon_months], tail)
    paid = dict(zip(BASES, (at_first_price(seen), seen.amount), strict=True))
    mean = {basis: _mean_amounts(seen, amount, weights, observed, ages) for basis, amount in paid.items()}
    among = int(all_found.at_risk[last_year, 0].max(initial=0))
    return _Curve(seen, found, weights, observed, survival, paid, mean, n_left, among)


def _mean_amounts(seen: ByAge, amount: Array, weights: Array, observed: int, ages: Array) -> Array:
    """Return what those there pay at each age; beyond the oldest seen, and where none is there, that of the last year
    seen."""
    there = np.arange(amount.shape[1]) < seen.age[:, None]
    paid, n = amount.T @ weights, there.T.astype(float) @ weights
    last_year = slice(max(observed - _YEAR + 1, 0), observed + 1)
    mean = np.divide(paid, n, out=np.full_like(paid, np.nan), where=n > 0)
    whole = paid[last_year].sum(axis=0) / np.maximum(n[last_year].sum(axis=0), 1e-300)
    by_age = mean[np.minimum(ages[:, 0], len(mean) - 1)]
    return np.where((ages <= observed) & ~np.isnan(by_age), by_age, whole)


def _customers_in(ladder: Ladder, seen: ByAge, weights: Array) -> Array:
    """Return how many customers bear the CAC, in the data and in each resample."""
    return seen.table["start_month"].isin(ladder.months).to_numpy(dtype=float) @ weights


def _told(curve: _Curve, n_window: Array, cac: float, books: Books, knobs: Knobs) -> Lifetime:
    """Return the curve and the rows of Lifetime."""
    ages = np.arange(knobs.horizon_months)
    discount = (1 + knobs.discount_rate) ** (-ages / _YEAR)
    each = curve.survival * (books.window_margin * discount)[:, None]
    worth = {basis: each * mean for basis, mean in curve.mean_amount.items()}
    rows = pd.DataFrame([_row(curve, basis, worth[basis], n_window, cac, books.window_margin, knobs)
                         for basis in BASES])[_TABLE]  # fmt: skip
    seen = f"customers are seen for {curve.observed} months only: no first renewal is among what the tail goes on from"
    known = rows["ltv_amount"].notna().all()
    why = None if known else ": ".join(filter(None, [NO_MARGIN, books.why.get("margin")]))
    return Lifetime(_by_age(curve, worth, knobs), rows, knobs.horizon_months, curve.observed,
                    seen if curve.observed < _YEAR else None, why)  # fmt: skip


def _by_age(curve: _Curve, worth: dict[str, Array], knobs: Knobs) -> pd.DataFrame:
    """Return Lifetime.curve."""
    ages = np.arange(knobs.horizon_months)
    n = np.full(len(ages), int(curve.found.at_risk[0, 0]))
    low, high = drawn_range(curve.survival[:, 1:], n, level=knobs.level)
    at_risk = curve.found.at_risk[: len(ages), 0]
    none_left = (curve.survival[:, 0] == 1) & (ages > 0) & (ages <= curve.observed)
    low = np.minimum(low, np.where(none_left, 1 - most_of_none(at_risk, knobs.level), 1))
    first, every = BASES
    return pd.DataFrame({
        "age_months": ages, "n_at_risk": at_risk.astype("int64"), "survival": curve.survival[:, 0], "low": low,
        "high": high, "first_mean_amount": curve.mean_amount[first][:, 0], "first_margin_amount": worth[first][:, 0],
        "mean_amount": curve.mean_amount[every][:, 0], "margin_amount": worth[every][:, 0],
        "is_tail": ages > curve.observed,
    })[_CURVE]  # fmt: skip


def _row(curve: _Curve, basis: str, worth: Array, n_window: Array, cac: float, margin: float, knobs: Knobs) -> dict:
    """Return the row of one basis: lifetime value and its multiple of the CAC, with ranges, and its tail."""
    n, ltv = int(curve.found.at_risk[0, 0]), worth.sum(axis=0)
    ratio = ltv / cac * n_window / n_window[0] if cac > 0 and n_window[0] else np.full_like(ltv, np.nan)
    tail = worth[np.arange(len(worth)) > curve.observed, 0].sum()
    row = {"basis": basis, "ltv_amount": float(ltv[0]), "cac_amount": float(cac), "ltv_to_cac": float(ratio[0]),
           "tail_amount": float(tail) if not np.isnan(ltv[0]) else np.nan, "n_customers": n,
           "tail_left": curve.tail_left, "tail_at_risk": curve.tail_at_risk}  # fmt: skip
    for name, values, size in (("", ltv, n), ("ratio_", ratio, min(n, n_window[0]))):
        low, high = drawn_range(values[None, 1:], np.array([size]), level=knobs.level)
        row |= {
            f"{name}low": float(np.minimum(low[0], values[0])),
            f"{name}high": float(np.maximum(high[0], values[0])),
        }
    return row | _constant(curve, basis, margin)


def _constant(curve: _Curve, basis: str, margin: float) -> dict[str, float]:
    """Return the churn a month of all ages, and what margin over it would say."""
    left, at_risk = curve.found.events[0, 1:, 0].sum(), curve.found.at_risk[1:, 0].sum()
    churn = float(left / at_risk)
    mean = float(curve.paid[basis].sum() / curve.seen.age.sum())
    return {"monthly_churn": churn, "constant_hazard_ltv": mean * margin / churn if churn else np.nan}


def _unknown(knobs: Knobs, n: int, why: str) -> Lifetime:
    """Return a lifetime value that cannot be had."""
    kinds = {"age_months": "int64", "n_at_risk": "int64", "is_tail": "bool"}
    curve = pd.DataFrame(columns=_CURVE).astype({name: kinds.get(name, "float64") for name in _CURVE})
    row = dict.fromkeys(_TABLE, np.nan) | {"n_customers": n, "tail_left": 0, "tail_at_risk": 0}
    rows = pd.DataFrame([row | {"basis": basis} for basis in BASES])[_TABLE]
    return Lifetime(curve, rows, knobs.horizon_months, 0, None, why)

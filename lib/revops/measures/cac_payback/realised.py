"""Realised payback: what share of new customers has repaid its cost by each age, and what share left before."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.resampling import drawn_range
from revops.analysis.survival import incidence, incidence_draws
from revops.errors import examples
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.by_age import ByAge, by_age, cac_scale, most_of_none, weights_of
from revops.measures.cac_payback.by_group import Groups
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.ladder import Ladder
from revops.measures.cac_payback.money_by_age import NO_BILLS, Money, money_by_age
from revops.measures.cac_payback.window import Window
from revops.periods import FiscalCalendar

__all__ = ["AGES", "Realised", "realised"]

Array = np.ndarray
AGES = (12, 18, 24, 36)
"""Ages that the table by cohort tells [months]."""
_NEVER = 10**6
_NEARLY = 1 - 1e-9
"""Cumulative margin that is equal to the cost but for rounding has paid it back."""
_TABLE = {"customer": "str", "start_month": "datetime64[us]", "cohort": "str", "segment": "str",
          "cac_amount": "float64", "new_amount": "float64", "age_months": "int64", "left": "bool",
          "paid_back_age": "float64", "outcome": "str", "shortfall_amount": "float64"}  # fmt: skip
_CURVES = {"version": "str", "cohort": "str", "age_months": "int64", "n_at_risk": "int64"} | dict.fromkeys(
    ["paid_back_share", "paid_back_low", "paid_back_high", "lost_share", "lost_low", "lost_high"], "float64"
)
_SHARES = [f"{what}_{age}" for what in ("paid_back", "lost") for age in AGES]
_BY_COHORT = {"version": "str", "cohort": "str", "n_customers": "int64"} | dict.fromkeys(
    ["cac_amount", "median_age", *_SHARES], "float64"
)
_LEFT_OUT = {"version": "str", "reason": "str", "n": "int64", "amount": "float64", "examples": "str"}
NO_NEW = "needs new customers whose first month is known"
NO_CAC = "began in a month whose cost of acquisition the books do not tell"


@dataclass(frozen=True)
class Realised:
    """Each customer's cumulative gross margin against its CAC, told on settled months.

    table (recognised): one row per customer, sorted by start_month and customer: customer, start_month, cohort (fiscal
        year of the start, such as FY26), segment, cac_amount, new_amount, age_months (settled), left, paid_back_age
        (NaN: not yet), outcome (paid_back, left, open), shortfall_amount (of the CAC, missing still; 0 if paid back).
    curves: version (recognised; first_price: without expansion; collected, or billed where there are no payments),
        cohort ("all", then fiscal years), age_months from 1, n_at_risk, paid_back_share, paid_back_low, paid_back_high,
        lost_share, lost_low, lost_high.
    by_cohort: version, cohort, n_customers, cac_amount (mean), median_age (by which half have paid back; NaN: not yet),
        paid_back_12, 18, 24, 36 and lost_12, 18, 24, 36. NaN where fewer than fewest_customers are at risk at that age.
    left_out: version, reason, n, amount [recurring a month], examples: new customers that are in no number of it;
        first_price leaves out whom recognised does, and says so there.
    notes: version -> what to know of it, in words. why: version -> why it cannot be had, in words.
    """

    table: pd.DataFrame
    curves: pd.DataFrame
    by_cohort: pd.DataFrame
    left_out: pd.DataFrame
    notes: dict[str, str]
    why: dict[str, str]


def realised(window: Window, books: Books, customers: Customers, ladder: Ladder, groups: Groups) -> Realised:
    """Return `paid_back_share` and `lost_before_payback_share`: by age, of all new customers and by fiscal year.

    Question
        How many new customers have repaid what they cost, after how long, and how many left before?

    Parameters
        window : its knobs, and the day
        books : Uses margin, window_margin, why.
        customers : all new customers whose first month is known, whenever it was
        ladder : Uses cac_by_month.
        groups : Uses table: factor by segment.

    Returns
        Realised

    Formula
        CAC of a customer = cac_by_month at its start x factor of its segment.
        It has paid back at the first age k at which the sum over its first k months of revenue x margin of the month
        >= CAC.
        Revenue: recognised = recurring revenue; first_price = of it no more than in the first month, since the CAC is
        the cost of winning, not of expanding; collected = payments by month of payment, without tax where the invoice
        is known; billed = invoices by month of invoice. What comes before the first month counts in it, what comes
        after the customer left does not count.
        Shares: Aalen-Johansen. At one age the month's money comes first, then who leaves leaves: who is still there at
        the last settled month has been seen to pay back up to that age, and to leave up to the age before.
        Ranges: resamples of customers, whose number moves the CAC too (fewer bear the same cost).

    Source
        Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978).

    Limits
        A refund counts on the day of its payment, since bills say no other. Who came back after longer than late_months
        had not left. Customers of one segment that begin in one month bear the same CAC, whatever they pay: who pays
        little repays late. A first month at a lower price caps all months of first_price. The factor of a segment and
        the lag are held in the ranges. First passage: a later month with a negative margin takes no payback away. At a
        nominal 80 %, 150 made-up companies of 4 new customers a month for 48 months: held 75 to 87 % of shares paid
        back at 12 to 36 months, 77 to 78 % of shares lost.
    """
    if customers.months is None:
        return _put([], {"recognised": NO_BILLS, "collected": NO_BILLS})
    seen = by_age(customers)
    if seen.table.empty:
        return _put([], dict.fromkeys(("recognised", "collected"), NO_NEW))
    found, why = money_by_age(window, books, customers.months.basis, seen)
    weights = weights_of(seen, window.knobs)
    scale = cac_scale(seen, weights, window.knobs.cac_months)
    cohort = _years(seen.table["start_month"], window.view.calendar)
    judged = _Judged(seen, _cac(seen.table, ladder, groups), cohort, weights, scale, window.knobs)
    return _put([_told(money, judged) for money in found], why)


@dataclass(frozen=True)
class _Judged:
    """The new customers with their CAC and cohort; their weights in resamples, and the CAC of these over the one
    measured."""

    seen: ByAge
    cac: Array
    cohort: Array
    weights: Array
    scale: Array
    knobs: Knobs


def _cac(table: pd.DataFrame, ladder: Ladder, groups: Groups) -> Array:
    """Return each customer's CAC: that of its start month times the factor of its segment."""
    of_segments = groups.table[groups.table["dimension"].eq("segment")]
    factor = table["segment"].map(of_segments.set_index("group")["factor"]).astype("float64").fillna(1.0)
    return (table["start_month"].map(ladder.cac_by_month).astype("float64") * factor).to_numpy(dtype=float)


def _years(starts: pd.Series, calendar: FiscalCalendar) -> Array:
    """Return the fiscal year of each date, such as FY26."""
    return calendar.names(starts).str.split("-").str[0].to_numpy()


def _told(money: Money, judged: _Judged) -> dict[str, object]:
    """Return the parts of Realised that one version of the money tells."""
    kept = ~np.isnan(judged.cac) & money.is_in
    total = np.cumsum(money.margin, axis=1)
    cac = judged.cac[:, None]
    scale = np.where(cac == 0, 1.0, judged.scale)  # of who costs nothing no resample makes it more
    paid, drawn = _paid_age(total, cac)[:, 0], _paid_age(total, cac * scale)
    curves, rows = [], []
    for name in ["all", *np.unique(judged.cohort[kept])] if kept.any() else []:
        mine = kept & ((judged.cohort == name) | (name == "all"))
        curve = _curve(paid[mine], drawn[mine], judged, mine)
        curves.append(curve.assign(version=money.name, cohort=name))
        rows.append({"version": money.name, "cohort": name, "n_customers": int(mine.sum()),
                     "cac_amount": float(judged.cac[mine].mean()), **_at_ages(curve, judged.knobs)})  # fmt: skip
    is_first = money.name == "recognised"
    return {
        "table": [_by_customer(judged, paid, total)[kept]] if is_first else [], "curves": curves,
        "by_cohort": [pd.DataFrame(rows)] if rows else [], "left_out": _left_out(money, judged),
        "notes": {money.name: money.note} if money.note else {},
    }  # fmt: skip


def _paid_age(total: Array, cac: Array) -> Array:
    """Return the first age at which cumulative margin [customers x ages] has reached the CAC [customers x draws]."""
    reached, need = np.maximum.accumulate(total, axis=1), cac * _NEARLY
    age = np.ones(need.shape, dtype="int64")
    for place in range(total.shape[1]):
        age += reached[:, place, None] < need
    return np.where(age > total.shape[1], _NEVER, age)


def _first(paid: Array, age: Array, left: Array) -> tuple[Array, Array]:
    """Return when the first of the two came, in half months, and which (0: neither yet): at one age the money of the
    month comes first (even), then who leaves leaves (odd), which is not seen of those still there."""
    has_paid = paid <= age
    return np.where(has_paid, 2 * paid, 2 * age + left), np.where(has_paid, 1, np.where(left, 2, 0))


def _curve(paid: Array, drawn: Array, judged: _Judged, mine: Array) -> pd.DataFrame:
    """Return the columns of Realised.curves from age_months on, of some customers."""
    age, left, n = judged.seen.age[mine], judged.seen.left[mine], int(mine.sum())
    oldest = int((judged.seen.oldest[mine]).max())
    told = incidence(*_first(paid, age, left), horizon=2 * oldest + 1)
    time, event = _first(drawn, age[:, None], left[:, None])
    first, second = incidence_draws(time, event, judged.weights[mine], 2 * oldest + 1)
    even, odd = slice(2, None, 2), slice(3, None, 2)
    curve = pd.DataFrame({"age_months": np.arange(1, oldest + 1), "n_at_risk": told["n_at_risk"].to_numpy()[even]})
    for name, share, draws in (("paid_back", told["first_share"].to_numpy()[even], first[even]),
                               ("lost", told["second_share"].to_numpy()[odd], second[odd])):  # fmt: skip
        low, high = drawn_range(draws, np.full(oldest, n), level=judged.knobs.level)
        known = ~np.isnan(share)
        if name == "lost":  # nobody has left yet: not a proof that nobody will
            told_of = n - np.searchsorted(np.sort(age[(paid > age) & ~left]), curve["age_months"])
            high = np.maximum(high, np.where(share == 0, most_of_none(told_of, judged.knobs.level), 0))
        curve[f"{name}_share"] = share
        curve[f"{name}_low"], curve[f"{name}_high"] = np.where(known, low, np.nan), np.where(known, high, np.nan)
    return curve


def _at_ages(curve: pd.DataFrame, knobs: Knobs) -> dict[str, float]:
    """Return median_age and the shares at AGES, of ages at which enough are at risk."""
    told = curve[curve["n_at_risk"] >= knobs.fewest_customers].set_index("age_months")
    half = told.index[told["paid_back_share"] >= 0.5 * _NEARLY]
    row = {"median_age": float(half[0]) if len(half) else np.nan}
    return row | {f"{what}_{age}": float(told[f"{what}_share"].get(age, np.nan))
                  for what in ("paid_back", "lost") for age in AGES}  # fmt: skip


def _by_customer(judged: _Judged, paid: Array, total: Array) -> pd.DataFrame:
    """Return the rows of Realised.table."""
    seen = judged.seen
    has_paid = paid <= seen.age
    short = judged.cac - (total[:, -1] if total.shape[1] else 0.0)
    return seen.table[["customer", "start_month", "segment", "new_amount"]].assign(
        cohort=judged.cohort, cac_amount=judged.cac, age_months=seen.age, left=seen.left,
        paid_back_age=np.where(has_paid, paid, np.nan),
        outcome=np.select([has_paid, seen.left], ["paid_back", "left"], "open"),
        shortfall_amount=np.where(has_paid, 0.0, short),
    )  # fmt: skip


def _left_out(money: Money, judged: _Judged) -> list[pd.DataFrame]:
    """Return a row for each reason why customers are in no number of a version; first_price has those of recognised."""
    if money.name == "first_price":
        return []
    no_cac, table = np.isnan(judged.cac), judged.seen.table
    found = []
    for reason, rows in ((NO_CAC, table[no_cac]), (money.why_out, table[~no_cac & ~money.is_in])):
        if len(rows):
            names = rows.sort_values(["new_amount", "customer"], ascending=[False, True])["customer"]
            found.append({"version": money.name, "reason": reason, "n": len(rows),
                          "amount": float(rows["new_amount"].sum()), "examples": examples(names)})  # fmt: skip
    return [pd.DataFrame(found)] if found else []


def _put(parts: list[dict[str, object]], why: dict[str, str]) -> Realised:
    """Return the parts of all versions put together, each table with its columns."""
    kinds = {"table": _TABLE, "curves": _CURVES, "by_cohort": _BY_COHORT, "left_out": _LEFT_OUT}
    tables = {}
    for name, columns in kinds.items():
        rows = [pd.DataFrame(columns=list(columns)), *(table for part in parts for table in part[name])]
        tables[name] = pd.concat(rows, ignore_index=True)[list(columns)].astype(columns)
    tables["table"] = tables["table"].sort_values(["start_month", "customer"], ignore_index=True)
    notes = {name: note for part in parts for name, note in part["notes"].items()}
    return Realised(**tables, notes=notes, why=why)

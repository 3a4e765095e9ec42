"""CAC payback under one definition after another, from revenue alone to all cost moved by the measured lag."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.resampling import customer_counts, drawn_range
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.cac_by_month import cac_by_month
from revops.measures.cac_payback.counted import counted_months
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.effort import Effort
from revops.measures.cac_payback.lag import Lag, at_one_lag, lagged
from revops.measures.cac_payback.window import Window
from revops.ratios import safe_ratio
from revops.wording import plural, share

__all__ = ["BASES", "HEADLINE", "Ladder", "ladder", "won_expansion"]

BASES = ("revenue", "gross_margin", "fully_loaded", "new_logo", "new_logo_all", "lagged_median", "lagged")
HEADLINE = "lagged"
_WITH_EXPANSION, _LAGGED = BASES[:3], BASES[5:]
_MUCH_OF_ONE = 0.25
_NO_COST = "the cost of these months is not known"
_RUNG = ["basis", "spend_amount", "n_customers", "new_amount", "gross_margin", "cac_amount", "payback_months", "low",
         "high", "note"]  # fmt: skip

Array = np.ndarray


@dataclass(frozen=True)
class Ladder:
    """rungs: one row per basis, in the order of BASES: basis, spend_amount, n_customers (new ones), new_amount (a
        month; what the cost is set against), gross_margin (1 for revenue), cac_amount (NaN where expansion is in it),
        payback_months, low, high, note (what the reader must know; why NaN; else null).
    curve: lag_months 0 to cycle_months, payback_months, cac_amount (new_logo, all cost moved by that lag), n_months
        (counted months that it knows). spread_low, spread_high: the shortest and the longest payback of the rungs.
    cac_by_month, shares: cost of a new customer by month of the books, each at its own new_share (cac_by_month).
    months: the window's months that the headline counts. months_left_out: how many it does not, since their lagged cost
        or their new customers are not known.
    largest_customer, largest_share: the new customer of the headline that pays most, and its share of what all of them
        pay a month; None and NaN of nobody. without_largest: payback of the headline without it, at the same cost; NaN
        where nobody else came, or the headline has none.
    """

    rungs: pd.DataFrame
    curve: pd.DataFrame
    spread_low: float
    spread_high: float
    cac_by_month: pd.Series
    months: pd.DatetimeIndex
    months_left_out: int
    shares: pd.DataFrame
    largest_customer: str | None = None
    largest_share: float = np.nan
    without_largest: float = np.nan

    @property
    def rests_on_one(self) -> bool:
        """Return whether one new customer is more than a quarter of new recurring revenue."""
        return self.largest_share > _MUCH_OF_ONE

    def of(self, basis: str) -> pd.Series:
        """Return the row of a basis."""
        return self.rungs.set_index("basis", drop=False).loc[basis]


@dataclass(frozen=True)
class _Parts:
    """What every rung is made of. months: those counted; customers: the new ones of them; counts: how often each is in
    each resample; expansion: by month; share: of the company's cost that the slice bears."""

    window: Window
    books: Books
    months: pd.DatetimeIndex
    customers: pd.DataFrame
    counts: Array
    expansion: pd.Series
    share: float


def ladder(
    window: Window, books: Books, customers: Customers, lag: Lag, effort: Effort, *, expansion: pd.Series
) -> Ladder:
    """Return `payback_months` and `cac_amount` of the whole subject by definition.

    Question
        After how many months has a new customer repaid its cost, and how much of the answer is definition?

    Parameters
        expansion : by month (first day), recurring a month that customers added: expansion and reactivation of
            recurring.movements, or won_expansion where no billing export tells

    Formula
        payback = cost / (new recurring a month x gross margin). revenue: programs over new and expansion, no margin.
        gross_margin: with the window's margin. fully_loaded: people and parts of other categories too. new_logo: the
        share of cost that new customers bear, over what they alone pay. new_logo_all: all of the cost on them.
        lagged_median: the cost of the months the median lag earlier. lagged: each month's cost spread over the months
        in which its customers come; the headline.
        Months whose lagged cost or whose new customers are not known count nowhere; of the other rungs those months
        are left out too whose own cost is not known. Range: resamples of the new customers.

    Limits
        The range is that of which customers came, and how many: cost, margin, shares, lag and expansion are held.
    """
    months = counted_months(window, books, customers, lag)
    rows = customers.table[customers.table["start_month"].isin(months)]
    rows = rows.sort_values(["start_month", "new_amount"], ignore_index=True)
    counts = customer_counts(len(rows), window.knobs.seed, window.knobs.draws)
    parts = _Parts(window, books, months, rows, counts, expansion.reindex(months).fillna(0.0), effort.slice_share)
    rungs = pd.DataFrame([_rung(parts, basis, effort.new_share, lag) for basis in BASES], columns=_RUNG)
    rungs["note"] = rungs["note"].astype("str")
    found = rungs["payback_months"]
    by_month, shares = cac_by_month(window, books, customers, lag, effort)
    return Ladder(
        rungs, _curve(parts, effort.new_share, lag), found.min(), found.max(), by_month, months,
        len(window.months) - len(months), shares, *_largest(rows, rungs.iloc[BASES.index(HEADLINE)]),
    )  # fmt: skip


def won_expansion(window: Window) -> pd.Series:
    """Return what won expansion adds a month, by the month of its close: amount / months_in_amount, of the slice."""
    deals = window.view.opportunities
    won = deals[deals["type"].eq("expansion") & deals["outcome"].eq("won")]
    won = won[won["close_date"] <= pd.Timestamp(window.view.day)]
    won = won if window.only is None else won[won["opportunity_id"].isin(window.only)]
    months = won["close_date"].dt.to_period("M").dt.to_timestamp()
    return won["amount"].groupby(months).sum() / window.knobs.months_in_amount


def _rung(parts: _Parts, basis: str, new_share: float, lag: Lag) -> dict[str, object]:
    """Return the row of one basis."""
    has_expansion = basis in _WITH_EXPANSION
    part = 1.0 if has_expansion or basis == "new_logo_all" else new_share
    cost = (_cost(parts, basis, lag) * part * parts.share).reindex(parts.months)
    there = cost.notna().to_numpy()
    inside = parts.customers["start_month"].isin(parts.months[there]).to_numpy()
    rows = parts.customers[inside]
    added = float(parts.expansion[there].sum()) if has_expansion else 0.0
    margin = 1.0 if basis == "revenue" else parts.books.window_margin
    row = {
        "basis": basis, "spend_amount": cost.sum() if there.any() else np.nan, "n_customers": len(rows),
        "new_amount": rows["new_amount"].sum() + added, "gross_margin": margin,
    }  # fmt: skip
    row["cac_amount"] = np.nan if has_expansion else safe_ratio(row["spend_amount"], len(rows))
    why = _why_none(parts, row, new_share if part != 1.0 else 1.0)
    row["payback_months"] = np.nan if why else row["spend_amount"] / (row["new_amount"] * margin)
    row["low"], row["high"] = (np.nan, np.nan) if why else _range(parts, inside, added, row)
    return row | {"note": why or _said(parts, there, basis, lag)}


def _cost(parts: _Parts, basis: str, lag: Lag) -> pd.Series:
    """Return the company's cost by month as a basis takes it, before any share of it is taken."""
    books = parts.books
    if basis in ("revenue", "gross_margin"):
        return books.spend["programs"]
    if basis == "fully_loaded":
        return books.spend.sum(axis=1, skipna=False)
    if basis not in _LAGGED:
        return books.all_spend
    weights = lag.weights if lag.why or basis == HEADLINE else at_one_lag(lag.median_months)
    return lagged(books.all_spend, weights, parts.window.knobs.least_known)


def _why_none(parts: _Parts, row: dict[str, object], new_share: float) -> str | None:
    """Return why a rung has no payback, in words; None where it has one."""
    margin, why = row["gross_margin"], parts.books.why
    no_cost = "the cost of these months, moved by the lag, is not known" if row["basis"] in _LAGGED else _NO_COST
    no_people = row["basis"] == "fully_loaded" and parts.books.source == "campaigns"
    for lacks, reason in (
        (parts.months.empty, "no month of the window whose new customers are known"),
        (no_people, why.get("people")),
        (np.isnan(new_share), "nothing tells which share of the cost new customers bear"),
        (np.isnan(parts.share), "nothing tells which share of the cost is this part's"),
        (np.isnan(row["spend_amount"]), why.get("spend") or no_cost),
        (row["spend_amount"] < 0, "the books give back more cost than they hold"),
        (not row["new_amount"] > 0, "no new recurring revenue in these months"),
        (np.isnan(margin), why.get("margin") or "gross margin is not known"),
        (margin == 0, "never: gross margin is 0"),
        (margin < 0, "never: gross margin is below 0"),
    ):
        if lacks:
            return reason
    return None


def _said(parts: _Parts, there: Array, basis: str, lag: Lag) -> str | None:
    """Return what a reader of a payback must know beside it."""
    said = []
    if not there.all():
        said.append(f"of {there.sum()} of {plural(len(there), 'month')}: the cost of the others is not known")
    if parts.books.source == "campaigns":
        said.append("without people: " + parts.books.why["people"])
    if basis in _LAGGED and lag.why:
        said.append(lag.why)
    if parts.share != 1:
        said.append(f"{share(parts.share)} of the company's cost, by effort on new business")
    return "; ".join(said) or None


def _range(parts: _Parts, inside: Array, added: float, row: dict[str, object]) -> tuple[float, float]:
    """Return the ends of a payback over resamples of its customers; no upper end where some resamples have nobody.

    Ranges are taken of what is earned back a month per unit of cost, which is finite in every resample.
    """
    if row["spend_amount"] == 0 or not inside.any():
        return np.nan, np.nan
    amounts = parts.customers["new_amount"].to_numpy() * inside
    earned = (amounts @ parts.counts + added) * row["gross_margin"] / row["spend_amount"]
    low, high = drawn_range(earned[None, :], np.array([row["n_customers"]]), level=parts.window.knobs.level)
    return float(safe_ratio(1.0, high[0])), float(safe_ratio(1.0, low[0]))


def _curve(parts: _Parts, new_share: float, lag: Lag) -> pd.DataFrame:
    """Return payback and cost of a new customer if all cost lay so many months before the first bill."""
    cost = parts.books.all_spend * new_share * parts.share
    by_month = parts.customers.groupby("start_month")["new_amount"].agg(["size", "sum"])
    by_month = by_month.reindex(parts.months).fillna(0.0)
    lags = np.arange(lag.cycle_months + 1)
    place = cost.index.get_indexer(parts.months)[:, None] - lags
    moved = np.append(cost, np.nan)[np.where(place >= 0, place, len(cost))]
    there = ~np.isnan(moved)
    spent = pd.Series(np.nansum(moved, axis=0)).where(there.any(axis=0))
    n, new = (pd.Series(by_month[name].to_numpy() @ there) for name in ("size", "sum"))
    margin = parts.books.window_margin if parts.books.window_margin > 0 else np.nan
    return pd.DataFrame({"lag_months": lags, "payback_months": safe_ratio(spent, new * margin),
                         "cac_amount": safe_ratio(spent, n), "n_months": there.sum(axis=0)})  # fmt: skip


def _largest(customers: pd.DataFrame, headline: pd.Series) -> tuple[str | None, float, float]:
    """Return the new customer that pays most, its share of what they all pay, and payback without it."""
    amounts = customers["new_amount"]
    if not amounts.sum() > 0:
        return None, np.nan, np.nan
    most, rest = amounts.max(), amounts.sum() - amounts.max()
    who = customers.loc[amounts.eq(most), "customer"].min()
    has_other = len(amounts) > 1 and rest > 0 and pd.notna(headline["payback_months"])
    without = headline["spend_amount"] / (rest * headline["gross_margin"]) if has_other else np.nan
    return who, float(most / amounts.sum()), float(without)

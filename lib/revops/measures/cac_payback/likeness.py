"""Which published figure answers which of our numbers, and how far their definitions are the same."""

from dataclasses import dataclass

import pandas as pd

from revops.analysis.peers import NEAR, OFF, SAME, Doubt, Like
from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.efficiency import NOT_OVER, Efficiency
from revops.measures.cac_payback.window import Window
from revops.ratios import safe_ratio

__all__ = ["DOUBTS", "LIKE", "NO_PEOPLE", "OF_COST", "Told", "our_numbers"]

OF_COST = ("payback_months", "cac_ratio", "ltv_to_cac")
"""Our numbers that others publish of all cost of sales and marketing: not compared where ours holds no people."""
NO_PEOPLE = "theirs hold people, ours is of ads and campaigns alone, without the profit and loss (ledger)"

LIKE = (
    Like("cac_payback_months", "", "payback_months", "new_logo", SAME,
         "cost of new customers over a month's gross margin of theirs, not moved by the time to the first bill"),
    Like("new_cac_ratio", "", "cac_ratio", "new_logo", SAME,
         "sales and marketing cost of new customers for 1 of their recurring revenue a year"),
    Like("blended_cac_ratio", "", "cac_ratio", "fully_loaded", SAME,
         "sales and marketing cost for 1 of recurring revenue a year, new and expansion"),
    Like("magic_number", "ratio (new ARR basis)", "magic_number", "gross_new", SAME,
         "recurring revenue a year that was added, over the sales and marketing cost before"),
    Like("magic_number", "ratio (net new ARR basis)", "magic_number", "net_new", SAME,
         "recurring revenue a year that was added less what was lost, over the cost of the quarter before"),
    Like("magic_number", "ratio (one-year lag)", "magic_number", "net_new", OFF,
         "what was added, over the cost of a year before", "the cost is that of a year before, not of a quarter"),
    Like("burn_multiple", "", "burn_multiple", "year", NEAR, "what is burned for 1 of recurring revenue a year, net",
         "theirs burns cash, ours is the loss of the books"),
    Like("nrr", "", "nrr", "all", SAME, "recurring revenue now of the customers of a year ago, over theirs then"),
    Like("grr", "", "grr", "all", SAME,
         "recurring revenue now of the customers of a year ago, none above what it paid then, over theirs then"),
    Like("gross_dollar_churn", "", "grr", "lost", SAME,
         "share of recurring revenue lost in a year, expansion not counted"),
    Like("customer_retention", "", "logo_churn_rate", "kept", SAME, "share of customers kept for a year"),
    Like("ltv_cac_ratio", "", "ltv_to_cac", "horizon", NEAR,
         "lifetime value without expansion over cost of acquisition",
         "theirs does not say how far lifetime value looks, ours has a horizon and counts no expansion"),
    Like("gross_margin", "", "gross_margin_share", "window", SAME, "revenue less its cost, over revenue"),
    Like("sm_pct_revenue", "", "sales_marketing_share", "window", SAME, "sales and marketing cost over revenue"),
    Like("expansion_share_of_new_arr", "", "expansion_share", "of_new", SAME, "expansion, of new and expansion"),
    Like("expansion_share_of_arr_gained", "", "expansion_share", "of_gained", SAME,
         "expansion, of all recurring revenue gained, won back included"),
    Like("new_business_share_of_arr_gained", "", "new_business_share", "of_gained", SAME,
         "new customers, of all recurring revenue gained, won back included"),
)  # fmt: skip
"""Every published metric that answers a number of this report; of two of the same metric the unit tells."""
DOUBTS = (
    Doubt("cac_payback_months", "note", "basis not stated", 1,
          "the page does not say whether of revenue or of gross margin"),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """Tables of the report that our numbers are taken from; None where there is none.

    rungs: Ladder.rungs; uses basis, spend_amount, new_amount, payback_months. retention: RetentionResult.table; uses
    measure, scope, value. movements: analysis.recurring.movements by month; uses period, new, expansion, reactivation.
    lifetime: Lifetime.table; uses ltv_to_cac.
    """

    rungs: pd.DataFrame
    retention: pd.DataFrame | None = None
    movements: pd.DataFrame | None = None
    lifetime: pd.DataFrame | None = None


def our_numbers(window: Window, books: Books, efficiency: Efficiency, told: Told) -> pd.DataFrame:
    """Return our numbers in the shape in which others publish theirs.

    Question
        Which of our numbers can be held against published ones?

    Parameters
        window, books, efficiency, told : the report's own; books: uses totals, window_margin, why

    Returns
        One row per id and basis of LIKE, in its order: id, basis, ours (NaN where it cannot be had).

    Formula
        cac_ratio = spend / (12 x recurring revenue a month that it won). A magic number is that of the last four
        quarters: sum of what was added / sum of the cost; NaN where a part of one is not known, or a sum is not above
        0. Shares are of sums over the window's months, those that the ledger lacks left out. Without a ledger no cost
        holds people, and what is of cost (OF_COST) is NaN.
    """
    rung, burn = told.rungs.set_index("basis"), efficiency.burn["burn_multiple"]
    found = {("payback_months", basis): rung["payback_months"].get(basis) for basis in rung.index}
    ratio = safe_ratio(rung["spend_amount"], 12 * rung["new_amount"])
    found |= {("cac_ratio", basis): ratio.get(basis) for basis in rung.index}
    found |= {("magic_number", variant): _of_a_year(rows) for variant, rows in efficiency.magic.groupby("variant")}
    found |= {("burn_multiple", "year"): burn.iloc[0], ("gross_margin_share", "window"): books.window_margin}
    found |= _kept(told.retention) | _cost_share(window, books) | _gained(window, told.movements)
    if told.lifetime is not None and not told.lifetime.empty:
        found["ltv_to_cac", "horizon"] = told.lifetime["ltv_to_cac"].iloc[0]
    wanted = list(dict.fromkeys((like.id, like.basis) for like in LIKE))
    table = pd.DataFrame(wanted, columns=["id", "basis"])
    table["ours"] = pd.Series([found.get(key) for key in wanted], dtype="float64")
    if books.source == "campaigns":
        table["ours"] = table["ours"].mask(table["id"].isin(OF_COST))
    return table


def _of_a_year(rows: pd.DataFrame) -> float:
    """Return the ratio of the sums of the last four quarters that are over; all four must be known."""
    last = rows[~rows["note"].fillna("").str.startswith(NOT_OVER)].tail(4)
    added, spent = (last[name].sum(skipna=False) for name in ("numerator_amount", "spend_amount"))
    return safe_ratio(added, spent) if len(last) == 4 and added > 0 and spent > 0 else float("nan")


def _kept(retention: pd.DataFrame | None) -> dict[tuple[str, str], float]:
    if retention is None or retention.empty:
        return {}
    value = retention[retention["scope"].eq("all")].set_index("measure")["value"]
    return {
        ("nrr", "all"): value.get("nrr"), ("grr", "all"): value.get("grr"),
        ("grr", "lost"): 1 - value.get("grr", float("nan")),
        ("logo_churn_rate", "kept"): 1 - value.get("logo_churn_rate", float("nan")),
    }  # fmt: skip


def _cost_share(window: Window, books: Books) -> dict[tuple[str, str], float]:
    if books.source != "ledger" or "spend" in books.why:
        return {}
    known = books.totals.reindex(window.months)[["revenue", "sales", "marketing"]].dropna().sum()
    share = safe_ratio(known["sales"] + known["marketing"], known["revenue"])
    return {("sales_marketing_share", "window"): share} if known["revenue"] > 0 else {}


def _gained(window: Window, movements: pd.DataFrame | None) -> dict[tuple[str, str], float]:
    if movements is None or movements.empty:
        return {}
    movements = movements[pd.to_datetime(movements["period"]).isin(window.months)]
    new, expansion, back = (float(movements[name].sum()) for name in ("new", "expansion", "reactivation"))
    return {
        ("expansion_share", "of_new"): safe_ratio(expansion, new + expansion),
        ("expansion_share", "of_gained"): safe_ratio(expansion, new + expansion + back),
        ("new_business_share", "of_gained"): safe_ratio(new, new + expansion + back),
    }

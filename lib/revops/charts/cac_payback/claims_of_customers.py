"""What the charts of customers by age claim: title, alternative text, caption and the data behind it."""

import numpy as np
import pandas as pd

from revops import wording
from revops.charts.cac_payback.drawings import plot_cohorts, plot_paid_back, plot_survival
from revops.charts.cac_payback.labels import aged, headed, ranged, redrawn
from revops.charts.style import Chart
from revops.measures.cac_payback.result import CacResult
from revops.wording import missing, plural, share

__all__ = ["cohorts", "paid_back", "survival"]

_RECOGNISED, _ALL = "recognised", "all"
_CASH = {"collected": "in cash", "billed": "as billed"}
_SHARES = ["paid_back_share", "paid_back_low", "paid_back_high", "lost_share", "lost_low", "lost_high"]
_AGES = (6, 12, 18, 24, 36)
_MOST_COHORTS, _LEAST_COMMON = 5, 6
_EVERY = 3
"""The data behind survival are every third month, and the last that was seen."""


def paid_back(result: CacResult) -> Chart | None:
    """Return what share of new customers has paid back, and left before, by age; None without ages to tell."""
    knobs, curves = result.knobs, _seen(result)
    rows = curves[curves["version"].eq(_RECOGNISED) & curves["cohort"].eq(_ALL)].reset_index(drop=True)
    if rows.empty:
        return None
    title, n = _title_of_paid_back(result, rows), _n_customers(result.realised.by_cohort)
    ages = rows[rows["age_months"].isin([*_AGES, rows["age_months"].max()])]
    parts = [
        f"By {aged(row.age_months)} {share(row.paid_back_share)}{ranged(row.paid_back_low, row.paid_back_high, share)} "
        "paid back"
        + (
            ""
            if missing(row.lost_share)
            else f", {share(row.lost_share)}{ranged(row.lost_low, row.lost_high, share)} left before"
        )
        for row in ages.itertuples()
    ]
    caption = (
        f"{_share_of(n)} by age, as far as {knobs.fewest_customers} or more were seen, by recognised gross margin: "
        "expansion helps to repay. Each bears the CAC of its first month and segment, whatever it pays. "
        f"Band: {redrawn(knobs.level)}."
    )
    cash, word = _cash(curves)
    if len(cash):
        caption += f" Thin: paid back {word}."
        at = cash.iloc[-1]
        parts.append(f"{word[0].upper()}{word[1:]} {share(at['paid_back_share'])} by {aged(at['age_months'])}")
    ax = plot_paid_back(rows, knobs.target_months, cash=cash, word=word)
    data = headed(rows[["age_months", "n_at_risk", *_SHARES]])
    if len(cash):
        data[word.replace(" ", "_")] = rows["age_months"].map(cash.set_index("age_months")["paid_back_share"])
    units = ("count", "count", *["share"] * (data.shape[1] - 2))
    return Chart("paid_back", title, f"{title}. {'. '.join(parts)}.", caption, ax, data, units)


def _n_customers(by_cohort: pd.DataFrame) -> float:
    """Return how many customers the curve of all is about."""
    n = by_cohort.loc[by_cohort["version"].eq(_RECOGNISED) & by_cohort["cohort"].eq(_ALL), "n_customers"]
    return n.iloc[0] if len(n) else np.nan


def _share_of(n: float) -> str:
    """Return what shares are of, with their number where it is known."""
    return "Share of new customers" if missing(n) else f"Share of {plural(int(n), 'new customer')}"


def _seen(result: CacResult) -> pd.DataFrame:
    """Return the curves at the ages that enough customers were seen at."""
    curves = result.realised.curves
    return curves[curves["n_at_risk"].ge(result.knobs.fewest_customers) & curves["paid_back_share"].notna()]


def _cash(curves: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the curve by payments, else by invoices, else none; and its name."""
    for version, word in _CASH.items():
        rows = curves[curves["version"].eq(version) & curves["cohort"].eq(_ALL)]
        if len(rows):
            return rows.reset_index(drop=True), word
    return curves.iloc[:0], _CASH["collected"]


def _title_of_paid_back(result: CacResult, rows: pd.DataFrame) -> str:
    """Return how many had paid back by the target, or by the oldest age before it, and when half had."""
    until = rows[rows["age_months"].le(result.knobs.target_months)]
    both = until[until["lost_share"].notna()]
    row = next((part.iloc[-1] for part in (both, until) if len(part)), rows.iloc[0])
    title = f"By {aged(row['age_months'])} {share(row['paid_back_share'])} had repaid their cost"
    title += "" if missing(row["lost_share"]) else f" and {share(row['lost_share'])} had left before"
    told = rows[rows["paid_back_share"].ge(0.5)]
    return f"{title}; half had repaid by {aged(told['age_months'].min())}" if len(told) else title


def cohorts(result: CacResult) -> Chart | None:
    """Return what share has paid back by age and fiscal year of the start; None where no year has ages to tell."""
    curves = _seen(result)
    curves = curves[curves["version"].eq(_RECOGNISED) & curves["cohort"].ne(_ALL)]
    n_ages = curves.groupby("cohort")["age_months"].nunique()
    all_of = result.realised.by_cohort
    every = list(all_of.loc[all_of["version"].eq(_RECOGNISED) & all_of["cohort"].ne(_ALL), "cohort"])
    drawn = [name for name in every if n_ages.get(name, 0) > 1]
    if not drawn:
        return None
    young, shown = [name for name in every if name not in drawn], drawn[-_MOST_COHORTS:]
    rows = curves[curves["cohort"].isin(shown)].reset_index(drop=True)
    front, title = _title_of_cohorts(rows, shown)
    last = [rows[rows["cohort"].eq(name)].iloc[-1] for name in shown]
    parts = [f"{row['cohort']} {share(row['paid_back_share'])} by {aged(row['age_months'])}" for row in last]
    caption = (
        "Share that has repaid its cost, by age and by the fiscal year in which customers began to pay, as far as "
        f"{result.knobs.fewest_customers} or more were seen. Band: {redrawn(result.knobs.level)}."
    )
    caption += f" Too young or too few to draw: {wording.join(young)}." if young else ""
    caption += f" The last {len(shown)} of {len(drawn)} years." if len(shown) < len(drawn) else ""
    ax = plot_cohorts(rows, shown, front)
    data = _by_age(rows, shown, front)
    units = ("count", *["share"] * (len(shown) + 2), "count")
    return Chart("cohorts", title, f"{title}. {'; '.join(parts)}.", caption, ax, data, units)


def _by_age(rows: pd.DataFrame, names: list[str], front: str) -> pd.DataFrame:
    """Return the share paid back of each year by age, with range and customers seen of the one in front."""
    wide = rows.pivot(index="age_months", columns="cohort", values="paid_back_share")[names]
    own = rows[rows["cohort"].eq(front)].set_index("age_months")
    heads = {"paid_back_low": f"{front} from", "paid_back_high": f"{front} to", "n_at_risk": f"{front} seen"}
    return headed(wide.join(own[list(heads)].rename(columns=heads)).rename_axis(columns=None).reset_index())


def _title_of_cohorts(rows: pd.DataFrame, names: list[str]) -> tuple[str, str]:
    """Return the year in front, and whether it pays back sooner than the one before it: the youngest two that were both
    seen for long enough, at the oldest age of both."""
    last = rows.groupby("cohort")["age_months"].max()
    for before, name in zip(names[-2::-1], names[:0:-1], strict=False):
        age = min(last[before], last[name])
        if age >= _LEAST_COMMON:
            at = rows[rows["age_months"].eq(age)].set_index("cohort")
            return name, _compared(at.loc[before], at.loc[name])
    name = names[-1]
    row = rows[rows["cohort"].eq(name)].iloc[-1]
    said = f"{share(row['paid_back_share'])} had repaid their cost by {aged(row['age_months'])}"
    return name, f"Of {name} {said}; {'no other year is' if len(names) == 1 else 'too early'} to compare"


def _compared(before: pd.Series, now: pd.Series) -> str:
    """Return what two years had repaid at one age, and whether they differ beyond noise."""
    names, age = (before.name, now.name), aged(now["age_months"])
    shares = f"{share(now['paid_back_share'])} against {share(before['paid_back_share'])} had repaid by {age}"
    if now["paid_back_low"] > before["paid_back_high"]:
        return f"Customers of {names[1]} repay faster than those of {names[0]}: {shares}"
    if now["paid_back_high"] < before["paid_back_low"]:
        return f"Customers of {names[1]} repay slower than those of {names[0]}: {shares}"
    return f"{names[1]} and {names[0]} do not differ beyond noise: {shares}"


def survival(result: CacResult) -> Chart | None:
    """Return what share of new customers is still there by age; None without ages to tell."""
    found = result.lifetime
    rows = found.curve[found.curve["survival"].notna()].reset_index(drop=True)
    if rows.empty:
        return None
    is_tail = rows["is_tail"].astype(bool)
    seen = rows[~is_tail]
    title = _title_of_survival(result, seen if len(seen) else rows, is_tail)
    ages = rows[rows["age_months"].isin([12, 24, 36, 48, rows["age_months"].max()])]
    parts = [
        f"{share(row.survival)}{ranged(row.low, row.high, share)} after {aged(row.age_months)}"
        f"{', extrapolated' if row.is_tail else ''}"
        for row in ages.itertuples()
    ]
    n = found.table["n_customers"].iloc[0] if len(found.table) else np.nan
    caption = f"{_share_of(n)} still paying, by age. Band: {redrawn(result.knobs.level)}."
    if is_tail.any():
        caption += (
            f" Dashed: extrapolated, beyond the ages at which {result.knobs.fewest_customers} customers were seen."
        )
    columns = ["age_months", "n_at_risk", "survival", "low", "high", "is_tail"]
    kept = rows["age_months"].mod(_EVERY).eq(0) | rows["age_months"].eq(seen["age_months"].max())
    data = headed(rows.loc[kept, columns].assign(is_tail=is_tail.map({True: "yes", False: ""})).reset_index(drop=True),
                  survival="still_there", is_tail="extrapolated")  # fmt: skip
    units = ("count", "count", "share", "share", "share", None)
    return Chart("survival", title, f"{title}. {'; '.join(parts)}.", caption, plot_survival(rows), data, units)


def _title_of_survival(result: CacResult, seen: pd.DataFrame, is_tail: pd.Series) -> str:
    """Return how many are still there at the oldest age seen, and how much of lifetime value lies beyond it."""
    row, table = seen.iloc[-1], result.lifetime.table
    title = f"{share(row['survival'])} are still there after {aged(row['age_months'])}"
    if not is_tail.any():
        return f"{title}, all of it seen"
    worth = table[["ltv_amount", "tail_amount"]].iloc[0] if len(table) else pd.Series(dtype="float64")
    if len(worth) and worth["ltv_amount"] > 0 and worth["tail_amount"] >= 0:
        return f"{title}; {share(worth['tail_amount'] / worth['ltv_amount'])} of lifetime value is extrapolated"
    return f"{title}; what lies beyond, up to {aged(result.lifetime.horizon_months)}, is extrapolated"

"""What growth costs: magic number by quarter, burn multiple of a year, expansion that customer success brought."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.window import Window
from revops.periods import FiscalCalendar, Period
from revops.ratios import safe_ratio

__all__ = ["NOT_OVER", "VARIANTS", "Efficiency", "efficiency"]

VARIANTS = ("net_new", "gross_new", "revenue")
NOT_OVER = "not over"
_MAGIC = ["quarter", "variant", "numerator_amount", "spend_amount", "magic_number", "note"]
_BURN = ["first_quarter", "last_quarter", "loss_amount", "net_new_amount", "burn_multiple", "note"]
_EXPANSION = ["quarter", "cs_expansion_amount", "expansion_amount", "cs_share", "n_deals"]
_NO_BILLS = "needs recurring revenue by customer and month"
_NO_LEDGER = "needs the profit and loss by month"


@dataclass(frozen=True)
class Efficiency:
    """What growth costs, of the whole company; money in the company's currency.

    magic: quarter, variant (VARIANTS), numerator_amount (a year's worth), spend_amount (of the quarter before),
        magic_number, note (why there is none, else null); every quarter that the window has months of, oldest first.
    burn: one row: first_quarter, last_quarter (the four that are meant; null where there are none), loss_amount
        (negative: a profit), net_new_amount (a year's worth), burn_multiple, note.
    expansion: quarter, cs_expansion_amount, expansion_amount, cs_share, n_deals (of expansion); of the slice, where
        there is one. why: cs_expansion_amount -> why no deal can be told to be customer success's.
    """

    magic: pd.DataFrame
    burn: pd.DataFrame
    expansion: pd.DataFrame
    why: dict[str, str]


def efficiency(window: Window, books: Books, movements: pd.DataFrame | None) -> Efficiency:
    """Return `magic_number`, `burn_multiple` and `cs_expansion_amount` of the window's quarters.

    Question
        What does one more of recurring revenue a year cost, and does it pay for what is burned?

    Parameters
        books : Uses source, totals, why.
        movements : recurring revenue a month by what moved it, analysis.recurring.movements without `by`, one row a
            month; uses period, opening, new, expansion, reactivation, closing. None where no billing export tells.
            Months that are not in it are not known.

    Formula
        magic_number = numerator / cost of sales and marketing of the quarter before, as the ledger books it, people
        included. net_new = 12 x (closing - opening) of the quarter; gross_new = 12 x (new + expansion + reactivation)
        of its months; revenue = 4 x (revenue of the quarter - that of the quarter before).
        burn_multiple = -(result of four quarters) / (12 x (closing - opening) of them): the last four whole quarters
        in a row, up to the window's last, whose months both the ledger and the bills hold.
        A won expansion deal is customer success's where that was the source it was made with; it counts in the quarter
        of its close date, in the window's months.

    Limits
        NaN, with the reason, where nothing was added, nothing was spent or lost, or a month is not known: a ratio with
        a part below 0 says nothing. The loss is the books', not cash: depreciation burns nothing, prepayment hides
        loss. Sales and marketing of one quarter also win customers of others. A customer
        who is late at the end is counted as lost until it is back. With a slice, still the whole company's.

    Source
        METHODS 4.3; burn multiple: D. Sacks, Craft Ventures (2020), as quoted in data/benchmarks.
    """
    calendar = window.view.calendar
    quarters = _quarters(window)
    ledger = _sums(books.totals, quarters, calendar)
    bills = _sums(_added(movements), quarters, calendar)
    expansion, why = _expansion(window, quarters)
    magic = _magic(window, quarters, ledger, bills, _no_cost(books))
    return Efficiency(magic, _burn(quarters, ledger, bills), expansion, why)


def _quarters(window: Window) -> list[Period]:
    """Return the quarters that the window has months of, oldest first."""
    return sorted({window.view.calendar.quarter_of(month.date()) for month in window.months})


def _is_whole(quarter: Period, window: Window) -> bool:
    return quarter.end <= window.until


def _added(movements: pd.DataFrame | None) -> pd.DataFrame:
    """Return what was added by month: net and gross [a month's revenue]."""
    if movements is None or movements.empty:
        return pd.DataFrame({"net": [], "gross": []}, index=pd.DatetimeIndex([]), dtype="float64")
    moved = movements.set_index(pd.DatetimeIndex(pd.to_datetime(movements["period"])))
    gross = moved[["new", "expansion", "reactivation"]].sum(axis=1, skipna=False)
    return pd.DataFrame({"net": moved["closing"] - moved["opening"], "gross": gross})


def _sums(monthly: pd.DataFrame, quarters: list[Period], calendar: FiscalCalendar) -> pd.DataFrame:
    """Return sums by quarter's name, from four quarters before the first; NaN where a month of three is not known."""
    names = calendar.names(pd.Series(monthly.index)).to_numpy()
    wanted = [period.name for period in (*calendar.before(quarters[0], 4), *quarters)]
    return monthly.groupby(names).sum(min_count=3).reindex(wanted)


def _cost(ledger: pd.DataFrame) -> pd.Series:
    """Return the cost of sales and marketing by quarter; a category that the ledger has no account of is 0."""
    found = [name for name in ("sales", "marketing") if name in ledger]
    return ledger[found].sum(axis=1, skipna=False) if found else pd.Series(np.nan, ledger.index)


def _no_cost(books: Books) -> str | None:
    """Return why the books tell no cost of sales and marketing; None where they do."""
    if books.source != "ledger" or _cost(books.totals).isna().all():
        return _NO_LEDGER
    return books.why.get("spend")


def _revenue(ledger: pd.DataFrame) -> pd.Series:
    return ledger["revenue"] if "revenue" in ledger else pd.Series(np.nan, ledger.index)


def _magic(
    window: Window, quarters: list[Period], ledger: pd.DataFrame, bills: pd.DataFrame, no_cost: str | None
) -> pd.DataFrame:
    names = [quarter.name for quarter in quarters]
    revenue = _revenue(ledger)
    numerators = {"net_new": 12 * bills["net"], "gross_new": 12 * bills["gross"],
                  "revenue": 4 * (revenue - revenue.shift())}  # fmt: skip
    table = pd.DataFrame({variant: amounts.reindex(names) for variant, amounts in numerators.items()})
    table = table.where(pd.Series([_is_whole(quarter, window) for quarter in quarters], index=names), axis=0)
    table = (
        table.rename_axis("quarter").reset_index().melt("quarter", var_name="variant", value_name="numerator_amount")
    )
    table["spend_amount"] = table["quarter"].map(_cost(ledger).shift())
    table["note"] = _notes(table, window, quarters, bool(bills["net"].notna().any()), no_cost)
    table["magic_number"] = (table["numerator_amount"] / table["spend_amount"]).where(table["note"].isna())
    rank = table["quarter"].map({name: place for place, name in enumerate(names)})
    order = np.lexsort((table["variant"].map(VARIANTS.index), rank))
    return table.iloc[order][_MAGIC].reset_index(drop=True)


def _notes(
    table: pd.DataFrame, window: Window, quarters: list[Period], has_bills: bool, no_cost: str | None
) -> pd.Series:
    """Return why there is no magic number, the first reason that holds; null where there is one."""
    months = {quarter.name: int((window.months >= pd.Timestamp(quarter.start)).sum()) for quarter in quarters}
    is_revenue = table["variant"].eq("revenue")
    over = table["quarter"].map({quarter.name: _is_whole(quarter, window) for quarter in quarters})
    missing, added, spent = table["numerator_amount"].isna(), table["numerator_amount"], table["spend_amount"]
    open_note = table["quarter"].map({name: f"{NOT_OVER}: {n} of 3 months" for name, n in months.items()})
    reasons = [
        (~over, open_note),
        (~is_revenue & (not has_bills), _NO_BILLS),
        (pd.Series(no_cost is not None, table.index), no_cost),
        (~is_revenue & missing, "the bills do not hold each of its months"),
        (is_revenue & missing, "the ledger does not hold each of its months and of the quarter before"),
        (spent.isna(), "the ledger does not hold each month of the quarter before"),
        (spent.round(2) <= 0, "not meaningful: no cost of sales and marketing in the quarter before"),
        (is_revenue & (added.round(2) <= 0), "not meaningful: revenue did not grow"),
        (added.round(2) <= 0, "not meaningful: nothing was added"),
    ]
    note = pd.Series(None, index=table.index, dtype="str")
    for holds, reason in reversed(reasons):
        note = note.mask(holds, reason)
    return note


def _burn(quarters: list[Period], ledger: pd.DataFrame, bills: pd.DataFrame) -> pd.DataFrame:
    four = _last_four(len(quarters), ledger, bills)
    row: dict[str, object] = dict.fromkeys(_BURN)
    loss = added = ratio = np.nan
    if four is None:
        has_result = "result" in ledger and ledger["result"].notna().any()
        row["note"] = (
            _NO_LEDGER if not has_result else _NO_BILLS if bills["net"].isna().all()
            else "the ledger and the bills do not both hold four whole quarters in a row"
        )  # fmt: skip
    else:
        loss, added = round(-float(ledger["result"][four].sum()), 2), round(12 * float(bills["net"][four].sum()), 2)
        row |= {"first_quarter": four[0], "last_quarter": four[-1]}
        if loss <= 0:
            row["note"] = "not meaningful: no loss"
        elif added <= 0:
            row["note"] = "not meaningful: nothing was added, net of what was lost"
        else:
            ratio = safe_ratio(loss, added)
    row |= {"loss_amount": loss, "net_new_amount": added, "burn_multiple": ratio}
    text = ("first_quarter", "last_quarter", "note")
    return pd.DataFrame([row]).astype({name: "str" if name in text else "float64" for name in _BURN})


def _last_four(n_quarters: int, ledger: pd.DataFrame, bills: pd.DataFrame) -> list[str] | None:
    """Return the names of the last four quarters in a row that are known, the last of them one of the window's; None
    where there are none."""
    if "result" not in ledger:
        return None
    names = ledger.index.tolist()
    known = (ledger["result"].notna() & bills["net"].notna()).to_numpy()
    for last in range(len(names) - 1, len(names) - 1 - n_quarters, -1):
        if known[last - 3 : last + 1].all():
            return names[last - 3 : last + 1]
    return None


def _expansion(window: Window, quarters: list[Period]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return won expansion by quarter, and that which customer success made."""
    deals = window.view.opportunities
    is_known = deals["created_source"].eq("customer_success").any()
    if window.only is not None:
        deals = deals[deals["opportunity_id"].isin(window.only)]
    closed = deals["close_date"].between(pd.Timestamp(window.since), pd.Timestamp(window.until))
    won = deals[deals["outcome"].eq("won") & deals["type"].eq("expansion") & closed]
    quarter = window.view.calendar.names(won["close_date"])
    names = [period.name for period in quarters]
    made = won["amount"].where(won["created_source"].eq("customer_success"), 0.0)
    table = pd.DataFrame({
        "cs_expansion_amount": made.groupby(quarter).sum().reindex(names, fill_value=0.0),
        "expansion_amount": won["amount"].groupby(quarter).sum().reindex(names, fill_value=0.0),
        "n_deals": won.groupby(quarter).size().reindex(names, fill_value=0),
    })  # fmt: skip
    if not is_known:
        table["cs_expansion_amount"] = np.nan
    table["cs_share"] = safe_ratio(table["cs_expansion_amount"], table["expansion_amount"])
    reason = "no opportunity has customer_success as its source: see sources in company.yml"
    why = {} if is_known else {"cs_expansion_amount": reason}
    return table.rename_axis("quarter").reset_index()[_EXPANSION], why

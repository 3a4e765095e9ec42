"""Signal 1: what one quarter brought, as sales, finance and marketing would each tell it."""

import numpy as np
import pandas as pd

from revops.analysis.among import is_among
from revops.analysis.journeys import JourneyKnobs, journeys_of
from revops.analysis.recurring import CustomerMonths, movements
from revops.analysis.spending import booked
from revops.book import AsOf
from revops.measures.stage_benchmarking.window import Window
from revops.periods import Period
from revops.ratios import safe_ratio
from revops.wording import join

__all__ = ["ANSWERS", "apart", "last_quarter", "three_answers"]

ANSWERS = {"who": "str", "amount": "float64", "n": "int64", "counted": "str", "definition": "str", "why": "str"}
_ADDED = ("new", "expansion", "reactivation")
_MONTHS = 3


def three_answers(window: Window, bills: CustomerMonths | None) -> pd.DataFrame:
    """Return what the last whole quarter brought, by the definitions that three people use.

    Question
        If sales, finance and marketing each said what the quarter brought, how far apart would they be?

    Parameters
        window : the report's window; uses opportunities, people and touches, and ledger of its view
        bills : revenue.bills_of its view

    Returns
        One row each of sales, finance and marketing: who, amount [company currency; NaN: cannot be told], n, counted
        (what n counts), definition (in words), why (null, or why it cannot be told)

    Formula
        Sales: won, by close date, of the types that the quota covers. Finance: recurring revenue added in the quarter's
        months by new customers, expansion and reactivation, x 12, late payers filled in; without bills of them all,
        revenue of the books. Marketing: won, of the same types, whose source on record is marketing, or whose people a
        touch of marketing reached before the close (analysis.journeys, at any distance).

    Limits
        What the definitions give, not what anybody said in a meeting: marketing's is a part of sales' by definition.
        All as known on the day.
    """
    quarter = last_quarter(window)
    rows = [
        _of_sales(window.view, quarter),
        _of_finance(window.view, quarter, bills),
        _of_marketing(window.view, quarter),
    ]
    return pd.DataFrame(rows, columns=[*ANSWERS]).astype(ANSWERS)


def last_quarter(window: Window) -> Period:
    """Return the last fiscal quarter that was over on the last day."""
    calendar = window.view.calendar
    quarter = calendar.quarter_of(window.until)
    return quarter if quarter.end <= window.until else calendar.shift(quarter, -1)


def apart(amounts: pd.Series) -> float:
    """Return how far answers are apart: (largest - smallest) / largest of those known, at least two; else NaN, also
    where none is above 0."""
    known = amounts.dropna()
    if len(known) < 2 or known.max() <= 0:
        return np.nan
    return float(safe_ratio(known.max() - known.min(), known.max()))


def _of_sales(view: AsOf, quarter: Period) -> tuple:
    won = _won(view, quarter)
    definition = f"won in the quarter by close date: {join(view.company.quota_covers)}"
    return "sales", won["amount"].sum(), len(won), "deals", definition, None


def _of_finance(view: AsOf, quarter: Period, bills: CustomerMonths | None) -> tuple:
    """Return what finance would say: by bills, else by the books."""
    wanted = pd.date_range(quarter.start, periods=_MONTHS, freq="MS", unit="us")
    if bills is not None and wanted.isin(bills.months[1:]).all():
        moved = movements(bills)
        inside = moved["period"].isin(wanted.strftime("%Y-%m"))
        amount = 12 * float(moved.loc[inside, list(_ADDED)].to_numpy().sum())
        rose = np.diff(bills.amount, axis=1)[:, bills.months[1:].isin(wanted)] > 0
        definition = (
            "recurring revenue added by new customers, expansion and reactivation, x 12, by bills; who paid late is "
            "filled in, so it is not to the cent what the billing system's own file of MRR says"
        )
        return "finance", amount, int(rose.any(axis=1).sum()), "customers", definition, None
    rows = booked(view)
    rows = rows[rows["category"].eq("revenue") & rows["month"].isin(wanted)]
    if rows["month"].nunique() < _MONTHS:
        why = f"neither bills nor books hold the months of {quarter.name}"
        return "finance", np.nan, 0, "months", "recurring revenue added, or revenue of the books", why
    return "finance", rows["booked"].sum(), _MONTHS, "months", "revenue of the quarter in the books", None


def _of_marketing(view: AsOf, quarter: Period) -> tuple:
    """Return what marketing would say: by source on record, and by touches before the close."""
    won = _won(view, quarter)
    knobs = JourneyKnobs(
        types=view.company.quota_covers, since=quarter.start, until=quarter.end, never_converted="off", lost=False
    )
    journeys = journeys_of(view, knobs).journeys
    is_touched = is_among(won["opportunity_id"], journeys.loc[journeys["kind"].eq("won"), "opportunity_id"])
    definition = (
        f"won in the quarter, {join(view.company.quota_covers)}: source marketing, or its people touched by marketing "
        "before the close"
    )
    if len(won) and won["source"].eq("unknown").all() and not is_touched.any():
        return "marketing", np.nan, 0, "deals", definition, "no source on record, and no touch of anybody"
    mine = won[won["source"].eq("marketing") | is_touched]
    return "marketing", mine["amount"].sum(), len(mine), "deals", definition, None


def _won(view: AsOf, quarter: Period) -> pd.DataFrame:
    """Return what was won in a quarter of the types that the quota covers, by close date, as known on the day."""
    deals = view.opportunities
    inside = deals["close_date"].between(pd.Timestamp(quarter.start), pd.Timestamp(quarter.end))
    return deals[inside & deals["outcome"].eq("won") & deals["type"].isin(view.company.quota_covers)]

"""What the books tell: cost of acquisition and gross margin, month by month, and which account counts as what."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.spending import booked, cost_by_month, cost_lines, gross_margin, margins
from revops.company import first_fit
from revops.errors import examples
from revops.measures.cac_payback.window import Window
from revops.wording import plural

__all__ = ["CATEGORIES", "USES", "Books", "books_of"]

CATEGORIES = ("revenue", "cogs", "sales", "marketing", "customer_success", "r_and_d", "g_and_a", "other")
USES = ("programs", "people", "also")
_ACQUISITION = ("sales", "marketing")
_ACCOUNT = ["category", "account", "parent"]
_NO_LEDGER = "needs the profit and loss (ledger)"


@dataclass(frozen=True)
class Books:
    """Cost and margin by month, of the whole company.

    source: ledger, or campaigns (ad systems and campaigns of the CRM, where there is no profit and loss: no people).
    months: every month from the first that is known to the last that was over on the day, without gaps.
    spend: by month (index), columns programs (ads, events, commissions: all of sales and marketing but people),
        people (accounts that people_accounts names, of sales and marketing), also (parts of other categories that
        also_acquisition names); NaN in a month that the books do not hold, people and also where source is campaigns.
    margin: by month, (revenue - cogs) / revenue; NaN where it cannot be had.
    accounts: category, account, parent, use (programs, people, also, or left_out), amount over the window's months:
        every account of the ledger, sorted; amounts by category are the ledger's, as it prints them.
    totals: by month, columns CATEGORIES and result (net profit as the statement prints it, loss below 0); income that
        stands under a category of cost is taken from it. window_margin: of all the window's months together; NaN
        where it cannot be had. margin_source: ledger, params, none.
    why: what could not be had (spend, margin, people, months) -> the reason, in words.
    """

    source: str
    months: pd.DatetimeIndex
    spend: pd.DataFrame
    margin: pd.Series
    accounts: pd.DataFrame
    totals: pd.DataFrame
    window_margin: float
    margin_source: str
    why: dict[str, str]

    @property
    def all_spend(self) -> pd.Series:
        """Return cost of acquisition by month, people included; programs alone where source is campaigns."""
        return self.spend["programs"] if self.source == "campaigns" else self.spend.sum(axis=1, skipna=False)


def books_of(window: Window) -> Books:
    """Return `acquisition_spend_amount` and `gross_margin_share` by month, from the books as known on the day.

    Question
        What did winning customers cost each month, and what is left of their revenue?

    Parameters
        window : the report's window; uses ledger of its view, else spend and campaigns

    Formula
        Programs and people: accounts that company.yml maps to sales and marketing; people are those of them whose own
        name fits people_accounts. Also: a part of each account of the categories in also_acquisition. Margin: see
        analysis.spending.gross_margin, unless set. Without a ledger, costs of ad systems and campaigns laid evenly on
        their days; months after the last row of an ad system are not known.

    Limits
        Costs have no history: a month booked again after the day is seen as booked again. A part of the cost of goods
        that also_acquisition names counts in cost and in margin. Of campaigns, a month before an ad system's first row
        counts as if that system had cost nothing.
    """
    rows = booked(window.view)
    return _of_campaigns(window) if rows.empty else _of_ledger(window, rows)


def _of_ledger(window: Window, rows: pd.DataFrame) -> Books:
    months = _until_known(window, rows["month"].min())
    accounts, share = _uses(window, rows)
    parts = rows.assign(use=_by_account(rows, accounts["use"]), amount=rows["booked"] * _by_account(rows, share))
    spend = _by_month(parts, "use", USES, months)
    totals = _by_month(rows.assign(amount=rows["booked"]), "category", CATEGORIES, months)
    totals["result"] = rows.groupby("month")["to_result"].sum().reindex(months)
    why = _lacking(window, rows, accounts)
    if "spend" in why:
        spend[:] = np.nan
    margin, window_margin, source = _margin(window, margins(rows, rows["month"]).reindex(months).rename("margin"), why)
    return Books("ledger", months, spend, margin, accounts.reset_index(), totals, window_margin, source, why)


def _uses(window: Window, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the accounts with their use and their amount in the window, and which share of each is acquisition."""
    inside = rows["amount"].where(rows["month"].isin(window.months), 0.0)
    accounts = rows.assign(amount=inside).groupby(_ACCOUNT)[["amount"]].sum()
    category, name = (accounts.index.get_level_values(level) for level in ("category", "account"))
    patterns = {"people": window.knobs.people_accounts}
    share = pd.Series(category.map(dict.fromkeys(_ACQUISITION, 1.0) | dict(window.knobs.also_acquisition)),
                      accounts.index, dtype=float).fillna(0.0)  # fmt: skip
    own = pd.Series([first_fit(patterns, [word]) or "programs" for word in name], accounts.index, dtype="str")
    use = own.where(category.isin(_ACQUISITION), "also").mask(share == 0, "left_out")
    return accounts.assign(use=use)[["use", "amount"]], share


def _by_account(rows: pd.DataFrame, of: pd.Series) -> np.ndarray:
    """Return what is told of each row's account."""
    return of.reindex(pd.MultiIndex.from_frame(rows[_ACCOUNT])).to_numpy()


def _by_month(rows: pd.DataFrame, by: str, columns: tuple[str, ...], months: pd.DatetimeIndex) -> pd.DataFrame:
    """Return sums by month and column: 0 where a month that is held has none, NaN in a month that is not held."""
    sums = rows.groupby(["month", by])["amount"].sum().unstack(by).reindex(columns=pd.Index(columns))
    return sums.fillna(0.0).reindex(months).rename_axis(index="month", columns=None)


def _lacking(window: Window, rows: pd.DataFrame, accounts: pd.DataFrame) -> dict[str, str]:
    why = {}
    lost = [f"{month:%b %Y}" for month in window.months[~window.months.isin(rows["month"])]]
    if lost:
        why["months"] = f"the ledger lacks {len(lost)} of {_all(window)} ({examples(lost)})"
    if not accounts.index.get_level_values("category").isin(_ACQUISITION).any():
        why["spend"] = "no account of the ledger is mapped to sales or marketing in company.yml"
    elif not accounts["use"].eq("people").any():
        why["people"] = (
            "no account of sales and marketing fits people_accounts: people are not told apart from programs"
        )
    return why


def _margin(window: Window, by_month: pd.Series, why: dict[str, str]) -> tuple[pd.Series, float, str]:
    """Return the margin by month, that of the window, and where both are from; where it cannot be had, why."""
    given = window.knobs.gross_margin
    if given != "auto":
        return by_month.mask(by_month.isna() | by_month.notna(), given), given, "params"
    margin = gross_margin(window.view, window.since, window.until)
    if np.isnan(margin):
        rows = booked(window.view)
        inside = rows[rows["month"].isin(window.months)]
        has_revenue = inside.loc[inside["category"].eq("revenue"), "booked"].sum() > 0
        why["margin"] = (
            f"{_NO_LEDGER}, or gross_margin in params" if rows.empty
            else "the ledger holds no month of the window" if inside.empty
            else "the ledger has no revenue above 0 in the window's months" if not has_revenue
            else "no account of the ledger is mapped to cogs, or none has an amount in the window's months"
        )  # fmt: skip
    return by_month, margin, "none" if np.isnan(margin) else "ledger"


def _of_campaigns(window: Window) -> Books:
    lines = cost_lines(window.view).lines
    months = window.months if lines.empty else _until_known(window, lines["first"].min().replace(day=1))
    why = {"people": f"{_NO_LEDGER}: what ad systems and campaigns bill holds no people"}
    if lines.empty:
        why["spend"] = f"{_NO_LEDGER}, exports of ad systems, or campaigns with their actual cost"
    programs = pd.Series(np.nan if lines.empty else cost_by_month(lines, months), months)
    billed = lines.loc[lines["system"].ne("crm"), "last"]
    if len(billed):
        programs = programs.where(months <= billed.max())
    spend = pd.DataFrame({"programs": programs, "people": np.nan, "also": np.nan}).rename_axis(index="month")
    lost = programs.reindex(window.months).isna().sum()
    if lost and len(lines):
        why["months"] = f"ad systems and campaigns tell nothing of {lost} of {_all(window)}"
    nothing = pd.DataFrame(np.nan, months, [*CATEGORIES, "result"]).rename_axis(index="month")
    margin, window_margin, source = _margin(window, nothing["result"].rename("margin"), why)
    columns = {name: "str" for name in [*_ACCOUNT, "use"]} | {"amount": "float64"}
    accounts = pd.DataFrame(columns=list(columns)).astype(columns)
    return Books("campaigns", months, spend, margin, accounts, nothing, window_margin, source, why)


def _all(window: Window) -> str:
    return f"the window's {plural(len(window.months), 'month')}"


def _until_known(window: Window, first: pd.Timestamp) -> pd.DatetimeIndex:
    """Return all months from one to the last that was over on the day."""
    return pd.date_range(first, window.known_until, freq="MS", unit="us")

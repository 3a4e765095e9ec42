"""What the books tell: cost of acquisition and gross margin, month by month, and which account counts as what."""

from dataclasses import dataclass

import pandas as pd

from revops.measures.cac_payback.window import Window

__all__ = ["Books", "books_of"]


@dataclass(frozen=True)
class Books:
    """Cost and margin by month, of the whole company.

    source: ledger, or campaigns (ad systems and campaigns of the CRM, where there is no profit and loss: no people).
    months: every month from the first that is known to the last that was over on the day, without gaps.
    spend: by month (index), columns programs (ads, events, commissions: all of sales and marketing but people),
        people (accounts that people_accounts names, of sales and marketing), also (parts of other categories that
        also_acquisition names); NaN in a month that the books do not hold.
    margin: by month, (revenue - cogs) / revenue; NaN where it cannot be had.
    accounts: category, account, parent, use (programs, people, also, or left_out), amount over the window's months:
        every account of the ledger, sorted; amounts by category are the ledger's.
    totals: by month, columns revenue, cogs and every other category, and result (revenue less all cost).
    window_margin: of all the window's months together; NaN where it cannot be had. margin_source: ledger, params, none.
    why: what could not be had (margin, people, months) -> the reason, in words.
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
        """Return cost of acquisition by month, people included."""
        return self.spend.sum(axis=1, skipna=False)


def books_of(window: Window) -> Books:
    """Return the books as known on the day."""
    raise NotImplementedError

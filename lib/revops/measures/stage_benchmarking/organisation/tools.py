"""Which tools exchange data, and how many campaigns run in a quarter."""

import pandas as pd

from revops.book import AsOf
from revops.company import first_fit
from revops.periods import Period

__all__ = ["TOOLS", "n_campaigns", "tools_of"]

TOOLS = {"tool_name": "str", "is_connected": "bool"}


def tools_of(tools: pd.DataFrame, connected: tuple[str, ...]) -> pd.DataFrame:
    """Return the tools of the sheet, each once, sorted: tool_name, is_connected (fits a pattern of those that exchange
    data with each other; false for all where none is named)."""
    names = sorted(tools["tool_name"].dropna().unique())
    fits = [first_fit({"connected": connected}, (name,)) is not None for name in names]
    return pd.DataFrame({"tool_name": names, "is_connected": fits}, columns=[*TOOLS]).astype(TOOLS)


def n_campaigns(view: AsOf, quarter: Period) -> int | None:
    """Return how many campaigns ran in a quarter: of the CRM by their planned days, of ad systems by what was billed,
    one name once; None where no export holds campaigns."""
    campaigns, spend = view.book.table("campaigns"), view.book.table("spend")
    if campaigns.empty and spend.empty:
        return None
    first, last = pd.Timestamp(quarter.start), pd.Timestamp(quarter.end)
    start, end = (campaigns[name] for name in ("start_date", "end_date"))
    ran = start.fillna(end).le(last) & end.fillna(start).ge(first)
    billed = spend["date"].le(last) & spend["period_end"].ge(first) & spend["amount"].ne(0)
    names = [
        campaigns.loc[ran, "campaign_name"].fillna(campaigns.loc[ran, "campaign_id"]),
        spend.loc[billed, "campaign_name"].fillna(spend.loc[billed, "campaign_id"]),
    ]
    return int(pd.concat(names).dropna().astype("str").str.split().str.join(" ").str.casefold().nunique())

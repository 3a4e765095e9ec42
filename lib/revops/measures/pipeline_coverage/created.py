"""Pipeline created in a period, by the source it was created with."""

import datetime as dt

import pandas as pd

from revops.company import SOURCES, Company
from revops.periods import Period
from revops.ratios import safe_ratio

__all__ = ["created_by_source"]


def created_by_source(state: pd.DataFrame, *, period: Period, as_of: dt.date, company: Company) -> pd.DataFrame:
    """Return `created_pipeline_amount` and `created_pipeline_share` by source.

    Question
        Who brought the pipeline that was created this quarter?

    Parameters
        state : opportunities at the end of `as_of` (AsOf.state); uses created_at, created_source, amount, type

    Returns
        One row per source, in the order of company.SOURCES, all of them: source, created_amount [company currency,
        as known on `as_of`], n, n_without_amount, share (of the created amount; NaN where nothing was created).

    Limits
        Where sources have no history, the current record's source stands in for the one at creation.
    """
    created = state["created_at"].dt.normalize()
    last = pd.Timestamp(min(as_of, period.end))
    rows = state[created.between(pd.Timestamp(period.start), last) & state["type"].isin(company.quota_covers)]
    grouped = rows["amount"].groupby(rows["created_source"])
    table = pd.DataFrame({"source": SOURCES})
    table["created_amount"] = grouped.sum().reindex(SOURCES, fill_value=0.0).to_numpy()
    table["n"] = grouped.size().reindex(SOURCES, fill_value=0).to_numpy()
    without = rows["amount"].isna().groupby(rows["created_source"]).sum()
    table["n_without_amount"] = without.reindex(SOURCES, fill_value=0).to_numpy()
    total = table["created_amount"].sum()
    table["share"] = [safe_ratio(amount, total) for amount in table["created_amount"]]
    return table

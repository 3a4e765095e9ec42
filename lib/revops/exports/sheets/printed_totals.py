"""Sums that a sheet prints below its rows and beside its columns, held against the cells they are sums of."""

import pandas as pd

from revops.wording import money

__all__ = ["disagreements", "sums_beside"]

NEAR = 0.006
YEAR_DAYS = 300


def sums_beside(rows: pd.DataFrame) -> pd.Series:
    """Return which cells are of a year whose quarters or months the same owner has beside it."""
    days = (rows["period_end"] - rows["period_start"]).dt.days
    finest = days.groupby([rows[name].fillna("") for name in ("owner_name", "owner_id", "metric")]).transform("min")
    return days.gt(YEAR_DAYS) & finest.lt(YEAR_DAYS)


def disagreements(rows: pd.DataFrame) -> list[str]:
    """Return the printed sums that are not those of their cells, each with both amounts."""
    body, totals = rows[~rows["is_total"]], rows[rows["is_total"]]
    wrong = []
    for label, part in totals.groupby("period_name"):
        found = float(body.loc[body["period_name"].eq(label), "amount"].sum())
        for r in part.itertuples():
            wrong += _compared(str(label), r.amount, found, r.currency)
    is_sum = sums_beside(body)
    for (owner, label), part in body[is_sum].groupby(["owner_name", "period_name"]):
        cells = body[~is_sum & body["owner_name"].eq(owner)]
        inside = cells["period_start"].between(part["period_start"].min(), part["period_end"].max())
        found = float(cells.loc[inside, "amount"].sum())
        wrong += _compared(f"{owner} {label}", float(part["amount"].sum()), found, part["currency"].iloc[0])
    return sorted(wrong)


def _compared(what: str, printed: float, found: float, currency: str) -> list[str]:
    if abs(found - printed) <= NEAR * max(abs(printed), 1.0):
        return []
    return [f"{what} {money(printed, currency, exact=True)} printed, {money(found, currency, exact=True)} found"]

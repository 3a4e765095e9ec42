"""Sums that a sheet prints below its rows and beside its columns, held against the cells they are sums of."""

import pandas as pd

from revops.wording import money

__all__ = ["disagreements", "sums_beside"]

NEAR = 0.006
YEAR_DAYS = 300
MONTH_DAYS = 40
MONTHS = 3


def sums_beside(rows: pd.DataFrame) -> pd.Series:
    """Return which cells are of a year, or of a quarter with all its months, whose parts the owner has beside it."""
    days = (rows["period_end"] - rows["period_start"]).dt.days
    finest = days.groupby(_joined(rows)).transform("min")
    starts = rows.loc[days.between(MONTH_DAYS, YEAR_DAYS), ["period_start", "period_end"]].drop_duplicates()
    months = rows[days.lt(MONTH_DAYS)].assign(_key=_joined(rows))
    whole = {
        (owner, start)
        for start, end in starts.itertuples(index=False)
        for owner, part in months[months["period_start"].between(start, end)].groupby("_key")
        if part["period_start"].nunique() == MONTHS
    }
    pairs = zip(_joined(rows), rows["period_start"], days, strict=True)
    is_quarter = [MONTH_DAYS < n < YEAR_DAYS and (owner, start) in whole for owner, start, n in pairs]
    return (days.gt(YEAR_DAYS) & finest.lt(YEAR_DAYS)) | pd.Series(is_quarter, rows.index, dtype=bool)


def disagreements(rows: pd.DataFrame) -> list[str]:
    """Return the printed sums that are not those of their cells, each with both amounts."""
    body, totals = rows[~rows["is_total"] & ~rows["is_part"]], rows[rows["is_total"]]
    wrong = []
    for label, part in totals.groupby("period_name"):
        cells = body[body["period_name"].eq(label)]
        sums = [float(cells.loc[mask, "amount"].sum()) for mask in (cells["amount"].notna(), ~cells["is_group"])]
        for r in part.itertuples():
            off = [_compared(str(label), r.amount, found, r.currency) for found in sums]
            wrong += off[0] if all(off) else []
    is_sum = sums_beside(body)
    for (owner, label), part in body[is_sum].groupby(["owner_name", "period_name"]):
        cells = body[~is_sum & body["owner_name"].eq(owner)]
        inside = cells["period_start"].between(part["period_start"].min(), part["period_end"].max())
        found = float(cells.loc[inside, "amount"].sum())
        wrong += _compared(f"{owner} {label}", float(part["amount"].sum()), found, part["currency"].iloc[0])
    return sorted(wrong)


def _joined(rows: pd.DataFrame) -> pd.Series:
    return rows["owner_name"].fillna("") + "\n" + rows["owner_id"].fillna("") + "\n" + rows["metric"].fillna("")


def _compared(what: str, printed: float, found: float, currency: str) -> list[str]:
    if abs(found - printed) <= NEAR * max(abs(printed), 1.0):
        return []
    return [f"{what} {money(printed, currency, exact=True)} printed, {money(found, currency, exact=True)} found"]

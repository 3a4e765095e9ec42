"""What the books hold for advertising beside what ad systems report: a check, shown and added to nothing."""

import pandas as pd
import pyarrow as pa

from revops.exports.audit import Source
from revops.exports.context import Context
from revops.wording import join, money, plural, share

__all__ = ["compare_advertising"]

TOLERATED = 0.10
EDGE = pd.Timedelta(days=3)


def compare_advertising(books: pa.Table, ads: pa.Table, context: Context) -> None:
    """Write down, month by month and in all, what the books and the ad systems hold; warn where the sums are far apart.

    Compared are the months that both cover; one that the ads cover only in part is left aside. The statements of the
    books carry the lines. Neither table is changed: the books count, and the ads tell how they split by channel.
    """
    ledger = context.ledger
    rows, spend = books.to_pandas(), ads.to_pandas()
    if rows["amount"].isna().any() or spend["amount"].isna().any():
        return
    source = min((ledger.sources[i] for i in set(rows["_file"])), key=lambda s: s.name)
    chosen = _advertising(rows, context)
    if not chosen.any():
        source.decisions.append(
            f"no account of marketing says advertising: ads of {_told(spend['amount'].sum(), context)} are not held "
            "against the books; name the accounts in advertising_accounts of company.yml"
        )
        return
    names = sorted({f"{r.parent}:{r.account}" for r in rows[chosen].itertuples()})
    source.decisions.append(f"advertising is {plural(len(names), 'account')}: {', '.join(names)}")
    booked = rows[chosen].groupby("month")["amount"].sum()
    _compare(booked, spend, set(rows["month"]), source, context)


def _compare(booked: pd.Series, spend: pd.DataFrame, told: set[pd.Timestamp], source: Source, context: Context) -> None:
    """Write down both sides of each month that both cover, and of all of them."""
    whole, partial = _months(spend)
    months = sorted(set(whole) & told)
    if skipped := sorted(set(partial) & told):
        shown = join([f"{month:%b %Y}" for month in skipped])
        source.decisions.append(f"advertising of {shown} is not compared: the ads cover part of it")
    if not months:
        return
    by_month = spend.assign(month=spend["date"].dt.to_period("M").dt.to_timestamp())
    ads = by_month.pivot_table(index="month", columns="system", values="amount", aggfunc="sum", fill_value=0.0)
    ads, booked = ads.reindex(months, fill_value=0.0), booked.reindex(months, fill_value=0.0)
    for month in months:
        source.decisions.append(f"advertising of {month:%b %Y}: {_sides(booked[month], ads.loc[month], context)}")
    span = f"{months[0]:%b %Y} to {months[-1]:%b %Y}, {plural(len(months), 'month')}"
    span = span if len(months) > 1 else f"{months[0]:%b %Y}"
    said = f"advertising of {span}: {_sides(booked.sum(), ads.sum(), context)}"
    if len(months) > 1:
        source.decisions.append(said)
    sums = float(booked.sum()), float(ads.to_numpy().sum())
    if abs(sums[0] - sums[1]) > TOLERATED * max(*sums, 0.01):
        context.ledger.warnings.append(
            f"ledger: {said}, which is more than {share(TOLERATED)}. Look for an ad system that is not exported, for "
            "fees and taxes in these accounts, for accounts that advertising_accounts should name, and for bills of "
            "the month before or after. The books count; ads split them by channel and are added nowhere."
        )


def _advertising(rows: pd.DataFrame, context: Context) -> pd.Series:
    """Return which rows of the books are advertising of the category marketing."""
    pairs = {(r.parent, r.account) for r in rows.itertuples() if r.category == "marketing"}
    found = {pair: context.company.is_advertising(pair[1], f"{pair[0]}:{pair[1]}") for pair in pairs}
    keys = zip(rows["parent"], rows["account"], strict=True)
    own = pd.Series([found.get(key, False) for key in keys], index=rows.index, dtype=bool)
    return own & rows["category"].eq("marketing")


def _months(spend: pd.DataFrame) -> tuple[list[pd.Timestamp], list[pd.Timestamp]]:
    """Return the months that the ads cover, and those of which they cover a part: at either end of their days."""
    start, end = spend["date"].min(), spend["period_end"].max()
    months = sorted(set(spend["date"].dt.to_period("M").dt.to_timestamp()))
    partial = [month for month in months if start > month + EDGE or end + EDGE < month + pd.offsets.MonthEnd(0)]
    return [month for month in months if month not in partial], partial


def _sides(booked: float, ads: pd.Series, context: Context) -> str:
    """Return the two sums, those of each ad system, and their difference in money and in percent of the larger."""
    total = float(ads.sum())
    parts = ", ".join(f"{system} {_told(amount, context)}" for system, amount in ads.items() if amount)
    off = booked - total
    of = f" ({share(abs(off) / max(booked, total))})" if booked > 0 else ""
    side = (
        "the same"
        if abs(off) < 0.005
        else f"{_told(abs(off), context)}{of} {'more' if off > 0 else 'less'} in the books"
    )
    return f"{_told(booked, context)} in the books, {_told(total, context)} by ad systems ({parts or 'none'}): {side}"


def _told(amount: float, context: Context) -> str:
    return money(float(amount), context.company.currency, exact=True)

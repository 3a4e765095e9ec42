"""What sheets of weekly calls leave in doubt: weeks in which somebody made no call, and the unit of the amounts."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.wording import money, person

__all__ = ["warn_of_missing", "warn_of_unit"]

NEAR = 5.0
EDGE = 2
PREFERRED = ("Closed", "Forecast", "MostLikely", "BestCase")


def warn_of_missing(rows: pd.DataFrame, ledger: Ledger) -> None:
    """Warn of weeks in which a member made no call for a period, though it made others.

    Asked are the weeks between its own first and last call, and those in which most others called for the period,
    unless more than two such weeks stand before its first or after its last call: then it came or left.
    """
    period = ["_name", "period_start", "period_end"]
    for (name, _, _), part in rows[rows["level"].notna()].groupby(period):
        days = part.drop_duplicates(["level", "member", "snapshot_date"])["snapshot_date"].value_counts()
        weeks, most = sorted(days.index), part[["level", "member"]].drop_duplicates().shape[0] / 2
        gaps, expected = [], 0
        for _, calls in part.groupby(["level", "member"]):
            made = set(calls["snapshot_date"])
            common = [week for week in weeks if days[week] > most]
            before, after = [w for w in common if w < min(made)], [w for w in common if w > max(made)]
            edge = {week for outside in (before, after) if len(outside) <= EDGE for week in outside}
            between = [week for week in weeks if min(made) <= week <= max(made) or week in edge]
            expected += len(between)
            who = calls["owner_name"].dropna().min() if calls["owner_name"].notna().any() else calls["member"].min()
            gaps += [f"{person(who)} {week:%Y-%m-%d}" for week in between if week not in made]
        if gaps:
            ledger.warnings.append(
                f"{name}: {len(gaps):,} of {expected:,} weekly calls for {part['period_name'].min()} "
                f"{'is' if len(gaps) == 1 else 'are'} missing ({examples(sorted(gaps))}); left missing, not 0"
            )


def warn_of_unit(rows: pd.DataFrame, deals: pa.Table, context: Context) -> None:
    """Warn where the calls of an owner are about a thousand times, or a thousandth of, what the owner won."""
    calls = _last_calls(rows)
    if not len(calls):
        return
    won = _won(deals)
    booked = [_booked(won, r.member, r.period_start, r.period_end) for r in calls.itertuples()]
    calls = calls.assign(booked=booked)
    calls = calls[(calls["booked"] > 0) & (calls["amount"] > 0)]
    calls["ratio"] = calls["booked"] / calls["amount"]
    currency, unit = context.company.currency, context.company.forecasts.unit
    for (name, who), part in calls.groupby(["_name", "owner_name"]):
        ratio = float(part["ratio"].median())
        if not any(step / NEAR < size < step * NEAR for size in (ratio, 1 / ratio) for step in (1e3, 1e6)):
            continue
        row = part.iloc[(part["ratio"] - ratio).abs().argmin()]
        called, booked_amount = (money(row[c], currency, exact=True) for c in ("amount", "booked"))
        context.ledger.warnings.append(
            f"{name}: the calls of {person(who)} are {_times(ratio)} what {person(who)} has won ({row['category']} for "
            f"{row['period_name']} {called}, won {booked_amount}); amounts were taken in {unit}. If they are in "
            f"another unit, set forecasts.unit in company.yml to units, thousands or millions."
        )


def _times(ratio: float) -> str:
    size = f"{float(f'{max(ratio, 1 / ratio):.2g}'):,.0f}"
    return f"1/{size} of" if ratio > 1 else f"{size} times"


def _last_calls(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the latest call of each owner for each period, of the category that is nearest to what is won."""
    calls = rows[rows["level"].eq("owner") & rows["category"].isin(PREFERRED) & rows["owner_name"].notna()]
    calls = calls.assign(_rank=calls["category"].map({name: place for place, name in enumerate(PREFERRED)}))
    calls = calls.sort_values(["snapshot_date", "_rank"], ascending=[False, True], kind="stable")
    return calls[calls["amount"] > 0].drop_duplicates(["member", "period_start", "period_end"])


def _won(deals: pa.Table) -> pd.DataFrame:
    if "amount" not in deals.column_names:
        return pd.DataFrame({"owner_id": [], "close_date": [], "amount": []})
    won = deals.filter(pc.equal(deals["outcome"], "won")).select(["owner_id", "close_date", "amount"])
    return won.to_pandas().astype({"owner_id": "object"})


def _booked(won: pd.DataFrame, owner: str, start: dt.date, end: dt.date) -> float:
    return float(won.loc[won["owner_id"].eq(owner) & won["close_date"].between(start, end), "amount"].sum())

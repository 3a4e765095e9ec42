"""Calls of sheets and of the CRM's forecasts as they were known on a day: the last one counts until the next."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from revops.analysis.forecast_categories import CATEGORY_ROLES
from revops.analysis.outlook import Subject
from revops.periods import Period

__all__ = ["CATEGORIES", "calls_of", "known_calls", "owners_in"]

CATEGORIES = {name: CATEGORY_ROLES[name] for name in ("Forecast", "MostLikely", "BestCase")}
"""The forecast categories of calls, nearest to the call first, and what they are named here."""
GROUPS = ("team", "region", "segment")
"""The levels between an owner and the company, the one nearest to the owner first."""
_ROLLED_UP = 0.5


def calls_of(subject: Subject) -> pd.DataFrame:
    """Return the calls for whole quarters made by the as-of day, with the subject in the company's place.

    Returns
        schema.forecasts with category (commit, most_likely, best_case), period (name), and level company, group or
        owner: groups are the sheet's teams, regions or segments that split the owners between them (group_level says
        which). A slice keeps the calls of its owners; the row of a group with just its owners takes the company's
        place.

    Limits
        Left out: calls for months or years (nobody said how they divide), those made after the quarter's end, and those
        of managers that repeat what their people call: at least half of it, all in all.
    """
    view = subject.view
    calls = view.book.table("forecasts")
    calls = calls[(calls["snapshot_date"] <= pd.Timestamp(view.day)) & calls["category"].isin(list(CATEGORIES))]
    names = view.calendar.names(calls["period_start"])
    quarters = {name: view.calendar.named(name) for name in names.dropna().unique()}
    starts, ends = (
        names.map({n: pd.Timestamp(getattr(q, end)) for n, q in quarters.items()}) for end in ("start", "end")
    )
    whole = calls["period_start"].eq(starts) & calls["period_end"].eq(ends) & (calls["snapshot_date"] <= ends)
    calls = calls[whole].assign(period=names[whole], category=calls.loc[whole, "category"].map(CATEGORIES))
    calls = _without_roll_ups(calls, view.owners)
    calls = _of_slice(calls, subject) if subject.is_slice else calls
    parts = [_split(part, view.owners) for _, part in calls.groupby("period", sort=True)]
    return pd.concat(parts, ignore_index=True) if parts else calls.assign(group_level="")


def known_calls(calls: pd.DataFrame, period: Period, days: Mapping[int, dt.date]) -> pd.DataFrame:
    """Return for each week of a quarter the call that was known on its day: the last one made by then.

    Parameters
        calls : calls_of
        days : horizon_weeks -> day

    Returns
        One row per week x level x member x category with a call by then: period, horizon_weeks, level, group_level,
        member, category, forecast_amount, snapshot_date, is_carried (made before the week began).
    """
    key = ["level", "group_level", "member", "category"]
    own = calls[calls["period"].eq(period.name)].sort_values("snapshot_date", kind="stable")
    made, replaced = own["snapshot_date"].to_numpy(), own.groupby(key)["snapshot_date"].shift(-1).to_numpy()
    weeks, day = np.array(list(days), dtype="int64"), np.array(list(days.values()), dtype="datetime64[us]")[:, None]
    at, rows = np.nonzero((made <= day) & ~(replaced <= day))
    begun = np.datetime64(period.start, "us") + (weeks - 1) * np.timedelta64(7, "D")
    found = own.iloc[rows].assign(horizon_weeks=weeks[at], is_carried=made[rows] < begun[at])
    columns = ["period", "horizon_weeks", *key, "forecast_amount", "snapshot_date", "is_carried"]
    return found[columns].reset_index(drop=True)


def _without_roll_ups(calls: pd.DataFrame, owners: pd.DataFrame) -> pd.DataFrame:
    """Return calls without those of managers that repeat what their people call: they would be counted twice."""
    own = calls[calls["level"].eq("owner")]
    bosses = owners.drop_duplicates("owner_id").set_index("owner_id")["manager_id"]
    key = ["member", "period", "snapshot_date", "category"]
    theirs = own.assign(member=own["member"].map(bosses)).groupby(key)["forecast_amount"].sum()
    both = own.set_index(key)["forecast_amount"].to_frame("own").join(theirs.rename("theirs"), how="inner")
    sums = both.groupby("member").sum()
    repeated = sums.index[sums["own"] >= _ROLLED_UP * sums["theirs"]]
    return calls[~(calls["level"].eq("owner") & calls["member"].isin(repeated))]


def _of_slice(calls: pd.DataFrame, subject: Subject) -> pd.DataFrame:
    """Return the calls of a slice: its owners', those of groups inside it, and its own row as the company's.

    Its own row is that of a group of just its owners: the one it is named after, else the nearest to the owner.
    """
    owners, slice = subject.view.owners, subject.knobs.slice
    own = set(owners_in(owners, slice))
    if not own:
        return calls.iloc[:0]
    theirs = calls[calls["level"].eq("owner") & calls["member"].isin(own)]
    groups = calls[calls["level"].isin(GROUPS)]
    pairs = pd.Series(list(zip(groups["level"], groups["member"], strict=True)), index=groups.index, dtype="object")
    members = {pair: set(owners_in(owners, dict([pair]))) for pair in pairs.unique()}
    same = [pair for level in (*slice, *GROUPS) for pair in members if pair[0] == level and members[pair] == own]
    inside = [pair for pair, mine in members.items() if mine and mine < own]
    whole = theirs if slice.keys() == {"owner"} else groups[pairs.isin(same[:1])]
    return pd.concat([whole.assign(level="company", member="company"), groups[pairs.isin(inside)], theirs])


def owners_in(owners: pd.DataFrame, slice: Mapping[str, str]) -> Sequence[str]:
    """Return the owners that belong to a slice; none where it is not one of owners."""
    inside = pd.Series(True, index=owners.index)
    for by, group in slice.items():
        column = {"owner": "owner_id"}.get(by, by)
        if column not in owners:
            return []
        inside &= owners[column].eq(group)
    return owners.loc[inside, "owner_id"].tolist()


def _split(calls: pd.DataFrame, owners: pd.DataFrame) -> pd.DataFrame:
    """Return one quarter's calls with the groups that split its owners as level `group`; other groups are left out.

    Teams first; then a region none of whose owners is in such a team, then a segment likewise: a row of America beside
    those of its two teams repeats them. Groups whose owners nobody knows may repeat those of a nearer level: they are
    left out beside such.
    """
    taken: set[str] = set()
    kept = [calls[calls["level"].isin(["company", "owner"])].assign(group_level="")]
    for level in GROUPS:
        rows = calls[calls["level"].eq(level)]
        owners_of = {member: set(owners_in(owners, {level: member})) for member in rows["member"].unique()}
        split = [member for member, own in owners_of.items() if not own & taken and (own or len(kept) == 1)]
        if split:
            kept.append(rows[rows["member"].isin(split)].assign(level="group", group_level=level))
        taken |= {owner for member in split for owner in owners_of[member]}
    return pd.concat(kept)

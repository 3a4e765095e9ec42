"""Who called what: the calls of reps, managers and the company, and those of each owner and team beside what came."""

import math
from collections.abc import Collection, Sequence

import pandas as pd

from revops.measures.forecast_accuracy.forecasts.known_calls import owners_in
from revops.measures.forecast_accuracy.forecasts.quarters import Quarters
from revops.ratios import safe_ratio

__all__ = ["STEPS", "called_by", "callers", "unit_pairs"]

STEPS = {"rep": "owner", "manager": "group", "final": "company"}
"""The steps of a roll-up, and the level of the calls that each adds up."""
_AT = ["period", "horizon_weeks"]
_WHOLE = 0.9
_ADDED = {"forecast_amount": ("forecast_amount", "sum"), "is_carried": ("is_carried", "all")}


def called_by(known: pd.DataFrame, step: str, category: str) -> pd.DataFrame:
    """Return what one step of the roll-up called: the sum of its members' calls in each week.

    Parameters
        known : known_calls.known_calls of all quarters
        step : rep, manager or final

    Returns
        One row per period x horizon_weeks: forecast_amount, is_carried (every part from an earlier week). Weeks are
        left out before nine in ten of those had called who have called in earlier quarters: it is not the step's sum
        without them.
    """
    rows = known[known["level"].eq(STEPS[step]) & known["category"].eq(category)]
    sums = rows.groupby(_AT, as_index=False).agg(**_ADDED)
    whole_from = sums["period"].map(_whole_from(rows)).astype("float64").fillna(0)
    return sums[sums["horizon_weeks"] >= whole_from].reset_index(drop=True)


def _whole_from(rows: pd.DataFrame) -> pd.Series:
    """Return for each quarter the first week by which nine in ten of those had called who have called before: period ->
    horizon_weeks.

    Calls rebuilt from deals have no day: who is not in them has no deals.
    """
    made = rows[rows["snapshot_date"].notna()]
    key = ["period", "group_level", "member"]
    began = made.groupby(key, sort=False, as_index=False)["horizon_weeks"].min()
    is_known = began.duplicated(key[1:])
    weeks = began[is_known].groupby("period")["horizon_weeks"]
    return weeks.agg(lambda called: called.sort_values().iloc[math.ceil(_WHOLE * len(called)) - 1])


def callers(known: pd.DataFrame, quarters: Quarters, covers: Collection[str], owners: pd.DataFrame) -> pd.Series:
    """Return for each step the share of bookings whose owners took part in it [0 to 1], over the judged quarters in
    which anybody called.

    A step whose callers book little of what is booked is no forecast of the company. final is 1 where there are calls.
    """
    booked = quarters.by_owner(covers)
    judged = {period.name for period in quarters.last} & set(known["period"])
    booked = booked[booked["period"].isin(judged)]
    total, shares = booked["actual_amount"].sum(), {}
    for step, level in STEPS.items():
        rows = known.loc[known["level"].eq(level), ["period", "group_level", "member"]].drop_duplicates()
        if level == "company" or rows.empty:
            shares[step] = float(len(rows) > 0)
            continue
        of = _owners_of(rows, owners)
        inside = booked.merge(of[["period", "owner_id"]].drop_duplicates(), on=["period", "owner_id"])
        shares[step] = float(safe_ratio(inside["actual_amount"].sum(), total))
    return pd.Series(shares)


def unit_pairs(
    known: pd.DataFrame, category: str, quarters: Quarters, covers: Collection[str], owners: pd.DataFrame
) -> pd.DataFrame:
    """Return the calls of each owner and team beside what they booked.

    Teams are the groups that called; where none did, the sums of owners' calls by the owner's team. Groups whose owners
    nobody knows are left out: so is what they booked.

    Returns
        One row per period x horizon_weeks x level (owner, team) x member: forecast_amount, actual_amount (0 where an
        owner who called booked nothing; NaN while the quarter is under way), is_carried, category (commit).
    """
    called = known[known["category"].eq(category)]
    own, groups = called[called["level"].eq("owner")], called[called["level"].eq("group")]
    if groups.empty:
        team = own["member"].map(owners.drop_duplicates("owner_id").set_index("owner_id")["team"])
        groups = own.assign(member=team.astype("str"), level="group", group_level="team").dropna(subset="member")
        groups = groups.groupby([*_AT, "level", "group_level", "member"], as_index=False).agg(**_ADDED)
    booked = quarters.by_owner(covers)
    of = _owners_of(groups[["period", "group_level", "member"]].drop_duplicates(), owners)
    groups = groups.merge(of[["period", "member"]].drop_duplicates(), on=["period", "member"])
    by_team = of.merge(booked, on=["period", "owner_id"]).groupby(["period", "member"])["actual_amount"].sum()
    by_owner = booked.set_index(["period", "owner_id"])["actual_amount"]
    past = {period.name for period in quarters.periods}
    parts = [_beside(own, by_owner, past).assign(level="owner"), _beside(groups, by_team, past).assign(level="team")]
    columns = [*_AT, "level", "member", "forecast_amount", "actual_amount", "is_carried"]
    return pd.concat(parts, ignore_index=True)[columns].assign(category="commit")


def _beside(rows: pd.DataFrame, booked: pd.Series, past: Collection[str]) -> pd.DataFrame:
    """Return calls with what their members booked: 0 where nothing, NaN in quarters that are not over."""
    came = booked.reindex(pd.MultiIndex.from_frame(rows[["period", "member"]])).fillna(0.0).to_numpy()
    return rows.assign(actual_amount=pd.Series(came, index=rows.index).where(rows["period"].isin(past)))


def _owners_of(rows: pd.DataFrame, owners: pd.DataFrame) -> pd.DataFrame:
    """Return the owners of each caller: period, member, owner_id; a caller without a group level is an owner."""
    pairs: dict[tuple[str, str], Sequence[str]] = {
        (level, member): owners_in(owners, {level: member}) if level else [member]
        for level, member in rows[["group_level", "member"]].drop_duplicates().itertuples(index=False, name=None)
    }
    found = [
        (row.period, row.member, owner) for row in rows.itertuples() for owner in pairs[(row.group_level, row.member)]
    ]
    return pd.DataFrame(found, columns=["period", "member", "owner_id"]).astype("str")

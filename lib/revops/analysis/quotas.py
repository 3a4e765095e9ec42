"""What a period is asked to book: the quota rows in force, for the company and for groups."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from revops.periods import Period

__all__ = ["CompanyQuota", "company_quota", "group_quotas", "quotas_in_force", "quotas_of_slice"]

_KEY = ["level", "member", "metric", "types", "period_start", "period_end"]


@dataclass(frozen=True)
class CompanyQuota:
    """The company's quota of a period [company currency; NaN where there is none], where it comes from, and by how
    much the owners' quotas add up to more (NaN unless both are known)."""

    amount: float
    basis: str
    over_assigned: float


def quotas_in_force(quotas: pd.DataFrame, *, period: Period, as_of: dt.date, covers: Collection[str]) -> pd.DataFrame:
    """Return the bookings quotas of `period` in force on `as_of`, one row per level x member x period row.

    Rows for parts of the period (months) are all kept, to be summed; a row that reaches beyond the period (an annual
    one) is left out, since nobody said how it divides. Of several effective dates up to `as_of` the latest counts.
    A row for opportunity types that are not all in `covers` (renewals, as a rule) is left out.
    """
    start, end, day = pd.Timestamp(period.start), pd.Timestamp(period.end), pd.Timestamp(as_of)
    inside = (quotas["period_start"] >= start) & (quotas["period_end"] <= end)
    begun = quotas["effective_from"].isna() | (quotas["effective_from"] <= day)
    rows = quotas[inside & quotas["metric"].eq("bookings") & begun]
    named = rows["types"].fillna("").map(lambda types: {word.strip() for word in types.split(",") if word.strip()})
    covered = named.map(lambda types: types <= set(covers)).astype(bool)
    rows = rows[covered].sort_values([*_KEY, "effective_from"], na_position="first")
    return rows.drop_duplicates(_KEY, keep="last").reset_index(drop=True)


def quotas_of_slice(quotas: pd.DataFrame, owners: pd.DataFrame, slice: dict[str, str]) -> pd.DataFrame:
    """Return the quota rows that remain when part of the company is the subject, with the part as the company.

    A slice has the rows of its own level, and those of its owners where every owner with a quota belongs to one
    group of that kind. A slice by several dimensions has none.
    """
    if not slice:
        return quotas
    if len(slice) > 1:
        return quotas.iloc[:0]
    [(by, group)] = slice.items()
    own = quotas[quotas["level"].eq(by) & quotas["member"].eq(group)].assign(level="company", member="company")
    theirs = quotas[quotas["level"].eq("owner")]
    of_owner = _group_of_owner(theirs, owners, by)
    return pd.concat([own, theirs[of_owner.eq(group)]], ignore_index=True)


def company_quota(in_force: pd.DataFrame, owners: pd.DataFrame) -> CompanyQuota:
    """Return `quota_amount` of the whole company from the rows in force.

    The company's own row where there is one; else the sum over owners without reports who carry a quota themselves
    (a manager's quota repeats those of the team).
    """
    whole = in_force.loc[in_force["level"].eq("company"), "quota_amount"]
    leaves = _leaf_quotas(in_force, owners)["quota_amount"]
    assigned = float(leaves.sum()) if len(leaves) else float("nan")
    if len(whole):
        amount = float(whole.sum())
        return CompanyQuota(amount, "the company's own row in the quota sheet", assigned - amount)
    if len(leaves):
        return CompanyQuota(assigned, "the sum over owners without reports", float("nan"))
    return CompanyQuota(float("nan"), "no quota for this period in the exports", float("nan"))


def group_quotas(in_force: pd.DataFrame, owners: pd.DataFrame, by: str) -> pd.Series:
    """Return the quota of each group of `by` (segment, region, team, owner): group -> amount [company currency].

    A group has a quota where the sheet has rows at that level, or where every owner with a quota belongs to one
    group of that kind; else the result is empty and the group's coverage is undefined. A manager's own row repeats
    the team's and is no owner's quota.
    """
    if by == "owner":
        return _leaf_quotas(in_force, owners).groupby("member")["quota_amount"].sum()
    rows = in_force[in_force["level"].eq(by)]
    if len(rows):
        return rows.groupby("member")["quota_amount"].sum()
    leaves = _leaf_quotas(in_force, owners)
    return leaves.groupby(_group_of_owner(leaves, owners, by))["quota_amount"].sum()


def _group_of_owner(rows: pd.DataFrame, owners: pd.DataFrame, by: str) -> pd.Series:
    """Return the group of each owner's row; all null unless every one of them belongs to a group of that kind."""
    nobody = pd.Series(None, index=rows.index, dtype="str")
    if by not in ("segment", "region", "team"):
        return nobody
    groups = rows["member"].map(owners.drop_duplicates("owner_id").set_index("owner_id")[by])
    return nobody if groups.isna().any() else groups


def _leaf_quotas(in_force: pd.DataFrame, owners: pd.DataFrame) -> pd.DataFrame:
    """Return the owners' rows, less those of managers one of whose reports carries a quota too."""
    rows = in_force[in_force["level"].eq("owner")]
    managers = owners.loc[owners["owner_id"].isin(rows["member"]), "manager_id"].dropna()
    return rows[~rows["member"].isin(managers)]

"""Coverage of a period's quota by its open pipeline: for the company, for groups, and in earlier quarters."""

import datetime as dt

import pandas as pd

from revops.analysis.quotas import company_quota, group_quotas, quotas_in_force
from revops.analysis.standing import BOOKED, OPEN_PIPELINE, OVERDUE, STANDINGS, is_open, standing
from revops.company import Company
from revops.periods import Period
from revops.ratios import safe_ratio

__all__ = ["coverage_by_group", "open_amounts_by_standing"]

_OTHER_GROUPS = ("Unknown", "Unassigned")


def coverage_by_group(
    state: pd.DataFrame,
    quotas: pd.DataFrame,
    owners: pd.DataFrame,
    *,
    period: Period,
    as_of: dt.date,
    company: Company,
    by: str | None = None,
    settled: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return `quota_amount`, `booked_amount`, `open_pipeline_amount`, `total_open_amount`, `overdue_amount` and
    `coverage` of one period, for the company or for each group.

    Question
        Is there enough open pipeline for what is still to book, and where is it short?

    Parameters
        state : opportunities at the end of `as_of` (AsOf.state)
        quotas, owners : schema.quotas, schema.owners
        by : None, or a column of `state`: segment, region, team, type, owner
        settled : opportunities on the day on which the period's bookings were frozen, where that is before `as_of`

    Returns
        One row per group, in the company's order of names, unknown ones last; one row where `by` is None; owners
        with neither quota, bookings nor open opportunities are left out:
        group                     name; owner_id where `by` is owner
        quota_amount, booked_amount, open_pipeline_amount, remaining_amount, overdue_amount, total_open_amount
                                  [company currency]; quota NaN where the group has none; booked and open NaN for a
                                  type that the quota does not cover
        n_booked, n_open, n_overdue, n_total_open   counts of opportunities
        coverage                  open pipeline / remaining [x]; NaN without quota, where nothing remains, or once the
                                  period is over

    Formula
        coverage = open_pipeline_amount / (quota_amount - booked_amount), where that is above 0

    Limits
        An opportunity without an amount counts in n and adds 0.
    """
    key = {"owner": "owner_id"}.get(by, by)
    deals, frozen = (
        rows.assign(
            where=standing(rows, period=period, day=as_of, company=company),
            group="company" if key is None else rows[key].fillna(_OTHER_GROUPS[by == "owner"]),
        )
        for rows in (state, state if settled is None else settled)
    )
    in_force = quotas_in_force(quotas, period=period, as_of=as_of, covers=company.quota_covers)
    whole = {"company": company_quota(in_force, owners).amount}
    quota = pd.Series(whole) if by is None else group_quotas(in_force, owners, by)
    groups = _in_order({*deals["group"].unique(), *frozen["group"].unique(), *quota.index}, company, by)
    table = pd.DataFrame({"group": pd.Series(groups, dtype="str")})
    table["quota_amount"] = table["group"].map(quota).astype("float64")
    chosen = {
        "booked": frozen[frozen["where"].eq(BOOKED)],
        "open": deals[deals["where"].eq(OPEN_PIPELINE)],
        "overdue": deals[deals["where"].eq(OVERDUE)],
        "total_open": deals[is_open(deals)],
    }
    for name, rows in chosen.items():
        table = _with_sums(table, name, rows)
    if by == "type":
        outside = ~table["group"].isin(company.quota_covers)
        table.loc[outside, ["booked_amount", "open_pipeline_amount"]] = float("nan")
    table["remaining_amount"] = (table["quota_amount"] - table["booked_amount"]).clip(lower=0)
    remaining = table["remaining_amount"] * (1.0 if as_of <= period.end else float("nan"))
    table["coverage"] = safe_ratio(table["open_pipeline_amount"], remaining)
    busy = table[["quota_amount", "n_booked", "n_total_open"]].gt(0).any(axis=1)
    return table[busy].reset_index(drop=True) if by == "owner" else table


def _with_sums(table: pd.DataFrame, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the amount and the count of some opportunities in each group."""
    sums = rows.groupby("group")["amount"].agg(["sum", "size"]).reindex(table["group"], fill_value=0)
    amount = {"open": "open_pipeline"}.get(name, name) + "_amount"
    counts = {amount: sums["sum"].to_numpy(dtype="float64"), f"n_{name}": sums["size"].to_numpy(dtype="int64")}
    return table.assign(**counts)


def open_amounts_by_standing(state: pd.DataFrame, *, period: Period, as_of: dt.date, company: Company) -> pd.DataFrame:
    """Return how total open divides into open pipeline and what is not in it, such as
    `pipeline_before_qualifying_amount`, with the reason.

    Returns
        One row per standing of an open opportunity, in the order of STANDINGS: standing, reason (in words), amount
        [company currency], n, n_without_amount. The amounts add up to total open.
    """
    opened = state[is_open(state)]
    where = standing(opened, period=period, day=as_of, company=company)
    names = [name for name, reason in STANDINGS.items() if reason.startswith("open")]
    grouped = opened["amount"].groupby(where)
    table = pd.DataFrame({"standing": names, "reason": [STANDINGS[name] for name in names]})
    table["amount"] = grouped.sum().reindex(names, fill_value=0.0).to_numpy()
    table["n"] = grouped.size().reindex(names, fill_value=0).to_numpy()
    table["n_without_amount"] = opened["amount"].isna().groupby(where).sum().reindex(names, fill_value=0).to_numpy()
    return table


def _in_order(groups: set[str], company: Company, by: str | None) -> list[str]:
    """Return group names in the company's order, the rest by name, Unknown and Unassigned last."""
    named = {"segment": company.segments.names, "region": company.regions.names}.get(by, ())
    rest = sorted(groups - set(named) - set(_OTHER_GROUPS))
    return [*named, *rest, *sorted(groups & set(_OTHER_GROUPS))]

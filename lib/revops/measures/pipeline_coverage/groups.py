"""What each group is expected to bring and needs: the company's chances, as far as the group's past differs."""

import pandas as pd

from revops.analysis.groups import FEWEST_SHOWN, group_factors
from revops.measures.pipeline_coverage.outlook import Outlook
from revops.ratios import safe_ratio

__all__ = ["with_outlook"]


def with_outlook(table: pd.DataFrame, outlook: Outlook | None, groups: pd.Series, *, level: float) -> pd.DataFrame:
    """Return coverage_by_group with `weighted_pipeline_amount` and `required_coverage` of each group.

    Parameters
        table : coverage_by_group by one dimension
        groups : opportunity_id -> group of that dimension, of all opportunities, as of the day

    Returns
        `table` with n_past (past deals of the group on this day), expected_amount [company currency], and
        required_coverage, required_low, required_high [x]. NaN where the past cannot say: fewer than 5 past deals, no
        quota of the group, nothing left to book.

    Formula
        expected = sum of chance x amount of the group's deals x factor; required = max(remaining - late share x quota,
        0) / (yield x factor) / remaining; factor from analysis.groups.group_factors.
    """
    columns = ["n_past", "expected_amount", "required_coverage", "required_low", "required_high"]
    if outlook is None:
        return table.assign(**dict.fromkeys(columns, float("nan")))
    past = outlook.past_deals
    factors = group_factors(past, past["chance"].to_numpy(), groups, level=level).set_index("group")
    factors = factors.reindex(table["group"]).reset_index()
    n = factors["n"].fillna(0)
    known = n >= FEWEST_SHOWN
    due = outlook.deals[outlook.deals["opportunity_id"].isin(groups.index) & outlook.deals["place"].eq("due")]
    due = due[due["type"].isin(past["type"].unique())]
    expected = due["expected_amount"].groupby(due["opportunity_id"].map(groups)).sum()
    result = table.assign(n_past=n, expected_amount=table["group"].map(expected).fillna(0.0) * factors["factor"])
    result["expected_amount"] = result["expected_amount"].where(known)
    need = outlook.required
    if need is None:
        return result.assign(**dict.fromkeys(columns[2:], float("nan")))
    open_needed = (result["remaining_amount"] - need.late_share * result["quota_amount"]).clip(
        lower=0
    ) / need.yield_rate
    for name, factor in (("required_coverage", "factor"), ("required_low", "high"), ("required_high", "low")):
        needed = open_needed / factors[factor].where(factors[factor] > 0)
        result[name] = safe_ratio(needed, result["remaining_amount"]).where(known)
    return result

"""What campaigns, and types of them, return under each rule."""

import numpy as np
import pandas as pd

from revops.measures.attribution_comparison.campaigns.groups import returns_of, spend_of, summed
from revops.measures.attribution_comparison.campaigns.known import Known

__all__ = ["RETURNS_BY_RULE", "WHO", "returns_by_rule", "types_by_model"]

Array = np.ndarray
WHO = ["campaign_id", "campaign_name", "channel", "campaign_type"]
RETURNS_BY_RULE = ["model", *WHO, "credited_deals", "credited_amount", "spend_amount", "contribution_amount",
                   "campaign_return"]  # fmt: skip


def returns_by_rule(known: Known) -> pd.DataFrame:
    """Return what every campaign on the list returns under every rule.

    Returns
        RETURNS_BY_RULE, one row per rule x campaign, campaigns in their order. Credit is of all deals won by the day,
        spend_amount the whole cost so far; contribution_amount = credited x margin - spend, campaign_return =
        contribution / spend: NaN where no cost is known, or the cost matches no campaign of the CRM.
    """
    n, table = len(known.rules), known.listed.table
    rows = pd.concat([table[[*WHO, "spend_amount"]]] * n or [table[[*WHO, "spend_amount"]].iloc[:0]], ignore_index=True)
    contribution = (known.amount * known.costs.margin - known.spend).ravel()
    rows = rows.assign(
        model=_repeated(known.rules, len(table)), credited_deals=known.deals.ravel(),
        credited_amount=known.amount.ravel(), contribution_amount=contribution,
        campaign_return=contribution / np.tile(known.spend, n),
    )  # fmt: skip
    return rows[RETURNS_BY_RULE]


def types_by_model(known: Known, of_type: Array, types: pd.Index) -> pd.DataFrame:
    """Return `campaign_return` of each campaign type under each rule, with what it is made of.

    Returns
        One row per rule x campaign type: model, campaign_type, credited_deals, credited_amount (of all its campaigns
        on the list, from all deals won by the day), spend_amount (their whole cost so far), campaign_return (of those
        in the CRM with a cost; NaN where there is none)
    """
    n, n_rules = len(types), len(known.rules)
    deals, amount = (summed(values, of_type, n) for values in (known.deals, known.amount))
    returns, spend = returns_of(known, known.amount, of_type, n), spend_of(known, of_type, n)
    return pd.DataFrame({
        "model": _repeated(known.rules, n), "campaign_type": pd.Series(list(types) * n_rules, dtype="str"),
        "credited_deals": deals.ravel(), "credited_amount": amount.ravel(), "spend_amount": np.tile(spend, n_rules),
        "campaign_return": returns.ravel(),
    })  # fmt: skip


def _repeated(rules: tuple[str, ...], n: int) -> pd.Series:
    return pd.Series(np.repeat(np.array(rules, dtype=object), n), dtype="str")

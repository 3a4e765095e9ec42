"""What campaigns have cost, in the company's currency."""

import pyarrow as pa

from revops.exports.context import Context
from revops.exports.money import refuse_unconverted
from revops.exports.reading.columns import put

__all__ = ["with_costs"]


def with_costs(campaigns: pa.Table, context: Context) -> pa.Table:
    """Return campaigns with `actual_cost_amount`; costs that cannot be converted go to the ledger as a problem."""
    if "amount" not in campaigns.column_names:
        return campaigns
    refuse_unconverted(campaigns, context.company, "campaigns, actual cost", context.ledger)
    return put(campaigns, "actual_cost_amount", campaigns["amount"]).drop_columns(["amount"])

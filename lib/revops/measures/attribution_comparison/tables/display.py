"""Every table of the report by name, and the tables that go out as files beside it."""

import pandas as pd

from revops.measures.attribution_comparison.result import AttributionResult
from revops.measures.attribution_comparison.tables.checks import check_tables
from revops.measures.attribution_comparison.tables.credit import NOBODY, credit_tables
from revops.measures.attribution_comparison.tables.found import Display, found_tables
from revops.measures.attribution_comparison.tables.money import money_tables

__all__ = [
    "by_rule_table",
    "campaigns_table",
    "cost_table",
    "credit_table",
    "deals_table",
    "display_tables",
    "returns_table",
]


def display_tables(result: AttributionResult) -> dict[str, Display]:
    """Return caption, table and units of every table that the data allow, by name."""
    tables = found_tables(result) | credit_tables(result) | money_tables(result) | check_tables(result)
    return {name: table for name, table in tables.items() if len(table[1])}


def credit_table(result: AttributionResult) -> pd.DataFrame:
    """Return every model on one long table with one total: of deals won, then of pipeline created; what has no touch
    that counts is a row of each model, `(unattributed)`."""
    tables = []
    for found, of in ((result.won, "won"), (result.pipeline, "pipeline_created")):
        nobody = found.unattributed[["n_deals", "amount"]].sum()
        rows = pd.DataFrame({"model": list(found.models), "channel": NOBODY,
                             "credited_deals": nobody["n_deals"], "credited_amount": nobody["amount"]})  # fmt: skip
        tables.append(pd.concat([found.table, rows], ignore_index=True).assign(of=of))
    return pd.concat(tables, ignore_index=True)[["of", *result.won.table.columns]]


def deals_table(result: AttributionResult) -> pd.DataFrame:
    """Return every deal of the window, won, lost and open, with the reason it is credited or not."""
    tables = [found.found.deals.assign(of=of) for found, of in
              ((result.won, "closed"), (result.pipeline, "created"))]  # fmt: skip
    table = pd.concat(tables, ignore_index=True).astype({"kind": "str", "reason": "str"})
    return table[["of", "opportunity_id", "kind", "reason", "amount"]]


def campaigns_table(result: AttributionResult) -> pd.DataFrame:
    """Return every campaign with cost, credit and return."""
    return result.campaigns.by_campaign


def by_rule_table(result: AttributionResult) -> pd.DataFrame:
    """Return what every rule credits every campaign with, of won deals and of pipeline created."""
    return result.by_rule


def cost_table(result: AttributionResult) -> pd.DataFrame:
    """Return every cost that was used: the rows of ad systems and campaigns, before they are cut to the window."""
    return result.costs.lines


def returns_table(result: AttributionResult) -> pd.DataFrame:
    """Return contribution and return of every campaign under every rule: all it cost so far against all deals won by
    the day."""
    return result.campaigns.returns_by_rule

"""Attribution comparison: which channels earn credit, how much does the model decide, and which decisions flip?"""

from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.needs import NEEDS, READS, lacking, refusal
from revops.measures.attribution_comparison.result import AttributionResult, measure
from revops.measures.attribution_comparison.rows import measure_rows
from revops.measures.attribution_comparison.tables.display import (
    by_rule_table,
    campaigns_table,
    cost_table,
    credit_table,
    deals_table,
    display_tables,
    returns_table,
)

__all__ = [
    "NEEDS",
    "READS",
    "AttributionResult",
    "Knobs",
    "by_rule_table",
    "campaigns_table",
    "cost_table",
    "credit_table",
    "deals_table",
    "display_tables",
    "lacking",
    "measure",
    "measure_rows",
    "refusal",
    "returns_table",
]

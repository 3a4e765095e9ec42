"""Stage benchmarking: where does the funnel leak, against our own past, our segments and others?"""

from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.needs import NEEDS, READS, lacking, refusal
from revops.measures.stage_benchmarking.remarks import remarks
from revops.measures.stage_benchmarking.result import StageResult, measure
from revops.measures.stage_benchmarking.rows import measure_rows
from revops.measures.stage_benchmarking.tables.display import (
    comparisons_table,
    display_tables,
    enquiries_table,
    groups_table,
    handed_over_by_group_table,
    handed_over_table,
    link_faults_table,
    links_table,
    published_table,
    stuck_table,
)

__all__ = [
    "NEEDS",
    "READS",
    "Knobs",
    "StageResult",
    "comparisons_table",
    "display_tables",
    "enquiries_table",
    "groups_table",
    "handed_over_by_group_table",
    "handed_over_table",
    "lacking",
    "link_faults_table",
    "links_table",
    "measure",
    "measure_rows",
    "published_table",
    "refusal",
    "remarks",
    "stuck_table",
]

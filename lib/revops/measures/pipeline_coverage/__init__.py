"""Pipeline coverage: is there enough pipeline to make the number, and where is it?"""

from revops.measures.pipeline_coverage.coverage import (
    coverage_by_group,
    earlier_quarters,
    open_amounts_by_standing,
    past_quarters,
)
from revops.measures.pipeline_coverage.created import created_by_source
from revops.measures.pipeline_coverage.knobs import Knobs
from revops.measures.pipeline_coverage.outlook import Outlook, outlook
from revops.measures.pipeline_coverage.result import CoverageResult, measure
from revops.measures.pipeline_coverage.rows import display_tables, measure_rows, records_table

__all__ = [
    "CoverageResult",
    "Knobs",
    "Outlook",
    "coverage_by_group",
    "created_by_source",
    "display_tables",
    "earlier_quarters",
    "measure",
    "measure_rows",
    "open_amounts_by_standing",
    "outlook",
    "past_quarters",
    "records_table",
]

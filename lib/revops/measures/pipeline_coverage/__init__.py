"""Pipeline coverage: is there enough pipeline to make the number, and where is it?"""

from revops.measures.pipeline_coverage.coverage import coverage_by_group, open_amounts_by_standing
from revops.measures.pipeline_coverage.created import created_by_source
from revops.measures.pipeline_coverage.knobs import Knobs
from revops.measures.pipeline_coverage.needs import NEEDS, READS, lacking
from revops.measures.pipeline_coverage.outlook import Outlook, outlook
from revops.measures.pipeline_coverage.outlook_rows import check_rows
from revops.measures.pipeline_coverage.quarters import coverage_by_day, earlier_quarters, on_same_day
from revops.measures.pipeline_coverage.result import CoverageResult, measure
from revops.measures.pipeline_coverage.rows import display_tables, measure_rows, records_table

__all__ = [
    "NEEDS",
    "READS",
    "CoverageResult",
    "Knobs",
    "Outlook",
    "check_rows",
    "coverage_by_day",
    "coverage_by_group",
    "created_by_source",
    "display_tables",
    "earlier_quarters",
    "lacking",
    "measure",
    "measure_rows",
    "on_same_day",
    "open_amounts_by_standing",
    "outlook",
    "records_table",
]

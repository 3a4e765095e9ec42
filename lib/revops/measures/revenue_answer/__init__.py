"""One revenue answer: what marketing, sales and finance would say that a quarter brings, and why not the same."""

from revops.measures.revenue_answer.knobs import Knobs
from revops.measures.revenue_answer.needs import NEEDS, READS, lacking
from revops.measures.revenue_answer.remarks import remarks
from revops.measures.revenue_answer.result import AnswerResult, measure
from revops.measures.revenue_answer.rows import measure_rows
from revops.measures.revenue_answer.tables import answer_records, bridge_records, display_tables

__all__ = [
    "NEEDS",
    "READS",
    "AnswerResult",
    "Knobs",
    "answer_records",
    "bridge_records",
    "display_tables",
    "lacking",
    "measure",
    "measure_rows",
    "remarks",
]

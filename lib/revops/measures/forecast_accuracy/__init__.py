"""Forecast accuracy: how wrong are our forecasts, in which direction, and would something simpler do better?"""

from revops.measures.forecast_accuracy.forecasts.frozen import LABELS
from revops.measures.forecast_accuracy.knobs import Knobs
from revops.measures.forecast_accuracy.needs import NEEDS, READS, READS_OF, lacking, refusal
from revops.measures.forecast_accuracy.result import ForecastResult, measure, signal_of
from revops.measures.forecast_accuracy.rows import check_rows, measure_rows
from revops.measures.forecast_accuracy.tables.display import display_tables, frozen_table, stages_table

__all__ = [
    "LABELS",
    "NEEDS",
    "READS",
    "READS_OF",
    "ForecastResult",
    "Knobs",
    "check_rows",
    "display_tables",
    "frozen_table",
    "lacking",
    "measure",
    "measure_rows",
    "refusal",
    "signal_of",
    "stages_table",
]

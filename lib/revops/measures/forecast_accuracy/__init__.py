"""Forecast accuracy: how wrong are our forecasts, in which direction, and would something simpler do better?"""

from revops.measures.forecast_accuracy.frozen import LABELS
from revops.measures.forecast_accuracy.knobs import Knobs
from revops.measures.forecast_accuracy.needs import NEEDS, READS, lacking
from revops.measures.forecast_accuracy.result import ForecastResult, measure

__all__ = ["LABELS", "NEEDS", "READS", "ForecastResult", "Knobs", "lacking", "measure"]

"""The charts of the forecast accuracy report."""

from revops.charts.forecast_accuracy.claims import draw
from revops.charts.forecast_accuracy.drawings import plot_error_by_week, plot_open_quarter, plot_reliability
from revops.charts.forecast_accuracy.rows import plot_methods, plot_slipped, plot_steps, plot_units

__all__ = [
    "draw",
    "plot_error_by_week",
    "plot_methods",
    "plot_open_quarter",
    "plot_reliability",
    "plot_slipped",
    "plot_steps",
    "plot_units",
]

"""The charts of the revenue answer report."""

from revops.charts.revenue_answer.claims import draw
from revops.charts.revenue_answer.drawings import plot_bridge, plot_quarters

__all__ = ["draw", "plot_bridge", "plot_quarters"]

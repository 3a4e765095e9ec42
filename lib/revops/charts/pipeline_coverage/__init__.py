"""The charts of the pipeline coverage report."""

from revops.charts.pipeline_coverage.claims import draw
from revops.charts.pipeline_coverage.drawings import plot_coverage_by_day, plot_created, plot_landing, plot_movement

__all__ = ["draw", "plot_coverage_by_day", "plot_created", "plot_landing", "plot_movement"]

"""The charts of the stage benchmarking report."""

from revops.charts.stage_benchmarking.claims import draw
from revops.charts.stage_benchmarking.drawings import plot_curves, plot_mqls, plot_touched
from revops.charts.stage_benchmarking.rows import plot_groups, plot_leaks, plot_moved, plot_stuck

__all__ = ["draw", "plot_curves", "plot_groups", "plot_leaks", "plot_moved", "plot_mqls", "plot_stuck", "plot_touched"]

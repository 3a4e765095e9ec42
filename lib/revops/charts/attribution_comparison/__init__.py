"""The charts of the attribution comparison report."""

from revops.charts.attribution_comparison.claims import draw
from revops.charts.attribution_comparison.drawings import plot_model_map, plot_touched
from revops.charts.attribution_comparison.rows import plot_decisions, plot_returns, plot_shares
from revops.charts.attribution_comparison.rows_of_models import plot_planted, plot_ranks, plot_tornado

__all__ = [
    "draw",
    "plot_decisions",
    "plot_model_map",
    "plot_planted",
    "plot_ranks",
    "plot_returns",
    "plot_shares",
    "plot_tornado",
    "plot_touched",
]

"""The charts of the CAC payback report."""

from revops.charts.cac_payback.claims import draw
from revops.charts.cac_payback.drawings import plot_cohorts, plot_paid_back, plot_survival
from revops.charts.cac_payback.drawings_of_cost import plot_bridge, plot_lag_curve
from revops.charts.cac_payback.rows import plot_channels, plot_groups, plot_ladder

__all__ = [
    "draw",
    "plot_bridge",
    "plot_channels",
    "plot_cohorts",
    "plot_groups",
    "plot_ladder",
    "plot_lag_curve",
    "plot_paid_back",
    "plot_survival",
]

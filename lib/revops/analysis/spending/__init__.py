"""What was spent where and when, by ad systems and by campaigns of the CRM, and what is left of revenue."""

from revops.analysis.spending.lag import touch_lag_days
from revops.analysis.spending.ledger import booked, gross_margin, margins
from revops.analysis.spending.lines import SAID, Costs, cost_lines
from revops.analysis.spending.within import EVEN, cost_by_month, cost_within, earns, uncovered

__all__ = [
    "EVEN",
    "SAID",
    "Costs",
    "booked",
    "cost_by_month",
    "cost_lines",
    "cost_within",
    "earns",
    "gross_margin",
    "margins",
    "touch_lag_days",
    "uncovered",
]

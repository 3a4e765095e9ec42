"""Recurring revenue by customer and month: who pays what, since when, until when; movements and retention."""

from revops.analysis.recurring.customer_months import CustomerMonths, customer_months, no_months, only
from revops.analysis.recurring.movements import MOVES, added, movements
from revops.analysis.recurring.retention import Retention, retention

__all__ = [
    "MOVES",
    "CustomerMonths",
    "Retention",
    "added",
    "customer_months",
    "movements",
    "no_months",
    "only",
    "retention",
]

"""Recurring revenue by customer and month: who pays what, since when, until when; movements and retention."""

from revops.analysis.recurring.customer_months import CustomerMonths, customer_months, no_months, only
from revops.analysis.recurring.movements import MOVES, movements
from revops.analysis.recurring.retention import Retention, retention

__all__ = ["MOVES", "CustomerMonths", "Retention", "customer_months", "movements", "no_months", "only", "retention"]

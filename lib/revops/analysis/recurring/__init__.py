"""Recurring revenue by customer and month: who pays what, since when, until when; movements and retention."""

from revops.analysis.recurring.customer_months import CustomerMonths, customer_months, only

__all__ = ["CustomerMonths", "customer_months", "only"]

"""Forecasts: the calls of sheets and the items of a CRM, in one table."""

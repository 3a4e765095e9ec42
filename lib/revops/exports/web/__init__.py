"""Visits to the web site as the web analytics exports them."""

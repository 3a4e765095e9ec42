"""Spreadsheets that people keep by hand, without a standard: weekly calls, wide quotas, tools."""

"""Cells to typed columns, each decision written down: numbers, dates, ids, footers, wide layouts."""

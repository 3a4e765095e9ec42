"""Opportunities and their history, from records, states, steps, changes, stage dates and dated copies."""

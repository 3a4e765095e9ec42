"""Ranges and probabilities against what simulated companies went on to book: see calibrate.py."""

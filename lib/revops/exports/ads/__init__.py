"""Advertising: exports of ad systems by day or month, from their typed columns to the canonical table `spend`."""

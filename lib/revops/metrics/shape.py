"""One number of any report: how it is called, counted and judged."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["OURS", "Metric"]

OURS = "RevOps Workbooks, lib/revops/measures"
"""The source of what is defined here."""


@dataclass(frozen=True)
class Metric:
    """One number: how it is called, counted and judged.

    unit is money, x (a multiple), share (0 to 1), count, days, months or date; good is the direction that is good news.
    """

    id: str
    label: str
    unit: Literal["money", "x", "share", "count", "days", "months", "date"]
    good: Literal["up", "down", "none"]
    owner: Literal["marketing_ops", "revops", "both"]
    definition: str
    source: str

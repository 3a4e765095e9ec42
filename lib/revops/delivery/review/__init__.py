"""The Monday review: what all reports of a run say together, and what changed since the last one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from revops.delivery.review.audiences import seen_by
from revops.delivery.review.built import build
from revops.delivery.review.history import REVIEW, before, is_older, past_reviews, read
from revops.delivery.review.page import PAGES, write_pages
from revops.delivery.review.settings import ReviewKnobs, ReviewSettings, review_settings
from revops.delivery.review.shape import Review
from revops.delivery.review.stored import from_json, to_json
from revops.errors import naming

__all__ = [
    "PAGES",
    "REVIEW",
    "Review",
    "ReviewKnobs",
    "ReviewSettings",
    "before",
    "build",
    "from_json",
    "is_older",
    "past_reviews",
    "put_out",
    "read",
    "review_settings",
    "seen_by",
    "to_json",
]


def put_out(building: Path, review: Review, manifest: Mapping[str, Any]) -> None:
    """Write the review of a run and its pages into the run's folder."""
    with naming(building / REVIEW):
        (building / REVIEW).write_text(to_json(review), encoding="utf-8")
    write_pages(building, review, manifest)

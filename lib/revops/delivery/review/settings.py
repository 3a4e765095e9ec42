"""The knobs of the Monday review: params/review.yml, with what the reports' own files say where it is silent."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from revops.company import Settings, load_settings
from revops.company.yaml_files import read_yaml
from revops.params import file_of, find_params

__all__ = ["ReviewKnobs", "ReviewSettings", "review_settings"]

_STALE = "stale_after_days"
_STALE_DAYS = 7


class ReviewKnobs(Settings):
    """How the review chooses what to say; params/review.yml explains each."""

    most_actions: int = Field(7, ge=1)
    fewest_actions: int = Field(3, ge=1)
    same_records: float = Field(0.5, gt=0, le=1)
    moved_share: float = Field(0.1, gt=0, lt=1)
    sure: float = Field(0.9, gt=0, lt=1)
    stale_after_days: int | None = Field(None, ge=1)
    late_book_days: int = Field(31, ge=0)
    most_history: int = Field(26, ge=1)


@dataclass(frozen=True)
class ReviewSettings:
    """The review's knobs, the currency for when no report tells one, and how old records that come daily may be."""

    knobs: ReviewKnobs
    currency: str
    stale_days: int


def review_settings(params_dir: str | Path | None, currency: str) -> ReviewSettings:
    """Return the settings of the review: review.yml of the folder, else the project's, else as the review is made.

    Raises
        SettingsError: an unknown or mistyped key, named with its file and the nearest known name.
    """
    folder = find_params(params_dir)
    file = file_of(folder, "review")
    knobs = ReviewKnobs() if file is None else load_settings(file, ReviewKnobs)
    return ReviewSettings(knobs, currency, knobs.stale_after_days or _stale_days(folder))


def _stale_days(folder: Path) -> int:
    """Return after how many days without a new record pipeline_coverage says nothing of what is to come."""
    file = file_of(folder, "pipeline_coverage")
    return int(read_yaml(file).get(_STALE, _STALE_DAYS)) if file else _STALE_DAYS

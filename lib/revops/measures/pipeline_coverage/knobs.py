"""What can be set for the pipeline coverage report; params/pipeline_coverage.yml explains each."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from revops.analysis.outlook import OutlookKnobs

__all__ = ["Knobs"]


class Knobs(OutlookKnobs):
    """The knobs of params/pipeline_coverage.yml."""

    by: tuple[Literal["segment", "region", "team", "type", "owner"], ...] = ("segment", "region", "owner")
    movement_days: Annotated[int, Field(ge=1, le=92)] = 7
    on_track_from: Annotated[float, Field(ge=0, le=1)] = 0.6
    watch_from: Annotated[float, Field(ge=0, le=1)] = 0.3
    top_deals: Annotated[int, Field(ge=1, le=50)] = 5
    show_owners: bool = False

    @model_validator(mode="after")
    def _watch_is_below_on_track(self) -> Self:
        return self.not_above("watch_from", "on_track_from")

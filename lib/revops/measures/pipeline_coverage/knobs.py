"""What can be set for the pipeline coverage report; params/pipeline_coverage.yml explains each."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from revops import params

__all__ = ["Knobs"]


class Knobs(params.Knobs):
    """The knobs of params/pipeline_coverage.yml."""

    by: tuple[Literal["segment", "region", "team", "type", "owner"], ...] = ("segment", "region", "owner")
    movement_days: Annotated[int, Field(ge=1, le=92)] = 7
    past_quarters: Annotated[int, Field(ge=0, le=40)] = 8
    backtest_quarters: Annotated[int, Field(ge=0, le=40)] = 16
    level: Annotated[float, Field(gt=0, lt=1)] = 0.8
    on_track_from: Annotated[float, Field(ge=0, le=1)] = 0.6
    watch_from: Annotated[float, Field(ge=0, le=1)] = 0.3
    stale_after_days: Annotated[int, Field(ge=0, le=366)] = 7
    seed: int = 20260101
    top_deals: Annotated[int, Field(ge=1, le=50)] = 5
    show_owners: bool = False

    @model_validator(mode="after")
    def _watch_is_below_on_track(self) -> Self:
        if self.watch_from > self.on_track_from:
            raise ValueError(
                f"watch_from must not be above on_track_from; found {self.watch_from:g} above {self.on_track_from:g}. "
                "Lower the one or raise the other."
            )
        return self

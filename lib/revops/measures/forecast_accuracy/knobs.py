"""What can be set for the forecast accuracy report; params/forecast_accuracy.yml explains each."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from revops.analysis.outlook import OutlookKnobs

__all__ = ["Knobs"]

Share = Annotated[float, Field(gt=0, lt=1)]


class Knobs(OutlookKnobs):
    """The knobs of params/forecast_accuracy.yml."""

    calls: Literal["auto", "sheet", "history"] = "auto"
    judged_quarters: Annotated[int, Field(ge=4, le=40)] = 12
    horizon_weeks: Annotated[int, Field(ge=1, le=13)] = 1
    mid_week: Annotated[int, Field(ge=2, le=12)] = 7
    naive: Literal["last_quarter", "same_quarter_last_year", "booked_share"] = "same_quarter_last_year"
    off_by: Share = 0.15
    naming_level: Share = 0.95
    narrow_width: Annotated[float, Field(gt=0)] = 0.25
    wide_width: Annotated[float, Field(gt=0)] = 0.6
    show_owners: bool = False

    @model_validator(mode="after")
    def _narrow_is_below_wide(self) -> Self:
        return self.not_above("narrow_width", "wide_width")

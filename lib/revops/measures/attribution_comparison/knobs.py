"""What can be set for the attribution comparison report; params/attribution_comparison.yml explains each."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from revops.analysis.credit import CreditAsked
from revops.analysis.journeys import JourneyKnobs
from revops.company import Settings

__all__ = ["Knobs", "LiftTest"]

Share = Annotated[float, Field(gt=0, lt=1)]
Amount = Annotated[float, Field(ge=0)]


class LiftTest(Settings):
    """What a test with a group held back found: a channel's wins that would not have come without it, in some days.

    incremental_amount with its range is the company's currency, for deals closed from since to until; level is the
    share of cases in which such a range holds; source says whose test it was.
    """

    channel: str
    since: dt.date
    until: dt.date
    incremental_amount: float
    low: float
    high: float
    level: Share = 0.9
    source: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since > self.until:
            raise ValueError(f"since must not be after until; found {self.since} and {self.until}. Swap them.")
        if not self.low <= self.incremental_amount <= self.high:
            raise ValueError(
                f"incremental_amount must lie between low and high; found {self.incremental_amount:g} outside "
                f"{self.low:g} to {self.high:g}. Correct the three."
            )
        return self


class Knobs(CreditAsked):
    """The knobs of params/attribution_comparison.yml."""

    quarters: Annotated[int, Field(ge=0, le=40)] = 4
    without_channels: tuple[str, ...] = ()
    lost_deals: bool = True
    never_converted: Literal["off", "people", "accounts"] = "people"
    quiet_days: Annotated[int, Field(ge=0, le=1000)] = 90
    draws: Annotated[int, Field(ge=100, le=10_000)] = 500
    level: Share = 0.8
    top: Annotated[int, Field(ge=1)] = 3
    fewest_deals: Annotated[int, Field(ge=1)] = 10
    spend_lag_days: Literal["auto"] | Annotated[int, Field(ge=0, le=1000)] = "auto"
    gross_margin: Literal["auto"] | Annotated[float, Field(gt=0, le=1)] = "auto"
    most_cost: Literal["auto"] | Annotated[float, Field(gt=0, allow_inf_nan=False)] = "auto"
    sure: Share = 0.9
    most_unattributed: Share = 0.3
    cohort_quarters: Annotated[int, Field(ge=1, le=20)] = 6
    deal: str = "auto"
    lift_tests: tuple[LiftTest, ...] = ()
    audience: Literal["executive", "marketing_ops", "revops"] = "executive"
    seed: int = 20260101

    @field_validator("never_converted", mode="before")
    @classmethod
    def _nobody_is_a_word(cls, value: object) -> object:
        """Return off for what YAML makes of it."""
        return "off" if value is False else value

    def journeys(self, cutoff: str, since: dt.date | None, until: dt.date | None, **other: object) -> JourneyKnobs:
        """Return which journeys are looked at: by closing or by creation, ended in some days; `other` overrides."""
        told = self.touches | {
            "cutoff": cutoff, "since": since, "until": until, "without_channels": self.without_channels,
            "lost": self.lost_deals, "never_converted": "off" if self.slice else self.never_converted,
            "quiet_days": self.quiet_days,
        }  # fmt: skip
        return JourneyKnobs(**(told | other))

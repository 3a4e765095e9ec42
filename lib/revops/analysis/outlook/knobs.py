"""What every report that looks ahead can be told: which past it rests on, and how wide its ranges are."""

from typing import Annotated, Self

from pydantic import Field

from revops import params

__all__ = ["OutlookKnobs"]


class OutlookKnobs(params.Knobs):
    """Knobs that the reports which look ahead have in common; each report's yml explains them."""

    past_quarters: Annotated[int, Field(ge=0, le=40)] = 8
    backtest_quarters: Annotated[int, Field(ge=0, le=40)] = 16
    level: Annotated[float, Field(gt=0, lt=1)] = 0.8
    stale_after_days: Annotated[int, Field(ge=0, le=366)] = 7
    seed: int = 20260101

    def not_above(self, low: str, high: str) -> Self:
        """Return these knobs; refuse the knob `low` above the knob `high`."""
        smaller, larger = getattr(self, low), getattr(self, high)
        if smaller > larger:
            raise ValueError(
                f"{low} must not be above {high}; found {smaller:g} above {larger:g}. Lower the one or raise the other."
            )
        return self

"""What can be set for the report on the one revenue answer; params/revenue_answer.yml explains each."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from revops import params

__all__ = ["Knobs"]

Share = Annotated[float, Field(ge=0, le=1)]


class Knobs(params.Knobs):
    """The knobs of params/revenue_answer.yml."""

    alike_up_to: Share = 0.05
    act_from: Share = 0.2
    bill_days: Annotated[int, Field(ge=0, le=366)] = 30
    other_amount: Share = 0.1
    asked_quarters: Annotated[int, Field(ge=0, le=8)] = 1
    past_quarters: Annotated[int, Field(ge=0, le=40)] = 8
    top: Annotated[int, Field(ge=1, le=50)] = 5
    stale_after_days: Annotated[int, Field(ge=0, le=366)] = 7
    show_owners: bool = False

    @model_validator(mode="after")
    def _alike_is_below_act(self) -> Self:
        if self.alike_up_to > self.act_from:
            raise ValueError(
                f"alike_up_to must not be above act_from; found {self.alike_up_to:g} above {self.act_from:g}. Lower "
                "the one or raise the other."
            )
        return self

"""What can be set for every report that hands out credit: which touches count, and under which models."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from revops import params
from revops.analysis.credit.models import MODELS, CreditKnobs

__all__ = ["CreditAsked"]


class CreditAsked(params.Knobs):
    """Knobs of credit, alike in all reports: with the same ones, the same deals are credited alike."""

    lookback_days: Annotated[int, Field(ge=0)] = 365
    account_fallback: Literal["off", "no_roles", "always"] = "no_roles"
    responses_only: bool = True
    once_a_day: Literal["off", "person_campaign", "person_channel", "campaign", "channel"] = "person_campaign"
    models: tuple[Literal[MODELS], ...] = MODELS
    reference_model: Literal[MODELS] = "linear"
    half_life_days: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 7.0
    direct: tuple[str, ...] = ()

    @field_validator("account_fallback", "once_a_day", mode="before")
    @classmethod
    def _off_is_a_word(cls, value: object) -> object:
        """Return off for what YAML makes of it."""
        return "off" if value is False else value

    @field_validator("models", mode="before")
    @classmethod
    def _all_models(cls, models: object) -> object:
        if isinstance(models, str) and models != "all":
            return [name.strip() for name in models.split(",")]
        return MODELS if models == "all" else models

    @field_validator("models")
    @classmethod
    def _each_once(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        if not models:
            raise ValueError("must name at least one model; found none. Name one, or write all.")
        return tuple(dict.fromkeys(models))

    @model_validator(mode="after")
    def _reference_is_one_of_the_models(self) -> Self:
        if self.reference_model not in self.models:
            raise ValueError(
                f"reference_model must be one of models; found {self.reference_model}. Add it to models, or choose "
                f"another: {', '.join(self.models)}."
            )
        return self

    @property
    def credit(self) -> CreditKnobs:
        """Return what the models are told."""
        return CreditKnobs(half_life_days=self.half_life_days, direct=self.direct)

    @property
    def touches(self) -> dict[str, object]:
        """Return which touches count, as JourneyKnobs name it."""
        return {
            "lookback_days": self.lookback_days or None, "account_fallback": self.account_fallback,
            "responses_only": self.responses_only, "once_a_day": self.once_a_day,
        }  # fmt: skip

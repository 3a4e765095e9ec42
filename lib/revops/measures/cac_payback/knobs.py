"""What can be set for the CAC payback report; params/cac_payback.yml explains each."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from revops import params
from revops.analysis.credit import MODELS, SHARED, CreditKnobs
from revops.analysis.journeys import JourneyKnobs

__all__ = ["Knobs"]

Share = Annotated[float, Field(gt=0, lt=1)]
Part = Annotated[float, Field(ge=0, le=1)]
Months = Annotated[int, Field(ge=1, le=240)]


class Knobs(params.Knobs):
    """The knobs of params/cac_payback.yml."""

    quarters: Annotated[int, Field(ge=0, le=40)] = 4
    months_in_amount: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 12
    late_months: Annotated[int, Field(ge=0, le=12)] = 2
    people_accounts: tuple[str, ...] = ("*salar*", "*payroll*", "*wage*", "*compensation*", "*benefits*", "*tools*",
                                        "*software*", "*travel*", "*recruit*")  # fmt: skip
    also_acquisition: dict[Literal["cogs", "customer_success", "r_and_d", "g_and_a", "other"], Part] = Field(
        default_factory=dict
    )
    driver: Literal["deal_days", "deals", "amount"] = "deal_days"
    new_share: Literal["auto"] | Part = "auto"
    gross_margin: Literal["auto"] | Annotated[float, Field(gt=0, le=1)] = "auto"
    most_lag_months: Annotated[int, Field(ge=0, le=60)] = 24
    least_known: Share = 0.9
    cac_months: Months = 12
    target_months: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 18
    most_lost: Part = 0.2
    ltv_to_cac_target: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 3
    horizon_months: Months = 60
    discount_rate: Annotated[float, Field(ge=0, lt=1)] = 0.0
    fewest_customers: Annotated[int, Field(ge=2)] = 10
    top: Annotated[int, Field(ge=1, le=50)] = 5
    models: tuple[Literal[MODELS], ...] = MODELS
    model: Literal[SHARED] = "linear"
    lookback_days: Annotated[int, Field(ge=0)] = 365
    account_fallback: Literal["off", "no_roles", "always"] = "no_roles"
    responses_only: bool = True
    once_a_day: Literal["off", "person_campaign", "person_channel", "campaign", "channel"] = "person_campaign"
    half_life_days: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 7.0
    direct: tuple[str, ...] = ()
    draws: Annotated[int, Field(ge=100, le=10_000)] = 500
    level: Share = 0.8
    sure: Share = 0.9
    arr_band: str = "auto"
    grades: tuple[Literal["A", "B", "C", "D"], ...] = ("A", "B", "C")
    audience: Literal["executive", "marketing_ops", "revops"] = "executive"
    seed: int = 20260101

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
    def _model_is_one_of_the_models(self) -> Self:
        if self.model not in self.models:
            raise ValueError(
                f"model must be one of models; found {self.model}. Add it to models, or choose another: "
                f"{', '.join(self.models)}."
            )
        return self

    @property
    def credit(self) -> CreditKnobs:
        """Return what the models are told."""
        return CreditKnobs(half_life_days=self.half_life_days, direct=self.direct)

    def journeys(self, **other: object) -> JourneyKnobs:
        """Return which journeys are looked at: of deals that closed, as in the attribution report."""
        told = {
            "lookback_days": self.lookback_days or None, "account_fallback": self.account_fallback,
            "responses_only": self.responses_only, "once_a_day": self.once_a_day, "quiet_days": 90,
        }  # fmt: skip
        return JourneyKnobs(**(told | other))

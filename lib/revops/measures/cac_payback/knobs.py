"""What can be set for the CAC payback report; params/cac_payback.yml explains each."""

from typing import Annotated, Literal

from pydantic import Field

from revops.analysis.credit import SHARED, CreditAsked
from revops.analysis.journeys import JourneyKnobs

__all__ = ["Knobs"]

Share = Annotated[float, Field(gt=0, lt=1)]
Part = Annotated[float, Field(ge=0, le=1)]
Months = Annotated[int, Field(ge=1, le=240)]


class Knobs(CreditAsked):
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
    reference_model: Literal[SHARED] = "linear"
    draws: Annotated[int, Field(ge=100, le=10_000)] = 500
    level: Share = 0.8
    sure: Share = 0.9
    arr_band: str = "auto"
    grades: tuple[Literal["A", "B", "C", "D"], ...] = ("A", "B", "C")
    audience: Literal["executive", "marketing_ops", "revops"] = "executive"
    seed: int = 20260101

    def journeys(self, **other: object) -> JourneyKnobs:
        """Return which journeys are looked at: of deals that closed, as in the attribution report."""
        return JourneyKnobs(**(self.touches | {"quiet_days": 90} | other))

"""What can be set for the stage benchmarking report; params/stage_benchmarking.yml explains each."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from revops import params
from revops.company import TYPES

__all__ = ["Knobs"]

Share = Annotated[float, Field(gt=0, lt=1)]
Part = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Above = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Knobs(params.Knobs):
    """The knobs of params/stage_benchmarking.yml."""

    weeks: Annotated[int, Field(ge=4, le=104)] = 13
    past: Annotated[int, Field(ge=1, le=20)] = 4
    luck_past: Annotated[int, Field(ge=2, le=40)] = 8
    horizons: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = (30, 60, 90, 180)
    types: tuple[Literal[TYPES], ...] = ("new", "expansion")
    fewest_followed: Annotated[int, Field(ge=2)] = 10
    fewest: Annotated[int, Field(ge=2)] = 20
    deal_groups: tuple[Literal["segment", "region", "type", "source"], ...] = ("segment", "region", "type")
    lead_groups: tuple[Literal["lead_source", "source", "segment", "region"], ...] = (
        "lead_source",
        "segment",
        "region",
    )
    enquiry_days: Annotated[int, Field(ge=0, le=3650)] = 180
    sla_hours: Above = 4
    sla_target: Share = 0.8
    filled_fields: tuple[Literal["account_name", "country", "employees", "industry", "job_title", "region",
                                 "segment"], ...] = ("industry", "employees", "country")  # fmt: skip
    unfilled_words: tuple[str, ...] = (
        "unknown",
        "n/a",
        "na",
        "none",
        "not set",
        "(not set)",
        "-",
        "?",
        "other",
        "test",
    )
    utm_least: Part = 0.95
    utm_mediums: tuple[str, ...] = ()
    seats_least: Part = 0.6
    stages_arr: tuple[Above, Above, Above] = (1_000_000, 5_000_000, 15_000_000)
    other_stages_arr: tuple[Above, Above] = (20_000_000, 100_000_000)
    unified_arr: tuple[Above, Above] = (10_000_000, 75_000_000)
    answers_apart: Share = 0.05
    accept_least: Part = 0.4
    many_tools: Count = 10
    unforeseen_least: Part = 0.25
    unforeseen_days: Count = 30
    renew_categories: tuple[Literal["Commit", "MostLikely", "BestCase", "Pipeline", "Closed"], ...] = (
        "Commit",
        "MostLikely",
        "Closed",
    )
    forecast_to_renew: Part = 0.5
    martech_tools: Count = 15
    many_campaigns: Count = 100
    many_employees: Count = 500
    months_in_amount: Above = 12
    draws: Annotated[int, Field(ge=100, le=10_000)] = 500
    level: Share = 0.8
    sure: Share = 0.9
    arr_band: str = "auto"
    grades: tuple[Literal["A", "B", "C", "D"], ...] = ("A", "B", "C")
    audience: Literal["executive", "marketing_ops", "revops"] = "executive"
    show_owners: bool = False
    seed: int = 20260101

    @field_validator("horizons")
    @classmethod
    def _rising(cls, horizons: tuple[int, ...]) -> tuple[int, ...]:
        if not horizons or list(horizons) != sorted(set(horizons)):
            raise ValueError("horizons must name at least one age in days, each once, rising.")
        return horizons

    @field_validator("types", "deal_groups", "lead_groups", "filled_fields", "renew_categories", mode="before")
    @classmethod
    def _one_word(cls, words: object) -> object:
        """Return a list of what the command line gives as one word, or as words with commas."""
        return [word.strip() for word in words.split(",")] if isinstance(words, str) else words

    @field_validator("types")
    @classmethod
    def _at_least_one(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        if not types:
            raise ValueError("types must name at least one type; found none. Name new, expansion or both.")
        return tuple(dict.fromkeys(types))

"""How the company works: statuses of leads, office hours, who owns what, and what three functions mean by revenue."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from revops.company.patterns import first_fit, known_zone
from revops.company.yaml_files import Settings

__all__ = ["LeadStatuses", "OfficeHours", "Organisation", "RevenueAnswer", "RevenueAnswers"]

_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class LeadStatuses(Settings):
    """What statuses of a lead mean, by pattern: somebody works on it, sales turned it down, marketing has it back."""

    working: tuple[str, ...] = ("Working*", "In Progress*", "Contacted*", "Attempt*", "Connected*", "Engaged*")
    rejected: tuple[str, ...] = ("Disqualified*", "Unqualified*", "Rejected*", "Not qualified*", "Bad *", "Junk*")
    recycled: tuple[str, ...] = ("Recycl*", "Nurtur*")

    def meaning(self, status: str | None) -> str | None:
        """Return working, rejected or recycled: the first whose patterns fit; None where none does."""
        return first_fit(self.model_dump(), (status,))


class OfficeHours(Settings):
    """When sales works: hours of a day as HH:MM, days of the week, days off, and the zone of owners by their region."""

    opens: Annotated[str, Field(pattern=_CLOCK)] = "08:30"
    closes: Annotated[str, Field(pattern=_CLOCK)] = "18:00"
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ("mon", "tue", "wed", "thu", "fri")
    holidays: tuple[dt.date, ...] = ()
    time_zones: dict[str, str] = {}

    @field_validator("time_zones")
    @classmethod
    def _zones_exist(cls, value: dict[str, str]) -> dict[str, str]:
        return {region: known_zone(zone) for region, zone in value.items()}

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "OfficeHours":
        if self.opens >= self.closes:
            raise ValueError(f"opens must be before closes; found {self.opens} and {self.closes}")
        if not self.days:
            raise ValueError("days: at least one day of the week is needed")
        return self


class Organisation(Settings):
    """Who reports to whom and who owns what: answers that no export holds. None = not answered, shown as open."""

    revops_reports_to: str | None = None
    revops_owns_pipeline_stages: bool | None = None
    revops_owns_renewals: bool | None = None
    monday_review_shows: tuple[Literal["nrr", "cac_payback", "full_funnel"], ...] | None = None
    employees: Annotated[int, Field(ge=1)] | None = None
    private_equity: bool | None = None
    ops_people: dict[Literal["marketing", "sales", "customer_success", "revops"], Annotated[int, Field(ge=0)]] = {}
    mature_marketing: bool | None = None
    leadership_backs: Literal["revops", "cmo"] | None = None
    connected_tools: tuple[str, ...] = ()


class RevenueAnswer(Settings):
    """What one function counts when it says what a quarter brings.

    types: opportunity types, None = those that the quota covers. sources: where a deal came from, None = wherever.
    touched: deals whose people a touch of marketing reached count too, wherever they came from. committed: forecast
    categories whose open deals, due in the quarter, count beside what is booked. bookings: deals won at their amounts,
    or what bills added (recurring revenue of new customers, expansion and those who came back, x 12).
    """

    types: tuple[Literal["new", "expansion", "renewal", "other"], ...] | None = None
    sources: tuple[Literal["marketing", "sales", "partner", "customer_success", "other", "unknown"], ...] | None = None
    touched: bool = False
    committed: tuple[Literal["commit", "most_likely", "best_case", "pipeline"], ...] = ()
    bookings: Literal["won", "billed"] = "won"


class RevenueAnswers(Settings):
    """What marketing, sales and finance count: the bridge goes from the first to the last."""

    marketing: RevenueAnswer = RevenueAnswer(sources=("marketing",), touched=True, committed=("commit", "best_case"))
    sales: RevenueAnswer = RevenueAnswer(committed=("commit",))
    finance: RevenueAnswer = RevenueAnswer(bookings="billed")

"""Who we are and what our words mean: the definitions in params/company.yml."""

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from revops.company.operations import LeadStatuses, OfficeHours, Organisation, RevenueAnswers
from revops.company.patterns import first_fit, fits, folded, known_zone
from revops.company.yaml_files import Settings, load_settings
from revops.errors import nearest

__all__ = [
    "OUTCOMES",
    "SOURCES",
    "TYPES",
    "Company",
    "Exports",
    "Groups",
    "Stage",
    "load_company",
]

OUTCOMES = ("open", "won", "lost")
TYPES = ("new", "expansion", "renewal", "other")
SOURCES = ("marketing", "sales", "partner", "customer_success", "other", "unknown")

ADVERTISING = re.compile(
    r"\b(advert\w*|ads|adwords|paid (media|social|search)|media (buys?|buying|spend)|ppc|werb\w*|publici[td]\w*)\b"
)

Outcome = Literal["open", "won", "lost"]
Type = Literal["new", "expansion", "renewal", "other"]
Category = Literal["revenue", "cogs", "sales", "marketing", "customer_success", "r_and_d", "g_and_a", "other"]
Source = Literal["marketing", "sales", "partner", "customer_success", "other", "unknown"]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Rate = Annotated[float, Field(gt=0)]


class Stage(Settings):
    """One stage of the sales process: its name, what it means for the outcome, and its former or local names."""

    name: str
    outcome: Outcome = "open"
    also: tuple[str, ...] = ()


class Lifecycle(Settings):
    """By which new value of which field a lead is called qualified, where no field holds the date; by pattern."""

    fields: tuple[str, ...] = ("Lead Status", "Status")
    mql: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()

    def reached(self, value: str | None) -> tuple[bool, bool]:
        """Return whether a value means that marketing, and that sales, has called a lead qualified."""
        word = folded(value or "")
        return tuple(any(fits(word, folded(p)) for p in patterns) for patterns in (self.mql, self.sql))  # type: ignore


class Exports(Settings):
    """Where the raw files are and what their cells cannot tell by themselves."""

    folder: str = "data/sample"
    date_order: Literal["auto", "day_first", "month_first"] = "auto"
    decimal_sign: Literal["auto", "point", "comma"] = "auto"
    time_zone: str | None = None
    ignore: tuple[str, ...] = ()
    crm: str | None = None
    pipelines: tuple[str, ...] = ()
    influence_model: str | None = None
    lifecycle: Lifecycle = Lifecycle()
    columns: dict[str, dict[str, tuple[str, ...]]] = {}
    rows_per_part: Annotated[int, Field(ge=1_000)] = 1_000_000

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        return value if value is None else known_zone(value)


class SourceRule(Settings):
    """One rule: the first whose patterns match names the source. Patterns are case-blind, `*` stands for anything."""

    source: Source
    lead_source: tuple[str, ...] = ()
    campaign_type: tuple[str, ...] = ()
    campaign_name: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "SourceRule":
        if not (self.lead_source or self.campaign_type or self.campaign_name):
            raise ValueError("needs at least one of lead_source, campaign_type, campaign_name")
        return self


class Groups(Settings):
    """The names of a dimension in the order to show them, other spellings, and where head count decides."""

    names: tuple[str, ...] = ()
    also: dict[str, tuple[str, ...]] = {}
    from_employees: dict[str, int] = {}

    @model_validator(mode="after")
    def _names_are_known(self) -> "Groups":
        for name in (*self.also, *self.from_employees):
            if name not in self.names:
                raise ValueError(f"{name} is not one of the names. {nearest(name, self.names)}")
        return self

    @property
    def spellings(self) -> dict[str, str]:
        """Return every spelling of every name, case folded, and the name it stands for."""
        own = {name.casefold(): name for name in self.names}
        return own | {other.strip().casefold(): name for name, others in self.also.items() for other in others}

    def of_employees(self, employees: float) -> str | None:
        """Return the group whose smallest head count is the largest not above `employees`; None where there is none."""
        reached = [(least, name) for name, least in self.from_employees.items() if employees >= least]
        return max(reached)[1] if reached else None


class QuotaWords(Settings):
    """How quota sheets name what is measured and the company as a whole."""

    bookings: tuple[str, ...] = ("bookings",)
    pipeline_created: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    company_names: tuple[str, ...] = ("Company", "Total", "All")
    open_headcount: tuple[str, ...] = ("TBH*", "TBD*", "Open headcount*", "Open req*", "New hire*", "Vacan*")


class CallSheets(Settings):
    """What forecasts do not write down: the unit of amounts in sheets, and which forecast type of the CRM counts."""

    unit: Literal["units", "thousands", "millions"] = "units"
    type: str | None = None

    @property
    def factor(self) -> float:
        """Return what an amount of the sheet is multiplied by."""
        return {"units": 1.0, "thousands": 1e3, "millions": 1e6}[self.unit]


class Billing(Settings):
    """Whether a subscription whose payment is late counts; Stripe's own monthly figures leave it out."""

    past_due: Literal["left_out", "counted"] = "left_out"


class TestRecords(Settings):
    """Patterns by which test records are known; they are left out and counted."""

    __test__ = False

    account_name: tuple[str, ...] = ()
    opportunity_name: tuple[str, ...] = ()
    owner_name: tuple[str, ...] = ()
    opportunity_id: tuple[str, ...] = ()


class Company(Settings):
    """The company's definitions. Field by field explained in params/company.yml."""

    company: str
    currency: Currency
    rates: dict[Currency, Rate] = {}
    time_zone: str = "UTC"
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    grace_days: Annotated[int, Field(ge=0, le=60)] = 5
    exports: Exports = Exports()
    stages: tuple[Stage, ...]
    qualifying_stage: str | None = None
    types: dict[Type, tuple[str, ...]]
    quota_covers: tuple[Type, ...] = ("new", "expansion")
    net_new_plan: dict[str, float] = {}
    quotas: QuotaWords = QuotaWords()
    forecasts: CallSheets = CallSheets()
    subscriptions: Billing = Billing()
    sources: tuple[SourceRule, ...] = ()
    channels: dict[str, tuple[str, ...]] = {}
    ledger_accounts: dict[Category, tuple[str, ...]] = {}
    advertising_accounts: tuple[str, ...] = ()
    lead_statuses: LeadStatuses = LeadStatuses()
    office_hours: OfficeHours = OfficeHours()
    mql_targets: dict[str, Annotated[float, Field(ge=0)]] = {}
    organisation: Organisation = Organisation()
    revenue_answers: RevenueAnswers = RevenueAnswers()
    segments: Groups = Groups()
    regions: Groups = Groups()
    test_records: TestRecords = TestRecords()
    owner_aliases: dict[str, str] = {}

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        return known_zone(value)

    @model_validator(mode="after")
    def _stages_hang_together(self) -> "Company":
        spellings = [word.casefold().strip() for stage in self.stages for word in (stage.name, *stage.also)]
        twice = sorted({word for word in spellings if spellings.count(word) > 1})
        if twice:
            raise ValueError(f"stages: each name may stand once; found twice: {', '.join(twice)}")
        opens = [stage.name for stage in self.stages if stage.outcome == "open"]
        if not opens or not any(stage.outcome == "won" for stage in self.stages):
            raise ValueError("stages: at least one open and one won stage are needed")
        if self.qualifying_stage is not None and self.qualifying_stage not in opens:
            raise ValueError(f"qualifying_stage: must be an open stage. {nearest(self.qualifying_stage, opens)}")
        return self

    @model_validator(mode="after")
    def _zones_are_of_regions(self) -> "Company":
        known = self.regions.names
        for name in self.office_hours.time_zones:
            if known and name not in known:
                raise ValueError(f"office_hours.time_zones: {name} is not one of the regions. {nearest(name, known)}")
        return self

    @property
    def stage_order(self) -> dict[str, int]:
        """Return each stage's place in the process, from 0."""
        return {stage.name: place for place, stage in enumerate(self.stages)}

    @property
    def qualifying_order(self) -> int:
        """Return the place from which an open opportunity counts as pipeline: by default the first open stage."""
        opens = [stage.name for stage in self.stages if stage.outcome == "open"]
        return self.stage_order[self.qualifying_stage or opens[0]]

    @property
    def zone(self) -> ZoneInfo:
        """Return the company's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def fingerprint(self) -> str:
        """Return a short hash of every definition, so that two pages can be told to mean the same."""
        meaning = self.model_dump(mode="json", exclude={"exports"})
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()[:12]

    def source_of(self, lead_source: str | None, campaign_type: str | None, campaign_name: str | None) -> str | None:
        """Return the source by the first rule that matches; unknown where all is blank; None where no rule fits."""
        found = {"lead_source": lead_source, "campaign_type": campaign_type, "campaign_name": campaign_name}
        words = {key: value.strip().casefold() for key, value in found.items() if value and value.strip()}
        for rule in self.sources:
            for key, word in words.items():
                if any(fits(word, pattern.strip().casefold()) for pattern in getattr(rule, key)):
                    return rule.source
        return None if words.get("lead_source") else "unknown"

    def channel_of(self, *words: str | None) -> str | None:
        """Return the first channel one of whose patterns fits any of the words; None where none does."""
        return first_fit(self.channels, words)

    def channel_named(self, name: str) -> str:
        """Return one name for a channel that no pattern places, however it is spelt: `paid_search` of Paid Search; one
        that stands under channels keeps its spelling there."""
        spelt = "_".join(name.split()).casefold()
        return next((known for known in self.channels if "_".join(known.split()).casefold() == spelt), spelt)

    def ledger_category(self, account: str, path: str) -> str | None:
        """Return the category of an account by the first pattern that fits it or its path; None where none does."""
        return first_fit(self.ledger_accounts, (account, path))

    def is_advertising(self, account: str, path: str) -> bool:
        """Return whether an account holds what ad systems bill: by the patterns, else by a clear word in its name."""
        words = [folded(account), folded(path)]
        if self.advertising_accounts:
            return any(fits(word, folded(p)) for p in self.advertising_accounts for word in words)
        return bool(ADVERTISING.search(words[0]))


def load_company(params_dir: Path) -> Company:
    """Return the settings in `params_dir`/company.yml; SettingsError names the file, the key and the nearest known."""
    return load_settings(params_dir / "company.yml", Company)

"""What a made-up company is like: every knob of the simulator, frozen, with the defaults of an ordinary one."""

import datetime as dt
from dataclasses import dataclass

__all__ = ["MOTIONS", "STAGES", "LeadSource", "Motion", "Plan", "Region", "Segment", "Team"]

STAGES = ("Discovery", "Scoping", "Evaluation", "Proposal", "Negotiation", "Won", "Lost", "No decision")
WON, LOST, NO_DECISION = 5, 6, 7


@dataclass(frozen=True)
class Segment:
    """One size of customer: its share of new deals, deal size [company currency], speed and pull on the odds."""

    name: str
    share: float
    amount: float
    amount_sd: float
    pace: float
    win_shift: float
    employees: tuple[int, int]


@dataclass(frozen=True)
class Region:
    """One part of the world: share of new deals, hours from UTC, share of its deals in the foreign currency."""

    name: str
    share: float
    utc_hours: float
    foreign_share: float = 0.0


@dataclass(frozen=True)
class Motion:
    """One way of selling: chance to pass each open stage, median days in each, and how often a due date slips.

    The last chance is that of winning once the decision falls; luck, segment, source and owner shift its log-odds.
    """

    type: str
    label: str
    advance: tuple[float, float, float, float, float]
    days: tuple[float, float, float, float, float]
    slip_rate: float


@dataclass(frozen=True)
class LeadSource:
    """One raw lead source, what it means, its weight among new, expansion and renewal deals, and its pull on odds."""

    label: str
    source: str
    weights: tuple[float, float, float]
    win_shift: float = 0.0


@dataclass(frozen=True)
class Team:
    """One team: what it sells to whom, its seats, and how its people call a deal (-1 low, 0 as it is, 1 high)."""

    name: str
    region: str | None
    segments: tuple[str, ...]
    seats: int
    types: tuple[str, ...] = ("new", "expansion")
    lean: int = 0


MOTIONS = (
    Motion("new", "New Business", (0.72, 0.80, 0.82, 0.84, 0.66), (13, 15, 22, 18, 16), 0.36),
    Motion("expansion", "Existing Business", (0.88, 0.90, 0.90, 0.92, 0.76), (8, 10, 13, 12, 11), 0.26),
    Motion("renewal", "Renewal", (0.995, 0.99, 0.985, 0.98, 0.93), (22, 20, 18, 18, 16), 0.12),
)

_SEGMENTS = (
    Segment("SMB", 0.50, 17_000, 0.35, 0.75, 0.10, (10, 99)),
    Segment("Mid-market", 0.35, 30_000, 0.35, 1.05, 0.0, (100, 999)),
    Segment("Enterprise", 0.15, 52_000, 0.40, 1.50, -0.15, (1_000, 24_000)),
)
_REGIONS = (Region("AMER", 0.56, -5.0), Region("EMEA", 0.30, 1.0, 0.27), Region("APAC", 0.14, 8.0))
_SOURCES = (
    LeadSource("Website", "marketing", (0.20, 0.02, 0.0)),
    LeadSource("Webinar", "marketing", (0.09, 0.02, 0.0), 0.15),
    LeadSource("Trade Show", "marketing", (0.08, 0.01, 0.0), -0.10),
    LeadSource("Content Syndication", "marketing", (0.06, 0.0, 0.0), -0.35),
    LeadSource("Outbound", "sales", (0.19, 0.10, 0.0), -0.15),
    LeadSource("AE Prospecting", "sales", (0.10, 0.25, 0.02)),
    LeadSource("Partner Referral", "partner", (0.09, 0.05, 0.0), 0.35),
    LeadSource("Reseller", "partner", (0.04, 0.03, 0.05), 0.20),
    LeadSource("Customer Success", "customer_success", (0.01, 0.42, 0.86)),
    LeadSource("Employee Referral", "other", (0.04, 0.02, 0.0), 0.30),
    LeadSource("Other", "other", (0.03, 0.02, 0.01)),
    LeadSource("", "unknown", (0.07, 0.06, 0.06)),
)
_TEAMS = (
    Team("AMER Commercial", "AMER", ("SMB", "Mid-market"), 5),
    Team("AMER Enterprise", "AMER", ("Enterprise",), 3, lean=-1),
    Team("EMEA", "EMEA", ("SMB", "Mid-market", "Enterprise"), 4, lean=1),
    Team("APAC", "APAC", ("SMB", "Mid-market", "Enterprise"), 2),
    Team("Customer Success", None, ("SMB", "Mid-market", "Enterprise"), 2, types=("renewal",)),
)


@dataclass(frozen=True)
class Plan:
    """A company to simulate.

    Time: `n_quarters` fiscal quarters are looked at from `first_day`; `burn_in` quarters before fill the pipeline
    and the customer base, `after` quarters follow so that the future of the last one is known. `as_of` is the day of
    an export unless another is asked for. Rates are shares of the events named; `*_sd` are on the log scale for days
    and amounts, on the log-odds scale for luck and owners.
    """

    company: str = "Simulated Company"
    currency: str = "USD"
    foreign_currency: str = "EUR"
    foreign_rate: float = 1.10
    time_zone: str = "America/New_York"
    fiscal_year_starts: int = 2
    first_day: dt.date = dt.date(2022, 8, 1)
    as_of: dt.date = dt.date(2026, 6, 9)
    n_quarters: int = 16
    burn_in: int = 6
    after: int = 1

    segments: tuple[Segment, ...] = _SEGMENTS
    regions: tuple[Region, ...] = _REGIONS
    motions: tuple[Motion, Motion, Motion] = MOTIONS  # new, expansion, renewal
    sources: tuple[LeadSource, ...] = _SOURCES
    teams: tuple[Team, ...] = _TEAMS

    new_per_quarter: float = 58.0  # new-business deals created in the first reported quarter
    growth: float = 1.04  # their factor from quarter to quarter
    season: tuple[float, float, float, float] = (0.96, 1.0, 0.98, 1.06)  # and by fiscal quarter
    cycle_factor: float = 1.0  # on all days in stages
    amount_factor: float = 1.0  # on all new-business amounts
    luck_sd: float = 0.18  # shared by all decisions of a quarter
    owner_sd: float = 0.15  # between owners

    stage_days_sd: float = 0.55  # between the stages of a deal
    deal_pace_sd: float = 0.30  # between deals
    loss_wait: float = 1.5  # a deal dies after 0.3 to 0.3 + this times the days it would have stayed
    skip_rate: float = 0.07  # stage entries that are never recorded
    back_rate: float = 0.04  # stage entries followed by a step back and forth
    reopen_rate: float = 0.05  # lost deals that come back to Evaluation
    unwon_rate: float = 0.008  # won deals that are reopened within two weeks
    bunching: float = 0.45  # due dates within 50 days of a quarter's end that drift to it
    slip_penalty: float = 0.30  # log-odds lost with each slip
    slip_to_quarter_end: float = 0.65  # slips that go to the end of the next quarter
    optimism: float = 0.95  # first close dates, as a share of an ordinary cycle
    overdue_rate: float = 0.50  # close dates that are moved only after they have passed
    stale_rate: float = 0.12  # doomed deals that nobody keeps up
    stale_days: float = 80.0  # how much longer those linger, on average
    late_entry_rate: float = 0.04  # wins saved one to eight days after the day they carry

    no_amount_rate: float = 0.06  # new-business deals without an amount until Evaluation
    reprice_rate: float = 0.28  # entries into Evaluation and later that change the amount
    reprice_sd: float = 0.16
    discount_rate: float = 0.35  # wins for 1 to 20 percent less

    second_try_rate: float = 0.14  # lost new-business deals whose account tries again within 90 to 400 days
    expansions_per_year: float = 0.75  # expansion deals per customer and contract year
    expansion_ratio: float = 0.38  # their amount, as a share of the contract
    renewal_uplift: float = 0.03  # average rise of price at renewal

    tenure_years: float = 7.0  # how long people stay, on average
    reassign_rate: float = 0.03  # deals that change owner for other reasons than leaving
    quota_stretch: float = 1.02  # quota over what the plan leads one to expect
    quota_error_sd: float = 0.06  # how wrong a year's planning is
    over_assignment: float = 0.10  # owners' quotas over the company's

    renamed_stage: tuple[str, str, dt.date] | None = None  # name now, name before, first day of the name now
    litter: bool = False  # the ordinary mess of a CRM; needs a company about as large as the sample
    systems: bool = False  # exports of marketing, advertising, billing, books and calls beside the deals

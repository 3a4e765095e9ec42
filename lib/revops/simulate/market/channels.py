"""Where leads come from: nine channels with the effect that each truly has, and the origins that sort first touches."""

from dataclasses import dataclass

__all__ = ["CHANNELS", "INTERCEPT", "ORIGINS", "Channel", "Origin", "place_of"]

INTERCEPT = -1.9  # log-odds that a journey without any touch ends in an opportunity


@dataclass(frozen=True)
class Channel:
    """One channel: the type of its campaigns, its effect on the log-odds of an opportunity where a journey has it at
    all, its weight among the touches after the first, how early those come (-1 to 1), and whether people are entered
    from a list, days later.
    """

    name: str
    campaign_type: str
    effect: float
    later: float
    lateness: float = 0.0
    by_list: bool = False


@dataclass(frozen=True)
class Origin:
    """One lead source: which channel the first touch is of, and the shares of leads that become MQL, and of MQL, SQL.

    The share of SQLs that become opportunities follows from the journeys.
    """

    label: str
    first: tuple[tuple[str, float], ...]
    mql_rate: float
    sql_rate: float


CHANNELS = (
    Channel("webinar", "Webinar", 1.10, 0.22, -0.6),
    Channel("trade_show", "Trade Show", 0.50, 0.08, 0.0, True),
    Channel("paid_search", "Paid Search", 0.45, 0.10),
    Channel("paid_social", "Paid Social", 0.10, 0.12),
    Channel("organic", "Content", 0.35, 0.18),
    Channel("email_nurture", "Email", 0.15, 0.20, 0.5),
    Channel("content_syndication", "Content Syndication", 0.05, 0.05, 0.0, True),
    Channel("partner", "Partner", 0.60, 0.05, 0.0, True),
    Channel("retargeting", "Retargeting", 0.0, 0.0, 1.0),
)
ORIGINS = (
    Origin("Website", (("paid_search", 0.35), ("organic", 0.45), ("paid_social", 0.20)), 0.60, 0.75),
    Origin("Webinar", (("webinar", 1.0),), 0.70, 0.85),
    Origin("Trade Show", (("trade_show", 1.0),), 0.55, 0.75),
    Origin("Content Syndication", (("content_syndication", 1.0),), 0.45, 0.70),
    Origin("Partner Referral", (("partner", 1.0),), 0.70, 0.80),
    Origin("Reseller", (("partner", 1.0),), 0.65, 0.80),
)


def place_of(name: str) -> int:
    """Return the position of a channel among CHANNELS."""
    return [channel.name for channel in CHANNELS].index(name)

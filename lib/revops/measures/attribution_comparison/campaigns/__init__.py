"""Campaigns and their types: what the rules credit them with, what they cost, and what is still to come."""

from revops.measures.attribution_comparison.campaigns.by_rule import campaigns_by_rule, types_by_rule
from revops.measures.attribution_comparison.campaigns.listed import NO_CAMPAIGN
from revops.measures.attribution_comparison.campaigns.measured import Campaigns, campaigns
from revops.measures.attribution_comparison.campaigns.to_come import ToCome, to_come
from revops.measures.attribution_comparison.campaigns.under_rules import RETURNS_BY_RULE

__all__ = [
    "NO_CAMPAIGN",
    "RETURNS_BY_RULE",
    "Campaigns",
    "ToCome",
    "campaigns",
    "campaigns_by_rule",
    "to_come",
    "types_by_rule",
]

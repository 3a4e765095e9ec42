"""Credit for conversions by channel: path sets, rules, Markov and Shapley credit, and how far chance moves them."""

from revops.analysis.credit.asked import CreditAsked
from revops.analysis.credit.bootstrap import (
    DRAWN,
    CreditDraws,
    accounts_touched,
    credit_draws,
    ranks,
    share_table,
    shares,
)
from revops.analysis.credit.groups import Groups, channel_groups, groups_of
from revops.analysis.credit.markov import Markov, markov
from revops.analysis.credit.models import (
    LABELS,
    MODELS,
    SHARED,
    CreditKnobs,
    credit_by_model,
    lacking,
    model_name,
    touch_weights,
    unavailable,
    unknown_milestones,
)
from revops.analysis.credit.paths import MILESTONES, Paths, from_paths, kept, some
from revops.analysis.credit.rules import RULES, Rule, credit, has_unknown_milestone, rules_table, weights
from revops.analysis.credit.shapley import MOST_CHANNELS, deals_touched, rate_game, shapley_weights

__all__ = [
    "DRAWN",
    "LABELS",
    "MILESTONES",
    "MODELS",
    "MOST_CHANNELS",
    "RULES",
    "SHARED",
    "CreditAsked",
    "CreditDraws",
    "CreditKnobs",
    "Groups",
    "Markov",
    "Paths",
    "Rule",
    "accounts_touched",
    "channel_groups",
    "credit",
    "credit_by_model",
    "credit_draws",
    "deals_touched",
    "from_paths",
    "groups_of",
    "has_unknown_milestone",
    "kept",
    "lacking",
    "markov",
    "model_name",
    "ranks",
    "rate_game",
    "rules_table",
    "shapley_weights",
    "share_table",
    "shares",
    "some",
    "touch_weights",
    "unavailable",
    "unknown_milestones",
    "weights",
]

"""The numbers of the attribution comparison report."""

from revops.metrics.shape import OURS, Metric

__all__ = ["ATTRIBUTION_COMPARISON"]

_ANDERL = "Anderl, Becker, von Wangenheim and Schumann, IJRM 33 (2016)"

ATTRIBUTION_COMPARISON = (
    Metric(
        "credited_amount",
        "Credited amount",
        "money",
        "none",
        "both",
        "Amount of the deals won (or, where said so, created) in the window that one model credits to a channel, by "
        "touches of the deal's people within the lookback. Each model hands out the same total. Credit, not effect.",
        OURS,
    ),
    Metric(
        "credited_deals",
        "Credited deals",
        "count",
        "none",
        "both",
        "Number of deals that one model credits to a channel; parts of deals add up.",
        OURS,
    ),
    Metric(
        "credit_share",
        "Share of credit",
        "share",
        "none",
        "both",
        "A channel's credited amount over all that the model credits. Ranges come from resampling accounts whole.",
        "Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 8, for the ranges",
    ),
    Metric(
        "top_rank_chance",
        "Among the first",
        "share",
        "none",
        "both",
        "Share of resamples of accounts in which the channel is among the first so many by credit.",
        OURS,
    ),
    Metric(
        "removal_effect",
        "Removal effect",
        "share",
        "none",
        "both",
        "Share of conversions that a Markov chain of the journeys loses when all that enters a channel is lost. "
        "Effects of channels overlap and add up to more than 1; credit is their normalised share.",
        _ANDERL,
    ),
    Metric(
        "rate_effect",
        "Lift of the rate",
        "share",
        "none",
        "both",
        "By how much the rate of conversion is higher on journeys with the channel, in the mean over the sets of other "
        "channels (Shapley value of rates). Says how often, not how much; never credit.",
        "Shapley 1953; game of rates as in ATTRIBUTION, definition of terms ours",
    ),
    Metric(
        "switch_off_share",
        "Lost if switched off",
        "share",
        "none",
        "both",
        "Sensitivity, not credit: share of conversions that a logit on the presence of channels loses when the channel "
        "is set absent. True only if buyers who met the channel would not have been keener anyway.",
        "Shao and Li, KDD 2011, for the model; definition of terms ours",
    ),
    Metric(
        "unattributed_amount",
        "Unattributed",
        "money",
        "down",
        "both",
        "Amount won (or created) in the window by deals without any touch that counts: no model credits it.",
        OURS,
    ),
    Metric(
        "model_spread",
        "Spread between models",
        "money",
        "none",
        "both",
        "The most less the least that the models credit to a channel: what the choice of model decides.",
        OURS,
    ),
    Metric(
        "model_disagreement",
        "Moved by the model",
        "share",
        "none",
        "both",
        "Share of all credit that changes channel between the two models furthest apart: half the sum of absolute "
        "differences of shares.",
        OURS,
    ),
    Metric(
        "spend_amount",
        "Spend",
        "money",
        "none",
        "marketing_ops",
        "What ad systems billed, and what campaigns cost by the CRM where no ad system bills them, in the window moved "
        "earlier by the usual days from touch to close. People and tools are not in it.",
        OURS,
    ),
    Metric(
        "cost_per_credited_amount",
        "Cost per credited amount",
        "share",
        "down",
        "both",
        "Spend over credited amount under one model; undefined without credit, or without a known cost.",
        OURS,
    ),
    Metric(
        "contribution_amount",
        "Contribution after spend",
        "money",
        "up",
        "both",
        "Credited amount times gross margin, less spend.",
        OURS,
    ),
    Metric(
        "campaign_return",
        "Return on campaigns",
        "share",
        "up",
        "marketing_ops",
        "Contribution after spend over spend, of the campaigns of one type whose cost is known, under one rule.",
        OURS,
    ),
)

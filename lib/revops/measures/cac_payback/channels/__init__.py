"""Payback by channel: credit of new business, own spend and overhead, verdicts over all models, kinds of CAC."""

from revops.measures.cac_payback.channels.costs import UNALLOCATED, ChannelCosts
from revops.measures.cac_payback.channels.credit import ChannelCredit, channel_credit
from revops.measures.cac_payback.channels.paybacks import BY_MODEL, NO_CHANNEL
from revops.measures.cac_payback.channels.told import Channels, channels
from revops.measures.cac_payback.channels.verdicts import BY_CHANNEL

__all__ = [
    "BY_CHANNEL",
    "BY_MODEL",
    "NO_CHANNEL",
    "UNALLOCATED",
    "ChannelCosts",
    "ChannelCredit",
    "Channels",
    "channel_credit",
    "channels",
]

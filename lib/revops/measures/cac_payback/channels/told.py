"""Payback by channel: what each channel's customers cost, under every model, and the channels that take too long."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.channels.costs import UNALLOCATED, ChannelCosts, channel_costs
from revops.measures.cac_payback.channels.credit import ChannelCredit, channel_credit
from revops.measures.cac_payback.channels.kinds import KINDS, blended, marginal, paid
from revops.measures.cac_payback.channels.paybacks import BY_MODEL, paybacks
from revops.measures.cac_payback.channels.verdicts import BY_CHANNEL, verdicts
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.effort import Effort
from revops.measures.cac_payback.lag import Lag, lagged
from revops.measures.cac_payback.window import Window
from revops.wording import join, plural

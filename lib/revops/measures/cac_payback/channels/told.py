"""Payback by channel: what each channel's customers cost, under every model, and the channels that take too long."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.channels.costs import ChannelCosts, channel_costs
from revops.measures.cac_payback.channels.credit import ChannelCredit, channel_credit
from revops.measures.cac_payback.channels.kinds import KINDS, blended, marginal, paid
from revops.measures.cac_payback.channels.paybacks import BY_MODEL, paybacks
from revops.measures.cac_payback.channels.verdicts import BY_CHANNEL, verdicts
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.effort import Effort
from revops.measures.cac_payback.ladder import HEADLINE, Ladder
from revops.measures.cac_payback.lag import Lag, lagged
from revops.measures.cac_payback.window import Window
from revops.wording import plural

__all__ = ["Channels", "channels"]

_TEXT = {"model", "channel", "verdict", "cause", "kind", "note"}
_RECONCILIATION = ["channel", "spend_amount", "new_spend_amount"]


@dataclass(frozen=True)
class Channels:
    """by_model: BY_MODEL (see paybacks); by_channel: BY_CHANNEL (see verdicts). kinds: kind (blended, paid, marginal),
    spend_amount, n_customers, cac_amount, low, high (infinite: no upper end), note (null where there is none).
    reconciliation: channel, spend_amount (own, whole), new_spend_amount (what new business bears of it); channels
        sorted, then (unallocated): they add up to the books, and to the ladder's headline cost.
    won, costs: what they are made of; None in a slice. why: what could not be had, or must be known -> in words.
    """

    by_model: pd.DataFrame
    by_channel: pd.DataFrame
    kinds: pd.DataFrame
    reconciliation: pd.DataFrame
    won: ChannelCredit | None
    costs: ChannelCosts | None
    why: dict[str, str]

    @property
    def model(self) -> str | None:
        """Return the model that tables lead with; None where none can be had."""
        return self.won.model if self.won else None


def channels(window: Window, books: Books, customers: Customers, lag: Lag, effort: Effort, ladder: Ladder) -> Channels:
    """Return CAC and payback of new business by channel and model, the verdicts on them, and three kinds of CAC.

    Question
        Which channels win customers that repay their cost in time, and which do not, whatever the model?

    Formula
        Months: those that the ladder counts. Credit: as in the attribution report, of new business alone
        (channel_credit). Own spend: ad systems and campaigns, moved by the attribution report's lag from touch to close
        (channel_costs), of which new business bears new_share, as of all cost. What is left of the ladder's headline
        cost is overhead, shared alike by every won deal of new business, so that channels and (no channel) add up to
        it. Customers of a channel are credited deals, its recurring amount a month their amount / months_in_amount.

    Limits
        Spend has no region, segment or owner: a slice has no channels. Deals are those of the CRM: their number and
        amount differ from what the bills say (why: customers).
    """
    rung = ladder.of(HEADLINE)
    spend = lagged(books.all_spend, lag.weights, window.knobs.least_known)
    general = [blended(float(rung["spend_amount"]), customers, ladder.months, window.knobs),
               marginal(spend, customers, window, ladder.months, effort)]  # fmt: skip
    if reason := _why_none(window, ladder):
        return _none(general, reason)
    won = channel_credit(window, ladder.months)
    costs = channel_costs(
        window, won, all_spend=float(spend.reindex(ladder.months).sum(skipna=False)),
        new_spend=float(rung["spend_amount"]), new_share=effort.new_share,
    )  # fmt: skip
    margin = float(books.window_margin)
    by_model = paybacks(won, costs, margin, window.knobs)
    return Channels(
        by_model, verdicts(by_model, won, costs, margin, window.knobs),
        _kinds([*general, paid(won, costs, window.knobs)]), costs.reconciliation, won, costs,
        costs.why | _why(won, rung, books, customers, effort),
    )  # fmt: skip


def _why_none(window: Window, ladder: Ladder) -> str | None:
    """Return why there are no channels at all; None where there are."""
    if window.knobs.slice:
        return f"spend is not told by {' and '.join(window.knobs.slice)}"
    return None if len(ladder.months) else "no month of the window whose new customers are known"


def _none(general: list[dict[str, object]], reason: str) -> Channels:
    row = dict.fromkeys(KINDS, np.nan) | {"kind": "paid", "note": reason}
    tables = [_empty(columns) for columns in (BY_MODEL, BY_CHANNEL, _RECONCILIATION)]
    return Channels(*tables[:2], _kinds([*general, row]), tables[2], None, None, {"channels": reason})


def _empty(columns: list[str]) -> pd.DataFrame:
    kinds = {name: "str" if name in _TEXT else "bool" if name == "is_sure" else "float64" for name in columns}
    kinds |= {name: "int64" for name in columns if name in ("n_deals", "n_models", "n_above")}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _kinds(rows: list[dict[str, object]]) -> pd.DataFrame:
    order = ["blended", "paid", "marginal"]
    table = pd.DataFrame(sorted(rows, key=lambda row: order.index(row["kind"])), columns=KINDS)
    return table.astype({name: "str" if name in _TEXT else "float64" for name in KINDS})


def _why(won: ChannelCredit, rung: pd.Series, books: Books, customers: Customers, effort: Effort) -> dict[str, str]:
    """Return what could not be had, and what must be known, in words."""
    why = {}
    if not won.models:
        why["channels"] = f"needs {next(iter(won.unavailable.values()))}"
    if np.isnan(effort.new_share):
        why["payback_months"] = "nothing tells which share of the cost new customers bear"
    elif np.isnan(rung["spend_amount"]):
        why["overhead_amount"] = "what the books hold for these months is not known: only own spend is told"
    if not books.window_margin > 0:
        never = "never: gross margin is not above 0" if books.window_margin <= 0 else "gross margin is not known"
        why.setdefault("payback_months", books.why.get("margin", never))
    if books.source == "campaigns":
        why["overhead_amount"] = (
            "without a profit and loss, people are in no cost: what is unallocated is spend of other days alone, as "
            "the lag from lead to first bill is not that from touch to close"
        )
    if customers.source == "subscriptions":
        n = int(rung["n_customers"])
        why["customers"] = (
            f"channels are credited with won deals: {plural(won.n_new, 'deal')} of new business in these months, in "
            f"which {plural(n, 'new customer')} began to pay"
        )
    return why

"""What each channel costs new business: its own spend, and its part of the cost that no channel accounts for."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.journeys import UNKNOWN_CHANNEL
from revops.analysis.spending import cost_lines, cost_within, touch_lag_days, uncovered
from revops.measures.cac_payback.channels.credit import ChannelCredit
from revops.measures.cac_payback.window import Window
from revops.wording import plural

__all__ = ["UNALLOCATED", "ChannelCosts", "channel_costs"]

UNALLOCATED = "(unallocated)"
_RECONCILIATION = ["channel", "spend_amount", "new_spend_amount"]


@dataclass(frozen=True)
class ChannelCosts:
    """Costs of acquisition by channel.

    lag_days: by how many days earlier than the months of the credit the own spend is taken. own: by channel, spend of
    ad systems and campaigns (channels with a cost above 0). paid: channels that an ad system bills, sorted.
    reconciliation: channel, spend_amount, new_spend_amount (what new business bears of it): channels sorted, then
    (unallocated): adds up to the books. overhead: the unallocated part that new business bears; NaN where the books
    do not tell. why: what a reader should know of them.
    """

    lag_days: int
    own: pd.Series
    paid: tuple[str, ...]
    reconciliation: pd.DataFrame
    overhead: float
    why: dict[str, str]

    @property
    def own_new(self) -> pd.Series:
        """Return by channel the own spend that new business bears."""
        rows = self.reconciliation[self.reconciliation["channel"].ne(UNALLOCATED)]
        return rows.set_index("channel")["new_spend_amount"]


def channel_costs(
    window: Window, credit: ChannelCredit, *, all_spend: float, new_spend: float, new_share: float
) -> ChannelCosts:
    """Return what ad systems and campaigns say each channel cost, and what of the books none of them accounts for.

    Question
        Which cost can be told apart by channel, and how much cannot?

    Parameters
        credit : whose touches tell the lag and whose months are paid for
        all_spend, new_spend : cost of acquisition of these months in the books, moved by the lag from lead to first
            bill, and what new business bears of it [currency]
        new_share : share of each channel's own spend that new business bears

    Formula
        Own spend: costs of the months, each touch_lag_days earlier, as in the attribution report. A cost of 0 or below
        is not known; one without a channel is that of a channel called unknown. Unallocated = the books less all own
        spend: people and tools, programs that no export names, and spend of the days by which the two lags differ. It
        is below 0 where ad systems and campaigns say more than the books.
    """
    lines, lag = cost_lines(window.view).lines, touch_lag_days(credit.paths)
    lag = 0 if np.isnan(lag) else int(lag)
    spans = [tuple(day - dt.timedelta(days=lag) for day in span) for span in _spans(credit.months)]
    lines = lines.assign(channel=lines["channel"].fillna(UNKNOWN_CHANNEL))
    paid = pd.concat([cost_within(lines, *span, by=["channel", "system"]) for span in spans])
    own = paid.groupby("channel")["amount"].sum()
    own = own[own > 0]
    ads = paid[paid["system"].ne("crm") & (paid["amount"] > 0)]
    overhead = float(new_spend - new_share * own.sum())
    table = pd.DataFrame({
        "channel": [*own.index, UNALLOCATED], "spend_amount": [*own, all_spend - own.sum()],
        "new_spend_amount": [*(own * new_share), overhead],
    }).astype({"channel": "str", "spend_amount": "float64", "new_spend_amount": "float64"})  # fmt: skip
    channels = tuple(sorted(set(ads["channel"]) & set(own.index)))
    return ChannelCosts(lag, own, channels, table[_RECONCILIATION], overhead, _why(lines, spans, own, overhead))


def _spans(months: pd.DatetimeIndex) -> list[tuple[dt.date, dt.date]]:
    """Return the first and last day of each run of months without a gap."""
    number = months.year * 12 + months.month
    run = np.cumsum(np.diff(number, prepend=number[0]) > 1)
    runs = [months[run == at] for at in np.unique(run)]
    return [(run[0].date(), (run[-1] + pd.offsets.MonthEnd(0)).date()) for run in runs]


def _why(lines: pd.DataFrame, spans: list, own: pd.Series, overhead: float) -> dict[str, str]:
    why, since, until = {}, spans[0][0], spans[-1][1]
    missing = uncovered(lines, since, until)
    if own.empty:
        told = "none of these days" if len(lines) else "no export of ad systems, no campaigns with their actual cost"
        why["spend_amount"] = f"no channel has a cost of its own: {told}"
    elif len(missing):
        told = ", ".join(f"{row.system} {plural(row.n_days, 'day')}" for row in missing.itertuples())
        why["spend_amount"] = f"not known for part of {since} to {until}: {told} outside the export"
    if overhead < 0:
        why["overhead_amount"] = (
            "ad systems and campaigns say more was spent than the books hold for these months: what is unallocated is "
            "below 0 and taken off by deal"
        )
    return why

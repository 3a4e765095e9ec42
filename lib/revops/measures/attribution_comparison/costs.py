"""What the window's credit cost: spend by channel and campaign, moved earlier by the usual days from touch to close."""

import datetime as dt
import math
from dataclasses import dataclass, field

import pandas as pd

from revops.analysis.spending import SAID, cost_lines, cost_within, gross_margin, touch_lag_days, uncovered
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.window import Window
from revops.wording import share

__all__ = ["WindowCosts", "spend_by_campaign", "window_costs"]

_CAMPAIGN = ["campaign_id", "campaign_name", "campaign_type", "channel"]
_SYSTEM = ["system", "first", "last", "n_days"]


@dataclass(frozen=True)
class WindowCosts:
    """Costs beside the credit of one window.

    lines: every cost known on the day, whatever its days (spending.Costs); none in a slice. since, until: the days
        whose spend is set against the window's credit, lag_days before it. by_channel: channel, spend_amount.
    by_campaign: campaign_id (the CRM's; null where none matches), campaign_name, channel, campaign_type, spend_amount;
        one row per CRM campaign, else per name, channel and type.
    margin: what is left of 1 credited after its cost of goods; margin_source: ledger, params or none (1 is assumed).
    most_cost: a channel earns its cost where 1 credited costs at most this. left_out, noted: spending.Costs.
    uncovered: system, first, last (of its rows), n_days (of the spend window before the first or after the last): spend
        of those days is not known. why: what could not be had (spend_amount, margin, lag_days) -> the reason.
    """

    lines: pd.DataFrame
    since: dt.date
    until: dt.date
    lag_days: int
    by_channel: pd.DataFrame
    by_campaign: pd.DataFrame
    margin: float
    margin_source: str
    most_cost: float
    left_out: pd.DataFrame
    noted: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SAID))
    uncovered: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_SYSTEM))
    why: dict[str, str] = field(default_factory=dict)

    @property
    def why_none(self) -> str | None:
        """Return why no cost is known; None where some is."""
        return self.why.get("spend_amount")


def window_costs(window: Window, won: Credited) -> WindowCosts:
    """Return `spend_amount`: what was spent on what the window's deals are credited to, by channel and campaign.

    Question
        What did the touches cost that these deals came by?

    Parameters
        window : the report's window; uses spend, campaigns and ledger of its view
        won : credit for the deals won in it, whose touches tell the lag

    Formula
        Days of the window, each lag_days earlier. lag_days: see touch_lag_days, unless set. Margin: see gross_margin
        over the window itself, unless set. most_cost: the margin, unless set.

    Limits
        One lag for all channels. Spend has no region, segment or owner: a slice has none.
    """
    knobs, found, why = window.knobs, cost_lines(window.view), {}
    lines, left_out, noted = (table.iloc[:0] if knobs.slice else table
                              for table in (found.lines, found.left_out, found.noted))  # fmt: skip
    if knobs.slice:
        why["spend_amount"] = f"spend is not told by {' and '.join(knobs.slice)}"
    elif lines.empty:
        why["spend_amount"] = "needs exports of ad systems, or campaigns with their actual cost"
    lag = _lag(won, knobs, why)
    since, until = (day - dt.timedelta(days=lag) for day in (window.since, window.until))
    margin, source = _margin(window, why)
    most_cost = margin if knobs.most_cost == "auto" else knobs.most_cost
    by_channel = cost_within(lines, since, until).rename(columns={"amount": "spend_amount"})
    return WindowCosts(
        lines, since, until, lag, by_channel, spend_by_campaign(lines, since, until), margin, source, most_cost,
        left_out, noted, uncovered(lines, since, until), why,
    )  # fmt: skip


def spend_by_campaign(lines: pd.DataFrame, since: dt.date, until: dt.date) -> pd.DataFrame:
    """Return spend of some days by campaign; of a CRM campaign billed through several channels, under the dearest.

    Returns
        One row per CRM campaign, else per name, channel and type: campaign_id, campaign_name, channel, campaign_type,
        spend_amount.
    """
    found = cost_within(lines, since, until, _CAMPAIGN).rename(columns={"amount": "spend_amount"})
    dearest = found.sort_values("spend_amount", ascending=False, kind="stable").drop_duplicates("campaign_id")
    of = dearest.dropna(subset="campaign_id").set_index("campaign_id")["channel"]
    channel = found["campaign_id"].map(of).astype("str").fillna(found["channel"])
    sums = found.assign(channel=channel).groupby(_CAMPAIGN, dropna=False)["spend_amount"].sum().reset_index()
    return sums[["campaign_id", "campaign_name", "channel", "campaign_type", "spend_amount"]]


def _lag(won: Credited, knobs: Knobs, why: dict[str, str]) -> int:
    """Return the lag in whole days; where it cannot be had, 0 and why."""
    if knobs.spend_lag_days != "auto":
        return knobs.spend_lag_days
    lag = touch_lag_days(won.paths)
    if math.isnan(lag):
        why["lag_days"] = "no touches of won deals tell how much earlier money is spent: the same days are taken"
        return 0
    return int(lag)


def _margin(window: Window, why: dict[str, str]) -> tuple[float, str]:
    """Return the margin and where it is from; where it cannot be had, 1 and why."""
    if window.knobs.gross_margin != "auto":
        return window.knobs.gross_margin, "params"
    margin = gross_margin(window.view, window.since, window.until)
    if 0 < margin <= 1:
        return margin, "ledger"
    if window.view.book.table("ledger").empty:
        why["margin"] = "needs the profit and loss (ledger), or gross_margin in params: none is taken off"
    elif math.isnan(margin):
        why["margin"] = "the ledger has no revenue with a cost of goods in the window's whole months: none is taken off"
    else:
        why["margin"] = f"the ledger gives {share(margin)}, which is no margin of what is sold: none is taken off"
    return 1.0, "none"

"""What each campaign earns under every rule, whether that pays for it, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit import Groups, deals_touched
from revops.measures.attribution_comparison.campaigns.groups import (
    are_mature,
    returns_of,
    spend_of,
    summed,
    top_deal_shares,
    verdicts,
)
from revops.measures.attribution_comparison.campaigns.known import Known, known_of
from revops.measures.attribution_comparison.campaigns.to_come import ToCome
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.window import Window

__all__ = ["Campaigns", "campaigns"]

Array = np.ndarray
_WHO = ["campaign_id", "campaign_name", "channel", "campaign_type"]


@dataclass(frozen=True)
class Campaigns:
    """Campaigns, their types, and types under each rule: see `campaigns`.

    rules, reference: the rules they are told under, and the one of ranges, top_deal_share and to_come_amount (None
    where no rule could be had). to_come: open deals, and the chances they were valued at. unavailable: column -> what
    it needs.
    """

    by_campaign: pd.DataFrame
    by_type: pd.DataFrame
    by_type_model: pd.DataFrame
    rules: tuple[str, ...]
    reference: str | None
    to_come: ToCome
    unavailable: dict[str, str]


def campaigns(window: Window, won: Credited, costs: WindowCosts) -> Campaigns:
    """Return what campaigns are credited with under every rule, what they cost, and whether that pays.

    Question
        Which campaigns earn their cost whatever the rule, which never, and which only under some?

    Parameters
        won : credit of the deals won in the window
        costs : of the window moved earlier by the usual days from touch to close

    Returns
        by_campaign, one row per campaign with a touch or a cost, by id; then costs that match no campaign, by name;
        then touches without campaign (name and type "No campaign"), by channel:
        campaign_id, campaign_name, channel, campaign_type    id null where the CRM has none
        n_touches         touches on the journeys of the window, lost ones and those of who came to nothing included
        n_deals           won deals among them
        lowest_amount, reference_amount, highest_amount       credited, over all rules [company currency]
        spend_amount      NaN where no cost is known
        lowest_return, highest_return     over all rules; NaN without cost, or with one of 0
        low, high         range of the return under the reference rule over resamples of accounts; NaN with no won deal
        verdict           all, some or none of the rules earn its cost; blank without cost
        top_deal_share    the largest deal's share of its credit under the reference rule; NaN where it has none
        to_come_amount    what open deals may still bring it (to_come); NaN without history
        is_mature         did nothing within the usual days from touch to close before the day, nor is planned to
        is_few            fewer won deals than fewest_deals
        by_type, one row per campaign_type: the same; returns and verdict are of its campaigns with a cost, is_mature
        where all its campaigns are.
        by_type_model: see `_by_type_model`.

    Formula
        credited = sum over its touches of the touch's share of its deal x amount, so that campaigns add up to their
        channels and to the total; return = (credited x gross margin - spend) / spend; a rule earns the cost where
        spend <= most_cost x credited.

    Source
        METHODS 4.7.

    Limits
        Credit, not effect. Markov credit is of channels and is not split to campaigns. Costs are moved by one lag for
        all, people and tools are not in them. Campaigns that are not mature have had no time to earn their cost.
    """
    known = known_of(window, won, costs)
    table = known.listed.table
    of_type, types = pd.factorize(table["campaign_type"], sort=True)
    by_campaign = pd.concat([table[_WHO], _told(known, np.arange(len(table)), len(table))], axis=1)
    by_type = _told(known, of_type, len(types))
    by_type.insert(0, "campaign_type", pd.Series(types, dtype="str"))
    needs = {"to_come_amount": known.coming.needs} if known.coming.needs else {}
    by_model = _by_type_model(known, of_type, types)
    return Campaigns(by_campaign, by_type, by_model, known.rules, known.reference, known.coming, needs)


def _told(known: Known, of: Array, n: int) -> pd.DataFrame:
    """Return what is told of groups of campaigns; `of` is the group of each."""
    knobs, listed, coming = known.window.knobs, known.listed, known.coming
    groups = Groups("group", tuple(f"{group:09d}" for group in range(n)), of[listed.of_touch])
    n_deals = deals_touched(known.won.paths, by=groups).astype("int64")
    amount, returns = (_or_unknown(values) for values in (
        summed(known.amount, of, n), returns_of(known, known.amount, of, n)))  # fmt: skip
    drawn = _or_unknown(returns_of(known, known.drawn.T, of, n))
    low, high = np.quantile(drawn, [(1 - knobs.level) / 2, (1 + knobs.level) / 2], axis=0)
    to_come = np.bincount(of[listed.of_open], np.nan_to_num(coming.of_touch), n)
    return pd.DataFrame({
        "n_touches": np.bincount(of[listed.of_touch], minlength=n), "n_deals": n_deals,
        "lowest_amount": amount.min(axis=0), "reference_amount": amount[known.place],
        "highest_amount": amount.max(axis=0), "spend_amount": spend_of(known, of, n),
        "lowest_return": returns.min(axis=0), "highest_return": returns.max(axis=0),
        "low": np.where(n_deals > 0, low, np.nan), "high": np.where(n_deals > 0, high, np.nan),
        "verdict": pd.Series(verdicts(known, of, n), dtype="str"), "top_deal_share": top_deal_shares(known, of, n),
        "to_come_amount": np.where(coming.needs is None, to_come, np.nan), "is_mature": are_mature(known, of, n),
        "is_few": n_deals < knobs.fewest_deals,
    })  # fmt: skip


def _or_unknown(values: Array) -> Array:
    """Return values [rule or draw x group], or one row of unknown ones where there is no rule."""
    return values if len(values) else np.full((1, values.shape[1]), np.nan)


def _by_type_model(known: Known, of_type: Array, types: pd.Index) -> pd.DataFrame:
    """Return `campaign_return` of each campaign type under each rule, with what it is made of.

    Returns
        One row per rule x campaign type: model, campaign_type, credited_deals, credited_amount, spend_amount,
        campaign_return (of the type's campaigns with a cost; NaN where there is none)
    """
    n, n_rules = len(types), len(known.rules)
    deals, amount = (summed(values, of_type, n) for values in (known.deals, known.amount))
    returns, spend = returns_of(known, known.amount, of_type, n), spend_of(known, of_type, n)
    return pd.DataFrame({
        "model": pd.Series(np.repeat(np.array(known.rules, dtype=object), n), dtype="str"),
        "campaign_type": pd.Series(list(types) * n_rules, dtype="str"), "credited_deals": deals.ravel(),
        "credited_amount": amount.ravel(), "spend_amount": np.tile(spend, n_rules), "campaign_return": returns.ravel(),
    })  # fmt: skip

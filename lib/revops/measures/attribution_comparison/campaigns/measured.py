"""What each campaign earns under every rule, whether that pays for it, and how sure that is."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit import Groups, accounts_touched, deals_touched
from revops.analysis.resampling import drawn_range
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
from revops.measures.attribution_comparison.campaigns.under_rules import WHO, returns_by_rule, types_by_model
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.window import Window

__all__ = ["Campaigns", "campaigns"]

Array = np.ndarray


@dataclass(frozen=True)
class Campaigns:
    """Campaigns that did anything lately, each judged whole: see `campaigns`.

    by_campaign, by_type: campaigns and their types; by_type_model, returns_by_rule: types and campaigns under each rule
    (under_rules). n_older: campaigns left out, since they last did anything before `since`. rules, reference: the
    rules they are told under (none where none could be had for the window), and the one of ranges, top_deal_share and
    to_come_amount. to_come: open deals, and the chances they were valued at. unavailable: column -> what it needs.
    """

    by_campaign: pd.DataFrame
    by_type: pd.DataFrame
    by_type_model: pd.DataFrame
    returns_by_rule: pd.DataFrame
    n_older: int
    since: dt.date
    rules: tuple[str, ...]
    reference: str | None
    to_come: ToCome
    unavailable: dict[str, str]


def campaigns(window: Window, won: Credited, costs: WindowCosts) -> Campaigns:
    """Return what campaigns have earned so far under every rule, what they cost in all, and whether that pays.

    Question
        Which campaigns earn their cost whatever the rule, which never, and which only under some?

    Parameters
        won : credit of the deals won in the window, for which rules can be had
        costs : every cost known on the day, the usual days from touch to close, margin and threshold

    Returns
        by_campaign, one row per campaign with a touch or a cost lag_days before the window began, or later, by id; then
        costs that match no campaign, by name; then touches without campaign (name and type "No campaign"), by channel:
        campaign_id, campaign_name, channel, campaign_type    id null where the CRM has none
        n_touches         touches on record by the day, of people known by then, answered or not; in a slice of the
                          people behind its deals
        n_deals           deals won by the day with one of its touches that counts
        lowest_amount, reference_amount, highest_amount       credited, over all rules [company currency]; NaN without
                          rule
        spend_amount      its whole cost so far; NaN where none is known
        lowest_return, highest_return     over all rules; NaN without cost, with one of 0, and where the cost matches no
                          campaign of the CRM
        low, high         range of the return under the reference rule over resamples of accounts; NaN with no won deal,
                          and where fewer than two accounts won
        verdict           all, some or none of the rules earn its cost; blank where it has no return
        top_deal_share    the largest deal's share of its credit under the reference rule; NaN where it has none
        to_come_amount    what open deals may still bring it (to_come); NaN without history
        is_mature         its last touch, cost and planned end lie the usual days from touch to close before the day
        is_few            fewer won deals than fewest_deals
        by_type, one row per campaign_type: the same of the campaigns on the list; returns and verdict are of those of
        the CRM with a cost, is_mature where all are. by_type_model, returns_by_rule: see under_rules.

    Formula
        By response: all deals won by the day are shared among their touches, whenever they closed, with the report's
        own lookback; a campaign has the sum of its touches' shares x amounts, and is charged with all it cost up to the
        day. return = (credited x gross margin - spend) / spend; a rule earns the cost where spend <= most_cost x
        credited. With the campaigns left out (n_older) they add up to all that is credited of deals won by the day.

    Source
        METHODS 4.7.

    Limits
        Credit, not effect. Markov credit is of channels and is not split to campaigns. The margin is the window's;
        people and tools are not in costs. Touches from before records begin are unknown, while cost may be known.
        Campaigns that are not mature have had no time to earn their cost.
    """
    known = known_of(window, won, costs)
    listed = known.listed
    of_type, types = pd.factorize(listed.table["campaign_type"], sort=True)
    n = len(listed.table)
    by_campaign = pd.concat([listed.table[WHO], _told(known, np.arange(n), n)], axis=1)
    by_type = _told(known, of_type, len(types))
    by_type.insert(0, "campaign_type", pd.Series(types, dtype="str"))
    needs = {"to_come_amount": known.coming.needs} if known.coming.needs else {}
    return Campaigns(
        by_campaign, by_type, types_by_model(known, of_type, types), returns_by_rule(known), listed.n_older,
        listed.since, known.rules, known.reference, known.coming, needs,
    )  # fmt: skip


def _told(known: Known, of: Array, n: int) -> pd.DataFrame:
    """Return what is told of groups of campaigns; `of` is the group of each."""
    knobs, listed, coming = known.window.knobs, known.listed, known.coming
    groups = Groups("group", tuple(f"{group:09d}" for group in range(n)), np.append(of, -1)[listed.of_touch])
    n_deals = deals_touched(known.paths, by=groups).astype("int64")
    amount, returns = (_or_unknown(values) for values in (
        summed(known.amount, of, n), returns_of(known, known.amount, of, n)))  # fmt: skip
    drawn = _or_unknown(returns_of(known, known.drawn.T, of, n))
    behind = _or_unknown(summed(known.deals, of, n))[known.place]
    behind = behind * accounts_touched(known.paths, groups) / np.maximum(n_deals, 1)
    low, high = drawn_range(drawn.T, behind, level=knobs.level)
    is_told = (n_deals > 0) & (known.n_accounts > 1)
    is_listed = listed.of_open >= 0
    to_come = np.bincount(of[listed.of_open[is_listed]], np.nan_to_num(coming.of_touch[is_listed]), n)
    return pd.DataFrame({
        "n_touches": summed(listed.table["n_touches"].to_numpy()[None], of, n)[0].astype("int64"), "n_deals": n_deals,
        "lowest_amount": amount.min(axis=0), "reference_amount": amount[known.place],
        "highest_amount": amount.max(axis=0), "spend_amount": spend_of(known, of, n),
        "lowest_return": returns.min(axis=0), "highest_return": returns.max(axis=0),
        "low": np.where(is_told, low, np.nan), "high": np.where(is_told, high, np.nan),
        "verdict": pd.Series(verdicts(known, of, n), dtype="str"), "top_deal_share": top_deal_shares(known, of, n),
        "to_come_amount": np.where(coming.needs is None, to_come, np.nan), "is_mature": are_mature(known, of, n),
        "is_few": n_deals < knobs.fewest_deals,
    })  # fmt: skip


def _or_unknown(values: Array) -> Array:
    """Return values [rule or draw x group], or one row of unknown ones where there is no rule."""
    return values if len(values) else np.full((1, values.shape[1]), np.nan)

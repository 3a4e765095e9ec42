"""Which channels take longer than the target under every model, under none, or as the model has it, and what money."""

import numpy as np
import pandas as pd

from revops.analysis.resampling import surely
from revops.analysis.spending import earns
from revops.measures.cac_payback.channels.costs import ChannelCosts
from revops.measures.cac_payback.channels.credit import ChannelCredit
from revops.measures.cac_payback.channels.paybacks import NO_CHANNEL, most_cost
from revops.measures.cac_payback.knobs import Knobs

__all__ = ["BY_CHANNEL", "verdicts"]

Array = np.ndarray
BY_CHANNEL = ["channel", "spend_amount", "n_deals", "credited_deals", "cac_amount", "own_payback_months",
              "payback_months", "low", "high", "lowest_months", "highest_months", "n_models", "n_above", "verdict",
              "cause", "held", "is_sure", "excess_amount", "excess_low", "excess_high"]  # fmt: skip
_OWN = ["credited_deals", "cac_amount", "own_payback_months", "payback_months", "low", "high"]
_HALF = 0.5


def verdicts(
    by_model: pd.DataFrame, credit: ChannelCredit, costs: ChannelCosts, margin: float, knobs: Knobs
) -> pd.DataFrame:
    """Return each channel's verdict against target_months, how sure it is, and the money that it is about: BY_CHANNEL.

    Question
        Which channels take too long to pay back whatever the model, and how much of their own money hangs on that?

    Parameters
        by_model : paybacks; credit, costs, margin: what it was made of

    Returns
        One row per channel, sorted; without (no channel):
        spend_amount     own, the part that new business bears; NaN where none is known
        n_deals          won deals of new business on whose journey it was
        credited_deals, cac_amount, own_payback_months, payback_months, low, high: under the model that tables lead with
        lowest_months, highest_months   of payback_months over models; highest is infinite where only some models credit
                         anything, both NaN where none does
        n_models, n_above   models, and those under which it takes longer than target_months (or is credited nothing)
        verdict          above: under all models; below: under none; depends; few: fewer than fewest_customers deals;
                         no_cost: no own spend is known; untold: margin or books do not tell a payback
        cause            of a verdict of above: own, where own spend alone takes longer than the target under more than
                         half of the models; overhead, where overhead alone does: no cut of own spend mends that;
                         together; else empty
        held             the smallest share of resamples, over the models that have them, on the model's own side
        is_sure          see Formula; never where few
        excess_amount    only where the cause is own, else NaN: own spend beyond what its customers repay within
                         target_months: the median over models; excess_low, excess_high: least and most over models

    Formula
        above: own + overhead > target_months x margin x credited_amount / months_in_amount, equal to 9 digits counting
        as within. is_sure: analysis.resampling.surely at `sure` over the channels judged (above, below, depends). A
        verdict stays where no model turns as won deals without touches are shared like the rest; depends where models
        with resamples are on either side.

    Limits
        The overhead of a deal is the same in every channel: what sales does longer for some is not seen. No cut of own
        spend removes overhead, so it is in payback but in no excess. Own spend is not resampled. As in the attribution
        report, credit is not cause: who would have come without the channel is not known.
    """
    names = sorted(set(by_model["channel"]) | set(costs.own.index))
    channels = pd.Index([name for name in names if name != NO_CHANNEL], dtype="str", name="channel")
    rows = _sides(by_model[by_model["channel"].ne(NO_CHANNEL)], credit, costs, most_cost(margin, knobs))
    found = _summed(rows).reindex(channels)
    own = by_model[by_model["model"].eq(credit.model or "")].set_index("channel")[_OWN]
    found = found.join(own.reindex(channels)).assign(spend_amount=costs.own_new.reindex(channels))
    counts = ["n_models", "n_above", "n_above_shared"]
    n_deals = pd.Series(credit.draws.n_deals, list(credit.draws.channels), dtype="float64")
    found["n_deals"] = n_deals.reindex(channels).fillna(0.0).round()
    found[counts] = found[counts].fillna(0)
    found["verdict"] = _verdict(found, costs, knobs)
    found["cause"] = _cause(found)
    found.loc[found["cause"].ne("own"), ["excess_amount", "excess_low", "excess_high"]] = np.nan
    judged = found["verdict"].isin(["above", "below", "depends"]) & found["held"].notna()
    depends = found["verdict"].eq("depends")
    stays = np.where(depends, found["has_above"].eq(True) & found["has_below"].eq(True),
                     found["n_above_shared"] == found["n_above"])  # fmt: skip
    n_draws = next((drawn.shape[1] for drawn in credit.draws.amount.values()), 0)
    found["is_sure"] = surely(found["held"], n_draws, knobs.sure, judged=judged, stays=stays)
    found = found.reset_index().astype(dict.fromkeys(["n_deals", "n_models", "n_above"], "int64"))
    return found[BY_CHANNEL]


def _sides(rows: pd.DataFrame, credit: ChannelCredit, costs: ChannelCosts, most: float) -> pd.DataFrame:
    """Return rows with the side each is on, and the excess of own spend alone; is_known: whether there is a side."""
    own, amount = rows["spend_amount"], rows["credited_amount"]
    cost = own.fillna(0.0) + rows["overhead_amount"]
    times = credit.new_amount / (credit.new_amount - credit.untouched_amount or np.nan)
    deals_times = credit.n_new / ((credit.n_new - credit.n_untouched) or np.nan)
    shared = own + rows["overhead_amount"] * deals_times
    is_known = np.isfinite(cost * most) & (most > 0)
    excess = (own - most * amount).clip(lower=0.0).clip(upper=own).where(own.notna() & is_known)
    above = is_known & ~earns(cost, amount, most)
    return rows.assign(
        is_known=is_known, above=above, own_above=~earns(own, amount, most),
        overhead_above=~earns(rows["overhead_amount"], amount, most), above_shared=~earns(shared, amount * times, most),
        side_held=rows["above_chance"].where(above, 1 - rows["above_chance"]),
        has_above=above & rows["above_chance"].notna(), has_below=~above & rows["above_chance"].notna(),
        excess=excess, longest=rows["payback_months"].mask(amount <= 0, np.inf),
    )  # fmt: skip


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    found = rows.groupby("channel").agg(
        n_models=("model", "size"), n_above=("above", "sum"), n_above_shared=("above_shared", "sum"),
        is_known=("is_known", "all"), own_above=("own_above", "mean"),
        overhead_above=("overhead_above", "mean"), held=("side_held", "min"), has_above=("has_above", "any"),
        has_below=("has_below", "any"), lowest_months=("payback_months", "min"), highest_months=("longest", "max"),
        excess_amount=("excess", "median"), excess_low=("excess", "min"), excess_high=("excess", "max"),
    )  # fmt: skip
    found["highest_months"] = found["highest_months"].where(found["lowest_months"].notna())
    return found


def _verdict(found: pd.DataFrame, costs: ChannelCosts, knobs: Knobs) -> Array:
    """Return the verdict of each channel."""
    conditions = {
        "no_cost": ~found.index.isin(costs.own.index), "few": found["n_deals"] < knobs.fewest_customers,
        "untold": ~found["is_known"].eq(True), "below": found["n_above"].eq(0),
        "above": found["n_above"].eq(found["n_models"]),
    }  # fmt: skip
    return np.select(list(conditions.values()), list(conditions), "depends")


def _cause(found: pd.DataFrame) -> Array:
    """Return what makes a channel take too long, where it does under all models."""
    above = found["verdict"].eq("above")
    own, overhead = above & (found["own_above"] > _HALF), above & (found["overhead_above"] > _HALF)
    return np.select([own, overhead, above], ["own", "overhead", "together"], "")

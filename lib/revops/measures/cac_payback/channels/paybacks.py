"""CAC and payback of every channel under every model, own spend and overhead apart, and how far chance moves them."""

import numpy as np
import pandas as pd

from revops.analysis.resampling import customers_drawn, drawn_range
from revops.analysis.spending import earns
from revops.measures.cac_payback.channels.costs import ChannelCosts
from revops.measures.cac_payback.channels.credit import ChannelCredit
from revops.measures.cac_payback.knobs import Knobs
from revops.ratios import safe_ratio

__all__ = ["BY_MODEL", "NO_CHANNEL", "most_cost", "paybacks"]

Array = np.ndarray
BY_MODEL = ["model", "channel", "credited_deals", "credited_amount", "spend_amount", "overhead_amount", "cac_amount",
            "own_payback_months", "payback_months", "low", "high", "above_chance"]  # fmt: skip
NO_CHANNEL = "(no channel)"
_FREE = 1e-9
"""A cost below this is none [currency]."""


def most_cost(margin: float, knobs: Knobs) -> float:
    """Return what 1 of won amount may cost where it is to be repaid within target_months; NaN without a margin."""
    return knobs.target_months * margin / knobs.months_in_amount


def paybacks(credit: ChannelCredit, costs: ChannelCosts, margin: float, knobs: Knobs) -> pd.DataFrame:
    """Return CAC and payback by model and channel: BY_MODEL.

    Question
        What does a customer of each channel cost, and when has it repaid that?

    Parameters
        margin : gross margin, a share of revenue; NaN where it is not known

    Returns
        Channels with credit for new business under any model or with spend, and (no channel): won deals of new
        business without touches; under every model, sorted by model (in the order of MODELS) and channel:
        credited_deals, credited_amount   of new business
        spend_amount        own: ad systems and campaigns, the part that new business bears; NaN where none is known
        overhead_amount     its part of what is unallocated, alike for every won deal of new business
        cac_amount          (own + overhead) / credited_deals; NaN where it is credited with none
        own_payback_months  own spend alone over credited recurring amount a month x margin
        payback_months      own + overhead, likewise; NaN where nothing is credited (never), or where the margin, the
                            overhead or any cost above 0 is not there
        low, high           its range over resamples of accounts; high is infinite where too many bring nothing
        above_chance        share of resamples in which it takes longer than target_months; NaN without own spend

    Formula
        Recurring amount a month = credited_amount / months_in_amount. Own and overhead of all rows of a model add up to
        what new business bears of the books. A resample moves credit, and how many deals were won at all; own spend and
        overhead stay: fewer deals bear the same cost.

    Limits
        What it does not see: that another year would have another cost, and touches that were not recorded.
    """
    table = _points(credit, costs)
    whole = table["spend_amount"].fillna(0.0) + table["overhead_amount"]
    table["cac_amount"] = safe_ratio(whole, table["credited_deals"].where(table["credited_deals"] > 0))
    monthly = table["credited_amount"] * margin / knobs.months_in_amount
    table["own_payback_months"] = safe_ratio(table["spend_amount"], monthly.where(monthly > 0))
    table["payback_months"] = safe_ratio(whole.where(whole > 0), monthly.where(monthly > 0))
    table = table.join(_ranges(table, credit, costs, margin, knobs))
    return table[BY_MODEL]


def _points(credit: ChannelCredit, costs: ChannelCosts) -> pd.DataFrame:
    """Return credit, own spend and overhead of each row."""
    own, given = costs.own_new, credit.table.set_index(["model", "channel"])[["new_deals", "new_amount"]]
    credited = credit.table.loc[credit.table[["new_deals", "new_amount"]].ne(0).any(axis=1), "channel"]
    channels = sorted({*credited, *costs.own.index, NO_CHANNEL})
    index = pd.MultiIndex.from_product([credit.models, channels], names=["model", "channel"])
    table = given.reindex(index).fillna(0.0).reset_index().astype({"model": "str", "channel": "str"})
    table = table.rename(columns={"new_deals": "credited_deals", "new_amount": "credited_amount"})
    dark = table["channel"].eq(NO_CHANNEL)
    table.loc[dark, ["credited_deals", "credited_amount"]] = float(credit.n_untouched), credit.untouched_amount
    table["spend_amount"] = table["channel"].map(own).astype("float64")
    table["overhead_amount"] = table["credited_deals"] * safe_ratio(costs.overhead, credit.n_new)
    return table


def _ranges(
    table: pd.DataFrame, credit: ChannelCredit, costs: ChannelCosts, margin: float, knobs: Knobs
) -> pd.DataFrame:
    """Return low, high and above_chance of each row; NaN for models without resamples, and where one account won."""
    found = pd.DataFrame(np.nan, table.index, ["low", "high", "above_chance"])
    wins = credit.new.values("wins") > 0
    if credit.new.journeys.loc[wins, "account"].nunique() < 2:
        return found
    n, most = credit.new.journeys["account"].nunique(), most_cost(margin, knobs)
    times = customers_drawn(n, knobs.seed, credit.draws.n_draws) / n
    for model, amount in credit.draws.amount.items():
        rows = table.index[table["model"].eq(model) & table["channel"].isin(credit.draws.channels)]
        place = pd.Index(credit.draws.channels).get_indexer(table.loc[rows, "channel"])
        amount, deals = (np.nan_to_num(part) for part in (amount[place] * times, credit.draws.deals[model]))
        own = table.loc[rows, "spend_amount"].to_numpy()[:, None]
        all_deals = np.maximum(deals.sum(axis=0) + credit.n_untouched, _FREE)
        cost = np.nan_to_num(own) + costs.overhead * deals[place] / all_deals
        above = ~earns(cost, amount, most)
        found.loc[rows, "above_chance"] = np.where(np.isfinite(own + cost * most)[:, 0], above.mean(axis=1), np.nan)
        ends = _ends(amount * margin / knobs.months_in_amount, cost, credit.draws.behind(model)[place], knobs.level)
        found.loc[rows, ["low", "high"]] = np.where(table.loc[rows, ["payback_months"]].notna(), ends, np.nan)
    return found


def _ends(monthly: Array, cost: Array, behind: Array, level: float) -> Array:
    """Return low and high of cost / monthly [row x 2], by what a cost of 1 repays a month; a resample that credits a
    channel with nothing repays nothing, and high is infinite where they are too many."""
    repaid = np.where(monthly > 0, monthly / np.maximum(cost, _FREE), 0.0)
    least, most = drawn_range(repaid, behind, level=level)
    with np.errstate(divide="ignore"):
        return np.column_stack([np.where(end > 0, 1 / end, np.inf) for end in (most, least)])

"""Which channels earn their cost under all models, under none, or as the model has it; and how far chance decides."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.resampling import drawn_range, surely
from revops.analysis.spending import earns
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.knobs import Knobs
from revops.ratios import safe_ratio

__all__ = ["BY_CHANNEL", "BY_MODEL", "Decisions", "decisions"]

Array = np.ndarray
BY_MODEL = ["model", "channel", "spend_amount", "credited_amount", "contribution_amount", "cost_per_credited_amount",
            "low", "high", "keep_chance", "side"]  # fmt: skip
BY_CHANNEL = ["channel", "spend_amount", "n_deals", "n_models", "n_keep", "n_cut", "n_keep_shared", "lowest_cost",
              "highest_cost", "held", "verdict", "is_sure", "is_few"]  # fmt: skip


@dataclass(frozen=True)
class Decisions:
    """by_model: BY_MODEL, one row per model x channel; by_channel: BY_CHANNEL, one row per channel (see decisions)."""

    by_model: pd.DataFrame
    by_channel: pd.DataFrame


def decisions(won: Credited, costs: WindowCosts, knobs: Knobs) -> Decisions:
    """Return `cost_per_credited_amount` and `contribution_amount` by model and channel, and each channel's verdict.

    Question
        Which channels are worth their money whatever the model, and for which does the model decide?

    Returns
        by_model: channels with credit under any model or with spend, under every model, sorted by model (in the order
        of MODELS) and channel:
        spend_amount              NaN where no cost is known [currency]
        credited_amount           0 where the channel is on no journey [currency]
        contribution_amount       credited x margin - spend [currency]; NaN without a known cost
        cost_per_credited_amount  spend / credited; NaN where nothing is credited or no cost is known
        low, high                 range of it over resamples of accounts; high is infinite (no limit) where more than
                                  (1 - level) / 2 of them credit nothing; NaN where the cost is, or without resamples
        keep_chance               share of resamples on the keep side [0 to 1]; NaN without a known cost or resamples
        side                      keep, cut, or empty without a known cost
        by_channel, sorted by channel: n_deals (won deals on whose journey it was), n_models, n_keep, n_cut (models by
        side), n_keep_shared (models that keep it when what is unattributed is shared like the rest), lowest_cost,
        highest_cost (over models; highest is infinite where only some credit anything, both NaN where none does), held
        (the smallest share of resamples, over the models that have them, on the model's own side), verdict (keep, cut,
        depends, no_cost), is_sure, is_few (fewer than fewest_deals)

    Formula
        keep where spend <= most_cost x credited, equal to 9 digits counting as equal. A cost that is recorded as 0 or
        below is not known. The range of the cost is spend over the range of the credit
        (analysis.resampling.drawn_range), which is what the resamples move; spend is not resampled. A resample without
        any won deal credits nothing, under Markov too.
        n_keep_shared: every credit times won.all_to_credited; 0 where nothing is credited, and then nothing is sure.
        is_sure: p = (1 + resamples on the other side) / (1 + resamples), under the model that has most of them (1 -
        held, never 0), passes Benjamini-Hochberg at 1 - sure over the channels judged: those with a known cost and
        resamples that are not is_few. p is 1 under `depends` where not some model with resamples is on either side,
        and under `cut` (`keep`) where a model turns as what is unattributed is shared: spend pays for all deals.

    Source
        Davison and Hinkley, Bootstrap Methods and their Application (1997), 4.2.3, for p; Benjamini and Hochberg,
        JRSS B 57 (1995) 289-300, as implemented by statsmodels.stats.multitest.multipletests; METHODS 6.

    Limits
        held is model by model: that all models keep their sides in one resample is less likely. `make
        calibrate`, 1,020 made companies of 30, 90 and 300 deals won, 80 % and sure = 0.9: the range of the cost
        held the true one in 87, 79 and 79 of 100 (last touch, linear and Markov of order 1 together), which lay
        below it in 11, 16 and 13. By linear alone a channel whose true cost is 20 % below the threshold was
        surely cut in 3 of 100, one 5 % below it in 6, one 20 % above it surely kept in 0.3; right at the
        threshold 7 were surely cut and 2 surely kept. Of a company's sure verdicts by linear alone 15 of 100
        were wrong, those at the threshold all counted (nominal 10). By the three models together 1 of 100
        channels had a sure verdict that very many accounts would not give. Channels share one total and are not
        independent, as Benjamini-Hochberg supposes; with few draws p cannot be small.
    """
    table = _by_model(won, costs)
    drawn = _drawn(won, table)
    behind = _behind(won, table)
    table = table.join(_chances(table, drawn, behind, costs.most_cost, knobs.level))
    by_channel = _by_channel(table, won, knobs)
    by_channel["is_sure"] = _is_sure(by_channel, drawn.shape[1], knobs.sure) & np.isfinite(won.all_to_credited)
    return Decisions(table[BY_MODEL], by_channel[BY_CHANNEL])


def _by_model(won: Credited, costs: WindowCosts) -> pd.DataFrame:
    spend = costs.by_channel.set_index("channel")["spend_amount"]
    credit = won.table.set_index(["model", "channel"])["credited_amount"]
    has_credit = won.table.loc[won.table[["credited_amount", "credited_deals"]].ne(0).any(axis=1), "channel"]
    channels = sorted({*has_credit, *spend.index})
    index = pd.MultiIndex.from_product([won.models, channels], names=["model", "channel"])
    table = pd.DataFrame({"credited_amount": credit.reindex(index).fillna(0.0)}).reset_index()
    known = spend.where(spend > 0)
    table["spend_amount"] = table["channel"].map(known).astype("float64")
    table["contribution_amount"] = table["credited_amount"] * costs.margin - table["spend_amount"]
    credited = table["credited_amount"].where(table["credited_amount"] > 0)
    table["cost_per_credited_amount"] = safe_ratio(table["spend_amount"], credited)
    keeps = earns(table["spend_amount"], table["credited_amount"], costs.most_cost)
    table["keeps_shared"] = earns(
        table["spend_amount"], table["credited_amount"] * won.all_to_credited, costs.most_cost
    )
    side = np.where(table["spend_amount"].isna(), "", np.where(keeps, "keep", "cut"))
    return table.assign(side=pd.Series(side, table.index, dtype="str"))


def _drawn(won: Credited, table: pd.DataFrame) -> Array:
    """Return the credit of each row in each resample [row x draw]; NaN for models without resamples."""
    amounts = won.draws.amount
    n = next((drawn.shape[1] for drawn in amounts.values()), 0)
    found = np.full((len(table), n), np.nan)
    place = pd.Index(won.draws.channels).get_indexer(table["channel"])
    for model, drawn in amounts.items():
        rows = np.flatnonzero(table["model"].eq(model))
        padded = np.vstack([np.nan_to_num(drawn, nan=0.0), np.zeros((1, n))])
        found[rows] = padded[place[rows]]
    return found


def _behind(won: Credited, table: pd.DataFrame) -> Array:
    """Return how many accounts stand behind the credit of each row; NaN for models without resamples."""
    draws = won.draws
    found = {(model, name): n for model in draws.amount
             for name, n in zip(draws.channels, draws.behind(model), strict=True)}  # fmt: skip
    return np.array([found.get(key, np.nan) for key in zip(table["model"], table["channel"], strict=True)], dtype=float)


def _chances(table: pd.DataFrame, drawn: Array, behind: Array, most_cost: float, level: float) -> pd.DataFrame:
    """Return low, high and keep_chance of each row; behind: how many accounts stand behind its credit."""
    spend = table["spend_amount"].to_numpy()
    if not drawn.shape[1]:
        return pd.DataFrame(np.nan, table.index, ["low", "high", "keep_chance"])
    least, most = drawn_range(drawn, behind, level=level)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.where(most > 0, spend / most, np.nan), np.where(least > 0, spend / least, np.inf)
    known = np.isfinite(drawn).all(axis=1) & np.isfinite(spend)
    has_cost = known & table["cost_per_credited_amount"].notna().to_numpy()
    chance = earns(spend[:, None], drawn, most_cost).mean(axis=1)
    found = {"low": np.where(has_cost, low, np.nan), "high": np.where(has_cost, high, np.nan)}
    return pd.DataFrame(found | {"keep_chance": np.where(known, chance, np.nan)}, table.index)


def _by_channel(table: pd.DataFrame, won: Credited, knobs: Knobs) -> pd.DataFrame:
    keeps, cuts = table["side"].eq("keep"), table["side"].eq("cut")
    has_draws = table["keep_chance"].notna()
    rows = table.assign(
        keeps=keeps, cuts=cuts, drawn_keeps=keeps & has_draws, drawn_cuts=cuts & has_draws,
        own=table["keep_chance"].where(keeps, 1 - table["keep_chance"]),
        most=table["cost_per_credited_amount"].mask(cuts & table["cost_per_credited_amount"].isna(), np.inf),
    )  # fmt: skip
    found = rows.groupby("channel").agg(
        spend_amount=("spend_amount", "first"), n_models=("model", "size"), n_keep=("keeps", "sum"),
        n_cut=("cuts", "sum"), n_keep_shared=("keeps_shared", "sum"),
        lowest_cost=("cost_per_credited_amount", "min"), highest_cost=("most", "max"),
        held=("own", "min"), drawn_keeps=("drawn_keeps", "any"), drawn_cuts=("drawn_cuts", "any"),
    )  # fmt: skip
    found["highest_cost"] = found["highest_cost"].where(found["lowest_cost"].notna())
    n_deals = pd.Series(won.draws.n_deals, list(won.draws.channels), dtype="float64")
    found["n_deals"] = n_deals.reindex(found.index).fillna(0.0).round().astype("int64")
    verdict = np.select([found["n_keep"] + found["n_cut"] == 0, found["n_cut"] == 0, found["n_keep"] == 0],
                        ["no_cost", "keep", "cut"], "depends")  # fmt: skip
    found["verdict"] = pd.Series(verdict, found.index, dtype="str")
    found["is_few"] = found["n_deals"] < knobs.fewest_deals
    return found.reset_index().astype({"channel": "str"})


def _is_sure(found: pd.DataFrame, n_draws: int, sure: float) -> pd.Series:
    """Return which verdicts neither chance nor what is unattributed turns."""
    judged = found["held"].notna() & ~found["is_few"]
    depends = found["verdict"].eq("depends")
    stays = np.where(depends, found["drawn_keeps"] & found["drawn_cuts"], found["n_keep_shared"] == found["n_keep"])
    return pd.Series(surely(found["held"], n_draws, sure, judged=judged, stays=stays), found.index)

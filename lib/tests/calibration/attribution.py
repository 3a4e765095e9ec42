"""How often ranges of credit hold, chances of a rank come true, and verdicts called sure are wrong, where very many
accounts of the same kind tell the truth; and how often the range of the switch-off holds what was planted."""

from collections.abc import Callable
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd
from hand_costs import window_costs

from calibration.buyers import KINDS, MODELS, N_NATURES, buyers, kind_of, known, truth
from revops.analysis.credit import Paths, credit_draws, share_table
from revops.analysis.credit.planted import planted
from revops.analysis.credit.switch_off import switch_off
from revops.analysis.spending import earns
from revops.errors import MeasureError
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.decisions import decisions
from revops.measures.attribution_comparison.knobs import Knobs
from revops.ratios import share_interval

__all__ = ["LEVELS", "chances", "held", "say_all", "sure", "switched", "switched_held", "told"]

LEVELS = (0.8, 0.95, 1.0, 1.2)
"""True costs over the threshold: of the channels of a company in turn."""
_MOST = 0.8
_NOMINAL, _SURE, _FEW, _DRAWS = Knobs().level, Knobs().sure, Knobs().fewest_deals, Knobs().draws
_BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
_WORLDS = (200, 400, 1300)
_VERY_MANY = 200_000
_TRAITS = ("won", "sizes", "deals", "channels")
_ENDS = {"credit_share": ("share_true", "low", "high"), "rank": ("rank_true", "rank_low", "rank_high"),
         "cost_per_credited_amount": ("cost_true", "cost_low", "cost_high")}  # fmt: skip


def say_all(companies: list[dict], worlds: list[dict], say: Callable[[str, pd.DataFrame], None]) -> None:
    """Say all tables of rows of `told` and of `switched`."""
    table = pd.DataFrame(companies)
    say("Attribution: 80 % ranges of the share of credit, its rank, and the cost of 1 credited held", held(table))
    say("Attribution: the chance to be among the first quarter of channels, and how often they are", chances(table))
    say("Attribution: verdicts called sure, by true cost over the threshold, and how often they are wrong", sure(table))
    say("Attribution: the 80 % range of the switch-off held, where buyers do not select themselves",
        switched_held(pd.DataFrame(worlds)))  # fmt: skip


def told(seed: int) -> list[dict]:
    """Return what is told of one company beside the truth of its kind: rows of `what` = range, of each channel under
    each model, and verdict, of each channel by linear alone and by all three models."""
    kind = kind_of(seed)
    rng, true = np.random.default_rng([seed, 79]), truth(kind)
    paths = buyers(kind, int(rng.poisson(true.attrs["accounts"])), rng)
    draws = credit_draws(paths, MODELS, seed=seed, n_draws=_DRAWS)
    level = np.resize(np.roll(LEVELS, seed // (N_NATURES * len(KINDS))), kind.channels)
    spend = level * _MOST * true.loc[true["model"].eq("linear"), "amount"].to_numpy()
    true["spend"], true["level"] = np.tile(spend, len(MODELS)), np.tile(level, len(MODELS))
    spent = ({"channel": name, "spend_amount": amount} for name, amount in zip(paths.channels, spend, strict=True))
    costs = window_costs(*spent, margin=_MOST)
    ranges, verdicts = _decided(known(draws, paths), costs, true)
    _, alone = _decided(known(draws, paths, ("linear",)), costs, true)
    first = kind.channels // len(LEVELS)
    shares = share_table(draws, level=_NOMINAL, top=first)
    shares = shares.merge(true, on=["model", "channel"], suffixes=("", "_true"), validate="one_to_one")
    table = shares.assign(cost_true=shares["spend"] / shares["amount"], is_first=shares["rank_true"] <= first)
    table = table.merge(ranges, on=["model", "channel"], validate="one_to_one").assign(what="range")
    credited = draws.table.set_index(["model", "channel"])["credited_deals"].rename("credited")
    table = table.join(credited, on=["model", "channel"])
    traits = {name: getattr(kind, name) for name in _TRAITS}
    return pd.concat([table, alone, verdicts]).assign(seed=seed, **traits).to_dict("records")


def _decided(won: Credited, costs: WindowCosts, true: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the range of the cost by model and channel; and the verdicts from these models together, beside those that
    the true credit gives."""
    found = decisions(won, costs, Knobs(models=won.models, reference_model="linear"))
    ranges = found.by_model[["model", "channel", "low", "high"]]
    ranges = ranges.rename(columns={"low": "cost_low", "high": "cost_high"})
    of_models = true[true["model"].isin(won.models)]
    keeps = earns(of_models["spend"], of_models["amount"], _MOST).groupby(of_models["channel"])
    right = pd.Series(np.select([keeps.all(), ~keeps.any()], ["keep", "cut"], "depends"), list(won.channels))
    level = of_models.drop_duplicates("channel").set_index("channel")["level"]
    verdicts = found.by_channel[["channel", "verdict", "held", "is_sure", "is_few"]]
    verdicts = verdicts.assign(right=verdicts["channel"].map(right), level=verdicts["channel"].map(level))
    return ranges, verdicts.assign(what="verdict", model="linear" if len(won.models) == 1 else "all three")


def held(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often ranges held the truth: by model; and over the models by what a company is, by whether few won
    deals were on the channel's journeys, and by whether the model credits it with few. Intervals count companies:
    ranges of one are not independent.

    under, over: how often the truth lay below the range and above it. not_told: share of channels without a range.
    """
    table = table[table["what"].eq("range")]
    groups = [("all", "", table), *_by(table, "model", "model")]
    for name, word in (("n_deals", "deals won with it"), ("credited", "deals credited")):
        few = np.where(table[name] < _FEW, f"fewer than {_FEW}", f"at least {_FEW}")
        groups += _by(table.assign(few=few), "few", word)
    groups += [group for name in _TRAITS for group in _by(table, name, name)]
    return pd.DataFrame([
        {"id": id, "by": by, "value": value, **_coverage(part, *names)}
        for (id, names), (by, value, part) in product(_ENDS.items(), groups)
    ])  # fmt: skip


def _by(table: pd.DataFrame, column: str, word: str) -> list[tuple[str, str, pd.DataFrame]]:
    return [(word, str(value), part) for value, part in table.groupby(column)]


def _coverage(table: pd.DataFrame, true: str, low: str, high: str) -> dict[str, float]:
    """Return nominal, observed and what else `held` says of some ranges."""
    is_told = table[low].notna()
    part = table[is_told]
    under, over = part[true] < part[low], part[true] > part[high]
    return {"nominal": _NOMINAL, **_observed(~(under | over), part["seed"]), "under": under.mean(), "over": over.mean(),
            "not_told": 1 - is_told.mean(), "n": len(part), "companies": part["seed"].nunique()}  # fmt: skip


def _observed(came: pd.Series, seed: pd.Series) -> dict[str, float]:
    """Return how often something came, with its 95 % Monte Carlo interval at so many companies."""
    n, observed = seed.nunique(), float(came.mean())
    low, high = share_interval(round(observed * n), n, level=0.95) if n else (np.nan, np.nan)
    return {"observed": observed, "mc_low": low, "mc_high": high}


def chances(table: pd.DataFrame) -> pd.DataFrame:
    """Return by what top_chance was told, of the first quarter of channels: its mean (nominal), and how often a channel
    truly is one of them; by all models and by each."""
    table = table[table["what"].eq("range") & table["top_chance"].notna()]
    table = table.assign(told=pd.cut(table["top_chance"], _BINS, include_lowest=True))
    models = [("all", table), *table.groupby("model")]
    groups = [(model, *group) for model, part in models for group in part.groupby("told", observed=True)]
    return pd.DataFrame([
        {"model": model, "told": f"{max(chance.left, 0):.1f} to {chance.right:.1f}",
         "nominal": part["top_chance"].mean(),
         **_observed(part["is_first"].astype(bool), part["seed"]), "n": len(part), "companies": part["seed"].nunique()}
        for model, chance, part in groups
    ])  # fmt: skip


def sure(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often channels are called sure, by verdict, and how often wrongly, by linear alone (also by deals won)
    and by all three models together, and by true cost under linear over the threshold.

    Wrong is a verdict that very many accounts would not give. Right at the threshold any verdict of linear alone counts
    as wrong, and no verdict of all three is judged. wrong of sure: the share of a company's sure verdicts that is wrong
    (0 where none is), on average over companies.
    """
    table = table[table["what"].eq("verdict")]
    is_at, is_sure = table["level"].eq(1.0), table["is_sure"].astype(bool)
    wrong = (is_sure & (is_at | table["verdict"].ne(table["right"]))).astype(float)
    table = table.assign(is_sure=is_sure, wrong=wrong.mask(is_at & table["model"].eq("all three")))
    linear = table[table["model"].eq("linear")]
    groups = [("linear", "all", linear), *(("linear", f"{won} won", part) for won, part in linear.groupby("won"))]
    groups += [("all three", "all", table[table["model"].eq("all three")])]
    return pd.DataFrame([
        {"by": model, "companies of": of, "true cost": level, **_called(some)}
        for model, of, part in groups for level, some in [("any", part), *part.groupby("level")]
    ])  # fmt: skip


def _called(part: pd.DataFrame) -> dict[str, float]:
    """Return how often which verdict is sure, and how often one that is judged is wrong."""
    verdicts = ("keep", "cut", "depends")
    called = {f"surely {verdict}": (part["is_sure"] & part["verdict"].eq(verdict)).mean() for verdict in verdicts}
    judged = part[part["wrong"].notna()]
    sums = judged.assign(is_sure=judged["is_sure"].astype(float)).groupby("seed")[["wrong", "is_sure"]].sum()
    share = (sums["wrong"] / sums["is_sure"].where(sums["is_sure"] > 0)).fillna(0.0).mean()
    return {**called, "nominal": 1 - _SURE, **_observed(judged["wrong"], judged["seed"]), "wrong of sure": share,
            "n": len(judged), "companies": len(sums)}  # fmt: skip


def switched(seed: int) -> list[dict]:
    """Return the range of the switch-off of each channel of one planted world whose buyers convert or do not, beside
    what is lost of very many; without a range where it is refused."""
    size = _WORLDS[seed % len(_WORLDS)]
    world, true = planted(seed, size, selection=False).paths, _lost()
    wins = (np.random.default_rng([seed, 83]).random(len(world.journeys)) < world.values("wins")).astype(float)
    journeys = world.journeys.assign(wins=wins, losses=1 - wins, amount=wins)
    try:
        found = switch_off(Paths(journeys, world.touches, world.channels), level=_NOMINAL)
    except MeasureError:
        found = true[["channel"]].assign(low=np.nan, high=np.nan)
    table = found.merge(true, on="channel", validate="one_to_one")
    return table.assign(seed=seed, buyers=size, won=wins.sum()).to_dict("records")


@lru_cache(maxsize=1)
def _lost() -> pd.DataFrame:
    """Return by channel the share of conversions lost without it, of very many buyers."""
    world = planted(0, _VERY_MANY, selection=False)
    return world.truth[["channel"]].assign(true=world.truth["lost_deals"] / world.paths.values("wins").sum())


def switched_held(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often the range of the switch-off held, by buyers of a world and by channel; won is how many buyers
    converted, on average."""
    groups = [("all", "", table), *_by(table, "buyers", "buyers"), *_by(table, "channel", "channel")]
    return pd.DataFrame([
        {"by": by, "value": value, "won": part["won"].mean(), **_coverage(part, "true", "low", "high")}
        for by, value, part in groups
    ])  # fmt: skip

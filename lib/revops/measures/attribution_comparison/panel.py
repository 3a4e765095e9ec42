"""What the models make of journeys whose effects are known: the same code, on two made-up worlds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit import CreditKnobs, credit_by_model
from revops.analysis.credit.planted import DIRECT, NO_EFFECT, Planted, planted
from revops.analysis.credit.switch_off import switch_off
from revops.measures.attribution_comparison.knobs import Knobs

__all__ = ["N_BUYERS", "SWITCH_OFF", "TRUTH", "Panel", "planted_panel"]

N_BUYERS = 20_000
"""Buyers of each world: another seed moves no share by as much as a point."""
SWITCH_OFF = "switch_off"
"""Stands in `model` for the logit on presence, which is no model of credit."""
TRUTH = "truth"


@dataclass(frozen=True)
class Panel:
    """How far each model is from the truth, where it is known.

    table: selection (whether keener buyers meet some channels more often), model (as in knobs.models, then switch_off),
    l1_points (sum of absolute differences of its shares from the true ones, in points: 0 to 200), rank_correlation
    (Spearman, with the true shares), no_effect_share (what it gives to the channels that do nothing).
    shares: selection, model (truth, then those of table), channel, share, has_effect.
    worlds: selection, n_journeys, n_deals, incremental_share (of conversions; each model hands out all of them).
    """

    table: pd.DataFrame
    shares: pd.DataFrame
    worlds: pd.DataFrame


def planted_panel(knobs: Knobs) -> Panel:
    """Return how far each model is from the truth on made-up journeys, with buyers who select themselves and without.

    Question
        Would these models find what channels do, if we knew it?

    Parameters
        knobs : Uses models, half_life_days, seed.

    Formula
        True share = conversions lost without the channel / their sum over channels. The share of the logit is its
        switch_off_share / their sum. Credit is that of conversions, which all have the same amount here.

    Source
        As to what is to be expected: Gordon, Moakler and Zettelmeyer, Close Enough? (arXiv:2201.07055).

    Limits
        One design (analysis.credit.planted), in which the logit is the right model where buyers do not select
        themselves: evidence of how models fail, not a ranking. Where they do, none is near the truth.
    """
    worlds = {selection: planted(knobs.seed, N_BUYERS, selection) for selection in (True, False)}
    shares = pd.concat([_shares(world, knobs).assign(selection=selection) for selection, world in worlds.items()])
    shares = shares.assign(has_effect=~shares["channel"].isin(NO_EFFECT))
    columns = ["selection", "model", "channel", "share", "has_effect"]
    rows = [
        {"selection": selection, "n_journeys": len(world.paths.journeys), "n_deals": world.paths.values("wins").sum(),
         "incremental_share": world.incremental_share} for selection, world in worlds.items()
    ]  # fmt: skip
    return Panel(_distances(shares), shares[columns].reset_index(drop=True), pd.DataFrame(rows))


def _shares(world: Planted, knobs: Knobs) -> pd.DataFrame:
    """Return model, channel, share of a world: the truth, each model, the logit."""
    credit = CreditKnobs(half_life_days=knobs.half_life_days, direct=(DIRECT,))
    given = credit_by_model(world.paths, knobs.models, knobs=credit).rename(columns={"credited_deals": "share"})
    true = world.truth.rename(columns={"lost_deals": "share"}).assign(model=TRUTH)
    lost = switch_off(world.paths).rename(columns={"switch_off_share": "share"}).assign(model=SWITCH_OFF)
    table = pd.concat([part[["model", "channel", "share"]] for part in (true, given, lost)], ignore_index=True)
    return table.assign(share=table["share"] / table.groupby("model")["share"].transform("sum"))


def _distances(shares: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for selection, world in shares.groupby("selection", sort=False):
        wide = world.pivot(index="channel", columns="model", values="share")
        true, nothing = wide[TRUTH], ~world.drop_duplicates("channel").set_index("channel")["has_effect"]
        for model in world["model"].unique()[1:]:
            ranks = np.corrcoef(wide[model].rank(), true.rank())[0, 1]
            rows.append({"selection": selection, "model": model, "l1_points": 100 * (wide[model] - true).abs().sum(),
                         "rank_correlation": ranks, "no_effect_share": wide.loc[nothing, model].sum()})  # fmt: skip
    return pd.DataFrame(rows)

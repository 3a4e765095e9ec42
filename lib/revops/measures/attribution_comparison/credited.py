"""What each model credits each channel with, for what was won and for pipeline created, and how far chance moves it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit import (
    DRAWN,
    CreditDraws,
    Paths,
    credit_by_model,
    credit_draws,
    markov,
    ranks,
    share_table,
    shares,
    unavailable,
)
from revops.analysis.journeys import Journeys
from revops.measures.attribution_comparison.window import Window

__all__ = ["Credited", "credited"]

_RANGES = ["low", "high", "error", "rank_low", "rank_high", "top_chance"]
_EFFECTS = ["model", "channel", "removal_effect", "amount_effect"]
_ENDS_ONLY = ("first_touch", "last_touch", "last_non_direct")
"""The models that first and last conversions alone can feed."""


@dataclass(frozen=True)
class Credited:
    """The credit of all models for the deals of one window.

    cutoff: `close` = won, `creation` = pipeline created. found, paths: its journeys. table: one row per model x
    channel, models in the order of MODELS, channels sorted: model, channel, credited_deals, credited_amount,
    credit_share (of amount), low, high, error, rank, rank_low, rank_high, top_chance (NaN for models without draws),
    n_deals, is_few. draws: of the models that have them. removal: model, channel, removal_effect, amount_effect of
    Markov models. unavailable: model -> what it needs.
    """

    cutoff: str
    found: Journeys
    paths: Paths
    draws: CreditDraws
    table: pd.DataFrame
    removal: pd.DataFrame
    unavailable: dict[str, str]

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models that could be had, in order."""
        return tuple(self.table["model"].unique())

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the channels, sorted."""
        return self.paths.channels

    def of(self, model: str) -> pd.DataFrame:
        """Return the rows of one model, by channel."""
        return self.table[self.table["model"].eq(model)].set_index("channel")


def credited(window: Window, cutoff: str = "close") -> Credited:
    """Return what each model credits each channel with for the deals of the window."""
    knobs, found = window.knobs, window.journeys(cutoff)
    paths = Paths(found.journeys, found.touches, found.channels)
    needs = _lacking(paths, found, knobs.models)
    models = tuple(model for model in knobs.models if model not in needs)
    drawn = tuple(model for model in models if model in DRAWN)
    draws = credit_draws(paths, drawn, seed=knobs.seed, n_draws=knobs.draws, knobs=knobs.credit)
    table = credit_by_model(paths, models, knobs=knobs.credit)
    return Credited(cutoff, found, paths, draws, _with_ranges(table, draws, window), _removal(paths, models), needs)


def _lacking(paths: Paths, found: Journeys, models: tuple[str, ...]) -> dict[str, str]:
    needs = {model: what for model, what in unavailable(paths).items() if model in models}
    if found.has_only_ends:
        needs |= {model: "every touch, not first and last conversions alone" for model in models
                  if model not in _ENDS_ONLY}  # fmt: skip
    return needs


def _with_ranges(table: pd.DataFrame, draws: CreditDraws, window: Window) -> pd.DataFrame:
    knobs = window.knobs
    ranges = share_table(draws, level=knobs.level, top=knobs.top)[["model", "channel", *_RANGES]]
    amounts = table.groupby("model", sort=False)["credited_amount"]
    table["credit_share"] = np.concatenate([shares(part.to_numpy()[:, None])[:, 0] for _, part in amounts])
    table["rank"] = np.concatenate([ranks(part.to_numpy()[:, None])[:, 0] for _, part in amounts])
    table = table.merge(ranges, how="left", on=["model", "channel"], validate="one_to_one")
    n_deals = table["channel"].map(dict(zip(draws.channels, draws.n_deals, strict=True)))
    columns = ["model", "channel", "credited_deals", "credited_amount", "credit_share", "low", "high", "error", "rank",
               "rank_low", "rank_high", "top_chance"]  # fmt: skip
    return table[columns].assign(n_deals=n_deals, is_few=n_deals < knobs.fewest_deals)


def _removal(paths: Paths, models: tuple[str, ...]) -> pd.DataFrame:
    tables = [markov(paths, int(model[-1])).table.assign(model=model) for model in models if model.startswith("markov")]
    return pd.concat(tables, ignore_index=True)[_EFFECTS] if tables else pd.DataFrame(columns=_EFFECTS)

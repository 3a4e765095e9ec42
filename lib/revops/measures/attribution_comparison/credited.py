"""What each model credits each channel with, for what was won and for pipeline created, and how far chance moves it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit import (
    DRAWN,
    MODELS,
    CreditDraws,
    Paths,
    credit_by_model,
    credit_draws,
    lacking,
    markov,
    ranks,
    share_table,
    shares,
    unknown_milestones,
)
from revops.analysis.journeys import Journeys
from revops.measures.attribution_comparison.journeys import journeys_by_end, unattributed
from revops.measures.attribution_comparison.window import Window

__all__ = ["Credited", "credited"]

_RANGES = ["low", "high", "error", "rank_low", "rank_high", "top_chance"]
_EFFECTS = {"model": "str", "channel": "str", "removal_effect": "float64", "amount_effect": "float64"}
_NEEDS_DEALS = {"close": "deals won with touches", "creation": "deals created with touches"}


@dataclass(frozen=True)
class Credited:
    """The credit of all models for the deals of one window.

    cutoff: `close` = won, `creation` = pipeline created. found, paths: its journeys. table: one row per model x
    channel, models in the order of MODELS, channels sorted: model, channel, credited_deals, credited_amount,
    credit_share (of amount; NaN where all of it is not above 0), low, high, error, rank, rank_low, rank_high,
    top_chance (NaN for models without draws, and where fewer than two accounts won), n_deals, is_few. draws: of the
    models that have them. removal: model, channel, removal_effect, amount_effect of Markov models. unavailable: model
    -> what it needs; every model, where nothing was won with touches. milestones: rule of milestones -> share of won
    journeys on which one is unknown, so that its percent went to the others. ends: how many journeys ended in what
    (journeys_by_end). unattributed: deals without touches, by reason.
    """

    cutoff: str
    found: Journeys
    paths: Paths
    draws: CreditDraws
    table: pd.DataFrame
    removal: pd.DataFrame
    unavailable: dict[str, str]
    milestones: dict[str, float]
    ends: pd.DataFrame
    unattributed: pd.DataFrame

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models that could be had, in order."""
        return tuple(self.table["model"].unique())

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the channels, sorted."""
        return self.paths.channels

    @property
    def all_to_credited(self) -> float:
        """Return all that was won (made) over what of it is credited; NaN where nothing is.

        So many times its credit would a channel have if what is unattributed were shared like the rest.
        """
        credited = float(self.paths.values("amount").sum())
        return (credited + float(self.unattributed["amount"].sum())) / credited if credited > 0 else np.nan

    def of(self, model: str) -> pd.DataFrame:
        """Return the rows of one model, by channel."""
        return self.table[self.table["model"].eq(model)].set_index("channel")


def credited(window: Window, cutoff: str = "close") -> Credited:
    """Return what each model credits each channel with for the deals of the window.

    Question
        Which channels earn credit for what was won (or created), how sure is that, and what can no model credit?

    Parameters
        cutoff : close = deals won in the window, creation = deals made in it

    Limits
        Draws follow the order of the ids of opportunities, and of people who came to nothing: other ids in another
        order give ranges that differ by noise, as another seed does. Ids of accounts, names, and the order of rows
        change nothing. Where touches tie in time
        and in when they were entered, their ids decide which came first. Credit notes are credited as what they are:
        shares may be below 0 or above 1.
    """
    knobs, found = window.knobs, window.journeys(cutoff)
    paths = Paths(found.journeys, found.touches, found.channels)
    needs = lacking(
        paths,
        knobs.models,
        direct=knobs.direct,
        has_only_ends=found.has_only_ends,
        knobs="attribution_comparison.yml",
        no_wins=_NEEDS_DEALS[cutoff],
    )
    models = tuple(model for model in MODELS if model in knobs.models and model not in needs)
    drawn = tuple(model for model in models if model in DRAWN)
    draws = credit_draws(paths, drawn, seed=knobs.seed, n_draws=knobs.draws, knobs=knobs.credit)
    table = credit_by_model(paths, models, knobs=knobs.credit)
    milestones = {model: share for model, share in unknown_milestones(paths).items() if model in models}
    return Credited(
        cutoff, found, paths, draws, _with_ranges(table, draws, paths, window), _removal(paths, models), needs,
        milestones, journeys_by_end(found, paths, cutoff), unattributed(found, cutoff),
    )  # fmt: skip


def _with_ranges(table: pd.DataFrame, draws: CreditDraws, paths: Paths, window: Window) -> pd.DataFrame:
    """Return credit with shares and ranks, and their ranges; chance cannot be told from one account."""
    knobs = window.knobs
    ranges = share_table(draws, level=knobs.level, top=knobs.top)[["model", "channel", *_RANGES]]
    if paths.journeys.loc[paths.values("wins") > 0, "account"].nunique() < 2:
        ranges[_RANGES] = np.nan
    credit = table["credited_amount"].to_numpy().reshape(-1, len(paths.channels)).T if len(table) else np.zeros((0, 0))
    table = table.assign(credit_share=shares(credit).T.ravel(), rank=ranks(credit).T.ravel())
    table = table.merge(ranges, how="left", on=["model", "channel"], validate="one_to_one")
    n_deals = table["channel"].map(dict(zip(draws.channels, draws.n_deals, strict=True))).astype("float64")
    columns = ["model", "channel", "credited_deals", "credited_amount", "credit_share", "low", "high", "error", "rank",
               "rank_low", "rank_high", "top_chance"]  # fmt: skip
    return table[columns].assign(n_deals=n_deals, is_few=n_deals < knobs.fewest_deals)


def _removal(paths: Paths, models: tuple[str, ...]) -> pd.DataFrame:
    tables = [markov(paths, int(model[-1])).table.assign(model=model) for model in models if model.startswith("markov")]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(_EFFECTS))
    return table[list(_EFFECTS)].astype(_EFFECTS)

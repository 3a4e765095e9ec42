"""Which channels the won deals of some months are credited to, new business apart, as the attribution report does."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit import (
    DRAWN,
    MODELS,
    SHARED,
    CreditDraws,
    Paths,
    credit_by_model,
    credit_draws,
    lacking,
    some,
)
from revops.analysis.journeys import WITH_TOUCHES, Journeys, journeys_of
from revops.measures.cac_payback.window import Window

__all__ = ["ChannelCredit", "channel_credit"]

Array = np.ndarray
_KEY = ["model", "channel"]
_NO_WINS = "won deals of new business with touches"
_NUMBERS = ["new_deals", "new_amount", "expansion_deals", "expansion_amount", "credited_deals", "credited_amount"]


@dataclass(frozen=True)
class ChannelCredit:
    """Credit for what was won in some months.

    months: first day of each. found: journeys of all deals, as in the attribution report of the same days. paths: the
    same as a path set; new: those of new business, won and lost, and of people who came to nothing.
    table: one row per model x channel, models in the order of MODELS, channels sorted: new_deals, new_amount (of new
    business alone), expansion_deals, expansion_amount (of everything else; NaN under Markov, which does not add up
    over types), credited_deals, credited_amount (of all: the attribution report's).
    draws: of new business. model: the one that tables lead with; None where there is none. unavailable: model -> what
    it needs.
    n_new, new_amount: won deals of new business, with touches or without; n_untouched, untouched_amount: without;
    untouched_all_amount: of all won deals without touches.
    """

    months: pd.DatetimeIndex
    found: Journeys
    paths: Paths
    new: Paths
    table: pd.DataFrame
    draws: CreditDraws
    model: str | None
    unavailable: dict[str, str]
    n_new: int
    new_amount: float
    n_untouched: int
    untouched_amount: float
    untouched_all_amount: float = 0.0

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models that could be had, in order."""
        return tuple(self.table["model"].unique())

    def of(self, model: str | None, column: str) -> pd.Series:
        """Return a column of the table under one model, by channel."""
        return self.table[self.table["model"].eq(model or "")].set_index("channel")[column]


def channel_credit(window: Window, months: pd.DatetimeIndex) -> ChannelCredit:
    """Return what each model credits each channel with for the deals won in some months.

    Question
        Which channels brought the new business of these months?

    Parameters
        window : uses the deals, people and touches of its view, and the knobs of journeys
        months : first day of each; at least one

    Formula
        Journeys and models are those of the attribution report with the same knobs. New business alone: a model that
        shares each journey among its own touches is as it was; Markov is worked out anew on won and lost deals of new
        business and on people who came to nothing.
    """
    knobs, found = window.knobs, _journeys(window, months)
    inside = _within(found.journeys["ended_at"], months)
    paths = some(Paths(found.journeys, found.touches, found.channels), inside)
    kinds = paths.journeys
    is_new = (kinds["type"].eq("new") | kinds["kind"].eq("never")).to_numpy()
    new, won, all_won = some(paths, is_new), _won(window, found, months, "new"), _won(window, found, months)
    needs = lacking(
        new,
        knobs.models,
        direct=knobs.direct,
        has_only_ends=found.has_only_ends,
        knobs="cac_payback.yml",
        no_wins=_NO_WINS,
    )
    models = tuple(model for model in MODELS if model in knobs.models and model not in needs)
    table = _table(paths, new, is_new, models, window)
    drawn = tuple(model for model in models if model in DRAWN)
    draws = credit_draws(new, drawn, seed=knobs.seed, n_draws=knobs.draws, knobs=knobs.credit)
    dark, all_dark = (deals[deals["reason"].ne(WITH_TOUCHES)] for deals in (won, all_won))
    wanted = (knobs.reference_model, "linear", *SHARED)
    return ChannelCredit(
        months, found, paths, new, table, draws, next((model for model in wanted if model in models), None), needs,
        len(won), float(won["amount"].sum()), len(dark), float(dark["amount"].sum()),
        float(all_dark["amount"].sum()),
    )  # fmt: skip


def _journeys(window: Window, months: pd.DatetimeIndex) -> Journeys:
    until = min((months[-1] + pd.offsets.MonthEnd(0)).date(), window.view.day)
    knobs = window.knobs.journeys(since=months[0].date(), until=until)
    return journeys_of(window.view, knobs, only=window.only)


def _within(days: pd.Series, months: pd.DatetimeIndex) -> Array:
    """Return which days lie in the months."""
    return days.dt.to_period("M").isin(months.to_period("M")).to_numpy()


def _won(window: Window, found: Journeys, months: pd.DatetimeIndex, type: str | None = None) -> pd.DataFrame:
    """Return won deals, of one type or of all, with why they have touches or none, and their amount (0 where blank)."""
    state = window.view.opportunities.set_index("opportunity_id").reindex(found.deals["opportunity_id"])
    counts = found.deals["kind"].eq("won").to_numpy() & _within(state["close_date"], months)
    won = found.deals[counts & (state["type"].eq(type).to_numpy() | (type is None))]
    return won.assign(amount=won["amount"].fillna(0.0))


def _table(paths: Paths, new: Paths, is_new: Array, models: tuple[str, ...], window: Window) -> pd.DataFrame:
    told = window.knobs.credit
    of_new, of_all = (credit_by_model(part, models, knobs=told) for part in (new, paths))
    shared = tuple(model for model in models if model in SHARED)
    others = credit_by_model(some(paths, ~is_new), shared, knobs=told)
    names = ["credited_deals", "credited_amount"]
    table = of_new.rename(columns=dict(zip(names, _NUMBERS[:2], strict=True)))
    for part, columns in ((others, _NUMBERS[2:4]), (of_all, names)):
        columns = dict(zip(names, columns, strict=True))
        table = table.merge(part.rename(columns=columns), how="left", on=_KEY, validate="one_to_one")
    return table[[*_KEY, *_NUMBERS]]

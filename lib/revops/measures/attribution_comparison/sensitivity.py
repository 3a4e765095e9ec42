"""What else the answer hangs on: each setting moved alone, how much credit changes channel, which verdicts flip."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from revops.analysis.credit import SHARED, CreditKnobs, Paths, credit_by_model, markov, unavailable
from revops.analysis.journeys import Journeys
from revops.analysis.spending import cost_within, earns
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.journeys import unattributed
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.spread import disagreement
from revops.measures.attribution_comparison.window import Window

__all__ = ["COLUMNS", "sensitivity"]

COLUMNS = ("setting", "alternative", "model", "share_moved", "channel", "moved", "n_flips", "unattributed_amount",
           "n_deals", "is_default")  # fmt: skip
_LOOKBACKS, _HALF_LIVES, _ORDERS = (30, 60, 90, 180, 365), (7.0, 30.0, 90.0), (2, 3, 4)
_FALLBACKS = {
    "off": "people of the deal only",
    "no_roles": "all of the account where nobody has a role",
    "always": "all of the account",
}
_REPEATS = {True: "repeats of a day count once", False: "every touch counts"}
_ANSWERED = {True: "answered touches only", False: "all touches, answered or not"}
_DIRECT = {True: "with direct", False: "without direct"}
_LOST = {True: "with lost deals", False: "without lost deals"}
_NEVER = {True: "with people who never converted", False: "without people who never converted"}
_DIGITS = 12
Change = tuple[str, str, dict[str, object]]


@dataclass(frozen=True)
class _Told:
    """What is compared with: the report's own credit by model, unattributed amount and cost of channels."""

    window: Window
    won: Credited
    most_cost: float
    spend: pd.Series

    @property
    def knobs(self) -> Knobs:
        return self.window.knobs

    @property
    def reference(self) -> str:
        model = self.knobs.reference_model
        return model if model in self.won.models else self.won.models[0]

    @cached_property
    def unattributed(self) -> float:
        return float(self.won.unattributed["amount"].sum())

    def own(self, model: str) -> pd.Series:
        return self.won.of(model)["credited_amount"]

    def row(
        self, setting: str, alternative: str, model: str, other: pd.Series, *, spend: pd.Series | None = None,
        found: Journeys | None = None, left: float | None = None, is_default: bool = False,
    ) -> dict[str, object]:  # fmt: skip
        """Return one row: credit under the alternative against the model's own."""
        own = self.own(model)
        flips = _flips(own, other, self.spend, self.spend if spend is None else spend, self.most_cost)
        if left is None:
            left = float(unattributed(found, self.won.cutoff)["amount"].sum()) if found else self.unattributed
        n_deals = float((found or self.won.found).journeys["wins"].sum())
        values = (setting, alternative, model, *_moved(own, other), flips, left, n_deals, is_default)
        return dict(zip(COLUMNS, values, strict=True))


def sensitivity(window: Window, won: Credited, costs: WindowCosts) -> pd.DataFrame:
    """Return how much credit changes channel, and how many verdicts flip, when one setting is moved and no other.

    Question
        Besides the model, what does the answer hang on?

    Parameters
        won : the credit of won deals under the report's own settings
        costs : Uses by_channel, lines, lag_days, most_cost.

    Returns
        One row per setting x alternative, settings in order, the report's own value marked: setting (a knob;
        markov_order; model), alternative (in words), model, share_moved [0 to 1; NaN where the model cannot be had
        then], channel (that moves most), moved (signed, of all credit), n_flips (channels that change side; NaN where
        no cost is known), unattributed_amount (won by deals that then have no touch, and is not shared), n_deals (won
        deals that then have touches), is_default. Two rows stand without one of the report's own: that of `model`
        compares the two models furthest apart, `model` with `alternative`; that of `unattributed`, where a cost is
        known, shares what is unattributed like the rest.

    Formula
        share_moved = half the sum of absolute differences of credit shares (of amount) from those of the same model
        under the report's own settings. A channel is kept where spend <= most_cost x credited amount, else cut.
        Journey settings are moved under reference_model (or the first model that could be had), losses and order under
        Markov, half-life under time decay. The lag of spend moves no credit, only spend. Unattributed: every credit
        times won.all_to_credited, under reference_model; shares stay.

    Limits
        One at a time: settings moved together can do more, or less. Shares are of what is credited, so deals that gain
        or lose all their touches move them too.
    """
    spend = costs.by_channel.set_index("channel")["spend_amount"]
    told = _Told(window, won, costs.most_cost, _known(spend))
    rows = []
    if won.models:
        rows = [*_models(told), *_journeys(told), *_losses(told), *_orders(told), *_half_lives(told)]
        rows += [*_shared(told), *_lags(told, costs)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    kinds = dict.fromkeys(("share_moved", "moved", "n_flips", "unattributed_amount", "n_deals"), "float64")
    return table.astype(kinds | dict.fromkeys(("setting", "alternative", "model", "channel"), "str") | {
        "is_default": "bool"})  # fmt: skip


def _models(told: _Told) -> Iterator[dict[str, object]]:
    """Return the row of the two models furthest apart."""
    pairs = disagreement(told.won.table)
    moved = pairs["share_moved"].round(_DIGITS)
    if moved.notna().any():
        first, last = pairs.loc[moved.idxmax(), ["model_a", "model_b"]]
        yield told.row("model", last, first, told.own(last))


def _journeys(told: _Told) -> Iterator[dict[str, object]]:
    """Return the rows of settings that change journeys: whose touches count, and which."""
    model = told.reference
    quick = {"never_converted": "off"} if model in SHARED else {}
    for setting, alternative, change in _journey_changes(told.knobs):
        if not change:
            yield told.row(setting, alternative, model, told.own(model), is_default=True)
            continue
        found = told.window.journeys(told.won.cutoff, **(quick | change))
        other = _credit(found, model, told.knobs.credit)
        yield told.row(setting, alternative, model, other, found=found)


def _journey_changes(knobs: Knobs) -> Iterator[Change]:
    """Return setting, alternative and the knob of journeys that is another; none for the report's own value."""
    own = knobs.lookback_days or None
    for days in (*sorted({*_LOOKBACKS, *([own] if own else [])}), None):
        words = "no limit" if days is None else f"{days} days"
        yield "lookback_days", words, {} if days == own else {"lookback_days": days}
    for value, words in _FALLBACKS.items():
        yield "account_fallback", words, {} if value == knobs.account_fallback else {"account_fallback": value}
    once = knobs.once_a_day != "off"
    yield from _both("once_a_day", _REPEATS, once, {"once_a_day": "off" if once else "person_campaign"})
    yield from _both("responses_only", _ANSWERED, knobs.responses_only, {"responses_only": not knobs.responses_only})
    if set(knobs.direct) - set(knobs.without_channels):
        yield from _both("direct", _DIRECT, True, {"without_channels": (*knobs.without_channels, *knobs.direct)})


def _both(setting: str, words: dict[bool, str], own: bool, change: dict[str, object]) -> Iterator[Change]:
    yield setting, words[own], {}
    yield setting, words[not own], change


def _losses(told: _Told) -> Iterator[dict[str, object]]:
    """Return the rows of what did not convert, of which only Markov models take notice."""
    if "markov_1" not in told.won.models:
        return
    lost, never = told.knobs.lost_deals, told.knobs.never_converted
    changes = [*_both("lost_deals", _LOST, lost, {"lost": not lost})]
    if told.window.only is None:
        change = {"never_converted": "people" if never == "off" else "off"}
        changes += _both("never_converted", _NEVER, never != "off", change)
    for setting, alternative, change in changes:
        found = told.window.journeys(told.won.cutoff, **change) if change else None
        other = _credit(found, "markov_1", told.knobs.credit) if change else told.own("markov_1")
        yield told.row(setting, alternative, "markov_1", other, is_default=not change)


def _orders(told: _Told) -> Iterator[dict[str, object]]:
    if "markov_1" in told.won.models:
        yield told.row("markov_order", "order 1", "markov_1", told.own("markov_1"), is_default=True)
        for order in _ORDERS:
            other = markov(told.won.paths, order).table.set_index("channel")["credited_amount"]
            yield told.row("markov_order", f"order {order}", "markov_1", other)


def _half_lives(told: _Told) -> Iterator[dict[str, object]]:
    if "time_decay" in told.won.models:
        own = told.knobs.half_life_days
        for days in sorted({*_HALF_LIVES, own}):
            credit = replace(told.knobs.credit, half_life_days=days)
            other = _credit(told.won.found, "time_decay", credit)
            yield told.row("half_life_days", f"{days:g} days", "time_decay", other, is_default=days == own)


def _shared(told: _Told) -> Iterator[dict[str, object]]:
    """Return the row of what is unattributed, shared like the rest: none where it could turn no verdict."""
    model, times = told.reference, told.won.all_to_credited
    if len(told.spend) and np.isfinite(times):
        yield told.row("unattributed", "shared like the rest", model, told.own(model) * times, left=0.0)


def _lags(told: _Told, costs: WindowCosts) -> Iterator[dict[str, object]]:
    """Return the rows of how much earlier money is spent: none where no cost is known."""
    if told.spend.empty:
        return
    model = told.reference
    for days in sorted({0, costs.lag_days, 2 * costs.lag_days}):
        lag = dt.timedelta(days=days)
        spend = cost_within(costs.lines, told.window.since - lag, told.window.until - lag)
        spend = _known(spend.set_index("channel")["amount"])
        own = days == costs.lag_days
        yield told.row("spend_lag_days", f"{days} days", model, told.own(model), spend=None if own else spend,
                       is_default=own)  # fmt: skip


def _credit(found: Journeys, model: str, knobs: CreditKnobs) -> pd.Series:
    """Return the credited amount by channel; empty where nothing converted, or the model cannot be had."""
    paths = Paths(found.journeys, found.touches, found.channels)
    if not paths.values("wins").any() or model in unavailable(paths):
        return pd.Series(dtype="float64")
    return credit_by_model(paths, (model,), knobs=knobs).set_index("channel")["credited_amount"]


def _moved(own: pd.Series, other: pd.Series) -> tuple[float, str, float]:
    """Return the share of credit that changes channel, and the channel that moves most with how much it gains."""
    if not (other.sum() > 0 and own.sum() > 0):
        return np.nan, "", np.nan
    gains = (other / other.sum()).sub(own / own.sum(), fill_value=0.0).round(_DIGITS)
    if not gains.any():
        return 0.0, "", 0.0
    order = pd.DataFrame({"by": gains.abs(), "gain": gains, "own": own.reindex(gains.index).fillna(0.0)})
    most = order.sort_values(["by", "gain", "own"], ascending=False, kind="stable").index[0]
    return float(gains.abs().sum() / 2), str(most), float(gains[most])


def _flips(own: pd.Series, other: pd.Series, spend: pd.Series, spend_then: pd.Series, most_cost: float) -> float:
    """Return how many channels with a known cost in both are kept in one and cut in the other."""
    channels = spend.index.intersection(spend_then.index)
    if channels.empty or not other.sum() > 0:
        return np.nan
    sides = [
        earns(paid[channels], credited.reindex(channels).fillna(0.0), most_cost)
        for credited, paid in ((own, spend), (other, spend_then))
    ]
    return float((sides[0] != sides[1]).sum())


def _known(spend: pd.Series) -> pd.Series:
    """Return the spend of channels whose cost is known: one of 0 was not entered."""
    return spend[spend > 0]

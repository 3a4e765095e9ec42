"""Journeys of a made-up world in which the effect of each channel is known, to see what models of credit make of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit.paths import Paths

__all__ = ["CHANNELS", "DIRECT", "NO_EFFECT", "Channel", "Planted", "chances", "planted"]

Array = np.ndarray


@dataclass(frozen=True)
class Channel:
    """effect: on the log odds to convert. met: share of buyers whom it meets. keen: by how much a keener buyer meets it
    more, in the world where buyers select themselves. place: the mean place of its touches in a journey, 0 = at its
    start, 1 = at its end."""

    effect: float
    met: float
    keen: float
    place: float


CHANNELS = {
    "content": Channel(0.5, 0.40, 0.2, 0.25),
    "direct": Channel(0.0, 0.55, 1.5, 0.85),
    "events": Channel(1.1, 0.25, 0.0, 0.30),
    "paid_search": Channel(0.8, 0.35, 0.3, 0.35),
    "retargeting": Channel(0.0, 0.50, 1.2, 0.80),
    "webinar": Channel(1.4, 0.25, 0.0, 0.45),
}
"""Two channels do nothing, and come late; the others come early."""
NO_EFFECT = tuple(name for name, channel in CHANNELS.items() if channel.effect == 0)
DIRECT = "direct"
_BASE, _OF_INTENT = -2.6, 1.0
_DAYS, _MADE_AT = (30.0, 240.0), {"lead": 0.3, "opportunity": 0.65, "won": 1.0}
_MOST_TOUCHES, _AGAIN, _PEAK = 3, 0.3, 5.0
_STREAM = 61


@dataclass(frozen=True)
class Planted:
    """A world's journeys, and what is true of it.

    paths : journeys with at least one touch; wins is the chance to convert, as if each buyer came many times over,
    losses the rest of 1, amount 1 for each win. truth: channel, lost_deals (expected conversions fewer had the channel
    been switched off), lost_share (of their sum: what credit ought to be). intent: how keen each buyer was before any
    touch, which no model sees. incremental_share: share of conversions that would not have come without any channel.
    """

    paths: Paths
    truth: pd.DataFrame
    intent: Array
    incremental_share: float


def planted(seed: int, n: int, selection: bool) -> Planted:
    """Return journeys of n buyers with planted effects, and the effects.

    Question
        Where the truth is known, which model of credit finds it?

    Parameters
        selection : True = keener buyers meet some channels more often, most of all those that do nothing; False = whom
            a channel meets has nothing to do with how keen they are. The buyers are the same in both.

    Formula
        chance to convert = 1 / (1 + exp(-(base + sum of effects of the channels met + intent))), intent standard
        normal. lost_deals of a channel = sum over buyers of the chance less the chance without it. Neither the truth
        nor the journeys hold any luck of who converts; only whom which channel met is drawn.

    Limits
        One design, in which effects add up on log odds and do not hang on order or repeats: it shows how models can
        fail, not how far they do with anybody's real buyers. Models that favour first touches do best here, only
        because the channels that do something come early.
    """
    rng = np.random.default_rng([seed, _STREAM])
    told = pd.DataFrame({name: vars(channel) for name, channel in CHANNELS.items()})
    intent = rng.normal(size=n)
    met, keen = told.loc["met"].to_numpy(), told.loc["keen"].to_numpy()
    odds = np.log(met / (1 - met)) + np.outer(intent * selection, keen)
    is_met = rng.random(odds.shape) < 1 / (1 + np.exp(-odds))
    times = is_met * (1 + rng.binomial(_MOST_TOUCHES - 1, _AGAIN, is_met.shape))
    days, seen = rng.uniform(*_DAYS, n), is_met.any(axis=1)
    is_met, intent = is_met[seen], intent[seen]
    paths = _paths(rng, times[seen], days[seen], told.loc["place"].to_numpy(), chances(is_met, intent))
    return Planted(paths, *_truth(is_met, intent))


def chances(is_met: Array, intent: Array) -> Array:
    """Return the chance to convert of buyers, by whether each channel met them [buyers x channels] and their intent."""
    effects = np.array([channel.effect for channel in CHANNELS.values()])
    return 1 / (1 + np.exp(-(_BASE + is_met @ effects + _OF_INTENT * intent)))


def _truth(is_met: Array, intent: Array) -> tuple[pd.DataFrame, Array, float]:
    whole = chances(is_met, intent)
    lost = []
    for place in range(len(CHANNELS)):
        without = is_met.copy()
        without[:, place] = False
        lost.append((whole - chances(without, intent)).sum())
    table = pd.DataFrame({"channel": list(CHANNELS), "lost_deals": lost, "lost_share": np.array(lost) / sum(lost)})
    alone = chances(np.zeros_like(is_met), intent)
    return table, intent, float(1 - alone.sum() / whole.sum())


def _paths(rng: np.random.Generator, times: Array, days: Array, place: Array, wins: Array) -> Paths:
    """Return touches in order of time, each at a place in its journey that its channel leans to."""
    n, k = times.shape
    cell = np.repeat(np.arange(n * k), times.ravel())
    journey, channel = cell // k, cell % k
    at = rng.beta(_PEAK * place[channel], _PEAK * (1 - place[channel]))
    order = np.lexsort((at, journey))
    journey, channel, at = journey[order], channel[order].astype("int32"), at[order]
    touches = pd.DataFrame({"journey": journey, "channel": channel, "days_before": (1 - at) * days[journey]})
    journeys = pd.DataFrame({"account": np.arange(n), "wins": wins, "losses": 1 - wins, "amount": wins})
    for name, made in _MADE_AT.items():
        journeys[name] = np.bincount(journey[at <= made], minlength=n) - 1
    return Paths(journeys, touches, tuple(CHANNELS))

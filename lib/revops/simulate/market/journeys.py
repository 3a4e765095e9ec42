"""Journeys of touches, and which of them ended in an opportunity.

Journeys are drawn from a prior that knows nothing of the outcome; the odds of an opportunity are a logit of the
channels a journey has. The opportunities are there already, so journeys are given to them in reverse: of the prior's
journeys one is kept for an opportunity with its chance to convert, for a lead that comes to nothing with the chance
not to. Each origin gets as many of the latter as its rate of conversion asks for. So the outcome given the journey is
exactly the logit, whatever the opportunities were.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.market.channels import CHANNELS, INTERCEPT, ORIGINS, Origin, place_of
from revops.simulate.model import World

__all__ = ["Journeys", "chance", "journeys", "origin_rate"]

NONE = -1
_LATER_MEAN, _MOST_LATER = 1.4, 5
_RETARGETED, _MORE_RETARGETED, _MOST_RETARGETED = 0.40, 0.5, 3
_MORE_PEOPLE, _MOST_PEOPLE = 1.2, 4
_RATE_DRAWS = 40_000


@dataclass(frozen=True)
class Journeys:
    """One row per journey in `cases`; `channel` and `person`: journey x place of the touch, -1 where there is none.

    cases  origin (position in ORIGINS), deal (row of the world's deals, -1 for none), end (UTC seconds: when the
           opportunity was made or would have been), chance, drawn (the uniform that decided: below chance or not)
    The last three places are retargeting, which comes after all else.
    """

    cases: pd.DataFrame
    channel: Array
    person: Array


def chance(channel: Array) -> Array:
    """Return the chance of an opportunity for journeys given as channels by place: a logit of which they have."""
    odds = np.full(len(channel), INTERCEPT)
    for place, item in enumerate(CHANNELS):
        odds += item.effect * (channel == place).any(axis=1)
    return 1 / (1 + np.exp(-odds))


def origin_rate(origin: Origin, seed: int) -> float:
    """Return the share of an origin's journeys that end in an opportunity."""
    return float(chance(_prior(origin, _RATE_DRAWS, stream(seed, f"rate {origin.label}"))).mean())


def journeys(world: World) -> Journeys:
    """Return all journeys that end between the first reported day and the end of simulated time."""
    plan, calendar = world.plan, world.calendar
    starts = calendar.starts[[plan.burn_in, plan.burn_in + plan.n_quarters + plan.after]] * 86_400
    labels = [source.label for source in plan.sources]
    deals = world.deals
    fit = (deals["kind"] == 0) & ~deals["is_test"] & deals["deleted"].isna() & (deals["created"] >= starts[0])
    parts = []
    for place, origin in enumerate(ORIGINS):
        mine = deals.index[fit & (deals["source"] == labels.index(origin.label))].to_numpy()
        rng, rate = stream(world.seed, f"journeys {origin.label}"), origin_rate(origin, world.seed)
        lost = round(len(mine) * (1 - rate) / rate)
        ends = deals["created"].to_numpy()[mine]
        parts.append(_part(place, mine, ends, _kept(origin, len(mine), True, rng), True, rng))
        later = rng.choice(ends, lost) + (rng.uniform(-45, 45, lost) * 86_400).astype(np.int64)
        later = np.clip(later, starts[0] + 43_200, starts[1] - 43_200)
        parts.append(_part(place, np.full(lost, NONE), later, _kept(origin, lost, False, rng), False, rng))
    return _joined(parts)


def _part(origin: int, deal: Array, end: Array, channel: Array, won: bool, rng: np.random.Generator) -> Journeys:
    odds, drawn = chance(channel), rng.random(len(channel))
    drawn = drawn * odds if won else odds + drawn * (1 - odds)
    cases = pd.DataFrame({"origin": origin, "deal": deal, "end": end, "chance": odds, "drawn": drawn})
    return Journeys(cases, channel, _people(channel, rng))


def _kept(origin: Origin, n: int, won: bool, rng: np.random.Generator) -> Array:
    """Return n journeys of the prior given that they ended in an opportunity, or that they did not."""
    kept = np.empty((0, 1 + _MOST_LATER + _MOST_RETARGETED), dtype=np.int64)
    while len(kept) < n:
        channel = _prior(origin, 4 * n + 100, rng)
        odds = chance(channel)
        kept = np.concatenate([kept, channel[rng.random(len(channel)) < (odds if won else 1 - odds)]])
    return kept[:n]


def _prior(origin: Origin, n: int, rng: np.random.Generator) -> Array:
    """Return journey x place: the first touch, up to five later ones in order, up to three of retargeting."""
    names, weights = zip(*origin.first, strict=True)
    first = np.array([place_of(name) for name in names])[rng.choice(len(names), n, p=weights)]
    later = np.array([item.later for item in CHANNELS])
    drawn = rng.choice(len(CHANNELS), (n, _MOST_LATER), p=later / later.sum())
    keys = rng.random(drawn.shape) + np.array([item.lateness for item in CHANNELS])[drawn]
    count = np.minimum(rng.poisson(_LATER_MEAN, n), _MOST_LATER)[:, None]
    there = np.arange(_MOST_LATER) < count
    order = np.argsort(np.where(there, keys, np.inf), axis=1, kind="stable")
    drawn = np.where(there, np.take_along_axis(drawn, order, axis=1), NONE)
    more = np.minimum(1 + rng.poisson(_MORE_RETARGETED, n), _MOST_RETARGETED)
    shown = np.where(rng.random(n) < _RETARGETED, more, 0)[:, None]
    last = np.where(np.arange(_MOST_RETARGETED) < shown, place_of("retargeting"), NONE)
    return np.column_stack([first, drawn, last])


def _people(channel: Array, rng: np.random.Generator) -> Array:
    """Return who made each touch: 0 is the first of the account, who also makes the last one before retargeting."""
    count = np.minimum(1 + rng.poisson(_MORE_PEOPLE, len(channel)), _MOST_PEOPLE)[:, None]
    person = np.floor(rng.random(channel.shape) * count).astype(np.int64)
    base = (channel[:, : 1 + _MOST_LATER] != NONE).sum(axis=1) - 1
    person[:, 0] = 0
    person[np.arange(len(channel)), base] = 0
    person[:, 1 + _MOST_LATER :] = 0
    return np.where(channel == NONE, NONE, person)


def _joined(parts: list[Journeys]) -> Journeys:
    """Return all journeys in order of their end."""
    cases = pd.concat([part.cases for part in parts], ignore_index=True)
    order = np.lexsort((np.arange(len(cases)), cases["end"].to_numpy()))
    channel, person = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("channel", "person"))
    return replace(parts[0], cases=cases.iloc[order].reset_index(drop=True), channel=channel, person=person)

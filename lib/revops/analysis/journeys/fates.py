"""Which touches of the people behind a journey are part of it, and why the others are not."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.journeys.knobs import JourneyKnobs
from revops.analysis.journeys.numbers import NEVER, Array, matched

__all__ = ["FATES", "USED", "Pairs", "paired"]

FATES = ("late", "old", "silent", "channel", "repeat", "used")
"""Of a touch of a journey's people, from first to last: after the journey's end, before the lookback, not answered,
of a channel left out, a repeat of the same day, part of the journey."""
_LATE, _OLD, _SILENT, _CHANNEL, _REPEAT, USED = range(len(FATES))
_DAY = 86_400_000_000


@dataclass(frozen=True)
class Pairs:
    """Journey x touch of its people, by journey and in order of time: rows of the tables, and the number of its fate.

    stamp : of each journey, when its lead was made (microseconds or NEVER): the first of its people's leads, else the
        first of its contacts. has_people: whether anybody is behind it.
    """

    journey: Array
    touch: Array
    fate: Array
    lead_at: Array
    has_people: Array


def paired(
    units: pd.DataFrame, journey: Array, person: Array, people: pd.DataFrame, touches: pd.DataFrame, knobs: JourneyKnobs
) -> Pairs:
    """Return which touch of whom is part of which journey.

    Parameters
        units : what journeys end in (deals.COLUMNS); journey, person: whose people are whose
        people, touches : people.People.table, touched.Touched.table
    """
    link, touch = matched(person, touches["person"].to_numpy())
    of = journey[link]
    order = np.argsort(of * len(touches) + touch)
    of, touch = of[order], touch[order]
    firsts = [np.full(len(units), NEVER) for _ in range(2)]
    for first, name in zip(firsts, ("lead_at", "contact_at"), strict=True):
        np.minimum.at(first, journey, people[name].to_numpy()[person])
    lead_at = np.where(firsts[0] < NEVER, *firsts)
    has_people = np.bincount(journey, minlength=len(units)) > 0
    return Pairs(of, touch, _fates(units, of, touch, touches, knobs), lead_at, has_people)


def _fates(units: pd.DataFrame, of: Array, touch: Array, touches: pd.DataFrame, knobs: JourneyKnobs) -> Array:
    at = touches["at"].to_numpy()[touch]
    late = at > units["last"].to_numpy()[of]
    silent = ~touches["answered"].to_numpy()[touch] & knobs.responses_only
    other = touches["channel"].isin(knobs.without_channels).to_numpy()[touch]
    old = np.zeros(len(of), dtype=bool)
    if knobs.lookback_days is not None:
        ended = units["ended_at"].to_numpy("datetime64[us]").view("int64") // _DAY
        old = at // _DAY < ended[of] - knobs.lookback_days
    fate = np.select([late, old, silent, other], [_LATE, _OLD, _SILENT, _CHANNEL], USED).astype("int8")
    used = np.flatnonzero(fate == USED)
    if knobs.once_a_day != "off":
        same = touches[["channel", *(name for name in ("campaign", "person") if name in knobs.once_a_day)]]
        same = same.assign(channel=same["channel"].cat.codes).iloc[touch[used]]
        fate[used[same.assign(journey=of[used], day=at[used] // _DAY).duplicated().to_numpy()]] = _REPEAT
    return fate

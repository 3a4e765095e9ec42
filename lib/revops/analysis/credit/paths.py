"""Path sets: journeys and their touches in order of time, the one shape that every model of credit reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from revops.errors import MeasureError, examples

__all__ = ["MILESTONES", "Paths", "from_paths", "kept", "some"]

Array = np.ndarray
MILESTONES = ("lead", "opportunity", "won")
"""What a journey may pass, each with the position of the touch it is attached to: the latest at or before it."""
_JOURNEYS = ("account", "wins", "losses", "amount", *MILESTONES)
_TOUCHES = ("journey", "channel", "days_before")


def _no_journeys() -> pd.DataFrame:
    numbers = {name: pd.Series(dtype="float64") for name in ("wins", "losses", "amount")}
    return pd.DataFrame({"journey": pd.Series(dtype="int64"), "account": pd.Series(dtype="int64"), **numbers})


@dataclass(frozen=True, eq=False)
class Paths:
    """Journeys with at least one touch each, and their touches.

    journeys: one row per journey, in order of its code 0 to n - 1: account (what is resampled), wins and losses (how
    often it converted and did not: 1 and 0 for a won deal, counts for aggregated paths), amount (what its wins brought)
    and lead, opportunity, won: the position in the journey, from 0, of the touch each is attached to; -1 = unknown.
    touches: one row per touch, sorted by journey and time: journey, channel (a code into `channels`, or a category),
    days_before (the conversion; NaN where times are unknown).
    channels: names, sorted. emptied: journeys that lost all their touches and are no part of this (journey = the code
    or row that each had before).
    """

    journeys: pd.DataFrame
    touches: pd.DataFrame
    channels: tuple[str, ...]
    emptied: pd.DataFrame = field(default_factory=_no_journeys)

    def __post_init__(self) -> None:
        _check_columns(self)
        _check_touches(self)
        _check_journeys(self)

    @cached_property
    def journey(self) -> Array:
        """Return the code of each touch's journey."""
        return self.touches["journey"].to_numpy()

    @cached_property
    def channel(self) -> Array:
        """Return the code of each touch's channel, into `channels`."""
        column = self.touches["channel"]
        codes = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column
        return codes.to_numpy().astype("int32", copy=False)

    @cached_property
    def lengths(self) -> Array:
        """Return how many touches each journey has."""
        return np.bincount(self.journey, minlength=len(self.journeys))

    @cached_property
    def starts(self) -> Array:
        """Return the row of each journey's first touch."""
        return np.cumsum(self.lengths) - self.lengths

    @cached_property
    def position(self) -> Array:
        """Return the place of each touch in its journey, from 0."""
        return np.arange(len(self.touches)) - np.repeat(self.starts, self.lengths)

    @cached_property
    def is_timed(self) -> bool:
        """Return whether every touch has its days before the conversion."""
        return not self.touches["days_before"].isna().any()

    def values(self, name: str) -> Array:
        """Return a column of `journeys` as an array."""
        return self.journeys[name].to_numpy()


def from_paths(
    rows: Iterable[tuple[Sequence[str], float, float, float]], *, accounts: Sequence | None = None,
    days: Sequence[Sequence[float]] | None = None, milestones: Sequence[Sequence[int]] | None = None,
    repeats: bool = True, exclude: Sequence[str] = (),
) -> Paths:  # fmt: skip
    """Return the path set of plain lists of channels.

    Parameters
        rows : (channels in order of time, wins, losses, amount) each; a row without channels is counted as emptied
        accounts : of each row; without it each row is an account of its own
        days : of each row, days before the conversion of each of its touches; milestones: of each row, the positions
            of lead, opportunity and won (-1 = unknown)
        repeats, exclude : as in `kept`
    """
    rows = list(rows)
    lengths = np.array([len(channels) for channels, *_ in rows], dtype="int64")
    if days is not None and [len(row) for row in days] != lengths.tolist():
        wrong = [number for number, (row, n) in enumerate(zip(days, lengths, strict=False)) if len(row) != n]
        _refuse("each touch must have its days", f"{len(days)} rows of days for {len(rows)}", wrong)
    names = np.array([name for channels, *_ in rows for name in channels], dtype=object)
    codes, found = pd.factorize(names, sort=True)
    numbers = np.array([row[1:] for row in rows], dtype="float64").reshape(-1, 3)
    places = (
        np.array(milestones, dtype="int64").reshape(-1, 3) if milestones is not None else np.full((len(rows), 3), -1)
    )
    journeys = pd.DataFrame({"account": np.arange(len(rows)) if accounts is None else list(accounts)})
    journeys[list(_JOURNEYS[1:4])], journeys[list(MILESTONES)] = numbers, places
    times = np.full(len(names), np.nan) if days is None else np.array([day for row in days for day in row], dtype=float)
    rows_of = np.repeat(np.arange(len(rows)), lengths)
    touches = pd.DataFrame({"journey": rows_of, "channel": codes.astype("int32"), "days_before": times})
    paths = Paths(*_closed_up(journeys, touches, _no_journeys(), tuple(map(str, found))))
    return paths if repeats and not len(exclude) else kept(paths, repeats=repeats, exclude=exclude)


def kept(paths: Paths, *, repeats: bool = True, exclude: Sequence[str] = ()) -> Paths:
    """Return the path set without the touches of some channels, or with runs of one channel told as one touch.

    Parameters
        exclude : channels to leave out, such as direct; names that are not there change nothing. They go first, so
            that a, direct, a becomes a run of a.
        repeats : False keeps only the first touch of each run of the same channel, with its days.

    Returns
        Paths; journeys left without a touch are in `emptied`, with those that were there before. A milestone moves to
        the latest touch that is left at or before it, and is unknown where there is none.
    """
    gone = [place for place, name in enumerate(paths.channels) if name in set(exclude)]
    left = ~np.isin(paths.channel, gone)
    names = tuple(name for place, name in enumerate(paths.channels) if place not in gone)
    codes = np.cumsum(~np.isin(np.arange(len(paths.channels)), gone)) - 1
    if not repeats:
        at = np.flatnonzero(left)
        same = (np.diff(paths.journey[at]) == 0) & (np.diff(paths.channel[at]) == 0)
        left[at[1:][same]] = False
    before = np.cumsum(left)
    journeys = paths.journeys.copy()
    for name in MILESTONES:
        place = paths.values(name)
        at = np.where(place >= 0, paths.starts + place, 0)
        none = before[paths.starts] - left[paths.starts]
        journeys[name] = np.where(place >= 0, before[at] - none - 1, -1)
    touches = paths.touches[left].assign(channel=codes[paths.channel[left]].astype("int32"))
    return Paths(*_closed_up(journeys, touches, paths.emptied, names))


def some(paths: Paths, wanted: Array) -> Paths:
    """Return the path set of some of its journeys, numbered anew; its channels are the same, on these journeys or not.

    Parameters
        wanted : of each journey, whether it is kept
    """
    wanted = np.asarray(wanted, dtype=bool)
    touches = paths.touches[wanted[paths.journey]]
    touches = touches.assign(journey=(np.cumsum(wanted) - 1)[touches["journey"].to_numpy()])
    journeys = paths.journeys[wanted].reset_index(drop=True)
    return Paths(journeys, touches.reset_index(drop=True), paths.channels)


def _closed_up(
    journeys: pd.DataFrame, touches: pd.DataFrame, emptied: pd.DataFrame, channels: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...], pd.DataFrame]:
    """Return what a path set is made of, journeys without touches moved out and the others numbered anew."""
    has = np.bincount(touches["journey"], minlength=len(journeys)) > 0
    codes = np.cumsum(has) - 1
    out = journeys.loc[~has, list(_JOURNEYS[:4])]
    out.insert(0, "journey", out.index)
    emptied = pd.concat([part for part in (emptied, out) if len(part)] or [emptied], ignore_index=True)
    touches = touches.assign(journey=codes[touches["journey"].to_numpy()]).reset_index(drop=True)
    return journeys[has].reset_index(drop=True), touches, channels, emptied


def _check_columns(paths: Paths) -> None:
    for name, table, wanted in (("journeys", paths.journeys, _JOURNEYS), ("touches", paths.touches, _TOUCHES)):
        if missing := [column for column in wanted if column not in table]:
            _refuse(f"{name} must have the columns {', '.join(wanted)}", f"{len(missing)} missing", missing)
    if list(paths.channels) != sorted(set(paths.channels)):
        _refuse("channels must be sorted and each there once", f"{len(paths.channels)}", paths.channels)
    column = paths.touches["channel"]
    if isinstance(column.dtype, pd.CategoricalDtype) and tuple(column.cat.categories) != tuple(paths.channels):
        _refuse("the categories of touches must be channels", "others", column.cat.categories)


def _check_touches(paths: Paths) -> None:
    journey, channel, days = paths.journey, paths.channel, paths.touches["days_before"].to_numpy(dtype=float)
    steps = np.diff(journey)
    outside = ~((journey >= 0) & (journey < len(paths.journeys)))
    _hold(outside, "the journey of a touch must be one of journeys", "touches")
    _hold(np.r_[False, steps < 0][: len(journey)], "touches must be sorted by journey", "touches out of order")
    _hold(paths.lengths == 0, "each journey must have a touch", "journeys without")
    _hold(~((channel >= 0) & (channel < len(paths.channels))), "the channel of a touch must be one of channels",
          "touches")  # fmt: skip
    _hold(days < 0, "no touch may come after the conversion", "touches with days_before below 0")
    later = np.r_[False, (steps == 0) & (np.diff(days) > 0)][: len(journey)]
    _hold(later, "touches of a journey must be in order of time", "touches that come before the one above them")


def _check_journeys(paths: Paths) -> None:
    wins, losses, amount = (paths.values(name) for name in ("wins", "losses", "amount"))
    for name, values in (("wins", wins), ("losses", losses)):
        _hold(~((values >= 0) & np.isfinite(values)), f"{name} must be known and not below 0", "journeys")
    _hold(~np.isfinite(amount), "amount must be known", "journeys")
    _hold((wins == 0) & (amount != 0), "a journey without wins must have no amount", "journeys")
    for name in MILESTONES:
        place = paths.values(name)
        _hold((place < -1) | (place >= paths.lengths), f"{name} must be the position of a touch or -1", "journeys")


def _hold(broken: Array, rule: str, what: str) -> None:
    if broken.any():
        _refuse(rule, f"{int(broken.sum())} {what}", np.flatnonzero(broken))


def _refuse(rule: str, found: str, which: Iterable) -> None:
    raise MeasureError(f"Path set: {rule}; found {found} ({examples(which)}). Build it anew from journeys and touches.")

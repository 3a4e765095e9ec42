"""Where history stops short: records that have changed since its end, and the day before which it is not complete."""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.deals.snapshots import Snapshots
from revops.exports.deals.states import GOES_WITH, Block, merge
from revops.exports.reading.columns import TEXT, few
from revops.wording import money

__all__ = ["Ends", "caught_up", "complete_from", "first_stamps"]

COMPARED = ("stage_name", "amount", "close_date", "owner_id", "type", "source")
DAY = 86_400_000_000


@dataclass
class Ends:
    """Opportunities whose records differ from the end of their history, range by range: the parts are put together.

    `places` are theirs, `ended` the stamps of their last states, `at` those of their records.
    """

    places: list[np.ndarray] = field(default_factory=list)
    ended: list[np.ndarray] = field(default_factory=list)
    at: list[np.ndarray] = field(default_factory=list)

    def add(self, place: np.ndarray, ended: np.ndarray, at: np.ndarray) -> None:
        """Add those of one range."""
        self.places.append(place)
        self.ended.append(ended)
        self.at.append(at)

    def warn(self, deals: pa.Table, context: Context) -> None:
        """Say how many records differ from the end of their history, and what is taken."""
        if not self.places:
            return
        place, ended, at = (np.concatenate(parts) for parts in (self.places, self.ended, self.at))
        ids, total, newer = deals["opportunity_id"], deals.num_rows, at >= ended
        for chosen, what in ((newer, _since(ended, at, newer)), (~newer, NO_STAMP)):
            if chosen.any():
                there = pa.array(place[chosen])
                amount = pc.sum(deals["amount"].take(there)).as_py() if "amount" in deals.column_names else None
                worth = f" ({money(amount, context.company.currency, exact=True)})" if amount else ""
                shown = examples(ids.take(there[:3]).to_pylist())
                context.ledger.warnings.append(
                    f"opportunity_history: {int(chosen.sum()):,} of {total:,} opportunities{worth} differ from the end "
                    f"of their history ({shown}): {what}"
                )


def caught_up(
    states: Block, deals: pa.Table, tracked: dict[str, str], snapshots: Snapshots | None, low: int, ends: Ends
) -> Block:
    """Return the states with one more for each opportunity that has changed since its history ends.

    That state is its record, from the stamp of its last change on, so that an earlier day sees its history alone.
    Where the record has no stamp after the last state, its history stays as it is; `ends` says so of all together,
    where the first of these opportunities has the place `low`.
    """
    last = np.flatnonzero(np.append(states.place[1:] != states.place[:-1], True)[: len(states.place)])
    place = states.place[last]
    differs = np.zeros(len(last), bool)
    for name in (f for f in COMPARED if f in tracked and f in states.columns):
        now = _record(deals, "amount_original" if name == "amount" else name, place)
        if now is not None:
            then = states.columns["amount_original" if name == "amount" else name].take(pa.array(last))
            differs |= _differ(then, now)
    if "is_deleted" in deals.column_names:
        differs &= ~deals["is_deleted"].fill_null(False).to_numpy()[place]
    if not differs.any():
        return states
    place, ended = place[differs], states.at[last[differs]]
    at = _changed_at(deals, place, snapshots)
    newer = at >= ended
    ends.add(place + low, ended, at)
    columns = {
        name: column
        for name in states.columns
        if GOES_WITH.get(name, name) in tracked and (column := _record(deals, name, place[newer])) is not None
    }
    place, at, columns = merge([states, Block(place[newer], at[newer], 8, columns)])
    return Block(place, at, states.rank, columns)


def first_stamps(whole: list[Block], n: int) -> np.ndarray:
    """Return the stamp of the first whole state of each of `n` opportunities; the largest number without one."""
    first = np.full(n, np.iinfo(np.int64).max)
    for block in whole:
        np.minimum.at(first, block.place, block.at)
    return first


def complete_from(first: np.ndarray, deals: pa.Table, context: Context) -> dt.date | None:
    """Return the first day on which all but a few opportunities created by then have a state; None: from the start.

    History that was exported for some months only begins in the middle of older opportunities; `first` are the stamps
    of the first whole state of each.
    """
    created = deals["created_at"].cast(pa.int64()).to_numpy()
    told = first < np.iinfo(np.int64).max
    late = np.flatnonzero(told & (first // DAY > created // DAY + 1))
    allowed = few(int(told.sum()))
    if len(late) <= allowed:
        return None
    day = _day_of(_all_but(np.sort(first[late]), allowed))
    ids = deals["opportunity_id"].take(pa.array(late[:3])).to_pylist()
    context.ledger.warnings.append(
        f"opportunity_history: {len(late):,} of {int(told.sum()):,} opportunities with history were created before "
        f"its first row for them ({examples(ids)}): days before {day} cannot be rebuilt. Export the whole history."
    )
    return day


def _all_but(stamps: np.ndarray, allowed: int) -> int:
    """Return the stamp after which no more than `allowed` of the sorted ones lie."""
    return int(stamps[-allowed - 1])


def _record(deals: pa.Table, field: str, place: np.ndarray) -> pa.Array | None:
    """Return a field of the records at some places, text rather than codes; None where no export has it."""
    if field not in deals.column_names:
        return None
    column = deals[field].combine_chunks().take(pa.array(place))
    return column.cast(TEXT) if pa.types.is_dictionary(column.type) else column


def _differ(then: pa.Array, now: pa.Array) -> np.ndarray:
    then = then.cast(TEXT) if pa.types.is_dictionary(then.type) else then
    if pa.types.is_floating(now.type):
        then, now = pc.round(then, 2), pc.round(now, 2)
    same = pc.equal(then, now.cast(then.type))
    return ~pc.coalesce(same, pc.and_(then.is_null(), now.is_null())).to_numpy(False).astype(bool)


def _changed_at(deals: pa.Table, place: np.ndarray, snapshots: Snapshots | None) -> np.ndarray:
    """Return when the records were last changed: before all time where nothing says so.

    Of dated folders a stamp no later than the folder before is none: the change was seen on the last day.
    """
    never = np.iinfo(np.int64).min
    at = np.full(len(place), never)
    if "modified_at" in deals.column_names:
        at = deals["modified_at"].cast(pa.int64()).fill_null(never).to_numpy()[place]
    if snapshots is None or len(snapshots.days) < 2:
        return at
    before, end = (int((np.datetime64(d, "us") + np.timedelta64(1, "D")).astype(np.int64)) - 1
                   for d in snapshots.days[-2:])  # fmt: skip
    return np.where((at > before) & (at <= end), at, end)


NO_STAMP = (
    "their records have no later Last Modified Date, so their history is taken. Export history and opportunities "
    "together, with that column."
)


def _since(ended: np.ndarray, at: np.ndarray, newer: np.ndarray) -> str:
    if not newer.any():
        return ""
    return (
        f"history ends {_day_of(ended[newer].max())}, records {_day_of(at[newer].max())}; each record is taken from "
        "its last change on. Export both together."
    )


def _day_of(stamp: int) -> dt.date:
    return np.datetime64(int(stamp), "us").astype(dt.datetime).date()

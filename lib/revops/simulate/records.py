"""How a CRM writes what happened: ids, stamps, dates, amounts and stage names as the text of its cells."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, end_of_day
from revops.simulate.ids import record_ids
from revops.simulate.model import World
from revops.simulate.people import QUEUE
from revops.simulate.plan import STAGES

__all__ = ["Ids", "currency_text", "day_text", "export_ids", "money_text", "person_ids", "stage_text", "stamp_text"]


@dataclass(frozen=True)
class Ids:
    """The id of every record by its row number; the same in an export of any day."""

    deal: Array
    account: Array
    person: Array
    state: Array
    change: Array
    queue: str
    admin: str


def export_ids(world: World) -> Ids:
    """Return the ids of a world's records in their 18-character form; history ids rise with time."""
    people = record_ids("005", len(world.people) + 1, world.seed).to_numpy()
    kinds = (("006", world.deals), ("001", world.accounts), ("008", world.states))
    deal, account, state = (record_ids(prefix, len(rows), world.seed).to_numpy() for prefix, rows in kinds)
    change = record_ids("017", 2 * len(world.owners), world.seed).to_numpy()
    return Ids(deal, account, people[1:], state, change, record_ids("00G", 1, world.seed)[0], people[0])


def person_ids(ids: Ids, owners: Array) -> Array:
    """Return the id of each owner, the queue's for -1."""
    return np.where(owners == QUEUE, ids.queue, ids.person[np.maximum(owners, 0)])


def stamp_text(stamps: Array) -> Array:
    """Return UTC seconds as `2026-06-09 14:03:11`, blank for NaN."""
    text = pd.Series(pd.to_datetime(pd.Series(stamps), unit="s")).dt.strftime("%Y-%m-%d %H:%M:%S")
    return text.fillna("").to_numpy(dtype=object)


def day_text(days: Array) -> Array:
    """Return days as the export writes DATE fields, with a time of midnight; blank for NaN."""
    return stamp_text(np.asarray(days, dtype=float) * 86_400)


def money_text(cents: Array, decimals: int | None = None) -> Array:
    """Return cents as an amount, blank for -1: with so many decimals, or as few as it takes."""
    known, text = np.unique(cents, return_inverse=True)
    if decimals is None:
        words = [f"{c / 100:.2f}".rstrip("0").rstrip(".") if c != -1 else "" for c in known]
    else:
        words = [f"{c / 100:.{decimals}f}" if c != -1 else "" for c in known]
    return np.array(words, dtype=object)[text]


def stage_text(world: World, stages: Array, stamps: Array) -> Array:
    """Return stage names as they were called when each row was written."""
    names = np.array(STAGES, dtype=object)[stages]
    if world.plan.renamed_stage is None:
        return names
    now, before, day = world.plan.renamed_stage
    renamed_at = end_of_day(day - dt.timedelta(days=1), world.plan.time_zone)
    return np.where((names == now) & (np.asarray(stamps) < renamed_at), before, names)


def currency_text(world: World, deals: Array) -> Array:
    """Return the currency code of each deal."""
    foreign = world.deals["foreign"].to_numpy()[deals]
    return np.where(foreign, world.plan.foreign_currency, world.plan.currency)

"""Journeys, and how those of the parts of a company become one set, as if it had never been cut."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.journeys.numbers import Array
from revops.analysis.journeys.reconciled import added_up, reconciled
from revops.book.parts import by_id

__all__ = ["Journeys", "together"]


@dataclass(frozen=True)
class Journeys:
    """Journeys with at least one touch, their touches, and where every deal and touch went.

    journeys: one row per journey, its place is its number: record_id (of the opportunity, else of the person or
        account), opportunity_id, account_id, account (number of who is resampled together), kind (won, lost, open,
        undated or never), type, wins, losses, amount [company currency: what its wins brought], ended_at, and the
        places in it of the latest touch by the time its lead was made (lead), its opportunity (opportunity) and its
        win (won): -1 where there is none.
    touches: one row per journey x touch, by journey and in order of time: journey, channel (number into `channels`),
        days_before (days from the touch to the journey's end), person (number), touch_id, touched_at, campaign_id,
        campaign_type, made_from (touch, first_conversion or recent_conversion).
    deals: why each opportunity has touches or none (reconciled.fates_of_deals). reconciliation: deals and amount by
        kind and reason (reconciled.reconciled). left_out: touches by reason.
    has_only_ends: touches are first and last conversions alone, which only single-touch models can use.
    """

    journeys: pd.DataFrame
    touches: pd.DataFrame
    channels: tuple[str, ...]
    deals: pd.DataFrame
    reconciliation: pd.DataFrame
    left_out: pd.DataFrame
    has_only_ends: bool


def together(parts: list[Journeys]) -> Journeys:
    """Return the journeys of all parts as one set, whatever the number of parts: deals by id, then people by id.

    The tables of `parts` are used up: there is not room for them twice.
    """
    if len(parts) == 1:
        return parts[0]
    journeys, order = _journeys([part.journeys for part in parts])
    deals = by_id([part.deals for part in parts], "opportunity_id")
    channels = tuple(sorted({name for part in parts for name in part.channels}))
    touches = _touches(parts, channels, order)
    left_out, has_only_ends = added_up([part.left_out for part in parts]), any(part.has_only_ends for part in parts)
    return Journeys(journeys, touches, channels, deals, reconciled(deals), left_out, has_only_ends)


def _journeys(parts: list[pd.DataFrame]) -> tuple[pd.DataFrame, Array]:
    """Return the journeys in order, and the place that each had before; accounts are numbered as they come."""
    filled = [part for part in parts if len(part)] or parts[:1]
    table = pd.concat([part.assign(account=part["account"] + first) for part, first in _numbered(filled, "account")])
    order = np.lexsort((pd.factorize(table["record_id"], sort=True)[0], table["kind"].eq("never")))
    table = table.take(order).reset_index(drop=True)
    return table.assign(account=pd.factorize(table["account"])[0].astype("int64")), order


def _touches(parts: list[Journeys], channels: tuple[str, ...], order: Array) -> pd.DataFrame:
    """Return the touches by journey, a column at a time."""
    place = np.empty(len(order), dtype="int64")
    place[order] = np.arange(len(order))
    tables = [part.touches for part in parts]
    found = dict.fromkeys(tables[0])
    first = np.cumsum([0, *(len(part.journeys) for part in parts)])
    journey = place[_joined(table.pop("journey") + n for table, n in zip(tables, first, strict=False))]
    at = np.argsort(journey, kind="stable")
    of = pd.Index(channels)
    codes = [
        of.get_indexer(pd.Index(part.channels))[table.pop("channel")] for part, table in zip(parts, tables, strict=True)
    ]
    people = [table.pop("person") + n for table, n in _numbered(tables, "person")]
    found["journey"], found["channel"] = journey[at], _joined(codes).astype("int32")[at]
    found["person"] = pd.factorize(_joined(people)[at])[0].astype("int64")
    for name in list(tables[0]):
        found[name] = pd.concat([table.pop(name) for table in tables], ignore_index=True).array.take(at)
    return pd.DataFrame(found)


def _numbered(tables: list[pd.DataFrame], name: str) -> Iterable[tuple[pd.DataFrame, int]]:
    """Return each table with how many numbers of a column those before it have."""
    return zip(tables, np.cumsum([0, *(table[name].max() + 1 if len(table) else 0 for table in tables)]), strict=False)


def _joined(columns: Iterable) -> Array:
    return np.concatenate([np.asarray(column) for column in columns])

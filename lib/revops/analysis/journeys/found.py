"""Journeys of a company: opportunities, and people who came to nothing, with the touches that came before."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from revops.analysis.journeys.deals import deals_of, never_of
from revops.analysis.journeys.fates import USED, Pairs, paired
from revops.analysis.journeys.knobs import JourneyKnobs
from revops.analysis.journeys.numbers import NEVER, Array
from revops.analysis.journeys.people import People, people_of, with_fallback
from revops.analysis.journeys.reconciled import fates_of_deals, reconciled, touches_by_reason
from revops.analysis.journeys.together import Journeys, together
from revops.analysis.journeys.touched import Touched, touched
from revops.book import AsOf
from revops.book.parts import in_parts, over

__all__ = ["Known", "journeys_of", "known_on"]

_DAY = 86_400_000_000


@dataclass(frozen=True)
class Known:
    """What no knob changes: opportunities by id, the people behind them without any fallback, and touches of people."""

    state: pd.DataFrame
    people: People
    touched: Touched


def known_on(view: AsOf, *, conversions: bool = True) -> tuple[Known, ...]:
    """Return the opportunities, people and touches known at the end of a day, from which all journeys of it are made.

    One of the whole company, or one of each part of its tables. It takes most of the time of `journeys_of`: who asks
    for several journeys makes it once.

    Parameters
        conversions : whether those of contacts stand in where there is no touch; False for the view of one part of a
            company, which may have touches in another
    """
    if not in_parts(view):
        return (_known(view, conversions=conversions),)
    known = over(view, partial(_known, conversions=False))
    return tuple(known if any(len(part.touched.table) for part in known) else over(view, _known))


def journeys_of(
    view: AsOf, knobs: JourneyKnobs | None = None, *, only: pd.Index | None = None,
    known: tuple[Known, ...] | None = None,
) -> Journeys:  # fmt: skip
    """Return the journeys of opportunities, and of people who came to nothing, as known at the end of a day.

    Question
        Whose touches came before what we won or created, and for which deals do we know of none?

    Parameters
        view : the company's tables as of a day; uses opportunities and their history, contact_roles, contacts, leads,
            touches
        knobs : which journeys, which touches (JourneyKnobs)
        only : the opportunities of a slice; people who came to nothing are in none
        known : known_on(view), where it is at hand

    Formula
        People of an opportunity: contacts with a role, leads converted into it, by account_fallback all people of its
        account. A lead that became a contact is that contact. days_before = ended_at - touched_at, at least 0;
        ended_at is the day of closing (what happens on it counts), the moment of creation, or the last touch of who
        came to nothing. Amounts are those known on the day.

    Limits
        Contact roles, accounts of people and deals, and campaigns of touches have no history: today's hold. Colleagues
        who stayed leads are behind no deal, since a company name is no key.
    """
    found = partial(_found, knobs=knobs or JourneyKnobs(), only=only)
    if known is not None:
        parts = [found(view, known=part) for part in known]
    elif in_parts(view):
        parts = over(view, partial(found, conversions=False))
        if not any(part.left_out["n_touches"].sum() for part in parts):
            parts = over(view, found)
    else:
        parts = [found(view)]
    return together(parts)


def _known(view: AsOf, *, conversions: bool = True) -> Known:
    state = view.opportunities.sort_values("opportunity_id", ignore_index=True)
    people = people_of(view, state)
    return Known(state, people, touched(view, people, conversions=conversions))


def _found(
    view: AsOf, *, knobs: JourneyKnobs, only: pd.Index | None, known: Known | None = None, conversions: bool = True
) -> Journeys:
    """Return the journeys of a company, or of one part of it."""
    known = known or _known(view, conversions=conversions)
    state, found, people = known.state, known.touched, with_fallback(known.people, knobs.account_fallback)
    units = [deals_of(view, state, knobs)]
    if only is not None:
        units[0] = units[0][only.get_indexer(units[0]["opportunity_id"]) >= 0]
    elif knobs.never_converted != "off":
        units.append(_never(view, people, found.table, knobs))
    units = pd.concat(units, ignore_index=True) if len(units[-1]) else units[0].reset_index(drop=True)
    pairs = paired(units, *_links(units, people, len(state)), people.table, found.table, knobs)
    deals = fates_of_deals(units, pairs, knobs.cutoff)
    left_out = touches_by_reason(len(found.table), units, pairs)
    return Journeys(*_path_set(units, pairs, found), deals, reconciled(deals), left_out, found.has_only_ends)


def _never(view: AsOf, people: People, touches: pd.DataFrame, knobs: JourneyKnobs) -> pd.DataFrame:
    counts = touches["answered"] | (not knobs.responses_only)
    counts &= ~touches["channel"].isin(knobs.without_channels)
    person, at = (touches[name].to_numpy() for name in ("person", "at"))
    found = never_of(view, people, person, at, counts.to_numpy(), knobs)
    return found.sort_values("record_id", ignore_index=True)


def _links(units: pd.DataFrame, people: People, n_deals: int) -> tuple[Array, Array]:
    """Return unit x person: whose people are whose."""
    n, account = len(people.table), people.table["account"].to_numpy()
    never, row = units["kind"].eq("never").to_numpy(), units["row"].to_numpy()
    of_deal = np.full(n_deals, -1)
    of_deal[row[~never]] = np.flatnonzero(~never)
    of_record = np.full(n + len(people.accounts) + 1, -1)
    of_record[row[never]] = np.flatnonzero(never)
    together = of_record[np.where(account >= 0, n + account, -1)]
    alone = np.where(together >= 0, together, of_record[:n])
    alone[people.person] = -1
    whose = np.append(of_deal[people.deal], alone)
    person = np.append(people.person, np.arange(n))
    return whose[whose >= 0], person[whose >= 0]


def _path_set(units: pd.DataFrame, pairs: Pairs, found: Touched) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Return journeys, touches and the names of their channels."""
    used = (pairs.fate == USED) & units["is_journey"].to_numpy()[pairs.journey]
    row, touch = pairs.journey[used], pairs.touch[used]
    kept, journey = np.unique(row, return_inverse=True)
    unit = units.iloc[kept].reset_index(drop=True)
    chosen = found.table.take(touch).reset_index(drop=True)
    at, channel = chosen["at"].to_numpy(), chosen["channel"].cat.remove_unused_categories()
    ended = unit["ended_at"].to_numpy("datetime64[us]").view("int64")
    text = found.text.take(chosen["row"]).reset_index(drop=True)
    table = pd.DataFrame({
        "journey": journey.astype("int64"), "channel": channel.cat.codes.astype("int32"),
        "days_before": np.maximum((ended[journey] - at) / _DAY, 0.0),
        "person": pd.factorize(chosen["person"])[0].astype("int64"), "touch_id": text["touch_id"],
        "touched_at": at.astype("datetime64[us]"), "campaign_id": text["campaign_id"],
        "campaign_type": text["campaign_type"], "made_from": chosen["made_from"].astype("str"),
    })  # fmt: skip
    journeys = _with_milestones(_ended(unit), unit, pairs.lead_at[kept], journey, at)
    return journeys, table, tuple(channel.cat.categories)


def _ended(unit: pd.DataFrame) -> pd.DataFrame:
    """Return what journeys ended in, with who is resampled together."""
    who = unit["account_id"].fillna(unit["kind"] + " " + unit["record_id"])
    columns = ["record_id", "opportunity_id", "account_id", "kind", "type", "wins", "losses", "ended_at"]
    journeys = unit[columns].astype({"opportunity_id": "str", "account_id": "str", "type": "str"})
    journeys.insert(3, "account", pd.factorize(who)[0].astype("int64"))
    journeys.insert(8, "amount", unit["amount"].fillna(0.0) * unit["wins"])
    return journeys


def _with_milestones(
    journeys: pd.DataFrame, unit: pd.DataFrame, lead_at: Array, journey: Array, at: Array
) -> pd.DataFrame:
    """Return journeys with the place of the latest touch at or before each milestone; a lead made later is none."""

    def place(stamp: Array) -> Array:
        before = np.bincount(journey[at <= stamp[journey]], minlength=len(unit)) - 1
        return np.where(stamp < NEVER, before, -1)

    lead_at = np.where(lead_at <= unit["last"], lead_at, NEVER)
    made_at, won_at = (unit[name].to_numpy() for name in ("opportunity_at", "closed_at"))
    return journeys.assign(lead=place(lead_at), opportunity=place(made_at), won=place(won_at))

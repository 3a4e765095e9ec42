"""The touches known at the end of a day: whom each touched, when, through which channel, whether it was answered."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.analysis.journeys.numbers import Array, moments
from revops.analysis.journeys.people import People
from revops.book import AsOf
from revops.company import Company
from revops.periods import end_of_day

__all__ = ["UNKNOWN_CHANNEL", "Touched", "one_name", "touched"]

UNKNOWN_CHANNEL = "unknown"
"""The channel of touches that neither their campaign nor a UTM tag places."""
_UTM = ["utm_source", "utm_medium", "utm_campaign"]
_ORIGIN = [*_UTM, "lead_source", "source_detail_1", "source_detail_2"]
_TEXT = ["touch_id", "campaign_id", "campaign_type"]


@dataclass(frozen=True)
class Touched:
    """table: one row per touch, in order of time: at (microseconds), person and campaign (numbers), channel and
    made_from (touch, first_conversion or recent_conversion) as categories, answered (False where known not to be), row.
    text: touch_id, campaign_id and campaign_type by row. has_only_ends: made of first and last conversions alone."""

    table: pd.DataFrame
    text: pd.DataFrame
    has_only_ends: bool


def touched(view: AsOf, people: People, *, conversions: bool = True) -> Touched:
    """Return the touches known by the end of the day, of people known by then.

    Parameters
        conversions : whether those of contacts stand in where there is no touch; False for a part of a company, which
            may have touches in another

    Formula
        touched_at is the first response. One that came after the day is not known yet: until then the person had been
        put on the list (associated_at) and had not answered; what was entered after the day is not known either. Equal
        times go by associated_at, then by touch_id.
        Without any touch, those of the contacts' first and most recent conversion (HubSpot) stand in: channel by the
        UTM tags and source of the page first seen, which say nothing of a later conversion: its channel is unknown.

    Limits
        status, campaign and channel of a touch are today's. Only the last of the recent conversions is in an export.
    """
    found = _recorded(view, people)
    made = found if len(found) or not conversions else _made(view, people)
    keys = {name: pa.array(made[name]) for name in ("touched_at", "associated_at", "touch_id")}
    order = pc.sort_indices(pa.table(keys), sort_keys=[(name, "ascending") for name in keys]).to_numpy()
    table = pd.DataFrame({
        "at": moments(made["touched_at"])[order], "person": made["person"].to_numpy()[order],
        "campaign": pd.factorize(made["campaign_id"])[0][order],
        "channel": made["channel"].astype("category").array.take(order),
        "made_from": made["made_from"].astype("category").array.take(order),
        "answered": made["answered"].to_numpy()[order], "row": order.astype("int64"),
    })  # fmt: skip
    return Touched(table, made[_TEXT], len(made) > len(found))


def _recorded(view: AsOf, people: People) -> pd.DataFrame:
    table, end = view.book.table("touches"), end_of_day(view.day)
    to_come = ((table["responded_date"] > end) | (table["touched_at"] > end)).to_numpy()
    at = table["touched_at"].mask(to_come, table["associated_at"])
    unentered = (table["associated_at"] > end).to_numpy()
    seen = (at <= end).to_numpy() & (people.of_touch >= 0) & ~unentered
    answered = table["is_response"].fillna(True).to_numpy(dtype=bool) & ~to_come
    kept = table[seen]
    told = one_name(kept["channel"], view.company)
    return kept[[*_TEXT, "associated_at"]].assign(
        touched_at=at[seen], made_from="touch", person=people.of_touch[seen], answered=answered[seen],
        channel=told.fillna(_channels(kept, _UTM, view.company, kept["channel"].isna().to_numpy())),
    )  # fmt: skip


def _made(view: AsOf, people: People) -> pd.DataFrame:
    """Return touches of the first and the most recent conversion of each contact; one where both are the same."""
    contacts, end = view.book.table("contacts"), end_of_day(view.day)
    first, recent = contacts["first_conversion_at"], contacts["recent_conversion_at"]
    known = people.of_contact >= 0
    kept = {
        "first_conversion": known & (first <= end).to_numpy(),
        "recent_conversion": known & (recent <= end).to_numpy() & ~(recent == first).to_numpy(),
    }
    parts = []
    for name, rows in kept.items():
        part = contacts[rows]
        channel = _channels(part, _ORIGIN, view.company, np.full(len(part), name == "first_conversion"))
        parts.append(pd.DataFrame({
            "touch_id": part["contact_id"] + f":{name}", "touched_at": part[f"{name}_at"], "made_from": name,
            "person": people.of_contact[rows], "channel": channel, "answered": True, "campaign_id": pd.NA,
            "campaign_type": pd.NA, "associated_at": pd.NaT,
        }))  # fmt: skip
    text = {"touch_id": "str", "campaign_id": "str", "campaign_type": "str", "made_from": "str", "channel": "str"}
    return pd.concat(parts).astype({**text, "associated_at": "datetime64[us]"})


def one_name(channels: pd.Series, company: Company) -> pd.Series:
    """Return channels by one name each, however they are spelt (Company.channel_named); null stays null."""
    names = {name: company.channel_named(name) for name in channels.dropna().unique()}
    return channels.astype("str").map(names).astype("str")


def _channels(rows: pd.DataFrame, words: list[str], company: Company, wanted: Array) -> pd.Series:
    """Return channels by the patterns of company.yml on some columns; unknown where none fits, or none is wanted."""
    found = pd.Series(UNKNOWN_CHANNEL, index=rows.index, dtype="str")
    tags = rows.loc[wanted, words].dropna(how="all")
    if len(tags):
        each = tags.drop_duplicates()
        named = [company.channel_of(*(word if isinstance(word, str) else None for word in row)) or UNKNOWN_CHANNEL
                 for row in each.itertuples(index=False)]  # fmt: skip
        number = tags.groupby(words, dropna=False, sort=False).ngroup()
        place = pd.Series(named, number[each.index].to_numpy())
        found[tags.index] = number.map(place).astype("str")
    return found

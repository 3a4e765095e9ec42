"""Changes of program status that the CRM tells itself: membership of the campaign that a program is synced with."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT, Tallying, by_distinct, text_of
from revops.exports.reading.frames import Frame
from revops.exports.uniting.records import joined
from revops.exports.uniting.rows import leave

__all__ = ["STATUS", "Members", "known_members", "without_members"]

STATUS = "104"
PERSONS = ("contact_id", "lead_id", "person_id")


@dataclass(frozen=True)
class Members:
    """Who is a member of a campaign of which name: each pair as one number of their places in `persons` and `names`."""

    persons: pa.Array
    names: pa.Array
    pairs: np.ndarray

    def have(self, persons: pa.Array, names: pa.Array) -> np.ndarray:
        """Return whether each person is a member of a campaign of the name beside it."""
        return np.isin(self.codes(persons, names), self.pairs)

    def codes(self, persons: pa.Array, names: pa.Array) -> np.ndarray:
        """Return the number of each pair; -1 where either is not known."""
        person = pc.index_in(persons, value_set=self.persons).fill_null(-1).to_numpy().astype(np.int64)
        name = pc.index_in(by_distinct(names, _folded), value_set=self.names).fill_null(-1).to_numpy()
        return np.where((person < 0) | (name < 0), -1, person * len(self.names) + name)


def known_members(asked: Iterable[pa.Table], frames: list[Frame], campaigns: pa.Table | None) -> Members:
    """Return which of those persons whose program status changed are members of a campaign of a program's name.

    Parameters
        asked : lead_id, contact_id and campaign_name of the changes
        frames : the CRM's members of campaigns
        campaigns : names the campaigns that the members' own files do not
    """
    persons, names = Tallying(), Tallying()
    for part in asked if frames else ():
        persons.add(part["lead_id"])
        persons.add(part["contact_id"])
        names.add(by_distinct(part["campaign_name"], _folded))
    members = Members(persons.total().values, names.total().values, np.empty(0, np.int64))
    found = [members.pairs]
    if len(members.persons):
        for frame in frames:
            for part in frame.parts([*PERSONS, "campaign_id", "campaign_name"]):
                found.append(_memberships(part, campaigns, members))
    return Members(members.persons, members.names, np.unique(np.concatenate(found)))


def without_members(rows: pd.DataFrame, members: Members, ledger: Ledger) -> pd.DataFrame:
    """Return activities without changes of program status of persons who are members of a campaign of that name.

    Parameters
        rows : with activity_type, campaign_name, and lead_id and contact_id as the CRM has them
    """
    lead, contact, names = (
        pa.array(rows[name], TEXT, from_pandas=True) for name in ("lead_id", "contact_id", "campaign_name")
    )
    synced = rows["activity_type"].eq(STATUS) & (members.have(lead, names) | members.have(contact, names))
    return leave(rows, synced, "membership of a campaign that Salesforce tells", ledger, "touch_id")


def _memberships(part: pa.Table, campaigns: pa.Table | None, members: Members) -> np.ndarray:
    """Return the numbers of the pairs in a part of a file of members."""
    names = text_of(part, "campaign_name")
    if campaigns is not None:
        told = joined(text_of(part, "campaign_id"), campaigns, "campaign_id", "campaign_name").cast(TEXT)
        names = pc.coalesce(told, names)
    codes = [members.codes(text_of(part, person), names) for person in PERSONS if person in part.column_names]
    found = np.unique(np.concatenate([np.empty(0, np.int64), *codes]))
    return found[found >= 0]


def _folded(names: pa.Array) -> pa.Array:
    return pa.array([" ".join(name.split()).casefold() for name in names.to_pylist()], TEXT)

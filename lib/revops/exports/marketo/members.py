"""Changes of program status that the CRM tells itself: membership of the campaign that a program is synced with."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.exports.uniting.records import joined
from revops.exports.uniting.rows import leave, text_columns

__all__ = ["without_members"]

STATUS = "104"
PERSONS = ("contact_id", "lead_id", "person_id")


def without_members(
    rows: pd.DataFrame, frames: list[Frame], campaigns: pa.Table | None, ledger: Ledger
) -> pd.DataFrame:
    """Return activities without changes of program status of persons who are members of a campaign of that name.

    Parameters
        rows : with activity_type, campaign_name, and lead_id and contact_id as the CRM has them
        frames : the CRM's members of campaigns
        campaigns : names the campaigns that the members' own files do not
    """
    is_status = rows["activity_type"].eq(STATUS)
    if not frames or not is_status.any():
        return rows
    asked = rows[is_status]
    wanted = set(asked["lead_id"]) | set(asked["contact_id"].dropna())
    known = {pair for part in _parts(frames) for pair in _memberships(part, campaigns, wanted)}
    names = rows["campaign_name"].map(_folded, na_action="ignore")
    people = zip(rows["lead_id"], rows["contact_id"], names, strict=True)
    pairs = [{(lead, name), (contact, name)} for lead, contact, name in people]
    synced = is_status & pd.Series([bool(pair & known) for pair in pairs], index=rows.index, dtype=bool)
    return leave(rows, synced, "membership of a campaign that Salesforce tells", ledger, "touch_id")


def _parts(frames: list[Frame]) -> Iterator[pa.Table]:
    for frame in frames:
        yield from [frame.table] if frame.spilled is None else frame.spilled.parts()


def _memberships(part: pa.Table, campaigns: pa.Table | None, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the person and the campaign's name, folded, of each member who is one of those wanted."""
    members = text_columns(part, (*PERSONS, "campaign_id", "campaign_name"))
    if campaigns is not None:
        named = joined(
            pa.array(members["campaign_id"], TEXT, from_pandas=True), campaigns, "campaign_id", "campaign_name"
        )
        members["campaign_name"] = named.cast(TEXT).to_pandas().astype("object").fillna(members["campaign_name"])
    members = members.dropna(subset="campaign_name")
    for name in PERSONS:
        there = members[members[name].isin(wanted)]
        yield from zip(there[name], there["campaign_name"].map(_folded), strict=True)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()

"""Marketo's activities: those that are touches of marketing, and changes of fields among them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.marketo.members import STATUS, known_members, without_members
from revops.exports.marketo.people import Linked
from revops.exports.people_records.links import bare, path_of, query_of
from revops.exports.reading.columns import TEXT, put, text_of
from revops.exports.reading.frames import Frame
from revops.exports.uniting.groups import in_groups
from revops.exports.uniting.records import joined
from revops.exports.uniting.rows import each, leave, nothing, text_columns, without, without_copies
from revops.schema import TABLES

__all__ = ["ACTIVITIES", "Activities", "changes_among", "holding_changes"]

# The number of each type of activity that is a touch, its name, and whether the person answered by it.
TOUCHES = {
    "1": ("Visit web page", True),
    "2": ("Fill out form", True),
    "3": ("Click link", True),
    "11": ("Click email", True),
    "104": ("Change of program status", None),
}
ACTIVITIES = tuple(name for name, _ in TOUCHES.values())
CHANGE = "13"
PAGES = ("1", "3", "11")
TEXTS = ("touch_id", "activity_type", "campaign_name", "status", "details", "query", "page")
PERSON = ("lead_id", "contact_id")
UTM = ("utm_source", "utm_medium", "utm_campaign")


def holding_changes(frames: list[Frame], ledger: Ledger) -> list[bool]:
    """Return which files of activities hold changes of fields with their values.

    Attributes of changes and of touches that are no JSON are refused: their values would be lost.
    """
    return [_holds_changes(frame, ledger) for frame in frames]


def changes_among(activities: pa.Table) -> pa.Table:
    """Return the changes of fields among activities of a bulk extract as history: the field, its old and new value."""
    table = activities.filter(_is_change(activities))
    details = [_details(text) for text in table["details"].to_pylist()]
    return pa.table({
        "lead_id": text_of(table, "lead_id"),
        "changed_at": table["touched_at"],
        "field": text_of(table, "campaign_name"),
        "old_value": pa.array([_value(each, "Old Value") for each in details], TEXT),
        "new_value": pa.array([_value(each, "New Value") for each in details], TEXT),
        "_file": table["_file"],
    })  # fmt: skip


@dataclass(frozen=True)
class Activities:
    """Files of activities, and what tells whose each is and which of them the CRM tells itself.

    `known` are the leads (lead_id; None where no file holds any), `linked` says which of them a person of Marketo is,
    `members` are the CRM's files of members of campaigns, `campaigns` names the campaigns that these do not.
    """

    frames: list[Frame]
    known: pa.Table | None
    linked: Linked
    members: list[Frame]
    campaigns: pa.Table | None

    def touches(self, ledger: Ledger, aside: Path | None) -> Iterator[pa.Table]:
        """Yield the touches among them, each once; e-mails sent or opened and the rest are left out, type by type.

        A touch is of the lead, or of a converted lead's contact, that the person is. Of people who are not among the
        leads it is left out, as is a program status that the CRM tells itself. What is too large for memory passes
        through files in the folder `aside`.
        """
        known = None if self.known is None else self.known["lead_id"].cast(TEXT).combine_chunks()
        members = known_members(self._statuses(), self.members, self.campaigns)
        n_rows = sum(frame.n_rows for frame in self.frames)
        for group in in_groups(self.rows, n_rows, "touch_id", "activities", ledger, aside):
            rows = text_columns(group, (*TEXTS, *PERSON)).join(group.drop_columns([*TEXTS, *PERSON]).to_pandas())
            rows = without_copies(rows, ["touch_id"], ledger, "touch_id")
            if known is not None:
                there = pc.is_in(pa.array(rows["lead_id"], TEXT, from_pandas=True), value_set=known)
                strange = ~there.to_numpy(zero_copy_only=False) & rows["contact_id"].isna()
                rows = leave(rows, strange, "person not among the leads", ledger, "touch_id")
            rows = without_members(rows, members, ledger)
            yield _table(_described(rows)) if len(rows) else nothing("touches")

    def rows(self, ledger: Ledger, most: int | None) -> Iterator[pa.Table]:
        """Yield those that may be touches, part by part."""
        people = self.linked.people()
        return (_rows(part, people, ledger) for frame in self.frames for part in frame.parts(most=most))

    def _statuses(self) -> Iterator[pa.Table]:
        """Yield who changed the status in which program (lead_id, contact_id, campaign_name)."""
        people = self.linked.people()
        for frame in self.frames:
            for part in frame.parts(["activity_type", "lead_id", "campaign_name"]):
                part = part.filter(pc.equal(text_of(part, "activity_type"), STATUS).fill_null(False))
                yield pa.table({**_person(part, people), "campaign_name": text_of(part, "campaign_name")})


def _rows(part: pa.Table, people: pa.Table, ledger: Ledger) -> pa.Table:
    """Return the activities in a part of a file that may be touches, with whom each was of; the others are counted."""
    if "details" in part.column_names:
        part = part.filter(pc.invert(_is_change(part)))  # those are history
    rows = pa.table({
        **{name: text_of(part, name) for name in TEXTS},
        **_person(part, people),
        "touched_at": part["touched_at"].cast(pa.timestamp("us")),
        "success": part["success"] if "success" in part.column_names else pa.nulls(len(part), pa.bool_()),
        "_file": part["_file"],
    })  # fmt: skip
    types, person = rows["activity_type"], text_of(part, "lead_id")
    reasons = [("no id", rows["touch_id"].is_null()), ("no person", person.is_null())]
    reasons.append(("no date", rows["touched_at"].is_null()))
    for number in sorted(set(pc.unique(types).drop_null().to_pylist()) - set(TOUCHES)):
        reasons.append((f"activity of type {number}: no touch", pc.equal(types, number)))
    return without(rows, [*reasons, ("activity without a type", types.is_null())], ledger, "touch_id")


def _person(part: pa.Table, people: pa.Table) -> dict[str, pa.Array]:
    """Return the lead and the contact that each person of Marketo is."""
    person = text_of(part, "lead_id")
    lead, contact = (joined(person, people, "person_id", name) for name in PERSON)
    return {"lead_id": pc.coalesce(lead, person), "contact_id": contact}


def _is_change(activities: pa.Table) -> pa.Array:
    return pc.equal(text_of(activities, "activity_type"), CHANGE).fill_null(False)


def _details(text: object) -> Mapping[str, object]:
    """Return the attributes of an activity as a bulk extract writes them (JSON); none where they cannot be read."""
    found = _parsed(text) if isinstance(text, str) else None
    return found if isinstance(found, dict) else {}


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _holds_changes(frame: Frame, ledger: Ledger) -> bool:
    if "details" not in frame.rows.column_names:
        return False
    n, n_wrong, found = 0, 0, False
    for part in frame.parts(["activity_type", "details"]):
        found |= pc.any(_is_change(part)).as_py() is True
        used = pc.is_in(text_of(part, "activity_type"), pa.array([*TOUCHES, CHANGE]))
        texts = text_of(part, "details").filter(used).drop_null().to_pylist()
        n, n_wrong = n + len(texts), n_wrong + sum(not isinstance(_parsed(text), dict) for text in texts)
    if n_wrong:
        ledger.problems.append(
            f"{frame.source.name}, column {frame.labels['details']}: must hold JSON in braces, as Marketo writes it; "
            f"found {n_wrong:,} of {n:,} cells that are not. Export it again, and do not open it elsewhere."
        )
    return found


def _value(details: Mapping[str, object], *names: str) -> str | None:
    found = next((details[name] for name in names if details.get(name) not in (None, "")), None)
    return None if found is None else str(found)


def _described(rows: pd.DataFrame) -> pd.DataFrame:
    """Return touches with what they were, whether the person answered, and UTM values."""
    details = [_details(text) for text in rows["details"]]
    query = rows["query"].fillna(
        pd.Series([_value(d, "Query Parameters") for d in details], rows.index, dtype="object")
    )
    page = rows["page"].fillna(
        pd.Series([_value(d, "Webpage URL", "Link") for d in details], rows.index, dtype="object")
    )
    status = rows["status"].fillna(pd.Series([_value(d, "New Status") for d in details], rows.index, dtype="object"))
    said = pd.Series([str(d.get("Success", "")).casefold() or None for d in details], rows.index, dtype="object")
    success = rows["success"].astype("object").fillna(said.map({"true": True, "false": False}))
    pairs = list(zip(query, page, strict=True))
    tagged = {pair: _tags(*pair) for pair in set(pairs)}
    names = rows["campaign_name"].mask(rows["activity_type"].isin(PAGES), each(rows["campaign_name"], _of_page))
    types, answered = (each(rows["activity_type"], lambda kind, place=place: TOUCHES[kind][place]) for place in (0, 1))
    rows = rows.assign(campaign_name=each(names, bare), campaign_type=types, status=status)
    rows = rows.assign(is_response=answered.where(answered.notna(), success))
    rows = rows.assign(**{name: [tagged[pair][name] for pair in pairs] for name in UTM})
    rows["responded_date"] = rows["touched_at"].dt.floor("D").where(rows["is_response"].eq(True))
    return rows


def _of_page(name: str) -> str | None:
    return path_of(name) if name.startswith(("/", "http")) else name


def _tags(query: str | None, page: str | None) -> dict[str, str | None]:
    asked = query.lstrip("?") if isinstance(query, str) else ""
    found = query_of(page if isinstance(page, str) else None) | query_of(f"?{asked}")
    return {name: bare(found.get(name)) for name in UTM}


def _table(rows: pd.DataFrame) -> pa.Table:
    texts = [c.name for c in TABLES["touches"].columns if c.kind in ("id", "text", "category")]
    columns = {name: pa.array(rows[name], TEXT, from_pandas=True) for name in texts if name in rows}
    table = pa.table({**columns, "_file": pa.array(rows["_file"], pa.int32())})
    for name in ("touched_at", "responded_date"):
        table = put(table, name, pa.array(rows[name], pa.timestamp("us"), from_pandas=True))
    return put(table, "is_response", pa.array(rows["is_response"], pa.bool_(), from_pandas=True))

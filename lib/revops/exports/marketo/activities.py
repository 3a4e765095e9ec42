"""Marketo's activities: those that are touches of marketing, and changes of fields among them."""

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.marketo.members import without_members
from revops.exports.marketo.people import Linked
from revops.exports.people_records.links import bare, path_of, query_of
from revops.exports.reading.columns import TEXT, put, text_of
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import leave, nothing, text_columns, without_copies
from revops.schema import TABLES

__all__ = ["ACTIVITIES", "build_activities", "changes_among", "holding_changes"]

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
TEXTS = ("touch_id", "lead_id", "activity_type", "campaign_name", "status", "details", "query", "page")
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


def build_activities(
    frames: list[Frame],
    leads: pa.Table | None,
    linked: Linked,
    crm: tuple[list[Frame], pa.Table | None],
    context: Context,
) -> pa.Table:
    """Return the touches among activities; e-mails sent or opened and the rest are left out, type by type.

    A touch is of the lead, or of a converted lead's contact, that the person is. Of people who are not among the leads
    it is left out, as is a program status that `crm`, its members of campaigns and its campaigns, tells itself.
    """
    ledger = context.ledger
    rows = pd.concat([_rows(frame) for frame in frames], ignore_index=True)
    for column, reason in (("touch_id", "no id"), ("lead_id", "no person"), ("touched_at", "no date")):
        rows = leave(rows, rows[column].isna(), reason, ledger, "touch_id")
    for number in sorted(set(rows["activity_type"].dropna()) - set(TOUCHES)):
        rows = leave(rows, rows["activity_type"].eq(number), f"activity of type {number}: no touch", ledger, "touch_id")
    rows = leave(rows, rows["activity_type"].isna(), "activity without a type", ledger, "touch_id")
    rows = without_copies(rows, ["touch_id"], ledger, "touch_id")
    contacts = rows["lead_id"].map(linked.contacts)
    led = rows["lead_id"].map(linked.leads).astype("object")
    rows = rows.assign(lead_id=led.fillna(rows["lead_id"]), contact_id=contacts)
    if leads is not None:
        known = rows["lead_id"].isin(set(leads["lead_id"].to_pylist())) | rows["contact_id"].notna()
        rows = leave(rows, ~known, "person not among the leads", ledger, "touch_id")
    rows = without_members(rows, *crm, ledger)
    if not len(rows):
        return nothing("touches")
    return _table(_described(rows, context))


def _texts(table: pa.Table) -> pd.DataFrame:
    return text_columns(table, TEXTS)


def _rows(frame: Frame) -> pd.DataFrame:
    table = frame.table
    if "details" in table.column_names:
        table = table.filter(pc.invert(_is_change(table)))  # those are history
    rows = _texts(table).assign(_file=table["_file"].to_pandas(), touched_at=table["touched_at"].to_pandas())
    success = table["success"].to_pandas() if "success" in table.column_names else np.nan
    return rows.assign(success=success)


def _is_change(activities: pa.Table) -> pa.Array:
    return pc.equal(text_of(activities, "activity_type"), CHANGE).fill_null(False)


def _details(text: str | None) -> Mapping[str, object]:
    """Return the attributes of an activity as a bulk extract writes them (JSON); none where they cannot be read."""
    found = _parsed(text or "{}")
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


def _described(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return touches with what they were, their channel, whether the person answered, and UTM values."""
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
    tagged = [_tags(q, p) for q, p in zip(query, page, strict=True)]
    names = rows["campaign_name"].mask(rows["activity_type"].isin(PAGES), rows["campaign_name"].map(_of_page))
    types = rows["activity_type"].map(lambda number: TOUCHES[number][0])
    answered = rows["activity_type"].map(lambda number: TOUCHES[number][1])
    rows = rows.assign(campaign_name=names.map(bare, na_action="ignore"), campaign_type=types, status=status)
    rows = rows.assign(is_response=answered.where(answered.notna(), success))
    rows = rows.assign(**{name: [tags.get(name) for tags in tagged] for name in UTM})
    rows["responded_date"] = rows["touched_at"].dt.floor("D").where(rows["is_response"].eq(True))
    words = list(zip(types, rows["campaign_name"], rows["utm_medium"], rows["utm_source"], strict=True))
    channels = {
        word: context.company.channel_of(*(part if isinstance(part, str) else None for part in word))
        for word in set(words)
    }
    return rows.assign(channel=[channels[word] or word[0] for word in words])


def _of_page(name: str | None) -> str | None:
    return path_of(name) if isinstance(name, str) and name.startswith(("/", "http")) else name


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

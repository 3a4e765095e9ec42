"""The table of what changed on leads: status, owner, creation and conversion, each change once and in its order."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.marketo.people import is_marketo
from revops.exports.people import People
from revops.exports.people_records.order import in_order
from revops.exports.reading.addresses import without_address
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.rows import each, in_one, leave, nothing, text_columns, without_copies

__all__ = ["build_lead_history", "known_field"]

FIELDS = {
    **dict.fromkeys(("status", "leadstatus", "personstatus"), "status"),
    **dict.fromkeys(("owner", "ownerid", "leadowner"), "owner_id"),
    "created": "created",
    **dict.fromkeys(("leadconverted", "converted", "isconverted"), "converted"),
    "leadsource": "lead_source",
}
CONTENT = ["lead_id", "changed_at", "field", "old_value", "new_value"]
OWNER_ID = r"00[5G][A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?"


def build_lead_history(frames: list[Frame], leads: pa.Table | None, merged: Merged, context: Context) -> pa.Table:
    """Return the changes of leads, one row each, with `_file`.

    Parameters
        leads : the leads; None where no file holds any, and then every change is kept
        merged : which leads were merged; their changes are those of the winner

    Read are status, owner, creation, conversion, lead source and the fields that company.yml names for leads; the
    others may hold names and addresses, and are left out and counted. An owner's change that stands both by name and
    by id is the one by id.
    """
    ledger = context.ledger
    rows = pd.concat([_rows(frame, merged) for frame in frames], ignore_index=True)
    for column, reason in (("lead_id", "no lead_id"), ("changed_at", "no date of change")):
        rows = leave(rows, rows[column].isna(), reason, ledger, "lead_id")
    rows = leave(rows, rows["_gone"], "deleted in the system (IsDeleted)", ledger, "lead_id")
    if leads is not None:
        known = rows["lead_id"].isin(set(leads["lead_id"].to_pylist()))
        rows = leave(rows, ~known, "lead not in the export", ledger, "lead_id")
    rows = rows.assign(field=rows["field"].map(_fields(rows["field"], context)))
    rows = leave(rows, rows["field"].isna(), "change of a field that is not used", ledger, "lead_id")
    rows = _of_the_crm(rows, ledger)
    rows = _once(without_copies(rows, CONTENT, ledger, "lead_id"), context)
    rows = _by_id(rows, context)
    if not len(rows):
        return nothing("lead_history")
    rows = in_order(rows)
    kept = {name: pa.array(rows[name], from_pandas=True) for name in ("changed_at", "sequence")}
    texts = {name: pa.array(rows[name], TEXT, from_pandas=True) for name in CONTENT if name != "changed_at"}
    return pa.table({**texts, **kept, "_file": pa.array(rows["_file"], pa.int32())})


def _rows(frame: Frame, merged: Merged) -> pd.DataFrame:
    table = frame.table
    rows = text_columns(table, ("lead_id", "field", "old_value", "new_value"))
    for name in ("old_value", "new_value"):
        rows[name] = each(rows[name], lambda word: word.strip() or None)
    rows["changed_at"] = table["changed_at"].to_pandas()
    rows["_file"] = table["_file"].to_pandas()
    deleted = table["is_deleted"].to_pandas().eq(True) if "is_deleted" in table.column_names else False
    led = merged.led(table["lead_id"]).to_pandas().astype("object")
    rows["_gone"] = deleted & led.eq(rows["lead_id"])  # the past of a lead that was merged is marked as deleted too
    return rows.assign(lead_id=led, _api=frame.description.kind.route == "api", _crm=not is_marketo(frame))


def _of_the_crm(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return rows without the changes in Marketo of a field whose changes on the same lead the CRM tells itself."""
    if rows["_crm"].all():
        return rows
    pairs = pd.MultiIndex.from_frame(rows[["lead_id", "field"]])
    synced = ~rows["_crm"] & pairs.isin(pairs[rows["_crm"].to_numpy(bool)])
    return leave(rows, synced, "change that the history of Salesforce tells", ledger, "lead_id")


def _fields(words: pd.Series, context: Context) -> dict[str, str | None]:
    """Return what each field is called: the names that the schema knows, and those of company.yml as written."""
    exports = context.company.exports
    named = [label for labels in exports.columns.get("leads", {}).values() for label in labels]
    named += exports.lifecycle.fields
    own = {_folded(label): label for label in named}
    return {word: known_field(word) or own.get(_folded(word)) for word in words.dropna().unique()}


def known_field(word: str | None) -> str | None:
    """Return the name that the schema has for a field of leads, as systems write it; None for another."""
    return FIELDS.get(_folded(word)) if isinstance(word, str) else None


def _folded(word: str) -> str:
    return re.sub(r"[\W]+", "", word).casefold()


def _once(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return rows without those of reports that an API file has too: reports show no seconds, and often days alone."""
    if rows["_api"].nunique() < 2:
        return rows
    keys = pd.MultiIndex.from_frame(
        rows.assign(changed_at=rows["changed_at"].dt.floor("D"))[CONTENT].fillna({"old_value": "", "new_value": ""})
    )
    copies = ~rows["_api"] & keys.isin(keys[rows["_api"].to_numpy(bool)])
    return leave(rows, copies, "same record in another file", context.ledger, "lead_id")


def _by_id(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return rows whose owners are ids and whose other values hold no e-mail address.

    Of one moment the changes of owner by name are left out where some are by id.
    """
    is_owner = rows["field"].eq("owner_id")
    texts = rows.loc[is_owner, ["old_value", "new_value"]].astype("object")
    ids = texts.apply(lambda column: each(column, _is_owner_id).fillna(True).astype(bool)).all(axis=1)
    by_id = (ids & texts.notna().any(axis=1)).reindex(rows.index, fill_value=False)
    moments = in_one(rows, ["lead_id", "changed_at"])
    named = is_owner & ~by_id & np.isin(moments, moments[by_id.to_numpy(bool)])
    rows = leave(rows, named, "owner's name beside the row with the id", context.ledger, "lead_id")
    is_owner = rows["field"].eq("owner_id")
    rows = rows.copy()
    for name in ("old_value", "new_value"):
        words = rows.loc[is_owner, name]
        rows[name] = each(rows[name], lambda word: without_address(word) or None)
        rows.loc[is_owner, name] = words.map({word: _owner(word, context.people) for word in words.dropna().unique()})
    return rows.astype({"old_value": "object", "new_value": "object"})


def _is_owner_id(word: str) -> bool:
    return re.fullmatch(OWNER_ID, word) is not None


def _owner(word: str, people: People) -> str:
    """Return the id of an owner written as id or name; a name that is nobody's stays as it is."""
    return people.find(word) or (word[:15] if re.fullmatch(OWNER_ID, word) else word)

"""The table of what changed on leads: status, owner, creation and conversion, each change once and in its order."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.marketo.activities import changes_among
from revops.exports.marketo.people import is_marketo
from revops.exports.people import People
from revops.exports.people_records.lifecycle import Reached
from revops.exports.people_records.order import in_order
from revops.exports.reading.addresses import without_address
from revops.exports.reading.columns import TEXT, by_distinct, text_of
from revops.exports.reading.frames import Frame
from revops.exports.uniting.groups import in_groups, on_disk, united
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.records import finish
from revops.exports.uniting.rows import each, in_one, leave, text_columns, without, without_copies

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


def build_lead_history(
    frames: list[Frame], leads: pa.Table | None, merged: Merged, context: Context, aside: Path | None = None
) -> tuple[pa.Table | Dataset, tuple[pa.Table, pa.Table]]:
    """Return the changes of leads (schema.lead_history), which are counted as kept, and when leads were qualified.

    Parameters
        frames : files of history, and of Marketo's activities, of which changes of fields are read
        leads : the leads; None where no file holds any, and then every change is kept
        merged : which leads were merged; their changes are those of the winner
        aside : where files are too large for memory, the changes go to lead_history.parquet in this folder, range by
            range of leads, and are returned as a dataset

    Read are status, owner, creation, conversion, lead source and the fields that company.yml names for leads; the
    others may hold names and addresses, and are left out and counted. An owner's change that stands both by name and
    by id is the one by id.
    """
    named = _naming(context)
    known = None if leads is None else leads["lead_id"].cast(TEXT).combine_chunks()

    def parts(ledger: Ledger, most: int | None) -> Iterator[pa.Table]:
        for frame in frames:
            for part in frame.parts(most=most):
                yield _rows(part, frame, merged, known, named, ledger)

    reached, to = Reached(context), on_disk(frames, aside)
    n_rows = sum(frame.n_rows for frame in frames)
    groups = in_groups(parts, n_rows, "lead_id", "lead_history", context.ledger, to)
    table = united((_done(group, reached, context) for group in groups), "lead_history", to)
    return table, reached.tables()


def _rows(
    part: pa.Table,
    frame: Frame,
    merged: Merged,
    known: pa.Array | None,
    named: Callable[[pa.Array], pa.Array],
    ledger: Ledger,
) -> pa.Table:
    """Return the changes in a part of a file that are read, each with its lead; the others are counted."""
    if frame.source.table == "touches":
        part = changes_among(part)
    led = merged.led(part["lead_id"])
    rows = pa.table({
        "lead_id": led,
        "changed_at": part["changed_at"].cast(pa.timestamp("us")),
        "field": by_distinct(text_of(part, "field"), named),
        **{name: by_distinct(text_of(part, name), _stripped) for name in ("old_value", "new_value")},
        "_file": part["_file"],
        "_api": pa.repeat(frame.description.kind.route == "api", len(part)),
        "_crm": pa.repeat(not is_marketo(frame), len(part)),
    })  # fmt: skip
    reasons = [("no lead_id", pc.is_null(led)), ("no date of change", pc.is_null(rows["changed_at"]))]
    if "is_deleted" in part.column_names:
        # the past of a lead that was merged is marked as deleted too
        gone = pc.and_kleene(part["is_deleted"], pc.equal(led, text_of(part, "lead_id")))
        reasons.append(("deleted in the system (IsDeleted)", gone))
    if known is not None:
        reasons.append(("lead not in the export", pc.invert(pc.is_in(led, value_set=known))))
    reasons.append(("change of a field that is not used", pc.is_null(rows["field"])))
    return without(rows, reasons, ledger, "lead_id")


def _done(group: pa.Table, reached: Reached, context: Context) -> pa.Table:
    """Return the finished changes of some leads; they are counted."""
    ledger, texts = context.ledger, tuple(name for name in CONTENT if name != "changed_at")
    rows = text_columns(group, texts).join(group.drop_columns(list(texts)).to_pandas())
    rows = _of_the_crm(rows, ledger)
    rows = _once(without_copies(rows, CONTENT, ledger, "lead_id"), context)
    rows = _by_id(rows, context)
    if not len(rows):
        return finish(pa.table({}), "lead_history")
    rows = in_order(rows)
    kept = {name: pa.array(rows[name], from_pandas=True) for name in ("changed_at", "sequence")}
    words = {name: pa.array(rows[name], TEXT, from_pandas=True) for name in texts}
    table = pa.table({**words, **kept, "_file": pa.array(rows["_file"], pa.int32())})
    reached.add(table)
    ledger.keep_rows(table)
    return finish(table, "lead_history")


def _stripped(words: pa.Array) -> pa.Array:
    return pa.array([word.strip() or None for word in words.to_pylist()], TEXT)


def _of_the_crm(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return rows without the changes in Marketo of a field whose changes on the same lead the CRM tells itself."""
    if rows["_crm"].all():
        return rows
    pairs = pd.MultiIndex.from_frame(rows[["lead_id", "field"]])
    synced = ~rows["_crm"] & pairs.isin(pairs[rows["_crm"].to_numpy(bool)])
    return leave(rows, synced, "change that the history of Salesforce tells", ledger, "lead_id")


def _naming(context: Context) -> Callable[[pa.Array], pa.Array]:
    """Return what gives fields their names: those that the schema knows, and those of company.yml as written."""
    exports = context.company.exports
    labels = [label for labels in exports.columns.get("leads", {}).values() for label in labels]
    own = {_folded(label): label for label in (*labels, *exports.lifecycle.fields)}

    def named(words: pa.Array) -> pa.Array:
        return pa.array([known_field(word) or own.get(_folded(word)) for word in words.to_pylist()], TEXT)

    return named


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

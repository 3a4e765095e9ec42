"""Field history: old and new values of single fields as events, each read by the kind of its field."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.context import Context
from revops.exports.deals.states import Block
from revops.exports.money import converted_by, factors, refuse_unconverted
from revops.exports.people import People
from revops.exports.reading.both_currencies import as_written
from revops.exports.reading.columns import TEXT, by_distinct
from revops.exports.reading.dates import DateRule, Dates, read_dates
from revops.exports.reading.frames import Frame
from revops.exports.reading.marks import code_of
from revops.exports.reading.numbers import Numbers, read_numbers
from revops.exports.reading.rates import read_rates

__all__ = ["Changes", "read_changes", "tracked_fields"]

FIELD_WORDS = {
    "stagename": "stage_name",
    "stage": "stage_name",
    "amount": "amount",
    "closedate": "close_date",
    "owner": "owner_id",
    "ownerid": "owner_id",
    "opportunityowner": "owner_id",
    "forecastcategoryname": "forecast_category",
    "forecastcategory": "forecast_category",
    "probability": "win_probability",
    "probability(%)": "win_probability",
    "type": "type",
    "leadsource": "source",
}
OWNER_ID = r"^00[5G][A-Za-z0-9]{12}([A-Za-z0-9]{3})?$"


@dataclass
class Changes:
    """The changes of one field: which opportunity, when, what it became, and for each opportunity what it was first."""

    field: str
    block: Block
    first_place: np.ndarray
    first_at: np.ndarray
    first: dict[str, pa.Array]


def tracked_fields(table: pa.Table) -> pa.Array:
    """Return for each row of field history the canonical field it changes; null where it is none we use."""
    return by_distinct(
        table["field"].combine_chunks(),
        lambda words: pa.array([FIELD_WORDS.get("".join(w.split()).casefold()) for w in words.to_pylist()], TEXT),
    )


def read_changes(frame: Frame, rows: pa.Table, deals: pa.Table, context: Context) -> list[Changes]:
    """Return the changes of each field in `rows` (field history with `_place`, `_at` and `_field`)."""
    found = []
    for field in sorted(pc.unique(rows["_field"]).to_pylist()):
        part = rows.filter(pc.equal(rows["_field"], field))
        place, at = part["_place"].to_numpy(), part["_at"].to_numpy()
        texts = pa.concat_arrays([part[name].combine_chunks() for name in ("old_value", "new_value")])
        values, sure = _values(field, texts, deals.take(pa.array(np.concatenate([place, place]))), frame, context)
        n = part.num_rows
        content = part["new_value"].combine_chunks().fill_null("").to_pandas()
        old = part["old_value"].combine_chunks().fill_null("").to_pandas()
        keys = pd.DataFrame(
            {"place": place, "at": at, "sure": sure[n:], "old_sure": sure[:n], "new": content, "old": old}
        )
        order = _chained(keys)
        block = Block(place[order], at[order], 2, {k: v.slice(n).take(pa.array(order)) for k, v in values.items()})
        first_rows = order[_first_rows(keys.iloc[order])]
        first = {k: v.take(pa.array(first_rows)) for k, v in values.items()}
        found.append(Changes(field, block, place[first_rows], at[first_rows], first))
    return found


def _chained(keys: pd.DataFrame) -> np.ndarray:
    """Return the rows by opportunity and stamp; of one stamp, a value that is changed again comes before, ids last."""
    last = ~_among(keys, "new", "old")
    order = keys.assign(last=last).sort_values(["place", "at", "last", "sure", "new", "old"], kind="stable")
    return order.index.to_numpy()


def _first_rows(keys: pd.DataFrame) -> np.ndarray:
    """Return one row per opportunity whose old value is the earliest known: of its first stamp the chain's start."""
    keys = keys.reset_index(drop=True)
    keys["inner"], keys["unsure"] = _among(keys, "old", "new"), ~keys["old_sure"]
    return (
        keys.sort_values(["place", "at", "inner", "unsure", "old"], kind="stable")
        .drop_duplicates("place")
        .index.to_numpy()
    )


def _among(keys: pd.DataFrame, ours: str, theirs: str) -> np.ndarray:
    """Return which rows' `ours` is `theirs` of some row of the same opportunity and stamp."""
    there = pd.MultiIndex.from_frame(keys[["place", "at", theirs]])
    return pd.MultiIndex.from_frame(keys[["place", "at", ours]]).isin(there)


def _values(
    field: str, texts: pa.Array, deals: pa.Table, frame: Frame, context: Context
) -> tuple[dict[str, pa.Array], np.ndarray]:
    """Return the columns that a field's values mean, and which values are sure (an owner known by id)."""
    where = f"{frame.source.name}, column Old Value and New Value of {field}"
    sure = np.ones(len(texts), bool)
    if field == "stage_name":
        return dict(zip(("stage_name", "outcome"), context.words.map_stages(texts), strict=True)), sure
    if field == "type":
        return {"type": context.words.map_types(texts)}, sure
    if field == "forecast_category":
        return {"forecast_category": context.words.map_categories(texts)}, sure
    if field == "source":
        return {"source": context.words.map_sources(_with_campaigns(texts, deals))}, sure
    if field == "owner_id":
        owners = by_distinct(
            texts, lambda words: pa.array([_owner(w, context.people) for w in words.to_pylist()], TEXT)
        )
        known = pc.match_substring_regex(owners, OWNER_ID).fill_null(False)
        return {"owner_id": owners}, known.to_numpy(False)
    if field == "amount":
        return _amounts(texts, deals, where, frame, context), sure
    return {field: _measured(field, texts, where, frame, context)}, sure


def _measured(field: str, texts: pa.Array, where: str, frame: Frame, context: Context) -> pa.Array:
    exports, kind = context.company.exports, frame.description.kind
    if field == "close_date":
        read = read_dates(texts, DateRule(where, "date", exports.date_order))
    else:
        read = read_rates(texts, where, True, kind.decimal_sign, exports.decimal_sign)
    _note(read, frame, context)
    return read.column


def _amounts(texts: pa.Array, deals: pa.Table, where: str, frame: Frame, context: Context) -> dict[str, pa.Array]:
    """Return amounts as written and in the company's currency, by the currency written, else the deal's own."""
    read = read_numbers(
        as_written(texts),
        where,
        "auto",
        "point" if frame.source.route == "api" else context.company.exports.decimal_sign,
    )
    _note(read, frame, context)
    own = deals["currency"].cast(TEXT).combine_chunks() if "currency" in deals.column_names else None
    written = pa.nulls(len(texts), TEXT) if read.marks is None else by_distinct(read.marks, _own_codes)
    currency = pc.fill_null(pc.coalesce(written, own) if own is not None else written, context.company.currency)
    factor = factors(currency, context.company)
    if "ratio" in deals.column_names:
        factor = pc.coalesce(factor, deals["ratio"].combine_chunks())
    amount = converted_by(read.column, factor)
    found = pa.table({"amount": amount, "amount_original": read.column, "currency": currency})
    refuse_unconverted(found, context.company, where, context.ledger)
    return {"amount": amount, "amount_original": read.column}


def _own_codes(marks: pa.Array) -> pa.Array:
    """Return the currencies of marks; one that several share stays open, for the deal to say."""
    return pa.array([code_of(mark, None) for mark in marks.to_pylist()], TEXT)


def _note(read: Dates | Numbers, frame: Frame, context: Context) -> None:
    if read.problem:
        context.ledger.problems.append(read.problem)
    if read.decision:
        frame.source.decisions.append(read.decision)
    if read.unreadable and not read.problem:
        frame.source.warnings.append(f"{read.unreadable:,} old or new values cannot be read and are taken as blank")


def _with_campaigns(texts: pa.Array, deals: pa.Table) -> pa.Table:
    names = [name for name in ("campaign_type", "campaign_name") if name in deals.column_names]
    return pa.table({"lead_source": texts, **{name: deals[name] for name in names}})


def _owner(word: str | None, people: People) -> str | None:
    """Return the id of an owner written as id or name; a name that is nobody's stays as it is."""
    found = people.find(word)
    if found or not word or not word.strip():
        return found
    is_id = pc.match_substring_regex(pa.scalar(word.strip()), OWNER_ID).as_py()
    return word.strip()[:15] if is_id else word.strip()

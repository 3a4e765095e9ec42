"""Field history: old and new values of single fields as events, each read by the kind of its field."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.context import Context
from revops.exports.deals.states import Block
from revops.exports.money import Unconverted, converted_by, factors
from revops.exports.people import People
from revops.exports.reading.both_currencies import as_written
from revops.exports.reading.columns import TEXT, Tally, Tallying, by_distinct
from revops.exports.reading.dates import DateRule, Dates, read_dates
from revops.exports.reading.frames import Frame
from revops.exports.reading.marks import code_of
from revops.exports.reading.numbers import Numbers, read_numbers
from revops.exports.reading.rates import read_rates

__all__ = ["Changes", "Told", "read_changes", "tracked_fields"]

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


OF_DEALS = ("currency", "ratio", "campaign_type", "campaign_name")
MEASURED = ("amount", "close_date", "win_probability")


@dataclasses.dataclass
class Changes:
    """The changes of one field: which opportunity, when, what it became, and for each opportunity what it was first."""

    field: str
    block: Block
    first_place: np.ndarray
    first_at: np.ndarray
    first: dict[str, pa.Array]


def tracked_fields(fields: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return for each word of field history the canonical field it means; null where it is none we use."""
    return by_distinct(
        fields,
        lambda words: pa.array([FIELD_WORDS.get("".join(w.split()).casefold()) for w in words.to_pylist()], TEXT),
    )


def read_changes(told: "Told", rows: pa.Table, deals: pa.Table, context: Context) -> list[Changes]:
    """Return the changes of every field that a file tells, in `rows` of it (with `_place`, `_at` and `_field`)."""
    found = []
    for field in told.fields:
        part = rows.filter(pc.equal(rows["_field"], field))
        place, at = part["_place"].to_numpy(), part["_at"].to_numpy()
        own = deals.select([name for name in OF_DEALS if name in deals.column_names])
        values, sure = _values(
            field, both_values(part), own.take(pa.array(np.concatenate([place, place]))), told, context
        )
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


def both_values(rows: pa.Table) -> pa.Array:
    """Return the old values of changes, then the new ones."""
    return pa.concat_arrays([rows[name].combine_chunks().cast(TEXT) for name in ("old_value", "new_value")])


@dataclasses.dataclass
class Told:
    """What a file of field history tells: its fields, and how the values of those that are measured are read.

    `counted` are their distinct values, `read` what these mean once all have been seen (`settle`).
    """

    frame: Frame
    fields: list[str] = dataclasses.field(default_factory=list)
    counted: dict[str, Tallying] = dataclasses.field(default_factory=dict)
    read: dict[str, tuple[pa.Array, Dates | Numbers]] = dataclasses.field(default_factory=dict)
    lost: Unconverted = dataclasses.field(default_factory=lambda: Unconverted(""))

    def count(self, rows: pa.Table) -> None:
        """Count the values of some of its rows (with `_field`)."""
        self.fields = sorted({*self.fields, *pc.unique(rows["_field"]).to_pylist()})
        for field in (name for name in MEASURED if name in self.fields):
            texts = both_values(rows.filter(pc.equal(rows["_field"], field)))
            self.counted.setdefault(field, Tallying()).add(as_written(texts) if field == "amount" else texts)

    def settle(self, context: Context) -> None:
        """Decide how the values of each measured field are read, by all of them; doubts are written down."""
        self.lost = Unconverted(self._where("amount"))
        for field in sorted(self.counted):
            tally = self.counted.pop(field).total()
            self.read[field] = (tally.values, self._measured(field, tally, context))

    def _where(self, field: str) -> str:
        return f"{self.frame.source.name}, column Old Value and New Value of {field}"

    def _measured(self, field: str, tally: Tally, context: Context) -> Dates | Numbers:
        exports, kind = context.company.exports, self.frame.description.kind
        read: Dates | Numbers
        if field == "close_date":
            read = read_dates(tally, DateRule(self._where(field), "date", exports.date_order))
        elif field == "amount":
            sign = "point" if self.frame.source.route == "api" else exports.decimal_sign
            read = read_numbers(tally, self._where(field), "auto", sign)
        else:
            read = read_rates(tally, self._where(field), True, kind.decimal_sign, exports.decimal_sign)
        if read.problem:
            context.ledger.problems.append(read.problem)
        if read.decision:
            self.frame.source.decisions.append(read.decision)
        if read.unreadable and not read.problem:
            lost = f"{read.unreadable:,} old or new values cannot be read and are taken as blank"
            self.frame.source.warnings.append(lost)
        return read


def _values(
    field: str, texts: pa.Array, deals: pa.Table, told: Told, context: Context
) -> tuple[dict[str, pa.Array], np.ndarray]:
    """Return the columns that a field's values mean, and which values are sure (an owner known by id)."""
    sure = np.ones(len(texts), bool)
    if field == "stage_name":
        return dict(zip(("stage_name", "outcome"), context.words.map_stages(texts), strict=True)), sure
    if field == "type":
        return {"type": context.words.map_types(texts)}, sure
    if field == "forecast_category":
        return {"forecast_category": context.words.map_categories(texts)}, sure
    if field == "source":
        return {"source": context.words.map_sources(_with_campaigns(texts, deals)).cast(TEXT)}, sure
    if field == "owner_id":
        owners = by_distinct(
            texts, lambda words: pa.array([_owner(w, context.people) for w in words.to_pylist()], TEXT)
        )
        known = pc.match_substring_regex(owners, OWNER_ID).fill_null(False)
        return {"owner_id": owners}, known.to_numpy(False)
    if field == "amount":
        return _amounts(as_written(texts), deals, told, context), sure
    values, read = told.read[field]
    return {field: read.column.take(pc.index_in(texts, value_set=values))}, sure


def _amounts(texts: pa.Array, deals: pa.Table, told: Told, context: Context) -> dict[str, pa.Array]:
    """Return amounts as written and in the company's currency, by the currency written, else the deal's own."""
    values, read = told.read["amount"]
    places = pc.index_in(texts, value_set=values)
    original, marks = read.column.take(places), getattr(read, "marks", None)
    own = deals["currency"].cast(TEXT).combine_chunks() if "currency" in deals.column_names else None
    written = pa.nulls(len(texts), TEXT) if marks is None else by_distinct(marks, _own_codes).take(places)
    currency = pc.fill_null(pc.coalesce(written, own) if own is not None else written, context.company.currency)
    factor = factors(currency, context.company)
    if "ratio" in deals.column_names:
        factor = pc.coalesce(factor, deals["ratio"].combine_chunks())
    amount = converted_by(original, factor)
    told.lost.add(pa.table({"amount": amount, "amount_original": original, "currency": currency}))
    return {"amount": amount, "amount_original": original}


def _own_codes(marks: pa.Array) -> pa.Array:
    """Return the currencies of marks; one that several share stays open, for the deal to say."""
    return pa.array([code_of(mark, None) for mark in marks.to_pylist()], TEXT)


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

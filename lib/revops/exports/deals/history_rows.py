"""Rows of history files brought to their opportunity, and those of whole states made events."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.deals.states import Block
from revops.exports.deals.steps import sort_states
from revops.exports.money import Unconverted, converted_by, factors
from revops.exports.reading.columns import TEXT, plain, put
from revops.exports.reading.frames import Frame

__all__ = ["leave", "located", "of_form", "once", "states_block"]

NOT_THERE = "opportunity not in the export"


def of_form(frames: list[Frame], form: str) -> list[Frame]:
    """Return the files of one form: states, steps or changes."""
    return [frame for frame in frames if frame.description.kind.form == form]


def located(table: pa.Table, deals: pa.Table, ledger: Ledger) -> pa.Table:
    """Return the rows whose opportunity we have, with its place and their stamp; the others are left out.

    Rows marked deleted are left out too, unless their opportunity is itself deleted: then they are its past.
    """
    table = leave(table, table["changed_at"].is_null().to_numpy(), "no date of change", ledger)
    ids = deals["opportunity_id"].combine_chunks()
    place = pc.index_in(table["opportunity_id"].combine_chunks(), value_set=ids).fill_null(-1).to_numpy()
    table = put(table, "_place", pa.array(place.astype(np.int32)))
    table = leave(table, place < 0, NOT_THERE, ledger)
    if "is_deleted" in table.column_names:
        gone = table["is_deleted"].fill_null(False).to_numpy()
        if "is_deleted" in deals.column_names:
            gone = gone & ~deals["is_deleted"].fill_null(False).to_numpy()[table["_place"].to_numpy()]
        table = leave(table, gone, "deleted in the system (IsDeleted)", ledger).drop_columns(["is_deleted"])
    return put(table, "_at", table["changed_at"].cast(pa.int64()))


def leave(table: pa.Table, drop: np.ndarray, reason: str, ledger: Ledger) -> pa.Table:
    """Return the table without the rows to drop, which are counted under the reason."""
    if not drop.any():
        return table
    ledger.leave_out_rows(table.filter(pa.array(drop)), reason, "opportunity_id")
    return table.filter(pa.array(~drop))


def once(rows: pa.Table, seen: list[pd.DataFrame], ledger: Ledger) -> pa.Table:
    """Return changes of fields without those that stand twice, in one file or in several; `seen` are those before."""
    if not rows.num_rows:
        return rows
    names = ("_place", "_at", "field", "old_value", "new_value")
    own = pd.DataFrame({name: plain(rows.select([name]))[name].to_pandas() for name in names})
    again = pd.concat([*seen, own], ignore_index=True).duplicated().to_numpy()[-len(own) :]
    here = own.duplicated().to_numpy()
    seen.append(own)
    rest = leave(rows, again & ~here, "same record in another file", ledger)
    return leave(rest, here[~(again & ~here)], "exact duplicate row", ledger)


def states_block(rows: pa.Table, deals: pa.Table, by_record: bool, lost: Unconverted, context: Context) -> Block:
    """Return rows of whole states as events; exact copies among them are left out, the others counted as kept.

    Parameters
        rows : with `_place`, that of their opportunity among the deals, and `_at`
        by_record : whether copies are told by their record ids
        lost : counts the amounts that have no way into the company's currency
    """
    order, copies = sort_states(rows, by_record)
    if len(copies):
        context.ledger.leave_out_rows(rows.take(pa.array(copies)), "exact duplicate row", "opportunity_id")
    needless = [
        name for name in ("opportunity_id", "changed_at", "record_id", "from_stage") if name in rows.column_names
    ]
    rows = rows.drop_columns(needless).take(pa.array(order))
    place = rows["_place"].to_numpy()
    stages, outcomes = context.words.map_stages(rows["stage_name"].combine_chunks())
    columns = {"stage_name": stages, "outcome": outcomes}
    for field in ("close_date", "win_probability", "owner_id"):
        if field in rows.column_names:
            columns[field] = rows[field].combine_chunks()
    if "forecast_category" in rows.column_names:
        columns["forecast_category"] = context.words.map_categories(rows["forecast_category"].combine_chunks())
    if "amount_original" in rows.column_names:
        columns |= _history_amounts(rows, place, deals, lost, context.company)
    context.ledger.keep_rows(rows)
    return Block(place, rows["_at"].to_numpy(), 1, columns)


def _history_amounts(
    rows: pa.Table, place: np.ndarray, deals: pa.Table, lost: Unconverted, company: Company
) -> dict[str, pa.Array]:
    """Return history's amounts in the company's currency: by its rates, else by the deal's own ratio."""
    original = rows["amount_original"].combine_chunks()
    currency = rows["currency"].combine_chunks() if "currency" in rows.column_names else None
    if currency is None or currency.null_count:
        deal = pa.repeat(company.currency, len(place))
        if "currency" in deals.column_names:
            deal = deals["currency"].cast(TEXT).combine_chunks().take(pa.array(place))
        currency = deal if currency is None else pc.coalesce(currency.cast(TEXT), deal)
    factor = factors(currency, company)
    if factor.null_count:
        if "ratio" in deals.column_names:
            factor = pc.coalesce(factor, deals["ratio"].combine_chunks().take(pa.array(place)))
        factor = pc.if_else(currency.is_null(), 1.0, factor)
    amount = converted_by(original, factor)
    lost.add(pa.table({"amount": amount, "amount_original": original, "currency": currency}))
    return {"amount": amount, "amount_original": original}

"""The opportunities table: outcome, words, names and money of the united records; test records taken out."""

import datetime as dt
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.money import converted_by
from revops.exports.people import folded
from revops.exports.reading.columns import TEXT, distinct, put
from revops.exports.reading.frames import Frame
from revops.exports.uniting.associations import with_account, without_merged
from revops.exports.uniting.records import joined, sorted_by, taken, without_deleted
from revops.exports.uniting.rows import without
from revops.exports.uniting.trial_records import without_test_records
from revops.exports.words import Words
from revops.wording import money, person

__all__ = ["build_opportunities"]

NEEDED = {"stage_name": "no stage", "close_date": "no close date", "created_at": "no created date"}


def build_opportunities(
    frames: list[Frame],
    others: dict[str, pa.Table],
    context: Context,
    histories: Sequence[pa.Array] = (),
    day: dt.date | None = None,
) -> pa.Table:
    """Return opportunities with canonical columns, sorted by id, the gate's own columns beside them.

    Deleted records are left out but for those whose ids are in `histories`: their past is known and ends in a deletion.
    """
    return sorted_by(_unsorted(frames, others, context, histories, day), "opportunity_id")


def _unsorted(
    frames: list[Frame],
    others: dict[str, pa.Table],
    context: Context,
    histories: Sequence[pa.Array],
    day: dt.date | None,
) -> pa.Table:
    company, words, ledger = context.company, context.words, context.ledger
    for frame in frames:
        _add_outcome(frame, words)
        frame.table = put(frame.table, "_stage", words.known_stages(frame.table["stage_name"]))
    table = taken(frames, "opportunities", ledger).drop_columns(["_stage"])
    table = without_merged(table, "opportunity_id", ledger)
    table = with_account(without_deleted(table, "opportunities", ledger, histories))
    table = _amounts(table, company)
    table = context.people.fill(table)
    where = f"{day}/opportunities" if day else "opportunities"
    _warn_of_namesakes(table, context, where)
    table = _with_names(table, others)
    table = without_test_records(table, "opportunity_id", company, ledger)
    _warn_of_undated(table, where, context)
    lacking = [(reason, table[column].is_null()) for column, reason in NEEDED.items()]
    table = without(table, lacking, ledger, "opportunity_id")
    table = _with_words(table, words)
    _warn_of_outcomes(table, where, ledger)
    _warn_of_amounts(table, where, ledger)
    return table


def _add_outcome(frame: Frame, words: Words) -> None:
    rule = frame.description.kind.outcome
    if rule is not None:
        raw = frame.table[rule.column].combine_chunks()
        outcome = words.map_outcomes(raw, frame.description, frame.source)
        frame.table = put(frame.table, "outcome", outcome)


def _amounts(table: pa.Table, company: Company) -> pa.Table:
    """Fill amounts that only the ratio of another copy of the deal can convert."""
    if "amount" not in table.column_names:
        return table
    table = put(table, "currency", pc.fill_null(table["currency"].cast(TEXT), company.currency))
    if "ratio" in table.column_names:
        by_ratio = converted_by(table["amount_original"], table["ratio"])
        table = put(table, "amount", pc.coalesce(table["amount"], by_ratio))
    return table


def _warn_of_namesakes(table: pa.Table, context: Context, where: str) -> None:
    """Warn of opportunities whose owner is known by a name alone that several owners have."""
    shared = context.people.shared
    if not shared:
        return
    codes = distinct(table["owner_id"])
    names = [name for name in codes.dictionary.to_pylist() if folded(name) in shared]
    n = pc.sum(pc.is_in(table["owner_id"], pa.array(names, TEXT))).as_py() or 0
    if n:
        context.ledger.warnings.append(
            f"{where}: {n:,} of {table.num_rows:,} belong to an owner known by a name that several have "
            f"({examples(map(person, sorted(names)))}); add Owner ID to the report"
        )


def _warn_of_undated(table: pa.Table, where: str, context: Context) -> None:
    """Warn of open opportunities without a close date, which belong to no period and are left out, with their sum."""
    is_open = pc.is_in(table["stage_name"].cast(TEXT), pa.array(context.words.open_words(table["stage_name"]), TEXT))
    if "outcome" in table.column_names:
        is_open = pc.if_else(table["outcome"].is_null(), is_open, pc.equal(table["outcome"].cast(TEXT), "open"))
    undated = table.filter(pc.and_(table["close_date"].is_null(), is_open))
    if not undated.num_rows:
        return
    total = pc.sum(undated["amount"]).as_py() if "amount" in undated.column_names else None
    worth = "no amount" if total is None else money(total, context.company.currency, exact=True)
    shown = examples(sorted(undated["opportunity_id"].to_pylist()))
    context.ledger.warnings.append(
        f"{where}: {undated.num_rows:,} open of {table.num_rows:,} have no close date ({shown}): with "
        f"{worth} they are pipeline of no period and left out of every "
        "number. Give them a close date in the CRM"
    )


def _with_names(table: pa.Table, others: dict[str, pa.Table]) -> pa.Table:
    """Fill account and campaign names from their own files."""
    wanted = (
        ("accounts", "account_id", ("account_name",)),
        ("campaigns", "campaign_id", ("campaign_name", "campaign_type")),
    )
    for other, key, names in wanted:
        if other not in others or key not in table.column_names:
            continue
        for name in names:
            found = joined(table[key], others[other], key, name)
            own = table[name].cast(TEXT) if name in table.column_names else pa.nulls(table.num_rows, TEXT)
            table = put(table, name, pc.coalesce(own, found))
    return table


def _with_words(table: pa.Table, words: Words) -> pa.Table:
    names, outcomes = words.map_stages(table["stage_name"].combine_chunks())
    own = table["outcome"] if "outcome" in table.column_names else pa.nulls(table.num_rows, TEXT)
    table = put(put(table, "stage_name", names), "outcome", pc.coalesce(own, outcomes))
    raw = table["type"].combine_chunks() if "type" in table.column_names else pa.nulls(table.num_rows, TEXT)
    table = put(put(table, "type", words.map_types(raw)), "source", words.map_sources(table))
    if "forecast_category" in table.column_names:
        table = put(table, "forecast_category", words.map_categories(table["forecast_category"].combine_chunks()))
    return table


def _warn_of_outcomes(table: pa.Table, where: str, ledger: Ledger) -> None:
    for flag, meaning in (("is_won", ("won",)), ("is_closed", ("won", "lost"))):
        if flag in table.column_names:
            ours = pc.is_in(table["outcome"], pa.array(meaning))
            differs = pc.not_equal(table[flag], ours).fill_null(False)
            if n := pc.sum(differs).as_py() or 0:
                ids = sorted(table["opportunity_id"].filter(differs).to_pylist())
                ledger.warnings.append(
                    f"{where}: {n:,} of {table.num_rows:,} where {flag} of the export disagrees with the "
                    f"outcome of their stage in company.yml ({examples(ids)})"
                )


def _warn_of_amounts(table: pa.Table, where: str, ledger: Ledger) -> None:
    if "amount_original" not in table.column_names:
        ledger.warnings.append(f"{where}: no file has an amount column")
        return
    blank = pc.and_(table["amount"].is_null(), table["amount_original"].is_null())
    negative = pc.less(table["amount"], 0).fill_null(False)
    for mask, what in ((blank, "have no amount"), (negative, "have a negative amount")):
        if n := pc.sum(mask).as_py() or 0:
            ids = sorted(table["opportunity_id"].filter(mask).to_pylist())
            ledger.warnings.append(f"{where}: {n:,} of {table.num_rows:,} {what}; kept ({examples(ids)})")

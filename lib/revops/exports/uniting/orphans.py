"""Records that another file speaks of and no file holds: a sign that an export was filtered or cut off."""

import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.money import converted_by, factors
from revops.exports.people import folded
from revops.exports.reading.columns import TEXT, by_distinct, plain, whole
from revops.exports.reading.frames import Frame
from revops.wording import money

__all__ = ["warn_of_orphans"]

NEEDED = ["opportunity_id", "changed_at", "amount_original", "currency"]  # of history


def warn_of_orphans(
    known: pa.Table, history: list[Frame], tables: dict[str, pa.Table], deals: pa.Table, context: Context
) -> None:
    """Warn of history without its opportunity, and of opportunities whose account or owner is in no file.

    Parameters
        known : the ids of opportunities as they were read, records that are left out later among them
        history : the files of history
        tables : the ids of accounts and owners, where files hold them
    """
    company, ledger, shared = context.company, context.ledger, context.people.shared
    _warn_of_history(known, history, company, ledger)
    for table, column, called in (
        ("accounts", "account_id", "name an account"),
        ("owners", "owner_id", "have an owner"),
    ):
        if table not in tables or column not in deals.column_names:
            continue
        ids = deals[column].cast(TEXT)
        known = pc.is_in(ids, value_set=tables[table][column].cast(TEXT).combine_chunks())
        doubtful = by_distinct(
            ids, lambda words: pa.array([folded(w) in shared for w in words.to_pylist()], pa.bool_())
        )
        lost = pc.and_(pc.invert(known), pc.and_(ids.is_valid(), pc.invert(doubtful).fill_null(True)))
        if n := pc.sum(lost).as_py() or 0:
            amount = pc.sum(deals["amount"].filter(lost)).as_py() if "amount" in deals.column_names else None
            shown = examples(sorted(pc.unique(ids.filter(lost)).to_pylist()))
            ledger.warnings.append(
                f"opportunities: {n:,} of {deals.num_rows:,}{_worth(amount, company)} {called} that no file of "
                f"{table} holds ({shown}): its export may be filtered or cut off"
            )


def _warn_of_history(known: pa.Table, history: list[Frame], company: Company, ledger: Ledger) -> None:
    """Warn of opportunities that have history and are in no file, with what they were worth last."""
    if not history:
        return
    told = pc.unique(pa.concat_arrays([frame.distinct("opportunity_id") for frame in history]))
    names = sorted(told.filter(pc.invert(pc.is_in(told, value_set=whole(known["opportunity_id"])))).to_pylist())
    if not names:
        return
    gone = pa.concat_tables(
        [_of(part, names) for frame in history for part in frame.parts(NEEDED)], promote_options="default"
    )
    ledger.warnings.append(
        f"opportunity_history: {len(names):,} of {len(told):,} opportunities with history"
        f"{_worth(_last_amounts(gone, company), company)} are in no file of opportunities ({examples(names)}): its "
        "export may be filtered or cut off"
    )


def _of(rows: pa.Table, names: list[str]) -> pa.Table:
    """Return the rows of some opportunities."""
    return plain(rows).filter(pc.is_in(rows["opportunity_id"].cast(TEXT), value_set=pa.array(names, TEXT)))


def _last_amounts(rows: pa.Table, company: Company) -> float | None:
    """Return the sum of the last amount of each opportunity in the company's currency, where history has amounts."""
    if "amount_original" not in rows.column_names:
        return None
    currency = pa.repeat(company.currency, rows.num_rows)
    if "currency" in rows.column_names:
        currency = pc.fill_null(rows["currency"].cast(TEXT), company.currency).combine_chunks()
    amount = converted_by(rows["amount_original"].combine_chunks(), factors(currency, company))
    last = rows.select(["opportunity_id", "changed_at"]).append_column("amount", amount).sort_by("changed_at")
    found = last.group_by("opportunity_id", use_threads=False).aggregate([("amount", "last")])
    return pc.sum(found["amount_last"]).as_py()


def _worth(amount: float | None, company: Company) -> str:
    return f" ({money(amount, company.currency, exact=True)})" if amount else ""

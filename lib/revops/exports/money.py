"""Amounts in the company's currency: the converted column, the same currency, the company's rates, or a refusal."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT, put
from revops.exports.reading.frames import Frame
from revops.wording import plural

__all__ = [
    "NEARLY",
    "Unconverted",
    "add_amounts",
    "converted_by",
    "converted_rows",
    "factors",
    "original_currency",
    "refuse_unconverted",
    "say_currency",
    "say_without_currency",
    "without_currency",
]

NEARLY = 3
"""Decimals to which sums of money are alike in whatever order they are added."""


def add_amounts(frame: Frame, company: Company, ledger: Ledger) -> None:
    """Add `amount` (company currency), `currency` and, where the file tells, `ratio` (converted / original).

    An amount without a currency column is in the company's currency. Where an amount cannot be converted it stays
    null here and `refuse_unconverted` names it, once it is known which rows are kept.
    """
    table = frame.table
    if not {"amount_original", "amount_converted"} & set(table.column_names):
        return
    original = _column(table, "amount_original")
    say_without_currency(without_currency(table), frame, company)
    currency, amount = original_currency(table, company), None
    if "amount_converted" in table.column_names:
        converted = _column(table, "amount_converted")
        _check_converted(table, company, frame, ledger)
        amount = converted
        divisor = pc.if_else(pc.equal(original, 0.0), None, original)
        table = put(table, "ratio", pc.divide(converted, divisor))
    by_rate = converted_by(original, factors(currency, company))
    amount = by_rate if amount is None else pc.coalesce(amount, by_rate)
    table = put(table, "amount_original", original)
    frame.table = put(put(table, "amount", amount), "currency", currency)


def factors(currency: pa.Array, company: Company) -> pa.Array:
    """Return what each row's amount is multiplied by to be in the company's currency; null where nothing says."""
    codes = pc.dictionary_encode(currency) if not pa.types.is_dictionary(currency.type) else currency
    known = {**company.rates, company.currency: 1.0}
    values = pa.array([known.get(code) for code in codes.dictionary.to_pylist()], pa.float64())
    return values.take(codes.indices)


def converted_by(original: pa.Array, factor: pa.Array) -> pa.Array:
    """Return amounts times their factors, to the cent where the factor changes them."""
    return pc.if_else(pc.equal(factor, 1.0), original, pc.round(pc.multiply(original, factor), 2))


def converted_rows(rows: pd.DataFrame, company: Company) -> pd.Series:
    """Return `amount_original` of rows in the company's currency, as `converted_by` does; null where nothing says."""
    factor = rows["currency"].map({**company.rates, company.currency: 1.0}).astype("float64")
    return rows["amount_original"].where(factor.eq(1), (rows["amount_original"] * factor).round(2))


def original_currency(table: pa.Table, company: Company) -> pa.Array:
    """Return each row's currency; the company's where the export has none."""
    if "currency" not in table.column_names:
        return pa.repeat(company.currency, table.num_rows).dictionary_encode()
    column = _column(table, "currency")
    if column.null_count:
        column = pc.fill_null(column.cast(TEXT), company.currency)
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def without_currency(table: pa.Table) -> int:
    """Return how many amounts of a table have no currency beside them."""
    there = _column(table, "amount_original").is_valid()
    if "currency" in table.column_names:
        there = pc.and_(there, _column(table, "currency").is_null())
    return pc.sum(there).as_py() or 0


def say_without_currency(n: int, frame: Frame, company: Company) -> None:
    """Write down that so many amounts of a file have no currency, and in which they are taken to be."""
    if n and "currency" not in frame.rows.column_names:
        say_currency(frame, company)
    elif n:
        frame.source.warnings.append(f"{plural(n, 'amount')} without a currency: taken as {company.currency}")


def say_currency(frame: Frame, company: Company, name: str = "amount_original") -> None:
    """Write down that a file says nowhere in which currency its amounts are, and which they are taken to be in."""
    label = frame.labels.get(name, "amounts")
    frame.source.decisions.append(f"{label}: no currency in the file; taken as {company.currency}")


def refuse_unconverted(table: pa.Table, company: Company, what: str, ledger: Ledger) -> None:
    """Add a problem where amounts have no way into the company's currency, with the number of rows per currency."""
    found = Unconverted(what)
    found.add(table)
    found.refuse(company, ledger)


@dataclass
class Unconverted:
    """Counts the amounts of a table, part by part, that have no way into the company's currency; `what` it is."""

    what: str
    n: int = 0
    lost: Counter[str] = field(default_factory=Counter)

    def add(self, table: pa.Table) -> None:
        """Count the rows of one part, by their amount, amount_original and currency."""
        self.n += table.num_rows
        if not {"amount", "amount_original", "currency"} <= set(table.column_names):
            return
        lost = pc.and_(table["amount"].is_null(), table["amount_original"].is_valid())
        if pc.any(lost).as_py():
            codes = table["currency"].filter(lost).combine_chunks().cast(TEXT)
            self.lost.update({item["values"]: item["counts"] for item in pc.value_counts(codes).to_pylist()})

    def refuse(self, company: Company, ledger: Ledger) -> None:
        """Add a problem where there are any, with the number of rows per currency."""
        if not self.lost:
            return
        listed = sorted(self.lost.items())
        found = ", ".join(f"{code} in {plural(count, 'row')}" for code, count in listed)
        lines = "".join(f"\n    {code}: TODO" for code, _ in listed)
        ledger.problems.append(
            f"{self.what}: every amount must be convertible to {company.currency}; found {self.lost.total():,} of "
            f"{self.n:,} that are not ({found}). Add what one unit is worth in {company.currency} to company.yml:\n"
            f"  rates:{lines}"
        )


def _check_converted(table: pa.Table, company: Company, frame: Frame, ledger: Ledger) -> None:
    if "converted_currency" not in table.column_names:
        frame.source.decisions.append(f"converted amounts: no currency column; taken as {company.currency}")
        _check_same(table, company, frame, ledger)
        return
    codes = _column(table, "converted_currency").cast(TEXT)
    other = pc.fill_null(pc.not_equal(codes, company.currency), False)
    if n := pc.sum(other).as_py() or 0:
        names = ", ".join(sorted(pc.unique(codes.filter(other)).to_pylist()))
        ledger.problems.append(
            f"{frame.source.name}: converted amounts must be in {company.currency}; found {n:,} of "
            f"{table.num_rows:,} rows in {names}. Run the report as a user whose currency is {company.currency}, or "
            "correct currency in company.yml."
        )


def _check_same(table: pa.Table, company: Company, frame: Frame, ledger: Ledger) -> None:
    """Refuse converted amounts of unknown currency that differ from originals in the company's own."""
    if not {"currency", "amount_original"} <= set(table.column_names):
        return
    off = pc.abs(pc.subtract(_column(table, "amount_converted"), _column(table, "amount_original")))
    own = pc.equal(_column(table, "currency").cast(TEXT), company.currency)
    wrong = pc.and_(own, pc.greater(off, 0.01)).fill_null(False)
    if n := pc.sum(wrong).as_py() or 0:
        ids = sorted(pc.drop_null(table["opportunity_id"].filter(wrong)).to_pylist())
        ledger.problems.append(
            f"{frame.source.name}: converted amounts must be in {company.currency}; found {n:,} of {table.num_rows:,} "
            f"rows in {company.currency} whose converted amount is another ({examples(ids)}). Add the column Amount "
            "(converted) Currency to the report, or correct currency in company.yml."
        )


def _column(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        return pa.array(np.full(table.num_rows, None), pa.float64())
    return table[name].combine_chunks()

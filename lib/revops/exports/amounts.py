"""Amounts in the company's currency, where a file may have them in the smallest unit of their own."""

import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.money import converted_by, factors, original_currency
from revops.exports.reading.columns import TEXT, put, whole
from revops.exports.reading.frames import Frame

__all__ = ["with_amounts"]

NO_DECIMALS = ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
               "XPF")  # fmt: skip
THREE_DECIMALS = ("BHD", "JOD", "KWD", "OMR", "TND")


def with_amounts(frame: Frame, context: Context) -> pa.Table:
    """Return a frame's table with `currency`, `amount_original` in major units, and `amount` in company currency."""
    table = frame.table
    currency = whole(original_currency(table, context.company, frame)).cast(TEXT)
    original = whole(table["amount_original"])
    if frame.description.kind.minor_units:
        _refuse_fractions(original, frame, context)
        original = pc.divide(original, _per_unit(currency))
    amount = converted_by(original, factors(currency, context.company))
    return put(put(put(table, "amount_original", original), "currency", currency), "amount", amount)


def _per_unit(currency: pa.Array) -> pa.Array:
    """Return how many of its smallest units one of each currency has: yen has none smaller."""
    none, three = (pc.is_in(currency, pa.array(codes)) for codes in (NO_DECIMALS, THREE_DECIMALS))
    return pc.if_else(none, 1.0, pc.if_else(three, 1000.0, 100.0))


def _refuse_fractions(amounts: pa.Array, frame: Frame, context: Context) -> None:
    wrong = pc.not_equal(amounts, pc.floor(amounts)).fill_null(False)
    if n := pc.sum(wrong).as_py() or 0:
        shown = examples(sorted(pc.unique(amounts.filter(wrong)).to_pylist()))
        context.ledger.problems.append(
            f"{frame.source.name}: amounts of {frame.description.kind.name} must be whole cents; found {n:,} of "
            f"{len(amounts):,} with decimals ({shown}). If they are whole units of currency, describe the file in "
            "systems/ beside company.yml."
        )

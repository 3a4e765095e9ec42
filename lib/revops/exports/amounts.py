"""Amounts in the company's currency, where a file may have them in the smallest unit of their own."""

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.money import converted_by, factors, original_currency, say_without_currency, without_currency
from revops.exports.reading.columns import TEXT, put, whole
from revops.exports.reading.frames import Frame

__all__ = ["Amounts", "with_amounts"]

NO_DECIMALS = ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
               "XPF")  # fmt: skip
THREE_DECIMALS = ("BHD", "JOD", "KWD", "OMR", "TND")


def with_amounts(frame: Frame, context: Context) -> pa.Table:
    """Return a frame's table with `currency`, `amount_original` in major units, and `amount` in company currency."""
    amounts = Amounts(frame, context.company)
    table = amounts.of(frame.table)
    amounts.tell(context.ledger)
    return table


@dataclass
class Amounts:
    """The amounts of one file, part by part; what is to be said of them is counted, and said of all together.

    `unsaid` counts those without a currency, `n_fractions` those of the smallest unit that are not whole.
    """

    frame: Frame
    company: Company
    n: int = 0
    unsaid: int = 0
    n_fractions: int = 0
    fractions: set[float] = field(default_factory=set)

    def of(self, part: pa.Table) -> pa.Table:
        """Return a part with `currency`, `amount_original` in major units, and `amount` in company currency."""
        currency = whole(original_currency(part, self.company)).cast(TEXT)
        original = whole(part["amount_original"])
        self.n, self.unsaid = self.n + len(part), self.unsaid + without_currency(part)
        if self.frame.description.kind.minor_units:
            wrong = original.filter(pc.not_equal(original, pc.floor(original)))
            self.n_fractions += len(wrong)
            self.fractions = set(sorted({*self.fractions, *pc.unique(wrong).to_pylist()})[:3])
            original = pc.divide(original, _per_unit(currency))
        amount = converted_by(original, factors(currency, self.company))
        return put(put(put(part, "amount_original", original), "currency", currency), "amount", amount)

    def tell(self, ledger: Ledger) -> None:
        """Write down what was found in all parts."""
        say_without_currency(self.unsaid, self.frame, self.company)
        if self.n_fractions:
            ledger.problems.append(
                f"{self.frame.source.name}: amounts of {self.frame.description.kind.name} must be whole cents; found "
                f"{self.n_fractions:,} of {self.n:,} with decimals ({examples(sorted(self.fractions))}). If they are "
                "whole units of currency, describe the file in systems/ beside company.yml."
            )


def _per_unit(currency: pa.Array) -> pa.Array:
    """Return how many of its smallest units one of each currency has: yen has none smaller."""
    none, three = (pc.is_in(currency, pa.array(codes)) for codes in (NO_DECIMALS, THREE_DECIMALS))
    return pc.if_else(none, 1.0, pc.if_else(three, 1000.0, 100.0))

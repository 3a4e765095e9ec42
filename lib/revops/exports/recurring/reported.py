"""Recurring revenue as the billing system reports it: one amount per customer and month."""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.amounts import Amounts
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.reading.columns import by_distinct, put, text_of
from revops.exports.reading.frames import Frame
from revops.exports.reading.period_names import read_period
from revops.exports.recurring.billed import Found, worth
from revops.exports.recurring.months import ORDER, REPORTED, laid_out
from revops.exports.uniting.rows import in_one, without, without_copies

__all__ = ["Reports"]

KEY = ["customer_id", "month", "currency"]


class Reports:
    """All reports of recurring revenue: their rows part by part, then customer by customer, and what is odd in them."""

    def __init__(self, frames: list[Frame], context: Context) -> None:
        self.context = context
        self.files = [Amounts(frame, context.company) for frame in frames]
        self.of_none = {frame.source.name: Found() for frame in frames}
        self.several = Found()
        self.found: set[dt.datetime] = set()

    @property
    def months(self) -> pd.DatetimeIndex:
        """Return all months in which a customer has an amount, in order, once every part has come."""
        return pd.DatetimeIndex(sorted(self.found), dtype="datetime64[us]")

    def parts(self, ledger: Ledger) -> Iterator[pa.Table]:
        """Yield the rows that have a customer and an amount; the others are counted."""
        for file in self.files:
            source, months = file.frame.source, set()
            for part in file.frame.parts():
                rows = put(file.of(part), "month", by_distinct(text_of(part, "period_name"), _months))
                months.update(pc.unique(rows["month"]).drop_null().to_pylist())
                reasons = [(f"no {word}", rows[name].is_null()) for word, name in
                           (("customer", "customer_id"), ("amount", "amount_original"))]  # fmt: skip
                rows = without(rows, reasons, ledger, "customer_id")
                self._see_months(rows, source.name)
                yield laid_out(rows, REPORTED)
            if months:
                source.first, source.last = (f"{day:%Y-%m-%d}" for day in (min(months), max(months)))

    def _see_months(self, rows: pa.Table, name: str) -> None:
        self.found.update(pc.unique(rows["month"]).drop_null().to_pylist())
        odd = text_of(rows, "period_name").filter(rows["month"].is_null()).fill_null("(blank)")
        found = self.of_none[name]
        found.of += rows.num_rows
        found.add(len(odd), set(pc.unique(odd).to_pylist()).difference(found.shown))

    def once(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return a row per customer, month and currency, of rows that hold all of their customers, in that order."""
        ledger = self.context.ledger
        rows = without_copies(rows, [*KEY, "amount_original"], ledger, "customer_id", ("customer_name",))
        self._see_several(rows)
        ledger.keep_rows(pa.table({"_file": pa.array(rows["_file"], pa.int32())}))
        places = np.where(rows["amount_original"].eq(0), ORDER.index("free"), ORDER.index("active"))
        return rows.assign(status=pd.Categorical.from_codes(places, ORDER))

    def _see_several(self, rows: pd.DataFrame) -> None:
        """Count two amounts of one customer, month and currency: nothing says which is right."""
        same = in_one(rows, KEY)
        again = same[1:] == same[:-1]  # they are in that order
        self.several.of += len(rows) - int(again.sum())
        if not again.any():
            return
        clash = rows[rows.duplicated(KEY, keep=False) & rows["month"].notna()]
        amounts = clash.groupby(KEY)["amount"]
        shown = {f"{row.customer_id} {row.month:%Y-%m}" for row in clash.itertuples()}
        apart = float((amounts.max() - amounts.min()).sum())
        self.several.add(amounts.ngroups, shown, apart, clash["_file"].unique().tolist())

    def tell(self) -> None:
        """Write down what all parts have told; rows of no month and contradictions are refused."""
        problems = self.context.ledger.problems
        for file in self.files:
            file.tell(self.context.ledger)
        for name, odd in sorted(self.of_none.items()):
            if odd.n:
                problems.append(
                    f"{name}: every row must be of a month; found {odd.n:,} of {odd.of:,} that are of none "
                    f"({examples(odd.shown)}). Write it as 2025-05."
                )
        if self.several.n:
            names = sorted({self.context.ledger.sources[index].name for index in self.several.files})
            problems.append(
                f"{', '.join(names[:3])}: a customer must have one amount per month and currency; found "
                f"{self.several.n:,} of {self.several.of:,} with several ({examples(self.several.shown)}), "
                f"{worth(self.several, self.context)} apart. Remove the reports or rows that are out of date."
            )


def _months(names: pa.Array) -> pa.Array:
    """Return the first day of the month that each text names; null where it names none."""
    spans = [read_period(name, 1) for name in names.to_pylist()]
    return pa.array([span.first if span and span.is_in_one_month else None for span in spans], pa.date32()).cast(
        pa.timestamp("us")
    )

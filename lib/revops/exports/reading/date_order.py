"""Whether the day or the month comes first in a column of dates: by its cells, never cell by cell, or refused."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.reading.columns import TEXT, distinct
from revops.wording import plural

__all__ = ["ORDERS", "DateRule", "Order", "at_midnight", "order_of"]

MIDNIGHT = r"[ T]00:00(:00([.,]0+)?)? ?(Z|UTC|GMT|\+00:?00)?$"
ORDERS = {"day_first": "day first", "month_first": "month first"}


@dataclass(frozen=True)
class DateRule:
    """How one column is to be read: where it stands (for messages), its kind, and what the cells cannot tell."""

    where: str
    kind: str
    order: str = "auto"
    utc: bool = False
    zone: str = "UTC"
    company_zone: str = "UTC"
    says: str = "company.yml says so"

    @property
    def label(self) -> str:
        """Return the header of the column."""
        return self.where.rpartition("column ")[2]


def at_midnight(column: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether every cell of a column of moments is midnight: it then holds days."""
    values = distinct(column).dictionary.cast(TEXT)
    filled = values.filter(pc.not_equal(pc.utf8_trim_whitespace(values), ""))
    return len(filled) > 0 and pc.all(pc.match_substring_regex(pc.utf8_trim_whitespace(filled), MIDNIGHT)).as_py()


@dataclass(frozen=True)
class Order:
    """Which of day and month comes first, the sentences that report or refuse it, and whether the cells show it."""

    order: str = "month_first"
    decision: str = ""
    problem: str = ""
    is_shown: bool = False
    unsure: bool = False


def order_of(values: pa.Array, parts: dict[str, np.ndarray], counts: np.ndarray, rule: DateRule) -> Order:
    """Return whether days or months come first, from the cells or, where these do not tell, from the rule."""
    fits = parts["y"] > 0
    if not fits.any():
        return Order()
    first, second = fits & (parts["a"] > 12), fits & (parts["b"] > 12)
    total, n_first, n_second = int(counts[fits].sum()), int(counts[first].sum()), int(counts[second].sum())
    if problem := _contradiction(values, parts, counts, (fits, first, second), rule):
        return Order(problem=problem)
    if n_first or n_second:
        order, n = ("day_first", n_first) if n_first else ("month_first", n_second)
        day = int(parts["a" if n_first else "b"][fits].max())
        shown = f"{rule.label}: {ORDERS[order]} (day {day} > 12 in {n:,} of {total:,} rows)"
        return Order(order, shown, is_shown=True)
    if (parts["sign"][fits] == ".").all():
        return Order("day_first", f"{rule.label}: day first (written with points, {total:,} rows)", is_shown=True)
    both = fits & (parts["a"] != parts["b"])
    if rule.order == "auto" and both.any():
        shown = sorted(values.filter(pa.array(both)).to_pylist())
        return Order(unsure=True, problem=
            f"{rule.where}: the order of day and month must be known; found {int(counts[both].sum()):,} of {total:,} "
            f"rows that read both ways ({examples(shown)}). Set exports.date_order in company.yml to day_first or "
            "month_first."
        )  # fmt: skip
    order = rule.order if rule.order != "auto" else "month_first"
    decision = f"{rule.label}: {ORDERS[order]} (no day above 12; {rule.says})" if both.any() else ""
    return Order(order, decision, unsure=bool(both.any()))


def _contradiction(
    values: pa.Array, parts: dict[str, np.ndarray], counts: np.ndarray, masks: tuple[np.ndarray, ...], rule: DateRule
) -> str:
    """Return the sentence that refuses a column written in two orders, or perhaps with its year of two digits first."""
    fits, first, second = masks
    total = int(counts[fits].sum())
    if first.any() and second.any():
        n_first, n_second = int(counts[first].sum()), int(counts[second].sum())
        shown = [min(values.filter(pa.array(mask)).to_pylist()) for mask in (first, second)]
        return (
            f"{rule.where}: must be written day first or month first throughout; found {plural(n_first, 'row')} "
            f"that can only be day first and {n_second:,} that can only be month first, of {total:,} "
            f"({examples(shown)}). Export it again in one format, or correct those rows."
        )
    short = fits & parts["short"]
    if short.any() and first[fits].all() and (short == fits).all() and (parts["y"][fits] % 100 <= 31).all():
        shown = sorted(values.filter(pa.array(fits)).to_pylist())
        return (
            f"{rule.where}: years must have four digits or stand last; found {total:,} of {total:,} rows where the "
            f"first two digits may be the year ({examples(shown)}). Export it again with years of four digits."
        )
    return ""

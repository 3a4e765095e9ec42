"""Currency marks inside the cells of an amount: read as the currency of their row, or refused where they contradict."""

import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.reading.columns import TEXT, coded, distinct, put

__all__ = ["code_of", "marks_of", "settle_marks"]

MARK = (
    "^[\\s(+\u2212-]*(?P<before>[A-Z]{1,3}[$]|[A-Z]{3}|[$\u20ac\u00a3\u00a5\u20b9\u20a9])"
    "|(?P<after>[A-Z]{1,3}[$]|[A-Z]{3}|[$\u20ac\u00a3\u00a5\u20b9\u20a9])[\\s)-]*$"
)
SYMBOLS = {"\u20ac": "EUR", "\u00a3": "GBP", "\u20b9": "INR", "\u20a9": "KRW", "US$": "USD", "A$": "AUD", "AU$": "AUD",
           "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "R$": "BRL", "MX$": "MXN"}  # fmt: skip
SHARED = {"$": ("USD", "AUD", "CAD", "NZD", "HKD", "SGD", "MXN", "ARS", "CLP", "COP", "TWD"), "\u00a5": ("JPY", "CNY")}


def marks_of(column: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray | None:
    """Return the mark of each cell ($ and ¥ as they are, others as a code); None where no cell has any."""
    codes = distinct(column)
    found = pc.extract_regex(codes.dictionary.cast(TEXT), MARK)
    marks = [part["before"] or part["after"] if part else None for part in found.to_pylist()]
    if not any(marks):
        return None
    return coded(codes, [SYMBOLS.get(mark, mark) if mark else None for mark in marks])


def code_of(mark: str | None, company: Company | None) -> str | None:
    """Return the currency that a mark means; of several that share it the company's own, else the first."""
    shared = SHARED.get(mark or "")
    if shared is None or company is None:
        return mark if shared is None else None
    return company.currency if company.currency in shared else shared[0]


def settle_marks(
    table: pa.Table, marks: pa.DictionaryArray, name: str, where: str, company: Company | None
) -> tuple[pa.Table, str]:
    """Return the table with its column of currency filled from the marks, and the sentence that refuses it.

    Parameters
        name : the column of the currency
        where : file and column of the amount, for the message
        company : None where a mark that several currencies share must stay open
    """
    own = table[name].combine_chunks() if name in table.column_names else pa.nulls(table.num_rows, TEXT)
    own, shown = own.cast(TEXT), marks.cast(TEXT)
    words = marks.dictionary.to_pylist()
    meant = pa.array([code_of(word, company) for word in words], TEXT).take(marks.indices)
    agrees = pc.equal(own, shown)
    for word in (word for word in words if word in SHARED):
        agrees = pc.or_(agrees, pc.and_(pc.equal(shown, word), pc.is_in(own, pa.array(SHARED[word]))))
    differs = pc.invert(agrees).fill_null(False)
    if not (n := pc.sum(differs).as_py()):
        return put(table, name, pc.coalesce(own, meant)), ""
    pairs = pc.binary_join_element_wise(shown, own, " beside ").filter(differs)
    return table, (
        f"{where}: the currency in a cell must be that of its row; found {n:,} of {table.num_rows:,} rows where it is "
        f"another ({examples(sorted(pc.unique(pairs).to_pylist()))}). Correct the amounts or their currency column."
    )

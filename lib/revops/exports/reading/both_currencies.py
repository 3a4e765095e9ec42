"""Cells that show an amount in two currencies, `EUR 64,000.00 (USD 70,400.00)`: as written, and converted."""

import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Source
from revops.exports.reading.columns import TEXT, counts_of, distinct
from revops.exports.reading.marks import marks_of
from revops.exports.recognising.recognise import Match
from revops.wording import plural

__all__ = ["as_written", "shows_currency", "split_amounts"]

PAIR = r"^\s*(?P<own>[^()]*\d[^()]*?)\s*\((?P<other>[A-Z]{3}[^()]*\d[^()]*|[^()]*\d[^()]*[A-Z]{3})\)\s*$"
_UNNAMED = re.sub(r"\?P<\w+>", "", PAIR)
Column = pa.Array | pa.ChunkedArray


def as_written(texts: pa.Array) -> pa.Array:
    """Return amounts without the converted ones in brackets behind them."""
    return pc.coalesce(pc.struct_field(pc.extract_regex(texts, PAIR), "own"), texts)


def shows_currency(texts: pa.Array) -> bool:
    """Return whether some amount is written with a currency, or in two of them."""
    return marks_of(texts) is not None or pc.any(pc.match_substring_regex(texts, _UNNAMED)).as_py() is True


def split_amounts(columns: dict[str, Column], match: Match, source: Source) -> tuple[dict[str, Column], Match]:
    """Return the columns of a file with such cells cut in two, and the match that has the second column.

    The amount in brackets is the converted one, unless the file has a column of its own for it.
    """
    if "amount_original" not in columns or match.description.kind.table not in ("opportunities", "opportunity_history"):
        return columns, match
    codes = distinct(columns["amount_original"])
    found = pc.extract_regex(codes.dictionary.cast(TEXT), PAIR)
    n = int(counts_of(codes)[found.is_valid().to_numpy(False)].sum())
    if not n:
        return columns, match
    own = as_written(codes.dictionary.cast(TEXT)).take(codes.indices)
    other = pc.struct_field(found, "other").take(codes.indices)
    place = match.places["amount_original"]
    label = match.labels[place[0]].strip()
    is_used = match.description.kind.table == "opportunities" and "amount_converted" not in columns
    meaning = "the converted amount" if is_used else "not used"
    source.decisions.append(f"{label}: {plural(n, 'cell')} in two currencies, that in brackets {meaning}")
    columns = {**columns, "amount_original": own}
    if not is_used:
        return columns, match
    return {**columns, "amount_converted": other}, replace(match, places={**match.places, "amount_converted": place})

"""Cells without what tools put around them so that no spreadsheet takes them for a number: ="00123", '00123."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.reading.columns import TEXT, coded, distinct

__all__ = ["is_wrapped", "unwrapped", "unwrapped_words"]

FORMULA = re.compile(r'^\s*="([^"]*)"\s*$')
WRAPPED = "^\\s*(=\"|')"


def unwrapped(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a column of text whose formulas are their text, and whose apostrophes are gone where all cells have one.

    A column that has neither is returned as it is.
    """
    if not is_wrapped(column):
        return column
    codes = distinct(column)
    return coded(codes, unwrapped_words(codes.dictionary.to_pylist())).cast(TEXT)


def is_wrapped(column: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether some cell of a column has such signs."""
    text = column.dictionary if pa.types.is_dictionary(column.type) else column
    return bool(pc.any(pc.match_substring_regex(text.cast(TEXT), WRAPPED)).as_py())


def unwrapped_words(words: list[str]) -> list[str]:
    """Return words without the signs that keep them from being read as numbers."""
    filled = [word.strip() for word in words if word.strip()]
    if filled and all(word.startswith("'") for word in filled):
        words = [word.strip().removeprefix("'") for word in words]
    return [FORMULA.sub(r"\1", word) for word in words]

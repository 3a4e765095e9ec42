"""Text to counts: whole numbers, whose commas and points can only part thousands."""

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.reading.columns import TEXT, distinct
from revops.exports.reading.numbers import SPACES, Numbers

__all__ = ["COUNTS", "read_counts"]

COUNTS = ("impressions", "clicks", "conversions", "sessions", "key_events", "employees", "n_seats", "n_seats_assigned",
          "n_seats_active")  # fmt: skip
GROUPED = r"^-?[1-9]\d{0,2}([.,]\d{3})+$"
PLAIN = r"^-?\d+$"


def read_counts(column: pa.Array | pa.ChunkedArray) -> Numbers | None:
    """Return a column of counts, of which some have groups of three digits and all others are whole; None if not so.

    20,000 beside 950 is twenty thousand, whatever sign other columns of the file have: nobody counts in thousandths.
    """
    codes = distinct(column)
    text = pc.replace_substring_regex(codes.dictionary.cast(TEXT), SPACES, "")
    grouped = pc.match_substring_regex(text, GROUPED)
    if not pc.any(grouped).as_py() or not pc.all(pc.or_(grouped, pc.match_substring_regex(text, PLAIN))).as_py():
        return None
    signs = [pc.any(pc.match_substring(text, sign)).as_py() for sign in (".", ",")]
    if all(signs):
        return None
    values = pc.cast(pc.replace_substring_regex(text, "[.,]", ""), pa.float64())
    return Numbers(values.take(codes.indices))

"""Yes and no as exports write them."""

import pyarrow as pa

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.reading.columns import distinct
from revops.wording import plural

__all__ = ["read_flags"]

TRUE, FALSE = ("1", "true", "yes", "y", "x", "checked"), ("0", "false", "no", "n", "unchecked")


def read_flags(cells: pa.Array | pa.ChunkedArray, where: str, ledger: Ledger) -> pa.Array:
    """Return a column of yes and no; other words are a problem. `where` names file and column for the message."""
    codes = distinct(cells)
    words = [value.strip().casefold() for value in codes.dictionary.to_pylist()]
    wrong = [word for word in words if word and word not in (*TRUE, *FALSE)]
    if wrong:
        ledger.problems.append(
            f"{where}: must say yes ({', '.join(TRUE)}) or no ({', '.join(FALSE)}); found "
            f"{plural(len(wrong), 'other word')} ({examples(wrong)}). Correct the export."
        )
    meaning = pa.array([word in TRUE if word else None for word in words], pa.bool_())
    return meaning.take(codes.indices)

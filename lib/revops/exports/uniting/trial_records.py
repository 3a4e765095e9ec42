"""Records that somebody made to try things out, by the patterns of company.yml: left out and counted."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT

__all__ = ["without_test_records"]


def without_test_records(table: pa.Table, key: str, company: Company, ledger: Ledger) -> pa.Table:
    """Return the table without the records that some pattern of company.yml knows as a trial; they are counted."""
    rules = company.test_records.model_dump()
    is_test = np.zeros(table.num_rows, bool)
    for column, patterns in rules.items():
        if column in table.column_names:
            for pattern in patterns:
                hits = pc.match_substring_regex(table[column].cast(TEXT), _regex(pattern))
                is_test |= hits.fill_null(False).to_numpy()
    if is_test.any():
        ledger.leave_out_rows(table.filter(pa.array(is_test)), "test record", key)
        table = table.filter(pa.array(~is_test))
    return table


def _regex(pattern: str) -> str:
    """Return a shell pattern (`*` anything, `?` one character) as a whole-cell, case-blind regular expression."""
    escaped = "".join(".*" if c == "*" else "." if c == "?" else c if c.isalnum() else f"\\{c}" for c in pattern)
    return f"(?is)^\\s*{escaped}\\s*$"

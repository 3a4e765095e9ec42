"""The canonical tables: every name, unit and grain that the rest of the project may rely on.

Past the gate nobody sees a header of any system. Money is in the company's currency unless the
column says `_original`. Timestamps are wall-clock times in the company's time zone; dates are
its calendar days. Undefined is null, never 0.
"""

import pandas as pd

from revops.schema.crm import CRM
from revops.schema.marketing import MARKETING
from revops.schema.plans_and_money import PLANS_AND_MONEY
from revops.schema.shape import Column, Table

__all__ = ["TABLES", "Column", "Table", "empty", "table"]

TABLES: dict[str, Table] = {table.name: table for table in (*CRM, *MARKETING, *PLANS_AND_MONEY)}


def table(name: str) -> Table:
    """Return one canonical table's description; KeyError where there is none of that name."""
    return TABLES[name]


def empty(name: str) -> pd.DataFrame:
    """Return the canonical table without rows: documented columns, documented dtypes."""
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in TABLES[name].columns})

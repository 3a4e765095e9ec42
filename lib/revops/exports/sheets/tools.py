"""The sheet of tools: what each costs a year and how many of its seats are used."""

import re

import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.amounts import with_amounts
from revops.exports.context import Context
from revops.exports.money import refuse_unconverted
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import leave, nothing, text_columns, without_copies
from revops.schema import TABLES

__all__ = ["build_tools"]

TOTAL = r"((grand|sub)[ -]?)?totals?:?"
NUMBERS = ("n_seats", "n_seats_assigned", "n_seats_active")


def build_tools(frames: list[Frame], context: Context) -> pa.Table:
    """Return the tools of all sheets, each contract once, without the rows of totals."""
    ledger, key = context.ledger, [*TABLES["tools"].key]
    rows = pd.concat([_rows(frame, context) for frame in frames], ignore_index=True)
    rows = leave(rows, rows["tool_name"].isna(), "no tool", ledger, "tool_name")
    totals = rows["tool_name"].map(lambda name: bool(re.fullmatch(TOTAL, name.strip(), re.IGNORECASE))).astype(bool)
    rows = leave(rows, totals, "footer or total row", ledger, "tool_name")
    rows = leave(rows, rows["amount_original"].isna(), "no cost", ledger, "tool_name")
    if not len(rows):
        return nothing("tools")
    rows = without_copies(rows, [*key, "amount_original", "currency", *NUMBERS], ledger, "tool_name")
    clash = rows[rows.duplicated(key, keep=False)]
    if len(clash):
        names, shown = (sorted(set(clash[column])) for column in ("_name", "tool_name"))
        ledger.problems.append(
            f"{', '.join(names[:3])}: a tool must have one row per renewal date; found {len(clash):,} of {len(rows):,} "
            f"that contradict each other ({examples(shown)}). Remove those that are out of date, or name them apart."
        )
    table = pa.Table.from_pandas(rows.assign(annual_cost_amount=rows["amount"]), preserve_index=False)
    refuse_unconverted(table, context.company, "tools", ledger)
    return table


def _rows(frame: Frame, context: Context) -> pd.DataFrame:
    table = with_amounts(frame, context)
    rows = table.select(["amount", "amount_original", "_file"]).to_pandas()
    rows = rows.join(text_columns(table, ("tool_name", "currency")))
    for name in (*NUMBERS, "renewal_date"):
        blank = pd.Series(pd.NaT if name == "renewal_date" else float("nan"), rows.index)
        rows[name] = table[name].to_pandas() if name in table.column_names else blank
    return rows.assign(_name=frame.source.name)

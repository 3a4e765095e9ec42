"""The forecasts of all sources: who expected which amount in which period, on which day; a call not made is no row."""

import pandas as pd
import pyarrow as pa

from revops.exports.calls.doubts import warn_of_missing, warn_of_unit
from revops.exports.calls.frozen import frozen
from revops.exports.calls.items import item_rows
from revops.exports.calls.sheets import sheet_rows
from revops.exports.context import Context
from revops.exports.money import converted_rows, refuse_unconverted
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import nothing
from revops.schema import TABLES

__all__ = ["build_forecasts"]


def build_forecasts(frames: list[Frame], deals: pa.Table, context: Context) -> pa.Table:
    """Return the calls of all sheets and forecasting items; what cannot be read goes to the ledger.

    Parameters
        deals : the opportunities; what their owners won shows whether the unit of the calls is the one we take it for
    """
    company, ledger = context.company, context.ledger
    items = [frame for frame in frames if frame.description.kind.form == "items"]
    sheets = [frame for frame in frames if frame.description.kind.form != "items"]
    called = sheet_rows(sheets, context) if sheets else None
    held = item_rows(items, context).assign(_factor=1.0) if items else None
    parts = [rows for rows in (called, held) if rows is not None and len(rows)]
    if not parts or ledger.problems:
        return nothing("forecasts")
    rows = pd.concat(parts, ignore_index=True)
    rows["amount"] = converted_rows(rows.assign(amount_original=rows["amount_original"] * rows["_factor"]), company)
    rows["amount"] = rows["amount"].round(2)
    rows = frozen(rows, ledger)
    of_sheets = rows[rows["_file"].isin([frame.source.index for frame in sheets])]
    warn_of_missing(of_sheets, ledger)
    warn_of_unit(of_sheets, deals, context)
    rows["forecast_amount"] = rows["amount"]
    columns = [*(c for c in TABLES["forecasts"].names if c in rows.columns), "amount", "_file"]
    table = pa.Table.from_pandas(rows[columns], preserve_index=False)
    refuse_unconverted(table, company, "forecasts", ledger)
    return table

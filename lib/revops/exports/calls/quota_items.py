"""Salesforce's own quotas (ForecastingQuota) as a long quota sheet: the days of their periods, one forecast type."""

from dataclasses import replace

import pandas as pd
import pyarrow as pa

from revops.exports.calls.periods import of_one_type, period_days
from revops.exports.context import Context
from revops.exports.reading.columns import put
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import text_columns

__all__ = ["quotas_of_items"]

TYPE = ("forecast_type", "forecast_type_name")


def quotas_of_items(frame: Frame, context: Context) -> Frame:
    """Return Salesforce's quotas with the days of their periods; any other frame as it is."""
    if frame.description.kind.form != "items":
        return frame
    days = period_days(frame, context.ledger)
    rows = text_columns(frame.table, TYPE).assign(_file=frame.table["_file"].to_pandas(), _name=frame.source.name)
    kept = of_one_type(rows, context).index
    table = frame.table.take(pa.array(kept))
    for name in ("period_start", "period_end"):
        table = put(table, name, pa.array(days.loc[kept, name], pa.timestamp("us")))
    spare = [name for name in (*TYPE, "period_id") if name in table.column_names]
    span = days.loc[kept, "period_start"].dropna()
    if len(span):
        frame.source.first, frame.source.last = (f"{pd.Timestamp(day):%Y-%m-%d}" for day in (span.min(), span.max()))
    return replace(frame, table=table.drop_columns(spare))

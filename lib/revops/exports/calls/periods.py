"""Salesforce's own forecasts and quotas: the days of their periods, and the one forecast type that counts."""

import pandas as pd

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.people import folded
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import leave

__all__ = ["of_one_type", "period_days"]

DAY = 10


def period_days(frame: Frame, ledger: Ledger) -> pd.DataFrame:
    """Return period_start and period_end of each row of a file of items; a period that nothing explains is refused."""
    table = frame.table
    days = pd.DataFrame({name: _days(frame, name) for name in ("period_start", "period_end")})
    lost = days.isna().any(axis=1)
    if lost.any():
        ids = table["period_id"].to_pandas()[lost] if "period_id" in table.column_names else pd.Series(dtype="object")
        shown = f" ({examples(sorted(set(ids.dropna())))})" if ids.notna().any() else ""
        ledger.problems.append(
            f"{frame.source.name}: every row must have a period whose days are known; found {int(lost.sum()):,} of "
            f"{len(days):,} without{shown}. Export Period (Id, Type, StartDate, EndDate, FullyQualifiedLabel) and put "
            "it beside this file."
        )
    return days


def _days(frame: Frame, name: str) -> pd.Series:
    """Return a column of days, of text such as 2025-04-01 00:00:00 too, whose time and zone mean nothing."""
    if name not in frame.table.column_names:
        return pd.Series(pd.NaT, index=range(frame.table.num_rows))
    words = frame.table[name].to_pandas().astype("object").astype("str").str.strip().str[:DAY]
    return pd.to_datetime(words, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def of_one_type(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return the rows of the one forecast type that counts, forecasts.type of company.yml where there are several.

    Parameters
        rows : of all files, with forecast_type, forecast_type_name, `_name` and `_file`
    """
    wanted, ledger = context.company.forecasts.type, context.ledger
    kinds = rows.drop_duplicates(["forecast_type", "forecast_type_name"])
    pairs = [(r.forecast_type or "", r.forecast_type_name or "") for r in kinds.itertuples() if r.forecast_type]
    shown = ", ".join(sorted(f"{key} ({name})" if name else key for key, name in pairs))
    file = min(rows["_name"], default="")
    if wanted is None:
        if len({key for key, _ in pairs}) > 1:
            ledger.problems.append(
                f"{file}: forecasts of one type only can be read together; found {len(pairs)} types ({shown}). Say in "
                "company.yml which one counts, by its id or, with ForecastingType exported beside, its DeveloperName:\n"
                "  forecasts:\n    type: TODO"
            )
        return rows
    chosen = {key for key, name in pairs if folded(wanted) == folded(name) or wanted[:15] == key}
    if pairs and len(chosen) != 1:
        ledger.problems.append(
            f"company.yml, forecasts.type: must be one forecast type of {file}; found {wanted}, and the types {shown}. "
            "Correct it."
        )
        return rows
    other = rows["forecast_type"].notna() & ~rows["forecast_type"].isin(chosen)
    return leave(rows, other, "of another forecast type", ledger, "forecast_type")

"""Sheets of weekly calls: who expected which amount in which period, in which week; a call not made is no row."""

import datetime as dt

import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.frames import Frame
from revops.exports.members import with_members
from revops.exports.money import converted_rows, refuse_unconverted
from revops.exports.period_names import read_period
from revops.exports.rows import leave, nothing, text_columns, without_copies
from revops.exports.sheets.calls import warn_of_missing, warn_of_unit
from revops.exports.words import category_of
from revops.schema import TABLES
from revops.wording import plural

__all__ = ["build_forecasts"]

NEEDED = {"snapshot_date": "no date", "period_name": "no period", "amount_original": "no amount"}
TEXTS = ("owner_name", "owner_id", "period_name", "category", "currency")
GRACE = dt.timedelta(days=14)


def build_forecasts(frames: list[Frame], deals: pa.Table, context: Context) -> pa.Table:
    """Return the calls of all sheets; what cannot be read goes to the ledger.

    Parameters
        deals : the opportunities; what their owners won shows whether the unit of the calls is the one we take it for
    """
    company, ledger = context.company, context.ledger
    rows = pd.concat([_rows(frame, context) for frame in frames], ignore_index=True)
    for column, reason in NEEDED.items():
        rows = leave(rows, rows[column].isna(), reason, ledger, "owner_name")
    known = rows["category"].map(category_of)
    rows = leave(rows.assign(_known=known), known.isna(), "a category that we do not know", ledger, "category")
    if not len(rows):
        return nothing("forecasts")
    rows["category"] = rows["_known"]
    rows = with_members(_with_periods(rows, context), context)
    in_units = rows.assign(amount_original=rows["amount_original"] * company.forecasts.factor)
    rows["amount"] = converted_rows(in_units, company).round(2)
    rows = _once(rows, ledger)
    warn_of_missing(rows, ledger)
    warn_of_unit(rows, deals, context)
    rows["forecast_amount"] = rows["amount"]
    columns = [*(c for c in TABLES["forecasts"].names if c in rows.columns), "amount", "_file"]
    table = pa.Table.from_pandas(rows[columns], preserve_index=False)
    refuse_unconverted(table, company, "forecasts", ledger)
    return table


def _rows(frame: Frame, context: Context) -> pd.DataFrame:
    table = frame.table
    rows = pd.DataFrame({name: table[name].to_pandas() for name in ("snapshot_date", "amount_original", "_file")})
    rows = rows.join(text_columns(table, TEXTS))
    rows["currency"] = rows["currency"].fillna(context.company.currency)
    unit = context.company.forecasts.unit
    if frame.scaled and unit != "units":
        context.ledger.problems.append(
            f"{frame.source.name}: amounts must be in one unit; found {plural(frame.scaled, 'cell')} with K, M or B, "
            f"and forecasts.unit in company.yml says {unit}. Take the letters out, or set forecasts.unit to units."
        )
    return rows.assign(_name=frame.source.name)


def _with_periods(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return rows with the days of their period; a period we cannot read or that was over is refused."""
    starts = context.company.fiscal_year_starts
    spans = [
        read_period(text, starts, day.date())
        for text, day in zip(rows["period_name"], rows["snapshot_date"], strict=True)
    ]
    for name, wrong in rows[[span is None for span in spans]].groupby("_name"):
        context.ledger.problems.append(
            f"{name}: every period must be one we know; found {len(wrong):,} of {len(rows):,} that are none "
            f"({examples(sorted(set(wrong['period_name'])))}). Write it as Q2'25, FY25-Q2 or 2025-05."
        )
    ends = [pd.NaT if span is None else pd.Timestamp(span[1]) for span in spans]
    begins = [pd.NaT if span is None else pd.Timestamp(span[0]) for span in spans]
    rows = rows.assign(period_start=pd.to_datetime(begins), period_end=pd.to_datetime(ends))
    late = rows[rows["snapshot_date"] > rows["period_end"] + GRACE]
    for name, part in late.groupby("_name"):
        shown = sorted({f"{r.period_name} on {r.snapshot_date:%Y-%m-%d}" for r in part.itertuples()})
        context.ledger.problems.append(
            f"{name}: a call must be made before its period is over; found {len(part):,} of {len(rows):,} more than "
            f"{GRACE.days} days after it ({examples(shown)}). Correct the period or the date, or fiscal_year_starts "
            "in company.yml."
        )
    return rows


def _once(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return each call once; two different ones for the same key are refused."""
    key = [*TABLES["forecasts"].key]
    content = [*key, "amount_original", "currency"]
    rows = without_copies(rows, content, ledger, "owner_name")
    clash = rows[rows.duplicated(key, keep=False) & rows["level"].notna()]
    if len(clash):
        shown = sorted({f"{r.owner_name} {r.snapshot_date:%Y-%m-%d} {r.category}" for r in clash.itertuples()})
        names = ", ".join(sorted(set(clash["_name"]))[:3])
        ledger.problems.append(
            f"{names}: a member must have one call per week, period and category; found {len(clash):,} of "
            f"{len(rows):,} rows that contradict each other ({examples(shown)}). Remove those that are out of date."
        )
    return rows

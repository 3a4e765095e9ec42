"""Long quota sheets: periods by their names where no days stand, and the unit that a title says."""

from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.reading.columns import TEXT, put
from revops.exports.reading.frames import Frame
from revops.exports.reading.period_names import read_period
from revops.exports.sheets.titles import mixed_units, read_titles
from revops.exports.spans import Span
from revops.exports.uniting.rows import text_columns
from revops.wording import plural

__all__ = ["settled_quotas"]


def settled_quotas(frame: Frame, context: Context) -> Frame:
    """Return a long quota sheet with the days of its periods and its amounts in whole units; others as they are."""
    if frame.description.kind.wide is not None or frame.description.kind.form == "items":
        return frame
    return _with_days(_in_units(frame, context), context)


def _in_units(frame: Frame, context: Context) -> Frame:
    titles = read_titles(frame.titles, ())
    if titles.problem:
        context.ledger.problems.append(f"{frame.source.name}: {titles.problem}")
    if titles.factor == 1:
        amounts = frame.table["amount_original"].drop_null().to_numpy()
        if problem := mixed_units(frame.source.name, amounts, frame.scaled):
            context.ledger.problems.append(problem)
        return frame
    if frame.scaled:
        context.ledger.problems.append(
            f"{frame.source.name}: amounts must be in one unit; found {plural(frame.scaled, 'cell')} with K, M or B, "
            f"and a title says units of {titles.factor:,.0f}. Take the letters out, or the title."
        )
    frame.source.decisions.append(f"amounts in units of {titles.factor:,.0f}, as a title says")
    amounts = pc.multiply(frame.table["amount_original"], titles.factor)
    return replace(frame, table=put(frame.table, "amount_original", amounts))


def _with_days(frame: Frame, context: Context) -> Frame:
    """Return the sheet with the first and the last day of each named period; one that we do not know is refused."""
    names = {"period_name", "year_name"} & set(frame.table.column_names)
    if not names or "period_start" in frame.table.column_names:
        return frame
    rows = text_columns(frame.table, ("period_name", "year_name", "group_name", "owner_name", "owner_id"))
    starts = context.company.fiscal_year_starts
    pairs = zip(rows["period_name"], rows["year_name"], strict=True)
    spans = [_span(*(word if isinstance(word, str) else "" for word in pair), starts) for pair in pairs]
    shown = rows["period_name"].fillna("").str.cat(rows["year_name"].fillna(""), sep=" ").str.strip()
    lost = shown[[span is None and word != "" for span, word in zip(spans, shown, strict=True)]]
    if len(lost):
        context.ledger.problems.append(
            f"{frame.source.name}: every period must be one we know; found {len(lost):,} of {len(rows):,} that are "
            f"none ({examples(sorted(set(lost)))}). Write it as Q2 FY25, FY25 or 2025-05."
        )
    table = frame.table.drop_columns(sorted(names))
    owners = rows["owner_name"].fillna(rows["group_name"].where(rows["owner_id"].isna()))
    table = put(table, "owner_name", pa.array(owners, TEXT, from_pandas=True))
    for place, name in enumerate(("period_start", "period_end")):
        days = [None if span is None else pd.Timestamp(span[place]) for span in spans]
        table = put(table, name, pa.array(pd.to_datetime(pd.Series(days)), pa.timestamp("us")))
    known = sorted(span.first for span in spans if span)
    if known:
        frame.source.first, frame.source.last = (f"{day:%Y-%m-%d}" for day in (known[0], known[-1]))
    return replace(frame, table=table)


def _span(period: str, year: str, starts: int) -> Span | None:
    """Return the days of a period, its year perhaps in a column of its own; 2025 alone only of calendar years."""
    if not year:
        return read_period(period, starts)
    if not period:
        return read_period(year if starts > 1 or not year.isdigit() else f"FY{year}", starts)
    return read_period(f"{period} {year}", starts) or read_period(period, starts)

"""Wide quota sheets: a column per period, units in a title, totals beside and below, words among the numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.people import folded
from revops.exports.reading.columns import TEXT, put
from revops.exports.reading.frames import Frame
from revops.exports.reading.marks import marks_of, settle_marks
from revops.exports.reading.numbers import read_numbers
from revops.exports.reading.period_names import read_period
from revops.exports.sheets.printed_totals import disagreements, sums_beside
from revops.exports.sheets.titles import Titles, mixed_units, read_titles
from revops.exports.uniting.rows import leave, text_columns
from revops.wording import plural

__all__ = ["lengthened_quotas"]

TEXTS = ("owner_name", "owner_id", "group_name", "metric", "currency", "period_name", "cell")
TOTAL = r"((grand|sub)[ -]?)?totals?:?"
SUBTOTAL = r".+ (sub-? ?)?totals?:?"
NOTE = r"^(.*\d\s*[KMBkmb]?)\s*(\([^()\d]*\)|[*\x{2020}\x{2021}]+)\s*$"
SUFFIX = r"(?i)\d\s*[kmb]\)?\s*$"
WHOLE = 10_000.0


def lengthened_quotas(frame: Frame, context: Context) -> Frame:
    """Return a wide quota sheet as a long one; a long one as it is.

    Bare numbers are in the unit that a title says. Where some are too large for it they are taken as written if the
    sheet's own totals agree, else refused. Totals are checked, then left out; so are words such as (ramping).
    """
    if frame.description.kind.wide is None:
        return frame
    titles = read_titles(frame.titles, tuple(sorted(set(frame.table["period_name"].to_pylist()))))
    if titles.problem:
        context.ledger.problems.append(f"{frame.source.name}: {titles.problem}")
    rows = _with_numbers(frame, titles, context)
    rows = _with_periods(rows, titles, frame, context)
    if rows["period_start"].notna().any():
        frame.source.first, frame.source.last = (f"{day:%Y-%m-%d}" for day in rows["period_start"].agg(["min", "max"]))
    rows = leave(rows, rows["number"].isna(), "no number", context.ledger, "cell")
    names = rows["owner_name"].fillna("").str.strip()
    is_part = names.str.fullmatch(SUBTOTAL, case=False) & ~names.map(folded).isin(_groups(context))
    rows = rows.assign(
        is_total=names.str.fullmatch(TOTAL, case=False) & ~is_part,
        is_part=is_part,
        is_group=names.map(folded).isin(_groups(context)),
    )
    rows = _in_unit(rows, titles, frame, context)
    rows = leave(rows, rows["is_total"] | rows["is_part"], "footer or total row", context.ledger, "owner_name")
    rows = leave(rows, sums_beside(rows), "total column", context.ledger, "owner_name")
    table = pa.Table.from_pandas(rows[["owner_name", "owner_id", "currency", "_file"]], preserve_index=False)
    table = put(table, "amount_original", pa.array(rows["amount"], pa.float64()))
    for name in ("period_start", "period_end"):
        table = put(table, name, pa.array(rows[name], pa.timestamp("us")))
    if "metric" in frame.table.column_names:
        table = put(table, "metric", pa.array(rows["metric"], TEXT))
    return replace(frame, table=table)


def _with_numbers(frame: Frame, titles: Titles, context: Context) -> pd.DataFrame:
    """Return the cells with their number, null where it is a word, and the currency of each."""
    table, label = frame.table, frame.table["period_name"][0].as_py() if frame.table.num_rows else ""
    where = f"{frame.source.name}, column {label}"
    cells = table["cell"].combine_chunks() if table.num_rows else pa.array([], TEXT)
    worded = pc.if_else(pc.match_substring_regex(cells, r"\d"), cells, None)
    worded = pc.replace_substring_regex(worded, NOTE, r"\1")
    read = read_numbers(worded, where, "auto", context.company.exports.decimal_sign)
    problem = read.problem
    marks = marks_of(worded)
    if marks is not None:
        table, contradiction = settle_marks(table, marks, "currency", where, context.company)
        problem = problem or contradiction
    if problem := problem or _no_amounts(worded, read.column, where):
        context.ledger.problems.append(problem)
    rows = text_columns(table, TEXTS).assign(_file=table["_file"].to_pandas(), number=read.column.to_pandas())
    if titles.currency is None and rows["currency"].isna().all() and len(rows):
        frame.source.decisions.append(f"amounts: no currency in the file; taken as {context.company.currency}")
    rows["currency"] = rows["currency"].fillna(titles.currency or context.company.currency)
    rows["owner_name"] = rows["owner_name"].fillna(rows["group_name"].where(rows["owner_id"].isna()))
    rows["has_suffix"] = worded.to_pandas().astype("object").str.contains(SUFFIX, regex=True, na=False)
    return rows.astype({"number": "float64"})


def _no_amounts(cells: pa.Array, numbers: pa.Array, where: str) -> str:
    """Return the sentence that refuses cells with digits that are no amount, such as a share of another quota."""
    wrong = pc.and_(cells.is_valid(), pc.or_(pc.match_substring(cells, "%"), numbers.is_null()))
    shown = cells.filter(wrong.fill_null(False)).to_pylist()
    if not shown:
        return ""
    return (
        f"{where}: every cell must be an amount, words or blank; found {len(shown):,} of {len(cells):,} that "
        f"{'is' if len(shown) == 1 else 'are'} none ({examples(sorted(shown))}). Write the amount."
    )


def _groups(context: Context) -> set[str]:
    """Return the names of regions, segments, teams and the company, folded: their rows may hold sums of owners."""
    company = context.company
    names = {*company.regions.spellings, *company.segments.spellings, *context.people.teams}
    return {folded(name) for name in (*names, *company.quotas.company_names)}


def _with_periods(rows: pd.DataFrame, titles: Titles, frame: Frame, context: Context) -> pd.DataFrame:
    starts = context.company.fiscal_year_starts
    spans = {label: _span(label, titles.year, starts) for label in rows["period_name"].unique()}
    unknown = sorted(label for label, span in spans.items() if span is None)
    if unknown:
        context.ledger.problems.append(
            f"{frame.source.name}: the year of every column must be known; found {len(unknown):,} of {len(spans):,} "
            f"without ({examples(unknown)}). Write it into the headers (Q1 FY25), or FY25 into a title."
        )
    for i, name in enumerate(("period_start", "period_end")):
        days = {label: pd.Timestamp(span[i]) if span else pd.NaT for label, span in spans.items()}
        rows[name] = pd.to_datetime(rows["period_name"].map(days))
    return rows


def _span(label: str, year: int | None, starts: int):  # type: ignore[no-untyped-def]
    """Return the days of a header; a quarter or month without a year is of the fiscal year that the sheet names."""
    if (known := read_period(label, starts)) or year is None:
        return known
    whole = read_period(f"FY{year}", starts)
    of_year = [read_period(f"{label} {y}", starts) for y in (year - 1, year)]
    return next((span for span in of_year if span and whole and whole[0] <= span[0] <= whole[1]), None)


def _in_unit(rows: pd.DataFrame, titles: Titles, frame: Frame, context: Context) -> pd.DataFrame:
    """Return rows with their amount in whole units; sums that the sheet prints must agree with its rows."""
    bare = ~rows["has_suffix"]
    scaled = int(rows["has_suffix"].sum()) if titles.factor == 1 else 0
    if problem := mixed_units(frame.source.name, rows["number"].to_numpy(), scaled):
        context.ledger.problems.append(problem)
    large = bare & (titles.factor > 1) & (rows["number"].abs() >= WHOLE)
    by_title = rows.assign(amount=rows["number"] * np.where(bare, titles.factor, 1.0))
    as_written = rows.assign(amount=rows["number"] * np.where(bare & ~large, titles.factor, 1.0))
    wrong = disagreements(as_written)
    if large.any():
        shown = examples(sorted(set(rows.loc[large, "cell"])))
        what = f"too large for the unit of the title ({titles.factor:,.0f})"
        if wrong or not disagreements(by_title):
            context.ledger.problems.append(
                f"{frame.source.name}: numbers must be in one unit; found {int(large.sum()):,} of {len(rows):,} {what} "
                f"({shown}), and no totals that agree with one reading only. Write them in that unit, or with K or M."
            )
        frame.source.decisions.append(f"{plural(int(large.sum()), 'cell')} {what} read as written ({shown})")
    elif wrong:
        context.ledger.warnings.append(
            f"{frame.source.name}: {plural(len(wrong), 'printed total')} that the rows do not add up to "
            f"({examples(wrong)})"
        )
    return as_written.assign(amount=as_written["amount"].round(2))

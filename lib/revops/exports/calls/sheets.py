"""Sheets of weekly calls as rows: what a column does not say, a title, the name of the sheet or the folder may."""

import pandas as pd

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.calls.said import Said, read_said
from revops.exports.context import Context
from revops.exports.members import with_members
from revops.exports.reading.frames import Frame
from revops.exports.reading.period_names import read_period
from revops.exports.sheets.titles import mixed_units, read_titles
from revops.exports.uniting.rows import leave, text_columns
from revops.exports.words import category_of
from revops.wording import plural

__all__ = ["sheet_rows"]

NEEDED = {"snapshot_date": "no date", "period_name": "no period", "amount_original": "no amount"}
TEXTS = ("owner_name", "owner_id", "group_name", "period_name", "category", "currency")
TOTAL = r"(grand |sub-? ?|team )?totals?:?"
GRACE = pd.Timedelta(days=14)
AHEAD = pd.Timedelta(days=7)
HALF = 0.5
ONE_CALL = "Commit"
CENT = 0.011
COMPANY = "\0company"


def sheet_rows(frames: list[Frame], context: Context) -> pd.DataFrame:
    """Return the calls of sheets, each with its day, period, category and member, amounts in whole units."""
    ledger = context.ledger
    rows = pd.concat([_rows(frame, context) for frame in frames], ignore_index=True)
    for column, reason in NEEDED.items():
        rows = leave(rows, rows[column].isna(), reason, ledger, "owner_name")
    known = rows["category"].map(category_of)
    rows = leave(rows.assign(_known=known), known.isna(), "a category that we do not know", ledger, "category")
    rows = rows.assign(category=rows["_known"]).drop(columns="_known")
    ahead = rows["snapshot_date"] > rows["_copy"] + AHEAD
    rows = leave(rows, ahead, "a call dated after its copy", ledger, "owner_name")
    if not len(rows):
        return rows.assign(level=None, member=None, period_start=pd.NaT, period_end=pd.NaT)
    rows = _without_totals(_with_periods(rows, context), ledger)
    is_company = rows["owner_name"].eq(COMPANY)
    found = with_members(rows[~is_company], context)
    return pd.concat([found, rows[is_company].assign(level="company", member="company", owner_name=None)])


def _rows(frame: Frame, context: Context) -> pd.DataFrame:
    table, ledger, company = frame.table, context.ledger, context.company
    said = read_said(frame.titles, frame.part, company.exports.date_order)
    names = tuple(sorted(set(frame.table["category"].to_pylist()))) if "category" in frame.table.column_names else ()
    titles = read_titles((*frame.titles, *(name for name in names if name and "(" in name)), ())
    if titles.problem:
        ledger.problems.append(f"{frame.source.name}: {titles.problem}")
    rows = pd.DataFrame({name: table[name].to_pandas() for name in ("amount_original", "_file")})
    rows = rows.join(text_columns(table, TEXTS)).assign(_name=frame.source.name)
    if "category" in frame.table.column_names:
        rows["category"] = rows["category"].str.replace(r"\(.*", "", regex=True)
    rows["_copy"] = pd.Timestamp(frame.day) if frame.day else pd.Timestamp("2200-01-01")
    rows["currency"] = rows["currency"].fillna(titles.currency or company.currency)
    rows = _with_day(rows, frame, said, ledger)
    rows = _with_rest(rows, frame, said, ledger)
    _refuse_units(rows, frame, titles.factor, context)
    factor = titles.factor if titles.factor > 1 else company.forecasts.factor
    return rows.assign(_factor=1.0 if frame.scaled else factor)


def _with_day(rows: pd.DataFrame, frame: Frame, said: Said, ledger: Ledger) -> pd.DataFrame:
    """Return rows with the day of each call: its own, else that of a title or the sheet, else that of the folder."""
    if "snapshot_date" in frame.table.column_names:
        days = frame.table["snapshot_date"].to_pandas()
        if days.isna().mean() > HALF and days.notna().any():
            ledger.problems.append(
                f"{frame.source.name}, column {frame.labels['snapshot_date']}: every call must have its day; found "
                f"{int(days.isna().sum()):,} of {len(days):,} rows without. Write the day into each row, not only into "
                "the first of a block."
            )
        return rows.assign(snapshot_date=days, _dated=True)
    day = said.day or frame.day
    if day is None:
        ledger.problems.append(
            f"{frame.source.name}: calls must be of a day; found no column such as Week of or Snapshot Date, no title "
            "such as As of 2025-06-16, and no folder of a day. Add one of them."
        )
    else:
        where = "in a title or the name of the sheet" if said.day else "its folder"
        frame.source.decisions.append(f"calls of {day:%Y-%m-%d}: the day of {where}".replace("day of in", "day in"))
        frame.source.first = frame.source.last = f"{day:%Y-%m-%d}"
    stamp = pd.Timestamp(day) if day else pd.NaT
    return rows.assign(snapshot_date=stamp, _dated=said.day is not None).astype({"snapshot_date": "datetime64[us]"})


def _with_rest(rows: pd.DataFrame, frame: Frame, said: Said, ledger: Ledger) -> pd.DataFrame:
    """Return rows with the period, the category and the member that a title says where no column does."""
    names, source = frame.table.column_names, frame.source
    for column, word, example in (("period_name", said.period, "Q2 FY25"), ("category", said.category, "Commit")):
        if column in names:
            continue
        if column == "category" and word is None and frame.description.kind.wide is None:
            word = ONE_CALL
        if word is None:
            ledger.problems.append(
                f"{source.name}: every call must have a {column.partition('_')[0]}; found no column and no title that "
                f"says one, such as {example}. Add one of them."
            )
        else:
            says = "as a title says" if word != ONE_CALL else "of a sheet with one forecast a week"
            source.decisions.append(f"{column.partition('_')[0]} of all calls: {word}, {says}")
        rows[column] = word
    if not {"owner_name", "owner_id", "group_name"} & set(names):
        source.warnings.append("no column says whose calls these are: taken as the company's")
        rows["owner_name"] = COMPANY
    rows["owner_name"] = rows["owner_name"].fillna(rows["group_name"].where(rows["owner_id"].isna()))
    return rows.drop(columns="group_name")


def _refuse_units(rows: pd.DataFrame, frame: Frame, factor: float, context: Context) -> None:
    unit = context.company.forecasts.unit
    if frame.scaled and (unit != "units" or factor > 1):
        says = f"forecasts.unit in company.yml says {unit}" if unit != "units" else "a title says another unit"
        context.ledger.problems.append(
            f"{frame.source.name}: amounts must be in one unit; found {plural(frame.scaled, 'cell')} with K, M or B, "
            f"and {says}. Take the letters out, or set forecasts.unit to units."
        )
    elif problem := mixed_units(frame.source.name, rows["amount_original"].dropna().to_numpy(), frame.scaled):
        context.ledger.problems.append(problem)
    elif factor > 1:
        frame.source.decisions.append(f"amounts in units of {factor:,.0f}, as a title says")


def _with_periods(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return rows with the days of their period; a period we cannot read is refused, so is a call after its end."""
    starts = context.company.fiscal_year_starts
    spans = [
        read_period(text, starts, day.date())
        for text, day in zip(rows["period_name"], rows["snapshot_date"], strict=True)
    ]
    for name, wrong in rows[[span is None for span in spans]].groupby("_name"):
        total = int(rows["_name"].eq(name).sum())
        context.ledger.problems.append(
            f"{name}: every period must be one we know; found {len(wrong):,} of {total:,} that are none "
            f"({examples(sorted(set(wrong['period_name'])))}). Write it as Q2'25, FY25-Q2 or 2025-05."
        )
    ends = [pd.NaT if span is None else pd.Timestamp(span[1]) for span in spans]
    begins = [pd.NaT if span is None else pd.Timestamp(span[0]) for span in spans]
    rows = rows.assign(period_start=pd.to_datetime(begins), period_end=pd.to_datetime(ends))
    over = ~rows["_dated"] & (rows["snapshot_date"] > rows["period_end"])
    rows = leave(rows, over, "a period that was over on the day of the file", context.ledger, "owner_name")
    late = rows[rows["snapshot_date"] > rows["period_end"] + GRACE]
    for name, part in late.groupby("_name"):
        shown = sorted({f"{r.period_name} on {r.snapshot_date:%Y-%m-%d}" for r in part.itertuples()})
        context.ledger.problems.append(
            f"{name}: a call must be made before its period is over; found {len(part):,} of "
            f"{int(rows['_name'].eq(name).sum()):,} more than {GRACE.days} days after it ({examples(shown)}). Correct "
            "the period or the date, or fiscal_year_starts in company.yml."
        )
    return rows


def _without_totals(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return rows without the totals of a sheet, which are no calls; those that do not add up stay, with a warning.

    A total of a file is left out where each adds up; where some do not, they are the company's own calls.
    """
    total = rows["owner_name"].fillna("").str.strip().str.fullmatch(TOTAL, case=False)
    key = ["_file", "snapshot_date", "period_start", "period_end", "category", "currency"]
    sums = rows[~total].groupby(key)["amount_original"].sum().rename("found").reset_index()
    totals = rows[total].reset_index().merge(sums, on=key, how="left")
    off = totals[totals["found"].notna() & totals["amount_original"].sub(totals["found"]).abs().gt(CENT)]
    alone = set(totals.loc[totals["found"].isna(), "index"])
    for name, part in off.groupby("_name"):
        shown = sorted(
            f"{r.snapshot_date:%Y-%m-%d} {r.category} {r.amount_original:,.10g} printed, {r.found:,.10g} found"
            for r in part.itertuples()
        )
        ledger.warnings.append(
            f"{name}: {len(part):,} of {int(totals['_name'].eq(name).sum()):,} totals are not the sum of the calls "
            f"({examples(shown)}); all its totals are taken as calls of the company"
        )
    drop = total & ~rows["_file"].isin(set(off["_file"])) & ~rows.index.isin(alone)
    return leave(rows, drop, "footer or total row", ledger, "owner_name")

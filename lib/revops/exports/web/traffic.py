"""Visits by day, source and landing page: the tables of all files, each day once, held against printed totals."""

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.people_records.links import bare, path_of, query_of
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import each, leave, nothing, text_columns
from revops.schema import TABLES
from revops.wording import plural

__all__ = ["build_web_traffic"]

KEY = ["date", "traffic_source", "traffic_medium", "campaign_name", "landing_page"]
DIMENSIONS = KEY[1:]
TEXTS = ("source_medium", *DIMENSIONS)
NUMBERS = ["sessions", "key_events"]
# Web analytics estimates large numbers, so that rows and totals need not agree to the last visit.
ESTIMATED = 0.01


def build_web_traffic(frames: list[Frame], context: Context) -> pa.Table:
    """Return sessions per day, source, medium, campaign and landing page; of files that overlap each day once."""
    ledger = context.ledger
    rows = pd.concat([_rows(frame, ledger) for frame in frames], ignore_index=True)
    rows = _once(rows, ledger)
    ledger.keep_rows(pa.table({"_file": pa.array(rows["_file"], pa.int32())}))
    if not len(rows):
        return nothing("web_traffic")
    done = rows.groupby(KEY, dropna=False, sort=True)[NUMBERS].sum(min_count=1).reset_index()
    done = done.assign(**{name: done[name].astype(object).where(done[name].notna(), None) for name in DIMENSIONS})
    return pa.Table.from_pandas(done[list(TABLES["web_traffic"].names)], preserve_index=False)


def _rows(frame: Frame, ledger: Ledger) -> pd.DataFrame:
    """Return the rows of one table without its totals and exact copies, told by source, medium, campaign and path."""
    table = frame.table
    rows = table.select(["date", "sessions", "_file", "_row"]).to_pandas().join(text_columns(table, TEXTS))
    told = "key_events" in table.column_names
    rows["key_events"] = table["key_events"].to_pandas() if told else np.nan
    rows = _without_summary(rows, frame, ledger)
    rows = leave(rows, rows["sessions"].isna(), "no sessions", ledger, "source_medium")
    rows = leave(rows, rows.duplicated("_row"), "exact duplicate row", ledger, "source_medium")
    _check_totals(rows, frame)
    rows = _split(rows, frame)
    again = rows.duplicated(KEY, keep=False)
    if again.any():
        frame.source.decisions.append(
            f"{plural(int(again.sum()), 'row')} of the same day, source and page, told apart by columns that are not "
            "used or by the query of the page: added up"
        )
    return rows.assign(_name=frame.source.name, _detail=sum(int(rows[name].notna().any()) for name in DIMENSIONS))


def _without_summary(rows: pd.DataFrame, frame: Frame, ledger: Ledger) -> pd.DataFrame:
    """Return the rows without a row of totals, which has neither day nor words; others without a day are refused."""
    undated = rows["date"].isna()
    total = undated & rows[list(TEXTS)].isna().all(axis=1)
    for _, row in rows[total].iterrows():
        _compare(float(row["sessions"]), float(rows.loc[~undated, "sessions"].sum()), frame)
    lost = undated & ~total
    if lost.any():
        shown = examples(sorted(set(rows.loc[lost, list(TEXTS)].bfill(axis=1).iloc[:, 0])))
        ledger.problems.append(
            f"{frame.source.name}, column {frame.labels['date']}: every row must have its day; found "
            f"{int(lost.sum()):,} of {len(rows):,} without, with {rows.loc[lost, 'sessions'].sum():,.0f} sessions "
            f"({shown}). Export it again."
        )
    return leave(rows, undated, "footer or total row", ledger, "source_medium")


def _check_totals(rows: pd.DataFrame, frame: Frame) -> None:
    totals = frame.totals["sessions"].drop_null().to_pylist() if frame.totals is not None else []
    for printed in totals:
        _compare(float(printed), float(rows["sessions"].sum()), frame)


def _compare(printed: float, given: float, frame: Frame) -> None:
    """Write down a printed total beside the sum of the rows, as a warning where they are far apart."""
    said = f"rows hold {given:,.0f} sessions, the printed total is {printed:,.0f}"
    if abs(printed - given) > ESTIMATED * max(printed, given):
        frame.source.warnings.append(f"{said}: the export leaves rows out, or counts visits twice")
    else:
        frame.source.decisions.append(said)


def _split(rows: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """Return rows with source and medium apart and the path of the landing page; its query fills what no column has."""
    if rows["source_medium"].notna().any():
        for name, place in (("traffic_source", 0), ("traffic_medium", 2)):
            part = each(rows["source_medium"], lambda pair, place=place: pair.partition(" / ")[place].strip())
            rows[name] = rows[name].fillna(part.replace("", None) if place else part)
    for name, key, tagged in (
        ("traffic_source", "utm_source", "google"),
        ("traffic_medium", "utm_medium", "cpc"),
        ("campaign_name", "utm_campaign", None),
    ):
        if rows[name].isna().all():
            found = each(rows["landing_page"], lambda page, key=key, tagged=tagged: _value(query_of(page), key, tagged))
            rows[name] = found.where(found.notna(), None)
            if found.notna().any():
                frame.source.decisions.append(f"{name}: from the query of the landing page")
    rows["landing_page"] = each(rows["landing_page"], path_of)
    for name in DIMENSIONS[:3]:
        words = rows[name].astype(object)
        known = {word: bare(word) for word in words.dropna().unique() if "@" in word or "%" in word}
        rows[name] = words.map(lambda word, known=known: known.get(word, word)) if known else words
    return rows


def _value(query: dict[str, str], key: str, tagged: str | None) -> str | None:
    """Return a UTM value of a query; a click of a Google ad (gclid) without one is google and cpc."""
    return query.get(key) or (tagged if "gclid" in query else None) or None


def _once(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return each day from one file, the one with most detail; files that tell a day differently are refused."""
    sums = rows.groupby(["date", "_name"]).agg(
        sessions=("sessions", "sum"), detail=("_detail", "max"), n=("_file", "size")
    )
    order = sums.reset_index().sort_values(["date", "detail", "n", "_name"], ascending=[True, False, False, True])
    first = order.drop_duplicates("date").set_index("date")
    best = rows["date"].map(first["_name"])
    again = rows["_name"].ne(best)
    if not again.any():
        return rows
    told = order.set_index(["date", "_name"])
    wrong = []
    for (date, name), part in rows[again].groupby(["date", "_name"]):
        kept = rows[rows["date"].eq(date) & rows["_name"].eq(first.loc[date, "_name"])]
        if not _agree(kept, part):
            ours, theirs = first.loc[date], told.loc[(date, name)]
            wrong.append(f"{date:%Y-%m-%d}: {ours['sessions']:,.0f} sessions in {ours['_name']}, "
                         f"{theirs['sessions']:,.0f} in {name}")  # fmt: skip
    if wrong:
        ledger.problems.append(
            f"web_traffic: files of the same day must tell the same; found {plural(len(wrong), 'day')} told in two "
            f"ways, of {rows['date'].nunique():,} (e.g. {'; '.join(wrong[:3])}). Of exports made at different times "
            "keep the later one; of exports with different filters make one without."
        )
    return leave(rows, again, "same day in another file", ledger, "source_medium")


def _agree(kept: pd.DataFrame, again: pd.DataFrame) -> bool:
    """Return whether two files tell a day alike: row by row, or in all where one of them has less detail."""
    if kept["_detail"].iloc[0] != again["_detail"].iloc[0]:
        ours, theirs = kept["sessions"].sum(), again["sessions"].sum()
        return bool(abs(ours - theirs) <= ESTIMATED * max(ours, theirs))
    sides = [part.groupby(DIMENSIONS, dropna=False)["sessions"].sum().sort_index() for part in (kept, again)]
    return sides[0].equals(sides[1])

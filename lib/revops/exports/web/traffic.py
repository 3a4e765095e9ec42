"""Visits by day, source and landing page: the tables of all files, each day once, held against printed totals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.people_records.links import path_of
from revops.exports.reading.columns import TEXT, text_of, whole
from revops.exports.reading.frames import Frame
from revops.exports.uniting.groups import in_groups, on_disk, sampled, united
from revops.exports.uniting.records import finish
from revops.exports.uniting.rows import each, leave, text_columns, without
from revops.exports.web.of_file import DIMENSIONS, ESTIMATED, PAIRED, TAGGED, TEXTS, OfFile, said
from revops.wording import plural

__all__ = ["build_web_traffic"]

KEY = ["date", *DIMENSIONS]
NUMBERS = ["sessions", "key_events"]
Files = dict[int, OfFile]


def build_web_traffic(frames: list[Frame], context: Context, aside: Path | None = None) -> pa.Table | Dataset:
    """Return sessions per day, source, medium, campaign and landing page; of files that overlap each day once.

    Where files are too large for memory, the visits go to web_traffic.parquet in the folder `aside`, some days after
    others, and are returned as a dataset; else as a table. They are finished and counted as kept.
    """
    files, days, to = {frame.source.index: OfFile(frame) for frame in frames}, Days(), on_disk(frames, aside)

    def parts(ledger: Ledger, most: int | None) -> Iterator[pa.Table]:
        if most is not None:
            yield from (pa.table({"_day": _days(part["date"])}) for part in sampled(frames, "date", most))
            return
        for frame in frames:
            yield from (_rows(part, files[frame.source.index], ledger) for part in frame.parts())

    n_rows = sum(frame.n_rows for frame in frames)
    groups = in_groups(parts, n_rows, "_day", "web_traffic", context.ledger, to)
    table = united((_done(group, files, days, context.ledger) for group in groups), "web_traffic", to)
    for file in files.values():
        file.tell(context.ledger)
    days.refuse(context.ledger)
    return table


@dataclass
class Days:
    """The days seen, and those that two files tell differently."""

    n: int = 0
    wrong: list[str] = field(default_factory=list)

    def refuse(self, ledger: Ledger) -> None:
        """Add a problem where there are such days."""
        if self.wrong:
            ledger.problems.append(
                "web_traffic: files of the same day must tell the same; found "
                f"{plural(len(self.wrong), 'day')} told in two ways, of {self.n:,} (e.g. {'; '.join(self.wrong[:3])}). "
                "Of exports made at different times keep the later one; of exports with different filters make one "
                "without."
            )


def _rows(part: pa.Table, file: OfFile, ledger: Ledger) -> pa.Table:
    """Return the rows in a part of a file that have a day and sessions; totals and the others are counted."""
    rows = pa.table({
        "date": part["date"].cast(pa.timestamp("us")),
        **{name: text_of(part, name) for name in TEXTS},
        "sessions": part["sessions"],
        "key_events": part["key_events"] if "key_events" in part.column_names else pa.nulls(len(part), pa.float64()),
        "_file": part["_file"],
        "_row": text_of(part, "_row"),
        "_day": _days(part["date"]),
    })  # fmt: skip
    undated = rows["date"].is_null()
    file.hear(rows, undated)
    reasons = [("footer or total row", undated), ("no sessions", rows["sessions"].is_null())]
    rows = without(rows, reasons, ledger, "source_medium")
    file.look(rows)
    return rows


def _days(dates: pa.ChunkedArray) -> pa.Array:
    return whole(dates).cast(pa.date32()).cast(TEXT)


def _done(group: pa.Table, files: Files, days: Days, ledger: Ledger) -> pa.Table:
    """Return the finished visits of some days, of which these are all rows; they are counted."""
    rows = group.select(["date", *NUMBERS, "_file"]).to_pandas().join(text_columns(group, TEXTS))
    rows["_row"] = pc.dictionary_encode(group["_row"].combine_chunks()).indices.to_numpy()
    rows = leave(rows, rows.duplicated(["_file", "_row"]), "exact duplicate row", ledger, "source_medium")
    if not len(rows):
        return finish(pa.table({}), "web_traffic")
    rows = _split(rows, files)
    again = rows.duplicated(["_file", *KEY], keep=False)
    for index, sessions, n in rows.assign(_again=again).groupby("_file")[["sessions", "_again"]].sum().itertuples():
        files[index].kept += sessions
        files[index].again += n
    rows = _once(rows, files, days, ledger)
    ledger.keep_rows(pa.table({"_file": pa.array(rows["_file"], pa.int32())}))
    done = rows.groupby(KEY, dropna=False, sort=True)[NUMBERS].sum(min_count=1).reset_index()
    done = done.assign(**{name: done[name].astype(object).where(done[name].notna(), None) for name in DIMENSIONS})
    return finish(pa.Table.from_pandas(done, preserve_index=False), "web_traffic")


def _split(rows: pd.DataFrame, files: Files) -> pd.DataFrame:
    """Return rows with source and medium apart and the path of the landing page; its query fills what no column has."""
    for name, told in PAIRED.items():
        rows[name] = rows[name].fillna(each(rows["source_medium"], told))
    for name, told in TAGGED.items():
        asked = rows["_file"].isin([index for index, file in files.items() if name in file.asked])
        if asked.any():
            found = each(rows["landing_page"].where(asked), told)
            rows[name] = found.where(asked & found.notna(), rows[name])
    rows["landing_page"] = each(rows["landing_page"], path_of)
    for name in DIMENSIONS[:3]:
        rows[name] = each(rows[name], said)
    return rows


def _once(rows: pd.DataFrame, files: Files, days: Days, ledger: Ledger) -> pd.DataFrame:
    """Return each day from one file, the one with most detail; days that files tell differently are noted."""
    key = ["date", "_file"]
    sums = rows.groupby(key).agg(sessions=("sessions", "sum"), n=("sessions", "size")).reset_index()
    sums = sums.rename(columns={"_file": "file"})
    sums["name"] = sums["file"].map({index: file.frame.source.name for index, file in files.items()})
    sums["detail"] = sums["file"].map({index: file.detail for index, file in files.items()})
    sums = sums.sort_values(["date", "detail", "n", "name"], ascending=[True, False, False, True])
    first = sums.drop_duplicates("date").set_index("date")
    days.n += len(first)
    again = rows["_file"].ne(rows["date"].map(first["file"]))
    if not again.any():
        return rows
    sides = dict(iter(rows.groupby(key)))
    for theirs in sums[sums.duplicated("date")].sort_values(["date", "name"]).itertuples():
        ours = first.loc[theirs.date]
        both = sides[theirs.date, ours["file"]], sides[theirs.date, theirs.file]
        if not _agree(*both, ours["detail"] == theirs.detail):
            days.wrong.append(f"{theirs.date:%Y-%m-%d}: {ours['sessions']:,.0f} sessions in {ours['name']}, "
                              f"{theirs.sessions:,.0f} in {theirs.name}")  # fmt: skip
    return leave(rows, again, "same day in another file", ledger, "source_medium")


def _agree(kept: pd.DataFrame, again: pd.DataFrame, alike: bool) -> bool:
    """Return whether two files tell a day alike: row by row where they have the same detail, else in all."""
    if not alike:
        ours, theirs = kept["sessions"].sum(), again["sessions"].sum()
        return bool(abs(ours - theirs) <= ESTIMATED * max(ours, theirs))
    sides = [part.groupby(DIMENSIONS, dropna=False)["sessions"].sum().sort_index() for part in (kept, again)]
    return sides[0].equals(sides[1])

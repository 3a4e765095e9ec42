"""Every file of the exports folder recognised first, then read: which are current, which are of an earlier day."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from revops.company import Company
from revops.errors import ExportError, examples, nearest
from revops.exports.audit import Ledger, Source
from revops.exports.books.statement import read_statement
from revops.exports.opening.files import NOT_TEXT, Blob, find_blobs, nature
from revops.exports.opening.html_table import open_html
from revops.exports.opening.text import TextSheet, open_text
from revops.exports.opening.workbook import WorkbookSheet, open_workbook
from revops.exports.reading.blocks import large_tables, read_in_blocks
from revops.exports.reading.frames import Frame, read_frame
from revops.exports.recognising.labels import field_name, normalised
from revops.exports.recognising.recognise import Match, recognise
from revops.exports.recognising.systems import Description
from revops.exports.steps import Steps
from revops.exports.uniting.look_ups import look_up
from revops.exports.web.tables import sha256_of, tables_of
from revops.exports.words import Words
from revops.wording import plural

__all__ = ["read_folder"]

DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})/")
OF_HUBSPOT = "hubspot-crm-exports-"  # every zip of HubSpot is named after its object and day
DATE_IN_NAME = re.compile(r"(?<!\d)20\d{2}([-_. ]?)(0[1-9]|1[0-2])\1(0[1-9]|[12]\d|3[01])(?!\d)")
BY_DAY = ("opportunities", "forecasts")
REFUSED = {
    "empty": "must hold rows; found 0 bytes. Export it again, or remove it.",
    "old workbook": "must be CSV, XLSX or zip; found an old Excel workbook (.xls) or one with a password. Save it "
    "as CSV, or as .xlsx without a password.",
}


@dataclass(frozen=True)
class Found:
    """A sheet that is recognised and not yet read."""

    sheet: TextSheet | WorkbookSheet
    match: Match
    sha256: str
    size: int
    day: dt.date | None

    @property
    def table(self) -> str | None:
        """Return the canonical table it fills, if any."""
        return self.match.description.kind.table

    @property
    def system(self) -> str:
        """Return the name of its system."""
        return self.match.description.system.system


def read_folder(
    folder: Path,
    company: Company,
    descriptions: tuple[Description, ...],
    ledger: Ledger,
    aside: Path | None = None,
    steps: Steps | None = None,
) -> list[Frame]:
    """Return every recognised file as a typed frame; the others are named in the ledger with the reason.

    Of dated folders the opportunities and forecasts are read, but for the latest one where no undated opportunities
    stand beside them: then it gives the other tables too. The rows of files too large for memory, and large members of
    zips, are put in the folder `aside`, where there is one; but not those of files in which others look up columns. A
    preparation that keeps what it has done gives its `steps`.
    """
    if not folder.is_dir():
        raise ExportError(
            f"{folder.name}: must be a folder of exports; found none. Create it, or correct exports.folder in "
            "company.yml."
        )
    if steps is None:
        (steps := Steps()).begin(ledger, Words(company, ledger))
    blobs = find_blobs(folder, company.exports.ignore, aside)
    found = _recognised(blobs, company, descriptions, ledger, steps)
    frames, seen, large = [], {}, large_tables((item.table, item.size) for item in found)
    looked_at = {look.file for item in found for look in item.match.description.kind.lookups.values()}
    for item in _current(found, ledger):
        source = Source(len(ledger.sources), item.sheet.name, item.sha256, item.size)
        ledger.sources.append(source)
        part = item.sheet.name.rpartition("/")[2] if item.match.delimiter is None else ""
        content = (item.sha256, part, item.day)
        filed = (item.sha256, part, item.table) if item.table == "forecasts" else content
        if first := seen.get(content) or (seen.get(filed) if item.day is None else None):
            _repeat(first, source, ledger)
            continue
        to = aside if item.table in large and item.match.description.kind.name not in looked_at else None
        given = (item.size, part, item.match, to is not None)
        frame = steps.read(given, source, item.match.description, partial(_read, item, company, to))
        frame.day = item.day
        seen |= {content: source, filed: source}
        frames.append(frame)
    _need_opportunities(frames, folder, ledger)
    if not ledger.problems:
        look_up(frames)
    return frames


def _read(item: Found, company: Company, aside: Path | None, source: Source, ledger: Ledger) -> Frame:
    """Return a file as a typed frame, its rows put aside where it is given a folder for them and they can be."""
    frame = None
    if aside is not None:
        frame = read_in_blocks(item.sheet, item.match, source, company, ledger, aside)
    read = read_statement if item.match.description.kind.statement else read_frame
    return frame or read(item.sheet, item.match, source, company, ledger)


def _recognised(
    blobs: Iterable[tuple[Blob, str]],
    company: Company,
    descriptions: tuple[Description, ...],
    ledger: Ledger,
    steps: Steps,
) -> list[Found]:
    found = []
    for blob, why in blobs:
        if why.startswith("refused: "):
            ledger.problems.append(f"{blob.name}: {why.removeprefix('refused: ')}")
        elif why:
            ledger.unrecognised.append((blob.name, why))
        else:
            for sheet, sha256, size in _sheets(blob, ledger, steps):
                match = recognise(sheet, descriptions)
                if isinstance(match, str):
                    ledger.unrecognised.append((sheet.name, match))
                elif match.description.kind.refuse:
                    ledger.problems.append(f"{sheet.name}: {match.description.kind.refuse}")
                elif match.description.kind.unread:
                    what = f"{match.description.system.system} {match.description.kind.name}"
                    ledger.unrecognised.append((sheet.name, f"not read: {what}. {match.description.kind.unread}"))
                else:
                    found.append(Found(sheet, match, sha256, size, _day(blob.name)))
    found = _of_one_crm(found, company, descriptions, ledger)
    _check_days(found, ledger)
    _check_headers(found, company, ledger)
    return found


def _of_one_crm(
    found: list[Found], company: Company, descriptions: tuple[Description, ...], ledger: Ledger
) -> list[Found]:
    """Return the files of the CRM that company.yml names and those of no CRM; refuse opportunities of two otherwise."""
    crms = sorted({d.system.system for d in descriptions if d.kind.table == "opportunities"})
    chosen = company.exports.crm
    if chosen is not None and chosen not in crms:
        ledger.problems.append(f"company.yml, exports.crm: {chosen} is not a CRM we read. {nearest(chosen, crms)}")
    if chosen is not None:
        others = [item for item in found if item.system in crms and item.system != chosen]
        for item in others:
            ledger.unrecognised.append((item.sheet.name, f"not read: of {item.system}; exports.crm is {chosen}"))
        return [item for item in found if item not in others]
    files: dict[str, list[str]] = {}
    for item in found:
        if item.table == "opportunities":
            files.setdefault(item.system, []).append(item.sheet.name)
    if len(files) > 1:
        said = " and ".join(f"{name} ({examples(sorted(files[name]))})" for name in sorted(files))
        ledger.problems.append(
            f"exports: opportunities must come from one CRM; found those of {said}. Say in company.yml which one "
            f"counts, {' or '.join(sorted(files))}:\n  exports:\n    crm: TODO"
        )
    return found


def _sheets(blob: Blob, ledger: Ledger, steps: Steps) -> list[tuple[TextSheet | WorkbookSheet, str, int]]:
    """Return the sheets of a file; what its bytes alone refuse goes to the ledger."""
    kind = nature(blob.head(4096))
    if kind in REFUSED:
        ledger.problems.append(f"{blob.name}: {REFUSED[kind]}")
        return []
    if kind in NOT_TEXT:
        ledger.unrecognised.append((blob.name, NOT_TEXT[kind]))
        return []
    seen = steps.survey(blob)
    if kind == "text":
        sheet = open_text(blob, seen)
        parts = tables_of(sheet)
        return [(part, sha256_of(part), seen.size) for part in parts] if parts else [(sheet, seen.sha256, seen.size)]
    book = open_html(blob) if kind == "html" else open_workbook(blob)
    if isinstance(book, str):
        ledger.problems.append(f"{blob.name}: {book}")
        return []
    return [(sheet, seen.sha256, seen.size) for sheet in book]


def _day(name: str) -> dt.date | None:
    match = DAY.match(name)
    try:
        return dt.date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _check_days(found: list[Found], ledger: Ledger) -> None:
    """Refuse folders of a day that does not exist, and warn of dates in names that do not make files dated."""
    undated = sorted({item.sheet.name for item in found if item.table in BY_DAY and item.day is None})
    for name in dict.fromkeys(match[1] for file in undated if (match := DAY.match(file))):
        ledger.problems.append(
            f"{name}: a folder named YYYY-MM-DD must be a day; found none of that date. Correct its name."
        )
    names = {part for file in undated if not DAY.match(file) for part in file.split("/")[:-1]}
    dated = sorted(name for name in names if DATE_IN_NAME.search(name) and not name.startswith(OF_HUBSPOT))
    if dated:
        ledger.warnings.append(
            f"{plural(len(dated), 'name')} of a folder or zip with a date that is not read as one ({examples(dated)}): "
            "only folders named YYYY-MM-DD, at the top of the exports folder, are exports of a day"
        )


def _check_headers(found: list[Found], company: Company, ledger: Ledger) -> None:
    """Refuse a header of company.yml that no file of its table has: its column would silently stay as it is."""
    for table, columns in company.exports.columns.items():
        labels = [item.match.labels for item in found if item.table == table]
        there = {normalised(label): label for row in labels for label in row if label.strip()}
        for column, wanted in columns.items():
            fields = {field_name(label) for label in there}
            if labels and not any(field_name(label) in fields for label in wanted):
                ledger.problems.append(
                    f"company.yml, exports.columns.{table}.{column}: some file of {table} must have the header "
                    f"{' or '.join(wanted)}; found none in {plural(len(labels), 'file')}. "
                    f"{nearest(wanted[0], list(there.values()))} Correct it, or take it out."
                )


def _current(found: list[Found], ledger: Ledger) -> list[Found]:
    """Return what is to be read, without the files of earlier days that tell no history, undated forecasts last."""
    days = {item.day for item in found if item.table == "opportunities"}
    latest = None if None in days or not days else max(day for day in days if day)
    kinds = [item.match.description.kind for item in found if item.table == "forecasts"]
    beside = {look.file for kind in kinds for look in kind.lookups.values()}
    kept = []
    for item in found:
        if item.table in BY_DAY or item.day in (None, latest) or item.match.description.kind.name in beside:
            kept.append(item)
        else:
            newer = f"folder {latest}" if latest else "the files beside the dated folders"
            ledger.unrecognised.append(
                (item.sheet.name, f"not read: of dated folders only opportunities and forecasts count; see {newer}")
            )
    return sorted(kept, key=lambda item: item.table == "forecasts" and item.day is None)


def _repeat(first: Source, again: Source, ledger: Ledger) -> None:
    """Count a file with the same content as one already read: all its rows are left out."""
    for name in ("system", "table", "route", "encoding", "delimiter", "header_row", "rows_read", "first", "last",
                 "counted_in", "sheet_rows"):  # fmt: skip
        setattr(again, name, getattr(first, name))
    again.currencies, again.unknown_columns, again.kind = first.currencies, first.unknown_columns, first.kind
    again.warnings.append(f"has the same content as {first.name}")
    ledger.leave_out(again, "same file given twice", again.rows_read)


def _need_opportunities(frames: list[Frame], folder: Path, ledger: Ledger) -> None:
    """Add a problem where no file fills opportunities, with what every file is instead."""
    if ledger.problems or any(f.source.table == "opportunities" and f.n_rows for f in frames):
        return
    listed = [f"{name}: {why}" for name, why in ledger.unrecognised]
    for frame in frames:
        empty = ", with headers and no rows" if not frame.n_rows else ""
        listed.append(f"{frame.source.name}: {frame.source.system} {frame.description.kind.name}{empty}")
    lines = "".join(f"\n  {line}" for line in sorted(listed))
    files = "1 file" if len(listed) == 1 else f"{len(listed):,} files"
    ledger.problems.append(
        f"{folder.name}: some file must hold opportunities; found none in {files}. Add the Opportunity export, or "
        f"describe yours in systems/ beside company.yml.{' What the files are:' if listed else ''}{lines}"
    )

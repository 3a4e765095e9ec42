"""Damage to a file as a whole: its encoding, delimiter, line ends, quotes, bytes, and what it is packed into."""

import csv
import datetime as dt
import gzip
import io
import zipfile
from dataclasses import replace
from random import Random

import openpyxl

from fuzzing.by_cells import ISO, NUMBER, SLASHED, _moment
from fuzzing.damage import HURTS, SAME, TOLD, Hit, damage
from fuzzing.sheet import Sheet

CLEAN = "the cut fell between two rows"
INSIDE_TEXT = "the stray sign is part of a text"


@damage(SAME)
def swap_encoding(sheet: Sheet, random: Random) -> Hit:
    """Write the file in another encoding that holds all of its characters."""
    name = random.choice(["utf-8", "utf-8 with BOM", "cp1252", "utf-16-le", "utf-16-be"])
    delimiter = "\t" if name.startswith("utf-16") else sheet.delimiter
    changed = replace(sheet, encoding=name, delimiter=delimiter)
    if name == "cp1252" and changed.text().encode("cp1252", "replace").decode("cp1252") != changed.text():
        changed = replace(sheet, encoding="utf-8 with BOM")
    return Hit(changed)


@damage(TOLD, on_bytes=True)
def drop_byte_order_mark(sheet: Sheet, random: Random) -> Hit:
    """Write the file in UTF-16 without its mark."""
    codec = random.choice(["utf-16-le", "utf-16-be"])
    return Hit(files={None: sheet.text().encode(codec)})


@damage(TOLD, on_bytes=True)
def read_twice(sheet: Sheet, random: Random) -> Hit:
    """Write UTF-8 that was once read as Windows-1252: Ã¼ for ü."""
    return Hit(files={None: sheet.text().encode().decode("cp1252", "replace").encode()})


@damage(SAME)
def swap_delimiter(sheet: Sheet, random: Random) -> Hit:
    """Write the file with another delimiter, quoted as it asks for."""
    return Hit(replace(sheet, delimiter=random.choice([",", ";", "\t", "|"]), quoting=csv.QUOTE_MINIMAL))


@damage(SAME)
def swap_quoting(sheet: Sheet, random: Random) -> Hit:
    """Quote every cell, or only those that need it."""
    return Hit(replace(sheet, quoting=random.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])))


@damage(SAME)
def swap_line_ends(sheet: Sheet, random: Random) -> Hit:
    """End the lines as Unix or as Windows does."""
    return Hit(replace(sheet, eol=random.choice(["\n", "\r\n"])))


@damage(TOLD)
def end_lines_as_old_macs(sheet: Sheet, random: Random) -> Hit:
    """End the lines with a carriage return alone."""
    return Hit(replace(sheet, eol="\r"))


@damage(TOLD, on_bytes=True)
def mix_line_ends(sheet: Sheet, random: Random) -> Hit:
    """End some lines as Windows does, others as Unix does."""
    parts = replace(sheet, eol="\n").text().split("\n")
    return Hit(files={None: "".join(part + random.choice(["\n", "\r\n"]) for part in parts).encode()})


@damage(TOLD, on_bytes=True)
def stray_delimiter(sheet: Sheet, random: Random) -> Hit:
    """Put a delimiter between two characters of an unquoted row."""
    lines = replace(sheet, quoting=csv.QUOTE_MINIMAL).text().split(sheet.eol)
    line, at = _spot(lines, sheet, random)
    lines[line] = lines[line][:at] + sheet.delimiter + lines[line][at:]
    quoted = lines[line][:at].count('"') % 2 == 1
    return Hit(files={None: sheet.eol.join(lines).encode()}, unseen=INSIDE_TEXT if quoted else "")


@damage(HURTS, on_bytes=True)
def stray_quote(sheet: Sheet, random: Random) -> Hit:
    """Put a quote somewhere below the header."""
    lines = sheet.text().split(sheet.eol)
    line, at = _spot(lines, sheet, random)
    lines[line] = lines[line][:at] + '"' + lines[line][at:]
    return Hit(files={None: sheet.eol.join(lines).encode()})


@damage(HURTS, on_bytes=True)
def two_stray_quotes(sheet: Sheet, random: Random) -> Hit:
    """Put two quotes somewhere below the header."""
    lines = sheet.text().split(sheet.eol)
    for _ in range(2):
        line, at = _spot(lines, sheet, random)
        lines[line] = lines[line][:at] + '"' + lines[line][at:]
    return Hit(files={None: sheet.eol.join(lines).encode()})


@damage(TOLD, on_bytes=True)
def strew_nul(sheet: Sheet, random: Random) -> Hit:
    """Put NUL characters somewhere below the header."""
    lines = sheet.text().split(sheet.eol)
    for _ in range(random.randrange(1, 4)):
        line, at = _spot(lines, sheet, random)
        lines[line] = lines[line][:at] + "\x00" + lines[line][at:]
    return Hit(files={None: sheet.eol.join(lines).encode()})


@damage(TOLD, on_bytes=True)
def byte_order_mark_between(sheet: Sheet, random: Random) -> Hit:
    """Put a byte order mark at the start of a later line, as pasted files have it."""
    lines = sheet.text().split(sheet.eol)
    line, _ = _spot(lines, sheet, random)
    lines[line] = "\ufeff" + lines[line]
    return Hit(files={None: sheet.eol.join(lines).encode()})


@damage(HURTS, on_bytes=True)
def cut_bytes(sheet: Sheet, random: Random) -> Hit:
    """Cut the file at some byte, in the middle of a row or between two."""
    data = sheet.written()
    at = random.randrange(1, len(data))
    clean = data[:at].endswith(b"\n")
    return Hit(files={None: data[:at]}, unseen=CLEAN if clean else "")


@damage(SAME, on_bytes=True)
def give_twice(sheet: Sheet, random: Random) -> Hit:
    """Give the file once more under another name."""
    return Hit(files={None: sheet.written(), "copy (1).csv": sheet.written()})


@damage(TOLD, on_bytes=True)
def split_in_two(sheet: Sheet, random: Random) -> Hit | None:
    """Give the file as two that overlap."""
    n = len(sheet.data)
    if n < 3:
        return None
    first, last = random.randrange(1, n), random.randrange(0, n - 1)
    if last > first:
        first, last = last, first
    halves = [sheet.with_data([*rows]) for rows in (sheet.data[:first], sheet.data[last:])]
    return Hit(files={None: halves[0].written(), "part 2.csv": halves[1].written()})


@damage(TOLD, on_bytes=True)
def to_workbook(sheet: Sheet, random: Random) -> Hit:
    """Save the file as a workbook, its cells as text or as what they look like."""
    typed = random.random() < 0.5
    book = openpyxl.Workbook()
    for row in sheet.rows:
        book.active.append([_typed(cell) if typed else cell for cell in row])
    out = io.BytesIO()
    book.save(out)
    return Hit(files={"book.xlsx": out.getvalue()})


@damage(SAME, on_bytes=True)
def to_zip(sheet: Sheet, random: Random) -> Hit:
    """Pack the file into a zip, in a folder of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        archive.writestr("export/file.csv", sheet.written())
    return Hit(files={"export.zip": out.getvalue()})


@damage(TOLD, on_bytes=True)
def to_gzip(sheet: Sheet, random: Random) -> Hit:
    """Pack the file with gzip."""
    return Hit(files={"export.csv.gz": gzip.compress(sheet.written(), mtime=0)})


def _spot(lines: list[str], sheet: Sheet, random: Random) -> tuple[int, int]:
    """Return a line below the header and a place in it."""
    line = random.randrange(min(sheet.top + 1, len(lines) - 1), len(lines))
    return line, random.randrange(len(lines[line]) + 1)


def _typed(cell: str) -> object:
    """Return a cell as Excel takes it when a file is opened there."""
    if ISO.match(cell) or SLASHED.match(cell):
        at, timed = _moment(cell)
        return at if timed else dt.date(at.year, at.month, at.day)
    return float(cell.replace(",", "")) if NUMBER.match(cell) and len(cell) < 15 else cell or None

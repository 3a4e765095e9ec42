"""Marks that a file bears of what was done to it: pasted together, read in a wrong encoding, cut off."""

import csv
import io
import os
import re
from dataclasses import dataclass
from itertools import chain

from revops.exports.opening.files import Blob
from revops.exports.opening.lines import rows_of
from revops.wording import plural

__all__ = ["Unended", "healed", "last_row", "open_end"]

MARK = "\ufeff"
# What UTF-8 becomes that is read as Windows-1252: a letter with an accent, a dash or a curved quote.
MISREAD = re.compile(
    "\u00c3[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]|\u00e2\u20ac."
)
TAIL = 1 << 16
PADDING = b"\x00\x1a"  # what old systems write behind the end of a text


@dataclass(frozen=True)
class Unended:
    """The last row of a file where no line break ends it: its cells, and whether its last quote is still open.

    `line` is where it starts; 0 where only its last line was looked at.
    """

    cells: list[str]
    line: int = 0
    is_open: bool = False


def healed(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text without byte order marks within it, and a note on these and on characters read wrongly before."""
    notes = []
    if n := text.count(MARK):
        text = text.replace(MARK, "")
        notes.append(f"{plural(n, 'byte order mark')} within it dropped: it looks pasted together from several files")
    if found := MISREAD.findall(text):
        notes.append(
            f"{plural(len(found), 'character')} of UTF-8 that were once read as Windows-1252 (e.g. {min(found)}): "
            "names may not match those in other files. Export it again, and do not open it elsewhere."
        )
    return text, tuple(notes)


def open_end(blob: Blob, delimiter: str) -> list[str]:
    """Return the cells of the last line where no line break ends it, as in a file that was cut off; else none."""
    with blob.open() as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - TAIL))
        lines = re.split(rb"[\r\n]", stream.read().rstrip(PADDING))
    if len(lines) == 1:
        return []
    last = lines[-1].decode("utf-8", errors="replace").replace("\x00", "")
    return next(csv.reader([last], delimiter=delimiter), [])


def last_row(blob: Blob, start: int, delimiter: str) -> Unended:
    """Return the last row of a file that ends with no line break, found by reading all rows from byte `start` on."""
    last, before = (0, [""]), (0, [""])
    with blob.open() as stream:
        text = io.TextIOWrapper(io.BufferedReader(stream), "utf-8", errors="replace", newline="")
        text.seek(start)
        for row in rows_of(chain(text, [delimiter]), delimiter):
            before, last = last, row
    if not any(last[1]):  # the delimiter came as a row of its own
        return Unended(before[1], before[0])
    *cells, inside = last[1]
    return Unended([*cells, inside.removesuffix(delimiter)], last[0], is_open=True)

"""Several tables in one text file, each under lines that begin with #: cut apart, so that each is recognised alone."""

import hashlib
import re
from dataclasses import replace

from revops.exports.opening.files import Blob
from revops.exports.opening.text import TextSheet

__all__ = ["sha256_of", "tables_of"]

LONGEST = 1 << 24
BLANK = ' \t\r\n,;"'
NUMBER = re.compile(r'(^|[,;\t|])\s*"?-?\d[\d.,]*"?\s*([,;\t|]|$)')


def tables_of(sheet: TextSheet) -> list[TextSheet]:
    """Return the tables of a file that begins with a line of # and holds more than one; none of any other file.

    A table ends at the next line of #, or at a blank line below which no row with a number follows: such a row still
    belongs to it. Those lines stay above the table that follows them.
    """
    head = sheet.blob.head(4096)[sheet.start :]
    if not head.lstrip().lstrip(b'"').startswith(b"#"):
        return []
    data = sheet.blob.read()
    if len(data) > LONGEST:
        return []
    found: list[list[str]] = []
    above: list[str] = []
    in_table = False
    for line in data[sheet.start :].decode("utf-8", errors="replace").splitlines(keepends=True):
        is_row = bool(line.strip(BLANK)) and not line.lstrip('" ').startswith("#")
        if is_row and not in_table and not (found and _goes_on(line, above)):
            found.append(above)
            above = []
        elif is_row:
            found[-1].extend(above)
            above = []
        (found[-1] if is_row else above).append(line)
        in_table = is_row
    if len(found) < 2:
        return []
    found[-1].extend(above)
    return [_part(sheet, "".join(lines), n) for n, lines in enumerate(found, start=1)]


def _goes_on(line: str, above: list[str]) -> bool:
    """Return whether a row belongs to the table above it: nothing but blank lines between, and a number in it."""
    return not any(text.strip(BLANK) for text in above) and bool(NUMBER.search(line))


def sha256_of(part: TextSheet) -> str:
    """Return the hash of one table of a file."""
    return hashlib.sha256(part.blob.read()).hexdigest()


def _part(sheet: TextSheet, text: str, n: int) -> TextSheet:
    data = text.encode("utf-8")
    blob = Blob(sheet.name, data=data)
    odd = data.count(b'"') % 2 == 1
    name = f"{sheet.name} (table {n})"
    return replace(sheet, name=name, blob=blob, start=0, odd_quotes=odd, newlines=data.count(b"\n"))

"""What goes out beside a page: tables as CSV files that a spreadsheet opens and never runs, pictures as PNG."""

import base64
import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from revops.errors import RunError

__all__ = ["write_pictures", "write_tables"]

# What makes a spreadsheet take a cell for a formula; the last four are full-width forms of the first four.
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,59}")


def write_tables(tables: Iterable[Mapping[str, Any]], folder: Path) -> tuple[str, ...]:
    """Write each table (`name`, `columns`, `rows`) to `folder`/<name>.csv and return the file names in order.

    UTF-8 with a byte order mark, so that Excel shows accents, lines ending in CR LF (which also makes the writer quote
    a lone CR, else a row would break there); null is an empty cell; a text cell or heading that a spreadsheet would
    run starts with an apostrophe, a number never does.

    Raises
        RunError: a name that is no file name, a name given twice, or a row whose length is not that of the columns.
    """
    written: list[str] = []
    for table in tables:
        name, columns, rows = table["name"], list(table["columns"]), list(table["rows"])
        _check(name, columns, rows, written)
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / f"{name}.csv", "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([_cell(column) for column in columns])
            writer.writerows([_cell(value) for value in row] for row in rows)
        written.append(f"{name}.csv")
    return tuple(written)


def write_pictures(pictures: Iterable[tuple[str, str]], folder: Path) -> tuple[str, ...]:
    """Write each picture (its name, its bytes in base64) to `folder`/<name>.png and return the file names in order.

    Raises
        RunError: a name that is no file name, or a name given twice.
    """
    written: list[str] = []
    for name, content in pictures:
        _check_name("picture", name, [Path(file).stem for file in written])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.png").write_bytes(base64.b64decode(content))
        written.append(f"{name}.png")
    return tuple(written)


def _check_name(kind: str, name: str, taken: list[str]) -> None:
    if not _NAME.fullmatch(name):
        raise RunError(
            f"{kind} {name[:60]!r}: a {kind}'s name must be lower-case letters, digits and underscores, because it "
            "names a file. Rename it in the notebook."
        )
    if name in taken:
        raise RunError(f"{kind} {name}: each {kind} may be shown once; found it twice. Give the second another name.")


def _check(name: str, columns: list[str], rows: list[Any], written: list[str]) -> None:
    _check_name("table", name, [Path(file).stem for file in written])
    uneven = sum(len(row) != len(columns) for row in rows)
    if uneven:
        raise RunError(
            f"table {name}: each row must have one value per column; found {uneven} of {len(rows)} rows with another "
            "number. Correct the function that makes it."
        )


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.lstrip(" ").startswith(_RUNS):
        return f"'{value}"
    return value

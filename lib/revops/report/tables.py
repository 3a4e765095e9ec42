"""Tables as HTML that a screen reader, a phone and a printer can use; untrusted text is escaped here."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from revops import wording

__all__ = ["heading", "table_html", "text"]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_SHORT = re.compile(r"\b(cac|ltv|nrr|grr)\b", re.IGNORECASE)
_BREAK = re.compile(r"(?<=\w)[/_](?=\w)")


def text(value: object) -> str:
    """Return untrusted text ready for HTML: escaped, without control and direction-changing characters."""
    return escape(_CONTROL.sub("", str(value)), quote=True)


def table_html(caption: str, table: pd.DataFrame, units: Sequence[str | None], currency: str) -> str:
    """Return a table: caption, scoped headers, numbers to the right in words; each cell names its column for phones."""
    kinds = [_kind(unit) for unit in units]
    heads = "".join(
        f'<th{kind} scope="col">{text(heading(name))}</th>' for name, kind in zip(table.columns, kinds, strict=True)
    )
    body = "".join(
        f"<tr>{_cells(row, list(table.columns), units, currency)}</tr>\n"
        for row in table.itertuples(index=False, name=None)
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{text(caption)}">'
        f"<table><caption>{text(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _kind(unit: str | None) -> str:
    """Return the class that says how a column is set: n for numbers, d for dates; text has none."""
    return {None: "", "date": ' class="d"'}.get(unit, ' class="n"')


def _cells(row: tuple[Any, ...], names: list[str], units: Sequence[str | None], currency: str) -> str:
    cells = [_cell(value, unit, currency) for value, unit in zip(row, units, strict=True)]
    rest = "".join(
        f'<td{_kind(unit)} data-h="{text(heading(name))}">{cell}</td>'
        for name, unit, cell in zip(names[1:], units[1:], cells[1:], strict=True)
    )
    return f'<th scope="row">{cells[0]}</th>{rest}'


def _cell(value: Any, unit: str | None, currency: str) -> str:
    """Return one cell's words; a long name, such as a file's, may break behind its slashes and underscores."""
    words = text(wording.value(value, unit, currency))
    return _BREAK.sub(lambda found: f"{found[0]}<wbr>", words) if unit is None else words


def heading(name: str) -> str:
    """Return a column's name as a heading."""
    words = name.replace("_", " ").capitalize() if name == name.casefold() else name
    return _SHORT.sub(lambda found: found[0].upper(), words)

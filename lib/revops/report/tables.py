"""Tables as HTML that a screen reader, a phone and a printer can use; untrusted text is escaped here."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from revops import wording
from revops.wording import heading

__all__ = ["heading", "table_html", "text"]

_STRONG = ' class="strong"'
_BREAK = re.compile(r"(?<=\w)[/_](?=\w)")


def text(value: object) -> str:
    """Return untrusted text ready for HTML: escaped, without control and direction-changing characters."""
    return escape(wording.printable(value), quote=True)


def table_html(
    caption: str,
    table: pd.DataFrame,
    units: Sequence[str | None],
    currency: str,
    *,
    rows: str | None = None,
    by: str | None = None,
    strong: tuple[str, str] | None = None,
) -> str:
    """Return a table: caption, scoped headers, numbers to the right in words; each cell names its column for phones.

    rows names each row, so that a link can lead to it: `action` gives action-1, action-2. by: a column whose value
    heads the rows that share it, and is not repeated in them. strong: a column and the value of it that sets a row in
    bold; the column itself is not shown.
    """
    groups = table[by].tolist() if by else [None] * len(table)
    is_strong = (table[strong[0]] == strong[1]).tolist() if strong else [False] * len(table)
    left = [name not in (by, strong and strong[0]) for name in table.columns]
    table, units = table.loc[:, left], [unit for unit, is_left in zip(units, left, strict=True) if is_left]
    kinds = [_kind(unit) for unit in units]
    heads = "".join(
        f'<th{kind} scope="col">{text(heading(name))}</th>' for name, kind in zip(table.columns, kinds, strict=True)
    )
    body = "".join(
        f"{_head(groups, number - 1, len(units))}<tr{_place(rows, number)}{_STRONG * is_strong[number - 1]}>"
        f"{_cells(row, list(table.columns), units, currency)}</tr>\n"
        for number, row in enumerate(table.itertuples(index=False, name=None), start=1)
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{text(caption)}">'
        f"<table><caption>{text(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _head(groups: Sequence[Any], place: int, width: int) -> str:
    """Return the row that heads a group, where one begins; it ends the body of the table that is open."""
    if groups[place] is None or (place and groups[place] == groups[place - 1]):
        return ""
    new = "</tbody><tbody>" if place else ""
    return f'{new}<tr class="group"><th colspan="{width}" scope="rowgroup">{text(groups[place])}</th></tr>\n'


def _place(rows: str | None, number: int) -> str:
    return "" if rows is None else f' id="{rows}-{number}"'


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

"""Footers, totals and blank rows taken out of a sheet's cells, and rows of another width than its header's judged."""

import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger, Source
from revops.exports.opening.scars import Unended, last_row, open_end
from revops.exports.opening.text import Cells, TextSheet
from revops.exports.opening.workbook import WorkbookSheet
from revops.exports.reading.columns import TEXT, few, whole
from revops.exports.reading.reconciled import is_reconciled
from revops.exports.recognising.kinds import column_kind
from revops.exports.recognising.own_columns import BY_HAND, STRICT
from revops.exports.recognising.recognise import Match
from revops.wording import plural

__all__ = [
    "are_footers",
    "headers_again",
    "kept_rows",
    "leave_out_cut",
    "unended",
    "without_footers",
]


def without_footers(cells: Cells, match: Match, source: Source, ledger: Ledger, end: Unended | None = None) -> Cells:
    """Take footers, totals and blank rows out of the cells and return them; count them and rows of another width.

    `end` is the last row where no line break ends it.
    """
    _without_headers(cells, match, source, ledger)
    keep, cut = kept_rows(cells, match)
    cut_rows = Cells({place: column.filter(pa.array(~keep)) for place, column in cells.columns.items()})
    if totals := [row for row in cells.ragged if _ends_as_total(row, match)]:
        added = {place: pa.array([row[place] or None for row in totals], TEXT) for place in cells.columns}
        both = {place: [whole(column).cast(TEXT), added[place]] for place, column in cut_rows.columns.items()}
        cut_rows = Cells({place: pa.concat_arrays(parts) for place, parts in both.items()})
    if not keep.all():
        cells.columns = {place: column.filter(pa.array(keep)) for place, column in cells.columns.items()}
    leave_out_cut(cells.ragged, cells.lines, cut, match, source, ledger, end)
    return cut_rows


def unended(sheet: TextSheet | WorkbookSheet, match: Match, ragged: list[list[str]]) -> Unended | None:
    """Return the last row of data where no line break ends it; None of footers, blank rows and workbooks.

    All rows are read for it only where some are no plain ones. What a quote that is open over lines has swallowed is
    told elsewhere (TextSheet.swallowed).
    """
    if not isinstance(sheet, TextSheet) or not (cells := open_end(sheet.blob, match.delimiter or ",")):
        return None
    is_whole = len(cells) == len(match.labels)
    if not sheet.odd_quotes and all(are_footers(ragged, match)) and (is_whole or ragged):
        return Unended(cells) if is_whole else None
    end = last_row(sheet.blob, sheet.start, match.delimiter or ",")
    is_told = sheet.odd_quotes and end.is_open and "\n" in end.cells[-1]
    is_blank = not end.is_open and not any(cell.strip() for cell in end.cells)
    return None if is_told or is_blank or are_footers([*ragged, end.cells], match)[-1] else end


def leave_out_cut(
    ragged: list[list[str]],
    lines: list[int],
    cut: Counter[str],
    match: Match,
    source: Source,
    ledger: Ledger,
    end: Unended | None = None,
) -> None:
    """Count the rows that were cut and those of another width; more than a few of the latter are refused.

    `end` is the last row, where no line break ends it: with fewer cells than headers the file ends inside it.
    """
    width, reasons, odd = len(match.labels), Counter[str](), []
    refused = end.cells if end is not None and _refuses_end(end, match, source, ledger) else None
    for row, is_footer, line in zip(ragged, are_footers(ragged, match), lines or [0] * len(ragged), strict=True):
        if not any(cell.strip() for cell in row):
            reasons["blank row"] += 1
        elif is_footer:
            reasons["footer or total row"] += 1
        else:
            reasons[f"{len(row)} cells under {width} headers"] += 1
            odd += [] if row == refused else [line]
    for reason, n in sorted((reasons + cut).items()):
        ledger.leave_out(source, reason, n)
    is_cut = end is not None and refused is None and len(end.cells) < width
    _judge_ragged(odd, match, source, ledger, "the file ends inside a row: it looks cut off; " if is_cut else "")
    _warn_of_open_end(end, match, source)


def are_footers(ragged: list[list[str]], match: Match) -> list[bool]:
    """Return which rows of another width than the header's are footers: by their words, or alone beside such."""
    patterns = _patterns(match)
    footers = [
        _is_footer([cell for cell in row if cell.strip()], patterns) or _ends_as_total(row, match) for row in ragged
    ]
    return [is_footer or (len(row) == 1 and any(footers)) for row, is_footer in zip(ragged, footers, strict=True)]


def _patterns(match: Match) -> list[re.Pattern[str]]:
    return [re.compile(pattern, re.I) for pattern in match.description.system.footers]


def _without_headers(cells: Cells, match: Match, source: Source, ledger: Ledger) -> None:
    """Take out rows that are the header again, as files pasted below each other have them; count and name them."""
    again = headers_again(cells, match)
    if not again.any():
        return
    cells.columns = {place: column.filter(pa.array(~again)) for place, column in cells.columns.items()}
    ledger.leave_out(source, "header again", n := int(again.sum()))
    source.warnings.append(
        f"its header stands {n + 1:,} times: it looks pasted together from several files; all of their rows are read"
    )


def headers_again(cells: Cells, match: Match) -> np.ndarray:
    """Return which rows hold the header's own words in every known column."""
    again = np.ones(cells.n, bool)
    for place in sorted({place for places in match.places.values() for place in places}):
        same = pc.equal(pc.utf8_trim_whitespace(cells.columns[place].cast(TEXT)), match.labels[place].strip())
        again &= same.fill_null(False).to_numpy(False)
        if not again.any():
            break
    return again


def _refuses_end(end: Unended, match: Match, source: Source, ledger: Ledger) -> bool:
    """Refuse a file that ends inside its last row, and return whether it does: all rows below it are lost.

    Sheets kept by hand may lack the trailing cells of their last row, and its line break.
    """
    width = len(match.labels)
    if not end.is_open and (len(end.cells) >= width or _is_by_hand(match)):
        return False
    found = "a quote that is not closed" if end.is_open else f"{len(end.cells)} of {width} cells"
    ledger.problems.append(
        f"{source.name}: must end with a whole row; found its last row, line {end.line:,}, with {found} and no line "
        "break: the file looks cut off, and the rows below are lost. Export it again."
    )
    return True


def _warn_of_open_end(end: Unended | None, match: Match, source: Source) -> None:
    """Warn of a last row of data that no line break ends: such a file may be cut off in its last cell.

    Sheets kept by hand come without one from some spreadsheets: of those it counts only where that cell is a number.
    """
    width = len(match.labels)
    if end is None or end.is_open or len(end.cells) != width:
        return
    last = [column for column, places in match.places.items() if width - 1 in places]
    if _is_by_hand(match) and not _is_number(last, end.cells[-1], match):
        return
    source.warnings.append(
        "its last row ends without a line break, as all others have one: it may be cut off in its last cell, or rows "
        "below it be lost. Export it again if so."
    )


def _judge_ragged(lines: list[int], match: Match, source: Source, ledger: Ledger, cut_off: str) -> None:
    """Refuse more than a few rows of another width (any where each row is money), and warn of a few."""
    where = examples(sorted(lines)).replace("e.g. ", "e.g. line ", 1)
    if len(lines) > (0 if source.table in STRICT else few(source.rows_read)):
        ledger.problems.append(
            f"{source.name}: {cut_off}rows must have {len(match.labels)} cells as the header has; found {len(lines):,} "
            f"of {source.rows_read:,} with another number ({where}). Export it again, or correct its delimiters and "
            "quotes."
        )
    elif lines:
        source.warnings.append(
            f"{cut_off}{plural(len(lines), 'row')} with more or fewer cells than headers left out ({where})"
        )


def kept_rows(cells: Cells, match: Match) -> tuple[np.ndarray, Counter[str]]:
    """Return which full rows stay, and why the others do not: only rows that lack a needed cell are looked at."""
    patterns = _patterns(match)
    needed = [match.places[column][0] for column in match.description.kind.required if column in match.places]
    suspect = np.zeros(cells.n, bool)
    for place in needed:
        if cells.columns[place].null_count:
            suspect |= cells.columns[place].is_null().to_numpy(False)
    keep, cut = np.ones(cells.n, bool), Counter[str]()
    if is_reconciled(match.description.kind):  # their totals may stand under the name of a campaign
        starts = pc.match_substring_regex(cells.columns[0].cast(TEXT), "(?i)" + "|".join(p.pattern for p in patterns))
        suspect |= starts.fill_null(False).to_numpy(False)
    rows = np.flatnonzero(suspect)
    if not len(rows):
        return keep, cut
    texts = {place: column.take(pa.array(rows)).to_pylist() for place, column in cells.columns.items()}
    for i, row in enumerate(rows.tolist()):
        key = texts[needed[0]][i]
        filled = [text[i] for text in texts.values() if text[i] and text[i].strip()]
        if not filled:
            cut["blank row"] += 1
        elif _is_footer([key] if key else filled, patterns) or (not key and len(filled) == 1):
            cut["footer or total row"] += 1
        else:
            continue
        keep[row] = False
    return keep, cut


def _ends_as_total(row: list[str], match: Match) -> bool:
    """Return whether a row is a total whose name stands behind its last column, in a file that prints totals."""
    is_wider = is_reconciled(match.description.kind) and len(row) == len(match.labels) + 1
    return is_wider and bool(row[-1].strip()) and _is_footer(row[-1:], _patterns(match))


def _is_footer(row: list[str], patterns: list[re.Pattern[str]]) -> bool:
    return bool(row) and any(pattern.search(row[0].strip()) for pattern in patterns)


def _is_by_hand(match: Match) -> bool:
    return match.description.kind.table in (*BY_HAND, "tools")


def _is_number(columns: list[str], cell: str, match: Match) -> bool:
    """Return whether a filled cell is read as a number by some of these columns."""
    kinds = {column_kind(match.description.kind, column) for column in columns}
    is_spread = match.description.kind.wide is not None and match.description.kind.wide.cell in columns
    return bool(cell.strip()) and (is_spread or bool(kinds & {"money", "number"}))

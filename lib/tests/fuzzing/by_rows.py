"""Damage to rows and columns: cut, doubled, moved, with others between them."""

from dataclasses import replace
from random import Random

from fuzzing.damage import HURTS, SAME, TOLD, Hit, damage
from fuzzing.sheet import Sheet

CLEAN_CUT = "whole rows are gone and nothing counts them"
GONE_COLUMN = "an export need not have the column"


@damage(HURTS)
def cut_end(sheet: Sheet, random: Random) -> Hit | None:
    """Cut the last rows and all below them."""
    if len(sheet.data) < 2:
        return None
    n = random.randrange(1, len(sheet.data))
    rows = sheet.rows[: sheet.end - n]
    return Hit(replace(sheet, rows=rows, end=len(rows)), unseen=CLEAN_CUT)


@damage(HURTS)
def cut_rows(sheet: Sheet, random: Random) -> Hit | None:
    """Cut rows at the start, in the middle or at the end, and leave what stands below."""
    if len(sheet.data) < 2:
        return None
    n = random.randrange(1, len(sheet.data))
    at = random.randrange(len(sheet.data) - n + 1)
    return Hit(sheet.with_data([*sheet.data[:at], *sheet.data[at + n :]]), unseen=CLEAN_CUT)


@damage(TOLD)
def only_headers(sheet: Sheet, random: Random) -> Hit:
    """Cut all rows of data."""
    return Hit(replace(sheet, rows=sheet.rows[: sheet.top + 1], end=sheet.top + 1))


@damage(TOLD)
def double_rows(sheet: Sheet, random: Random) -> Hit:
    """Repeat some rows elsewhere."""
    again = [row for row in sheet.data if random.random() < 0.4]
    data = [*sheet.data]
    for row in again:
        data.insert(random.randrange(len(data) + 1), row)
    return Hit(sheet.with_data(data))


@damage(SAME)
def shuffle_rows(sheet: Sheet, random: Random) -> Hit:
    """Put the rows into another order."""
    return Hit(sheet.with_data(random.sample(sheet.data, len(sheet.data))))


@damage(SAME)
def shuffle_columns(sheet: Sheet, random: Random) -> Hit:
    """Put the columns into another order, but for the first one of sheets with totals below."""
    first = 1 if sheet.end < len(sheet.rows) else 0
    width = len(sheet.header)
    return Hit(sheet.with_columns([*range(first), *random.sample(range(first, width), width - first)]))


@damage(TOLD)
def double_column(sheet: Sheet, random: Random) -> Hit:
    """Repeat a column at the end."""
    width = len(sheet.header)
    return Hit(sheet.with_columns([*range(width), random.randrange(width)]))


@damage(TOLD)
def double_column_with_other_cells(sheet: Sheet, random: Random) -> Hit:
    """Repeat a column at the end, its cells in another order."""
    width = len(sheet.header)
    place = random.randrange(width)
    cells = random.sample(sheet.column(place), len(sheet.data))
    return Hit(sheet.with_columns([*range(width), place]).with_cells(width, cells))


@damage(HURTS)
def drop_column(sheet: Sheet, random: Random) -> Hit:
    """Take a column out."""
    width = len(sheet.header)
    place = random.randrange(width)
    return Hit(sheet.with_columns([i for i in range(width) if i != place]), unseen=GONE_COLUMN)


@damage(SAME)
def add_unknown_column(sheet: Sheet, random: Random) -> Hit:
    """Add a column that means nothing to us."""
    rows = [
        (*row, "Colour of the folder" if i == sheet.top else f"blue {i}") if len(row) == len(sheet.header) else row
        for i, row in enumerate(sheet.rows)
    ]
    return Hit(replace(sheet, rows=tuple(rows)))


@damage(SAME)
def add_blank_rows(sheet: Sheet, random: Random) -> Hit:
    """Put blank lines, and lines of nothing but delimiters, between the rows."""
    data = [*sheet.data]
    for _ in range(random.randrange(1, 5)):
        blank = random.choice([(), ("",) * len(sheet.header)])
        data.insert(random.randrange(len(data) + 1), blank)
    return Hit(sheet.with_data(data))


@damage(SAME)
def add_titles(sheet: Sheet, random: Random) -> Hit:
    """Put titles above the header."""
    width = len(sheet.header)
    titles = [("All records",), ("Northwind Software", *[""] * (width - 1)), (), ("Filtered by: all time",)]
    above = random.sample(titles, random.randrange(1, 4))
    return Hit(replace(sheet, rows=(*above, *sheet.rows), top=sheet.top + len(above), end=sheet.end + len(above)))


@damage(TOLD)
def add_totals(sheet: Sheet, random: Random) -> Hit:
    """Put a row of totals or a footer below the data, as spreadsheets and reports do."""
    width = len(sheet.header)
    numbers = tuple("1,234,567.89" if i and any(map(_is_number, sheet.column(i))) else "" for i in range(width))
    below = random.choice([
        ("Total", *numbers[1:]),
        ("Grand Total", *numbers[1:]),
        ("TOTAL:", *numbers[1:]),
        (f"Grand Totals ({len(sheet.data)} records)", *[""] * (width - 1)),
        ("Confidential Information - Do Not Distribute",),
        ("Copyright (c) 2000-2025 salesforce.com, inc. All rights reserved.", *[""] * (width - 1)),
        ("", *numbers[1:]),
        ("Sum", *numbers[1:]),
    ])  # fmt: skip
    rows = (*sheet.rows[: sheet.end], below, *sheet.rows[sheet.end :])
    return Hit(replace(sheet, rows=rows))


@damage(TOLD)
def repeat_header(sheet: Sheet, random: Random) -> Hit:
    """Put the header between the rows once more, as files pasted below each other have it."""
    at = random.randrange(len(sheet.data) + 1)
    return Hit(sheet.with_data([*sheet.data[:at], sheet.header, *sheet.data[at:]]))


@damage(TOLD)
def repeat_whole_table(sheet: Sheet, random: Random) -> Hit:
    """Put the whole file below itself, titles, header, footers and all."""
    return Hit(replace(sheet, rows=sheet.rows * 2))


@damage(HURTS)
def move_cells(sheet: Sheet, random: Random) -> Hit:
    """Move the cells of one row to the right by one, as a blank cell too many does."""
    data = [*sheet.data]
    place = random.randrange(len(data))
    data[place] = ("", *data[place])
    return Hit(sheet.with_data(data))


@damage(TOLD)
def end_rows_with_delimiters(sheet: Sheet, random: Random) -> Hit:
    """End every row with more delimiters."""
    n = random.randrange(1, 4)
    return Hit(replace(sheet, rows=tuple((*row, *[""] * n) if row else row for row in sheet.rows)))


@damage(TOLD)
def end_rows_below_header_with_a_delimiter(sheet: Sheet, random: Random) -> Hit:
    """End every row but the header with one more delimiter."""
    return Hit(sheet.with_data([(*row, "") for row in sheet.data]))


@damage(SAME)
def respell_headers(sheet: Sheet, random: Random) -> Hit:
    """Write the headers with other spaces, quotes and case."""
    changes = [
        str, str.upper, str.lower, lambda label: f"  {label} ", lambda label: label.replace(" ", "  "),
        lambda label: label.replace(" ", "\u00a0"), lambda label: f"\u201c{label}\u201d",
    ]  # fmt: skip
    header = tuple(label if '"' in label else random.choice(changes)(label) for label in sheet.header)
    return Hit(sheet.with_data([*sheet.data], header))


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "", 1).strip("$ -").isdigit()

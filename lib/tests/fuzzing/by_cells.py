"""Damage to cells: numbers, dates and ids as other programs and other countries write them."""

import datetime as dt
import re
from collections.abc import Callable
from random import Random

from fuzzing.damage import HURTS, SAME, TOLD, Hit, damage
from fuzzing.sheet import Sheet

NUMBER = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$|^-?\d+(\.\d+)?$")
ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$")
SLASHED = re.compile(r"^(1[0-2]|0?[1-9])/(\d{1,2})/(\d{4}|\d{2})$")
NO_NUMBERS = re.compile(r"\bids?\b|\bid$|^id|year|period|number of|flag|^is|closed$|won$|deleted|responded|active|"
                        r"has[A-Z]|private|interval|quantity|age$|count", re.I)  # fmt: skip
RATES = re.compile(r"probability|percent|rate\b|ctr", re.I)
ID = re.compile(r"^(?:[a-zA-Z0-9]{15}|[a-zA-Z0-9]{18}|\d{9,})$")
SPACE = "\u202f"
LOCALES = {
    "german": (".", ","), "french": (SPACE, ","), "plain comma": ("", ","), "english": (",", "."),
    "swiss": ("’", "."), "spaced": ("\u00a0", "."), "bare": ("", "."),
}  # fmt: skip
ALIKE = "no cell shows the order of day and month"
SMALL = "ids without capitals are ids too"


def _numbers(sheet: Sheet) -> list[int]:
    """Return the columns of amounts and counts: numbers in every cell that is filled."""
    return [
        i for i in _filled(sheet, NUMBER) if not (NO_NUMBERS.search(sheet.header[i]) or RATES.search(sheet.header[i]))
    ]


def _dates(sheet: Sheet) -> list[int]:
    return [*_filled(sheet, ISO), *_filled(sheet, SLASHED)]


def _filled(sheet: Sheet, pattern: re.Pattern[str]) -> list[int]:
    found = []
    for place in range(len(sheet.header)):
        cells = [cell for cell in sheet.column(place) if cell]
        if cells and all(pattern.match(cell) for cell in cells) and not all(map(ID.match, cells)):
            found.append(place)
    return found


def _rewritten(sheet: Sheet, places: list[int], write: Callable[[str], str]) -> Sheet:
    for place in places:
        sheet = sheet.with_cells(place, [write(cell) if cell else "" for cell in sheet.column(place)])
    return sheet


def _localised(cell: str, thousands: str, decimal: str) -> str:
    whole, _, rest = cell.replace(",", "").partition(".")
    grouped = f"{int(whole):,}".replace(",", thousands)
    sign = "-" if whole.startswith("-") and not grouped.startswith("-") else ""
    return f"{sign}{grouped}{decimal}{rest}" if rest else f"{sign}{grouped}"


@damage(TOLD)
def swap_number_locale(sheet: Sheet, random: Random) -> Hit | None:
    """Write all amounts as another country does."""
    if not (places := _numbers(sheet)):
        return None
    signs = random.choice([*LOCALES.values()])
    return Hit(_rewritten(sheet, places, lambda cell: _localised(cell, *signs)))


@damage(TOLD)
def mix_number_locales(sheet: Sheet, random: Random) -> Hit | None:
    """Write some amounts of one column as another country does."""
    if not (places := [i for i in _numbers(sheet) if any("." in cell for cell in sheet.column(i))]):
        return None
    signs = random.choice([LOCALES["german"], LOCALES["french"], LOCALES["plain comma"]])

    def write(cell: str) -> str:
        return _localised(cell, *signs) if "." in cell and random.random() < 0.5 else cell

    return Hit(_rewritten(sheet, [random.choice(places)], write))


@damage(TOLD)
def mark_currency(sheet: Sheet, random: Random) -> Hit | None:
    """Write a sign or a code of a currency into the amounts of a column."""
    if not (places := _numbers(sheet)):
        return None
    form = random.choice(["${}", "$ {}", "USD {}", "{} USD", "US${}"])
    return Hit(_rewritten(sheet, [random.choice(places)], form.format))


@damage(TOLD)
def write_negatives_otherwise(sheet: Sheet, random: Random) -> Hit | None:
    """Write negative amounts in brackets, with the sign behind, or with another minus."""
    places = [i for i in _numbers(sheet) if any(cell.startswith("-") for cell in sheet.column(i))]
    if not places:
        return None
    form = random.choice(["({})", "{}-", "\u2212{}", "$({})", "($ {})"])
    return Hit(_rewritten(sheet, places, lambda cell: form.format(cell[1:]) if cell.startswith("-") else cell))


@damage(TOLD)
def swap_percent(sheet: Sheet, random: Random) -> Hit | None:
    """Write percents as fractions, or with a percent sign."""
    places = [i for i in _filled(sheet, NUMBER) if RATES.search(sheet.header[i])]
    places = [i for i in places if any(float(cell or 0) > 1 for cell in sheet.column(i))]
    if not places:
        return None
    write = random.choice([lambda c: f"{float(c) / 100:g}", lambda c: f"{c}%", lambda c: f"{float(c):g} %"])
    return Hit(_rewritten(sheet, places, write))


def _moment(cell: str) -> tuple[dt.datetime, bool]:
    """Return a cell as a moment, and whether it has a time."""
    if found := ISO.match(cell):
        return dt.datetime(*(int(part) for part in found.groups(default="0"))), found[4] is not None
    month, day, year = (int(part) for part in SLASHED.match(cell).groups())  # type: ignore[union-attr]
    return dt.datetime(year + 2000 * (year < 100), month, day), False


FORMS = {
    "D/M/Y": "{d}/{m}/{y}", "M/D/Y": "{m}/{d}/{y}", "D.M.YYYY": "{d}.{m}.{y}", "DD.MM.YYYY": "{d:02}.{m:02}.{y}",
    "ISO": "{y}-{m:02}-{d:02}", "Y/M/D": "{y}/{m:02}/{d:02}", "D-M-Y": "{d:02}-{m:02}-{y}",
}  # fmt: skip


def _dated(cell: str, form: str, always: bool = False) -> str:
    at, timed = _moment(cell)
    day = FORMS[form].format(d=at.day, m=at.month, y=at.year)
    return f"{day} {at:%H:%M:%S}" if timed or always else day


@damage(TOLD)
def swap_date_order(sheet: Sheet, random: Random) -> Hit | None:
    """Write all dates as another country does."""
    if not (places := _dates(sheet)):
        return None
    form = random.choice([*FORMS])
    return Hit(_rewritten(sheet, places, lambda cell: _dated(cell, form)))


@damage(TOLD)
def swap_one_date_order(sheet: Sheet, random: Random) -> Hit | None:
    """Write the dates of one column as another country does."""
    if not (places := _dates(sheet)):
        return None
    form = random.choice([*FORMS])
    return Hit(_rewritten(sheet, [random.choice(places)], lambda cell: _dated(cell, form)))


@damage(HURTS)
def mix_date_orders(sheet: Sheet, random: Random) -> Hit | None:
    """Write some dates of one column day first, the others month first."""
    if not (places := _dates(sheet)):
        return None
    place, forms = random.choice(places), []

    def write(cell: str) -> str:
        form = random.choice(["D/M/Y", "M/D/Y"])
        forms.append((form, _moment(cell)[0].day))
        return _dated(cell, form)

    damaged = _rewritten(sheet, [place], write)
    shown = {form for form, day in forms if day > 12}
    return Hit(damaged, unseen="" if len(shown) == 2 else ALIKE)


@damage(TOLD)
def add_midnight(sheet: Sheet, random: Random) -> Hit | None:
    """Write days as moments at midnight."""
    if not (places := _dates(sheet)):
        return None
    return Hit(_rewritten(sheet, places, lambda cell: _dated(cell, "ISO", always=True)))


@damage(TOLD)
def to_day_numbers(sheet: Sheet, random: Random) -> Hit | None:
    """Write the dates of one column as Excel's day numbers."""
    if not (places := _dates(sheet)):
        return None

    def write(cell: str) -> str:
        days = (_moment(cell)[0] - dt.datetime(1899, 12, 30)).total_seconds() / 86400
        return f"{days:.8f}".rstrip("0").rstrip(".")

    return Hit(_rewritten(sheet, [random.choice(places)], write))


@damage(TOLD)
def garble_cell(sheet: Sheet, random: Random) -> Hit | None:
    """Write into one or two amounts or dates what is neither."""
    if not (places := [*_numbers(sheet), *_dates(sheet)]):
        return None
    place, cells = random.choice(places), []
    cells = sheet.column(place)
    filled = [i for i, cell in enumerate(cells) if cell]
    for i in random.sample(filled, min(len(filled), random.randrange(1, 3))):
        cells[i] = random.choice(
            ["#REF!", "TBD", "#####", "see note", "1.2.3", "12,3,4", "31.02.2025", "0x1F", "1e5", "NaN", "1O0"]
        )
    return Hit(sheet.with_cells(place, cells))


def _ids(sheet: Sheet) -> list[int]:
    found = []
    for place in range(len(sheet.header)):
        cells = [cell for cell in sheet.column(place) if cell and not cell.startswith("000000")]
        if cells and all(map(ID.match, cells)) and any(c.isdigit() for c in cells[0]):
            found.append(place)
    return found


@damage(HURTS)
def lower_ids(sheet: Sheet, random: Random) -> Hit | None:
    """Write the ids of a column in small letters."""
    if not (places := [i for i in _ids(sheet) if any(c != c.lower() for c in sheet.column(i))]):
        return None
    place = random.choice(places)
    return Hit(
        _rewritten(sheet, [place], str.lower),
        unseen=SMALL if len(next(filter(None, sheet.column(place)))) == 15 else "",
    )


@damage(SAME)
def shorten_ids(sheet: Sheet, random: Random) -> Hit | None:
    """Cut ids of 18 characters to 15."""
    places = [i for i in _ids(sheet) if all(len(c) == 18 and not c.isdigit() for c in sheet.column(i) if c)]
    return Hit(_rewritten(sheet, places, lambda cell: cell[:15])) if places else None


@damage(TOLD)
def ids_to_numbers(sheet: Sheet, random: Random) -> Hit | None:
    """Write ids as a spreadsheet does that takes them for numbers."""
    places = [i for i in _ids(sheet) if all(cell.isdigit() for cell in sheet.column(i) if cell)]
    if not places:
        return None

    def write(cell: str) -> str:
        return f"{float(cell):.5E}"

    return Hit(_rewritten(sheet, [random.choice(places)], write))


@damage(TOLD)
def pad_cells(sheet: Sheet, random: Random) -> Hit:
    """Put spaces around the cells of a column."""
    place = random.randrange(len(sheet.header))
    form = random.choice([" {}", "{} ", " {} ", "\u00a0{}", "'{}"])
    return Hit(_rewritten(sheet, [place], form.format))


@damage(TOLD)
def as_formulas(sheet: Sheet, random: Random) -> Hit:
    """Write the cells of a column as formulas of text, as some tools do."""
    return Hit(_rewritten(sheet, [random.randrange(len(sheet.header))], '="{}"'.format))

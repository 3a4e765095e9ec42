"""Which kind of file a sheet is, by its headers and never by its name, and in which row they stand."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from revops.exports.opening.text import TextSheet
from revops.exports.opening.workbook import WorkbookSheet
from revops.exports.recognising.kinds import FileKind
from revops.exports.recognising.labels import currency_in, field_name, normalised, titles_of
from revops.exports.recognising.own_columns import FORMER
from revops.exports.recognising.statement_header import find_header
from revops.exports.recognising.systems import Description, System

__all__ = ["Match", "recognise"]

DEEPEST = 30
TITLE = "a title, header or file name"
NOTHING = (
    "no row among the first 30 holds headers that we know, cut at commas, semicolons, tabs or bars; if its headers are "
    "in another language, export it with English ones; if they are your own, name them in exports.columns of "
    "company.yml or describe the file in systems/"
)


@dataclass(frozen=True)
class Match:
    """A sheet recognised: what it is, its delimiter, the row of its headers, and where each column stands.

    `titles` holds the text of the rows above the headers.
    """

    description: Description
    delimiter: str | None
    header: int
    titles: tuple[str, ...]
    labels: tuple[str, ...]
    places: dict[str, tuple[int, ...]]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the headers that mean nothing to us, in their order."""
        known = {place for places in self.places.values() for place in places}
        plain = field_name if self.description.kind.route == "api" else normalised
        spare = {plain(alias) for aliases in self.description.kind.headers.values() for alias in aliases}
        return tuple(
            label
            for place, label in enumerate(self.labels)
            if label.strip() and place not in known and plain(label) not in spare
        )


def recognise(sheet: TextSheet | WorkbookSheet, descriptions: tuple[Description, ...]) -> Match | str:
    """Return what a sheet is, or a sentence that says what comes nearest and what it lacks.

    Every row of the first 30 is scored under every delimiter by the number of headers a description knows;
    the user's own descriptions win over the shipped ones, then the row with most known headers, then the upper one.
    """
    best: tuple[tuple[int, ...], Match] | None = None
    nearest: tuple[tuple[int, ...], str] = ((0, 0), NOTHING)
    tables = _Tables([description for description in descriptions if description.kind.statement is None])
    for delimiter, rows in sheet.heads():
        for place, row in enumerate(rows[:DEEPEST]):
            labels = [normalised(cell) for cell in row]
            if len(set(labels) - {""}) < 2:
                continue
            header = _Header(labels)
            for description in tables.sharing(header):
                places = _places(header, description)
                if not places and description.kind.required:
                    continue
                lacking = _lacking(places, description.kind)
                if not lacking and not _says(description.kind, (sheet.name, *titles_of(rows[: place + 1]))):
                    lacking = [TITLE]
                score = (int(description.own), len(places), -place)
                if lacking:
                    fit = (len(places) - 3 * len(lacking) * (lacking != [TITLE]), -place)
                    if fit >= nearest[0]:
                        nearest = max(nearest, (fit, _guess(description, lacking, place)))
                elif _fits(description.kind, labels, places, rows[place + 1 :]) and (best is None or score > best[0]):
                    places |= _entered(row, description.kind)
                    best = score, Match(description, delimiter, place, titles_of(rows[:place]), tuple(row), places)
        for description in (d for d in descriptions if d.kind.statement is not None):
            if (found := _statement(description, delimiter, rows)) and (best is None or found[0] > best[0]):
                best = found
    if best:
        system = best[1].description.system
        return _not_read(best[1].labels, (system,)) or best[1]
    cells = [cell for _, rows in sheet.heads() for row in rows[:DEEPEST] for cell in row]
    systems = {id(description.system): description.system for description in descriptions}
    return _not_read(cells, systems.values()) or nearest[1]


def _not_read(labels: Iterable[str], systems: Iterable[System]) -> str:
    """Return what a system says of files with such headers, which it writes and which cannot be read."""
    known = {normalised(label) for label in labels}
    for system in systems:
        for pattern, sentence in system.not_read.items():
            if any(re.fullmatch(pattern, label, re.IGNORECASE) for label in known):
                return f"not read: {sentence}"
    return ""


def _statement(
    description: Description, delimiter: str | None, rows: list[list[str]]
) -> tuple[tuple[int, ...], Match] | None:
    """Return a profit and loss with the score of its header; None where no row names its months."""
    found = find_header(rows, description.kind)
    if found is None:
        return None
    place, known = found
    match = Match(description, delimiter, place, titles_of(rows[:place]), tuple(rows[place]), {})
    return (int(description.own), known, -place), match


class _Header:
    """A row that may be a header: where each of its labels stands, worked out once for all descriptions."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        self.where: dict[str, list[int]] = {}
        for place, label in enumerate(labels):
            self.where.setdefault(label, []).append(place)
            if label.endswith(")") and (bare := currency_in(label.upper())[0].casefold()) != label:
                self.where.setdefault(f"{bare} (currency)", []).append(place)

    @cached_property
    def joined(self) -> dict[str, list[int]]:
        """Return where each label stands, by what all forms of one field's name have in common."""
        return _joined(self.where)

    def own(self, prefixes: tuple[str, ...]) -> dict[str, list[int]]:
        """Return where the labels with one of an object's prefixes stand, by what is left of them."""
        found: dict[str, list[int]] = {}
        for prefix in prefixes:
            own: dict[str, list[int]] = {}
            for place, label in enumerate(self.labels):
                if label.startswith(prefix):
                    own.setdefault(label[len(prefix) :], []).append(place)
            found |= own
        return found


def _joined(where: dict[str, list[int]]) -> dict[str, list[int]]:
    return {field_name(label): places for label, places in where.items()}


class _Tables:
    """Descriptions of tables by their headers, so that a row is held only against those that share one with it."""

    def __init__(self, descriptions: list[Description]) -> None:
        self.descriptions = descriptions
        self.words: defaultdict[str, list[int]] = defaultdict(list)
        self.names: defaultdict[str, list[int]] = defaultdict(list)
        self.prefixed: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        self.always: list[int] = []
        for place, description in enumerate(descriptions):
            kind, aliases = description.kind, description.aliases
            if kind.wide or not kind.required:
                self.always.append(place)
            if aliases.prefixes:
                self.prefixed[aliases.prefixes].append(place)
            for word in aliases.all:
                self.words[word].append(place)
            for name in aliases.names if kind.route == "api" else ():
                self.names[name].append(place)

    def sharing(self, header: "_Header") -> list[Description]:
        """Return, in their order, the descriptions of which some header may stand in a row."""
        found = set(self.always)
        for known, labels in ((self.words, header.where), (self.names, header.joined)):
            found.update(*(known[label] for label in labels if label in known))
        for prefixes, places in self.prefixed.items():
            if any(label.startswith(prefixes) for label in header.labels):
                found.update(places)
        return [self.descriptions[place] for place in sorted(found)]


def _places(header: _Header, description: Description) -> dict[str, tuple[int, ...]]:
    """Return where each column stands: by its first alias that occurs; a prefixed header is the object's own."""
    kind, words = description.kind, description.aliases
    own = header.own(words.prefixes)
    where = header.where | own if own else header.where
    is_api, found = kind.route == "api", {}
    joined = (_joined(where) if own else header.joined) if is_api else {}
    if not (words.all.isdisjoint(where) and words.names.isdisjoint(joined)):
        for column, aliases in words.headers.items():
            hit = next((where[word] for word in aliases if word in where), None)
            if hit is None and is_api:
                hit = next((joined[word] for word in words.fields[column] if word in joined), None)
            if hit:
                found[column] = tuple(hit)
        for column, aliases in words.former.items():
            hits = [where[word] for word in aliases if word in where]
            found |= {FORMER * nth + column: tuple(hit) for nth, hit in enumerate(hits, start=1)}
    taken = {place for places in found.values() for place in places}
    spread = [i for i, label in enumerate(header.labels) if kind.wide and i not in taken and kind.wide.fits(label)]
    return {**found, kind.wide.cell: tuple(spread)} if kind.wide and spread else found


def _entered(row: list[str], kind: FileKind) -> dict[str, tuple[int, ...]]:
    """Return where the columns stand that say when each record entered a stage."""
    where: dict[str, tuple[int, ...]] = {}
    for place, label in enumerate(row):
        if column := kind.entered(label):
            where[column] = (*where.get(column, ()), place)
    return where


def _lacking(places: dict[str, tuple[int, ...]], kind: FileKind) -> list[str]:
    return [entry for entry in kind.required if not any(part.strip() in places for part in entry.split("|"))]


def _says(kind: FileKind, texts: tuple[str, ...]) -> bool:
    """Return whether a title, a header or the name of the file says one of the words that the kind asks for."""
    return not kind.titled or any(word in text.casefold() for word in kind.titled for text in texts)


def _fits(kind: FileKind, labels: list[str], places: dict[str, tuple[int, ...]], below: list[list[str]]) -> bool:
    """Return whether nothing speaks against the kind: a header that only others have, or ids of another object."""
    if any(normalised(other) in labels for other in kind.without):
        return False
    if kind.key_prefix is None:
        return True
    place = places[kind.alternatives[0]][0]
    ids = [row[place].strip().lstrip("'") for row in below if len(row) == len(labels)]
    ids = [cell for cell in ids if re.fullmatch(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?", cell)]
    if not ids:
        return len(places) > 2  # an empty file of Id and Name may be of any object
    return any(cell.startswith(kind.key_prefix) for cell in ids)


def _guess(description: Description, lacking: list[str], row: int) -> str:
    kind = description.kind
    wanted = "; ".join(f"{entry} ({_shown(kind, part.strip())})" for entry in lacking for part in entry.split("|")[:1])
    said = f"row {row + 1} comes nearest to {description.system.system} {kind.name}, but lacks {wanted}"
    return said if lacking == [TITLE] else f"{said}; if it is one, add that to the export"


def _shown(kind: FileKind, column: str) -> str:
    """Return some of the headers that fill a column, or the words that a title must have."""
    if column == TITLE:
        return " or ".join(kind.titled[:5])
    return ", ".join(kind.headers[column][:3]) if column in kind.headers else "columns by month, quarter or category"

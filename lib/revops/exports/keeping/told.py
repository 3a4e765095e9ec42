"""What a step tells beside its result: to the ledger, its files, and the list of words."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any

from revops.exports.audit import Ledger, LeftOut, Source
from revops.exports.words import Words

__all__ = ["Ears", "Told", "places_of"]

LISTS = ("decisions", "warnings")
FACTS = tuple(f.name for f in dataclasses.fields(Source) if f.name not in (*LISTS, "index", "rows_kept"))


@dataclass(frozen=True)
class OfFile:
    """What became of one file's record: facts set anew, decisions and warnings added, rows counted as kept."""

    facts: dict[str, Any]
    decisions: list[str]
    warnings: list[str]
    rows_kept: int

    def tell(self, source: Source) -> None:
        """Do the same to the record of a file."""
        for name, fact in self.facts.items():
            setattr(source, name, fact)
        source.decisions += self.decisions
        source.warnings += self.warnings
        source.rows_kept += self.rows_kept


@dataclass(frozen=True)
class Told:
    """All that a step told which found no problem: of files by name, and of the exports as a whole."""

    files: dict[str, OfFile]
    left_out: list[LeftOut]
    warnings: list[str]
    categories: Counter[str]
    pipelines: tuple[str, ...]

    def tell(self, ledger: Ledger, words: Words) -> None:
        """Tell it again."""
        places = places_of(ledger)
        for name, told in self.files.items():
            told.tell(ledger.sources[places[name]])
        ledger.left_out += self.left_out
        ledger.warnings += self.warnings
        words.categories.update(self.categories)
        words.pipelines = self.pipelines or words.pipelines


class Ears:
    """Hears what is told from its making on."""

    def __init__(self, ledger: Ledger, words: Words) -> None:
        self.ledger, self.words = ledger, words
        self.files = [_state(source) for source in ledger.sources]
        self.lengths = len(ledger.left_out), len(ledger.warnings)
        self.categories, self.pipelines = Counter(words.categories), words.pipelines

    def told(self) -> Told:
        """Return what was told since."""
        files = {}
        for (name, place), before in zip(places_of(self.ledger).items(), self.files, strict=True):
            source = self.ledger.sources[place]
            if (after := _state(source)) != before:
                changed = {fact: after[fact] for fact in FACTS if after[fact] != before[fact]}
                added = [list(getattr(source, name)[before[name] :]) for name in LISTS]
                files[name] = OfFile(changed, *added, source.rows_kept - before["rows_kept"])
        left_out, warnings = self.lengths
        return Told(
            files,
            self.ledger.left_out[left_out:],
            self.ledger.warnings[warnings:],
            self.words.categories - self.categories,
            self.words.pipelines if self.words.pipelines != self.pipelines else (),
        )


def places_of(ledger: Ledger) -> dict[str, int]:
    """Return the place of each file by its name; a name that stands again is numbered."""
    found: dict[str, int] = {}
    for place, source in enumerate(ledger.sources):
        name, n = source.name, 1
        while name in found:
            name, n = f"{source.name}\0{n}", n + 1
        found[name] = place
    return found


def _state(source: Source) -> dict[str, Any]:
    """Return the facts of a file, how many rows are kept, and how much is decided and warned of."""
    state = {name: getattr(source, name) for name in (*FACTS, "rows_kept")}
    return {**state, **{name: len(getattr(source, name)) for name in LISTS}}

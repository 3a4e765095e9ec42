"""The lines of a statement as a tree: each total closes the line it is the total of, since indentation may be lost."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from revops.exports.recognising.kinds import Statement
from revops.exports.recognising.labels import normalised

__all__ = ["Group", "Leaf", "Line", "grouped", "leaves"]


@dataclass(frozen=True)
class Line:
    """One line of a statement: its label, its amounts by month and in the total column; NaN where a cell is blank."""

    label: str
    amounts: np.ndarray
    across: float = float("nan")

    @property
    def is_blank(self) -> bool:
        """Return whether it has no amount at all: a heading."""
        return bool(np.isnan(self.amounts).all())


@dataclass
class Group:
    """A line with the lines that its total takes together; without a total it is an account, or a heading."""

    line: Line
    parts: list["Group"] = field(default_factory=list)
    total: Line | None = None

    @property
    def amounts(self) -> np.ndarray:
        """Return its own amounts and those of its parts, added by month."""
        return np.nansum([self.line.amounts, *(part.amounts for part in self.parts)], axis=0)


@dataclass(frozen=True)
class Leaf:
    """One account: the labels above it, its own label and its own amounts."""

    above: tuple[str, ...]
    line: Line


def grouped(lines: list[Line], words: Statement) -> list[Group]:
    """Return the statement's top level: its sections, its computed lines, and whatever no total takes in.

    A total that no line above it could be the total of is taken for an account: an account may begin with that
    word, and a total whose own line is lost will not add up in the section it stands in.
    """
    found: list[Group] = []
    for place, line in enumerate(lines):
        names = _totalled(line.label, words)
        open_ones = [at for at, group in enumerate(found) if group.total is None and _base(group.line.label) in names]
        if not open_ones:
            found.append(Group(line))
            continue
        at = _opener(open_ones, found, names, lines[place + 1 :], words)
        found[at].parts, found[at].total = found[at + 1 :], line
        del found[at + 1 :]
    return found


def leaves(group: Group, above: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Yield the accounts of a group in their order: a parent's own amounts once, before its parts."""
    has_own = bool(np.nan_to_num(group.line.amounts).any())
    if has_own or (group.total is None and not group.line.is_blank):
        yield Leaf(above, group.line)
    for part in group.parts:
        yield from leaves(part, (*above, group.line.label))


def _totalled(label: str, words: Statement) -> set[str]:
    """Return what a line may be the total of: `Total for X` of X, and of `for X` where there is such a thing."""
    plain = normalised(label)
    starts = [f"{normalised(start)} " for start in words.totals]
    return {plain.removeprefix(start).strip() for start in starts if plain.startswith(start)}


def _base(label: str) -> str:
    """Return a label as totals refer to it: `Less Cost of Sales` has `Total Cost of Sales`."""
    return normalised(label).removeprefix("less ").removeprefix("plus ").strip(": ")


def _opener(open_ones: list[int], found: list[Group], names: set[str], below: list[Line], words: Statement) -> int:
    """Return which of several lines of one name a total closes: the innermost where another total is to come.

    Otherwise a heading, which must be closed by something, before an account, which need not be.
    """
    if len(open_ones) == 1 or _closes_again(names, below, words):
        return open_ones[-1]
    return next((at for at in open_ones if found[at].line.is_blank), open_ones[-1])


def _closes_again(names: set[str], below: list[Line], words: Statement) -> bool:
    """Return whether a total of the same name comes before another line of that name."""
    for line in below:
        if _totalled(line.label, words) & names:
            return True
        if _base(line.label) in names:
            return False
    return False

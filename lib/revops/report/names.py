"""Names of people in what the gate says: shown where asked for, else the number that an owner has everywhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from revops import wording
from revops.analysis.people import owner_labels
from revops.book import UNASSIGNED, AsOf
from revops.params import ReportSettings

__all__ = ["STRANGER", "Names"]

STRANGER = "Owner ?"
"""Somebody whom a sheet names and no owner, or several owners, answer to."""
TOTAL = re.compile(r"((grand|sub|team)[ -]?)*totals?:?", re.IGNORECASE)

_SPACE = r"[\s_.+-]+"


@dataclass(frozen=True)
class Names:
    """How a report writes the people of a view; `show` as its knob show_owners says."""

    view: AsOf
    show: bool

    @classmethod
    def of(cls, view: AsOf, settings: ReportSettings) -> "Names":
        """Return how a report writes people; one without the knob show_owners never names them."""
        return cls(view, bool(getattr(settings.knobs, "show_owners", False)))

    def said(self, text: str) -> str:
        """Return a text of the gate as the report may print it.

        What stands between the marks for people is an owner's number, the name of a group, or STRANGER. Of the rest,
        such as names of files, whole words that are an owner's name become the number: in any case and with any mark
        for a space where the name has several words, as written where it has one; a name of one letter stays.
        """
        if self.show:
            return wording.without_marks(text)
        return wording.without_marks(self._pattern.sub(self._replaced, text))

    def owner(self, id: str) -> str:
        """Return what to call an owner's id."""
        return id if id == UNASSIGNED else owner_labels(self.view.owners, [id], show=self.show)[id]

    def _replaced(self, found: re.Match[str]) -> str:
        inside = found[1]
        if inside is None:
            return self._labels.get(_key(found[0]), STRANGER)
        key = _key(inside)
        return self._labels.get(key) or (inside if key in self._groups or TOTAL.fullmatch(key) else STRANGER)

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Return the number of each owner by the ways to write the name; STRANGER where several share one."""
        numbers = owner_labels(self.view.owners, self._people["owner_id"], show=False)
        labels: dict[str, str] = {}
        for id, name in self._people.itertuples(index=False, name=None):
            for key in _ways(name):
                labels[key] = numbers[id] if labels.get(key, numbers[id]) == numbers[id] else STRANGER
        for other, name in self.view.company.owner_aliases.items():
            label = numbers.get(name) or labels.get(_key(name), STRANGER)
            labels |= {key: label for key in _ways(other) if key not in labels}
        return labels

    @cached_property
    def _people(self) -> pd.DataFrame:
        """Return each owner_id with each owner_name it has; where exports name owners only, the name is the id."""
        tables = [self.view.owners, self.view.book.table("opportunities")]
        people = pd.concat([table[["owner_id", "owner_name"]] for table in tables], ignore_index=True)
        people["owner_name"] = people["owner_name"].fillna(people["owner_id"])
        return people.dropna().drop_duplicates()

    @cached_property
    def _groups(self) -> set[str]:
        """Return the names of what is nobody: the company, its regions, segments and teams."""
        company = self.view.company
        words = ["company", *company.quotas.company_names, *self.view.owners["team"].dropna()]
        for groups in (company.regions, company.segments):
            words += [*groups.names, *groups.spellings]
        return {_key(word) for word in words}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = {*self._people["owner_name"], *self.view.company.owner_aliases}
        names = {" ".join(name.split()) for name in names if sum(letter.isalpha() for letter in name) > 1}
        parts = [_words(name) for name in sorted(names, key=lambda name: (-len(name), name))]
        loose = f"|(?<![^\\W_])(?:{'|'.join(parts)})(?![^\\W_])" if parts else ""
        return re.compile(wording.PERSON.pattern + loose)


def _words(name: str) -> str:
    """Return the pattern of a name."""
    words = [re.escape(word) for word in name.split()]
    return words[0] if len(words) == 1 else f"(?i:{_SPACE.join(words)})"


def _ways(name: str) -> Iterator[str]:
    """Yield a name as it is compared, and last name first; blank names are nobody's."""
    whole = wording.without_marks(wording.person(name))
    for way in {_key(name), _key(whole)} - {""}:
        yield way
        first, space, last = way.rpartition(" ")
        if space:
            yield f"{last}, {first}"


def _key(name: str) -> str:
    """Return a name as it is compared: without case, outer spaces, and whatever stands for a space inside."""
    return " ".join(re.split(_SPACE, name)).strip().casefold()

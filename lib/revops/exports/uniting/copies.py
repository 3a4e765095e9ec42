"""Copies of one record that contradict each other, with nothing to say which is newer: refused, not drawn by lot."""

from dataclasses import dataclass, field

import pandas as pd

from revops.errors import examples
from revops.exports.audit import Ledger

__all__ = ["Contradictions"]

# What a copy must not differ in: the column, its word, and by how much a number may (reports show rounded amounts).
SAME_ROUTE = {"_stage": "stage", "amount_original": "amount", "close_date": "close date", "type": "type"}
OTHER_ROUTE = {name: word for name, word in SAME_ROUTE.items() if name != "type"}
ROUNDED = 1.0


@dataclass
class Contradictions:
    """Records whose copies differ in what matters, where no stamp says which is the newer one: found part by part.

    `n` counts the records given more than once, `ids` are those that differ, by the word for what they differ in, and
    `files` the numbers of the files that hold them.
    """

    n: int = 0
    ids: dict[str, set[str]] = field(default_factory=dict)
    files: set[int] = field(default_factory=set)

    def add(self, several: pd.DataFrame, kept: pd.DataFrame, key: str) -> None:
        """Look through records of which every copy is there.

        Parameters
            several : the rows of records that stand more than once, with `_route` and `_file`
            kept : the one row of each that would be taken
        """
        self.n += len(kept)
        if "_stage" not in several.columns:
            return
        rest = several.drop(kept.index)
        winner = kept.set_index(key).loc[rest[key]].set_index(rest.index)
        same_route = rest["_route"].eq(winner["_route"])
        unsure = _undated(rest, winner, same_route)
        for name, word in SAME_ROUTE.items():
            if name in several.columns:
                differs = _differs(rest[name], winner[name], same_route)
                wrong = differs & unsure & (same_route | (name in OTHER_ROUTE))
                self.ids.setdefault(word, set()).update(rest.loc[wrong, key])
                self.files.update(rest.loc[wrong, "_file"], winner.loc[wrong, "_file"])

    def refuse(self, ledger: Ledger) -> None:
        """Add a problem where there are any."""
        ids = set().union(*self.ids.values())
        if not ids:
            return
        files = sorted({ledger.sources[file].name for file in self.files})
        said = ", ".join(f"{word} in {len(some):,}" for word, some in self.ids.items() if some)
        ledger.problems.append(
            f"{', '.join(files[:3])}: copies of one record must agree, or say which is newer; found {len(ids):,} of "
            f"{self.n:,} records given more than once that differ ({said}; {examples(sorted(ids))}), "
            "with nothing to say which copy is newer. Put each export into a folder named YYYY-MM-DD, or add Last "
            "Modified Date to it; remove copies that are out of date."
        )


def _undated(rest: pd.DataFrame, winner: pd.DataFrame, same_route: pd.Series) -> pd.Series:
    """Return which copies nothing dates against the one taken: no stamp, the same stamp, or by another route that day.

    A report shows days where an API file has seconds: of one day either may be the newer.
    """
    if "modified_at" not in rest.columns:
        return pd.Series(True, index=rest.index)
    ours, theirs = rest["modified_at"], winner["modified_at"]
    same_day = ours.dt.floor("D").eq(theirs.dt.floor("D"))
    return ours.isna() | theirs.isna() | ours.eq(theirs) | (same_day & ~same_route)


def _differs(ours: pd.Series, theirs: pd.Series, same_route: pd.Series) -> pd.Series:
    """Return where two copies have different values; a blank differs only from a value of the same route."""
    if pd.api.types.is_numeric_dtype(ours):
        other = (ours - theirs).abs() > ROUNDED * ~same_route + 0.005
    else:
        other = ours.ne(theirs) & ours.notna() & theirs.notna()
    return other | (ours.isna() ^ theirs.isna()) & same_route

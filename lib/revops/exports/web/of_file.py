"""What the rows of one file of visits tell together, part by part: its sums, lost days, and how much detail it has."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.people_records.links import bare, path_of, query_of
from revops.exports.reading.frames import Frame
from revops.wording import plural

__all__ = ["DIMENSIONS", "ESTIMATED", "PAIRED", "TAGGED", "TEXTS", "OfFile", "said"]

DIMENSIONS = ["traffic_source", "traffic_medium", "campaign_name", "landing_page"]
TEXTS = ("source_medium", *DIMENSIONS)
# Web analytics estimates large numbers, so that rows and totals need not agree to the last visit.
ESTIMATED = 0.01


def _of_pair(place: int, pair: str) -> str | None:
    """Return the source (place 0) or the medium (place 2) of both in one text; a medium that is blank is none."""
    part = pair.partition(" / ")[place].strip()
    return part or None if place else part


def said(word: str) -> str | None:
    """Return what a word says without e-mail addresses; None where it is nothing but these."""
    return bare(word) if "@" in word or "%" in word else word


def _of_query(key: str, tagged: str | None, page: str) -> str | None:
    """Return a UTM value of a page's query; a click of a Google ad (gclid) without one is google and cpc."""
    query = query_of(page)
    return query.get(key) or (tagged if "gclid" in query else None) or None


Told = Callable[[str], str | None]
PAIRED: dict[str, Told] = {"traffic_source": partial(_of_pair, 0), "traffic_medium": partial(_of_pair, 2)}
TAGGED: dict[str, Told] = {
    "traffic_source": partial(_of_query, "utm_source", "google"),
    "traffic_medium": partial(_of_query, "utm_medium", "cpc"),
    "campaign_name": partial(_of_query, "utm_campaign", None),
}


@dataclass
class OfFile:
    """What the rows of one file tell together.

    `by_column` are the dimensions that a column tells, `by_query` those that the query of a landing page would;
    `printed` are the totals that stand among the rows, `dated` and `kept` the sessions of the rows that have a day, and
    of those that stay; `again` is how many of these are of one day, source and page with others.
    """

    frame: Frame
    n: int = 0
    dated: float = 0.0
    kept: float = 0.0
    again: int = 0
    printed: list[float] = field(default_factory=list)
    n_lost: int = 0
    lost: float = 0.0
    lost_words: set[str] = field(default_factory=set)
    by_column: set[str] = field(default_factory=set)
    by_query: set[str] = field(default_factory=set)

    def hear(self, rows: pa.Table, undated: pa.Array) -> None:
        """Take in one part: rows without a day are totals where they have no words either, else they are lost."""
        self.n += rows.num_rows
        self.dated += pc.sum(rows["sessions"].filter(pc.invert(undated))).as_py() or 0.0
        if not pc.any(undated).as_py():
            return
        rows = rows.filter(undated)
        words = pc.coalesce(*(rows[name] for name in TEXTS))
        self.printed += rows["sessions"].filter(words.is_null()).to_pylist()
        self.n_lost += len(words) - words.null_count
        self.lost += pc.sum(rows["sessions"].filter(words.is_valid())).as_py() or 0.0
        self.lost_words.update(pc.unique(words.drop_null()).to_pylist())

    def look(self, rows: pa.Table) -> None:
        """See which dimensions the rows of a part tell that none before it told."""
        for name in DIMENSIONS:
            if name not in self.by_column and _tells(rows, name):
                self.by_column.add(name)
        for name in TAGGED.keys() - self.by_column - self.by_query:
            if _says(map(TAGGED[name], _words(rows, "landing_page"))):
                self.by_query.add(name)

    @property
    def asked(self) -> set[str]:
        """Return the dimensions that only the query of the landing page tells."""
        return self.by_query - self.by_column

    @property
    def detail(self) -> int:
        """Return how many dimensions it tells."""
        return len(self.by_column | self.by_query)

    def tell(self, ledger: Ledger) -> None:
        """Write down what all parts have told; rows with words and no day are refused."""
        for printed in self.printed:
            self._compare(printed, self.dated)
        if self.n_lost:
            ledger.problems.append(
                f"{self.frame.source.name}, column {self.frame.labels['date']}: every row must have its day; found "
                f"{self.n_lost:,} of {self.n:,} without, with {self.lost:,.0f} sessions "
                f"({examples(sorted(self.lost_words))}). Export it again."
            )
        totals = self.frame.totals["sessions"].drop_null().to_pylist() if self.frame.totals is not None else []
        for printed in totals:
            self._compare(printed, self.kept)
        decisions = self.frame.source.decisions
        decisions += [f"{name}: from the query of the landing page" for name in TAGGED if name in self.asked]
        if self.again:
            decisions.append(
                f"{plural(self.again, 'row')} of the same day, source and page, told apart by columns that are not "
                "used or by the query of the page: added up"
            )

    def _compare(self, printed: float | None, given: float) -> None:
        """Write down a printed total beside the sum of the rows, as a warning where they are far apart."""
        printed = float("nan") if printed is None else float(printed)
        said = f"rows hold {given:,.0f} sessions, the printed total is {printed:,.0f}"
        if abs(printed - given) > ESTIMATED * max(printed, given):
            self.frame.source.warnings.append(f"{said}: the export leaves rows out, or counts visits twice")
        else:
            self.frame.source.decisions.append(said)


def _tells(rows: pa.Table, name: str) -> bool:
    """Return whether some row has a dimension in its own column or, with another, in that of source and medium."""
    if name == "landing_page":
        return any(map(path_of, _words(rows, name)))
    return _says(_words(rows, name)) or (name in PAIRED and _says(map(PAIRED[name], _words(rows, "source_medium"))))


def _says(words: Iterable[str | None]) -> bool:
    return any(word is not None and said(word) is not None for word in words)


def _words(rows: pa.Table, name: str) -> list[str]:
    return pc.unique(rows[name]).drop_null().to_pylist()

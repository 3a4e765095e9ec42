"""The columns of one file typed by their kind: every decision written down, every doubt a problem or a warning."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger, Source
from revops.exports.reading.columns import Tally, coded, counts_of, distinct, few
from revops.exports.reading.counts import COUNTS, read_counts
from revops.exports.reading.date_order import ORDERS, at_midnight
from revops.exports.reading.dates import DateRule, Dates, read_dates
from revops.exports.reading.flags import read_flags
from revops.exports.reading.ids import read_ids
from revops.exports.reading.mixed import dates_by_cell, numbers_by_cell
from revops.exports.reading.numbers import Numbers, read_numbers, signs_shown
from revops.exports.reading.rates import read_rates
from revops.exports.reading.unwrapped import unwrapped, unwrapped_words
from revops.exports.recognising.kinds import column_kind
from revops.exports.recognising.own_columns import BY_HAND, STRICT
from revops.exports.recognising.recognise import Match
from revops.exports.spans import period_of
from revops.wording import plural

__all__ = ["CellReader"]

DATED = ("date", "month", "timestamp")
NUMBERS = ("money", "number", "rate")
OWN_DATES = ("mql_at", "sql_at")
OWN_OF_LEADS = (*OWN_DATES, "touched_at")
PEOPLE = ("owner_name", "member")
Column = pa.Array | pa.ChunkedArray


@dataclass
class CellReader:
    """Reads the columns of one file; `marks` are the currency marks met in columns of money, `scaled` its K, M, B.

    `sign` is the decimal sign of all its columns where the description of the system says that they share one.
    `unsure` tells, of columns read cell by cell, which cells read both ways.
    """

    match: Match
    source: Source
    company: Company
    ledger: Ledger
    marks: dict[str, pa.DictionaryArray] = field(default_factory=dict)
    sign: str = ""
    scaled: int = 0
    unsure: dict[str, pa.Array] = field(default_factory=dict)

    def read(self, columns: dict[str, Column]) -> dict[str, Column]:
        """Return the columns typed; dates together, since one may show how another is written.

        They are taken out of `columns` one by one, so that the text of each may go.
        """
        kinds = {name: column_kind(self.match.description.kind, name) for name in columns}
        dates = self.dates({name: columns.pop(name) for name in kinds if kinds[name] in DATED}, kinds)
        self._settle_sign({name: c for name, c in columns.items() if kinds[name] in NUMBERS})
        return {
            name: dates[name] if name in dates else self.typed(columns.pop(name), name, what)
            for name, what in kinds.items()
        }

    def where(self, name: str) -> str:
        """Return the file and the column as messages name them."""
        return f"{self.source.name}, column {self.label(name)}"

    def label(self, name: str) -> str:
        """Return the header of a column."""
        return self.match.labels[self.match.places[name][0]].strip()

    def read_flags(self, cells: Column, name: str) -> pa.Array:
        """Return a column of yes and no; other words are a problem."""
        return read_flags(cells, self.where(name), self.ledger)

    @property
    def nothing(self) -> tuple[str, ...]:
        """Return the words that mean a blank cell."""
        return ("", *self.match.description.system.null_tokens)

    def typed(self, cells: Column, name: str, what: str) -> Column:
        """Return a column that is no date, read by its kind."""
        if what in NUMBERS:
            return self.numbers(cells, name, what).column
        if what == "text":
            if name in PEOPLE:
                self._warn_of_quotes(cells, name)
            return unwrapped(cells)
        if what == "category":
            self._warn_of_quotes(cells, name)
            return _trimmed(cells, _code if name in ("currency", "converted_currency") else str.strip, self.nothing)
        if what == "id":
            self._warn_of_quotes(cells, name)
            ids = read_ids(cells, self.where(name), self.match.description.system.ids)
            self._note(ids.decision, ids.problem)
            return ids.column
        return self.read_flags(cells, name)

    def numbers(self, cells: Column | Tally, name: str, what: str) -> Numbers:
        """Return a column of money, numbers or rates, or the distinct values of a tally, as it is read."""
        where, kind = self.where(name), self.match.description.kind
        fallback = self.sign or self.company.exports.decimal_sign
        known = self.known_sign
        if what == "rate":
            read = read_rates(cells, where, name in kind.percent, known, fallback)
        else:
            says = "as other columns show" if self.sign else "company.yml says so"
            counted = read_counts(cells.values if isinstance(cells, Tally) else cells) if name in COUNTS else None
            read = counted or read_numbers(cells, where, known, fallback, says)
            if read.problem and name in kind.alone:
                read, self.unsure[name] = numbers_by_cell(cells, where, fallback)
        if what == "money":
            filled = int(cells.counts.sum()) if isinstance(cells, Tally) else len(cells) - cells.null_count
            read = self._money(read, filled, name)
        self._note(read.decision, read.problem)
        self._blanked(read, "number", name)
        return read

    @property
    def known_sign(self) -> str:
        """Return the decimal sign that the system always writes; auto where the cells tell it."""
        sign = self.match.description.kind.decimal_sign
        return "auto" if sign == "file" else sign

    def _warn_of_quotes(self, cells: Column, name: str) -> None:
        """Warn of words with a quote that has no other: it was meant for the file, and splits one group in two."""
        text = cells.dictionary if pa.types.is_dictionary(cells.type) else cells
        if not pc.any(pc.match_substring(text, '"')).as_py():
            return
        codes = distinct(cells)
        odd = [(word or "").count('"') % 2 == 1 for word in codes.dictionary.to_pylist()]
        if any(odd):
            n = int(counts_of(codes)[odd].sum())
            shown = sorted(codes.dictionary.filter(pa.array(odd)).to_pylist())
            self.source.warnings.append(
                f"{plural(n, 'cell')} of {self.label(name)} with a stray quote ({examples(shown)})"
            )

    def _money(self, read: Numbers, filled: int, name: str) -> Numbers:
        """Keep the marks of a column of money, and refuse it where more than a few cells are no number."""
        if read.marks is not None:
            self.marks[name] = read.marks
        self.scaled += read.scaled
        if read.problem or read.unreadable <= self._allowed(filled, name):
            return read
        problem = (
            f"{self.where(name)}: must hold numbers; found {read.unreadable:,} of {filled:,} cells that are none "
            f"({examples(read.shown)}). Correct the export."
        )
        return replace(read, problem=problem)

    def _allowed(self, filled: int, name: str) -> int:
        """Return how many cells of a column may be unreadable: a few, but none where each row is money."""
        kind = self.match.description.kind
        return 0 if column_kind(kind, name) in STRICT.get(kind.table or "", ()) else few(filled)

    def _settle_sign(self, columns: dict[str, Column]) -> None:
        """Take the decimal sign that some column shows for those of its file that do not tell."""
        if self.match.description.kind.decimal_sign == "file":
            shown = {sign for cells in columns.values() for sign in signs_shown(cells)}
            self.sign = shown.pop() if len(shown) == 1 else ""

    def dates(self, columns: dict[str, Column | Tally], kinds: dict[str, str]) -> dict[str, Column]:
        """Return columns of dates, or the distinct values of tallies, as stamps, decided together."""
        rules = {name: self.rule(name, self._kind_of(name, kinds[name], cells)) for name, cells in columns.items()}
        found = {name: read_dates(cells, rules[name]) for name, cells in columns.items()}
        shown = {dates.evidence: name for name, dates in found.items() if dates.evidence}
        for name, dates in found.items():
            if dates.unsure and len(shown) == 1:
                order, sibling = next(iter(shown.items()))
                found[name] = self._as_shown(columns[name], rules[name], order, f"column {self.label(sibling)}")
            elif dates.unsure and (order := self._order_in_period(columns[name], rules[name])):
                found[name] = self._as_shown(columns[name], rules[name], order, "the period in its titles")
            if found[name].problem and name in self.match.description.kind.alone:
                found[name], self.unsure[name] = dates_by_cell(columns[name], rules[name])
            self._note(found[name].decision, found[name].problem)
            self._blanked(found[name], "date", name)
        return {name: dates.column for name, dates in found.items()}

    def _kind_of(self, name: str, what: str, cells: Column | Tally) -> str:
        """Return date for a field of the company's own that its system writes as moments and that holds days only.

        Midnight in UTC of a day is no moment: brought to another zone it would be the day before.
        """
        kind = self.match.description.kind
        own = OWN_OF_LEADS if kind.table == "leads" else OWN_DATES
        if name not in own or kind.dates != "utc" or not at_midnight(cells):
            return what
        self.source.decisions.append(f"{self.label(name)}: holds days without a time; not moved to another zone")
        return "date"

    def _as_shown(self, cells: Column | Tally, rule: DateRule, order: str, by: str) -> Dates:
        """Return a column whose cells read both ways as another column of its file, or its titles, show."""
        if rule.order not in ("auto", order):
            problem = (
                f"{rule.where}: exports.date_order in company.yml must agree with the file; found {rule.order}, and "
                f"{by} can only be {order}. Set it to auto or {order}."
            )
            return Dates(pa.nulls(len(cells), pa.timestamp("us")), problem=problem)
        return read_dates(cells, replace(rule, order=order, says=f"as {by.removeprefix('column ')} shows"))

    def _order_in_period(self, cells: Column | Tally, rule: DateRule) -> str:
        """Return the only order of day and month in which all days lie in the period that the titles name, if any."""
        period = period_of(self.match.titles) if self.match.description.kind.table == "spend" else None
        orders = []
        for order in ORDERS if period else ():
            span = pc.min_max(read_dates(cells, replace(rule, order=order)).column).as_py()
            if span["min"] and period.first <= span["min"].date() and span["max"].date() <= period.last:
                orders.append(order)
        return orders[0] if len(orders) == 1 else ""

    def rule(self, name: str, what: str) -> DateRule:
        """Return how a column of dates is to be read."""
        exports, kind = self.company.exports, self.match.description.kind
        zone = exports.time_zone or self.company.time_zone
        return DateRule(self.where(name), what, exports.date_order, kind.dates == "utc", zone, self.company.time_zone)

    def _note(self, decision: str, problem: str) -> None:
        if problem:
            self.ledger.problems.append(problem)
        if decision:
            self.source.decisions.append(decision)

    def _blanked(self, read: Dates | Numbers, what: str, name: str) -> None:
        if not read.unreadable or read.problem:
            return
        if not self._allowed(0, name):
            noun = "sheet" if self.source.table in BY_HAND else "export"
            self.ledger.problems.append(
                f"{self.where(name)}: every cell must be a {what} or blank; found {read.unreadable:,} that are none "
                f"({examples(read.shown)}). Correct the {noun}."
            )
        else:
            n = plural(read.unreadable, "cell")
            self.source.warnings.append(f"{n} with no {what}: taken as blank ({examples(read.shown)})")


def _code(word: str) -> str:
    """Return a currency code as ISO writes it: `usd` and `GBP - British Pound` are read too."""
    return word.partition(" - ")[0].strip().upper()


def _trimmed(cells: Column, change: Callable[[str], str], nothing: tuple[str, ...]) -> pa.DictionaryArray:
    codes = distinct(cells)
    plain = unwrapped_words(codes.dictionary.to_pylist())
    words = [None if (bare := change(word)) in nothing else bare for word in plain]
    return codes if words == codes.dictionary.to_pylist() else coded(codes, words)

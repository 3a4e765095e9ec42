"""One profit and loss read into accounts by month: what is no account counted, what does not add up refused."""

import re
from collections import Counter

import numpy as np
import pyarrow as pa

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger, Source
from revops.exports.books.grouping import Group, Leaf, Line, grouped, leaves
from revops.exports.books.totals import doubts, refusals, unit_of
from revops.exports.opening.text import TextSheet
from revops.exports.opening.workbook import WorkbookSheet
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame, introduce
from revops.exports.reading.marks import code_of
from revops.exports.reading.numbers import Numbers, read_numbers
from revops.exports.recognising.labels import normalised
from revops.exports.recognising.recognise import Match
from revops.exports.recognising.statement_header import Columns, columns_of
from revops.wording import month_name, plural

__all__ = ["read_statement"]

CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
BASIS = re.compile(r"\b(accrual|cash)[ -]basis\b", re.I)
PATH = ":"


def read_statement(
    sheet: TextSheet | WorkbookSheet, match: Match, source: Source, company: Company, ledger: Ledger
) -> Frame:
    """Return the accounts of a profit and loss, one row per month and account; what is refused goes to the ledger.

    The audit counts its rows in amounts, an account by a month being one row of the table.
    """
    introduce(source, sheet, match)
    columns = columns_of(match.labels, match.titles, match.description.kind)
    grid, problem = sheet.grid(match.delimiter)
    body = _Body(grid[match.header + 1 :], columns, match, source, company)
    problems = [p for p in (problem, columns.problem) if p] or body.read()
    ledger.problems += [f"{source.name}: {problem}" for problem in problems]
    source.unknown_columns = columns.others
    source.warnings += [*sheet.notes, *columns.notes]
    source.rows_read = len(match.titles) + sum(body.counts.values()) + body.table.num_rows
    source.counted_in, source.sheet_rows = "cells", sum(any(cell.strip() for cell in row) for row in grid)
    ledger.leave_out(source, "title row above the header", len(match.titles))
    for reason, n in sorted(body.counts.items()):
        ledger.leave_out(source, reason, n)
    return Frame(source, match.description, body.table)


class _Body:
    """The rows below the header of one statement on their way to a table; `counts` is what was left out of it."""

    def __init__(self, rows: list[list[str]], columns: Columns, match: Match, source: Source, company: Company) -> None:
        self.rows, self.columns, self.match, self.source, self.company = rows, columns, match, source, company
        self.words = match.description.kind.statement
        self.counts: Counter[str] = Counter()
        self.table = _table([], columns, None, None, source)

    def read(self) -> list[str]:
        """Fill the table; return the sentences that refuse the statement."""
        rows, basis = self._without_footers()
        numbers, problem = self._numbers(rows)
        if problem:
            return [problem]
        currency, problem = self._currency(numbers)
        lines = _lines(rows, numbers, self.columns)
        roots = grouped(lines, self.words)
        accounts = [(self._section(root), leaf) for root in roots if self._section(root) for leaf in leaves(root)]
        months = [month_name(day) for day in self.columns.months.values()]
        problems = [problem] if problem else []
        problems += _unplaced(roots, self.words) or refusals(
            roots, [leaf for _, leaf in accounts], self.words, months, unit_of(lines)
        )
        if not problems and (problem := _twice(accounts)):
            problems.append(problem)
        if not accounts and not problems:
            problems.append(NO_AMOUNTS)
        self.table = _table(accounts, self.columns, currency, basis, self.source)
        self.source.warnings += doubts(roots, self.words) if accounts else []
        self._describe(lines, accounts, basis)
        return problems

    def _without_footers(self) -> tuple[list[list[str]], str | None]:
        """Return the rows that are lines, all of the header's width, and the basis that a footer names."""
        patterns = [re.compile(pattern, re.I) for pattern in self.match.description.system.footers]
        width, kept, basis = len(self.match.labels), [], None
        for row in self.rows:
            filled = [cell for cell in row if cell.strip()]
            if not filled:
                continue
            cut = len(filled) > 1 and CLOCK.search(", ".join(filled))  # a time of day that its commas cut in pieces
            if (len(filled) == 1 or cut) and any(pattern.search(", ".join(filled).strip()) for pattern in patterns):
                self.counts["footer row"] += 1
                basis = next((found[1].lower() for cell in filled if (found := BASIS.search(cell))), basis)
                continue
            kept.append(row + [""] * (width - len(row)))
        titled = next((found[1].lower() for title in self.match.titles if (found := BASIS.search(title))), None)
        return kept, basis or titled

    def _numbers(self, rows: list[list[str]]) -> tuple[Numbers, str]:
        """Return the cells of all months and of the total read together, and the sentence that refuses them."""
        width = len(self.match.labels)
        wide = [row for row in rows if any(cell.strip() for cell in row[width:])]
        headless = [place for place, label in enumerate(self.match.labels) if not label.strip()]
        loose = [row for row in rows if any(row[p].strip() for p in headless if p != self.columns.account)]
        places = _places(self.columns)
        cells = [row[place].strip() or None for row in rows for place in places]
        nulls = {normalised(token) for token in self.match.description.system.null_tokens}
        cells = [None if cell is None or normalised(cell) in nulls else cell for cell in cells]
        exports = self.company.exports
        where = f"{self.source.name}, column {month_name(next(iter(self.columns.months.values())))} and others"
        read = read_numbers(pa.array(cells, TEXT), where, fallback=exports.decimal_sign)
        if wide or loose:
            shown = examples([row[self.columns.account].strip() for row in wide or loose])
            return read, (
                f"every amount must stand under a header; found {len(wide or loose):,} of {plural(len(rows), 'line')} "
                f"with cells that do not ({shown}). Run the report again with columns by month alone, without "
                "comparison or percentages, and export it again."
            )
        if read.problem:
            return read, read.problem.removeprefix(f"{self.source.name}, ")
        if read.unreadable:
            n = len(cells) - cells.count(None)
            return read, (
                f"every amount must be a number; found {read.unreadable:,} of {n:,} cells that are none "
                f"({examples(read.shown)}). Correct the export."
            )
        self.source.decisions += [read.decision] if read.decision else []
        return read, ""

    def _currency(self, numbers: Numbers) -> tuple[str, str]:
        """Return the one currency of a statement: of its headers and titles, of its cells, or the company's."""
        marks = numbers.marks.dictionary.to_pylist() if numbers.marks is not None else []
        codes = sorted({code for mark in marks if (code := code_of(mark, self.company))} | set(self.columns.codes))
        if len(codes) > 1:
            return codes[0], (
                f"a statement must be in one currency; found {len(codes)} ({', '.join(codes)}). Export it again in one."
            )
        return (codes or [self.company.currency])[0], ""

    def _section(self, root: Group) -> str | None:
        """Return the section that a group of the top level is; None for a computed line and what nobody knows."""
        name = self.words.words.get(normalised(root.line.label))
        return name if name in self.words.sections else None

    def _describe(self, lines: list[Line], accounts: list[tuple[str, Leaf]], basis: str | None) -> None:
        kept = {id(leaf.line) for _, leaf in accounts}
        for line in lines:
            if id(line) not in kept:
                self.counts["heading without amounts"] += int(line.is_blank and np.isnan(line.across))
                self.counts["amount of a total or computed line"] += int((~np.isnan(line.amounts)).sum())
            self.counts["amount in the total column"] += int(not np.isnan(line.across))
        days = sorted(self.columns.months.values())
        self.source.first, self.source.last = days[0].isoformat(), days[-1].isoformat()
        self.source.currencies = tuple(sorted(set(self.table["currency"].to_pylist())))
        self.source.decisions.append(f"{basis} basis" if basis else "basis: the statement does not say")


NO_AMOUNTS = (
    "a section must hold accounts with amounts; found none. Export it again for a time in which something was booked."
)


def _places(columns: Columns) -> list[int]:
    return [*columns.months, *([columns.total] if columns.total is not None else [])]


def _lines(rows: list[list[str]], numbers: Numbers, columns: Columns) -> list[Line]:
    values = numbers.column.to_numpy(zero_copy_only=False).astype(float).reshape(len(rows), len(_places(columns)))
    n = len(columns.months)
    across = values[:, n] if columns.total is not None else np.full(len(rows), np.nan)
    labels = [" ".join(row[columns.account].split()) for row in rows]
    return [Line(label, values[at, :n], float(across[at])) for at, label in enumerate(labels)]


def _unplaced(roots: list[Group], words: object) -> list[str]:
    """Return the sentence that refuses lines outside any section, or a section that no total closes."""
    known = words.words
    wrong = []
    for root in roots:
        name = known.get(normalised(root.line.label))
        if name is None and not (root.line.is_blank and root.total is None):
            wrong.append(root)
    if not wrong:
        return []
    shown = "; ".join(f"{root.line.label} {float(np.nansum(root.amounts)):,.2f}" for root in wrong[:3])
    opened = [r.line.label for r in roots if known.get(normalised(r.line.label)) in words.sections and r.total is None]
    lost = ", ".join(opened)
    closed = f"the section {lost} has no total line: the file looks cut off. " if opened else ""
    closed = closed.replace("section ", "sections ", 1).replace(" has ", " have ", 1) if len(opened) > 1 else closed
    known = ", ".join(word for named in words.sections.values() for word in named)
    return [
        f"{closed}{'E' if closed else 'e'}very line must stand in a section that we know; found {len(wrong):,} that do "
        f"not, with their amounts (e.g. {shown}). Known: {known}. Export it "
        "again, describe its sections in systems/, or list the file under exports.ignore."
    ]


def _twice(accounts: list[tuple[str, Leaf]]) -> str:
    counts = Counter(PATH.join((*leaf.above, leaf.line.label)) for _, leaf in accounts)
    twice = sorted(path for path, n in counts.items() if n > 1)
    if not twice:
        return ""
    return (
        f"an account must stand once in its section; found {len(twice):,} of {len(counts):,} that stand more often "
        f"({examples(twice)}). Export it again with account numbers, or with its totals."
    )


def _table(
    accounts: list[tuple[str, Leaf]], columns: Columns, currency: str | None, basis: str | None, source: Source
) -> pa.Table:
    rows = [
        (day, leaf.line.label, PATH.join(leaf.above), section, float(amount))
        for section, leaf in accounts
        for day, amount in zip(columns.months.values(), leaf.line.amounts, strict=True)
        if not np.isnan(amount)
    ]
    month, account, parent, sections, amounts = zip(*rows, strict=True) if rows else [()] * 5
    n = len(rows)
    return pa.table(
        {
            "month": pa.array(month, pa.date32()).cast(pa.timestamp("us")),
            "account": pa.array(account, TEXT),
            "parent": pa.array(parent, TEXT),
            "section": pa.array(sections, TEXT),
            "basis": pa.array([basis] * n, TEXT),
            "amount_original": pa.array(amounts, pa.float64()),
            "currency": pa.array([currency] * n, TEXT),
            "_file": pa.array(np.full(n, source.index, np.int32)),
        }
    )

"""Where a profit and loss begins: the row that names its months, and what each of its columns holds."""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field

from revops.errors import examples
from revops.exports.recognising.kinds import FileKind
from revops.exports.recognising.labels import currency_in, normalised
from revops.exports.spans import Span, period_of, span_of
from revops.wording import month_name, plural

__all__ = ["Columns", "columns_of", "find_header"]

TOTAL = re.compile(r"^(total|ytd|year to date)\b")
DATED = re.compile(r"\b(19|20)\d{2}\b")
COMPARED = re.compile(r"\((pp|py|ly)\)|%|change|variance|budget|prior|previous")
DEEPEST = 30


@dataclass(frozen=True)
class Columns:
    """The columns of a statement by place: its accounts, its months, its total, and what is no month.

    `codes` are the currencies that headers and titles name, `notes` what the audit is to say, `problem` the
    sentence that refuses the file.
    """

    account: int = 0
    months: dict[int, dt.date] = field(default_factory=dict)
    total: int | None = None
    others: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""


def find_header(rows: list[list[str]], kind: FileKind) -> tuple[int, int] | None:
    """Return the row that names the months, and how many words of the kind speak for it; None where none does.

    The header is the row with most months, of equals the upper one, or the one right below it where that names more
    columns (a comparison beside each month); a lone total serves where no row has a month.
    At least two sections or computed lines must stand below it: a quota sheet by month has none.
    """
    best: tuple[int, int] | None = None
    n_best = 0
    for place, row in enumerate(rows[:DEEPEST]):
        account = _account(row, kind)
        if account is None:
            continue
        others = [cell for at, cell in enumerate(row) if at != account and cell.strip()]
        dated = sum(span_of(currency_in(cell)[0]) is not None for cell in others)
        if not (dated or any(TOTAL.match(normalised(cell)) for cell in others)):
            continue
        below = best is not None and dated == best[1] > 0 and place == best[0] + 1 and len(others) > n_best
        if best is None or dated > best[1] or below:
            best, n_best = (place, dated), len(others)
    if best is None or kind.statement is None:
        return None
    place, account = best[0], _account(rows[best[0]], kind) or 0
    words = kind.statement.words
    known = {normalised(row[account]) for row in rows[place + 1 :] if len(row) > account} & set(words)
    return (place, len(known) + int(bool(rows[place][account].strip()))) if len(known) > 1 else None


def columns_of(labels: tuple[str, ...], titles: tuple[str, ...], kind: FileKind) -> Columns:
    """Return what each column of a statement holds, or the sentence that says why its months cannot be told."""
    account = _account(list(labels), kind) or 0
    spans, totals, others, codes = {}, [], [], []
    for place, label in enumerate(labels):
        if place == account or not label.strip():
            continue
        bare, code = currency_in(label)
        codes.append(code)
        if span := span_of(bare):
            spans[place] = span
        elif TOTAL.match(normalised(bare)):
            totals.append(place)
        else:
            others.append(label.strip())
    codes += [currency_in(title)[1] for title in titles]
    months = {place: span for place, span in spans.items() if span.is_in_one_month}
    others += [labels[place].strip() for place in spans if place not in months] if months else []
    period = period_of(titles) or next((span for title in titles if (span := span_of(title))), None)
    if not spans and len(totals) == 1 and period and period.is_in_one_month:
        months, totals = {totals[0]: period}, []
    named = tuple(sorted({code for code in codes if code}))
    total = totals[0] if len(totals) == 1 else None
    others += [labels[place].strip() for place in totals] if len(totals) > 1 else []
    problem = _problem(months, others, spans, period)
    starts = {place: span.first.replace(day=1) for place, span in months.items()}
    return Columns(account, starts, total, tuple(others), named, _partial(months), problem)


def _account(row: list[str], kind: FileKind) -> int | None:
    """Return where the accounts stand: under one of their headers, or first under a blank one."""
    wanted = {normalised(word) for word in kind.headers["account"]}
    places = [place for place, cell in enumerate(row) if normalised(cell) in wanted - {""}]
    if len(places) == 1:
        return places[0]
    return 0 if not places and row and not row[0].strip() and "" in wanted else None


def _problem(months: dict[int, Span], others: list[str], spans: dict[int, Span], period: Span | None) -> str:
    """Return the sentence that refuses a statement whose columns are no months, or months twice."""
    if not months:
        long = examples([f"{span.first} to {span.last}" for span in spans.values()])
        found = (
            f"{plural(len(spans), 'column')} that are longer ({long})" if spans else "one column and no month above it"
        )
        if period and not spans:
            found = f"one column from {period.first} to {period.last}"
        return f"the columns must be months; found {found}. Run the report again with its columns by month."
    odd = [label for label in others if DATED.search(label) and not COMPARED.search(normalised(label))]
    odd = [label for label in odd if span_of(currency_in(label)[0]) is None]
    if odd:
        return (
            f"every column must be a month or a total; found {len(odd)} of {len(months) + len(others)} that read as "
            f"neither ({examples(odd)}). Export it with English names of months."
        )
    counts = Counter(span.first.replace(day=1) for span in months.values())
    twice = [month_name(day) for day, n in sorted(counts.items()) if n > 1]
    if twice:
        return (
            f"a month must have one column; found {len(twice)} of {len(counts)} with more ({examples(twice)}). "
            "Run the report again without comparison, classes or locations."
        )
    return ""


def _partial(months: dict[int, Span]) -> tuple[str, ...]:
    """Return a note for each month that a column holds part of; a single day is the end of its month only there."""
    parts = []
    for span in months.values():
        is_end = span.first == span.last and (span.last + dt.timedelta(days=1)).day == 1
        is_start = span.first == span.last and span.first.day == 1
        if not (span.is_whole_month or is_end or is_start):
            shown = (
                f"to {span.last}" if span.first.day == 1 or span.first == span.last else f"{span.first} to {span.last}"
            )
            parts.append(f"{month_name(span.first)}: holds part of the month only ({shown})")
    return tuple(parts)

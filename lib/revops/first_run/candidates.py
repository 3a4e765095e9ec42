"""Columns of one's own that seem to hold segments, regions or lead stages, and records that look like tests."""

import re
from collections import Counter
from dataclasses import dataclass

from revops.errors import RevopsError
from revops.exports.recognising.labels import normalised
from revops.first_run.seen import Seen, column, look
from revops.first_run.yaml_words import check, listed, shown
from revops.schema import TABLES
from revops.wording import count, plural

__all__ = ["Candidate", "column_lines", "find_candidates", "group_lines", "test_lines"]

GROUPS = {
    "segment": r"segment|company size|size band|\btier\b",
    "region": r"region|territory|\bgeo\b|theat(er|re)",
}
LEADS = {
    "mql_at": r"\bmql|marketing[ _-]?qualified",
    "sql_at": r"\bsql|sales[ _-]?qualified",
}
DATED = r"date|time|\bat\b|_at\b|entered|became|\bon\b"
TEST = re.compile(
    r"^\W*(test|demo|dummy)\b|\btest (account|opportunity|deal|record|company)\b|\[test\]|\(test\)|do not use", re.I
)
MANY = 12


@dataclass(frozen=True)
class Candidate:
    """A header that seems to fill a column; the words of its cells, or how many are dates; `sure` where plain."""

    table: str
    column: str
    header: str
    words: tuple[str, ...]
    n: int
    sure: bool


def find_candidates(seen: Seen) -> list[Candidate]:
    """Return the headers of the folder that seem to fill segments, regions and the dates of lead stages."""
    wanted = [("accounts", GROUPS, ""), ("owners", GROUPS, ""), ("leads", LEADS, DATED), ("contacts", LEADS, DATED)]
    headers: dict[str, dict[str, list[str]]] = {}
    for table, patterns, also in wanted:
        for name, pattern in patterns.items():
            if name in TABLES[table].names and not any(name in f.table.column_names for f in seen.of(table)):
                fitting = [label for label in _spare(seen, table) if _fits(label, pattern, also)]
                if fitting:
                    headers.setdefault(table, {})[name] = sorted(fitting, key=lambda label: (len(label), label))
    if not headers:
        return []
    try:
        first = {table: {name: some[:1] for name, some in columns.items()} for table, columns in headers.items()}
        again = look(seen.folder, seen.systems, seen.crm or None, columns=first)
    except RevopsError:
        return []
    found = (_candidate(again, table, name, some) for table, cs in headers.items() for name, some in cs.items())
    return [candidate for candidate in found if candidate is not None]


def column_lines(found: list[Candidate], sheet_names: set[str]) -> tuple[list[str], list[str]]:
    """Return `exports.columns`: what is sure as settings, the rest as comments to take over; and what was decided.

    Parameters
        sheet_names : names in quota sheets, case folded; a segment or region that stands there must be told
    """
    sure = [c for c in found if is_sure(c, sheet_names)]
    lines, decided = [], []
    for chosen, mark in ((sure, ""), ([c for c in found if c not in sure], "# ")):
        tables = dict.fromkeys(c.table for c in chosen)
        lines += [f"  {mark}columns:"] if tables else []
        for table in tables:
            lines.append(f"  {mark}  {table}:")
            for c in (c for c in chosen if c.table == table):
                shape = shown(listed([c.header])) if mark else listed([c.header])
                lines.append(f"  {mark}    {c.column}: {shape}  # {_holds(c)}")
                state = "proposed as comment" if mark else "filled"
                decided.append(f"exports.columns.{table}.{c.column}: {shown(c.header)}, {_holds(c)}; {state}")
    return lines, decided


def is_sure(candidate: Candidate, sheet_names: set[str]) -> bool:
    """Return whether a column can be filled without asking: a lone header of dates, or one whose words sheets use."""
    return candidate.sure or any(word.casefold() in sheet_names for word in candidate.words)


def group_lines(found: list[Candidate], sheet_names: set[str]) -> list[str]:
    """Return segments and regions: those that sheets name as settings, the others as comments to take over."""
    lines = []
    for key, name in (("segments", "segment"), ("regions", "region")):
        mine = [c for c in found if c.column == name]
        words = tuple(dict.fromkeys(word for c in mine for word in c.words))
        if any(is_sure(c, sheet_names) for c in mine):
            lines += [f"{key}:", f"  names: {listed(words)}"]
        else:
            lines += [f"# {key}:", f"#   names: {shown(listed(words))}"] if words and len(words) <= MANY else []
            lines += [f"{key}: {{}}"]
    return lines


def test_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return patterns of records that look like tests as comments to take over, and asks to look at them."""
    lines, decided = [], []
    for name in ("account_name", "opportunity_name"):
        words: Counter[str] = Counter()
        for frame in seen.of("opportunities", "accounts") if name == "account_name" else seen.of("opportunities"):
            words.update(word for word in column(frame, name).dropna() if TEST.search(word))
        if words:
            some = [word for word, _ in sorted(words.items(), key=lambda item: (-item[1], item[0]))][:5]
            lines.append(f"#   {name}: [{', '.join(shown(listed([word]))[1:-1] for word in some)}]")
            decided.append(f"test records: {plural(len(words), name.replace('_', ' '))} that may be tests, as comment")
    doubt = "these look like tests, and count as real until they stand below; take over what is one (* for anything)"
    head = [*check(doubt), "# test_records:"]
    return ([*head, *lines] if lines else []) + ["test_records: {}"], decided


def _spare(seen: Seen, table: str) -> list[str]:
    return sorted({label for frame in seen.of(table) for label in frame.source.unknown_columns})


def _fits(label: str, pattern: str, also: str) -> bool:
    plain = label.replace("__c", "").replace("_", " ")
    return bool(re.search(pattern, plain, re.I)) and (not also or bool(re.search(also, plain, re.I)))


def _candidate(again: Seen, table: str, name: str, headers: list[str]) -> Candidate | None:
    cells = [column(frame, name).dropna() for frame in again.of(table) if name in frame.table.column_names]
    n = sum(len(part) for part in cells)
    if not n:
        return None
    if name in LEADS:
        clean = not any(f"column {headers[0]}:" in problem for problem in again.ledger.problems)
        return Candidate(table, name, headers[0], (), n, clean and len(headers) == 1)
    words = sorted({str(word).strip() for part in cells for word in part} - {""})
    plain = normalised(headers[0].replace("__c", ""))
    return Candidate(table, name, headers[0], tuple(words), n, False) if plain and len(words) <= 4 * MANY else None


def _holds(candidate: Candidate) -> str:
    if not candidate.words:
        return f"{plural(candidate.n, 'date')}"
    some = ", ".join(shown(word) for word in candidate.words[:5])
    return f"{count(candidate.n)} rows: {some}{', …' if len(candidate.words) > 5 else ''}"

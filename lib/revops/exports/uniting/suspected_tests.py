"""Records that look as if somebody had made them to try things out, and that no pattern of company.yml names."""

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.exports.audit import Ledger
from revops.exports.reading.addresses import CUT
from revops.exports.reading.columns import TEXT
from revops.wording import money

__all__ = ["LOOKS_LIKE_A_TEST", "warn_of_test_records"]

_NOUNS = "account|client|company|contact|customer|data|deal|do not|entry|ignore|lead|only|opp|opportunity|please|record"
_START = rf"^\W*(?:test|testing|dummy)[ _-]+(?:{_NOUNS})s?\b"
LOOKS_LIKE_A_TEST = (
    rf"(?i){_START}"
    r"|^\W*(?:test|testing|dummy)[\W_]*\d*\W*$"
    r"|^\W*(?:test|testing|dummy)(?:\s+[-–—]\s|\s*:)"
    r"|^\W*asdf"
    r"|[\[(]test(?:ing)?[\])]"
    r"|\bdo[ _-]not[ _-]use\b|\bdon['’]?t use\b"
)
"""Names that are or begin with `test` as people name trials: not those of companies such as Test Systems or Testa."""
_MOST = 3
_LONGEST = 60
_NAMES = ("opportunity_name", "account_name")


def warn_of_test_records(table: pa.Table, company: Company, ledger: Ledger) -> None:
    """Warn of deals whose name, or whose account's name, looks like a test: they count until company.yml names them."""
    found = {name: _hits(table, name) for name in _NAMES if name in table.column_names}
    of_deal = found.get("opportunity_name", np.zeros(table.num_rows, bool))
    is_test = np.logical_or.reduce([np.zeros(table.num_rows, bool), *found.values()])
    if not is_test.any():
        return
    patterns: dict[str, list[str]] = {}
    for name, hits in found.items():
        mine = hits if name == "opportunity_name" else hits & ~of_deal
        if mine.any():
            patterns[name] = _patterns(sorted(pc.unique(table[name].cast(TEXT).filter(pa.array(mine))).to_pylist()))
    tests = table.filter(pa.array(is_test))
    total = pc.sum(tests["amount"]).as_py() if "amount" in table.column_names else None
    worth = "no amount" if total is None else money(total, company.currency, exact=True)
    left = sum(len(some) for some in patterns.values())
    shown = _line(patterns, company.test_records.model_dump())
    n, more = tests.num_rows, f" (the first {_MOST} of {left} names)" if left > _MOST else ""
    verb, count, them = (
        ("looks like a test", "counts", "it is one") if n == 1 else ("look like tests", "count", "they are")
    )
    ledger.warnings.append(
        f"opportunities: {n:,} of {table.num_rows:,} {verb} and {count} all the same, with {worth}; where {them}, "
        f"set in company.yml{more}: {shown}"
    )


def _hits(table: pa.Table, name: str) -> np.ndarray:
    hits = pc.match_substring_regex(table[name].cast(TEXT), LOOKS_LIKE_A_TEST)
    return hits.fill_null(False).to_numpy()


def _patterns(names: list[str]) -> list[str]:
    """Return shell patterns of names, one for all that begin with the same two words; addresses in them are cut."""
    starts = [found[0].casefold() if (found := re.match(_START, name.strip(), re.I)) else None for name in names]
    said = []
    for name, start in zip(names, starts, strict=True):
        name = name.strip()
        if start is not None and starts.count(start) > 1:
            name = f"{name[: len(start)]}*"
        name = CUT.sub(lambda found: "*@*" if "@" in found[0] else "*", name)
        said.append(name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}*")
    first: dict[str, str] = {}
    for name in said:
        first.setdefault(name.casefold(), name)
    return list(first.values())


def _line(patterns: dict[str, list[str]], known: dict[str, tuple[str, ...]]) -> str:
    """Return the first patterns as a setting of company.yml, after those that stand there, quoted for YAML."""
    left = _MOST
    parts = {name: list(some) for name, some in known.items() if some}
    for name, some in patterns.items():
        if left:
            parts[name] = [*parts.get(name, []), *some[:left]]
            left -= len(some[:left])
    said = [f"{name}: {json.dumps(some, ensure_ascii=False)}" for name, some in parts.items()]
    return f"test_records: {{{', '.join(said)}}}"

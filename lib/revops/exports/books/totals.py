"""Printed totals held against the accounts they take together: by section, by computed line, and across the months."""

from collections.abc import Iterator

import numpy as np

from revops.errors import examples
from revops.exports.books.grouping import Group, Leaf, Line
from revops.exports.recognising.kinds import Statement
from revops.exports.recognising.labels import normalised
from revops.wording import plural

__all__ = ["doubts", "refusals", "unit_of"]

Check = tuple[str, np.ndarray, np.ndarray, int]
PLUS, MINUS = ("income", "other_income"), ("cogs", "expenses", "other_expenses")
AGAIN = "Export it again."
FORMULAS = {
    "gross_profit": ("income", "cogs"),
    "operating_profit": ("income", "cogs", "expenses"),
    "net_other_income": ("other_income", "other_expenses"),
    "net_profit": (*PLUS, *MINUS),
}


def refusals(roots: list[Group], leaves: list[Leaf], words: Statement, months: list[str], unit: float) -> list[str]:
    """Return the sentences that refuse a statement whose accounts do not add up to what it prints.

    Parameters
        months : the names of the months, for the sentences
        unit : the smallest step of its amounts: a cent, or 1 where they are printed without cents
    """
    sections = [check for root in roots for check in _sections(root)]
    found = _named(sections, months, unit, "a section must add up to its printed total", "its lines", "totals")
    if not found:
        computed = list(_computed(roots, words))
        found = _named(computed, months, unit, "a computed line must follow from the sections", "they give", "amounts")
    return found + _across(leaves, unit)


def doubts(roots: list[Group], words: Statement) -> list[str]:
    """Return what leaves open whether a statement is whole: totals without amounts, and no net profit at its end."""
    found = []
    blank = [group.line.label for root in roots for group in _totalled(root) if group.total.is_blank]
    if blank:
        n = plural(len(blank), "total")
        found.append(f"{n} without amounts, so that nothing holds these sections together ({examples(blank)})")
    names = words.computed.get("net_profit", ())
    if not any(words.words.get(normalised(root.line.label)) == "net_profit" for root in roots):
        found.append(f"no line of {' or '.join(names)}: rows may be lost below {roots[-1].line.label}")
    return found


def _totalled(group: Group) -> Iterator[Group]:
    for part in group.parts:
        yield from _totalled(part)
    if group.total is not None:
        yield group


def _sections(group: Group) -> Iterator[Check]:
    """Yield every total below and of a group, inner ones first, with what its lines give and how many they are."""
    for each in _totalled(group):
        printed = each.total.amounts if each.total.is_blank else np.nan_to_num(each.total.amounts)
        yield each.line.label, each.amounts, printed, _size(each)


def _size(group: Group) -> int:
    return 1 + sum(_size(part) for part in group.parts)


def _computed(roots: list[Group], words: Statement) -> Iterator[Check]:
    """Yield the computed lines with what the sections give; an operating profit may or may not hold other income."""
    sums: dict[str, np.ndarray] = {}
    size = sum(_size(root) for root in roots)
    for root in roots:
        name = words.words.get(normalised(root.line.label))
        if name in FORMULAS:
            zero = np.zeros(len(root.line.amounts))
            given = sum((sums.get(s, zero) * (1 if s in PLUS else -1) for s in FORMULAS[name]), zero)
            other = sum((sums[s] * (1 if s in PLUS else -1) for s in sums), zero)
            if name == "operating_profit" and np.allclose(other, np.nan_to_num(root.line.amounts), atol=0.005):
                given = other
            yield root.line.label, given, root.line.amounts, size
        elif name is not None:
            sums[name] = sums.get(name, 0) + root.amounts


def _named(checks: list[Check], months: list[str], unit: float, rule: str, gives: str, what: str) -> list[str]:
    wrong, n = [], 0
    for label, given, printed, parts in checks:
        n += int((~np.isnan(printed)).sum())
        off = np.abs(np.nan_to_num(printed - given)) > unit * 0.5 * (parts if unit == 1 else 1) + 1e-6
        wrong += [f"{label}, {months[at]}: {gives} {given[at]:,.2f}, printed {printed[at]:,.2f}"
                  for at in np.flatnonzero(off)]  # fmt: skip
    if not wrong:
        return []
    return [f"{rule}; found {len(wrong):,} of {n:,} {what} that do not ({_shown(wrong)}). {AGAIN}"]


def _across(leaves: list[Leaf], unit: float) -> list[str]:
    across = np.array([leaf.line.across for leaf in leaves])
    given = np.array([np.nansum(leaf.line.amounts) for leaf in leaves])
    months = len(leaves[0].line.amounts) if leaves else 0
    off = np.abs(np.nan_to_num(across - given)) > unit * 0.5 * (months if unit == 1 else 1) + 1e-6
    wrong = [f"{leaves[at].line.label}: its months {given[at]:,.2f}, printed {across[at]:,.2f}"
             for at in np.flatnonzero(off)]  # fmt: skip
    if not wrong:
        return []
    return [
        f"the months of an account must add up to its printed total; found {len(wrong):,} of {len(leaves):,} accounts "
        f"that do not ({_shown(wrong)}). {AGAIN}"
    ]


def _shown(wrong: list[str]) -> str:
    return f"e.g. {'; '.join(wrong[:3])}"


def unit_of(lines: list[Line]) -> float:
    """Return 0.01 where some amount has cents, else 1."""
    amounts = np.concatenate([line.amounts for line in lines]) if lines else np.zeros(0)
    return 0.01 if np.nan_to_num(amounts % 1).any() else 1.0

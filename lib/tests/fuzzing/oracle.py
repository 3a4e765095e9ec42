"""Whether what the gate made of a damaged file is honest: the same tables, or a word that names the file."""

import re
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from gate import balanced

from fuzzing.cases import Case, prepared_from
from fuzzing.damage import HURTS, SAME
from revops.errors import ExportError
from revops.exports import Prepared
from revops.schema import TABLES

__all__ = ["Outcome", "judged", "outcome"]

# What is left out without a number being lost, and notes that speak of names alone: they excuse no other number.
HARMLESS = re.compile(
    r"title row|blank row|footer or total row|total column|blank cell|exact duplicate|same record in another file|"
    r"same file given twice|same spend in another file|same content|not UTF-8|NUL char|slower csv"
)
WORDS = ("text",)


@dataclass(frozen=True)
class Outcome:
    """What the gate said and gave: its refusal, or its tables with every word of warning and every count."""

    refusals: tuple[str, ...] = ()
    tables: dict[str, pa.Table] = field(default_factory=dict)
    said: frozenset[str] = frozenset()
    rows: int = 0
    balanced: bool = True


def outcome(files: dict[str, bytes], case: Case) -> Outcome:
    """Return what the gate makes of files; anything but a refusal of its own is an error of the gate."""
    try:
        return told(prepared_from(files, case.company))
    except ExportError as refusal:
        return Outcome(getattr(refusal, "problems", (str(refusal),)))


def told(prepared: Prepared) -> Outcome:
    """Return what a preparation gave and said."""
    audit = prepared.audit
    said = {*audit.warnings, *(f"{name}: {why}" for name, why in audit.unrecognised)}
    said |= {f"{item.file}: {item.reason} {item.n}" for item in audit.left_out}
    said |= {f"{file.name}: {text}" for file in audit.files for text in file.warnings}
    rows = sum(file.rows_read for file in audit.files)
    return Outcome((), prepared.tables, frozenset(said), rows, balanced(prepared))


def judged(before: Outcome, after: Outcome, grade: str, names: tuple[str, ...], unseen: str) -> str:
    """Return what is wrong with the outcome of a damage of some grade; blank where it is honest.

    Parameters
        names : of the files, one of which, or whose table, a refusal must name
        unseen : why nothing in the file can show the loss; then the number of rows read must tell it
    """
    if after.refusals:
        if grade == SAME:
            return f"refused although nothing is lost: {after.refusals}"
        silent = [text for text in after.refusals if not _tells(text, {*names, *TABLES, "company.yml"})]
        return f"refusals that name no file, or no number: {silent}" if silent else ""
    if not after.balanced:
        return "rows read are not rows kept and rows left out"
    differ = differences(before.tables, after.tables, with_text=grade == SAME)
    if not differ:
        return ""
    if grade == SAME:
        return f"other tables: {'; '.join(differ)}"
    changed = {re.split(r"[.: ]", line)[0] for line in differ}
    news = {text for text in after.said - before.said if not HARMLESS.search(text)}
    if any(_tells(text, {*names, *changed}) for text in news) or (grade == HURTS and unseen):
        return ""
    return f"without a word: {'; '.join(differ)}; said: {sorted(news)}"


def differences(before: dict[str, pa.Table], after: dict[str, pa.Table], with_text: bool) -> list[str]:
    """Return where two sets of tables hold other numbers, dates, ids or categories, each as a short sentence."""
    found = [f"{name} gone" for name in before.keys() - after.keys()]
    found += [f"{name} new" for name in after.keys() - before.keys() if after[name].num_rows]
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        if old.num_rows != new.num_rows:
            found.append(f"{name}: {new.num_rows} rows instead of {old.num_rows}")
            continue
        for column in TABLES[name].columns:
            if column.kind in WORDS and not with_text:
                continue
            if not old[column.name].equals(new[column.name]):
                found.append(f"{name}.{column.name}: {_sum(old, column.name)} became {_sum(new, column.name)}")
    return found


def _sum(table: pa.Table, name: str) -> str:
    column = table[name]
    if pa.types.is_floating(column.type):
        return f"{pc.sum(column).as_py()}"
    return str(sorted({str(value) for value in column.to_pylist()})[:4])


def _tells(text: str, names: set[str]) -> bool:
    """Return whether a sentence names one of some files or tables and holds a number, or that nothing of it is read."""
    return any(name in text for name in names) and bool(re.search(r"\d|not read|no rows", text))

"""One example: a file, one or two damages to it, and the verdict."""

from random import Random

from fuzzing import by_bytes, by_cells, by_rows  # noqa: F401 (they enter their damages)
from fuzzing.cases import CASES, Case, prepared_from
from fuzzing.damage import ALL, HURTS, SAME, TOLD, Damage, Hit
from fuzzing.oracle import Outcome, judged, outcome, told
from fuzzing.sheet import Sheet
from revops.errors import ExportError

__all__ = ["DAMAGES", "parted", "tried"]

DAMAGES = ALL
GRADES = (SAME, TOLD, HURTS)
ORDERED = {"shuffle_rows", "shuffle_columns", "add_blank_rows", "add_titles", "respell_headers", "add_unknown_column"}
BEFORE: dict[str, Outcome] = {}


def tried(case: str, names: tuple[str, ...], seed: int) -> str:
    """Return what is wrong with what the gate makes of a file after some damages, one after the other."""
    known = CASES[case]
    damaged, grade, unseen = _damaged(known, names, seed)
    given = {name: data for name, data in known.files().items() if name != known.target}
    if case not in BEFORE:
        BEFORE[case] = told(known.before())
    return judged(BEFORE[case], outcome(given | damaged, known), grade, (*given, *damaged), unseen)


def parted(case: str, name: str, seed: int) -> tuple[object, object]:
    """Return what the gate says and gives of a damaged file read whole, and read in blocks beside memory."""
    known = CASES[case]
    damaged, _, _ = _damaged(known, (name,), seed)
    files = {other: data for other, data in known.files().items() if other != known.target} | damaged
    found = []
    for spill in (False, True):
        try:
            prepared = prepared_from(files, known.company, spill)
            found.append(({n: t.to_pylist() for n, t in prepared.tables.items()}, prepared.audit))
        except ExportError as refusal:
            found.append(str(refusal))
    return found[0], found[1]


def _damaged(known: Case, names: tuple[str, ...], seed: int) -> tuple[dict[str, bytes], str, str]:
    """Return the damaged files, what is promised of them, and what nothing in them can show."""
    random, sheet, grade, unseen, files, done = Random(seed), known.sheet(), 0, "", {}, []
    for name in names:
        if ALL[name].family == "by_cells" and any(ALL[other].family == "by_cells" for other in done):
            continue  # what one has written in another way the next would misread
        hit = _hit(ALL[name], sheet, random)
        if hit is None:
            continue
        done.append(name)
        grade = max(grade, GRADES.index(_grade(ALL[name], known)))
        sheet, unseen, files = hit.sheet or sheet, unseen or hit.unseen, hit.files
    files = files or {None: sheet.written()}
    return {name or known.target: data for name, data in files.items()}, GRADES[grade], unseen


def _hit(damage: Damage, sheet: Sheet, random: Random) -> Hit | None:
    return damage.does(sheet, random) if sheet.data else None


def _grade(damage: Damage, case: Case) -> str:
    """Return what is promised of a damage to a file: of one whose order or headers are values, less."""
    if (case.ordered or case.spread) and damage.name in ORDERED:
        return TOLD
    return damage.grade

"""Text to numbers: thousands and decimal signs decided per column, signs and currency marks read, the rest null."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.reading.columns import TEXT, Tally, counts_of, distinct, whole
from revops.exports.reading.marks import marks_of
from revops.wording import plural

__all__ = ["Numbers", "as_numbers", "number_form", "read_numbers", "signs_shown"]

SPACES = "[\\s\u00a0\u202f\u2009'\u2019]"  # RE2 knows no escape for these: they stand as themselves
MINUS = "[\u2212\u2013]"
MARKS = "^([A-Z]{1,3}[$]|[A-Z]{3}|[$\u20ac\u00a3\u00a5\u20b9\u20a9])+|([A-Z]{3}|[$\u20ac\u00a3\u00a5\u20b9\u20a9])+$"
NUMBER = r"^-?(\d+|\d{1,3}(,\d{2,3})+|\d{1,3}(\.\d{3})+)?([.,]\d*)?$"
UNSURE = r"^-?[1-9]\d{0,2}[.,]\d{3}$"
SEVERAL = 3
SAYS = "company.yml says so"
SIGNS = {"point": ".", "comma": ","}


@dataclass(frozen=True)
class Numbers:
    """A column read: its numbers, what was decided, how many cells were no number, and the sentence that refuses it.

    `scaled` is how many cells end in K, M or B; `sign` is the decimal sign, blank where all cells cast as they are.
    """

    column: pa.Array
    decision: str = ""
    unreadable: int = 0
    shown: tuple[str, ...] = ()
    problem: str = ""
    marks: pa.DictionaryArray | None = None
    scaled: int = 0
    sign: str = ""


def read_numbers(
    column: pa.Array | pa.ChunkedArray | Tally,
    where: str,
    decimal_sign: str = "auto",
    fallback: str = "auto",
    says: str = SAYS,
) -> Numbers:
    """Return a column of text as numbers; of a tally the numbers of its distinct values, decided by all its rows.

    Parameters
        where : file and column, for messages
        decimal_sign : point or comma where the system always writes the same; auto otherwise
        fallback : the sign used where the cells do not tell: company.yml's exports.decimal_sign, or its file's
        says : where the fallback comes from, for the audit
    """
    quick = _plain(column.values if isinstance(column, Tally) else column, decimal_sign)
    if quick is not None:
        return Numbers(quick)
    if isinstance(column, Tally):
        codes = pa.DictionaryArray.from_arrays(np.arange(len(column), dtype=np.int32), column.values)
        read = _by_value(codes, column.counts, where, decimal_sign, fallback)
    else:
        codes = distinct(column)
        read = _by_value(codes, counts_of(codes), where, decimal_sign, fallback)
    return replace(read, decision=read.decision.replace(SAYS, says))


def number_form(column: pa.Array | pa.ChunkedArray) -> str | None:
    """Return what a piece of a column of numbers shows: a decimal point, nothing, or that it may be read both ways.

    None where some cell does not cast as it is.
    """
    text = column.dictionary if pa.types.is_dictionary(column.type) else column
    try:
        values = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        return None
    if pc.all(pc.is_finite(values)).as_py() is False:
        return None
    if _sure(text):
        return "point"
    return "unsure" if pc.any(pc.match_substring_regex(text, UNSURE)).as_py() else "plain"


def as_numbers(column: pa.Array | pa.ChunkedArray, sign: str) -> pa.Array:
    """Return a piece of a column of numbers whose decimal sign is known; blank: as it casts."""
    if not sign:
        return whole(pc.cast(column, pa.float64()))
    codes = distinct(column)
    text, scale = _scaled(_bare(codes.dictionary.cast(TEXT)))
    return _valued(text, scale, sign).take(codes.indices)


def signs_shown(column: pa.Array | pa.ChunkedArray) -> set[str]:
    """Return the decimal signs (point, comma) that some cell of a column shows."""
    text, _ = _scaled(_bare(distinct(column).dictionary.cast(TEXT)))
    return {name for name, sign in SIGNS.items() if _speaks_for(text, sign).any()}


def _plain(column: pa.Array | pa.ChunkedArray, decimal_sign: str) -> pa.Array | None:
    """Return the column where it casts as it is and no cell could mean a thousand times as much."""
    codes = column if pa.types.is_dictionary(column.type) else None
    text = codes.dictionary if codes is not None else column
    try:
        values = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        return None
    if decimal_sign == "comma" or pc.all(pc.is_finite(values)).as_py() is False:
        return None
    if decimal_sign in ("auto", "point") and pc.any(pc.match_substring_regex(text, UNSURE)).as_py() and not _sure(text):
        return None
    return whole(values) if codes is None else values.take(codes.indices)


def _sure(text: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether some cell shows that the point is a decimal sign."""
    return bool(pc.any(pc.match_substring_regex(text, r"\.(\d{1,2}|\d{4,})$|\d{4}\.\d|^-?0?\.\d")).as_py())


def _by_value(codes: pa.DictionaryArray, counts: np.ndarray, where: str, decimal_sign: str, fallback: str) -> Numbers:
    text, scale = _scaled(_bare(codes.dictionary.cast(TEXT)))
    sign, decision, problem = _decimal_sign(codes.dictionary.cast(TEXT), text, counts, where, decimal_sign, fallback)
    if problem:
        return Numbers(pa.nulls(len(codes), pa.float64()), problem=problem)
    values = _valued(text, scale, sign)
    lost = values.is_null().to_numpy(False)
    shown = tuple(sorted(codes.dictionary.filter(pa.array(lost & (counts > 0))).to_pylist())[:3])
    unreadable, filled = int(counts[lost].sum()), int(counts.sum())
    if unreadable * 2 > filled:
        problem = (
            f"{where}: must hold numbers; found {unreadable:,} of {filled:,} cells that are none ({examples(shown)}). "
            "Correct the export."
        )
    scaled = int(counts[(pc.not_equal(scale, 1.0)).to_numpy(False)].sum())
    return Numbers(values.take(codes.indices), decision, unreadable, shown, problem, marks_of(codes), scaled, sign)


def _valued(text: pa.Array, scale: pa.Array, sign: str) -> pa.Array:
    """Return bare cells as numbers; null where one is none."""
    other = "," if sign == "." else "."
    plain = pc.replace_substring(pc.replace_substring(text, other, ""), sign, ".")
    good = pc.and_(pc.match_substring_regex(text, NUMBER), pc.match_substring_regex(plain, r"^-?(\d+\.?\d*|\.\d+)$"))
    return pc.multiply(pc.cast(pc.if_else(good, plain, None), pa.float64()), scale)


def _scaled(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the cells without a K, M or B at their end (45.3k), and what each is to be multiplied by."""
    found = pc.extract_regex(text, r"^(?P<body>-?[\d.,]*\d)(?P<size>[kKmMbB])$")
    sizes = pc.utf8_upper(pc.struct_field(found, "size"))
    scale = pc.index_in(sizes, value_set=pa.array(["K", "M", "B"]))
    factor = pa.array([1e3, 1e6, 1e9]).take(scale).fill_null(1.0)
    return pc.coalesce(pc.struct_field(found, "body"), text), factor


def _bare(text: pa.Array) -> pa.Array:
    """Return the cells without spaces, apostrophes and currency or percent marks, a minus in front where negative."""
    text = pc.replace_substring_regex(text, SPACES, "")
    text = pc.replace_substring_regex(text, MINUS, "-")
    bracketed = pc.match_substring_regex(text, r"^[^\d()]*\([^()]*\)[^\d()]*$")
    negative = pc.or_(bracketed, pc.match_substring_regex(text, r"-%?$"))
    text = pc.if_else(bracketed, pc.replace_substring_regex(text, "[()]", ""), text)
    text = pc.replace_substring_regex(text, r"%$|-%?$", "")
    text = pc.replace_substring_regex(text, r"^\+", "")
    minus = pc.match_substring_regex(text, r"^-|^[^\d]*-\d")
    text = pc.replace_substring_regex(pc.replace_substring(text, "-", "", max_replacements=1), MARKS, "")
    sign = pc.if_else(pc.xor(negative, minus), "-", "")
    return pc.binary_join_element_wise(sign, text, "")


def _decimal_sign(
    raw: pa.Array, text: pa.Array, counts: np.ndarray, where: str, known: str, fallback: str
) -> tuple[str, str, str]:
    """Return the decimal sign, the sentence that reports it, and the sentence that refuses the column."""
    votes = {sign: _speaks_for(text, sign) for sign in (".", ",")}
    points, commas = (int(counts[votes[sign]].sum()) for sign in (".", ","))
    label = where.rpartition("column ")[2]
    names = {".": "decimal point", ",": "decimal comma"}
    if known != "auto" and not _is_doubtful(text, votes[SIGNS[known]], known):
        other = votes["," if known == "point" else "."]
        return SIGNS[known], "", _against(raw, where, names[SIGNS[known]], counts, other)
    if points and commas:
        shown = [min(raw.filter(pa.array(votes[sign])).to_pylist()) for sign in (".", ",")]
        return "", "", (
            f"{where}: must have one decimal sign throughout; found {plural(points, 'row')} with a point and "
            f"{commas:,} with "
            f"a comma, of {int(counts.sum()):,} ({examples(shown)}). Export it again in one format, or correct "
            "those rows."
        )  # fmt: skip
    if points or commas:
        sign = "." if points else ","
        return sign, f"{label}: {names[sign]} ({points or commas:,} of {int(counts.sum()):,} rows show it)", ""
    unsure = pc.match_substring_regex(text, UNSURE).fill_null(False).to_numpy(False)
    if fallback == "auto" and unsure.any():
        shown = sorted(raw.filter(pa.array(unsure)).to_pylist())
        return "", "", (
            f"{where}: the decimal sign must be known; found {int(counts[unsure].sum()):,} of "
            f"{int(counts.sum()):,} rows "
            f"that read both ways ({examples(shown)}). Set exports.decimal_sign in company.yml to point or comma."
        )  # fmt: skip
    sign = SIGNS.get(fallback, ".")
    return sign, f"{label}: {names[sign]} ({SAYS})" if unsure.any() else "", ""


def _is_doubtful(text: pa.Array, votes: np.ndarray, known: str) -> bool:
    """Return whether the points may be of thousands, though the system writes decimal points: several, none shown."""
    if known != "point" or votes.any():
        return False
    dotted = pc.match_substring_regex(text, r"^-?[1-9]\d{0,2}\.\d{3}$")
    return (pc.sum(dotted).as_py() or 0) >= SEVERAL and not pc.any(
        pc.match_substring_regex(text, r"^-?\d{4,}$")
    ).as_py()


def _against(raw: pa.Array, where: str, sign: str, counts: np.ndarray, votes: np.ndarray) -> str:
    """Return the sentence that refuses cells of another decimal sign than the one that their system always writes."""
    if not (n := int(counts[votes].sum())):
        return ""
    shown = sorted(raw.filter(pa.array(votes)).to_pylist())
    return (
        f"{where}: must be written with a {sign}, as its system does; found {n:,} of {int(counts.sum()):,} cells that "
        f"are not ({examples(shown)}). A spreadsheet has changed them: export it again and do not open it there."
    )


def _speaks_for(text: pa.Array, sign: str) -> np.ndarray:
    """Return which cells show that `sign` is the decimal sign."""
    dot, other = (r"\.", ",") if sign == "." else (",", r"\.")
    tail = rf"^-?\d*{dot}(\d{{1,2}}|\d{{4,}})$|^-?\d{{4,}}{dot}\d+$|^-?0?{dot}\d+$"
    grouped = rf"^-?\d{{1,3}}({other}\d{{2,3}})+{dot}\d*$|^-?\d{{1,3}}({other}\d{{2,3}}){{2,}}$"
    return pc.match_substring_regex(text, f"{tail}|{grouped}").fill_null(False).to_numpy(False)

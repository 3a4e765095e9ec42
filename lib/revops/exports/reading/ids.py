"""Ids kept as what they are: text, case and all; an id that a spreadsheet has turned into a number is refused."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.reading.columns import TEXT, whole
from revops.exports.reading.unwrapped import unwrapped

__all__ = ["Ids", "read_ids"]

CHECKSUM = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)
MANY = 30
NOTHING = r"^(0{15}(AAA)?|-?)$"
MANGLED = r"^\s*\d([.,]\d+)?E\+\d+\s*$"


@dataclass(frozen=True)
class Ids:
    """A column read: its ids, what was decided, and the sentence that refuses it."""

    column: pa.Array
    decision: str = ""
    problem: str = ""


def read_ids(column: pa.Array | pa.ChunkedArray, where: str, style: str) -> Ids:
    """Return a column of ids: Salesforce ids in 15 characters (the checksum of 18 verified), others as written."""
    if style == "plain":
        return _plain(whole(column), where)
    if isinstance(column, pa.ChunkedArray) and column.num_chunks > 1:
        pieces = [_salesforce(chunk, where) for chunk in column.chunks]
        if not any(piece.problem for piece in pieces):
            return Ids(pa.concat_arrays([piece.column for piece in pieces]))
    return _salesforce(whole(column), where)


def _salesforce(values: pa.Array, where: str) -> Ids:
    lengths = pc.binary_length(values)
    span = pc.min_max(lengths).as_py()
    if span["min"] == span["max"] == 18:
        return _fifteen(values, where)
    if span["min"] is None or span["min"] == span["max"] == 15:
        problem = _no_ids(values, pc.match_substring_regex(values, "[^A-Za-z0-9]"), where)
        return Ids(values, problem=problem or _lowered(values, where))
    values = pc.utf8_ltrim(pc.utf8_trim_whitespace(values), "'")
    values = pc.if_else(pc.match_substring_regex(values, NOTHING), None, values)
    lengths = pc.binary_length(values)
    good = pc.match_substring_regex(values, "^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$")
    if problem := _no_ids(values, pc.invert(good), where):
        return Ids(values, problem=problem)
    is_long = pc.equal(lengths, 18).fill_null(False)
    short = _fifteen(values.filter(is_long), where)
    return Ids(pc.replace_with_mask(values, is_long, short.column), problem=short.problem)


def _fifteen(values: pa.Array, where: str) -> Ids:
    """Return ids of 18 characters without their checksum, once it is found to agree with the case of the rest."""
    n = len(values) - values.null_count
    _, offsets, data = values.buffers()
    first = int(np.frombuffer(offsets, np.int32)[values.offset])
    grid = np.frombuffer(data, np.uint8)[first : first + 18 * n].reshape(n, 18)
    upper = (grid[:, :15] >= 65) & (grid[:, :15] <= 90)
    sums = np.zeros((n, 3), np.uint8)
    for place in range(5):
        sums |= upper[:, place::5].astype(np.uint8) << np.uint8(place)
    good = (CHECKSUM[sums] == grid[:, 15:]).all(axis=1)
    if not good.all():
        present = values.drop_null()
        no_ids = _no_ids(present, pc.match_substring_regex(present, "[^A-Za-z0-9]"), where)
        shown = pc.unique(present.filter(pa.array(~good))).to_pylist()
        folded = (
            f"{where}: ids of 18 characters must agree with their last three; found {int((~good).sum()):,} of {n:,} "
            f"that do not ({examples(sorted(shown))}). Upper or lower case was changed on the way: export it again."
        )
        return Ids(values, problem=no_ids or folded)
    ends = np.concatenate([[0], np.cumsum(values.is_valid().to_numpy(False), dtype=np.int32) * 15]).astype(np.int32)
    bits = values.is_valid() if values.null_count else None
    mask = bits.buffers()[1] if bits is not None else None
    body = pa.py_buffer(np.ascontiguousarray(grid[:, :15]))
    return Ids(pa.StringArray.from_buffers(len(values), pa.py_buffer(ends), body, mask, values.null_count))


def _plain(values: pa.Array, where: str) -> Ids:
    values = pc.utf8_ltrim(pc.utf8_trim_whitespace(whole(unwrapped(values)).cast(TEXT)), "'")
    values = pc.if_else(pc.equal(values, ""), None, values)
    mangled = pc.match_substring_regex(values, MANGLED)
    if pc.any(mangled).as_py():
        return Ids(values, problem=_no_ids(values, mangled, where))
    floats = pc.match_substring_regex(values, r"^\d+\.0+$")
    if not pc.any(floats).as_py():
        return Ids(values)
    bare = pc.replace_substring_regex(values, r"^(\d+)\.0+$", r"\1")
    label, shown = where.rpartition("column ")[2], min(values.filter(floats).to_pylist())
    return Ids(bare, f"{label}: ids written {shown} are read as {shown.partition('.')[0]}")


def _lowered(values: pa.Array, where: str) -> str:
    """Return the sentence that refuses many ids of which none has a capital: without checksum their case is lost."""
    if pc.any(pc.match_substring_regex(values.slice(0, 10_000), "[A-Z]")).as_py():
        return ""
    small = pc.match_substring_regex(values, "[a-z][0-9a-z]{0,5}$")
    n = pc.sum(small).as_py() or 0
    if n < MANY or pc.any(pc.match_substring_regex(values, "[A-Z]")).as_py():
        return ""
    shown = examples(sorted(pc.unique(values.filter(small.fill_null(False))).to_pylist())[:3])
    return (
        f"{where}: ids of 15 characters must be in their own case; found {n:,} of "
        f"{len(values) - values.null_count:,} in small letters and none with a capital ({shown}). Upper or lower case "
        "was changed on the way: export it again."
    )


def _no_ids(values: pa.Array, wrong: pa.Array, where: str) -> str:
    """Return the sentence that refuses cells which are no ids, blank where all are."""
    n = pc.sum(wrong).as_py() or 0
    if not n:
        return ""
    cells = values.filter(wrong.fill_null(False))
    total = len(values) - values.null_count
    mangled = cells.filter(pc.match_substring_regex(cells, MANGLED))
    if len(mangled):
        shown = examples(sorted(pc.unique(mangled).to_pylist()))
        return (
            f"{where}: ids must be text; found {len(mangled):,} of {total:,} turned into numbers ({shown}). "
            "The file went through Excel: export it again and do not open it there."
        )
    shown = examples(sorted(pc.unique(cells).to_pylist()))
    formulas = cells.filter(pc.match_substring_regex(cells, '^="'))
    if len(formulas):
        return (
            f"{where}: ids must be text; found {len(formulas):,} of {total:,} that are Excel formulas ({shown}). "
            "Export it again without a tool that writes them."
        )
    return (
        f"{where}: must hold ids of 15 or 18 letters and digits; found {n:,} of {total:,} cells that are none "
        f"({shown}). Export it again, or correct those rows."
    )

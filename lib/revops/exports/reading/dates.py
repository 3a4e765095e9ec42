"""Text to dates: the order of day and month decided per column from evidence, zones brought to the company's clock."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.reading.columns import TEXT, Tally, counts_of, distinct, whole
from revops.exports.reading.date_order import DateRule, order_of
from revops.exports.spans import span_of

__all__ = ["DateRule", "Dates", "iso_form", "read_dates"]

STAMP = pa.timestamp("us")
TIME = (
    r"(?:(?:,? +|T)(?P<hh>\d{1,2}):(?P<mi>\d{2})(?::(?P<ss>\d{2})(?:[.,]\d+)?)? ?(?P<half>[AaPp]\.?[Mm]\.?)?"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
YEAR_FIRST = r"^\s*(?P<y>\d{4})[-/.](?P<a>\d{1,2})[-/.](?P<b>\d{1,2})" + TIME + r"\s*$"
YEAR_LAST = r"^\s*(?P<a>\d{1,2})(?P<sign>[-/.])(?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + TIME + r"\s*$"
SERIAL = r"^\s*(?P<days>[2-7]\d{4}(?:\.\d+)?)\s*$"
SPELLED = r"\p{L}{3}"
CLOCK = r"(?:,? +(?:um |at |\u00e0 )?|T)(\d{1,2}:\d{2}.*)$"
ODD_SPACE = "[\u00a0\u202f\u2009]"
DAY = 86_400_000_000
COMPACT = r"^\s*((?:19|20)\d{2})([01]\d)([0-3]\d)\s*$"


@dataclass(frozen=True)
class Dates:
    """A column read: its stamps, what was decided, how many cells were no date, and the sentence that refuses it.

    `evidence` is the order that the cells show, if any; `unsure` that they read both ways.
    """

    column: pa.Array
    decision: str = ""
    unreadable: int = 0
    shown: tuple[str, ...] = ()
    problem: str = ""
    evidence: str = ""
    unsure: bool = False


def read_dates(column: pa.Array | pa.ChunkedArray | Tally, rule: DateRule) -> Dates:
    """Return a column of text as timestamps without zone: the company's clock for timestamps, midnight for dates.

    Days written in words (`Jul 1, 2025`) are read too, and in a column of months (`Jul 2025`) the first of each.
    Of a tally the stamps of its distinct values are returned, decided by the rows that hold them.
    """
    if (quick := _all_iso(column.values if isinstance(column, Tally) else column, rule)) is not None:
        found = Dates(whole(quick))
    elif isinstance(column, Tally):
        found = _by_value(column.values, column.counts, rule)
    else:
        codes = distinct(column)
        found = _by_value(codes.dictionary, counts_of(codes), rule)
        found = replace(found, column=found.column.take(codes.indices))
    return replace(found, column=pc.floor_temporal(found.column, unit="month")) if rule.kind == "month" else found


def iso_form(column: pa.Array | pa.ChunkedArray) -> str | None:
    """Return how a column of ISO stamps is written: blank, day, time or zoned; None where it is not ISO throughout."""
    lengths = pc.min_max(pc.utf8_length(column)).as_py()
    if lengths["min"] is None:
        return "blank"
    if lengths["min"] <= 10 < lengths["max"]:
        return None
    for kind, form in ((STAMP, "day" if lengths["max"] <= 10 else "time"), (pa.timestamp("us", "UTC"), "zoned")):
        try:
            pc.cast(column, kind)
        except pa.ArrowInvalid:
            continue
        return form
    return None


def _all_iso(column: pa.Array | pa.ChunkedArray, rule: DateRule) -> pa.Array | pa.ChunkedArray | None:
    """Return the column where every cell is ISO and all are written alike; None where a closer look is needed."""
    codes = column if pa.types.is_dictionary(column.type) else None
    values = codes.dictionary if codes is not None else column
    lengths = pc.min_max(pc.utf8_length(values)).as_py()
    if lengths["min"] is None:
        stamps = pa.nulls(len(values), STAMP)
    else:
        timed = lengths["min"] > 10
        if not timed and lengths["max"] > 10:
            return None
        try:
            stamps, utc = pc.cast(values, STAMP), rule.utc
        except pa.ArrowInvalid:
            if rule.kind != "timestamp":
                return None
            try:
                stamps, utc = pc.cast(values, pa.timestamp("us", "UTC")).cast(STAMP), True
            except pa.ArrowInvalid:
                return None
        stamps = (
            _midnight(stamps) if rule.kind != "timestamp" else _on_company_clock(stamps, utc, rule) if timed else stamps
        )
    return stamps if codes is None else stamps.take(codes.indices)


def _by_value(values: pa.Array, counts: np.ndarray, rule: DateRule) -> Dates:
    """Return the stamp of each distinct value of a column."""
    values = pc.replace_substring_regex(values.cast(TEXT), ODD_SPACE, " ")
    values = _in_digits(pc.replace_substring_regex(values, COMPACT, r"\1-\2-\3"), rule)
    iso, other = _parts(values, YEAR_FIRST, rule), _parts(values, YEAR_LAST, rule)
    found = order_of(values, other, counts, rule)
    decision = found.decision
    if found.problem:
        return Dates(pa.nulls(len(values), STAMP), problem=found.problem, unsure=found.unsure)
    swapped = {"a": other["b"], "b": other["a"]} if found.order == "day_first" else {}
    stamps = _assemble(iso)
    stamps = np.where(np.isnat(stamps), _assemble({**other, **swapped}), stamps)
    serials = _serials(values)
    if counts.any() and (~np.isnat(serials) | (counts == 0)).all():
        stamps, decision = serials, f"{rule.label}: Excel's day numbers"
    lost = np.isnat(stamps)
    partly = int(counts[lost & ~np.isnat(serials)].sum())
    clocked = _clocked(stamps, iso, other, serials, rule)
    shown = tuple(sorted(values.filter(pa.array(lost & (counts > 0))).to_pylist())[:3])
    unreadable = int(counts[lost].sum())
    problem = _refusal(rule, unreadable, partly, int(counts.sum()), shown)
    evidence = found.order if found.is_shown else ""
    return Dates(clocked, decision, unreadable, shown, problem, evidence, found.unsure)


def _in_digits(values: pa.Array, rule: DateRule) -> pa.Array:
    """Return the cells with days that are written in words, and months where the column holds them, in ISO."""
    if rule.kind != "month" and not pc.any(pc.match_substring_regex(values, SPELLED)).as_py():
        return values
    found = []
    for text in values.to_pylist():
        clock = re.search(CLOCK, text)
        span = span_of(text[: clock.start()] if clock else text)
        is_read = span is not None and (span.first == span.last or (rule.kind == "month" and span.is_in_one_month))
        found.append(f"{span.first.isoformat()}{f' {clock[1]}' if clock else ''}" if is_read else text)
    return pa.array(found, TEXT)


def _refusal(rule: DateRule, unreadable: int, partly: int, filled: int, shown: tuple[str, ...]) -> str:
    """Return the sentence that refuses a column most of which is no date, or part of which Excel has read."""
    if unreadable * 2 > filled:
        return (
            f"{rule.where}: must hold dates; found {unreadable:,} of {filled:,} cells that are none "
            f"({examples(shown)}). Correct the export."
        )
    if partly:
        return (
            f"{rule.where}: must be written as dates throughout; found {partly:,} of {filled:,} cells that are Excel's "
            f"day numbers ({examples(shown)}). Excel has read some dates and not others: export it again and do not "
            "open it there."
        )
    return ""


def _parts(values: pa.Array, pattern: str, rule: DateRule) -> dict[str, np.ndarray]:
    """Return the named parts of every value as numbers; -1 where the pattern does not fit or the part is absent."""
    found = pc.extract_regex(values, pattern)
    parts = {}
    for name in ("y", "a", "b", "hh", "mi", "ss"):
        text = pc.struct_field(found, name)
        parts[name] = pc.cast(pc.if_else(pc.equal(text, ""), None, text), pa.int64()).fill_null(-1).to_numpy(False)
    for name in ("half", "zone", *(("sign",) if "sign" in pattern else ())):
        parts[name] = pc.struct_field(found, name).fill_null("").to_numpy(False).astype(str)
    if rule.kind != "timestamp":  # a day, but for the moment that some systems write for it
        moment = (np.maximum(parts["hh"], 0) + np.maximum(parts["mi"], 0) + np.maximum(parts["ss"], 0)) > 0
        parts["zone"] = np.where(moment, parts["zone"], "")
    short = (parts["y"] >= 0) & (parts["y"] < 100)
    parts["short"], parts["y"] = short, np.where(short, parts["y"] + 2000, parts["y"])
    return parts


def _assemble(parts: dict[str, np.ndarray]) -> np.ndarray:
    """Return the stamps of the parts (a the month, b the day), UTC where a zone is written; NaT where no such day."""
    year, month, day = parts["y"], parts["a"], parts["b"]
    good = (year >= 1900) & (year <= 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(good, day - 1, 0)
    good &= days.astype("datetime64[M]") == months
    hour, half = parts["hh"], np.char.lower(np.char.replace(parts["half"], ".", ""))
    hour = np.where(half == "pm", hour % 12 + 12, np.where(half == "am", hour % 12, hour))
    good &= (hour < 24) & (parts["mi"] < 60) & (parts["ss"] < 60)
    seconds = np.maximum(hour, 0) * 3600 + np.maximum(parts["mi"], 0) * 60 + np.maximum(parts["ss"], 0)
    offset = np.array([_offset(zone) for zone in parts["zone"]], dtype="int64") if len(hour) else seconds
    stamps = days.astype("datetime64[us]") + (seconds - offset).astype("timedelta64[s]")
    return np.where(good, stamps, np.datetime64("NaT"))


def _offset(zone: str) -> int:
    """Return how many seconds a written zone is ahead of UTC."""
    if zone in ("", "Z", "UTC", "GMT"):
        return 0
    digits = zone[1:].replace(":", "")
    return (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)


def _serials(values: pa.Array) -> np.ndarray:
    text = pc.struct_field(pc.extract_regex(values, SERIAL), "days")
    days = pc.cast(text, pa.float64()).to_numpy(False)
    stamps = np.datetime64("1899-12-30", "us") + np.round(np.nan_to_num(days) * 86400).astype("timedelta64[s]")
    return np.where(np.isnan(days), np.datetime64("NaT"), stamps)


def _clocked(
    stamps: np.ndarray, iso: dict[str, np.ndarray], other: dict[str, np.ndarray], serials: np.ndarray, rule: DateRule
) -> pa.Array:
    """Return the stamps on the company's clock; a day without a time stays that day.

    A day written as a moment with its zone is the day it was in the zone of the export, where somebody chose it.
    """
    numbered = ~np.isnat(serials) & (serials != serials.astype("datetime64[D]"))
    timed = (iso["hh"] >= 0) | (other["hh"] >= 0) | numbered
    zoned = (iso["zone"] != "") | (other["zone"] != "")
    raw = pa.array(stamps, STAMP)
    if rule.kind != "timestamp":
        there = _on_company_clock(raw, True, replace(rule, company_zone=rule.zone))
        return _midnight(pc.if_else(pa.array(zoned), there, raw))
    utc, local = _on_company_clock(raw, True, rule), _on_company_clock(raw, False, rule)
    moved = pc.if_else(pa.array(zoned | rule.utc), utc, local)
    return pc.if_else(pa.array(timed), moved, raw)


def _midnight(stamps: pa.Array) -> pa.Array:
    return pc.floor_temporal(stamps, unit="day")


def _on_company_clock(stamps: pa.Array, utc: bool, rule: DateRule) -> pa.Array:
    """Return what the company's clock showed; a local time that comes twice is its first, one
    that never comes is when the clock was put forward."""
    source = "UTC" if utc else rule.zone
    if source == rule.company_zone:
        return stamps
    known = pc.assume_timezone(stamps, source, ambiguous="earliest", nonexistent="latest")
    return pc.local_timestamp(known.cast(pa.timestamp("us", rule.company_zone)))

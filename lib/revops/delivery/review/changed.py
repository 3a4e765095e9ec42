"""What differs from the review before: statuses, estimates beyond their noise, and counted facts."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

from revops import wording
from revops.actions.words import STATUS
from revops.delivery.review.families import is_rolling, is_whole, told_of_both
from revops.delivery.review.gathered import Report, fresh, title_of
from revops.delivery.review.shape import Change
from revops.metrics import METRICS

__all__ = ["Compared", "Held", "changed", "difference", "name_of", "restated"]

_GOOD = {"act": 0, "watch": 1, "on_track": 2}
_WHOLE: dict[str, str] = {}
_COUNTED: Mapping[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "pipeline_coverage": tuple(
        (id, _WHOLE)
        for id in (
            "booked_amount",
            "open_pipeline_amount",
            "overdue_amount",
            "created_pipeline_amount",
            "quota_amount",
        )
    ),
    "revenue_answer": (("answer_amount", {"who": "sales", "part": "committed"}),),
    "stage_benchmarking": (("stuck_amount", _WHOLE),),
}
"""Facts of the first screens, which are counted and have no noise."""
_OF_ALL = {"overdue_amount": "all types", "stuck_amount": "with those overdue or due later"}
"""What a number counts beyond the deals that an action asks for under the same word."""
_LEAVES = ("open_pipeline_amount", "total_open_amount")
"""Less of these is good or bad: it may have been won."""
_TOLD = {"pipeline_coverage": (("attainment_probability", _WHOLE), ("landing_amount", _WHOLE))}


@dataclass(frozen=True)
class Held:
    """An estimate held against the one before: its report, both rows, how sure the difference is, whether it is of the
    whole company, and whether it is beyond noise."""

    report: Report
    was: Mapping[str, Any]
    now: Mapping[str, Any]
    p_value: float
    is_whole: bool
    is_beyond: bool = False


@dataclass(frozen=True)
class Compared:
    """The changes from the review before, the estimates held against it, and the periods that are new."""

    changes: tuple[Change, ...]
    held: tuple[Held, ...]
    new_periods: tuple[str, ...]


def changed(before: Iterable[Report], now: Iterable[Report], currency: str, sure: float) -> Compared:
    """Return what differs from the review before: statuses, then counted facts, then estimates: those of the whole
    company before those of its parts, the surest first.

    Only reports on the whole company that were made in both are held against each other, and their numbers only
    within the same period, but for those that look back from the day: a new period's numbers start anew.
    """
    earlier = {report.stem: report for report in fresh(before)}
    pairs = [(earlier[report.stem], report) for report in fresh(now) if report.stem in earlier]
    same = [(was, is_now) for was, is_now in pairs if was.entry["period"] == is_now.entry["period"]]
    new = sorted({is_now.entry["period"] for was, is_now in pairs if was.entry["period"] != is_now.entry["period"]})
    held = _judged(_estimates(pairs), 1 - sure)
    beyond = sorted((one for one in held if one.is_beyond), key=_rank)
    estimates = [_change("estimate", one.report, one.was, one.now, currency, one.p_value) for one in beyond]
    return Compared((*_statuses(pairs), *_counted(same, currency, "counted"), *estimates), held, tuple(new))


def restated(before: Iterable[Report], now: Iterable[Report], currency: str) -> tuple[Change, ...]:
    """Return what the same day was told otherwise: statuses and the numbers of the first screens."""
    earlier = {report.stem: report for report in fresh(before)}
    pairs = [
        (earlier[report.stem], report)
        for report in fresh(now)
        if report.stem in earlier and earlier[report.stem].entry["period"] == report.entry["period"]
    ]
    return (*_statuses(pairs, "restated"), *_counted(pairs, currency, "restated"))


def difference(was: Mapping[str, Any], now: Mapping[str, Any]) -> float | None:
    """Return the p-value of the difference between two estimates, from their ranges; None where they tell no noise.

    Formula
        z = |now - was| / sqrt(h_now² + h_was²) x z(level), h the halves of the two ranges that face each other
        (MOVER), p two-sided. A half that ends at 0, or at 1 of a share, may be cut off there: the larger one counts.
    Limits
        Takes the two as independent. Estimates of one week and the next share most of their data, so that their
        difference has less noise than that: fewer changes are found, and falsely found ones are rarer than nominal.
        Ranges of what is to come hold more than the noise of the estimate: the same way.
    Source
        Zou and Donner, Construction of confidence limits about effect measures: a general approach, Statistics in
        Medicine 27 (2008), pages 1693-1702; deviations: the test is the limit at which its interval reaches 0.
    """
    if not (_has_range(was) and _has_range(now)) or was["level"] != now["level"]:
        return None
    rose = now["value"] >= was["value"]
    halves = _half(now, is_up=not rose), _half(was, is_up=rose)
    noise = math.hypot(*halves)
    if noise <= 0:
        return None
    z = abs(now["value"] - was["value"]) / noise * NormalDist().inv_cdf((1 + now["level"]) / 2)
    return math.erfc(z / math.sqrt(2))


def name_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what names a measure: its id and groups."""
    return row["id"], tuple(sorted((str(key), str(value)) for key, value in row["by"].items()))


def _estimates(pairs: Iterable[tuple[Report, Report]]) -> list[Held]:
    """Return each estimate that can be held against the one before, once, whatever number of reports tell it."""
    found: dict[tuple[Any, ...], Held] = {}
    for was, now in pairs:
        is_same = was.entry["period"] == now.entry["period"]
        earlier = {name_of(row): row for row in was.rows("measures")}
        for row in now.rows("measures"):
            name = name_of(row)
            p_value = difference(earlier[name], row) if name in earlier else None
            if p_value is not None and (is_same or is_rolling(was, now, row)):
                one = Held(now, earlier[name], row, p_value, is_whole(now, row))
                found.setdefault((now.entry["period"], *name), one)
    return list(found.values())


def _judged(held: Sequence[Held], rate: float) -> tuple[Held, ...]:
    beyond = told_of_both([one.p_value for one in held], [one.is_whole for one in held], rate)
    return tuple(replace(one, is_beyond=is_beyond) for one, is_beyond in zip(held, beyond, strict=True))


def _rank(held: Held) -> tuple[Any, ...]:
    return not held.is_whole, held.p_value, held.report.stem, _label(held.now)


def _statuses(pairs: Iterable[tuple[Report, Report]], kind: str = "status") -> list[Change]:
    return [
        Change(
            kind, now.stem, None, title_of(now.stem, {}), STATUS[old], STATUS[new], None, _better(old, new), now.page
        )
        for was, now in pairs
        if (old := was.entry["status"]) != (new := now.entry["status"]) and old in STATUS and new in STATUS
    ]


def _better(old: str, new: str) -> bool | None:
    return _GOOD[new] > _GOOD[old] if old in _GOOD and new in _GOOD else None


def _counted(pairs: Iterable[tuple[Report, Report]], currency: str, kind: str) -> list[Change]:
    """Return the facts whose words differ; what the same day told otherwise includes what is estimated."""
    found = []
    for was, now in pairs:
        earlier, later = ({name_of(row): row for row in report.rows("measures")} for report in (was, now))
        told = (*_COUNTED.get(now.stem, ()), *(_TOLD.get(now.stem, ()) if kind == "restated" else ()))
        for name in [name_of({"id": id, "by": by}) for id, by in told]:
            if name in earlier and name in later:
                change = _change(kind, now, earlier[name], later[name], currency, None)
                if change.before != change.now:
                    found.append(change)
    return found


def _change(
    kind: Any, report: Report, was: Mapping[str, Any], now: Mapping[str, Any], currency: str, p_value: float | None
) -> Change:
    before, after = was["value"], now["value"]
    known = None not in (before, after)
    is_judged = now["id"] in METRICS and now["id"] not in _LEAVES
    direction = {"up": 1, "down": -1}.get(METRICS[now["id"]].good) if is_judged else None
    is_good = (after - before) * direction > 0 if known and direction and before != after else None
    words = [_words(row, currency) for row in (was, now)]
    return Change(kind, report.stem, now["id"], _label(now), *words, p_value, is_good, report.page)


def _label(row: Mapping[str, Any]) -> str:
    label = METRICS[row["id"]].label if row["id"] in METRICS else row["id"]
    groups = [str(value).replace("_", " ") for _, value in sorted(row["by"].items())]
    groups += [_OF_ALL[row["id"]]] if row["id"] in _OF_ALL and "type" not in row["by"] else []
    return f"{label} ({', '.join(groups)})" if groups else label


def _words(row: Mapping[str, Any], currency: str) -> str:
    """Return a value in short words, with its range where it has one."""
    write = _writer(row.get("unit"), currency)
    if not _has_range(row):
        return write(row["value"])
    return f"{write(row['value'])} ({wording.between(row['low'], row['high'], write)})"


def _writer(unit: str | None, currency: str) -> Any:
    if unit == "money":
        return lambda amount: wording.money(amount, currency)
    if unit == "date":
        return lambda day: "–" if day is None else wording.value(dt.date.fromisoformat(str(day)), "date", currency)
    return lambda number: wording.value(number, unit, currency)


def _has_range(row: Mapping[str, Any]) -> bool:
    return all(isinstance(row.get(key), int | float) for key in ("value", "low", "high", "level"))


def _half(row: Mapping[str, Any], *, is_up: bool) -> float:
    """Return the half of a range above or below its value; the larger one where that half may be cut off."""
    up, down = row["high"] - row["value"], row["value"] - row["low"]
    is_cut = row["high"] >= 1 if is_up and row.get("unit") == "share" else not is_up and row["low"] == 0
    return float(max(up, down) if is_cut else up if is_up else down)

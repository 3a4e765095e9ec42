"""What the numbers of the first screen were at the review before, and whether they have moved beyond noise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from revops.delivery.review.changed import Compared, name_of
from revops.delivery.review.gathered import Report, currency_of, fresh
from revops.delivery.review.numbers import day_of, numbers
from revops.delivery.review.shape import Said

__all__ = ["with_before"]

_CHANCE, _LANDING, _QUOTA = "attainment_probability", "landing_amount", "quota_amount"
_COUNTED = frozenset({"answer_amount"})


def with_before(
    told: Iterable[Said], before: Sequence[Report], now: Sequence[Report], compared: Compared, day: str, as_of: str
) -> tuple[Said, ...]:
    """Return the numbers of the first screen, each with what it was on the day of the review before.

    Where its report was not made then, did not tell it, or told it of another period, nothing is said. An estimate is
    beyond noise where the test of all changes says so; else within its range where it stays in the range told then. A
    chance, which has no range of its own, follows the landing that it is read from, where its quota is the same.
    """
    pairs = _pairs(before, now)
    figures = {(said.report, said.id): said.figure for said in numbers(before, currency_of(before) or "")}
    found = []
    for said in told:
        figure = figures.get((said.report, said.id)) if said.report in pairs else None
        if figure is not None:
            was, is_now = pairs[said.report]
            words, is_beyond = _move(said.id, was, is_now, compared)
            start = "The same" if figure == said.figure else figure
            said = replace(said, before=f"{start} on {day_of(day, as_of)}; {words}", is_beyond=is_beyond)
        found.append(said)
    return tuple(found)


def _pairs(before: Iterable[Report], now: Iterable[Report]) -> dict[str, tuple[Report, Report]]:
    """Return the reports made in both reviews, of the same period."""
    was = {report.stem: report for report in fresh(before)}
    return {
        report.stem: (was[report.stem], report)
        for report in fresh(now)
        if report.stem in was and was[report.stem].entry["period"] == report.entry["period"]
    }


def _move(id: str, was: Report, now: Report, compared: Compared) -> tuple[str, bool | None]:
    """Return how to read the difference of a number, and whether it is beyond noise: None where that is not known."""
    if _definitions(was) != _definitions(now):
        return "by other definitions", None
    if id in _COUNTED:
        return "counted", None
    if id == _CHANCE and _value(was, _QUOTA) != _value(now, _QUOTA):
        return "against another quota", None
    tested = next((one for one in compared.held if name_of(one.now) == (_LANDING if id == _CHANCE else id, ())), None)
    if tested is None:
        return "noise not known", None
    whose = "the landing is " if id == _CHANCE else ""
    is_inside = tested.was["low"] <= tested.now["value"] <= tested.was["high"]
    how = "beyond noise" if tested.is_beyond else "within its range" if is_inside else "not beyond noise"
    return whose + how, tested.is_beyond


def _definitions(report: Report) -> Any:
    return (report.answer or {}).get("definitions")


def _value(report: Report, id: str) -> Any:
    rows: Iterable[Mapping[str, Any]] = report.rows("measures")
    return next((row["value"] for row in rows if row["id"] == id and not row["by"]), None)

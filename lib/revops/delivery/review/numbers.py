"""The review's first screen: the state of the quarter in one sentence, and the numbers behind it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from revops import wording
from revops.delivery.review.gathered import Report, fresh, title_of
from revops.delivery.review.shape import Said

__all__ = ["day_of", "failed_first", "numbers", "sentence", "status"]

_COVERAGE = "pipeline_coverage"
_ANSWER = "revenue_answer"
_SALES = {"who": "sales"}


def status(reports: Iterable[Report]) -> str:
    """Return the state of the quarter: what pipeline coverage says of it; not_enough_data where it is not made."""
    report = _of(reports, _COVERAGE)
    return str(report.entry["status"]) if report else "not_enough_data"


def sentence(reports: Sequence[Report], currency: str) -> str:
    """Return the state of the quarter in one plain sentence, short enough for the subject of a mail."""
    report, answer = _of(reports, _COVERAGE), _of(reports, _ANSWER)
    old = next((each for each in (report, answer) if each is not None and each.ends_early), None)
    if old is not None:
        return f"{old.entry['period']} is not known: the exports are too old"
    if report is not None:
        return _quarter(report, currency)
    if answer is not None:
        booked, committed = (_value(answer, "answer_amount", {**_SALES, "part": part}) for part in _PARTS)
        words = wording.money(booked, currency), wording.money(committed, currency)
        return f"{answer.entry['period']}: {words[0]} booked, {words[1]} committed"
    whole = _fed(reports)
    parts = [report for report in reports if report.slice and report.entry["outcome"] != "not_run"]
    made = sum(report.entry["outcome"] == "made" for report in whole or parts)
    if whole:
        return f"{made} of {wording.plural(len(whole), 'report')} made; the quarter is not known"
    return f"{made} of {_in_part(len(parts))} made, none on the whole" if parts else "No report could be made"


def numbers(reports: Sequence[Report], currency: str) -> tuple[Said, ...]:
    """Return the numbers of the first screen: the chance of the quota, where the quarter lands, what is missing, what
    is booked and committed. A number that its report does not tell, or whose report or exports are old, is left out."""
    found: list[Said] = []
    report = _of(reports, _COVERAGE)
    if report is not None:
        found += [said for said in (_chance(report), _landing(report, currency), _gap(report, currency)) if said]
    answer = _of(reports, _ANSWER)
    if answer is not None and not answer.ends_early:
        found += _answered(answer, currency)
    return tuple(found)


def failed_first(reports: Sequence[Report], as_of: str) -> str:
    """Return what must be said first: the reports that were not made, and those on the whole company
    that are of another day; blank where all is new. Reports are counted on the whole company; parts are named."""
    failed = [report for report in reports if report.entry["outcome"] == "failed"]
    whole, in_part = [r for r in failed if not r.slice], [r for r in failed if r.slice]
    old = [report for report in reports if report.is_old and (not report.slice or report in failed)]
    parts = []
    if whole:
        n = len(_fed(reports))
        parts.append(f"{len(whole)} of {wording.plural(n, 'report')} {_were(whole)} not made: {_titles(whole)}.")
    if in_part:
        also = "Nor was" if whole and len(in_part) == 1 else "Nor were" if whole else ""
        what = _titles(in_part) if len(in_part) <= wording.FEW else _in_part(len(in_part))
        parts.append(f"{also} {what}." if also else f"{what} {_were(in_part)} not made.")
    if old:
        names = wording.join_few([f"{title_of(r.stem, r.slice)} (as of {_date(r.as_of, as_of)})" for r in old])
        parts.append(f"Shown, but not from this run's exports: {names}.")
    return " ".join(parts)


_PARTS = ("booked", "committed")
_ODDS = "chance of quota"


def _of(reports: Iterable[Report], stem: str) -> Report | None:
    return next((report for report in fresh(reports) if report.stem == stem), None)


def _row(report: Report, id: str, by: Mapping[str, str]) -> Mapping[str, Any]:
    return next((row for row in report.rows("measures") if row["id"] == id and row["by"] == by), {})


def _value(report: Report, id: str, by: Mapping[str, str] | None = None) -> float | None:
    return _row(report, id, by or {}).get("value")


def _quarter(report: Report, currency: str) -> str:
    """Return landing and chance; short, since a mail's subject has the company's name before it."""
    period = report.entry["period"]
    landing, quota, booked = (_value(report, f"{name}_amount") for name in ("landing", "quota", "booked"))
    odds = _value(report, "attainment_probability")
    if booked is None:
        return f"{period}: what is booked is not known"
    if not quota or quota <= 0:
        return f"{period}: {wording.money(booked, currency)} booked, without a quota"
    of = f"of its {wording.money(quota, currency)} quota"
    if landing is None:
        return f"{period}: {wording.money(booked, currency)} {of} booked"
    near = f"{period} near {wording.money(landing, currency)}"
    return f"{near} {of}" if odds is None or not _is_judged(report) else f"{near}, {wording.told_share(odds)} {_ODDS}"


def _is_judged(report: Report) -> bool:
    return report.entry["status"] != "not_enough_data"


def _chance(report: Report) -> Said | None:
    odds = _value(report, "attainment_probability")
    if odds is None or not _is_judged(report):
        return None
    text = f"chance to make the quota of {report.entry['period']}"
    is_bad = report.entry["status"] == "act"
    return Said(wording.told_share(odds), text, report.stem, "attainment_probability", is_bad)


def _landing(report: Report, currency: str) -> Said | None:
    row, quota = _row(report, "landing_amount", {}), _value(report, "quota_amount")
    if row.get("value") is None:
        return None
    against = f" against a quota of {wording.money(quota, currency)}" if quota and quota > 0 else ""
    text = f"likely landing{against}{_range(row, currency)}"
    is_bad = bool(quota and row.get("high") is not None and row["high"] < quota)
    return Said(wording.money(row["value"], currency), text, report.stem, "landing_amount", is_bad)


def _gap(report: Report, currency: str) -> Said | None:
    row = _row(report, "pipeline_gap_amount", {})
    if row.get("value") is None:
        return None
    text = f"pipeline missing for the quota{_range(row, currency)}"
    return Said(wording.money(row["value"], currency), text, report.stem, "pipeline_gap_amount", row["value"] > 0)


def _range(row: Mapping[str, Any], currency: str) -> str:
    if None in (row.get("low"), row.get("high"), row.get("level")):
        return ""
    ends = wording.between(row["low"], row["high"], lambda amount: wording.money(amount, currency))
    return f"; {wording.odds(row['level'])} outcomes fall between {ends.replace(' to ', ' and ')}"


def _answered(report: Report, currency: str) -> list[Said]:
    booked, committed = (_value(report, "answer_amount", {**_SALES, "part": part}) for part in _PARTS)
    if booked is None or committed is None:
        return []
    parts = f"{wording.money(booked, currency)} booked and {wording.money(committed, currency)} committed"
    text = f"{parts}, as sales counts them"
    return [Said(wording.money(booked + committed, currency), text, report.stem, "answer_amount")]


def day_of(day: str, as_of: str) -> str:
    """Return an ISO date as `2 Jun`, with its year where as_of is in another."""
    return wording.day(dt.date.fromisoformat(day)) + (f" {day[:4]}" if day[:4] != as_of[:4] else "")


def _date(day: str | None, as_of: str) -> str:
    return "an unknown day" if day is None else day_of(day, as_of)


def _titles(reports: Iterable[Report]) -> str:
    return wording.join([title_of(report.stem, report.slice) for report in reports])


def _in_part(n: int) -> str:
    return wording.plural(n, "report on a part of the company", "reports on parts of the company")


def _fed(reports: Iterable[Report]) -> list[Report]:
    """Return the reports on the whole company that exports feed: those that are counted."""
    return [report for report in reports if not report.slice and report.entry["outcome"] != "not_run"]


def _were(failed: Sequence[Report]) -> str:
    return "was" if len(failed) == 1 else "were"

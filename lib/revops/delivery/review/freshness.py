"""How fresh each export of a run is, by how often records of its kind come."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from revops.delivery.review.gathered import Report
from revops.delivery.review.shape import Export
from revops.wording import day, plural

__all__ = ["exports"]

_DAILY = frozenset({"activities", "lead_history", "leads", "opportunities", "opportunity_history", "touches"})
"""Tables that get records nearly every day."""
_WEEKLY = frozenset({"forecasts"})
"""Calls, once a week."""
_MONTHLY = frozenset({"invoices", "ledger", "payments", "spend", "subscriptions"})
"""Books, bills and costs: whole months, which come in some weeks after their end."""
_BY_MONTH = frozenset({"ledger", "subscriptions"})
"""Tables that may hold one month alone, by its first day."""
_RARE = frozenset({"accounts", "contacts"})
"""Tables that may go without a new record for long."""
_FEWEST, _TIMES = 20, 10
_ORDER: Mapping[str, int] = {"old": 0, "fresh": 1, "undated": 2}


@dataclass(frozen=True)
class _File:
    table: str
    name: str
    rows: int
    first: str | None
    last: str | None
    sha256: str | None
    reports: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str]:
        """Return the table and the folder: files of both are one export, by months, years or kinds."""
        return self.table, self.name.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """Return what the names of its kind share: all but digits."""
        return re.sub(r"\d", "", self.name)

    @property
    def is_by_month(self) -> bool:
        """Return whether its stamps are months, each told by its first day."""
        if self.table not in _MONTHLY or not (self.first and self.last):
            return False
        return self.first[8:10] == self.last[8:10] == "01" and (self.table in _BY_MONTH or self.first != self.last)


def exports(
    reports: Iterable[Report], before: Iterable[Report], as_of: str, stale_days: int, late_days: int
) -> tuple[Export, ...]:
    """Return how fresh each export is that a report of this run was fed with, old ones first.

    Formula
        Files of a table in one folder are one export: its latest record counts for each, and closed months or years
        of it are not listed. Where records come daily, files of one name but for its digits (OpportunityHistory beside
        OpportunityFieldHistory) count by themselves once they lack ten times as long as a record of theirs usually
        takes to come. Old is: no new record for more than stale_days where they come daily, for a week more
        where weekly; nothing of the last whole month that had ended late_days ago where books are monthly; the very
        file of the review before, where records come daily and it does not reach the day. Sheets, look-ups and tables
        that may go long without a new record are not called old. Where all stamps are first days of months, a stamp
        stands for its month: the latest is that month's end, or the day where the month goes on.
    Limits
        A file that goes on after the day counts as fresh: its stamps up to that day are not known here.
    """
    files = _files(reports)
    by_day = {file.place for file in files if file.last and not file.is_by_month}
    earlier = {(file.place, file.sha256) for file in _files(before) if file.sha256}
    when = dt.date.fromisoformat(as_of)
    found = [
        _export(
            file,
            _latest(file, files, when),
            file.place not in by_day,
            (file.place, file.sha256) in earlier,
            when,
            stale_days,
            late_days,
        )
        for file in files
        if not _is_closed(file, files)
    ]
    return tuple(sorted(found, key=lambda export: (_ORDER[export.state], export.table, export.file)))


def _files(reports: Iterable[Report]) -> list[_File]:
    """Return each file that fed a report of the day, once, with the reports it fed."""
    fed: dict[tuple[str, str], tuple[Mapping[str, Any], set[str]]] = {}
    for report in reports:
        for row in [] if report.is_old else report.rows("data"):
            for file in row["files"]:
                fed.setdefault((row["table"], file["name"]), (file, set()))[1].add(report.stem)
    return [
        _File(table, name, file["rows"], file.get("first"), file.get("last"), file.get("sha256"), tuple(sorted(stems)))
        for (table, name), (file, stems) in sorted(fed.items())
    ]


def _latest(file: _File, files: Sequence[_File], when: dt.date) -> str:
    """Return the latest record that counts for a file, of its export or of its kind alone; blank: none is known."""
    beside = [other for other in files if other.place == file.place and other.last]
    kin = [other for other in beside if other.kind == file.kind]
    lasts = [other.last or "" for other in (kin if file.table in _DAILY and _stopped(kin, when) else beside)]
    return max(lasts, default="")


def _stopped(kin: Sequence[_File], when: dt.date) -> bool:
    """Return whether records of one kind that came often have not come for ten times as long as one usually takes."""
    n = sum(other.rows for other in kin)
    if n < _FEWEST:
        return False
    days = [dt.date.fromisoformat(text[:10]) for other in kin for text in (other.first, other.last) if text]
    return (when - max(days)).days > _TIMES * (max(days) - min(days)).days / n


def _is_closed(file: _File, files: Sequence[_File]) -> bool:
    """Return whether another file of the same export begins after this one ends."""
    return file.last is not None and any(
        other.place == file.place and other.first is not None and other.first > file.last for other in files
    )


def _export(
    file: _File, latest: str, is_by_month: bool, is_unchanged: bool, when: dt.date, stale_days: int, late_days: int
) -> Export:
    if not latest or file.table not in _DAILY | _WEEKLY | _MONTHLY | _RARE:
        note = "Holds no dates of records." if not latest else "Holds what was set, not what happened."
        return Export(file.table, file.name, file.rows, None, None, "undated", note, file.reports)
    last = min(dt.date.fromisoformat(latest[:10]), when)
    if is_by_month:
        return _by_month(file, last, when, late_days)
    age = (when - last).days
    reason = _old(file.table, last, age, is_unchanged, when, stale_days, late_days)
    state = "fresh" if reason is None else "undated" if file.table in _RARE else "old"
    return Export(file.table, file.name, file.rows, last.isoformat(), age, state, reason or "", file.reports)


def _by_month(file: _File, month: dt.date, when: dt.date, late_days: int) -> Export:
    """Return how fresh an export of whole months is: month is the first day of its last one."""
    end = (month.replace(day=1) + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    last = min(end, when)
    due = _month_before(when - dt.timedelta(days=late_days))
    state, note = "fresh", f"By month, up to {month:%b %Y}{', which goes on' if end > when else ''}."
    if last < due:
        state, note = "old", f"Nothing of {due:%b %Y}: export the months after {month:%b %Y}."
    return Export(file.table, file.name, file.rows, last.isoformat(), (when - last).days, state, note, file.reports)


def _old(
    table: str, last: dt.date, age: int, is_unchanged: bool, when: dt.date, stale_days: int, late_days: int
) -> str | None:
    """Return why an export is old; None where it is not."""
    if table in _MONTHLY:
        due = _month_before(when - dt.timedelta(days=late_days))
        return None if last >= due else f"Nothing of {due:%b %Y}: export the months since {day(last)}."
    allowed = stale_days + 7 * (table in _WEEKLY)
    if table in _RARE:
        return None if age <= allowed else f"No new record for {plural(age, 'day')}, which may be so."
    if age > allowed:
        return f"No new record for {plural(age, 'day')}: export it again."
    if is_unchanged and age and table in _DAILY:
        return f"The same file as in the review before, unchanged since {day(last)}: export it again."
    return None


def _month_before(when: dt.date) -> dt.date:
    """Return the first day of the last month that was over on a day."""
    return (when.replace(day=1) - dt.timedelta(days=1)).replace(day=1)

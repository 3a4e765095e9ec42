"""The company's canonical tables, prepared once from its exports, and seen as they stood at the end of a day."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Literal

import pandas as pd

from revops import schema
from revops.book.parts import by_id, in_parts, over
from revops.book.rebuilt import UNASSIGNED, UNKNOWN, Records, rebuilt
from revops.book.stored import StoredTables
from revops.book.timeline import states_until
from revops.company import Company
from revops.errors import BookError
from revops.exports import DATED, Audit
from revops.periods import FiscalCalendar

__all__ = ["UNASSIGNED", "UNKNOWN", "AsOf", "Book"]

_PIPELINE = ("stage_name", "amount", "close_date")


@dataclass(frozen=True)
class Book:
    """Canonical tables of one company, with the audit of how they came to be."""

    company: Company
    tables: Mapping[str, pd.DataFrame]
    audit: Audit

    def table(self, name: str) -> pd.DataFrame:
        """Return a canonical table, without rows where no export fills it."""
        return self.tables[name] if name in self.tables else schema.empty(name)

    @property
    def n_parts(self) -> int:
        """Return into how many parts the large tables are cut: 1 but for large companies."""
        return self.tables.n_parts if isinstance(self.tables, StoredTables) else 1

    def part(self, number: int) -> "Book":
        """Return one part of the company, from 0: all that hangs together is in one, small tables in each."""
        return Book(self.company, self.tables.part(number), self.audit)

    @property
    def calendar(self) -> FiscalCalendar:
        """Return the company's fiscal calendar."""
        return FiscalCalendar(self.company.fiscal_year_starts)

    @property
    def history_from(self) -> dt.date | None:
        """Return the first day whose pipeline can be rebuilt: stages, amounts and close dates of that day are known.

        None where one of the three has no history: today's amounts and close dates would make any past look known.
        """
        since = self.stages_from
        if since is None or not set(_PIPELINE) <= set(self.audit.tracked):
            return None
        whole = self.audit.whole_from
        return since if whole is None else max(since, dt.date.fromisoformat(whole))

    @property
    def stages_from(self) -> dt.date | None:
        """Return the first day from which the stages of opportunities are known; None where they have no history."""
        since = self.audit.history_from
        return None if since is None else dt.date.fromisoformat(since)

    @property
    def has_history(self) -> bool:
        """Return whether past pipeline can be rebuilt: see `history_from`."""
        return self.history_from is not None

    @property
    def needs(self) -> str:
        """Return what would let past pipeline be rebuilt, for a number that is not available without it."""
        if self.stages_from is None:
            return "opportunity history (OpportunityHistory, Opportunity Field History, or dated copies of the exports)"
        lacking = [name.replace("_", " ") + "s" for name in _PIPELINE if name not in self.audit.tracked]
        return (
            f"opportunity history of {' and '.join(lacking)} (dated copies of the exports); found that of stages only"
        )

    @cached_property
    def stamps(self) -> pd.Series:
        """Return every stamp of creation or change in opportunities and their history, and of dated folders."""
        deals = self._columns("opportunities", ["created_at", "modified_at"])
        history = self._columns("opportunity_history", ["changed_at"])
        folder = pd.Series([self.audit.exported_on], dtype="datetime64[us]")
        found = [deals["created_at"], deals["modified_at"], history["changed_at"], folder]
        return pd.concat(found, ignore_index=True).dropna()

    def _columns(self, name: str, columns: list[str]) -> pd.DataFrame:
        """Return some columns of a table, of one in parts without reading the others; rows in no order to rely on."""
        return self.tables.columns(name, columns) if self.n_parts > 1 and name in self.tables else self.table(name)

    def first_stamp_after(self, clock: dt.datetime) -> dt.datetime | None:
        """Return the first stamp later than the clock, on the company's wall; None where all have come."""
        later = self.stamps[self.stamps > pd.Timestamp(clock).tz_localize(None)]
        return None if later.empty else later.min().to_pydatetime()

    def as_of(self, day: dt.date | Literal["auto", "today"], now: dt.datetime | None = None) -> "AsOf":
        """Return the book as it stood at the end of `day`, in the company's time zone.

        auto is the day of the latest stamp in opportunities and their history that is not later than the clock
        `now`; today is the clock's day.

        Raises
            BookError: no stamp to go by; or a day before the export's last change that no history tells.
        """
        clock = pd.Timestamp(now or dt.datetime.now(self.company.zone)).tz_localize(None)
        past = self.stamps[self.stamps <= clock]
        if past.empty:
            raise BookError(
                "opportunities: must hold a created or changed stamp up to now; found none. Check the dates."
            )
        last = past.max()
        rules = {"auto": "the last change in the data", "today": "today, as asked for"}
        chosen = last.date() if day == "auto" else clock.date() if day == "today" else day
        if not self.has_history and chosen < last.date():
            raise BookError(
                f"as_of {chosen}: a day before the last change in the exports ({last.date()}) needs "
                f"opportunity history; found {'none' if self.stages_from is None else 'that of stages only'}. Add "
                "OpportunityHistory, or keep dated copies of the exports: `python -m revops check --keep`."
            )
        since = self.history_from
        if since is not None and chosen < min(since, last.date()):
            raise BookError(
                f"as_of {chosen}: must not lie before the first day with history ({since}). Choose a later day, or "
                "export the whole history."
            )
        return AsOf(self, chosen, rules.get(str(day), "the day asked for"), last, int((self.stamps > clock).sum()))


@dataclass(frozen=True)
class AsOf:
    """A book seen at the end of one day: nothing stamped later is visible."""

    book: Book
    day: dt.date
    rule: str
    last_stamp: pd.Timestamp
    n_future_stamps: int = 0
    _states: dict[dt.date, tuple[pd.DataFrame, pd.DataFrame]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def company(self) -> Company:
        """Return the company's definitions."""
        return self.book.company

    @property
    def calendar(self) -> FiscalCalendar:
        """Return the company's fiscal calendar."""
        return self.book.calendar

    @property
    def untracked(self) -> tuple[str, ...]:
        """Return the fields without history: taken from the current record, and named on the page."""
        return tuple(name for name in ("amount", "close_date", "stage_name", "owner_id", "type", "source", "segment",
                                       "region") if name not in self.book.audit.tracked)  # fmt: skip

    @property
    def days_without_news(self) -> int:
        """Return how many days before the as-of day the last stamp of all lies; 0 on days that history covers."""
        return max((self.day - self.last_stamp.date()).days, 0)

    @property
    def has_dated_stages(self) -> bool:
        """Return whether stages are known from dated copies of the exports alone, so from the first copy on."""
        return self.book.audit.tracked.get("stage_name") == DATED

    def part(self, number: int) -> "AsOf":
        """Return the view of one part of the book."""
        return AsOf(self.book.part(number), self.day, self.rule, self.last_stamp, self.n_future_stamps)

    @property
    def opportunities(self) -> pd.DataFrame:
        """Return the opportunities as they stood at the end of the day: see `state`."""
        return self.state(self.day)

    @property
    def left_out(self) -> pd.DataFrame:
        """Return the records that exist but are not in `opportunities`: opportunity_id, reason, amount."""
        return self._state_and_left_out(self.day)[1]

    @cached_property
    def timeline(self) -> pd.DataFrame:
        """Return the states that began by the end of the day: see book.timeline.states_until."""
        if in_parts(self):
            return by_id(over(self, _timeline_of), "opportunity_id")
        history, deals = self.book.table("opportunity_history"), self.book.table("opportunities")
        return states_until(self.day, history, deals, self.book.audit.tracked, self.last_stamp)

    @cached_property
    def owners(self) -> pd.DataFrame:
        """Return the owners (schema.owners): current records, since no export has their history."""
        return self.book.table("owners")

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Return the accounts; a blank segment is filled from the head count where company.yml says how."""
        accounts = self.book.table("accounts")
        blank = accounts.loc[accounts["segment"].isna(), "employees"]
        by_size = blank.map(self.company.segments.of_employees, na_action="ignore").astype("str")
        return accounts.assign(segment=accounts["segment"].fillna(by_size))

    def knows(self, day: dt.date) -> bool:
        """Return whether the state at the end of a day can be rebuilt."""
        start = self.book.history_from
        return day == self.day or (start is not None and start <= day <= self.day)

    def state(self, day: dt.date) -> pd.DataFrame:
        """Return one row per opportunity that existed at the end of `day`, as it stood then.

        Columns of schema.opportunities; fields with history hold their value of that day, the rest the current
        record's. segment and region come from the opportunity, else its account, else its owner of that day; owner
        names from the owners; missing ones read Unknown and Unassigned. `stage_order` and `created_source` are added.

        Raises
            BookError: the day is after as_of, or its state cannot be rebuilt.
        """
        if not self.knows(day):
            since = self.book.history_from
            raise BookError(
                f"state on {day}: must lie between the first day with history ({since or 'none'}) and as_of "
                f"({self.day}). Choose another day, or add opportunity history."
            )
        return self._state_and_left_out(day)[0]

    def _state_and_left_out(self, day: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
        if day not in self._states:
            found = over(self, partial(_rebuilt, day=day))
            state, left = (by_id(list(frames), "opportunity_id") for frames in zip(*found, strict=True))
            self._states[day] = state, left
        return self._states[day]


def _timeline_of(view: AsOf) -> pd.DataFrame:
    return view.timeline


def _rebuilt(view: AsOf, day: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    book, deals = view.book, view.book.table("opportunities")
    tables = deals, view.timeline, view.accounts, view.owners
    return rebuilt(Records(view.company, *tables, book.audit.tracked, book.has_history), day)

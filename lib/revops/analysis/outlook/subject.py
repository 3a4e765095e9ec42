"""What a report is about: the company or a slice of it, in one period, as seen at the end of a day."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isnan

import pandas as pd

from revops.analysis.outlook.knobs import OutlookKnobs
from revops.analysis.quotas import CompanyQuota, company_quota, quotas_in_force, quotas_of_slice
from revops.analysis.spans import spans_of
from revops.book import UNASSIGNED, AsOf
from revops.company import TYPES
from revops.errors import MeasureError, listed
from revops.periods import Period

__all__ = ["Subject", "groups_of"]


@dataclass(frozen=True)
class Subject:
    """The company, or the slice that `knobs` names, in the period that `knobs` names."""

    view: AsOf
    knobs: OutlookKnobs

    @cached_property
    def period(self) -> Period:
        """Return the period asked for."""
        return self.view.calendar.resolve(self.knobs.period, self.view.day)

    @cached_property
    def state(self) -> pd.DataFrame:
        """Return the subject's opportunities at the end of the day; which are in a slice, that day decides.

        Raises
            MeasureError: the slice names a group that no opportunity belongs to.
        """
        state = self.view.opportunities
        for name, wanted in self.knobs.slice.items():
            column = _column(name)
            kept = state[state[column].eq(wanted)]
            if kept.empty:
                known = listed(sorted(state[column].dropna().unique()))
                raise MeasureError(
                    f"slice {name}={wanted}: must name a group with opportunities; found none. Known: {known}."
                )
            state = kept
        return state.reset_index(drop=True)

    @cached_property
    def quotas(self) -> pd.DataFrame:
        """Return the subject's quota rows (schema.quotas), with the slice in the place of the company."""
        return quotas_of_slice(self.view.book.table("quotas"), self.view.owners, self.knobs.slice)

    @cached_property
    def company_states(self) -> pd.DataFrame:
        """Return the states of all the company's opportunities as spans of days (analysis.spans), all types."""
        return spans_of(self.view, types=TYPES)

    @cached_property
    def states(self) -> pd.DataFrame:
        """Return the subject's own part of `company_states`."""
        return self.part_of(self.company_states)

    @property
    def covers(self) -> tuple[str, ...]:
        """Return the types that the quota covers, those of the slice where it is one of types."""
        covered = self.view.company.quota_covers
        return tuple(type for type in covered if type == self.knobs.slice.get("type", type))

    @property
    def is_slice(self) -> bool:
        """Return whether the subject is a part of the company."""
        return bool(self.knobs.slice)

    @property
    def only(self) -> pd.Index | None:
        """Return the opportunities of the slice, by id; None for the whole company."""
        return pd.Index(self.state["opportunity_id"]) if self.is_slice else None

    def part_of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the subject's opportunities."""
        inside = self.only
        return rows if inside is None else rows[inside.get_indexer(rows["opportunity_id"]) >= 0].reset_index(drop=True)

    def quota(self, period: Period) -> CompanyQuota:
        """Return the subject's quota of a period, in force on the as-of day or, once it is over, on its last."""
        return self.quota_in(self.quotas, period, min(self.view.day, period.end))

    def quota_in(self, quotas: pd.DataFrame, period: Period, day: dt.date) -> CompanyQuota:
        """Return the quota that some quota rows give a period, in force on a day."""
        in_force = quotas_in_force(quotas, period=period, as_of=day, covers=self.view.company.quota_covers)
        found = company_quota(in_force, self.view.owners)
        return replace(found, basis="no quota at this level") if self.is_slice and isnan(found.amount) else found


def groups_of(state: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """Return the group of each opportunity in one or several dimensions: opportunity_id -> name of the group."""
    named = [state[_column(name)].fillna(UNASSIGNED).astype("str") for name in by]
    group = named[0].str.cat(named[1:], sep=" / ") if len(named) > 1 else named[0]
    return group.set_axis(state["opportunity_id"])


def _column(dimension: str) -> str:
    return {"owner": "owner_id"}.get(dimension, dimension)

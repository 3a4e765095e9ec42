"""What marketing, sales and finance count when they say what a quarter brings, by company.yml."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from revops.company import Company
from revops.wording import join

__all__ = ["WHO", "Definition", "Who", "definitions_of"]

Who = Literal["marketing", "sales", "finance"]
WHO: tuple[Who, ...] = ("marketing", "sales", "finance")
"""Who gives an answer, in the order of the bridge."""


@dataclass(frozen=True)
class Definition:
    """What one function counts; `company.RevenueAnswer` with the types that the quota covers filled in.

    is_billed: what is booked is what bills added, of all types and sources, since bills tell neither; types and sources
    then say which open deals are committed.
    """

    types: tuple[str, ...]
    sources: tuple[str, ...] | None
    touched: bool
    committed: tuple[str, ...]
    is_billed: bool

    @property
    def where_from(self) -> tuple[tuple[str, ...] | None, bool]:
        """Return sources and touched as one rule: of deals from wherever, touches decide nothing."""
        return None if self.sources is None else tuple(sorted(self.sources)), self.touched and self.sources is not None

    def is_from(self, deals: pd.DataFrame) -> pd.Series:
        """Return which deals (uses source, is_touched) come from where it counts."""
        if self.sources is None:
            return pd.Series(True, deals.index)
        return deals["source"].isin(self.sources) | (deals["is_touched"] & self.touched)

    def counts(self, deals: pd.DataFrame) -> pd.Series:
        """Return which deals count (uses part, type, source, is_touched, role): won ones where it goes by deals won,
        open ones where their forecast category is one of committed."""
        counted = deals["part"].eq("committed") & deals["role"].isin(self.committed)
        if not self.is_billed:
            counted |= deals["part"].eq("booked")
        return counted & deals["type"].isin(self.types) & self.is_from(deals)

    @property
    def said_booked(self) -> str:
        """Return in words what counts as booked."""
        if self.is_billed:
            return (
                "recurring revenue that bills added in the quarter by new customers, expansion and those who came "
                "back, x 12, of any type and source; who paid late is filled in"
            )
        return f"won in the quarter by close date: {self._said_deals}"

    @property
    def said_committed(self) -> str:
        """Return in words what counts as committed."""
        if not self.committed:
            return "no open deals"
        return f"open deals in {_words(join(self.committed))}, due by the quarter's end: {self._said_deals}"

    @property
    def said_from(self) -> str:
        """Return where deals must come from, in words; blank where it does not matter."""
        if self.sources is None:
            return ""
        words = [f"source {_words(join(self.sources))}"] * bool(self.sources) + ["touched by marketing"] * self.touched
        return " or ".join(words) or "no source at all"

    @property
    def _said_deals(self) -> str:
        return ", ".join(part for part in (join(self.types) or "no type at all", self.said_from) if part)


def definitions_of(company: Company) -> dict[Who, Definition]:
    """Return what each of WHO counts, by company.yml."""
    found = {}
    for who in WHO:
        said = getattr(company.revenue_answers, who)
        types = company.quota_covers if said.types is None else said.types
        found[who] = Definition(types, said.sources, said.touched, said.committed, said.bookings == "billed")
    return found


def _words(name: str) -> str:
    return name.replace("_", " ")

"""What a check of the exports says for this report: what the three count by company.yml that no export holds."""

import datetime as dt

from revops.analysis.forecast_categories import CATEGORY_ROLES
from revops.analysis.revenue_answers import definitions_of
from revops.book import Book
from revops.wording import join, share

__all__ = ["remarks"]

_MANY_UNKNOWN = 0.2


def remarks(book: Book, day: dt.date | None = None) -> tuple[str, ...]:
    """Return what company.yml and the exports leave open of what the three count, each as a sentence; nothing where
    all is told.

    Parameters
        day : opportunities made up to its end count; None = all
    """
    deals = book.table("opportunities")
    if day is not None:
        deals = deals[deals["created_at"] < str(day + dt.timedelta(days=1))]
    return (*_of_categories(book, set(deals["forecast_category"].dropna().map(CATEGORY_ROLES))),
            *_of_sources(book, float(deals["source"].eq("unknown").mean())))  # fmt: skip


def _of_categories(book: Book, known: set[str]) -> list[str]:
    """Return the categories that somebody counts and no opportunity is in, where any has one."""
    said = []
    for who, definition in definitions_of(book.company).items():
        never = [name.replace("_", " ") for name in definition.committed if name not in known]
        if known and never:
            said.append(
                f"no opportunity is in forecast category {join(never)}, which {who} counts as committed: see "
                "revenue_answers in company.yml"
            )
    return said


def _of_sources(book: Book, unknown: float) -> list[str]:
    """Return who counts by source, where that of many opportunities is unknown."""
    definitions = definitions_of(book.company)
    whose = [who for who, d in definitions.items() if d.sources is not None and "unknown" not in d.sources]
    if not whose or not unknown > _MANY_UNKNOWN:
        return []
    return [
        f"the source of {share(unknown)} of opportunities is unknown, and {join(whose)} counts by source: fill in lead "
        "sources, or name them under sources in company.yml"
    ]

"""Parts of the CAC payback report on made companies that pay, and the plain reading that each is held against."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from measured_payback import added
from paying_companies import DAY, MONTHS, Kind, paying

from benches.alone import Cost, cost_of
from benches.works import STORED
from frames import audit
from revops.analysis.recurring import customer_months
from revops.book import AsOf, Book
from revops.book.stored import stored_in
from revops.measures.cac_payback.books import books_of
from revops.measures.cac_payback.by_group import by_group
from revops.measures.cac_payback.channels import channels
from revops.measures.cac_payback.counted import counted_months
from revops.measures.cac_payback.customers import customers_of
from revops.measures.cac_payback.effort import effort_of
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.ladder import ladder
from revops.measures.cac_payback.lag import lag_of
from revops.measures.cac_payback.lifetime import lifetime
from revops.measures.cac_payback.realised import realised
from revops.measures.cac_payback.retention import retention
from revops.measures.cac_payback.window import Window, window_of

__all__ = ["PARTS", "customers", "make_bills", "part", "plain_bills"]

_STAY = 0.98
_MONTHS_PAID = sum((len(MONTHS) - age) * _STAY**age for age in range(len(MONTHS)))
"""Months that customers pay, for each that comes a month."""


def make_bills(folder: Path) -> None:
    """Write the tables of a company whose customers pay about as many months as the folder's name says."""
    folder.mkdir(parents=True)
    company = paying(Kind(per_month=int(folder.name) / _MONTHS_PAID, late=0.01), 7)
    for name, table in company.view.book.tables.items():
        table.to_parquet(folder / f"{name}.parquet")


def plain_bills(folder: Path) -> Cost:
    """Read the same tables as pandas does."""
    return cost_of(lambda: [pd.read_parquet(file) for file in sorted(folder.glob("*.parquet"))])


def part(folder: Path, name: str) -> Cost:
    """Measure one of PARTS, from what it is made of in memory."""
    return cost_of(PARTS[name](_window(folder)))


def customers(folder: Path) -> Cost:
    """Find customers by month end to end: from the prepared tables, one part after another."""
    return cost_of(lambda: customer_months(_view(stored_in(folder / STORED))))


def _window(folder: Path) -> Window:
    view = _view({file.stem: pd.read_parquet(file) for file in folder.glob("*.parquet")})
    _ = view.opportunities
    return window_of(view, Knobs())


def _view(tables: Mapping[str, pd.DataFrame]) -> AsOf:
    from companies_of_people import WITH_CHANNELS

    return Book(WITH_CHANNELS, tables, audit()).as_of(pd.Timestamp(DAY).date(), now=pd.Timestamp("2099-01-01"))


def _steps(window: Window) -> tuple:
    books, customers = books_of(window), customers_of(window)
    lag = lag_of(customers, window)
    effort = effort_of(window, customers, lag, months=counted_months(window, books, customers, lag))
    return books, customers, lag, effort


def _ladder(window: Window) -> Callable:
    def work() -> tuple:
        books, customers, lag, effort = _steps(window)
        steps = ladder(window, books, customers, lag, effort, expansion=added(window, customers))
        return books, customers, lag, effort, steps

    return work


def _realised(window: Window) -> Callable:
    books, customers, lag, effort, steps = _ladder(window)()
    groups = by_group(window, books, customers, lag, effort, steps)
    return lambda: realised(window, books, customers, steps, groups)


def _lifetime(window: Window) -> Callable:
    books, customers, *_, steps = _ladder(window)()
    return lambda: (lifetime(window, books, customers, steps), retention(window, customers))


def _channels(window: Window) -> Callable:
    found = _ladder(window)()
    return lambda: channels(window, *found)


PARTS = {
    "payback: customers by month": lambda window: lambda: customer_months(window.view),
    "payback: ladder": _ladder, "payback: realised": _realised, "payback: lifetime, retention": _lifetime,
    "payback: channels": _channels,
}  # fmt: skip

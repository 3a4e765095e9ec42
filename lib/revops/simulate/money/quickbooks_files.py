"""QuickBooks: Profit and Loss by month, new view, one file per calendar year."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array
from revops.simulate.files import write_text
from revops.simulate.model import World
from revops.simulate.money.ledger import ledger
from revops.simulate.money.months import day_of
from revops.simulate.money.recurring import Recurring

__all__ = ["CLOSING_DAYS", "write_books"]

CLOSING_DAYS = 8  # the books of a month are closed so many days after its end
_COMPUTED = {  # lines below a section: name and sign of each section in it
    "Cost of Goods Sold": ("Gross Profit", {"Income": 1, "Cost of Goods Sold": -1}),
    "Expenses": ("Net Operating Income", {"Income": 1, "Cost of Goods Sold": -1, "Expenses": -1}),
    "Other Expenses": ("Net Income", {"Income": 1, "Cost of Goods Sold": -1, "Expenses": -1, "Other Expenses": -1}),
}
_PAD = 3


def write_books(world: World, running: Recurring, folder: Path, day: int) -> list[Path]:
    """Write the statement of each calendar year as it was printed at the end of a day: months that are closed."""
    table = ledger(world, running)
    months = table.columns.to_numpy()
    ends = np.append(months[1:], months[-1] + 31)
    table = table.loc[:, ends - 1 + CLOSING_DAYS <= day]
    years = np.array([day_of(month).year for month in table.columns])
    files = []
    for year in np.unique(years):
        target = folder / "quickbooks" / f"ProfitandLoss_{year}.csv"
        files.append(write_text(target, _statement(table.loc[:, years == year], world.plan.company, day)))
    return files


def _statement(table: pd.DataFrame, company: str, day: int) -> str:
    first, last = day_of(table.columns[0]), day_of(table.columns[-1])
    width = len(table.columns) + 2
    span = f"{first:%B}-{last:%B}, {first.year}" if first != last else f"{first:%B}, {first.year}"
    lines = [["Profit and Loss by Month"], [company], [span], []]
    lines.append(["Distribution account", *(f"{day_of(month):%b %Y}" for month in table.columns), "Total"])
    sums: dict[str, Array] = {}
    for section in dict.fromkeys(path.split(":")[0] for path in table.index):
        lines += _section(table, section)
        sums[section] = _below(table, section).sum(axis=0).to_numpy()
        if section in _COMPUTED:
            name, signs = _COMPUTED[section]
            lines.append([name, *_printed(sum(sign * sums[part] for part, sign in signs.items()), "$")])
    printed = day_of(day)
    footer = f"Accrual Basis {printed:%A, %B} {printed.day:02d}, {printed.year} 06:00 PM GMT-04:00"
    lines += [[]] * _PAD + [[footer]]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([line + [""] * (width - len(line)) for line in lines])
    return out.getvalue()


def _section(table: pd.DataFrame, section: str) -> list[list[str]]:
    """Return the lines of a section: parents with their own amount or without, children, totals."""
    lines = [[section]]
    accounts = [path.split(":")[1:] for path in table.index if path.startswith(f"{section}:")]
    for parent in dict.fromkeys(account[0] for account in accounts):
        path = f"{section}:{parent}"
        own = _printed(table.loc[path].to_numpy()) if path in table.index else []
        lines.append([parent, *own])
        children = [account[1] for account in accounts if account[0] == parent and len(account) > 1]
        lines += [[child, *_printed(table.loc[f"{path}:{child}"].to_numpy())] for child in children]
        if children:
            lines.append([f"Total for {parent}", *_printed(_below(table, path).sum(axis=0).to_numpy(), "$")])
    return [*lines, [f"Total for {section}", *_printed(_below(table, section).sum(axis=0).to_numpy(), "$")]]


def _below(table: pd.DataFrame, path: str) -> pd.DataFrame:
    return table[[name == path or name.startswith(f"{path}:") for name in table.index]]


def _printed(cents: Array, sign: str = "") -> list[str]:
    """Return amounts and their sum as cells: -$1,234.50 with a sign of money, -1,234.50 without."""
    return [f"{'-' if c < 0 else ''}{sign}{abs(c) / 100:,.2f}" for c in [*cents, cents.sum()]]

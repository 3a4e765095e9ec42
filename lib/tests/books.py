"""Profit and loss statements for tests: the example, small ones built line by line, and what the gate makes of them."""

import csv
import io

import pyarrow as pa
from gate import EXAMPLES, gate, rows

STATEMENT = EXAMPLES / "quickbooks" / "ProfitandLoss_by_month_new_view.csv"
ACCOUNTS = {
    "revenue": ["Income:*", "Trading Income:*"],
    "cogs": ["Cost of *", "Less Cost of *"],
    "marketing": ["*marketing*", "* Ads", "*Events*", "*Automobile*"],
    "sales": ["*sales*", "Job Materials"],
    "r_and_d": ["*R&D*"],
    "g_and_a": ["*"],
}
TITLES = ["Profit and Loss", "Northwind Software, Inc.", "January-March, 2024", ""]
LINES = """\
Distribution account|Jan 2024|Feb 2024|Mar 2024|Total
Income||||
Subscriptions|100.00|110.00|120.00|330.00
Refunds|-5.00|0.00|(2.50)|-7.50
Total for Income|$95.00|$110.00|$117.50|$322.50
Cost of Goods Sold||||
Hosting|10.00|10.00|10.00|30.00
Total for Cost of Goods Sold|$10.00|$10.00|$10.00|$30.00
Gross Profit|$85.00|$100.00|$107.50|$292.50
Expenses||||
Automobile|1.00|2.00|3.00|6.00
Fuel|4.00|5.00|6.00|15.00
Total for Automobile|$5.00|$7.00|$9.00|$21.00
Rent|20.00|20.00|20.00|60.00
Total for Expenses|$25.00|$27.00|$29.00|$81.00
Net Operating Income|$60.00|$73.00|$78.50|$211.50
Net Income|$60.00|$73.00|$78.50|$211.50
||||
Accrual Basis Wednesday, July 09, 2025 04:19 PM GMTZ||||"""


def statement(*changes: tuple[str, str], titles: list[str] = TITLES, lines: str = LINES, delimiter: str = ",") -> str:
    """Return the small statement as CSV, with some of its text replaced."""
    for old, new in changes:
        assert old in lines, old
        lines = lines.replace(old, new)
    out = io.StringIO()
    cells = [line.split("|") for line in lines.splitlines()]
    width = len(cells[0])
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerows([[title] + [""] * (width - 1) for title in titles] + cells)
    return out.getvalue()


def books(folder, *files: object, **changes: object):  # type: ignore[no-untyped-def]
    """Return what the gate makes of statements beside one deal."""
    named = {f"pl{n}.csv" if n else "pl.csv": file for n, file in enumerate(files)}
    return gate(folder, {"deals.csv": rows({}), **named}, **{"ledger_accounts": ACCOUNTS, **changes})


def by_account(table: pa.Table) -> dict[str, list[float]]:
    """Return the amounts of each account in the order of months, by path."""
    found: dict[str, list[float]] = {}
    for row in sorted(table.to_pylist(), key=lambda row: row["month"]):
        found.setdefault(f"{row['parent']}:{row['account']}", []).append(row["amount"])
    return found

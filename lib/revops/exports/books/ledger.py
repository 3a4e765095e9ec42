"""The statements of all files as one table: each month once, its accounts mapped, gaps between months named."""

import datetime as dt

import pandas as pd
import pyarrow as pa

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.books.accounts import categories, leave_unmapped
from revops.exports.money import converted_rows, refuse_unconverted
from revops.exports.reading.frames import Frame
from revops.wording import plural

__all__ = ["build_ledger"]

KEY = ["month", "parent", "account"]
CENT = 0.005


def build_ledger(frames: list[Frame], company: Company, ledger: Ledger) -> pa.Table | None:
    """Return month x account of all statements, in the company's currency; what company.yml lacks goes to the ledger.

    None where company.yml maps no account at all: then every row is left out, with a warning. A month that several
    files cover is taken from the first of them by name where they agree, and refused otherwise.
    """
    rows = pd.concat([_rows(frame) for frame in frames], ignore_index=True)
    rows = _once(rows, ledger)
    rows["amount"] = converted_rows(rows, company)
    if not company.ledger_accounts:
        leave_unmapped(rows, company, ledger)
        return None
    rows["category"] = categories(rows, company, ledger)
    _warn_of_gaps(rows, ledger)
    if rows["basis"].nunique() > 1:
        ledger.warnings.append(
            "ledger: statements of accrual and of cash basis stand beside each other: a cost may count in one month by "
            "the one and in another by the other. Export all on one basis."
        )
    table = pa.Table.from_pandas(rows.drop(columns="_name"), preserve_index=False)
    refuse_unconverted(table, company, "ledger", ledger)
    return table


def _rows(frame: Frame) -> pd.DataFrame:
    return frame.table.to_pandas().assign(_name=frame.source.name)


def _once(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return the rows with each month from one file; months told differently by two files are refused."""
    first = rows.groupby("month")["_name"].transform("min")
    again = rows[rows["_name"] != first]
    if again.empty:
        return rows
    kept = rows[rows["_name"] == first]
    wrong = [line for name in sorted(set(again["_name"])) for line in _differences(kept, again[again["_name"] == name])]
    if wrong:
        n = again["month"].nunique()
        ledger.problems.append(
            f"ledger: files of the same month must tell the same; found {plural(len(wrong), 'amount')} told in two "
            f"ways, in {plural(n, 'month')} that several files hold (e.g. {'; '.join(wrong[:3])}). Take the older "
            "export out of the folder; of several companies give one consolidated statement."
        )
    ledger.leave_out_rows(
        pa.Table.from_pandas(again[["account", "_file"]], preserve_index=False),
        "same month and account in another file",
        "account",
    )
    return kept


def _differences(kept: pd.DataFrame, again: pd.DataFrame) -> list[str]:
    """Return what a file says differently of the months that others hold too; no amount is as good as zero."""
    kept = kept[kept["month"].isin(again["month"])]
    both = kept.merge(again, on=KEY, how="outer", suffixes=("", "_2"))
    amounts = both[["amount_original", "amount_original_2"]].fillna(0.0)
    same_money = both["currency"].eq(both["currency_2"]) | both["currency"].isna() | both["currency_2"].isna()
    off = (amounts["amount_original"] - amounts["amount_original_2"]).abs().gt(CENT) | ~same_money
    names = kept["_name"].iloc[0], again["_name"].iloc[0]
    return [
        f"{row.account}, {row.month:%b %Y}: {one:,.2f} in {names[0]}, {two:,.2f} in {names[1]}"
        for row, (one, two) in zip(both[off].itertuples(), amounts[off].to_numpy(), strict=True)
    ]


def _warn_of_gaps(rows: pd.DataFrame, ledger: Ledger) -> None:
    there = set(rows["month"])
    if not there:
        return
    whole = pd.date_range(min(there), max(there), freq="MS")
    gaps = [f"{day:%b %Y}" for day in whole if day not in there]
    if gaps:
        span = f"{_shown(min(there))} to {_shown(max(there))}"
        ledger.warnings.append(
            f"ledger: {plural(len(gaps), 'month')} of {len(whole):,} from {span} have no statement "
            f"({examples(gaps, len(gaps))}): costs and revenue of that time are missing, {_before(rows, whole)}. "
            "Export them too."
        )


def _before(rows: pd.DataFrame, whole: pd.DatetimeIndex) -> str:
    """Return what the month before the first gap holds of revenue and of costs, as a measure of what is missing."""
    there = set(rows["month"])
    month = max(day for day in whole if day in there and day < min(gap for gap in whole if gap not in there))
    part = rows[rows["month"].eq(month)]
    income = part["section"].isin(("income", "other_income"))
    column = "amount" if part["amount"].notna().all() else "amount_original"
    sums = [part.loc[side, column].sum() for side in (income, ~income)]
    return f"{sums[0]:,.0f} of revenue and {sums[1]:,.0f} of costs in {_shown(month)} alone"


def _shown(day: dt.date) -> str:
    return f"{day:%b %Y}"

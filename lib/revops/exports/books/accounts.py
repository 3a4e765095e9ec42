"""What each account is: revenue, cost of goods or a team's cost, by the first pattern of company.yml that matches."""

import pandas as pd
import pyarrow as pa

from revops.company import Company
from revops.exports.audit import Ledger
from revops.wording import plural

__all__ = ["categories", "guess_category", "leave_unmapped"]

GUESSES = {
    "customer_success": ("customer success", "onboarding", "account management"),
    "marketing": ("marketing", "advert", " ads", "event", "campaign", "sponsor", "public relations"),
    "sales": ("sales", "commission", "crm"),
    "r_and_d": ("r&d", "research", "develop", "engineer", "product"),
    "g_and_a": ("g&a", "rent", "legal", "accounting", "audit", "insurance", "office", "bank", "admin", "utilit"),
}
BY_SECTION = {"income": "revenue", "cogs": "cogs", "other_income": "other", "other_expenses": "other"}
SHOWN = 30


def categories(rows: pd.DataFrame, company: Company, ledger: Ledger) -> pd.Series:
    """Return the category of each row's account; accounts that no pattern matches go to the ledger with what they hold.

    A pattern is held against the account, against its path (`Expenses:6100 Payroll:6110 Sales salaries`), both as
    the statement writes them.
    """
    accounts = rows[["parent", "account"]].drop_duplicates()
    found = {
        (parent, account): company.ledger_category(account, f"{parent}:{account}")
        for parent, account in zip(accounts["parent"], accounts["account"], strict=True)
    }
    named = [found[key] for key in zip(rows["parent"], rows["account"], strict=True)]
    column = pd.Series(named, index=rows.index, dtype=object)
    if column.isna().any():
        _refuse(rows[column.isna()], len(found), company, ledger)
    return column


def leave_unmapped(rows: pd.DataFrame, company: Company, ledger: Ledger) -> None:
    """Leave every row out, with a warning of what is at stake, where company.yml maps no account at all."""
    columns = [name for name in ("account", "_file", "amount") if name == "_file" or rows[name].notna().any()]
    ledger.leave_out_rows(
        pa.Table.from_pandas(rows[columns], preserve_index=False), "no ledger_accounts in company.yml", "account"
    )
    if rows.empty:
        return
    sums, currency = _sums(rows, company)
    parts = ", ".join(f"{name} {amount:,.2f}" for name, amount in sums.groupby("section")["worth"].sum().items())
    ledger.warnings.append(
        "ledger: company.yml has no ledger_accounts, so the profit and loss is left out "
        f"({plural(len(sums), 'account')}, {_months(rows)}, in {currency}: {parts}), and no report "
        f"knows costs or revenue of the books. To use it add, correcting each TODO and guess:\n{_lines(sums)}"
    )


def _refuse(rows: pd.DataFrame, n_accounts: int, company: Company, ledger: Ledger) -> None:
    sums, currency = _sums(rows, company)
    listed = ", ".join(f"{row.account} ({row.worth:,.2f})" for row in sums.head(SHOWN).itertuples())
    more = f" and {len(sums) - SHOWN:,} more" if len(sums) > SHOWN else ""
    ledger.problems.append(
        f"company.yml, ledger_accounts: every account must be listed; found {len(sums):,} of {n_accounts:,} that are "
        f"not, with their amounts in {currency}, {_months(rows)}: {listed}{more}. Add them, "
        f"correcting each TODO and guess:\n{_lines(sums)}"
    )


def _sums(rows: pd.DataFrame, company: Company) -> tuple[pd.DataFrame, str]:
    """Return each account's sum as `worth`, the largest first, and in which currency it is."""
    name = "amount" if rows["amount"].notna().all() else "amount_original"
    sums = rows.groupby(["parent", "account", "section"], as_index=False)[name].sum().rename(columns={name: "worth"})
    sums = sums.assign(size=sums["worth"].abs())
    sums = sums.sort_values(["size", "parent", "account"], ascending=[False, True, True])
    return sums, company.currency if name == "amount" else "their currency"


def _months(rows: pd.DataFrame) -> str:
    months = sorted(set(rows["month"]))
    return f"{months[0]:%b %Y} to {months[-1]:%b %Y}"


def _lines(sums: pd.DataFrame) -> str:
    """Return lines to paste; an account that hints at nothing is a TODO, which company.yml refuses."""
    lines: dict[str, list[str]] = {}
    for row in sums.itertuples():
        escaped = row.account.replace("\\", "\\\\").replace('"', '\\"')
        lines.setdefault(guess_category(row.account, row.section), []).append(f'"{escaped}"')
    return "ledger_accounts:\n" + "\n".join(f"  {name}: [{', '.join(lines[name])}]" for name in sorted(lines))


def guess_category(account: str, section: str) -> str:
    """Return what an account hints at by its section, or by the words people use; TODO where it hints at nothing."""
    if section in BY_SECTION:
        return BY_SECTION[section]
    found = (name for name, parts in GUESSES.items() if any(part in account.casefold() for part in parts))
    return next(found, "TODO")

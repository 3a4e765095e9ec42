"""The files that are damaged: each example beside what it needs, files made by hand, pieces of the sample company."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pyarrow as pa
from books import ACCOUNTS
from gate import EXAMPLES, HERE, HISTORY_REPORT, QUOTAS, REPORT, WEEKLY, company, file_audit
from pyarrow.dataset import Dataset

from fuzzing.made import MADE
from fuzzing.pieces import OF_DEALS, OF_MARKET, of_deals, of_market
from fuzzing.sheet import Sheet, parsed
from revops.company import Company, load_company
from revops.exports import Prepared, prepare

__all__ = ["CASES", "Case", "prepared_from"]

HUBSPOT = EXAMPLES / "hubspot"
DEALS, CONTACTS = (HUBSPOT / f"hubspot-crm-exports-all-{name}-2025-07-01.csv" for name in ("deals", "contacts"))
MEMBERS_REPORT = EXAMPLES / "salesforce" / "campaigns_with_campaign_members_report.csv"
NORTHWIND = company()
BILLED = company(rates={"EUR": 1.1, "GBP": 1.25, "JPY": 0.007})


@dataclass(frozen=True)
class Case:
    """One file to damage, the files beside it, and the company they are of.

    `ordered` says that the order of its rows means something; `spread` that some of its headers are values.
    """

    name: str
    target: str
    others: tuple[Path, ...]
    company: Company
    ordered: bool = False
    spread: bool = False
    made: Callable[[], dict[str, bytes]] | None = None

    def files(self) -> dict[str, bytes]:
        """Return the undamaged files, by name."""
        return self.made() if self.made else {path.name: path.read_bytes() for path in self.others}

    def before(self) -> Prepared:
        """Return what the gate makes of the undamaged files."""
        return _before(self.name)

    def sheet(self) -> Sheet:
        """Return the file to damage, taken apart."""
        audit = file_audit(self.before(), self.target)
        return parsed(self.files()[self.target], audit.encoding, audit.delimiter or ",", audit.header_row - 1)


def prepared_from(files: dict[str, bytes], company: Company, spill: bool = False) -> Prepared:
    """Return what the gate makes of files; with a place beside memory for what is large, read into memory then."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as aside:
        for name, data in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        prepared = prepare(Path(folder), company, aside=Path(aside) if spill else None)
        return replace(prepared, tables={name: _whole(table) for name, table in prepared.tables.items()})


def _whole(table: pa.Table | Dataset) -> pa.Table:
    return table if isinstance(table, pa.Table) else table.to_table()


def _example(name: str, path: Path, *beside: Path, of: Company = NORTHWIND, **traits: bool) -> Case:
    return Case(name, path.name, (path, *beside), of, **traits)


def _examples() -> list[Case]:
    hubspot = load_company(HERE.parent / "hubspot")
    targets, stripe = EXAMPLES / "targets", EXAMPLES / "stripe"
    thousands = company(forecasts={"unit": "thousands"})
    books = company(ledger_accounts=ACCOUNTS)
    return [
        _example("report", REPORT, HISTORY_REPORT),
        _example("report alone", REPORT),
        _example("history report", HISTORY_REPORT, REPORT),
        _example("weekly", WEEKLY / "Opportunity.csv", WEEKLY / "OpportunityHistory.csv"),
        _example("weekly history", WEEKLY / "OpportunityHistory.csv", WEEKLY / "Opportunity.csv"),
        _example("campaigns", WEEKLY / "Campaign.csv", WEEKLY / "Opportunity.csv"),
        _example("weekly leads", WEEKLY / "Lead.csv", WEEKLY / "Opportunity.csv"),
        _example("weekly members", *(WEEKLY / f"{name}.csv" for name in ("CampaignMember", "Campaign", "Opportunity"))),
        _example("members report", MEMBERS_REPORT, WEEKLY / "Campaign.csv", WEEKLY / "Opportunity.csv"),
        _example("hubspot deals", DEALS, CONTACTS, of=hubspot),
        _example("hubspot contacts", CONTACTS, DEALS, of=hubspot),
        _example("google ads", EXAMPLES / "google_ads" / "Campaign report.csv", REPORT),
        _example("linkedin ads", next((EXAMPLES / "linkedin_ads").iterdir()), REPORT),
        _example("books", next((EXAMPLES / "quickbooks").iterdir()), REPORT, of=books, ordered=True, spread=True),
        _example(
            "mrr", stripe / "MRR_per_Subscriber__monthly_2025-05.csv",
            stripe / "MRR_per_Subscriber__monthly_2025-06.csv", REPORT, of=BILLED, spread=True,
        ),
        _example("subscriptions", stripe / "subscriptions.csv", REPORT, of=BILLED),
        _example("quotas", QUOTAS, REPORT),
        _example("wide quotas", targets / "quota_wide.csv", REPORT, spread=True),
        _example("calls", targets / "weekly_commit_calls.csv", REPORT, of=thousands, spread=True),
        _example("tools", targets / "headcount_and_tools.csv", REPORT),
    ]  # fmt: skip


def _made() -> list[Case]:
    cases = []
    for name, made in MADE.items():
        files = {file: text.encode() for file, text in made.files.items()}
        of = company(**made.changes)
        cases.append(Case(name, next(iter(files)), (), of, made.ordered, made.spread, files.copy))
    return cases


def _samples() -> list[Case]:
    halyard = load_company(HERE.parents[2] / "params")
    pieces = ((of_deals, OF_DEALS), (of_market, OF_MARKET))
    return [Case(f"sample {name}", name, (), halyard, made=made) for made, names in pieces for name in names]


@cache
def _before(name: str) -> Prepared:
    case = CASES[name]
    return prepared_from(case.files(), case.company)


CASES = {case.name: case for case in (*_examples(), *_made(), *_samples())}

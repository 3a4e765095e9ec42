"""The files that are damaged: each example beside what it needs, and small pieces of the sample company."""

import csv
import io
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from books import ACCOUNTS
from gate import EXAMPLES, HERE, HISTORY_REPORT, QUOTAS, REPORT, WEEKLY, company, file_audit

from fuzzing.sheet import Sheet, parsed
from revops.company import Company, load_company
from revops.exports import Prepared, prepare

__all__ = ["CASES", "Case", "prepared_from"]

SAMPLE = HERE.parents[2] / "data" / "sample"
HUBSPOT = EXAMPLES / "hubspot"
DEALS, CONTACTS = (HUBSPOT / f"hubspot-crm-exports-all-{name}-2025-07-01.csv" for name in ("deals", "contacts"))
NORTHWIND = company()
BILLED = company(rates={"EUR": 1.1, "GBP": 1.25, "JPY": 0.007})
STEP = 25


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
    sample: bool = False

    @property
    def path(self) -> Path:
        """Return the file to damage."""
        return next(path for path in self.others if path.name == self.target)

    def files(self) -> dict[str, bytes]:
        """Return the undamaged files, by name."""
        return _sampled() if self.sample else {path.name: path.read_bytes() for path in self.others}

    def before(self) -> Prepared:
        """Return what the gate makes of the undamaged files."""
        return _before(self.name)

    def sheet(self) -> Sheet:
        """Return the file to damage, taken apart."""
        audit = file_audit(self.before(), self.target)
        return parsed(self.files()[self.target], audit.encoding, audit.delimiter or ",", audit.header_row - 1)


def prepared_from(files: dict[str, bytes], company: Company) -> Prepared:
    """Return what the gate makes of files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return prepare(Path(folder), company)


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


def _samples() -> list[Case]:
    halyard = load_company(HERE.parents[2] / "params")
    names = ("Account.csv", "Opportunity.csv", "OpportunityFieldHistory.csv", "OpportunityHistory.csv", "User.csv",
             "quota_long.csv")  # fmt: skip
    return [Case(f"sample {name}", name, (), halyard, sample=True) for name in names]


@cache
def _sampled() -> dict[str, bytes]:
    """Return the sample company with every twenty-fifth opportunity, and what belongs to those."""
    crm = SAMPLE / "salesforce"
    deals = _rows(crm / "Opportunity.csv", "cp1252")
    kept = [deals[0], *deals[1::STEP]]
    ids, accounts = ({row[deals[0].index(name)] for row in kept[1:]} for name in ("Id", "AccountId"))
    files = {"Opportunity.csv": _csv(kept, "cp1252")}
    for name, by, wanted in (
        ("Account.csv", "Id", accounts),
        ("OpportunityHistory.csv", "OpportunityId", ids),
        ("OpportunityFieldHistory.csv", "OpportunityId", ids),
    ):
        found = _rows(crm / name)
        place = found[0].index(by)
        files[name] = _csv([found[0], *(row for row in found[1:] if row[place] in wanted)])
    quotas = _rows(SAMPLE / "targets" / "quota_long.csv")
    files["quota_long.csv"] = _csv([quotas[0], *quotas[-60:]])
    return files | {name: (crm / name).read_bytes() for name in ("User.csv", "UserRole.csv")}


def _rows(path: Path, encoding: str = "utf-8") -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def _csv(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode(encoding)


@cache
def _before(name: str) -> Prepared:
    case = CASES[name]
    return prepared_from(case.files(), case.company)


CASES = {case.name: case for case in (*_examples(), *_samples())}

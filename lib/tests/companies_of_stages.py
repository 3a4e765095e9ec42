"""A small whole company for the stage benchmarking report: leads, their history, deals through stages, books, tools."""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from frames import COMPANY, TRACKED, book, change, deal
from revops.book import Book
from revops.company import Company

__all__ = ["DAY", "FIRST", "HALYARD", "PAST", "halyard", "whole_company"]

DAY, PAST, FIRST = "2026-06-30", "2026-03-31", "2024-07-01"
HALYARD = Company.model_validate(
    COMPANY.model_dump()
    | {
        "stages": [{"name": "Discovery"}, {"name": "Proposal", "also": ["Quote"]}, {"name": "Won", "outcome": "won"},
                   {"name": "Lost", "outcome": "lost"}, {"name": "No decision", "outcome": "lost"}],
        "sources": [{"source": "marketing", "lead_source": ["Web", "Webinar"]},
                    {"source": "sales", "lead_source": ["Outbound"]}],
        "regions": {"names": ["AMER", "EMEA"]},
        "office_hours": {"time_zones": {"AMER": "America/New_York", "EMEA": "Europe/Berlin"}},
        "mql_targets": {"FY26-Q1": 20, "FY26-Q2": 30},
        "organisation": {"revops_reports_to": "CMO", "employees": 140, "connected_tools": ["CRM"]},
        "channels": {"search": ("google_ads",), "events": ("Fair",)},
    }
)  # fmt: skip
_OPEN, _LOST = ("Discovery", "Proposal"), ("Lost", "No decision")


def halyard(**given: object) -> Company:
    """Return the company with some of its words changed."""
    return Company.model_validate(HALYARD.model_dump() | given)


@dataclass
class _Rows:
    """The rows that are made, table by table."""

    rng: np.random.Generator
    end: dt.datetime
    tables: dict[str, list[dict]] = field(default_factory=dict)

    def add(self, name: str, **row: object) -> None:
        self.tables.setdefault(name, []).append(row)


def whole_company(
    n_leads: int = 220, n_deals: int = 90, *, seed: int = 7, until: str = "2026-08-31", company: Company = HALYARD,
    without: tuple[str, ...] = (), tracked: dict[str, str] | None = None,
) -> Book:  # fmt: skip
    """Return the book of a company whose leads come from FIRST to `until`, seven tenths of them qualified, and whose
    opportunities come of leads or from outbound; tables that `without` names are not there."""
    rows = _Rows(np.random.default_rng([seed, 8]), dt.datetime.fromisoformat(until))
    days = (rows.end - dt.datetime.fromisoformat(FIRST)).days
    for number, at in enumerate(np.sort(rows.rng.integers(0, days, n_leads))):
        _lead(rows, number, dt.datetime.fromisoformat(FIRST) + dt.timedelta(days=int(at), hours=9))
    for number, at in enumerate(np.sort(rows.rng.integers(0, days, n_deals))):
        made = dt.datetime.fromisoformat(FIRST) + dt.timedelta(days=int(at), hours=8)
        type = ("new", "new", "expansion", "renewal")[rows.rng.integers(4)]
        _deal(rows, f"S{number:03d}", made, f"SA{number:03d}", "sales", "Outbound", type)
    _others(rows)
    there = {name: found for name, found in rows.tables.items() if name not in without}
    deals, history = there.pop("opportunities", []), there.pop("opportunity_history", [])
    return book(deals, history, company, tracked or TRACKED, **there)


def _lead(rows: _Rows, number: int, at: dt.datetime) -> None:
    rng, id = rows.rng, f"L{number:03d}"
    size = int(rng.choice([20, 3000]))
    source = str(rng.choice(["Web", "Webinar"]))
    tag = ("google", "cpc", "spring") if rng.random() < 0.6 else ("Google", None, "Autumn Fair")
    row = {
        "lead_id": id, "created_at": _text(at), "account_name": f"Company {number}", "owner_id": f"U{number % 3}",
        "status": "New", "source": "marketing", "lead_source": source, "is_converted": False,
        "segment": "SMB" if size < 1000 else "Enterprise", "region": str(rng.choice(["AMER", "EMEA"])),
        "country": "DE" if rng.random() < 0.8 else "unknown", "industry": "Robots" if rng.random() < 0.9 else None,
        "employees": float(size), "job_title": "Head", "utm_source": tag[0], "utm_medium": tag[1],
        "utm_campaign": tag[2],
    }  # fmt: skip
    mql = at + dt.timedelta(days=int(rng.integers(1, 15)), hours=int(rng.integers(0, 8)))
    if rng.random() < 0.7 and mql < rows.end:
        row["mql_at"] = _text(mql)
        _handed_over(rows, row, mql)
    rows.tables.setdefault("leads", []).append(row)


def _handed_over(rows: _Rows, row: dict, mql: dt.datetime) -> None:
    """Add what sales makes of an MQL: untouched, turned down, or qualified and mostly an opportunity."""
    rng, id = rows.rng, row["lead_id"]
    _status(rows, row, mql, "MQL")
    touched = mql + dt.timedelta(hours=float(rng.exponential(8)))
    if rng.random() < 0.1 or touched > rows.end:
        return
    _status(rows, row, touched, "Working")
    then = touched + dt.timedelta(days=int(rng.integers(1, 12)))
    if then > rows.end:
        return
    if rng.random() < 0.35:
        _status(rows, row, then, "Disqualified")
        row["reject_reason"] = str(rng.choice(["No budget", "Student"]))
        return
    row["sql_at"] = _text(then)
    made = then + dt.timedelta(days=int(rng.integers(0, 9)))
    if rng.random() < 0.2 or made > rows.end:
        return
    number = id[1:]
    row |= {"is_converted": True, "converted_date": _text(made), "contact_id": f"C{number}", "account_id": f"A{number}",
            "opportunity_id": f"D{number}", "status": "Qualified"}  # fmt: skip
    rows.add("contacts", contact_id=f"C{number}", account_id=f"A{number}", created_at=_text(made), source="marketing",
             owner_id=row["owner_id"])  # fmt: skip
    rows.add("contact_roles", opportunity_id=f"D{number}", contact_id=f"C{number}", is_primary=True)
    rows.add("touches", touch_id=f"T{number}", touched_at=row["created_at"], contact_id=f"C{number}",
             associated_at=row["created_at"], channel="search", campaign_id="K1", campaign_name="Spring",
             is_response=True)  # fmt: skip
    _deal(rows, f"D{number}", made, f"A{number}", "marketing", row["lead_source"], "new", row["segment"], row["region"])


def _status(rows: _Rows, row: dict, at: dt.datetime, status: str) -> None:
    rows.add("lead_history", lead_id=row["lead_id"], changed_at=_text(at), sequence=0.0, field="status",
             old_value=row["status"], new_value=status)  # fmt: skip
    row["status"] = status


def _deal(
    rows: _Rows, id: str, made: dt.datetime, account: str, source: str, lead_source: str, type: str,
    segment: str | None = None, region: str | None = None,
) -> None:  # fmt: skip
    """Add an opportunity that goes from Discovery to Proposal to an end, or stands where it is at the end."""
    rng = rows.rng
    amount = float(np.round(np.exp(rng.normal(9.5, 0.6)), -2))
    about = {"account_id": account, "type": type, "source": source, "amount": amount,
             "owner_id": f"U{int(id[1:]) % 3}"}  # fmt: skip
    segment, region = segment or str(rng.choice(["SMB", "Enterprise"])), region or str(rng.choice(["AMER", "EMEA"]))
    stages, at, step = ["Discovery", "Proposal", "Won"], made, 0
    rows.tables.setdefault("opportunity_history", []).append(change(id, _text(made), **about))
    while step < 2:
        at = at + dt.timedelta(days=int(rng.exponential(20)) + 1)
        if at > rows.end or rng.random() < 0.06:
            break
        step += 1
        is_lost = rng.random() < 0.35
        stage = str(rng.choice(_LOST)) if is_lost else stages[step]
        row = {**change(id, _text(at), step, **about), "stage_name": stage, "outcome": _outcome(stage)}
        rows.tables["opportunity_history"].append(row)
        if is_lost:
            break
    last = rows.tables["opportunity_history"][-1]
    ended = {"close_date": last["changed_at"][:10]} if last["outcome"] != "open" else {"close_date": "2026-12-15"}
    last |= ended
    rows.tables.setdefault("opportunities", []).append(
        deal(id, **about, segment=segment, region=region, lead_source=lead_source, created_at=_text(made),
             modified_at=last["changed_at"], stage_name="Discovery", account_name=f"Company of {account}",
             owner_name=f"Owner {about['owner_id']}", team="North", currency="USD")
        | {"stage_name": last["stage_name"], "outcome": last["outcome"]} | ended
    )  # fmt: skip
    if rng.random() < 0.9:
        rows.add("accounts", account_id=account, account_name=f"Company of {account}", segment=segment, region=region,
                 industry="Robots", employees=20.0 if segment == "SMB" else 3000.0, created_at=_text(made))  # fmt: skip


def _others(rows: _Rows) -> None:
    """Add owners, campaigns, ads, books, bills and tools."""
    for number, region in enumerate(("AMER", "EMEA", "AMER")):
        rows.add("owners", owner_id=f"U{number}", owner_name=f"Owner U{number}", team="North", region=region,
                 is_active=True)  # fmt: skip
    rows.add("campaigns", campaign_id="K1", campaign_name="Spring", campaign_type="Fair", start_date="2026-02-01",
             end_date="2026-06-30", actual_cost_amount=900.0)  # fmt: skip
    rows.add("campaigns", campaign_id="K2", campaign_name="Late", campaign_type="Fair", start_date="2026-05-01",
             end_date="2026-08-31", actual_cost_amount=500.0)  # fmt: skip
    months = [f"{year}-{month:02d}-01" for year in (2024, 2025, 2026) for month in range(1, 13)]
    for number, month in enumerate(name for name in months if FIRST <= name < _text(rows.end)[:10]):
        for category, section, amount in (
            ("revenue", "income", 50_000.0),
            ("cogs", "cogs", 10_000.0),
            ("marketing", "expenses", 9_000.0),
            ("sales", "expenses", 20_000.0),
        ):
            rows.add("ledger", month=month, account=category, parent=category, section=section, category=category,
                     amount=amount + 10 * number, currency="USD")  # fmt: skip
        rows.add("spend", date=month, period_end=month[:8] + "28", system="google_ads", channel="search",
                 campaign_id="g1", campaign_name="spring", amount=700.0, currency="USD")  # fmt: skip
        for customer in range(4):
            rows.add("subscriptions", customer_id=f"C{customer}", account_id=f"SA{customer:03d}", month=month,
                     status="active", recurring_amount=30_000.0 + number, basis="reported", currency="USD")  # fmt: skip
    for name, seats, active in (("CRM", 20, 19), ("Mailer", 10, 3)):
        rows.add("tools", tool_name=name, n_seats=float(seats), n_seats_assigned=float(seats),
                 n_seats_active=float(active), annual_cost_amount=9_000.0, renewal_date="2026-12-31",
                 currency="USD")  # fmt: skip


def _outcome(stage: str) -> str:
    return "won" if stage == "Won" else "lost" if stage in _LOST else "open"


def _text(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")

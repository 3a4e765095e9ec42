"""Tiny companies with MQLs that are handed over, for tests of the hand-off."""

from types import SimpleNamespace

from frames import COMPANY, as_of, book, deal
from revops.company import Company
from revops.measures.stage_benchmarking.funnel import LEADS
from revops.measures.stage_benchmarking.funnel.measured import leads_of
from revops.measures.stage_benchmarking.hand_off import HandOff, hand_off_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.window import window_of

DAY = "2026-06-30"
MONDAY = "2026-06-08"
FEW = {"fewest_followed": 2, "fewest": 2, "draws": 100, "luck_past": 2, "past": 1}


def company(**given: object) -> Company:
    """Return a company whose clock is UTC, open Monday to Friday from 8:30 to 18:00."""
    return Company.model_validate(COMPANY.model_dump() | given)


def lead(id: str, mql: str | None = f"{MONDAY} 09:00", **given: object) -> dict:
    """Return a lead of its own company, made in May and qualified on Monday, 8 June 2026 at nine."""
    return {"lead_id": id, "created_at": "2026-05-04 08:00", "account_name": f"Company {id}", "mql_at": mql,
            "lead_source": "Web", "source": "marketing", "is_converted": False, **given}  # fmt: skip


def status(id: str, at: str, new: str, old: str | None = None, sequence: int = 0) -> dict:
    """Return a change of status."""
    return {"lead_id": id, "changed_at": at, "sequence": float(sequence), "field": "status", "old_value": old,
            "new_value": new}  # fmt: skip


def owned(id: str, at: str, new: str, old: str | None = "queue") -> dict:
    """Return a change of owner."""
    return {**status(id, at, new, old), "field": "owner_id"}


def told(
    leads: list[dict], history: list[dict] = (), *, day: str = DAY, whose: Company | None = None,
    deals: list[dict] = (), owners: list[dict] = (), contacts: list[dict] = (), **knobs: object,
) -> HandOff:  # fmt: skip
    """Return the hand-off of a tiny company, which has at least one old opportunity."""
    whole = book([deal("old", created_at="2026-01-05 09:00"), *deals], (), whose or company(), leads=list(leads),
                 lead_history=list(history), owners=list(owners), contacts=list(contacts))  # fmt: skip
    window = window_of(as_of(whole, day), Knobs(**(FEW | knobs)))
    leads = leads_of(window)[list(LEADS)].astype(LEADS)
    return hand_off_of(window, SimpleNamespace(leads=leads))  # the rest of a funnel takes a second and is not used


def by_lead(found: HandOff, column: str) -> dict[str, object]:
    """Return one column of the leads by lead."""
    return dict(zip(found.leads["lead_id"], found.leads[column], strict=True))


def row(found: HandOff, window: str = "now") -> dict[str, object]:
    """Return one row of the table."""
    return found.table.set_index("window").loc[window].to_dict()

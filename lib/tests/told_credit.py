"""Credit of tiny companies, for tests."""

from companies_of_people import DAY, contact, role, states

from frames import COMPANY, as_of, book, deal
from revops.book import Book
from revops.company import Company
from revops.measures.attribution_comparison import Knobs
from revops.measures.attribution_comparison.credited import Credited, credited
from revops.measures.attribution_comparison.window import window_of

CHANNELS = ("email", "search", "webinar")


def company_of(deals: list[dict], touches: list[dict], company: Company = COMPANY, **tables: list[dict]) -> Book:
    """Return a tiny company with the whole history of its deals; an empty table is one that no export fills."""
    filled = {name: list(rows) for name, rows in {"touches": touches, **tables}.items() if rows}
    return book(deals, states(deals), company, **filled)


def credit_of(whole: Book, cutoff: str = "close", *, day: str = DAY, **knobs: object) -> Credited:
    """Return the credit of a company's deals of the last quarters."""
    return credited(window_of(as_of(whole, day), Knobs(**{"draws": 100, "never_converted": "off", **knobs})), cutoff)


def mixed(n: int = 24, **given: object) -> tuple[list[dict], list[dict], dict[str, list[dict]]]:
    """Return deals, touches and the other tables of a company of n accounts, one deal and one contact each.

    Every third deal is lost; amounts run 110, 120, ...; each contact has up to three touches, on days apart, the lead
    made between the first and the second.
    """
    stages = [("Won", "Lost", "Won")[place % 3] for place in range(n)]
    deals = [deal(f"d{i:02}", account_id=f"A{i:02}", stage_name=stage, created_at="2026-03-01 09:00",
                  close_date=f"2026-05-{1 + i % 28:02}", **{"amount": 110.0 + 10 * i, **given})
             for i, stage in enumerate(stages)]  # fmt: skip
    touches = [{"touch_id": f"t{i:02}{k}", "contact_id": f"c{i:02}", "touched_at": f"2026-{2 + k:02}-{3 + i % 20:02}",
                "channel": CHANNELS[(i + k * (1 + i % 4)) % 3], "campaign_id": f"m{(i + k) % 5}", "is_response": True}
               for i in range(n) for k in range(1 + i % 3)]  # fmt: skip
    contacts = [contact(f"c{i:02}", f"A{i:02}", lead_at=f"2026-02-{4 + i % 20:02} 12:00") for i in range(n)]
    roles = [role(f"d{i:02}", f"c{i:02}") for i in range(n)]
    return deals, touches, {"contacts": contacts, "contact_roles": roles}

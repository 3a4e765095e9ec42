"""Tiny companies with campaigns, and a random one, for tests of what campaigns and single deals are credited with."""

import datetime as dt

import numpy as np
from companies_of_people import DAY, contact, role, states, touch, won

from frames import COMPANY, as_of, book
from revops.book import Book
from revops.measures.attribution_comparison.credited import Credited, credited
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.window import Window, window_of

PEOPLE = [contact(f"c{name}", name) for name in "ABCDE"]
NAMES = {"w1": "Webinar one", "w2": "Webinar two", "s": "Social", "lostonly": "Fair", "next": "Next"}
TYPES = {"w1": "Webinar", "w2": "Webinar", "s": "Paid Social", "lostonly": "Event", "next": "Event"}


def hand_made(**changed: list[dict]) -> Book:
    """Return a company of two won deals (100 of A, 300 of B), a lost one (C) and an open one (D, 900).

    A: webinar w1, webinar w2, social s. B: s, then an e-mail without campaign. C: lostonly. D: w1, next. The deals were
    made on 1 March (D: 10 May); those of A, B and C closed on 1 May.
    """
    deals = [
        won("d1", "A", amount=100.0),
        won("d2", "B", amount=300.0),
        won("d3", "C", stage_name="Lost"),
        won("d4", "D", stage_name="Discovery", created_at="2026-05-10 09:00", close_date="2026-08-01", amount=900.0),
    ]
    touches = [
        touch("t1", "cA", "2026-02-01", "webinar", campaign_id="w1"),
        touch("t2", "cA", "2026-03-15", "webinar", campaign_id="w2"),
        touch("t3", "cA", "2026-04-20", "social", campaign_id="s"),
        touch("t4", "cB", "2026-04-01", "social", campaign_id="s"),
        touch("t5", "cB", "2026-04-10", "email", campaign_id=None),
        touch("t6", "cC", "2026-04-10", "event", campaign_id="lostonly"),
        touch("t7", "cD", "2026-05-01", "webinar", campaign_id="w1"),
        touch("t8", "cD", "2026-05-20", "event", campaign_id="next"),
    ]
    tables = {
        "contacts": PEOPLE, "contact_roles": [role(f"d{n}", f"c{name}") for n, name in enumerate("ABCD", 1)],
        "touches": touches, "campaigns": [{"campaign_id": id, "campaign_name": NAMES[id], "campaign_type": TYPES[id]}
                                          for id in NAMES],
    }  # fmt: skip
    deals = changed.pop("deals", deals)
    tables |= changed
    return book(deals, tables.pop("history", states(deals)), COMPANY, **tables)


def random_company(seed: int = 1, n: int = 40) -> Book:
    """Return a company of n closed deals in accounts of one to three, and people with touches in eight campaigns."""
    rng = np.random.default_rng(seed)
    deals, roles, touches, people = [], [], [], []
    for number in range(n):
        account = f"a{number // int(rng.integers(1, 4)):02d}"
        made = dt.date(2025, 9, 1) + dt.timedelta(days=int(rng.integers(0, 200)))
        closed = made + dt.timedelta(days=int(rng.integers(20, 90)))
        stage = "Won" if rng.random() < 0.6 else "Lost"
        deals.append(won(f"d{number:02d}", account, stage_name=stage, created_at=f"{made} 09:00",
                         close_date=str(closed), amount=float(rng.integers(1, 100_000)) / 7))  # fmt: skip
        people.append(contact(f"p{number:02d}", account, created_at=str(made + dt.timedelta(days=number % 30))))
        roles.append(role(f"d{number:02d}", f"p{number:02d}"))
        for place in range(int(rng.integers(0, 6))):
            campaign = int(rng.integers(0, 9))
            at = closed - dt.timedelta(days=int(rng.integers(0, 120)))
            touches.append(touch(f"t{number:02d}{place}", f"p{number:02d}", str(at), f"channel_{campaign % 4}",
                                 campaign_id=None if campaign == 8 else f"k{campaign}"))  # fmt: skip
    campaigns = [{"campaign_id": f"k{n}", "campaign_name": f"<i>{n}</i>", "campaign_type": f"type {n % 3}"}
                 for n in range(8)]  # fmt: skip
    tables = {"contacts": people, "contact_roles": roles, "touches": touches, "campaigns": campaigns}
    return book(deals, states(deals), COMPANY, **tables)


def told(company: Book, day: str = DAY, **knobs: object) -> tuple[Window, Credited]:
    """Return the window of a company, and the credit of what was won in it."""
    window = window_of(as_of(company, day), Knobs(**{"draws": 100} | knobs))
    return window, credited(window)

"""Tiny companies with costs: ad rows, campaigns, months of the books, and the plain loops that add them up."""

import datetime as dt
from collections import defaultdict

import pandas as pd
from companies_of_people import WITH_CHANNELS, contact, role, states, touch, won

from frames import as_of, book, change, deal

DAY = "2026-06-30"


def ad(name, day="2026-06-10", amount=10.0, *, until=None, **given):
    """Return a row of Google Ads: of a day, or from it to another."""
    return {"date": day, "period_end": until or day, "system": "google_ads", "channel": "paid", "campaign_name": name,
            "amount": amount, "currency": "USD", **given}  # fmt: skip


def campaign(id, cost=None, start="2026-05-01", end="2026-05-31", **given):
    """Return a CRM campaign of a type that no pattern maps, in May."""
    return {"campaign_id": id, "campaign_name": f"Campaign {id}", "campaign_type": "Fair", "start_date": start,
            "end_date": end, "actual_cost_amount": cost, **given}  # fmt: skip


def month(at, revenue=None, cogs=None):
    """Return the months of books that hold revenue and its cost."""
    rows = [("revenue", "income", revenue), ("cogs", "cogs", cogs)]
    return [{"month": at, "account": name, "parent": name, "section": section, "category": name, "amount": amount}
            for name, section, amount in rows if amount is not None]  # fmt: skip


def seen(day=DAY, *, last=DAY, company=WITH_CHANNELS, deals=(), **tables):
    """Return a company as of a day; `last` is the last day of its records."""
    deals = [deal("0", type="other"), *deals]
    history = [*states(list(deals)), change("0", f"{last} 12:00", 2, type="other")]
    return as_of(book(deals, history, company, **{name: rows for name, rows in tables.items() if rows}), day)


def people(*journeys):
    """Return deals with contacts, roles and touches: (amount, close, (channel, day), ...) each."""
    deals, contacts, roles, touches = [], [], [], []
    for number, (amount, close, *path) in enumerate(journeys):
        name = f"{number + 1:03d}"
        deals.append(won(name, f"A{name}", amount=amount, close_date=close, created_at="2025-01-01 09:00"))
        contacts.append(contact(name, f"A{name}", created_at="2024-01-01"))
        roles.append(role(name, name))
        touches += [touch(f"{name}-{at}", name, day, channel) for at, (channel, day) in enumerate(path)]
    return {"deals": deals, "contacts": contacts, "contact_roles": roles, "touches": touches}


def by_day(lines, since, until, key="channel"):
    """Return sums of lines laid on their days one by one."""
    sums = defaultdict(float)
    for line in lines.to_dict("records"):
        days = list(pd.date_range(line["first"], line["last"]))
        for day in days:
            if since <= day.date() <= until:
                sums[line[key]] += line["amount"] / len(days)
    return dict(sums)


def on(text):
    """Return a date."""
    return dt.date.fromisoformat(text)

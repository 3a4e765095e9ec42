"""A window of a tiny company with touches, and costs beside it, for tests of what is laid beside credit."""

import datetime as dt

import pandas as pd
from companies_of_people import DAY, states, touch

from frames import as_of, book
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.window import Window, window_of

LINES = ["channel", "campaign_id", "campaign_name", "campaign_type", "system", "first", "last", "amount"]


def window(deals: list[dict], touched: dict[str, list[tuple[str, str]]], *, day: str = DAY, **knobs: object) -> Window:
    """Return the window of deals, each with the touches (channel, moment) of one contact of its own by its id."""
    tables = {
        "contacts": [{"contact_id": f"c{id}", "created_at": "2019-01-01"} for id in touched],
        "contact_roles": [{"opportunity_id": id, "contact_id": f"c{id}"} for id in touched],
        "touches": [touch(f"{id}-{number}", f"c{id}", at, channel, is_response=not channel.startswith("mute"))
                    for id, rows in touched.items() for number, (channel, at) in enumerate(rows)],
    }  # fmt: skip
    return window_of(as_of(book(deals, states(deals), **tables), day), Knobs(**knobs))


def costs(window: Window, *lines: tuple[str, str, str, float], lag_days: int = 0, most_cost: float = 0.8,
          why: dict[str, str] | None = None) -> WindowCosts:  # fmt: skip
    """Return costs of channels, each line: channel, first and last day, amount."""
    table = pd.DataFrame(
        [{"channel": channel, "first": pd.Timestamp(first), "last": pd.Timestamp(last), "amount": amount}
         for channel, first, last, amount in lines], columns=LINES
    ).astype({"channel": "str", "first": "datetime64[us]", "last": "datetime64[us]", "amount": "float64"})  # fmt: skip
    since, until = (day - dt.timedelta(days=lag_days) for day in (window.since, window.until))
    spend = {}
    for channel, first, last, amount in lines:
        days = pd.date_range(first, last)
        inside = sum(since <= day.date() <= until for day in days)
        spend[channel] = spend.get(channel, 0.0) + amount * inside / len(days)
    by_channel = pd.DataFrame({"channel": sorted(spend), "spend_amount": [spend[name] for name in sorted(spend)]})
    by_channel = by_channel.astype({"channel": "str", "spend_amount": "float64"})
    none, margin = pd.DataFrame(), (most_cost, "params", most_cost)
    return WindowCosts(table, since, until, lag_days, by_channel, none, *margin, none, none, none, why or {})

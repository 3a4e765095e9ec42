"""Revenue answers once more, in plain loops over deals and customers: to compare with, never to use."""

import datetime as dt
from collections import defaultdict
from fractions import Fraction

from slow_journeys import slow_journeys

from revops.analysis.journeys import JourneyKnobs
from revops.book import AsOf
from revops.company import TYPES
from revops.periods import Period

__all__ = ["Slow", "added_by_customer", "whole_cents"]

ROLES = {"Forecast": "commit", "MostLikely": "most_likely", "BestCase": "best_case", "Pipeline": "pipeline"}


def whole_cents(amount: float | None) -> int:
    """Return an amount in cents, a blank one as 0."""
    return 0 if amount is None or amount != amount else round(Fraction(str(amount)) * 100)


def added_by_customer(view: AsOf, period: Period) -> tuple[dict[tuple[str, str], int], set[str]]:
    """Return what bills added in the quarter by account or customer [cents], x 12, and the months that they tell.

    For bills without gaps: nobody is late, nobody was away.
    """
    rows = [row for row in view.book.table("subscriptions").to_dict("records")]
    over = [
        row
        for row in rows
        if (row["month"] + dt.timedelta(days=32)).replace(day=1).date() <= view.day + dt.timedelta(days=1)
    ]
    if not over:
        return {}, set()
    first, last = min(row["month"] for row in over), max(row["month"] for row in over)
    amounts = defaultdict(lambda: defaultdict(float))
    for row in over:
        account = row["account_id"]
        key = ("account", account) if isinstance(account, str) else ("customer", row["customer_id"])
        amounts[key][row["month"]] += row["recurring_amount"]
    added, told, month = defaultdict(float), set(), first
    while month < last:
        before, month = month, (month + dt.timedelta(days=32)).replace(day=1)
        if period.start <= month.date() <= period.end:
            told.add(f"{month:%Y-%m}")
            for key, paid in amounts.items():
                added[key] += max(paid.get(month, 0.0) - paid.get(before, 0.0), 0.0)
    return {key: round(12 * 100 * amount) for key, amount in added.items() if round(12 * 100 * amount)}, told


def deals_of(view: AsOf, period: Period) -> list[dict]:
    """Return won deals of the quarter and open ones due in the rest of it, each with its part and whether touched."""
    knobs = JourneyKnobs(types=TYPES, since=period.start, until=period.end, never_converted="off", keep_open=True)
    touched = {row["id"] for row in slow_journeys(view, knobs)[0] if row["kind"] in ("won", "open")}
    found = []
    state = view.opportunities.astype(object)
    for row in state.where(state.notna(), None).to_dict("records"):
        close = row["close_date"].date()
        if row["outcome"] == "won" and period.start <= close <= min(period.end, view.day):
            part = "booked"
        elif row["outcome"] == "open" and max(period.start, view.day) <= close <= period.end:
            part = "committed"
        else:
            continue
        found.append({**row, "part": part, "is_touched": row["opportunity_id"] in touched,
                      "cents": whole_cents(row["amount"])})  # fmt: skip
    return found


def is_of(deal: dict, definition: dict) -> bool:
    """Return whether a deal is of the types and sources of a definition."""
    sources = definition["sources"]
    is_from = sources is None or deal["source"] in sources or (definition["touched"] and deal["is_touched"])
    return deal["type"] in definition["types"] and is_from


class Slow:
    """The deals of a quarter and what bills added in it, looked up once; what any definition makes of them."""

    def __init__(self, view: AsOf, period: Period) -> None:
        self.deals = deals_of(view, period)
        self.added, self.told = added_by_customer(view, period)

    def answer(self, definition: dict) -> tuple[int, int]:
        """Return what a definition counts as booked and as committed [cents], where both can be told."""
        booked = committed = 0
        for deal in self.deals:
            if is_of(deal, definition) and deal["part"] == "booked":
                booked += deal["cents"]
            if is_of(deal, definition) and deal["part"] == "committed":
                role = ROLES.get(deal["forecast_category"])
                committed += deal["cents"] if role in definition["committed"] else 0
        return sum(self.added.values()) if definition["bookings"] == "billed" else booked, committed

    def billing_steps(self, definition: dict) -> dict[str, int]:
        """Return what leads from deals won to bills, by rule [cents]."""
        steps, matched = {"not_billed": 0, "not_won": 0, "other_amount": 0}, set()
        for deal in self.deals:
            if deal["part"] != "booked" or not is_of(deal, definition):
                continue
            key = ("account", deal["account_id"])
            if f"{deal['close_date']:%Y-%m}" in self.told and key in self.added:
                matched.add(key)
                steps["other_amount"] -= deal["cents"]
            else:
                steps["not_billed"] -= deal["cents"]
        for key, amount in self.added.items():
            steps["other_amount" if key in matched else "not_won"] += amount
        return steps

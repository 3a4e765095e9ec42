"""Tiny companies whose three revenue answers are known: one worked out by hand, and many at random."""

import datetime as dt

from companies_of_people import contact, role, touch
from hypothesis import strategies as st

from frames import COMPANY, as_of, book, change, deal
from revops.book import AsOf
from revops.company import TYPES, Company
from revops.company.operations import RevenueAnswers

__all__ = ["DAY", "HAND", "HAND_DEALS", "HAND_TABLES", "bills", "defined", "definitions", "history", "open_",
           "random_company", "seen", "won"]  # fmt: skip

DAY = "2026-06-10"
"""In FY26-Q2, April to June: April and May are over."""
CATEGORIES = ("Forecast", "MostLikely", "BestCase", "Pipeline", "Omitted", None)


def won(id: str, account: str | None, at: str, amount: float | None, **given: object) -> dict:
    return deal(id, account_id=account, stage_name="Won", close_date=at, amount=amount, created_at="2026-01-10 09:00",
                forecast_category="Closed", **given)  # fmt: skip


def open_(id: str, due: str, amount: float | None, category: str | None, **given: object) -> dict:
    return deal(id, close_date=due, amount=amount, created_at="2026-01-10 09:00", forecast_category=category, **given)


def bills(customer: str, amounts: dict[int, float], account: str | None = "same") -> list[dict]:
    """Return what a customer is billed a month: number of the month of 2026 -> amount."""
    return [{"customer_id": customer, "account_id": customer if account == "same" else account, "status": "active",
             "month": f"2026-{month:02d}-01", "recurring_amount": amount, "basis": "reported"}
            for month, amount in amounts.items()]  # fmt: skip


def history(deals: list[dict]) -> list[dict]:
    """Return a history in which each deal is open until noon of the day it closed, in one category all the while."""
    rows = []
    for row in deals:
        same = {"amount": row["amount"], "close_date": row["close_date"], "type": row["type"]}
        category = row["forecast_category"] if row["outcome"] == "open" else "Pipeline"
        rows.append(change(row["opportunity_id"], row["created_at"], forecast_category=category, **same))
        if row["outcome"] != "open":
            rows.append(change(row["opportunity_id"], row["close_date"] + " 12:00", 1, stage_name=row["stage_name"],
                               forecast_category=row["forecast_category"], **same))  # fmt: skip
    return rows


def defined(**answers: dict) -> Company:
    """Return the company with other definitions of who is named."""
    ours = RevenueAnswers().model_dump()
    told = {who: ours[who] | answers.get(who, {}) for who in ours}
    return COMPANY.model_copy(update={"revenue_answers": RevenueAnswers.model_validate(told)})


def seen(deals: list[dict], company: Company = COMPANY, day: str = DAY, states: list[dict] | None = None,
         **tables: list[dict]) -> AsOf:  # fmt: skip
    """Return a tiny company as of a day."""
    tables = {name: list(rows) for name, rows in tables.items() if rows}
    return as_of(book(deals, history(deals) if states is None else states, company, **tables), day)


HAND_DEALS = [
    won("1", "A", "2026-04-10", 100.10, source="sales"),
    won("2", "B", "2026-05-05", 50.05, type="expansion"),
    won("3", "C", "2026-06-05", 30.00, source="sales"),
    won("4", "D", "2026-05-01", 70.00, type="renewal"),
    won("5", None, "2026-04-20", 5.00, source="unknown"),
    won("6", "E", "2026-03-15", 40.00),
    open_("7", "2026-06-20", 200.00, "Forecast", source="sales"),
    open_("8", "2026-06-30", 300.00, "BestCase"),
    open_("9", "2026-06-10", 400.00, "Forecast"),
    open_("a", "2026-06-01", 999.00, "Forecast"),
    open_("b", "2026-06-28", 50.00, "Pipeline", source="sales"),
    open_("c", "2026-06-15", 60.00, "BestCase", source="sales"),
    open_("d", "2026-07-01", 800.00, "Forecast"),
    open_("e", "2026-06-29", 11.00, None),
]
HAND_TABLES = {
    "contacts": [contact("p", "C"), contact("q", None)],
    "contact_roles": [role("3", "p"), role("c", "q")],
    "touches": [touch("t", "p", "2026-04-20"), touch("u", "q", "2026-06-09"), touch("v", "q", "2026-06-11")],
    "accounts": [{"account_id": "D", "account_name": "Dovetail", "created_at": "2025-01-01"}],
    "subscriptions": [
        *bills("A", {4: 10.0, 5: 10.0, 6: 99.0}), *bills("D", {3: 5.0, 4: 5.0, 5: 7.0}), *bills("E", {4: 3.5, 5: 3.5}),
        *bills("F", {3: 10.0, 4: 10.0, 5: 10.0}), *bills("cus_1", {5: 1.25}, None), *bills("G", {3: 8.0}),
    ],
}  # fmt: skip


def HAND(company: Company = COMPANY, day: str = DAY, **tables: list[dict]) -> AsOf:
    """Return the company that test_revenue_answers works out, with other definitions or tables where given."""
    return seen(HAND_DEALS, company, day, **(HAND_TABLES | tables))


@st.composite
def definitions(draw: st.DrawFn) -> dict:
    """Return any definition of an answer, as company.yml writes it."""
    sources = ("marketing", "sales", "partner", "unknown")
    some = st.lists(st.sampled_from(("commit", "most_likely", "best_case", "pipeline")), unique=True, max_size=4)
    return {
        "types": draw(st.none() | st.lists(st.sampled_from(TYPES), unique=True, max_size=4).map(tuple)),
        "sources": draw(st.none() | st.lists(st.sampled_from(sources), unique=True, max_size=3).map(tuple)),
        "touched": draw(st.booleans()),
        "committed": tuple(draw(some)),
        "bookings": draw(st.sampled_from(("won", "billed"))),
    }


@st.composite
def random_company(draw: st.DrawFn) -> tuple[list[dict], dict[str, list[dict]]]:
    """Return deals and the other tables of any small company."""
    accounts = st.sampled_from(["A", "B", "C", "D", None])
    cents = st.none() | st.integers(-50_000, 500_000).map(lambda n: n / 100)
    days = st.dates(dt.date(2026, 2, 15), dt.date(2026, 7, 15)).map(str)
    deals = []
    for number in range(draw(st.integers(0, 9))):
        given = {"account_id": draw(accounts), "type": draw(st.sampled_from(TYPES)),
                 "source": draw(st.sampled_from(("marketing", "sales", "partner", "unknown")))}  # fmt: skip
        at, amount, id = draw(days), draw(cents), f"{number}"
        if draw(st.booleans()):
            deals.append(open_(id, at, amount, draw(st.sampled_from(CATEGORIES)), **given))
        else:
            at = min(at, DAY)
            deals.append(won(id, given.pop("account_id"), at, amount, **given))
    rows = []
    for customer in draw(st.lists(st.sampled_from(["A", "B", "E", "x", "y"]), unique=True)):
        first, last = sorted(draw(st.tuples(st.integers(2, 6), st.integers(2, 6))))
        paid = {month: draw(st.integers(1, 9_999)) / 100 for month in range(first, last + 1)}
        account = draw(st.sampled_from(["A", "B", None])) if customer in "xy" else customer
        rows += bills(customer, paid, account)
    ids = [row["opportunity_id"] for row in deals]
    whom = draw(st.lists(st.sampled_from(ids), unique=True, max_size=4)) if ids else []
    people = {
        "contacts": [contact(f"p{id}", None) for id in whom],
        "contact_roles": [role(id, f"p{id}") for id in whom],
        "touches": [touch(f"t{id}", f"p{id}", draw(days)) for id in whom],
    }
    base = bills("base", {month: 5.0 for month in range(2, 6)})
    return deals, {"subscriptions": [*rows, *base] if draw(st.booleans()) else rows, **people}

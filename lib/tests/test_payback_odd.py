"""Odd input: the company worked out by hand without this or that; every part is measured, and says what it lacks."""

import dataclasses
import datetime as dt
import warnings

import numpy as np
import pandas as pd
import pytest
from measured_payback import parts
from test_payback_by_hand import book

from frames import with_tables
from revops import schema
from revops.measures.cac_payback import Knobs
from revops.measures.cac_payback.lifetime import Lifetime

DAY = dt.date(2026, 6, 30)
NO_LEDGER = "needs the profit and loss (ledger), exports of ad systems, or campaigns with their actual cost"
NO_COGS = "no account of the ledger is mapped to cogs, or none has an amount in the window's months"
NOBODY = "no new recurring revenue in these months"
LATE = "the time from lead to first bill is known of {} new customers, fewer than 10: cost is taken of the same month"


def measured(day=DAY, knobs=None, **tables):
    """Return the parts of the company with some tables changed: functions of them, or None for none."""
    whole = book()
    changed = {name: schema.empty(name) if change is None else change(whole.table(name)).reset_index(drop=True)
               for name, change in tables.items()}  # fmt: skip
    view = with_tables(whole, **changed).as_of(day, now=dt.datetime(2099, 1, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return parts(view, Knobs(draws=100, models=("last_touch", "linear"), **(knobs or {})))


def months(*gone):
    return lambda table: table[~table["month"].dt.strftime("%Y-%m").isin(gone)]


def until(month):
    return lambda table: table[table["month"] < month]


def since(month):
    return lambda table: table[table["month"] >= month]


def of(*customers):
    return lambda table: table[table["customer_id"].str[-1].isin(list(customers))]


def without(*categories):
    return lambda table: table[~table["category"].isin(categories)]


def times_ten(category):
    return lambda table: table.assign(
        amount=table["amount"].where(table["category"].ne(category), table["amount"] * 10)
    )


def giant(table):
    return table.assign(recurring_amount=table["recurring_amount"].mask(table["customer_id"].eq("cus_I"), 1e7))


def no_account(table):
    return table.assign(account_id=pd.Series(None, table.index, dtype="str"))


CASES = {
    "no ledger": ({"ledger": None}, {}, NO_LEDGER),
    "no bills": ({"subscriptions": None}, {}, LATE.format(8)),
    "no ledger and no bills": ({"ledger": None, "subscriptions": None, "payments": None}, {}, NO_LEDGER),
    "no leads": ({"leads": None}, {}, LATE.format(8)),
    "no payments": ({"payments": None}, {"fewest_customers": 2}, None),
    "months missing": ({"ledger": months("2025-09", "2026-02")}, {}, LATE.format(8)),
    "no cogs": ({"ledger": without("cogs")}, {}, NO_COGS),
    "margin below 0": ({"ledger": times_ten("cogs")}, {}, "never: gross margin is below 0"),
    "no cost": ({"ledger": without("sales", "marketing", "customer_success")}, {},
                "no account of the ledger is mapped to sales or marketing in company.yml"),
    "ledger ends early": ({"ledger": until("2026-01-01")}, {}, LATE.format(8)),
    "ledger begins late": ({"ledger": since("2026-01-01")}, {}, LATE.format(8)),
    "one new customer": ({"subscriptions": of("A", "C")}, {}, LATE.format(1).replace("customers", "customer")),
    "one old customer": ({"subscriptions": of("A")}, {}, NOBODY),
    "one month of bills": ({"subscriptions": since("2026-06-01")}, {},
                           "no month of the window whose new customers are known"),
    "free plans alone": ({"subscriptions": of("J")}, {}, NOBODY),
    "bills end early": ({"subscriptions": until("2026-03-01")}, {}, LATE.format(7)),
    "bills know no account": ({"subscriptions": no_account}, {}, LATE.format("no")),
    "present prices": ({"subscriptions": lambda t: t.assign(basis="present_price")}, {}, LATE.format(8)),
    "one giant customer": ({"subscriptions": giant}, {"fewest_customers": 2}, None),
    "all given back": ({"payments": lambda t: t.assign(paid_amount=0.0)}, {"fewest_customers": 2}, None),
    "a slice": ({}, {"slice": {"segment": "SMB"}, "fewest_customers": 2}, None),
    "a quarter without new customers": ({}, {"quarters": 0}, NOBODY),
    "nobody bears the cost": ({}, {"new_share": 0.0}, LATE.format(8)),
    "all is late": ({}, {"late_months": 12}, LATE.format(8)),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(CASES))
def odd(request):
    tables, knobs, note = CASES[request.param]
    return measured(knobs=knobs, **tables), note


def test_the_headline_says_what_it_lacks(odd):
    found, note = odd
    said = found["ladder"].of("lagged")["note"]
    assert (said if isinstance(said, str) else None) == note


def test_nothing_on_a_page_is_infinite_and_what_is_undefined_says_why(odd):
    found, _ = odd
    for name, part in found.items():
        for place, table in tables_of(part):
            open_ended = ["high", "highest_months"] if name == "channels" else []
            numbers = table.select_dtypes("number").drop(columns=open_ended, errors="ignore")
            assert not np.isinf(numbers.to_numpy(dtype=float)).any(), (name, place)
    rungs = found["ladder"].rungs
    assert rungs.loc[rungs["payback_months"].isna(), "note"].notna().all()
    life: Lifetime = found["lifetime"]
    assert life.why or life.table["ltv_amount"].notna().all()


def tables_of(part):
    """Return the tables of a part, by name."""
    fields = dataclasses.fields(part) if dataclasses.is_dataclass(part) else []
    found = [(field.name, getattr(part, field.name)) for field in fields]
    return [(name, table) for name, table in found if isinstance(table, pd.DataFrame)]

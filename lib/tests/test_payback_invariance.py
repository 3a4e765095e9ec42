"""What may not matter does not: order of rows, names of ids, the unit of money, and anything after the day."""

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd
import pytest
from measured_payback import parts
from paying_companies import DAY, Kind, paying
from test_payback_by_hand import book
from test_payback_odd import tables_of

from frames import with_each, with_tables
from revops import schema
from revops.measures.cac_payback import Knobs

KNOBS = Knobs(draws=100, models=("last_touch", "linear", "markov_1"))
TOLD = {
    "ladder": ["rungs", "curve"], "groups": ["table"],
    "channels": ["by_model", "by_channel", "kinds", "reconciliation"],
    "realised": ["curves", "by_cohort"], "lifetime": ["curve", "table"],
    "retention": ["table", "bridge", "curve", "in_doubt"], "efficiency": ["magic", "burn", "expansion"],
}  # fmt: skip
MONEY = {
    ("channels", "kinds"): ["low", "high"], ("channels", "by_channel"): ["excess_low", "excess_high"],
    ("lifetime", "table"): ["low", "high", "constant_hazard_ltv"], ("retention", "in_doubt"): ["amount"],
    ("retention", "bridge"): ["opening", "new", "expansion", "contraction", "churn", "reactivation", "closing"],
}  # fmt: skip
"""Columns that are money beside those called so."""
TEXT = ["note"]


@cache
def company():
    return paying(Kind(per_month=4.0, hazard="heterogeneous", sizes="skewed", late=0.02), 11).view.book


@cache
def plain():
    return told(company())


def told(whole, day=DAY, knobs=KNOBS):
    """Return the tables of the report, by part and name."""
    found = parts(whole.as_of(dt.date.fromisoformat(day), now=dt.datetime(2099, 1, 1)), knobs)
    return {(part, name): getattr(found[part], name) for part, names in TOLD.items() for name in names}


def columns(kind):
    """Return the columns of a kind, by table."""
    return {table.name: [c.name for c in table.columns if c.kind == kind] for table in schema.TABLES.values()}


def compare(found, expected, *, scaled=1.0):
    for key, table in expected.items():
        money = [name for name in table if name.endswith("_amount") or name in MONEY.get(key, [])]
        table = table.assign(**{name: table[name] * scaled for name in money}) if scaled != 1.0 else table
        other = found[key]
        if scaled != 1.0:
            table, other = (part.drop(columns=TEXT, errors="ignore") for part in (table, other))
        cents = 1e-9 if scaled == 1.0 else 1e-6  # sums of money are rounded to the cent
        pd.testing.assert_frame_equal(other, table, obj=f"{key}", rtol=cents, atol=1e-9)


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(2)
    compare(told(with_each(company(), lambda t: t.iloc[rng.permutation(len(t))].reset_index(drop=True))), plain())


def test_names_of_ids_change_nothing():
    """Every id is written backwards behind an x: another order throughout. Credit is drawn by account in the order of
    its id, as in the attribution report: other names, other draws."""
    drawn = ["low", "high", "above_chance", "held", "is_sure"]
    ids = columns("id")
    channels = company().table("touches")["channel"].unique()

    def renamed(name, table):
        of = [column for column in ids[name] if table[column].notna().any() and not table[column].isin(channels).all()]
        return table.assign(**{column: "x" + table[column].str[::-1] for column in of})

    tables = {name: renamed(name, table) for name, table in company().tables.items()}
    found, expected = told(with_tables(company(), **tables)), plain()
    for key in (("channels", "by_model"), ("channels", "by_channel"), ("channels", "kinds")):
        found, expected = (some | {key: some[key].drop(columns=drawn, errors="ignore")} for some in (found, expected))
    compare(found, expected)


def test_money_in_another_unit_changes_amounts_alone():
    """In hundredths: what it costs and brings is a hundred times as much, months and shares are the same."""
    money = columns("money")
    tables = {name: table.assign(**{column: table[column] * 100 for column in money[name]})
              for name, table in company().tables.items()}  # fmt: skip
    compare_amounts = {key: table for key, table in plain().items() if key != ("lifetime", "curve")}
    compare(told(with_tables(company(), **tables)), compare_amounts, scaled=100.0)


def test_nothing_after_the_day_changes_a_number():
    """As of the end of May: bills, books, payments and leads of June are bent. The deal of June is not there."""
    knobs = KNOBS.model_copy(update={"fewest_customers": 2})
    june = pd.Timestamp("2026-06-01")
    whole = with_tables(book(), opportunities=(deals := book().table("opportunities"))[deals["created_at"] < june])
    bent = with_tables(
        whole,
        subscriptions=after(whole, "subscriptions", "month", "recurring_amount", june),
        ledger=after(whole, "ledger", "month", "amount", june),
        payments=after(whole, "payments", "paid_at", "paid_amount", june),
    )
    compare(told(bent, "2026-05-31", knobs), told(whole, "2026-05-31", knobs))


def after(whole, name, at, amount, day):
    table = whole.table(name)
    return table.assign(**{amount: table[amount].mask(table[at] >= day, 9e9)})


def test_another_seed_moves_ranges_and_no_figure():
    other = told(company(), knobs=KNOBS.model_copy(update={"seed": 5}))
    figures = {("ladder", "rungs"): "payback_months", ("lifetime", "table"): "ltv_amount",
               ("retention", "table"): "value", ("realised", "curves"): "paid_back_share"}  # fmt: skip
    for key, column in figures.items():
        assert other[key][column].tolist() == pytest.approx(plain()[key][column].tolist(), nan_ok=True)
    assert other["ladder", "rungs"]["low"].iloc[-1] != plain()["ladder", "rungs"]["low"].iloc[-1]


def test_every_table_of_every_part_has_a_plain_index():
    found = parts(company().as_of(dt.date.fromisoformat(DAY), now=dt.datetime(2099, 1, 1)), KNOBS)
    for name in TOLD:
        for place, table in tables_of(found[name]):
            assert isinstance(table.index, pd.RangeIndex), (name, place)

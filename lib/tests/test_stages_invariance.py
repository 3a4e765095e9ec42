"""The stage benchmarking report of a small company: blind to what came later, to order, to names, to units."""

import numpy as np
import pandas as pd
import pytest
from companies_of_stages import PAST, whole_company
from whole_stages import measured, rows, said, same_rows, same_tables, same_words

from frames import with_each, with_tables
from revops.measures.stage_benchmarking import READS
from revops.metrics import metric

END = pd.Timestamp(PAST) + pd.Timedelta(days=1)
STAMPS = {"leads": "created_at", "lead_history": "changed_at", "opportunities": "created_at",
          "opportunity_history": "changed_at", "contacts": "created_at", "accounts": "created_at",
          "touches": "associated_at", "campaigns": "start_date", "spend": "date", "ledger": "month",
          "subscriptions": "month"}  # fmt: skip
KEYS = {"leads": "lead_id", "opportunities": "opportunity_id", "contacts": "contact_id", "accounts": "account_id",
        "touches": "touch_id", "campaigns": "campaign_id"}  # fmt: skip
IDS = ("opportunity_id", "lead_id", "account_id", "contact_id", "owner_id", "campaign_id", "customer_id", "touch_id")
MONEY = ("amount", "recurring_amount", "actual_cost_amount", "annual_cost_amount")
OF_STAGES = ("company_stage", "operating_signals", "benchmark_percentile_band")


@pytest.fixture(scope="module")
def book():
    return whole_company(110, 60, until="2026-06-30")


@pytest.fixture(scope="module")
def told(book):
    return measured(book, PAST)


def with_later(book, change):
    """Return a book in which the rows after PAST are others, and the least number of them in a table."""
    tables = {name: change(name, book.table(name), book.table(name)[at] >= END) for name, at in STAMPS.items()}
    late = [int((book.table(name)[at] >= END).sum()) for name, at in STAMPS.items()]
    return with_tables(book, **tables), min(late)


def dropped(name, table, late):
    """Return a table without its later rows; of leads and opportunities also what was written into them later."""
    table = table[~late].reset_index(drop=True)
    for stamp in ("mql_at", "sql_at"):
        if stamp in table:
            table[stamp] = table[stamp].where(table[stamp] < END)
    if name == "leads":
        became = table["converted_date"] < END
        lost = ["converted_date", "contact_id", "account_id", "opportunity_id"]
        table[lost] = table[lost].where(became)
        table = table.assign(is_converted=became.astype("boolean"))
    return table


def wild(name, table, late):
    """Return a table whose later rows are there twice, with other money and other words."""
    words = {
        column: table[column].where(~late, "wild")
        for column in (
            "segment",
            "region",
            "source",
            "lead_source",
            "status",
            "new_value",
            "account_name",
            "utm_campaign",
            "reject_reason",
            "campaign_name",
        )
        if column in table
    }
    money = {column: table[column].where(~late, 100 * table[column] + 1e6) for column in MONEY if column in table}
    table = table.assign(**words, **money)
    if name in ("opportunity_history", "lead_history", "ledger"):
        return table
    more = table[late]
    more = more.assign(**{KEYS[name]: "x" + more[KEYS[name]]}) if name in KEYS else more
    return pd.concat([table, more], ignore_index=True)


@pytest.mark.parametrize("change", [dropped, wild])
def test_what_was_recorded_after_the_day_changes_no_number_and_no_word(book, told, change):
    later, least = with_later(book, change)
    assert least > 0
    again = measured(later, PAST)
    same_rows(told, again)
    same_tables(told, again)
    same_words(told, again)
    assert again.unavailable == told.unavailable


def test_every_table_that_it_reads_is_cut_by_these_tests():
    """Roles, owners and tools have no stamp: they are as of today. Forecasts are cut in test_forecast_invariance."""
    assert set(READS) - {"contact_roles", "owners", "tools", "forecasts"} == set(STAMPS)


def test_the_order_of_rows_changes_nothing_nor_does_a_second_time(book, told):
    rng = np.random.default_rng(11)
    keep = ("opportunity_history",)  # in the order of its changes, as every export is prepared
    mixed = {name: table.sample(frac=1, random_state=rng, ignore_index=True)
             for name, table in book.tables.items() if name not in keep and len(table)}  # fmt: skip
    again = measured(with_tables(book, **mixed), PAST)
    same_rows(told, again)
    same_tables(told, again)
    same_words(told, again)


def test_other_ids_change_nothing_but_the_ids(book, told):
    again = measured(with_each(book, _turned), PAST)
    same_rows(told, again)
    assert said(told) == said(again)


def _turned(table):
    table = table.assign(**{name: "x" + table[name].str[::-1] for name in IDS if name in table})
    keys = [name for name in ("opportunity_id", "changed_at", "sequence") if name in table]
    return table.sort_values(keys, ignore_index=True) if len(keys) == 3 else table


def test_money_in_another_unit_changes_amounts_alone(book, told):
    other = with_each(book, lambda table: table.assign(**{name: 7 * table[name] for name in MONEY if name in table}))
    again = measured(other, PAST)
    same_rows(told, again, times=7.0, but=OF_STAGES)
    assert any(metric(key[0]).unit == "money" and row["value"] > 0 for key, row in rows(told).items())


def test_another_seed_moves_ranges_that_rest_on_resamples_alone(book, told):
    again = measured(book, PAST, seed=5)
    same_rows(told, again, free=("late_lead_amount",))
    one, other = (rows(result)[("late_lead_amount",)] for result in (told, again))
    assert one["value"] == other["value"] and one["low"] != other["low"]

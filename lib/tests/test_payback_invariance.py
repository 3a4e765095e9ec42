"""The whole CAC payback report of the sample company: blind to what came later, to the order of rows and to names."""

import numpy as np
import pandas as pd
import pytest
from whole_payback import QUICK, measured, rows, same_rows, same_tables

from frames import with_each, with_tables
from revops.measures.cac_payback import READS

DAY, PAST = "2026-06-09", "2026-02-20"
END = pd.Timestamp(PAST) + pd.Timedelta(days=1)
OVER = {"ledger": "month", "subscriptions": "month"}
STAMPS = {"touches": "associated_at", "leads": "created_at", "contacts": "created_at", "accounts": "created_at",
          "invoices": "invoice_date", "payments": "paid_at", "spend": "date", "campaigns": "start_date"}  # fmt: skip
MONEY = ("amount", "recurring_amount", "invoiced_amount", "paid_amount", "actual_cost_amount")
KEYS = {"touches": "touch_id", "leads": "lead_id", "contacts": "contact_id", "accounts": "account_id",
        "invoices": "invoice_id", "payments": "payment_id", "campaigns": "campaign_id"}  # fmt: skip


def told(book, day=DAY, **knobs):
    return measured(book, day, **(QUICK | knobs))


@pytest.fixture(scope="module")
def whole(sample):
    return told(sample)


@pytest.fixture(scope="module")
def past(sample):
    return told(sample, PAST)


def is_late(name, table):
    """Return true for rows that no one could have known on PAST: of months, those that were not over."""
    if name in OVER:
        return table["month"] + pd.offsets.MonthEnd(0) >= END
    return table[STAMPS[name]] >= END


def with_later(book, change):
    """Return a book in which the rows after PAST of every table that the report reads are others, and how many."""
    tables, n = {}, {}
    for name in (*STAMPS, *OVER):
        table = book.table(name)
        late = is_late(name, table)
        tables[name], n[name] = change(name, table, late), int(late.sum())
    return with_tables(book, **tables), n


def dropped(name, table, late):
    return table[~late].reset_index(drop=True)


def doubled(name, table, late):
    more = table[late]
    more = more.assign(**{KEYS[name]: "x" + more[KEYS[name]]}) if name in KEYS else more
    return pd.concat([table, more], ignore_index=True)


def rewritten(name, table, late):
    """Money a hundredfold, and other names, of all rows that came later."""
    amounts = {column: table[column].where(~late, 100 * table[column] + 1e6) for column in MONEY if column in table}
    wild = {column: table[column].where(~late, "wild") for column in ("channel", "account_id", "segment", "region",
            "source", "status", "account", "opportunity_id") if column in table}  # fmt: skip
    wild.pop("account_id" if name == "accounts" else "", None)
    return table.assign(**amounts, **wild)


@pytest.mark.parametrize("change", [dropped, doubled, rewritten])
def test_what_was_recorded_after_the_day_changes_no_number_and_no_word(sample, past, change):
    book, n = with_later(sample, change)
    assert min(n.values()) > 0 and sum(n.values()) > 3000, n
    later = told(book, PAST)
    same_rows(past, later)
    same_tables(past, later)
    assert later.unavailable == past.unavailable


def test_every_table_that_it_reads_is_cut_by_these_tests():
    """Roles and owners have no stamp: they are as of today. Opportunities have a history, cut below."""
    assert set(READS) - {"contact_roles", "owners", "opportunities", "opportunity_history"} == {*STAMPS, *OVER}


def cut(book):
    """Return the tables as an export of PAST would have held them: rows of later days are not there, deals as they
    stood, leads not yet made into deals open, and their touches those of leads."""
    book, _ = with_later(book, dropped)
    deals, history, leads = (book.table(name) for name in ("opportunities", "opportunity_history", "leads"))
    history = history[history["changed_at"] < END]
    deals = deals[deals["created_at"] < END].reset_index(drop=True)
    last = history.groupby("opportunity_id").last()
    for name in ("stage_name", "outcome", "close_date", "amount"):
        was = deals["opportunity_id"].map(last[name])
        deals[name] = was.where(deals["opportunity_id"].isin(last.index), deals[name]).astype(deals[name].dtype)
    open_still = ~(leads["converted_date"] < END)
    leads = leads.assign(
        is_converted=leads["is_converted"] & ~open_still,
        **{
            name: leads[name].where(~open_still)
            for name in ("converted_date", "opportunity_id", "contact_id", "account_id")
        },
    )
    touches, people = book.table("touches"), book.table("contacts")["contact_id"]
    no_contact_yet = touches["lead_id"].notna() & ~touches["contact_id"].isin(people)
    touches = touches.assign(contact_id=touches["contact_id"].mask(no_contact_yet))
    return with_tables(book, opportunities=deals, opportunity_history=history.reset_index(drop=True), leads=leads,
                       touches=touches)  # fmt: skip


def test_a_past_day_says_what_the_exports_of_that_day_would_have_said(sample, past):
    book = cut(sample)
    assert len(book.table("opportunities")) < len(sample.table("opportunities"))
    again = told(book, PAST)
    same_rows(past, again)
    same_tables(past, again)


def test_leads_made_after_the_day_into_deals_of_before_it_change_nothing(sample, past):
    """Old leads, each made on a later day into a deal that was won without a lead: no lag is longer for it."""
    leads, customers = sample.table("leads").copy(), past.customers.table
    deals = customers.loc[customers["lag_from"].eq("opportunity"), "opportunity_id"].tolist()
    later = leads.index[(leads["converted_date"] >= END) & (leads["created_at"] < END)][: len(deals)]
    assert len(later) > 20
    leads.loc[later, "opportunity_id"] = deals[: len(later)]
    leads.loc[later, "created_at"] = pd.Timestamp("2022-08-01 09:00")
    again = told(with_tables(sample, leads=leads), PAST)
    assert again.lag.median_months == past.lag.median_months and np.array_equal(again.lag.weights, past.lag.weights)
    assert again.customers.table.equals(customers)


def test_the_order_of_rows_changes_nothing(sample, whole):
    seed = np.random.default_rng([ord(letter) for letter in "rows of payback"])
    names = [name for name in READS if len(sample.table(name)) and name != "opportunity_history"]
    mixed = {name: sample.table(name).sample(frac=1, random_state=seed, ignore_index=True) for name in names}
    again = told(with_tables(sample, **mixed))
    same_rows(whole, again)
    same_tables(whole, again)


def with_ids(book, name, change):
    return with_each(book, lambda table: table.assign(**{name: change(table[name])}) if name in table else table)


@pytest.mark.parametrize("name", ["account_id", "customer_id", "contact_id", "campaign_id", "invoice_id", "payment_id"])
def test_other_ids_change_nothing_but_the_names_on_the_page(sample, whole, name):
    again = told(with_ids(sample, name, lambda ids: "x" + ids.str[::-1]))
    same_rows(whole, again)


def test_other_ids_of_opportunities_move_draws_of_credit_alone(sample, whole):
    """In the same order nothing moves. In another, those of who is credited are drawn anew: every value stays, and
    every range but those of channels."""
    same_rows(whole, told(with_ids(sample, "opportunity_id", lambda ids: "x" + ids)))
    turned = told(with_ids(sample, "opportunity_id", lambda ids: ids.str[::-1]))
    same_rows(whole, turned, ranges=False)
    one, other = rows(whole), rows(turned)
    of_channels = {key for key in one if any(name in ("channel", "kind") for name, *_ in key[1:])}
    for key in one.keys() - of_channels:
        ends = ([row[name] for name in ("low", "high")] for row in (one[key], other[key]))
        assert next(ends) == pytest.approx(next(ends), nan_ok=True) or one[key]["low"] is None, key


def test_channels_by_other_names_have_the_same_payback(sample, whole):
    names = sorted(sample.table("touches")["channel"].dropna().unique())
    other = dict(zip(names, [f"z_{place}" for place in range(len(names), 0, -1)], strict=True))
    tables = {name: sample.table(name).assign(channel=sample.table(name)["channel"].map(other, na_action="ignore"))
              for name in ("touches", "spend")}  # fmt: skip
    company = sample.company.model_copy(
        update={"channels": {other.get(name, name): words for name, words in sample.company.channels.items()}}
    )
    book = with_tables(sample, **tables)
    turned = told(type(book)(company, book.tables, book.audit))
    back = {new: old for old, new in other.items()}
    found = {
        (key[0], *((name, back.get(of, of) if name == "channel" else of) for name, of in key[1:])): row
        for key, row in rows(turned).items()
    }
    expected = rows(whole)
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        for name in ("value", "low", "high"):
            wanted = None if row[name] is None else pytest.approx(row[name], rel=1e-9, abs=1e-6, nan_ok=True)
            assert found[key][name] == wanted, key


def test_money_in_another_unit_changes_amounts_alone(sample, whole):
    tables = {}
    for name in READS:
        table = sample.table(name)
        tables[name] = table.assign(**{column: 7 * table[column] for column in MONEY if column in table})
    same_rows(whole, told(with_tables(sample, **tables)), times=7.0)


def test_another_seed_moves_ranges_and_no_value(sample, whole):
    other = told(sample, seed=7)
    same_rows(whole, other, ranges=False)
    low = [found[("payback_months", ("basis", "lagged"))]["low"] for found in (rows(whole), rows(other))]
    assert low[0] != low[1] and low[0] == pytest.approx(low[1], rel=0.1)

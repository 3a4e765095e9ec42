"""Bills of the simulator, through the gate and against the simulator's own: billed, served, paid, given back."""

import csv
import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from revops.simulate.halyard import PLAN
from revops.simulate.money.billing import CREDITED_SHARE, DAYS_TO_PAY, TERMS, billing
from revops.simulate.money.billing_truth import billing_truth
from revops.simulate.money.stripe_bills import write_bills
from revops.simulate.money.stripe_files import customer_ids

ROOT = Path(__file__).parents[2]
TRUTH = json.loads((ROOT / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))["billing"]
EPOCH = dt.date(1970, 1, 1)
TODAY = (PLAN.as_of - EPOCH).days
CENT = 0.005
ROUNDED = 0.05  # amounts in euros are each converted and rounded to a cent


@pytest.fixture(scope="module")
def made(world, running):
    return billing(world, running)


@pytest.fixture(scope="module")
def known(made):
    """Return the bills that are made by the day of the sample."""
    return made.bills[made.bills["day"] <= TODAY]


def month_of(days):
    return pd.to_datetime(days, unit="D").dt.strftime("%Y-%m")


def sums(table, day, amount):
    return table.groupby([table["currency"], table[day].dt.strftime("%Y-%m")])[amount].sum().round(2).to_dict()


def own_sums(running, bills, months, cents):
    """Return the simulator's own sums by currency and month, added up one by one."""
    found = {}
    for customer, month, amount in zip(bills["customer"], months, cents, strict=True):
        key = ("EUR" if running.customers["foreign"][customer] else "USD", month)
        found[key] = found.get(key, 0) + int(amount)
    return {key: value / 100 for key, value in found.items() if value}


def lines(folder, name):
    file = folder / "stripe" / f"{name}.csv"
    if not file.exists():  # nothing to tell yet
        return []
    with file.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def test_what_is_billed_and_credited_by_month_is_the_simulators_to_the_cent(sample, running, known):
    table = sample.tables["invoices"]
    note = table["status"].eq("issued")
    billed = own_sums(running, known, month_of(known["day"]), known["cents"])
    assert sums(table[~note], "invoice_date", "amount_original") == pytest.approx(billed, abs=CENT)
    noted = known[known["credit_day"] <= TODAY]
    credited = own_sums(running, noted, month_of(noted["credit_day"]), -noted["credit_cents"])
    assert sums(table[note], "invoice_date", "amount_original") == pytest.approx(credited, abs=CENT)
    assert table["invoice_id"].nunique() == TRUTH["invoices"] + TRUTH["credit_notes"] == len(known) + len(noted)
    assert (table.loc[table["status"].eq("open"), "invoice_id"].nunique()) == TRUTH["invoices_open"]


def test_what_is_collected_by_month_is_the_simulators_to_the_cent(sample, running, known):
    paid = known[known["paid_day"] <= TODAY]
    back = paid["refund_cents"].where(paid["refund_day"] <= TODAY, 0)
    own = own_sums(running, paid, month_of(paid["paid_day"]), paid["paid_cents"] - back)
    assert sums(sample.tables["payments"], "paid_at", "amount_original") == pytest.approx(own, abs=CENT)
    assert len(sample.tables["payments"]) == TRUTH["payments"] == len(paid)


def test_what_is_given_back_and_refused_is_in_the_file_and_nowhere_twice(known):
    rows = lines(ROOT / "data" / "sample", "unified_payments")
    back = [row for row in rows if float(row["Amount Refunded"])]
    own = known[(known["refund_cents"] > 0) & (known["refund_day"] <= TODAY)]
    assert round(sum(float(row["Amount Refunded"]) for row in back) * 100) == own["refund_cents"].sum() > 0
    assert len(back) == TRUTH["payments_refunded"] == len(own)
    refused = [row for row in rows if row["Status"] == "Failed"]
    assert len(refused) == TRUTH["payments_refused"] and {row["Captured"] for row in refused} == {"false"}
    assert len(rows) == len({row["id"] for row in rows}) == TRUTH["payments"] + TRUTH["payments_refused"]


def test_the_truth_file_tells_what_the_gate_reads_in_the_companys_currency(sample):
    invoices, payments = sample.tables["invoices"], sample.tables["payments"]
    note = invoices["status"].eq("issued")
    day, served = invoices["invoice_date"].dt.strftime("%Y-%m"), invoices["month"].dt.strftime("%Y-%m")
    amount = invoices["invoiced_amount"]
    told = {
        "billed": amount[~note].groupby(day[~note]).sum(),
        "credited": -amount[note].groupby(day[note]).sum(),
        "collected": payments.groupby(payments["paid_at"].dt.strftime("%Y-%m"))["paid_amount"].sum(),
        "served": amount.groupby(served).sum(),
    }
    for name, months in told.items():
        assert months.to_dict() == pytest.approx(TRUTH[name], abs=ROUNDED if name != "served" else 0.5), name
    assert sum(TRUTH["served"].values()) == pytest.approx(
        sum(TRUTH["billed"].values()) - sum(TRUTH["credited"].values()), abs=0.5
    )


def test_a_years_bill_is_twelve_months_of_service_and_not_one(sample, known, made):
    table = sample.tables["invoices"]
    invoices = table[table["status"].ne("issued")].groupby("invoice_id").agg(
        n=("month", "size"), start=("service_start", "first"), end=("service_end", "first"),
        least=("amount_original", "min"), most=("amount_original", "max"))  # fmt: skip
    assert invoices["n"].value_counts().to_dict() == known["n_months"].value_counts().to_dict()
    assert set(invoices["start"].dt.day) == {1} and (invoices["end"] + pd.Timedelta(days=1)).dt.day.eq(1).all()
    assert (invoices["most"] - invoices["least"]).max() < 0.015
    yearly = known[(made.terms[known["customer"]] == 12) & (known["n_months"] == 12)]
    assert len(yearly) > 300 and (invoices["n"] == 12).sum() == len(yearly)


def test_each_month_is_billed_at_the_highest_price_of_its_term_so_far(sample, world, running, made):
    """By plain loops over the recurring revenue; of months paid for before the exports begin only rises."""
    table = sample.tables["invoices"]
    table = table[table["status"].ne("issued")]
    cents = (table["amount_original"] * 100).round().astype(int)
    months = pd.to_datetime(running.months, unit="D")
    place = {key: number for number, key in enumerate(customer_ids(world, len(running.customers)))}
    read = cents.groupby([table["customer_id"].map(place), table["month"].map({m: i for i, m in enumerate(months)})])
    read, checked = read.sum().to_dict(), 0
    over = int(np.searchsorted(running.months, TODAY, side="right")) - 1  # the month of the day is not over
    for customer, row in running.customers.iterrows():
        began, before = pd.Timestamp(int(row["begins"]), unit="D"), int(running.cents[customer, 0])
        price, until, paid = before, int(made.terms[customer]) * (before > 0), before
        for at in range(over):
            amount = int(running.cents[customer, at])
            elapsed = (months[at].year - began.year) * 12 + months[at].month - began.month
            if amount and elapsed % int(made.terms[customer]) == 0:
                price, until, paid = amount, at + int(made.terms[customer]), 0
            elif until > at:
                price = max(price, amount)
            else:
                continue
            assert abs(read.get((customer, at), 0) - (price - paid)) <= 2, (customer, at)
            checked += 1
    assert checked > 7_000


def test_nobody_is_billed_before_the_contract_or_after_leaving(running, made):
    bills = made.bills
    customer = running.customers.loc[bills["customer"]].reset_index(drop=True)
    assert (bills["day"] >= customer["begins"].astype(int)).all()
    assert (bills["first"] >= customer["start"]).all()
    assert (bills["first"] < customer["end"].fillna(np.inf)).all()
    assert (running.cents[bills["customer"], bills["first"]] > 0).all()


def test_who_leaves_within_a_term_gets_back_the_months_to_come_or_nothing(running, made):
    bills = made.bills
    end = running.customers["end"].to_numpy()[bills["customer"]]
    over = bills["first"] + bills["n_months"] - end
    given = bills["credit_cents"] > 0
    assert (over[given] > 0).all()
    share = bills.loc[given, "credit_cents"] / bills.loc[given, "cents"] * bills.loc[given, "n_months"]
    assert share.to_numpy() == pytest.approx(over[given].to_numpy(), abs=1e-9)
    assert (bills["cents"] - bills["paid_cents"] + bills["refund_cents"] == bills["credit_cents"]).all()
    leavers = bills[over > 0].groupby("customer")["credit_cents"].sum() > 0
    assert 15 <= len(leavers) <= 60
    assert leavers.mean() == pytest.approx(CREDITED_SHARE, abs=3 * np.sqrt(CREDITED_SHARE * 0.4 / len(leavers)))
    assert (bills.groupby("customer")["credit_cents"].max()[leavers.index[~leavers]] == 0).all()


def test_terms_are_drawn_in_the_shares_that_are_told(running, made):
    free = ~(running.late.any(axis=1) | running.customers["giant"])
    for term, share in TERMS.items():
        sd = np.sqrt(share * (1 - share) / free.sum())
        assert (made.terms[free] == term).mean() == pytest.approx(share, abs=3 * sd)
    assert set(made.terms[~free]) == {1}
    assert sum(row["customers"] for row in TRUTH["months_paid_ahead"].values()) == made.bills.loc[
        made.bills["day"] <= TODAY, "customer"].nunique()  # fmt: skip


def test_a_month_that_reports_leave_out_is_a_charge_refused_and_paid_when_the_customer_is_back(sample):
    months = sample.tables["subscriptions"].groupby("customer_id")["month"].agg(["min", "max", "nunique"])
    span = (months["max"].dt.year - months["min"].dt.year) * 12 + months["max"].dt.month - months["min"].dt.month + 1
    missing = set(months.index[span > months["nunique"]])
    rows = lines(ROOT / "data" / "sample", "unified_payments")
    refused = [row for row in rows if row["Status"] == "Failed"]
    paid = {row["Invoice ID"]: row for row in rows if row["Status"] == "Paid"}
    assert missing <= {row["Customer ID"] for row in refused} and len(missing) == 15
    for row in (row for row in refused if row["Customer ID"] in missing and row["Invoice ID"] in paid):
        wait = pd.Timestamp(paid[row["Invoice ID"]]["Created date (UTC)"]) - pd.Timestamp(row["Created date (UTC)"])
        assert 28 < wait.days < 75 and row["Amount"] == paid[row["Invoice ID"]]["Amount"]


def test_all_others_pay_when_it_is_due(made):
    calm = made.bills[~made.bills["failed"]]
    wait = calm["paid_day"] - calm["day"]
    yearly = made.terms[calm["customer"]] == 12
    assert (wait[~yearly] == 0).all() and (calm["paid_day"] <= calm["due_day"]).all()
    assert (wait[yearly].min(), wait[yearly].max()) == DAYS_TO_PAY


def test_payments_belong_to_invoices_of_their_customers(sample):
    invoices = sample.tables["invoices"].groupby("invoice_id").agg(
        who=("customer_id", "first"), amount=("amount_original", "sum"), status=("status", "first"))  # fmt: skip
    paid = sample.tables["payments"].join(invoices, on="invoice_id", validate="1:1")
    assert (paid["who"] == paid["customer_id"]).all() and set(paid["status"]) == {"paid"}
    assert (paid["amount_original"] <= paid["amount"] + CENT).all()
    assert set(invoices.index[invoices["status"].eq("paid")]) == set(paid["invoice_id"])


@pytest.mark.parametrize("day", [dt.date(2026, 1, 30), dt.date(2024, 7, 1), dt.date(2022, 8, 1)], ids=str)
def test_an_earlier_export_of_bills_knows_nothing_of_later(world, running, day, tmp_path):
    """What was made by then is there, and differs from today's only in what was paid or given back since."""
    write_bills(world, running, tmp_path, (day - EPOCH).days)
    now, limit = ROOT / "data" / "sample", f"{day} 99"
    later = {
        "invoices": {"Status", "Amount Due", "Amount Paid", "Paid At (UTC)"}, "credit_notes": set(),
        "unified_payments": {"Amount Refunded", "Converted Amount Refunded"},
    }  # fmt: skip
    stamp = {"invoices": "Date (UTC)", "credit_notes": "Created (UTC)", "unified_payments": "Created date (UTC)"}
    for name, changes in later.items():
        known = {row["id"]: row for row in lines(now, name) if row[stamp[name]] <= limit}
        then = {row["id"]: row for row in lines(tmp_path, name)}
        assert then.keys() == known.keys(), name
        for identity, row in then.items():
            assert {column for column in row if row[column] != known[identity][column]} <= changes
    paid = [row for row in lines(tmp_path, "invoices") if row["Status"] == "paid"]
    assert all(row["Paid At (UTC)"] <= limit for row in paid)
    payments = [row for row in lines(tmp_path, "unified_payments") if row["Status"] == "Paid"]
    assert {row["id"] for row in paid} == {row["Invoice ID"] for row in payments}
    told = billing_truth(world, running, (day - EPOCH).days)
    assert told["invoices_open"] == len(lines(tmp_path, "invoices")) - len(paid)
    assert told["credit_notes"] == len(lines(tmp_path, "credit_notes"))
    back = round(sum(float(row["Converted Amount Refunded"]) for row in payments), 2)
    assert sum(told["refunded"].values()) == pytest.approx(back, abs=ROUNDED)


def test_a_payment_is_given_back_in_exports_of_later_days_only(world, running, known, tmp_path):
    refund = known[known["refund_cents"] > 0].iloc[0]
    seen = []
    for day in (int(refund["refund_day"]) - 1, int(refund["refund_day"])):
        write_bills(world, running, tmp_path, day)
        seen.append(sum(float(row["Amount Refunded"]) for row in lines(tmp_path, "unified_payments")))
    others = known.loc[(known["refund_day"] <= refund["refund_day"] - 1), "refund_cents"].sum() / 100
    assert seen == pytest.approx([others, others + refund["refund_cents"] / 100], abs=CENT)


def test_the_files_of_bills_are_recognised_and_warn_of_nothing(sample):
    mine = [file for file in sample.audit.files if file.system == "stripe" and "MRR" not in file.name]
    assert {file.name: (file.table, file.rows_read) for file in mine} == {
        "stripe/customers.csv": ("look-up: customers", 354), "stripe/invoices.csv": ("invoices", TRUTH["invoices"]),
        "stripe/credit_notes.csv": ("invoices", TRUTH["credit_notes"]),
        "stripe/unified_payments.csv": ("payments", TRUTH["payments"] + TRUTH["payments_refused"]),
    }  # fmt: skip
    assert not [text for text in sample.audit.warnings if "invoice" in text or "stripe/" in text]

"""Invoices: without tax, credits negative, a year's price in twelve months and not in one."""

import csv
import datetime as dt
import io
import random

import numpy as np
import pandas as pd
import pytest
from gate import balanced, file_audit, gate, left_out, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.errors import ExportError
from revops.exports.recurring.spread import spread
from revops.schema import TABLES

DEALS = {"deals.csv": rows({})}
FROM, TO = "Minimum Line Item Period Start (UTC)", "Maximum Line Item Period End (UTC)"
INVOICE = {
    "id": "in_1",
    "Customer": "cus_1",
    "Customer Name": "Acme",
    "Status": "paid",
    "Currency": "usd",
    "Total": "119.00",
    "Tax": "19.00",
    "Date (UTC)": "2025-03-01 08:00",
    FROM: "2025-03-01 00:00",
    TO: "2025-04-01 00:00",
}
CREDIT = {
    "id": "cn_1",
    "Invoice": "in_1",
    "Customer": "cus_1",
    "Status": "issued",
    "Currency": "usd",
    "Total": "1200",
    "Created (UTC)": "2025-05-05 08:00",
    "Reason": "order_change",
}


def sheet(*changes, base=INVOICE):
    """Return a CSV of rows, each ordinary but for its changes, with ids in turn."""
    kind = base["id"][:3]
    table = [{**base, "id": f"{kind}{n}", **change} for n, change in enumerate(changes, 1)]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def invoiced(prepared, **only):
    """Return id, month and amount of every row that has the values of `only`."""
    table = prepared.tables["invoices"].to_pylist()
    table = [row for row in table if all(row[name] == value for name, value in only.items())]
    return [(r["invoice_id"], f"{r['month']:%Y-%m}", r["invoiced_amount"]) for r in table]


def said(prepared):
    """Return the warnings about invoices."""
    return [text for text in prepared.audit.warnings if text.startswith("invoices")]


def test_an_invoice_counts_without_its_tax(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "i.csv": sheet({}, {"Tax": ""})})
    assert invoiced(prepared) == [("in_1", "2025-03", 100.0), ("in_2", "2025-03", 119.0)]
    assert prepared.tables["invoices"].column_names == list(TABLES["invoices"].names)
    row = prepared.tables["invoices"].to_pylist()[0]
    assert (row["service_start"], row["service_end"]) == (dt.datetime(2025, 3, 1), dt.datetime(2025, 3, 31))
    assert (row["status"], row["customer_name"], row["invoice_date"]) == ("paid", "Acme", dt.datetime(2025, 3, 1))
    assert file_audit(prepared, "i.csv").first == "2025-03-01" and balanced(prepared)


def test_a_years_price_is_twelve_equal_months(tmp_path):
    year = {"Total": "24000", "Tax": "", FROM: "2024-09-01 00:00", TO: "2025-09-01 00:00"}
    prepared = gate(tmp_path, {**DEALS, "i.csv": sheet(year)})
    assert [amount for *_, amount in invoiced(prepared)] == [2000.0] * 12
    assert [month for _, month, _ in invoiced(prepared)][::11] == ["2024-09", "2025-08"]


def test_part_months_count_by_their_days(tmp_path):
    change = {"Total": "1200", "Tax": "", FROM: "2025-03-16 00:00", TO: "2025-06-16 00:00"}
    found = invoiced(gate(tmp_path, {**DEALS, "i.csv": sheet(change)}))
    whole = 16 / 31 + 1 + 1 + 15 / 30
    parts = [1200 * part / whole for part in (16 / 31, 1, 1, 15 / 30)]
    assert [amount for *_, amount in found] == pytest.approx(parts, abs=0.01)
    assert sum(amount for *_, amount in found) == pytest.approx(1200, abs=1e-9)


def test_credits_are_negative_in_the_months_of_their_invoice(tmp_path):
    invoice = {"Total": "2400", "Tax": "", FROM: "2025-03-01 00:00", TO: "2025-05-01 00:00"}
    prepared = gate(tmp_path, {**DEALS, "i.csv": sheet(invoice), "c.csv": sheet({}, base=CREDIT)})
    assert invoiced(prepared) == [
        ("cn_1", "2025-03", -600.0),
        ("cn_1", "2025-04", -600.0),
        ("in_1", "2025-03", 1200.0),
        ("in_1", "2025-04", 1200.0),
    ]
    assert balanced(prepared)


def test_a_credit_of_an_unknown_invoice_counts_on_its_day(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "i.csv": sheet({}), "c.csv": sheet({"Invoice": "in_7"}, base=CREDIT)})
    assert invoiced(prepared)[0] == ("cn_1", "2025-05", -1200.0)
    assert said(prepared) == [
        "invoices: 1 of 2 rows (-$1,200) without the days they are for (e.g. cn_1): they count in the month of their "
        "date"
    ]


def test_a_negative_invoice_stays_negative(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "i.csv": sheet({"Total": "-60.00", "Tax": ""})})
    assert invoiced(prepared) == [("in_1", "2025-03", -60.0)]


def test_what_is_no_charge_is_counted(tmp_path):
    statuses = ("paid", "open", "void", "draft", "uncollectible", "Deleted")
    prepared = gate(tmp_path, {**DEALS, "i.csv": sheet(*({"Status": status} for status in statuses))})
    assert [row[0] for row in invoiced(prepared)] == ["in_1", "in_2"]
    assert [item[1:] for item in left_out(prepared)] == [
        ("deleted", 1),
        ("draft", 1),
        ("uncollectible", 1),
        ("void", 1),
    ]
    assert balanced(prepared)


def test_copies_are_counted_and_the_later_status_is_taken(tmp_path):
    early = sheet({"Status": "open"}, {}, {"Status": "open"})
    late = sheet({}, {}, {"Status": "void"})
    prepared = gate(tmp_path, {**DEALS, "a.csv": early, "b.csv": late})
    assert invoiced(prepared, status="paid") == [("in_1", "2025-03", 100.0), ("in_2", "2025-03", 100.0)]
    assert left_out(prepared) == [
        ("a.csv", "duplicate id, in an earlier status", 2),
        ("b.csv", "same record in another file", 1),
        ("b.csv", "void", 1),
    ]
    assert balanced(prepared)


def test_yen_have_no_cents_and_other_currencies_need_a_rate(tmp_path):
    text = sheet({"Currency": "jpy", "Total": "5000", "Tax": ""})
    prepared = gate(tmp_path / "rate", {**DEALS, "i.csv": text}, rates={"JPY": 0.007})
    assert invoiced(prepared, amount_original=5000.0) == [("in_1", "2025-03", 35.0)]
    with pytest.raises(ExportError) as caught:
        gate(tmp_path / "none", {**DEALS, "i.csv": text})
    assert str(caught.value) == (
        "invoices: every amount must be convertible to USD; found 1 of 1 that are not (JPY in 1 row). Add what one "
        "unit is worth in USD to company.yml:\n  rates:\n    JPY: TODO"
    )


def test_lines_of_an_api_are_in_cents_and_summed_by_invoice_and_month(tmp_path):
    lines = (
        "id,invoice_id,amount,currency,period_start,period_end\n"
        "il_1,in_1,120000,usd,2025-01-01 00:00:00,2026-01-01 00:00:00\n"
        "il_2,in_1,-5000,usd,2025-01-01 00:00:00,2025-02-01 00:00:00\nil_3,in_9,100,usd,2025-01-01,2025-02-01\n"
    )
    heads = "id,customer_id,status,amount_due\nin_1,cus_1,paid,115000\n"
    prepared = gate(tmp_path, {**DEALS, "lines.csv": lines, "heads.csv": heads})
    assert invoiced(prepared)[:2] == [("in_1", "2025-01", 50.0), ("in_1", "2025-02", 100.0)]
    assert sum(amount for *_, amount in invoiced(prepared, customer_id="cus_1")) == 1150.0
    assert left_out(prepared) == [("lines.csv", "no customer", 1)] and balanced(prepared)


def test_an_export_without_periods_of_lines_is_not_taken(tmp_path):
    text = sheet({}).replace(FROM, "Period Start (UTC)").replace(TO, "Period End (UTC)")
    prepared = gate(tmp_path, {**DEALS, "i.csv": text})
    assert "invoices" not in prepared.tables
    assert prepared.audit.unrecognised == (
        ("i.csv", "row 1 comes nearest to stripe invoices, but lacks service_from (Minimum Line Item Period Start "
         "(UTC)); service_to (Maximum Line Item Period End (UTC)); if it is one, add that to the export"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [{"Status": "zombie"}, {}],
            "i.csv: every status must be one of draft, open, issued, uncollectible, paid, void, deleted; found 1 of 2 "
            "rows with another (e.g. zombie). Correct the export.",
        ),
        (
            [{}, {"id": "in_1", "Total": "219.00"}, {}],
            "i.csv: an invoice must have one amount; found 1 of 2 with several (e.g. in_1), $100 apart. Remove the "
            "copies that are out of date.",
        ),
        (
            [{}, {TO: "2052-04-01 00:00"}],
            "i.csv: an invoice must be for 60 months at most; found 1 of 2 for more (e.g. in_2). Correct its line-item "
            "periods.",
        ),
    ],
)
def test_invoices_that_cannot_be_read_are_refused(tmp_path, changes, message):
    with pytest.raises(ExportError) as caught:
        gate(tmp_path, {**DEALS, "i.csv": sheet(*changes)})
    assert str(caught.value) == message


@given(
    amount=st.integers(-10_000_000, 10_000_000),
    start=st.dates(dt.date(2020, 1, 1), dt.date(2026, 1, 1)),
    days=st.integers(0, 1500),
)
def test_the_parts_add_up_to_the_cent(amount, start, days):
    end = start + dt.timedelta(days=days)
    frame = pd.DataFrame({"service_start": pd.to_datetime([start]), "service_end": pd.to_datetime([end])})
    done = spread(frame.assign(amount=amount / 100), ("amount",))
    assert round(done["amount"].sum(), 2) == amount / 100
    months = pd.period_range(start, end, freq="M")
    assert list(done["month"].dt.to_period("M")) == list(months)
    spans = [(max(start, m.start_time.date()), min(end, m.end_time.date())) for m in months]
    whole = [(last - first).days + 1 for first, last in spans]
    weights = np.array([n / m.days_in_month for n, m in zip(whole, months, strict=True)])
    assert np.allclose(done["amount"], amount / 100 * weights / weights.sum(), atol=0.0101)


def test_an_invoice_is_spread_alike_among_others_as_alone():
    """Half cents fall on the same side, whatever stands before: 1,434.31 over the end of December and January."""
    rng = random.Random(2)
    starts = [dt.date(2025, 12, 25), *(dt.date(2025, 1, 1) + dt.timedelta(days=rng.randrange(700)) for _ in range(600))]
    lasts = [37, *(rng.randrange(900) for _ in range(600))]
    rows = pd.DataFrame({
        "service_start": pd.to_datetime(starts),
        "service_end": pd.to_datetime([start + dt.timedelta(days=n) for start, n in zip(starts, lasts, strict=True)]),
        "amount": [1434.31, *(rng.randrange(10**7) / 100 for _ in range(600))],
    })  # fmt: skip
    both = pd.concat([spread(rows.iloc[place : place + 1], ("amount",)) for place in range(len(rows))])
    assert spread(rows, ("amount",))["amount"].tolist() == both["amount"].tolist()
    assert spread(rows.iloc[::-1], ("amount",))["amount"].tolist()[-2:] == both["amount"].tolist()[:2]


@given(order=st.randoms(use_true_random=False), columns=st.permutations(range(len(INVOICE))))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_and_columns_does_not_matter(tmp_path_factory, order: random.Random, columns):
    text = sheet({}, {"Status": "open"}, {"id": "in_1"}, {"Status": "void"}, {TO: "2026-03-01 00:00"})
    table = list(csv.reader(io.StringIO(text)))
    body = table[1:]
    order.shuffle(body)
    out = io.StringIO()
    csv.writer(out).writerows([row[place] for place in columns] for row in [table[0], *body])
    one, two = (gate(tmp_path_factory.mktemp("i"), {**DEALS, "i.csv": each}) for each in (text, out.getvalue()))
    assert one.tables["invoices"].equals(two.tables["invoices"])
    assert one.audit.left_out == two.audit.left_out

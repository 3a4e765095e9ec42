"""Payments, invoices and credit notes: the same tables, audit and refusals in blocks and ranges of any size."""

import random
import tempfile
from pathlib import Path

from both_ways import both_ways, range_sizes
from gate import company, gate
from gate import rows as deals
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import table
from test_exports_invoices import CREDIT, FROM, INVOICE, TO

from revops.exports import prepare
from revops.exports.uniting import groups

RATES = {"EUR": 1.1, "JPY": 0.007, "KWD": 3.25, "USD": 0.3077}
CURRENCIES = ("usd", "eur", "jpy", "kwd")
PAID = ("Paid", "paid ", "Refunded", "Failed", "Partial Refund", "canceled", "Needs response", "Requires action")
STATUSES = ("paid", "Paid", "open", "draft", "void", "uncollectible", "Deleted")
ODD = ("", "", "", "", "statuses", "amounts", "currencies", "months")
"""What a folder has that is refused; most have nothing."""


def blank(chance, value, share=0.04):
    """Return a value, or now and then none."""
    return "" if chance.random() < share else value


def moment(chance):
    return f"2025-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d} {chance.choice((2, 14)):02d}:30"


def money(chance, currency):
    """Return an amount as written in its currency: yen have no decimals, dinars three."""
    whole = chance.randrange(1, 4000)
    places = {"jpy": 0, "kwd": 3}.get(currency, 2)
    return f"{whole}.{chance.randrange(10**places):0{places}d}" if places else str(whole)


def payment(chance, n, odd):
    """Return what the files of a payment say: each payment has one amount, and any of several states in each."""
    name = f"ch_{chance.randrange(n)}"
    own = random.Random(name)
    currency = blank(own, own.choice(CURRENCIES), 0.01)
    amount, at = money(own, currency), moment(own)
    if odd == "amounts" and chance.random() < 0.1:
        amount = money(chance, currency)
    if odd == "currencies" and chance.random() < 0.1:
        currency = "chf"
    status = chance.choice(("frobbed", "Undone", "", "b", "a")) if odd == "statuses" and chance.random() < 0.1 else ""
    back = chance.choice(("0", "0", "0", "1", amount))
    return blank(chance, name), at, amount, back, currency, status or chance.choice((*PAID[:2] * 3, *PAID))


def report_rows(chance, n, odd):
    rows = []
    for _ in range(n):
        name, at, amount, back, currency, status = payment(chance, n, odd)
        rows.append({
            "id": name, "Created (UTC)": blank(chance, at), "Amount": blank(chance, amount), "Amount Refunded": back,
            "Currency": currency, "Converted Amount": blank(chance, amount, 0.3),
            "Converted Amount Refunded": blank(chance, back, 0.3), "Converted Currency": chance.choice(("usd", "kwd")),
            "Mode": chance.choice(("Live", "Live", "Test", "")), "Status": status,
            "Customer ID": f"cus_{chance.randrange(9)}", "Captured": chance.choice(("true", "true", "false")),
            "Disputed Amount": chance.choice(("", "", "", "1.50")), "Dispute Status": chance.choice(("", "", "won")),
            "Invoice ID": "in_1", "UTM Source": chance.choice(("news+letter", "a%40b.example", "")),
        })  # fmt: skip
    return rows


def charge_rows(chance, n, odd):
    """Return payments as an API has them: in the smallest unit of their currency."""
    rows = []
    for _ in range(n):
        name, at, amount, back, currency, status = payment(chance, n, odd)
        whole = amount.replace(".", "")
        rows.append({
            "id": name, "created": f"{at}:00", "amount": f"{whole}.5" if odd == "months" else whole,
            "amount_refunded": "0" if back == "0" else whole, "currency": currency,
            "status": status.strip().casefold().replace("partial refund", "succeeded"), "captured": "true",
            "disputed": chance.choice(("true", "false", "false")), "customer": "cus_1",
        })  # fmt: skip
    return rows


def invoice_rows(chance, n, odd):
    rows = []
    for _ in range(n):
        name = f"in_{chance.randrange(n)}"
        own = random.Random(name)
        currency, first, months = blank(own, own.choice(CURRENCIES)), own.randint(1, 12), own.randint(0, 14)
        total, lasts = money(own, currency), f"{2025 + (first + months) // 12}-{(first + months) % 12 + 1:02d}-01"
        if odd == "amounts" and chance.random() < 0.1:
            total = money(chance, currency)
        if odd == "currencies" and chance.random() < 0.1:
            currency = "chf"
        lasts = "2052-04-01" if odd == "months" and chance.random() < 0.1 else lasts
        lost = odd == "statuses" and chance.random() < 0.1
        statuses = ("zombie", "ghost", "", "Ghoul", "imp") if lost else (*STATUSES[:3] * 3, *STATUSES)
        rows.append({
            "id": blank(chance, name), "Customer": blank(chance, f"cus_{own.randrange(9)}"), "Customer Name": "Acme",
            "Status": chance.choice(statuses), "Currency": currency,
            "Total": blank(chance, own.choice(("", "-")) + total), "Tax": own.choice(("", "1", "0.5")),
            "Date (UTC)": blank(chance, moment(own), 0.1), TO: blank(chance, f"{lasts} 00:00", 0.1),
            FROM: blank(chance, f"2025-{first:02d}-{chance.randint(1, 28):02d} 00:00", 0.1),
        })  # fmt: skip
    return rows


def credit_rows(chance, n, odd):
    """Return credit notes of invoices that are there, that are not, and of other credit notes."""
    rows = []
    for _ in range(n):
        name = f"cn_{chance.randrange(n)}"
        own = random.Random(name)
        credited = own.choice(("in_", "in_", "in_", "cn_")) + str(own.randrange(n + 2))
        rows.append({**CREDIT, "id": blank(chance, name), "Invoice": blank(chance, credited),
                     "Total": money(own, "usd"), "Status": chance.choice(("issued", "issued", "void")),
                     "Created (UTC)": moment(own)})  # fmt: skip
    return rows


def line_rows(chance, n, odd):
    return [
        {"id": f"il_{place % 40}", "invoice_id": blank(chance, f"in_{chance.randrange(n)}"), "amount": "120000",
         "currency": "usd", "period_start": blank(chance, f"{moment(chance)}:00"), "period_end": "2026-02-01 00:00:00"}
        for place in range(n)
    ]  # fmt: skip


def head_rows(chance, n, odd):
    return [
        {"id": f"in_{place}", "customer_id": "cus_1", "status": chance.choice(STATUSES[:3]), "amount_due": "1"}
        for place in range(n)
    ]


def told(made, **how):
    """Return what both ways tell of files of rows beside one deal."""
    changes = {"rates": {code: rate for code, rate in RATES.items() if code != how.get("currency")}}
    with tempfile.TemporaryDirectory() as home:
        for name, rows in {"deals.csv": deals({}), **made}.items():
            if rows:
                text = rows if isinstance(rows, str) else table(*rows, base={})
                (Path(home) / name).write_text(text, encoding="utf-8")
        sizes = {name: how[name] for name in ("block", "bucket_rows", "part_rows")}
        return both_ways(Path(home), company(**changes, currency=how.get("currency", "USD")), **sizes)


SMALL = {"block": 1 << 10, "bucket_rows": 20, "part_rows": 10}
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SIZES = {
    "block": st.integers(1 << 9, 1 << 13),
    "bucket_rows": st.integers(1, 60),
    "part_rows": st.integers(1, 60),
    "currency": st.sampled_from(("USD", "KWD")),
}


@FEW
@given(seed=st.integers(0, 10**6), odd=st.sampled_from(ODD), sizes=st.tuples(*[st.integers(0, 60)] * 3), **SIZES)
def test_random_payments_are_the_same_in_any_blocks_and_ranges(seed, odd, sizes, **how):
    chance, makers = random.Random(seed), (report_rows, report_rows, charge_rows)
    made = {f"paid{place}.csv": make(chance, n, odd) for place, (make, n) in enumerate(zip(makers, sizes, strict=True))}
    made["paid1.csv"] += made["paid0.csv"][::3]
    said, on_disk = told(made, **how)
    assert ("payments" in on_disk) == (any(made.values()) and said.startswith("{")), said


@FEW
@given(seed=st.integers(0, 10**6), odd=st.sampled_from(ODD), sizes=st.tuples(*[st.integers(0, 60)] * 4), **SIZES)
def test_random_invoices_are_the_same_in_any_blocks_and_ranges(seed, odd, sizes, **how):
    chance, makers = random.Random(seed), (invoice_rows, invoice_rows, credit_rows, line_rows)
    made = {f"file{place}.csv": make(chance, n, odd) for place, (make, n) in enumerate(zip(makers, sizes, strict=True))}
    made["file1.csv"] += made["file0.csv"][::3]
    made["heads.csv"] = head_rows(chance, sizes[3], odd)
    said, on_disk = told(made, **how)
    made.pop("heads.csv")
    assert ("invoices" in on_disk) == (any(made.values()) and said.startswith("{")), said


def test_a_credit_note_takes_the_days_of_an_invoice_in_any_other_range(tmp_path):
    """Of two exports of an invoice the paid one tells them; a void one, and one that is not there, tell none."""
    months = {"Tax": "", "Total": "300", FROM: "2025-04-01 00:00", TO: "2025-07-01 00:00"}
    paid = [{**INVOICE, **months, "id": f"in_{place}"} for place in range(60)]
    early = [{**row, "Status": "open", FROM: "2024-01-01 00:00"} for row in paid[:30]]
    void = [{**row, "id": f"in_9{place}", "Status": "void"} for place, row in enumerate(paid[:9])]
    of = [f"in_{place}" for place in (*range(0, 60, 7), *range(90, 99), 777)]
    credits = [{**CREDIT, "id": f"cn_{place}", "Invoice": name, "Total": "30"} for place, name in enumerate(of)]
    made = {"i.csv": paid, "early.csv": early + void, "c.csv": credits}
    said, on_disk = told(made, **SMALL)
    assert on_disk == {"invoices"}
    assert (
        "invoices: 10 of 79 rows (-$300) without the days they are for (e.g. cn_10, cn_11, cn_12): they count in the "
        "month of their date"
    ) in said
    texts = {name: table(*some, base={}) for name, some in made.items()}
    months = gate(tmp_path, {"deals.csv": deals({}), **texts}).tables["invoices"].to_pylist()
    found = {(row["invoice_id"], f"{row['month']:%m}", row["invoiced_amount"]) for row in months}
    assert {("cn_3", "04", -10.0), ("cn_3", "05", -10.0), ("cn_3", "06", -10.0), ("cn_9", "05", -30.0)} <= found
    assert len(found) == len(months) == 60 * 3 + 9 * 3 + 10


def test_what_is_found_in_many_ranges_is_said_once_with_the_lowest_examples():
    good = {"Created (UTC)": "2025-03-01 10:00", "Amount": "10.30", "Amount Refunded": "0", "Currency": "usd",
            "Status": "Paid"}  # fmt: skip
    many = [{"id": f"ch_{place}", **good} for place in range(100, 200)]
    back = [{**row, "Amount Refunded": "0.10"} for row in many[::4]]
    said, _ = told({"a.csv": [*back, *(row for place, row in enumerate(many) if place % 4)]}, **SMALL)
    assert "$2 refunded of 25 payments, taken off" in said
    words = [{**row, "Status": f"odd {place % 7}"} for place, row in enumerate(many[::3])]
    apart = [{**row, "Amount": "11.30"} for row in many[::5]]
    refusal, on_disk = told({"a.csv": many, "b.csv": apart, "c.csv": words}, **SMALL)
    assert not on_disk
    first, second = refusal.split("\n")
    assert first.startswith("c.csv: every status must be one of incomplete, pending,")
    assert first.endswith("; found 34 of 34 rows with another (e.g. odd 0, odd 1, odd 2), $350. Correct the export.")
    assert second == (
        "a.csv, b.csv, c.csv: a payment must have one amount; found 20 of 100 with several (e.g. ch_100, ch_105, "
        "ch_110), $20 apart. Remove the copies that are out of date."
    )


def test_invoices_that_are_refused_are_told_once_of_all_ranges():
    bills = [{**INVOICE, "id": f"in_{place}"} for place in range(100, 160)]
    words = [{**row, "Status": f"Odd {place % 5}"} for place, row in enumerate(bills[::4])]
    apart = [{**row, "Total": "120.00"} for row in bills[::6]]
    long = [{**row, "id": f"il_{place}", TO: "2052-04-01 00:00"} for place, row in enumerate(bills[:12])]
    refusal, _ = told({"a.csv": bills, "b.csv": apart + long, "c.csv": words}, **SMALL)
    assert refusal.split("\n") == [
        "c.csv: every status must be one of draft, open, issued, uncollectible, paid, void, deleted; found 15 of 15 "
        "rows with another (e.g. odd 0, odd 1, odd 2). Correct the export.",
        "a.csv, b.csv, c.csv: an invoice must have one amount; found 10 of 72 with several (e.g. in_100, in_106, "
        "in_112), $10 apart. Remove the copies that are out of date.",
        "b.csv: an invoice must be for 60 months at most; found 12 of 72 for more (e.g. il_0, il_1, il_10). Correct "
        "its line-item periods.",
    ]


def test_bills_come_in_more_than_one_range(monkeypatch):
    n_ranges, cuts = [], groups.boundaries
    monkeypatch.setattr(groups, "boundaries", lambda *args: n_ranges.append(len(cuts(*args)) + 1) or cuts(*args))
    chance = random.Random(5)
    _, on_disk = told({"p.csv": report_rows(chance, 200, ""), "i.csv": invoice_rows(chance, 200, ""),
                       "c.csv": credit_rows(chance, 40, "")}, **SMALL)  # fmt: skip
    assert on_disk == {"payments", "invoices"}
    assert n_ranges == [12, 12, 10]


def test_ranges_of_a_file_in_the_order_of_its_ids_are_even():
    paid = {"Created (UTC)": "2025-03-01 10:00", "Amount": "10", "Amount Refunded": "0", "Currency": "usd",
            "Status": "Paid"}  # fmt: skip
    with range_sizes("payments") as sizes:
        told({"p.csv": [{"id": f"ch_{place:04d}", **paid} for place in range(3000)]}, **SMALL | {"bucket_rows": 300})
    assert len(sizes) == 10 and sum(sizes) == 3000 and max(sizes) < 450


OWN = """
system: own
files:
  - name: bills
    table: invoices
    required: [invoice_id, customer_id, invoice_date, amount_original, status]
    headers:
      invoice_id: [Bill No]
      customer_id: [Customer No]
      invoice_date: [Billed On]
      amount_original: [Net]
      status: [State]
  - name: receipts
    table: payments
    required: [payment_id, invoice_id, paid_at, amount_original, status]
    headers:
      payment_id: [Receipt No]
      invoice_id: [Of Bill]
      paid_at: [Paid On]
      amount_original: [Sum]
      status: [Result]
    lookups:
      customer_id: {file: bills, by: invoice_id}
"""


def test_a_file_in_which_others_look_up_columns_is_read_whole(tmp_path):
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "own.yml").write_text(OWN, encoding="utf-8")
    bills = "".join(f"B{place:03d},C{place % 5},2025-03-01,100,paid\n" for place in range(60))
    receipts = "".join(f"R{place:03d},B{place:03d},2025-03-05,100,paid\n" for place in range(60))
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "deals.csv").write_text(deals({}), encoding="utf-8")
    (exports / "bills.csv").write_text(f"Bill No,Customer No,Billed On,Net,State\n{bills}", encoding="utf-8")
    (exports / "receipts.csv").write_text(f"Receipt No,Of Bill,Paid On,Sum,Result\n{receipts}", encoding="utf-8")
    _, on_disk = both_ways(exports, company(), tmp_path / "systems", **SMALL)
    assert on_disk == {"payments"}
    payments = prepare(exports, company(), tmp_path / "systems").tables["payments"]
    assert payments["customer_id"].to_pylist() == [f"C{place % 5}" for place in range(60)]

"""Recurring revenue by month: reports, lists of subscriptions, and what they leave in doubt."""

import csv
import io
import random

import pytest
from gate import EXAMPLES, REPORT, balanced, file_audit, gate, left_out, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.errors import ExportError
from revops.schema import TABLES

HERE = EXAMPLES / "stripe"
REPORTS = {path.name: path for path in sorted(HERE.glob("MRR*.csv"))}
LIST = {"subscriptions.csv": HERE / "subscriptions.csv"}
RATES = {"EUR": 1.10, "GBP": 1.25, "JPY": 0.007}
DEALS = {"deals.csv": rows({})}
HEAD = "Customer ID,Customer,Currency,"
SUB = {
    "id": "sub_1",
    "Customer ID": "cus_1",
    "Customer Name": "Acme",
    "Status": "active",
    "Quantity": "1",
    "Currency": "usd",
    "Interval": "month",
    "Amount": "49.00",
    "Start (UTC)": "2025-04-10 10:00",
    "Ended At (UTC)": "",
    "Trial End (UTC)": "",
    "Current Period Start (UTC)": "2025-06-10 10:00",
    "Current Period End (UTC)": "2025-07-10 10:00",
}
IN_MAY = {"Current Period Start (UTC)": "2025-05-10 10:00", "Current Period End (UTC)": "2025-06-10 10:00"}


def subs(*changes):
    """Return a list of subscriptions, each ordinary but for its changes, with ids in turn."""
    table = [{**SUB, "id": f"sub_{n}", "Customer ID": f"cus_{n}", **change} for n, change in enumerate(changes, 1)]
    names = [name for name in table[0] if table[0][name] is not None]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def report(*amounts, months=("2025-05",), name="cus"):
    """Return a report of one customer per tuple of amounts."""
    lines = [f"{name}_{n},Name {n},usd,{','.join(cells)}" for n, cells in enumerate(amounts, 1)]
    return "\n".join([HEAD + ",".join(months), *lines]) + "\n"


def paid(prepared, **only):
    """Return customer, month, status and amount of every row that has the values of `only`."""
    table = prepared.tables["subscriptions"].to_pylist()
    table = [row for row in table if all(row[name] == value for name, value in only.items())]
    return [(r["customer_id"], f"{r['month']:%Y-%m}", r["status"], r["recurring_amount"]) for r in table]


def said(prepared):
    """Return the warnings that are not about deals."""
    return [text for text in prepared.audit.warnings if not text.startswith(("opportunities", "deals"))]


def refused(folder, files, **changes):
    """Return the message with which files are refused."""
    with pytest.raises(ExportError) as caught:
        gate(folder, {**DEALS, **files}, **changes)
    return str(caught.value)


def test_the_example_reports_are_read_whole(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": REPORT, **REPORTS}, rates=RATES)
    assert paid(prepared) == [
        ("cus_A1", "2025-05", "active", 590.0),
        ("cus_A1", "2025-06", "active", 570.0),
        ("cus_B2", "2025-05", "active", 2000.0),
        ("cus_B2", "2025-06", "active", 2000.0),
        ("cus_C3", "2025-05", "active", 148.5),
        ("cus_F6", "2025-06", "active", 35.0),
    ]
    originals = [(r["amount_original"], r["currency"]) for r in prepared.tables["subscriptions"].to_pylist()]
    assert originals[-2:] == [(135.0, "EUR"), (5000.0, "JPY")]
    assert prepared.tables["subscriptions"].column_names == list(TABLES["subscriptions"].names)
    for name in REPORTS:
        assert (file_audit(prepared, name).rows_kept, file_audit(prepared, name).first) == (3, f"{name[-11:-4]}-01")
    assert balanced(prepared)


def test_the_example_list_tells_months_at_their_present_price(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": REPORT, **LIST}, rates=RATES)
    june = {row[0]: row[2:] for row in paid(prepared) if row[1] == "2025-06"}
    assert june == {
        "cus_A1": ("active", 590.0),
        "cus_B2": ("active", 2000.0),
        "cus_C3": ("past_due", 0.0),
        "cus_E5": ("trialing", 0.0),
        "cus_F6": ("active", 35.0),
    }
    assert sum(amount for _, amount in june.values()) - 35 == 2590.0
    assert [row for row in paid(prepared, customer_id="cus_D4")][-1] == ("cus_D4", "2025-02", "active", 245.0)
    assert [row[1] for row in paid(prepared, customer_id="cus_C3", status="active")] == [
        "2025-01", "2025-02", "2025-03", "2025-04", "2025-05"
    ]  # fmt: skip
    assert paid(prepared, account_id="0018d00000Ac0Az")[-1] == ("cus_A1", "2025-06", "active", 590.0)
    assert left_out(prepared)[-1] == ("subscriptions.csv", "never paid for (incomplete)", 1)
    assert balanced(prepared)
    assert said(prepared) == [
        "subscriptions.csv: 1 of 8 subscriptions billed over more months than the interval says (e.g. sub_1F: month, "
        "billed 2025-04-10 to 2025-07-10); the billed months are taken: $100 a month instead of $300. If the interval "
        "is right, add a column Interval Count.",
        "subscriptions: 1 customer with a late payment in 2025-06 (e.g. cus_C3), $148 a month: left out, as "
        "subscriptions.past_due in company.yml says",
        "subscriptions: months from 2024-03 to 2025-06 are told by the start, end and present price of each "
        "subscription: upgrades, downgrades and discounts of the past are not seen. Export MRR per subscriber.",
    ]


def test_an_interval_count_leaves_nothing_to_the_period(tmp_path):
    table = list(csv.reader(io.StringIO(LIST["subscriptions.csv"].read_text(encoding="utf-8"))))
    out = io.StringIO()
    csv.writer(out).writerows([*row, cell] for row, cell in zip(table, ["Interval Count", *"11111111"], strict=True))
    prepared = gate(tmp_path, {**DEALS, "s.csv": out.getvalue()}, rates=RATES)
    june = [row[3] for row in paid(prepared, currency="USD") if row[1] == "2025-06"]
    assert sum(june) == 2790.0
    assert not any("interval" in text for text in said(prepared))


def test_reports_are_taken_and_a_list_adds_who_does_not_pay(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": REPORT, **REPORTS, **LIST}, rates=RATES)
    assert paid(prepared, basis="present_price") == [
        ("cus_C3", "2025-06", "past_due", 0.0),
        ("cus_E5", "2025-06", "trialing", 0.0),
    ]
    assert len(paid(prepared, basis="reported")) == 6
    assert paid(prepared, account_id="0018d00000Ac0Az") == [
        ("cus_A1", "2025-05", "active", 590.0),
        ("cus_A1", "2025-06", "active", 570.0),
    ]
    assert (
        "subscriptions: 1 of 5 customers of 2025-06 differ (e.g. cus_A1): $570 as reported, $590 by the price of "
        "their subscriptions. The report is taken."
    ) in said(prepared)
    assert ("subscriptions.csv", "months that reports tell, or before them", 5) in left_out(prepared)
    assert balanced(prepared)


def test_late_payers_count_where_the_company_says_so(tmp_path):
    prepared = gate(tmp_path, {**DEALS, **REPORTS, **LIST}, rates=RATES, subscriptions={"past_due": "counted"})
    assert paid(prepared, status="past_due") == [("cus_C3", "2025-06", "past_due", 148.5)]
    assert "$148 a month: counted, as subscriptions.past_due" in " ".join(said(prepared))


def test_overlapping_reports_are_counted_and_never_added(tmp_path):
    two = report(("5", "6"), ("7", "8"), months=("2025-05", "2025-06"))
    files = {"may.csv": report(("5",), ("7",)), "both.csv": two, "again.csv": two.replace("Name", "Kunde")}
    prepared = gate(tmp_path, {**DEALS, **files})
    assert [row[3] for row in paid(prepared)] == [5.0, 6.0, 7.0, 8.0]
    assert left_out(prepared) == [
        ("both.csv", "same record in another file", 4),
        ("may.csv", "same record in another file", 2),
    ]
    assert file_audit(prepared, "again.csv").decisions == (
        "2 columns (2025-05, 2025-06) of 2 rows: each cell read as a row",
    )
    assert balanced(prepared)


def test_reports_that_contradict_are_refused_with_what_is_at_stake(tmp_path):
    files = {"a.csv": report(("500",), ("7",)), "b.csv": report(("550",), ("7",))}
    assert refused(tmp_path, files) == (
        "a.csv, b.csv: a customer must have one amount per month and currency; found 1 of 2 with several (e.g. cus_1 "
        "2025-05), $50 apart. Remove the reports or rows that are out of date."
    )


def test_a_missing_month_is_warned_of(tmp_path):
    sheet = report(("100", "100"), ("50", "50"), months=("2025-03", "2025-05"))
    assert said(gate(tmp_path, {**DEALS, "a.csv": sheet})) == [
        "subscriptions: 2025-04 is missing between other months; 2 customers with $150 in the month before it would "
        "count as lost and won back. Add its report."
    ]


def test_a_month_with_twice_the_customers_is_warned_of(tmp_path):
    months = ("2025-03", "2025-04", "2025-05")
    doubled = report(*[("", "100", "")] * 3, months=months, name="CUS")
    text = report(*[("100", "100", "100")] * 3, months=months) + doubled.partition("\n")[2]
    prepared = gate(tmp_path, {**DEALS, "a.csv": text})
    assert said(prepared) == [
        "subscriptions: 2025-04 has 6 customers with $600, about twice or more of the 3 with $300 in the months around "
        "it. If its report is of several months, units or copies, correct it."
    ]
    assert ("a.csv", "blank cell", 6) in left_out(prepared)


def test_a_month_in_cents_is_warned_of(tmp_path):
    sheet = report(*[("100", "10000", "100")] * 3, months=("2025-03", "2025-04", "2025-05"))
    assert said(gate(tmp_path, {**DEALS, "a.csv": sheet})) == [
        "subscriptions: 2025-04 has 3 customers with $30,000, about twice or more of the 3 with $300 in the months "
        "around it. If its report is of several months, units or copies, correct it."
    ]


def test_customers_who_are_gone_for_a_month_are_warned_of(tmp_path):
    sheet = report(("100", "", "120"), ("50", "50", "50"), ("9", "9", ""), months=("2025-03", "2025-04", "2025-05"))
    assert said(gate(tmp_path, {**DEALS, "a.csv": sheet})) == [
        "subscriptions: 1 customer missing for 1 month and there before and after (e.g. cus_1), $120 at the amount "
        "after. Reports leave out customers whose payment is late: this may be no loss."
    ]


def test_free_plans_stay_with_nothing_to_pay(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "a.csv": report(("0.00",), ("50.00",)), "s.csv": subs({"Amount": "0"})})
    assert paid(prepared)[0] == ("cus_1", "2025-05", "free", 0.0)
    listed = gate(tmp_path / "list", {**DEALS, "s.csv": subs({"Amount": "0"})})
    assert {row[2:] for row in paid(listed)} == {("free", 0.0)}


def test_a_row_per_month_is_read_too(tmp_path):
    sheet = "Customer ID,Customer,Currency,Month,MRR\ncus_1,Name 1,usd,2025-05,5\ncus_2,Name 2,usd,May 2025,7\n"
    long = gate(tmp_path / "long", {**DEALS, "a.csv": sheet})
    wide = gate(tmp_path / "wide", {**DEALS, "a.csv": report(("5",), ("7",))})
    assert long.tables["subscriptions"].equals(wide.tables["subscriptions"])


def test_a_decimal_comma_holds_for_every_month(tmp_path):
    sheet = HEAD.replace(",", ";") + "2025-05;2025-06\ncus_1;A;eur;1.250,50;1.300\n"
    prepared = gate(tmp_path, {**DEALS, "a.csv": sheet})
    assert [r["amount_original"] for r in prepared.tables["subscriptions"].to_pylist()] == [1250.5, 1300.0]


def test_two_currencies_of_one_customer_are_converted_before_they_are_added(tmp_path):
    sheet = f"{HEAD}2025-05\ncus_1,A,usd,100\ncus_1,A,eur,100\n"
    row = gate(tmp_path, {**DEALS, "a.csv": sheet}).tables["subscriptions"].to_pylist()[0]
    assert (row["recurring_amount"], row["amount_original"], row["currency"]) == (210.0, None, None)


def test_a_currency_without_a_rate_is_refused(tmp_path):
    assert refused(tmp_path, REPORTS) == (
        "subscriptions: every amount must be convertible to USD; found 1 of 6 that are not (JPY in 1 row). Add what "
        "one unit is worth in USD to company.yml:\n  rates:\n    JPY: TODO"
    )


def test_rows_without_customer_or_amount_are_counted(tmp_path):
    sheet = "Customer ID,Customer,Currency,Month,MRR\n,A,usd,2025-05,5\ncus_1,A,usd,2025-05,\ncus_2,B,usd,2025-05,7\n"
    prepared = gate(tmp_path, {**DEALS, "a.csv": sheet})
    assert left_out(prepared) == [("a.csv", "no amount", 1), ("a.csv", "no customer", 1)] and balanced(prepared)


def test_a_month_that_is_none_is_refused(tmp_path):
    sheet = "Customer ID,Customer,Currency,Month,MRR\ncus_1,A,usd,Q2 2025,5\ncus_2,B,usd,2025-05,7\n"
    assert refused(tmp_path, {"a.csv": sheet}) == (
        "a.csv: every row must be of a month; found 1 of 2 that are of none (e.g. Q2 2025). Write it as 2025-05."
    )


@pytest.mark.parametrize(
    ("changes", "monthly"),
    [
        ({"Quantity": "10"}, 490.0),
        ({"Quantity": ""}, 49.0),
        ({"Interval": "year", "Current Period End (UTC)": "2026-06-10 10:00", "Amount": "24000.00"}, 2000.0),
        ({"Interval": "3 months", "Current Period End (UTC)": "2025-09-10 10:00", "Amount": "300"}, 100.0),
        ({"Interval": "quarterly", "Current Period End (UTC)": "2025-09-10 10:00", "Amount": "300"}, 100.0),
        ({"Interval": "month", "Current Period End (UTC)": "2025-12-10 10:00", "Amount": "600"}, 100.0),
        ({"Interval": "week", "Current Period End (UTC)": "2025-06-17 10:00", "Amount": "12"}, 52.0),
        ({"Currency": "eur"}, 53.9),
    ],
)
def test_prices_are_brought_to_a_month(tmp_path, changes, monthly):
    assert paid(gate(tmp_path, {**DEALS, "s.csv": subs(changes)}))[-1] == ("cus_1", "2025-06", "active", monthly)


@pytest.mark.parametrize(
    ("changes", "months"),
    [
        ({}, "04 active 49|05 active 49|06 active 49"),
        ({"Status": "canceled", "Ended At (UTC)": "2025-06-10 10:00"}, "04 active 49|05 active 49"),
        ({"Status": "past_due"}, "04 active 49|05 active 49|06 past_due 0"),
        ({"Status": "unpaid", **IN_MAY}, "04 active 49|05 past_due 0|06 past_due 0"),
        ({"Status": "paused"}, "04 active 49|05 active 49|06 paused 0"),
        ({"Trial End (UTC)": "2025-05-10 10:00"}, "04 trialing 0|05 active 49|06 active 49"),
        ({"Status": "trialing", "Trial End (UTC)": "2025-07-09 10:00"}, "04 trialing 0|05 trialing 0|06 trialing 0"),
        ({"Status": "Trialing"}, "04 trialing 0|05 trialing 0|06 trialing 0"),
        ({"Start (UTC)": "2025-05-01 02:00"}, "04 active 49|05 active 49|06 active 49"),
    ],
)  # fmt: skip
def test_each_month_has_the_status_at_its_end(tmp_path, changes, months):
    found = paid(gate(tmp_path, {**DEALS, "s.csv": subs(changes, {})}), customer_id="cus_1")
    assert "|".join(f"{month[-2:]} {status} {amount:.0f}" for _, month, status, amount in found) == months


def test_subscriptions_without_a_month_are_counted(tmp_path):
    ended = {"Status": "canceled", "Ended At (UTC)": "2025-04-20 10:00"}
    prepared = gate(tmp_path, {**DEALS, "s.csv": subs({}, ended, {"Start (UTC)": ""}, {"Status": "canceled"})})
    assert left_out(prepared) == [
        ("s.csv", "began and ended within a month, or ended without a date", 2),
        ("s.csv", "no start", 1),
    ]
    assert balanced(prepared)


def test_a_subscription_of_no_customer_is_left_out_whatever_its_state(tmp_path):
    late = {"Status": "past_due"}
    prepared = gate(tmp_path, {**DEALS, "s.csv": subs(late, {"Customer ID": "", **late}, {"Customer ID": ""})})
    assert {name for name, *_ in paid(prepared)} == {"cus_1"}
    assert left_out(prepared) == [("s.csv", "no customer", 2)]
    assert said(prepared)[0] == (
        "subscriptions: 1 customer with a late payment in 2025-06 (e.g. cus_1), $49 a month: left out, as "
        "subscriptions.past_due in company.yml says"
    )
    assert balanced(prepared)


def test_the_later_of_two_lists_tells_what_a_subscription_is(tmp_path):
    early = subs({"Amount": "40.00"})
    late = subs({}, {"Start (UTC)": "2025-07-03 10:00", "Current Period Start (UTC)": "2025-07-03 10:00"})
    for first, second in (("a.csv", "b.csv"), ("b.csv", "a.csv")):
        prepared = gate(tmp_path / first, {**DEALS, first: early, second: late})
        assert paid(prepared)[0] == ("cus_1", "2025-04", "active", 49.0)
        assert left_out(prepared) == [(first, "same record in another file", 1)] and balanced(prepared)


API = (
    "id,customer,status,quantity,currency,interval,interval_count,unit_amount,start_date,current_period_start,"
    "current_period_end\nsub_1,cus_1,active,2,usd,year,1,{usd},2025-04-10 10:00:00,2025-04-10 10:00:00,"
    "2026-04-10 10:00:00\nsub_2,cus_2,active,1,jpy,month,1,5000,2025-04-10 10:00:00,2025-04-10 10:00:00,"
    "2025-05-10 10:00:00\nsub_3,cus_3,active,1,kwd,month,3,3000,2025-04-10 10:00:00,2025-04-10 10:00:00,"
    "2025-07-10 10:00:00\n"
)


def test_tables_of_an_api_are_in_the_smallest_unit(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "a.csv": API.format(usd=120000)}, rates={"JPY": 0.01, "KWD": 3.0})
    assert [row[3] for row in paid(prepared)] == [200.0, 50.0, 3.0]
    assert file_audit(prepared, "a.csv").route == "api"


def test_decimals_in_tables_of_an_api_are_refused(tmp_path):
    assert refused(tmp_path, {"a.csv": API.format(usd="1200.50")}, rates={"JPY": 0.01, "KWD": 3.0}) == (
        "a.csv: amounts of subscriptions (API) must be whole cents; found 1 of 3 with decimals (e.g. 1200.5). If they "
        "are whole units of currency, describe the file in systems/ beside company.yml."
    )


def test_customers_are_joined_to_their_accounts_by_the_list_of_customers(tmp_path):
    listed = "id,Name,Delinquent,account_id (metadata)\ncus_1,Acme Inc,false,0018d00000Ac0Az\ncus_9,X,false,\n"
    prepared = gate(tmp_path, {**DEALS, "a.csv": report(("5",), ("7",)), "c.csv": listed})
    found = {r["customer_id"]: r["account_id"] for r in prepared.tables["subscriptions"].to_pylist()}
    assert found == {"cus_1": "0018d00000Ac0Az", "cus_2": None} and balanced(prepared)


def accounts_of(prepared):
    """Return the account of each customer, and what is said of all of them."""
    found = {r["customer_id"]: r["account_id"] for r in prepared.tables["subscriptions"].to_pylist()}
    told = [line for file in prepared.audit.files for line in file.decisions if "by their account id" in line]
    return list(found.values()), told


ACCOUNTS = "Id,Name,NumberOfEmployees,CreatedDate\n0018d00000Ac0AzAAJ,Acme,5,2024-01-01 10:00:00\n"
DEAL_ACCOUNTS = {"deals.csv": rows({"Account ID": "0018d00000Ac0Az"})}


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("0018d00000Ac0AzAAJ", "0018d00000Ac0Az"),
        ("0018d00000Ac0Az", "0018d00000Ac0Az"),
        ("0018d00000ac0azaaj", "0018d00000ac0azaaj"),  # case lost: the checksum no longer fits
        ("0018d00000Ac0AzAAK", "0018d00000Ac0AzAAK"),
        ("0068d00000AbCdEAAV", "0068d00000AbCdEAAV"),  # an opportunity
        ("4711", "4711"),
        ("acct_18_characters", "acct_18_characters"),
    ],
)
def test_account_ids_of_18_characters_are_those_of_the_accounts(tmp_path, written, account):
    listed = f"id,Name,Delinquent,account_id (metadata)\ncus_1,Acme Inc,false,{written}\ncus_9,X,false,\n"
    files = {**DEAL_ACCOUNTS, "accounts.csv": ACCOUNTS, "a.csv": report(("5",), ("7",)), "c.csv": listed}
    prepared = gate(tmp_path, files)
    is_known = account == "0018d00000Ac0Az"
    assert accounts_of(prepared) == (
        [account, None],
        [f"{int(is_known)} of 2 customers ({50 * is_known}%) are found among the accounts by their account id; 1 "
         "without one"],
    )  # fmt: skip
    assert [line for line in said(prepared) if "name an account" in line] == (
        []
        if is_known
        else [
            f"subscriptions: 1 of 2 customers name an account that no file of accounts holds (e.g. {account}): correct "
            "the ids, or export all accounts"
        ]
    )
    assert balanced(prepared)


def test_both_lengths_of_one_account_id_are_one_account(tmp_path):
    """The list of customers has one form, that of subscriptions the other; accounts are those of the deals."""
    listed = "id,Name,Delinquent,account_id (metadata)\ncus_1,Acme Inc,false,0018d00000Ac0AzAAJ\n"
    told = subs({"account_id (metadata)": "0018d00000Ac0Az"}, {"account_id (metadata)": "0018d00000Ac0AzAAJ"})
    prepared = gate(tmp_path, {**DEAL_ACCOUNTS, "s.csv": told, "c.csv": listed})
    assert accounts_of(prepared) == (
        ["0018d00000Ac0Az", "0018d00000Ac0Az"],
        ["2 of 2 customers (100%) are found among the accounts of opportunities by their account id; 0 without one"],
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"Status": "zombie"},
            "s.csv: every status must be one of active, past_due, unpaid, trialing, canceled, paused, incomplete, "
            "incomplete_expired; found 1 of 3 subscriptions with another (e.g. zombie). Correct the export.",
        ),
        (
            {"Interval": "moon"},
            "s.csv: every interval must be one of day, week, month, quarter, year; found 1 of 3 subscriptions with "
            "another (e.g. moon). Correct the export.",
        ),
        (
            {"Current Period Start (UTC)": "2035-06-10 10:00"},
            "s.csv: starts and ends must not lie ahead; found 2035-06-10, and 2025-06-10 the latest before it. Correct "
            "that row.",
        ),
        (
            {"Currency": "chf"},
            "subscriptions: every amount must be convertible to USD; found 3 of 9 that are not (CHF in 3 rows). Add "
            "what one unit is worth in USD to company.yml:\n  rates:\n    CHF: TODO",
        ),
    ],
)
def test_subscriptions_that_cannot_be_read_are_refused(tmp_path, changes, message):
    assert refused(tmp_path, {"s.csv": subs(changes, {}, {})}) == message


@given(order=st.randoms(use_true_random=False), data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_and_columns_does_not_matter(tmp_path_factory, order: random.Random, data):
    files = {**REPORTS, **LIST}
    shuffled = {}
    for name, path in files.items():
        table = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        columns = data.draw(st.permutations(range(len(table[0]))))
        body = table[1:]
        order.shuffle(body)
        out = io.StringIO()
        csv.writer(out).writerows([row[place] for place in columns] for row in [table[0], *body])
        shuffled[name] = out.getvalue()
    one, two = (gate(tmp_path_factory.mktemp("s"), {**DEALS, **each}, rates=RATES) for each in (files, shuffled))
    assert one.tables["subscriptions"].equals(two.tables["subscriptions"])
    assert one.audit.warnings == two.audit.warnings

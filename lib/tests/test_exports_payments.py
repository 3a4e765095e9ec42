"""The gate on Stripe's payments: what was paid and kept, in every layout, and what is left out with its amount."""

import pytest
from gate import balanced, file_audit, gate, left_out, rows

from revops.errors import ExportError

UNIFIED = """\
id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Amount Refunded,Converted Currency,Description,Fee,Mode,Status,Customer ID,Customer Email,Disputed Amount,Dispute Status,Invoice ID,UTM Campaign,UTM Medium,UTM Source
ch_1,2025-07-01 10:00,"1,200.00",0.00,usd,true,"1,200.00",0.00,usd,Plan,35.10,Live,Paid,cus_1,ann@acme.com,,,in_1,Spring%20sale,cpc,LinkedIn
ch_2,2025-07-02 10:00,100.00,40.00,eur,true,111.00,44.40,usd,Plan,3.20,Live,Paid,cus_2,bob@beta.com,,,,,,
ch_3,2025-07-03 10:00,300.00,300.00,usd,true,300.00,300.00,usd,Plan,9.00,Live,Refunded,cus_3,,,,,,,
ch_4,2025-07-04 10:00,500.00,0.00,usd,false,500.00,0.00,usd,Plan,0.00,Live,Failed,cus_3,,,,,,,
ch_5,2025-07-05 10:00,70.00,0.00,usd,false,70.00,0.00,usd,Plan,0.00,Live,Paid,cus_3,,,,,,,
ch_6,2025-07-06 10:00,90.00,0.00,usd,true,90.00,0.00,usd,Plan,0.00,Live,Paid,cus_3,,90.00,lost,,,,
ch_7,2025-07-07 10:00,80.00,0.00,usd,true,80.00,0.00,usd,Plan,0.00,Live,Paid,cus_3,,80.00,won,,,,
ch_8,2025-07-08 10:00,60.00,0.00,usd,true,60.00,0.00,usd,Plan,0.00,Test,Paid,cus_3,,,,,,,
"""  # noqa: E501
OLD = """\
id,Description,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,Converted Amount Refunded,Fee,Converted Currency,Status,Statement Descriptor,Customer ID,Captured,Invoice ID,utm_source (metadata)
ch_1,Plan,2025-07-01 10:00,1200.00,0.00,usd,1200.00,0.00,35.10,usd,Paid,NORTHWIND,cus_1,TRUE,in_1,news+letter
"""  # noqa: E501


def paid(folder, *files, **changes):
    """Return what the gate makes of payment exports beside one deal."""
    named = {f"paid{n}.csv" if n else "paid.csv": file for n, file in enumerate(files)}
    return gate(folder, {"deals.csv": rows({}), **named}, **changes)


def amounts(prepared):
    return {row["payment_id"]: row["paid_amount"] for row in prepared.tables["payments"].to_pylist()}


def test_what_was_paid_and_not_given_back_is_kept_and_the_rest_counted_with_its_amount(tmp_path):
    prepared = paid(tmp_path, UNIFIED)
    assert amounts(prepared) == {"ch_1": 1200.0, "ch_2": 66.6, "ch_7": 80.0}
    told = {(item.reason, item.n, item.amount) for item in prepared.audit.left_out}
    assert told == {
        ("refunded", 1, 300.0), ("failed", 1, 500.0), ("not captured", 1, 70.0), ("disputed", 1, 90.0),
        ("test mode", 1, 60.0),
    }  # fmt: skip
    assert file_audit(prepared, "paid.csv").decisions[-1] == "$44 refunded of 1 payment, taken off"
    assert balanced(prepared)


def test_a_row_holds_its_customer_invoice_money_and_utm_values_and_no_e_mail_address(tmp_path):
    first, second, _ = paid(tmp_path, UNIFIED).tables["payments"].to_pylist()
    assert f"{first.pop('paid_at'):%Y-%m-%d %H:%M}" == "2025-07-01 06:00"  # UTC on the clock of New York
    assert first == {
        "payment_id": "ch_1", "customer_id": "cus_1", "invoice_id": "in_1", "paid_amount": 1200.0,
        "amount_original": 1200.0, "currency": "USD", "utm_source": "LinkedIn", "utm_medium": "cpc",
        "utm_campaign": "Spring sale",
    }  # fmt: skip
    assert (second["amount_original"], second["currency"], second["utm_source"]) == (60.0, "EUR", None)


@pytest.mark.parametrize(
    "text",
    [
        OLD,
        OLD.replace("Created (UTC)", "Created").replace("Statement Descriptor", "Statement Description"),
        OLD.replace("Created (UTC)", "Created date (UTC)"),
        OLD.replace("2025-07-01 10:00", "2025-07-01T10:00:00Z").replace("1200.00", '"1,200.00"'),
    ],
    ids=["old", "older", "dates", "iso"],
)
def test_older_layouts_give_the_same(tmp_path, text):
    (row,) = paid(tmp_path, text).tables["payments"].to_pylist()
    assert (row["paid_amount"], row["utm_source"], row["paid_at"].hour) == (1200.0, "news letter", 6)


def test_charges_of_the_api_are_in_cents_and_yen_have_none(tmp_path):
    charges = (
        "id,created,amount,amount_refunded,currency,status,captured,disputed,customer,metadata.utm_source\n"
        "ch_1,2025-07-01 10:00:00,120000,0,usd,succeeded,true,false,cus_1,google\n"
        "ch_2,2025-07-02 10:00:00,5000,1000,jpy,succeeded,true,false,cus_2,\n"
        "ch_3,2025-07-03 10:00:00,777,0,usd,failed,true,false,cus_2,\n"
        "ch_4,2025-07-04 10:00:00,888,0,usd,succeeded,true,true,cus_2,\n"
    )
    prepared = paid(tmp_path, charges, rates={"JPY": 0.01})
    found = {row["payment_id"]: (row["paid_amount"], row["amount_original"]) for row in
             prepared.tables["payments"].to_pylist()}  # fmt: skip
    assert found == {"ch_1": (1200.0, 1200.0), "ch_2": (40.0, 4000.0)}
    assert {(item.reason, item.amount) for item in prepared.audit.left_out} == {("failed", 7.77), ("disputed", 8.88)}
    assert balanced(prepared)


def test_of_two_exports_of_a_payment_the_later_state_counts(tmp_path):
    later = OLD.replace("1200.00,0.00,usd,1200.00,0.00", "1200.00,200.00,usd,1200.00,200.00")
    assert amounts(paid(tmp_path / "a", OLD, later)) == amounts(paid(tmp_path / "b", later, OLD)) == {"ch_1": 1000.0}
    prepared = paid(tmp_path / "c", OLD, later, OLD)
    assert sorted(reason for _, reason, _ in left_out(prepared)) == [
        "same file given twice", "same payment, in an earlier state"
    ]  # fmt: skip
    assert balanced(prepared)


def test_a_converted_amount_in_another_currency_is_not_taken_for_ours(tmp_path):
    euro = OLD.replace("usd,1200.00,0.00,35.10,usd", "eur,1100.00,0.00,35.10,chf")
    assert amounts(paid(tmp_path, euro)) == {"ch_1": 1320.0}


def test_two_amounts_of_one_payment_are_refused_with_what_they_are_apart(tmp_path):
    with pytest.raises(ExportError) as caught:
        paid(tmp_path, OLD, OLD.replace("1200.00", "1250.00"))
    assert str(caught.value) == (
        "paid.csv, paid1.csv: a payment must have one amount; found 1 of 1 with several (e.g. ch_1), $50 apart. Remove "
        "the copies that are out of date."
    )


def test_a_status_we_do_not_know_is_refused_with_its_amount(tmp_path):
    with pytest.raises(ExportError) as caught:
        paid(tmp_path, OLD.replace("Paid", "Frobbed"))
    assert "found 1 of 1 rows with another (e.g. Frobbed), $1,200. Correct the export." in str(caught.value)


def test_a_currency_without_a_rate_is_refused(tmp_path):
    with pytest.raises(ExportError) as caught:
        paid(tmp_path, OLD.replace("usd", "chf"))
    assert "payments: every amount must be convertible to USD; found 1 of 1 that are not (CHF in 1 row)" in str(
        caught.value
    )


BALANCE = """\
id,Type,Source,Amount,Fee,Destination Platform Fee,Net,Currency,Created (UTC),Available On (UTC),Description,Transfer
txn_1,charge,ch_1,1200.00,35.10,,1164.90,usd,2025-07-01 10:00,2025-07-03 00:00,Plan,po_1
txn_2,payout,po_1,-1164.90,0.00,,-1164.90,usd,2025-07-03 10:00,2025-07-03 00:00,STRIPE PAYOUT,
"""
ITEMISED = """\
balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description
txn_1,2025-07-01 10:00,2025-07-03 00:00,usd,1200.00,35.10,1164.90,charge,ch_1,Plan
"""
PAYOUTS = """\
id,Amount,Created (UTC),Currency,Automatic,Arrival Date (UTC),Source Type,Status,Type,Method,Description
po_1,1164.90,2025-07-03 00:18,usd,true,2025-07-04 00:00,card,paid,bank_account,standard,STRIPE PAYOUT
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BALANCE, "not read: stripe balance history. Charges and refunds are read from the payments export; fees and "
                  "payouts are not used."),
        (ITEMISED, "not read: stripe balance history. Charges and refunds are read from the payments export; fees and "
                   "payouts are not used."),
        (PAYOUTS, "not read: stripe payouts. They move money to the bank and are no revenue; charges are read from the "
                  "payments export."),
    ],
)  # fmt: skip
def test_balances_and_payouts_are_known_and_named_as_not_read(tmp_path, text, said):
    prepared = paid(tmp_path, text)
    assert prepared.audit.unrecognised == (("paid.csv", said),)
    assert "payments" not in prepared.tables

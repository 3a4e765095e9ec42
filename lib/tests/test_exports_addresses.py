"""E-mail addresses of customers and people: in no canonical table and in no word of the audit."""

import re

import pyarrow as pa
import pytest
from gate import deals, gate, rows

from revops.exports.audit import Ledger, Source
from revops.exports.reading.addresses import local_parts, without_address, without_addresses
from revops.exports.uniting.records import finish

MAIL = "jane@doe.com"


@pytest.mark.parametrize(
    ("text", "bare"),
    [(MAIL, ""), (f"Acme - {MAIL}", "Acme -"), ("jane%40doe.com", ""), ("@Scale", "@Scale"), ("2@5.000", "2@5.000")],
)
def test_an_address_is_cut_and_what_stands_around_it_kept(text, bare):
    assert without_address(text) == bare
    assert without_addresses(pa.array([text, None])).to_pylist() == [bare or None, None]


def test_an_owners_address_in_brackets_is_cut_to_its_beginning():
    assert local_parts(pa.array([f"Dana ({MAIL})"])).to_pylist() == ["Dana (jane)"]


@pytest.mark.parametrize(
    ("table", "key", "column"),
    [("subscriptions", "customer_id", "customer_name"), ("invoices", "invoice_id", "customer_name"),
     ("leads", "lead_id", "status"), ("leads", "lead_id", "lead_source"), ("accounts", "account_id", "account_name")],
)  # fmt: skip
def test_no_text_of_a_finished_table_holds_an_address(table, key, column):
    done = finish(pa.table({key: ["1", "2", "3"], column: [MAIL, f"Doe {MAIL}", "Doe"]}), table)
    assert done[column].to_pylist()[1:] == ["Doe", "Doe"] and MAIL not in str(done[column].to_pylist())


def test_a_column_that_must_be_there_says_that_an_address_stood_there():
    done = finish(pa.table({"tool_name": [MAIL]}), "tools")
    assert done["tool_name"].to_pylist() == ["(e-mail address)"]


def test_names_of_deals_lose_addresses_and_the_audit_holds_none(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": rows({"Opportunity Name": f"Renewal {MAIL}"}, {"Account Name": MAIL})})
    assert [row["account_name"] for row in deals(prepared)] == [None, None]
    assert [row["opportunity_name"] for row in deals(prepared)] == ["Renewal", "Acme - Platform"]
    assert not re.search(MAIL, str(prepared.audit)) and MAIL not in str(deals(prepared))


def test_examples_of_what_was_left_out_hold_no_address(tmp_path):
    source, ledger = Source(0, "tools.csv", "", 0), Ledger()
    ledger.leave_out(source, "no cost", 2, (MAIL, f"Tool of {MAIL}"))
    assert ledger.left_out[0].examples == ("(e-mail address)", "Tool of")

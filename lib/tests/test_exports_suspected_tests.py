"""Deals that look like tests are warned of with the line that leaves them out, and real names are not."""

import re

import pytest
import yaml
from gate import IDS, deals, gate, left_out, rows

from revops.exports.uniting.suspected_tests import LOOKS_LIKE_A_TEST


@pytest.mark.parametrize(
    "name",
    ["TEST", "test", "Test 2", "TEST deal - do not use", "Test Account 7", "Test Opportunity", "test-record",
     "Acme (test)", "[TEST] x", "Test - Acme renewal", "TEST: routing", "Testing 123", "asdf", "asdfgh", "Dummy",
     "dummy deal", "Acme DO NOT USE", "Old pricing, don't use", "test_1", "Test please ignore", "** TEST **", "(Test)"],
)  # fmt: skip
def test_what_looks_like_a_test_is_known(tmp_path, name):
    assert re.search(LOOKS_LIKE_A_TEST, name)
    [warning] = gate(tmp_path, {"deals.csv": rows({"Opportunity Name": name}, {})}, test_records={}).audit.warnings
    assert warning.startswith("opportunities: 1 of 2 looks like a test and counts all the same, with $1,000; ")


@pytest.mark.parametrize(
    "name",
    ["Test Systems GmbH", "Contest", "Testa", "Testo SE", "Contest - Renewal", "Attest", "The Latest", "Test Drive Ltd",
     "Test & Measurement Inc", "Test-Aankoop", "Protest Songs", "Load test rig for Acme", "Testing Labs Ltd",
     "Testament", "Acme - Test automation", "Dummy Systems", "Do not miss", "Greatest Deal", "Test Equity LLC"],
)  # fmt: skip
def test_real_names_are_not_taken_for_tests(tmp_path, name):
    assert not re.search(LOOKS_LIKE_A_TEST, name)
    assert gate(tmp_path, {"deals.csv": rows({"Opportunity Name": name})}, test_records={}).audit.warnings == ()


NAMED = rows(
    {"Opportunity Name": "TEST deal - do not use", "Amount": "1100000"},
    {"Opportunity Name": 'asdf "x"', "Amount": "5"},
    {"Opportunity Name": "Platform", "Account Name": "Test Account 1", "Amount": "0"},
    {"Opportunity Name": "Seats", "Account Name": "test account 2"},
    {"Account Name": "Acme"},
    base={**dict(zip(("Opportunity ID",), IDS, strict=False)), "Opportunity Name": "Acme", "Account Name": "",
          "Stage": "Qualification", "Amount": "10", "Close Date": "2025-07-15", "Created Date": "2025-03-03",
          "Lead Source": "Web", "Type": "New Business", "Opportunity Owner": "Dana Whitfield"},
)  # fmt: skip


def test_the_warning_has_count_amount_and_the_line_that_leaves_them_out(tmp_path):
    prepared = gate(tmp_path / "before", {"deals.csv": NAMED}, test_records={})
    [warning] = prepared.audit.warnings
    assert warning == (
        "opportunities: 4 of 5 look like tests and count all the same, with $1,100,015; where they are, set in "
        r'company.yml: test_records: {opportunity_name: ["TEST deal - do not use", "asdf \"x\""], '
        'account_name: ["Test Account*"]}'
    )
    assert len(deals(prepared)) == 5
    said = yaml.safe_load(warning.partition("company.yml: ")[2])
    after = gate(tmp_path / "after", {"deals.csv": NAMED}, **said)
    assert (after.audit.warnings, left_out(after)) == ((), [("deals.csv", "test record", 4)])


def test_many_names_are_counted_and_three_shown_without_addresses(tmp_path):
    names = ["Test - dana@example.com", "TEST", "dummy", "asdf", f"Test: {'x' * 90}"]
    text = rows(*({"Opportunity Name": name} for name in names))
    [warning] = gate(tmp_path, {"deals.csv": text}, test_records={}).audit.warnings
    assert warning == (
        "opportunities: 5 of 5 look like tests and count all the same, with $5,000; where they are, set in company.yml "
        '(the first 3 of 5 names): test_records: {opportunity_name: ["TEST", "Test - *@*", '
        f'"Test: {"x" * 53}*"]}}'
    )


def test_patterns_that_stand_in_company_yml_stay_in_the_line(tmp_path):
    text = rows({"Opportunity Name": "TEST"}, {"Opportunity Name": "Trial"})
    [warning] = gate(tmp_path, {"deals.csv": text}, test_records={"opportunity_name": ["Trial*"]}).audit.warnings
    assert warning.endswith('company.yml: test_records: {opportunity_name: ["Trial*", "TEST"]}')


def test_dated_copies_are_warned_of_once(tmp_path):
    text = rows({"Opportunity Name": "TEST"}, {})
    prepared = gate(tmp_path, {"2025-05-01/deals.csv": text, "2025-06-01/deals.csv": text}, test_records={})
    assert sum("look" in warning and "test" in warning for warning in prepared.audit.warnings) == 1

"""Damage that fuzzing found in files of marketing, calls and billing, each once: read rightly, or never in silence."""

import io

import openpyxl
import pytest
from gate import DEAL, balanced, deals, gate, refused, rows, warned
from people import CAMPAIGNS, LEADS, column, table
from test_exports_ads import META
from test_exports_campaigns import REPORT as CAMPAIGN
from test_exports_forecast_items import HEAD, PERIODS, USERS
from test_exports_forecast_items import TWO as TWO_ITEMS
from test_exports_leads import REPORT as LEAD
from test_exports_marketo import API, PROGRAM, SMART_LIST
from test_exports_payments import UNIFIED
from test_exports_web import FILE as WEB

TWO = rows({}, {})


def test_thousands_of_counts_are_no_decimals_whatever_sign_the_money_has(tmp_path):
    """Spend rewritten with decimal commas says nothing of 20,000 impressions: nobody counts in thousandths."""
    head = "Start Date (in UTC),Campaign Name,Campaign ID,Currency,Total Spent,Impressions,Clicks\n"
    body = '6/13/2025,Expo,1,USD,"1234,50","20,000",15\n6/14/2025,Expo,1,USD,"99,5",950,"1,015"\n'
    prepared = gate(tmp_path, {"deals.csv": TWO, "linkedin.csv": head + body})
    found = prepared.tables["spend"].to_pylist()
    assert [(r["amount"], r["impressions"], r["clicks"]) for r in found] == [(1234.5, 20000, 15), (99.5, 950, 1015)]


def test_head_counts_with_points_or_commas_are_thousands(tmp_path):
    for name, one in (("comma", "1,200"), ("point", "1.200"), ("space", "1 200")):
        text = table({"No. of Employees": one}, {"Lead ID": LEADS[1], "No. of Employees": "80"}, base=LEAD)
        prepared = gate(tmp_path / name, {"deals.csv": TWO, "leads.csv": text})
        assert column(prepared, "employees", "leads") == [1200.0, 80.0]


def test_counts_with_both_signs_are_refused(tmp_path):
    head = "Start Date (in UTC),Campaign Name,Campaign ID,Currency,Total Spent,Impressions\n"
    body = '6/13/2025,Expo,1,USD,10.50,"20,000"\n6/14/2025,Expo,1,USD,9.50,1.2345\n6/15/2025,Expo,1,USD,9.5,"3,5"\n'
    assert refused(tmp_path, {"deals.csv": TWO, "linkedin.csv": head + body}) == (
        "linkedin.csv, column Impressions: must have one decimal sign throughout; found 1 row with a point and 1 with "
        "a comma, of 3 (e.g. 1.2345, 3,5). Export it again in one format, or correct those rows."
    )


def test_names_and_ids_written_as_formulas_are_their_text(tmp_path):
    text = rows({"Opportunity Owner": "Sam Lee"}, {}).replace("Sam Lee", '"=""Sam Lee"""')
    assert [deal["owner_id"] for deal in deals(gate(tmp_path / "name", {"deals.csv": text}))] == [
        "Sam Lee", "Dana Whitfield"
    ]  # fmt: skip
    people = SMART_LIST.replace('"10', '"=""10').replace('","Ann', '""","Ann').replace('","Bob', '""","Bob')
    people = people.replace('","Cy', '""","Cy').replace('","Dee', '""","Dee')
    prepared = gate(tmp_path / "id", {"deals.csv": TWO, "people.csv": people})
    assert column(prepared, "lead_id", "leads") == ["101", "102", "103", "104"]


def test_an_apostrophe_before_every_cell_is_dropped(tmp_path):
    text = table({"Lead Status": "'Open"}, {"Lead ID": LEADS[1], "Lead Status": "'Working"}, base=LEAD)
    prepared = gate(tmp_path, {"deals.csv": TWO, "leads.csv": text})
    assert column(prepared, "status", "leads") == ["Open", "Working"]


def test_a_stray_quote_in_a_name_or_an_id_is_warned_of(tmp_path):
    text = rows({"Owner Role": "AE", "Opportunity Owner": "Dana"}, {}).replace("Dana,", 'Da"na,')
    assert warned(gate(tmp_path / "name", {"deals.csv": text})) == (
        '1 cell of Opportunity Owner with a stray quote (e.g. Da"na)',
    )
    paid = UNIFIED.replace("ch_7,", 'ch"_7,')
    prepared = gate(tmp_path / "id", {"deals.csv": TWO, "paid.csv": paid})
    assert '1 cell of id with a stray quote (e.g. ch"_7)' in warned(prepared, "paid.csv")


@pytest.mark.parametrize("header", ["amount spent (eur)", "\u201cAmount spent (EUR)\u201d", "AMOUNT SPENT (EUR) "])
def test_the_currency_in_a_header_is_read_in_any_case_and_between_quotes(tmp_path, header):
    prepared = gate(tmp_path, {"deals.csv": TWO, "meta.csv": META.replace("Amount spent (EUR)", header)})
    assert {row["currency"] for row in prepared.tables["spend"].to_pylist()} == {"EUR"}


def test_blank_rows_in_web_traffic_end_no_table(tmp_path):
    lines = WEB.splitlines(keepends=True)
    head = next(n for n, line in enumerate(lines) if line.startswith("Date,"))
    blank = [*lines[: head + 1], ",,,,,\n", lines[head + 1], "\n", *lines[head + 2 :]]
    whole = gate(tmp_path / "whole", {"deals.csv": TWO, "web.csv": WEB})
    parted = gate(tmp_path / "parted", {"deals.csv": TWO, "web.csv": "".join(blank)})
    assert parted.tables["web_traffic"].num_rows == 4
    assert parted.tables["web_traffic"].equals(whole.tables["web_traffic"])


def test_attributes_of_activities_that_cannot_be_read_are_refused(tmp_path):
    text = PROGRAM.replace('"{""New Status"":""Attended"",""Success"":true}"', "Attended")
    assert refused(tmp_path, {"deals.csv": TWO, "people.csv": API, "activities.csv": text}) == (
        "activities.csv, column attributes: must hold JSON in braces, as Marketo writes it; found 1 of 2 cells that "
        "are not. Export it again, and do not open it elsewhere."
    )


def test_formulas_that_nobody_has_calculated_are_refused(tmp_path):
    book = openpyxl.Workbook()
    for row in ([*DEAL], [*{**DEAL, "Amount": "=500*2"}.values()]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert refused(tmp_path, {"deals.xlsx": out.getvalue()}) == (
        "deals.xlsx: every formula must have been calculated; found 1 that never were. Open the workbook in Excel and "
        "save it, or export it as CSV."
    )


def test_forecasting_items_of_one_day_in_two_files_are_warned_of(tmp_path):
    files = {"a.csv": HEAD + "".join(TWO_ITEMS.splitlines(True)[:2]), "b.csv": HEAD + TWO_ITEMS.splitlines(True)[2]}
    prepared = gate(tmp_path, {"deals.csv": TWO, "Period.csv": PERIODS, "User.csv": USERS, **files})
    assert (
        "a.csv: 2 files hold forecasting items of 2025-06-13 (e.g. a.csv, b.csv): each is read by itself, so that the "
        "call of a manager whose people are in another file is left out. Export them as one file."
    ) in prepared.audit.warnings
    assert balanced(prepared)


UNSAID = "deals.csv: nothing says the currency of 2 amounts, $2,000 in all if taken as USD, as done; but {}. Add the "
UNSAID += "column of the currency to the export."


def test_amounts_without_a_currency_beside_files_of_the_system_with_others_are_warned_of(tmp_path):
    campaigns = table({}, base=CAMPAIGN)
    prepared = gate(tmp_path, {"deals.csv": TWO, "campaigns.csv": campaigns})
    assert UNSAID.format("other files of salesforce have amounts in EUR") in prepared.audit.warnings
    assert gate(tmp_path / "alone", {"deals.csv": TWO, "meta.csv": META}).audit.warnings == ()


def test_a_copy_without_the_currency_column_that_others_have_is_warned_of(tmp_path):
    older = rows({"Amount Currency": "EUR"}, {"Amount Currency": "USD"})
    files = {"2025-06-01/deals.csv": older, "2025-06-08/deals.csv": TWO}
    said = UNSAID.replace("deals.csv", "2025-06-08/deals.csv", 1)
    said = said.format("other files of opportunities name currencies (e.g. 2025-06-01/deals.csv)")
    assert said in gate(tmp_path, files).audit.warnings


def test_a_copy_without_the_converted_amounts_that_others_have_is_warned_of(tmp_path):
    both = {"Amount Currency": "EUR", "Amount (converted) Currency": "USD", "Amount (converted)": "1150.00"}
    bare = {"Amount Currency": "EUR"}
    files = {"2025-06-01/deals.csv": rows(both, both), "2025-06-08/deals.csv": rows(bare, bare)}
    assert (
        "2025-06-08/deals.csv: 2 amounts in another currency than USD converted by the rates of company.yml, since it "
        "lacks the converted amounts that other files have (e.g. 2025-06-01/deals.csv). Export it with that column."
    ) in gate(tmp_path, files).audit.warnings


HOSTILE = ("=cmd|' /C calc'!A0", '<script>alert("x")</script>', "@SUM(1+1)", "Two\nlines", "-2+3")


def test_hostile_names_of_leads_and_campaigns_stay_text(tmp_path):
    leads = table(*({"Lead ID": LEADS[n], "Company / Account": text} for n, text in enumerate(HOSTILE)), base=LEAD)
    campaigns = table(
        *({"Campaign ID": CAMPAIGNS[n], "Campaign Name": text} for n, text in enumerate(HOSTILE)), base=CAMPAIGN
    )
    prepared = gate(tmp_path, {"deals.csv": TWO, "leads.csv": leads, "campaigns.csv": campaigns})
    assert column(prepared, "account_name", "leads") == [*HOSTILE]
    assert column(prepared, "campaign_name", "campaigns") == [*HOSTILE]
    assert balanced(prepared)

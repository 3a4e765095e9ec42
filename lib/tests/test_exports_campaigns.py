"""The gate on Salesforce campaigns: dates that stay their day, parents, and costs in the company's currency."""

import datetime as dt

import pytest
from gate import IDS, WEEKLY, balanced, file_audit, gate, left_out, rows
from people import CAMPAIGNS, long, records, table

from revops.errors import ExportError

API = {
    "Id": long(CAMPAIGNS[0]), "IsDeleted": "0", "Name": "Webinar", "ParentId": "000000000000000AAA",
    "Type": "Webinar", "StartDate": "2025-01-15 00:00:00", "EndDate": "", "ActualCost": "1000", "BudgetedCost": "5",
}  # fmt: skip
REPORT = {
    "Campaign ID": CAMPAIGNS[0], "Campaign Name": "Webinar", "Type": "Webinar", "Parent Campaign": "Spring",
    "Parent Campaign ID": CAMPAIGNS[1], "Start Date": "1/15/2025", "End Date": "1/31/2025",
    "Actual Cost Currency": "EUR", "Actual Cost": "1,000.00",
}  # fmt: skip
COST = ("campaign_id", "actual_cost_amount", "amount_original", "currency")


def campaigns(tmp_path, *changes, base=API, **settings):
    return gate(tmp_path, {"deals.csv": rows({}), "campaigns.csv": table(*changes, base=base)}, **settings)


def test_the_example_gives_the_figures_that_are_known_of_it(tmp_path):
    prepared = gate(tmp_path, {"Campaign.csv": WEEKLY / "Campaign.csv", "Opportunity.csv": WEEKLY / "Opportunity.csv"})
    audit = file_audit(prepared, "Campaign.csv")
    assert (audit.table, audit.rows_read, audit.rows_kept, audit.currencies) == ("campaigns", 6, 6, ("USD",))
    found = records(prepared, "campaigns", *COST, "start_date", "end_date", "parent_campaign_id")
    assert found == [(key, 4875.5, 4875.5, "USD", dt.datetime(2024, 12, 1), None, None) for key in CAMPAIGNS[:6]]
    types = [kind for (kind,) in records(prepared, "campaigns", "campaign_type")]
    assert types == ["Webinar", "Other", "Other", "Other", "Other", "Other"]
    assert balanced(prepared)


def test_costs_of_the_report_are_converted(tmp_path):
    prepared = campaigns(tmp_path, {}, base=REPORT)
    assert records(prepared, "campaigns", *COST, "parent_campaign_id", "end_date") == [
        (CAMPAIGNS[0], 1100.0, 1000.0, "EUR", CAMPAIGNS[1], dt.datetime(2025, 1, 31))
    ]


def test_the_converted_column_wins_over_the_rate(tmp_path):
    base = {**REPORT, "Actual Cost (converted) Currency": "USD", "Actual Cost (converted)": "1,150.00"}
    assert records(campaigns(tmp_path, {}, base=base), "campaigns", *COST) == [(CAMPAIGNS[0], 1150.0, 1000.0, "EUR")]


def test_costs_without_a_rate_are_refused(tmp_path):
    with pytest.raises(ExportError) as caught:
        campaigns(tmp_path, {"Actual Cost Currency": "CHF"}, {"Campaign ID": CAMPAIGNS[1]}, base=REPORT)
    assert str(caught.value) == (
        "campaigns, actual cost: every amount must be convertible to USD; found 1 of 2 that are not (CHF in 1 row). "
        "Add what one unit is worth in USD to company.yml:\n  rates:\n    CHF: TODO"
    )


def test_blank_costs_stay_blank_and_deleted_campaigns_go(tmp_path):
    prepared = campaigns(
        tmp_path,
        {"ActualCost": ""},
        {"Id": long(CAMPAIGNS[1]), "ActualCost": "0"},
        {"Id": long(CAMPAIGNS[2]), "IsDeleted": "1"},
    )
    assert records(prepared, "campaigns", "campaign_id", "actual_cost_amount") == [
        (CAMPAIGNS[0], None),
        (CAMPAIGNS[1], 0.0),
    ]
    assert left_out(prepared) == [("campaigns.csv", "deleted in the system (IsDeleted)", 1)]


def test_both_forms_together_are_one_campaign(tmp_path):
    files = {"deals.csv": rows({}), "Campaign.csv": table({}, base=API), "report.csv": table({}, base=REPORT)}
    prepared = gate(tmp_path, files)
    assert records(prepared, "campaigns", *COST, "parent_campaign_id") == [(CAMPAIGNS[0], 1000.0, 1000.0, "USD", None)]
    assert left_out(prepared) == [("report.csv", "same record in another file", 1)]
    assert balanced(prepared)


def test_deals_of_a_file_with_and_one_without_a_currency_are_read_together(tmp_path):
    prepared = gate(tmp_path, {"a.csv": rows({}), "b.csv": rows({"Opportunity ID": IDS[1], "Amount Currency": "EUR"})})
    assert records(prepared, "opportunities", "opportunity_id", "amount", "currency") == [
        (IDS[0], 1000.0, "USD"),
        (IDS[1], 1100.0, "EUR"),
    ]

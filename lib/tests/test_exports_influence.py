"""The gate on campaign influence: one model at a time, money in the company's currency, never more than once."""

import pytest
from gate import IDS, balanced, file_audit, gate, left_out, rows
from people import CAMPAIGNS, CONTACTS, long, records, table

from revops.errors import ExportError

MODELS = ("03V8d00000MAbcd", "03V8d00000MAbcD")
API = {
    "Id": long("0bD8d00000IAbcd"), "Name": "CI-0001", "OpportunityId": long(IDS[0]), "CampaignId": long(CAMPAIGNS[0]),
    "ContactId": long(CONTACTS[0]), "Influence": "50", "RevenueShare": "500", "ModelId": long(MODELS[0]),
    "IsAdjusted": "0",
}  # fmt: skip
REPORT = {
    "Campaign Name": "Webinar", "Campaign ID": CAMPAIGNS[0], "Opportunity Name": "Acme", "Opportunity ID": IDS[0],
    "Contact ID": CONTACTS[0], "Stage": "Qualification", "Close Date": "7/15/2025", "Created Date": "3/24/2025",
    "Amount": "1000", "Campaign Influence Model": "First Touch", "Influence (%)": "100.00%",
    "Revenue Share Currency": "EUR", "Revenue Share": "1000",
}  # fmt: skip
SHARE = ("opportunity_id", "campaign_id", "contact_id", "model", "influence_share", "influenced_amount")
TWO = ({}, {"CampaignId": long(CAMPAIGNS[1])}, {"ModelId": long(MODELS[1]), "Influence": "100", "RevenueShare": "1000"})


def influence(tmp_path, *changes, base=API, deals=({}, {}), more=None, **settings):
    files = {"deals.csv": rows(*deals), "influence.csv": table(*changes, base=base), **(more or {})}
    return gate(tmp_path, files, **settings)


def refusal(tmp_path, *changes, **settings):
    with pytest.raises(ExportError) as caught:
        influence(tmp_path, *changes, **settings)
    return str(caught.value)


def test_the_only_model_is_taken_and_said(tmp_path):
    prepared = influence(tmp_path, {}, {"CampaignId": long(CAMPAIGNS[1]), "ContactId": ""})
    assert records(prepared, "campaign_influence", *SHARE) == [
        (IDS[0], CAMPAIGNS[0], CONTACTS[0], MODELS[0], 0.5, 500.0),
        (IDS[0], CAMPAIGNS[1], None, MODELS[0], 0.5, 500.0),
    ]
    assert file_audit(prepared, "influence.csv").decisions == (
        "Influence: percent, divided by 100",
        f"influence: {MODELS[0]} is the only model; taken",
    )
    assert balanced(prepared)


def test_several_models_are_refused_and_never_added_up(tmp_path):
    assert refusal(tmp_path, *TWO) == (
        f"influence.csv: the influence of one model can be read at a time; found 2 models: {MODELS[1]} with 1 row and "
        f"$1,000; {MODELS[0]} with 2 rows and $1,000. Say in company.yml which one counts (one of these lines):\n"
        f"  exports:\n    influence_model: {MODELS[1]}\n    influence_model: {MODELS[0]}"
    )


@pytest.mark.parametrize("word", [MODELS[0], long(MODELS[0])])
def test_the_model_that_company_yml_names_counts(tmp_path, word):
    prepared = influence(tmp_path, *TWO, exports={"influence_model": word})
    assert [row[3:] for row in records(prepared, "campaign_influence", *SHARE)] == [(MODELS[0], 0.5, 500.0)] * 2
    assert left_out(prepared) == [("influence.csv", "of another influence model", 1)]
    assert [(item.reason, item.amount) for item in prepared.audit.left_out] == [("of another influence model", 1000.0)]
    assert file_audit(prepared, "influence.csv").decisions[-1] == (
        f"influence: {MODELS[0]} counts, as company.yml says"
    )
    assert balanced(prepared)


def test_a_model_is_named_in_any_case(tmp_path):
    changes = ({}, {"Campaign Influence Model": "Even", "Influence (%)": "50.00%", "Revenue Share": "500"})
    prepared = influence(tmp_path, *changes, base=REPORT, exports={"influence_model": "first touch"})
    assert records(prepared, "campaign_influence", *SHARE, "amount_original", "currency") == [
        (IDS[0], CAMPAIGNS[0], CONTACTS[0], "First Touch", 1.0, 1100.0, 1000.0, "EUR")
    ]


def test_a_model_that_is_not_there_is_refused(tmp_path):
    assert refusal(tmp_path, {}, exports={"influence_model": "Even"}) == (
        f"company.yml, exports.influence_model: must be one of the models in influence.csv; found Even. There is: "
        f"{MODELS[0]} with 1 row and $500. Say in company.yml which one counts:\n  exports:\n"
        f"    influence_model: {MODELS[0]}"
    )


def test_rows_without_a_model_are_one_of_their_own(tmp_path):
    said = refusal(tmp_path, {"ModelId": ""}, {})
    assert said.startswith(
        "influence.csv: the influence of one model can be read at a time; found 2 models: (no model said) with 1 row "
        f"and $500; {MODELS[0]} with 1 row and $500. Add the column of the model to the export where it is missing."
    )


def test_rows_that_say_no_model_and_more_than_the_whole_are_refused(tmp_path):
    base = {name: cell for name, cell in REPORT.items() if name != "Campaign Influence Model"}
    assert refusal(tmp_path, {}, {"Campaign ID": CAMPAIGNS[1]}, base=base) == (
        "influence.csv: rows must say their model of influence; found none said, and shares that add up to more than "
        f"100 % for 1 of 1 opportunity (e.g. {IDS[0]}), as where several models stand together. Add the column of the "
        "model to the export."
    )


def test_a_model_is_asked_for_and_none_is_said(tmp_path):
    base = {name: cell for name, cell in REPORT.items() if name != "Campaign Influence Model"}
    assert refusal(tmp_path, {}, base=base, exports={"influence_model": "Even"}) == (
        "company.yml, exports.influence_model: must be one of the models in influence.csv; found Even. There is: (no "
        "model said) with 1 row and $1,100. Add the column of the model to the export where it is missing."
    )


def test_the_report_is_no_opportunities_file(tmp_path):
    prepared = influence(tmp_path, {}, base=REPORT)
    assert file_audit(prepared, "influence.csv").table == "campaign_influence"
    assert prepared.tables["opportunities"].num_rows == 2


def test_names_and_ids_of_one_model_are_the_same_model(tmp_path):
    named = {**API, "Model.MasterLabel": "First Touch"}
    report = table({"Opportunity ID": IDS[1]}, base=REPORT)
    prepared = influence(tmp_path, {}, base=named, more={"report.csv": report})
    assert [row[3] for row in records(prepared, "campaign_influence", *SHARE)] == [MODELS[0]] * 2


def test_copies_within_and_between_files_count_once(tmp_path):
    again = table({"Influence": "40"}, {"OpportunityId": long(IDS[4])}, base=API)
    prepared = influence(tmp_path, {}, {}, more={"again.csv": again})
    assert records(prepared, "campaign_influence", *SHARE) == [
        (IDS[0], CAMPAIGNS[0], CONTACTS[0], MODELS[0], 0.5, 500.0)
    ]
    assert left_out(prepared) == [
        ("again.csv", "opportunity not in the export", 1),
        ("again.csv", "same record in another file", 1),
        ("influence.csv", "exact duplicate row", 1),
    ]
    assert balanced(prepared)


def test_shares_of_more_than_the_whole_are_warned_of_with_their_amount(tmp_path):
    prepared = influence(tmp_path, {"Influence": "70"}, {"CampaignId": long(CAMPAIGNS[1]), "Influence": "50"})
    assert prepared.audit.warnings == (
        "campaign_influence: the shares of 1 of 1 opportunity add up to more than 100 %, $200 more than their amounts; "
        f"kept (e.g. {IDS[0]})",
    )


def test_a_share_without_a_currency_is_in_that_of_its_opportunity(tmp_path):
    prepared = influence(tmp_path, {}, {"OpportunityId": long(IDS[4])}, deals=({"Amount Currency": "EUR"},))
    assert file_audit(prepared, "influence.csv").warnings == ()
    assert records(prepared, "campaign_influence", "influenced_amount", "currency") == [(550.0, "EUR")]


def test_revenue_without_a_rate_is_refused(tmp_path):
    assert refusal(tmp_path, {"CurrencyIsoCode": "CHF"}) == (
        "campaign_influence, revenue share: every amount must be convertible to USD; found 1 of 1 that are not (CHF in "
        "1 row). Add what one unit is worth in USD to company.yml:\n  rates:\n    CHF: TODO"
    )


def test_the_deals_own_rate_converts_where_company_yml_has_none(tmp_path):
    deal = {"Amount Currency": "CHF", "Amount (converted) Currency": "USD", "Amount (converted)": "1200"}
    prepared = influence(tmp_path, {}, deals=(deal,))
    assert records(prepared, "campaign_influence", "influenced_amount", "currency") == [(600.0, "CHF")]


def test_order_of_rows_and_files_does_not_matter(tmp_path):
    one = influence(tmp_path / "a", *TWO[:2], {"Influence": "40"})
    other = influence(tmp_path / "b", {"Influence": "40"}, *reversed(TWO[:2]))
    assert one.tables["campaign_influence"].equals(other.tables["campaign_influence"])

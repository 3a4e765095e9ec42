"""Systems that users describe themselves: the Microsoft sample "Regional Sales", and small ones of every kind."""

import datetime as dt
import os
from pathlib import Path

import pandas as pd
import pytest
from gate import balanced, company, deals, file_audit, gate, left_out, rows

from revops.company import load_company
from revops.errors import ExportError, SettingsError
from revops.exports import prepare
from revops.exports.recognising.systems import SHIPPED, load_systems

HERE = Path(__file__).parent / "regional_sales"
PUBLIC = os.environ.get("REVOPS_PUBLIC_DATA")
OWN = """\
system: ours
null_tokens: [n/a]
files:
  - name: deals
    table: opportunities
    required: [opportunity_id, stage_name, close_date, created_at]
    headers:
      opportunity_id: [Number]
      stage_name: [State]
      result: [Result]
      close_date: [Ends]
      created_at: [Begun]
      amount_original: [Worth]
      team_number: [Team]
    outcome: {column: result, won: [yes!], lost: ["no!"], open: ["?"]}
    lookups:
      team: {file: teams, by: team_number, take: name}
  - name: teams
    required: [team_number, name]
    headers: {team_number: [Team Number], name: [Team Name]}
"""
DEAL = {
    "Number": "1",
    "State": "Qualification",
    "Result": "?",
    "Ends": "2025-07-15",
    "Begun": "2025-03-03",
    "Worth": "5",
    "Team": "7",
}
BLANK = {"types": {"new": ["(blank)"]}}


def own(folder, files, text=OWN, **changes):
    systems = folder / "systems"
    systems.mkdir(parents=True)
    (systems / "ours.yml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / "exports").mkdir(exist_ok=True)
        (folder / "exports" / name).write_text(content, encoding="utf-8")
    return prepare(folder / "exports", company(**{**BLANK, **changes}), systems)


@pytest.fixture(scope="module")
def regional_sales():
    if not PUBLIC:
        pytest.skip("REVOPS_PUBLIC_DATA names no folder of public data sets")
    folder = Path(PUBLIC) / "ms-regional-sales-opportunities"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return prepare(folder, load_company(HERE), HERE / "systems")


def test_regional_sales_are_kept_whole(regional_sales):
    sizes = {name: table.num_rows for name, table in regional_sales.tables.items()}
    assert sizes == {"accounts": 300, "campaigns": 12, "opportunities": 20_000, "owners": 20}
    assert regional_sales.audit.left_out == ()
    assert (regional_sales.audit.tracked, regional_sales.audit.history_from) == ({}, None)
    assert balanced(regional_sales)


def test_regional_sales_end_as_their_status_says_and_not_their_stage(regional_sales):
    found = regional_sales.tables["opportunities"].to_pandas().groupby("outcome")["amount"].agg(["size", "sum"])
    assert found.loc["open"].tolist() == [5_333, 27_812_381]
    assert found.loc["won"].tolist() == [7_282, 26_435_925]
    assert found.loc["lost"].tolist() == [7_385, 23_003_910]
    won = regional_sales.tables["opportunities"].to_pandas().query("outcome == 'won'")
    assert (won["stage_name"] == "1-Qualify").sum() == 813


def test_regional_sales_close_in_the_quarters_of_the_reference(regional_sales):
    table = regional_sales.tables["opportunities"].to_pandas()
    quarter = table["close_date"].dt.year.astype(str) + "Q" + table["close_date"].dt.quarter.astype(str)
    won = table[table["outcome"] == "won"].groupby(quarter)["amount"].sum()
    assert won["2021Q3"] == 8_402_513
    is_open = table[(table["outcome"] == "open") & (quarter == "2021Q4")]
    assert (len(is_open), is_open["amount"].sum()) == (2_547, 12_872_540)
    booked = table[(table["outcome"] == "won") & (quarter == "2021Q4") & (table["close_date"] <= "2021-11-09")]
    assert booked["amount"].sum() == 3_010_637


def test_regional_sales_find_region_and_campaign_through_their_look_ups(regional_sales):
    table = regional_sales.tables["opportunities"].to_pandas()
    region = regional_sales.tables["accounts"].to_pandas().set_index("account_id")["region"]
    closed = table[table["outcome"] != "open"]
    found = closed.groupby(closed["account_id"].map(region))["outcome"].agg(["size", lambda o: (o == "won").sum()])
    assert found.to_numpy().tolist() == [[3166, 1622], [1301, 803], [6913, 2714], [3287, 2143]]
    assert table["source"].value_counts().to_dict() == {"marketing": 7_332, "unknown": 6_732, "sales": 5_936}
    assert closed["owner_name"].value_counts()["Riley Johnson"] == 1_541
    assert (
        "CampaignSeq: ids written 7000.0 are read as 7000" in file_audit(regional_sales, "opportunities.csv").decisions
    )


def test_own_description_reads_outcome_look_up_and_null_tokens(tmp_path):
    text = rows({}, {"Result": "YES!", "Worth": "n/a", "Team": "8.0"}, {"Result": "no!", "Team": "9"}, base=DEAL)
    teams = "Team Number,Team Name\n7,East\n8,West\n"
    prepared = own(tmp_path, {"deals.csv": text, "teams.csv": teams})
    found = [(deal["outcome"], deal["amount"], deal["team"]) for deal in deals(prepared)]
    assert sorted(found, key=str) == [("lost", 5.0, None), ("open", 5.0, "East"), ("won", None, "West")]
    assert file_audit(prepared, "teams.csv").table == "look-up: teams"
    assert balanced(prepared)


def test_a_missing_look_up_file_leaves_its_column_blank(tmp_path):
    assert deals(own(tmp_path, {"deals.csv": rows({}, base=DEAL)}))[0]["team"] is None


def test_a_word_that_is_no_outcome_is_refused(tmp_path):
    with pytest.raises(ExportError) as caught:
        own(tmp_path, {"deals.csv": rows({"Result": "maybe"}, {"Result": ""}, base=DEAL)})
    assert str(caught.value) == (
        "deals.csv, outcome column result: every word must mean open, won or lost; found 2 that do not (e.g. maybe, "
        "(blank)). Add them to outcome in the description of the system."
    )


def test_own_description_wins_over_a_shipped_one(tmp_path):
    text = OWN.replace("[Number]", "[Opportunity ID]").replace("[State]", "[Stage]").replace("[Ends]", "[Close Date]")
    text = text.replace("[Begun]", "[Created Date]").replace("[Worth]", "[Amount]")
    for gone in ("      result: [Result]\n", OWN[OWN.index("    outcome:") : OWN.index("    lookups:")]):
        text = text.replace(gone, "")
    prepared = own(tmp_path, {"a.csv": rows({})}, text, types={"new": ["(blank)"], "other": ["New Business"]})
    assert file_audit(prepared, "a.csv").system == "ours"


def test_shipped_descriptions_hold_together():
    found = load_systems(company(), None)
    assert {path.stem for path in SHIPPED.glob("*.yml")} == {
        "salesforce", "salesforce_people", "hubspot", "quota_sheet", "quickbooks", "xero", "google_ads",
        "linkedin_ads", "meta_ads", "commit_sheet", "stripe", "tools_sheet", "salesforce_touches", "marketo", "ga4"
    }  # fmt: skip
    assert {d.kind.table for d in found} == {
        "opportunities", "opportunity_history", "accounts", "owners", "campaigns", "contacts", "quotas", "ledger",
        "spend", "forecasts", "subscriptions", "invoices", "tools", "leads", "lead_history", "contact_roles",
        "campaign_influence", "payments", "touches", "web_traffic", None
    }  # fmt: skip
    assert len({d.kind.name for d in found}) == len(found)


QUOTA = {"Owner": "Dana W.", "Start": "2025-04-01", "End": "2025-06-30", "Quota": "5", "Metric": "New ARR"}


def test_quota_members_of_every_level_are_found(tmp_path):
    users = "User ID,Full Name,Role\n0058d00000Aq1Ab,Dana Whitfield,AE West\n"
    members = ("Dana W.", "AE West", "DACH", "company", "Deutschland", "Large")
    sheet = rows(*({"Owner": name} for name in members), {"Owner": "who?", "User ID": "0058d00000Aq1AbAAJ"},
                 base={**QUOTA, "User ID": ""})  # fmt: skip
    prepared = gate(
        tmp_path,
        {"a.csv": rows({}), "users.csv": users, "quota.csv": sheet.replace(sheet.split(",")[0], "Owner", 1)},
        regions={"names": ["DACH"], "also": {"DACH": ["Deutschland"]}},
        segments={"names": ["Enterprise"], "also": {"Enterprise": ["Large"]}},
    )
    quotas = prepared.tables["quotas"].to_pandas()
    assert sorted(zip(quotas["level"], quotas["member"], strict=True)) == [
        ("company", "company"),
        ("owner", "0058d00000Aq1Ab"),
        ("region", "DACH"),
        ("segment", "Enterprise"),
        ("team", "AE West"),
    ]
    assert quotas["effective_from"].isna().all()


def test_quota_rows_without_a_target_or_period_are_left_out(tmp_path):
    sheet = rows({}, {"Quota": ""}, {"Start": ""}, {"Start": "2025-01-01", "End": "2025-12-31"}, {}, base=QUOTA)
    sheet = "\n".join(
        line.replace(line.split(",")[0], "Dana W.", 1) if n else line for n, line in enumerate(sheet.splitlines())
    )
    prepared = gate(tmp_path, {"a.csv": rows({}), "quota.csv": sheet + "\n"})
    assert [name for name in left_out(prepared)] == [
        ("quota.csv", "exact duplicate row", 1),
        ("quota.csv", "no period start", 1),
        ("quota.csv", "no target", 1),
    ]
    quotas = prepared.tables["quotas"].to_pandas()
    assert quotas["period_end"].tolist() == [pd.Timestamp(dt.date(2025, 12, 31)), pd.Timestamp(dt.date(2025, 6, 30))]
    assert balanced(prepared)


def test_quota_types_are_the_companys_words(tmp_path):
    sheet = 'Owner,Start,End,Quota,Types\nDana W.,2025-04-01,2025-06-30,5,"Renewal, new business"\n'
    prepared = gate(tmp_path, {"a.csv": rows({}), "quota.csv": sheet})
    assert prepared.tables["quotas"]["types"].to_pylist() == ["new,renewal"]
    assert prepared.tables["quotas"]["metric"].to_pylist() == ["bookings"]


@pytest.mark.parametrize("name", ["amount", "amount_original"])
def test_an_amount_of_ones_own_is_converted_whatever_it_is_called(tmp_path, name):
    text = OWN.replace("amount_original: [Worth]", f"{name}: [Worth]\n      currency: [Coin]")
    found = deals(own(tmp_path, {"deals.csv": rows({"Coin": "EUR"}, base=DEAL)}, text))
    assert (found[0]["amount"], found[0]["amount_original"], found[0]["currency"]) == (5.5, 5.0, "EUR")


def test_an_outcome_without_words_is_refused(tmp_path):
    with pytest.raises(SettingsError) as caught:
        own(tmp_path / "params", {}, OWN.replace("amount_original: [Worth]", "outcome: [Result]"))
    assert str(caught.value) == (
        "params/systems/ours.yml: files.0: outcome: is told by `outcome: {column, won, lost, open}` of opportunities, "
        "not by headers"
    )


def test_users_with_first_and_last_name_only_have_a_name(tmp_path):
    users = "Id,FirstName,LastName,IsActive\n0058d00000Aq1Ab,Dana,Whitfield,1\n0058d00000Aq1Ac,,Queue,0\n"
    prepared = gate(tmp_path, {"a.csv": rows({}), "users.csv": users})
    assert prepared.tables["owners"]["owner_name"].to_pylist() == ["Dana Whitfield", "Queue"]
    assert prepared.tables["owners"]["is_active"].to_pylist() == [True, False]
    assert deals(prepared)[0]["owner_id"] == "0058d00000Aq1Ab"

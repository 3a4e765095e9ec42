"""What the gate refuses: one folder per fault, its whole message beside it."""

import pytest
from gate import COMPANY, DEAL, HERE, IDS, company, gate, rows

from revops.errors import ExportError, SettingsError
from revops.exports import prepare
from revops.exports.words import _stage_lines, _type_lines

FAULTS = sorted(path for path in (HERE / "faults").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FAULTS, ids=[path.name for path in FAULTS])
def test_fault_is_refused_with_its_message(folder):
    with pytest.raises(ExportError) as caught:
        prepare(folder, COMPANY)
    assert str(caught.value) + "\n" == folder.with_suffix(".txt").read_text(encoding="utf-8")


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(ExportError) as caught:
        prepare(tmp_path / "nowhere", company())
    assert str(caught.value) == (
        "nowhere: must be a folder of exports; found none. Create it, or correct exports.folder in company.yml."
    )


def test_empty_folder_is_refused(tmp_path):
    (tmp_path / "exports").mkdir()
    with pytest.raises(ExportError) as caught:
        prepare(tmp_path / "exports", company())
    assert str(caught.value) == (
        "exports: some file must hold opportunities; found none in 0 files. Add the Opportunity export, or describe "
        "yours in systems/ beside company.yml."
    )


def test_snippet_for_unmapped_words_mends_company_yml(tmp_path):
    changes = {"Stage": "Verhandlung", "Type": "", "Lead Source": "Podcast"}
    with pytest.raises(ExportError):
        gate(tmp_path, {"deals.csv": rows(changes)})
    settings = company()
    stages = [*settings.model_dump()["stages"], {"name": "Verhandlung", "outcome": "open"}]
    sources = [*settings.model_dump()["sources"], {"source": "other", "lead_source": ["Podcast"]}]
    types = {**settings.types, "other": ["(blank)"]}
    prepared = gate(tmp_path, {"deals.csv": rows(changes)}, stages=stages, sources=sources, types=types)
    deal = prepared.tables["opportunities"].to_pylist()[0]
    assert (deal["stage_name"], deal["type"], deal["source"]) == ("Verhandlung", "other", "other")


def test_settings_decide_what_the_cells_do_not(tmp_path):
    text = rows({"Close Date": "4/5/2025", "Amount": "1.234"}, {"Close Date": "6/7/2025", "Amount": "500"})
    told = {"date_order": "day_first", "decimal_sign": "comma"}
    prepared = gate(tmp_path, {"deals.csv": text}, exports=told)
    deal = prepared.tables["opportunities"].to_pylist()[0]
    assert (deal["close_date"].isoformat(), deal["amount"]) == ("2025-05-04T00:00:00", 1234.0)
    assert prepared.audit.files[0].decisions == (
        "Close Date: day first (no day above 12; company.yml says so)",
        "Amount: decimal comma (company.yml says so)",
        "Amount: no currency in the file; taken as USD",
    )


def test_extra_headers_for_an_unknown_table_or_column_are_refused(tmp_path):
    columns = {"opportunity": {"segment": ["Segment__c"]}, "accounts": {"segmnt": ["Segment__c"]}}
    with pytest.raises(ExportError) as caught:
        gate(tmp_path, {"deals.csv": rows({})}, exports={"columns": columns})
    assert str(caught.value) == (
        "company.yml: exports.columns.opportunity is not a table we read. Did you mean opportunities? Known: accounts, "
        "campaign_influence, campaigns, contact_roles, contacts, forecasts, invoices, lead_history, leads, ledger, "
        "opportunities, opportunity_history, owners, payments, quotas, spend, subscriptions, tools, touches, "
        "web_traffic.\n  "
        "exports.columns.accounts.segmnt is not a column. Did you mean segment? Known: account_id, account_name, "
        "created_at, employees, industry, is_deleted, modified_at, owner_id, region, segment."
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("headers:", "header:"),
            "mine.yml: files.0.headers is needed and is not there. Add it.\n  files.0.header is not a setting. Did you "
            "mean headers? Known: alone, by_day, dates, decimal_sign, form, former, headers, key_prefix, lookups, "
            "minor_units, name, outcome, percent, prefixes, prints_total, refuse, required, route, stage_dates, "
            "statement, table, titled, unread, wide, without.",
        ),
        (
            ("close_date: [Ends]", "clos_date: [Ends]"),
            "mine.yml: files.0: clos_date is not a column of opportunities. Did you mean close_date? Known: "
            "account_id, account_name, amount, amount_converted, amount_original, associated_account_ids, "
            "associated_contact_ids, associated_opportunity_ids, campaign_id, campaign_name, campaign_type, "
            "close_date, contact_id, converted_currency, created_at, currency, field, first_name, first_page, "
            "forecast_category, from_stage, is_closed, is_deleted, is_primary, is_won, last_name, lead_source, "
            "merged_ids, modified_at, new_value, old_value, opportunity_id, opportunity_name, outcome, owner_id, "
            "owner_name, pipeline, record_id, region, role, segment, source, stage_name, team, type, win_probability.",
        ),
        (
            ("required: [opportunity_id]", "required: [opportunity_id, region]"),
            "mine.yml: files.0: region has no headers in deals. Known: close_date, created_at, opportunity_id, "
            "stage_name.",
        ),
        (
            ("required:", "lookups: {region: {file: places, by: stage_name}}\n    required:"),
            "mine.yml: look-up file places is not described. Known: deals.",
        ),
    ],
)
def test_description_with_a_mistake_is_refused(tmp_path, change, message):
    text = (
        "system: mine\nfiles:\n  - name: deals\n    table: opportunities\n    required: [opportunity_id]\n"
        "    headers:\n      opportunity_id: [Number]\n      stage_name: [State]\n      close_date: [Ends]\n"
        "      created_at: [Begun]\n"
    )
    systems = tmp_path / "params" / "systems"
    systems.mkdir(parents=True)
    (systems / "mine.yml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        prepare(tmp_path, company(), systems)
    assert str(caught.value) == f"params/systems/{message}"


def test_a_system_described_in_two_files_looks_up_in_either(tmp_path):
    systems = tmp_path / "systems"
    systems.mkdir()
    (systems / "deals.yml").write_text(
        "system: mine\nfiles:\n  - name: deals\n    table: opportunities\n    required: [opportunity_id]\n"
        "    lookups: {region: {file: places, by: place}}\n    headers:\n      opportunity_id: [Number]\n"
        "      stage_name: [State]\n      close_date: [Ends]\n      created_at: [Begun]\n      place: [Place]\n"
        "      type: [Sort]\n",
        encoding="utf-8",
    )
    (systems / "places.yml").write_text(
        "system: mine\nfiles:\n  - name: places\n    required: [place, region]\n"
        "    headers: {place: [Place], region: [Part]}\n",
        encoding="utf-8",
    )
    folder = tmp_path / "exports"
    folder.mkdir()
    deal = "Number,State,Ends,Begun,Place,Sort\n1,Qualification,2025-07-15,2025-03-03,7,New Business\n"
    (folder / "deals.csv").write_text(deal)
    (folder / "places.csv").write_text("Place,Part\n7,DACH\n")
    assert prepare(folder, company(), systems).tables["opportunities"]["region"].to_pylist() == ["DACH"]


def test_every_file_is_looked_at_before_the_refusal(tmp_path):
    with pytest.raises(ExportError) as caught:
        gate(
            tmp_path,
            {
                "a.csv": rows({"Close Date": "soon"}),
                "b.csv": rows({"Opportunity ID": IDS[0].lower()[:14]}),
                "c.csv": b"",
                "d.csv": rows({"Amount": "1.234"}, base={**DEAL, "Probability (%)": "101"}),
            },
        )
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "c.csv",
        "a.csv, column Close Date",
        "b.csv, column Opportunity ID",
        "d.csv, column Amount",
        "d.csv, column Probability (%)",
    ]


def test_the_lines_to_paste_hint_at_what_words_mean_and_never_call_a_closed_stage_open():
    words = ["Closed Won", "Closed Lost", "Closed - other", "Id. Decision Makers", "8 - Gewonnen", "No Decision"]
    lines = _stage_lines(words)
    outcomes = [line.rsplit("outcome: ")[1].rstrip("}") for line in lines.splitlines()[1:]]
    assert outcomes == ["won", "lost", "TODO", "open", "won", "lost"]
    assert _type_lines(["New Business", "Existing Customer - Upgrade", "Renewal", "Logo"]) == (
        'types:\n  new: ["New Business"]\n  expansion: ["Existing Customer - Upgrade"]\n  renewal: ["Renewal"]\n'
        '  TODO: ["Logo"]'
    )

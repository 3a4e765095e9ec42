"""The gate on HubSpot deals: the example export, and by hand each trap of pipelines and of dates of stages."""

import datetime as dt
from pathlib import Path

import pytest
from gate import EXAMPLES, REPORT, balanced, file_audit, left_out, rows

from revops.company import Company, load_company
from revops.errors import ExportError
from revops.exports import Prepared, prepare

COMPANY = load_company(Path(__file__).parent / "hubspot")
DEALS = EXAMPLES / "hubspot" / "hubspot-crm-exports-all-deals-2025-07-01.csv"
TOTAL = 262_900.75  # EXPECTED.json of the examples: sum_company_currency
DEAL = {
    "Record ID": "",
    "Deal Name": "Acme",
    "Pipeline": "Sales Pipeline",
    "Deal Stage": "Contract Sent",
    "Amount": "1000",
    "Close Date": "2025-07-15 23:59",
    "Create Date": "2025-03-03 09:05",
    "Deal owner": "Dana Whitfield",
    "Deal Type": "New Business",
    'Date entered "Appointment Scheduled (Sales Pipeline)"': "2025-03-03 09:05",
    'Date entered "Contract Sent (Sales Pipeline)"': "2025-04-01 10:00",
    'Date entered "Closed Won (Sales Pipeline)"': "",
    'Date entered "Closed Lost (Sales Pipeline)"': "",
}
APPOINTMENT, SENT, WON, LOST = (f'Date entered "{stage} (Sales Pipeline)"' for stage in (
    "Appointment Scheduled", "Contract Sent", "Closed Won", "Closed Lost"))  # fmt: skip


def company(**changes: object) -> Company:
    return Company.model_validate({**COMPANY.model_dump(), **changes})


def exports(**changes: object) -> Company:
    return company(exports=changes)


def read(folder: Path, files: dict[str, str | Path], company: Company = COMPANY) -> Prepared:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.read_bytes() if isinstance(content, Path) else content.encode())
    return prepare(folder, company)


def numbered(*changes: dict[str, str | None], base: dict[str, str] = DEAL) -> str:
    """Return a CSV of deals with the ids 1, 2, …"""
    return rows(*({"Record ID": str(n), **change} for n, change in enumerate(changes, 1)), base=base)


def refusal(folder: Path, files: dict[str, str | Path], company: Company = COMPANY) -> str:
    with pytest.raises(ExportError) as caught:
        read(folder, files, company)
    return str(caught.value)


def states(prepared: Prepared, id: str = "1") -> list[tuple[str, str]]:
    found = prepared.tables["opportunity_history"].to_pylist() if "opportunity_history" in prepared.tables else []
    return [(f"{s['changed_at']:%m-%d %H:%M}", s["stage_name"]) for s in found if s["opportunity_id"] == id]


def deal(prepared: Prepared, id: str = "1") -> dict[str, object]:
    return next(d for d in prepared.tables["opportunities"].to_pylist() if d["opportunity_id"] == id)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return read(tmp_path_factory.mktemp("hubspot"), {"deals.csv": DEALS})


def test_the_example_is_read_to_its_figures(example):
    found = example.tables["opportunities"].to_pylist()
    audit = file_audit(example, "deals.csv")
    assert (audit.system, audit.table, audit.rows_read, audit.rows_kept) == ("hubspot", "opportunities", 6, 5)
    assert left_out(example) == [("deals.csv", "no close date", 1)]
    assert sum(d["amount"] for d in found) == TOTAL
    assert [d["opportunity_id"] for d in found if d["owner_id"] is None] == ["9804188238"]
    assert "98041882390" in {d["opportunity_id"] for d in found}
    assert {d["account_id"] for d in found} == {"7001"}
    assert audit.currencies == ("EUR", "USD")
    assert balanced(example)


def test_the_example_says_what_was_decided(example):
    audit = file_audit(example, "deals.csv")
    assert audit.decisions == (
        "Associated Contact IDs: stands twice with the same cells; read once",
        "Deal probability: fractions, taken as they are",
        "converted amounts: no currency column; taken as USD",
        "9 columns of dates of stages: their history, of a stage entered again one entry only",
    )
    assert audit.warnings == ()
    assert example.audit.warnings == (
        "opportunities: 1 open of 6 have no close date (e.g. 9804188239): with no amount they are pipeline of no "
        "period and left out of every number. Give them a close date in the CRM",
        "opportunity_history: 1 of 5 opportunities have no history of their stages (e.g. 9804188241)",
    )


def test_the_example_maps_words_money_and_days(example):
    found = deal(example, "9804188237")
    assert (found["amount"], found["amount_original"], found["currency"]) == (70_400.0, 64_000.0, "EUR")
    assert (found["stage_name"], found["outcome"], found["win_probability"]) == ("Contract Sent", "open", 0.9)
    assert (found["close_date"], found["created_at"]) == (dt.datetime(2025, 7, 15), dt.datetime(2025, 3, 3, 9, 5))
    assert (found["type"], found["source"], found["owner_name"]) == ("new", "sales", "Jörg Müller")
    renewal = deal(example, "98041882390")
    assert (renewal["stage_name"], renewal["outcome"], renewal["type"]) == ("Closed Won", "won", "expansion")


def test_the_example_has_a_history_of_stages_and_of_nothing_else(example):
    assert states(example, "9804188236") == [
        ("01-14 09:05", "Appointment Scheduled"),
        ("01-24 09:05", "Qualified To Buy"),
        ("02-28 09:05", "Decision Maker Bought-In"),
        ("04-10 09:05", "Contract Sent"),
        ("04-30 09:05", "Closed Won"),
    ]
    assert states(example, "98041882390") == [("01-02 09:05", "Contract Sent"), ("03-28 09:05", "Closed Won")]
    assert states(example, "9804188241") == []  # won before stages were tracked
    history = example.tables["opportunity_history"]
    assert history.num_rows == 14
    for name in ("amount", "close_date", "owner_id", "forecast_category"):
        assert history[name].null_count == 14
    assert example.audit.tracked == {"stage_name": "dates of stages"}
    assert (example.audit.history_from, example.audit.whole_from) == ("2025-01-02", None)


def test_a_deal_that_came_back_after_it_was_lost_is_where_it_is(tmp_path):
    """Deal ...239 of the example, with a close date: its first entry of Qualified To Buy is overwritten."""
    lines = DEALS.read_text(encoding="utf-8").replace(
        '"USD","0.9","","","2025-02-02', '"USD","0.9","","2025-09-30","2025-02-02'
    )
    prepared = read(tmp_path, {"deals.csv": lines})
    assert states(prepared, "9804188239") == [
        ("02-02 09:05", "Appointment Scheduled"),
        ("03-15 09:05", "Presentation Scheduled"),
        ("05-01 09:05", "Closed Lost"),
        ("06-20 09:05", "Qualified To Buy"),
    ]
    found = deal(prepared, "9804188239")
    assert (found["outcome"], found["amount"]) == ("open", None)
    assert found["owner_id"] == found["owner_name"] == "Deactivated User (sam.oneil)"
    assert prepared.tables["opportunities"].num_rows == 6
    assert sum(d["amount"] or 0 for d in prepared.tables["opportunities"].to_pylist()) == TOTAL


def test_entries_of_one_minute_stand_in_the_order_of_stages_the_present_one_last(tmp_path):
    late = "2025-04-01 10:00"
    prepared = read(tmp_path, {"a.csv": numbered({APPOINTMENT: late}, {LOST: late}, {APPOINTMENT: "", LOST: late})})
    assert states(prepared, "1") == [("04-01 10:00", "Appointment Scheduled"), ("04-01 10:00", "Contract Sent")]
    assert states(prepared, "2")[1:] == [("04-01 10:00", "Closed Lost"), ("04-01 10:00", "Contract Sent")]
    assert states(prepared, "3") == [("04-01 10:00", "Closed Lost"), ("04-01 10:00", "Contract Sent")]


def test_a_deal_whose_last_entry_is_not_known_has_no_history(tmp_path):
    """A column left out of the view, or a system that keeps first entries: since when it is there nobody knows."""
    changes = ({SENT: ""}, {LOST: "2025-05-01 10:00"}, {})
    prepared = read(tmp_path, {"a.csv": numbered(*changes)})
    assert (states(prepared, "1"), states(prepared, "2")) == ([], [])
    assert len(states(prepared, "3")) == 2
    assert prepared.audit.warnings == (
        "opportunity_history: 2 of 3 opportunities are in a stage whose last entry has no date, or an earlier one than "
        "another stage (e.g. 1, 2): the history of their stages is not used. Export the dates of all stages.",
        "opportunity_history: 2 of 3 opportunities have no history of their stages (e.g. 1, 2)",
    )


def test_deals_without_any_date_of_a_stage_have_no_history(tmp_path):
    blank = {APPOINTMENT: "", SENT: ""}
    prepared = read(tmp_path, {"a.csv": numbered(blank)})
    assert "opportunity_history" not in prepared.tables
    assert (prepared.audit.tracked, prepared.audit.history_from) == ({}, None)


@pytest.mark.parametrize("header", [
    "Date entered 'Contract Sent (Sales Pipeline)'", "Date entered “Contract Sent (Sales Pipeline)”",
    "Date entered \u2018Contract Sent (Sales Pipeline)\u2019", "Date entered Contract Sent (Sales Pipeline)",
    "date entered \"Contract Sent (sales pipeline)\"",
])  # fmt: skip
def test_every_way_to_quote_a_stage_is_read(tmp_path, header):
    prepared = read(tmp_path, {"a.csv": numbered({SENT: None, header: "2025-04-01 10:00"})})
    assert states(prepared) == [("03-03 09:05", "Appointment Scheduled"), ("04-01 10:00", "Contract Sent")]


def test_the_present_property_is_taken_before_the_former_one(tmp_path):
    former = SENT.replace('"', "'")
    later = "2025-04-02 10:00"
    prepared = read(tmp_path, {"a.csv": numbered({former: later}, {SENT: "", former: later})})
    assert (states(prepared, "1")[-1], states(prepared, "2")[-1]) == (
        ("04-01 10:00", "Contract Sent"), ("04-02 10:00", "Contract Sent"))  # fmt: skip


def test_a_date_of_a_stage_that_stands_twice_and_differs_is_refused(tmp_path):
    text = (
        numbered({}).replace(LOST.replace('"', '""'), SENT.replace('"', '""')).replace("10:00,,", "10:00,,2025-04-03")
    )
    assert refusal(tmp_path, {"a.csv": text}) == (
        f"a.csv, column {SENT}: a header that decides numbers must stand once; found it in columns 11 and 13 with "
        "different cells. Remove or rename one of them."
    )


def test_internal_names_are_read_with_ids_of_stages_and_utc(tmp_path):
    base = {
        "hs_object_id": "", "dealname": "Acme", "pipeline": "default", "dealstage": "closedwon", "amount": "5.0",
        "closedate": "2025-07-01T03:59:59.999Z", "createdate": "2025-03-03T14:05:00Z", "dealtype": "newbusiness",
        "hs_v2_date_entered_contractsent": "2025-04-01T02:00:00Z", "hs_date_entered_contractsent": "",
        "hs_v2_date_entered_closedwon": "", "hs_date_entered_closedwon": "2025-07-01T02:00:00Z",
    }  # fmt: skip
    ids = {"Contract Sent": "contractsent", "Closed Won": "closedwon"}
    stages = [{**s, "also": [ids[s["name"]]]} if s["name"] in ids else s for s in COMPANY.model_dump()["stages"]]
    ours = company(stages=stages, types={"new": ["newbusiness"]})
    prepared = read(tmp_path, {"a.csv": rows({"hs_object_id": "12345678901234567"}, base=base)}, ours)
    found = deal(prepared, "12345678901234567")
    assert (found["created_at"], found["close_date"]) == (dt.datetime(2025, 3, 3, 9, 5), dt.datetime(2025, 6, 30))
    assert states(prepared, "12345678901234567") == [("03-31 22:00", "Contract Sent"), ("06-30 22:00", "Closed Won")]


def test_ids_that_a_spreadsheet_has_made_numbers_are_refused(tmp_path):
    assert refusal(tmp_path, {"a.csv": numbered({"Record ID": "9.80419E+09"})}) == (
        "a.csv, column Record ID: ids must be text; found 1 of 1 turned into numbers (e.g. 9.80419E+09). The file went "
        "through Excel: export it again and do not open it there."
    )


def test_only_the_pipelines_of_company_yml_are_kept(tmp_path):
    prepared = read(tmp_path, {"deals.csv": DEALS}, exports(pipelines=["sales pipeline"]))
    assert sum(d["amount"] for d in prepared.tables["opportunities"].to_pylist()) == TOTAL - 22_000
    assert ("deals.csv", "of the pipeline Renewals, not in exports.pipelines", 1) in left_out(prepared)
    assert file_audit(prepared, "deals.csv").decisions[-1] == (
        "2 columns of dates of stages of other pipelines left out (e.g. Renewals)"
    )
    assert balanced(prepared)


def test_a_pipeline_that_no_deal_is_in_is_refused(tmp_path):
    assert refusal(tmp_path, {"deals.csv": DEALS}, exports(pipelines=["Sales Pipelines"])) == (
        "company.yml, exports.pipelines: some deal must be in the pipeline Sales Pipelines; found none. Did you mean "
        "Sales Pipeline? Known: Renewals, Sales Pipeline. Correct it, or take it out."
    )
    without = numbered({"Pipeline": None})
    assert refusal(tmp_path / "b", {"a.csv": without}, exports(pipelines=["Sales Pipeline"])) == (
        "company.yml, exports.pipelines: some deal must be in the pipeline Sales Pipeline; found none. No file of "
        "deals has a column Pipeline. Correct it, or take it out."
    )


def renewals(**changes: str) -> dict[str, str]:
    """Return a deal of another pipeline that has a stage of the same name."""
    won = 'Date entered "Closed Won (Renewals)"'
    return {"Pipeline": "Renewals", "Deal Stage": "Closed Won", APPOINTMENT: "", SENT: "", won: "2025-05-01 10:00",
            **changes}  # fmt: skip


def test_a_stage_of_two_pipelines_is_never_taken_for_one(tmp_path):
    """Closed Won is listed in company.yml, but which of the two?"""
    won = {"Deal Stage": "Closed Won", WON: "2025-05-01 10:00", 'Date entered "Closed Won (Renewals)"': ""}
    text = numbered(won, renewals(), {"Deal Stage": "Mystery (big)"})
    assert refusal(tmp_path, {"a.csv": text}) == (
        "company.yml, stages: every stage must be listed; found 3 that are not, with their rows: Closed Won (Renewals) "
        "(2), Closed Won (Sales Pipeline) (2), Mystery (big) (1). Add them, correcting each TODO and guess, or name "
        "those of its pipelines to keep in exports.pipelines (Renewals, Sales Pipeline):\n"
        "stages:\n"
        '  - {name: "Closed Won (Renewals)", outcome: won}\n'
        '  - {name: "Closed Won (Sales Pipeline)", outcome: won}\n'
        '  - {name: "Mystery (big)", outcome: open}'
    )


def test_stages_of_two_pipelines_are_told_apart_by_their_whole_names(tmp_path):
    stages = [s for s in COMPANY.model_dump()["stages"] if s["name"] != "Closed Won"]
    stages += [{"name": "Closed Won (Sales Pipeline)", "outcome": "won"}, {"name": "Closed Won (Renewals)"}]
    won = {"Deal Stage": "Closed Won", WON: "2025-05-02 10:00"}
    prepared = read(tmp_path, {"a.csv": numbered(won, renewals())}, company(stages=stages))
    assert (deal(prepared, "1")["outcome"], deal(prepared, "2")["outcome"]) == ("won", "open")
    assert (states(prepared, "1")[-1], states(prepared, "2")) == (
        ("05-02 10:00", "Closed Won (Sales Pipeline)"), [("05-01 10:00", "Closed Won (Renewals)")])  # fmt: skip


def test_the_name_alone_is_enough_once_the_other_pipeline_is_out(tmp_path):
    prepared = read(tmp_path, {"a.csv": numbered({}, renewals())}, exports(pipelines=["Sales Pipeline"]))
    assert [d["opportunity_id"] for d in prepared.tables["opportunities"].to_pylist()] == ["1"]
    assert deal(prepared)["stage_name"] == "Contract Sent"


def test_dates_of_a_pipeline_that_no_deal_is_in_any_more_are_not_those_of_ours(tmp_path):
    old = 'Date entered "Contract Sent (Old pipeline)"'
    assert len(states(read(tmp_path, {"a.csv": numbered({old: ""})}))) == 2
    assert refusal(tmp_path / "b", {"a.csv": numbered({old: "2025-03-20"})}).startswith(
        "company.yml, stages: every stage must be listed; found 1 that are not, with their rows: Contract Sent (Old "
        "pipeline) (1). Add them"
    )
    ours = exports(pipelines=["Sales Pipeline"])
    assert len(states(read(tmp_path / "c", {"a.csv": numbered({old: "2025-03-20"})}, ours))) == 2


def test_the_entry_of_the_current_stage_is_no_stage(tmp_path):
    prepared = read(tmp_path, {"a.csv": numbered({"Date entered current stage": "2025-04-01 10:00"})})
    assert [stage for _, stage in states(prepared)] == ["Appointment Scheduled", "Contract Sent"]


def test_a_pipeline_with_brackets_in_its_name_is_found_in_the_headers(tmp_path):
    base = {name.replace("Sales Pipeline", "Sales (EU)"): cell.replace("Sales Pipeline", "Sales (EU)")
            for name, cell in DEAL.items()}  # fmt: skip
    assert len(states(read(tmp_path, {"a.csv": numbered({}, base=base)}))) == 2


def test_stages_of_several_pipelines_without_a_column_pipeline_are_refused(tmp_path):
    text = numbered({"Pipeline": None, 'Date entered "Renewed (Renewals)"': ""})
    assert refusal(tmp_path, {"a.csv": text}) == (
        "a.csv: must say in which pipeline each deal is; found dates of stages of 2 pipelines (Renewals, Sales "
        "Pipeline) and no column Pipeline. Add it to the export."
    )
    assert len(states(read(tmp_path / "one", {"a.csv": numbered({"Pipeline": None})}))) == 2


def test_is_closed_won_that_disagrees_with_the_stage_is_told(tmp_path):
    prepared = read(tmp_path, {"a.csv": numbered({"Is Closed Won": "true"}, {"Is Closed Won": "false"})})
    assert prepared.audit.warnings == (
        "opportunities: 1 of 2 where is_won of the export disagrees with the outcome of their stage in company.yml "
        "(e.g. 1)",
    )


def test_times_of_the_portal_are_brought_to_the_company_and_days_stay(tmp_path):
    prepared = read(tmp_path, {"a.csv": numbered({})}, exports(time_zone="Europe/Berlin"))
    assert states(prepared)[0] == ("03-03 03:05", "Appointment Scheduled")
    assert deal(prepared)["close_date"] == dt.datetime(2025, 7, 15)


def test_records_that_were_merged_into_another_are_left_out(tmp_path):
    text = numbered({"Merged record IDs": "2;77"}, {"Merged record IDs": ""})
    prepared = read(tmp_path, {"a.csv": text})
    assert left_out(prepared) == [("a.csv", "merged into another record", 1)]
    assert balanced(prepared)


def test_the_account_is_the_primary_company_or_the_only_one(tmp_path):
    ids, primary = "Associated Company IDs", "Associated Company IDs (Primary)"
    text = numbered({ids: "7;8", primary: "8"}, {ids: "7", primary: ""}, {ids: "7;8", primary: ""})
    prepared = read(tmp_path, {"a.csv": text})
    assert [deal(prepared, id)["account_id"] for id in "123"] == ["8", "7", None]


def test_dated_copies_give_amounts_and_the_entries_that_were_overwritten(tmp_path):
    """The deal was lost, came back to Contract Sent in June, and its amount was raised: only folders know all of it."""
    lost = {"Deal Stage": "Closed Lost", LOST: "2025-05-01 10:00"}
    back = {LOST: "2025-05-01 10:00", SENT: "2025-06-10 10:00", "Amount": "1500"}
    files = {"2025-06-01/a.csv": numbered(lost), "2025-06-15/a.csv": numbered(back)}
    prepared = read(tmp_path, files)
    assert states(prepared) == [
        ("03-03 09:05", "Appointment Scheduled"),
        ("04-01 10:00", "Contract Sent"),
        ("05-01 10:00", "Closed Lost"),
        ("06-01 23:59", "Closed Lost"),
        ("06-10 10:00", "Contract Sent"),
        ("06-15 23:59", "Contract Sent"),
    ]
    amounts = prepared.tables["opportunity_history"]["amount"].to_pylist()
    assert amounts == [1000.0] * 5 + [1500.0]
    assert prepared.audit.tracked["stage_name"] == "dates of stages"
    assert prepared.audit.tracked["amount"] == prepared.audit.tracked["close_date"] == "dated exports"
    assert (prepared.audit.history_from, prepared.audit.whole_from) == ("2025-03-03", "2025-06-01")


def test_two_crms_in_one_folder_are_asked_about(tmp_path):
    files = {"deals.csv": DEALS, "report.csv": REPORT}
    assert refusal(tmp_path, files) == (
        "exports: opportunities must come from one CRM; found those of hubspot (e.g. deals.csv) and salesforce (e.g. "
        "report.csv). Say in company.yml which one counts, hubspot or salesforce:\n"
        "  exports:\n"
        "    crm: TODO"
    )
    prepared = read(tmp_path, files, exports(crm="hubspot"))
    assert {file.system for file in prepared.audit.files} == {"hubspot"}
    assert prepared.audit.unrecognised == (("report.csv", "not read: of salesforce; exports.crm is hubspot"),)
    assert refusal(tmp_path, files, exports(crm="hubspott")) == (
        "company.yml, exports.crm: hubspott is not a CRM we read. Did you mean hubspot? Known: hubspot, salesforce."
    )

"""The gate on Salesforce leads: weekly export, Data Loader, connectors and reports; merged, deleted, converted ones."""

import datetime as dt

import pytest
from gate import IDS, WEEKLY, balanced, company, file_audit, gate, left_out, rows
from people import CONTACTS, LEADS, column, long, records, table

WEEKLY_LEADS = WEEKLY / "Lead.csv"
API = {
    "Id": long(LEADS[0]), "IsDeleted": "0", "MasterRecordId": "000000000000000AAA", "FirstName": "Ana",
    "LastName": "Silva", "Company": "Acme", "Email": "ana@example.com", "LeadSource": "Web", "Status": "Open",
    "OwnerId": long("0058d00000Aq1Ac"), "IsConverted": "0", "ConvertedDate": "", "CreatedDate": "2025-03-03 14:05:00",
    "SystemModstamp": "2025-03-04 14:05:00",
}  # fmt: skip
REPORT = {
    "Lead Owner": "Dana Whitfield", "First Name": "Ana", "Last Name": "Silva", "Title": "VP Operations",
    "Company / Account": "Acme", "Lead Source": "Web", "Lead Status": "Open", "Create Date": "3/3/2025",
    "Converted": "0", "Industry": "Manufacturing", "No. of Employees": "120", "Country": "Portugal",
    "State/Province": "Lisboa", "Last Modified": "3/24/2025", "Lead ID": LEADS[0],
}  # fmt: skip
CONVERTED = {
    **REPORT, "Converted": "1", "Converted Date": "4/15/2025", "Converted Account ID": "0018d00000Ac1Az",
    "Account Name": "Acme", "Converted Contact ID": CONTACTS[0], "Contact Name": "Ana Silva",
    "Converted Opportunity ID": IDS[0], "Opportunity Name": "Acme - Platform", "Opportunity Amount": "1000",
    "Stage": "Qualification", "Close Date": "7/15/2025", "Created Date": "4/15/2025", "Opportunity Owner": "Dana",
}  # fmt: skip


def leads(tmp_path, text, **changes):
    return gate(tmp_path, {"deals.csv": rows({}), "leads.csv": text}, **changes)


def named(**columns):
    return {"columns": {"leads": columns}}


def said(prepared):
    return [text for text in prepared.audit.warnings if text.startswith("leads:")]


def test_the_example_gives_the_figures_that_are_known_of_it(tmp_path):
    prepared = gate(tmp_path, {"Lead.csv": WEEKLY_LEADS, "Opportunity.csv": WEEKLY / "Opportunity.csv"})
    audit = file_audit(prepared, "Lead.csv")
    assert (audit.table, audit.route, audit.rows_read, audit.rows_kept) == ("leads", "api", 5, 4)
    assert ("Lead.csv", "merged into another record", 1) in left_out(prepared)
    names = ("lead_id", "is_converted", "converted_date", "contact_id", "opportunity_id", "employees")
    assert records(prepared, "leads", *names) == [
        (LEADS[0], True, dt.datetime(2025, 1, 14), CONTACTS[0], IDS[0], 120.0),
        (LEADS[1], False, None, None, None, None),
        (LEADS[2], False, None, None, None, 80.0),
        (LEADS[3], True, dt.datetime(2025, 4, 1), CONTACTS[3], IDS[3], 35.0),
    ]
    assert column(prepared, "account_name", "leads") == [
        "Acme Robotics", '=HYPERLINK("http://x.example","Click")', "Nordwind GmbH", "Smith, Jones & Co",
    ]  # fmt: skip
    assert column(prepared, "created_at", "leads")[0] == dt.datetime(2024, 12, 1, 15, 47, 49)
    assert column(prepared, "source", "leads") == ["marketing"] * 4
    assert said(prepared) == []
    assert not any(word in str(prepared.audit.to_json()) for word in ("Ana", "Sørensen", "Smith", "@"))
    assert balanced(prepared)


def test_nobodys_name_or_address_is_kept(tmp_path):
    text = table({"Company": "Acme ana@example.com", "Title": "bo@example.com"}, base=API)
    prepared = leads(tmp_path, text)
    kept = str(prepared.tables["leads"].to_pylist()) + str(prepared.audit.to_json())
    assert not any(word in kept for word in ("Ana", "Silva", "@"))
    assert records(prepared, "leads", "account_name", "job_title") == [("Acme", None)]


def test_upper_case_headers_of_data_loader_are_read(tmp_path):
    base = {name.upper(): cell for name, cell in API.items()} | {"OWNER.NAME": "Dana Whitfield"}
    prepared = leads(tmp_path, table({"CREATEDDATE": "2025-03-03T14:05:00.000Z", "ISCONVERTED": "false"}, base=base))
    assert records(prepared, "leads", "lead_id", "created_at", "owner_id", "is_converted") == [
        (LEADS[0], dt.datetime(2025, 3, 3, 9, 5), "0058d00000Aq1Ac", False)
    ]


def test_headers_of_connectors_are_read(tmp_path):
    base = {
        "id": long(LEADS[0]), "is_deleted": "FALSE", "master_record_id": "", "company": "Acme", "status": "Open",
        "owner_id": long("0058d00000Aq1Ac"), "lead_source": "Web", "is_converted": "TRUE", "utm_source__c": "Ne%20ws",
        "converted_date": "2025-04-01", "converted_contact_id": long(CONTACTS[0]), "number_of_employees": "12",
        "created_date": "2025-03-03 14:05:00",
    }  # fmt: skip
    prepared = leads(tmp_path, table({}, base=base))
    names = ("lead_id", "converted_date", "contact_id", "employees", "utm_source", "source")
    assert records(prepared, "leads", *names) == [
        (LEADS[0], dt.datetime(2025, 4, 1), CONTACTS[0], 12.0, "Ne ws", "marketing")
    ]


def test_the_report_is_read_by_its_labels(tmp_path):
    prepared = leads(tmp_path, table({}, base=REPORT))
    [lead] = prepared.tables["leads"].to_pylist()
    wanted = {
        "lead_id": LEADS[0], "account_name": "Acme", "owner_id": "Dana Whitfield", "status": "Open",
        "created_at": dt.datetime(2025, 3, 3), "modified_at": dt.datetime(2025, 3, 24), "lead_source": "Web",
        "industry": "Manufacturing", "employees": 120.0, "country": "Portugal", "job_title": "VP Operations",
        "is_converted": False, "opportunity_id": None,
    }  # fmt: skip
    assert {name: lead[name] for name in wanted} == wanted
    assert file_audit(prepared, "leads.csv").unknown_columns == ("First Name", "Last Name", "State/Province")


def test_the_report_of_converted_leads_is_no_opportunities_file(tmp_path):
    text = table({}, {"Lead ID": LEADS[1], "Converted Opportunity ID": "", "Opportunity Name": ""}, base=CONVERTED)
    prepared = leads(tmp_path, text.replace("Converted Opportunity ID", "Opportunity ID"))
    assert [(file.name, file.table) for file in prepared.audit.files] == [
        ("deals.csv", "opportunities"), ("leads.csv", "leads")]  # fmt: skip
    assert prepared.tables["opportunities"].num_rows == 1
    names = ("lead_id", "is_converted", "converted_date", "account_id", "contact_id", "opportunity_id", "created_at")
    day, made = dt.datetime(2025, 4, 15), dt.datetime(2025, 3, 3)
    assert records(prepared, "leads", *names) == [
        (LEADS[0], True, day, "0018d00000Ac1Az", CONTACTS[0], IDS[0], made),
        (LEADS[1], True, day, "0018d00000Ac1Az", CONTACTS[0], None, made),
    ]


def test_an_opportunities_file_with_the_lead_of_each_is_no_file_of_leads(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": rows({"Lead ID": LEADS[0], "Account Name": "Acme"})})
    assert (file_audit(prepared, "deals.csv").table, set(prepared.tables)) == ("opportunities", {"opportunities"})


def test_names_of_opportunities_are_not_joined_and_said(tmp_path):
    text = table({}, {"Lead ID": LEADS[1], "Opportunity Name": ""}, base=CONVERTED)
    prepared = leads(tmp_path, text.replace("Converted Opportunity ID", "Other").replace("1,4/15/2025", ",4/15/2025"))
    assert column(prepared, "opportunity_id", "leads") == [None, None]
    assert column(prepared, "is_converted", "leads") == [True, True]
    assert said(prepared) == [
        "leads: 1 of 2 name their opportunity without its id, by which alone it is found; add Converted Opportunity ID "
        "to the report"
    ]


def test_both_forms_together_are_one_row_per_lead(tmp_path):
    files = {
        "deals.csv": rows({}),
        "Lead.csv": table({}, {"Id": long(LEADS[1]), "Company": "Bolt"}, base=API),
        "report.csv": table({}, {"Lead ID": LEADS[2]}, base=REPORT),
    }
    prepared = gate(tmp_path, files)
    assert records(prepared, "leads", "lead_id", "account_name", "country") == [
        (LEADS[0], "Acme", "Portugal"), (LEADS[1], "Bolt", None), (LEADS[2], "Acme", "Portugal"),
    ]  # fmt: skip
    assert [item for item in left_out(prepared) if item[1] == "same record in another file"] == [
        ("Lead.csv", "same record in another file", 1)
    ]
    assert balanced(prepared)


def test_days_first_in_latin_letters_are_the_same_leads(tmp_path):
    base = {**CONVERTED, "Company / Account": "Société Générale"}
    days = {"Create Date": "03/03/2025", "Converted Date": "15/04/2025", "Last Modified": "24/03/2025",
            "Close Date": "15/07/2025", "Created Date": "15/04/2025"}  # fmt: skip
    one = leads(tmp_path / "a", table({}, base=base))
    other = leads(tmp_path / "b", table(days, base=base).encode("iso-8859-1"))
    assert other.tables["leads"].equals(one.tables["leads"])
    assert column(other, "account_name", "leads") == ["Société Générale"]


def test_losers_of_merges_are_left_out_and_chains_end_at_the_last_winner(tmp_path):
    gone = {"IsDeleted": "1"}
    prepared = leads(tmp_path, table(
        {},
        {"Id": long(LEADS[1]), "MasterRecordId": long(LEADS[0]), **gone},
        {"Id": long(LEADS[2]), "MasterRecordId": long(LEADS[1]), **gone},
        {"Id": long(LEADS[3]), **gone},
        base=API,
    ))  # fmt: skip
    assert column(prepared, "lead_id", "leads") == [LEADS[0]]
    assert left_out(prepared) == [
        ("leads.csv", "deleted in the system (IsDeleted)", 1),
        ("leads.csv", "merged into another record", 2),
    ]
    assert balanced(prepared)


def test_a_lead_became_the_contact_that_won_the_merge(tmp_path):
    base = {"Id": long(CONTACTS[0]), "IsDeleted": "0", "MasterRecordId": "", "AccountId": long("0018d00000Ac1Az"),
            "CreatedDate": "2025-01-01 10:00:00", "OwnerId": long("0058d00000Aq1Ac"), "LastName": "Silva"}  # fmt: skip
    merged = {"Id": long(CONTACTS[1]), "IsDeleted": "1", "MasterRecordId": long(CONTACTS[0])}
    lead = table({"IsConverted": "1", "ConvertedContactId": long(CONTACTS[1])}, base=API)
    prepared = gate(tmp_path, {
        "deals.csv": rows({}), "leads.csv": lead, "Contact.csv": table({}, merged, base=base)})  # fmt: skip
    assert column(prepared, "contact_id", "leads") == [CONTACTS[0]]
    assert column(prepared, "contact_id", "contacts") == [CONTACTS[0]]
    assert ("Contact.csv", "merged into another record", 1) in left_out(prepared)


def test_test_records_of_company_yml_are_left_out(tmp_path):
    prepared = leads(tmp_path, table({}, {"Id": long(LEADS[1]), "Company": "Test Account 7"}, base=API))
    assert column(prepared, "lead_id", "leads") == [LEADS[0]]
    assert left_out(prepared) == [("leads.csv", "test record", 1)]


def test_leads_of_queues_are_kept_and_said(tmp_path):
    prepared = leads(tmp_path, table({"OwnerId": long("00G8d00000Aq1Ac")}, base=API))
    assert column(prepared, "owner_id", "leads") == ["00G8d00000Aq1Ac"]
    assert file_audit(prepared, "leads.csv").decisions == (
        "1 lead belongs to a queue (an owner whose id begins with 00G)",
    )


def test_names_of_owners_are_found_as_deals_have_them(tmp_path):
    deals = rows({"Owner ID": "0058d00000Aq1Ab"})
    prepared = gate(tmp_path, {"deals.csv": deals, "users.csv": "User ID,Full Name\n0058d00000Aq1Ab,Dana Whitfield\n",
                               "leads.csv": table({}, base=REPORT)})  # fmt: skip
    assert column(prepared, "owner_id", "leads") == ["0058d00000Aq1Ab"]


def test_fields_of_company_yml_say_when_a_lead_was_qualified(tmp_path):
    text = table({"MQL_At__c": "2025-03-10 02:00:00", "SQL_At__c": "2025-03-12 14:00:00"}, base=API)
    prepared = leads(tmp_path, text, exports=named(mql_at=["MQL_At__c"], sql_at=["SQL_At__c"]))
    assert records(prepared, "leads", "mql_at", "sql_at") == [
        (dt.datetime(2025, 3, 9, 22), dt.datetime(2025, 3, 12, 10))
    ]


def test_fields_of_company_yml_say_when_a_lead_was_first_worked_on_and_why_it_was_turned_down(tmp_path):
    text = table(
        {"First_Touch__c": "2025-03-10 13:30:00", "Why__c": "No budget"},
        {"Id": long(LEADS[1]), "First_Touch__c": "", "Why__c": "said ana@example.com"},
        base=API,
    )
    prepared = leads(tmp_path, text, exports=named(touched_at=["First_Touch__c"], reject_reason=["Why__c"]))
    assert records(prepared, "leads", "touched_at", "reject_reason") == [
        (dt.datetime(2025, 3, 10, 9, 30), "No budget"), (None, "said"),
    ]  # fmt: skip


def test_days_of_first_work_are_not_moved_to_the_day_before(tmp_path):
    text = table({"First_Touch__c": "2025-03-10 00:00:00"}, base=API)
    prepared = leads(tmp_path, text, exports=named(touched_at=["First_Touch__c"]))
    assert column(prepared, "touched_at", "leads") == [dt.datetime(2025, 3, 10)]


def test_days_of_a_field_of_ones_own_are_not_moved_to_the_day_before(tmp_path):
    text = table({"MQL_Date__c": "2025-03-10 00:00:00"}, {"Id": long(LEADS[1]), "MQL_Date__c": ""}, base=API)
    prepared = leads(tmp_path, text, exports=named(mql_at=["MQL_Date__c"]))
    assert column(prepared, "mql_at", "leads") == [dt.datetime(2025, 3, 10), None]
    assert file_audit(prepared, "leads.csv").decisions == (
        "MQL_Date__c: holds days without a time; not moved to another zone",
    )
    assert "leads: mql_at holds days without a time; it tells days from one step to the next and no hours" in (
        prepared.audit.warnings
    )


@pytest.mark.parametrize(("mql", "sql", "n"), [
    ("2025-03-10 15:00:00", "2025-03-10 14:00:00", 1),
    ("2025-03-10 15:00:00", "2025-03-10 00:00:00", 0),
    ("2025-03-11 15:00:00", "2025-03-10 00:00:00", 1),
    ("2025-03-10 14:00:00", "", 0),
])  # fmt: skip
def test_sales_before_marketing_is_warned_of(tmp_path, mql, sql, n):
    text = table({"M__c": mql, "S__c": sql}, base=API)
    prepared = leads(tmp_path, text, exports=named(mql_at=["M__c"], sql_at=["S__c"]))
    wrong = f"leads: 1 of 1 have a sql_at before their mql_at; kept (e.g. {LEADS[0]})"
    assert [text for text in said(prepared) if "before" in text] == [wrong] * n


def test_leads_none_of_which_is_converted_are_doubted(tmp_path):
    prepared = leads(tmp_path, table({}, base=REPORT))
    assert said(prepared) == [
        'leads: none of 1 is converted though there is 1 opportunity; the standard report "Leads" leaves converted '
        'leads out. Export "Leads with converted lead information", or Lead.csv of the weekly export'
    ]


def test_fields_that_look_like_qualification_are_named_with_lines_to_paste(tmp_path):
    change = {"IsConverted": "1", "MQLDate__c": "2025-03-10", "Became SQL": "", "SQL Date": "", "MQL__c": "1"}
    prepared = leads(tmp_path, table(change, base=API))
    assert column(prepared, "mql_at", "leads") == [None]
    assert said(prepared) == [
        "leads: mql_at is not read, since company.yml names no header for it; found MQLDate__c in leads.csv. If that "
        "is when marketing called a lead qualified, add:\n  exports:\n    columns:\n      leads:\n        "
        "mql_at: [MQLDate__c]",
        "leads: sql_at is not read, since company.yml names no header for it; found Became SQL in leads.csv, SQL Date "
        "in leads.csv. If that is when sales called a lead qualified, add:\n  exports:\n    columns:\n      leads:\n"
        "        sql_at: [TODO]",
    ]


def test_words_that_only_look_like_it_are_no_qualification(tmp_path):
    change = {"IsConverted": "1", "MySQL Version": "8", "Smql": "1", "Marketing Consent Date": "2025-01-01"}
    assert said(leads(tmp_path, table(change, base=API))) == []


def test_utm_columns_are_read_where_a_header_says_so(tmp_path):
    change = {"UTM Source": "LinkedIn", "utm_medium__c": "Paid%20Social", "UTM_Campaign__c": "a@b.example"}
    prepared = leads(tmp_path, table(change, base=API))
    assert records(prepared, "leads", "utm_source", "utm_medium", "utm_campaign") == [("LinkedIn", "Paid Social", None)]


def test_leads_without_a_date_are_left_out(tmp_path):
    prepared = leads(tmp_path, table({}, {"Id": long(LEADS[1]), "CreatedDate": ""}, base=API))
    assert left_out(prepared) == [("leads.csv", "no created date", 1)]
    assert balanced(prepared)


def test_a_report_without_ids_is_not_read_and_says_why(tmp_path):
    base = {name: cell for name, cell in REPORT.items() if name != "Lead ID"}
    prepared = leads(tmp_path, table({}, base=base))
    assert prepared.audit.unrecognised == (
        ("leads.csv", "row 1 comes nearest to salesforce leads (report), but lacks lead_id (Lead ID, 18 Character Lead "
         "ID, Lead ID (18)); if it is one, add that to the export"),
    )  # fmt: skip
    assert "leads" not in prepared.tables


def test_order_of_rows_and_files_does_not_matter(tmp_path):
    changes = [{}, {"Id": long(LEADS[1]), "Company": "Bolt"}, {"Company": "Acme Inc"}]
    one = gate(tmp_path / "a", {"a.csv": rows({}), "b.csv": table(*changes, base=API)})
    other = gate(tmp_path / "b", {"b.csv": rows({}), "a.csv": table(*reversed(changes), base=API)})
    assert one.tables["leads"].equals(other.tables["leads"])


def test_lead_sources_that_company_yml_does_not_know_stop_the_run(tmp_path):
    assert company().source_of("Podcast", None, None) is None
    with pytest.raises(Exception, match="Podcast \\(1\\)"):
        leads(tmp_path, table({"LeadSource": "Podcast"}, base=API))


def test_leads_merged_in_a_circle_stay(tmp_path):
    other = {"Id": long(LEADS[1]), "MasterRecordId": long(LEADS[0])}
    prepared = leads(tmp_path, table({"MasterRecordId": long(LEADS[1])}, other, base=API))
    assert column(prepared, "lead_id", "leads") == list(LEADS[:2])

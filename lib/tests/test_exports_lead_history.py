"""The gate on the history of Salesforce leads: fields named once, owners by id, merged leads, both forms together."""

import datetime as dt

from gate import balanced, file_audit, gate, left_out, rows
from people import LEADS, long, records, table

LEAD = {
    "Id": long(LEADS[0]), "IsDeleted": "0", "MasterRecordId": "", "Company": "Acme", "Status": "Open",
    "OwnerId": long("0058d00000Aq1Ab"), "IsConverted": "1", "CreatedDate": "2025-03-03 14:05:00",
}  # fmt: skip
API = {
    "Id": long("0178d00000HAbcd"), "IsDeleted": "0", "LeadId": long(LEADS[0]), "CreatedById": long("0058d00000Aq1Ab"),
    "CreatedDate": "2025-03-04 15:00:00", "Field": "Status", "DataType": "DynamicEnum", "OldValue": "Open",
    "NewValue": "Working",
}  # fmt: skip
REPORT = {
    "Lead Owner": "Dana Whitfield", "Edited By": "Dana Whitfield", "Field / Event": "Lead Status", "Old Value": "Open",
    "New Value": "Working", "Edit Date": "3/24/2025", "Lead ID": LEADS[0],
}  # fmt: skip
USERS = "User ID,Full Name\n0058d00000Aq1Ab,Dana Whitfield\n0058d00000Aq1Ac,Kim Park\n"
ALL = ("lead_id", "changed_at", "sequence", "field", "old_value", "new_value")


def history(tmp_path, *changes, base=API, leads=({},), more=None, **settings):
    files = {"deals.csv": rows({}), "history.csv": table(*changes, base=base), "users.csv": USERS}
    if leads:
        files["leads.csv"] = table(*leads, base=LEAD)
    return gate(tmp_path, {**files, **(more or {})}, **settings)


def changed(prepared, *names):
    return records(prepared, "lead_history", *(names or ("field", "old_value", "new_value")))


def test_fields_are_named_once_and_stamps_are_on_the_companys_clock(tmp_path):
    prepared = history(
        tmp_path,
        {},
        {"Field": "created", "OldValue": "", "NewValue": "", "CreatedDate": "2025-03-03 14:05:00"},
        {"Field": "leadConverted", "OldValue": "", "NewValue": "", "CreatedDate": "2025-03-04 15:00:00"},
        {"Field": "LeadSource", "OldValue": "Web", "NewValue": "Webinar", "CreatedDate": "2025-03-05 15:00:00"},
    )
    at = dt.datetime(2025, 3, 4, 10)
    assert changed(prepared, *ALL) == [
        (LEADS[0], dt.datetime(2025, 3, 3, 9, 5), 0.0, "created", None, None),
        (LEADS[0], at, 0.0, "status", "Open", "Working"),
        (LEADS[0], at, 1.0, "converted", None, None),
        (LEADS[0], dt.datetime(2025, 3, 5, 10), 0.0, "lead_source", "Web", "Webinar"),
    ]
    audit = file_audit(prepared, "history.csv")
    assert (audit.table, audit.route, audit.rows_kept) == ("lead_history", "api", 4)
    assert balanced(prepared)


def test_owners_stand_once_and_by_id(tmp_path):
    owner = {"Field": "Owner"}
    prepared = history(
        tmp_path,
        {**owner, "OldValue": "Nurture queue", "NewValue": "Kim Park"},
        {**owner, "OldValue": long("00G8d00000Aq1Ab"), "NewValue": long("0058d00000Aq1Ac")},
        {**owner, "OldValue": "Kim Park", "NewValue": "Somebody Else", "CreatedDate": "2025-04-01 15:00:00"},
    )
    assert changed(prepared) == [
        ("owner_id", "00G8d00000Aq1Ab", "0058d00000Aq1Ac"),
        ("owner_id", "0058d00000Aq1Ac", "Somebody Else"),
    ]
    assert left_out(prepared) == [("history.csv", "owner's name beside the row with the id", 1)]
    assert balanced(prepared)


def test_the_report_is_read_and_its_days_are_chained(tmp_path):
    prepared = history(
        tmp_path,
        {"Old Value": "Qualified", "New Value": "Accepted"},
        {"Old Value": "Working", "New Value": "Qualified"},
        {},
        {"Field / Event": "Created.", "Old Value": "", "New Value": ""},
        {"Field / Event": "Lead Owner", "Old Value": "Dana Whitfield", "New Value": "Kim Park"},
        base=REPORT,
    )
    day = dt.datetime(2025, 3, 24)
    assert changed(prepared, *ALL) == [
        (LEADS[0], day, 0.0, "created", None, None),
        (LEADS[0], day, 1.0, "owner_id", "0058d00000Aq1Ab", "0058d00000Aq1Ac"),
        (LEADS[0], day, 2.0, "status", "Open", "Working"),
        (LEADS[0], day, 3.0, "status", "Working", "Qualified"),
        (LEADS[0], day, 4.0, "status", "Qualified", "Accepted"),
    ]


def test_a_report_without_ids_is_not_read_and_says_why(tmp_path):
    base = {name: cell for name, cell in REPORT.items() if name != "Lead ID"}
    prepared = history(tmp_path, {}, base=base)
    assert prepared.audit.unrecognised == (
        ("history.csv", "row 1 comes nearest to salesforce lead history (report), but lacks lead_id (Lead ID, 18 "
         "Character Lead ID, Lead ID (18)); if it is one, add that to the export"),
    )  # fmt: skip


def test_the_past_of_a_merged_lead_is_that_of_its_winner(tmp_path):
    loser = {"Id": long(LEADS[1]), "IsDeleted": "1", "MasterRecordId": long(LEADS[0])}
    prepared = history(
        tmp_path,
        {"LeadId": long(LEADS[1]), "IsDeleted": "1", "OldValue": "New", "NewValue": "Open"},
        {"CreatedDate": "2025-03-06 15:00:00"},
        {"CreatedDate": "2025-03-07 15:00:00", "IsDeleted": "1"},
        leads=({}, loser),
    )
    assert changed(prepared, "lead_id", "old_value", "new_value") == [
        (LEADS[0], "New", "Open"),
        (LEADS[0], "Open", "Working"),
    ]
    assert ("history.csv", "deleted in the system (IsDeleted)", 1) in left_out(prepared)
    assert balanced(prepared)


def test_names_and_addresses_never_come_through(tmp_path):
    prepared = history(
        tmp_path,
        {"Field": "Email", "OldValue": "ana@example.com", "NewValue": "bo@example.com"},
        {"Field": "LastName", "OldValue": "Silva", "NewValue": "Souza"},
        {"OldValue": "Open", "NewValue": "Waits for ana@example.com"},
    )
    assert changed(prepared) == [("status", "Open", "Waits for")]
    assert left_out(prepared) == [("history.csv", "change of a field that is not used", 2)]


def test_fields_that_company_yml_names_are_kept_as_the_system_calls_them(tmp_path):
    columns = {"columns": {"leads": {"region": ["Region__c"]}}}
    prepared = history(
        tmp_path, {"Field": "Region__c", "OldValue": "EMEA", "NewValue": "DACH"},
        leads=({"Region__c": "DACH"},), exports=columns,
    )  # fmt: skip
    assert changed(prepared) == [("Region__c", "EMEA", "DACH")]


def test_both_forms_and_copies_are_one_change(tmp_path):
    owner = {"Field": "Owner"}
    report = table(
        {"Edit Date": "3/4/2025 10:00 AM"}, {"Edit Date": "3/24/2025 9:00 AM", "New Value": "Nurture"},
        {"Edit Date": "3/4/2025 10:00 AM", "Field / Event": "Lead Owner", "Old Value": "Dana Whitfield",
         "New Value": "Kim Park"}, base=REPORT,
    )  # fmt: skip
    prepared = history(
        tmp_path, {}, {},
        {**owner, "OldValue": long("0058d00000Aq1Ab"), "NewValue": long("0058d00000Aq1Ac")},
        {**owner, "OldValue": "Dana Whitfield", "NewValue": "Kim Park"},
        more={"report.csv": report},
    )  # fmt: skip
    assert changed(prepared) == [
        ("owner_id", "0058d00000Aq1Ab", "0058d00000Aq1Ac"),
        ("status", "Open", "Working"),
        ("status", "Open", "Nurture"),
    ]
    assert left_out(prepared) == [
        ("history.csv", "exact duplicate row", 1),
        ("history.csv", "owner's name beside the row with the id", 1),
        ("report.csv", "same record in another file", 2),
    ]
    assert balanced(prepared)


def test_changes_of_leads_that_are_not_there_are_left_out(tmp_path):
    prepared = history(tmp_path, {}, {"LeadId": long(LEADS[4])}, {"CreatedDate": ""})
    assert left_out(prepared) == [
        ("history.csv", "lead not in the export", 1),
        ("history.csv", "no date of change", 1),
    ]
    assert history(tmp_path / "b", {}, leads=()).tables["lead_history"].num_rows == 1


def test_a_history_of_which_nothing_stays_is_a_table_without_rows(tmp_path):
    prepared = history(tmp_path, {"Field": "Email"})
    assert prepared.tables["lead_history"].num_rows == 0
    assert balanced(prepared)


def test_order_of_rows_does_not_matter(tmp_path):
    changes = [{}, {"OldValue": "Working", "NewValue": "Open"}, {"OldValue": "Working", "NewValue": "Qualified"}]
    one, other = history(tmp_path / "a", *changes), history(tmp_path / "b", *reversed(changes))
    assert one.tables["lead_history"].equals(other.tables["lead_history"])

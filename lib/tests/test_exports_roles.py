"""The gate on Salesforce contacts and contact roles: opportunities that repeat per contact are read once."""

import datetime as dt

import pytest
from gate import IDS, balanced, file_audit, gate, left_out, rows
from people import CONTACTS, column, long, records, table

from revops.errors import ExportError

API = {
    "Id": long("00K8d00000RAbcd"), "IsDeleted": "0", "OpportunityId": long(IDS[0]), "ContactId": long(CONTACTS[0]),
    "Role": "Decision Maker", "IsPrimary": "1", "CreatedDate": "2025-03-03 14:05:00",
}  # fmt: skip
CONTACT = {
    "Id": long(CONTACTS[0]), "IsDeleted": "0", "MasterRecordId": "", "AccountId": long("0018d00000Ac1Az"),
    "LastName": "Silva", "FirstName": "Ana", "Name": "Ana Silva", "Email": "ana@example.com", "LeadSource": "Web",
    "OwnerId": long("0058d00000Aq1Ab"), "CreatedDate": "2025-03-03 14:05:00", "SystemModstamp": "2025-03-04 14:05:00",
}  # fmt: skip
PAIR = ("opportunity_id", "contact_id", "role", "is_primary")
BARE = {"Opportunity ID": IDS[0], "Contact ID": CONTACTS[0], "Contact Name": "Ana Silva", "Role": "", "Primary": "0"}


def of_report(deal, contact, role="", primary="0", **cells):
    """Return the changes of one row of "Opportunities with Contact Roles"."""
    own = {"Opportunity ID": IDS[deal], "Contact ID": CONTACTS[contact], "Role": role, "Primary": primary}
    return {**own, "Contact Name": "Ana Silva", "Title": "CFO", **cells}


def said(prepared):
    return [text for text in prepared.audit.warnings if text.startswith("contact_roles")]


def test_roles_of_the_weekly_export_are_read(tmp_path):
    roles = table(
        {}, {"ContactId": long(CONTACTS[1]), "Role": "", "IsPrimary": "0"},
        {"OpportunityId": long(IDS[4])}, {"OpportunityId": long(IDS[1]), "IsDeleted": "1"}, base=API,
    )  # fmt: skip
    prepared = gate(tmp_path, {"deals.csv": rows({}, {}), "roles.csv": roles})
    assert records(prepared, "contact_roles", *PAIR) == [
        (IDS[0], CONTACTS[0], "Decision Maker", True),
        (IDS[0], CONTACTS[1], None, False),
    ]
    assert left_out(prepared) == [
        ("roles.csv", "deleted in the system (IsDeleted)", 1),
        ("roles.csv", "opportunity not in the export", 1),
    ]
    assert file_audit(prepared, "roles.csv").decisions == ("1 of 2 opportunities (50%) has a contact role",)
    assert said(prepared) == []
    assert balanced(prepared)


def test_a_report_of_nothing_but_roles_is_read(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": rows({}), "roles.csv": table({"Role": "Buyer"}, base=BARE)})
    assert records(prepared, "contact_roles", *PAIR) == [(IDS[0], CONTACTS[0], "Buyer", False)]
    assert file_audit(prepared, "roles.csv").table == "contact_roles"


def test_opportunities_with_contact_roles_beside_others_give_roles_alone(tmp_path):
    report = rows(of_report(0, 0, "Buyer", "1", Stage="Closed Won"), of_report(0, 1), of_report(4, 1))
    prepared = gate(tmp_path, {"deals.csv": rows({}, {}, {}), "roles.csv": report})
    assert records(prepared, "opportunities", "opportunity_id", "stage_name") == [
        (key, "Qualification") for key in sorted(IDS[:3])
    ]
    assert records(prepared, "contact_roles", *PAIR) == [
        (IDS[0], CONTACTS[0], "Buyer", True),
        (IDS[0], CONTACTS[1], None, False),
    ]
    audit = file_audit(prepared, "roles.csv")
    assert (audit.table, audit.rows_read, audit.rows_kept) == ("contact_roles", 3, 2)
    assert audit.decisions == (
        "read for its contact roles alone: other files hold the opportunities",
        "1 of 3 opportunities (33%) has a contact role",
    )
    assert audit.warnings == (f"1 opportunity that no other file holds: not read as opportunities (e.g. {IDS[4]})",)
    assert said(prepared) == [
        "contact_roles: only 1 of 3 opportunities (33%) has a contact role; what people did before the others cannot "
        "be told"
    ]
    assert balanced(prepared)


def test_opportunities_with_contact_roles_alone_give_both_and_count_each_opportunity_once(tmp_path):
    report = rows(of_report(0, 0, "Buyer", "1"), of_report(0, 1), of_report(1, 0), of_report(0, 2))
    prepared = gate(tmp_path, {"roles.csv": report})
    assert records(prepared, "opportunities", "opportunity_id", "amount") == [(key, 1000.0) for key in sorted(IDS[:2])]
    assert prepared.tables["contact_roles"].num_rows == 4
    audit = file_audit(prepared, "roles.csv")
    assert (audit.table, audit.rows_read, audit.rows_kept) == ("opportunities", 4, 2)
    assert left_out(prepared) == [("roles.csv", "further row of an opportunity: read as a contact role", 2)]
    assert audit.decisions == (
        "holds a row per opportunity and contact: each opportunity is taken once",
        "Amount: no currency in the file; taken as USD",
        "2 of 2 opportunities (100%) have a contact role",
    )
    assert audit.warnings == (
        'the report "Opportunities with Contact Roles" leaves out opportunities without a contact; export the '
        "opportunities by themselves too",
    )
    assert balanced(prepared)


def test_opportunities_with_or_without_roles_are_not_warned_of(tmp_path):
    prepared = gate(tmp_path, {"roles.csv": rows(of_report(0, 0), of_report(1, 0, **{"Contact ID": ""}))})
    assert file_audit(prepared, "roles.csv").warnings == ()
    assert records(prepared, "contact_roles", *PAIR) == [(IDS[0], CONTACTS[0], None, False)]
    assert prepared.tables["opportunities"].num_rows == 2
    assert balanced(prepared)


def test_an_opportunity_that_contradicts_itself_in_such_a_report_is_refused(tmp_path):
    report = rows(of_report(0, 0), of_report(0, 1, Amount="2000"))
    with pytest.raises(ExportError, match="copies of one record must agree"):
        gate(tmp_path, {"roles.csv": report})


def test_dated_folders_of_such_reports_give_the_roles_of_the_latest(tmp_path):
    prepared = gate(tmp_path, {
        "2025-06-01/r.csv": rows(of_report(0, 0), of_report(0, 1)),
        "2025-06-08/r.csv": rows(of_report(0, 2)),
    })  # fmt: skip
    assert column(prepared, "contact_id", "contact_roles") == [CONTACTS[2]]
    assert balanced(prepared)


def test_several_roles_of_one_contact_are_one_the_primary_first(tmp_path):
    roles = table(
        {"Role": "User", "IsPrimary": "0"}, {"Role": "Buyer", "IsPrimary": "1"}, {"Role": "Approver", "IsPrimary": "0"},
        base=API,
    )  # fmt: skip
    prepared = gate(tmp_path, {"deals.csv": rows({}), "roles.csv": roles})
    assert records(prepared, "contact_roles", *PAIR) == [(IDS[0], CONTACTS[0], "Buyer", True)]
    assert left_out(prepared) == [("roles.csv", "further role of the same contact", 2)]


def test_both_forms_together_are_one_role(tmp_path):
    report = rows(of_report(0, 0, "Decision Maker", "1"))
    prepared = gate(tmp_path, {"deals.csv": rows({}), "api.csv": table({}, {}, base=API), "roles.csv": report})
    assert prepared.tables["contact_roles"].num_rows == 1
    assert left_out(prepared) == [
        ("api.csv", "exact duplicate row", 1),
        ("roles.csv", "same record in another file", 1),
    ]
    assert balanced(prepared)


def test_files_of_roles_that_name_no_opportunity_we_have_are_warned_of(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": rows({}), "roles.csv": table({"OpportunityId": long(IDS[4])}, base=API)})
    assert prepared.tables["contact_roles"].num_rows == 0
    assert said(prepared) == [
        "contact_roles: none of 1 opportunity has a contact role, though files of them are there; what people did "
        "before cannot be told"
    ]


def test_contacts_are_read_without_names_and_merged_ones_are_one(tmp_path):
    merged = {"Id": long(CONTACTS[1]), "IsDeleted": "1", "MasterRecordId": long(CONTACTS[0])}
    roles = table({"ContactId": long(CONTACTS[1])}, base=API)
    prepared = gate(tmp_path, {
        "deals.csv": rows({}), "Contact.csv": table({}, merged, base=CONTACT), "roles.csv": roles})  # fmt: skip
    names = ("contact_id", "account_id", "owner_id", "source", "created_at")
    assert records(prepared, "contacts", *names) == [
        (CONTACTS[0], "0018d00000Ac1Az", "0058d00000Aq1Ab", "marketing", dt.datetime(2025, 3, 3, 9, 5))
    ]
    assert column(prepared, "contact_id", "contact_roles") == [CONTACTS[0]]
    assert file_audit(prepared, "Contact.csv").system == "salesforce"
    kept = str([prepared.tables["contacts"].to_pylist(), prepared.audit.to_json()])
    assert not any(word in kept for word in ("Ana", "Silva", "@"))
    assert left_out(prepared) == [("Contact.csv", "merged into another record", 1)]
    assert balanced(prepared)


def test_the_report_of_contacts_is_no_file_of_accounts(tmp_path):
    report = (
        "First Name,Last Name,Email,Account Name,Account ID,Contact Owner,Lead Source,Created Date,Contact ID\n"
        f"Ana,Silva,ana@example.com,Acme,0018d00000Ac1Az,Dana Whitfield,Web,3/24/2025,{CONTACTS[0]}\n"
    )
    prepared = gate(tmp_path, {"deals.csv": rows({}), "report.csv": report})
    names = ("contact_id", "account_id", "owner_id", "lead_source", "created_at")
    assert records(prepared, "contacts", *names) == [
        (CONTACTS[0], "0018d00000Ac1Az", "Dana Whitfield", "Web", dt.datetime(2025, 3, 24))
    ]
    assert "accounts" not in prepared.tables


def test_order_of_rows_and_files_does_not_matter(tmp_path):
    changes = [{"Role": "User"}, {"Role": "Buyer"}, {"ContactId": long(CONTACTS[1])}]
    one = gate(tmp_path / "a", {"a.csv": rows({}), "b.csv": table(*changes, base=API)})
    other = gate(tmp_path / "b", {"b.csv": rows({}), "a.csv": table(*reversed(changes), base=API)})
    assert one.tables["contact_roles"].equals(other.tables["contact_roles"])

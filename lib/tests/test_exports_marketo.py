"""The gate on Marketo: people who are Salesforce's leads already, changes that date their qualification, touches."""

import json

import pytest
from gate import balanced, gate, left_out, rows

API = """\
id,createdAt,updatedAt,email,firstName,company,leadSource,leadStatus,sfdcLeadId,sfdcContactId
101,2025-01-10T15:00:00Z,2025-06-01T00:00:00Z,ann@acme.com,Ann,Acme,Web,MQL,00Q8d000001AAAAEA4,null
102,2025-02-01T15:00:00Z,2025-06-01T00:00:00Z,bob@beta.com,Bob,Beta,Webinar,New,null,null
103,2025-02-02T15:00:00Z,2025-06-01T00:00:00Z,cy@ceta.com,Cy,Ceta,Web,New,null,0038d000001CCCC
104,2025-02-03T15:00:00Z,2025-06-01T00:00:00Z,dee@deta.com,Dee,Deta,Web,New,00Q8d000001ZZZZ,null
"""
CONNECTOR = API.replace(
    "id,createdAt,updatedAt,email,firstName,company,leadSource,leadStatus,sfdcLeadId,sfdcContactId",
    "id,created_at,updated_at,email,first_name,company,lead_source,lead_status,sfdc_lead_id,sfdc_contact_id",
)
SMART_LIST = """\
"Id","First Name","Email Address","Company Name","Created At","Updated At","Lead Source","Lead Status","SFDC Lead Id",\
"SFDC Contact Id"
"101","Ann","ann@acme.com","Acme","2025-01-10 10:00:00","2025-06-01 00:00:00","Web","MQL","00Q8d000001AAAAEA4",""
"102","Bob","bob@beta.com","Beta","2025-02-01 10:00:00","2025-06-01 00:00:00","Webinar","New","",""
"103","Cy","cy@ceta.com","Ceta","2025-02-02 10:00:00","2025-06-01 00:00:00","Web","New","","0038d000001CCCC"
"104","Dee","dee@deta.com","Deta","2025-02-03 10:00:00","2025-06-01 00:00:00","Web","New","00Q8d000001ZZZZ",""
"""
LEADS = """\
Id,CreatedDate,Company,Status,LeadSource,IsConverted,ConvertedContactId
00Q8d000001AAAA,2025-01-11T15:00:00Z,Acme,Working,Web,false,
00Q8d000001CDEF,2025-02-02T15:00:00Z,Ceta,Qualified,Web,true,0038d000001CCCC
"""
CHANGES = """\
\ufeffactivity_date,activity_type_id,api_method_name,campaign_id,id,lead_id,modifying_user,new_value,old_value,primary_attribute_value,primary_attribute_value_id,reason,request_id,source
2025-03-01 14:00:00.000 +0000,13,,,1,101,,MQL,New,Lead Status,9,,,
2025-03-05 14:00:00.000 +0000,13,,,2,101,,SQL,MQL,Lead Status,9,,,
2025-03-09 14:00:00.000 +0000,13,,,3,101,,MQL,SQL,Lead Status,9,,,
2025-03-02 14:00:00.000 +0000,13,,,4,102,,Marketing Qualified,New,Lead Status,9,,,
2025-03-02 14:00:00.000 +0000,13,,,5,102,,bob@new.com,bob@beta.com,Email Address,6,,,
"""
MEANING = {"lifecycle": {"fields": ["Lead Status"], "mql": ["MQL", "Marketing Qualified*"], "sql": ["SQL"]}}


def marketo(folder, *files, leads=None, **changes):
    """Return what the gate makes of Marketo's files beside one deal, and beside Salesforce's leads where given."""
    named = {f"m{n}.csv": file for n, file in enumerate(files)}
    crm = {"leads.csv": leads} if leads else {}
    return gate(folder, {"deals.csv": rows({}), **crm, **named}, **changes)


def leads_of(prepared, *names):
    return {row["lead_id"]: tuple(row[name] for name in names) for row in prepared.tables["leads"].to_pylist()}


def stamp(value):
    return None if value is None else f"{value:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("text", [API, CONNECTOR, SMART_LIST], ids=["rest", "connector", "smart list"])
def test_people_alone_are_the_leads_without_their_names_and_addresses(tmp_path, text):
    prepared = marketo(tmp_path, text)
    found = leads_of(prepared, "account_name", "status", "source")
    assert found == {
        "101": ("Acme", "MQL", "marketing"), "102": ("Beta", "New", "marketing"), "103": ("Ceta", "New", "marketing"),
        "104": ("Deta", "New", "marketing"),
    }  # fmt: skip
    assert stamp(prepared.tables["leads"].to_pylist()[0]["created_at"]) == "2025-01-10 10:00"
    said = str(prepared.tables["leads"].to_pylist()) + str(prepared.audit)
    assert "@" not in said and "Ann" not in said.replace("Annual", "")
    assert balanced(prepared)


@pytest.mark.parametrize("text", [API, CONNECTOR, SMART_LIST], ids=["rest", "connector", "smart list"])
def test_a_person_whom_salesforce_has_is_its_lead_and_never_counted_twice(tmp_path, text):
    prepared = marketo(tmp_path, text, leads=LEADS)
    assert leads_of(prepared, "account_name", "status") == {
        "00Q8d000001AAAA": ("Acme", "Working"), "00Q8d000001CDEF": ("Ceta", "Qualified"), "102": ("Beta", "New")
    }  # fmt: skip
    assert left_out(prepared) == [
        ("m0.csv", "in Salesforce, and not among its leads", 1), ("m0.csv", "same person as a lead of Salesforce", 2)
    ]  # fmt: skip
    assert (
        "leads: 1 of 4 people of Marketo carry an id of Salesforce that is not among its leads, and are left out "
        "(e.g. 104): deleted, merged or contacts there, or the export of leads is not whole"
    ) in prepared.audit.warnings
    assert balanced(prepared)


def test_dates_of_qualification_that_marketo_has_fill_those_that_salesforce_lacks(tmp_path):
    text = API.replace("sfdcContactId", "sfdcContactId,MQL Date").replace(",null\n", ",null,2025-03-01T15:00:00Z\n")
    text = text.replace("0038d000001CCCC", "0038d000001CCCC,2025-03-02T15:00:00Z")
    crm = LEADS.replace("ConvertedContactId", "ConvertedContactId,MQL_Date__c")
    crm = crm.replace("false,\n", "false,,\n").replace("CCCC\n", "CCCC,2025-02-20T15:00:00Z\n")
    columns = {"columns": {"leads": {"mql_at": ["MQL Date", "MQL_Date__c"]}}}
    prepared = marketo(tmp_path, text, leads=crm, exports=columns)
    assert {key: stamp(value) for key, (value,) in leads_of(prepared, "mql_at").items()} == {
        "00Q8d000001AAAA": "2025-03-01 10:00", "00Q8d000001CDEF": "2025-02-20 10:00", "102": "2025-03-01 10:00"
    }  # fmt: skip
    (audit,) = (file for file in prepared.audit.files if file.name == "m0.csv")
    assert "mql_at: 1 blank of leads of Salesforce filled" in audit.decisions


def test_two_people_who_are_one_lead_of_salesforce_count_once(tmp_path):
    again = API + "105,2025-04-01T15:00:00Z,2025-06-01T00:00:00Z,x@y.com,X,Acme,Web,New,00Q8d000001AAAA,null\n"
    prepared = marketo(tmp_path, again)
    assert sorted(leads_of(prepared, "status")) == ["101", "102", "103", "104"]
    assert left_out(prepared) == [("m0.csv", "same lead of Salesforce as another person", 1)]


def bulk(text):
    """Return the same changes as a bulk extract writes them."""
    lines = ["marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValueId,primaryAttributeValue,"
             "attributes"]  # fmt: skip
    for line in text.splitlines()[1:]:
        cells = line.split(",")
        details = json.dumps({"New Value": cells[7], "Old Value": cells[8], "Source": "Web form"}).replace('"', '""')
        day = cells[0].replace(" ", "T", 1).replace(".000 +0000", "Z")
        lines.append(f'{cells[4]},{cells[5]},{day},13,,9,{cells[9]},"{details}"')
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("changes", [CHANGES, bulk(CHANGES)], ids=["connector", "bulk extract"])
def test_changes_of_status_are_history_and_date_the_first_qualification(tmp_path, changes):
    prepared = marketo(tmp_path, API, changes, exports=MEANING)
    history = [
        (row["lead_id"], stamp(row["changed_at"]), row["field"], row["old_value"], row["new_value"])
        for row in prepared.tables["lead_history"].to_pylist()
    ]
    assert history == [
        ("101", "2025-03-01 09:00", "status", "New", "MQL"),
        ("101", "2025-03-05 09:00", "status", "MQL", "SQL"),
        ("101", "2025-03-09 10:00", "status", "SQL", "MQL"),
        ("102", "2025-03-02 09:00", "status", "New", "Marketing Qualified"),
    ]
    found = {key: tuple(map(stamp, both)) for key, both in leads_of(prepared, "mql_at", "sql_at").items()}
    assert found == {
        "101": ("2025-03-01 09:00", "2025-03-05 09:00"), "102": ("2025-03-02 09:00", None), "103": (None, None),
        "104": (None, None),
    }  # fmt: skip
    assert [(reason, n) for _, reason, n in left_out(prepared)] == [("change of a field that is not used", 1)]
    assert balanced(prepared)


def test_changes_belong_to_the_lead_of_salesforce_and_its_own_history_comes_first(tmp_path):
    own = (
        "Id,LeadId,CreatedDate,Field,OldValue,NewValue\n"
        "0178d000001AAAA,00Q8d000001AAAA,2025-03-01T14:04:00Z,Status,New,MQL\n"
    )
    alone = marketo(tmp_path / "a", API, CHANGES, leads=LEADS, exports=MEANING)
    assert {row["lead_id"] for row in alone.tables["lead_history"].to_pylist()} == {"00Q8d000001AAAA", "102"}
    assert stamp(leads_of(alone, "mql_at")["00Q8d000001AAAA"][0]) == "2025-03-01 09:00"
    beside = marketo(tmp_path / "b", API, CHANGES, own, leads=LEADS, exports=MEANING)
    assert stamp(leads_of(beside, "mql_at")["00Q8d000001AAAA"][0]) == "2025-03-01 09:04"
    assert ("m1.csv", "change that the history of Salesforce tells", 3) in left_out(beside)
    assert balanced(alone) and balanced(beside)


FORMS = """\
id,activity_date,activity_type_id,lead_id,primary_attribute_value,primary_attribute_value_id,campaign_id,query_parameters,referrer_url
1,2025-03-01 14:00:00.000 +0000,2,101,Ebook form,7,,utm_source=LinkedIn&utm_medium=paid-social&email=ann%40acme.com,
2,2025-03-02 14:00:00.000 +0000,1,103,/pricing?email=ann@acme.com,8,,,
3,2025-03-02 14:00:00.000 +0000,7,101,Newsletter,9,,,
4,2025-03-03 14:00:00.000 +0000,2,999,Ebook form,7,,,
1,2025-03-01 14:00:00.000 +0000,2,101,Ebook form,7,,utm_source=LinkedIn&utm_medium=paid-social&email=ann%40acme.com,
"""
PROGRAM = (
    "marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValueId,primaryAttributeValue,attributes\n"
    '5,102,2025-03-04T14:00:00Z,104,,33,Webinar March,"{""New Status"":""Attended"",""Success"":true}"\n'
    '6,102,2025-03-03T14:00:00Z,104,,33,Webinar March,"{""New Status"":""Invited"",""Success"":false}"\n'
)


MEMBERS = (
    '"Id","CampaignId","LeadId","ContactId","Status","HasResponded","CreatedDate","FirstRespondedDate","Campaign.Name"\n'
    '"00v8d000001AAAA","7018d0000000AAA","00Q8d000001AAAA","","Attended","1","2025-03-01 09:00:00",'
    '"2025-03-04 00:00:00","Webinar  march"\n'
)


def test_a_program_status_that_salesforce_tells_as_membership_is_one_touch(tmp_path):
    program = PROGRAM.replace(",102,", ",101,")
    alone = marketo(tmp_path / "a", API, program, leads=LEADS)
    assert [row["touch_id"] for row in alone.tables["touches"].to_pylist()] == ["5", "6"]
    beside = marketo(tmp_path / "b", API, program, MEMBERS, leads=LEADS)
    assert [row["touch_id"] for row in beside.tables["touches"].to_pylist()] == ["00Q8d000001AAAA:7018d0000000AAA"]
    assert ("m1.csv", "membership of a campaign that Salesforce tells", 2) in left_out(beside)
    other = marketo(tmp_path / "c", API, program, MEMBERS.replace("march", "April"), leads=LEADS)
    assert other.tables["touches"].num_rows == 3
    assert balanced(alone) and balanced(beside) and balanced(other)


def test_forms_visits_and_changes_of_program_status_are_touches(tmp_path):
    prepared = marketo(tmp_path, API, FORMS, PROGRAM, leads=LEADS)
    found = {row["touch_id"]: row for row in prepared.tables["touches"].to_pylist()}
    shown = {
        key: (row["lead_id"], row["contact_id"], row["campaign_name"], row["campaign_type"], row["status"],
              row["is_response"], row["utm_source"])
        for key, row in found.items()
    }  # fmt: skip
    assert shown == {
        "1": ("00Q8d000001AAAA", None, "Ebook form", "Fill out form", None, True, "LinkedIn"),
        "2": ("00Q8d000001CDEF", "0038d000001CCCC", "/pricing", "Visit web page", None, True, None),
        "5": ("102", None, "Webinar March", "Change of program status", "Attended", True, None),
        "6": ("102", None, "Webinar March", "Change of program status", "Invited", False, None),
    }
    assert [stamp(found["1"][name]) for name in ("touched_at", "responded_date")] == [
        "2025-03-01 09:00",
        "2025-03-01 00:00",
    ]
    assert found["6"]["responded_date"] is None and found["1"]["channel"] is None
    told = {(reason, n) for file, reason, n in left_out(prepared) if file == "m1.csv"}
    assert told == {("activity of type 7: no touch", 1), ("exact duplicate row", 1), ("person not among the leads", 1)}
    assert "@" not in str(prepared.tables["touches"].to_pylist()) and balanced(prepared)


def test_activities_without_the_people_they_are_of_are_read(tmp_path):
    prepared = marketo(tmp_path, PROGRAM)
    assert [row["lead_id"] for row in prepared.tables["touches"].to_pylist()] == ["102", "102"]
    assert balanced(prepared)


def test_activities_without_attributes_are_touches_of_which_less_is_known(tmp_path):
    bare = PROGRAM.splitlines()[0] + "\n7,102,2025-03-04T14:00:00Z,2,,33,Ebook form,\n"
    prepared = marketo(tmp_path, bare)
    (touch,) = prepared.tables["touches"].to_pylist()
    assert (touch["campaign_name"], touch["is_response"], touch["utm_source"]) == ("Ebook form", True, None)
    assert balanced(prepared)

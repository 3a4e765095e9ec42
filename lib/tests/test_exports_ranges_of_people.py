"""Changes of leads and activities of people: the same tables and audit in blocks and ranges of any size as whole."""

import json
import random
import tempfile
from pathlib import Path

import pytest
from both_ways import both_ways, range_sizes
from gate import REPORT, company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import CAMPAIGNS, CONTACTS, LEADS, long, table

NOBODY = "00Q8d00000L0Abc"
USERS = ("0058d00000Aq1Ab", "0058d00000Aq1Ac", "00G8d00000Aq1Ab")
STATUSES = ("Open", "Working", " Working", "MQL", "SQL", "Waits for ana@example.com", "")
OWNERS = (*map(long, USERS), "Dana Whitfield", "Park, Kim", "Somebody Else", "")
VALUES = {
    "Status": STATUSES, "Owner": OWNERS, "created": ("",), "leadConverted": ("",), "LeadSource": ("Web", "Webinar"),
    "Region__c": ("EMEA", "DACH"), "Email": ("ana@example.com",), "": ("x",),
}  # fmt: skip
LABELS = {"Status": "Lead Status", "Owner": "Lead Owner", "created": "Created.", "LeadSource": "Lead Source"}
SETTINGS = {
    "exports": {
        "columns": {"leads": {"region": ["Region__c"]}},
        "lifecycle": {"fields": ["Lead Status"], "mql": ["MQL", "Waits*"], "sql": ["SQL"]},
    }
}
PROGRAMS = ("Webinar March", "Expo", "")
PEOPLE = [str(n) for n in range(101, 112)]


def stamp(chance, form="{} {:02d}:30:00"):
    """Return one of few moments, so that rows share them."""
    return form.format(f"2025-{chance.randint(3, 4):02d}-{chance.randint(1, 3):02d}", chance.choice((2, 14)))


def change(chance):
    field = chance.choice(list(VALUES))
    return field, *(chance.choice(VALUES[field]) for _ in range(2))


def api_rows(chance, n):
    rows = []
    for _ in range(n):
        field, old, new = change(chance)
        lead = chance.choice((*map(long, LEADS), long(NOBODY), ""))
        at = stamp(chance) if chance.random() < 0.95 else ""
        rows.append({"Id": long("0178d00000HAbcd"), "IsDeleted": str(int(chance.random() < 0.1)), "LeadId": lead,
                     "CreatedDate": at, "Field": field, "OldValue": old, "NewValue": new})  # fmt: skip
    return rows


def report_rows(chance, n):
    rows = []
    for _ in range(n):
        field, old, new = change(chance)
        day = f"{chance.randint(3, 4)}/{chance.choice((1, 2, 28))}/2025"
        rows.append({"Lead Owner": "Dana Whitfield", "Field / Event": LABELS.get(field, field), "Old Value": old,
                     "New Value": new, "Edit Date": day, "Lead ID": chance.choice(LEADS)})  # fmt: skip
    return rows


def marketo_rows(chance, n):
    rows = []
    for place in range(n):
        field, old, new = change(chance)
        rows.append({"id": str(place), "activity_date": stamp(chance, "{} {:02d}:00:00.000 +0000"),
                     "activity_type_id": "13", "lead_id": chance.choice((*PEOPLE, "")), "new_value": new,
                     "old_value": old, "primary_attribute_value": LABELS.get(field, field)})  # fmt: skip
    return rows


def activity(chance):
    """Return the type of an activity, the name of what it was of, and its attributes."""
    kind = chance.choice(("1", "2", "3", "6", "11", "13", "104", "104", ""))
    name = chance.choice(PROGRAMS if kind == "104" else ("Ebook form", "/pricing?email=ana@example.com", ""))
    if kind == "13":
        field, old, new = change(chance)
        return kind, LABELS.get(field, field), {"Old Value": old, "New Value": new}
    if kind == "104":
        return kind, name, {"New Status": chance.choice(("Invited", "Attended")), "Success": chance.random() < 0.5}
    query = chance.choice(("utm_source=LinkedIn&utm_medium=paid", "email=ana%40example.com", ""))
    return kind, name, {"Query Parameters": query, "Webpage URL": "/a?utm_source=x"} if chance.random() < 0.8 else None


def person(chance):
    return chance.choice((*PEOPLE, "999", "") if chance.random() < 0.3 else PEOPLE)


def bulk_rows(chance, n):
    """Return activities as a bulk extract has them, some of them twice; the others are more than their ids tell."""
    rows = []
    for _ in range(n):
        kind, name, details = activity(chance)
        at = stamp(chance, "{}T{:02d}:00:00Z") if chance.random() < 0.95 else ""
        rows.append({"marketoGUID": chance.choice((str(chance.randrange(9 * n)), "") if chance.random() < 0.1 else
                     (str(chance.randrange(n)),)), "leadId": person(chance), "activityDate": at,
                     "activityTypeId": kind, "primaryAttributeValue": name,
                     "attributes": "" if details is None else json.dumps(details)})  # fmt: skip
    return rows + rows[::4]


def connector_rows(chance, n):
    rows = []
    for place in range(n):
        kind, name, details = activity(chance)
        told = details or {}
        rows.append({"id": str(place), "lead_id": person(chance), "activity_type_id": kind,
                     "activity_date": stamp(chance, "{} {:02d}:00:00.000 +0000"), "primary_attribute_value": name,
                     "new_status": told.get("New Status", ""), "success": str(told.get("Success", "")).lower(),
                     "query_parameters": told.get("Query Parameters", "")})  # fmt: skip
    return rows


def member_rows(chance, n):
    """Return members of campaigns, some leads that are people of Marketo too, in campaigns named as programs."""
    rows = []
    for _ in range(n):
        is_lead, day = chance.random() < 0.7, f"2025-03-{chance.randint(1, 9):02d} 00:00:00"
        rows.append({"CampaignId": long(CAMPAIGNS[chance.randrange(2)]),
                     "LeadId": long(chance.choice(LEADS)) if is_lead else "",
                     "ContactId": "" if is_lead else long(chance.choice(CONTACTS)), "Status": "Attended",
                     "HasResponded": "1", "CreatedDate": day, "FirstRespondedDate": day,
                     "Campaign.Name": chance.choice(("Webinar  march", "Expo", ""))})  # fmt: skip
    return rows


def leads(chance):
    """Return the leads, one of them merged into another and some converted."""
    return [
        {"Id": long(lead), "IsDeleted": str(int(place == 1)), "MasterRecordId": long(LEADS[0]) if place == 1 else "",
         "Company": "Acme", "Status": "Open", "OwnerId": long(USERS[0]), "IsConverted": str(int(place % 3 == 0)),
         "ConvertedContactId": long(CONTACTS[place]) if place % 3 == 0 else "", "CreatedDate": "2025-02-03 14:05:00",
         "Region__c": "EMEA"}
        for place, lead in enumerate(LEADS)
    ]  # fmt: skip


def people(chance):
    return [
        {"id": person, "createdAt": "2025-01-10T15:00:00Z", "updatedAt": "2025-06-01T00:00:00Z", "company": "Beta",
         "leadStatus": "New", "sfdcLeadId": chance.choice((LEADS[place % 9], "null")), "sfdcContactId": "null"}
        for place, person in enumerate(PEOPLE)
    ]  # fmt: skip


def folder_of(home, chance, made, without=()):
    """Write files of rows, and those of leads, people and users beside them."""
    named = {"leads.csv": leads(chance), "people.csv": people(chance), **made}
    for name, rows in named.items():
        if rows and name not in without:
            (home / name).write_text(table(*rows, base={}), encoding="utf-8")
    (home / "deals.csv").write_bytes(REPORT.read_bytes())
    (home / "users.csv").write_text("User ID,Full Name\n0058d00000Aq1Ab,Dana Whitfield\n0058d00000Aq1Ac,Kim Park\n")
    return home


FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SIZES = {"block": st.integers(1 << 9, 1 << 13), "bucket_rows": st.integers(1, 60), "part_rows": st.integers(1, 60)}


@FEW
@given(seed=st.integers(0, 10**6), sizes=st.tuples(*[st.integers(0, 60)] * 4), **SIZES)
def test_random_changes_of_leads_are_the_same_in_any_blocks_and_ranges(seed, sizes, block, bucket_rows, part_rows):
    chance, makers = random.Random(seed), (api_rows, api_rows, report_rows, marketo_rows)
    made = {f"history{place}.csv": make(chance, n) for place, (make, n) in enumerate(zip(makers, sizes, strict=True))}
    made["history1.csv"] += made["history0.csv"][::3]
    without = ("leads.csv", "people.csv") if seed % 5 == 0 else ()
    with tempfile.TemporaryDirectory() as home:
        folder = folder_of(Path(home), chance, made, without)
        sizes_of = {"block": block, "bucket_rows": bucket_rows, "part_rows": part_rows}
        audit, on_disk = both_ways(folder, company(**(SETTINGS if not without else {})), **sizes_of)
    assert ("lead_history" in on_disk) == any(made.values()), audit


@FEW
@given(seed=st.integers(0, 10**6), sizes=st.tuples(*[st.integers(0, 60)] * 4), **SIZES)
def test_random_activities_are_the_same_in_any_blocks_and_ranges(seed, sizes, block, bucket_rows, part_rows):
    chance, makers = random.Random(seed), (bulk_rows, connector_rows, member_rows, api_rows)
    made = {f"file{place}.csv": make(chance, n) for place, (make, n) in enumerate(zip(makers, sizes, strict=True))}
    without = ("leads.csv",) if seed % 3 == 0 else ("leads.csv", "people.csv") if seed % 3 == 1 else ()
    with tempfile.TemporaryDirectory() as home:
        folder = folder_of(Path(home), chance, made, without)
        sizes_of = {"block": block, "bucket_rows": bucket_rows, "part_rows": part_rows}
        audit, on_disk = both_ways(folder, company(**(SETTINGS if not without else {})), **sizes_of)
    assert ("touches" in on_disk) == any(sizes[:3]), audit


@pytest.mark.parametrize("changed", [{"attributes": "{'New"}, {"activityDate": "13/13/2025"}, {"leadId": "1.01E+02"}])
def test_activities_that_cannot_be_read_are_refused_in_the_same_words(tmp_path, changed):
    chance = random.Random(7)
    rows = [{**row, **(changed if place % 3 == 0 else {})} for place, row in enumerate(bulk_rows(chance, 90))]
    folder = folder_of(tmp_path, chance, {"activities.csv": rows})
    refusal, on_disk = both_ways(folder, company(**SETTINGS), block=1 << 10, bucket_rows=20, part_rows=10)
    assert "activities.csv" in refusal and not refusal.startswith("{") and not on_disk


def in_order(chance, rows, name, form):
    """Return rows with ids that follow each other."""
    return [{**row, name: form.format(place)} for place, row in enumerate(rows(chance, 3000))]


@pytest.mark.parametrize(("table", "rows", "name", "form"), [
    ("lead_history", api_rows, "LeadId", "00Q8d00000{:05d}"),
    ("activities", bulk_rows, "marketoGUID", "{:05d}"),
    ("touches", connector_rows, "id", "{:05d}"),
])  # fmt: skip
def test_ranges_of_files_in_the_order_of_their_ids_are_even(tmp_path, table, rows, name, form):
    chance = random.Random(11)
    made = {"file.csv": in_order(chance, rows, name, form)}
    folder = folder_of(tmp_path, chance, made, without=("leads.csv", "people.csv"))
    with range_sizes(table) as sizes:
        both_ways(folder, company(), block=1 << 11, bucket_rows=300, part_rows=1)
    assert len(sizes) >= 10 and max(sizes) < 1.5 * sum(sizes) / len(sizes), sizes

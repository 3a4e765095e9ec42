"""Touches: members of Salesforce campaigns, from API files and reports, each person once in each campaign."""

import csv
import datetime as dt
import io

import pyarrow as pa
import pytest
from gate import EXAMPLES, REPORT, WEEKLY, balanced, company, file_audit, gate, left_out

from revops.exports import prepare
from revops.exports.audit import Ledger, Source
from revops.exports.touches import lists
from revops.exports.touches.rows import Persons, touch_rows
from revops.exports.uniting.merged import merged_records
from revops.schema import TABLES

SHEET = EXAMPLES / "salesforce" / "campaigns_with_campaign_members_report.csv"
MEMBERS, CAMPAIGNS = WEEKLY / "CampaignMember.csv", WEEKLY / "Campaign.csv"
ANA, PER, CY, LEAD, CONVERTED = (
    "0038d00000C1Abc",
    "0038d00000C3Abc",
    "0038d00000C4Abc",
    "00Q8d00000L1Abc",
    "00Q8d00000L4Abc",
)
CAMPAIGN = "7018d00000Cm1Aa"
MEMBER = {
    "CampaignId": CAMPAIGN,
    "LeadId": "",
    "ContactId": "",
    "Status": "Sent",
    "HasResponded": "0",
    "CreatedDate": "2025-01-05 02:30:00",
    "FirstRespondedDate": "",
}
NAMES = ("touch_id", "touched_at", "contact_id", "lead_id", "campaign_name", "channel", "status", "is_response")


def sheet(*changes, base=MEMBER):
    out = io.StringIO()
    names = list(dict.fromkeys([*base, *(name for change in changes for name in change)]))
    writer = csv.DictWriter(out, names, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({**base, **change} for change in changes)
    return out.getvalue()


def read(folder, files, **changes):
    prepared = gate(folder, {"deals.csv": REPORT, **files}, **changes)
    assert balanced(prepared)
    return prepared


def touches(prepared):
    return prepared.tables["touches"].to_pylist()


def lost(prepared):
    return [item for item in left_out(prepared) if item[0] != "deals.csv"]


def warned(prepared):
    return [warning for warning in prepared.audit.warnings if warning.startswith("touches")]


def days(prepared):
    return [(t["touch_id"], t["touched_at"].isoformat(" ")) for t in touches(prepared)]


EXPECTED = [
    (f"{ANA}:7018d00000Cm2Aa", "2025-01-10 00:00:00"),
    (f"{ANA}:7018d00000Cm3Aa", "2025-01-13 00:00:00"),
    (f"{ANA}:7018d00000Cm6Aa", "2025-05-02 00:00:00"),
    (f"{PER}:7018d00000Cm4Aa", "2025-02-27 00:00:00"),
    (f"{CY}:7018d00000Cm5Aa", "2025-03-21 00:00:00"),
    (f"{LEAD}:7018d00000Cm1Aa", "2024-12-10 00:00:00"),
]


@pytest.mark.parametrize("files", [{"m.csv": SHEET}, {"m.csv": MEMBERS}, {"m.csv": MEMBERS, "a.csv": SHEET}])
def test_report_and_weekly_export_tell_the_same_six_touches(tmp_path, files):
    assert days(read(tmp_path, files)) == EXPECTED


def test_weekly_export_is_told_whole(tmp_path):
    prepared = read(tmp_path, {"CampaignMember.csv": MEMBERS, "Campaign.csv": CAMPAIGNS})
    assert prepared.tables["touches"].column_names == list(TABLES["touches"].names)
    assert touches(prepared)[4] == {
        "touch_id": f"{CY}:7018d00000Cm5Aa",
        "touched_at": dt.datetime(2025, 3, 21),
        "contact_id": CY,
        "lead_id": CONVERTED,
        "campaign_id": "7018d00000Cm5Aa",
        "campaign_name": "Partner co-sell",
        "campaign_type": "Other",
        "channel": "Other",
        "status": "Responded",
        "is_response": True,
        "responded_date": dt.datetime(2025, 3, 21),
        "associated_at": dt.datetime(2025, 3, 20, 16, 47, 49),  # 20:47:49 UTC
        "utm_source": None,
        "utm_medium": None,
        "utm_campaign": None,
    }
    audit = file_audit(prepared, "CampaignMember.csv")
    assert (audit.system, audit.table, audit.route) == ("salesforce", "touches", "api")
    assert (audit.rows_read, audit.rows_kept, audit.first, audit.last) == (6, 6, "2024-12-02", "2025-05-02")
    assert warned(prepared) == [
        "touches: 6 of 6 fit no pattern of channels in company.yml; their campaign type stands as channel: Other (5), "
        "Webinar (1)"
    ]


def test_of_a_member_in_both_the_api_file_is_kept_and_gaps_are_filled_from_the_report(tmp_path):
    prepared = read(tmp_path, {"a.csv": SHEET, "b.csv": MEMBERS})
    assert [t["associated_at"].hour for t in touches(prepared)] == [15, 15, 16, 15, 16, 15]
    assert [t["campaign_name"] for t in touches(prepared)][-1] == "Webinar - Zero to One"
    assert lost(prepared) == [("a.csv", "footer or total row", 5), ("a.csv", "same record in another file", 6)]


def test_no_names_or_addresses_of_people_come_in(tmp_path):
    prepared = read(tmp_path, {"a.csv": SHEET, "b.csv": sheet({"ContactId": ANA, "Status": "Sent to x@y.example"})})
    told = str(touches(prepared)) + str(prepared.audit.to_json())
    assert not any(word in told for word in ("Ana", "Sørensen", "@"))
    assert "Sent to" in [t["status"] for t in touches(prepared)]


def test_order_of_rows_and_files_and_the_layout_change_nothing(tmp_path):
    text = SHEET.read_text(encoding="utf-8").splitlines()
    turned = "\n".join([text[0], *reversed(text[1:7]), *text[7:]])
    one = read(tmp_path / "1", {"a.csv": SHEET, "b.csv": MEMBERS})
    two = read(tmp_path / "2", {"z.csv": turned, "b.csv": MEMBERS})
    assert one.tables["touches"].equals(two.tables["touches"])
    loader = "\n".join([MEMBERS.read_text().partition("\n")[0].upper(), MEMBERS.read_text().partition("\n")[2]])
    assert days(read(tmp_path / "3", {"extract.csv": loader})) == EXPECTED


def test_days_written_day_first_are_known_by_the_days_above_twelve(tmp_path):
    rows = list(csv.reader(io.StringIO(SHEET.read_text(encoding="utf-8"))))
    for row in rows[1:7]:
        for place in (9, 10, 11):
            month, day, year = row[place].split("/")
            row[place] = f"{day}/{month}/{year}"
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    assert days(read(tmp_path, {"m.csv": out.getvalue()})) == EXPECTED


def test_parents_in_a_query_give_name_type_and_contact(tmp_path):
    row = {"LeadId": LEAD, "Campaign.Name": "Expo", "Campaign.Type": "Trade Show", "Lead.ConvertedContactId": ANA}
    [touch] = touches(read(tmp_path, {"m.csv": sheet(row)}, channels={"events": ["trade*"]}))
    assert [touch[name] for name in NAMES] == [
        f"{ANA}:{CAMPAIGN}", dt.datetime(2025, 1, 4, 21, 30), ANA, LEAD, "Expo", "events", "Sent", False
    ]  # fmt: skip


def test_converted_lead_counts_as_the_contact_it_became():
    ledger = Ledger([Source(0, "m.csv", "", 0)])
    part = pa.table({
        "campaign_id": ["c", "c"], "lead_id": ["l1", "l2"], "contact_id": pa.array([None, None], pa.string()),
        "associated_at": pa.array([dt.datetime(2025, 1, 5)] * 2, pa.timestamp("us")),
        "_file": pa.array([0, 0], pa.int32()),
    })  # fmt: skip
    leads = pa.table({"lead_id": ["l2", "l3"], "contact_id": ["p2", "p3"]})
    nobody = merged_records([], "lead_id")
    rows = touch_rows(part, True, Persons.known(leads, nobody, nobody), ledger)
    assert rows["touch_id"].to_pylist() == ["l1:c", "p2:c"]


def test_lead_and_contact_of_one_person_are_one_touch_at_the_earliest_response(tmp_path):
    rows = sheet(
        {"ContactId": ANA, "Status": "Sent", "SystemModstamp": "2025-03-03 00:00:00"},
        {
            "LeadId": LEAD,
            "ContactId": ANA,
            "Status": "Attended",
            "HasResponded": "1",
            "FirstRespondedDate": "2025-02-02",
        },
        {"LeadId": LEAD, "Lead.ConvertedContactId": ANA, "HasResponded": "1", "FirstRespondedDate": "2025-02-01"},
        {"ContactId": PER},
        {"ContactId": PER},
    )
    prepared = read(tmp_path, {"m.csv": rows})
    assert [[t[name] for name in NAMES] for t in touches(prepared)] == [
        [f"{ANA}:{CAMPAIGN}", dt.datetime(2025, 2, 1), ANA, LEAD, None, None, "Sent", True],
        [f"{PER}:{CAMPAIGN}", dt.datetime(2025, 1, 4, 21, 30), PER, None, None, None, "Sent", False],
    ]
    assert lost(prepared) == [
        ("m.csv", "exact duplicate row", 1),
        ("m.csv", "same person and campaign, or same id, again", 1),
        ("m.csv", "same person as lead and as contact", 1),
    ]


def test_rows_that_tell_nothing_are_left_out_by_what_they_lack(tmp_path):
    rows = sheet(
        {"ContactId": ANA},
        {"ContactId": PER, "IsDeleted": "1"},
        {"ContactId": CY, "CreatedDate": ""},
        {"ContactId": "000000000000000AAA", "LeadId": "000000000000000AAA"},
        {"ContactId": PER, "CampaignId": "000000000000000AAA"},
    )
    prepared = read(tmp_path, {"m.csv": rows})
    assert [t["contact_id"] for t in touches(prepared)] == [ANA]
    assert lost(prepared) == [
        ("m.csv", "deleted in the system (IsDeleted)", 1),
        ("m.csv", "neither a lead nor a contact", 1),
        ("m.csv", "no campaign", 1),
        ("m.csv", "no date", 1),
    ]


def test_lists_loaded_in_bulk_and_silence_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr(lists, "BULK", 2)
    rows = sheet({"ContactId": ANA}, {"ContactId": PER}, {"ContactId": CY, "CreatedDate": "2025-02-01 12:00:00"})
    prepared = read(tmp_path, {"m.csv": rows}, channels={"email": ["*"]})
    assert warned(prepared) == [
        "touches: 2 of 3 never responded and were put on the list of one campaign with 1 or more others on the same "
        "day, 1 time (e.g. 2 in 7018d00000Cm1Aa on 2025-01-04): such dates say when a list was loaded, not when "
        "somebody was reached",
        "touches: 3 of 3 fit no pattern of channels in company.yml; their campaign type stands as channel: (blank) (3)",
        "touches: none of 3 members of campaigns ever responded, so every date is that of being put on a list; export "
        "FirstRespondedDate (Member First Responded Date) and HasResponded",
    ]


OWN = """\
system: ours
files:
  - name: clicks
    table: touches
    required: [touch_id, touched_at]
    headers:
      touch_id: [Click]
      touched_at: [When]
      contact_id: [Person]
      campaign_name: [Campaign]
      utm_medium: [Medium]
"""


def test_touches_of_a_system_of_ones_own_keep_its_ids(tmp_path):
    clicks = "Click,When,Person,Campaign,Medium\n2,2025-01-07 10:00,p1,Spring,cpc\n1,2025-01-06 09:00,,Spring,email\n"
    clicks += "1,2025-01-06 09:00,,Spring,email\n,2025-01-06,p1,Spring,\n"
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "ours.yml").write_text(OWN)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "deals.csv").write_bytes(REPORT.read_bytes())
    (tmp_path / "exports" / "clicks.csv").write_text(clicks)
    channels = {"search": ["cpc"], "email": ["email"]}
    prepared = prepare(tmp_path / "exports", company(channels=channels), tmp_path / "systems")
    assert balanced(prepared) and warned(prepared) == []
    assert [(t["touch_id"], t["touched_at"].hour, t["contact_id"], t["channel"]) for t in touches(prepared)] == [
        ("1", 9, None, "email"),
        ("2", 10, "p1", "search"),
    ]
    assert lost(prepared) == [("clicks.csv", "exact duplicate row", 1), ("clicks.csv", "no touch_id", 1)]

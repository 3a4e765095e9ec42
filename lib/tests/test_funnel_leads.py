"""Who was a lead by the day, of which company, since when turned down, owned by whom, and of which groups."""

import pandas as pd
import pytest
from hand_funnel import LARGE, contact, deal, known, lead, made, moved, role, won

from revops.measures.stage_benchmarking.funnel import LEADS
from revops.measures.stage_benchmarking.funnel.companies import NO_COMPANY


def at(text):
    return pd.Timestamp(text)


def row(found, id="1"):
    return found.leads.set_index("lead_id").loc[id]


def keys(*leads, **given):
    return dict(zip(*known(leads=list(leads), **given).leads[["lead_id", "company_key"]].to_numpy().T, strict=True))


def test_a_lead_with_all_that_is_known_of_it():
    found = known(
        leads=[made("1", "D", "2026-01-05 10:00", "2026-02-10", mql_at="2026-01-20 08:00", sql_at="2026-02-01 09:30",
                    segment=" smb", region="EMEA", owner_id="O9")],
        deals=[won("D", "2026-02-10", "2026-05-01")],
    )  # fmt: skip
    assert list(found.leads) == list(LEADS) and found.leads.dtypes.astype(str).to_dict() == LEADS
    told_of = row(found).drop(["rejected_at", "recycled_at", "customer_at"])
    assert told_of.to_dict() == {
        "enquiry_id": "1", "company_key": "account A1", "created": at("2026-01-05 10:00"),
        "mql_at": at("2026-01-20 08:00"), "sql_at": at("2026-02-01 09:30"), "opportunity_id": "D",
        "opportunity_at": at("2026-02-10 09:00"), "owner_id": "O9", "source": "marketing", "lead_source": "Web",
        "segment": "SMB", "region": "EMEA", "account_id": "A1", "contact_id": "C1", "is_contact": False,
    }  # fmt: skip
    assert row(found)[["rejected_at", "recycled_at", "customer_at"]].isna().all()


def test_what_a_lead_becomes_after_the_day_is_not_known():
    one = made("1", "D", "2026-01-05 10:00", "2026-02-10", mql_at="2026-01-20 23:59", sql_at="2026-02-01 09:30")
    given = {
        "leads": [one, lead("2", "2026-02-01")],
        "deals": [won("D", "2026-02-10", "2026-05-01")],
        "last": "2026-06-30",
    }
    found = known(day="2026-01-20", **given)
    assert found.leads["lead_id"].tolist() == ["1"]
    assert row(found)["mql_at"] == at("2026-01-20 23:59") and row(found)["company_key"] == "name company 1"
    assert row(found)[["sql_at", "opportunity_id", "opportunity_at", "account_id", "contact_id"]].isna().all()
    assert row(known(day="2026-01-19", **given))[["mql_at"]].isna().all()


def test_a_contact_made_after_the_day_was_no_contact_yet_whatever_the_conversion_says():
    """Where no day of conversion is known, the contact's own tells."""
    one = made("1", "D", "2026-01-05 10:00", None)
    given = {"leads": [one], "contacts": [contact("C1", "A1", created_at="2026-02-10 09:00")],
             "deals": [won("D", "2026-01-10", "2026-05-01")]}  # fmt: skip
    assert row(known(day="2026-02-09", **given))[["contact_id", "opportunity_id"]].isna().all()
    assert row(known(day="2026-02-10", **given))["opportunity_id"] == "D"


def test_nobody_is_qualified_before_the_lead_is_there():
    """A day without an hour is that of the lead, not the midnight before; an older one is taken as the lead's."""
    found = known(leads=[lead("1", "2026-01-05 10:00", mql_at="2026-01-05", sql_at="2026-01-06"),
                        lead("2", "2026-01-05 10:00", mql_at="2025-03-01")])  # fmt: skip
    assert found.leads["mql_at"].tolist() == [at("2026-01-05 10:00")] * 2
    assert row(found)["sql_at"] == at("2026-01-06")
    assert found.counts.set_index("what").loc["before_lead"].tolist() == [
        1, "Leads qualified on a day before they were made; taken as on that day"
    ]  # fmt: skip


@pytest.mark.parametrize(("changes", "rejected", "recycled"), [
    ([("2026-02-01", "Working")], None, None),
    ([("2026-02-01", "Working"), ("2026-02-03", "Disqualified")], "2026-02-03", None),
    ([("2026-02-03", "Disqualified - budget"), ("2026-02-05", "Nurture")], "2026-02-03", "2026-02-05"),
    ([("2026-02-03", "Disqualified"), ("2026-02-05", "Working")], None, None),
    ([("2026-02-03", "Nurture"), ("2026-02-05", "Working"), ("2026-02-07", "nurture"), ("2026-02-09", "Nurturing")],
     None, "2026-02-07"),
    ([("2026-02-03", "Disqualified"), ("2026-07-01", "Working")], "2026-02-03", None),
    ([("2026-07-01", "Disqualified")], None, None),
])  # fmt: skip
def test_turned_down_is_since_when_it_stands_so_on_the_day(changes, rejected, recycled):
    history = [moved("1", day, status) for day, status in changes]
    found = row(known(leads=[lead("1", status="Nurture")], lead_history=history))
    assert [str(stamp.date()) if pd.notna(stamp) else None for stamp in found[["rejected_at", "recycled_at"]]] == [
        rejected, recycled]  # fmt: skip


def test_changes_of_one_moment_go_by_their_order():
    both = [moved("1", "2026-02-03", "Working", sequence=2), moved("1", "2026-02-03", "Nurture", sequence=1)]
    assert pd.isna(row(known(leads=[lead("1")], lead_history=both))["recycled_at"])
    both = [moved("1", "2026-02-03", "Working", sequence=1), moved("1", "2026-02-03", "Nurture", sequence=2)]
    assert row(known(leads=[lead("1")], lead_history=both))["recycled_at"] == at("2026-02-03")


def test_the_owner_is_that_of_the_day():
    owners = [moved("1", "2026-02-01 10:00", "O2", "O1", field="owner_id"),
              moved("1", "2026-03-01 10:00", "O3", "O2", field="owner_id")]  # fmt: skip
    given = {
        "leads": [lead("1", owner_id="O3"), lead("2", owner_id="O7")],
        "lead_history": owners,
        "last": "2026-06-30",
    }
    for day, owner in (("2026-01-31", "O1"), ("2026-02-01", "O2"), ("2026-03-01", "O3")):
        assert known(day=day, **given).leads["owner_id"].tolist() == [owner, "O7"], day


def test_companies_are_told_by_account_else_by_name():
    accounts = [{"account_id": "A", "account_name": "Acme  Robotics"}, {"account_id": "B1", "account_name": "Twin"},
                {"account_id": "B2", "account_name": "twin"},
                {"account_id": "L", "account_name": "Late", "created_at": "2026-07-01"}]  # fmt: skip
    found = keys(lead("1", name=" ACME robotics"), lead("2", name="Twin"), lead("3", name="Late"),
                 lead("4", name="Kestrel"), lead("5", name="kestrel "), lead("6", name="Other", account_id="A"),
                 accounts=accounts)  # fmt: skip
    assert found == {"1": "account A", "2": "name twin", "3": "name late", "4": "name kestrel", "5": "name kestrel",
                     "6": "account A"}  # fmt: skip


def test_a_colleague_who_went_to_an_account_tells_that_of_the_name():
    one = made("1", None, "2026-01-05", "2026-02-01", name="Kestrel")
    assert keys(one, lead("2", name="kestrel")) == {"1": "account A1", "2": "account A1"}
    assert keys(one, lead("2", name="kestrel"), day="2026-01-31") == {"1": "name kestrel", "2": "name kestrel"}
    two = made("3", None, "2026-01-06", "2026-02-01", name="Kestrel")
    assert keys(one, lead("2", name="kestrel"), two)["2"] == "name kestrel"


def test_words_that_name_no_company_leave_a_lead_alone():
    words = ["N/A", " unknown ", "Self", "Private", "-", "x", "--", "?", "", *NO_COMPANY]
    found = known(leads=[{**lead(f"{word}{n}"), "account_name": word} for word in words for n in (1, 2)])
    assert (found.leads["company_key"] == "lead " + found.leads["lead_id"]).all()
    n = found.leads["lead_id"].nunique()
    assert len(found.enquiries) == n == 2 * len(words)
    assert dict(found.counts[["what", "n"]].to_numpy()) == {"alone": n, "no_history": n}


def test_what_counts_as_no_company_is_a_parameter():
    pair = [lead("1", name="Basement"), lead("2", name="Basement")]
    assert len(known(leads=pair).enquiries) == 1
    assert len(known(leads=pair, knobs={"unfilled_words": ("basement",)}).enquiries) == 2


def test_segment_and_region_are_its_own_then_by_size_then_of_an_account_that_was_there():
    """An account made of the lead would tell the segment of those alone who moved on."""
    accounts = [
        {"account_id": "old", "segment": "Enterprise", "region": "APAC", "created_at": "2025-01-01"},
        {"account_id": "sized", "employees": 1000.0, "created_at": "2025-01-01"},
        {"account_id": "new", "segment": "Enterprise", "region": "APAC", "created_at": "2026-02-10"},
        {"account_id": "undated", "segment": "SMB"},
    ]
    given = [("1", {"segment": "smb", "employees": 5000.0, "account_id": "old"}),
             ("2", {"employees": 5000.0}), ("3", {"employees": 10.0, "account_id": "old"}),
             ("4", {"account_id": "old"}), ("5", {"account_id": "sized"}), ("6", {"account_id": "new"}),
             ("7", {"account_id": "undated"}), ("8", {})]  # fmt: skip
    found = known(leads=[lead(id, **more) for id, more in given], accounts=accounts, of=LARGE).leads
    assert found["segment"].tolist() == ["SMB", "Enterprise", "SMB", "Enterprise", "Enterprise", "Unknown", "SMB",
                                         "Unknown"]  # fmt: skip
    assert found["region"].tolist() == ["APAC", "Unknown", "APAC", "APAC", *["Unknown"] * 4]


def test_the_opportunity_of_a_lead_is_that_made_of_it_else_the_first_by_role_not_older_than_it():
    deals = [won("own", "2026-03-01", "2026-05-01", type="renewal"), won("older", "2026-01-04", "2026-05-01"),
             won("first", "2026-01-05", "2026-05-01"), won("second", "2026-01-06", "2026-05-01"),
             won("renewal", "2026-01-05", "2026-05-01", type="renewal")]  # fmt: skip
    roles = [role(id, "C1") for id in ("older", "second", "first", "renewal")] + [role("first", "C2")]
    one = made("1", None, "2026-01-05 18:00", "2026-01-07")
    found = known(leads=[one, made("2", "own", "2026-01-05 18:00", "2026-01-07")], deals=deals, contact_roles=roles,
                 contacts=[contact("C1"), contact("C2")])  # fmt: skip
    assert found.leads["opportunity_id"].tolist() == ["first", "own"]
    gone = known(leads=[made("2", "not exported", "2026-01-05 18:00", "2026-01-07")], deals=deals, contact_roles=roles)
    assert gone.leads["opportunity_id"].tolist() == ["first"]


def test_leads_are_sorted_and_a_lead_of_no_words_is_unknown():
    found = known(leads=[lead("b", "2026-01-02", source=None, lead_source=None), lead("a", "2026-01-02"),
                        lead("c", "2026-01-01")])  # fmt: skip
    assert found.leads["lead_id"].tolist() == ["c", "a", "b"]
    assert row(found, "b")[["source", "lead_source", "segment", "region"]].tolist() == ["unknown", *["Unknown"] * 3]


CONTACTS = [
    contact("501", "A", lead_at="2024-12-01 08:00", mql_at="2024-12-10 16:30", sql_at="2025-01-10 09:00",
            opportunity_at="2025-01-14 09:05", customer_at="2025-04-30 12:00", source="marketing"),
    contact("502", None, lead_at="2025-06-29 23:58", created_at="2025-06-29 23:58"),
    contact("503", "K", lead_at="2025-02-01 10:00", mql_at="2025-02-09 10:00", sql_at="2025-02-05 10:00"),
    contact("504", "K", created_at="2025-03-01"),
    contact("505", "K", mql_at="2025-03-05 10:00"),
]  # fmt: skip


def test_contacts_are_the_leads_where_there_are_none():
    """505 was never called a lead: it came as an MQL. 504 is a subscriber, no lead."""
    found = known(contacts=CONTACTS, day="2025-06-30")
    assert found.leads["is_contact"].all()
    assert found.leads["lead_id"].tolist() == ["501", "503", "505", "502"]
    assert found.leads["contact_id"].tolist() == found.leads["lead_id"].tolist()
    assert found.leads["company_key"].tolist() == ["account A", "account K", "account K", "lead 502"]
    assert row(found, "505")["created"] == row(found, "505")["mql_at"] == at("2025-03-05 10:00")
    assert row(found, "501")[["opportunity_at", "customer_at"]].tolist() == [at("2025-01-14 09:05"),
                                                                             at("2025-04-30 12:00")]  # fmt: skip
    assert pd.isna(row(found, "501")["opportunity_id"])
    assert dict(found.counts[["what", "n"]].to_numpy()) == {
        "together": 1, "alone": 1, "contacts": 4, "sql_first": 1, "own_dates": 1
    }  # fmt: skip


def test_a_role_tells_more_than_a_contact_s_own_dates():
    """Its opportunity is open still: the day it became a customer by another record is not that of this one."""
    deals = [deal("D", created_at="2025-01-20 09:00", close_date="2025-12-01")]
    found = known(contacts=CONTACTS, contact_roles=[role("D", "501")], deals=deals, day="2025-06-30")
    assert row(found, "501")[["opportunity_id", "opportunity_at"]].tolist() == ["D", at("2025-01-20 09:00")]
    assert pd.isna(row(found, "501")["customer_at"])
    assert found.enquiries.set_index("enquiry_id").loc["501", ["won_at", "lost_at"]].isna().all()


def test_contacts_are_not_counted_beside_leads():
    found = known(leads=[lead("1", "2024-12-01")], contacts=CONTACTS, day="2025-06-30")
    assert found.leads["lead_id"].tolist() == ["1"]

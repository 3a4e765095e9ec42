"""A check says which words of leads and owners company.yml leaves unexplained, and nothing where all is told."""

import dataclasses

import pytest

from frames import COMPANY, book, deal, table, with_tables
from revops.company import Company
from revops.delivery.check import Checked, Runs
from revops.delivery.check_told import as_values, told
from revops.exports import Audit
from revops.measures.stage_benchmarking.remarks import remarks

UNEXPLAINED = (
    "lead statuses that company.yml does not explain: {}. Where one means that somebody works on a lead, that sales "
    "turned it down or that marketing has it back, name it under lead_statuses"
)


def company_of(leads=(), history=(), owners=(), **settings):
    """Return a book of leads, changes of them and owners, with some settings of company.yml changed."""
    tables = {name: table(name, list(rows)) for name, rows in
              (("leads", leads), ("lead_history", history), ("owners", owners)) if rows}  # fmt: skip
    whole = with_tables(book([deal("0")], []), **tables)
    return dataclasses.replace(whole, company=Company.model_validate({**COMPANY.model_dump(), **settings}))


def lead(id, status, **given):
    return {"lead_id": id, "status": status, "created_at": "2026-01-05 09:00", **given}


def moved(id, status, field="status"):
    return {"lead_id": id, "changed_at": "2026-02-05 09:00", "sequence": 0, "field": field, "new_value": status}


def test_statuses_that_no_pattern_names_are_told_with_their_leads():
    leads = [lead("1", "Blue"), lead("2", "Blue"), lead("3", "Green"), lead("4", "Working"), lead("5", "Nurturing")]
    assert remarks(company_of(leads)) == (UNEXPLAINED.format("Blue (2), Green (1)"),)


def test_with_history_the_first_status_and_that_of_converted_leads_are_no_question():
    leads = [lead("1", "Open"), lead("2", "Converted", is_converted=True), lead("3", "Blue")]
    history = [moved("2", "Blue"), moved("2", "Converted"), moved("3", "Blue"), moved("3", "Blue"),
               moved("1", "Nobody", "owner_id")]  # fmt: skip
    assert remarks(company_of(leads, history)) == (UNEXPLAINED.format("Blue (2)"),)
    assert remarks(company_of(leads[:2], history[:2])) == ()


def test_a_status_that_means_qualified_is_explained():
    leads = [lead("1", "Ready"), lead("2", "Blue"), lead("3", "MQL"), lead("4", "Sales Qualified")]
    exports = {"lifecycle": {"mql": ["Ready"]}}
    assert remarks(company_of(leads, exports=exports)) == (UNEXPLAINED.format("Blue (1)"),)
    assert remarks(company_of(leads, exports=exports, lead_statuses={"working": ["blue"]})) == ()


def test_a_status_that_says_the_contrary_of_qualified_is_told():
    leads = [lead(str(place), word) for place, word in enumerate(["Disqualified", "Unqualified", "Not qualified"])]
    told_of = remarks(company_of(leads, lead_statuses={"rejected": []}))
    assert told_of == (UNEXPLAINED.format("Disqualified (1), Not qualified (1), Unqualified (1)"),)


def test_many_statuses_are_told_in_part():
    leads = [lead(str(place), f"Shade {place}") for place in range(10)]
    assert ", Shade 7 (1) and 2 others. Where" in remarks(company_of(leads))[0]


@pytest.mark.parametrize(
    ("zones", "expected"),
    [({}, ()), ({"EMEA": "Europe/Berlin", "APAC": "Asia/Tokyo"}, ()),
     ({"EMEA": "Europe/Berlin"}, ("regions of owners without a time zone: APAC (2). Their office hours are those of "
                                  "UTC; name the zone under office_hours",))],
)  # fmt: skip
def test_regions_of_owners_without_a_zone_are_told_where_others_have_one(zones, expected):
    owners = [{"owner_id": str(n), "owner_name": f"O{n}", "region": region, "is_active": n < 4}
              for n, region in enumerate(["EMEA", "APAC", "APAC", None, "LATAM"])]  # fmt: skip
    found = company_of(owners=owners, office_hours={"time_zones": zones}, time_zone="UTC")
    assert remarks(found) == expected


def test_without_leads_and_owners_nothing_is_said():
    assert remarks(company_of()) == ()


def test_a_check_shows_what_a_report_remarks():
    runs = {"stage_benchmarking": Runs(remarks=("one thing", "another"))}
    found = Checked(COMPANY, "data/acme", Audit((), (), (), (), {}, None), (), (), {}, {}, runs)
    lines = list(told(found))
    assert lines[-3:] == ["  stage_benchmarking: can run", "    one thing", "    another"]
    assert as_values(found, 0)["reports"][0]["remarks"] == ["one thing", "another"]


def test_the_sample_leaves_nothing_unexplained(sample):
    assert remarks(sample) == ()

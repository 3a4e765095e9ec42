import datetime as dt
import math

import pandas as pd
import pytest

from frames import quota, table
from revops.analysis.quotas import company_quota, group_quotas, quotas_in_force, quotas_of_slice
from revops.periods import FiscalCalendar

Q3 = FiscalCalendar(1).named("FY26-Q3")
DAY = dt.date(2026, 8, 15)
COVERS = ("new", "expansion")
OWNERS = table(
    "owners",
    [
        {"owner_id": "m", "owner_name": "Mia", "region": "EMEA"},
        {"owner_id": "a", "owner_name": "Ann", "manager_id": "m", "region": "EMEA"},
        {"owner_id": "b", "owner_name": "Bo", "manager_id": "m", "region": "AMER"},
    ],
)


def in_force(*rows, day=DAY):
    return quotas_in_force(table("quotas", list(rows)), period=Q3, as_of=day, covers=COVERS)


def test_a_restated_quota_counts_from_its_effective_date():
    rows = [quota(275), quota(260, effective_from="2026-08-10")]
    assert company_quota(in_force(*rows), OWNERS).amount == 260
    assert company_quota(in_force(*rows, day=dt.date(2026, 8, 9)), OWNERS).amount == 275


def test_months_are_summed_and_a_year_is_never_divided():
    months = [quota(10 * m, period_start=f"2026-0{m}-01", period_end=f"2026-0{m}-28") for m in (6, 7, 8, 9)]
    assert company_quota(in_force(*months), OWNERS).amount == 240
    year = quota(4000, period_start="2026-01-01", period_end="2026-12-31")
    assert math.isnan(company_quota(in_force(year), OWNERS).amount)


def test_other_metrics_and_types_are_not_the_quota():
    rows = [quota(100), quota(900, metric="pipeline_created"), quota(50, types="renewal"), quota(7, types="new")]
    assert company_quota(in_force(*rows), OWNERS).amount == 107


def test_the_company_row_wins_and_over_assignment_is_shown():
    rows = [quota(100), quota(120, "owner", "m"), quota(70, "owner", "a"), quota(45, "owner", "b")]
    found = company_quota(in_force(*rows), OWNERS)
    assert (found.amount, found.basis, found.over_assigned) == (100, "the company's own row in the quota sheet", 15)


def test_without_a_company_row_owners_without_reports_are_summed():
    rows = [quota(120, "owner", "m"), quota(70, "owner", "a"), quota(45, "owner", "b")]
    assert company_quota(in_force(*rows), OWNERS).amount == 115
    assert company_quota(in_force(rows[0]), OWNERS).amount == 120


def test_no_quota_is_undefined_not_zero():
    found = company_quota(in_force(), OWNERS)
    assert math.isnan(found.amount) and found.basis == "no quota for this period in the exports"


def test_a_group_has_its_own_quota_or_that_of_its_owners_or_none():
    owners = [quota(70, "owner", "a"), quota(45, "owner", "b")]
    assert group_quotas(in_force(*owners), OWNERS, "region").to_dict() == {"AMER": 45, "EMEA": 70}
    assert group_quotas(in_force(*owners, quota(99, "region", "EMEA")), OWNERS, "region").to_dict() == {"EMEA": 99}
    assert group_quotas(in_force(*owners), OWNERS, "owner").to_dict() == {"a": 70, "b": 45}
    assert group_quotas(in_force(*owners), OWNERS, "segment").empty
    assert group_quotas(in_force(*owners, quota(5, "owner", "x")), OWNERS, "region").empty


@pytest.mark.parametrize(
    ("slice", "amount"),
    [
        ({}, 100),
        ({"region": "EMEA"}, 70),
        ({"owner": "b"}, 45),
        ({"segment": "SMB"}, None),
        ({"region": "EMEA", "owner": "a"}, None),
    ],
)
def test_a_slice_has_the_quota_of_its_part(slice, amount):
    rows = table("quotas", [quota(100), quota(120, "owner", "m"), quota(70, "owner", "a"), quota(45, "owner", "b")])
    part = quotas_of_slice(rows, OWNERS, slice)
    found = company_quota(quotas_in_force(part, period=Q3, as_of=DAY, covers=COVERS), OWNERS).amount
    assert found == amount if amount is not None else pd.isna(found)

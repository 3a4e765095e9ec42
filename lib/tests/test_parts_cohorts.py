"""Recurring revenue of customers and the leads of a company in parts are those of the whole, to the last bit."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from companies_of_people import contact, states, won
from parted import in_order, in_parts

from frames import as_of, book, table
from revops.analysis.recurring import customer_months
from revops.measures.stage_benchmarking.funnel.records import lead_records


def billed(seed, months=8):
    """Return a company of twelve customers of bills, some of one account, some months of which no report holds."""
    rng = np.random.default_rng(seed)
    days = [str(day.date()) for day in pd.date_range("2025-01-01", periods=months, freq="MS")]
    lost = set(rng.choice(days[1:-1], 1 if seed % 2 else 0, replace=False))
    words = ("active", "active", "paused", "past_due", "free", "trialing")
    rows = []
    for number in range(12):
        account = f"A{number // 2}" if number % 3 else None
        for day in days:
            if day in lost or rng.random() < 0.3:
                continue
            status = words[rng.integers(len(words))]
            amount = float(rng.integers(-20, 900)) / 7 if status == "active" and number else 0.0
            row = {"customer_id": f"cus{number}", "month": day, "account_id": account, "status": status}
            rows.append(row | {"recurring_amount": amount, "basis": "reported" if number % 5 else "present_price"})
    deals = [won(f"d{n}", f"A{n}", created_at="2024-03-01", close_date="2024-05-01") for n in range(6)]
    return in_order(book(deals, states(deals), subscriptions=rows))


@pytest.mark.parametrize("seed", range(8))
def test_recurring_revenue_is_the_same_from_any_number_of_parts(tmp_path, seed):
    whole = billed(seed)
    for n in (2, 7):
        cut = in_parts(whole, tmp_path / str(n), n)
        for day, late in (("2025-06-15", 1), ("2025-12-31", 2)):
            one, other = (customer_months(as_of(each, day), late_months=late) for each in (cut, whole))
            pd.testing.assert_frame_equal(one.customers, other.customers)
            pd.testing.assert_frame_equal(one.left_out, other.left_out)
            for name in ("months", "amount", "late", "missing", "paused"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
            assert (one.settled, one.basis) == (other.settled, other.basis)
    assert other.basis == "mixed" and len(other.missing) == seed % 2


def test_recurring_revenue_before_the_first_bill_is_none_from_parts(tmp_path):
    cut = in_parts(billed(0), tmp_path / "cut", 3)
    assert customer_months(as_of(cut, "2025-01-15")).customers.empty


def people(leads):
    rng = np.random.default_rng(3)
    deals = [won(f"d{n}", f"A{n}") for n in range(6)]
    made = [str(pd.Timestamp("2025-01-01") + pd.Timedelta(days=int(day))) for day in rng.integers(0, 300, 30)]
    rows = [{"lead_id": f"l{n:02d}", "created_at": day, "mql_at": day, "employees": float(n), "account_id": f"A{n % 7}",
             "contact_id": f"c{n}" if n % 4 == 0 else None, "opportunity_id": f"d{n % 6}" if n % 8 == 0 else None,
             "converted_date": "2025-12-01" if n % 4 == 0 else None} for n, day in enumerate(made)]  # fmt: skip
    changes = [{"lead_id": f"l{n:02d}", "changed_at": "2025-12-02", "sequence": 0, "field": "owner_id",
                "old_value": "o1", "new_value": f"o{n}"} for n in range(0, 30, 5)]  # fmt: skip
    contacts = [contact(f"c{n}", f"A{n % 7}", lead_at=day, mql_at=day) for n, day in enumerate(made)]
    accounts = [{"account_id": f"A{n}", "segment": "SMB", "created_at": "2024-01-01"} for n in range(0, 7, 2)]
    given = {"leads": rows, "lead_history": changes} if leads else {}
    return in_order(book(deals, states(deals), contacts=contacts, accounts=accounts, **given))


@pytest.mark.parametrize("leads", [True, False])
def test_who_was_a_lead_is_the_same_from_any_number_of_parts(tmp_path, leads):
    """Contacts are the leads only where the whole company has no lead: one part without any does not make them so."""
    whole = people(leads)
    expected = lead_records(SimpleNamespace(view=as_of(whole, "2026-06-30")))
    assert len(expected) == 30 and expected["is_contact"].eq(not leads).all()
    for n in (2, 7):
        view = as_of(in_parts(whole, tmp_path / str(n), n), "2026-06-30")
        pd.testing.assert_frame_equal(lead_records(SimpleNamespace(view=view)), expected)


def test_a_company_without_people_has_no_leads_from_parts(tmp_path):
    whole = in_order(book([won(f"d{n}") for n in range(5)], states([won("d0")]), leads=[]))
    assert whole.table("leads").equals(table("leads", []))
    assert lead_records(SimpleNamespace(view=as_of(in_parts(whole, tmp_path / "cut", 2), "2026-06-30"))).empty

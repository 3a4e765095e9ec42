"""New customers: from bills or won deals, the deal and the lead behind them, who is left out, slices, the day."""

import numpy as np
import pandas as pd
import pytest
from hand_payback import billed, company, expansion, lead, won

from frames import COMPANY, as_of, with_each, with_tables
from revops.measures.cac_payback.customers import COLUMNS, customers_of
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.window import window_of

OTHERS = billed("old", "2025-01", *[50] * 17)
"""A customer that is there in the first month of the bills, and to the end."""

NO_START = "when it began to pay is not known: there in the first month reported, or after one that is missing"


def told(*, day="2026-06-09", knobs=None, bills=(), **tables):
    return customers_of(company(day=day, knobs=knobs, subscriptions=[*bills], **tables))


def row(found, customer="a"):
    return found.table.set_index("customer").loc[customer]


def months(*found):
    return [pd.Timestamp(f"{month}-01") for month in found]


def reasons(found):
    return {reason: (n, amount) for reason, n, amount, _ in found.left_out.itertuples(index=False)}


def test_a_customer_of_the_bills_with_its_deal_and_lead():
    """Lead on 20 November 2025, deal of 10 December, won on 28 February, first bill in March: 4 months."""
    found = told(
        bills=[*OTHERS, *billed("a", "2026-03", 120, 150)],
        deals=[won("1", "a", created_at="2025-12-10 09:00", close_date="2026-02-28", segment="SMB", region="EMEA")],
        leads=[lead("1", "2025-11-20 10:00"), lead("1", "2026-01-05 10:00", "L2")],
    )
    assert found.source == "subscriptions" and list(found.table) == COLUMNS and found.in_slice is None
    assert row(found).tolist() == [
        "a", "1", "SMB", "EMEA", "marketing", *months("2026-03"), 120.0, *months("2025-11"), 4.0, "lead"
    ]  # fmt: skip
    assert found.months.months[0] == pd.Timestamp("2025-01-01")
    assert len(found.table) == 1
    assert reasons(found) == {NO_START: (1, 50.0)}


def test_without_a_lead_the_lag_is_counted_from_the_deal():
    found = told(bills=[*OTHERS, *billed("a", "2026-03", 120)], deals=[won("1", "a", created_at="2025-12-31 23:00")],
                 leads=[lead(None, "2025-01-01", "L0"), lead("2", "2025-01-01", "L2")])  # fmt: skip
    assert row(found)[["lead_month", "lag_months", "lag_from"]].tolist() == [*months("2025-12"), 3.0, "opportunity"]


def test_a_lead_younger_than_its_deal_is_no_beginning():
    found = told(bills=[*OTHERS, *billed("a", "2026-03", 120)], deals=[won("1", "a", created_at="2025-12-31 23:00")],
                 leads=[lead("1", "2026-01-15")])  # fmt: skip
    assert row(found)[["lead_month", "lag_from"]].tolist() == [*months("2025-12"), "opportunity"]


@pytest.mark.parametrize(("made", "most", "lag"), [("2023-01-05", 24, 24.0), ("2023-01-05", 60, 38.0),
                                                   ("2026-04-20", 24, 0.0)])  # fmt: skip
def test_lags_are_neither_below_nothing_nor_above_the_most(made, most, lag):
    """From January 2023 to March 2026 are 38 months; a deal made and closed after the first bill is still its deal."""
    deal = won("1", "a", created_at=f"{made} 09:00", close_date="2026-05-30")
    found = told(bills=[*OTHERS, *billed("a", "2026-03", 120)], deals=[deal], knobs={"most_lag_months": most})
    assert row(found)["lag_months"] == lag and row(found)["opportunity_id"] == "1"


def test_the_deal_is_the_first_won_of_new_business():
    deals = [
        won("5", "a", close_date="2026-02-20"),
        won("4", "a", close_date="2026-01-20", segment="SMB"),
        won("3", "a", close_date="2025-12-20", stage_name="Lost", outcome="lost"),
        expansion("2", "a", close_date="2025-11-20"),
        won("1", "b", close_date="2025-10-20"),
    ]
    found = told(bills=[*OTHERS, *billed("a", "2026-03", 120)], deals=deals)
    assert row(found)["opportunity_id"] == "4" and row(found)["segment"] == "SMB"
    assert reasons(found)["won new business, never billed up to the last month that is over"] == (1, 100 / 12)


def test_customers_without_a_deal_are_described_by_their_account():
    sized = COMPANY.segments.model_copy(
        update={"names": ("SMB", "Enterprise"), "from_employees": {"SMB": 0, "Enterprise": 100}}
    )
    of = COMPANY.model_copy(update={"segments": sized})
    accounts = [{"account_id": "a", "region": "EMEA", "employees": 500.0}, {"account_id": "b", "segment": " smb "},
                {"account_id": "c", "segment": "SMB", "created_at": "2026-06-20"}]  # fmt: skip
    bills = [*OTHERS, *billed("a", "2026-03", 1), *billed("b", "2026-03", 1), *billed("c", "2026-03", 1),
             *billed("cus_d", "2026-03", 1, account=None)]  # fmt: skip
    found = told(bills=bills, accounts=accounts, of=of)
    kinds = found.table.set_index("customer")[["segment", "region", "source"]]
    assert kinds.loc["a"].tolist() == ["Enterprise", "EMEA", "unknown"]
    assert kinds.loc["b"].tolist() == ["SMB", "Unknown", "unknown"]
    assert kinds.loc["c"].tolist() == kinds.loc["cus_d"].tolist() == ["Unknown", "Unknown", "unknown"]
    assert found.table[["account_id", "opportunity_id", "lag_from"]].isna().sum().tolist() == [1, 4, 4]
    assert found.table["lag_months"].isna().all() and found.table["lead_month"].isna().all()


def test_two_billing_customers_of_an_account_are_one():
    bills = [*OTHERS, *billed("c1", "2026-03", 10, 10, account="a"), *billed("c2", "2026-03", 5, account="a")]
    assert row(told(bills=bills))["new_amount"] == 15.0


def test_a_free_plan_is_not_yet_a_customer():
    bills = [*OTHERS, *billed("a", "2025-11", 0, 0, status="free"), *billed("a", "2026-01", 30, 30)]
    assert row(told(bills=bills))[["start_month", "new_amount"]].tolist() == [*months("2026-01"), 30.0]


def test_after_a_month_that_no_report_holds_nobody_is_new():
    bills = [
        *billed("old", "2025-01", *[50] * 12, None, *[50] * 4),
        *billed("a", "2026-02", 10),
        *billed("b", "2026-03", 10),
    ]
    window = company(day="2026-06-09", subscriptions=bills)
    found = customers_of(window)
    assert found.table["customer"].tolist() == ["b"]
    assert list(window.months.difference(found.known(window))) == months("2026-01", "2026-02")
    assert reasons(found) == {NO_START: (2, 60.0)}


def test_without_bills_customers_are_won_deals():
    """a: 240 and 120 in January, of 12 months each, are 30 a month; 60 more in March is no new customer."""
    deals = [
        won("1", "a", close_date="2026-01-20", amount=240.0, created_at="2025-11-03 09:00"),
        won("2", "a", close_date="2026-01-25", amount=120.0),
        won("3", "a", close_date="2026-03-25", amount=60.0),
        won("4", None, close_date="2026-02-25", amount=12.0, created_at="2026-02-01 08:00"),
        won("5", None, close_date="2026-02-26", amount=24.0, created_at="2026-02-02 08:00"),
        won("6", "b", close_date="2026-06-02", amount=36.0),
        won("7", "c", close_date="2026-02-02", amount=None),
        expansion("8", "d", close_date="2026-02-02"),
        won("9", "e", close_date="2026-02-02", stage_name="Lost", outcome="lost"),
    ]
    found = told(deals=deals)
    assert found.source == "deals" and found.months is None
    assert found.table[["customer", "opportunity_id", "new_amount", "lag_months"]].to_numpy().tolist() == [
        ["a", "1", 30.0, 2.0], ["4", "4", 1.0, 0.0], ["5", "5", 2.0, 0.0]
    ]  # fmt: skip
    assert found.table["start_month"].tolist() == months("2026-01", "2026-02", "2026-02")
    assert found.table["account_id"].isna().tolist() == [False, True, True]
    assert reasons(found) == {
        "new business won later, of accounts that were customers already": (1, 5.0),
        "won in a month that is not over": (1, 3.0),
        "won new business without an amount above 0": (1, 0.0),
    }
    window = company(day="2026-06-09", deals=deals)
    assert customers_of(window).known(window).equals(window.months)


def test_bills_of_later_months_alone_tell_nothing_on_the_day():
    deals = [won("1", "a", close_date="2026-01-20")]
    found = told(bills=billed("a", "2026-07", 10), deals=deals)
    assert found.source == "deals" and found.table["customer"].tolist() == ["a"]


def test_amounts_are_of_as_many_months_as_the_knob_says():
    found = told(deals=[won("1", "a", close_date="2026-01-20", amount=240.0)], knobs={"months_in_amount": 24})
    assert row(found)["new_amount"] == 10.0


def test_nobody():
    found = told()
    assert found.table.empty and list(found.table) == COLUMNS and found.left_out.empty
    assert str(found.table["start_month"].dtype) == "datetime64[us]"
    found = told(bills=billed("a", "2026-01", 0, 0, status="trialing"))
    assert found.source == "subscriptions" and found.table.empty and found.left_out["n"].tolist() == [1]


def test_within_is_of_the_windows_months():
    """The quarter of the day and the four before it: April 2025 to May 2026."""
    bills = [*OTHERS, *billed("a", "2025-03", 1), *billed("b", "2025-04", 1), *billed("c", "2026-05", 1)]
    window = company(day="2026-06-09", subscriptions=bills)
    found = customers_of(window)
    assert found.table["customer"].tolist() == ["a", "b", "c"]
    assert found.within(window)["customer"].tolist() == ["b", "c"]


def test_a_slice_has_the_customers_whose_deal_is_in_it():
    """b is of EMEA by its deal; c came by a deal of AMER and expanded in EMEA; d has no deal."""
    whose = {"1": ("a", "AMER"), "2": ("b", "EMEA"), "3": ("c", "AMER"), "5": ("old", "EMEA"), "6": ("e", "EMEA")}
    deals = [won(id, account, region=region) for id, (account, region) in whose.items()]
    deals.append(expansion("4", "c", region="EMEA"))
    bills = [*OTHERS, *(row for name in "abcd" for row in billed(name, "2026-03", 10, 10))]
    found = told(bills=bills, deals=deals, knobs={"slice": {"region": "EMEA"}})
    assert found.table["customer"].tolist() == ["b"]
    assert found.in_slice.tolist() == ["b", "c", "old"]
    assert len(found.months.customers) == 5
    assert reasons(found) == {
        "pays, but no won new business tells whether it belongs to the slice": (1, 10.0),
        NO_START: (1, 50.0),
        "won new business, never billed up to the last month that is over": (1, 100 / 12),
    }
    found = told(deals=deals, knobs={"slice": {"region": "EMEA"}})
    assert found.table["customer"].tolist() == ["b", "e", "old"] and found.in_slice is None


def test_what_is_recorded_later_changes_nothing(sample):
    """A day half a year back, with and without what was recorded since."""
    window = window_of(as_of(sample, "2025-12-15"), Knobs())
    end = pd.Timestamp("2025-12-16")

    def cut(table):
        for name in ("created_at", "changed_at", "month"):
            if name in table:
                table = table[~(table[name] >= end)]
        return table.reset_index(drop=True)

    before = window_of(as_of(with_each(sample, cut), "2025-12-15"), Knobs())
    pd.testing.assert_frame_equal(customers_of(window).table, customers_of(before).table)


def test_a_lead_converted_later_does_not_count_yet():
    found = told(bills=[*OTHERS, *billed("a", "2026-03", 120)], deals=[won("1", "a", created_at="2025-12-31 23:00")],
                 leads=[lead("1", "2025-11-15", converted_date="2026-06-10")])  # fmt: skip
    assert row(found)["lag_from"] == "opportunity"


def test_row_order_changes_nothing(sample):
    shuffled = with_each(sample, lambda table: table.sample(frac=1, random_state=1).reset_index(drop=True))
    history = sample.table("opportunity_history")
    shuffled = with_tables(shuffled, opportunity_history=history)
    one, other = (customers_of(window_of(as_of(book, "2026-06-09"), Knobs())) for book in (sample, shuffled))
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.left_out, other.left_out)


def test_the_sample_by_plain_loops(sample):
    """Every customer of the sample's bills, month by month, and its first won deal of new business."""
    window = window_of(as_of(sample, "2026-06-09"), Knobs())
    bills, state = sample.table("subscriptions"), window.view.opportunities
    paid = {}
    for bill in bills.to_dict("records"):
        name = bill["customer_id"] if pd.isna(bill["account_id"]) else bill["account_id"]
        if bill["month"] <= pd.Timestamp("2026-05-01") and bill["recurring_amount"] > 0:
            by_month = paid.setdefault(name, {})
            by_month[bill["month"]] = by_month.get(bill["month"], 0.0) + bill["recurring_amount"]
    first = {}
    for deal in sorted(state.to_dict("records"), key=lambda deal: (deal["close_date"], deal["created_at"])):
        if deal["outcome"] == "won" and deal["type"] == "new":
            first.setdefault(deal["account_id"], deal)
    made = {}
    for found in sample.table("leads").to_dict("records"):
        id = found["opportunity_id"]
        made[id] = min(made.get(id, found["created_at"]), found["created_at"])
    expected = {}
    for name, by_month in paid.items():
        start = min(by_month)
        if start == pd.Timestamp("2022-08-01"):
            continue
        lag, deal = None, first.get(name)
        if deal:
            since = min(made.get(deal["opportunity_id"], deal["created_at"]), deal["created_at"])
            lag = min(max((start.year - since.year) * 12 + start.month - since.month, 0), 24)
        expected[name] = (start, round(by_month[start], 2), deal and deal["opportunity_id"], lag)
    table = customers_of(window).table.replace({np.nan: None})
    names = ["start_month", "new_amount", "opportunity_id", "lag_months"]
    found = {row["customer"]: tuple(row[name] for name in names) for row in table.to_dict("records")}
    assert {
        name: (start, round(amount, 2), deal, lag) for name, (start, amount, deal, lag) in found.items()
    } == expected
    assert len(expected) > 250

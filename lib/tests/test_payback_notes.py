"""What the notes of the CAC payback report say of one giant new customer, and of shares of cost that are not known."""

from dataclasses import replace

import hand_payback as hand
import numpy as np
import pandas as pd
import pytest
from told_payback import told
from whole_payback import by_hand, hand_book, lines

from revops.actions.cac_payback import actions
from revops.measures import cac_payback as report
from revops.measures.cac_payback.effort import effort_of
from revops.measures.cac_payback.ladder import HEADLINE

NAN = float("nan")


def notes(**ladder):
    """Return the notes on a report at 20 months whose ladder is changed."""
    result = told()
    return notes_of(replace(result, ladder=replace(result.ladder, **ladder)))


def notes_of(result):
    return [tuple(row) for row in report.display_tables(result)["payback_notes"][1].to_numpy()]


@pytest.mark.parametrize(
    ("share", "without", "said"),
    [
        (0.66, 58.8, "; without it, at the same cost, payback is 59 months rather than 20"),
        (1.0, NAN, ""),
        (0.251, 26.7, "; without it, at the same cost, payback is 27 months rather than 20"),
    ],
)
def test_one_giant_new_customer_is_said_with_payback_without_it(share, without, said):
    one = f"one new customer (A7) pays {100 * share:.0f}% of what new customers pay"
    found = notes(largest_customer="A7", largest_share=share, without_largest=without)
    assert found[0] == ("New customers", one + said)


@pytest.mark.parametrize("share", [0.25, 0.01, NAN])
def test_up_to_a_quarter_no_single_customer_is_named(share):
    assert not any("one new customer" in text for _, text in notes(largest_customer="A7", largest_share=share))


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (1, "1 of 4 new customers in the bills has no won deal of new business ($100 a month): "),
        (3, "3 of 4 new customers in the bills have no won deal of new business ($300 a month): "),
    ],
)
def test_new_customers_that_no_deal_tells_of_are_said(n, said):
    """One more began before the window; it is not counted."""
    deals = [None] * n + ["D"] * (4 - n)
    rows = [hand.new_customer(f"A{at}", "2026-01", 100.0, opportunity_id=deal) for at, deal in enumerate(deals)]
    old = hand.new_customer("old", "2025-03", 900.0, opportunity_id=None)
    found = notes_of(replace(told(), customers=hand.customers(*rows, old)))
    assert ("New customers", f"{said}who was moved to another id counts as lost and as new") in found
    dealt = notes_of(replace(told(), customers=hand.customers(*rows[n:], old)))
    assert not any("won deal of new business" in text for _, text in dealt)


def test_a_customer_moved_to_another_id_counts_as_lost_and_as_new_and_is_found():
    """Elm of Ten Trees pays 1,000 a month; from April 2026 on under an id that no account of the CRM bears."""
    bills = hand_book().table("subscriptions")
    moves = bills["customer_id"].str.endswith("E") & (bills["month"] >= "2026-04-01")
    assert bills.loc[moves, "recurring_amount"].tolist() == [1000.0] * 3
    found = by_hand(subscriptions=bills.assign(
        customer_id=bills["customer_id"].mask(moves, "cus_E2"), account_id=bills["account_id"].mask(moves)
    ))  # fmt: skip
    new = found.customers.within(found.window)
    assert new.loc[new["opportunity_id"].isna(), ["customer", "new_amount"]].to_numpy().tolist() == [["cus_E2", 1000.0]]
    assert ("New customers",
            "1 of 9 new customers in the bills has no won deal of new business ($1.0K a month): who was moved "
            "to another id counts as lost and as new") in lines(found, "payback_notes")  # fmt: skip
    (one,) = [one for one in actions(found) if one.rule == "new_without_deal"]
    assert (one.amount, one.records) == (12_000.0, ("cus_E2",))


def test_months_whose_share_is_not_their_own_are_counted():
    months = pd.date_range("2023-01-01", periods=6, freq="MS")
    shares = pd.DataFrame({"new_share": 0.5, "is_own": [False, False, False, True, False, True]}, months)
    given = {"cac_by_month": pd.Series([NAN, 5.0, 5.0, 5.0, 5.0, 5.0], months), "shares": shares}
    share = told().effort.new_share
    assert ("Sharing of cost",
            "fewer than 10 deals, or none of new business, tell what new customers bore of the cost of 3 months up to "
            f"May 2023: there it is {100 * share:.0f}%, as in these months") in notes(**given)  # fmt: skip
    own = given | {"shares": shares.assign(is_own=True)}
    assert not any("Sharing" in name for name, _ in notes(**own))


def test_a_giant_among_the_ten_customers_is_said():
    """Ivy pays 10,000 in place of 1,000, of 13,200: 37,575 / (13,200 x 0.75) = 3.8; without it / 2,400: 15.7."""
    bills = hand_book().table("subscriptions")
    is_one = bills["customer_id"].str.endswith("I")
    found = by_hand(subscriptions=bills.assign(**{
        name: bills[name].mask(is_one, bills[name] * 10) for name in bills if bills[name].dtype.kind == "f"
    }))  # fmt: skip
    assert found.ladder.without_largest == pytest.approx(15.65625)
    assert ("New customers",
            "one new customer (001A0000000000I) pays 76% of what new customers pay; without it, at the same cost, "
            "payback is 16 months rather than 3.8") in lines(found, "payback_notes")  # fmt: skip


def test_effort_is_that_of_the_months_that_the_headline_counts():
    """Bills begin in January 2026: who began before is not known, so February to June count. Ivy's lag of three months
    is the only one known: cost is of November to June, of deals of G, H, I, and of E's and H's expansion: three of
    five. Of the window's months, from January 2025 on, all thirteen deals: nine of new business."""
    bills = hand_book().table("subscriptions")
    found = by_hand(subscriptions=bills[bills["month"] >= "2026-01-01"].reset_index(drop=True))
    assert found.ladder.months[0] == pd.Timestamp("2026-02-01") and found.ladder.months_left_out == 10
    assert found.effort.new_share == 3 / 5
    whole = effort_of(found.window, found.customers, found.lag)
    assert whole.new_share == 9 / 13
    rung = found.ladder.of(HEADLINE)
    assert not np.isnan(rung["payback_months"])
    sums = found.groups.table.groupby("dimension")["spend_amount"].sum()
    assert sums[["region", "segment"]].tolist() == pytest.approx([rung["spend_amount"]] * 2)

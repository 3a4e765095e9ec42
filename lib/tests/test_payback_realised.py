"""Realised payback: by hand, by plain loops, in cash, with what is odd, and where the truth is planted."""

import dataclasses
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hand_payback import billed, books, customer_months, customers, new_customer
from hand_payback import company as tiny
from hand_realised import groups, ladder, made_up

from revops.measures.cac_payback.by_age import by_age, cac_scale
from revops.measures.cac_payback.realised import AGES, realised

SMB = groups(SMB=1.0)


@cache
def window_with(draws):
    return tiny(knobs={"draws": draws, "fewest_customers": 2})


SHARES = ["paid_back_share", "lost_share"]


def tell(paid, *, first="2025-01", cac=300.0, by=SMB, margin=0.5, window=None, settled=None, segments=None, **given):
    """Return Realised of customers that pay so much a month from a month on; each starts where it first pays."""
    months = customer_months(first, paid, settled=settled, known=True)
    start = pd.Period(first, "M")
    rows = [new_customer(name, str(start + int(np.flatnonzero(amounts)[0])), next(a for a in amounts if a),
                         segment=(segments or {}).get(name, "SMB")) for name, amounts in paid.items()]  # fmt: skip
    known = books(first, [100.0] * len(next(iter(paid.values()))), margin=margin, **given)
    return realised(window or window_with(500), known, customers(*rows, months=months), ladder(cac), by)


def curve(found, version="recognised", cohort="all"):
    rows = found.curves[found.curves["version"].eq(version) & found.curves["cohort"].eq(cohort)]
    return rows.set_index("age_months")


def test_three_customers_by_hand():
    """CAC 300, margin one half, six months. A pays 200, so 100 a month: paid back after 3. B pays 100 and leaves after
    4 months: 200 of 300, 100 short. C pays 100 from the third month on and is still there: 4 x 50 = 200, 100 short.

    Of three, A pays back at 3: 1/3. At 4 two are left: B leaves, but C has been seen only to age 4 and not to leave at
    it, so that B is the one at risk of it: 2/3 lost."""
    paid = {"A": [200.0] * 6, "B": [100.0] * 4 + [0, 0], "C": [0, 0] + [100.0] * 4}
    found = tell(paid)
    rows = found.table.set_index("customer")
    assert rows["outcome"].to_dict() == {"A": "paid_back", "B": "left", "C": "open"}
    assert rows["paid_back_age"].tolist() == pytest.approx([3, np.nan, np.nan], nan_ok=True)
    assert rows["age_months"].to_dict() == {"A": 6, "B": 4, "C": 4}
    assert rows["left"].to_dict() == {"A": False, "B": True, "C": False}
    assert rows["shortfall_amount"].tolist() == pytest.approx([0, 100, 100])
    assert rows["cac_amount"].tolist() == [300, 300, 300] and rows["new_amount"].tolist() == [200, 100, 100]
    told = curve(found)
    assert told["n_at_risk"].tolist() == [3, 3, 3, 2, 0, 0]
    assert told["paid_back_share"].tolist() == pytest.approx([0, 0, 1 / 3, 1 / 3, 1 / 3, 1 / 3])
    assert told["lost_share"].tolist() == pytest.approx([0, 0, 0, 2 / 3, 2 / 3, 2 / 3])
    assert found.why == {"collected": "needs payments or invoices by customer"} and found.notes == {}


def test_columns_and_order():
    found = tell({"B": [100.0] * 15, "A": [0] * 12 + [100.0] * 3})
    assert " ".join(found.table.columns) == (
        "customer start_month cohort segment cac_amount new_amount age_months left paid_back_age outcome "
        "shortfall_amount"
    )
    assert " ".join(found.curves.columns) == (
        "version cohort age_months n_at_risk paid_back_share paid_back_low paid_back_high lost_share lost_low lost_high"
    )
    assert " ".join(found.by_cohort.columns) == (
        "version cohort n_customers cac_amount median_age paid_back_12 paid_back_18 paid_back_24 paid_back_36 lost_12 "
        "lost_18 lost_24 lost_36"
    )
    assert found.table["customer"].tolist() == ["B", "A"]
    assert found.by_cohort["version"].tolist() == ["recognised"] * 3 + ["first_price"] * 3
    assert found.by_cohort["cohort"].tolist() == ["all", "FY25", "FY26"] * 2
    told = found.curves[found.curves["version"].eq("recognised")]
    assert told.groupby("cohort", sort=False).size().to_dict() == {"all": 15, "FY25": 15, "FY26": 3}


def test_by_cohort_by_hand():
    """Started in 2025: two pay back after 6 months and two after 12; in 2026 two are too young for any of the ages."""
    paid = {"A": [100.0] * 14, "B": [50.0] * 14, "C": [0] * 12 + [100.0] * 2}
    rows = tell({f"{name}{n}": amounts for name, amounts in paid.items() for n in "12"}).by_cohort
    rows = rows[rows["version"].eq("recognised")].set_index("cohort")
    assert rows["n_customers"].to_dict() == {"all": 6, "FY25": 4, "FY26": 2}
    assert rows["median_age"].tolist() == pytest.approx([6, 6, np.nan], nan_ok=True)
    assert rows["paid_back_12"].tolist() == pytest.approx([1, 1, np.nan], nan_ok=True)
    assert rows["lost_12"].tolist() == pytest.approx([0, 0, np.nan], nan_ok=True)
    assert rows.loc["FY26", [f"paid_back_{age}" for age in AGES]].isna().all()


def test_expansion_helps_to_repay_and_without_it_is_told_apart():
    """CAC 300, margin one half. A pays 100 twice, then 300: 50, 100, 250, 400: paid back at 4; held to 100 a month 50 a
    month: at 6. B pays 200, then 100: 100, 150, 200, 250, 300: at 5 in both."""
    paid = {"A": [100.0, 100, 300, 300, 300, 300], "B": [200.0] + [100.0] * 5}
    found = tell(paid)
    assert curve(found)["paid_back_share"].tolist() == [0, 0, 0, 0.5, 1, 1]
    assert curve(found, "first_price")["paid_back_share"].tolist() == [0, 0, 0, 0, 0.5, 1]
    assert found.by_cohort["version"].unique().tolist() == ["recognised", "first_price"]
    assert found.table["paid_back_age"].tolist() == [4, 5], "the table tells what is recognised"


def test_ages_at_which_too_few_are_at_risk_are_not_told():
    """Twelve customers pay back after 6 months, but for three that pay half as much: after 12. At 6 twelve are at risk,
    at 12 these three."""
    paid = {f"c{n:02d}": [100.0 if n < 9 else 50.0] * 14 for n in range(12)}
    for fewest, half, by_12 in ((3, 6, 1.0), (4, 6, np.nan), (12, 6, np.nan), (13, np.nan, np.nan)):
        row = tell(paid, window=tiny(knobs={"draws": 100, "fewest_customers": fewest})).by_cohort.iloc[0]
        told = [row["median_age"], row["paid_back_12"], row["lost_12"]]
        assert told == pytest.approx([half, by_12, by_12 - 1], nan_ok=True), fewest
        assert np.isnan(row["paid_back_18"])


def test_money_of_the_last_month_comes_before_leaving():
    found = tell({"A": [200.0] * 3 + [0] * 3}).table
    assert found["outcome"].tolist() == ["paid_back"] and found["paid_back_age"].tolist() == [3]


def test_a_cost_reached_but_for_rounding_is_reached():
    found = tell({"A": [0.1] * 12}, cac=0.3, margin=1.0).table
    assert sum([0.1] * 3) != 0.3 and found["paid_back_age"].tolist() == [3]


def test_a_customer_that_never_pays_back_nobody_left_one_customer():
    found = tell({"A": [1.0] * 12})
    assert found.table["outcome"].tolist() == ["open"] and found.table["shortfall_amount"].tolist() == [294.0]
    told = curve(found)
    assert (told[SHARES].dropna() == 0).all(axis=None) and told["lost_share"].isna().tolist() == [False] * 11 + [True]
    assert (told["lost_high"].dropna() > 0.5).all() and (told["lost_low"].dropna() == 0).all()
    assert found.by_cohort["median_age"].isna().all()


def test_nobody_who_left_is_no_proof_that_nobody_will():
    """Of 30, none lost: the range reaches to that of a Jeffreys interval at none of 30, 0.9 of Beta(1/2, 30.5)."""
    from scipy.stats import beta

    paid = {f"c{i:02d}": [100.0] * 8 for i in range(30)}
    assert curve(tell(paid))["lost_high"].iloc[:7].tolist() == pytest.approx([beta(0.5, 30.5).ppf(0.9)] * 7)


def test_negative_margin_months_put_payback_off_and_take_none_away():
    """100 a month; margin 1, -1, 1, 1, 1, -1: 100, 0, 100, 200, 300, 200."""
    found = tell({"A": [100.0] * 6}, margin=[1.0, -1.0, 1.0, 1.0, 1.0, -1.0]).table
    assert found["paid_back_age"].tolist() == [5] and found["outcome"].tolist() == ["paid_back"]
    below = tell({"A": [100.0] * 6}, margin=-0.2).table
    assert below["outcome"].tolist() == ["open"] and below["shortfall_amount"].tolist() == pytest.approx([420.0])


def test_a_month_without_margin_has_that_of_the_window():
    margin = [0.5, np.nan, 0.5, np.nan]
    assert tell({"A": [200.0] * 4}, margin=margin, window_margin=0.75).table["paid_back_age"].tolist() == [3]
    assert tell({"A": [200.0] * 4}, margin=margin, window_margin=0.5).table["paid_back_age"].tolist() == [3]
    assert tell({"A": [200.0] * 4}, margin=margin, window_margin=2.5).table["paid_back_age"].tolist() == [2]


def test_without_a_margin_it_says_why():
    found = tell({"A": [100.0] * 4}, margin=np.nan, window_margin=np.nan, why={"margin": "no account is cost of goods"})
    assert found.why == dict.fromkeys(
        ["recognised", "collected"], "needs the gross margin: no account is cost of goods"
    )
    assert found.table.empty and found.curves.empty and found.by_cohort.empty


def test_without_bills_it_says_why():
    found = realised(
        window_with(500), books("2025-01", [1.0]), customers(new_customer("A", "2025-01")), ladder(1.0), SMB
    )
    assert found.why == dict.fromkeys(
        ["recognised", "collected"], "needs subscriptions: recurring revenue by customer and month"
    )
    assert found.table.empty and found.table["left"].dtype == bool


def test_without_new_customers_it_is_empty():
    none = dataclasses.replace(customers(months=customer_months("2025-01", {"A": [1.0, 1.0]})))
    found = realised(window_with(500), books("2025-01", [1.0, 1.0]), none, ladder(1.0), SMB)
    assert found.table.empty and found.curves.empty and found.left_out.empty


def test_each_has_the_cost_of_its_start_and_of_its_segment():
    """Costs 300 in January and 600 in February; Enterprise costs twice that; a segment that is not told costs the
    same."""
    paid = {"A": [100.0] * 4, "B": [0] + [100.0] * 3, "C": [100.0] * 4, "D": [100.0] * 4}
    found = tell(paid, cac={"2025-01": 300.0, "2025-02": 600.0}, by=groups(SMB=1.0, Enterprise=2.0),
                 segments={"C": "Enterprise", "D": "Unknown"}).table  # fmt: skip
    assert found.set_index("customer")["cac_amount"].to_dict() == {"A": 300, "B": 600, "C": 600, "D": 300}


def test_whose_cost_is_not_known_is_left_out_and_told():
    paid = {"A": [100.0] * 4, "B": [0] + [100.0] * 3, "C": [0, 0] + [40.0] * 2}
    found = tell(paid, cac={"2025-01": 300.0, "2025-02": np.nan})
    assert found.table["customer"].tolist() == ["A"]
    assert found.left_out.to_dict("records") == [
        {"version": "recognised", "reason": "began in a month whose cost of acquisition the books do not tell", "n": 2,
         "amount": 140.0, "examples": "e.g. B, C"}
    ]  # fmt: skip


def test_who_is_missing_in_a_month_that_is_not_settled_is_not_lost():
    paid = {"A": [100.0] * 4 + [0, 0], "B": [100.0] * 3 + [0, 0, 0], "C": [0, 0, 0, 0, 0, 50.0]}
    rows = tell(paid, settled=4).table.set_index("customer")
    assert rows["left"].to_dict() == {"A": False, "B": True, "C": False}
    assert rows["age_months"].to_dict() == {"A": 4, "B": 3, "C": 0}
    assert rows["outcome"].to_dict() == {"A": "open", "B": "left", "C": "open"}
    assert rows.loc["C", "shortfall_amount"] == 300


def invoice(id, customer, at, amount, **given):
    day = pd.Timestamp(at)
    return {"invoice_id": id, "month": day.replace(day=1), "customer_id": customer, "status": "paid",
            "invoice_date": day, "invoiced_amount": amount, "currency": "USD", **given}  # fmt: skip


def payment(id, customer, at, amount, invoice=None):
    return {"payment_id": id, "paid_at": at, "customer_id": customer, "invoice_id": invoice, "paid_amount": amount,
            "currency": "USD"}  # fmt: skip


def cash(*, payments=(), invoices=(), months=8, day="2026-05-31", **given):
    rows = billed("cus1", "2025-01", *[100.0] * months, account="A")
    window = tiny(
        day=day, knobs={"fewest_customers": 2}, subscriptions=rows, payments=list(payments), invoices=list(invoices)
    )
    return tell({"A": [100.0] * months}, window=window, **given)


def test_annual_prepayment_flatters_payback_in_cash():
    """1,200 paid in the first month are 600 of margin at once: after 1 month, not after 6."""
    found = cash(payments=[payment("P1", "cus1", "2025-01-10", 1200.0)])
    half = {name: int(curve(found, name)["paid_back_share"].ge(0.5).idxmax()) for name in found.curves["version"]}
    assert half == {"recognised": 6, "first_price": 6, "collected": 1}
    assert found.why == {}
    assert found.notes == {"collected": "1 of 1 payments name no known invoice: the tax in them counts"}


def test_what_is_given_back_counts_and_what_comes_before_the_first_month_counts_in_it():
    """A deposit of 300 before the first month, 400 in the third less 200 in the fourth, 300 in the fifth: margin 150,
    150, 350, 250, 400 against 360."""
    rows = [payment("P0", "cus1", "2024-12-20", 300.0), payment("P1", "cus1", "2025-03-10", 400.0),
            payment("P2", "cus1", "2025-04-10", -200.0), payment("P3", "cus1", "2025-05-10", 300.0)]  # fmt: skip
    assert curve(cash(payments=rows, cac=360.0), "collected")["paid_back_share"].tolist() == [0] * 4 + [1] * 4


def test_tax_is_not_revenue():
    """An invoice of 500 in two months of service, 600 with tax, paid in two halves: 250 each, not 300."""
    half = invoice("I1", "cus1", "2025-01-03", 250.0)
    bills = [half, {**half, "month": "2025-02-01"}]
    rows = [payment("P1", "cus1", "2025-01-10", 300.0, "I1"), payment("P2", None, "2025-02-10", 300.0, "I1")]
    assert curve(cash(payments=rows, invoices=bills, cac=125.0), "collected")["paid_back_share"].iloc[0] == 1
    found = cash(payments=rows, invoices=bills, cac=126.0)
    assert curve(found, "collected")["paid_back_share"].iloc[:2].tolist() == [0, 1]
    assert curve(cash(payments=rows, invoices=bills, cac=251.0), "collected")["paid_back_share"].max() == 0
    assert found.notes == {}


def test_invoices_stand_in_where_there_are_no_payments():
    """Billed 400 in the first month, 100 credited in the second, 400 in the third."""
    bills = [invoice("I1", "cus1", "2025-01-03", 400.0), invoice("N1", "cus1", "2025-02-03", -100.0, status="issued"),
             invoice("I2", "cus1", "2025-03-03", 400.0), invoice("I3", "cus1", None, 9e9)]  # fmt: skip
    found = cash(invoices=[{**row, "month": "2025-01-01"} for row in bills])
    assert curve(found, "billed")["paid_back_share"].tolist() == [0, 0] + [1] * 6
    assert set(found.curves["version"]) == {"recognised", "first_price", "billed"}


def test_who_has_no_payment_counts_and_is_told():
    rows = [payment("P1", "cus2", "2025-01-10", 100.0), payment("P2", "cus9", "2025-01-10", 9000.0)]
    found = cash(payments=rows)
    assert curve(found, "collected")["paid_back_share"].max() == 0
    assert found.notes["collected"].endswith("; 1 of 1 customers have none: they count as not paid back")


def test_who_began_before_the_first_payment_is_in_no_number_of_cash():
    found = cash(payments=[payment("P1", "cus1", "2025-03-10", 1200.0)])
    assert set(found.curves["version"]) == {"recognised", "first_price"}
    assert found.left_out.to_dict("records") == [
        {"version": "collected", "reason": "began before the first payment that is reported", "n": 1, "amount": 100.0,
         "examples": "e.g. A"}
    ]  # fmt: skip


def test_what_is_paid_after_the_day_is_not_seen():
    rows = [payment("P1", "cus1", "2025-01-10", 100.0), payment("P2", "cus1", "2026-05-31 23:59", 10.0)]
    late = payment("P3", "cus1", "2026-06-01 00:00", 90_000.0)
    with_late, without = (cash(payments=found, months=20) for found in ([*rows, late], rows))
    pd.testing.assert_frame_equal(with_late.curves, without.curves)
    assert with_late.notes == without.notes


def company_of(seed, n=60, n_months=30, **given):
    rng = np.random.default_rng(seed)
    starts, lives = np.sort(rng.integers(0, n_months, n)), rng.geometric(0.04, n)
    return made_up(lives, starts, n_months, 100 * rng.lognormal(-0.1, 0.5, n), **given)


def slow(customers, margin, cac):
    """Return shares by age of all, and the outcome of each, customer by customer and month by month."""
    months, fates = customers.months, {}
    for row in customers.months.customers.itertuples():
        last, total, age = min(row.end, months.settled), 0.0, None
        for place in range(row.start, last):
            total += margin * months.amount[row.Index, place]
            if age is None and total >= cac - 1e-6:
                age = place - row.start + 1
        fates[row.customer] = ("paid_back", age) if age else ("left" if row.end < months.settled else "open",
                                                              last - row.start)  # fmt: skip
    told, alive, paid, lost = [], 1.0, 0.0, 0.0
    for age in range(1, months.settled - customers.months.customers["start"].min() + 1):
        at_risk = sum(known >= age for _, known in fates.values())
        pay = sum(fate == ("paid_back", age) for fate in fates.values())
        paid += alive * pay / at_risk if at_risk else 0
        alive *= 1 - pay / at_risk if at_risk else 1
        after = at_risk - pay - sum(fate == ("open", age) for fate in fates.values())
        leave = sum(fate == ("left", age) for fate in fates.values())
        lost += alive * leave / after if after else 0
        alive *= 1 - leave / after if after else 1
        told.append((age, at_risk, paid, lost))
    return fates, told


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_plain_loop(seed):
    who, known = company_of(seed)
    found = realised(window_with(500), known, who, ladder(900.0), SMB)
    fates, told = slow(who, 0.8, 900.0)
    assert dict(zip(found.table["customer"], found.table["outcome"], strict=True)) == {
        k: v[0] for k, v in fates.items()
    }
    for row, (age, at_risk, paid, lost) in zip(curve(found).reset_index().itertuples(), told, strict=True):
        assert (row.age_months, row.n_at_risk) == (age, at_risk)
        assert np.isnan(row.paid_back_share) or row.paid_back_share == pytest.approx(paid)
        assert np.isnan(row.lost_share) or row.lost_share == pytest.approx(lost)
    assert {row[0] for row in fates.values()} == {"paid_back", "left", "open"}


def test_currency_names_and_row_order_change_nothing():
    who, known = company_of(7)
    found = realised(window_with(500), known, who, ladder(900.0), SMB)
    in_cents = dataclasses.replace(who, table=who.table.assign(new_amount=who.table["new_amount"] * 100),
                                   months=dataclasses.replace(who.months, amount=who.months.amount * 100))  # fmt: skip
    pd.testing.assert_frame_equal(
        realised(window_with(500), known, in_cents, ladder(90_000.0), SMB).curves, found.curves
    )
    names = {name: f"{hash(name) % 10_007:05d}-{name}" for name in who.table["customer"]}
    order = np.random.default_rng(0).permutation(len(names))
    rows = who.months.customers.assign(customer=who.months.customers["customer"].map(names))
    months = dataclasses.replace(who.months, customers=rows.iloc[order].reset_index(drop=True),
                                 amount=who.months.amount[order])  # fmt: skip
    table = who.table.assign(customer=who.table["customer"].map(names)).iloc[order]
    again = realised(window_with(500), known, dataclasses.replace(who, table=table, months=months), ladder(900.0), SMB)
    pd.testing.assert_frame_equal(again.curves, found.curves)


def test_a_slice_tells_of_its_customers_alone():
    who, known = company_of(8)
    part = dataclasses.replace(who, table=who.table.iloc[::3].reset_index(drop=True))
    found = realised(window_with(500), known, part, ladder(900.0), SMB)
    assert found.table["customer"].tolist() == part.table["customer"].tolist()


def planted(seed, rate=4.0, n_months=48, cac=1500.0, churn=0.02):
    """Return Realised of a company whose customers come by chance, so that their cost is measured with chance too."""
    rng = np.random.default_rng([seed, 5])
    came = rng.poisson(rate, n_months)
    starts = np.repeat(np.arange(n_months), came)
    amount = 100 * rng.lognormal(-0.18, 0.6, len(starts))
    who, known = made_up(rng.geometric(churn, len(starts)), starts, n_months, amount)
    since = [max(month - 11, 0) for month in range(n_months)]
    costs = {str(pd.Period("2021-01", "M") + month): cac * rate * (month - first + 1) / came[first : month + 1].sum()
             if month >= 2 else np.nan for month, first in enumerate(since)}  # fmt: skip
    return realised(window_with(100), known, who, ladder(costs), SMB)


def test_fewer_customers_in_a_resample_bear_the_same_cost():
    """One in January, two in March, costs of two months up to the start: March's of its own two alone. In a resample
    with January twice and only one of March: half of the cost for A, twice for B and C. Without any, it has no end."""
    paid = {"A": [9.0] * 4, "B": [0, 0, 9.0, 9.0], "C": [0, 0, 9.0, 9.0]}
    rows = [new_customer("A", "2025-01", 9.0), *(new_customer(name, "2025-03", 9.0) for name in "BC")]
    seen = by_age(customers(*rows, months=customer_months("2025-01", paid, known=True)))
    scale = cac_scale(seen, np.array([[2.0, 1.0], [1.0, 0.0], [0.0, 0.0]]), cac_months=2)
    assert scale.tolist() == [[0.5, 1.0], [2.0, np.inf], [2.0, np.inf]]
    assert cac_scale(seen, np.array([[2.0], [1.0], [0.0]]), cac_months=3).tolist() == [[0.5], [1.0], [1.0]]


def test_planted_payback_and_loss_lie_in_the_ranges():
    """150 companies of 48 months: held 82 % of paid back and 77 % of lost at 24 months; 59 % and 69 % with the CAC held
    as measured. Here 20, of which 11 must hold: at 80 % fewer come in 1 of 100 trials
    (the seeds are fixed)."""
    rng = np.random.default_rng(0)
    amount, life = 100 * rng.lognormal(-0.18, 0.6, 200_000), rng.geometric(0.02, 200_000)
    age = np.ceil(1500 / (0.8 * amount))
    truth = {"paid_back": ((age <= life) & (age <= 24)).mean(), "lost": ((life < age) & (life <= 24)).mean()}
    rows = [curve(planted(seed)).loc[24] for seed in range(20)]
    for name, share in truth.items():
        held = [row[f"{name}_low"] <= share <= row[f"{name}_high"] for row in rows]
        assert sum(held) >= 11, (name, sum(held))
        assert np.mean([row[f"{name}_share"] for row in rows]) == pytest.approx(share, abs=0.05)


def test_who_was_not_seen_to_leave_was_not_at_risk_of_it():
    """Customers that begin month by month and leave at 5 % a month: the share lost is that planted, and not the lower
    one that counts those at the last settled month as having stayed."""
    from revops.analysis.survival import incidence

    rng = np.random.default_rng(3)
    starts = np.repeat(np.arange(12), 300)
    lives = rng.geometric(0.05, len(starts))
    who, known = made_up(lives, starts, 12)
    found = curve(realised(window_with(100), known, who, ladder(1e9), SMB))["lost_share"]
    truth = 1 - 0.95**10
    age = np.minimum(lives, 12 - starts)
    naive = incidence(age, np.where(lives < 12 - starts, 2, 0), horizon=10)["second_share"].iloc[-1]
    assert found[10] == pytest.approx(truth, abs=0.02) and naive < truth - 0.03

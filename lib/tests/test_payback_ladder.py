"""The ladder of definitions: worked by hand, against plain loops, and planted truth recovered."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from companies_of_people import states, won
from hand_ladder import account, books, customers, effort, reported, spent, told, window
from spending_companies import ad

from frames import as_of, book
from revops.analysis.resampling import customer_counts, drawn_range
from revops.measures.cac_payback import Knobs
from revops.measures.cac_payback.counted import counted_months, told_months
from revops.measures.cac_payback.effort_by_month import ByMonth
from revops.measures.cac_payback.ladder import BASES, ladder, won_expansion
from revops.measures.cac_payback.lag import lag_of
from revops.measures.cac_payback.window import window_of

COLUMNS = ["basis", "spend_amount", "n_customers", "new_amount", "gross_margin", "cac_amount", "payback_months", "low",
           "high", "note"]  # fmt: skip


@pytest.fixture(scope="module")
def quarter():
    return window(day="2026-06-30", fewest_customers=2)


def rung(found, basis, *names):
    return [found.of(basis)[name] for name in names]


def paybacks(found):
    return dict(zip(found.rungs["basis"], found.rungs["payback_months"], strict=True))


# By hand


def test_each_definition_of_a_company_worked_by_hand():
    """Programs 30 a month from January, people 60, a tenth of 100 of customer success: 100 in all; margin 0.75.

    April to June: three customers of 20, 10 and 30 a month, all two months after their lead, but one after one; and 15
    more a month of those who were there. New customers bear 0.8 of the cost. In May cost rose: programs 60.
    """
    at_hand = (
        account("revenue", "Sales", [200] * 6, "2026-01-01"), account("cogs", "Hosting", [50] * 6, "2026-01-01"),
        account("marketing", "Ads", [30, 30, 30, 30, 60, 30], "2026-01-01"),
        account("sales", "Salaries", [60] * 6, "2026-01-01"),
        account("customer_success", "CS", [100] * 6, "2026-01-01"),
    )  # fmt: skip
    given = {"fewest_customers": 3, "also_acquisition": {"customer_success": 0.1}}
    at = window(*at_hand, **given)
    new = customers(("2026-04-01", 20, 2), ("2026-06-01", 10, 1), ("2026-06-01", 30, 2))
    found = told(at, books(*at_hand, **given), new, new_share=0.8,
                 expansion=[("2026-04-01", 5), ("2026-06-01", 10), ("2026-03-01", 99)])  # fmt: skip
    moved = 100 + (100 / 3 * 2 + 130 / 3 * 0 + 100 / 3) + (2 / 3 * 100 + 1 / 3 * 130)
    assert list(found.rungs.columns) == COLUMNS and tuple(found.rungs["basis"]) == BASES
    assert found.rungs["spend_amount"].tolist() == pytest.approx([120, 120, 330, 264, 330, 240, moved * 0.8])
    assert found.rungs["new_amount"].tolist() == [75, 75, 75, 60, 60, 60, 60]
    assert found.rungs["gross_margin"].tolist() == [1, *[0.75] * 6]
    assert list(paybacks(found).values()) == pytest.approx(
        [120 / 75, 120 / 56.25, 330 / 56.25, 264 / 45, 330 / 45, 240 / 45, moved * 0.8 / 45]
    )
    assert found.rungs["cac_amount"].tolist() == pytest.approx(
        [np.nan, np.nan, np.nan, 88, 110, 80, moved * 0.8 / 3], nan_ok=True
    )
    assert set(found.rungs["n_customers"]) == {3} and found.rungs["note"].isna().all()
    assert (found.spread_low, found.spread_high) == pytest.approx((1.6, 330 / 45))
    assert found.months_left_out == 0 and found.months.month.tolist() == [4, 5, 6]
    assert found.curve["lag_months"].tolist() == [0, 1, 2]
    assert found.curve["cac_amount"].tolist() == pytest.approx([88, 88, 80])
    assert found.curve["payback_months"].tolist() == pytest.approx([264 / 45, 264 / 45, 240 / 45])
    assert found.curve["n_months"].tolist() == [3, 3, 3]


def test_growing_cost_and_a_cycle_of_six_months_overstate_the_cost_of_a_customer_by_59_percent():
    """Spend grows 8 % a month, and brings as much a month six months later: 1.08 to the sixth is 1.587."""
    at = window(day="2026-06-30", quarters=4, fewest_customers=2)
    spend = 100 * 1.08 ** np.arange(40)
    rows = [(month, brought, 6) for month, brought in zip(at.months, spend[-21:-6], strict=True)]
    found = told(at, spent(at, spend, margin=1.0), customers(*rows))
    assert rung(found, "lagged", "payback_months") == pytest.approx([1.0])
    assert rung(found, "lagged_median", "payback_months") == pytest.approx([1.0])
    assert rung(found, "new_logo", "payback_months") == pytest.approx([1.59], abs=0.005)
    assert found.of("new_logo")["cac_amount"] / found.of("lagged")["cac_amount"] == pytest.approx(1.08**6)
    assert found.curve["payback_months"].tolist() == pytest.approx((1.08 ** np.arange(6, -1, -1)).tolist())


# Against plain loops


def test_the_headline_is_that_of_plain_loops():
    rng = np.random.default_rng(5)
    at = window(day="2026-06-30", quarters=2, fewest_customers=2)
    amounts = rng.uniform(50, 150, 20)
    amounts[8] = np.nan
    of = replace(spent(at, amounts, margin=0.7), window_margin=0.7)
    lags = rng.integers(0, 7, 40)
    new = customers(*[(at.months[rng.integers(9)], rng.uniform(1, 9), lag) for lag in lags])
    found = told(at, of, new, new_share=0.6)
    weight = {k: float(np.mean(lags == k)) for k in range(7)}
    spend = n = recurring = 0.0
    for month in at.months:
        known = {k: of.spend["programs"].get(month - pd.DateOffset(months=k), np.nan) for k in range(7)}
        held = sum(weight[k] for k, cost in known.items() if not np.isnan(cost))
        if held < 0.9:
            continue
        spend += 0.6 * sum(weight[k] * cost for k, cost in known.items() if not np.isnan(cost)) / held
        rows = new.table[new.table["start_month"].eq(month)]
        n, recurring = n + len(rows), recurring + rows["new_amount"].sum()
    row = found.of("lagged")
    assert (row["spend_amount"], row["n_customers"], row["new_amount"]) == pytest.approx((spend, n, recurring))
    assert row["payback_months"] == pytest.approx(spend / (recurring * 0.7))


def test_cost_of_a_customer_by_month_is_that_of_the_months_up_to_it(quarter):
    """Cost 10 a month from January; two customers in February, one in May; lag 0. Of four months, at least three."""
    at = replace(quarter, knobs=Knobs(cac_months=4, fewest_customers=2))
    new = customers(("2026-02-01", 1, 0), ("2026-02-01", 1, 0), ("2026-05-01", 1, 0))
    found = told(at, spent(at, [10] * 6), new, new_share=0.5)
    assert found.cac_by_month.tolist() == pytest.approx([np.nan, np.nan, 15 / 2, 20 / 2, 20 / 3, 20], nan_ok=True)


def test_customers_of_the_past_bear_the_share_of_their_own_time():
    """Each customer takes 10 of work, and so 10 of cost; expansion's work grows from none to as much again. Cost is
    that of all work: customers cost 10 at all times, though at the window's share those of the past had cost less."""
    at = window(day="2026-06-30", quarters=0, fewest_customers=2)
    months = pd.date_range("2024-07-01", periods=24, freq="MS", unit="us")
    grown = np.linspace(0, 40, 24)
    work = pd.DataFrame({"effort": 40 + grown, "new_effort": 40.0, "n_begun": 4.0, "n_ended": 4.0}, months)
    of = spent(at, list(40 + grown))
    new = customers(*[(month, 1, 0) for month in months for _ in range(4)])
    share_now = 120 / (120 + grown[-3:].sum())
    with_own = replace(effort(share_now), by_month=ByMonth(work, 0, 10))
    found = ladder(at, of, new, lag_of(new, at), with_own, expansion=pd.Series(dtype=float, index=months[:0]))
    assert found.cac_by_month.iloc[2:].tolist() == pytest.approx([10.0] * 22)
    assert found.shares["is_own"].tolist() == [False, False] + [True] * 22
    assert found.of("lagged")["cac_amount"] == pytest.approx(10.0)
    flat = told(at, of, new, new_share=share_now)
    assert flat.cac_by_month.iloc[2] < 6 and flat.cac_by_month.iloc[-1] < 9.5


def test_payback_without_the_largest_new_customer(quarter):
    """30 a month for 40, 5 and 5 a month at a margin of a half: 90 / 25; without the 40, 90 / 5."""
    new = customers(("2026-05-01", 5, 0), ("2026-06-01", 40, 0), ("2026-04-01", 5, 0))
    found = told(quarter, spent(quarter, [30, 30, 30], margin=0.5), new)
    assert (found.largest_customer, found.largest_share, found.without_largest) == ("C0001", 0.8, 18.0)
    assert found.rests_on_one and found.of("lagged")["payback_months"] == 3.6
    even = told(quarter, spent(quarter, [30, 30, 30]), customers(*[("2026-05-01", 5, 0)] * 4))
    assert even.largest_share == 0.25 and not even.rests_on_one


def test_the_largest_of_one_or_of_nobody(quarter):
    at_cost = spent(quarter, [30, 30, 30])
    one = told(quarter, at_cost, customers(("2026-05-01", 5, 0)))
    assert one.largest_share == 1.0 and one.rests_on_one and np.isnan(one.without_largest)
    nobody = told(quarter, at_cost, customers())
    assert nobody.largest_customer is None and np.isnan(nobody.largest_share) and not nobody.rests_on_one
    loss = told(quarter, spent(quarter, [30, 30, 30], margin=-0.5), customers(*[("2026-05-01", 5, 0)] * 3))
    assert np.isnan(loss.without_largest) and loss.largest_share == pytest.approx(1 / 3)


def test_ranges_are_of_resampled_customers_and_their_chance_alone(quarter):
    """Payback of each resample by hand: cost over what its customers bring; the ends as drawn_range has them."""
    new = customers(*[("2026-05-01", amount, 0) for amount in (9, 1, 5, 7, 3)])
    row = told(quarter, spent(quarter, [30, 30, 30], margin=0.5), new).of("lagged")
    counts = customer_counts(5, quarter.knobs.seed, 500)
    earned = np.array([sum(n * amount for n, amount in zip(draw, (1, 3, 5, 7, 9), strict=True)) for draw in counts.T])
    low, high = drawn_range(earned[None, :] * 0.5 / 90, np.array([5.0]), level=0.8)
    assert (row["low"], row["high"]) == pytest.approx((1 / high[0], 1 / low[0]))
    assert row["low"] < row["payback_months"] == 90 / 12.5 < row["high"]


def test_a_single_customer_has_no_upper_end_but_a_payback(quarter):
    """More than one resample in three has nobody."""
    row = told(quarter, spent(quarter, [30, 30, 30], margin=0.5), customers(("2026-05-01", 10, 0))).of("lagged")
    assert row["payback_months"] == 18 and 0 < row["low"] < 18 and np.isnan(row["high"])


# Months that do not count


def test_months_whose_lagged_cost_is_not_known_leave_cost_and_customers_alike(quarter):
    """Books begin in April, cost lies one month before: April's customer of 100 is in no rung."""
    new = customers(("2026-04-01", 100, 1), ("2026-05-01", 10, 1), ("2026-06-01", 10, 1))
    found = told(quarter, spent(quarter, [30, 40, 50], margin=0.5), new, expansion=[("2026-04-01", 7.0)])
    assert found.months.month.tolist() == [5, 6] and found.months_left_out == 1
    assert rung(found, "lagged", "spend_amount", "n_customers", "new_amount") == [70, 2, 20]
    assert rung(found, "new_logo", "spend_amount", "n_customers", "new_amount") == [90, 2, 20]
    assert rung(found, "revenue", "spend_amount", "new_amount") == [90, 20]


def test_books_that_stop_early_tell_the_headline_and_say_what_the_other_rungs_lack(quarter):
    """Cost to April alone, one month before the bill: May is counted, and cost of May itself is not known."""
    new = customers(("2026-04-01", 8, 1), ("2026-05-01", 10, 1), ("2026-05-01", 10, 1), ("2026-06-01", 99, 1))
    found = told(quarter, spent(quarter, [30, 40], margin=0.5, start="2026-03-01"), new)
    assert found.months.month.tolist() == [4, 5] and found.months_left_out == 1
    assert rung(found, "lagged", "spend_amount", "n_customers", "payback_months") == [70, 3, 5]
    assert rung(found, "new_logo", "spend_amount", "n_customers", "payback_months") == [40, 1, 10]
    assert found.of("new_logo")["note"] == "of 1 of 2 months: the cost of the others is not known"


def test_books_too_short_for_the_lag_still_tell_the_rungs_without_it(quarter):
    new = customers(("2026-04-01", 10, 9), ("2026-05-01", 10, 9))
    found = told(quarter, spent(quarter, [30, 30, 30], margin=0.5), new)
    assert rung(found, "new_logo", "payback_months") == [9] and np.isnan(found.of("lagged")["payback_months"])
    assert found.of("lagged")["note"] == "the cost of these months, moved by the lag, is not known"
    assert found.cac_by_month.isna().all() and found.curve["payback_months"].iloc[0] == 9
    assert found.curve["n_months"].tolist() == [3, 2, 1, *[0] * 7]


def test_months_before_the_bills_begin_or_after_they_end_count_nowhere(quarter):
    """Who pays in the first reported month may have come before it: with reports of April and May, only May counts."""
    new = customers(("2026-04-01", 10, 0), ("2026-05-01", 10, 0), ("2026-06-01", 10, 0),
                    months=reported("2026-04-01", "2026-06-01", missing=["2026-06-01"]))  # fmt: skip
    found = told(quarter, spent(quarter, [30, 40, 50], margin=0.5), new)
    assert found.months.month.tolist() == [5] and found.months_left_out == 2
    assert rung(found, "lagged", "spend_amount", "n_customers") == [40, 1]
    assert found.cac_by_month.isna().all()


def test_customers_told_by_deals_are_known_from_the_first_close_in_the_crm(quarter):
    """A deal lost in February, the first customer in May: from February on. Without any closed deal: from May."""
    lost = won("1", stage_name="Lost", close_date="2026-02-10", created_at="2026-01-01 09:00")
    new = customers(("2026-05-01", 10, 0), of_deals=True)
    with_lost = replace(quarter, view=as_of(book([lost], states([lost])), "2026-06-30"))
    for at, first in ((with_lost, "2026-02"), (quarter, "2026-05")):
        assert [f"{month:%Y-%m}" for month in told_months(at, new)] == [first, "2026-06"]
    nobody = told_months(quarter, customers(of_deals=True))
    assert [f"{month:%Y-%m}" for month in nobody] == ["2026-04", "2026-06"]


def test_a_month_that_no_report_holds_and_the_one_after_it_tell_no_new_customers(quarter):
    new = customers(("2026-06-01", 10, 0), ("2026-06-01", 10, 0),
                    months=reported("2025-04-01", "2026-06-01", missing=["2026-05-01"]))  # fmt: skip
    of = spent(quarter, [30, 40, 50], margin=0.5)
    assert counted_months(quarter, of, new, lag_of(new, quarter)).month.tolist() == [4]


def test_a_month_without_a_new_customer_costs_all_the_same(quarter):
    found = told(quarter, spent(quarter, [30, 40, 50], margin=0.5), customers(*[("2026-06-01", 10, 0)] * 2))
    assert rung(found, "lagged", "spend_amount", "payback_months") == [120, 12]


# What cannot be had


TWO = customers(*[("2026-05-01", 10, 0)] * 2)


@pytest.mark.parametrize(("margin", "note"), [
    (-0.1, "never: gross margin is below 0"), (0.0, "never: gross margin is 0"), (np.nan, "no cogs"),
])  # fmt: skip
def test_without_a_margin_above_0_only_the_revenue_rung_has_a_payback(quarter, margin, note):
    found = told(quarter, spent(quarter, [30, 30, 30], margin=margin, why={"margin": "no cogs"}), TWO)
    assert rung(found, "revenue", "payback_months") == [4.5]
    rest = found.rungs[found.rungs["basis"] != "revenue"]
    assert rest[["payback_months", "low", "high"]].isna().all(axis=None) and set(rest["note"]) == {note}
    assert rung(found, "lagged", "cac_amount") == [45]
    assert found.curve["payback_months"].isna().all() and found.curve["cac_amount"].tolist() == [45]


def test_nobody_new_is_no_payback_and_no_cost_of_a_customer(quarter):
    found = told(quarter, spent(quarter, [30, 30, 30]), customers(), expansion=[("2026-05-01", 10)])
    assert rung(found, "revenue", "payback_months", "n_customers") == [9, 0]
    row = found.of("new_logo")
    assert np.isnan(row["payback_months"]) and np.isnan(row["cac_amount"]) and row["n_customers"] == 0
    assert row["note"] == "no new recurring revenue in these months"
    assert found.cac_by_month.isna().all() and found.curve.drop(columns=["lag_months", "n_months"]).isna().all(
        axis=None
    )


def test_an_unknown_share_of_new_business_leaves_the_rungs_without_it(quarter):
    found = told(quarter, spent(quarter, [30, 30, 30]), TWO, new_share=np.nan)
    has = {basis: np.isfinite(months) for basis, months in paybacks(found).items()}
    assert has == dict.fromkeys(BASES, False) | dict.fromkeys((*BASES[:3], "new_logo_all"), True)
    assert found.of("lagged")["note"] == "nothing tells which share of the cost new customers bear"


def test_no_cost_known_says_why(quarter):
    of = spent(quarter, [np.nan] * 3, why={"spend": "nobody is mapped"})
    assert set(told(quarter, of, TWO).rungs["note"]) == {"nobody is mapped"}
    assert np.isnan(told(quarter, of, TWO).spread_low)


def test_books_that_give_back_more_than_they_cost_have_no_payback(quarter):
    found = told(quarter, spent(quarter, [-30, 10, 10]), TWO)
    assert set(found.rungs["note"]) == {"the books give back more cost than they hold"}
    assert found.rungs["payback_months"].isna().all()


def test_no_month_with_known_customers_says_so(quarter):
    new = customers(("2026-05-01", 10, 0), months=reported("2026-06-01", "2026-06-01"))
    found = told(quarter, spent(quarter, [30, 30, 30]), new)
    assert set(found.rungs["note"]) == {"no month of the window whose new customers are known"}
    assert found.months_left_out == 3 and found.rungs["spend_amount"].isna().all()


def test_without_a_ledger_ads_and_campaigns_alone_are_told_as_such():
    given = {"tables": {"spend": [ad("A", f"2026-{month:02d}-10", 90.0) for month in (4, 5, 6)]}, "gross_margin": 0.5}
    found = told(window(**given), books(**given), TWO, lag=lag_of(TWO, window(fewest_customers=2)))
    assert rung(found, "lagged", "payback_months") == [27] and rung(found, "revenue", "payback_months") == [13.5]
    assert np.isnan(found.of("fully_loaded")["payback_months"])
    why = "needs the profit and loss (ledger): what ad systems and campaigns bill holds no people"
    assert found.of("fully_loaded")["note"] == why
    assert found.of("lagged")["note"] == f"without people: {why}"


def test_too_few_lags_leave_cost_where_it_is_and_say_so(quarter):
    found = told(quarter, spent(quarter, [30, 30, 90]), customers(("2026-06-01", 10, None), ("2026-06-01", 10, 5)))
    assert rung(found, "lagged", "spend_amount") == rung(found, "lagged_median", "spend_amount") == [150]
    assert found.of("lagged")["note"] == (
        "the time from lead to first bill is known of 1 new customer, fewer than 2: cost is taken of the same month"
    )


# Of a slice


def test_a_slice_bears_its_share_of_the_cost_and_says_so(quarter):
    whole, part = (told(quarter, spent(quarter, [30, 30, 30]), TWO, new_share=0.5, slice_share=s) for s in (1, 0.25))
    assert part.rungs["spend_amount"].tolist() == (whole.rungs["spend_amount"] / 4).tolist()
    assert part.curve["cac_amount"].tolist() == (whole.curve["cac_amount"] / 4).tolist()
    assert part.cac_by_month.dropna().tolist() == (whole.cac_by_month.dropna() / 4).tolist()
    assert part.of("lagged")["note"] == "25% of the company's cost, by effort on new business"


# Won expansion


def test_won_expansion_is_of_the_month_of_its_close():
    """Two won in May: 120 and 60 over twelve months; one that is new, one lost, one that closes after the day."""
    deals = [won("1", type="expansion", amount=120.0), won("2", type="expansion", amount=60.0), won("3", amount=999.0),
             won("4", type="expansion", stage_name="Lost"), won("5", type="expansion", close_date="2026-07-02"),
             won("6", type="expansion", amount=24.0, close_date="2026-06-30", region="EMEA")]  # fmt: skip
    view = as_of(book(deals, states(deals)), "2026-06-30")
    found = won_expansion(window_of(view, Knobs()))
    assert {f"{month:%Y-%m}": amount for month, amount in found.items()} == {"2026-05": 15.0, "2026-06": 2.0}
    assert won_expansion(window_of(view, Knobs(slice={"region": "EMEA"}))).tolist() == [2.0]


# What must not matter


def some_company(seed, at, names=None, order=None):
    rng = np.random.default_rng(seed)
    rows = [(at.months[rng.integers(len(at.months))], round(rng.lognormal(3, 1), 2), rng.integers(1, 6))
            for _ in range(30)]  # fmt: skip
    new = customers(*rows)
    table = new.table if names is None else new.table.assign(customer=names(new.table["customer"]))
    return replace(new, table=table.sort_values(["start_month", "customer"], ignore_index=True))


def test_names_of_customers_change_nothing(quarter):
    of = spent(quarter, [30.0] * 20)
    one = told(quarter, of, some_company(3, quarter))
    other = told(quarter, of, some_company(3, quarter, names=lambda ids: "x" + ids.str[::-1]))
    pd.testing.assert_frame_equal(one.rungs, other.rungs)
    assert (
        not some_company(3, quarter)
        .table["new_amount"]
        .equals(some_company(3, quarter, names=lambda ids: "x" + ids.str[::-1]).table["new_amount"])
    )


def test_another_currency_moves_no_payback(quarter):
    of, new = spent(quarter, [30.0, 50.0] * 10), some_company(4, quarter)
    dear = replace(new, table=new.table.assign(new_amount=new.table["new_amount"] * 8))
    one, other = told(quarter, of, new), told(quarter, replace(of, spend=of.spend * 8), dear)
    months = ["payback_months", "low", "high"]
    assert one.rungs[months].to_numpy() == pytest.approx(other.rungs[months].to_numpy())
    assert (one.rungs["cac_amount"] * 8).tolist() == pytest.approx(other.rungs["cac_amount"].tolist(), nan_ok=True)


# Planted truth


PLANTED = {"cac": 500.0, "margin": 0.75, "amount": 40.0, "weights": np.array([0.05, 0.1, 0.25, 0.3, 0.2, 0.1])}


def planted(at, seed, *, growth=1.02, level=8000.0):
    """Return books and customers of a company in which money brings customers by chance: cac a head, lags drawn."""
    rng = np.random.default_rng(seed)
    spend = level * growth ** np.arange(30) * rng.uniform(0.7, 1.3, 30)
    of = spent(at, spend, margin=PLANTED["margin"])
    n = rng.poisson(np.outer(spend, PLANTED["weights"]) / PLANTED["cac"])
    made, lag = (np.repeat(place.ravel(), n.ravel()) for place in np.indices(n.shape))
    start = pd.date_range(of.months[0], periods=40, freq="MS", unit="us")[made + lag]
    table = pd.DataFrame({"customer": [f"C{place:05d}" for place in range(len(lag))], "start_month": start,
                          "new_amount": PLANTED["amount"] * rng.lognormal(-0.18, 0.6, len(lag)),
                          "lag_months": lag.astype(float), "lag_from": "lead"})  # fmt: skip
    came = table[table["start_month"] <= at.known_until].sort_values(["start_month", "customer"], ignore_index=True)
    return of, replace(customers(), table=came)


@pytest.fixture(scope="module")
def year():
    return window(day="2026-06-30", quarters=4, draws=200)


def test_planted_cost_lag_and_margin_are_recovered(year):
    """Four companies of some 6,000 customers in 15 months: means are known to one percent."""
    found = []
    for seed in range(4):
        of, new = planted(year, seed, level=160_000.0)
        lag = lag_of(new, year)
        assert (lag.median_months, lag.cycle_months) == (3.0, 5)
        found.append([*told(year, of, new).of("lagged")[["cac_amount", "payback_months"]], *lag.weights])
    cac, months, *weights = np.mean(np.array(found, dtype=float), axis=0)
    truth = PLANTED["cac"] / (PLANTED["amount"] * PLANTED["margin"])
    assert (cac, months) == pytest.approx((PLANTED["cac"], truth), rel=0.03)
    assert weights == pytest.approx(PLANTED["weights"].tolist(), abs=0.02)


def held(year, seeds):
    """Return the share of companies whose range holds the planted payback."""
    truth = PLANTED["cac"] / (PLANTED["amount"] * PLANTED["margin"])
    rows = [told(year, *planted(year, seed, level=1500.0)).of("lagged") for seed in seeds]
    return np.mean([row["low"] <= truth <= row["high"] for row in rows])


def test_ranges_hold_about_four_in_five_planted_companies(year):
    """Of 60 companies with some 60 customers each, between 38 and 57: 80 % within three standard errors of 5 %."""
    assert 38 / 60 <= held(year, range(60)) <= 57 / 60

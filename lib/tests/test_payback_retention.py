import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hand_recurring import billed, bills, random_bills, slow_months, slow_retention

from frames import as_of
from revops.analysis.recurring import MOVES, CustomerMonths, customer_months
from revops.analysis.resampling import customer_counts, drawn_range
from revops.measures.cac_payback import Knobs
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.retention import MEASURES, SCOPES, RetentionResult, retention
from revops.measures.cac_payback.window import window_of

NAN = float("nan")


def told(view, in_slice=None, **knobs) -> RetentionResult:
    """Return what is left of the revenue of a year ago; knobs as in params/cac_payback.yml."""
    months = customer_months(view)
    index = None if in_slice is None else pd.Index(in_slice)
    customers = Customers("subscriptions", pd.DataFrame(), months, index, pd.DataFrame())
    return retention(window_of(view, Knobs(**knobs)), customers)


def value(result, measure, scope="all", column="value"):
    """Return a number of the table."""
    table = result.table
    return table.loc[table["measure"].eq(measure) & table["scope"].eq(scope), column].item()


def year(name, then, now, **given):
    """Return bills of a customer over 2025-06 to 2026-06, that changes after 2025-12: None is gone."""
    return bills(name, "2025-06", *[then] * 7, *[now] * 6, **given)


def giant():
    """Return a giant that doubles, six customers that stay, two that grow, one that goes."""
    rows = [*year("g", 1000, 2000), *year("lost", 100, None)]
    for name in "abcdef":
        rows += year(name, 100, 100)
    return rows + year("x", 100, 150) + year("y", 50, 80)


def test_the_giant_is_told_by_looking_without_it():
    result = told(billed(giant()), top=1)
    # Then: 1000 + 100 + 600 + 150 = 1850. Now: 2000 + 0 + 600 + 230 = 2830. Without the giant 850 and 830.
    assert value(result, "nrr") == pytest.approx(2830 / 1850)
    assert value(result, "nrr", "without_top") == pytest.approx(830 / 850)
    assert value(result, "grr") == pytest.approx(1750 / 1850)
    assert value(result, "grr", "without_top") == pytest.approx(750 / 850)
    assert value(result, "logo_churn_rate") == pytest.approx(1 / 10)
    assert value(result, "logo_churn_rate", "without_top") == pytest.approx(1 / 9)
    assert result.table["n"].tolist() == [10, 9] * 3
    assert result.top.to_dict("records") == [
        {"customer": "A-g", "then": 1000.0, "now": 2000.0, "change": 1000.0, "share": pytest.approx(2000 / 2830)}
    ]
    assert result.now == pd.Timestamp("2026-06-01") and result.why == {}
    assert [*zip(result.table["measure"], result.table["scope"], strict=True)] == [(m, s) for m in MEASURES
                                                                                   for s in SCOPES]  # fmt: skip


def test_the_largest_are_those_of_then_by_the_larger_of_then_and_now():
    rows = [
        *year("then", 500, 10),
        *year("now", 20, 400),
        *year("small", 100, 100),
        *bills("new", "2026-01", *[900] * 6),
    ]
    result = told(billed(rows), top=2)
    assert result.top["customer"].tolist() == ["A-then", "A-now"]  # the new one moves no retention
    assert value(result, "nrr", "without_top") == 1
    assert told(billed(rows), top=9).top["customer"].tolist() == ["A-then", "A-now", "A-small"]


def test_without_the_top_nobody_may_be_left():
    result = told(billed(giant()), top=50)
    rest = result.table[result.table["scope"].eq("without_top")]
    assert rest[["value", "low", "high"]].isna().all(axis=None) and rest["n"].eq(0).all()


def test_who_pays_nothing_but_is_paused_is_not_lost():
    result = told(billed(year("a", 100, "paused"), year("b", 100, 100)))
    assert (value(result, "nrr"), value(result, "grr"), value(result, "logo_churn_rate")) == (0.5, 0.5, 0)


@pytest.mark.parametrize("seed", range(6))
def test_retention_is_that_of_plain_loops(seed):
    rows = random_bills(seed, n=30)
    months, slow = slow_months([row for row in rows if row["month"] <= "2026-03-01"], 2)
    result = told(billed(rows, day="2026-04-10"), period="FY26-Q1")
    now = months.index("2026-03")
    expected = slow_retention(slow, now - 12, now)
    assert [value(result, name) for name in MEASURES] == pytest.approx(expected[:3])
    assert result.table["n"].iloc[0] == expected[3]
    places = range(now - len(result.curve) + 1, now + 1)
    assert result.curve["month"].dt.strftime("%Y-%m").tolist() == [months[place] for place in places]
    for place, row in zip(places, result.curve.itertuples(), strict=True):
        if place < 12:
            assert (row.n, np.isnan(row.nrr), np.isnan(row.grr)) == (0, True, True)
        else:
            assert (row.nrr, row.grr, row.n) == pytest.approx(
                np.array(slow_retention(slow, place - 12, place))[[0, 1, 3]]
            )
    assert result.curve["n"].iloc[-1] > 0


def test_the_bridge_goes_by_fiscal_quarters_and_adds_up():
    bridge = told(billed(giant(), bills("new", "2026-02", *[30] * 5))).bridge
    assert bridge["period"].tolist() == ["FY25-Q3", "FY25-Q4", "FY26-Q1", "FY26-Q2"]
    first = bridge[bridge["period"].eq("FY26-Q1")].iloc[0]
    assert first[["opening", "new", "expansion", "contraction", "churn", "closing"]].tolist() == [
        1850, 30, 1080, 0, -100, 2860]  # fmt: skip
    assert (bridge["opening"] + bridge[list(MOVES)].sum(axis=1)).tolist() == bridge["closing"].tolist()


def test_an_earlier_period_is_told_as_of_its_own_end():
    result = told(billed(giant(), bills("a2", "2024-06", *[100] * 19)), period="FY25-Q4")
    assert result.now == pd.Timestamp("2025-12-01")
    assert value(result, "nrr") == 1 and result.table["n"].iloc[0] == 1
    assert result.bridge["period"].iloc[-1] == "FY25-Q4"
    assert result.curve["month"].iloc[-1] == result.now


def test_bills_that_end_early_are_told_as_of_their_last_month():
    result = told(billed(giant(), day="2026-09-30"))
    assert result.now == pd.Timestamp("2026-06-01") and value(result, "logo_churn_rate") == 0.1


def test_who_is_missing_in_the_last_months_is_lost_and_in_doubt():
    rows = [*year("a", 100, 100), *bills("late", "2025-06", *[70] * 12), *bills("gone", "2025-06", *[60] * 8)]
    rows += [*bills("due", "2025-06", *[50] * 12, "past_due"), *bills("young", "2026-05", 40)]
    result = told(billed(rows))
    # late is missing in June, which is not settled; gone left in February; young was no customer a year ago.
    assert result.in_doubt.to_dict("records") == [
        {"state": "missing", "n": 1, "amount": 70.0, "customers": ("A-late",)},
        {"state": "past_due", "n": 1, "amount": 50.0, "customers": ("A-due",)},
    ]
    assert value(result, "logo_churn_rate") == 0.5
    assert value(result, "nrr") == pytest.approx(150 / 280)
    rows += bills("paid", "2025-03", *[30] * 12, "past_due", 30, 30, 30)  # due in March, paid since
    settled = told(billed(rows), period="FY26-Q1", quarters=2)
    assert settled.table["n"].iloc[0] == 1 and settled.in_doubt["n"].tolist() == [0, 0]


def test_who_may_be_late_is_named_the_one_that_paid_most_first():
    rows = [*year("a", 100, 100)]
    for name, paid in (("mid", 50), ("small", 20), ("twin", 50), ("large", 90)):
        rows += bills(name, "2025-06", *[paid] * 12)
    missing = told(billed(rows)).in_doubt.iloc[0]
    assert missing["customers"] == ("A-large", "A-mid", "A-twin", "A-small")
    assert (missing["n"], missing["amount"]) == (4, 210.0)


def test_the_share_of_the_largest_is_of_all_that_is_paid_now():
    """The giant pays 2,000 of 2,830 of those of then; one that came since pays 1,170 more: half of 4,000."""
    result = told(billed(giant(), bills("new", "2026-01", *[1170] * 6)), top=1)
    assert result.top["share"].tolist() == [0.5]
    assert value(result, "nrr") == pytest.approx(2830 / 1850)


def test_a_slice_is_told_of_its_customers_alone():
    result = told(billed(giant()), in_slice=["A-x", "A-lost"])
    assert value(result, "nrr") == 150 / 200 and value(result, "logo_churn_rate") == 0.5
    assert result.bridge["closing"].iloc[-1] == 150


def test_prices_without_a_past_tell_who_left_and_no_amounts():
    result = told(billed([row | {"basis": "present_price"} for row in giant()]))
    amounts = result.table[result.table["measure"].ne("logo_churn_rate")]
    assert amounts[["value", "low", "high"]].isna().all(axis=None) and amounts["n"].gt(0).all()
    assert value(result, "logo_churn_rate") == 0.1 and value(result, "logo_churn_rate", column="low") > 0
    assert result.curve[["nrr", "grr"]].isna().all(axis=None)
    why = ("recurring revenue is told at the present price of each subscription, and prices have no past: export MRR "
           "per subscriber")  # fmt: skip
    assert result.why == dict.fromkeys(["nrr", "grr", "bridge"], why)


def test_without_bills_nothing_is_told_and_why():
    view = billed()
    nothing = Customers("deals", pd.DataFrame(), None, None, pd.DataFrame())
    for result in (retention(window_of(view, Knobs()), nothing), told(view)):
        assert result.why == dict.fromkeys([*MEASURES, "bridge"],
                                           "no billing export tells what customers pay by month")  # fmt: skip
        assert result.table[["value", "low", "high"]].isna().all(axis=None) and result.table["n"].eq(0).all()
        assert result.bridge.empty and result.top.empty and result.curve.empty and pd.isna(result.now)
        assert result.in_doubt["n"].tolist() == [0, 0]


def test_a_company_younger_than_a_year_has_no_retention_but_a_bridge():
    result = told(billed(bills("a", "2026-01", 10, 10, 12, 12, 12, 12)))
    assert result.why == dict.fromkeys(MEASURES, "nobody is known to have paid a year before the window's last month")
    assert result.table["value"].isna().all() and result.curve["n"].eq(0).all()
    assert result.bridge["expansion"].tolist() == [2.0, 0.0]
    before = told(billed(bills("a", "2026-05", 10, 10)), period="FY25-Q4")
    assert pd.isna(before.now) and before.bridge.empty and before.table["n"].eq(0).all()


def test_one_customer_has_a_value_and_does_not_crash():
    result = told(billed(year("a", 100, 120)))
    assert (value(result, "nrr"), value(result, "grr"), value(result, "logo_churn_rate")) == (1.2, 1, 0)
    assert value(result, "nrr", column="low") == pytest.approx(1.2)
    assert value(result, "logo_churn_rate", column="high") > 0.3  # one that stayed says little
    gone = told(billed(year("a", 100, None), bills("b", "2026-01", *[5] * 6)))
    assert value(gone, "nrr") == 0 and gone.top["share"].tolist() == [0.0]
    nobody = told(billed(year("a", 100, None), bills("b", "2025-06", *[5] * 12)))
    assert nobody.top["share"].isna().all(), "nobody pays now"


def portfolio(seed, n):
    """Return bills of n customers of very unequal size: one in eight goes, the others shrink or grow."""
    rng = np.random.default_rng(seed)
    then = np.round(100 * rng.lognormal(0, 0.8, n), 2)
    factor = np.where(rng.random(n) < 0.125, 0.0, rng.choice([0.7, 1.0, 1.0, 1.5], n))
    rows = []
    for number, (before, times) in enumerate(zip(then, factor, strict=True)):
        now = round(before * times, 2) or None
        rows += bills(f"c{number:03d}", "2025-06", before, *[now] * 12)
    return rows


def arrays(rng, n):
    """Return the recurring revenue of n customers as `portfolio` has them, then and a year later."""
    then = 100 * rng.lognormal(0, 0.8, n)
    now = then * np.where(rng.random(n) < 0.125, 0.0, rng.choice([0.7, 1.0, 1.0, 1.5], n))
    amount = np.where(np.arange(13) < 12, then[:, None], now[:, None])
    names = pd.Series([f"c{number:03d}" for number in range(n)])
    table = pd.DataFrame({"customer": names, "account_id": names, "start": 0, "is_start_known": False,
                          "end": np.where(now > 0, 13, 12), "n_ids": 1, "was_free": False})  # fmt: skip
    months = pd.date_range("2025-06-01", periods=13, freq="MS", unit="us")
    return CustomerMonths(table, months, amount, amount < 0, 11, months[:0], "reported", pd.DataFrame())


def test_ranges_hold_what_they_should():
    # True: nrr = 7/8 x (0.7 + 1 + 1 + 1.5) / 4, grr = 7/8 x (0.7 + 3) / 4, lost 1/8; factor and size are independent.
    true = {"nrr": 0.875 * 4.2 / 4, "grr": 0.875 * 3.7 / 4, "logo_churn_rate": 0.125}
    window, inside, n = window_of(billed(), Knobs(draws=200)), dict.fromkeys(true, 0), 80
    for seed in range(n):
        months = arrays(np.random.default_rng(seed), 40)
        result = retention(window, Customers("subscriptions", pd.DataFrame(), months, None, pd.DataFrame()))
        table = result.table[result.table["scope"].eq("all")].set_index("measure")
        for name, truth in true.items():
            inside[name] += table.loc[name, "low"] <= truth <= table.loc[name, "high"]
    for name, hits in inside.items():  # 80 % of 80 = 64, give or take 3 standard deviations of 3.6
        assert 53 <= hits <= 75, (name, hits)


def test_ranges_are_percentiles_of_resamples_of_customers():
    rows = portfolio(4, 60)
    result = told(billed(rows), top=1, level=0.6)
    low, high = value(result, "nrr", column="low"), value(result, "nrr", column="high")
    then = {row["customer_id"]: row["recurring_amount"] for row in rows if row["month"] == "2025-06-01"}
    now = {row["customer_id"]: row["recurring_amount"] for row in rows if row["month"] == "2026-06-01"}
    order = sorted(then, key=lambda name: (then[name], now.get(name, 0)))
    counts = customer_counts(60, Knobs().seed, 500)
    ratios = [sum(now.get(name, 0) * times for name, times in zip(order, counts[:, draw], strict=True))
              / sum(then[name] * times for name, times in zip(order, counts[:, draw], strict=True))
              for draw in range(500)]  # fmt: skip
    # As few equal customers as these are worth widen the range beyond the plain percentiles.
    worth = sum(then.values()) ** 2 / sum(amount**2 for amount in then.values())
    assert 10 < worth < 45
    ends = drawn_range(np.array([ratios]), np.array([worth]), level=0.6)
    assert [low, high] == pytest.approx([end.item() for end in ends])


def test_names_order_and_currency_change_nothing():
    rows = portfolio(2, 30)
    plain = told(billed(rows))
    again = told(billed(rows[::-1]))
    pd.testing.assert_frame_equal(again.table, plain.table)
    pd.testing.assert_frame_equal(again.top, plain.top)
    backwards = [row | {"customer_id": row["customer_id"][::-1], "account_id": row["account_id"][::-1]} for row in rows]
    other = told(billed(backwards))
    pd.testing.assert_frame_equal(other.table, plain.table)
    assert other.top["customer"].str[::-1].tolist() == plain.top["customer"].tolist()
    dear = told(billed([row | {"recurring_amount": row["recurring_amount"] * 1000} for row in rows]))
    pd.testing.assert_frame_equal(dear.table, plain.table)
    np.testing.assert_allclose(dear.bridge["closing"], plain.bridge["closing"] * 1000)


def test_bills_of_months_not_over_change_nothing():
    rows = portfolio(3, 20)
    day = "2026-06-29"
    later = [row | {"recurring_amount": 9e9} for row in rows if row["month"] == "2026-06-01"]
    early = [row for row in rows if row["month"] < "2026-06-01"]
    cut, plain = told(billed(early, later, day=day)), told(billed(early, day=day))
    assert plain.now == pd.Timestamp("2026-05-01")
    for name in ("table", "bridge", "top", "curve", "in_doubt"):
        pd.testing.assert_frame_equal(getattr(cut, name), getattr(plain, name))


def test_the_samples_giant_lifts_its_retention(sample):
    view = as_of(sample, "2026-06-09")
    result = told(view)
    assert dt.date(2026, 6, 9) == view.day and result.now == pd.Timestamp("2026-05-01")
    assert value(result, "nrr", "without_top") < value(result, "nrr") - 0.03
    assert result.top["share"].iloc[0] > 0.1 and len(result.curve) == 24
    assert result.table["value"].between(result.table["low"], result.table["high"]).all()
    assert result.in_doubt["n"].tolist() == [3, 0]  # one of them is late, two have gone

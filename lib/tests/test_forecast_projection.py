"""The open quarter: against arithmetic by hand, what was known at the time, and simulated histories."""

import math

import numpy as np
import pandas as pd
import pytest
from calibration import projection as simulated

from revops.errors import MeasureError
from revops.measures.forecast_accuracy import projection as module
from revops.measures.forecast_accuracy.confidence import confidence, confidence_rule, what_would_change
from revops.measures.forecast_accuracy.projection import interval_coverage, project, projection_backtest, range_failed
from revops.wording import money


def quarters(ratios, call=100.0):
    forecast = np.broadcast_to(np.asarray(call, dtype=float), len(ratios))
    return pd.DataFrame({"period": [f"Q{i:02d}" for i in range(len(ratios))], "forecast_amount": forecast,
                         "actual_amount": forecast * np.asarray(ratios, dtype=float)})  # fmt: skip


def told(n_inside, n):
    """A back-test whose range held in `n_inside` of `n` quarters."""
    return pd.DataFrame({"is_inside": np.arange(n) < n_inside})


WIDTHS = {"high_width": 0.2, "medium_width": 0.5}
STEADY = quarters([0.88, 0.9, 0.92, 0.89, 0.91] * 3)
LOOSE = quarters([0.7, 1.1, 0.9, 1.2, 0.8] * 3)


def test_the_range_is_the_t_range_of_logs_around_what_calls_brought():
    """Ratios 0.5, 1, 1, 2: logs -L, 0, 0, L with L = log 2, mean 0, variance 2/3 L^2; the next strays by
    L x sqrt(2/3 x 5/4) = L x sqrt(5/6); t with 3 degrees of freedom at 90 % is 1.6377."""
    found = project(quarters([2, 1, 0.5, 1]), 300, booked=0)
    reach = 2 ** (1.6377444 * (5 / 6) ** 0.5)
    ends = (found.conservative, found.projected_amount, found.optimistic)
    assert ends == pytest.approx((300 / reach, 300, 300 * reach), rel=1e-6)
    assert (found.ratio, found.ratios, found.n, found.method) == (1, (0.5, 1, 1, 2), 4, "t on logs")
    assert found.width == pytest.approx(reach - 1 / reach, rel=1e-6)


def test_calls_that_brought_less_project_less():
    assert project(quarters([0.8] * 5), 200, booked=0).projected_amount == pytest.approx(160)
    assert project(quarters([1.25] * 5), 200, booked=0).projected_amount == pytest.approx(250)


def test_a_quarter_that_brought_nothing_needs_ranks():
    """Nine ratios 0, 0.1, ... 0.8: equal tails of 80 % are the smallest and the largest."""
    found = project(quarters(np.arange(9) / 10), 100, booked=0)
    assert (found.conservative, found.projected_amount, found.optimistic) == pytest.approx((0, 40, 80))
    assert found.method == "equal tails"
    twenty = project(quarters(np.arange(20) / 20), 100, booked=0)
    assert (twenty.conservative, twenty.optimistic) == pytest.approx((5, 90))  # int(21 x 0.1) = 2nd from either end


def test_fewer_than_nine_of_which_one_brought_nothing_are_left_out_one_by_one():
    """Ratios 0, 0.8, 1, 1.1. The medians of the others: 1, 1, 0.8, 0.8; away from them: 1, 0.2, 0.2, 0.3. At 80 % the
    rank is ceil(5 x 0.8) = 4 of 4: least of 0, 0.8, 0.6, 0.5 and largest of 2, 1.2, 1, 1.1."""
    found = project(quarters([0, 0.8, 1, 1.1]), 100, booked=0)
    assert found.method == "jackknife+"
    assert (found.conservative, found.projected_amount, found.optimistic) == pytest.approx((0, 90, 200))


def test_too_few_quarters_have_no_range():
    for n in range(4):
        found = project(quarters([0.9] * n), 100, booked=0)
        assert found.method == "none" and math.isnan(found.conservative) and math.isnan(found.width)
        assert math.isnan(found.projected_amount) if n == 0 else found.projected_amount == pytest.approx(90)
    assert project(quarters([0, 0.8, 1, 1.1]), 100, booked=0, level=0.95).method == "none"


def test_nothing_is_below_what_is_booked():
    found = project(LOOSE, 100, booked=85)
    assert found.conservative == 85 and found.projected_amount == pytest.approx(90) and found.optimistic > 110
    all_in = project(LOOSE, 100, booked=500)
    assert (all_in.conservative, all_in.projected_amount, all_in.optimistic) == (500, 500, 500)
    assert project(LOOSE, 100, booked=np.nan).conservative < 85


def test_quarters_without_a_call_or_an_actual_are_left_out_and_counted():
    odd = pd.DataFrame({"period": ["a", "b", "c", "d"], "forecast_amount": [0.0, -5.0, 100.0, np.nan],
                        "actual_amount": [50.0, 50.0, np.nan, 50.0]})  # fmt: skip
    found = project(pd.concat([STEADY, odd]), 100, booked=0)
    assert found.n_left_out == 4 and found.n == 15
    assert found.optimistic == project(STEADY, 100, booked=0).optimistic


def test_without_a_call_there_is_no_projection():
    for call in (0.0, -10.0, np.nan):
        found = project(STEADY, call, booked=5)
        assert math.isnan(found.projected_amount) and math.isnan(found.optimistic)
        assert what_would_change(found, currency="USD") == []
        assert confidence(found, projection_backtest(STEADY), **WIDTHS)[0] == "low"


def test_order_and_currency_change_nothing():
    first = project(LOOSE, 100, booked=10)
    assert project(LOOSE.sample(frac=1, random_state=1), 100, booked=10) == first
    dear = LOOSE.assign(forecast_amount=LOOSE["forecast_amount"] * 150, actual_amount=LOOSE["actual_amount"] * 150)
    times = project(dear, 15_000, booked=1_500)
    assert times.conservative == pytest.approx(150 * first.conservative)
    assert times.projected_amount == pytest.approx(150 * first.projected_amount)
    assert times.width == pytest.approx(first.width)


def test_two_rows_of_a_quarter_are_refused():
    with pytest.raises(MeasureError) as caught:
        project(pd.concat([STEADY, STEADY.head(2)]), 100, booked=0)
    assert str(caught.value) == ("project: each past quarter must have one row; found 2 more. "
                                 "Give one unit and horizon.")  # fmt: skip


def test_each_quarter_is_told_from_those_before_it_alone():
    table = quarters(np.exp(0.2 * np.random.default_rng(1).standard_normal(10)), call=np.arange(100, 110))
    found = projection_backtest(table)
    assert found["period"].tolist() == [f"Q{i:02d}" for i in range(4, 10)] and found["n_before"].tolist() == list(
        range(4, 10)
    )
    for row in found.itertuples():
        place = int(row.period[1:])
        alone = project(table.head(place), table["forecast_amount"][place], booked=0)
        assert (row.low, row.base, row.high) == (alone.conservative, alone.projected_amount, alone.optimistic)
        assert row.is_inside == (row.low <= row.actual_amount <= row.high) and row.width == alone.width
        assert row.actual_amount == table["actual_amount"][place]
    bent = table.assign(actual_amount=table["actual_amount"].where(table.index < 7, 1e9))
    pd.testing.assert_frame_equal(projection_backtest(bent).head(3), found.head(3))
    assert projection_backtest(table, fewest=8)["period"].tolist() == ["Q08", "Q09"]


def test_a_quarter_that_cannot_be_told_is_no_row_and_nobodys_past():
    table = LOOSE.assign(actual_amount=LOOSE["actual_amount"].mask(LOOSE.index == 6),
                         forecast_amount=LOOSE["forecast_amount"].mask(LOOSE.index == 8, 0.0))  # fmt: skip
    found = projection_backtest(table).set_index("period")
    assert "Q06" not in found.index and "Q08" not in found.index
    assert found.loc["Q07", "n_before"] == 6 and found.loc["Q09", "n_before"] == 7
    empty = projection_backtest(LOOSE.head(0))
    assert empty.empty and list(empty.columns) == list(module._TOLD) and empty["is_inside"].dtype == bool


def test_coverage_is_the_share_inside_with_its_wilson_range():
    """8 of 10 at 80 %, z = 1.2816: centre (0.8 + z^2 / 20) / (1 + z^2 / 10), by hand 0.7577; reach 0.1561."""
    found = interval_coverage(told(8, 10)).iloc[0]
    z2 = 1.2815516**2
    centre, reach = (0.8 + z2 / 20) / (1 + z2 / 10), (z2 * 0.16 / 10 + z2**2 / 400) ** 0.5 / (1 + z2 / 10)
    assert found.tolist() == pytest.approx([10, 8, 0.8, centre - reach, centre + reach], abs=1e-6)
    none = interval_coverage(told(0, 0)).iloc[0]
    assert none["n"] == 0 and none[["interval_coverage", "low", "high"]].isna().all()


def test_ranges_fail_where_chance_hardly_explains_it():
    """With 8 quarters at 80 %: 4 or fewer held has probability 5.6 %, 3 or fewer 1.0 %."""
    assert [range_failed(told(k, 8)) for k in (3, 4)] == [True, False]
    assert not range_failed(told(0, 0)) and not range_failed(told(0, 1)) and range_failed(told(0, 2))


@pytest.mark.parametrize(
    ("past", "backtest", "word"),
    [(STEADY, told(8, 8), "high"), (STEADY, told(7, 7), "medium"), (STEADY, told(3, 8), "low"),
     (STEADY, told(0, 0), "low"), (quarters([0.8, 0.9, 1.0] * 4), told(9, 11), "medium"),
     (LOOSE, told(9, 11), "low"), (quarters([0.9] * 3), told(0, 0), "low"), (STEADY, told(4, 8), "medium"),
     (STEADY, told(7, 10), "high"), (STEADY, told(6, 9), "medium"), (STEADY, told(1, 2), "medium"),
     (STEADY, told(1, 3), "low")],
)  # fmt: skip
def test_confidence_follows_its_rule(past, backtest, word):
    found, reasons = confidence(project(past, 100, booked=0), backtest, **WIDTHS)
    assert found == word and reasons


def test_confidence_says_why():
    found, reasons = confidence(project(STEADY, 100, booked=0), told(6, 7), **WIDTHS)
    assert found == "medium"
    assert reasons == ("The range is 5% of the projection wide (high: up to 20%, medium: up to 50%).",
                       "It held in 6 of 7 back-tested quarters, as can be expected of 8 in 10.",
                       "High needs 1 more back-tested quarter.")  # fmt: skip
    failed = confidence(project(STEADY, 100, booked=0), told(2, 8), **WIDTHS)[1]
    assert failed[1] == "It held in 2 of 8 back-tested quarters, too rarely for 8 in 10."
    chance = ("It held in 4 of 8 back-tested quarters, too rarely for 8 in 10, maybe by chance.",
              "High needs 70% of them held, medium half.")  # fmt: skip
    assert confidence(project(STEADY, 100, booked=0), told(4, 8), **WIDTHS)[1][1:] == chance
    past_it = confidence(project(LOOSE, 100, booked=500), told(8, 8), **WIDTHS)
    assert past_it == ("low", ("More is booked than the range reaches: it says nothing of what is still to come.",))


def test_the_rule_names_its_numbers():
    assert confidence_rule(high_width=0.25, medium_width=0.5, fewest_told=9) == (
        "High: the range is at most 25% of the projection wide, at least 9 past quarters were back-tested, and it held "
        "in at least 70% of them. Medium: at most 50% wide, at least one was, and it held in at least half of them. "
        "Low: anything else, or ranges that held so rarely in back-tested quarters that a true 8 in 10 would do so "
        "less than once in 20."
    )


def test_what_would_change_is_said_with_numbers():
    """Calls bring half: a tenth of 1M more in the call adds 50K; for 1M to come the call must be 2M. Ratios 0.25, 0.5,
    0.5, 1 and one more 0.5: logs of ratio to 0.5 -L, 0, 0, 0, L; sd L / sqrt(2), t with 4 degrees of freedom 1.5332."""
    found = project(quarters([0.25, 0.5, 0.5, 1.0]), 1e6, booked=1e5)
    reach = 2 ** (1.5332063 * (0.5 * 6 / 5) ** 0.5)
    said = what_would_change(found, currency="USD")
    assert said[0] == "Each $100K more in the call adds $50K: past calls at this week brought 50% of themselves."
    assert said[1] == "For $1.0M to come, the call would have to be $2.0M."
    ends = [money(amount, "USD") for amount in (5e5 / reach, 5e5 * reach, found.conservative, found.optimistic)]
    assert said[2] == ("One more quarter that comes as usual makes the range of such a call {} to {} "
                       "(now {} to {}).".format(*ends))  # fmt: skip
    assert said[3] == f"Bookings past ${found.conservative / 1000:.0f}K (now $100K) raise the conservative end."
    assert len(what_would_change(project(LOOSE, 1e6, booked=8e5), currency="USD")) == 3
    full = what_would_change(project(LOOSE, 1e6, booked=1.8e6), currency="USD")
    assert full[0] == ("More is booked ($1.8M) than such a call has brought ($900K): the call moves the projection "
                       "only from $2.0M.")  # fmt: skip


def test_simulated_ranges_hold_and_score_better_than_conformal_ones():
    """300 histories, an 80 % range: Monte Carlo error of 5.1 points (two standard errors); drift left out."""
    rows = pd.DataFrame([row for seed in range(300) for row in simulated.ranges(seed)])
    steady = rows[rows["kind"].ne("drifting")]
    ours = steady[steady["method"].eq(simulated.OURS)].set_index("seed")
    assert ours["is_inside"].mean() == pytest.approx(0.8, abs=0.06)
    assert ours["has_failed"].mean() < 0.05
    for method, part in steady[steady["method"].ne(simulated.OURS)].groupby("method"):
        assert ours.loc[part["seed"], "score"].mean() < part["score"].mean(), method
    table = simulated.held(rows.to_dict("records"))
    assert table.loc[table["method"].eq(simulated.OURS), "histories"].sum() == 2 * 300
    drifting = table[table["histories of"].eq("drifting") & table["method"].eq(simulated.OURS)]
    assert drifting["held"].item() < 0.8


def test_the_slow_rival_of_the_calibration_is_the_range_used_where_a_quarter_brought_nothing():
    for n, method in ((6, "jackknife+"), (12, "equal tails")):
        ratios = np.r_[0.0, np.exp(0.2 * np.random.default_rng(n).standard_normal(n - 1))]
        found = project(quarters(ratios), 1.0, booked=0)
        low, high = simulated._rivals(np.sort(ratios))[method]
        assert (found.method, found.conservative, found.optimistic) == (
            method,
            pytest.approx(max(low, 0)),
            pytest.approx(high),
        )


def test_a_quarter_not_frozen_on_the_day_of_the_call_is_not_known_to_its_back_test():
    """Of six quarters the last was called before the fifth was frozen: it is told by the first four alone."""
    past = quarters([0.9, 1.0, 0.8, 0.95, 5.0, 0.92])
    known = projection_backtest(past).set_index("period")
    early = projection_backtest(past.assign(is_last_known=[True] * 5 + [False])).set_index("period")
    assert (known.loc["Q05", "n_before"], early.loc["Q05", "n_before"]) == (5, 4)
    assert early.loc["Q05", "base"] == project(past.iloc[:4], 100.0, booked=np.nan).projected_amount
    pd.testing.assert_frame_equal(early.drop(index="Q05"), known.drop(index="Q05"))

"""What a quarter needs on a day: against arithmetic by hand, a slow twin, and quarters drawn from a known company."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from calibration.cases import COVERED, known_on
from calibration.companies import company
from calibration.frail import frail_company
from scipy.stats import t

from revops.analysis.backtest import FEWEST_BEFORE
from revops.analysis.required import required_backtest, required_open, why_unknown
from revops.analysis.same_day import SameDay

PARTS = ["booked_then", "open_amount", "won_from_open", "won_from_other", "won_from_new", "booked"]
QUOTA = 100.0


def totals(*rows, type="new"):
    """One row per quarter: booked then, open, won from open, from other open, from new."""
    quarters = [
        {"period": f"Q{i}", "type": type, **dict(zip(PARTS, (*row, row[0] + sum(row[2:])), strict=True))}
        for i, row in enumerate(rows)
    ]
    return pd.DataFrame(quarters, columns=["period", "type", *PARTS])


def told(past, *, remaining=QUOTA, **given):
    scales = pd.Series(QUOTA, index=past["period"])
    return required_open(past, **{"remaining": remaining, "scale": QUOTA, "scales": scales, **given})


def drawn_quarters(rng, n, *, n_deals=30, rate=0.25, late=20.0):
    """Quarters of deals of 10 each, won at a rate moved by the quarter's luck, and late wins of half as many."""
    luck = np.exp(0.15 * rng.standard_normal(n))
    won = 10.0 * rng.binomial(n_deals, np.clip(rate * luck, 0, 1))
    new = 10.0 * rng.poisson(late / 10 * luck)
    return totals(*[(0, 10.0 * n_deals, w, 0, x) for w, x in zip(won, new, strict=True)])


PAST = totals(
    (5, 400, 80, 10, 15), (0, 300, 45, 0, 20), (10, 500, 140, 5, 5), (0, 350, 0, 10, 40), (0, 450, 120, 0, 30)
)


def test_the_worked_example_of_required_pipeline():
    """Win rate 25 %, a quarter of the deals push out: 5.3 times alone, 3.7 times if 30 % of the quota comes late."""
    for late, times in ((0.0, 5.33), (30.0, 3.73)):
        found = told(totals(*[(0, 400, 400 * 0.25 * 0.75, 0, late)] * 4))
        assert found.amount / QUOTA == pytest.approx(times, abs=0.01)
        assert (found.low, found.high, found.cautious) == pytest.approx((found.amount,) * 3)
        assert (found.yield_rate, found.late_share, found.n) == (pytest.approx(0.1875), late / QUOTA, 4)


def test_yield_and_late_share_are_pooled_ratios_of_sums():
    """385 won of 2,000 open; 135 late over five quotas of 100: (100 - 27) / 0.1925 = 379.2."""
    found = told(PAST)
    assert (found.yield_rate, found.late_share, found.n) == (385 / 2000, 135 / 500, 5)
    assert found.amount == pytest.approx(73 / 0.1925)
    assert found.low < found.amount < found.cautious < found.high


def test_what_late_wins_are_held_against_is_each_quarters_own_quota():
    """Late wins 40 % of each quarter's quota, which doubles: 40 % of the next, of 800, is 320 of the 400 to book."""
    past = totals(*[(0, 1000, 250, 0, 0.4 * quota) for quota in (100, 200, 400)])
    scales = pd.Series([100.0, 200.0, 400.0], index=past["period"])
    found = required_open(past, remaining=400, scale=800, scales=scales)
    assert found.late_share == pytest.approx(0.4) and found.amount == pytest.approx(80 / 0.25)


def test_the_range_is_that_of_a_slow_twin():
    """The slow twin, without late wins: the yield is exceeded with the chance t says, so that need is remaining over
    the squared root at that point. Draws are 200,000, their ends within two percent."""
    past = PAST.assign(won_from_open=[80.0, 45, 140, 20, 120], won_from_other=0.0, won_from_new=0.0)
    found = told(past, n_draws=200_000)
    roots = [(won / opened) ** 0.5 for won, opened in zip(past["won_from_open"], past["open_amount"], strict=True)]
    mean = sum(roots) / 5
    sd = (sum((root - mean) ** 2 for root in roots) / 4) ** 0.5 * (1 + 1 / 5) ** 0.5
    for end, chance in ((found.low, 0.9), (found.cautious, 0.2), (found.high, 0.1)):
        point = mean + sd * t.ppf(chance, 4)
        assert end == pytest.approx(QUOTA / point**2, rel=0.02)


def test_a_quarter_without_a_win_is_one_like_others_and_two_are_too_many():
    """Roots of 0 and four of about 0.5: the point passed by 9 in 10 lies at 0.39 - 0.24 x 1.53 = 0.02, a yield far
    under a tenth of the pooled one; that passed by 3 in 4 at 0.39 - 0.24 x 0.74 = 0.21, a need of 22 quotas."""
    past = totals(*[(0, 400, won, 0, 0) for won in (0, 80, 100, 90, 110)])
    assert told(past).high == np.inf
    roots = np.sqrt([0, 0.2, 0.25, 0.225, 0.275])
    point = roots.mean() - roots.std(ddof=1) * 1.2**0.5 * t.ppf(0.75, 4)
    assert told(past, level=0.5, n_draws=200_000).high == pytest.approx(QUOTA / point**2, rel=0.03)
    assert told(totals(*[(0, 400, won, 0, 0) for won in (0, 0, 100, 90, 110)]), level=0.5).high == np.inf


def test_a_group_carries_its_factor_and_the_uncertainty_of_it():
    past = PAST.assign(won_from_open=[80.0, 65, 120, 60, 60])
    certain = told(past, factor=np.full(8000, 1.25))
    assert certain.amount == pytest.approx((100 - 27 * 1.25) / (0.1925 * 1.25))
    assert (certain.yield_rate, certain.late_share) == (385 / 2000, 135 / 500), "the company's own"
    assert told(past, factor=np.ones(8000)) == told(past, n_draws=8000)
    steady = told(totals(*[(0, 400, 80, 0, 30)] * 4), factor=np.full(9, 1.25))
    assert (steady.low, steady.high) == pytest.approx(((100 - 30 * 1.25) / (0.2 * 1.25),) * 2)
    spread = np.random.default_rng(3).gamma(25, 1.25 / 25, 8000)
    unsure = told(past, factor=spread)
    assert unsure.amount == pytest.approx(certain.amount, rel=0.05)
    assert unsure.low < 0.95 * certain.low and 1.05 * certain.high < unsure.high < np.inf


def test_higher_yields_and_later_wins_never_raise_what_is_needed():
    for level in (0.5, 0.8):
        needs = [told(PAST.assign(won_from_open=PAST["won_from_open"] * up), level=level) for up in (1, 1.2, 1.5, 2)]
        lates = [told(PAST.assign(won_from_new=PAST["won_from_new"] * up), level=level) for up in (1, 1.2, 1.5, 2)]
        for found in (needs, lates):
            for end in ("amount", "low"):
                assert np.all(np.diff([getattr(need, end) for need in found]) < 0), end


def test_late_wins_that_cover_what_remains_leave_nothing_to_need():
    past = totals(*[(0, 400, 80, 0, 50)] * 4)
    found = told(past, remaining=40)
    assert (found.amount, found.low, found.high) == (0, 0, 0)


def test_what_cannot_be_said_has_a_reason_and_no_number():
    quiet, dead = (0, 9, 0, 0, 0), (0, 0, 0, 3, 0)
    won = (0, 9, 3, 0, 0)
    cases = [
        ([won] * 3, float("nan"), "There is no quota to book."),
        ([won] * 3, 0.0, "Nothing remains to book: the quota is met."),
        ([won] * 2, 1.0, "Past quarters with open pipeline on this day: 2; 3 are needed."),
        ([won] * 2 + [dead] * 3, 1.0, "Past quarters with open pipeline on this day: 2; 3 are needed."),
        ([quiet] * 3, 1.0, "None of 3 past quarters won anything of what was open on this day."),
        ([won] * 2 + [quiet] * 2, 1.0, "Only 2 of 4 past quarters won anything of what was open on this day."),
        ([], 1.0, "Past quarters with open pipeline on this day: 0; 3 are needed."),
    ]
    for rows, remaining, reason in cases:
        past = totals(*rows)
        assert why_unknown(past, remaining) == reason
        assert told(past, remaining=remaining) is None
    just = totals(*[won] * 3, *[quiet] * 2)
    assert why_unknown(just, 1.0) is None and told(just, remaining=1.0) is not None


def test_order_and_currency_change_nothing_and_the_seed_only_the_range():
    first = told(PAST)
    mixed = told(PAST.sample(frac=1, random_state=2))
    assert list(vars(mixed).values()) == pytest.approx(list(vars(first).values()))
    dearer = PAST.assign(**{part: PAST[part] * 150 for part in PARTS})
    scales = pd.Series(QUOTA * 150, index=PAST["period"])
    scaled = required_open(dearer, remaining=QUOTA * 150, scale=QUOTA * 150, scales=scales)
    for name in ("amount", "low", "high", "cautious"):
        assert getattr(scaled, name) == pytest.approx(150 * getattr(first, name))
    assert told(PAST) == first
    other = told(PAST, seed=1)
    assert other.amount == first.amount and other.low != first.low


def test_the_range_holds_for_one_more_quarter_of_a_known_company():
    """300 companies of eight quarters with luck: the range of the ninth's need held 80 % +/- 5 (two standard errors);
    infinite needs count as above it."""
    rng, inside = np.random.default_rng([ord(c) for c in "required"]), []
    for _ in range(300):
        past = drawn_quarters(rng, 9)
        found, now = told(past.iloc[:8], n_draws=2000), past.iloc[8]
        short = max(QUOTA - now["won_from_new"], 0)
        needed = short * now["open_amount"] / now["won_from_open"] if now["won_from_open"] > 0 else np.inf
        inside.append(found.low <= needed <= found.high)
    assert 0.74 < np.mean(inside) < 0.87


def backtested(sums, *, types=("new",), quotas=None, window=8, **given):
    names = sums["period"].drop_duplicates()
    quotas = pd.Series(QUOTA, index=names) if quotas is None else quotas
    days = SameDay(pd.DataFrame({"period": []}), sums)
    periods = [SimpleNamespace(name=name) for name in names]
    return required_backtest(
        days, periods, types=types, quotas=quotas, scales=quotas.fillna(QUOTA), window=window, **given
    )


def test_the_back_test_is_what_would_have_been_said_and_what_came():
    """The sixth quarter: 90 remain, 20 come late, 210 of 600 open are won: 70 x 600 / 210 = 200 was needed."""
    sums = pd.concat([PAST, totals((10, 600, 210, 15, 5)).assign(period="Q5")], ignore_index=True)
    found = backtested(sums)
    assert found["period"].tolist() == ["Q4", "Q5"] and found["n_before"].tolist() == [4, 5]
    row = found.iloc[1]
    said = told(PAST, remaining=90.0)
    assert (row["required"], row["low"], row["high"]) == (said.amount, said.low, said.high)
    assert row["needed"] == pytest.approx(200) and row["open_amount"] == 600
    assert row["is_inside"] == (said.low <= 200 <= said.high) and row["was_enough"]
    assert found.iloc[0]["needed"] == pytest.approx(70 * 450 / 120) and found.iloc[0]["was_enough"]


def test_a_quarter_that_won_nothing_of_what_was_open_needed_more_than_any_amount():
    base = [(0, 400, 80, 0, 10)] * 5
    nothing = backtested(totals(*base, (0, 400, 0, 0, 10))).iloc[-1]
    assert nothing["needed"] == np.inf and not nothing["is_inside"] and not nothing["was_enough"]
    covered = backtested(totals(*base, (0, 400, 0, 0, 100))).iloc[-1]
    assert covered["needed"] == 0 and covered["was_enough"] and not covered["is_inside"]
    bare = backtested(totals(*base, (30, 0, 0, 0, 50))).iloc[-1]
    assert bare["needed"] == np.inf and bare["open_amount"] == 0 and not bare["was_enough"]
    wild = backtested(totals(*[(0, 400, won, 0, 0) for won in (0, 200, 0, 200, 200, 0)]))
    assert wild.iloc[-1]["high"] == np.inf and wild.iloc[-1]["needed"] == np.inf and wild.iloc[-1]["is_inside"]


def test_the_back_test_uses_only_earlier_quarters_within_the_window():
    rows = [(0, 400, 40 + 10 * i, 0, 5 + i) for i in range(9)]
    found = backtested(totals(*rows), window=5)
    assert found["period"].tolist() == [f"Q{i}" for i in range(FEWEST_BEFORE, 9)]
    assert found["n_before"].tolist() == [4, 5, 5, 5, 5]
    later = backtested(totals(*rows[:8], (0, 400, 399, 0, 90)), window=5)
    pd.testing.assert_frame_equal(later.iloc[:-1], found.iloc[:-1])
    earlier = backtested(totals((0, 400, 399, 0, 90), *rows[1:]), window=5)
    changed = earlier["required"] != found["required"]
    assert changed.tolist() == [True, True, False, False, False]


def test_quarters_that_were_met_have_no_quota_or_no_answer_are_left_out():
    rows = [(0, 400, 80, 0, 10)] * 6
    met = backtested(totals(*rows[:5], (100, 400, 80, 0, 10), rows[5]))
    assert met["period"].tolist() == ["Q4", "Q6"]
    quotas = pd.Series([QUOTA] * 5 + [np.nan], index=[f"Q{i}" for i in range(6)])
    assert backtested(totals(*rows), quotas=quotas)["period"].tolist() == ["Q4"]
    nothing = backtested(totals(*rows[:3]))
    assert nothing.empty and nothing["is_inside"].dtype == bool and nothing["needed"].dtype == float
    assert backtested(totals(*[(0, 400, 0, 0, 10)] * 6)).empty


def test_only_types_that_the_quota_covers_count():
    both = pd.concat([PAST, totals(*[(1000, 1, 1, 1, 1)] * 5, type="renewal")], ignore_index=True)
    pd.testing.assert_frame_equal(backtested(both), backtested(PAST))
    assert backtested(both, types=("new", "renewal")).empty, "renewals alone had met the quota"


@pytest.mark.parametrize("make", [company, frail_company])
def test_what_simulated_quarters_needed_is_told_by_their_own_past(make):
    """A few of the companies of `make calibrate`: the back-test's last row is the range told on the day."""
    n_inside = 0
    for seed in range(4):
        case = make(seed)
        known = known_on(case, 15)
        names = [*known.past.totals["period"].unique(), case.target.name]
        days = SameDay(known.past.deals, pd.concat([known.past.totals, known.then.totals], ignore_index=True))
        common = {"types": COVERED, "quotas": case.quotas, "scales": case.quotas, "window": len(names)}
        found = required_backtest(days, [SimpleNamespace(name=name) for name in names], **common)
        quota = case.quotas[case.target.name]
        remaining = quota - known.booked.reindex(COVERED).fillna(0).sum()
        said = required_open(known.past.sums(COVERED), remaining=remaining, scale=quota, scales=case.quotas)
        assert found.iloc[-1]["period"] == case.target.name
        assert found.iloc[-1]["required"] == pytest.approx(said.amount) and said.low < said.amount < said.high
        n_inside += found["is_inside"].sum() / len(found)
    assert 0.6 < n_inside / 4 <= 1

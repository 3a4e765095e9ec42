"""From creation to won: against counts by hand, a slow twin, and a planted share and time under growth."""

import numpy as np
import pandas as pd
import pytest

from revops.analysis.cycle import FEWEST_DEALS, creation_window, won_by_age, won_within

START = pd.Timestamp("2025-01-01")
TODAY = pd.Timestamp("2026-06-01")


def lives(*deals):
    """Spans and creation of deals (day of creation after START, outcome, age then); open ones stand until TODAY."""
    rows, created = [], {}
    for n, (day, outcome, age) in enumerate(deals):
        id, born = f"d{n:04d}", START + pd.Timedelta(days=int(day))
        created[id] = born + pd.Timedelta(hours=9)
        ends = born + pd.Timedelta(days=int(age)) if outcome != "open" else TODAY + pd.Timedelta(days=1)
        if ends > born:
            rows.append((id, born, ends - pd.Timedelta(days=1), "open"))
        if outcome != "open":
            rows.append((id, ends, TODAY, outcome))
    types = {"opportunity_id": "str", "first": "datetime64[us]", "last": "datetime64[us]", "outcome": "str"}
    return pd.DataFrame(rows, columns=list(types)).astype(types), pd.Series(created, dtype="datetime64[us]")


def settled(*deals):
    states, created = lives(*deals)
    return won_by_age(states, created, since=START)


def test_where_all_is_decided_the_shares_are_counts():
    """40 deals: 2 won on the day of creation, 8 after 30 days, 10 after 90, the others lost after 60: a tenth of the
    wins is reached on the day, half of them after 30 days."""
    deals = [(0, "won", 0)] * 2 + [(5, "won", 30)] * 8 + [(9, "won", 90)] * 10 + [(3, "lost", 60)] * 20
    by_age = settled(*deals)
    assert by_age.to_dict() == pytest.approx({0: 0.05, 30: 0.25, 60: 0.25, 90: 0.5})
    shares = [won_within(by_age, days) for days in (0, 29, 30, 89.5, 90, 400)]
    assert shares == pytest.approx([0.05, 0.05, 0.25, 0.25, 0.5, 0.5])
    window = creation_window(*lives(*deals), since=START)
    assert (window.win_rate, window.fast_days, window.median_days, window.n) == (pytest.approx(0.5), 0, 30, 40)
    assert window.reason is None
    pd.testing.assert_series_equal(window.by_age, by_age)


def test_half_of_the_wins_is_half_of_them_whatever_the_last_digit_says():
    """20 wins of 40: the tenth comes after 30 days, where 1/40 + 39/40 x 9/39 is a hair less than a quarter."""
    deals = [(0, "won", 0)] + [(5, "won", 30)] * 9 + [(9, "won", 90)] * 10 + [(3, "lost", 60)] * 20
    assert creation_window(*lives(*deals), since=START).median_days == 30


def test_nothing_is_won_before_the_first_win():
    assert won_within(settled(*[(0, "won", 7)] * 30), 6) == 0


def test_open_deals_are_undecided_and_lost_ones_are_not():
    """40 deals: 10 won and 10 lost after 10 days; 20, created 5 days before today, are open. All 20 that reached 10
    days were decided, half of them won; had losses been taken for undecided, all would be won."""
    today = (TODAY - START).days
    by_age = settled(*[(0, "won", 10)] * 10, *[(0, "lost", 10)] * 10, *[(today - 5, "open", 0)] * 20)
    assert by_age.to_dict() == pytest.approx({5: 0.0, 10: 0.5})


def test_a_deal_won_for_less_later_is_won_when_it_was_won_and_a_reopened_one_is_open():
    states, created = lives(*[(0, "won", 20)] * 30)
    last = states["opportunity_id"].eq("d0000") & states["outcome"].eq("won")
    edited = states[last].assign(first=START + pd.Timedelta(days=300))
    states.loc[last, "last"] = START + pd.Timedelta(days=299)
    again = pd.concat([states, edited], ignore_index=True)
    assert won_by_age(again, created, since=START).to_dict() == pytest.approx({20: 1.0})
    reopened = pd.concat([states, edited.assign(outcome="open")], ignore_index=True)
    found = won_by_age(reopened, created, since=START)
    assert found[20] == pytest.approx(29 / 30) and len(found) == 2


def test_a_deal_that_was_deleted_is_undecided_from_then_on():
    """Of 40 deals 20 are won after 50 days; the others vanish after 10: they say nothing about later days."""
    states, created = lives(*[(0, "won", 50)] * 20, *[(0, "open", 0)] * 20)
    gone = states["opportunity_id"] >= "d0020"
    states.loc[gone, "last"] = START + pd.Timedelta(days=10)
    assert won_by_age(states, created, since=START).to_dict() == pytest.approx({10: 0.0, 50: 1.0})


def test_deals_older_than_history_are_left_out():
    deals = [(0, "won", 10)] * 30 + [(-100, "won", 300)] * 30
    states, created = lives(*deals)
    assert won_by_age(states, created, since=START).index.tolist() == [10]
    assert creation_window(states, created, since=START).n == 30
    assert won_by_age(states, created.iloc[30:], since=START).empty


def test_what_is_unknown_says_why():
    few = creation_window(*lives(*[(0, "won", 10)] * (FEWEST_DEALS - 1)), since=START)
    assert few.reason == "Only 29 opportunities were created since 2025-01-01; 30 are needed."
    assert np.isnan([few.win_rate, few.fast_days, few.median_days]).all() and np.isnan(won_within(few.by_age, 30))
    assert creation_window(*lives(*[(0, "won", 10)] * FEWEST_DEALS), since=START).reason is None
    none = creation_window(*lives(*[(0, "lost", 10)] * 40), since=START)
    assert none.reason == "None of the 40 opportunities created since 2025-01-01 has been won."
    assert np.isnan(none.win_rate) and none.by_age.empty and none.n == 40
    empty = creation_window(*lives(), since=START)
    assert empty.n == 0 and empty.reason.startswith("No opportunity was created since ")
    assert won_by_age(*lives(), since=START).empty


def slow_won_by_age(deals):
    """The slow twin: Aalen-Johansen in plain Python, from (outcome, age of decision or censoring)."""
    shares, alive, won = {}, 1.0, 0.0
    for age in sorted({age for _, age in deals}):
        at_risk = sum(1 for _, other in deals if other >= age)
        wins = sum(1 for outcome, other in deals if other == age and outcome == "won")
        ended = sum(1 for outcome, other in deals if other == age and outcome != "open")
        won += alive * wins / at_risk
        alive *= 1 - ended / at_risk
        shares[age] = won
    return shares


def planted(seed, growth, n_months=18, size=60, true_rate=0.25):
    """Deals created over months that grow; a quarter is won, median 60 days, the others lost, median 150; those not
    decided by TODAY are open."""
    rng = np.random.default_rng(seed)
    months = np.repeat(np.arange(n_months), rng.poisson(size * growth ** np.arange(n_months)))
    days = (TODAY - START).days - 30 * (n_months - months) + rng.integers(0, 30, len(months))
    wins = rng.random(len(months)) < true_rate
    ages = np.where(wins, 60, 150) * np.exp(0.5 * rng.standard_normal(len(months)))
    is_over = days + ages <= (TODAY - START).days
    names = np.where(is_over, np.where(wins, "won", "lost"), "open")
    return list(zip(days, names, ages.astype(int), strict=True))


def test_every_share_is_that_of_plain_arithmetic():
    deals = planted(4, 1.05, size=10)
    today = (TODAY - START).days
    by_age = won_by_age(*lives(*deals), since=START - pd.Timedelta(days=999))
    slow = slow_won_by_age([(name, age if name != "open" else today - day) for day, name, age in deals])
    assert by_age.to_dict() == pytest.approx(slow)


@pytest.mark.parametrize("growth", [0.97, 1.0, 1.06])
def test_the_planted_share_and_time_come_back_whether_creation_grows_or_shrinks(growth):
    """True 25 %, one in ten of the wins within 60 exp(-0.5 x 1.28) = 32 days, half within 60. Two standard errors are
    2.5 points of share at 1,000 to 2,000 deals; won over closed of the last 90 days is off by more under growth."""
    deals = planted(8, growth)
    window = creation_window(*lives(*deals), since=START - pd.Timedelta(days=999))
    assert window.win_rate == pytest.approx(0.25, abs=0.03)
    assert window.fast_days == pytest.approx(32, abs=5)
    assert window.median_days == pytest.approx(60, abs=7)
    assert won_within(window.by_age, 39) == pytest.approx(0.05, abs=0.015), "a fifth of the wins"
    if growth == 1.06:
        closed = [name for day, name, age in deals if name != "open" and (TODAY - START).days - day - age < 90]
        assert closed.count("won") / len(closed) > 0.28
        won_so_far = np.median([age for _, name, age in deals if name == "won"])
        assert won_so_far < window.median_days


def test_order_and_ids_change_nothing():
    states, created = lives(*planted(2, 1.0, size=10))
    first = won_by_age(states, created, since=START)
    mixed = won_by_age(states.sample(frac=1, random_state=3), created.sample(frac=1, random_state=4), since=START)
    pd.testing.assert_series_equal(mixed, first)
    turned = {id: f"x{9999 - int(id[1:])}" for id in created.index}
    states["opportunity_id"] = states["opportunity_id"].map(turned)
    pd.testing.assert_series_equal(won_by_age(states, created.rename(turned), since=START), first)

"""Past quarters on the same day, where the quarter lands, and what it needs: against arithmetic by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, poisson_binom

from frames import COMPANY, change, deal, table
from revops.analysis.aging import halving_ages
from revops.analysis.backtest import backtest
from revops.analysis.chances import fit_cells
from revops.analysis.landing import fit
from revops.analysis.required import required_open
from revops.analysis.same_day import SameDay, open_on_day, same_day
from revops.analysis.spans import spans
from revops.company import TYPES
from revops.periods import FiscalCalendar

CALENDAR = FiscalCalendar(1)
AMOUNT = 100.0
LUCK = np.linspace(0.0, 1.2, 25)
PARTS = ["booked_then", "open_amount", "won_from_open", "won_from_other", "won_from_new", "booked"]


def totals(*rows, type="new"):
    """One row per quarter: booked then, open, won from open, from other open, from new."""
    quarters = [
        {"period": f"Q{i}", "type": type, **dict(zip(PARTS, (*row, row[0] + sum(row[2:])), strict=True))}
        for i, row in enumerate(rows)
    ]
    return pd.DataFrame(quarters)


def stated(stage_name, n, type="new", amount=AMOUNT):
    return pd.DataFrame({"opportunity_id": [f"{stage_name}{i}" for i in range(n)], "place": "due",
                         "stage_name": stage_name, "pushes": 0, "type": type, "amount": amount,
                         "days_in_stage": 9, "is_stalled": False})  # fmt: skip


def quarters(rates, n=400, n_quarters=8, new=0.0):
    """Past quarters in which exactly the given share of `n` equal deals of each stage was won."""
    parts = []
    for quarter in range(n_quarters):
        for stage, rate in rates.items():
            won = np.arange(n) < round(rate * n)
            part = stated(stage, n).assign(period=f"Q{quarter}", is_won=won, won_amount=AMOUNT * won)
            parts.append(part)
    sums = totals(*[(0, 1, 0, 0, new * (1 + 0.2 * (-1) ** q)) for q in range(n_quarters)])
    return SameDay(pd.concat(parts, ignore_index=True), sums)


def told(past, deals, *, booked=0.0, scale=1.0, n_draws=4000, seed=1, **more):
    return fitted(past).draw(deals, booked=pd.Series({"new": booked}), scale=scale, seed=seed, n_draws=n_draws, **more)


def fitted(past):
    return fit(past, pd.Series(1.0, index=past.totals["period"].unique()))


@pytest.fixture(scope="module")
def history():
    """Three deals, two quarters: won for less, pushed out of its quarter, and made and won after the day."""
    deals = [deal("a", created_at="2025-09-01"), deal("b", type="expansion", created_at="2026-01-10"), deal("c")]
    states = [
        change("a", "2025-09-01 09:00", close_date="2025-12-20"),
        change("a", "2025-12-18 09:00", 1, stage_name="Won", close_date="2025-12-18", amount=90.0),
        change("b", "2026-01-10 09:00", stage_name="Lead", close_date="2026-03-31", amount=200.0),
        change("b", "2026-03-20 09:00", 1, stage_name="Lead", close_date="2026-06-30", amount=200.0),
        change("c", "2026-03-01 09:00", close_date="2026-03-15", amount=50.0),
        change("c", "2026-03-15 09:00", 1, stage_name="Won", close_date="2026-03-15", amount=50.0),
    ]
    return table("opportunities", deals), table("opportunity_history", states)


def same_days(history):
    records, states = history
    day = dt.date(2026, 5, 1)
    stood = spans(states, records, as_of=day, company=COMPANY, types=TYPES)
    periods = CALENDAR.before(CALENDAR.named("FY26-Q2"), 2)
    return same_day(stood, periods, days_left=60, as_of=day, company=COMPANY)


def test_past_quarters_on_the_same_day_are_what_a_hand_would_list(history):
    found = same_days(history)
    columns = ["period", "opportunity_id", "place", "is_won", "won_amount"]
    assert found.deals[columns].to_numpy().tolist() == [
        ["FY25-Q4", "a", "due", True, 90.0],
        ["FY26-Q1", "b", "early", False, 0.0],
    ]
    assert found.sums(("new", "expansion"))[["period", *PARTS]].to_numpy().tolist() == [
        ["FY25-Q4", 0.0, 100.0, 90.0, 0.0, 0.0, 90.0],
        ["FY26-Q1", 0.0, 0.0, 0.0, 0.0, 50.0, 50.0],
    ]


def test_a_quarter_in_which_nothing_was_open_or_won_counts_as_zero(history):
    records, states = history
    stood = spans(states, records, as_of=dt.date(2026, 5, 1), company=COMPANY, types=TYPES)
    periods = CALENDAR.before(CALENDAR.named("FY25-Q3"), 2)
    found = same_day(stood, periods, days_left=60, as_of=dt.date(2026, 5, 1), company=COMPANY)
    assert found.deals.empty
    assert found.sums(TYPES)[PARTS].to_numpy().tolist() == [[0.0] * 6] * 2
    assert found.deals["won_amount"].dtype == float


def test_the_worked_example_of_required_pipeline():
    """Win rate 25 %, a quarter of the deals push out: 5.3 times alone, 3.7 times if 30 % of the quota comes late."""
    quota, opened = 100.0, 400.0
    for late, times in ((0.0, 5.33), (30.0, 3.73)):
        past = totals(*[(0, opened, opened * 0.25 * 0.75, 0, late)] * 4)
        scales = pd.Series(quota, index=past["period"])
        found = required_open(past, remaining=quota, scale=quota, scales=scales)
        assert found.amount / quota == pytest.approx(times, abs=0.01)
        assert (found.low, found.high, found.cautious) == pytest.approx((found.amount,) * 3)


def test_required_pipeline_is_unknown_with_few_quarters_or_nothing_won():
    scales = pd.Series(100.0, index=["Q0", "Q1", "Q2"])
    assert required_open(totals(*[(0, 9, 3, 0, 0)] * 2), remaining=1, scale=100, scales=scales) is None
    assert required_open(totals(*[(0, 9, 0, 0, 0)] * 3), remaining=1, scale=100, scales=scales) is None


def test_without_luck_the_landing_is_the_exact_count_of_wins():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6})
    deals = pd.concat([stated("Discovery", 6), stated("Proposal", 5)], ignore_index=True)
    assert fitted(past).chances(deals) == pytest.approx([0.3] * 6 + [0.6] * 5, abs=0.01)
    found = told(past, deals, booked=1_000.0, n_draws=20_000)
    assert found.luck < 0.1
    wins = (found.outcomes(("new",)) - 1_000) / AMOUNT
    exact = poisson_binom.cdf(np.arange(12), [0.3] * 6 + [0.6] * 5)
    drawn = [(wins < k + 0.5).mean() for k in range(12)]
    assert drawn == pytest.approx(exact, abs=0.02)  # a luck of a few hundredths is left, and 20,000 draws


def moved(n=100):
    """Eight past quarters in which all deals did well or badly together."""
    rates = [0.5 + shift for shift in (-0.2, 0.2, -0.15, 0.15, -0.2, 0.2, -0.1, 0.1)]
    parts = [quarters({"Discovery": r}, n=n, n_quarters=1).deals.assign(period=f"Q{i}") for i, r in enumerate(rates)]
    return SameDay(
        pd.concat(parts, ignore_index=True), totals(*[(0, 1, 0, 0, 30.0 + 10 * (-1) ** q) for q in range(8)])
    )


def test_quarters_that_move_together_are_told_with_luck():
    deals = stated("Discovery", 50)
    wide, narrow = told(moved(), deals), told(quarters({"Discovery": 0.5}, n=100), deals)
    assert wide.luck > 0.4 > 0.2 > narrow.luck
    assert wide.outcomes(("new",)).std() > 1.8 * narrow.outcomes(("new",)).std()


def slow_draws(model, deals, n_draws, seed):
    """What deals bring, written again: one draw and one deal at a time."""
    rng = np.random.default_rng(seed)
    sums, cells = np.zeros(n_draws), model.cells
    alpha, beta = (of_cell[cells.of(deals)] for of_cell in (cells.alpha, cells.beta))
    chance_of = {cell: (a, b) for cell, a, b in zip(cells.of(deals), alpha, beta, strict=True)}
    for draw in range(n_draws):
        luck = rng.normal(0, rng.choice(LUCK, p=model.luck_weights) * np.sqrt(1 + 1 / model.n_quarters))
        odds = {cell: np.log(p / (1 - p)) + luck for cell, p in ((c, rng.beta(*ab)) for c, ab in chance_of.items())}
        for cell, type, amount in zip(cells.of(deals), deals["type"], deals["amount"], strict=True):
            if rng.random() < 1 / (1 + np.exp(-odds[cell])):
                sums[draw] += amount * model.haircuts[type] * rng.choice(model.ratios)
    return sums


def test_the_draws_agree_with_one_deal_after_another():
    past = moved(n=20)
    cheaper = past.deals["won_amount"] * np.where(np.arange(len(past.deals)) % 3 == 0, 0.5, 1.0)
    model = fitted(SameDay(past.deals.assign(won_amount=cheaper), totals(*[(0, 1, 0, 0, 0)] * 8)))
    deals = pd.concat([stated("Discovery", 8), stated("Proposal", 4, amount=700.0)], ignore_index=True)
    fast = model.draw(deals, booked=pd.Series(dtype=float), scale=1.0, seed=1, n_draws=20_000).outcomes(("new",))
    slow = slow_draws(model, deals, 4_000, seed=2)
    assert len(model.ratios) > 1
    assert ks_2samp(fast.round(6), slow.round(6)).statistic < 0.034  # 1 in 1,000 of equal pairs go beyond


def test_deals_of_a_cell_share_the_error_of_its_rate():
    few = told(quarters({"Discovery": 0.5}, n=4, n_quarters=2), stated("Discovery", 50)).outcomes(("new",))
    assert few.std() > 2 * AMOUNT * np.sqrt(50 * 0.25)


def test_higher_chances_never_lower_the_landing():
    deals, rates = stated("Discovery", 20), np.arange(1, 10) / 10
    means = [told(quarters({"Discovery": rate}, n=40), deals).outcomes(("new",)).mean() for rate in rates]
    assert np.all(np.diff(means) > 0)


def test_what_is_not_there_yet_keeps_its_pooled_share_and_is_never_negative():
    past = quarters({"Discovery": 0.5}, n=40, new=0.2)
    found = told(past, stated("Discovery", 0), scale=500.0, n_draws=40_000)
    assert found.outcomes(("new",)).min() >= 0
    assert found.expected_new["new"] == pytest.approx(0.2 * 500, rel=0.02)
    assert found.expected_new["renewal"] == 0


def test_parts_of_the_open_deals_add_up_to_what_they_bring():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=20)
    deals = pd.concat([stated("Discovery", 6), stated("Proposal", 5), stated("Proposal", 3, type="renewal")],
                      ignore_index=True)  # fmt: skip
    deals["amount"] = np.arange(len(deals)) // 2 * 30.0 + 10
    odd = np.arange(len(deals)) % 2 == 1
    found = told(past, deals, booked=70.0, n_draws=500, parts={"odd": odd, "even": ~odd, "none": odd & ~odd})
    assert list(found.parts.columns) == ["odd", "even", "none"]
    assert (found.parts["odd"] + found.parts["even"]).to_numpy() == pytest.approx(found.outcomes(TYPES) - 70)
    assert found.parts["odd"].std() > 0
    assert found.parts["none"].eq(0).all()
    alone = told(past, deals, booked=70.0, n_draws=500).draws
    assert found.draws.to_numpy() == pytest.approx(alone.to_numpy(), rel=1e-12)


def test_expected_is_the_mean_of_what_each_deal_brings():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=50)
    past = SameDay(past.deals.assign(won_amount=past.deals["won_amount"] * 0.8), past.totals)
    deals = pd.concat([stated("Discovery", 1), stated("Proposal", 1, amount=500.0)], ignore_index=True)
    masks = {"first": np.array([True, False]), "second": np.array([False, True])}
    found = told(past, deals, n_draws=40_000, parts=masks)
    assert fitted(past).expected(deals) == pytest.approx([0.3 * 80, 0.6 * 400], rel=0.05)
    assert found.parts.mean().to_numpy() == pytest.approx(fitted(past).expected(deals), rel=0.03)


def test_a_factor_multiplies_open_deals_and_what_is_not_there_yet_but_nothing_booked():
    past, deals = quarters({"Discovery": 0.5}, n=40, new=300.0), stated("Discovery", 5)
    factor = np.linspace(0.5, 2.0, 500)
    once = told(past, deals, booked=70.0, n_draws=500, parts={"all": np.ones(5, dtype=bool)})
    more = told(past, deals, booked=70.0, n_draws=500, parts={"all": np.ones(5, dtype=bool)}, factor=factor)
    assert more.outcomes(TYPES) - 70 == pytest.approx(factor * (once.outcomes(TYPES) - 70))
    assert more.parts["all"].to_numpy() == pytest.approx(factor * once.parts["all"].to_numpy())


def test_the_landing_depends_on_the_seed_and_not_on_order_names_or_currency():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=20, new=300.0)
    deals = pd.concat([stated("Discovery", 6), stated("Proposal", 5)], ignore_index=True)
    deals["amount"] = np.arange(1, 12) * 10.0
    first = told(past, deals, n_draws=500)
    same = told(SameDay(past.deals.sample(frac=1, random_state=1), past.totals.iloc[::-1]), deals, n_draws=500)
    assert np.array_equal(told(past, deals, n_draws=500).draws, first.draws)
    assert not np.array_equal(told(past, deals, n_draws=500, seed=2).draws, first.draws)
    assert same.draws.to_numpy() == pytest.approx(first.draws.to_numpy())
    order = np.random.default_rng(3).permutation(len(deals))
    mixed = told(past, deals.iloc[order].assign(opportunity_id=[f"x{i}" for i in order]), n_draws=500)
    assert mixed.draws.to_numpy() == pytest.approx(first.draws.to_numpy())
    dearer = SameDay(past.deals.assign(amount=past.deals["amount"] * 300, won_amount=past.deals["won_amount"] * 300),
                     past.totals.assign(won_from_new=past.totals["won_from_new"] * 300))  # fmt: skip
    dear = told(dearer, deals.assign(amount=deals["amount"] * 300), n_draws=500)
    assert dear.draws.to_numpy() == pytest.approx(300 * first.draws.to_numpy(), rel=1e-9)


def test_a_small_cell_leans_on_the_rest_of_its_parent_and_not_on_itself():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=100, n_quarters=4).deals
    lone = stated("Negotiation", 1).assign(period="Q0", is_won=True, won_amount=AMOUNT)
    cells = fit_cells(pd.concat([past, lone], ignore_index=True))
    (cell,) = cells.of(stated("Negotiation", 1))
    assert 0.45 < cells.mean[cell] < 0.75
    assert cells.alpha[cell] + cells.beta[cell] < 30


def test_stalled_and_pushed_deals_get_the_chances_their_like_had():
    fresh = quarters({"Discovery": 0.4}, n=100).deals
    stalled = quarters({"Discovery": 0.1}, n=40).deals.assign(is_stalled=True)
    pushed = quarters({"Discovery": 0.2}, n=40).deals.assign(pushes=3)
    past = pd.concat([fresh, stalled, pushed], ignore_index=True)
    now = stated("Discovery", 3).assign(is_stalled=[False, True, False], pushes=[0, 0, 5])
    cells = fit_cells(past)
    assert cells.mean[cells.of(now)] == pytest.approx([0.4, 0.1, 0.2], abs=0.03)


def test_a_stage_never_seen_is_told_by_its_place():
    cells = fit_cells(quarters({"Discovery": 0.3, "Proposal": 0.6}, n=100).deals)
    now = pd.concat([stated("Renamed", 1), stated("Renamed", 1).assign(place="later")])
    assert cells.mean[cells.of(now)][0] == pytest.approx(0.45, abs=0.1)


def test_on_the_last_day_the_landing_is_exact_unless_wins_are_recorded_late():
    exact = told(quarters({"Discovery": 0.0}, n=50), stated("Discovery", 300), booked=500.0)
    assert exact.draws["new"].eq(500.0).all()
    open_yet = told(quarters({"Discovery": 0.1}, n=50), stated("Discovery", 30), booked=500.0)
    low, high = np.quantile(open_yet.draws["new"], [0.1, 0.9])
    assert 500 < low < high


LAST_DAY = dt.date(2026, 3, 31)


def test_days_in_stage_and_stalled_deals_are_what_a_hand_would_count():
    """a: Discovery since 2026-01-10 although its date and amount changed since; b: went back to Discovery on 02-01;
    c: Proposal since 03-01; d: Lead, a stage with no halving age."""
    days = ("2025-12-01", "2026-01-10", "2026-02-01", "2026-03-01")
    moves = [("a", 0, "Lead"), ("a", 1, "Discovery"), ("a", 2, "Discovery"), ("a", 3, "Discovery"),
             ("b", 0, "Discovery"), ("b", 1, "Proposal"), ("b", 2, "Discovery"),
             ("c", 1, "Discovery"), ("c", 3, "Proposal"), ("d", 0, "Lead")]  # fmt: skip
    states = [change(id, f"{days[n]} 09:00", n, stage_name=stage, amount=n + 1.0) for id, n, stage in moves]
    records = table("opportunities", [deal(id, type="new") for id in "abcd"])
    stood = spans(table("opportunity_history", states), records, as_of=LAST_DAY, company=COMPANY)
    assert stood["entered"].dt.strftime("%m-%d").tolist() == [
        "12-01", "01-10", "01-10", "01-10", "12-01", "01-10", "02-01", "01-10", "03-01", "12-01",
    ]  # fmt: skip
    halving = pd.Series({"Discovery": 58.0, "Proposal": 30.0})
    found = open_on_day(stood, CALENDAR.named("FY26-Q1"), LAST_DAY, COMPANY, halving).set_index("opportunity_id")
    assert found["days_in_stage"].to_dict() == {"a": 80, "b": 58, "c": 30, "d": 120}
    assert found["is_stalled"].to_dict() == {"a": True, "b": False, "c": False, "d": False}
    for none in (None, pd.Series(dtype=float)):
        assert not open_on_day(stood, CALENDAR.named("FY26-Q1"), LAST_DAY, COMPANY, none)["is_stalled"].any()


def test_the_age_at_which_the_chance_halves_is_found_by_hand():
    """40 deals move on after 10 days, 20 of the rest after 30, the last 20 are lost on day 60: on entry 60 of 80 move
    on (75 %); once the 40 are gone 20 of 40 do (50 %); once those are gone none of 20 does, first at 30 days."""
    states = []
    for n in range(80):
        days, after = (10, "Proposal") if n < 40 else (30, "Proposal") if n < 60 else (60, "Lost")
        states += [change(f"d{n:02d}", "2026-01-01 09:00"),
                   change(f"d{n:02d}", "2026-01-05 09:00", 1, amount=90.0),
                   change(f"d{n:02d}", f"{pd.Timestamp('2026-01-01') + pd.Timedelta(days=days):%Y-%m-%d} 09:00", 2,
                          stage_name=after)]  # fmt: skip
    records = table("opportunities", [deal(f"d{n:02d}") for n in range(80)])
    stood = spans(table("opportunity_history", states), records, as_of=LAST_DAY, company=COMPANY, types=TYPES)
    assert halving_ages(stood).to_dict() == {"Discovery": 30.0}


def retold(days, **more):
    periods = CALENDAR.before(CALENDAR.named("FY26-Q1"), 8)
    names = dict(zip([f"Q{i}" for i in range(8)], [p.name for p in periods], strict=True))
    days = SameDay(*(t.assign(period=t["period"].map(names)) for t in (days.deals, days.totals)))
    flat = pd.Series(1.0, index=[p.name for p in periods])
    quotas = (flat * 5_000.0).where(flat.index != periods[-1].name)
    common = {"types": ["new"], "quotas": quotas, "scales": flat, "window": 6, "n_draws": 500}
    return backtest(
        days, periods, **common | {k: v(days) if callable(v) and k != "factors" else v for k, v in more.items()}
    )


def won_together(n=100):
    """The eight quarters of `moved`, whose totals say what their deals brought."""
    days = moved(n)
    won = days.deals.groupby("period")["won_amount"].sum()[days.totals["period"]].to_numpy()
    return SameDay(days.deals, days.totals.assign(won_from_open=won, booked=won + days.totals["won_from_new"]))


def test_the_back_test_tells_each_quarter_from_those_before_it_alone():
    rows = retold(won_together())
    assert rows["n_before"].tolist() == [4, 5, 6, 6]
    assert rows["actual"].tolist() == [3020.0 + 20, 7020.0, 4020.0 + 20, 6020.0]
    bent = won_together()
    late = bent.deals["period"].isin(["Q6", "Q7"])
    bent.deals.loc[late, ["is_won", "won_amount"]] = [True, 900.0]
    bent.totals.loc[bent.totals["period"].isin(["Q6", "Q7"]), ["won_from_new", "booked"]] = 9e9
    pd.testing.assert_frame_equal(retold(bent).iloc[:2], rows.iloc[:2])
    assert retold(bent)["median"].iloc[3] != rows["median"].iloc[3]


def test_a_quarter_without_a_quota_has_no_chance_of_it_and_was_neither_made_nor_missed():
    rows = retold(won_together())
    assert rows["made_it"].tolist()[:3] == [0.0, 1.0, 0.0]
    assert rows[["quota", "probability", "made_it"]].isna().to_numpy().tolist() == [[False] * 3] * 3 + [[True] * 3]
    inside = (rows["low"] <= rows["actual"]) & (rows["actual"] <= rows["high"])
    assert rows["is_inside"].tolist() == inside.tolist()


def test_a_slice_is_told_from_the_company_and_held_against_itself():
    def slice_of(days):
        kept = days.deals[days.deals.groupby("period").cumcount() % 10 == 0]
        won = kept.groupby("period")["won_amount"].sum().reindex(days.totals["period"]).to_numpy()
        return SameDay(kept, days.totals.assign(won_from_open=won, won_from_new=0.0, booked=won))

    small = retold(won_together(), subject=slice_of, subject_scales=lambda days: pd.Series(0.0, days.totals["period"]))
    whole = retold(won_together())
    assert small["actual"].tolist() == [300.0, 700.0, 400.0, 600.0]
    assert small["median"].to_numpy() == pytest.approx(whole["median"].to_numpy() / 10, rel=0.15)
    seen = []
    better = retold(won_together(), subject=slice_of, factors=lambda before: seen.append(before) or np.full(500, 1.5))
    none = retold(won_together(), subject=slice_of, factors=lambda before: None)
    assert better["median"].to_numpy() == pytest.approx(1.5 * none["median"].to_numpy())
    assert [before.totals["period"].nunique() for before in seen] == [4, 5, 6, 6]

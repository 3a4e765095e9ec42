"""The back-test: each quarter told from those before it alone, and held against what it booked."""

import numpy as np
import pandas as pd
import pytest
from quarters import moved

from revops.analysis.backtest import backtest
from revops.analysis.same_day import SameDay
from revops.periods import FiscalCalendar

CALENDAR = FiscalCalendar(1)


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
    assert not retold(bent)["is_inside"].iloc[2:].any(), "far above the range"


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
    assert (none["median"] - small["median"]).to_numpy() == pytest.approx(30, abs=15), "what is new, at scale 1, not 0"
    assert better["median"].to_numpy() == pytest.approx(1.5 * none["median"].to_numpy())
    assert [before.totals["period"].nunique() for before in seen] == [4, 5, 6, 6]


def test_a_narrower_level_gives_a_narrower_range_around_the_same_median():
    wide, narrow = retold(won_together()), retold(won_together(), level=0.5)
    assert narrow["median"].equals(wide["median"])
    assert (wide["low"] < narrow["low"]).all() and (narrow["low"] < narrow["median"]).all()
    assert (wide["high"] > narrow["high"]).all() and (narrow["high"] > narrow["median"]).all()

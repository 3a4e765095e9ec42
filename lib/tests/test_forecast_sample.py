"""The sample company's call sheet read again in plain pandas, and what its makers say was booked in the end."""

import datetime as dt
import json

import pandas as pd
import pytest
from conftest import ROOT

COVERED = ("new", "expansion")
TEAMS = ("AMER Commercial", "AMER Enterprise", "EMEA", "APAC")
TRUTH = json.loads((ROOT / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))["calls"]
COLUMNS = {"commit": "Commit", "best_case": "Best Case"}


@pytest.fixture(scope="module")
def found(forecasts):
    return forecasts()


@pytest.fixture(scope="module")
def sheet():
    rows = pd.read_csv(ROOT / "data" / "sample" / "targets" / "weekly_calls.csv")
    return rows.assign(day=pd.to_datetime(rows["Week of"]).dt.date)


def last_calls(sheet, period, until, column="Commit"):
    """Return who had called what by a day: the last row of each."""
    rows = sheet[sheet["Period"].eq(period) & (sheet["day"] <= until)]
    return rows.sort_values("day").groupby("Rep")[column].last()


def step_of(rep):
    return "final" if rep == "Company" else "manager" if rep in TEAMS else "rep"


@pytest.mark.parametrize("category", ["commit", "best_case", "rep", "manager", "final"])
def test_each_week_of_each_quarter_is_the_sheet_added_up(found, sheet, category):
    rows = found.pairs[found.pairs["level"].eq("company") & found.pairs["category"].eq(category)]
    assert set(rows["period"]) == set(sheet["Period"])
    step, column = ("final" if category in COLUMNS else category), COLUMNS.get(category, "Commit")
    for row in rows.itertuples():
        period = next(period for period in found.days if period.name == row.period)
        ends = period.start + dt.timedelta(days=7 * row.horizon_weeks - 1)
        until = min(ends if row.horizon_weeks < 13 else period.end, dt.date(2026, 6, 9))
        calls = last_calls(sheet, row.period, until, column)
        assert row.forecast_amount == calls[calls.index.map(step_of) == step].sum()
    assert len(rows) == 11 * 13 + 6


def test_a_rep_stands_beside_the_own_bookings_in_the_records_of_today(found, sample, sheet):
    """Where nothing was entered, and nobody handed over, after the grace days."""
    deals, owners = sample.table("opportunities"), sample.table("owners")
    names = owners.set_index("owner_id")["owner_name"]
    rows = found.at(4, "owner")
    rows = rows[rows["period"].eq("FY26-Q2")].set_index("member")
    period = next(period for period in found.days if period.name == "FY26-Q2")
    won = deals[deals["outcome"].eq("won") & deals["type"].isin(COVERED)]
    won = won[won["close_date"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))]
    assert rows["actual_amount"].to_dict() == pytest.approx(
        {id: won.loc[won["owner_id"].eq(id), "amount"].sum() for id in rows.index})  # fmt: skip
    calls = last_calls(sheet, "FY26-Q2", period.start + dt.timedelta(days=27))
    assert rows["forecast_amount"].to_dict() == {id: calls[names[id]] for id in rows.index}


def test_what_was_booked_is_what_the_makers_say_but_for_named_differences(found):
    """The makers' sum is of all that counts in the end, and of the people who call on the last Monday."""
    now, frozen_then = (found.quarters.booked(COVERED, name) for name in ("now_amount", "actual_amount"))
    truth = pd.Series(TRUTH["final_by_quarter"]).reindex(now.index).dropna()
    left = {"FY25-Q2": 13_750.0, "FY26-Q3": 52_373.67}  # booked by people who left before the last Monday
    other = {"FY24-Q3": 50_500.0}  # one deal that the makers credit to nobody who calls
    expected = now[truth.index] - pd.Series(left | other).reindex(truth.index).fillna(0.0)
    assert len(truth) == 11
    assert expected.to_dict() == pytest.approx(truth.to_dict(), abs=0.01)
    late = (now - frozen_then)[(now - frozen_then).abs() > 0.005]
    assert late.to_dict() == {"FY25-Q4": pytest.approx(-7_793.475, abs=0.01)}  # changed after the grace days


def test_people_who_left_are_why_bookings_are_more_than_the_makers_say(found, sheet, sample):
    names = sample.table("owners").set_index("owner_id")["owner_name"]
    booked = found.quarters.by_owner(COVERED)
    for name, amount in {"FY25-Q2": 13_750.0, "FY26-Q3": 52_373.67}.items():
        rows = sheet[sheet["Period"].eq(name)]
        active = sample.table("owners").set_index("owner_name")["is_active"]
        called = set(rows.loc[rows["day"].eq(rows["day"].max()), "Rep"])
        own = booked[booked["period"].eq(name)].assign(who=lambda part: part["owner_id"].map(names))
        gone = own[~own["who"].isin(called) & ~own["who"].map(active).astype(bool)]
        assert gone["actual_amount"].sum() == pytest.approx(amount)

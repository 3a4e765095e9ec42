"""Who called what: steps of the roll-up and units beside what they booked, against sums by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from forecasting import OWNERS, quarter

from frames import table
from revops.measures.forecast_accuracy.forecasts.quarters import Quarters
from revops.measures.forecast_accuracy.forecasts.steps import called_by, callers, unit_pairs

COVERS = ("new", "expansion")
OWNER_TABLE = table("owners", OWNERS)
BOOKED = [
    ("FY25-Q4", "new", "ann", 100.0),
    ("FY25-Q4", "new", "bob", 50.0),
    ("FY25-Q4", "renewal", "bob", 900.0),
    ("FY26-Q1", "new", "ann", 60.0),
    ("FY26-Q1", "expansion", "ann", 20.0),
    ("FY26-Q1", "new", "cat", 20.0),
]


def quarters(judged=12):
    rows = pd.DataFrame(BOOKED, columns=["period", "type", "owner_id", "actual_amount"])
    periods = (quarter("FY25-Q4"), quarter("FY26-Q1"))
    return Quarters(periods, rows.assign(now_amount=rows["actual_amount"]), True, judged)


def known(*rows):
    """Calls known in a week: period, week, level, member, amount; carried where the amount is negative."""
    table = [{"period": period, "horizon_weeks": week, "level": level, "member": member, "category": "commit",
              "group_level": {"North": "team", "South": "team", "East": "region"}.get(member, ""),
              "forecast_amount": abs(amount), "is_carried": amount < 0, "snapshot_date": dt.datetime(2026, 1, 5)}
             for period, week, level, member, amount in rows]  # fmt: skip
    columns = ["period", "horizon_weeks", "level", "member", "category", "group_level", "forecast_amount", "is_carried",
               "snapshot_date"]  # fmt: skip
    return pd.DataFrame(table, columns=columns)


CALLS = known(
    ("FY25-Q4", 1, "owner", "ann", 90.0),
    ("FY25-Q4", 1, "owner", "bob", -40.0),
    ("FY25-Q4", 1, "company", "company", 140.0),
    ("FY26-Q1", 1, "owner", "ann", -70.0),
    ("FY26-Q1", 1, "owner", "bob", -30.0),
    ("FY26-Q2", 1, "owner", "ann", 10.0),
)


def test_a_step_is_the_sum_of_its_members_and_carried_where_all_are():
    found = called_by(CALLS, "rep", "commit")
    assert found["period"].tolist() == ["FY25-Q4", "FY26-Q1", "FY26-Q2"]
    assert found["forecast_amount"].tolist() == [130.0, 100.0, 10.0]
    assert found["is_carried"].tolist() == [False, True, False]
    assert called_by(CALLS, "manager", "commit").empty
    assert called_by(CALLS, "final", "best_case").empty


def test_a_week_before_all_old_hands_had_called_is_no_sum_but_a_newcomer_may_come_later():
    before = [("FY25-Q4", week, "owner", who, 10.0) for week in (1, 2) for who in ("ann", "bob")]
    late = [("FY26-Q1", 1, "owner", "ann", 10.0), ("FY26-Q1", 2, "owner", "ann", 10.0)]
    found = called_by(known(*before, *late, ("FY26-Q1", 2, "owner", "bob", 5.0)), "rep", "commit")
    assert found[["period", "horizon_weeks"]].to_numpy().tolist() == [["FY25-Q4", 1], ["FY25-Q4", 2], ["FY26-Q1", 2]]
    assert found["forecast_amount"].tolist() == [20.0, 20.0, 15.0]
    newcomer = called_by(known(*before, *late, ("FY26-Q1", 2, "owner", "cat", 5.0)), "rep", "commit")
    assert newcomer["forecast_amount"].tolist() == [20.0, 20.0, 10.0, 15.0]


def test_calls_rebuilt_from_deals_lack_nobody():
    rows = known(("FY25-Q4", 1, "owner", "bob", 5.0), ("FY26-Q1", 1, "owner", "ann", 10.0),
                 ("FY26-Q1", 2, "owner", "bob", 5.0), ("FY26-Q1", 2, "owner", "ann", 10.0))  # fmt: skip
    assert len(called_by(rows, "rep", "commit")) == 2
    rebuilt = called_by(rows.assign(snapshot_date=pd.NaT), "rep", "commit")
    assert rebuilt["forecast_amount"].tolist() == [5.0, 10.0, 15.0]


def test_the_share_of_callers_is_what_their_owners_booked_in_quarters_with_calls():
    shares = callers(CALLS, quarters(), COVERS, OWNER_TABLE)
    assert shares.to_dict() == {"rep": pytest.approx((150 + 80) / 250), "manager": 0.0, "final": 1.0}
    later = CALLS[CALLS["period"].ne("FY25-Q4")]
    assert callers(later, quarters(), COVERS, OWNER_TABLE)["rep"] == pytest.approx(80 / 100)
    teams = known(("FY26-Q1", 1, "group", "North", 1.0))
    assert callers(teams, quarters(), COVERS, OWNER_TABLE)["manager"] == pytest.approx(80 / 100)
    strangers = known(("FY26-Q1", 1, "group", "East", 1.0))
    assert callers(strangers, quarters(), COVERS, OWNER_TABLE)["manager"] == 0.0
    assert callers(CALLS.iloc[:0], quarters(), COVERS, OWNER_TABLE).tolist() == [0.0, 0.0, 0.0]


def test_units_stand_beside_what_they_booked_0_where_nothing_and_unknown_under_way():
    found = unit_pairs(CALLS, "commit", quarters(), COVERS, OWNER_TABLE)
    owners = found[found["level"].eq("owner")].set_index(["period", "member"])
    assert owners["actual_amount"].to_dict() == {
        ("FY25-Q4", "ann"): 100.0, ("FY25-Q4", "bob"): 50.0, ("FY26-Q1", "ann"): 80.0, ("FY26-Q1", "bob"): 0.0,
        ("FY26-Q2", "ann"): pytest.approx(np.nan, nan_ok=True)}  # fmt: skip
    teams = found[found["level"].eq("team")].set_index(["period", "member"])
    assert teams["forecast_amount"].to_dict() == {
        ("FY25-Q4", "North"): 130.0, ("FY26-Q1", "North"): 100.0, ("FY26-Q2", "North"): 10.0}  # fmt: skip
    assert teams["actual_amount"].tolist()[:2] == [150.0, 80.0]


def test_teams_that_called_are_judged_on_their_own_call_and_strangers_are_not():
    rows = known(("FY26-Q1", 1, "group", "North", 77.0), ("FY26-Q1", 1, "group", "South", 11.0),
                 ("FY26-Q1", 1, "group", "East", 5.0), ("FY26-Q1", 1, "owner", "ann", 70.0))  # fmt: skip
    teams = unit_pairs(rows, "commit", quarters(), COVERS, OWNER_TABLE)
    teams = teams[teams["level"].eq("team")]
    assert teams[["member", "forecast_amount", "actual_amount"]].to_numpy().tolist() == [
        ["North", 77.0, 80.0], ["South", 11.0, 20.0]]  # fmt: skip


def test_no_calls_are_no_units():
    found = unit_pairs(CALLS.iloc[:0], "commit", quarters(), COVERS, OWNER_TABLE)
    assert found.empty
    assert list(found) == ["period", "horizon_weeks", "level", "member", "forecast_amount", "actual_amount",
                           "is_carried", "category"]  # fmt: skip


def test_one_in_ten_may_be_late_and_the_sum_stands():
    reps = [f"r{n:02}" for n in range(11)]
    before = [("FY25-Q4", 1, "owner", rep, 1.0) for rep in reps]

    def first_week(n_late):
        rows = [("FY26-Q1", week, "owner", rep, 1.0) for week in (1, 2) for rep in reps[n_late * (week == 1) :]]
        found = called_by(known(*before, *rows), "rep", "commit")
        return found.loc[found["period"].eq("FY26-Q1"), ["horizon_weeks", "forecast_amount"]].iloc[0].tolist()

    assert [first_week(n) for n in (0, 1, 2)] == [[1, 11.0], [1, 10.0], [2, 11.0]]

"""Calls as known on a day: carried, cut, sliced, and counted once however many rows repeat them."""

import datetime as dt

import pytest
from forecasting import OWNERS, call, company, quarter, subject, won

from revops.measures.forecast_accuracy.forecasts.known_calls import calls_of, known_calls
from revops.measures.forecast_accuracy.forecasts.steps import called_by

Q1 = quarter("FY26-Q1")
MONDAYS = {week: dt.date(2026, 1, 5) + dt.timedelta(days=7 * (week - 1)) for week in range(1, 14)}
DEALS = [won("a", "ann", "2026-02-10", 50.0), won("c", "cat", "2026-02-11", 50.0, type="expansion")]
PARTS = ["level", "group_level", "member"]


def calls(*rows, day="2026-06-30", owners=OWNERS, **knobs):
    return calls_of(subject(company(DEALS, rows, owners), day, **knobs))


def known(*rows, days=MONDAYS, **given):
    return known_calls(calls(*rows, **given), Q1, days)


def who(found):
    return sorted(found[PARTS].drop_duplicates().itertuples(index=False, name=None))


def test_a_missed_call_is_the_last_one_carried_and_counted():
    found = known(call("2026-01-05", "ann", 100.0), call("2026-01-12", "ann", 110.0), call("2026-01-26", "ann", 130.0))
    first = found[found["horizon_weeks"] <= 5]
    assert first["forecast_amount"].tolist() == [100.0, 110.0, 110.0, 130.0, 130.0]
    assert first["is_carried"].tolist() == [False, False, True, False, True]
    assert found["horizon_weeks"].tolist() == list(range(1, 14))


def test_a_call_before_the_quarter_counts_from_its_first_week_and_is_carried():
    found = known(call("2025-12-22", "ann", 90.0), call("2026-01-12", "ann", 110.0))
    assert found["forecast_amount"].tolist()[:2] == [90.0, 110.0]
    assert found["is_carried"].tolist()[:2] == [True, False]


@pytest.mark.parametrize(
    "row",
    [
        call("2026-04-01", "ann", 1.0),
        call("2026-01-05", "ann", 1.0, period_end="2026-01-31"),
        call("2026-01-05", "ann", 1.0, period_end="2026-12-31"),
        call("2026-01-05", "ann", 1.0, category="Pipeline"),
        call("2026-01-05", "ann", 1.0, category="Closed"),
    ],
    ids=["after the end", "a month", "a year", "pipeline", "closed"],
)
def test_calls_that_are_none_for_a_quarter_to_come_are_left_out(row):
    found = calls(call("2026-03-31", "ann", 100.0), row)
    assert found["forecast_amount"].tolist() == [100.0]


def test_a_call_made_after_the_day_is_invisible():
    rows = [call("2026-03-16", "ann", 100.0), call("2026-03-23", "ann", 120.0)]
    assert calls(*rows, day="2026-03-22")["forecast_amount"].tolist() == [100.0]
    assert calls(*rows, day="2026-03-23")["forecast_amount"].tolist() == [100.0, 120.0]


def test_categories_are_known_apart_under_their_own_names():
    rows = [call("2026-01-05", "ann", amount, category=category)
            for category, amount in (("Forecast", 1.0), ("MostLikely", 2.0), ("BestCase", 3.0))]  # fmt: skip
    found = known(*rows, days={1: dt.date(2026, 1, 5)})
    assert dict(zip(found["category"], found["forecast_amount"], strict=True)) == {
        "commit": 1.0, "most_likely": 2.0, "best_case": 3.0}  # fmt: skip


def test_a_region_beside_its_two_teams_is_not_counted_twice():
    found = known(
        call("2026-01-05", "America", 300.0, "region"),
        call("2026-01-05", "North", 200.0, "team"),
        call("2026-01-05", "South", 110.0, "team"),
    )
    assert who(found) == [("group", "team", "North"), ("group", "team", "South")]
    assert called_by(found, "manager", "commit")["forecast_amount"].tolist() == [310.0] * 13


def test_a_region_of_other_owners_stands_beside_teams():
    owners = [*OWNERS, {"owner_id": "eve", "region": "Europe"}]
    rows = [call("2026-01-05", "North", 200.0, "team"), call("2026-01-05", "Europe", 70.0, "region")]
    assert who(known(*rows, owners=owners)) == [("group", "region", "Europe"), ("group", "team", "North")]


def test_groups_whose_owners_nobody_knows_stand_only_where_no_nearer_group_does():
    strangers = [call("2026-01-05", "East", 1.0, "region"), call("2026-01-05", "West", 2.0, "region")]
    assert who(known(*strangers)) == [("group", "region", "East"), ("group", "region", "West")]
    beside = [*strangers, call("2026-01-05", "North", 3.0, "team")]
    assert who(known(*beside)) == [("group", "team", "North")]


def test_a_manager_who_repeats_the_sum_of_the_reports_is_not_added_to_it():
    rows = [call("2026-01-05", "ann", 100.0), call("2026-01-05", "bob", 60.0)]
    repeating = known(*rows, call("2026-01-05", "max", 150.0))
    assert called_by(repeating, "rep", "commit")["forecast_amount"].iloc[0] == 160.0
    selling = known(*rows, call("2026-01-05", "max", 20.0))
    assert called_by(selling, "rep", "commit")["forecast_amount"].iloc[0] == 180.0
    alone = known(call("2026-01-05", "max", 20.0))
    assert called_by(alone, "rep", "commit")["forecast_amount"].iloc[0] == 20.0


SHEET = [
    call("2026-01-05", "company", 400.0, "company"),
    call("2026-01-05", "America", 390.0, "region"),
    call("2026-01-05", "North", 200.0, "team"),
    call("2026-01-05", "South", 110.0, "team"),
    call("2026-01-05", "ann", 120.0),
    call("2026-01-05", "bob", 90.0),
    call("2026-01-05", "cat", 100.0),
]


@pytest.mark.parametrize(
    ("by", "final", "groups", "reps"),
    [
        ({"region": "America"}, 390.0, ["North", "South"], ["ann", "bob", "cat"]),
        ({"owner": "ann"}, 120.0, [], ["ann"]),
        ({"type": "expansion"}, None, [], []),
    ],
    ids=["region", "owner", "type"],
)
def test_a_slice_keeps_the_calls_of_its_owners_and_its_own_row_is_the_whole(by, final, groups, reps):
    regions = {"ann": "America", "cat": "America"}
    deals = [(record | {"region": regions[record["owner_id"]]}, states) for record, states in DEALS]
    found = known_calls(calls_of(subject(company(deals, SHEET), "2026-06-30", slice=by)), Q1, {1: MONDAYS[1]})
    assert found.loc[found["level"].eq("company"), "forecast_amount"].tolist() == ([final] if final else [])
    assert sorted(found.loc[found["level"].eq("group"), "member"]) == groups
    assert sorted(found.loc[found["level"].eq("owner"), "member"]) == reps


def test_a_slice_by_team_has_its_own_row_as_the_whole_and_no_group_below():
    deals = [(record | {"team": "North"}, states) for record, states in DEALS]
    found = known_calls(
        calls_of(subject(company(deals, SHEET), "2026-06-30", slice={"team": "North"})), Q1, {1: MONDAYS[1]}
    )
    assert sorted(zip(found["level"], found["forecast_amount"], strict=True)) == [
        ("company", 200.0), ("owner", 90.0), ("owner", 120.0)]  # fmt: skip


@pytest.mark.parametrize(("by", "amount"), [({"region": "Europe"}, 70.0), ({"team": "East"}, 75.0)])
def test_of_two_rows_with_just_the_owners_of_a_slice_the_one_it_is_named_after_counts(by, amount):
    owners = [*OWNERS, {"owner_id": "eve", "team": "East", "region": "Europe"}]
    deals = [(record | {"region": "Europe", "team": "East"}, states) for record, states in DEALS]
    rows = [call("2026-01-05", "East", 75.0, "team"), call("2026-01-05", "Europe", 70.0, "region")]
    for sheet in (rows, rows[::-1]):
        found = calls_of(subject(company(deals, sheet, owners), "2026-06-30", slice=by))
        assert found[["level", "forecast_amount"]].to_numpy().tolist() == [["company", amount]]


def test_the_order_of_rows_changes_no_call():
    assert who(known(*SHEET)) == who(known(*SHEET[::-1]))


def test_no_calls_are_an_empty_table():
    assert calls().empty
    assert {"period", "level", "group_level", "member", "category"} <= set(calls().columns)

"""The one number and its bridge, and this quarter against the same day of past ones."""

import dataclasses
import datetime as dt
import math
import statistics

import numpy as np
import pandas as pd
import pytest

from revops.book import Book
from revops.measures import pipeline_coverage as measures
from slow_past import COVERED, rows, slow_sums


@pytest.fixture(scope="module")
def result(told):
    return told()


def due_renewals(view, period):
    """Return the renewals due in the quarter, on its first day or today, as today's state has them: rows as dicts."""
    first, last = pd.Timestamp(period.start), pd.Timestamp(period.end)
    now, then = (view.state(day).to_dict("records") for day in (view.day, period.start))
    ids = {row["opportunity_id"] for row in [*now, *then] if first <= row["close_date"] <= last}
    return [row for row in now if row["type"] == "renewal" and row["opportunity_id"] in ids]


def total(rows, *outcomes):
    return sum(row["amount"] for row in rows if row["outcome"] in outcomes and row["amount"] == row["amount"])


def test_renewals_due_and_what_became_of_them_are_those_of_the_records(result):
    net, due = result.outlook.net_new, due_renewals(result.view, result.period)
    assert net.due_amount == pytest.approx(total(due, "open", "won", "lost"))
    won = {t: 0.0 for t in COVERED}
    for row in result.view.state(result.view.day).to_dict("records"):
        closed = row["outcome"] == "won" and row["close_date"] <= pd.Timestamp(result.view.day)
        if row["type"] in won and closed and row["close_date"] >= pd.Timestamp(result.period.start):
            won[row["type"]] += row["amount"]
    lost = total(due, "lost")
    expected = {**won, "lost": lost, "net": won["new"] + won["expansion"] - lost}
    assert net.so_far.to_dict() == pytest.approx(expected)


def test_the_bridge_adds_up_in_every_draw(result):
    outlook, due = result.outlook, due_renewals(result.view, result.period)
    draws, parts = outlook.landing.draws, outlook.net_new.parts
    still = total(due, "open", "lost")
    for place in range(0, len(parts), 97):
        renewed = outlook.landing.parts["renewals"].iloc[place]
        lost = max(still - renewed, 0.0)
        row = parts.iloc[place]
        assert row["lost"] == pytest.approx(lost)
        assert row["net"] == pytest.approx(draws["new"].iloc[place] + draws["expansion"].iloc[place] - lost)
    assert 0 < parts["lost"].min() <= parts["lost"].max() < still


def test_renewals_bring_what_each_is_expected_to(result):
    ids = {row["opportunity_id"] for row in due_renewals(result.view, result.period) if row["outcome"] == "open"}
    deals = result.outlook.deals.to_dict("records")
    expected = sum(d["expected_amount"] for d in deals if d["opportunity_id"] in ids)
    assert result.outlook.landing.parts["renewals"].mean() == pytest.approx(expected, rel=0.02)


def test_the_plan_of_the_company_has_one_probability(result, told, sample):
    """company.yml of the sample plans 600 K net for FY27-Q2."""
    net = result.outlook.net_new
    assert net.plan == 600_000.0
    assert net.probability == sum(made >= 600_000.0 for made in net.parts["net"]) / len(net.parts)
    found = {row["id"]: row for row in measures.measure_rows(result) if row["by"] == {}}
    assert found["net_new_probability"]["value"] == net.probability
    low, median, high = (np.quantile(net.parts["net"], q) for q in (0.1, 0.5, 0.9))
    row = found["net_new_amount"]
    assert (row["low"], row["value"], row["high"], row["level"]) == pytest.approx((low, median, high, 0.8))
    company = sample.company.model_copy(update={"net_new_plan": {"FY27-Q1": 1.0}})
    other = told(book=Book(company, sample.tables, sample.audit))
    assert math.isnan(other.outlook.net_new.plan)
    rows = {row["id"]: row for row in measures.measure_rows(other) if row["by"] == {}}
    assert rows["net_new_probability"]["note"] == "no plan: set net_new_plan in company.yml"
    assert rows["net_new_amount"]["value"] == pytest.approx(median)


def test_the_bridge_is_shown_with_losses_below_nothing(result):
    net = pd.DataFrame({"new": 700.0, "expansion": 200.0, "lost": 300.0, "net": 600.0}, index=range(10))
    so_far = pd.Series({"new": 100.0, "expansion": 50.0, "lost": 30.0, "net": 120.0})
    found = dataclasses.replace(result.outlook.net_new, parts=net, so_far=so_far, plan=500_000.0, probability=0.25)
    shown = dataclasses.replace(result, outlook=dataclasses.replace(result.outlook, net_new=found))
    caption, table, units = measures.display_tables(shown)["net_new"]
    assert caption == (
        "Chance of the net new plan of $500K: 25%. 8 in 10 outcomes fall between low and high; medians do not add up, "
        "the outcomes behind them do"
    )
    assert table.to_numpy().tolist() == [
        ["New business", 100.0, 700.0, 700.0, 700.0],
        ["Expansion", 50.0, 200.0, 200.0, 200.0],
        ["Renewals lost or late", -30.0, -300.0, -300.0, -300.0],
        ["Net new", 120.0, 600.0, 600.0, 600.0],
    ]
    assert units == (None, "money", "money", "money", "money")


@pytest.mark.parametrize("day", ["2026-06-09", "2026-02-20"])
def test_pacing_stands_this_day_beside_those_with_as_many_days_left(told, day):
    result = told(day)
    view, period = result.view, result.period
    left = (period.end - view.day).days
    past = [slow_sums(view, quarter, left) for quarter in view.calendar.before(period, 8)]
    now = view.state(view.day)
    born = [r for r in rows(now) if r["created_at"].date() >= period.start and r["amount"] == r["amount"]]
    series = [
        ("Booked so far", [s["booked_then"] for s, _ in past], result.headline["booked_amount"]),
        ("Open pipeline", [s["open_amount"] for s, _ in past], result.headline["open_pipeline_amount"]),
        ("Created so far", [created for _, created in past], sum(r["amount"] for r in born)),
    ]
    caption, table, _ = measures.display_tables(result)["pacing"]
    first, *_, last = (quarter.name for quarter in view.calendar.before(period, 8))
    assert caption == f"Against {first} to {last}, with {left} days left"
    for (label, before, value), row in zip(series, table.itertuples(index=False), strict=True):
        median = statistics.median(before)
        place = sorted([*before, value], reverse=True).index(value) + 1
        assert row[0] == label and row[4] == f"{place} of 9"
        assert list(row[1:4]) == pytest.approx([value, median, value - median], abs=0.01)


def test_earlier_quarters_and_the_chart_behind_them_are_aligned_on_days_left(told):
    """20 February 2026 is day 20 of 89, 69 days before the end: day 23 of a quarter of 92 days."""
    result = told("2026-02-20")
    table = result.earlier.set_index("period")
    pace = result.pace.set_index(["period", "date"])
    for quarter in result.view.calendar.before(result.period, 3):
        day = quarter.end - dt.timedelta(days=69)
        assert (day - quarter.start).days + 1 == quarter.days - 69
        sums, _ = slow_sums(result.view, quarter, 69)
        row, asked = pace.loc[(quarter.name, pd.Timestamp(day))], table.loc[quarter.name, "quota_amount"]
        coverage = sums["open_amount"] / (asked - sums["booked_then"])
        assert table.loc[quarter.name, "coverage_on_day"] == pytest.approx(coverage)
        assert (row["days_left"], row["coverage"]) == (69, pytest.approx(coverage))
        first, _ = slow_sums(result.view, quarter, quarter.days - 1)
        assert table.loc[quarter.name, "start_coverage"] == pytest.approx(first["open_amount"] / asked)
    shown = measures.display_tables(result)["earlier_quarters"][1]
    assert list(shown.columns)[-2:] == ["Coverage on day 1", "Coverage with 69 days left"]

"""Forecasts from deals a second time: the day rebuilt by the book, one deal at a time, on the sample company."""

import datetime as dt
import itertools

import pandas as pd
import pytest

from frames import as_of
from revops.analysis.chances import fit_cells
from revops.company import TYPES

COVERED = ("new", "expansion")
ORDINARY = 10
AT = [("FY25-Q1", 1), ("FY25-Q3", 7), ("FY26-Q2", 4), ("FY26-Q4", 13), ("FY27-Q1", 1), ("FY27-Q2", 6)]


@pytest.fixture(scope="module")
def view(sample):
    return as_of(sample, "2026-06-09")


@pytest.fixture(scope="module")
def found(forecasts):
    return forecasts()


def on(found, name, week):
    """Return the quarter, the day, and the company's forecasts of one week."""
    period = next(period for period in found.days if period.name == name)
    rows = found.pairs[found.pairs["level"].eq("company") & found.pairs["period"].eq(name)]
    rows = rows[rows["horizon_weeks"].eq(week)].set_index("category")["forecast_amount"]
    return period, found.days[period][week], rows


def rows_of(view, day):
    return [row for row in view.state(day).to_dict("records") if row["type"] in TYPES]


def amount(row):
    return row["amount"] if row["amount"] == row["amount"] else 0.0


def is_booked(row, period, day):
    return row["outcome"] == "won" and period.start <= row["close_date"].date() <= min(day, period.end)


def booked(rows, period, day, types=COVERED):
    return sum(amount(row) for row in rows if row["type"] in types and is_booked(row, period, day))


@pytest.mark.parametrize(("name", "week"), AT)
def test_deals_in_commit_and_at_the_crms_chance_are_what_the_day_held(view, found, name, week):
    period, day, told = on(found, name, week)
    rows = rows_of(view, day)
    due = [row for row in rows if row["type"] in COVERED and row["outcome"] == "open"
           and period.start <= row["close_date"].date() <= period.end]  # fmt: skip
    have = booked(rows, period, day)
    commit = sum(amount(row) for row in due if row["forecast_category"] == "Forecast")
    chances = [row["win_probability"] if row["win_probability"] == row["win_probability"] else 0.0 for row in due]
    assert commit > 0 or week == 13
    assert told["crm_commit"] == pytest.approx(have + commit, abs=0.005)
    weighted = sum(amount(row) * chance for row, chance in zip(due, chances, strict=True))
    assert told["crm_weighted"] == pytest.approx(have + weighted, abs=0.005)


@pytest.mark.parametrize(("name", "week"), AT)
def test_actuals_and_naive_forecasts_are_what_rebuilt_days_say(view, found, name, week):
    period, _, told = on(found, name, week)

    def frozen_amount(quarter):
        day = quarter.end + dt.timedelta(days=view.company.grace_days)
        return booked(rows_of(view, day), quarter, day)

    last, *_, year_ago = (view.calendar.shift(period, -back) for back in (1, 2, 3, 4))
    assert told["last_quarter"] == pytest.approx(frozen_amount(last), abs=0.005)
    assert told["same_quarter_last_year"] == pytest.approx(frozen_amount(year_ago), abs=0.005)
    actual = found.quarters.booked(COVERED)
    if name in actual.index:
        assert actual[name] == pytest.approx(frozen_amount(period), abs=0.005)


def place(row, day, end, company):
    close = row["close_date"].date()
    if close < day:
        return "overdue"
    if close > end:
        return "later"
    return "early" if row["stage_order"] < company.qualifying_order else "due"


def pushes(history, id, day):
    """Return how often the close date of a deal had been moved back by the end of a day."""
    dates = [row["close_date"] for row in history[id] if row["changed_at"].date() <= day]
    return sum(later > earlier for earlier, later in itertools.pairwise(dates))


def described(rows, history, day, end, company):
    return pd.DataFrame([
        {"opportunity_id": row["opportunity_id"], "type": row["type"], "stage_name": row["stage_name"],
         "amount": amount(row), "place": place(row, day, end, company), "is_stalled": False,
         "pushes": pushes(history, row["opportunity_id"], day)}
        for row in rows if row["outcome"] == "open"])  # fmt: skip


@pytest.mark.parametrize(("name", "week"), [("FY25-Q3", 7), ("FY27-Q2", 6)])
def test_stage_weighted_and_the_usual_share_are_told_from_rebuilt_quarters_alone(view, found, name, week):
    """Chances by analysis.chances on slowly rebuilt quarters; haircuts, shares and what is new in plain Python."""
    period, day, told = on(found, name, week)
    left = sorted((p.end - days[week]).days for p, days in found.days.items() if week in days)
    left, company = left[len(left) // 2], view.company
    history = {id: part.to_dict("records") for id, part in view.timeline.groupby("opportunity_id")}
    names = [p.name for p in found.quarters.periods]
    stop = names.index(name) if name in names else len(names)
    before, deals, then, final, new = found.quarters.periods[max(stop - 8, 0) : stop], [], [], {}, {}
    for quarter in found.quarters.periods[:stop]:
        frozen_day = quarter.end + dt.timedelta(days=company.grace_days)
        came = {r["opportunity_id"]: r for r in rows_of(view, frozen_day) if is_booked(r, quarter, frozen_day)}
        final[quarter.name] = {t: sum(amount(r) for r in came.values() if r["type"] == t) for t in TYPES}
        if quarter not in before:
            continue
        past = quarter.end - dt.timedelta(days=left)
        state = rows_of(view, past)
        part = described(state, history, past, quarter.end, company)
        part["is_won"] = part["opportunity_id"].isin(came)
        part["won_amount"] = [amount(came[id]) if id in came else 0.0 for id in part["opportunity_id"]]
        deals.append(part)
        then.append(booked(state, quarter, past))
        there = {r["opportunity_id"] for r in state if r["outcome"] == "open" or is_booked(r, quarter, past)}
        new[quarter.name] = {t: sum(amount(r) for id, r in came.items() if r["type"] == t and id not in there)
                             for t in TYPES}  # fmt: skip
    deals = pd.concat(deals, ignore_index=True)
    cells = fit_cells(deals)
    deals["expected"] = cells.mean[cells.of(deals)] * deals["amount"]
    few = ORDINARY * deals.loc[deals["is_won"], "won_amount"].mean()
    today = rows_of(view, day)
    now = described([r for r in today if r["type"] in COVERED], history, day, period.end, company)
    now["worth"] = cells.mean[cells.of(now)] * now["amount"]
    expected = 0.0
    for type in COVERED:
        of_type = deals[deals["type"].eq(type)]
        cut = (of_type["won_amount"].sum() + few) / (of_type["expected"].sum() + few)
        expected += cut * now.loc[now["type"].eq(type), "worth"].sum()
    have = booked(today, period, day)
    assert told["stage_weighted"] == pytest.approx(have + expected, abs=0.005)
    usual = sum(sum(final[q.name][t] for t in COVERED) for q in before)
    assert told["booked_share"] == pytest.approx(have * usual / sum(then), abs=0.005)

    def mean_before(type, index):
        earlier = [final[n][type] for n in names[max(index - 4, 0) : index]]
        return sum(earlier) / len(earlier) if earlier else final[names[0]][type]

    coming = 0.0
    for type in COVERED:
        base = sum(mean_before(type, names.index(q.name)) for q in before)
        coming += sum(new[q.name][type] for q in before) / base * mean_before(type, stop)
    assert told["weighted_and_new"] == pytest.approx(have + expected + coming, abs=0.005)

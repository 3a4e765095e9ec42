"""The company's signal without the rest of the report: the same row, to the number, from its own calls alone."""

import pandas as pd
import pytest
from forecasting import call, company, quarter, subject, told
from forecasting import won as won_by

from frames import as_of, book, deal
from revops.measures.forecast_accuracy import Knobs, signal_of
from revops.measures.forecast_accuracy.forecasts.frozen import company_calls
from revops.measures.forecast_accuracy.result import _signal

DAY = "2026-07-20"
NAMES = ["FY25-Q1", "FY25-Q2", "FY25-Q3", "FY25-Q4", "FY26-Q1", "FY26-Q2"]
MONTHS = ["2025-02", "2025-05", "2025-08", "2025-11", "2026-02", "2026-05"]
DEALS = [deal for n, month in enumerate(MONTHS) for deal in (
    won_by(f"a{n}", "ann", f"{month}-12", 100.0 + n), won_by(f"b{n}", "bob", f"{month}-20", 50.0, opened=f"{month}-02"),
    won_by(f"c{n}", "cat", f"{month}-25", 30.0, type="expansion"))]  # fmt: skip


def called(who, amount, level="owner"):
    return [call(str(quarter(name).start), who, amount, level, period=name) for name in NAMES]


COMPANIES = {
    "company calls": company(DEALS, called("company", 230.0, "company")),
    "reps call": company(DEALS, [*called("ann", 90.0), *called("bob", 40.0), *called("cat", 20.0)]),
    "few call": company(DEALS, called("cat", 20.0)),
    "deals in commit": company(DEALS),
    "calls without history": company(DEALS, called("company", 180.0, "company"), history=False),
}


@pytest.mark.parametrize(
    ("name", "calls", "week"),
    [
        ("company calls", "auto", 1),
        ("company calls", "history", 7),
        ("reps call", "sheet", 13),
        ("few call", "sheet", 1),
        ("few call", "auto", 7),
        ("deals in commit", "auto", 1),
        ("calls without history", "auto", 13),
        ("deals in commit", "sheet", 1),
    ],
)
def test_it_is_the_row_of_the_whole_report(name, calls, week):
    knobs = {"calls": calls, "horizon_weeks": week}
    whole = told(COMPANIES[name], DAY, **knobs)
    alone = signal_of(as_of(COMPANIES[name], DAY), Knobs(stale_after_days=366, **knobs))
    if whole is None:
        assert isinstance(alone, str) and company_calls(subject(COMPANIES[name], DAY, **knobs), week) is None
        return
    expected = _signal(whole, Knobs(**knobs))
    if expected is None:
        assert isinstance(alone, str)
        return
    pd.testing.assert_series_equal(alone.drop("off_by"), expected, check_names=False)
    rows = whole.at(week)
    rows = rows[rows["category"].eq(whole.call)].sort_values("period", ignore_index=True)
    found = company_calls(subject(COMPANIES[name], DAY, **knobs), week).sort_values("period", ignore_index=True)
    columns = ["period", "forecast_amount", "actual_amount", "is_carried"]
    pd.testing.assert_frame_equal(found[columns], rows[columns])


def test_a_company_that_always_calls_too_much_is_red():
    """Called 230 of 181 to 184 in four quarters (of the last one no record tells yet that it is over): 25 % or more."""
    found = signal_of(as_of(COMPANIES["company calls"], DAY), Knobs(calls="sheet", off_by=0.2))
    assert (found["signal"], found["n"], found["n_beyond"], found["off_by"]) == ("red", 4, 4, 0.2)
    assert found["bias_rate"] == pytest.approx(4 * 230 / (181 + 182 + 183 + 184) - 1)


def test_without_calls_and_history_there_is_none():
    assert signal_of(as_of(book([deal("1", modified_at=f"{DAY} 09:00")]), DAY), Knobs()) == (
        "neither calls of past quarters nor a history to rebuild them from"
    )

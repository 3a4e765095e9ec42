"""Charts of forecast accuracy read back from what was drawn; results are made by hand, so that each claim is known."""

import dataclasses
import itertools
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from frames import as_of, book, change, deal
from revops.charts import forecast_accuracy as charts
from revops.charts import style
from revops.charts.rows import cut_at, signed_share
from revops.measures.forecast_accuracy import ForecastResult, Knobs, measure
from revops.measures.forecast_accuracy.judged import Judged
from revops.measures.forecast_accuracy.projection import Projection
from revops.report.figures import svg

NAN = float("nan")
NAMES = ["error_by_week", "steps", "reliability", "open_quarter", "methods", "units", "slipped"]
QUARTERS = ("FY26-Q1", "FY26-Q2", "FY26-Q3")
CALLS = {1: (120.0, 110.0, 140.0), 7: (110.0, 105.0, 112.0)}


def pairs():
    """Return the company's calls of three quarters that brought 100 each, and two of the one under way."""
    rows = [
        (name, week, call, 100.0, False)
        for week, calls in CALLS.items()
        for name, call in zip(QUARTERS, calls, strict=True)
    ]
    rows += [("FY26-Q4", 1, 130.0, NAN, True), ("FY26-Q4", 2, 128.0, NAN, True)]
    columns = ["period", "horizon_weeks", "forecast_amount", "actual_amount", "is_open"]
    return pd.DataFrame(rows, columns=columns).assign(category="commit", level="company", member="company")


def errors(**first):
    """Return errors of the call in weeks 1 and 7, and of two simpler forecasts in week 1."""
    columns = ["horizon_weeks", "category", "n", "bias_rate", "bias_low", "bias_high", "wape", "wape_low", "wape_high"]
    rows = [
        (1, "commit", 3, 0.23, 0.1, 0.36, 0.23, 0.15, 0.35),
        (7, "commit", 3, 0.09, -0.01, 0.19, 0.09, 0.06, 0.13),
        (1, "time_series", 3, 0.05, -0.1, 0.2, 0.19, 0.1, 0.4),
        (1, "last_quarter", 3, 0.3, 0.1, 0.5, 0.3, 0.2, 0.5),
        (1, "best_case", 3, 0.6, 0.4, 0.8, 0.6, 0.4, 0.8),
    ]
    table = pd.DataFrame(rows, columns=columns)
    for name, value in first.items():
        table[name] = table[name].astype("float64").mask(table.index == 0, value)
    return table


def steps(**columns):
    table = {
        "step": ["last_quarter", "stage_weighted", "rep"],
        "wape": [0.3, 0.2, 0.23],
        "forecast_value_added": [NAN, 0.1, -0.03],
        "low": [NAN, 0.04, -0.1],
        "high": [NAN, 0.16, 0.04],
        "verdict": [None, "adds", "no_difference"],
        "added_to_first": [NAN, 0.1, 0.07],
        "first_verdict": [None, "adds", "no_difference"],
        "n": 3,
        "n_periods": 3,
    }
    return pd.DataFrame(table | columns)


def others(*verdicts):
    rows = {"method": ["last_quarter", "time_series"], "difference": [-0.07, 0.04], "verdict": list(verdicts)}
    return pd.DataFrame(rows)


def told(**columns):
    """Return a reliability table of three bins: right, too high with enough deals, far too high with few."""
    table = {
        "told": [0.1, 0.8, 0.9],
        "won_share": [0.12, 0.4, 0.2],
        "low": [0.08, 0.37, 0.1],
        "high": [0.18, 0.44, 0.4],
        "n": [1500, 342, 12],
        "is_few": [False, False, True],
        "differs": [False, True, True],
    }
    return pd.DataFrame(table | columns)


def slips(**columns):
    table = {
        "scope": ["due", "due", "commit"],
        "pushes": ["all", "2+", "all"],
        "n": [1000, 200, 50],
        "n_periods": 8,
        "amount": [5e6, 1e6, 4e5],
        "won_share": [0.3, 0.25, 0.4],
        "lost_share": [0.35, 0.3, 0.3],
        "slipped_share": [0.28, 0.4, 0.3],
        "slipped_low": [0.25, 0.3, 0.2],
        "slipped_high": [0.31, 0.5, 0.4],
        "overdue_share": [0.07, 0.05, 0.0],
        "other_share": 0.0,
    }
    return pd.DataFrame(table | columns)


def members(*rows):
    """Return a table of units: member, bias, low, high, n, is_few, finding."""
    return pd.DataFrame(rows, columns=["member", "bias", "low", "high", "n", "is_few", "finding"])


TEAMS = members(
    ("North", 0.23, 0.02, 0.41, 9, False, "optimism"),
    ("South", -0.1, -0.4, 0.1, 9, False, ""),
    ("West", 0.4, -0.1, 0.6, 4, True, ""),
    ("New", NAN, NAN, NAN, 1, True, ""),
)
OWNERS = members(("id1", 0.05, -0.1, 0.2, 9, False, ""))


def projected(**changes):
    base = {"projected_amount": 126e4, "conservative": 105e4, "optimistic": 146e4, "ratio": 0.95,
            "ratios": (0.9, 0.95, 1.0, 1.1), "n_left_out": 0, "method": "t on logs", "call": 132e4,
            "booked": 4e5, "level": 0.8}  # fmt: skip
    return Projection(**base | changes)


def opened(landing=(9e5, 115e4, 14e5), inside=(True,) * 4, **changes):
    backtest = pd.DataFrame({"is_inside": list(inside)})
    return SimpleNamespace(week=2, booked=4e5, projection=projected(**changes), backtest=backtest, landing=landing)


def result(knobs=None, **changes):
    """Return a result with every chart in it; changes replace its parts."""
    calls = pairs()
    calls.loc[calls["is_open"], "forecast_amount"] = [130e4, 132e4]
    parts = {field.name: None for field in dataclasses.fields(ForecastResult)}
    company = SimpleNamespace(company=SimpleNamespace(currency="USD"))
    crm = SimpleNamespace(table=told(), n=1854, n_without=0)
    parts |= {
        "view": company,
        "knobs": knobs or Knobs(),
        "period": SimpleNamespace(name="FY26-Q4"),
        "found": SimpleNamespace(call="commit", pairs=calls),
        "judged": Judged(calls[~calls["is_open"]], QUARTERS, (), {}, pd.Series(dtype="float64")),
        "errors": errors(),
        "steps": steps(),
        "others": others("farther", "no_difference"),
        "units": {"team": TEAMS, "owner": OWNERS},
        "deals": SimpleNamespace(crm=crm, slipped=slips()),
        "open": opened(),
        "labels": {"id1": "Owner 1"},
    }
    return ForecastResult(**parts | changes)


def drawn(**changes):
    return {chart.name: chart for chart in charts.draw(result(**changes))}


def texts(chart):
    return [text.get_text() for text in chart.axes.texts]


def rows_of(chart):
    return [text.get_text() for text in chart.axes.get_yticklabels()]


def judged_on(*names):
    known = pairs()
    known = known[known["period"].isin(names)]
    return Judged(known, names, (), {}, pd.Series(dtype="float64"))


def test_every_chart_has_data_with_units_and_draws_without_a_warning(recwarn):
    found = charts.draw(result())
    assert [chart.name for chart in found] == NAMES
    for chart in found:
        assert len(chart.units) == len(chart.data.columns) and len(chart.data), chart.name
        assert svg(chart).startswith("<svg"), chart.name
        assert chart.alt.startswith(f"{chart.title}. ") and chart.alt.endswith("."), chart.name
        assert len(chart.title) <= 90, chart.name
    assert [str(warning.message) for warning in recwarn] == []


def test_the_error_of_each_quarter_is_a_line_and_the_bias_stands_in_front():
    chart = drawn()["error_by_week"]
    assert chart.title == "The first call was 23% too high; by week 7 it was 9%, maybe by chance"
    assert chart.alt == (
        "The first call was 23% too high; by week 7 it was 9%, maybe by chance. Bias by week: "
        "week 1 +23% (+10% to +36%, 3 quarters) and week 7 +9% (-1% to +19%, 3 quarters). "
        "FY26-Q3: week 1 +40% and week 7 +12%."
    )
    assert chart.caption == (
        "Call less what was booked, over what was booked: thick for all 3 quarters together, with the range that holds "
        "8 in 10 times; thin for each of the last 3, dashed for FY26-Q3. Dotted: 15% off."
    )
    lines = {line.get_label(): line for line in chart.axes.get_lines() if not line.get_label().startswith("_")}
    assert list(lines) == [*QUARTERS, "bias"]
    np.testing.assert_allclose(lines["FY26-Q3"].get_ydata(), [0.4, 0.12])
    np.testing.assert_allclose(lines["bias"].get_ydata(), [0.23, 0.09])
    assert lines["bias"].get_color() == style.ACCENT and lines["FY26-Q1"].get_color() == style.PAST
    assert lines["FY26-Q3"].get_linestyle() == "--", "the last quarter is told from others by more than colour"
    marks = sorted(line.get_ydata()[0] for line in chart.axes.get_lines() if line.get_label().startswith("_"))
    assert marks == [-0.15, 0, 0.15]
    assert texts(chart) == ["bias", "FY26-Q3"]
    np.testing.assert_allclose(chart.data["last_quarter"], [0.4, 0.12])


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"bias_rate": -0.2, "bias_low": -0.3, "bias_high": -0.1},
         "The first call was 20% too low; by week 7 it was 9% too high, maybe by chance"),
        ({"bias_rate": 0.0, "bias_low": -0.1, "bias_high": 0.1},
         "The first call was right on average; by week 7 it was 9% too high, maybe by chance"),
        ({"bias_rate": 0.001, "bias_low": -0.1, "bias_high": 0.1},
         "The first call was <1% too high, maybe by chance; by week 7 it was 9%, maybe by chance"),
        ({"bias_rate": 30.0, "bias_low": NAN, "bias_high": NAN},
         "The first call was 3000% too high in 3 quarters; by week 7 it was 9%, maybe by chance"),
        ({"bias_rate": NAN}, "The call of week 7 was 9% too high, maybe by chance"),
    ],
)  # fmt: skip
def test_the_title_of_the_error_is_true_for_any_bias(first, said):
    assert drawn(errors=errors(**first))["error_by_week"].title == said


def test_huge_errors_are_cut_and_the_caption_says_so():
    """A call of 3,100 for 100: 3,000 % too high; the axis ends at 150 %, with the other quarters still to be seen."""
    known = pairs()
    known.loc[known["period"].eq("FY26-Q2") & known["horizon_weeks"].eq(1), "forecast_amount"] = 3100.0
    chart = drawn(judged=Judged(known[~known["is_open"]], QUARTERS, (), {}, pd.Series(dtype="float64")))[
        "error_by_week"
    ]
    assert chart.axes.get_ylim()[1] == pytest.approx(1.5 * 1.05)
    assert chart.caption.endswith(" Dotted: 15% off. Cut at +158%: 1 call up to +3000% beyond.")


def test_an_axis_is_cut_only_far_beyond_the_usual():
    assert cut_at([0.1, 0.2, 0.3], [0.9, -1.2]) == 1.2
    assert cut_at([0.1, 0.2, 0.3], [0.9, 30.0]) == 1.5
    assert cut_at([10.0, 20.0, NAN], [90.0]) == 60.0, "four times the middle one"
    assert cut_at([0.1, 0.2, 0.3], [0.5, 9.0], least=0.0) == 0.8
    assert cut_at([NAN], [2.0]) == 1.5 and cut_at([], []) == 0.0
    assert [signed_share(part) for part in (0.0, -0.001, 0.004, 0.15, -2.0)] == ["0%", "0%", "0%", "+15%", "-200%"]


def test_one_quarter_is_drawn_without_a_range():
    one = errors().assign(n=1, bias_low=NAN, bias_high=NAN)
    chart = drawn(errors=one, judged=judged_on("FY26-Q1"))["error_by_week"]
    assert chart.title == "The first call was 23% too high in 1 quarter; by week 7 it was 9%"
    assert chart.alt == (
        f"{chart.title}. Bias by week: week 1 +23% (no range, 1 quarter) and week 7 +9% (no range, 1 quarter). "
        "FY26-Q1: week 1 +20% and week 7 +10%."
    )
    assert chart.caption == (
        "Call less what was booked, over what was booked: in FY26-Q1, the only quarter. Dotted: 15% off."
    )


def test_each_step_is_a_bar_with_the_range_of_its_change():
    chart = drawn()["steps"]
    assert chart.title == "Stage weighting cuts the error by 10 points"
    assert chart.alt == (
        "Stage weighting cuts the error by 10 points. Error of week 1 in 3 quarters: Last quarter 30%, Stage-weighted "
        "20%, better by 10 points (4 to 16) and Reps added up 23%, better by -3 points (-10 to 4)."
    )
    assert chart.caption == (
        "Misses added up over what was booked (WAPE), week 1, 3 quarters. The upright mark is the step before; the "
        "line across it is where chance alone puts this step 8 in 10 times: a line that crosses the mark proves "
        "nothing. Better, worse: proven also when all 2 steps are looked at."
    )
    assert [bar.get_width() for bar in chart.axes.patches] == [0.3, 0.2, 0.23]
    assert texts(chart) == ["30%", "20%  better", "23%"]
    assert rows_of(chart) == ["Last quarter", "Stage-weighted", "Reps added up"]
    spans = [sorted(line.get_xdata()) for line in chart.axes.get_lines() if len(set(line.get_ydata())) == 1]
    np.testing.assert_allclose(spans, [[0.14, 0.26], [0.16, 0.3]])
    marks = [line.get_xdata()[0] for line in chart.axes.get_lines() if len(line.get_xdata()) == 2
             and line.get_ydata()[1] - line.get_ydata()[0] < 1 and len(set(line.get_xdata())) == 1]  # fmt: skip
    assert marks[:2] == [0.3, 0.2], "the step before"
    assert chart.data["forecast_value_added"].tolist()[1:] == [0.1, -0.03]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"verdict": [None, "no_difference", "makes_worse"]}, "The reps' call adds 3 points of error"),
        ({"verdict": [None, "adds", "makes_worse"]},
         "Stage weighting cuts the error by 10 points; the reps' call adds 3 points of error"),
        ({"verdict": [None, "adds", "adds"], "forecast_value_added": [NAN, 0.1, 0.01]},
         "Stage weighting and the reps' call cut the error by 10 and 1 points"),
        ({"verdict": [None, "adds", "adds"], "forecast_value_added": [NAN, 0.01, 0.01]},
         "Stage weighting and the reps' call cut the error by 1 point each"),
        ({"verdict": [None, "no_difference", "no_difference"]}, "No step is proven to bring the forecast nearer"),
        ({"verdict": [None, "no_difference", "no_difference"], "first_verdict": [None, "adds", "adds"]},
         "Together the steps cut the error by 7 points; no single one is proven to"),
        ({"verdict": [None, "no_difference", "no_difference"], "first_verdict": [None, "adds", "makes_worse"],
          "added_to_first": [NAN, 0.1, -0.05]},
         "Together the steps add 5 points of error; no single one is proven to"),
        ({"verdict": [None, "not_enough", "not_enough"], "n_periods": 1},
         "1 quarter is too few to tell which step helps"),
        ({"verdict": [None, "not_enough", "not_enough"], "n_periods": 2},
         "2 quarters are too few to tell which step helps"),
        ({"verdict": [None, "no_difference", "makes_worse"], "forecast_value_added": [NAN, 0.0, -0.004]},
         "The reps' call adds 0.4 points of error"),
    ],
)  # fmt: skip
def test_the_title_of_the_steps_names_what_is_proven(columns, said):
    assert drawn(steps=steps(**columns))["steps"].title == said


def test_a_step_that_makes_it_worse_is_said_in_words_and_a_huge_one_is_cut():
    huge = steps(wape=[0.3, 0.2, 30.0], verdict=[None, "adds", "makes_worse"])
    chart = drawn(steps=huge)["steps"]
    assert texts(chart)[2] == "3000%  worse"
    assert chart.axes.patches[2].get_facecolor() == mpl.colors.to_rgba(style.WARN)
    assert chart.axes.get_xlim()[1] == 1.2, "four times the middle one"
    assert chart.caption.endswith(" Cut at 120%: 1 beyond, marked with an arrow.")


def test_reliability_names_the_chance_that_differs_most_of_those_with_enough_deals():
    chart = drawn()["reliability"]
    assert chart.title == "Of deals told 80%, 40% are won (37% to 44%)"
    assert chart.alt == (
        "Of deals told 80%, 40% are won (37% to 44%). 1,854 deals: told 10%, won 12% (8% to 18%) of 1,500; "
        "told 80%, won 40% (37% to 44%) of 342; told 90%, won 20% (10% to 40%) of 12."
    )
    assert chart.caption == (
        "Deals due in their quarter, by the CRM's probability in week 1, and how many were won in it; bars hold "
        "8 in 10 times, bin by bin. Dots above the diagonal win more than told. Hollow: fewer than 50 deals."
    )
    dots = [line for line in chart.axes.get_lines() if line.get_marker() == "o"]
    assert [(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in dots] == [(0.1, 0.12), (0.8, 0.4), (0.9, 0.2)]
    assert [dot.get_markerfacecolor() for dot in dots] == [style.ACCENT, style.WARN, style.GROUND]
    assert texts(chart) == ["as told", "40% won", "1,500", "342", "12", "n ="]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"differs": [False, False, True]}, "No probability of the CRM is proven wrong"),
        ({"is_few": True}, "Too few deals or quarters to tell whether the CRM's probabilities hold"),
        ({"low": NAN, "high": NAN, "differs": True},
         "Too few deals or quarters to tell whether the CRM's probabilities hold"),
    ],
)  # fmt: skip
def test_reliability_claims_nothing_that_is_not_proven(columns, said):
    crm = SimpleNamespace(table=told(**columns), n=1854, n_without=3)
    chart = drawn(deals=SimpleNamespace(crm=crm, slipped=slips()))["reliability"]
    assert chart.title == said and "won" not in [text.split()[-1] for text in texts(chart)]
    assert chart.caption.endswith(" 3 deals without a probability left out.")


def test_counts_of_chances_near_each_other_are_written_apart():
    near = pd.DataFrame({"told": [0.1, 0.11, 0.12, 0.5], "won_share": 0.1, "low": 0.0, "high": 0.2, "n": 1500,
                         "is_few": False})  # fmt: skip
    heights = [text.xy[1] for text in charts.plot_reliability(near).texts if text.get_text() == "1,500"]
    assert len(set(heights[:3])) == 3 and heights[3] == heights[0]


def test_the_open_quarter_sets_the_call_beside_what_such_calls_bring():
    chart = drawn()["open_quarter"]
    assert chart.title == "Call $1.32M; past calls like it bring $1.26M"
    assert chart.alt == (
        "Call $1.32M; past calls like it bring $1.26M. Week 2 of FY26-Q4, booked $400K; "
        "by past calls $1.26M ($1.05M to $1.46M) and open deals $1.15M ($900K to $1.4M)."
    )
    assert chart.caption == (
        "The call week by week, and where FY26-Q4 lands 8 in 10 times: past calls, by what 4 quarters brought of the "
        "call of week 2; open deals, one by one."
    )
    lines = chart.axes.get_lines()
    assert [*lines[0].get_xdata()] == [1, 2] and [*lines[0].get_ydata()] == [130e4, 132e4]
    spans = [tuple(line.get_ydata()) for line in lines if len(line.get_xdata()) == 2 and len({*line.get_xdata()}) == 1]
    assert spans == [(105e4, 146e4), (9e5, 14e5)]
    assert texts(chart) == ["call $1.32M", "booked $400K"]
    labels = [text.get_text() for text in chart.axes.get_xticklabels()]
    assert labels == ["week 1", "7", "13", "past calls\n$1.26M", "open deals\n$1.15M"]
    assert chart.data.iloc[-2:].to_numpy().tolist() == [
        ["past calls", 105e4, 126e4, 146e4],
        ["open deals", 9e5, 115e4, 14e5],
    ]
    assert chart.data["label"].tolist()[:3] == ["call, week 1", "call, week 2", "booked"]


def test_an_open_quarter_says_what_it_cannot_tell():
    without = {"conservative": NAN, "optimistic": NAN}
    chart = drawn(open=opened(landing=None, **without, ratios=(0.95,)))["open_quarter"]
    assert (
        chart.alt == "Call $1.32M; past calls like it bring $1.26M. Week 2 of FY26-Q4, booked $400K; "
        "by past calls $1.26M (no range)."
    )
    assert chart.caption == (
        "The call week by week, and where FY26-Q4 lands: past calls, by what 1 quarter brought of the call of week 2."
    )
    chart = drawn(open=opened(landing=None, **without, projected_amount=NAN, ratios=()))["open_quarter"]
    assert chart.alt == "Call $1.32M; no past call tells what it brings. Week 2 of FY26-Q4, booked $400K."
    assert chart.caption == "The call week by week."
    chart = drawn(open=opened(**without, projected_amount=NAN, ratios=()))["open_quarter"]
    assert chart.caption == "The call week by week, and where FY26-Q4 lands 8 in 10 times: open deals, one by one."
    assert drawn(open=opened(projected_amount=132e4))["open_quarter"].title == (
        "Call $1.32M; past calls like it bring as much"
    )
    assert "open_quarter" not in drawn(open=None)


def test_ranges_of_past_calls_that_failed_are_not_leant_on():
    """One of eight 80 % ranges held: less than one chance in twenty."""
    chart = drawn(open=opened(inside=[True] + [False] * 7))["open_quarter"]
    assert chart.caption.endswith(" Ranges of past calls held too rarely to lean on.")


def test_methods_are_sorted_with_the_call_in_front():
    chart = drawn()["methods"]
    assert chart.title == "Nothing simpler is proven nearer than the call; 1 of 2 is farther"
    assert chart.alt == (
        f"{chart.title}. Error of week 1 in 3 quarters: Time series 19% (10% to 40%), The call 23% (15% to 35%) and "
        "Last quarter 30% (20% to 50%)."
    )
    assert chart.caption == (
        "Misses added up over what was booked (WAPE), week 1, 3 quarters, with ranges that hold 8 in 10 times. Nearer, "
        "farther: than the call, quarter by quarter, proven also when all 2 forecasts are looked at; where none is "
        "better, at most 1 in 10 reports name one as nearer."
    )
    assert rows_of(chart) == ["Time series", "The call", "Last quarter"]
    assert texts(chart) == ["19%", "23%", "30%  farther"]
    dots = [line for line in chart.axes.get_lines() if line.get_marker() == "o"]
    assert [dot.get_color() for dot in dots] == [style.MUTE, style.ACCENT, style.MUTE]


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (("no_difference", "nearer"), "Time series is nearer than the call, beyond chance"),
        (("nearer", "nearer"), "2 of 2 simpler forecasts are nearer than the call, beyond chance"),
        (("farther", "farther"), "The call is nearer than all 2 simpler forecasts"),
        (("not_enough", "not_enough"), "Too few quarters to tell whether anything simpler is nearer"),
        (("no_difference", "not_enough"), "Nothing simpler is proven nearer than the call, nor farther"),
    ],
)
def test_the_title_of_the_methods_says_whether_anything_simpler_is_nearer(verdicts, said):
    assert drawn(others=others(*verdicts))["methods"].title == said


def test_units_are_sorted_by_bias_with_few_quarters_last_and_marked():
    chart = drawn()["units"]
    assert chart.title == "North calls too high: 23% of what it calls does not come"
    assert chart.alt == (
        "North calls too high: 23% of what it calls does not come. South -10% (-40% to +10%); "
        "North +23% (+2% to +41%), optimism; West +40% (-10% to +60%), 4 quarters; Owner 1 +5% (-10% to +20%)."
    )
    assert chart.caption == (
        "Share of the call of week 1 that did not come (below zero: what came on top), without what hit all alike and "
        "drawn towards the whole; ranges hold 95 in 100 times. Optimism and sandbagging: the range excludes zero. "
        "Hollow: few quarters, not sorted with the rest."
    )
    assert rows_of(chart) == ["South", "North", "West", "Owner 1"]
    assert texts(chart) == ["-10%", "+23%  optimism", "+40%  4 quarters", "+5%"]
    dots = [line for line in chart.axes.get_lines() if line.get_marker() == "o"]
    assert [dot.get_color() for dot in dots] == [style.MUTE, style.ACCENT, style.MUTE, style.MUTE]
    assert [dot.get_markerfacecolor() == style.GROUND for dot in dots] == [False, False, True, False]


def test_the_title_of_units_names_one_counts_several_and_accuses_nobody_without_proof():
    low = members(("East", -0.3, -0.5, -0.1, 9, False, "sandbagging"))
    none = members(("East", -0.3, -0.5, 0.1, 9, False, ""))
    two = pd.concat([low, TEAMS], ignore_index=True)
    empty = TEAMS.iloc[:0]
    titles = [drawn(units={"team": teams, "owner": empty})["units"].title for teams in (low, none, two)]
    assert titles == [
        "East calls too low: 30% more comes than it calls",
        "No team is proven to call too high or too low",
        "2 of 4 teams call too high or too low, beyond luck",
    ]
    assert drawn(units={"team": empty, "owner": OWNERS})["units"].title == (
        "No owner is proven to call too high or too low"
    )
    assert "units" not in drawn(units={"team": empty, "owner": empty})


def test_many_owners_are_left_to_their_table_where_there_are_teams():
    many = members(*((f"id{number}", number / 100, -0.5, 0.6, 9, False, "") for number in range(30)))
    assert rows_of(drawn(units={"team": TEAMS, "owner": many})["units"]) == ["South", "North", "West"]
    chart = drawn(units={"team": TEAMS.iloc[:0], "owner": many})["units"]
    assert rows_of(chart)[0] == "id16" and rows_of(chart)[-1] == "id29" and len(chart.data) == 14
    assert chart.caption.endswith(" The 14 farthest from zero of 30.")


def test_ranges_beyond_the_axis_of_units_are_said_to_be_cut():
    wide = members(("East", -3.2, -9.0, -1.0, 9, False, "sandbagging"), *TEAMS.iloc[:2].itertuples(index=False))
    chart = drawn(units={"team": wide, "owner": OWNERS})["units"]
    assert chart.axes.get_xlim() == (-1.5, 0.41)
    assert chart.caption.endswith(" Cut at -150%.")
    assert texts(chart)[0] == "-320%  sandbagging"


def test_slipped_shares_are_stacked_and_named():
    chart = drawn()["slipped"]
    assert chart.title == "28% of the amount due on day 1 slips out of the quarter (25% to 31%)"
    assert chart.alt == (
        f"{chart.title}. All due (1,000 deals): won 30%, lost 35%, slipped 28%, overdue 7%; "
        "Moved 2+ (200 deals): won 25%, lost 30%, slipped 40%, overdue 5%."
    )
    assert chart.caption == (
        "Amount due on the first day of 8 quarters, by how often the close date had been moved back before, and what "
        "had become of it; overdue is open with a close date that has passed."
    )
    assert [round(bar.get_width(), 9) for bar in chart.axes.patches] == [0.3, 0.35, 0.28, 0.07, 0.25, 0.3, 0.4, 0.05]
    assert [round(bar.get_x(), 9) for bar in chart.axes.patches[:4]] == [0, 0.3, 0.65, 0.93]
    assert texts(chart) == [
        "30%",
        "35%",
        "28%",
        "n=1,000",
        "25%",
        "30%",
        "40%",
        "200",
        "won",
        "lost",
        "slipped",
        "overdue",
    ]
    assert chart.data.columns.tolist() == [
        "label", "n", "amount", "won_share", "lost_share", "slipped_share", "overdue_share"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "shares", [(0.97, 0.01, 0.01, 0.01), (0.0, 0.0, 0.0, 1.0), (0.25, 0.25, 0.25, 0.25), (0, 0, 1, 0)]
)
def test_names_of_narrow_parts_keep_order_and_apart(shares):
    columns = dict(zip(("won_share", "lost_share", "slipped_share", "overdue_share"), shares, strict=True))
    deals = SimpleNamespace(crm=None, slipped=slips(**columns))
    chart = drawn(deals=deals)["slipped"]
    chart.axes.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in chart.axes.texts[-4:]]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
    assert boxes[0].x0 > 0 and boxes[-1].x1 < chart.axes.figure.bbox.x1


def test_deals_that_met_another_end_are_drawn_and_said():
    deals = SimpleNamespace(crm=None, slipped=slips(won_share=0.2, other_share=0.1))
    chart = drawn(deals=deals)["slipped"]
    assert len(chart.axes.patches) == 10 and chart.data["other_share"].tolist() == [0.1, 0.1]
    assert chart.caption.endswith(
        " The rest at the right: deleted, of another type by now, or won with an earlier date."
    )
    assert "reliability" not in drawn(deals=deals)


def test_without_past_quarters_history_or_a_call_nothing_is_drawn():
    empty = errors().iloc[:0]
    nothing = {"errors": empty, "judged": judged_on(), "steps": steps().iloc[:0], "others": others("", "").iloc[:0],
               "units": {"team": TEAMS.iloc[:0], "owner": OWNERS.iloc[:0]}, "deals": None, "open": None}  # fmt: skip
    assert charts.draw(result(**nothing)) == []
    assert list(drawn(deals=None)) == ["error_by_week", "steps", "open_quarter", "methods", "units"]
    undue = slips(slipped_share=NAN)
    assert "slipped" not in drawn(deals=SimpleNamespace(crm=None, slipped=undue))
    nothing_won = errors(bias_rate=NAN).iloc[:1].assign(wape=NAN)
    assert list(drawn(errors=nothing_won, steps=steps(wape=NAN))) == ["reliability", "open_quarter", "units", "slipped"]


def test_members_named_with_markup_or_at_length_are_text_within_the_drawing():
    names = ["<img src=x onerror=alert(1)>", "$x$ & co", "W" * 80, "two\nlines", "Nord " * 20]
    hostile = members(*((name, 0.1, 0.05, 0.2, 9, False, "optimism") for name in names))
    chart = drawn(units={"team": hostile, "owner": OWNERS.iloc[:0]})["units"]
    drawing = svg(chart)
    assert "<img" not in drawing and "&lt;img" in drawing and "$x$ &amp; co" in drawing
    assert chart.axes.get_window_extent().width > 60, "names leave room for the dots"
    assert rows_of(chart)[3] == "two lines" and all(len(row.splitlines()) <= 2 for row in rows_of(chart))
    assert chart.data["label"][2] == "W" * 80


def test_drawing_changes_no_global_state_and_gives_the_same_bytes_twice():
    before = dict(mpl.rcParams)
    first, second = ([svg(chart) for chart in charts.draw(result())] for _ in range(2))
    assert first == second and dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", NAMES)
def test_nothing_drawn_reaches_beyond_the_figure_and_all_text_is_at_least_11_px(name):
    chart = drawn()[name]
    figure = chart.axes.figure
    with style.report():
        figure.draw_without_rendering()
    assert figure.get_figwidth() * 72 <= 350
    shown = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text()]
    assert all(text.get_fontsize() >= 11 for text in shown)
    for text in chart.axes.texts:
        box = text.get_window_extent()
        assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1, text


def test_the_charts_of_a_company_without_past_quarters_are_those_that_it_can_tell():
    deals = [deal("a", close_date="2026-08-20", amount=250.0, forecast_category="Forecast")]
    history = [change("a", "2026-02-01 09:00", close_date="2026-08-20", amount=250.0, forecast_category="Forecast")]
    found = measure(as_of(book(deals, history), "2026-08-09"), Knobs(stale_after_days=366))
    named = {chart.name: chart.title for chart in charts.draw(found)}
    assert named == {"open_quarter": "Call $250; no past call tells what it brings"}

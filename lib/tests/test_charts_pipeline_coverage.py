"""Charts read back from what was drawn."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from frames import as_of, book, change, deal, quota
from revops.charts import pipeline_coverage as charts
from revops.charts import style
from revops.measures.pipeline_coverage import Knobs, measure
from revops.report.figures import svg

HISTORY = [
    change("a", "2026-02-01 09:00", close_date="2026-08-20", amount=300.0),
    change("a", "2026-08-06", 1, close_date="2026-08-20", amount=250.0),
    change("b", "2026-08-05", close_date="2026-09-01", amount=100.0),
]
DEALS = [
    deal("a", close_date="2026-08-20", amount=250.0),
    deal("b", close_date="2026-09-01", amount=100.0, created_at="2026-08-05", source="partner"),
]


def result(deals=DEALS, history=HISTORY):
    return measure(as_of(book(deals, history, quotas=[quota(700.0)]), "2026-08-09"), Knobs())


def test_coverage_is_drawn_day_by_day_with_this_quarter_in_front():
    pace = result().pace
    ax = charts.plot_coverage_by_day(pace, "FY26-Q3")
    lines = {line.get_label(): line for line in ax.get_lines() if not line.get_label().startswith("_")}
    front = lines["FY26-Q3"]
    assert front.get_color() == style.ACCENT and front.get_zorder() == max(line.get_zorder() for line in lines.values())
    drawn = pace[pace["period"].eq("FY26-Q3")]
    np.testing.assert_allclose(front.get_ydata(), drawn["coverage"])
    assert front.get_ydata()[-1] == 350 / 700
    assert [text.get_text() for text in ax.texts] == ["this quarter 0.5x"]
    assert ax.get_xlabel() == "day of the quarter"


def test_a_line_ends_where_hardly_anything_remains_to_book():
    pace = pd.DataFrame(
        {
            "period": "P",
            "day": [1, 2, 3],
            "coverage": [2.0, 20.0, np.nan],
            "quota_amount": 100.0,
            "booked_amount": [0.0, 91.0, 100.0],
        }
    )
    assert list(charts.plot_coverage_by_day(pace, "P").get_lines()[0].get_xdata()) == [1]


def test_movement_is_drawn_from_nothing_to_either_side():
    chart = next(chart for chart in charts.draw(result()) if chart.name == "movement")
    assert [bar.get_width() for bar in chart.axes.patches] == [100, -50]
    assert [text.get_text() for text in chart.axes.texts] == ["+$100", "-$50"]
    assert [text.get_text() for text in chart.axes.get_yticklabels()] == ["created", "amount lowered"]
    assert chart.data.values.tolist() == [["created", 100.0, 1], ["amount lowered", -50.0, 1]]


def test_created_pipeline_is_drawn_by_source_with_shares():
    ax = charts.plot_created(result().created, "USD")
    widths = dict(zip((t.get_text() for t in ax.get_yticklabels()), (b.get_width() for b in ax.patches), strict=True))
    assert widths["partner"] == 100 and widths["customer success"] == 0
    assert ax.texts[2].get_text() == "$100  100%"


def test_each_chart_says_in_words_what_it_shows():
    drawn = {chart.name: chart for chart in charts.draw(result())}
    assert list(drawn) == ["coverage_by_day", "movement", "created"]
    assert drawn["coverage_by_day"].title.startswith("Coverage on day 40 is 0.5x")
    assert drawn["movement"].alt == (
        "Open pipeline rose by $50 in 7 days. From $300 on 2 Aug to $350 on 9 Aug: "
        "created +$100 and amount lowered -$50."
    )
    assert drawn["created"].title == "Partner brought 100% of the $100 created so far"
    assert charts.draw(result([DEALS[0]], ())) == []


def test_the_svg_is_the_same_twice_follows_the_page_and_asks_for_nothing():
    first, second = (svg(charts.draw(result())[0]) for _ in range(2))
    assert first == second
    assert "var(--acc, #0b5cad)" in first and "<metadata" not in first and "font-family" not in first
    assert first.startswith(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 339.84 187.2" role="img" aria-label="'
    )
    assert first.count("http") == 1
    assert 'id="coverage_by_day-' in first and 'id="figure' not in first


def test_text_from_the_data_is_text_in_the_drawing():
    steps = pd.DataFrame({"label": ["<img src=x> $a$ & $b"], "amount": 1.0})
    with style.report():
        axes = charts.plot_movement(steps, "USD")
    chart = style.Chart("x", "t", '"><script>', "c", axes, steps, (None,))
    drawn = svg(chart)
    assert "&lt;img src=x&gt; $a$ &amp; $b" in drawn and "<script>" not in drawn and "<img" not in drawn


def test_drawing_changes_no_global_state():
    before = dict(mpl.rcParams)
    charts.draw(result())
    assert dict(mpl.rcParams) == before


def test_fifty_dots_stand_for_the_outcomes_and_those_that_reach_quota_stand_out():
    outcomes = np.linspace(100.0, 200.0, 50)
    ax = charts.plot_landing(outcomes, 180.0, "USD")
    missed, reached, line = ax.get_lines()
    assert (len(missed.get_xdata()), len(reached.get_xdata())) == (40, 10)
    assert missed.get_color() == style.PAST and reached.get_color() == style.ACCENT
    assert list(line.get_xdata()) == [180.0, 180.0]
    assert [text.get_text() for text in ax.texts] == ["quota $180"]
    spots = [*zip(*missed.get_data(), strict=True), *zip(*reached.get_data(), strict=True)]
    assert len(set(spots)) == 50, "no dot hides another"


def test_without_a_quota_the_dots_stand_alone_and_one_outcome_draws():
    ax = charts.plot_landing(np.full(50, 7.0), float("nan"), "USD")
    assert len(ax.texts) == 0
    assert sum(len(line.get_xdata()) for line in ax.get_lines()) == 50


def test_what_is_needed_is_marked_beside_today():
    ax = charts.plot_coverage_by_day(result().pace, "FY26-Q3", needed=(0.4, 0.7, 1.1))
    assert [text.get_text() for text in ax.texts] == ["this quarter 0.5x", "needed 0.7x"]

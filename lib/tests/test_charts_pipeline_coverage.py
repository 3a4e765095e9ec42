"""Charts read back from what was drawn."""

import dataclasses
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from frames import as_of, book, change, deal, quota
from revops.analysis.required import Required
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
    return measure(as_of(book(deals, history, quotas=[quota(700.0)]), "2026-08-09"), Knobs(stale_after_days=366))


def test_coverage_is_drawn_day_by_day_with_this_quarter_in_front():
    pace = result().pace
    ax = charts.plot_coverage_by_day(pace, "FY26-Q3")
    lines = {line.get_label(): line for line in ax.get_lines() if not line.get_label().startswith("_")}
    front = lines["FY26-Q3"]
    assert front.get_color() == style.ACCENT and front.get_zorder() == max(line.get_zorder() for line in lines.values())
    drawn = pace[pace["period"].eq("FY26-Q3")]
    np.testing.assert_allclose(front.get_ydata(), drawn["coverage"])
    assert front.get_ydata()[-1] == 350 / 700
    assert list(front.get_xdata()) == list(range(91, 51, -1)), "days left, from the first day to today"
    assert [text.get_text() for text in ax.texts] == ["this quarter 0.5x"]
    assert ax.get_xlabel() == "days left in the quarter"
    assert ax.get_xlim() == (92, -2), "the quarter's end is on the right"


def test_a_line_ends_where_hardly_anything_remains_to_book():
    pace = pd.DataFrame(
        {
            "period": "P",
            "day": [1, 2, 3],
            "days_left": [91, 90, 89],
            "coverage": [2.0, 20.0, np.nan],
            "quota_amount": 100.0,
            "booked_amount": [0.0, 91.0, 100.0],
        }
    )
    assert list(charts.plot_coverage_by_day(pace, "P").get_lines()[0].get_xdata()) == [91]


def test_movement_is_drawn_from_nothing_to_either_side():
    chart = next(chart for chart in charts.draw(result()) if chart.name == "movement")
    assert [bar.get_width() for bar in chart.axes.patches] == [100, -50]
    assert [text.get_text() for text in chart.axes.texts] == ["+$100", "-$50"]
    assert [text.get_text() for text in chart.axes.get_yticklabels()] == ["created", "amount lowered"]
    assert chart.data.values.tolist() == [["created", 100.0, 1], ["amount lowered", -50.0, 1]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("amounts", "ends"),
    [([0.0, 0.0], (-1, 1)), ([10.0, 0.0], (0, 14)), ([-10.0], (-14, 0)), ([10.0, -10.0], (-18, 18))],
)
def test_movement_leaves_room_for_its_labels_even_where_nothing_has_an_amount(amounts, ends):
    steps = pd.DataFrame({"label": ["created"] * len(amounts), "amount": amounts})
    assert charts.plot_movement(steps, "USD").get_xlim() == pytest.approx(ends)


def test_created_pipeline_is_drawn_by_source_with_shares():
    ax = charts.plot_created(result().created, "USD")
    widths = dict(zip((t.get_text() for t in ax.get_yticklabels()), (b.get_width() for b in ax.patches), strict=True))
    assert widths["partner"] == 100 and widths["customer success"] == 0
    assert ax.texts[2].get_text() == "$100  100%"


def test_each_chart_says_in_words_what_it_shows():
    drawn = {chart.name: chart for chart in charts.draw(result())}
    assert list(drawn) == ["coverage_by_day", "movement", "created"]
    chart = drawn["coverage_by_day"]
    assert chart.title == "Coverage with 52 days left is 0.5x"
    assert chart.alt == (
        "Coverage with 52 days left is 0.5x. Of 1 earlier quarter with as many days left, 1 had no quota."
    )
    assert chart.caption == (
        "Open pipeline due in the quarter, as it stood on each day, over what was still to book of the quarter's last "
        "quota."
    )
    assert chart.data["period"].tolist() == ["FY26-Q2", "FY26-Q3"] and np.isnan(chart.data["coverage"].iloc[0])
    assert chart.data.iloc[1:].to_numpy().tolist() == [["FY26-Q3", 700.0, 0.0, 350.0, 0.5, 300 / 700]]
    assert chart.units == (None, "money", "money", "money", "x", "x")
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
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 339.84 187.2" role="img" font-size="11px" aria-label="'
    )
    assert first.count("http") == 1
    assert 'id="coverage_by_day-' in first and 'id="figure' not in first


def test_the_svg_keeps_what_is_drawn_and_drops_what_is_not():
    """Two boxed words, one plain one, one line: each is there once, a box in one group with its word."""
    with style.report():
        axes = style.axes()
        axes.plot([0, 1], [0, 1], color=style.ACCENT)
        for place, word in enumerate(("one", "two")):
            axes.annotate(word, (0.5, place / 2), bbox={"facecolor": style.GROUND, "edgecolor": "none"})
        axes.annotate("plain", (0.1, 0.9))
    root = ElementTree.fromstring(svg(style.Chart("x", "t", "a", "c", axes, pd.DataFrame(), ())))
    name = "{http://www.w3.org/2000/svg}"
    boxed = [group for group in root.iter(f"{name}g") if group.get("class") == "boxed"]
    assert [["".join(part.itertext()) for part in group.iter(f"{name}text")] for group in boxed] == [["one"], ["two"]]
    assert all(group.find(f"{name}path") is not None for group in boxed)
    words = ["".join(part.itertext()) for part in root.iter(f"{name}text")]
    assert [words.count(word) for word in ("one", "two", "plain")] == [1, 1, 1]
    assert [part for part in root.iter() if part.tag == f"{name}g" and not part.attrib] == []
    referred = {part.get("clip-path", "")[5:-1] for part in root.iter()} - {""}
    assert referred <= {part.get("id") for part in root.iter()}


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


@pytest.mark.parametrize("quota", [100.0, 103.0, 150.5, 177.7, 200.0, 90.0, 1e4])
def test_each_dot_lies_on_its_side_of_the_quota_near_its_outcome(quota):
    outcomes = np.linspace(100.0, 200.0, 50)
    missed, reached, _ = charts.plot_landing(outcomes, quota, "USD").get_lines()
    assert all(missed.get_xdata() < quota) and all(reached.get_xdata() > quota)
    drawn = np.concatenate([missed.get_xdata(), reached.get_xdata()])
    assert len(drawn) == 50 and np.abs(drawn - outcomes).max() <= 100 / 18 / 2 + 1e-9


def test_without_a_quota_the_dots_stand_alone_and_one_outcome_draws():
    ax = charts.plot_landing(np.full(50, 7.0), float("nan"), "USD")
    assert len(ax.texts) == 0
    assert sum(len(line.get_xdata()) for line in ax.get_lines()) == 50


def marks(ax):
    """Return the lines without a name: what is drawn at today, as (x, y)."""
    lines = [line for line in ax.get_lines() if line.get_label().startswith("_")]
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in lines]


def test_what_is_needed_is_marked_beside_today():
    ax = charts.plot_coverage_by_day(result().pace, "FY26-Q3", needed=(0.4, 0.7, 1.1))
    assert [text.get_text() for text in ax.texts] == ["this quarter 0.5x", "needed 0.7x"]
    assert marks(ax) == [([52], [0.5]), ([52, 52], [0.4, 1.1]), ([50.5, 53.5], [0.7, 0.7])]
    assert ax.get_ylim()[1] > 1.1
    low, high = (text.get_position()[1] for text in ax.texts)
    assert low < 0 < high, "the lower of the two is written below its mark"


def test_a_need_beyond_the_chart_is_drawn_up_to_its_top():
    ax = charts.plot_coverage_by_day(result().pace, "FY26-Q3", needed=(2.0, 12.0, 40.0))
    top = ax.get_ylim()[1]
    assert marks(ax)[1] == ([52, 52], [2.0, top]) and top == 8
    assert ax.texts[1].get_text() == "needed 12.0x" and ax.texts[1].xy[1] < top


def judged(told, row, /, **outlook):
    """Return the sample's result with some headline numbers and parts of the outlook replaced."""
    sample = told()
    parts = dataclasses.replace(sample.outlook, **outlook)
    return dataclasses.replace(sample, headline=pd.Series(sample.headline.to_dict() | row), outlook=parts)


@pytest.mark.parametrize(
    ("quota", "said"),
    [
        (1.4e6, "10 of 50 equally likely outcomes reach quota"),
        (1.59e6, "One of 50 equally likely outcomes reaches quota"),
        (9e6, "None of 50 equally likely outcomes reach quota"),
        (5e5, "All of 50 equally likely outcomes reach quota"),
        (float("nan"), "50 equally likely outcomes, from $610K to $1.59M"),
        (0.0, "50 equally likely outcomes, from $610K to $1.59M"),
        (-1e3, "50 equally likely outcomes, from $610K to $1.59M"),
    ],
)
def test_the_landing_says_how_many_outcomes_reach_quota(told, quota, said):
    """Outcomes from 0.6 M to 1.6 M: the fiftieths lie at 0.61, 0.63 … 1.59 M."""
    made = judged(told, {"quota_amount": quota}, outcomes=np.linspace(6e5, 1.6e6, 4001))
    chart = charts.draw(made)[0]
    assert (chart.name, chart.title) == ("landing", said)
    assert chart.alt == f"{said}. They lie between $610K and $1.59M."
    assert chart.caption == (
        "Each dot is one outcome in 50: bookings so far, open deals by stage, age and pushes, deals still to come, "
        "and a quarter's luck shared by all."
    )
    shares, amounts = [0.1, 0.25, 0.5, 0.75, 0.9], [7e5, 8.5e5, 1.1e6, 1.35e6, 1.5e6]
    np.testing.assert_allclose(chart.data, np.column_stack([shares, amounts]))
    assert chart.units == ("share", "money") and list(chart.data.columns) == ["outcomes_below", "landing"]


@pytest.mark.parametrize("outcomes", [np.full(4001, 932e3), np.linspace(931_900.0, 932_100.0, 4001)])
def test_a_landing_that_is_decided_is_not_drawn(told, outcomes):
    drawn = charts.draw(judged(told, {}, outcomes=outcomes))
    assert [chart.name for chart in drawn] == ["coverage_by_day", "movement", "created"]


@pytest.mark.parametrize("quota", [1.4e6, float("nan")])
def test_outcomes_of_ranges_that_failed_are_not_called_equally_likely(told, quota):
    outlook = {"outcomes": np.linspace(6e5, 1.6e6, 4001), "told": pd.DataFrame({"is_inside": [True] * 4 + [False] * 7})}
    chart = charts.draw(judged(told, {"quota_amount": quota}, **outlook))[0]
    assert (chart.name, chart.title) == ("landing", "50 outcomes that past quarters say not to lean on")
    assert chart.alt == "50 outcomes that past quarters say not to lean on. They lie between $610K and $1.59M."


def test_coverage_is_set_beside_what_is_needed_and_earlier_quarters(told):
    """The sample's last day: 52 days left, and as many in each quarter drawn, whatever day of it that was."""
    need = Required(1.8e6, 1.5e6, 2.4e6, 2.1e6, 0.25, 0.1, 8)
    made = judged(told, {"remaining_amount": 6e5}, required=need)
    chart = next(chart for chart in charts.draw(made) if chart.name == "coverage_by_day")
    now, past = made.pace, made.earlier["coverage_on_day"]
    now = now.loc[now["period"].eq("FY27-Q2"), "coverage"].iloc[-1]
    below = sum(past < now)
    assert 0 < below < 8
    assert chart.title == f"Coverage with 52 days left is {now:.1f}x; about 3.0x is needed"
    assert chart.alt == (
        f"Coverage with 52 days left is {now:.1f}x, above {below} of 8 earlier quarters. "
        f"With as many days left they ranged from {min(past):.1f}x to {max(past):.1f}x. "
        "Needed: about 3.0x, 2.5x to 4.0x."
    )
    np.testing.assert_allclose(chart.data["coverage"].iloc[:-1], past)
    np.testing.assert_allclose(chart.data["start_coverage"].iloc[:-1], made.earlier["start_coverage"])
    assert chart.data["period"].tolist() == [*made.earlier["period"], "FY27-Q2"]
    assert [text.get_text() for text in chart.axes.texts] == [f"this quarter {now:.1f}x", "needed 3.0x"]


def rebuilt(told, **columns):
    """Return the sample's coverage chart with some columns of two earlier quarters replaced on every day."""
    sample = told()
    names = sample.earlier["period"].iloc[:2]
    pace = sample.pace.copy()
    for column, value in columns.items():
        pace.loc[pace["period"].isin(names), column] = value
    made = dataclasses.replace(sample, pace=pace, outlook=dataclasses.replace(sample.outlook, required=None))
    now = pace.loc[pace["period"].eq("FY27-Q2"), "coverage"].iloc[-1]
    return charts.draw(made)[1], now, sample.earlier["coverage_on_day"].iloc[2:]


def test_no_rank_among_earlier_quarters_where_some_had_met_their_quota(told):
    chart, now, rest = rebuilt(told, coverage=np.nan)
    assert chart.title == f"Coverage with 52 days left is {now:.1f}x"
    assert chart.alt == (
        f"Coverage with 52 days left is {now:.1f}x. Of 8 earlier quarters with as many days left, 2 had met their "
        f"quota already. The others ranged from {min(rest):.1f}x to {max(rest):.1f}x."
    )


def test_no_rank_among_earlier_quarters_where_some_had_no_quota(told):
    chart, now, rest = rebuilt(told, coverage=np.nan, quota_amount=np.nan)
    assert chart.title == f"Coverage with 52 days left is {now:.1f}x"
    assert chart.alt == (
        f"Coverage with 52 days left is {now:.1f}x. Of 8 earlier quarters with as many days left, 2 had no quota. "
        f"The others ranged from {min(rest):.1f}x to {max(rest):.1f}x."
    )


def test_a_rank_among_earlier_quarters_where_all_had_coverage(told):
    chart, now, rest = rebuilt(told, coverage=9.0)
    below = sum(rest < now)
    assert 0 < below < 6
    assert chart.title == f"Coverage with 52 days left is {now:.1f}x, above {below} of 8 earlier quarters"
    assert chart.alt == f"{chart.title}. With as many days left they ranged from {min(rest):.1f}x to 9.0x."


def test_a_quarter_that_is_over_has_no_coverage_today():
    knobs = Knobs(period="previous", stale_after_days=366)
    over = measure(as_of(book(DEALS, HISTORY, quotas=[quota(700.0)]), "2026-10-20"), knobs)
    chart, made = charts.draw(over)
    assert (chart.name, chart.title) == ("coverage_by_day", "Coverage day by day, to the quarter's end")
    assert chart.alt == "Coverage day by day, to the quarter's end. At the end of its first day it was 0.4x."
    assert [text.get_text() for text in chart.axes.texts] == [] and marks(chart.axes) == []
    assert (made.name, made.title) == ("created", "Partner brought 100% of the $100 created")


def test_a_quota_that_is_met_has_no_coverage_to_name():
    won = [*HISTORY, change("w", "2026-07-20", close_date="2026-07-20", amount=900.0, stage_name="Won")]
    rows = [*DEALS, deal("w", close_date="2026-07-20", amount=900.0, stage_name="Won", created_at="2026-07-20")]
    chart = charts.draw(result(rows, won))[0]
    assert (chart.name, chart.title) == ("coverage_by_day", "No coverage with 52 days left")
    assert [text.get_text() for text in chart.axes.texts] == []

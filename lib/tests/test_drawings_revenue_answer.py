"""The drawings of the revenue answer read back: a bridge that stands where its numbers say, and a line a function."""

import numpy as np
import pandas as pd
import pytest

from revops.charts import style
from revops.charts.revenue_answer.drawings import COLOURS, plot_bridge, plot_quarters
from revops.charts.style import ACCENT, INK, MUTE

NAN = float("nan")
LINES = (
    ("Marketing would say", "answer", 500.0, 400.0, NAN, 900.0),
    ("From anywhere", "step", 200.0, 100.0, 900.0, 300.0),
    ("Best case", "step", 0.0, -250.0, 1200.0, -250.0),
    ("Sales would say", "answer", 700.0, 250.0, NAN, 950.0),
    ("No new bill", "open", -50.0, 0.0, 950.0, -50.0),
    ("Finance would say", "answer", 900.0, 0.0, NAN, 900.0),
)
COLUMNS = ["label", "kind", "booked", "committed", "before", "total"]


def bridge(*lines):
    return pd.DataFrame(lines, columns=COLUMNS)


def bars(ax):
    """Return left end, right end and row of each bar, from the top."""
    found = [(*sorted((p.get_x(), p.get_x() + p.get_width())), round(p.get_y() + p.get_height() / 2))
             for p in ax.patches]  # fmt: skip
    return sorted(found, key=lambda bar: (bar[2], bar[0]))


def beside(ax):
    return [text.get_text() for text in ax.texts]


def test_each_step_begins_where_the_row_above_ended():
    ax = plot_bridge(bridge(*LINES), "USD")
    assert bars(ax) == [
        (0, 500, 0), (500, 900, 0), (900, 1200, 1), (950, 1200, 2), (0, 700, 3), (700, 950, 3), (900, 950, 4),
        (0, 900, 5), (900, 900, 5),
    ]  # fmt: skip
    assert beside(ax) == ["$900", "+$300", "-$250", "$950", "-$50", "$900"]
    ends = [
        line.get_xdata()[0] for line in ax.get_lines() if len(set(line.get_xdata())) == 1 and max(line.get_ydata()) > 1
    ]
    assert ends == [1200, 950, 950, 900], "a thin line from where a row ends to where the next begins"
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first answer is on top"


def test_answers_are_dark_and_bold_steps_grey_and_what_is_open_red():
    ax = plot_bridge(bridge(*LINES), "USD")
    names = [(text.get_text(), text.get_weight(), text.get_color()) for text in ax.get_yticklabels()]
    assert names[0] == ("Marketing would say", "bold", style.INK)
    assert names[1] == ("From anywhere", "normal", style.MUTE)
    assert names[4] == ("No new bill", "normal", style.WARN)
    strong = [patch.get_alpha() for patch in ax.patches]
    assert strong[:3] == [None, 0.45, None], "what is committed is paler than what is booked"


def test_an_answer_that_cannot_be_told_has_a_name_and_no_bar():
    lines = bridge(LINES[0], ("Sales would say", "answer", NAN, NAN, NAN, NAN), LINES[5])
    ax = plot_bridge(lines, "USD")
    assert {row for *_, row in bars(ax)} == {0, 2} and beside(ax) == ["$900", "–", "$900"]


@pytest.mark.parametrize("totals", [(0.0, 0.0), (-300.0, -100.0)])
def test_nothing_and_less_than_nothing_can_be_drawn(totals):
    first, last = totals
    lines = bridge(("A", "answer", first, 0.0, NAN, first), ("B", "answer", last, 0.0, NAN, last))
    low, high = plot_bridge(lines, "USD").get_xlim()
    assert low <= min(totals) and high > 0 and np.isfinite([low, high]).all()


def test_a_bridge_of_no_lines_is_drawn_without_a_warning(recwarn):
    plot_bridge(bridge(), "USD")
    assert not list(recwarn)


AMOUNTS = {"FY26-Q4": (10.0, 30.0, NAN), "FY27-Q1": (20.0, 40.0, 35.0), "FY27-Q2": (5.0, 9.0, 8.0)}
QUARTERS = pd.DataFrame(
    [(period, who, amount) for period, told in AMOUNTS.items() for who, amount in zip(COLOURS, told, strict=True)],
    columns=["period", "who", "booked"],
)


def test_each_function_is_a_line_over_quarters_named_at_its_end():
    ax = plot_quarters(QUARTERS, "USD")
    lines = {line.get_color(): (list(line.get_xdata()), list(line.get_ydata()))
             for line in ax.get_lines() if line.get_linestyle() == "-"}  # fmt: skip
    assert lines.pop(COLOURS["finance"])[1][1:] == [35, 8], "it begins with the first quarter that can be told"
    assert lines == {COLOURS["marketing"]: ([0, 1, 2], [10, 20, 5]), COLOURS["sales"]: ([0, 1, 2], [30, 40, 9])}
    assert beside(ax) == ["marketing", "sales", "finance"]
    assert [text.get_color() for text in ax.texts] == [MUTE, ACCENT, INK], "colours that can be read as words"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Q4\nFY26", "Q1\nFY27", "Q2"]


def test_names_at_the_end_keep_apart_where_lines_end_together():
    table = QUARTERS.assign(booked=10.0)
    ax = plot_quarters(table, "USD")
    heights = sorted(text.xy[1] for text in ax.texts)
    points = ax.figure.get_figheight() * 72 * 0.75
    assert min(np.diff(heights)) * points > 12


def test_a_function_without_any_answer_has_no_line_and_nothing_at_all_can_be_drawn():
    table = QUARTERS.assign(booked=QUARTERS["booked"].where(QUARTERS["who"].ne("finance")))
    assert beside(plot_quarters(table, "USD")) == ["marketing", "sales"]
    assert beside(plot_quarters(QUARTERS.assign(booked=NAN), "USD")) == []

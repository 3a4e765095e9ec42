"""Charts of the stage benchmarking report: titles that are true of what is drawn, words for those who cannot see it,
the data behind, and nothing that reaches beyond the drawing. Results are made by hand."""

import datetime as dt
import itertools
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from told_stages import NAN, arrived, family, group, late, leak, move, passage, quarter, stage, told

from revops.benchmarks import published
from revops.charts import stage_benchmarking as charts
from revops.charts import style
from revops.measures import stage_benchmarking as report
from revops.report.figures import svg

ROOT = Path(__file__).parents[2]
FELL = {"verdict": "down", "p": 0.001}
CAME = [passage(f"N{n:02d}", event=int(n < 8), age_days=10 + n, follow_days=60) for n in range(20)]
BEFORE = [passage(f"B{n:02d}", event=int(n < 12), age_days=10 + n, follow_days=60, window=1 + n % 4) for n in range(20)]
HANDED = {"n": 20, "sla_share": 0.5, "sla_low": 0.4, "sla_high": 0.6}
MQLS = [late(f"L{n:02d}", event=int(n < 15), hours=1.0 + n) for n in range(20)]
MQLS += [late(f"P{n:02d}", event=int(n < 18), hours=0.5 + n / 2, place=1 + n % 4) for n in range(20)]
WHOLE = {
    "moves": [move(**FELL), move("win", "all", 0.3, 0.28, ends=(0.25, 0.35)), move("funnel", "mql", 0.8, 0.79,
                                                                                   ends=(0.75, 0.85))],
    "families": [family(passages=[*CAME, *BEFORE])],
    "leaks": [leak("lead", 0.2, 0.6, "funnel"), leak("opportunity", 0.7, 0.2, "funnel"), leak("Discovery", 0.2, 0.7),
              leak()],
    "stages": [stage("Lead", 0, 0.0), stage("Discovery", 2, 300.0), stage()],
    "groups": [group(verdict="below"), group("Enterprise", share=0.4), group("EMEA", "region", is_few=True),
               group("AMER", "region"), group("new", "type", share=0.3), group("expansion", "type", share=0.5)],
    "hand_off": HANDED, "before": HANDED | {"sla_share": 0.6}, "leads": MQLS, "arrivals": [arrived()],
    "mqls": [quarter(), quarter("FY26-Q2", 20, 50.0, over=False, met=0.9)],
}  # fmt: skip
NAMES = ["moved", "curves", "funnel", "stages", "stuck", "groups", "hand_off", "mqls"]


def drawn(**given):
    return {chart.name: chart for chart in charts.draw(told(**given))}


def one(name, **given):
    """Return one of the charts; None where it is not drawn."""
    return drawn(**WHOLE | given).get(name)


def texts(chart):
    return [text.get_text() for text in chart.axes.texts]


def rows_of(chart):
    return [text.get_text() for text in chart.axes.get_yticklabels()]


def dots(chart, size=6.5):
    lines = [line for line in chart.axes.get_lines() if line.get_marker() == "o" and line.get_markersize() == size]
    return [(round(float(line.get_xdata()[0]), 6), float(line.get_ydata()[0]), line.get_color()) for line in lines]


def test_every_chart_has_data_with_units_and_draws_without_a_warning(recwarn):
    found = drawn(**WHOLE)
    assert list(found) == NAMES
    for chart in found.values():
        assert len(chart.units) == len(chart.data.columns) and len(chart.data), chart.name
        assert svg(chart).startswith("<svg"), chart.name
        assert chart.alt.startswith(chart.title) and chart.alt.endswith("."), chart.name
        assert chart.caption.endswith(".") and len(chart.title) <= 100, chart.name
        assert not chart.title[0].islower(), chart.name
        for text in (chart.title, chart.alt, chart.caption):
            assert not any(bad in f" {text} " for bad in ("caus", " nan", " inf ", "None", "..", "  ")), text
        first = chart.data.iloc[:, 0]
        assert first.notna().all() and first.astype("str").str.len().gt(0).all(), chart.name
        assert np.isfinite(chart.data.select_dtypes("number").fillna(0)).all(axis=None), chart.name
    assert [str(warning.message) for warning in recwarn] == []


def test_without_data_nothing_is_drawn():
    assert drawn() == {}
    assert drawn(moves=[move(p=NAN, verdict="not tested", why="few")], leaks=(), stages=[stage(halving=NAN)],
                 groups=[group(shrunk=NAN)], mqls=[{**quarter(), "span": "weeks"}]) == {}  # fmt: skip
    assert drawn(stages=[stage(n_stuck=0, amount=0.0)], groups=[group()], hand_off=HANDED) == {}


@pytest.mark.parametrize(
    ("moves", "title"),
    [
        ([move()], "Nothing moved beyond noise"),
        ([move(**FELL), move("win", "all")], "1 number moved beyond noise"),
        ([move(**FELL), move(step="Proposal", verdict="up", p=0.01)], "2 numbers moved beyond noise"),
        ([move(dimension="segment", group=f"S{n}", **FELL) for n in range(14)], "14 numbers moved beyond noise"),
    ],
)
def test_what_moved_is_counted_in_the_title(moves, title):
    chart = drawn(moves=moves)["moved"]
    assert chart.title == title and len(chart.data) == min(len(moves), 12)


def test_what_moved_is_in_colour_and_comes_first():
    better = move(step="Proposal", now=0.6, past=0.5, verdict="up", p=0.01, dimension="region", group="EMEA")
    chart = one("moved", moves=[move("win", "all"), better, move(**FELL), move(dimension="type", group="new")])
    assert rows_of(chart) == ["Discovery to\nProposal", "Proposal to Won in\nEMEA", "Opportunity to won"]
    assert dots(chart) == [(0.41, 0, style.WARN), (0.6, 1, style.ACCENT), (0.41, 2, style.MUTE)]
    assert texts(chart) == ["52% → 41%", "50% → 60%", "52% → 41%"]
    assert chart.data["beyond_noise"].tolist() == ["worse", "better", ""]
    assert chart.alt == (
        "2 numbers moved beyond noise. Discovery to Proposal 52% before, 41% now; Proposal to Won in EMEA 50% before, "
        "60% now; Opportunity to won 52% before, 41% now."
    )
    assert "days" not in "".join(
        drawn(moves=[move(), move("days", step="Lead", now=3.0, past=2.0)])["moved"].alt.split()
    )


def test_the_curve_is_of_the_step_that_changed_most_surely():
    chart = one("curves")
    assert chart.title == "Discovery to Proposal fell: 52% before, 41% now by day 30"
    assert chart.alt == f"{chart.title}. Range of the last weeks 35% to 47%."
    assert set(chart.data["when"]) == {"last weeks", "before"}
    end = chart.data[chart.data["when"].eq("last weeks")].iloc[-1]
    assert (end["share"], chart.data["age_days"].max()) == (pytest.approx(8 / 20), 60)
    rose = move(now=0.6, past=0.5, ends=(0.55, 0.65), verdict="up", p=0.001)
    assert one("curves", moves=[rose]).title == "Discovery to Proposal rose: 50% before, 60% now by day 30"
    still = one("curves", moves=[move(), move("sla", "MQL to first touch", p=1e-9, horizon=NAN)])
    assert still.title == "Discovery to Proposal: 52% before, 41% now by day 30, not beyond noise"
    assert one("curves", moves=[move("win", "all", **FELL)]) is None, "no passages of it"
    assert one("curves", families=[family(passages=CAME[:3])]) is None, "too few to draw"


def test_leaks_add_up_and_the_title_names_the_largest():
    chart = one("stages")
    assert chart.title == "Most is lost in Proposal: 40% of what comes in"
    assert chart.alt.endswith("Proposal: 50% moved on, 10% still there, 40% lost.")
    assert chart.data[["moved_on", "still_there", "lost"]].sum(axis=1).tolist() == pytest.approx([1.0, 1.0])
    assert texts(chart)[:2] == ["20% lost", "40% lost"]
    assert one("funnel").title == "Most is lost in Opportunity: 70% of what comes in"
    assert one("stages", leaks=[leak("Lead", 0.0, 0.9)]).title == "Nothing that came in was lost by day 180"


def test_what_is_stuck_is_told_by_stage():
    chart = one("stuck")
    assert chart.title == "$400 stands still, the largest part in Discovery"
    assert chart.caption.endswith(": 3 deals of 15 open.")
    assert chart.alt.endswith(
        "Discovery: $300 in 2 deals older than 60 days; Proposal: $100 in 1 deal older than 60 days."
    )
    assert one("stuck", stages=[stage(), stage("Lead", 0, 0.0)]).title == "$100 stands still, all of it in Proposal"


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([group("A", verdict="below"), group("B", verdict="above")], "A wins less often than the rest"),
        ([group("A", verdict="below"), group("B", verdict="below")], "A and B win less often than the rest"),
        ([group("A", verdict="above"), group("B")], "A wins more often than the rest"),
        ([group("A", verdict="few"), group("B")], "No segment or region wins more or less often, beyond chance"),
        ([group(f"G{n}", verdict="below") for n in range(4)], "4 segments or regions win less often than the rest"),
        ([group(f"{n}" * 39, verdict="above") for n in range(3)], "3 segments or regions win more often than the rest"),
        ([group("A"), group("B"), group("new", "type", verdict="above"), group("x", "type", verdict="below")],
         "No segment or region wins more or less often, beyond chance"),
    ],
)  # fmt: skip
def test_the_title_of_groups_names_who_wins_more_or_less_often(rows, title):
    assert one("groups", groups=rows).title == title


def test_groups_stand_under_their_dimension_and_all_of_the_same_business_are_the_dashed_line():
    chart = one("groups")
    assert rows_of(chart) == ["Segment", "SMB", "Enterprise", "Region", "EMEA", "AMER"]
    assert texts(chart) == ["25%  worse", "40%", "25%  few", "25%"]
    dashed = [line.get_xdata()[0] for line in chart.axes.get_lines() if line.is_dashed()]
    assert dashed == [0.3]
    assert chart.caption.startswith(
        "Opportunities of new business won by day 180, of the last 13 weeks and the 52 weeks"
    )
    assert chart.caption.endswith(" Hollow: fewer than 20.")
    assert chart.data["group"].tolist() == ["SMB", "Enterprise", "EMEA", "AMER"]
    other = [group("A"), group("B"), group("new", "type", horizon_days=90.0)]
    lines = one("groups", groups=other).axes.get_lines()
    assert not [line for line in lines if line.is_dashed()], "of another age: not to be drawn beside them"
    assert one("groups", groups=[group(), group("EMEA", "region")]) is None, "one group has nothing beside it"
    assert one("groups", groups=[group("new", "type"), group("expansion", "type")]) is None


def test_the_hand_off_tells_share_and_target():
    chart = one("hand_off")
    assert chart.title == "50% of MQLs are touched within 4 hours; asked for are 80%"
    assert chart.alt == f"{chart.title}. Before: 60%."
    assert one("hand_off", before={"sla_share": NAN}).alt == f"{chart.title}."
    assert one("hand_off", leads=MQLS[:5]) is None and one("hand_off", hand_off={"sla_share": NAN}) is None
    assert set(chart.data["when"]) == {"last weeks", "before"} and list(chart.data) == ["when", "hours", "touched"]
    assert list(one("hand_off", unit="days").data) == ["when", "days", "touched"]


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([quarter(), quarter("FY26-Q2", 20, 50.0, over=False, met=0.9)],
         "20 MQLs in FY26-Q2 so far; 50 of 50 were due by now"),
        ([quarter(target=40.0, met=1.25)], "50 MQLs in FY26-Q1; the target is 40"),
        ([quarter(), quarter("FY26-Q2", 1, over=False)], "1 MQL in FY26-Q2 so far"),
        ([quarter(n=1200)], "1,200 MQLs in FY26-Q1"),
        ([quarter(n=0)], "No MQLs in FY26-Q1"),
    ],
)  # fmt: skip
def test_mqls_are_told_against_their_target(rows, title, recwarn):
    chart = one("mqls", mqls=rows)
    assert chart.title == title and svg(chart) and not list(recwarn)
    assert len(one("mqls", mqls=[quarter(f"FY2{n}-Q1") for n in range(9)]).data) == 8


HOSTILE = ["<img src=x onerror=alert(1)>", "$x$ & co", "W" * 80, "two\nlines", "Nord " * 20]
NAMED = {
    "moves": [move(dimension="segment", group=name, **FELL) for name in HOSTILE] + [move()],
    "groups": [group(name, verdict="below" if n else "none") for n, name in enumerate(HOSTILE)],
}


def test_names_with_markup_or_at_length_are_text_within_the_drawing():
    found = drawn(**WHOLE | NAMED)
    for name in NAMED:
        chart = found["moved" if name == "moves" else name]
        drawing = svg(chart)
        assert "<img" not in drawing and "&lt;img" in drawing and "$x$ &amp; co" in drawing
        assert all(len(row.splitlines()) <= 2 for row in rows_of(chart)) and len(chart.title) <= 100


def test_drawing_changes_no_global_state_and_gives_the_same_bytes_twice():
    before = dict(mpl.rcParams)
    first, second = ([svg(chart) for chart in charts.draw(told(**WHOLE))] for _ in range(2))
    assert first == second and dict(mpl.rcParams) == before
    assert set(re.findall("#[0-9a-f]{6}", "".join(first))) <= set(style.COLOURS), "only colours that follow the page"


def drawn_texts(ax):
    """Return what is written in a chart, but for ticks that lie outside it or belong to an axis that is not shown."""
    ticks = []
    for axis, ends in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        shown = [tick for tick in axis.get_major_ticks() if min(ends) <= tick.get_loc() <= max(ends)]
        ticks += [label for tick in shown for label in (tick.label1, tick.label2) if axis.get_visible()]
    return [text for text in (*ax.texts, *ticks) if text.get_visible() and text.get_text()]


VARIED = {
    "all": {},
    "hostile": NAMED | {"mqls": [quarter(f"FY2{n}-Q4", 10 ** n, 10.0 ** n, met=1.0) for n in range(8)],
                        "leaks": [leak("W" * 60, 1.0, 0.0), leak("Lead", 0.0, 1.0)],
                        "stages": [stage("Nord " * 20, 9999, 1e12)]},
    "same": {"moves": [move(now=0.5, past=0.5, **FELL)], "families": [family(passages=[*CAME, *[
        row | {"subject_id": f"S{n}", "window": 1} for n, row in enumerate(CAME)]])],
        "leads": MQLS[:20] + [{**row, "place": 1} for row in MQLS[:20]]},
    "ends": {"moves": [move(now=1.0, past=0.0, ends=(0.99, 1.0), **FELL)], "sla_target": 0.99,
             "groups": [group("A", share=1.0), group("B", share=0.0)], "mqls": [quarter(n=0)]},
}  # fmt: skip


@pytest.mark.parametrize("changes", VARIED.values(), ids=VARIED)
def test_nothing_drawn_reaches_beyond_the_figure_and_no_text_stands_on_another(changes):
    for chart in drawn(**WHOLE | changes).values():
        within(chart)


def within(chart):
    figure = chart.axes.figure
    with style.report():
        figure.draw_without_rendering()
    assert figure.get_figwidth() * 72 <= 350
    shown = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text()]
    assert all(text.get_fontsize() >= 11 for text in shown)
    assert chart.axes.get_window_extent().width > 60, chart.name
    boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(chart.axes)]
    for said, box in boxes:
        assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, (chart.name, said)
        assert box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1, (chart.name, said)
    for (first, a), (other, b) in itertools.combinations(boxes, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= 1 or high <= 0.15 * min(a.height, b.height), (chart.name, first, other)


@pytest.fixture(scope="module")
def measured(sample):
    return report.measure(sample.as_of(dt.date(2026, 6, 9)), report.Knobs(draws=100), published(ROOT))


def test_of_the_sample_everything_is_drawn_and_the_titles_are_what_its_tables_say(measured):
    found = {chart.name: chart for chart in charts.draw(measured)}
    assert list(found) == NAMES
    for chart in found.values():
        within(chart)
        assert len(chart.units) == len(chart.data.columns) and len(chart.title) <= 100
    n = measured.changes.table["verdict"].isin(["up", "down"]).sum()
    assert found["moved"].title.startswith("Nothing" if n == 0 else f"{n} number")
    assert len(found["stages"].data) == 5 and found["stuck"].data["stuck"].sum() == len(measured.pipeline.stuck)
    worst = measured.leaks[measured.leaks["what"].eq("stage")].set_index("step")["lost_share"]
    assert f" in {worst.idxmax()}: {worst.max():.0%} of " in found["stages"].title


def test_the_largest_leak_is_named_in_whatever_order_stages_stand():
    rows = [leak("Discovery", 0.2, 0.7), leak()]
    assert one("stages", leaks=rows).title == one("stages", leaks=rows[::-1]).title

"""What the charts of the revenue answer claim is what its tables say."""

from itertools import pairwise

import pandas as pd
import pytest
from answering_companies import HAND, HAND_DEALS, HAND_TABLES, defined, open_, seen

from revops.charts.revenue_answer import draw
from revops.charts.revenue_answer.claims import _title_of_quarters, lines_of
from revops.measures.revenue_answer import Knobs, measure
from revops.report.figures import svg


def found(view, **knobs):
    return measure(view, Knobs(**{"stale_after_days": 366} | knobs))


def drawn(view, **knobs):
    return {chart.name: chart for chart in draw(found(view, **knobs))}


def test_the_bridge_names_the_answers_and_draws_what_moves():
    chart = drawn(HAND())["answers_bridge"]
    assert chart.title == "FY26-Q2 by three definitions: marketing $840, sales $785 and finance $201"
    assert chart.caption == (
        "Dark: booked; pale: committed; grey: what each rule moves, one after the other. Red: among it is what "
        "nobody has explained. Finance by bills of Apr and May alone."
    )
    first = ["Marketing", "Deals that came from elsewhere", "Open deals: commit alone", "Sales"]
    assert chart.data["line"].tolist()[:4] == first
    assert len(chart.units) == len(chart.data.columns) and chart.data.iloc[:, 0].notna().all()
    assert "Open deals: commit alone -$360" in chart.alt and "nan" not in chart.alt.lower().replace("finance", "")
    assert svg(chart)


@pytest.mark.parametrize("part", ["total", "booked"])
def test_lines_lead_from_each_answer_to_the_next_to_the_cent(part):
    lines = lines_of(found(HAND()), part)
    answers = lines.index[lines["kind"].eq("answer")]
    for one, other in pairwise(answers):
        steps = lines.loc[one + 1 : other - 1]
        assert round(lines.at[one, "total"] + steps["total"].sum(), 2) == lines.at[other, "total"]
        assert steps["before"].iloc[0] == lines.at[one, "total"]
        assert (lines["booked"] + lines["committed"] - lines["total"]).abs().max() < 0.005


def test_what_nobody_explains_is_red_and_nothing_else():
    lines = lines_of(found(HAND())).set_index("label")
    assert lines.index[lines["kind"].eq("open")].tolist() == [
        "Won, not in the bills", "Billed, nothing won in the quarter", "Billed at another amount than won",
    ]  # fmt: skip
    lines = lines_of(found(HAND(), bill_days=90, other_amount=0.5)).set_index("label")
    assert lines.index[lines["kind"].eq("open")].tolist() == ["Billed, nothing won in the quarter"]


def test_without_categories_the_bridge_is_of_what_is_booked():
    deals = [{**row, "forecast_category": None} for row in HAND_DEALS]
    chart = drawn(seen(deals, **HAND_TABLES))["answers_bridge"]
    assert chart.title == "FY26-Q2 booked by three definitions: marketing $80, sales $185 and finance $201"
    assert chart.caption.startswith("What is booked alone, as what is committed cannot be told; ")
    assert chart.data["committed"].eq(0).all()


def test_what_cannot_be_told_is_named_and_one_answer_is_no_bridge():
    chart = drawn(HAND(subscriptions=[]))["answers_bridge"]
    assert chart.title == "FY26-Q2 by two definitions: marketing $840 and sales $785"
    assert " Not to be told: finance." in chart.caption
    billed = {"bookings": "billed"}
    assert drawn(HAND(defined(marketing=billed, finance=billed), subscriptions=[])) == {}


def test_answers_that_agree_are_said_once_and_rules_that_move_nothing_are_counted():
    chart = drawn(seen([open_("z", "2026-12-01", 5.0, "Pipeline")]))["answers_bridge"]
    assert chart.title == "FY26-Q2 is $0 by each of two definitions"
    assert chart.caption.endswith("Not to be told: finance. 2 rules move nothing.")


def test_quarters_that_are_over_are_drawn():
    chart = drawn(HAND(day="2026-07-20"))["quarters"]
    assert chart.data["quarter"].tolist() == ["FY26-Q1", "FY26-Q2"]
    assert chart.title == "In FY26-Q2 finance booked 685% of what sales did"
    assert chart.caption.endswith(" A line breaks off where bills lack a month.")
    assert "quarters" not in drawn(HAND()), "one quarter is no line"
    unbilled = drawn(HAND(subscriptions=[], day="2026-07-20"))["quarters"]
    assert "breaks off" not in unbilled.caption, "no line, no break"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"sales": [100, 200], "finance": [104, 322]}, "In each of 2 past quarters finance booked 104% to 161% of "
         "what sales did"),
        ({"sales": [100, 200], "finance": [90, 180]}, "In each of 2 past quarters finance booked 90% of what "
         "sales did"),
        ({"sales": [100, 200, 0], "finance": [90, 210, 5]}, "In 1 of 2 past quarters finance booked more than sales: "
         "90% to 105% of it"),
        ({"sales": [100, 200], "finance": [None, None], "marketing": [50, 120]}, "In each of 2 past quarters marketing "
         "booked 50% to 60% of what sales did"),
        ({"sales": [None], "finance": [5]}, "No whole quarter can be told both by deals won and otherwise"),
    ],
)  # fmt: skip
def test_the_title_of_quarters_compares_with_sales(rows, said):
    assert _title_of_quarters(pd.DataFrame(rows, dtype=float)) == said

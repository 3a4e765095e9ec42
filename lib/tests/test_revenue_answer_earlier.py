"""What nobody explains between won and billed, and the answers of earlier quarters: worked out by hand."""

import math

import pytest
from answering_companies import HAND, bills, defined, seen, won

from revops.measures.revenue_answer import Knobs, display_tables, measure, measure_rows


def found(view, **knobs):
    return measure(view, Knobs(**{"stale_after_days": 366} | knobs))


def open_points(view, **knobs):
    rows = found(view, **knobs).unexplained
    columns = ["period", "kind", "opportunity_id", "customer", "won_amount", "billed_amount", "amount"]
    return [tuple(None if value != value else value for value in row) for row in rows[columns].itertuples(index=False)]


DEALS = [
    won("1", "A", "2026-02-10", 120.0),
    won("2", "B", "2026-03-20", 60.0),
    won("3", "C", "2026-03-25", 240.0),
    won("4", "D", "2026-04-10", 100.0),
    won("5", "E", "2026-05-20", 50.0),
    won("6", "F", "2026-01-15", 12.0),
    won("7", "G", "2026-04-15", 120.0),
]
BILLS = [*bills("Z", {1: 1.0}), *bills("A", {2: 10.0, 3: 10.0, 4: 10.0, 5: 10.0}), *bills("B", {4: 5.0, 5: 5.0}),
         *bills("G", {4: 11.0, 5: 11.0}), *bills("H", {5: 2.0}),
         *bills("F", {2: 1.0, 3: 1.0, 4: 1.5, 5: 1.5})]  # fmt: skip
"""A is billed as won. B was won late in March and billed from April on. C was never billed, nor D; E was won in the
last month of the bills. F's rise in April is of a deal won before. G is billed at 132 for 120. H bought nothing."""


def company(**tables):
    return seen(DEALS, **({"subscriptions": BILLS} | tables))


def test_what_is_not_explained_is_told_quarter_by_quarter_the_largest_first():
    assert open_points(company()) == [
        ("FY26-Q1", "won_not_billed", "3", None, 240.0, 0.0, 240.0),
        ("FY26-Q2", "won_not_billed", "4", None, 100.0, 0.0, 100.0),
        ("FY26-Q2", "billed_not_won", None, "H", 0.0, 24.0, 24.0),
    ]


def test_a_bill_is_waited_for_and_looked_for_after_the_quarters_end():
    """After 0 days the deal of the last month is missed too, and the bill of April is not looked for in March's."""
    assert [row[2] for row in open_points(company(), bill_days=0) if row[1] == "won_not_billed"] == ["3", "2", "4", "5"]
    assert [row[2] for row in open_points(company(), bill_days=60) if row[1] == "won_not_billed"] == ["3"]


def test_another_amount_counts_from_a_share_of_what_was_won_on():
    """12 of 120 are a tenth: not more than a tenth."""
    assert [row for row in open_points(company(), other_amount=0.09) if row[1] == "other_amount"] == [
        ("FY26-Q2", "other_amount", "7", "G", 120.0, 132.0, 12.0)
    ]
    assert not [row for row in open_points(company(), other_amount=0.1) if row[1] == "other_amount"]


def test_only_the_quarters_asked_after_are():
    assert {row[0] for row in open_points(company(), asked_quarters=0)} == {"FY26-Q2"}
    assert found(company(), asked_quarters=0).asked == ["FY26-Q2"]
    assert found(company(), asked_quarters=1, past_quarters=0).asked == ["FY26-Q1", "FY26-Q2"]
    assert found(company(), past_quarters=0).earlier.table["period"].unique().tolist() == ["FY26-Q2"]


def test_a_bridge_from_bills_to_deals_leaves_the_same_open():
    turned = defined(sales={"bookings": "billed"}, finance={"bookings": "won"})
    wider = defined(marketing={"sources": None, "touched": False, "bookings": "billed"}, finance={"bookings": "won"})
    assert {row[2:] for row in open_points(seen(DEALS, wider, subscriptions=BILLS))} == {
        row[2:] for row in open_points(company())
    }
    assert {row[2:] for row in open_points(seen(DEALS, turned, subscriptions=BILLS))} >= {
        ("3", None, 240.0, 0.0, 240.0), (None, "H", 0.0, 24.0, 24.0)
    }  # fmt: skip


def test_the_share_is_of_the_largest_answer_over_the_same_quarters():
    """364 of what sales booked: 432 in the first quarter (120 + 60 + 240 + 12) and 270 in the second."""
    told = found(company())
    assert told.unexplained["amount"].sum() == 364.0
    assert told.unexplained_share == pytest.approx(364 / 702)
    assert math.isnan(found(company(subscriptions=[])).unexplained_share)


def test_the_measures_are_the_sums_of_the_table_and_say_why_there_are_none():
    rows = {(*row["by"].values(),): row for row in measure_rows(found(company()))
            if row["id"] == "answers_unexplained_amount"}  # fmt: skip
    assert {by: (row["value"], row["n"]) for by, row in rows.items()} == {
        (): (364.0, 3), ("won_not_billed",): (340.0, 2), ("billed_not_won",): (24.0, 1), ("other_amount",): (0.0, 0)
    }  # fmt: skip
    none = [row for row in measure_rows(found(company(subscriptions=[]))) if row["id"] == "answers_unexplained_amount"]
    assert all(math.isnan(row["value"]) and row["note"].startswith("needs subscriptions: ") for row in none)


def test_earlier_quarters_are_told_where_bills_hold_all_their_months():
    told = found(company()).earlier.table
    wide = told.pivot(index="period", columns="who", values="booked")
    assert wide.loc["FY26-Q2"].to_dict() == {"finance": 222.0, "marketing": 270.0, "sales": 270.0}
    assert wide.loc["FY26-Q1", "sales"] == 432.0 and math.isnan(wide.loc["FY26-Q1", "finance"])
    assert told.groupby("period")["is_whole"].first().to_dict() == {"FY26-Q1": True, "FY26-Q2": False}
    assert list(told["period"].unique()) == ["FY26-Q1", "FY26-Q2"], "nothing was booked in the quarters before"


def test_each_quarter_is_told_as_its_own_report_would_be():
    view = HAND(day="2026-07-20")
    earlier = found(view, past_quarters=2).earlier.table
    alone = found(view, period="FY26-Q2").by_who["booked"]
    then = earlier[earlier["period"].eq("FY26-Q2")].set_index("who")["booked"]
    assert then.to_dict() == alone.to_dict()


def test_tables_of_what_is_open_and_of_quarters_are_as_told():
    tables = display_tables(found(company()))
    shown = tables["unexplained"][1]
    assert shown[["Deal or customer", "What", "Apart"]].to_numpy().tolist() == [
        ["Deal 3", "Won, no new bill", 240.0], ["Deal 4", "Won, no new bill", 100.0], ["H", "Billed, nothing won", 24.0]
    ]  # fmt: skip
    quarters = tables["answers_by_quarter"][1]
    assert list(quarters.columns) == ["Quarter", "Marketing", "Sales", "Finance", "Apart"]
    assert quarters["Apart"].tolist() == [0.0, pytest.approx(48 / 270)]
    assert all(len(table.columns) <= 9 and table.iloc[:, 0].notna().all() for _, table, _ in tables.values())

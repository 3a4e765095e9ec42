"""The first screen of the revenue answer: whole sentences on the company worked out by hand, and on odd ones."""

import dataclasses
import re

import pandas as pd
import pytest
from answering_companies import HAND, HAND_DEALS, HAND_TABLES, bills, defined, open_, seen, won

from revops.actions.revenue_answer import headline
from revops.measures.revenue_answer import Knobs, measure

QUIET = {"stale_after_days": 366}
SALES = "FY26-Q2: $185 is booked and $600 committed as sales counts"


def result(view, **knobs):
    return measure(view, Knobs(**QUIET | knobs))


def said(view, **knobs):
    found = headline(result(view, **knobs))
    return found.status, found.sentence


def test_the_first_screen_of_a_quarter_under_way():
    found = headline(result(HAND()))
    assert (found.status, found.sentence, found.below) == (
        "watch",
        f"{SALES}; marketing would say $840, finance $201 by bills of Apr and May alone, and $40 between is "
        "not explained.",
        "Most of the difference: open deals do not count (sales to finance, -$600) and open deals: commit alone "
        "(marketing to sales, -$360). Day 71 of 91.",
    )
    assert [(number.figure, number.text, number.is_bad) for number in found.numbers] == [
        ("$785", "booked and committed as sales counts: $185 in 4 deals, $600 open in 2 deals", False),
        ("$40", "won or billed without the other from FY26-Q1 to FY26-Q2, 18% of what was booked: 1 won without a new "
         "bill, 1 billed with nothing won and 1 billed at another amount; the bridge and its sentence are of FY26-Q2 "
         "alone", True),
        ("60%", "how far the answers on what is booked are apart: $80 to $201, finance by bills of Apr and "
         "May alone", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [(0.05, 0.177, "act"), (0.05, 0.178, "watch"), (0.177, 0.5, "watch"), (0.178, 0.5, "on_track")],
)
def test_the_status_goes_by_the_share_that_nobody_explains(low, high, status):
    """19.90 + 15 + 5 = 39.90 of 40 + 185.15 = 225.15, what sales booked in both quarters: 17.72 %."""
    assert said(HAND(), alike_up_to=low, act_from=high)[0] == status


def test_where_everything_is_explained_it_says_so_and_is_on_track():
    deals = [won("1", "A", "2026-04-10", 120.0), won("2", "B", "2026-06-05", 30.0)]
    tables = {"subscriptions": [*bills("Z", {3: 1.0}), *bills("A", {4: 10.0, 5: 10.0})]}
    found = headline(result(seen(deals, **tables)))
    assert (found.status, found.sentence) == (
        "on_track",
        "FY26-Q2: $150 is booked and $0 committed as sales counts; marketing would say $150, finance $120 by bills "
        "of Apr and May alone, and all that lies between is explained.",
    )
    assert found.numbers[1].text == "won or billed without the other of FY26-Q2: all is explained"
    assert not found.numbers[1].is_bad


def test_without_bills_finance_is_told_last_and_nothing_is_judged():
    assert said(HAND(subscriptions=[])) == (
        "not_enough_data",
        f"{SALES}; marketing would say $840, and all that lies between is explained; what finance would say cannot be "
        "told.",
    )


def test_without_forecast_categories_what_is_booked_is_compared():
    deals = [{**row, "forecast_category": None} for row in HAND_DEALS]
    found = headline(result(seen(deals, **HAND_TABLES)))
    assert found.sentence == (
        "FY26-Q2: $185 is booked as sales counts, and what is committed cannot be told; marketing would say $80 "
        "booked, finance $201 booked by bills of Apr and May alone, and $40 between is not explained."
    )
    assert found.numbers[0].figure == "–"


@pytest.mark.parametrize(
    ("company", "sentence"),
    [
        (defined(marketing={"sources": None, "touched": False, "committed": ("commit",)},
                 finance={"bookings": "won", "committed": ("commit",)}),
         f"{SALES}; marketing and finance would say the same."),
        (defined(finance={"bookings": "won", "sources": ("marketing",), "touched": True,
                          "committed": ("best_case", "commit")}),
         f"{SALES}; marketing and finance would both say $840, and all that lies between is explained."),
        (defined(marketing={"bookings": "billed", "committed": ()}, sales={"committed": ()},
                 finance={"bookings": "won"}),
         "FY26-Q2: $185 is booked as sales counts; marketing would say $201 by bills of Apr and May "
         "alone, finance $185, and $40 between is not explained."),
    ],
)  # fmt: skip
def test_other_definitions_are_told_as_they_are(company, sentence):
    assert said(HAND(company))[1] == sentence


def test_answers_that_are_the_same_by_definition_are_on_track_though_no_bills_are_asked():
    alike = {"sources": None, "touched": False, "committed": ("commit",), "bookings": "won"}
    found = headline(result(HAND(defined(marketing=alike, sales=alike, finance=alike))))
    assert found.status == "on_track"
    assert found.numbers[2].text.startswith("how far the answers on what is booked are apart: each says $185")


def test_a_quarter_that_is_over_was_booked_and_has_nothing_committed():
    found = headline(result(HAND(day="2026-07-20"), period="FY26-Q2"))
    assert found.sentence == (
        "FY26-Q2: $185 was booked as sales counts; marketing would say $80, finance $1.3K, and $1.2K between is not "
        "explained."
    )
    assert found.below.endswith("The quarter ended on 30 Jun.")
    assert found.numbers[0].text == "booked as sales counts, in 4 deals"


def test_a_quarter_that_has_not_begun_is_told_and_not_judged():
    found = headline(result(HAND(), period="next"))
    assert (found.status, found.sentence) == (
        "not_enough_data",
        "FY26-Q3: $0 is booked and $800 committed as sales counts; marketing would say $800, finance $0, and all that "
        "lies between is explained.",
    )
    assert found.below.endswith("The quarter begins in 21 days.")


def test_what_earlier_quarters_leave_open_is_told_in_the_line_below():
    found = headline(result(HAND(day="2026-07-20")))
    assert (
        found.below
        == "Of earlier deals and bills (FY26-Q2), $1.2K is not explained; it is no part of this bridge. Day 20 of 92."
    )
    assert found.status == "act"


def test_old_exports_say_nothing_of_what_is_to_come():
    found = headline(measure(HAND(day="2026-06-29"), Knobs(stale_after_days=1)))
    assert (found.status, found.sentence, found.below) == (
        "not_enough_data",
        "The exports end on 5 Jun, 24 days before 29 Jun: what FY26-Q2 brings is not known.",
        "Day 90 of 91.",
    )


def test_nothing_booked_by_anybody_is_no_ratio():
    found = headline(result(seen([open_("z", "2026-12-01", 5.0, "Pipeline")])))
    assert found.status == "not_enough_data"
    assert found.sentence == (
        "FY26-Q2: $0 is booked and $0 committed as sales counts; marketing would say the same; what finance would say "
        "cannot be told."
    )
    assert [number.figure for number in found.numbers] == ["$0", "–", "–"]


def test_a_slice_is_named():
    deals = [{**row, "region": "EMEA" if row["opportunity_id"] in "17" else "AMER"} for row in HAND_DEALS]
    found = headline(result(seen(deals, **HAND_TABLES), slice={"region": "EMEA"}))
    assert found.sentence.startswith("FY26-Q2 (EMEA): $100 is booked and $200 committed as sales counts; ")


def test_past_quarters_give_how_far_answers_were_apart():
    told = result(HAND())
    past = {"Q1": (50.0, 100.0, 80.0), "Q2": (90.0, 100.0, 75.0)}
    rows = [(period, who, amount, 1, True) for period, amounts in past.items()
            for who, amount in zip(told.by_who.index, amounts, strict=True)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["period", "who", "booked", "n_booked", "is_whole"])
    found = headline(dataclasses.replace(told, earlier=dataclasses.replace(told.earlier, table=table)))
    assert found.numbers[2].text.endswith(
        ": $80 to $201, finance by bills of Apr and May alone; 25% to 50% in 2 past quarters"
    )


@pytest.mark.parametrize("day", ["2026-04-01", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-01"])
@pytest.mark.parametrize("tables", [{}, {"subscriptions": []}, {"touches": []}])
def test_on_any_day_one_sentence_is_said_without_a_hole(day, tables):
    found = headline(result(HAND(day=day, **tables)))
    for text in (found.sentence, found.below, *(number.text for number in found.numbers)):
        assert not re.search(r"\bnan\b|None|–|  |\.\.", text)
    assert found.sentence.startswith(("FY26-Q2: $", "FY26-Q3: $")) and found.sentence.endswith(".")

"""The first screen where no past quarter can be rebuilt: what is booked, open and overdue, and what moved."""

import pytest

from frames import as_of, book, change, deal, quota
from revops.actions import Number
from revops.actions import pipeline_coverage as act
from revops.measures.pipeline_coverage import Knobs, measure

OPEN = deal("a", close_date="2026-08-20", amount=300_000.0, owner_id="o")
MORE = deal("b", close_date="2026-09-01", amount=100_000.0, owner_id="o")
LATE = deal("late", close_date="2026-08-01", amount=70_000.0, owner_id="o")
WON = deal("w", close_date="2026-07-20", amount=250_000.0, stage_name="Won", owner_id="o")
FAR = deal("far", close_date="2027-03-01", owner_id="o")


QUOTA = (quota(650_000.0),)


def said(*deals, quotas=QUOTA, day="2026-08-09", **knobs):
    return act.headline(
        measure(as_of(book(list(deals), quotas=list(quotas)), day), Knobs(**{"stale_after_days": 366} | knobs))
    )


@pytest.mark.parametrize(
    ("deals", "quotas", "sentence"),
    [
        ([OPEN, MORE, WON], [quota(650_000.0)],
         "FY26-Q3 has $400K still to book and $400K of open pipeline to book it from: 1.0x, in 2 opportunities."),
        ([OPEN], [quota(650_000.0)],
         "FY26-Q3 has $650K still to book and $300K of open pipeline to book it from: 0.5x, in 1 opportunity."),
        ([OPEN, WON], [quota(250_000.0)],
         "FY26-Q3 has reached its quota: $250K booked of $250K, with $300K still open."),
        ([OPEN, WON], [quota(0.0)],
         "$300K is open and $250K is booked for FY26-Q3; the quota sheet says $0: nothing to hold it against."),
        ([OPEN, WON], [quota(-9_000.0)],
         "$300K is open and $250K is booked for FY26-Q3; the quota sheet says -$9.0K: nothing to hold it against."),
        ([OPEN, WON], [],
         "$300K is open and $250K is booked for FY26-Q3; without a quota nobody can say whether that is enough."),
        ([FAR], [quota(650_000.0)], "FY26-Q3 still has $650K to book and no open pipeline to book it from."),
        ([LATE], [quota(650_000.0)],
         "FY26-Q3 still has $650K to book and no open pipeline to book it from; $70K of open deals carry a close date "
         "that has passed."),
        ([deal("n", close_date="2026-08-20", amount=-5_000.0), WON], [quota(650_000.0)],
         "FY26-Q3 has $400K still to book and -$5.0K of open pipeline to book it from: 0.0x, in 1 opportunity."),
    ],
)  # fmt: skip
def test_the_sentence_fits_the_state_of_the_quarter(deals, quotas, sentence):
    assert said(*deals, quotas=quotas).sentence == sentence


def test_a_past_and_a_coming_quarter_have_sentences_of_their_own():
    past = [quota(500_000.0)]
    assert said(WON, quotas=past, day="2026-10-20", period="previous").sentence == (
        "FY26-Q3 booked $250K of its $500K quota: 50%."
    )
    assert said(WON, quotas=[], day="2026-10-20", period="previous").sentence == (
        "FY26-Q3 booked $250K in 1 opportunity; there is no quota to hold it against."
    )
    assert said(OPEN, day="2026-06-20", period="next").sentence == (
        "FY26-Q3 begins on 1 Jul with $300K of open pipeline for a quota of $650K: 0.5x, in 1 opportunity."
    )
    assert said(OPEN, day="2026-06-20", period="next").below == (
        "The quarter begins in 11 days; open pipeline is as of today."
    )


@pytest.mark.parametrize(("amount", "status"), [(250_001.0, "act"), (250_000.0, "on_track"), (0.0, "not_enough_data")])
def test_a_finished_quarter_is_judged_by_what_it_booked(amount, status):
    over = said(WON, quotas=[quota(amount)], day="2026-10-20", period="previous")
    assert (over.status, over.below) == (status, "The quarter ended on 30 Sep.")


def test_a_finished_quarter_without_a_quota_and_a_coming_one_are_not_judged():
    assert said(WON, quotas=[], day="2026-10-20", period="previous").status == "not_enough_data"
    assert said(OPEN, day="2026-06-20", period="next").status == "not_enough_data"


def test_the_line_below_says_where_we_are_and_what_moved():
    history = [change("a", "2026-02-01 09:00", close_date="2026-08-20", amount=300_000.0),
               change("b", "2026-08-05", close_date="2026-09-01", amount=100_000.0)]  # fmt: skip
    new = deal("b", close_date="2026-09-01", amount=100_000.0, created_at="2026-08-05")
    result = measure(
        as_of(book([OPEN, new], history, quotas=[quota(650_000.0)]), "2026-08-09"), Knobs(stale_after_days=366)
    )
    assert act.headline(result).below == ("Day 40 of 92. In 7 days open pipeline went from $300K to $400K: $100K new.")
    assert said(OPEN).below == "Day 40 of 92."


def test_three_numbers_are_given_and_only_overdue_is_bad_news():
    numbers = said(OPEN, LATE, WON).numbers
    assert [(n.figure, n.text, n.is_bad) for n in numbers] == [
        ("0.8x", "coverage of remaining quota", False),
        ("$250K", "booked, 38% of the $650K quota", False),
        ("$70K", "overdue in 1 opportunity: not in coverage", True),
    ]
    assert [n.figure for n in said(OPEN, quotas=[]).numbers] == ["–", "$0", "$0"]
    assert said(WON, quotas=[quota(1.0)]).numbers[0].text == "coverage: nothing remains to book"


def test_a_page_without_a_validated_probability_is_not_judged():
    assert said(OPEN).status == "not_enough_data"


@pytest.mark.parametrize("amount", [0.0, -9_000.0])
@pytest.mark.parametrize(
    ("day", "period", "sentence"),
    [
        ("2026-10-20", "previous", "FY26-Q3 booked $250K in 1 opportunity; the quota sheet says {}: nothing to hold it "
         "against."),
        ("2026-08-09", "current", "$0 is open and $250K is booked for FY26-Q3; the quota sheet says {}: nothing to "
         "hold it against."),
        ("2026-06-20", "next", "FY26-Q3 begins on 1 Jul with $0 of open pipeline; the quota sheet says {}: nothing to "
         "hold it against."),
    ],
)  # fmt: skip
def test_a_quota_of_nothing_is_no_quota(amount, day, period, sentence):
    found = said(WON, quotas=[quota(amount)], day=day, period=period)
    words = "$0" if amount == 0 else "-$9.0K"
    assert (found.status, found.sentence) == ("not_enough_data", sentence.format(words))
    assert found.numbers[0] == Number("–", f"coverage: the quota sheet says {words}: nothing to hold it against")
    assert found.numbers[1].text == ("booked in no opportunities" if period == "next" else "booked in 1 opportunity")


def test_the_coverage_of_a_quarter_that_is_over_is_not_given():
    numbers = said(WON, quotas=[quota(500_000.0)], day="2026-10-20", period="previous").numbers
    assert (numbers[0].figure, numbers[0].text) == ("–", "coverage: the quarter is over")

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frames import COMPANY, deal, state
from revops.analysis.movement import KINDS, movement
from revops.analysis.standing import OPEN_PIPELINE, standing
from revops.periods import FiscalCalendar

Q3 = FiscalCalendar(1).named("FY26-Q3")
START, END = dt.date(2026, 7, 10), dt.date(2026, 7, 17)


def moved(before, after):
    return movement(state(*before), state(*after), period=Q3, start=START, end=END, company=COMPANY).itertuples(
        index=False
    )


@pytest.mark.parametrize(
    ("before", "after", "kind", "amount"),
    [
        (None, {}, "new", 100),
        ({"stage_name": "Lost"}, {}, "reopened", 100),
        ({"stage_name": "Won", "close_date": "2026-07-09"}, {"amount": 90}, "reopened", 90),
        ({"close_date": "2026-10-05"}, {"amount": 120}, "pulled_in", 120),
        ({"close_date": "2026-07-01"}, {}, "redated", 100),
        ({"stage_name": "Lead"}, {}, "qualified", 100),
        ({"type": "renewal"}, {}, "retyped", 100),
        ({}, {"type": "renewal"}, "retyped", -100),
        ({}, {"amount": 130}, "up", 30),
        ({}, {"amount": 60}, "down", -40),
        ({"amount": None}, {"amount": 60}, "up", 60),
        ({}, {"stage_name": "Won", "close_date": "2026-07-14", "amount": 130}, "won", -100),
        ({}, {"stage_name": "Lost"}, "lost", -100),
        ({}, {"close_date": "2026-10-01"}, "pushed", -100),
        ({"close_date": "2026-07-12"}, {"close_date": "2026-07-12"}, "overdue", -100),
        ({}, {"stage_name": "Lead"}, "unqualified", -100),
        ({}, None, "removed", -100),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_change_is_of_one_kind(before, after, kind, amount):
    frames = [
        [] if given is None else [deal("a", **{"close_date": "2026-07-20", **given})] for given in (before, after)
    ]
    assert [tuple(row) for row in moved(*frames)] == [("a", kind, amount)]


def test_what_did_not_change_did_not_move():
    same = [deal("a", close_date="2026-07-20"), deal("b", stage_name="Lost")]
    assert list(moved(same, same)) == []


STATES = st.fixed_dictionaries(
    {
        "stage_name": st.sampled_from(["Lead", "Discovery", "Proposal", "Won", "Lost"]),
        "type": st.sampled_from(["new", "renewal"]),
        "close_date": st.dates(dt.date(2026, 6, 25), dt.date(2026, 10, 5)).map(str),
        "amount": st.none() | st.integers(0, 10**9).map(lambda cents: cents / 100),
    }
)
BOOKS = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.none() | STATES, st.none() | STATES))


@given(BOOKS)
def test_movement_adds_up_to_the_cent(book):
    frames = [state(*(deal(id, **pair[i]) for id, pair in book.items() if pair[i])) for i in (0, 1)]
    ends = []
    for frame, day in zip(frames, (START, END), strict=True):
        where = standing(frame, period=Q3, day=day, company=COMPANY)
        ends.append(frame.loc[where.eq(OPEN_PIPELINE), "amount"].sum())
    rows = movement(*frames, period=Q3, start=START, end=END, company=COMPANY)
    assert ends[0] + rows["amount"].sum() == pytest.approx(ends[1], abs=0.001)
    assert set(rows["kind"]) <= set(KINDS)
    assert rows["opportunity_id"].is_unique

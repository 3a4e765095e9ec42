"""First passages and stays: by hand, by a plain loop, and by what must change nothing."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.analysis.passages import first_passages, stays

PLACES = ("lead", "mql", "sql", "opportunity", "won")
COLUMNS = ["subject_id", "step", "place", "entered", "age_days", "event", "is_skipped", "follow_days"]
DAY = dt.date(2026, 3, 31)
START = pd.Timestamp("2026-01-01")


def came(*moves):
    """Return `reached` from (subject, place, time)."""
    table = pd.DataFrame(moves, columns=["subject_id", "place", "at"])
    return table.astype({"subject_id": "str", "place": "int64", "at": "datetime64[us]"})


def lost(**days):
    return pd.Series({id: pd.Timestamp(day) for id, day in days.items()}, dtype="datetime64[us]")


def told(reached, ended=None, day=DAY):
    found = first_passages(reached, lost() if ended is None else ended, PLACES, day=day)
    return [(row.subject_id, row.step, f"{row.entered:%m-%d}", row.age_days, row.event, row.is_skipped, row.follow_days)
            for row in found.itertuples()]  # fmt: skip


def test_a_passage_lasts_from_the_first_day_there_to_the_first_beyond():
    """Lead on 01-01, MQL on 01-11 (10 days), again a lead and an MQL later (nothing new), SQL on 02-10 at 08:00 (30
    days, whatever the hours), then seen to 03-31 (49 days)."""
    reached = came(("a", 1, "2026-01-11 23:00"), ("a", 0, "2026-01-01 09:00"), ("a", 0, "2026-01-20"),
                   ("a", 2, "2026-02-10 08:00"), ("a", 1, "2026-01-25"))  # fmt: skip
    assert told(reached) == [
        ("a", "lead", "01-01", 10, 1, False, 89),
        ("a", "mql", "01-11", 30, 1, False, 79),
        ("a", "sql", "02-10", 49, 0, False, 49),
    ]


def test_who_goes_past_a_step_was_skipped_there_and_counts_as_forward():
    """From lead to opportunity on 01-05: MQL and SQL are passed on that day at age 0. A lead and an MQL of the same
    moment stood in both; one who is back at SQL later has still gone past it first."""
    reached = came(("a", 0, "2026-01-01"), ("a", 3, "2026-01-05"), ("a", 2, "2026-01-09"),
                   ("b", 0, "2026-01-01"), ("b", 1, "2026-01-01"))  # fmt: skip
    assert told(reached) == [
        ("a", "lead", "01-01", 4, 1, False, 89),
        ("a", "mql", "01-05", 0, 1, True, 85),
        ("a", "sql", "01-05", 0, 1, True, 85),
        ("a", "opportunity", "01-05", 85, 0, False, 85),
        ("b", "lead", "01-01", 0, 1, False, 89),
        ("b", "mql", "01-01", 89, 0, False, 89),
    ]


def test_the_goal_is_no_step_and_a_loss_ends_the_last_one():
    """a wins on 02-01. b is lost on 01-21, 10 days after it became an MQL; what it reached after that is not seen.
    c is lost at the very moment it became an MQL: forward first, then lost at age 0."""
    reached = came(("a", 3, "2026-01-01"), ("a", 4, "2026-02-01"), ("b", 0, "2026-01-01"), ("b", 1, "2026-01-11"),
                   ("b", 2, "2026-02-11"), ("c", 0, "2026-01-01"), ("c", 1, "2026-01-03"))  # fmt: skip
    ended = lost(b="2026-01-21 12:00", c="2026-01-03")
    assert [row for row in told(reached, ended) if row[0] != "a"] == [
        ("b", "lead", "01-01", 10, 1, False, 89),
        ("b", "mql", "01-11", 10, 2, False, 79),
        ("c", "lead", "01-01", 2, 1, False, 89),
        ("c", "mql", "01-03", 0, 2, False, 87),
    ]
    assert told(reached, ended)[:4][-1] == ("a", "opportunity", "01-01", 31, 1, False, 89)


def test_a_day_earlier_knows_nothing_of_the_day_after():
    reached = came(("a", 0, "2026-01-01"), ("a", 1, "2026-01-20 00:30"))
    assert told(reached, lost(a="2026-01-25"), dt.date(2026, 1, 19)) == [("a", "lead", "01-01", 18, 0, False, 18)]
    assert told(reached, lost(a="2026-01-25"), dt.date(2026, 1, 20))[0] == ("a", "lead", "01-01", 19, 1, False, 19)
    assert told(reached, lost(a="2026-01-25"), dt.date(2026, 1, 24))[1] == ("a", "mql", "01-20", 4, 0, False, 4)
    assert told(reached, lost(a="2026-01-25"), dt.date(2026, 1, 25))[1] == ("a", "mql", "01-20", 5, 2, False, 5)
    assert told(reached, lost(a="2026-01-25"), dt.date(2025, 12, 31)) == []


def test_rows_without_a_time_and_losses_of_others_tell_nothing():
    reached = came(("a", 0, "2026-01-01"), ("a", 1, None), ("b", 0, None))
    ended = pd.concat([lost(x="2026-01-05"), pd.Series({"a": pd.NaT}, dtype="datetime64[us]")])
    assert told(reached, ended) == [("a", "lead", "01-01", 89, 0, False, 89)]


def test_nobody_has_a_table_of_the_same_columns():
    found = first_passages(came(), lost(), PLACES, day=DAY)
    full = first_passages(came(("a", 0, "2026-01-01")), lost(), PLACES, day=DAY)
    assert found.empty and found.columns.tolist() == full.columns.tolist() == COLUMNS
    assert found.dtypes.tolist() == full.dtypes.tolist()
    assert [str(dtype) for dtype in full.dtypes] == ["str", "str", "int64", "datetime64[us]", "int64", "int64", "bool",
                                                     "int64"]  # fmt: skip


def test_a_place_that_is_none_is_refused():
    reached = came(("a", 0, "2026-01-01"), ("a", 5, "2026-01-01"), ("b", -1, "2026-01-01"))
    with pytest.raises(ValueError) as found:
        first_passages(reached, lost(), PLACES, day=DAY)
    assert str(found.value) == (
        "first_passages: places must lie between 0 and 4; found [5, -1]. Number them in the order of `places`."
    )


def slow_passages(moves, losses, day):
    """Return the same rows, one subject and one step at a time."""
    rows = []
    for id in sorted({id for id, _, _ in moves}):
        loss = losses.get(id)
        loss = loss if loss is not None and loss.date() <= day else None
        seen = [(at, place) for who, place, at in moves if who == id and at.date() <= day]
        seen = [(at, place) for at, place in seen if loss is None or at <= loss]
        for step in range(len(PLACES) - 1):
            here = [at for at, place in seen if place >= step]
            beyond = [at for at, place in seen if place > step]
            if not here:
                continue
            end, event = (min(beyond), 1) if beyond else (loss, 2) if loss is not None else (pd.Timestamp(day), 0)
            stood = any(at == min(here) and place == step for at, place in seen)
            entered = min(here).date()
            rows.append((id, PLACES[step], step, entered, (end.date() - entered).days, event, not stood,
                         (day - entered).days))  # fmt: skip
    return rows


moments = st.integers(0, 100 * 4).map(lambda n: START + pd.Timedelta(hours=6 * n))
paths = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4), moments), max_size=14)
ends = st.dictionaries(st.sampled_from("abcd"), moments)


@given(paths, ends, st.integers(0, 100))
def test_passages_are_those_of_a_plain_loop(moves, losses, days):
    day = (START + pd.Timedelta(days=days)).date()
    found = first_passages(came(*moves), lost(**losses), PLACES, day=day)
    rows = [(r.subject_id, r.step, r.place, r.entered.date(), r.age_days, r.event, r.is_skipped, r.follow_days)
            for r in found.itertuples()]  # fmt: skip
    assert rows == slow_passages(moves, losses, day)
    assert (found["age_days"] <= found["follow_days"]).all() and (found["age_days"] >= 0).all()
    assert found.loc[found["is_skipped"], ["age_days", "event"]].eq([0, 1]).all(axis=None)


@given(paths, ends, st.integers(0, 100), st.randoms(use_true_random=False))
def test_order_repeats_and_the_future_change_nothing(moves, losses, days, random):
    day = START + pd.Timedelta(days=days)
    expected = first_passages(came(*moves), lost(**losses), PLACES, day=day.date())
    known = [move for move in moves if move[2] < day + pd.Timedelta(days=1)]
    past = {id: at for id, at in losses.items() if at < day + pd.Timedelta(days=1)}
    pd.testing.assert_frame_equal(first_passages(came(*known), lost(**past), PLACES, day=day.date()), expected)
    mixed = moves + moves[:3]
    random.shuffle(mixed)
    reached = came(*mixed)
    before = reached.copy()
    pd.testing.assert_frame_equal(first_passages(reached, lost(**losses), PLACES, day=day.date()), expected)
    pd.testing.assert_frame_equal(reached, before)


ORDER = {"Lead": 1.0, "Discovery": 2.0, "Proposal": 3.0, "Won": 4.0, "Lost": 5.0, "Parked": float("nan")}


def spans_of(*states):
    """Return spans from (deal, stage, first day, last day), days of January; a stay begins with another stage."""
    rows, before = [], None
    for deal, stage, first, last in states:
        same = before is not None and (before["opportunity_id"], before["stage_name"]) == (deal, stage)
        start = pd.Timestamp(2026, 1, 1) + pd.Timedelta(days=first - 1)
        before = {
            "opportunity_id": deal, "first": start, "last": pd.Timestamp(2026, 1, 1) + pd.Timedelta(days=last - 1),
            "outcome": {"Won": "won", "Lost": "lost"}.get(stage, "open"), "stage_name": stage,
            "stage_order": ORDER[stage], "entered": before["entered"] if same else start,
        }  # fmt: skip
        rows.append(before)
    return pd.DataFrame(rows)


def test_stays_by_hand():
    """a: 9 days in Discovery (its amount changed on the 5th), forward, 10 days in Proposal, back, 5 days, lost on the
    25th. b: from Lead straight to won. c: reopened on the 11th, still there on the 31st: 20 days. d: deleted, last seen
    on the 7th. e: parked where no order is known."""
    table = stays(spans_of(
        ("a", "Discovery", 1, 4), ("a", "Discovery", 5, 9), ("a", "Proposal", 10, 19), ("a", "Discovery", 20, 24),
        ("a", "Lost", 25, 31), ("b", "Lead", 3, 8), ("b", "Won", 9, 31), ("c", "Proposal", 1, 5), ("c", "Lost", 6, 10),
        ("c", "Proposal", 11, 31), ("d", "Lead", 2, 7), ("e", "Lead", 1, 3), ("e", "Parked", 4, 31)
    ))  # fmt: skip
    assert table.columns.tolist() == ["opportunity_id", "stage_name", "stage_order", "first", "age_days", "event"]
    assert list(zip(table["opportunity_id"], table["stage_name"], table["first"].dt.day, table["age_days"],
                    table["event"], strict=True)) == [
        ("a", "Discovery", 1, 9, 1), ("a", "Proposal", 10, 10, 2), ("a", "Discovery", 20, 5, 3), ("b", "Lead", 3, 6, 1),
        ("c", "Proposal", 1, 5, 3), ("c", "Proposal", 11, 20, 0), ("d", "Lead", 2, 5, 0), ("e", "Lead", 1, 3, 2),
        ("e", "Parked", 4, 27, 0),
    ]  # fmt: skip
    assert table.dtypes["age_days"] == table.dtypes["event"] == np.dtype("int64")


def test_no_spans_have_no_stays():
    found = stays(spans_of(("a", "Lead", 1, 2)).iloc[:0])
    assert found.empty and found.columns.tolist()[-2:] == ["age_days", "event"]

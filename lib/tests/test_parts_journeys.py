"""Journeys, states and spells of a company in parts are those of the whole, to the last bit and in the same order."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple
from multiprocessing import get_context

import pandas as pd
import pytest
from companies_of_people import contact, role, states, touch, won
from parted import in_order, in_parts
from test_journeys_slow import any_knobs, made_up

from frames import as_of, book, table, with_tables
from revops.analysis.journeys import JourneyKnobs, journeys_of, known_on
from revops.analysis.spans import spans, spans_of
from revops.book.executors import on
from revops.book.parts import over


def same(one, other):
    for mine, its in zip(astuple(one), astuple(other), strict=True):
        if isinstance(its, pd.DataFrame):
            pd.testing.assert_frame_equal(mine, its, check_exact=True)
        else:
            assert mine == its


def days(seed):
    return "2026-03-20" if seed % 2 else "2026-02-10"


@pytest.mark.parametrize("seed", range(16))
def test_journeys_are_the_same_from_any_number_of_parts(tmp_path, seed):
    whole, knobs = as_of(in_order(made_up(seed)), days(seed)), any_knobs(seed)
    expected = journeys_of(whole, knobs)
    view = as_of(in_parts(whole.book, tmp_path / "cut", 7 if seed % 4 == 0 else 2), days(seed))
    same(journeys_of(view, knobs), expected)
    only = pd.Index(expected.deals["opportunity_id"].iloc[::2])
    same(journeys_of(view, knobs, only=only, known=known_on(view)), journeys_of(whole, knobs, only=only))


@pytest.mark.parametrize("seed", range(6))
def test_states_and_spells_are_the_same_from_any_number_of_parts(tmp_path, seed):
    whole = as_of(in_order(made_up(seed)), days(seed))
    for n in (2, 7):
        view = as_of(in_parts(whole.book, tmp_path / str(n), n), days(seed))
        assert (view.day, view.last_stamp, view.n_future_stamps) == (whole.day, whole.last_stamp, whole.n_future_stamps)
        pd.testing.assert_frame_equal(view.timeline, whole.timeline)
        pd.testing.assert_frame_equal(view.left_out, whole.left_out)
        for day in (view.day, view.book.history_from):
            pd.testing.assert_frame_equal(view.state(day), whole.state(day))
        records = whole.book.table("opportunities")
        expected = spans(whole.timeline, records, as_of=whole.day, company=whole.company, also=["owner_id"])
        pd.testing.assert_frame_equal(spans_of(view, also=["owner_id"]), expected)


def test_records_without_history_and_deleted_ones_are_the_same_from_parts(tmp_path):
    deals = [won(f"d{n}", f"A{n}", modified_at="2026-05-02 10:00") for n in range(8)]
    history = states(deals[:4])
    history[-1]["is_deleted"] = True
    whole = as_of(in_order(book(deals, history)), "2026-06-30")
    view = as_of(in_parts(whole.book, tmp_path / "cut", 3), "2026-06-30")
    pd.testing.assert_frame_equal(view.opportunities, whole.opportunities)
    pd.testing.assert_frame_equal(view.timeline, whole.timeline)
    assert view.left_out["opportunity_id"].tolist() == ["d3"] == whole.left_out["opportunity_id"].tolist()


def conversions(*touches):
    """Return a company of nine accounts whose contacts filled in forms, with some touches."""
    deals = [won(f"d{n}", f"A{n}") for n in range(9)]
    people = [contact(f"c{n}", f"A{n}", first_conversion_at="2026-02-01", recent_conversion_at="2026-02-09")
              for n in range(9)]  # fmt: skip
    return in_order(book(deals, states(deals), contacts=people, touches=list(touches)))


@pytest.mark.parametrize(("touches", "n"), [([], 18), ([touch("t", "c1", "2026-01-20")], 1)])
def test_conversions_stand_in_for_touches_only_where_the_whole_company_has_none(tmp_path, touches, n):
    whole = as_of(conversions(*touches), "2026-06-30")
    view = as_of(in_parts(whole.book, tmp_path / "cut", 4), "2026-06-30")
    expected = journeys_of(whole)
    assert len(expected.touches) == n and expected.has_only_ends == (not touches)
    for known in (None, known_on(view)):
        same(journeys_of(view, known=known), expected)


def test_a_contact_and_a_lead_of_one_id_keep_their_order(tmp_path):
    """Both came to nothing: the contact comes first, as in the whole."""
    people = [contact(str(n), None) for n in range(6)]
    leads = [{"lead_id": str(n), "created_at": "2026-01-01"} for n in range(6)]
    touches = [touch(f"c{n}", str(n), "2026-02-02") for n in range(6)]
    touches += [touch(f"l{n}", None, "2026-02-01", lead_id=str(n)) for n in range(6)]
    whole = in_order(book([won("d")], states([won("d")]), contacts=people, leads=leads, touches=touches))
    expected = journeys_of(as_of(whole, "2026-06-30"))
    assert expected.touches["touch_id"].tolist()[:4] == ["c0", "l0", "c1", "l1"]
    same(journeys_of(as_of(in_parts(whole, tmp_path / "cut", 3), "2026-06-30")), expected)


def test_a_company_without_touches_people_or_deals_of_the_day_is_the_same_from_parts(tmp_path):
    deals = [won(f"d{n}", None, created_at="2026-06-20 09:00", close_date="2026-06-21") for n in range(7)]
    for place, tables in enumerate([{}, {"contacts": [contact("c")], "contact_roles": [role("d1", "c")]}]):
        whole = in_order(book(deals, states(deals), **tables))
        cut = in_parts(whole, tmp_path / str(place), 3)
        for day in ("2026-06-30", "2026-06-20"):
            expected = journeys_of(as_of(whole, day))
            assert expected.journeys.empty
            same(journeys_of(as_of(cut, day)), expected)


def ids_of(view):
    return view.opportunities["opportunity_id"].tolist()


def test_a_pool_of_processes_finds_the_same(tmp_path):
    whole = in_order(made_up(3))
    view = as_of(in_parts(whole, tmp_path / "cut", 4), days(3))
    expected = journeys_of(as_of(whole, days(3)), JourneyKnobs(keep_open=True))
    alone = over(view, ids_of)
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool, on(pool):
        assert over(view, ids_of) == alone
        same(journeys_of(view, JourneyKnobs(keep_open=True)), expected)
    assert sorted(id for part in alone for id in part) == sorted(view.opportunities["opportunity_id"])


def test_what_is_not_cut_is_gone_through_at_once_and_nothing_is_sent_away():
    """Function and view need not be fit for another process then."""
    view = as_of(book([won("d")], states([won("d")])), "2026-06-30")
    assert over(view, lambda given: given is view) == [True]


def test_tables_that_come_later_are_no_part_of_it(tmp_path):
    """with_tables on a book in parts gives a book of tables in memory, which is whole."""
    cut = in_parts(in_order(made_up(0)), tmp_path / "cut", 3)
    assert with_tables(cut, tools=table("tools", [])).n_parts == 1

"""What the answers of quarters count is the same from a company's parts, each of which is read once for all of them."""

from collections import Counter

import pandas as pd
import pytest
from answering_companies import HAND, HAND_TABLES
from companies_of_people import contact, states, touch, won
from parted import in_order, in_parts

from frames import as_of, book
from revops.analysis.revenue_answers import counted_in
from revops.book import stored

pytestmark = pytest.mark.xdist_group("parts")


def counted(view, *quarters):
    return counted_in(view, [view.calendar.named(name) for name in quarters])


def is_same(one, other):
    """Assert that of two companies the same can be counted in the same quarters."""
    assert list(one) == list(other)
    for mine, its in zip(one.values(), other.values(), strict=True):
        pd.testing.assert_frame_equal(mine.deals, its.deals, check_exact=True)
        pd.testing.assert_frame_equal(mine.billed.table, its.billed.table, check_exact=True)
        assert mine.has_categories == its.has_categories


def test_the_company_worked_out_by_hand_counts_the_same_from_parts(tmp_path):
    hand = HAND()
    whole, day = in_order(hand.book), str(hand.day)
    expected = counted(as_of(whole, day), "FY26-Q1", "FY26-Q2")
    assert [len(found.deals) for found in expected.values()] == [2, 12]
    for n in (2, 5):
        is_same(counted(as_of(in_parts(whole, tmp_path / str(n), n), day), *expected), expected)


@pytest.mark.parametrize(("touches", "of_q2"), [([], "d1 d3 d5 d7"), ([touch("t", "c1", "2026-05-20")], "d1")])
def test_conversions_stand_in_on_the_days_when_the_whole_company_had_no_touch(tmp_path, touches, of_q2):
    """On 5 April, when the first quarter was frozen, nobody had been touched yet."""
    closed = ["2026-03-20", "2026-05-25"]
    deals = [won(f"d{n}", f"A{n}", source="sales", created_at="2026-02-10 09:00", close_date=closed[n % 2])
             for n in range(9)]  # fmt: skip
    people = [contact(f"c{n}", f"A{n}", first_conversion_at="2026-02-01") for n in range(9)]
    whole = in_order(book(deals, states(deals), contacts=people, touches=touches))
    cut = in_parts(whole, tmp_path / "cut", 4)
    for company in (whole, cut):
        found = counted(as_of(company, "2026-06-30"), "FY26-Q1", "FY26-Q2")
        touched = [rows.loc[rows["is_touched"], "opportunity_id"].tolist()
                   for rows in (part.deals for part in found.values())]  # fmt: skip
        assert touched == [["d0", "d2", "d4", "d6", "d8"], of_q2.split()]


def test_each_part_is_read_once_for_all_quarters(tmp_path, monkeypatch):
    touches = [touch("s", "p", "2026-02-20"), *HAND_TABLES["touches"]]  # one is known on each of the days
    hand, read, real = HAND(touches=touches), [], stored.pq.read_table
    view = as_of(in_parts(in_order(hand.book), tmp_path / "cut", 3), str(hand.day))
    monkeypatch.setattr(stored.pq, "read_table", lambda file, **given: read.append(file) or real(file, **given))
    counted(view, "FY26-Q1", "FY26-Q2")
    times = Counter(file for file in read if file.parent.name in ("opportunities", "opportunity_history", "touches"))
    assert len(times) == 9 and set(times.values()) == {1}

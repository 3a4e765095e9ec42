"""What the first screen's numbers were at the review before: said, or left out where nothing can be held against it."""

import pytest
from reviews import answer, carried, entry, failed, number, review


def state(odds=0.27, landing=1.1e6, gap=9.4e5, quota=1.232e6, half=3e5):
    return [
        number("quota_amount", quota),
        number("booked_amount", 396e3),
        number("attainment_probability", odds, unit="share"),
        number("landing_amount", landing, landing - half, landing + half),
        number("pipeline_gap_amount", gap, 0.0, 3.5e6),
    ]


def sales(booked, committed):
    parts = {"booked": booked, "committed": committed}
    return [number("answer_amount", value, by={"who": "sales", "part": part}) for part, value in parts.items()]


def said(tmp_path, was, now, day="2026-06-02", **entries):
    """Return what each number of the second review says of the first, and whether it is beyond noise."""
    review(tmp_path, *was, as_of=day)
    found = review(tmp_path, *now, **entries)
    return {number.id: (number.before, number.is_beyond) for number in found.numbers}


def of_last_week(measures, stem="pipeline_coverage", **parts):
    return answer(stem, as_of="2026-06-02", measures=measures, **parts)


def test_each_number_says_what_it_was_and_how_to_read_the_move(tmp_path):
    now = state(0.35, 1.15e6, 9.4e5)
    told = said(
        tmp_path,
        [of_last_week(state()), of_last_week(sales(2.4e5, 1.04e6), "revenue_answer")],
        [answer(measures=now), answer("revenue_answer", measures=sales(3.9e5, 9.9e5))],
    )
    assert told == {
        "attainment_probability": ("27% on 2 Jun; the landing is within its range", False),
        "landing_amount": ("$1.1M on 2 Jun; within its range", False),
        "pipeline_gap_amount": ("The same on 2 Jun; within its range", False),
        "answer_amount": ("$1.28M on 2 Jun; counted", None),
    }


@pytest.mark.parametrize(
    ("now", "how", "is_beyond"),
    [(1.3e6, "within its range", False), (1.5e6, "not beyond noise", False), (1.9e6, "beyond noise", True)],
)
def test_landing_is_beyond_noise_by_the_test_of_all_changes(tmp_path, now, how, is_beyond):
    """Ranges of 0.3M to each side of 80% make 0.42M of the difference: 0.2M is p = 0.55, 0.4M 0.23, 0.8M 0.016; of two
    tested the first may be told up to 0.05."""
    told = said(tmp_path, [of_last_week(state())], [answer(measures=state(landing=now))])
    assert told["landing_amount"] == (f"$1.1M on 2 Jun; {how}", is_beyond)
    assert told["attainment_probability"] == (f"The same on 2 Jun; the landing is {how}", is_beyond)


def test_review_tells_as_changed_what_a_number_calls_beyond_noise(tmp_path):
    review(tmp_path, of_last_week(state()), as_of="2026-06-02")
    found = review(tmp_path, answer(measures=state(landing=1.9e6)))
    beyond = {number.id for number in found.numbers if number.is_beyond} - {"attainment_probability"}
    assert beyond == {change.id for change in found.changes if change.kind == "estimate"} == {"landing_amount"}


def test_chance_of_another_quota_is_not_held_against_noise(tmp_path):
    told = said(tmp_path, [of_last_week(state())], [answer(measures=state(0.2, quota=1.3e6))])
    assert told["attainment_probability"] == ("27% on 2 Jun; against another quota", None)


def test_numbers_by_other_definitions_say_so(tmp_path):
    told = said(tmp_path, [of_last_week(state(), definitions="d0")], [answer(measures=state(landing=1.9e6))])
    assert told["landing_amount"] == ("$1.1M on 2 Jun; by other definitions", None)


def test_estimate_without_a_range_does_not_claim_to_know_its_noise(tmp_path):
    bare = [row | {"low": None, "high": None, "level": None} for row in state()]
    told = said(tmp_path, [of_last_week(bare)], [answer(measures=state(landing=1.2e6))])
    assert told["landing_amount"] == ("$1.1M on 2 Jun; noise not known", None)


def test_day_of_another_year_is_told_with_it(tmp_path):
    was = answer(as_of="2025-12-30", measures=state())
    assert said(tmp_path, [was], [answer(measures=state())], day="2025-12-30")["landing_amount"] == (
        "The same on 30 Dec 2025; within its range",
        False,
    )


@pytest.mark.parametrize(
    ("was", "left"),
    [
        ({"period": "FY27-Q1", "measures": state()}, set()),
        ({"measures": []}, set()),
        ({"status": "not_enough_data", "measures": state()}, {"landing_amount", "pipeline_gap_amount"}),
    ],
    ids=["another quarter", "not told then", "its chance was not judged"],
)
def test_where_nothing_is_comparable_nothing_is_said(tmp_path, was, left):
    told = said(tmp_path, [answer(as_of="2026-06-02", **was)], [answer(measures=state())])
    assert {id for id, (before, _) in told.items() if before} == left
    assert all(beyond is None for id, (_, beyond) in told.items() if id not in left) and len(told) == 3


def test_first_review_and_one_after_a_failure_say_nothing_of_before(tmp_path):
    other = answer("cac_payback", as_of="2026-06-02")
    review(tmp_path, other, as_of="2026-06-02", entries=[entry(other), failed("pipeline_coverage")])
    found = review(tmp_path, answer(measures=state()))
    assert found.before == "2026-06-02" and {said.before for said in found.numbers} == {""}
    assert {said.before for said in review(tmp_path / "first", answer(measures=state())).numbers} == {""}


def test_an_older_report_that_stood_in_is_not_what_it_was_then(tmp_path):
    older = answer(as_of="2026-05-26", measures=state())
    review(tmp_path, older, as_of="2026-06-02", entries=[carried(older, as_of="2026-05-26")])
    now = answer(measures=state())
    assert {said.before for said in review(tmp_path, now, entries=[entry(now)]).numbers} == {""}

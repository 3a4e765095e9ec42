"""What becomes of the Monday review's actions from one week to the next."""

from pathlib import Path

import pytest
from reviews import SETTINGS, action, answer, carried, entry, failed, make_run, review

from revops import actions
from revops.delivery.review import build
from revops.delivery.review.followed import _OF_GROUPS

DAYS = ("2026-05-26", "2026-06-02", "2026-06-09")


def told(tmp_path, *weeks):
    """Return the reviews of one report over weeks, each week a list of its actions."""
    return [
        review(tmp_path, answer(as_of=day, actions=asked), as_of=day) for day, asked in zip(DAYS, weeks, strict=False)
    ]


def deals(*ids, text=None, amount=0.0, rule="stalled"):
    return action(rule, text or f"Look at {len(ids)} stalled deals: ${amount:.0f}K", records=ids, amount=amount)


def stands(found):
    return [(one.state, one.note, one.since, one.n_reviews) for one in found.followed]


def test_an_action_ages_over_three_reviews(tmp_path):
    first, second, third = told(tmp_path, *[[deals("a", "b", amount=5.0)]] * 3)
    assert [(t.state, t.since, t.n_reviews) for r in (first, second, third) for t in r.tasks] == [
        ("new", "2026-05-26", 1),
        ("still_open", "2026-05-26", 2),
        ("still_open", "2026-05-26", 3),
    ]
    assert first.followed == ()
    assert stands(third) == [("still_open", "The same records as before.", "2026-05-26", 3)]


@pytest.mark.parametrize(
    ("before", "now", "state", "note"),
    [
        ("abcdefghij", "abcdefghi", "improved", "1 record gone."),
        ("abcdefghij", "abcdefghijk", "grown", "1 record new."),
        ("abcdefghijk", "abcdefghij", "still_open", "1 record gone."),
        ("abcdefghij", "bcdefghijk", "still_open", "1 record gone, 1 record new."),
    ],
    ids=["a tenth gone", "a tenth more", "less than a tenth", "one for one"],
)
def test_records_say_how_an_action_stands(tmp_path, before, now, state, note):
    _, found = told(tmp_path, [deals(*before)], [deals(*now)])
    assert [(one.state, one.note) for one in found.followed] == [(state, note)]
    assert found.tasks[0].state == state


@pytest.mark.parametrize(
    ("before", "now", "state", "note"),
    [
        (100e3, 90e3, "improved", "$100K before, $90K now."),
        (100e3, 110e3, "grown", "$100K before, $110K now."),
        (100e3, 91e3, "still_open", "$100K before, $91K now."),
        (100e3, 100.1e3, "still_open", "Nothing has moved."),
    ],
)
def test_money_says_it_where_there_are_no_records(tmp_path, before, now, state, note):
    _, found = told(tmp_path, [deals(amount=before)], [deals(amount=now)])
    assert [(one.state, one.note) for one in found.followed] == [(state, note)]


def test_fewer_records_with_more_money_is_neither_better_nor_worse(tmp_path):
    _, found = told(tmp_path, [deals(*"abcde", amount=1e5)], [deals(*"abcd", amount=2e5)])
    assert [one.state for one in found.followed] == ["still_open"]


def test_an_action_told_no_more_is_gone_and_comes_back_as_new(tmp_path):
    _, second, third = told(tmp_path, [deals("a", amount=5.0)], [], [deals("a", amount=5.0)])
    assert stands(second) == [("gone", "The report no longer asks for it.", "2026-05-26", 1)]
    assert second.followed[0].href is None and second.tasks == ()
    assert [(task.state, task.since) for task in third.tasks] == [("new", "2026-06-09")] and third.followed == ()


def test_what_a_failed_report_asked_for_is_not_known_and_keeps_its_age(tmp_path):
    asked = [deals("a", amount=5.0)]
    review(tmp_path, answer(as_of=DAYS[0], actions=asked), as_of=DAYS[0])
    other = answer("cac_payback", as_of=DAYS[1])
    second = review(tmp_path, other, as_of=DAYS[1], entries=[entry(other), failed("pipeline_coverage")])
    third = review(tmp_path, answer(as_of=DAYS[2], actions=asked), as_of=DAYS[2])
    assert stands(second) == [("not_known", "Pipeline coverage was not made.", "2026-05-26", 1)]
    assert stands(third) == [("still_open", "The same records as before.", "2026-05-26", 2)]
    assert third.before == "2026-06-02"


def test_an_old_report_that_stands_in_does_not_count_as_made(tmp_path):
    asked = answer(as_of=DAYS[0], actions=[deals("a", amount=5.0)])
    review(tmp_path, asked, as_of=DAYS[0])
    second = review(tmp_path, asked, as_of=DAYS[1], entries=[carried(asked, "2026-05-26-1", DAYS[0])])
    assert [one.state for one in second.followed] == ["not_known"] and second.tasks == ()


def test_actions_of_one_rule_are_told_apart_by_what_they_name(tmp_path):
    def test_of(channel, spent):
        return action("depends_on_model", f"Test {channel} before its ${spent}K moves", amount=spent * 1e3)

    _, found = told(
        tmp_path,
        [test_of("retargeting", 70), test_of("paid search", 60), test_of("webinars", 10)],
        [test_of("paid search", 90), test_of("retargeting", 71), test_of("trade shows", 5)],
    )
    assert [(one.text, one.state) for one in found.followed] == [
        ("Test retargeting before its $71K moves", "still_open"),
        ("Test paid search before its $90K moves", "grown"),
        ("Test webinars before its $10K moves", "gone"),
    ]
    assert [(t.text, t.state, t.n_reviews) for t in found.tasks] == [
        ("Test paid search before its $90K moves", "grown", 2),
        ("Test retargeting before its $71K moves", "still_open", 2),
        ("Test trade shows before its $5K moves", "new", 1),
    ]


def test_a_new_text_about_the_same_records_is_the_same_action(tmp_path):
    _, found = told(
        tmp_path, [deals("a", "b", text="Look at 2 deals")], [deals("a", "c", text="See to 2 deals, Acme first")]
    )
    assert [(task.state, task.n_reviews) for task in found.tasks] == [("still_open", 2)]


def test_a_rule_told_once_a_report_may_name_others_next_week(tmp_path):
    _, found = told(
        tmp_path,
        [action("coverage_below_required", "Create $626K of pipeline, APAC first", amount=626e3)],
        [action("coverage_below_required", "Create $610K of pipeline, EMEA first", amount=610e3)],
    )
    assert [(task.state, task.n_reviews) for task in found.tasks] == [("still_open", 2)]


def test_rules_of_groups_are_rules_of_the_actions():
    told = "".join(path.read_text(encoding="utf-8") for path in Path(actions.__file__).parent.rglob("*.py"))
    assert [rule for rule in sorted(_OF_GROUPS) if f'"{rule}"' not in told] == []


def test_an_action_that_another_reports_takes_in_is_followed_there(tmp_path):
    for day, worth in zip(DAYS, (5.0, 50.0, 5.0), strict=True):
        found = review(
            tmp_path,
            answer(as_of=day, actions=[action("stalled", "Look", worth=20.0, kind="at_stake", records=["a", "b"])]),
            answer("stage_benchmarking", as_of=day, actions=[
                action("stuck", "Close", worth=worth, kind="at_stake", records=["a", "b"])]),
            as_of=day,
        )  # fmt: skip
    assert [(task.rule, task.n_reviews, task.since) for task in found.tasks] == [("stalled", 3, "2026-05-26")]
    assert [one.state for one in found.followed] == ["improved"]


def test_an_action_below_the_first_ones_ages_too(tmp_path):
    many = [action(f"rule_{n}", f"Do {n}", amount=10.0 - k) for k, n in enumerate("abcdefghi")]
    _, found = told(tmp_path, many, many[7:])
    assert [(task.rule, task.n_reviews) for task in found.tasks] == [("rule_h", 2), ("rule_i", 2)]
    assert [one.state for one in found.followed] == ["gone"] * 7


def test_a_rerun_of_the_day_says_the_same_as_the_first(tmp_path):
    told(tmp_path, [deals("a", amount=5.0)], [deals("a", amount=5.0)])
    now = answer(as_of=DAYS[1], actions=[deals("a", amount=5.0)])
    again = review(tmp_path, now, as_of=DAYS[1], number=2)
    folder, manifest = make_run(tmp_path / "aside", now, as_of=DAYS[1])
    first = build(folder, manifest, [tmp_path / "2026-05-26-1"], SETTINGS)
    assert (again.content, again.tasks, again.followed) == (first.content, first.tasks, first.followed)
    assert again.tasks[0].n_reviews == 2


def test_a_run_of_a_later_day_is_not_before(tmp_path):
    review(tmp_path, answer(as_of=DAYS[2], actions=[deals("a", amount=5.0)]), as_of=DAYS[2])
    found = review(tmp_path, answer(as_of=DAYS[0], actions=[deals("a", amount=5.0)]), as_of=DAYS[0])
    assert (found.before, found.followed, found.tasks[0].state) == (None, (), "new")

"""The Monday review's actions: their order, which are one, and how many are shown."""

import pytest
from reviews import SETTINGS, action, answer, carried, entry, make_run, review

from revops.delivery.review import ReviewKnobs, ReviewSettings, build, seen_by

COVERAGE = [
    action("opportunities_without_amount", "Put an amount on 1 opportunity", owner="revops", records=["006a"]),
    action("stalled_opportunities", "Look at 2 deals", amount=9e5, worth=7e3, low=0.0, high=3e4, kind="at_stake"),
    action("coverage_below_required", "Create $626K of pipeline", owner="marketing_ops", amount=6e5, worth=4e4, low=0.0,
           high=2e5, kind="added"),
]  # fmt: skip
FORECAST = [
    action("optimism_named", "Apply 0.77", amount=4e5, worth=1e6, low=1e5, high=2e6, kind="corrected"),
    action("exports_are_old", "Export again", owner="revops"),
]
COST = [
    action("late_or_gone", "Ask after 3 customers", owner="cs_ops", amount=1e5),
    action("leave_before_payback", "Keep them", owner="cs_ops", worth=5e4, low=2e4, high=None, kind="at_stake"),
    action("pushed", "Ask", worth=6e3, kind="at_stake"),
]


def rules(tasks):
    return [task.rule for task in tasks]


def test_actions_are_ranked_by_the_money_that_hangs_on_them(tmp_path):
    found = review(
        tmp_path,
        answer("pipeline_coverage", actions=COVERAGE),
        answer("forecast_accuracy", actions=FORECAST),
        answer("cac_payback", actions=COST),
    )
    assert [(task.rule, task.worth) for task in (*found.tasks, *found.rest)] == [
        ("exports_are_old", "–"),
        ("leave_before_payback", "$50K at stake ($20K or more)"),
        ("coverage_below_required", "adds $40K ($0 to $200K)"),
        ("stalled_opportunities", "$7.0K at stake ($0 to $30K)"),
        ("pushed", "$6.0K at stake on average, most likely nothing"),
        ("optimism_named", "corrects the forecast by $1.0M ($100K to $2.0M)"),
        ("late_or_gone", "$100K in the records"),
        ("opportunities_without_amount", "–"),
    ]
    assert (len(found.tasks), found.more_tasks, rules(found.rest)) == (7, 1, ["opportunities_without_amount"])
    assert found.tasks[2].href == "pipeline_coverage.html#action-3"
    assert {task.state for task in found.tasks} == {"new"} and {task.since for task in found.tasks} == {"2026-06-09"}


def test_actions_without_money_are_shown_only_where_fewer_than_three_have_some(tmp_path):
    plain = [action(f"rule_{n}", f"Mend {n}") for n in "abcd"]
    found = review(tmp_path, answer(actions=[*plain, action("overdue", "Re-date", amount=5.0)]))
    assert rules(found.tasks) == ["overdue", "rule_a", "rule_b"]
    assert (found.more_tasks, rules(found.rest)) == (2, ["rule_c", "rule_d"])


def test_first_action_of_each_report_that_says_act_is_heard_before_money(tmp_path):
    late = [action("late_leads", "Touch"), action("stuck", "Close", amount=9e8)]
    old = [action("exports_are_old", "Export", owner="revops"), action("unattributed", "Put", worth=1.0, kind="added")]
    found = review(
        tmp_path,
        answer("pipeline_coverage", actions=COVERAGE),
        answer("stage_benchmarking", status="act", actions=late),
        answer("attribution_comparison", status="act", actions=old),
        answer("forecast_accuracy", status="act"),
    )
    assert [(task.rule, task.is_first) for task in found.tasks] == [
        ("exports_are_old", False),
        ("unattributed", True),
        ("late_leads", True),
        ("coverage_below_required", False),
        ("stalled_opportunities", False),
        ("stuck", False),
    ]
    assert found.tasks[2].href == "stage_benchmarking.html#action-1" and rules(found.rest) == [
        "opportunities_without_amount"
    ]


def of_kinds(*kinds):
    return [action(kind, f"{kind} {place}", worth=float(100 - place), kind="added") for place, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("kinds", "shown", "rest"),
    [
        ("aaabcdefg", "aabcdef", "ag"),
        ("aaabbbcd", "aaabbcd", "b"),
        ("aaab", "aaab", ""),
        ("aaaaaaaaa", "aaaaaaa", "aa"),
    ],
    ids=["others wait", "places are left", "fewer than seven", "nothing else"],
)
def test_at_most_two_of_one_rule_of_a_report_are_shown_as_long_as_others_wait(tmp_path, kinds, shown, rest):
    found = review(tmp_path, answer(actions=of_kinds(*kinds)))
    assert ("".join(rules(found.tasks)), "".join(rules(found.rest)), found.more_tasks) == (shown, rest, len(rest))
    worths = [task.worth_amount for task in found.tasks]
    assert worths == sorted(worths, reverse=True)


def test_a_view_takes_what_waits_in_its_place_by_money(tmp_path):
    """Of nine actions the third a waits; where others of the report leave, it stands before what is worth less."""
    asked = of_kinds(*"aaabcdefg")
    asked = [row | {"owner": "revops" if row["rule"] in "afg" else "marketing_ops"} for row in asked]
    found = review(tmp_path, answer(actions=asked))
    assert ("".join(rules(found.tasks)), "".join(rules(found.rest))) == ("aabcdef", "ag")
    assert ("".join(rules(seen_by(found, "revops").tasks)), seen_by(found, "revops").rest) == ("aaafg", ())
    assert "".join(rules(seen_by(found, "marketing_ops").tasks)) == "bcde"


def test_the_same_rule_of_two_reports_is_not_of_one_kind(tmp_path):
    found = review(tmp_path, answer(actions=of_kinds(*"aab")), answer("cac_payback", actions=of_kinds(*"aacdef")))
    assert rules(found.tasks).count("a") == 4


def test_knobs_say_how_many_are_shown(tmp_path):
    settings = ReviewSettings(ReviewKnobs(most_actions=2, fewest_actions=1), "USD", 7)
    assert len(review(tmp_path, answer(actions=COVERAGE), settings=settings).tasks) == 2


@pytest.mark.parametrize(("shared", "is_one"), [(1, False), (2, True), (3, True)])
def test_actions_of_two_reports_are_one_from_half_of_the_smaller_ones_records_on(tmp_path, shared, is_one):
    few, many = ["a", "b", "c", "d"], [*"abcd"[:shared], *"uvwxyz"]
    found = review(
        tmp_path,
        answer("pipeline_coverage", actions=[action("stalled", "Look", worth=9.0, kind="at_stake", records=few)]),
        answer("stage_benchmarking", actions=[action("stuck", "Close", amount=1e6, records=many)]),
    )
    assert rules(found.tasks) == (["stalled"] if is_one else ["stalled", "stuck"])
    assert found.tasks[0].also_in == (("Stage benchmarking",) if is_one else ())


def test_two_functions_each_do_their_own_on_the_same_records(tmp_path):
    """Finance is asked for the bill of a deal that sales is to put a contact on."""
    found = review(
        tmp_path,
        answer("attribution_comparison", actions=[action("unattributed", "Put", amount=9.0, records=["a", "b", "c"])]),
        answer("revenue_answer", actions=[action("unbilled", "Ask", owner="revops", amount=5.0, records=["a"])]),
    )
    assert [(task.rule, task.also_in) for task in found.tasks] == [("unattributed", ()), ("unbilled", ())]


def test_two_actions_of_one_report_stay_two(tmp_path):
    both = [action("stalled", "Look", amount=2.0, records=["a"]), action("overdue", "Date", amount=1.0, records=["a"])]
    assert rules(review(tmp_path, answer(actions=both)).tasks) == ["stalled", "overdue"]


def test_old_exports_are_told_once(tmp_path):
    old = [action("exports_are_old", "Export again")]
    found = review(tmp_path, answer(actions=old), answer("forecast_accuracy", actions=old))
    assert [(task.report, task.also_in) for task in found.tasks] == [("forecast_accuracy", ("Pipeline coverage",))]


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        ("exports_are_old", ["exports_are_old", "stuck", "late_or_gone", "mend", "conversion_fell"]),
        ("overdue", ["conversion_fell", "stuck", "late_or_gone", "mend", "overdue"]),
    ],
)
def test_what_fell_while_records_are_missing_comes_last_also_in_a_view(tmp_path, rule, order):
    fell = action("conversion_fell", "Review", owner="marketing_ops", worth=9e5, kind="at_stake")
    others = [action("late_or_gone", "Ask", owner="marketing_ops", amount=2.0), action("stuck", "Close", worth=1.0)]
    found = review(
        tmp_path,
        answer(actions=[action(rule, "Say", owner="revops")]),
        answer("stage_benchmarking", status="act", actions=[fell, *others]),
        answer("cac_payback", actions=[action("mend", "Mend", owner="marketing_ops", amount=1.0)]),
    )
    assert rules((*found.tasks, *found.rest)) == order
    theirs = seen_by(found, "marketing_ops")
    assert rules((*theirs.tasks, *theirs.rest)) == [
        one for one in order if one in ("conversion_fell", "late_or_gone", "mend")
    ]


def test_only_reports_of_the_day_on_the_whole_company_ask(tmp_path):
    part = answer("pipeline_coverage", slice={"region": "EMEA"}, actions=COVERAGE)
    old = answer("cac_payback", as_of="2026-06-02", actions=COST)
    whole = answer("forecast_accuracy", actions=FORECAST)
    folder, manifest = make_run(tmp_path, part, old, whole, entries=[entry(part), carried(old), entry(whole)])
    assert {task.report for task in build(folder, manifest, [], SETTINGS).tasks} == {"forecast_accuracy"}


def test_same_text_twice_gives_two_keys(tmp_path):
    found = review(
        tmp_path, answer(actions=[action("mend", "Mend 1", amount=2.0), action("mend", "Mend 2", amount=1.0)])
    )
    keys = [task.key for task in found.tasks]
    assert len(set(keys)) == 2 and keys[1] == f"{keys[0]}-2"


def test_each_function_sees_its_own_actions_out_of_all(tmp_path):
    theirs = [action(f"campaign_{n}", f"Mend {n}", owner="marketing_ops") for n in "ab"]
    found = review(tmp_path, answer(actions=[*COVERAGE, *theirs]), answer("cac_payback", actions=COST))
    assert seen_by(found, "executive") == found
    marketing, rest = seen_by(found, "marketing_ops"), seen_by(found, "revops")
    assert rules(marketing.tasks) == ["coverage_below_required", "campaign_a", "campaign_b"]
    assert {task.owner for task in rest.tasks} == {"sales_ops", "cs_ops", "revops"}
    assert marketing.sentence == found.sentence and marketing.exports == found.exports

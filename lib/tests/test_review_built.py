"""The Monday review as a whole: its sentence and numbers, what was not made, what cannot be read, and its file."""

import dataclasses
import json
import subprocess
import sys

import pytest
from reviews import SETTINGS, action, answer, carried, entry, export, failed, make_run, number, put_out, review

from revops.delivery.mail.subject import subject_of
from revops.delivery.review import build, from_json, read, review_settings, seen_by, to_json
from revops.delivery.review.gathered import gather
from revops.delivery.review.reconciled import conflicts
from revops.errors import SettingsError

STATE = [
    number("quota_amount", 1.232e6),
    number("booked_amount", 396e3),
    number("attainment_probability", 0.354, unit="share"),
    number("landing_amount", 1.152e6, 9.12e5, 1.461e6),
    number("pipeline_gap_amount", 6.26e5, 0.0, 3.206e6),
]
SALES = [
    number("answer_amount", 396e3, by={"who": "sales", "part": "booked"}),
    number("answer_amount", 501e3, by={"who": "sales", "part": "committed"}),
    number("answer_amount", 900e3, by={"who": "finance", "part": "booked"}),
]


def without(*ids):
    """Return the numbers of the state with those of some ids undefined."""
    return [row | ({"value": None, "low": None, "high": None} if row["id"] in ids else {}) for row in STATE]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"measures": STATE}, "FY27-Q2 near $1.15M, 35% chance of quota"),
        ({"measures": STATE, "status": "not_enough_data"}, "FY27-Q2 near $1.15M of its $1.23M quota"),
        ({"measures": without("landing_amount")}, "FY27-Q2: $396K of its $1.23M quota booked"),
        ({"measures": without("quota_amount")}, "FY27-Q2: $396K booked, without a quota"),
        ({"measures": []}, "FY27-Q2: what is booked is not known"),
    ],
    ids=["under way", "not validated", "over", "no quota", "an Answer without numbers"],
)
def test_sentence_tells_the_state_of_the_quarter_in_a_subjects_length(tmp_path, parts, sentence):
    found = review(tmp_path, answer(**parts))
    assert found.sentence == sentence and len(subject_of(found)) < 60


def test_first_screen_tells_chance_landing_gap_and_what_sales_would_say(tmp_path):
    found = review(tmp_path, answer(measures=STATE), answer("revenue_answer", measures=SALES))
    assert [(said.figure, said.text, said.id, said.is_bad) for said in found.numbers] == [
        ("35%", "chance to make the quota of FY27-Q2", "attainment_probability", False),
        (
            "$1.15M",
            "likely landing against a quota of $1.23M; 8 in 10 outcomes fall between $912K and $1.46M",
            "landing_amount",
            False,
        ),
        ("$626K", "pipeline missing for the quota; 8 in 10 outcomes fall between $0 and $3.21M", "pipeline_gap_amount",
         True),
        ("$897K", "$396K booked and $501K committed, as sales counts them", "answer_amount", False),
    ]  # fmt: skip


def test_exports_that_are_too_old_tell_no_state_of_the_quarter(tmp_path):
    again = action("exports_are_old", "Export again: the newest record of the CRM is 165 days old")
    columns = ["line", "booked", "committed", "total", "n", "kind"]
    rows = [["Sales says", 0.0, 0.0, 0.0, 0, "answer"]]
    old = answer(measures=[number("booked_amount", 0.0), number("nrr", None)], actions=[again])
    told = answer("revenue_answer", measures=SALES, actions=[again],
                  tables=[{"name": "bridge", "columns": columns, "units": [None] * 6, "rows": rows}])  # fmt: skip
    other = answer("cac_payback", measures=[number("nrr", 0.9)])
    found = review(tmp_path, old, told, other)
    assert found.sentence == "FY27-Q2 is not known: the exports are too old"
    assert (found.numbers, found.bridge, found.conflicts) == ((), (), ())
    assert review(tmp_path, told, other, number=2).sentence == found.sentence


def test_without_pipeline_coverage_the_revenue_answer_speaks(tmp_path):
    found = review(tmp_path, answer("revenue_answer", measures=SALES))
    assert (found.sentence, found.status) == ("FY27-Q2: $396K booked, $501K committed", "not_enough_data")


def test_what_failed_is_said_first_and_shows_no_old_number(tmp_path):
    old = answer(as_of="2026-06-02", measures=STATE, actions=[action("stalled", "Look", amount=1.0)])
    broken = {"reason": "It broke.", "advice": "Mend it.", "cell": 2}
    stands = carried(old, outcome="failed", failure=broken, evidence="pipeline_coverage.failed.html")
    found = review(tmp_path, old, answer("cac_payback"), entries=[
        stands, failed("forecast_accuracy", "No kernel."), entry(answer("cac_payback"))])  # fmt: skip
    assert found.failed_first == (
        "2 of 3 reports were not made: Pipeline coverage and Forecast accuracy. "
        "Shown, but not from this run's exports: Pipeline coverage (as of 2 Jun)."
    )
    assert (found.numbers, found.tasks, found.status) == ((), (), "not_enough_data")
    assert found.sentence == "1 of 3 reports made; the quarter is not known"
    assert [(m.what, m.needs) for m in found.missing] == [
        ("Pipeline coverage", "It broke."),
        ("Forecast accuracy", "No kernel."),
    ]
    assert [(line.report, line.outcome, line.is_old, line.as_of, line.page) for line in found.lines] == [
        ("pipeline_coverage", "failed", True, "2026-06-02", "pipeline_coverage.html"),
        ("forecast_accuracy", "failed", False, None, None),
        ("cac_payback", "made", False, "2026-06-09", "cac_payback.html"),
    ]


def part_failed(stem, region):
    return failed(stem) | {"slice": {"region": region}}


@pytest.mark.parametrize(
    ("entries", "first", "sentence"),
    [
        ([failed("pipeline_coverage"), failed("cac_payback"), part_failed("pipeline_coverage", "EMEA")],
         "2 of 2 reports were not made: Pipeline coverage and CAC payback. Nor was Pipeline coverage, EMEA.",
         "0 of 2 reports made; the quarter is not known"),
        ([failed("cac_payback"), *(part_failed("pipeline_coverage", r) for r in ("APAC", "EMEA"))],
         "1 of 1 report was not made: CAC payback. Nor were Pipeline coverage, APAC and Pipeline coverage, EMEA.",
         "0 of 1 report made; the quarter is not known"),
        ([entry(answer("cac_payback")), part_failed("pipeline_coverage", "EMEA")],
         "Pipeline coverage, EMEA was not made.", "1 of 1 report made; the quarter is not known"),
        ([entry(answer("cac_payback")), failed("forecast_accuracy"),
          failed("pipeline_coverage") | {"outcome": "not_run"}],
         "1 of 2 reports was not made: Forecast accuracy.", "1 of 2 reports made; the quarter is not known"),
        ([entry(answer("pipeline_coverage", slice={"region": "APAC"})), part_failed("pipeline_coverage", "EMEA")],
         "Pipeline coverage, EMEA was not made.",
         "1 of 2 reports on parts of the company made, none on the whole"),
        ([part_failed("pipeline_coverage", f"Region {n}") for n in range(40)],
         "40 reports on parts of the company were not made.",
         "0 of 40 reports on parts of the company made, none on the whole"),
        ([entry(answer("pipeline_coverage", slice={"region": "APAC"}))], "",
         "1 of 1 report on a part of the company made, none on the whole"),
        ([failed("pipeline_coverage") | {"outcome": "not_run"}], "", "No report could be made"),
    ],
    ids=["all, and a part", "one, and two parts", "a part alone", "what nothing feeds is not counted", "parts alone",
         "many parts", "one part", "nothing"],
)  # fmt: skip
def test_reports_are_counted_one_way(tmp_path, entries, first, sentence):
    found = review(tmp_path, answer("cac_payback"), entries=entries)
    assert (found.failed_first, found.sentence) == (first, sentence)


def test_a_day_of_another_year_is_told_with_it(tmp_path):
    old = answer(as_of="2025-12-30")
    found = review(tmp_path, old, entries=[carried(old, as_of="2025-12-30")])
    assert found.failed_first == "Shown, but not from this run's exports: Pipeline coverage (as of 30 Dec 2025)."


@pytest.mark.parametrize(
    ("parts", "is_old"),
    [
        ({}, False),
        ({"as_of": "2026-06-02"}, True),
        ({"as_of": "2026-06-10"}, True),
        ({"data": [export("leads", "Lead.csv", "2026-06-09", sha="1" * 64)]}, True),
        ({"definitions": "d2"}, True),
    ],
    ids=["same day and exports", "earlier day", "later day", "other exports", "other definitions"],
)
def test_a_carried_report_is_old_unless_it_is_of_this_day_and_these_exports(tmp_path, parts, is_old):
    same = [export("leads", "Lead.csv", "2026-06-09")]
    shown = answer(**{"data": same, "measures": STATE, **parts})
    made = answer("cac_payback", data=same)
    found = review(tmp_path, shown, made, entries=[carried(shown, as_of=shown["as_of"]), entry(made)])
    assert [line.is_old for line in found.lines] == [is_old, False] and bool(found.numbers) is not is_old


def test_a_carried_part_of_the_company_is_marked_but_not_said_first(tmp_path):
    part = answer(slice={"region": "EMEA"}, as_of="2026-06-02")
    found = review(tmp_path, answer(), part, entries=[carried(part), entry(answer())])
    assert [(line.title, line.is_old) for line in found.lines] == [
        ("Pipeline coverage", False),
        ("Pipeline coverage, EMEA", True),
    ]
    assert found.failed_first == ""


def test_bridge_and_what_cannot_be_told_come_from_the_reports(tmp_path):
    rows = [["Sales would say", 1.0, 2.0, 3.0, 4, "answer"], ["Other types", -1.0, None, -1.0, 1, "step"]]
    columns = ["line", "booked", "committed", "total", "n", "kind"]
    told = answer("revenue_answer", tables=[{"name": "bridge", "columns": columns, "units": [None] * 6, "rows": rows}],
                  unavailable=[{"id": "landing_amount", "needs": "history"}])  # fmt: skip
    files = ["revenue_answer.html", "revenue_answer.json", "revenue_answer/bridge_records.csv"]
    found = review(tmp_path, told, entries=[entry(told, files=files)])
    assert [dataclasses.astuple(step) for step in found.bridge] == [
        ("Sales would say", 1.0, 2.0, 3.0, 4, True, files[2]),
        ("Other types", -1.0, None, -1.0, 1, False, files[2]),
    ]
    assert [(m.what, m.needs) for m in found.missing] == [("Landing", "history")]


def test_the_same_number_told_otherwise_is_a_conflict(tmp_path):
    one = answer(
        measures=[number("landing_amount", 1234567.25), number("nrr", 1 / 3, by={"b": "x"}), number("grr", 1.0)]
    )
    other = answer("forecast_accuracy", measures=[
        number("landing_amount", 1234567.5), number("nrr", 1 / 3 + 1e-15, by={"b": "x"}),
        number("grr", None)])  # fmt: skip
    part = answer(slice={"region": "EMEA"}, measures=[number("landing_amount", 7.0)])
    next_one = answer("cac_payback", period="FY27-Q3", measures=[number("landing_amount", 8.0)])
    assert review(tmp_path, one, other, part, next_one).conflicts == (
        "Gross revenue retention of FY27-Q2 as of 2026-06-09 must be one number; "
        "found 1 in Pipeline coverage; none in Forecast accuracy.",
        "Landing of FY27-Q2 as of 2026-06-09 must be one number; "
        "found 1,234,567.25 in Pipeline coverage; 1,234,567.5 in Forecast accuracy.",
    )


def several(tmp_path):
    first = answer(as_of="2026-06-02", measures=STATE, actions=[action("stalled", "Look at 3", amount=4.0)])
    review(tmp_path, first, as_of="2026-06-02")
    later = answer(measures=STATE, status="act", actions=[action("stalled", "Look at 2", amount=5.0, records=["ü"])],
                   data=[export("leads", "Lead.csv", "2026-06-09")])  # fmt: skip
    return later, answer("revenue_answer", measures=SALES)


def test_review_json_gives_the_review_back(tmp_path):
    found = review(tmp_path, *several(tmp_path))
    assert found.tasks and found.followed and found.changes and found.exports and found.history and found.numbers
    assert from_json(to_json(found)) == found == read(tmp_path / "2026-06-09-1")
    assert from_json(to_json(seen_by(found, "revops"))) == seen_by(found, "revops")


def test_order_of_the_manifest_and_name_of_the_run_change_nothing_that_is_said(tmp_path):
    answers = several(tmp_path)
    one = review(tmp_path, *answers)
    other = review(tmp_path, *reversed(answers), earlier=[tmp_path / "2026-06-02-1"], number=7)
    assert other.content == one.content
    assert to_json(dataclasses.replace(other, run=one.run)) == to_json(one)


def test_content_names_what_is_said(tmp_path):
    first = review(tmp_path / "a", answer(measures=STATE))
    other = review(tmp_path / "b", answer(measures=[*STATE[:-1], number("pipeline_gap_amount", 6.28e5, 0.0, 3.2e6)]))
    assert len(first.content) == 64 and first.content != other.content


@pytest.mark.parametrize("text", [b"", b'{"measures": [', b"\xff\xfe"], ids=["empty", "cut short", "not text"])
def test_an_earlier_answer_that_cannot_be_read_is_held_against_nothing(tmp_path, text):
    review(tmp_path, answer(as_of="2026-06-02", measures=STATE), as_of="2026-06-02")
    (tmp_path / "2026-06-02-1" / "pipeline_coverage.json").write_bytes(text)
    found = review(tmp_path, answer(measures=[*STATE[:-1], number("booked_amount", 5e5)]))
    assert (found.before, found.changes) == ("2026-06-02", ())


def test_a_run_in_which_nothing_was_made_is_no_review_to_look_back_to(tmp_path):
    review(tmp_path, answer(as_of="2026-06-02", measures=STATE), as_of="2026-06-02")
    old = carried(answer(as_of="2026-06-02", measures=STATE), outcome="failed",
                  failure={"reason": "It broke.", "advice": "Mend it.", "cell": None})  # fmt: skip
    broken = review(tmp_path, answer(as_of="2026-06-02", measures=STATE), as_of="2026-06-05", entries=[old])
    found = review(tmp_path, answer(measures=[*STATE[2:], number("booked_amount", 5e5)]))
    assert broken.failed_first and (found.before, [past.as_of for past in found.history]) == (
        "2026-06-02",
        ["2026-06-02"],
    )
    assert [change.id for change in found.changes] == ["booked_amount"]


def test_a_report_taken_over_as_it_was_that_day_is_the_same_review(tmp_path):
    day = {"as_of": "2026-06-09", "run": "2026-06-09-1"}
    both = answer(measures=STATE), answer("revenue_answer", measures=SALES)
    first = review(tmp_path, *both)
    again = review(tmp_path, *both, number=2, entries=[entry(both[0]), carried(both[1], **day)])
    older = carried(answer("revenue_answer", as_of="2026-06-02", measures=SALES))
    other = review(tmp_path, *both, number=3, entries=[entry(both[0]), older])
    assert [line.outcome for line in again.lines] == ["made", "carried"] and again.content == first.content
    assert other.content != first.content


def test_why_a_report_failed_and_parts_of_the_company_do_not_make_another_review(tmp_path):
    good = answer(measures=STATE)
    first, other = (
        review(tmp_path / reason, good, entries=[entry(good), failed("cac_payback", reason)])
        for reason in ("Ended at 6.1 GB.", "Ended at 6.2 GB.")
    )
    part = answer(slice={"region": "EMEA"}, sentence="EMEA is late.")
    parted = review(tmp_path / "parts", good, part, entries=[entry(good), entry(part), failed("cac_payback")])
    mended = review(tmp_path / "mended", good, answer("cac_payback"))
    assert first.content == other.content == parted.content != mended.content
    assert {row.needs for row in first.missing} == {"Ended at 6.1 GB."}


def test_parts_of_the_company_make_another_review_where_no_report_is_on_the_whole(tmp_path):
    said = [{"region": "EMEA"}, {"region": "APAC"}]
    parts = [answer(slice=part, status=status) for part in said for status in ("watch", "act")]
    found = [review(tmp_path / str(place), part, entries=[entry(part)]) for place, part in enumerate(parts)]
    assert len({each.content for each in found}) == 4


def test_many_older_reports_are_told_by_the_first(tmp_path):
    old = [carried(answer(stem, as_of="2026-06-02"))
           for stem in ("attribution_comparison", "cac_payback", "forecast_accuracy", "revenue_answer",
                        "stage_benchmarking")]  # fmt: skip
    found = review(tmp_path, answer(), entries=[entry(answer()), *old])
    assert found.failed_first == (
        "Shown, but not from this run's exports: Forecast accuracy (as of 2 Jun), Revenue answer (as of 2 Jun) "
        "and 3 more."
    )


def test_history_is_of_earlier_days_and_of_each_the_newest(tmp_path):
    days = [("2026-06-02", 1), ("2026-06-16", 1), ("2026-06-02", 2), ("2026-06-09", 1)]
    for day, nth in days:
        review(tmp_path, answer(as_of=day), as_of=day, number=nth)
    found = review(tmp_path, answer(), number=2)
    assert [past.run for past in found.history] == ["2026-06-02-2"]


def test_history_leads_to_the_newest_review_of_each_day(tmp_path):
    for day, n in (("2026-06-02", 1), ("2026-05-26", 1), ("2026-06-02", 2)):
        review(tmp_path, answer(as_of=day, measures=STATE), as_of=day, number=n)
    found = review(
        tmp_path, answer(), earlier=[tmp_path / f"2026-{name}" for name in ("06-02-1", "05-26-1", "06-02-2")]
    )
    assert [(past.run, past.as_of, past.href) for past in found.history] == [
        ("2026-06-02-2", "2026-06-02", "../runs/2026-06-02-2/index.html"),
        ("2026-05-26-1", "2026-05-26", "../runs/2026-05-26-1/index.html"),
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 2}', '{"schema": 3}', '{"schema": 2, "tasks": [3]}'])
def test_a_review_that_cannot_be_read_counts_as_none(tmp_path, text):
    review(tmp_path, answer(as_of="2026-06-02", measures=STATE), as_of="2026-06-02")
    (tmp_path / "2026-06-02-1" / "review.json").write_text(text, encoding="utf-8")
    found = review(tmp_path, answer(measures=STATE))
    assert (found.before, found.history, found.changes) == (None, (), ())


def test_a_review_with_parts_of_another_shape_counts_as_none(tmp_path):
    known = json.loads(to_json(review(tmp_path, answer(actions=[action("stalled", "Look", amount=1.0)]))))
    assert from_json(json.dumps(known)) is not None
    known["tasks"][0]["colour"] = "red"
    assert from_json(json.dumps(known)) is None


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("as_of",), 20260609),
        (("as_of",), "9 June"),
        (("sentence",), None),
        (("more_tasks",), "1"),
        (("more_tasks",), True),
        (("schema",), 2.0),
        (("status",), ["watch"]),
        (("tasks", 0, "amount"), "1"),
        (("tasks", 0, "amount"), float("inf")),
        (("tasks", 0, "amount"), None),
        (("tasks", 0, "state"), "done"),
        (("tasks", 0, "records"), [1]),
        (("tasks", 0, "slice"), {"region": 1}),
        (("tasks", 0, "is_first"), 0),
        (("lines", 0, "title"), 3),
    ],
)
def test_a_review_with_a_value_of_another_type_counts_as_none_and_stops_no_run(tmp_path, place, value):
    review(tmp_path, answer(as_of="2026-06-02", actions=[action("stalled", "Look", amount=1.0)]), as_of="2026-06-02")
    file = tmp_path / "2026-06-02-1" / "review.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    inner = known
    for step in place[:-1]:
        inner = inner[step]
    assert place[-1] in inner and from_json(json.dumps(known)) is not None
    inner[place[-1]] = value
    file.write_text(json.dumps(known), encoding="utf-8")
    found = review(tmp_path, answer(measures=STATE))
    assert (found.before, found.history) == (None, ())


def test_a_whole_number_is_an_amount(tmp_path):
    known = json.loads(to_json(review(tmp_path, answer(actions=[action("stalled", "Look", amount=1.0)]))))
    known["tasks"][0]["amount"] = 1
    assert from_json(json.dumps(known)).tasks[0].amount == 1


def test_a_review_of_the_shape_before_counts_as_none(tmp_path):
    """Schema 1 had no `before` of a number: a file that names it so is not read, even where all else fits."""
    known = json.loads(to_json(review(tmp_path, answer(measures=STATE))))
    assert from_json(json.dumps(known)) is not None and known["schema"] == 2
    assert from_json(json.dumps(known | {"schema": 1})) is None
    for row in known["numbers"]:
        del row["before"], row["is_beyond"]
    assert from_json(json.dumps(known | {"schema": 1})) is None


def test_runs_of_an_older_version_are_passed_over(tmp_path):
    """Without a review, without revenue_answer, and with an Answer whose rows lack what is read now."""
    bare = {key: value for key, value in answer(as_of="2026-06-02").items() if key not in ("data", "unavailable")}
    bare["measures"] = [{"id": "booked_amount", "by": {}, "value": 1.0, "unit": "money"}, {"id": "nrr", "value": 1.0}]
    bare["actions"] = [{"rule": "stalled", "text": "Look", "records": ["a"]}]
    make_run(tmp_path, bare, as_of="2026-06-02")
    assert review(tmp_path, answer(measures=STATE)).before is None
    folder, manifest = make_run(tmp_path / "older", bare, as_of="2026-06-02")
    put_out(folder, build(folder, manifest, [], SETTINGS), manifest)
    found = build(*make_run(tmp_path / "now", answer(measures=STATE)), [folder], SETTINGS)
    assert found.before == "2026-06-02" and [c.id for c in found.changes] == ["booked_amount"]


def test_another_companys_runs_say_nothing(tmp_path):
    review(tmp_path, answer(as_of="2026-06-02"), as_of="2026-06-02")
    file = tmp_path / "2026-06-02-1" / "review.json"
    file.write_text(file.read_text().replace("Halyard Robotics", "Other Ltd"), encoding="utf-8")
    assert review(tmp_path, answer()).history == ()


def test_knobs_come_from_the_companys_file_else_the_projects(tmp_path):
    params = tmp_path / "params"
    (params / "north").mkdir(parents=True)
    for folder in (params, params / "north"):
        (folder / "company.yml").write_text("company: North\n", encoding="utf-8")
    assert review_settings(params / "north", "USD").stale_days == 7
    (params / "pipeline_coverage.yml").write_text("stale_after_days: 10\n", encoding="utf-8")
    (params / "review.yml").write_text("most_actions: 5\n", encoding="utf-8")
    found = review_settings(params / "north", "EUR")
    assert (found.knobs.most_actions, found.stale_days, found.currency) == (5, 10, "EUR")
    (params / "north" / "review.yml").write_text("stale_after_days: 3\nmost_action: 4\n", encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        review_settings(params / "north", "EUR")
    assert "most_action is not a setting. Did you mean most_actions?" in str(refused.value)


def test_reports_that_hold_no_number_of_theirs_are_left_out_of_a_view_but_not_what_failed(tmp_path):
    made, stems = answer("revenue_answer"), ("pipeline_coverage", "revenue_answer", "attribution_comparison")
    found = review(tmp_path, *[answer(stem) for stem in stems])
    assert [line.report for line in seen_by(found, "marketing_ops").lines] == [stems[0], stems[2]]
    broken = review(tmp_path, made, number=2, entries=[failed("forecast_accuracy"), entry(made)])
    assert [line.report for line in seen_by(broken, "marketing_ops").lines] == ["forecast_accuracy"]


def test_conflicts_leave_out_what_is_old(tmp_path):
    old = answer("forecast_accuracy", measures=[number("landing_amount", 1.0)], definitions="d0")
    now = answer(measures=[number("landing_amount", 2.0)], data=[export("leads", "Lead.csv", "2026-06-09")])
    folder, manifest = make_run(tmp_path, old, now, entries=[carried(old, as_of="2026-06-09"), entry(now)])
    assert conflicts(gather(folder, manifest)) == ()


def test_reading_a_review_does_not_wait_for_pandas():
    code = "import sys, revops.delivery.review; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

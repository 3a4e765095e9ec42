"""The rows of the stage benchmarking report: every promised number is there, and says why where it is not known."""

import datetime as dt
import json
import math
from pathlib import Path

import pytest
from told_stages import NAN, arrived, cycle, group, line, month, quarter, stage, stood, strata, stuck, told, tool, win

from revops.benchmarks import published
from revops.measures import pipeline_coverage as coverage
from revops.measures import stage_benchmarking as report
from revops.measures.stage_benchmarking.rows import PROMISED
from revops.metrics import METRICS

ROOT = Path(__file__).parents[2]
DAY = dt.date(2026, 6, 9)
NAMED_IN_THE_DESIGN = {
    "conversion_rate", "median_days_in_stage", "win_rate", "win_rate_by_amount", "sales_cycle_days", "mql_volume",
    "mql_to_sql_rate", "lead_to_won_rate", "benchmark_percentile_band", "company_stage", "operating_signals",
}  # fmt: skip


def rows(**given):
    return report.measure_rows(told(**given))


def of(id, **given):
    return [row for row in rows(**given) if row["id"] == id]


def is_sound(found):
    """Keys stand once, values have a note where and only where they are not known, ranges hold them."""
    keys = [(row["id"], json.dumps(row["by"], sort_keys=True)) for row in found]
    assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)
    assert {row["id"] for row in found} == set(PROMISED) <= set(METRICS)
    assert set(PROMISED) >= NAMED_IN_THE_DESIGN
    for row in found:
        known = not math.isnan(row["value"])
        assert math.isfinite(row["value"]) if known else row["low"] is None, row
        assert known is (row["note"] is None) and (known or len(row["note"]) > 5), row
        assert known or not any(bad in f" {row['note']} " for bad in ("nan", "None")), row
        for end in (row["low"], row["high"]):
            assert end is None or math.isnan(end) or math.isfinite(end), row


def test_a_report_that_knows_nothing_promises_every_number_and_says_why():
    found = rows(unavailable={"mql_volume": "leads: the lead export"})
    is_sound(found)
    bare = {row["id"]: row for row in found if not row["by"]}
    assert bare["mql_volume"]["note"] == "leads: the lead export"
    assert bare["sales_cycle_days"]["note"] == bare["win_rate"]["note"] == "nothing came into a stage in these weeks"
    assert bare["mql_to_sql_rate"]["note"].startswith("no leads: ")
    assert bare["conversion_rate"]["note"] == "nothing in these weeks or before tells it"


def test_why_the_pipeline_cannot_tell_goes_before():
    why = {"pipeline": {"win_rate": "needs the history of stages", "halving_days": "needs 30 stays"}}
    assert of("win_rate", whys=why)[0]["note"] == "needs the history of stages"
    assert of("halving_days", stages=None, whys=why)[0]["note"] == "needs 30 stays"


def test_conversion_is_told_by_transition_age_and_window_and_by_group():
    found = of("conversion_rate", converted=[line(), line(horizon=60, share=NAN), line("Proposal")],
               groups=[group("SMB", what="stage", step="Discovery"), group("AMER", "region", what="funnel", step="mql"),
                       group("X", what="stage", step="Lead", horizon_days=NAN)])  # fmt: skip
    assert [(row["by"], row["value"], row["n"], row["note"]) for row in found] == [
        ({"transition": "Discovery > Proposal", "horizon_days": 30, "window": "last_weeks"}, 0.5, 100, None),
        ({"transition": "Discovery > Proposal", "horizon_days": 60, "window": "last_weeks"},
         pytest.approx(NAN, nan_ok=True),
         100, "too few were followed that long"),
        ({"transition": "Proposal > Won", "horizon_days": 30, "window": "last_weeks"}, 0.5, 100, None),
        ({"transition": "Discovery > Proposal", "horizon_days": 180, "segment": "SMB"}, 0.25, 60, None),
        ({"transition": "mql > sql", "horizon_days": 180, "region": "AMER"}, 0.25, 60, None),
    ]  # fmt: skip
    assert (found[0]["low"], found[0]["high"], found[0]["level"]) == (0.45, 0.55, 0.8)
    assert (found[3]["low"], found[3]["high"]) == (0.21, 0.29)


def test_the_win_rate_is_told_by_count_by_amount_and_by_group():
    wins = [win(), win("amount", 0.2), win(when="now", share=NAN)]
    found = of("win_rate", wins=wins, groups=[group()])
    assert [(row["by"], row["note"]) for row in found] == [
        ({"horizon_days": 180, "window": "before"}, None),
        ({"horizon_days": 180, "window": "last_weeks"}, "too few were followed that long"),
        ({"horizon_days": 180, "segment": "SMB"}, None),
    ]
    assert [row["value"] for row in of("win_rate_by_amount", wins=wins)] == [0.2]


def test_time_in_stage_is_told_by_stage_and_says_how_long_was_seen():
    found = of("median_days_in_stage", times=[stood(), stood("Lead", median=NAN, longest=41)], stages=[stage()])
    assert [(row["by"], row["value"], row["note"]) for row in found] == [
        ({"stage": "Proposal", "window": "before"}, 14.0, None),
        ({"stage": "Lead", "window": "before"}, pytest.approx(NAN, nan_ok=True), "half had not left within 41 days"),
    ]


def test_the_sales_cycle_is_that_of_the_company():
    (row,) = of("sales_cycle_days", cycle=cycle(90.0, 321))
    assert (row["value"], row["n"], row["note"]) == (90.0, 321, None)
    (row,) = of("sales_cycle_days", cycle=cycle(NAN, 1, "Only 1 opportunity was created."))
    assert (row["n"], row["note"]) == (1, "Only 1 opportunity was created.")


def test_what_is_stuck_is_told_in_all_and_by_stage():
    found = of("stuck_amount", stuck=[stuck(), stuck("O2", amount=50.0)], stages=[stage(), stage("Lead", amount=NAN)])
    assert [(row["by"], row["n"]) for row in found] == [
        ({"stage": "Lead"}, 1), ({"stage": "Discovery"}, 0), ({"stage": "Proposal"}, 1), ({}, 2)
    ]  # fmt: skip
    assert [row["value"] for row in found] == [pytest.approx(NAN, nan_ok=True), 0.0, 100.0, 150.0]


def test_the_hand_off_is_told_of_both_windows():
    now = {"n": 20, "sla_share": 0.5, "sla_low": 0.4, "sla_high": 0.6, "median_hours": 8.0, "seen_hours": 40.0}
    found = rows(hand_off=now, arrivals=[arrived()], stakes=[strata("Web", arrived="in office hours"), strata()])
    is_sound(found)
    touch = [row for row in found if row["id"] == "first_touch_hours"]
    assert [(row["by"], row["note"]) for row in touch[:2]] == [
        ({"window": "last_weeks", "share": 0.5}, None),
        ({"window": "last_weeks", "share": 0.9}, "so many were not touched within 40 hours"),
    ]
    late = [row for row in found if row["id"] == "late_lead_amount"]
    assert [(row["by"], row["value"], row["n"]) for row in late] == [
        ({"lead_source": "Web", "arrived": "in office hours"}, 1000.0, 12), ({}, 1000.0, 12)
    ]  # fmt: skip


def test_marketing_operations_are_told_by_quarter_month_and_tool():
    found = rows(mqls=[quarter(), {**quarter("0", 7), "span": "weeks"}], cost=[month(), month(span="last months")],
                 tools=[tool()])  # fmt: skip
    is_sound(found)
    told_by = {id: [row["by"] for row in found if row["id"] == id] for id in ("mql_volume", "cost_per_mql",
                                                                             "tool_utilisation_rate")}  # fmt: skip
    assert told_by == {
        "mql_volume": [{"quarter": "FY26-Q1"}, {"weeks_back": 0}],
        "cost_per_mql": [{"month": "2026-04"}, {"months": "last months"}],
        "tool_utilisation_rate": [{}, {"tool": "Intent data"}],
    }


@pytest.fixture(scope="module")
def measured(sample):
    return report.measure(sample.as_of(DAY), report.Knobs(draws=100), published(ROOT))


def test_of_the_sample_every_promised_number_is_known(measured):
    found = report.measure_rows(measured)
    is_sound(found)
    known = {row["id"] for row in found if not math.isnan(row["value"])}
    assert known == set(PROMISED) - {"benchmark_percentile_band"}, "nobody publishes quartiles that may be compared"
    places = {row["note"] for row in found if row["id"] == "benchmark_percentile_band"}
    assert all(place.split()[0] in ("below", "within", "above") for place in places), places
    segments = {row["by"]["segment"] for row in found if row["id"] == "median_days_in_stage" and "segment" in row["by"]}
    assert segments == {"SMB", "Mid-market", "Enterprise"}
    stays = measured.pipeline.stays
    one = next(row for row in found if row["by"] == {"stage": "Discovery", "segment": "SMB"})
    inside = stays["stage_name"].eq("Discovery") & stays["segment"].eq("SMB") & stays["window"].between(0, 4)
    assert one["n"] == inside.sum() and 5 < one["value"] < 30


def test_the_sales_cycle_is_the_coverage_report_s(measured, sample):
    other = coverage.measure(sample.as_of(DAY), coverage.Knobs())
    (theirs,) = [row for row in coverage.measure_rows(other) if row["id"] == "sales_cycle_days"]
    (ours,) = [row for row in report.measure_rows(measured) if row["id"] == "sales_cycle_days"]
    assert (ours["value"], ours["n"]) == (theirs["value"], theirs["n"]) and ours["value"] == 90


def test_mql_to_sql_is_the_same_number_in_both_its_names(measured):
    found = report.measure_rows(measured)
    named = {(row["by"]["horizon_days"], row["by"]["window"]): row["value"] for row in found
             if row["id"] == "mql_to_sql_rate"}  # fmt: skip
    other = {(row["by"]["horizon_days"], row["by"]["window"]): row["value"] for row in found
             if row["by"].get("transition") == "mql > sql" and "window" in row["by"]}  # fmt: skip
    assert len(named) == 8 and named == pytest.approx(other, nan_ok=True)


def test_of_the_sample_tables_hold_no_word_of_machines(measured):
    for name, (caption, frame, units) in report.display_tables(measured).items():
        assert frame.shape[1] == len(units) <= 9 and not caption.endswith("."), name
        for header in frame:
            words = [word for word in frame[header] if isinstance(word, str)]
            assert not any(word in ("nan", "None", "inf", "NaT", "") for word in words), (name, header)
            assert not any("nan " in word or "None" in word for word in words), (name, header)

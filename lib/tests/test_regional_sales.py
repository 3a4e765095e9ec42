"""Real input that nobody here made: the Microsoft sample "Regional Sales", through a description a user would write.

Figures: reference.json beside the data (20,000 opportunities, as of 2021-11-09, current state only), computed with
plain pandas by whoever gathered the data.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DATA = os.environ.get("REVOPS_PUBLIC_DATA")

pytestmark = pytest.mark.skipif(not DATA, reason="REVOPS_PUBLIC_DATA names no folder with the public data sets")


@pytest.fixture(scope="module")
def source():
    return Path(DATA) / "ms-regional-sales-opportunities"


@pytest.fixture(scope="module")
def reference(source):
    return json.loads((source / "reference.json").read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory, source):
    """A project of its own: our notebook and knobs, the user's definitions, the exports where they are."""
    root = tmp_path_factory.mktemp("regional")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    shutil.copytree(HERE / "regional_sales", root / "params")
    shutil.copy(ROOT / "params" / "pipeline_coverage.yml", root / "params")
    file = root / "params" / "company.yml"
    company = yaml.safe_load(file.read_text())
    company["exports"]["folder"] = str(source)
    file.write_text(yaml.safe_dump(company))
    return root


def answer(project, *arguments):
    call = [sys.executable, "-m", "revops", "run", "pipeline_coverage", *arguments]
    run = subprocess.run(call, cwd=project, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads((project / "outputs" / "latest" / "pipeline_coverage.json").read_text())


@pytest.fixture(scope="module")
def found(project):
    return answer(project)


def value(found, id, **by):
    [row] = [m for m in found["measures"] if m["id"] == id and m["by"] == by]
    return row["value"], row["n"]


def test_the_numbers_are_those_of_the_reference(found, reference):
    due = reference["open_pipeline"]["by_close_quarter"]["2021Q4"]
    assert (found["as_of"], found["period"]) == ("2021-11-09", "FY21-Q4")
    assert value(found, "total_open_amount") == (27_812_381, 5_333)
    assert value(found, "total_open_amount") == (reference["open_pipeline"]["value"], reference["open_pipeline"]["n"])
    assert value(found, "open_pipeline_amount") == (12_872_540, 2_547) == (due["value"], due["n"])
    assert value(found, "booked_amount")[0] == 3_010_637
    assert value(found, "overdue_amount") == (0, 0)


def test_bookings_of_earlier_quarters_are_those_of_the_reference(found, reference):
    ours = {
        m["by"]["period"]: m["value"] for m in found["measures"] if m["id"] == "booked_amount" and "period" in m["by"]
    }
    theirs = {f"FY{name[2:4]}-{name[4:]}": amount for name, amount in reference["won_value_by_close_quarter"].items()}
    del theirs["FY21-Q4"]
    assert ours == theirs and ours["FY21-Q3"] == 8_402_513


def test_the_outcome_is_the_status_and_not_the_stage(found):
    """813 won deals read 1-Qualify; 8 closed ones have a close date still to come."""
    records = {table["name"]: table for table in found["tables"]}["total_open"]
    assert sum(row[2] for row in records["rows"]) == 5_333
    assert value(found, "pipeline_before_qualifying_amount") == (0, 0)


def test_what_needs_history_or_a_quota_is_refused_by_name(found):
    needs = {item["id"]: item["needs"] for item in found["unavailable"]}
    assert needs["pipeline_movement_amount"].startswith("opportunity history")
    assert needs["coverage"] == "a quota sheet that covers the period"
    assert value(found, "coverage") == (None, 2_547)
    assert "without a quota nobody can say whether that is enough" in found["sentence"]


def test_a_day_before_the_last_change_is_refused(project):
    call = [sys.executable, "-m", "revops", "run", "pipeline_coverage", "--as-of", "2021-10-01"]
    run = subprocess.run(call, cwd=project, capture_output=True, text=True)
    assert run.returncode == 1
    assert "needs opportunity history; found none" in run.stdout + run.stderr


def test_regions_come_from_two_files_away(found):
    amounts = {
        m["by"]["region"]: m["value"]
        for m in found["measures"]
        if m["id"] == "total_open_amount" and "region" in m["by"]
    }
    assert list(amounts) == ["US-MIDWEST", "US-NORTHEAST", "US-SOUTH", "US-WEST"]
    assert sum(amounts.values()) == 27_812_381

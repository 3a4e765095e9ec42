"""Reports made on a cluster: the same bytes as here, and what is told when workers, scheduler or driver are lost.

The workers are processes of their own on loopback, and what is killed is killed for good.
"""

import json
import os
import re
import signal

import pytest
from clusters import (
    LIMITS,
    LONG,
    alive,
    in_background,
    kernels_at,
    let_wait,
    made_cluster,
    run_in,
    share_of,
    started,
    wait_for,
    worker_of,
)

from revops.delivery.jobs import cluster, parcel, sending
from revops.delivery.jobs.job import Limits

pytestmark = pytest.mark.xdist_group("cluster")

LOST = r"Worker tcp://127\.0\.0\.1:\d+ was lost while it ran the report, in code cell 2: it was killed, or its machine was\."
FAULTS = ("raises_an_error", "kills_its_kernel")
DIED = "The kernel died in code cell 4: it was killed, or the machine ran out of memory."


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Return the address and a client of a cluster with two workers, and where they keep what they need."""
    place = tmp_path_factory.mktemp("cluster")
    with made_cluster(2, place) as (address, client):
        yield address, client, place


@pytest.fixture
def root(tmp_path, make_project, two, monkeypatch):
    project = make_project(tmp_path / "project", "is_good", *FAULTS)
    share_of(project, monkeypatch, two[0], tmp_path / "shared")
    return project


def lines_but_for_when(folder, name):
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith('<p class="run">Made on ')]


def assert_same_files(one, other, entries):
    """Assert that every file of the reports made, and all evidence of others, is the same in two runs."""
    names = {name for entry in entries.values() for name in entry["files"]}
    for name in names:
        if name.endswith(".html"):
            assert lines_but_for_when(one, name) == lines_but_for_when(other, name)
        elif not name.endswith(".ipynb"):  # that one tells how long each cell took
            assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert names


def test_reports_of_a_cluster_are_those_made_here(root, two):
    here, told_here, said_here = run_in(root, on="local", slices={"region": ("EMEA", "A/B")})
    there, told, said = run_in(root, slices={"region": ("EMEA", "A/B")})
    assert f"reports are made on the Dask cluster at {two[0]}, with 2 workers\n" in said
    assert told.keys() == told_here.keys() and len(told) == 6
    assert_same_files(here, there, told)
    for name, entry in told.items():
        assert {key: entry[key] for key in ("outcome", "failure", "files", "sentence")} == {
            key: told_here[name][key] for key in ("outcome", "failure", "files", "sentence")
        }
        assert entry["peak_mb"] > 0 and entry["seconds"] > 0
    assert said.count(f"kills_its_kernel region=EMEA: tried once more: {DIED}\n") == 1
    assert said_here.count(f"kills_its_kernel region=EMEA: tried once more: {DIED}\n") == 1
    assert said.count("tried once more") == said_here.count("tried once more") == 2
    for folder in (here, there):
        page = (folder / "region=EMEA" / "kills_its_kernel.failed.html").read_text(encoding="utf-8")
        assert f"First try: {DIED}" in page and f"Second try: {DIED}" in page
        assert "ZeroDivisionError" in (folder / "region=EMEA" / "raises_an_error.failed.html").read_text()
    told_by_any = "".join(file.read_text(encoding="utf-8") for file in there.rglob("*.*") if file.suffix != ".png")
    assert str(two[2]) not in told_by_any and "/job-" not in told_by_any
    cells = json.loads((there / "region=EMEA" / "is_good.ipynb").read_text())["cells"]
    assert str(root / "notebooks") in "".join(cells[-1]["outputs"][0]["text"]).split()
    assert [place for place in two[2].rglob("job-*")] == []

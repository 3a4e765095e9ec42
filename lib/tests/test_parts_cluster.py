"""The parts of a company on a Dask cluster of this machine: the same journeys, states and report."""

import os

import pytest
from parted import in_order, in_parts
from test_journeys_slow import any_knobs, made_up
from test_parts_journeys import days, same
from test_parts_reports import answer

from frames import as_of
from revops.analysis.journeys import journeys_of
from revops.book.parts import SCHEDULER, on, over

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture(scope="module")
def client():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1") as cluster,
        Client(cluster) as client,
    ):
        yield client


def process_of(view):
    """Return which process goes through a part."""
    return os.getpid()


def test_parts_go_through_a_cluster_to_the_same_journeys(client, tmp_path):
    whole, knobs = as_of(in_order(made_up(4)), days(4)), any_knobs(4)
    view = as_of(in_parts(whole.book, tmp_path / "cut", 4), days(4))
    with on(client.get_executor(pure=False)):
        assert os.getpid() not in over(view, process_of)
        same(journeys_of(view, knobs), journeys_of(whole, knobs))
    assert set(over(view, process_of)) == {os.getpid()}


def test_a_report_is_the_same_through_the_scheduler_that_the_environment_names(client, tmp_path, sample, monkeypatch):
    whole = answer("pipeline_coverage", sample, monkeypatch)
    cut = in_parts(sample, tmp_path / "cut", 3)
    monkeypatch.setenv(SCHEDULER, client.scheduler.address)
    assert answer("pipeline_coverage", cut, monkeypatch) == whole

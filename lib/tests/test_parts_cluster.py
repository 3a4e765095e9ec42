"""The parts of a company on a Dask cluster of this machine: the same journeys and states (reports: test_parts_reports).

A report that is itself made on a worker of a cluster goes through its parts there.
"""

import json
import os
import sys

import pytest
from clusters import made_cluster, run_in, share_of
from parted import in_order, in_parts
from test_journeys_slow import any_knobs, made_up
from test_parts_journeys import days, same

from frames import as_of
from revops.analysis.journeys import journeys_of
from revops.book import executors
from revops.book.executors import on
from revops.book.parts import over
from revops.delivery.jobs import kernel
from revops.delivery.jobs.job import Job
from revops.errors import SettingsError
from revops.variables import SCHEDULER


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


IN_PARTS = [
    "import os\n",
    "from revops.book.parts import over\n",
    "class Parts:\n",
    "    n_parts = 2\n",
    "class View:\n",
    "    book = Parts\n",
    "    def part(self, number):\n",
    "        return self\n",
    "assert over(View(), lambda view: os.getpid()) == [os.getpid()] * 2\n",
]
"""What goes through two parts, here; on a scheduler whose only worker makes the report it would wait for ever."""


def test_a_report_on_the_only_worker_of_a_cluster_goes_through_its_parts_there(make_project, tmp_path, monkeypatch):
    root = make_project(tmp_path / "project", "is_good")
    file = root / "notebooks" / "is_good.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    cell = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][1]
    cell["source"] = [*IN_PARTS, *cell["source"]]
    file.write_text(json.dumps(notebook), encoding="utf-8")
    with made_cluster(1, tmp_path / "cluster") as (address, client):
        client.run(os.environ.update, {SCHEDULER: address})
        share_of(root, monkeypatch, address, tmp_path / "shared")
        _, entries, _ = run_in(root)
    assert entries["is_good"]["failure"] is None


@pytest.mark.parametrize(("is_sent", "left"), [(False, "tcp://10.0.0.5:8786"), (True, None)])
def test_the_scheduler_of_parts_is_kept_from_kernels_on_a_cluster_alone(is_sent, left, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", {SCHEDULER: "tcp://10.0.0.5:8786"})
    kernel.set_environment(Job("a", tmp_path, tmp_path, tmp_path, {}, is_sent=is_sent))
    assert os.environ.get(SCHEDULER) == left


def test_scheduler_of_parts_that_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "PATIENCE", 1)
    monkeypatch.setenv(SCHEDULER, "tcp://127.0.0.1:1")
    view = as_of(in_parts(in_order(made_up(4)), tmp_path / "cut", 2), days(4))
    with pytest.raises(SettingsError) as refusal:
        over(view, process_of)
    assert str(refusal.value) == (
        "REVOPS_SCHEDULER (tcp://127.0.0.1:1): must be the address of a Dask scheduler; found none that answers within "
        "1 seconds. Start one with `dask scheduler`, or unset it."
    )
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError) as refusal:
        over(view, process_of)
    assert str(refusal.value) == (
        "REVOPS_SCHEDULER needs the package distributed. Run `pip install 'revops[dask]'`, or unset it."
    )

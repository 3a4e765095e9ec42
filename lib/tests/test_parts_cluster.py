"""The parts of a company on a Dask cluster of this machine: the same journeys and states (reports: test_parts_reports).

A report that is itself made on a worker of a cluster goes through its parts there.
"""

import json
import os
import re
import signal
import socket
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from threading import Event

import pytest
from clusters import LONG, alive, made_apart, made_cluster, run_in, share_of, wait_for
from distributed import Client
from parted import in_order, in_parts
from test_journeys_slow import any_knobs, made_up
from test_parts_journeys import days, same

from frames import as_of
from revops.analysis.journeys import journeys_of
from revops.book import executors, on, parts
from revops.book.executors import gone_through
from revops.book.parts import over
from revops.contents import code_here
from revops.delivery.jobs import kernel
from revops.delivery.jobs.job import Job
from revops.errors import RunError, SettingsError
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


def two_parts(folder):
    """Return the view of a small company in two parts."""
    return as_of(in_parts(in_order(made_up(4)), folder, 2), days(4))


def one_of_invoices(view):
    """Read a table that the view's own columns do not need, and return which process did."""
    view.book.table("contacts")
    return os.getpid()


def test_a_table_that_is_read_in_parts_alone_counts_as_read(client, tmp_path):
    """Here, in a pool of processes, on Dask: what is noted of a report says whether it still stands."""
    view = two_parts(tmp_path / "cut")
    whole = view.book.tables
    assert "contacts" in whole and whole.read == {"opportunities", "opportunity_history"}
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool:
        for executor in (None, pool, client.get_executor(pure=False)):
            whole.read.clear()
            with on(executor):
                over(view, one_of_invoices)
            assert whole.read == {"contacts"}


def test_worker_of_parts_with_other_code_is_refused(client, tmp_path, monkeypatch):
    theirs = code_here()
    monkeypatch.setattr(parts, "code_here", lambda: {**theirs, "code": "0123", "pandas": "1.0"})
    monkeypatch.setenv(SCHEDULER, client.scheduler.address)
    with pytest.raises(SettingsError) as refusal:
        over(two_parts(tmp_path / "cut"), process_of)
    worker = re.escape(socket.gethostname()) + r", process (\d+)"
    found = re.fullmatch(
        rf"Worker {worker}: must run the same code as the machine that began the run, code 0123, pandas 1\.0; "
        rf"found code {theirs['code']}, pandas {re.escape(theirs['pandas'])}\. "
        r"Install the same code and packages on all workers, then start them again\.",
        str(refusal.value),
    )
    assert int(found[1]) in client.run(os.getpid).values()


def killed(view, process=None):
    """Kill a process, by default the one that goes through a part."""
    os.kill(process or os.getpid(), signal.SIGKILL)
    Event().wait()


def refusal_of(view, function):
    with pytest.raises(RunError) as refusal:
        over(view, function)
    return str(refusal.value)


LOST = (
    " was lost while it went through a part of the tables: it was killed, or its machine was. "
    "Look at its log, and at the memory its machine had."
)


def test_process_of_a_pool_that_is_killed_with_a_part_is_told(tmp_path):
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool, on(pool):
        assert refusal_of(two_parts(tmp_path / "cut"), killed) == f"A process of the pool{LOST}"


@pytest.fixture
def apart(tmp_path, monkeypatch):
    """Return a scheduler and its only worker, which nobody starts again, and the address; none tries a part again that
    its worker died of."""
    once = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", "PYTHONPATH": os.pathsep.join(sys.path)}
    with made_apart(tmp_path, env=os.environ | once) as (scheduler, worker, address):
        monkeypatch.setenv(SCHEDULER, address)
        yield scheduler, worker, address


def test_worker_of_parts_that_is_killed_is_told(apart, tmp_path):
    told = refusal_of(two_parts(tmp_path / "cut"), killed)
    assert re.fullmatch(rf"Worker tcp://127\.0\.0\.1:\d+{re.escape(LOST)}", told)


def test_parts_that_no_worker_is_left_for_are_not_waited_for(apart, monkeypatch):
    """Killed with a part that another may try, as Dask has it; then there is none to begin with."""
    _, worker, address = apart

    def hurried():
        """Give two parts, once the scheduler has answered, and wait for no worker from then on."""
        monkeypatch.setattr(executors, "PATIENCE", 1)
        yield from "ab"

    with Client(address, set_as_default=False) as client:
        client.run_on_scheduler(may_try_again)
    for _ in range(2):
        monkeypatch.setattr(executors, "PATIENCE", LONG)
        with pytest.raises(RunError) as refusal:
            gone_through(hurried(), killed)
        assert str(refusal.value) == (
            f"{address}: must have workers; found none within 1 seconds. Start some with `dask worker {address}`."
        )
        wait_for(lambda: not alive(worker))


def may_try_again(dask_scheduler):
    """Let a scheduler try a part again that its worker died of."""
    dask_scheduler.allowed_failures = 9


def test_scheduler_of_parts_that_is_lost_is_told(apart, tmp_path):
    scheduler, _, _ = apart
    assert refusal_of(two_parts(tmp_path / "cut"), partial(killed, process=scheduler.pid)) == (
        "The parts of the tables were given up before all were gone through: their scheduler was lost, or closed. "
        "Look at its log, then do the same again."
    )


IN_PARTS = [
    "import os\n",
    "from revops.book.parts import over\n",
    "class Parts:\n",
    "    n_parts = 2\n",
    "    class tables:\n",
    "        read = set()\n",
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

"""Reports made on a cluster: the same bytes as here, and what is told when workers, scheduler or driver are lost.

The workers are processes of their own on loopback, and what is killed is killed for good.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from clusters import (
    LIMITS,
    LONG,
    Told,
    alive,
    in_background,
    joined_by_worker,
    kernels_at,
    let_wait,
    made_apart,
    made_cluster,
    run_in,
    share_of,
    started,
    wait_for,
    worker_of,
)

import revops
from revops.book.kept import is_whole
from revops.contents import Contents, code_here
from revops.delivery.jobs import sending
from revops.delivery.jobs.job import Limits

ROOT = Path(__file__).parents[2]

WORKER = r"Worker tcp://127\.0\.0\.1:\d+"
LOST = rf"{WORKER} was lost while it ran the report, in code cell 2: it was killed, or its machine was\."
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


def let_use_what_lies_beside(notebook):
    """Let a report's last code cell say what a package and matplotlib's settings beside it hold."""
    (notebook.parent / "ours").mkdir()
    (notebook.parent / "ours" / "__init__.py").write_text("WORD = 'a word of ours'\n", encoding="utf-8")
    (notebook.parent / "matplotlibrc").write_text("lines.linewidth: 9.5\n", encoding="utf-8")
    content = json.loads(notebook.read_text(encoding="utf-8"))
    cell = [cell for cell in content["cells"] if cell["cell_type"] == "code"][-1]
    cell["source"] = [
        "import matplotlib, ours\n",
        "print(ours.WORD, matplotlib.rcParams['lines.linewidth'])\n",
        *cell["source"],
    ]
    notebook.write_text(json.dumps(content), encoding="utf-8")


def test_reports_of_a_cluster_are_those_made_here(root, two):
    let_use_what_lies_beside(root / "notebooks" / "is_good.ipynb")
    here, told_here, said_here = run_in(root, on="local", slices={"region": ("EMEA",)})
    there, told, said = run_in(root, slices={"region": ("EMEA",)})
    assert f"reports are made on the Dask cluster at {two[0]}, with 2 workers\n" in said
    assert told.keys() == told_here.keys() and len(told) == 3
    assert_same_files(here, there, told)
    for name, entry in told.items():
        assert {key: entry[key] for key in ("outcome", "failure", "files", "sentence")} == {
            key: told_here[name][key] for key in ("outcome", "failure", "files", "sentence")
        }
        assert entry["peak_mb"] > 0 and entry["seconds"] > 0
    assert said.count(f"kills_its_kernel region=EMEA: tried once more: {DIED}\n") == 1
    assert said_here.count(f"kills_its_kernel region=EMEA: tried once more: {DIED}\n") == 1
    assert said.count("tried once more") == said_here.count("tried once more") == 1
    for folder in (here, there):
        page = (folder / "region=EMEA" / "kills_its_kernel.failed.html").read_text(encoding="utf-8")
        assert f"First try: {DIED}" in page and f"Second try: {DIED}" in page
        assert "ZeroDivisionError" in (folder / "region=EMEA" / "raises_an_error.failed.html").read_text()
    told_by_any = "".join(file.read_text(encoding="utf-8") for file in there.rglob("*.*") if file.suffix != ".png")
    assert str(two[2]) not in told_by_any and "/job-" not in told_by_any
    cells = json.loads((there / "region=EMEA" / "is_good.ipynb").read_text())["cells"]
    printed = "".join(cells[-1]["outputs"][0]["text"])
    assert printed.startswith("a word of ours 9.5\n")
    assert str(root / "notebooks") in printed.split()
    assert [place for place in two[2].rglob("job-*")] == []


def test_killed_worker_costs_a_report_one_try(root, two, tmp_path):
    gate, told = tmp_path / "gate", Told()
    let_wait(root, gate, "is_good")
    with in_background(run_in, root, told, stems=("is_good",)) as run:
        first = kernels_at(gate)[0]
        told.wait_for_cell("is_good", 2, times=1)
        worker_of(first, two[1]).kill()
        kernels_at(gate, 2)
        wait_for(lambda: not alive(first))
        (gate / "open").touch()
        _, entries, said = run.result(LONG)
    assert entries["is_good"]["outcome"] == "made"
    assert re.search(rf"^is_good: tried once more: {LOST}$", said, re.MULTILINE)
    assert said.count("is_good: started\n") == 2


def test_second_death_fails_a_report_and_no_other(root, two, tmp_path):
    gate, told = tmp_path / "gate", Told()
    let_wait(root, gate, "is_good")
    with in_background(run_in, root, told, stems=("is_good", "raises_an_error")) as run:
        for count in (1, 2):
            kernel = kernels_at(gate, count)[-1]
            told.wait_for_cell("is_good", 2, times=count)
            worker_of(kernel, two[1]).kill()
        folder, entries, said = run.result(LONG)
    failure = entries["is_good"]["failure"]
    assert re.fullmatch(LOST, failure["reason"]) and failure["cell"] == 2
    assert failure["advice"] == "Look at that worker's log, and at the memory its machine had."
    page = (folder / "is_good.failed.html").read_text(encoding="utf-8")
    assert re.search(rf"First try: {LOST}\s+Second try: {LOST}", page)
    assert said.count("tried once more") == 1 and len(list(gate.iterdir())) == 2
    assert entries["raises_an_error"]["failure"]["reason"] == "Code cell 2 raised ZeroDivisionError: division by zero"
    wait_for(lambda: not any(map(alive, kernels_at(gate))))


def test_deadline_is_kept_by_the_worker(root, make_project, tmp_path, monkeypatch, two):
    project = make_project(tmp_path / "other", "never_ends")
    share_of(project, monkeypatch, two[0], tmp_path / "shared")
    _, entries, said = run_in(project, limits=Limits(deadline_seconds=2))
    reason = entries["never_ends"]["failure"]["reason"]
    assert re.fullmatch(r"The report was ended after its deadline of 2 seconds(, in code cell \d)?\.", reason)
    assert "tried once more" not in said


def test_worker_that_hangs_is_not_waited_for(root, two, tmp_path, monkeypatch):
    gate = tmp_path / "gate"
    let_wait(root, gate, "is_good")
    with in_background(run_in, root, stems=("is_good",)) as run:
        kernel = kernels_at(gate)[0]
        worker = worker_of(kernel, two[1])
        worker.suspend()
        monkeypatch.setattr(sending, "_GRACE_SECONDS", -LIMITS.deadline_seconds)
        try:
            _, entries, _ = run.result(LONG)
        finally:
            worker.resume()
    assert re.fullmatch(
        rf"{WORKER} said nothing of the report until -120 seconds after its deadline of 120 seconds\.",
        entries["is_good"]["failure"]["reason"],
    )
    wait_for(lambda: not alive(kernel))


def test_report_fails_where_all_workers_have_other_code(root, monkeypatch):
    ours = {**code_here(), "code": "0123", "pandas": "1.0"}
    theirs = code_here()
    monkeypatch.setattr(sending, "code_here", lambda: ours)
    monkeypatch.setattr(sending, "_NO_WORKER_SECONDS", 2.0)
    monkeypatch.setattr(sending, "_LOOK_SECONDS", 0.1)
    _, entries, said = run_in(root, stems=("is_good",))
    failure = entries["is_good"]["failure"]
    assert re.sub(r":\d+:", ":1:", failure["reason"]) == (
        "Worker tcp://127.0.0.1:1: must run the same code as the machine that began the run, "
        f"code 0123, pandas 1.0; found code {theirs['code']}, pandas {theirs['pandas']}."
    )
    assert failure["advice"] == "Install the same code and packages on all workers, then start them again."
    assert f"{failure['reason']} {failure['advice']}\n" in said
    assert "tried once more" not in said and "started" not in said


@contextmanager
def shared_with_one(project, monkeypatch, home, name):
    """Give the address of a cluster of one worker, in a folder of that name, and its client; a project runs on it."""
    with made_cluster(1, home / name) as (address, client):
        share_of(project, monkeypatch, address, home / "shared")
        yield address, client


def other_code_in(place):
    """Return a folder with a copy of this package that differs by one comment, and the hash of that code."""
    shutil.copytree(Path(revops.__file__).parent, place / "revops", ignore=shutil.ignore_patterns("__pycache__"))
    with (place / "revops" / "ratios.py").open("a", encoding="utf-8") as file:
        file.write("# another day\n")
    return place, Contents(place).of(place / "revops")


def test_worker_with_other_code_is_named_once_and_others_make_its_reports(make_project, tmp_path, monkeypatch):
    project, gate, told = make_project(tmp_path / "project", "is_good"), tmp_path / "gate", Told()
    let_wait(project, gate, "is_good")
    place, code = other_code_in(tmp_path / "other")
    with (
        shared_with_one(project, monkeypatch, tmp_path, "good") as (address, client),
        joined_by_worker(address, tmp_path, env=os.environ | {"PYTHONPATH": str(place)}),
    ):
        client.wait_for_workers(2, timeout=LONG)
        with in_background(run_in, project, told, slices={"region": ("EMEA", "AMER", "APAC")}) as run:
            wait_for(lambda: "; found code " in told.screen.getvalue())
            kernels_at(gate)
            (gate / "open").touch()
            _, entries, said = run.result(LONG)
    assert [entry["outcome"] for entry in entries.values()] == ["made"] * len(entries)
    refusals = [line for line in said.splitlines() if line.startswith("Worker")]
    assert [re.sub(r":\d+:", ":1:", line) for line in refusals] == [
        "Worker tcp://127.0.0.1:1: must run the same code as the machine that began the run, "
        f"code {code_here()['code']}; found code {code}. "
        "Install the same code and packages on all workers, then start them again."
    ]
    assert "tried once more" not in said


def test_worker_that_dies_beside_one_with_other_code_costs_a_report_one_try(make_project, tmp_path, monkeypatch):
    """Dask sends the report to the other one at once, whereas its nanny starts the dead one again."""
    project, gate, told = make_project(tmp_path / "project", "is_good"), tmp_path / "gate", Told()
    let_wait(project, gate, "is_good")
    place, _ = other_code_in(tmp_path / "other")
    with (
        shared_with_one(project, monkeypatch, tmp_path, "good") as (address, client),
        in_background(run_in, project, told) as run,
    ):
        kernel = kernels_at(gate)[0]
        told.wait_for_cell("is_good", 2, times=1)
        good = worker_of(kernel, client)
        with joined_by_worker(address, tmp_path, env=os.environ | {"PYTHONPATH": str(place)}):
            client.wait_for_workers(2, timeout=LONG)
            monkeypatch.setattr(sending, "_LOOK_SECONDS", LONG)  # so that the other one is heard first
            good.kill()
            wait_for(lambda: "tried once more" in told.screen.getvalue())
            monkeypatch.setattr(sending, "_LOOK_SECONDS", 0.1)
            kernels_at(gate, 2)
            (gate / "open").touch()
            _, entries, said = run.result(LONG)
    assert entries["is_good"]["outcome"] == "made"
    assert re.search(rf"^is_good: tried once more: {LOST}$", said, re.MULTILINE)
    assert said.count("; found code ") == 1


def test_run_on_a_cluster_made_here_says_nothing_else_and_its_kernels_can_be_interrupted(root):
    file = root / "notebooks" / "is_good.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    hears = "import signal\nassert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
    cell["source"] = [hears, *cell["source"]]
    file.write_text(json.dumps(notebook), encoding="utf-8")
    for engine in ("ordinary", "fork"):
        asked = ("-m", "revops", "run", "is_good", "--on", "dask", "--again", "--engine", engine)
        env = os.environ | {"DASK_SCHEDULER_ADDRESS": "", "TMPDIR": "/tmp"}
        run = subprocess.run([sys.executable, *asked], cwd=root, env=env, stderr=subprocess.PIPE, text=True)
        assert run.returncode == 0
        assert re.fullmatch(
            r"running 1 report\n"
            r"reports are made on a Dask cluster of this machine, with \d+ workers?\n"
            r"is_good: started\n"
            r"is_good: made \(.* s, .* MB\)\n",
            run.stderr,
        )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_run_that_is_ended_takes_everything_with_it(root, two, tmp_path, how):
    """The last on the cluster of others, the two before on one of the run's own, as Ctrl-C in a terminal does it."""
    gate = tmp_path / "gate"
    let_wait(root, gate, "is_good")
    address = {"DASK_SCHEDULER_ADDRESS": two[0] if how == signal.SIGKILL else ""}
    asked = ("-m", "revops", "run", "is_good", "--on", "dask")
    with started(*asked, cwd=root, env=os.environ | address, start_new_session=True) as run:
        kernel = kernels_at(gate)[0]
        members = [kernel, *run.children(recursive=True)]
        os.killpg(run.pid, how) if how == signal.SIGINT else run.send_signal(how)
        assert run.wait(LONG) == (-9 if how == signal.SIGKILL else 1)
        if how != signal.SIGKILL:
            stopped = ["Stopped; the last whole run stands."] if how == signal.SIGINT else []
            assert run.stderr.read().decode().splitlines()[2:] == ["is_good: started", *stopped]
        wait_for(lambda: not any(map(alive, members)))
    assert not (root / "outputs" / "latest").exists()
    if how != signal.SIGKILL:
        assert list((root / "outputs" / "runs").iterdir()) == []


@pytest.fixture
def apart(tmp_path):
    """Return a scheduler and one worker that nobody starts again, the scheduler's address, and the worker's folder, in
    which a socket's path is short enough, whereas its temporary files would lie in tmp_path; the worker connects."""
    (tmp_path / "temporary").mkdir()
    env = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    with tempfile.TemporaryDirectory(dir="/tmp") as place, made_apart(Path(place), env=env) as made:
        yield *made, Path(place)


@pytest.mark.parametrize("lost", ["scheduler", "worker"])
def test_lost_cluster_ends_the_run_and_leaves_the_last_good_reports(make_project, tmp_path, monkeypatch, apart, lost):
    scheduler, worker, address, place = apart
    project, gate = make_project(tmp_path / "project", "is_good", "raises_an_error"), tmp_path / "gate"
    share_of(project, monkeypatch, address, tmp_path / "shared")
    before, _, _ = run_in(project, stems=("is_good",))
    let_wait(project, gate, "is_good")
    monkeypatch.setattr(sending, "_NO_WORKER_SECONDS", 1.0)
    monkeypatch.setattr(sending, "_LOOK_SECONDS", 0.1)
    with in_background(run_in, project) as run:
        kernel = kernels_at(gate)[0]
        (scheduler if lost == "scheduler" else worker).kill()
        folder, entries, _ = run.result(LONG)
    reason = "The scheduler of the cluster was lost before this report was back."
    advice = "Look at the scheduler's log, then run the reports again."
    if lost == "worker":
        reason = "The cluster had no worker left for 1 seconds before this report was back."
        advice = (
            "Start workers again, then run the reports again. "
            "A worker that ends as soon as it gets a report lacks packages of the project: its own output says which."
        )
    assert [entry["failure"]["reason"] for entry in entries.values()] == [reason] * 2
    assert [entry["failure"]["advice"] for entry in entries.values()] == [advice] * 2
    assert entries["is_good"]["carried_from"]["run"] == before.name
    assert (folder / "is_good.json").read_bytes() == (before / "is_good.json").read_bytes()
    wait_for(lambda: not alive(kernel))
    if lost == "worker":  # what it leaves lies in its folder, which Dask removes before another worker starts there
        assert len(list(place.glob("dask-scratch-space/worker-*/pymp-*"))) == 1
        assert list((tmp_path / "temporary").glob("pymp-*")) == []


def test_sample_report_of_a_cluster_is_that_made_here(two, tmp_path, monkeypatch):
    for name in ("params", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "pipeline_coverage.ipynb", tmp_path / "notebooks")
    share_of(tmp_path, monkeypatch, two[0], tmp_path / "shared")
    asked = {"limits": Limits(), "slices": {"region": ("EMEA",)}}
    here, told_here, _ = run_in(tmp_path, on="local", **asked)
    there, told, _ = run_in(tmp_path, **asked)
    assert [entry["failure"] for entry in told.values()] == [None]
    assert [entry["files"] for entry in told.values()] == [entry["files"] for entry in told_here.values()]
    assert any(name.endswith(".png") for name in told["pipeline_coverage EMEA"]["files"])
    assert_same_files(here, there, told)
    keys = [home.name for home in (tmp_path / "shared").iterdir()]
    assert [home.name for home in (two[2] / "dask-scratch-space" / "revops-prepared").iterdir()] == keys
    assert is_whole(tmp_path / "outputs" / ".cache" / keys[0])


def test_full_disk_of_a_worker_sends_a_report_to_another(make_project, tmp_path, monkeypatch):
    project, disk = make_project(tmp_path / "project", "is_good"), tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no disk may be mounted here")
    try:
        with shared_with_one(project, monkeypatch, tmp_path, "disk") as (address, client):
            full = next(iter(client.nthreads()))
            with open(disk / "filler", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize)
            folder, entries, _ = run_in(project)
            reason = (
                f"scratch of {full}: must have room for what is written there; found: no space left on device. "
                "Free some space, then do the same again."
            )
            assert entries["is_good"]["failure"]["reason"] == reason
            page = (folder / "is_good.failed.html").read_text(encoding="utf-8")
            assert f"First try: {reason}" in page and f"Second try: {reason}" in page
            with joined_by_worker(address, tmp_path):
                client.wait_for_workers(2, timeout=LONG)
                _, entries, said = run_in(project, slices={"region": ("EMEA", "AMER")})
            made = [entry["outcome"] for name, entry in entries.items() if name != "is_good"]
            assert made == ["made"] * 2
            assert f": tried once more: {reason}\n" in said
    finally:
        subprocess.run(["umount", "-l", disk], check=True)

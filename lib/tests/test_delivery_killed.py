"""A run killed at any step: the old state or the new one stands, and the next run mends what is left."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from functools import cache, partial
from importlib import metadata
from pathlib import Path

import psutil
import pytest
from killed import FINE, assert_whole, in_child, killed_at, names, run_once, steps_of, tree

from revops.contents import Contents
from revops.delivery.outputs import Outputs

FAILING = ("raises_an_error",)
ALL = "REVOPS_KILL_ALL" in os.environ  # every point of every sweep, not those said in each test
CLEAN = [".lock", "latest", "runs"]


@pytest.fixture(scope="module")
def begun(tmp_path_factory, make_project):
    """Return a project and an outputs folder with three runs of two reports."""
    home = tmp_path_factory.mktemp("killed")
    root = make_project(home / "project", "is_good", "raises_an_error")
    for edition in "abc":
        run_once(root, home / "outputs", edition)
    assert names(home / "outputs") == ["2026-06-17-1", "2026-06-17-2", "2026-06-17-3"]
    return root, home / "outputs"


@pytest.fixture
def places(begun, tmp_path, monkeypatch):
    """Return the project, and a function that gives a fresh copy of the outputs folder; temporary files go aside."""
    root, source = begun
    put_aside(tmp_path, monkeypatch)

    def fresh():
        target = tmp_path / "outputs"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
        return target

    return root, fresh


def put_aside(tmp_path, monkeypatch):
    """Let temporary files go aside, no test wait for the disk, and what does not change be hashed once: what is killed
    is a process, not the machine."""
    contents = {}
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(metadata, "version", cache(metadata.version))
    monkeypatch.setattr(Contents, "of_file", lambda _, file: contents.setdefault(file, b"same"))


def refuse_links(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(1, "links are not allowed")

    monkeypatch.setattr(Path, "symlink_to", refuse)


def newer(root, outputs):
    """Return the run that gets killed: one report made, the other carried, all runs but the last two removed."""
    return lambda: run_once(root, outputs, "d", FAILING, keep=2)


def assert_old_or_new(outputs, old):
    """Assert that every run is whole and that latest, or what stands in for it, is the old one as it was or the new."""
    for name in names(outputs):
        assert_whole(outputs / "runs" / name, name)
    shown, manifest = Outputs(outputs).last()
    assert_whole(shown, manifest["run"])
    assert manifest["run"] in ("2026-06-17-3", "2026-06-17-4")
    if manifest["run"] == "2026-06-17-3":
        assert tree(shown) == old


def assert_mended(root, outputs, links=True):
    """Run once more and assert that it is as if nobody had ever been killed."""
    before = names(outputs)
    folder, manifest = run_once(root, outputs, "e", FAILING)
    assert names(outputs) == [*before, folder.name]
    assert sorted(names(outputs), key=lambda name: int(name.rpartition("-")[2])) == names(outputs)
    assert (outputs / "latest" / "manifest.json").read_bytes() == (folder / "manifest.json").read_bytes()
    assert_whole(outputs / "latest", folder.name)
    assert [entry["outcome"] for entry in manifest["reports"]] == ["made", "failed"]
    assert manifest["reports"][1]["carried_from"] == {"run": "2026-06-17-3", "as_of": "2026-06-17"}
    assert sorted(place.name for place in outputs.iterdir()) == CLEAN
    assert names_below(outputs) == [*sorted(names(outputs)), *(["runs"] if links else [])]
    assert list((outputs.parent / "tmp").iterdir()) == []


def names_below(outputs):
    return sorted(place.name for place in (outputs / "runs").iterdir())


@pytest.mark.parametrize("links", [True, False], ids=["link", "copy"])
def test_kill_before_any_step_leaves_old_or_new_and_the_next_run_mends(places, tmp_path, monkeypatch, links):
    """With links at every step; without, at each of the last half, where copies are made, and every third before."""
    root, fresh = places
    if not links:
        refuse_links(monkeypatch)
    outputs = fresh()
    (outputs / "runs" / "runs").unlink()
    if not links:
        run_once(root, outputs, "c")
        shutil.rmtree(outputs / "runs" / "2026-06-17-4")
        shutil.rmtree(outputs / "latest")
        shutil.copytree(outputs / "runs" / "2026-06-17-3", outputs / "latest")
    before = tmp_path / "before"
    shutil.copytree(outputs, before, symlinks=True)
    old = tree(outputs / "latest")
    steps = steps_of(tmp_path, newer(root, outputs))
    assert steps > 40
    seen, gaps = set(), 0
    for number in range(steps):
        if not (links or ALL or number % 3 == 0 or number > steps // 2):
            continue
        shutil.rmtree(outputs)
        shutil.copytree(before, outputs, symlinks=True)
        assert killed_at(number, tmp_path, newer(root, outputs)) == -signal.SIGKILL
        assert_old_or_new(outputs, old)
        gaps += not (outputs / "latest").exists()
        seen.add(Outputs(outputs).last()[1]["run"])
        assert_mended(root, outputs, links)
    assert seen == {"2026-06-17-3", "2026-06-17-4"}
    assert gaps == (0 if links else 1)  # between the two moves of a swap


def test_first_run_ever_may_be_killed_at_any_step(begun, tmp_path, monkeypatch):
    root, outputs = begun[0], tmp_path / "here" / "outputs"
    put_aside(tmp_path, monkeypatch)
    steps = steps_of(tmp_path, lambda: run_once(root, outputs, "a"))
    assert steps > 30
    for number in range(steps):
        shutil.rmtree(tmp_path / "here")
        assert killed_at(number, tmp_path, lambda: run_once(root, outputs, "a")) == -signal.SIGKILL
        before = names(outputs)
        assert before in ([], ["2026-06-17-1"])
        folder, _ = run_once(root, outputs, "b")
        assert names(outputs) == [*before, folder.name]
        assert_whole(outputs / "latest", folder.name)
        assert sorted(place.name for place in outputs.iterdir()) == CLEAN
        assert names_below(outputs) == [*names(outputs), *(["runs"] if before else [])]
        assert list((tmp_path / "tmp").iterdir()) == []


def test_kill_while_mending_after_a_kill(places, tmp_path):
    root, fresh = places
    outputs = fresh()
    old, rng = tree(outputs / "latest"), random.Random("a kill while mending after a kill")
    steps = steps_of(tmp_path, newer(root, outputs))
    for _ in range(40):
        outputs = fresh()
        assert killed_at(rng.randrange(steps), tmp_path, newer(root, outputs)) == -signal.SIGKILL
        assert killed_at(rng.randrange(12), tmp_path, partial(run_once, root, outputs, "c")) == -signal.SIGKILL
        assert_old_or_new(outputs, old)
        assert_mended(root, outputs)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_run_that_is_stopped_at_any_step_leaves_old_or_new(places, tmp_path, how):
    """At every fourth step, each signal at others."""
    root, fresh = places
    outputs = fresh()
    old = tree(outputs / "latest")
    steps = steps_of(tmp_path, newer(root, outputs))
    for number in range(steps) if ALL else range(how % 4, steps, 4):
        outputs = fresh()
        code = killed_at(number, tmp_path, partial(stopped_well, newer(root, outputs)), how)
        assert code in (FINE, 1), f"step {number}"
        assert_old_or_new(outputs, old)
        assert_mended(root, outputs)


def stopped_well(act):
    try:
        act()
    except KeyboardInterrupt:
        sys.exit(1)


def test_reader_never_finds_latest_missing_or_half(places):
    root, fresh = places
    outputs, done, faults, looks = fresh(), threading.Event(), [], 0

    def poll():
        nonlocal looks
        while not done.is_set():
            try:
                page = (outputs / "latest" / "index.html").read_text()
                manifest = json.loads((outputs / "latest" / "manifest.json").read_text())
                if not page.rstrip().endswith("</html>") or not manifest["reports"]:
                    faults.append("half")
            except OSError as error:
                faults.append(error)
            looks += 1

    reader = threading.Thread(target=poll)
    reader.start()
    for edition in range(8):
        run_once(root, outputs, str(edition))
    done.set()
    reader.join()
    assert faults == [] and looks > 50


def test_everything_is_on_the_disk_before_it_is_shown(places, monkeypatch):
    root, fresh = places
    outputs, told, rename, replace = fresh(), [], Path.rename, Path.replace
    building = outputs / "runs" / f".building-{os.getpid()}"
    monkeypatch.setattr(os, "fsync", lambda number: told.append(os.readlink(f"/proc/self/fd/{number}")))
    monkeypatch.setattr(Path, "rename", lambda one, to: (told.append((one, to)), rename(one, to))[1])
    monkeypatch.setattr(Path, "replace", lambda one, to: (told.append((one, to)), replace(one, to))[1])
    folder, _ = run_once(root, outputs, "d")
    stands, shown = told.index((building, folder)), told.index((outputs / ".latest-next", outputs / "latest"))
    places = [building, *(building / place.relative_to(folder) for place in folder.rglob("*"))]
    assert set(map(str, places)) <= set(told[:stands])
    assert told[stands + 1 : shown] == [str(outputs / "runs")]
    assert told[shown + 1 :] == [str(outputs)]


def test_what_was_mended_is_said(places):
    root, fresh = places
    outputs = fresh()
    (outputs / "latest").unlink()
    (outputs / "latest").symlink_to("runs/2026-06-09-9")
    _, manifest = run_once(root, outputs, "d")
    log = (outputs / "latest" / "run.log").read_text()
    assert "latest shows run 2026-06-17-3: what it showed before was missing or not whole" in log
    assert manifest["run"] == "2026-06-17-4"


def test_run_killed_while_it_is_shown_is_shown_by_the_next(places):
    root, fresh = places
    outputs = fresh()

    def killed():
        Outputs._show_next = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        run_once(root, outputs, "d")

    assert in_child(killed) == -signal.SIGKILL
    assert os.readlink(outputs / "latest") == "runs/2026-06-17-3"
    folder, manifest = run_once(root, outputs, "e", FAILING)
    assert "latest shows run 2026-06-17-4: it was whole when its process was ended" in (folder / "run.log").read_text()
    assert manifest["reports"][1]["carried_from"] == {"run": "2026-06-17-4", "as_of": "2026-06-17"}
    assert manifest["reports"][1]["sentence"] == "Edition d."
    assert os.readlink(outputs / "latest") == "runs/2026-06-17-5"


@pytest.mark.parametrize("words", [b"", b'{"run": "2026-06-1', b"[]", b"\xff\xfe", b"{}"])
def test_manifest_that_is_not_whole_gives_way_to_the_run_before(places, words):
    root, fresh = places
    outputs = fresh()
    (outputs / "runs" / "2026-06-17-3" / "manifest.json").write_bytes(words)
    assert Outputs(outputs).last()[1]["run"] == "2026-06-17-2"
    folder, manifest = run_once(root, outputs, "d", FAILING)
    assert folder.name == "2026-06-17-4"
    assert manifest["reports"][1]["carried_from"]["run"] == "2026-06-17-2"
    assert names(outputs) == ["2026-06-17-1", "2026-06-17-2", "2026-06-17-4"]


@pytest.mark.parametrize("name", ["review.json", "is_good.json"])
@pytest.mark.parametrize("words", [b"", b'{"sch', b"[]", b"\xff\xfe"])
def test_earlier_run_that_is_half_there_does_not_stop_the_next(places, name, words):
    root, fresh = places
    outputs = fresh()
    (outputs / "runs" / "2026-06-17-3" / name).write_bytes(words)
    assert_whole(run_once(root, outputs, "d")[0], "2026-06-17-4")


def test_report_whose_file_is_gone_is_not_carried(places):
    root, fresh = places
    outputs = fresh()
    (outputs / "latest" / "raises_an_error" / "records.csv").unlink()
    _, manifest = run_once(root, outputs, "d", FAILING)
    assert (manifest["reports"][1]["outcome"], manifest["reports"][1]["files"]) == ("failed", [])
    assert_whole(outputs / "latest", "2026-06-17-4")


def test_clock_that_goes_back_changes_neither_order_nor_names(places):
    root, fresh = places
    outputs = fresh()
    later = time.time() + 10 * 365 * 86400
    os.utime(outputs / "runs" / "2026-06-17-3" / "manifest.json", (later, later))
    for number in range(4, 12):
        assert run_once(root, outputs, "d")[0].name == f"2026-06-17-{number}"
    assert names(outputs) == [f"2026-06-17-{number}" for number in range(1, 12)]
    run_once(root, outputs, "d", keep=2)
    assert names(outputs) == ["2026-06-17-11", "2026-06-17-12"]


def test_second_run_leaves_nothing_and_names_the_first(places):
    root, fresh = places
    outputs = fresh()
    with Outputs(outputs).building():
        before = sorted(str(place) for place in outputs.rglob("*"))
        found = subprocess.run(
            [sys.executable, "-m", "revops", "run", "--again", "--outputs", str(outputs)],
            cwd=root,
            capture_output=True,
            text=True,
        )
        assert (found.returncode, found.stdout) == (1, "")
        assert found.stderr == (
            f"outputs: one run at a time may write here; found process {os.getpid()} at work. "
            "Wait until it has ended.\n"
        )
        assert sorted(str(place) for place in outputs.rglob("*")) == before


def test_lock_file_of_a_dead_process_holds_nobody_up(places):
    root, fresh = places
    outputs = fresh()
    (outputs / ".lock").write_text("1")
    assert run_once(root, outputs, "d")[0].name == "2026-06-17-4"


def test_only_a_scratch_folder_of_ours_is_removed(places, tmp_path):
    root, fresh = places
    outputs, mine, other = fresh(), tmp_path / "tmp" / "revops-0123abcd", tmp_path / "tmp" / "papers"
    other.mkdir()
    (tmp_path / "tmp" / "pymp-0123abcd").symlink_to(other)
    for folder in (mine, other, tmp_path / "tmp" / "pymp-0123abcd"):
        folder.mkdir(exist_ok=True)
        (outputs / ".scratch").write_text(str(folder))
        run_once(root, outputs, "d")
    assert not mine.exists() and other.exists()


@pytest.mark.parametrize(
    ("how", "when"),
    [(signal.SIGKILL, "running"), (signal.SIGKILL, "kernel"), (signal.SIGINT, "kernel"), (signal.SIGTERM, "running")],
)
def test_no_process_and_no_file_outlives_a_run_that_is_ended(begun, tmp_path, how, when):
    root, temporary, mark = begun[0], Path(tempfile.mkdtemp(prefix="rk")), uuid.uuid4().hex
    outputs = tmp_path / "outputs"
    run = subprocess.Popen(
        [sys.executable, "-m", "revops", "run", "is_good", "--outputs", str(outputs)],
        cwd=root,
        env={**os.environ, "REVOPS_MARK": mark, "TMPDIR": str(temporary)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background are deaf to it
    )
    try:
        assert run.stderr.readline() == "running 1 report\n"
        if when == "kernel":
            wait_for(lambda: any("ipykernel_launcher" in line for line in marked(mark)), 60)
        (os.killpg if how == signal.SIGINT else os.kill)(run.pid, how)
        said = run.communicate(timeout=60)[1]
        wait_for(lambda: marked(mark) == [], 60)
        assert run.returncode == (-9 if how == signal.SIGKILL else 1)
        assert "Traceback" not in said
        assert not (outputs / "latest").exists()
        assert in_child(lambda: run_once(root, outputs, "a")) == FINE
        assert names(outputs) == ["2026-06-17-1"]
        assert sorted(place.name for place in outputs.iterdir()) == CLEAN
        assert [place.name for place in temporary.iterdir()] == []
    finally:
        shutil.rmtree(temporary)


def marked(mark):
    """Return the command lines of all processes that carry a mark in their environment, wherever they hang."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("REVOPS_MARK") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def wait_for(condition, seconds):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)

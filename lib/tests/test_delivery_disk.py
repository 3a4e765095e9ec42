"""Disks that are full, shut or in the way: a plain error, nothing lost, and the next run works once that is mended."""

import errno
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from killed import assert_whole, in_child, names, run_once, tree

from revops import __main__ as command
from revops.book import prepared
from revops.delivery import run
from revops.delivery.jobs.job import Job
from revops.delivery.jobs.kernel import set_environment
from revops.delivery.outputs import Outputs
from revops.errors import RunError, naming, refused_by_machine
from revops.exports import Audit

FAILING = ("raises_an_error",)
PAGE = 4096
NO_ROOM = "must have room for what is written there; found: no space left on device. Free some space"
FULL = re.compile(rf"(/.+): {NO_ROOM}, then do the same again\. The last good reports stand\.")
is_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may change its user")


@pytest.fixture
def disk(tmp_path):
    """Return a function that gives a small disk of its own, mounted with options; the test is skipped where none is."""
    mounted = []

    def mount(options):
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True).returncode:
            pytest.skip("no disk may be mounted here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture(autouse=True)
def aside(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def root(tmp_path, make_project):
    return make_project(tmp_path / "project", "is_good", "raises_an_error")


def fill(place, left):
    """Fill a disk but for some bytes."""
    with open(place / "filler", "wb") as file:
        found = os.statvfs(place)
        os.posix_fallocate(file.fileno(), 0, max(found.f_bavail * found.f_frsize - left, 1))


def assert_refused_until_there_is_room(root, outputs, room):
    """Assert that runs are refused plainly, each time with a little more room, until one works; return where."""
    old, where = tree(outputs / "latest"), []
    for step in range(200):
        room(step)
        try:
            run_once(root, outputs, "b", FAILING)
            break
        except RunError as error:
            found = FULL.fullmatch(str(error))
            assert found, str(error)
            where.append(re.sub(r"\.building-\d+", "building", str(Path(found[1]).relative_to(outputs.parent))))
            assert tree(outputs / "latest") == old and names(outputs) == ["2026-06-17-1"]
            assert not [place for place in outputs.rglob(".*") if place.name != ".lock"]
    assert_whole(outputs / "latest", "2026-06-17-2")
    assert tree(outputs / "runs" / "2026-06-17-1") == old
    return where


def test_disk_full_at_any_page_is_refused_plainly(root, disk):
    place = disk("size=2m")
    outputs = place / "outputs"
    run_once(root, outputs, "a")

    def room(step):
        (place / "filler").unlink(missing_ok=True)
        fill(place, step * PAGE)

    where = assert_refused_until_there_is_room(root, outputs, room)
    for file in (
        "is_good.html",
        "records.csv",
        "raises_an_error.failed.html",
        "manifest.json",
        "index.html",
        "run.log",
    ):
        assert any(file in name for name in where) or file.startswith(("is_good", "records")), file
    assert len(where) > 10


def test_disk_without_room_for_names_is_refused_plainly(root, disk):
    place = disk("size=2m,nr_inodes=120")
    outputs = place / "outputs"
    run_once(root, outputs, "a")
    fillers = [place / f"filler{number}" for number in range(os.statvfs(place).f_favail)]
    for filler in fillers:
        filler.touch()

    where = assert_refused_until_there_is_room(root, outputs, lambda step: step and fillers.pop().unlink())
    assert where[0].endswith(".scratch") or where[0].endswith("building")
    assert where[-1].endswith(".latest-next")
    assert len(where) > 10


@pytest.mark.parametrize("left", [0, 3, 9, 14])
def test_disk_full_under_a_kernel_is_told_plainly(root, disk, left):
    place = disk("size=2m")
    outputs = place / "outputs"
    run_once(root, outputs, "a")
    old = tree(outputs / "latest")
    fill(place, left * PAGE)
    asked = [sys.executable, "-m", "revops", "run", "is_good", "--again", "--outputs", str(outputs)]
    found = subprocess.run(asked, cwd=root, capture_output=True, text=True)
    assert found.returncode == 1
    assert NO_ROOM in found.stderr and "Traceback" not in found.stderr + found.stdout
    shown, manifest = Outputs(outputs).last()
    assert tree(outputs / "runs" / "2026-06-17-1") == old
    for entry in manifest["reports"]:
        assert all((shown / file).is_file() for file in entry["files"]) and entry["sentence"] == "Edition a."
    (place / "filler").unlink()
    run_once(root, outputs, "b")
    assert_whole(outputs / "latest", names(outputs)[-1])


def test_cache_on_a_full_disk_is_told_plainly(disk, monkeypatch):
    place = disk("size=1m")
    (place / "data").mkdir()
    company = SimpleNamespace(
        exports=SimpleNamespace(folder="data", rows_per_part=1_000_000), model_dump_json=lambda: "{}"
    )
    settings = SimpleNamespace(company=company, root=place, params_dir=place / "params")
    table = pa.table({"tool": [str(number) for number in range(20_000)]})
    found = SimpleNamespace(tables={"tools": table}, audit=Audit((), (), (), (), {}, None))
    monkeypatch.setattr(prepared, "prepare", lambda *_: found)
    cache = place / "outputs" / ".cache"
    for left in range(200):
        (place / "filler").unlink(missing_ok=True)
        fill(place, left * PAGE)
        try:
            home = prepared.prepared(settings)
            break
        except OSError as error:
            assert re.fullmatch(rf"{cache}\S*: {NO_ROOM}, then do the same again\.", refused_by_machine(error))
            assert [place for place in cache.glob("*") if place.is_dir()] == []
    assert left > 5
    assert pa.parquet.read_table(home / "tools.parquet") == table


@pytest.mark.parametrize("name", ["manifest.json", "index.html", "run.log", "raises_an_error.failed.html", ".scratch"])
def test_file_that_cannot_be_written_is_named(root, tmp_path, monkeypatch, name):
    outputs, write = tmp_path / "outputs", Path.write_text
    run_once(root, outputs, "a")
    old = tree(outputs / "latest")

    def refuse(file, *arguments, **named):
        if file.name == name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, *arguments, **named)

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(RunError) as refusal:
        run_once(root, outputs, "b", FAILING)
    place = outputs if name == ".scratch" else outputs / "runs" / f".building-{os.getpid()}"
    assert str(refusal.value) == (f"{place / name}: {NO_ROOM}, then do the same again. The last good reports stand.")
    assert tree(outputs / "latest") == old and names(outputs) == ["2026-06-17-1"]
    monkeypatch.undo()
    run_once(root, outputs, "b")
    assert_whole(outputs / "latest", "2026-06-17-2")


def refusal_of(root, outputs, capsys):
    """Return what a run that is refused says, from the command line."""
    tempfile.tempdir = None  # the tests' own is too long for the sockets of processes
    assert command.main(["run", "--again", "--params", str(root / "params"), "--outputs", str(outputs)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_disk_that_is_read_only_is_told_plainly(root, disk, capsys):
    outputs = disk("size=2m") / "outputs"
    run_once(root, outputs, "a")
    subprocess.run(["mount", "-o", "remount,ro", outputs.parent], check=True)
    assert refusal_of(root, outputs, capsys) == (
        f"{outputs / '.lock'}: must be open to this user; found: read-only file system. "
        "Give this user leave to read and write there, or name another folder. The last good reports stand.\n"
    )
    assert_whole(outputs / "latest", "2026-06-17-1")


def test_outputs_that_are_a_file_are_told_plainly(root, tmp_path, capsys):
    (tmp_path / "outputs").write_text("mine")
    for outputs in (tmp_path / "outputs", tmp_path / "outputs" / "below"):
        assert refusal_of(root, outputs, capsys) == (
            f"{outputs / 'runs'}: must be a folder; found: not a directory. "
            "Move away what stands there, or name another folder. The last good reports stand.\n"
        )
    assert (tmp_path / "outputs").read_text() == "mine"


@is_root
def test_outputs_of_another_user_are_told_plainly(root, monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="rk") as home:
        outputs = Path(home, "outputs")
        run_once(root, outputs, "a")
        old = tree(outputs / "latest")
        os.chmod(home, 0o755)
        for place in [outputs, *outputs.rglob("*")]:
            os.chmod(place, 0o755 if place.is_dir() else 0o644)
        found = [as_nobody(lambda: refused_in(outputs)), as_nobody(lambda: refused_in(Path(home, "other")))]
        advice = "Give this user leave to read and write there, or name another folder. The last good reports stand."
        assert found == [
            f"{place}: must be open to this user; found: permission denied. {advice}"
            for place in (outputs / ".lock", Path(home, "other"))
        ]
        assert tree(outputs / "latest") == old


def as_nobody(act):
    """Return what a function returns that is called as the user nobody."""
    reader, writer = os.pipe()

    def called():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(writer, act().encode())

    assert in_child(called) == 0
    os.close(writer)
    with os.fdopen(reader) as said:
        return said.read()


def refused_in(folder):
    with pytest.raises(RunError) as refusal, Outputs(folder).building():
        pass
    return str(refusal.value)


def test_every_report_of_a_run_reads_one_preparation(root, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(run, "warm", lambda _: run.Warmed(prepared=tmp_path / "prepared"))
    run_once_seeing(root, tmp_path / "outputs", monkeypatch, seen)
    assert seen == [tmp_path / "prepared"] * 2
    monkeypatch.setattr(os, "environ", {})
    for place in (tmp_path / "prepared", None):
        os.environ.clear()
        set_environment(Job("a", tmp_path, tmp_path, tmp_path, {}, prepared=place))
        assert os.environ.get(prepared.PREPARED) == (None if place is None else str(place))


def run_once_seeing(root, outputs, monkeypatch, seen):
    """Run once and note where each job's tables are."""
    work = run.made_entry
    monkeypatch.setattr(run, "made_entry", lambda job, *rest: (seen.append(job.prepared), work(job, *rest))[1])
    run_once(root, outputs, "a")


def test_error_that_names_a_file_keeps_it(tmp_path):
    for given, told in ((None, str(tmp_path)), ("other", "other")):
        with pytest.raises(OSError) as caught, naming(tmp_path):
            raise OSError(errno.ENOSPC, "full", given)
        assert caught.value.filename == told


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOENT, "x", "a"), "a: must be there; found: no such file or directory. Put it back"),
        (
            OSError(errno.EIO, "x"),
            "the disk: must be readable and writable; found: input/output error. Look at the disk",
        ),
        (OSError(errno.EACCES, "x", b"a", None, "b"), "b: must be open to this user; found: permission denied. "),
        (OSError("odd"), "odd."),
        (OSError(errno.ENOTEMPTY, "x", "a"), "a: directory not empty."),
    ],
)
def test_what_the_machine_refuses_is_told_with_what_to_do(error, said):
    assert refused_by_machine(error).startswith(said)
    assert json.dumps(refused_by_machine(error))

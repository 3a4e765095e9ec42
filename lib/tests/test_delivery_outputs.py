"""Run folders, the lock, and `latest`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from revops.delivery.outputs import Outputs
from revops.errors import RunError

FILES = ["index.html", "manifest.json"]


def add_run(outputs, name, text="page"):
    with outputs.building() as building:
        (building / "index.html").write_text(text)
        (building / "manifest.json").write_text(json.dumps({"run": name, "reports": []}))
        return outputs.switch_in(building, name)


def test_latest_shows_the_newest_run(tmp_path):
    outputs = Outputs(tmp_path / "outputs")
    assert outputs.last() is None
    for number in (1, 2):
        add_run(outputs, f"2026-06-17-{number}", str(number))
        assert (outputs.latest / "index.html").read_text() == str(number)
    assert os.readlink(outputs.latest) == "runs/2026-06-17-2"
    assert outputs.last()[1]["run"] == "2026-06-17-2"


def test_runs_of_a_day_are_numbered(tmp_path):
    outputs = Outputs(tmp_path)
    for expected in ("2026-06-17-1", "2026-06-17-2"):
        with outputs.building():
            assert outputs.next_name("2026-06-17") == expected
        add_run(outputs, expected)
    assert outputs.next_name("2026-06-1") == "2026-06-1-1"


def test_latest_is_a_copy_where_links_are_not_allowed(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("links are not allowed")

    outputs = Outputs(tmp_path)
    add_run(outputs, "2026-06-17-1", "linked")
    monkeypatch.setattr(Path, "symlink_to", refuse)
    for name in ("2026-06-17-2", "2026-06-17-3"):
        add_run(outputs, name, name)
        assert not outputs.latest.is_symlink()
        assert (outputs.latest / "index.html").read_text() == name
        assert outputs.last()[1]["run"] == name
    monkeypatch.undo()
    add_run(outputs, "2026-06-17-4", "linked again")
    assert outputs.latest.is_symlink()


@pytest.mark.parametrize("links", [True, False], ids=["link", "copy"])
def test_runs_lead_to_each_other_by_one_link_that_nothing_walks(tmp_path, monkeypatch, links):
    outputs = Outputs(tmp_path / "outputs")
    if not links:
        monkeypatch.setattr(Path, "symlink_to", refuse)
    for number in range(1, 4):
        add_run(outputs, f"2026-06-17-{number}", str(number))
    names = ["2026-06-17-1", "2026-06-17-2", "2026-06-17-3"]
    assert sorted(os.listdir(outputs.runs)) == names + ["runs"] * links
    assert [run.name for run in outputs.finished()] == names
    for place in (outputs.latest, outputs.runs / "2026-06-17-3", *[outputs.runs / "runs" / "2026-06-17-3"] * links):
        lexical = Path(os.path.normpath(place / "../runs/2026-06-17-1/index.html"))
        assert (lexical.is_file(), sorted(os.listdir(place))) == (links or place == outputs.latest, FILES)
    assert len(list(outputs.folder.rglob("index.html"))) == (3 if links else 4)
    outputs.prune(1, None)
    assert sorted(os.listdir(outputs.runs)) == ["2026-06-17-3"] + ["runs"] * links
    shutil.rmtree(outputs.folder)
    assert list(tmp_path.iterdir()) == []


def test_what_stands_in_the_place_of_the_link_stays(tmp_path):
    outputs = Outputs(tmp_path)
    (outputs.runs / "runs").mkdir(parents=True)
    for number in (1, 2):
        add_run(outputs, f"2026-06-17-{number}")
    assert not (outputs.runs / "runs").is_symlink() and outputs.last()[1]["run"] == "2026-06-17-2"


def refuse(*_, **__):
    raise PermissionError(1, "links are not allowed")


def test_run_that_is_not_switched_in_leaves_nothing(tmp_path):
    outputs = Outputs(tmp_path)
    with pytest.raises(ZeroDivisionError), outputs.building():
        raise ZeroDivisionError
    assert list(outputs.runs.iterdir()) == []


def test_what_a_crash_left_is_removed_by_the_next_run(tmp_path):
    outputs = Outputs(tmp_path)
    (outputs.runs / ".building-4711").mkdir(parents=True)
    add_run(outputs, "2026-06-17-1")
    assert [run.name for run in outputs.runs.iterdir()] == ["2026-06-17-1"]


def test_second_writer_is_refused(tmp_path):
    outputs = Outputs(tmp_path / "outputs")
    with outputs.building(), pytest.raises(RunError) as refusal, Outputs(tmp_path / "outputs").building():
        pass
    assert str(refusal.value) == (
        f"outputs: one run at a time may write here; found process {os.getpid()} at work. Wait until it has ended."
    )


def test_lock_of_a_killed_writer_holds_nobody_up(tmp_path):
    script = (
        "import os, pathlib; from revops.delivery.outputs import Outputs\n"
        f"with Outputs(pathlib.Path({str(tmp_path)!r})).building(): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    add_run(Outputs(tmp_path), "2026-06-17-1")


def test_prune_keeps_the_newest_and_what_latest_shows(tmp_path):
    outputs = Outputs(tmp_path)
    for number in range(1, 5):
        run = add_run(outputs, f"2026-06-17-{number}")
        os.utime(run / "manifest.json", (number, number))
    assert outputs.prune(2, None) == ["2026-06-17-1", "2026-06-17-2"]
    os.utime(outputs.runs / "2026-06-17-4" / "manifest.json", (0, 0))
    assert outputs.prune(1, None) == []
    assert [run.name for run in outputs.finished()] == ["2026-06-17-4", "2026-06-17-3"]


def test_prune_keeps_what_the_review_is_held_against(tmp_path):
    outputs = Outputs(tmp_path)
    for name in ("2026-06-03-1", "2026-06-10-1", "2026-06-10-2", "2026-06-17-1", "2026-06-17-2"):
        add_run(outputs, name)
    assert outputs.prune(1, "2026-06-10-2") == ["2026-06-03-1", "2026-06-10-1", "2026-06-17-1"]
    assert [run.name for run in outputs.finished()] == ["2026-06-10-2", "2026-06-17-2"]

"""Runs that are killed for good: which steps of the file system one takes, and a kill at any of them.

The process is a real one, forked, and the signal a real one, sent before the step counted; a file that was about to be
written is left half written.
"""

import json
import os
import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path

from revops.delivery import run
from revops.delivery.jobs.job import Failure, Result
from revops.delivery.outputs import Outputs
from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.standing.as_made import NOTICE

STEPS = ("open", "os.rename", "os.mkdir", "os.symlink", "os.remove", "os.rmdir", "os.utime", "os.truncate")
FINE, RAISED = 0, 3


def jobs_that_write(edition, failing=()):
    """Return a stand-in for run_jobs that writes the files of each report here and now; those named fail."""

    def run_jobs(jobs, *_):
        for job in jobs:
            if job.stem in failing:
                yield job, Result(failure=Failure("It fails on purpose.", "Nothing to do.", 1))
                continue
            files = {
                f"{job.stem}.html": f"<html>\n{NOTICE}\n{edition}</html>",
                f"{job.stem}.json": json.dumps(answer_of(job.stem, edition)),
                f"{job.stem}.ipynb": "{}",
                f"{job.stem}/records.csv": f"edition\n{edition}\n",
            }
            for name, text in files.items():
                (job.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (job.folder / name).write_text(text)
            yield job, Result(answer_of(job.stem, edition), tuple(files))

    return run_jobs


def answer_of(stem, edition):
    """Return a small Answer that says which edition it is of."""
    return {
        "schema": 1,
        "report": stem,
        "company": "Halyard Robotics",
        "currency": "USD",
        "as_of": "2026-06-17",
        "period": "FY27-Q2",
        "slice": {},
        "status": "act",
        "sentence": f"Edition {edition}.",
        "measures": [],
        "tables": [],
    }


def run_once(root, outputs, edition, failing=(), **asked):
    """Run the reports of a project in this process, without kernels; return the run's folder and its manifest."""
    before = run.run_jobs, run.prepare_workers
    run.run_jobs, run.prepare_workers = jobs_that_write(edition, failing), lambda *_: None
    try:
        with open(os.devnull, "w") as screen:
            request = Request(params=str(root / "params"), outputs=str(outputs), again=True)
            return run.run_reports(replace(request, **asked), Progress(screen))
    finally:
        run.run_jobs, run.prepare_workers = before


def in_child(act):
    """Do something in a process forked from this one; return its exit code, negative for the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        try:
            act()
            os._exit(FINE)
        except SystemExit as end:
            os._exit(int(end.code))
        except BaseException:
            traceback.print_exc()
            os._exit(RAISED)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(number, below, act, how=signal.SIGKILL):
    """Do something in a child that is sent a signal before its step of this number (from 0); return its exit code."""

    def armed():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        taken = 0

        def heard(event, arguments):
            nonlocal taken
            if is_step(event, arguments, below):
                taken += 1
                if taken == number + 1:
                    if event == "open" and how == signal.SIGKILL:
                        leave_half(arguments[0])
                    os.kill(os.getpid(), how)

        sys.addaudithook(heard)
        act()

    return in_child(armed)


def steps_of(below, act):
    """Return how many steps something takes below a folder."""
    reader, writer = os.pipe()

    def counted():
        taken = 0

        def heard(event, arguments):
            nonlocal taken
            taken += is_step(event, arguments, below)

        sys.addaudithook(heard)
        act()
        os.write(writer, str(taken).encode())

    assert in_child(counted) == FINE
    os.close(writer)
    with os.fdopen(reader) as said:
        return int(said.read())


def is_step(event, arguments, below):
    """Return whether an audited event changes something below a folder."""
    if event not in STEPS or isinstance(arguments[0], int):
        return False
    if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        return False
    by_folder = event in ("os.remove", "os.rmdir") and arguments[-1] not in (-1, None)  # as shutil.rmtree does
    places = [os.fsdecode(place) for place in arguments[:2] if isinstance(place, str | bytes | os.PathLike)]
    return by_folder or any(place.startswith(str(below)) for place in places)


def leave_half(place):
    """Leave a file as a process leaves it that ends while writing: half of a word."""
    if not os.fsdecode(place).endswith(".lock"):  # that one is never read but as words in a message
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(descriptor, b'{"ha')
        os.close(descriptor)


def tree(folder):
    """Return every file below a folder with what it holds."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def assert_whole(folder, name):
    """Assert that a folder holds the whole run of that name: every file its manifest lists, each of one edition."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["run"] == name
    listed = {file for entry in manifest["reports"] for file in entry["files"]}
    listed |= {entry["evidence"] for entry in manifest["reports"] if entry["evidence"]}
    found = {name for name in tree(folder) if "/" in name or name.startswith(("is_good.", "raises_an_error."))}
    assert found - {file for file in found if file.endswith(".failed.ipynb")} == listed
    assert (folder / "index.html").read_text().rstrip().endswith("</html>")
    for entry in manifest["reports"]:
        said = [json.loads((folder / file).read_text()) for file in entry["files"] if file.endswith(".json")]
        assert [one["sentence"] for one in said] == [entry["sentence"]][: len(said)]


def names(outputs):
    """Return the names of the whole runs, oldest first."""
    return [run.name for run in Outputs(Path(outputs)).finished()]

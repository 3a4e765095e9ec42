"""Runs with real kernels: what is put out, and that no ruined notebook counts as a report.

The notebooks in lib/tests/notebooks are named by their faults. All tests share two runs,
which are made once: a file of tests goes to one process (Makefile).
"""

import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import psutil
import pytest
from papermill.exceptions import PapermillExecutionError

from revops.delivery.jobs.execute import _stopped
from revops.delivery.jobs.job import Limits
from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.review import read
from revops.delivery.run import run_reports

LIMITS = Limits(deadline_seconds=60, cell_seconds=8, memory_bytes=900_000_000)
FAULTS = {
    "raises_an_error": "Code cell 2 raised ZeroDivisionError: division by zero",
    "raises_our_error": "deals.csv: must hold rows; found none. Export it again <now>.",
    "exits_quietly": (
        "Code cell 4 of 5 did not run to its end: it left the kernel or showed an error, so the report is not whole."
    ),
    "kills_its_kernel": "The kernel died in code cell 4: it was killed, or the machine ran out of memory.",
    "never_ends": "Code cell 3 ran longer than the 8 seconds a cell may take.",
    "holds_too_much_memory": "memory, in code cell 2; 0.8 GB are allowed.",
    "shows_no_answer": "shows_no_answer: must show exactly one Answer; found 0. Show one, once.",
    "shows_two_answers": "shows_two_answers: must show exactly one Answer; found 2. Show one, once.",
    "shows_infinity": "shows_infinity: a measure must be a finite number or null; found another in coverage.",
    "has_no_heading": (
        "has_no_heading: the page must have one first-level heading, the Answer's sentence; found 0. "
        "Show the Answer with report.Answer, and begin other headings with ##."
    ),
    "ignores_as_of": "ignores_as_of: the Answer's as_of must be the one asked for, 2026-06-17; found 2026-06-01.",
}


def run_in(root, screen=None, **asked):
    """Run reports of a project and return the run's folder and its entries by report (and slice)."""
    request = Request(params=str(root / "params"), **{"limits": LIMITS, "again": True, **asked})
    folder, manifest = run_reports(request, Progress(screen or io.StringIO()))
    return folder, {" ".join([e["report"], *e["slice"].values()]): e for e in manifest["reports"]}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, make_project):
    """Return a project and its first run, of a good report and of every fault, with what it said."""
    root = make_project(tmp_path_factory.mktemp("delivery") / "project", "is_good", *FAULTS)
    screen, here = io.StringIO(), os.getcwd()
    folder, entries = run_in(root, screen, given={"as_of": "2026-06-17"})
    assert os.getcwd() == here
    return root, folder, entries, screen.getvalue()


@pytest.fixture(scope="module")
def later(runs):
    """Return the folders of two runs: good once more, in two slices; then the good report's notebook broken."""
    root = runs[0]
    again, _ = run_in(root, stems=("is_good",), given={"as_of": "2026-06-17"})
    sliced, sliced_entries = run_in(root, stems=("is_good",), slices={"region": ("EMEA", "A/B")})
    notebook = root / "notebooks" / "is_good.ipynb"
    whole = notebook.read_text()
    notebook.write_text(whole.replace("from IPython.display import display", "1 / 0"))
    broken, broken_entries = run_in(root, stems=("is_good",))
    notebook.write_text(whole)
    return again, sliced, sliced_entries, broken, broken_entries


def test_address_in_an_error_stays_in_the_evidence():
    text = "no such row: <dana.o@acme.example>, 2026-06-17"
    error = PapermillExecutionError(3, 2, "", "KeyError", text, ["Traceback:", text])
    failure = _stopped(error, 2, LIMITS)
    assert failure.reason == "Code cell 2 raised KeyError: no such row: <(address left out)>, 2026-06-17"
    assert failure.evidence == f"Traceback:\n{text}"


def test_run_holds_its_review(runs, later):
    said = read(runs[1])
    assert {line.report for line in said.lines if line.outcome == "failed"} == {*FAULTS}
    assert said.failed_first.startswith(f"{len(FAULTS)} of {len(FAULTS) + 1} reports were not made: ")
    assert read(later[0]).history == (), "a run of the same day is no earlier review"


def test_good_report_leaves_page_json_notebook_and_tables(runs):
    _, folder, entries, _ = runs
    entry = entries["is_good"]
    assert entry["outcome"] == "made"
    assert entry["files"] == [
        "is_good.html",
        "is_good.json",
        "is_good.ipynb",
        "is_good/by_segment.csv",
        "is_good/records.csv",
    ]
    assert all((folder / file).is_file() for file in entry["files"])
    answer = json.loads((folder / "is_good.json").read_text())
    assert (answer["report"], answer["as_of"], answer["status"]) == ("is_good", "2026-06-17", "act")
    page = (folder / "is_good.html").read_text()
    assert "<h1>Coverage is 2.5x; &lt;b&gt;3.0x&lt;/b&gt; is needed.</h1>" in page
    assert not re.search("printed words|warned words|plain result<", page.partition("<details")[0])


def test_kernel_is_this_interpreter_in_the_notebooks_folder_with_fixed_surroundings(runs):
    root, folder, _, _ = runs
    written = json.loads((folder / "is_good.ipynb").read_text())
    assert str(folder.parent) not in json.dumps(written["metadata"])
    cells = written["cells"]
    said = "".join(cells[-1]["outputs"][0]["text"]).split()
    backend = "module://matplotlib_inline.backend_inline"
    assert said == ["0", "1", backend, str(root / "notebooks"), sys.executable]


def test_only_a_report_whose_kernel_died_is_tried_once_more(runs):
    again = [line for line in runs[3].splitlines() if "tried once more" in line]
    assert again == [f"kills_its_kernel: tried once more: {FAULTS['kills_its_kernel']}"]


@pytest.mark.parametrize("stem", FAULTS)
def test_fault_is_a_failure_with_its_reason_and_evidence(runs, stem):
    _, folder, entries, said = runs
    entry = entries[stem]
    assert entry["outcome"] == "failed"
    assert entry["failure"]["reason"].endswith(FAULTS[stem])
    assert (entry["files"], entry["carried_from"]) == ([], None)
    assert entry["evidence"] == f"{stem}.failed.html"
    assert sorted(file.name for file in folder.glob(f"{stem}*")) == [f"{stem}.failed.html", f"{stem}.failed.ipynb"]
    page = (folder / entry["evidence"]).read_text()
    assert "There is no earlier good report to show in its place." in page
    assert "<now>" not in page
    assert re.search(rf"^{stem}: FAILED \(.*\): .*{re.escape(FAULTS[stem])}$", said, re.MULTILINE)


def test_evidence_shows_the_code_that_was_running(runs):
    _, folder, entries, _ = runs
    assert entries["kills_its_kernel"]["failure"]["cell"] == 4
    page = (folder / "kills_its_kernel.failed.html").read_text()
    assert "os.kill(os.getpid(), signal.SIGKILL)" in page
    assert [page.count(f"{which} try: {FAULTS['kills_its_kernel']}") for which in ("First", "Second")] == [1, 1]
    assert "ZeroDivisionError" in (folder / "raises_an_error.failed.html").read_text()


def test_nothing_that_a_notebook_started_outlives_it(runs):
    home = str(runs[0] / "notebooks")
    assert [p.info["name"] for p in psutil.process_iter(["name", "cwd"]) if p.info["cwd"] == home and alive(p)] == []


def test_run_folder_is_whole(runs):
    root, folder, entries, said = runs
    assert folder == root / "outputs" / "runs" / "2026-06-17-1"
    assert {"index.html", "manifest.json", "run.log"} < {file.name for file in folder.iterdir()}
    assert said.startswith("running 12 reports\n")
    assert "is_good: made" in (folder / "run.log").read_text()
    assert {"executive.html", "marketing_ops.html", "revops.html"} < {file.name for file in folder.iterdir()}
    assert f"11 of {len(entries)} reports were not made" in (folder / "index.html").read_text()


def test_same_inputs_give_the_same_bytes_but_for_one_line(runs, later):
    first, again = runs[1], later[0]
    for name in ("is_good.json", "is_good/by_segment.csv", "is_good/records.csv"):
        assert (first / name).read_bytes() == (again / name).read_bytes()
    pages = [(folder / "is_good.html").read_text().splitlines() for folder in (first, again)]
    differing = [one for one, other in zip(*pages, strict=True) if one != other]
    assert len(differing) <= 1 and all(line.startswith('<p class="run">Made on ') for line in differing)
    for place in (str(runs[0]), f"{tempfile.gettempdir()}/revops-"):
        assert place not in "\n".join(pages[1])


def test_slices_are_reports_of_their_own_beside_the_whole(later):
    _, folder, entries, _, _ = later
    made = {name: entry["files"][0] for name, entry in entries.items() if entry["outcome"] == "made"}
    assert made["is_good EMEA"] == "region=EMEA/is_good.html"
    assert re.fullmatch(r"region=A-B-[0-9a-f]{6}/is_good\.html", made["is_good A/B"])
    assert json.loads((folder / "region=EMEA" / "is_good.json").read_text())["slice"] == {"region": "EMEA"}
    assert entries["is_good"]["outcome"] == "carried"


def test_failure_leaves_the_last_good_report_marked(later):
    again, _, _, folder, entries = later
    entry = entries["is_good"]
    assert (entry["outcome"], entry["as_of"]) == ("failed", "2026-06-17")
    assert entry["carried_from"] == {"run": again.name, "as_of": "2026-06-17"}
    page = (folder / "is_good.html").read_text()
    assert (
        "This is the report as of 2026-06-17. The newer report failed: "
        '<a href="is_good.failed.html">see why</a>.' in page
    )
    assert (folder / "is_good.json").read_bytes() == (again / "is_good.json").read_bytes()
    assert "The last good report, as of 2026-06-17, stays" in (folder / "is_good.failed.html").read_text()
    assert entries["is_good EMEA"]["outcome"] == "carried"


def test_deadline_ends_a_report(tmp_path, make_project):
    root = make_project(tmp_path / "project", "never_ends")
    began = time.monotonic()
    _, entries = run_in(root, limits=Limits(deadline_seconds=2))
    assert time.monotonic() - began < 100
    reason = entries["never_ends"]["failure"]["reason"]
    assert re.fullmatch(r"The report was ended after its deadline of 2 seconds(, in code cell \d)?\.", reason)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_run_that_is_ended_takes_everything_with_it(tmp_path, make_project, how):
    root = make_project(tmp_path / "project", "never_ends")
    run = subprocess.Popen([sys.executable, "-m", "revops", "run"], cwd=root, stderr=subprocess.PIPE)
    family = psutil.Process(run.pid)
    wait_for(lambda: any("sleep" in p.name() for p in family.children(recursive=True)), seconds=60)
    members = family.children(recursive=True)
    run.send_signal(how)
    run.communicate(timeout=60)
    wait_for(lambda: not any(map(alive, members)))
    assert run.returncode == (1 if how == signal.SIGTERM else -9)
    assert not (root / "outputs" / "latest").exists()
    if how == signal.SIGTERM:
        assert list((root / "outputs" / "runs").iterdir()) == []


def alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_notebooks_do_not_see_how_to_log_in_to_the_mail_server(tmp_path, make_project):
    root = make_project(tmp_path / "project", "is_good")
    notebook, seen = root / "notebooks" / "is_good.ipynb", tmp_path / "seen"
    looks = f"import os, pathlib; pathlib.Path('{seen}').write_text(' '.join(os.environ))"
    said = "from IPython.display import display"
    assert said in notebook.read_text()
    notebook.write_text(notebook.read_text().replace(said, f"{looks}; {said}"))
    asked = [sys.executable, "-m", "revops", "run", "is_good", "--outputs", str(tmp_path / "outputs")]
    secrets = {"REVOPS_SMTP_USER": "mailer", "REVOPS_SMTP_PASSWORD": "secret", "REVOPS_OTHER": "1"}
    assert subprocess.run(asked, cwd=root, env=os.environ | secrets, capture_output=True).returncode == 0
    names = seen.read_text().split()
    assert "REVOPS_OTHER" in names and not [name for name in names if "SMTP" in name]

"""Kernels that are copies of a process which has loaded everything: as safe as new ones, and as apart."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from test_delivery_run import FAULTS, alive, wait_for

from revops import __main__ as command
from revops.delivery.jobs import supervise, surroundings
from revops.delivery.jobs.forked import copy_for_kernel
from revops.delivery.jobs.supervise import prepare_workers
from revops.errors import SettingsError

HERE = Path(__file__).parent
LOOKING = ("looks", "looks_too")
GIVEN = {"REVOPS_SMTP_USER": "mailer", "REVOPS_SMTP_PASSWORD": "secret", "REVOPS_OTHER": "1", "MPLBACKEND": "agg"}
GIVEN["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
LOOKS = """\
import builtins, json, locale, multiprocessing, os, random, secrets, signal, sys, threading, time, uuid, warnings
is_loaded = "revops.report" in sys.modules
import matplotlib, numpy, pandas
found = {
    "chance": [numpy.random.rand(), random.random(), numpy.random.default_rng().random()],
    "names": [str(uuid.uuid4()), secrets.token_hex()],
    "seeded": [numpy.random.RandomState(7).rand(), random.Random(7).random(), numpy.random.default_rng(7).random()],
    "left_by_others": [hasattr(builtins, "left"), pandas.get_option("display.max_rows")],
    "is_loaded": is_loaded,
    "is_daemon": multiprocessing.current_process().daemon,
    "environment": {name: os.environ[name] for name in sorted(os.environ) if name != "JPY_PARENT_PID"},
    "parent": os.environ["JPY_PARENT_PID"] == str(os.getppid()),
    "surroundings": [sys.path, os.getcwd(), sys.argv[1], hash("a"), matplotlib.get_backend()],
    "warnings": [str(rule) for rule in warnings.filters],
    "locale": [locale.setlocale(locale.LC_ALL), time.tzname, os.umask(0o22)],
    "leads_its_session": os.getsid(0) == os.getpid(),
    "style": {name: str(value) for name, value in matplotlib.rcParams.items()},
    "signals": [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
    "names_of_threads": sorted(thread.name for thread in threading.enumerate()),
}
builtins.left = True
pandas.set_option("display.max_rows", 7)
print(json.dumps(found))"""
DRAWS = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])"
COUNTS = "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(1) as pool: print(pool.map(abs, [-3]))"
SAYS = "import os\n_ = os.write(2, b'words for the log\\n')"


def add_notebook(root, name, *cells):
    """Add a report that shows a good Answer and then runs some cells."""
    (root / "params" / f"{name}.yml").write_text("", encoding="utf-8")
    text = (HERE / "notebooks" / "is_good.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(text.replace("is_good", name).replace("is-good", name))
    for number, code in enumerate(cells):
        cell = {"cell_type": "code", "id": f"added-{number}", "metadata": {}, "source": code}
        notebook["cells"].append(cell | {"execution_count": None, "outputs": []})
    (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def outputs_of(folder, name):
    """Return the outputs of the cells that were added to a report."""
    cells = json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [cell["outputs"] for cell in cells if cell["id"].startswith("added-")]


def found_by(folder, name):
    return json.loads("".join(outputs_of(folder, name)[0][0]["text"]))


@dataclass(frozen=True)
class Told:
    """What came of a run: its folder, its entries by report, and what it said."""

    folder: Path
    entries: dict[str, dict[str, Any]]
    said: str


@pytest.fixture(scope="module")
def run(tmp_path_factory, make_project):
    """Return a project, its runs by copies, of what looks around and of every fault, and what they left behind."""
    root = make_project(tmp_path_factory.mktemp("copies") / "project", "is_good", *FAULTS)
    for name in LOOKING:
        add_notebook(root, name, LOOKS, DRAWS, COUNTS, SAYS)
    (root / "notebooks" / "matplotlibrc").write_text("lines.linewidth: 3.25\n", encoding="utf-8")
    (root / "matplotlibrc").write_text("lines.linewidth: 9\n", encoding="utf-8")
    asked = [sys.executable, "-m", "copying", str(root / "params"), *LOOKING]
    done = subprocess.run(asked, cwd=root, env=os.environ | GIVEN, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    looked, failed = (
        Told(Path(one["folder"]), {entry["report"]: entry for entry in one["entries"]}, one["said"])
        for one in told["runs"]
    )
    return root, looked, failed, told["left"]


@pytest.mark.parametrize("stem", FAULTS)
def test_fault_in_a_copy_is_the_same_failure(run, stem):
    folder, entries, said = run[2].folder, run[2].entries, run[2].said
    assert entries["is_good"]["outcome"] == "made"
    assert entries[stem]["outcome"] == "failed"
    assert entries[stem]["failure"]["reason"].endswith(FAULTS[stem])
    assert sorted(file.name for file in folder.glob(f"{stem}*")) == [f"{stem}.failed.html", f"{stem}.failed.ipynb"]
    assert re.search(rf"^{stem}: FAILED \(.*\): .*{re.escape(FAULTS[stem])}$", said, re.MULTILINE)


def test_copy_has_loaded_everything_and_shows_figures(run):
    folder, entries = run[1].folder, run[1].entries
    for name in LOOKING:
        assert entries[name]["failure"] is None
        assert found_by(folder, name)["is_loaded"]
        _, drawn, counted, _ = outputs_of(folder, name)
        assert ["image/png" in output["data"] for output in drawn] == [True]
        assert "".join(counted[0]["text"]) == "[3]\n", "a daemon could have no processes of its own"


def test_copies_differ_in_chance_and_know_nothing_of_each_other(run):
    one, other = (found_by(run[1].folder, name) for name in LOOKING)
    assert not {*one["chance"], *one["names"]} & {*other["chance"], *other["names"]}
    assert one["seeded"] == other["seeded"]
    assert one["left_by_others"] == other["left_by_others"] == [False, 60]


def test_copy_finds_what_a_new_kernel_finds(run):
    root, folder = run[0], run[1].folder
    asked = [sys.executable, "-m", "revops", "run", "looks", "--as-of", "2026-06-17", "--outputs", "ordinary"]
    done = subprocess.run(asked, cwd=root, env=os.environ | GIVEN, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ordinary = root / "ordinary" / "latest"
    copied, new = found_by(folder, "looks"), found_by(ordinary, "looks")
    assert copied.pop("is_loaded") and not new.pop("is_loaded")
    for found in (copied, new):
        environment = found["environment"]
        assert environment["REVOPS_OTHER"] == "1" and not re.search("SMTP|LOADED|JE_ARROW", str(environment))
        for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "PYTEST_CURRENT_TEST", "COLUMNS", "LINES"):
            environment.pop(name, None)
        del found["chance"], found["names"]
    more = [rule for rule in copied.pop("warnings") if rule not in new["warnings"]]
    del new["warnings"]
    assert [rule for rule in more if not re.search(r"bleach|urllib3|requests", rule)] == [], "rules on others' warnings"
    assert copied == new
    assert copied["style"]["lines.linewidth"] == "3.25"


def test_run_by_copies_leaves_nothing_behind(run):
    root, looked, _, left = run
    assert left == {"threads": 1, "secrets": [], "copies": [], "is_environment_kept": True}
    home = str(root / "notebooks")
    assert [p.info["name"] for p in psutil.process_iter(["name", "cwd"]) if p.info["cwd"] == home and alive(p)] == []
    assert (looked.folder / "run.log").read_text(encoding="utf-8").count("words for the log\n") == 2


def test_run_by_copies_that_is_killed_takes_them_with_it(tmp_path, make_project):
    root = make_project(tmp_path / "project", "never_ends")
    asked = [sys.executable, "-m", "revops", "run", "--engine", "fork"]
    run = subprocess.Popen(asked, cwd=root, stderr=subprocess.PIPE)
    family = psutil.Process(run.pid)
    wait_for(lambda: any("sleep" in p.name() for p in family.children(recursive=True)), seconds=60)
    members = family.children(recursive=True)
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=20)
    wait_for(lambda: not any(map(alive, members)))


WAITS = """\
import signal
from revops.delivery.jobs.forked import KernelCopy
unused, killed = KernelCopy(), KernelCopy()
assert unused.poll() is killed.poll() is None
unused._orders.close()
killed.send_signal(signal.SIGKILL)
print(unused.wait(), killed.wait(), killed.poll())
killed.terminate(), killed.kill()
"""


def test_copy_that_nobody_needs_ends_with_the_job():
    done = subprocess.run([sys.executable, "-c", WAITS], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr, done.returncode) == ("0 -9 -9\n", "", 0)


def test_new_kernel_serves_where_nothing_was_loaded(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "revops.delivery.jobs.loaded", raising=False)
    assert copy_for_kernel() is None
    said = "An ordinary kernel: what it would be a copy of was not loaded, or had started threads.\n"
    assert capsys.readouterr().out == said


REFUSED = (
    "engine: must be ordinary on this system ({}), which cannot copy kernels; found fork. "
    "Leave out --engine, or write engine: ordinary in params/run.yml."
)


def test_system_without_forkserver_refuses_the_engine(monkeypatch, tmp_path, make_project, capsys):
    root = make_project(tmp_path / "project", "is_good")
    monkeypatch.setattr(surroundings.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert command.main(["run", "--engine", "fork", "--params", str(root / "params")]) == 2
    assert capsys.readouterr().err == REFUSED.format(sys.platform) + "\n"
    assert not (root / "outputs").exists()


def test_system_that_cannot_go_on_after_a_fork_refuses_the_engine(monkeypatch):
    monkeypatch.setattr(surroundings.sys, "platform", "darwin")
    with pytest.raises(SettingsError, match=f"^{re.escape(REFUSED.format('darwin'))}$"):
        prepare_workers("fork", ["is_good"])


def test_ordinary_engine_needs_no_forkserver(monkeypatch):
    monkeypatch.setattr(surroundings.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    monkeypatch.setattr(supervise, "_METHOD", "spawn")
    assert prepare_workers() == ()

"""Nothing changed, no run: every single thing that a report is made from brings a new one, and nothing else does."""

import datetime as dt
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from revops import __main__ as command
from revops import params
from revops.book import Book
from revops.company import load_company
from revops.delivery import run
from revops.delivery.jobs.job import Failure, Result
from revops.delivery.plan import Request, asked_of
from revops.delivery.standing import fingerprint
from revops.delivery.standing.fingerprint import inputs_of, key_of
from revops.delivery.standing.unchanged import standing_run

SAID = "All is well.\n  outputs/latest/is_good.html\nAll reports: outputs/latest/index.html\n"
NOTHING = (
    "Nothing is new since run 2026-06-17-1, as of 2026-06-17: same exports, settings and code. "
    "No report was run; --again makes them anew.\n"
)


def result_of(stem):
    """Return what a job that went well leaves."""
    answer = {"as_of": "2026-06-17", "period": "FY27-Q2", "status": "act", "sentence": "All is well."}
    return Result(answer=answer, files=(f"{stem}.html",))


@pytest.fixture
def ends(monkeypatch):
    """Let jobs end at once, without a process; return how they end by stem (well, where nothing is said)."""
    known = {}

    def end(jobs, *_):
        for job in jobs:
            result = known.get(job.stem, result_of(job.stem))
            if result.failure is None:
                job.folder.mkdir(parents=True, exist_ok=True)
                (job.folder / f"{job.stem}.html").write_text("<main></main>")
            yield job, result

    monkeypatch.setattr(run, "prepare_workers", lambda *_: None)
    monkeypatch.setattr(run, "run_jobs", end)
    return known


@pytest.fixture
def project(tmp_path, make_project, monkeypatch, ends):
    """Return a project that has been run once, with exports, published figures and systems of its own."""
    root = make_project(tmp_path / "project", "is_good")
    for file in ("data/sample/crm/deals.csv", "data/benchmarks/ours.csv", "params/systems/own.yml",
                 "notebooks/helpers.py", "notebooks/more/helpers.py"):  # fmt: skip
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("x: 1\n")
    monkeypatch.chdir(root)
    assert command.main(["run"]) == 0
    return root


def runs(project):
    return sorted(folder.name for folder in (project / "outputs" / "runs").iterdir() if not folder.is_symlink())


def runs_again(*arguments):
    """Return whether a call of run makes a run."""
    before = set(os.listdir("outputs/runs"))
    assert command.main(["run", *arguments]) == 0
    return set(os.listdir("outputs/runs")) != before


def test_nothing_changed_makes_nothing_and_says_so(project, capsys, monkeypatch):
    capsys.readouterr()
    monkeypatch.setattr(run, "run_jobs", None)
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    assert command.main(["run"]) == 0
    assert capsys.readouterr() == (NOTHING + SAID, "")
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_json_of_an_unchanged_run_is_its_manifest(project, capsys):
    capsys.readouterr()
    assert command.main(["run", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == json.loads((project / "outputs/latest/manifest.json").read_text())
    assert err == NOTHING


def append(name):
    def change(root):
        with (root / name).open("a") as file:
            file.write("# one line more\n")

    return change


def rename(root):
    (root / "data/sample/crm/deals.csv").rename(root / "data/sample/crm/other.csv")


def add(name):
    return lambda root: (root / name).write_text("{}\n")


def remove(name):
    return lambda root: (root / name).unlink()


CHANGES = {
    "an export": append("data/sample/crm/deals.csv"),
    "the name of an export": rename,
    "one export more": add("data/sample/new.csv"),
    "a link to a folder in the exports": lambda root: (root / "data/sample/more").symlink_to(root / "params"),
    "one export less": remove("data/sample/crm/deals.csv"),
    "the definitions": append("params/company.yml"),
    "a system": append("params/systems/own.yml"),
    "one system more": add("params/systems/more.yml"),
    "the report's settings": append("params/is_good.yml"),
    "the review's settings": add("params/review.yml"),
    "a published figure": append("data/benchmarks/ours.csv"),
    "a module beside the notebooks": append("notebooks/helpers.py"),
    "a module below them": append("notebooks/more/helpers.py"),
    "how Matplotlib draws": add("notebooks/matplotlibrc"),
    "settings of another report, where the notebook may read any": add("params/other.yml"),
    "the notebook": lambda root: (root / "notebooks/is_good.ipynb").write_text(
        (root / "notebooks/is_good.ipynb").read_text() + "\n"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_thing_that_changes_brings_a_run(project, change):
    assert not runs_again()
    change(project)
    assert runs_again()
    assert not runs_again()


@pytest.mark.parametrize("name", ["__main__.py", "report/report.css", "delivery/templates/index.html.j2"])
def test_code_that_changes_brings_a_run(project, tmp_path, monkeypatch, name):
    package = tmp_path / "package"
    (package / name).parent.mkdir(parents=True)
    (package / name).write_text("old")
    monkeypatch.setattr(fingerprint.revops, "__file__", str(package / "__init__.py"))
    assert runs_again() and not runs_again()
    (package / name).write_text("new")
    assert runs_again() and not runs_again()


def test_package_that_changes_brings_a_run(project, tmp_path, monkeypatch):
    place = tmp_path / "site"
    (place / "made_up-1.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(place)])
    assert runs_again() and not runs_again()
    (place / "made_up-1.0.dist-info").rename(place / "made_up-1.1.dist-info")
    assert runs_again() and not runs_again()


@pytest.mark.parametrize("what", ["version", "machine"])
def test_python_or_machine_that_changes_brings_a_run(project, monkeypatch, what):
    if what == "version":
        monkeypatch.setattr(fingerprint.sys, "version", sys.version.replace("3.", "4.", 1))
    else:
        monkeypatch.setattr(fingerprint.platform, "machine", lambda: "riscv")
    assert runs_again() and not runs_again()


@pytest.mark.parametrize(
    "arguments",
    [["-p", "period=next"], ["--as-of", "2026-06-17"], ["--slice", "region=EMEA"], ["--as-of", "auto"]],
)
def test_report_made_at_another_wish_is_not_taken_for_this_one(project, arguments):
    assert runs_again(*arguments)
    assert not runs_again(*arguments)
    assert runs_again()


def test_other_slices_are_other_reports(project):
    assert runs_again("--slice", "region=EMEA,AMER")
    assert not runs_again("--slice", "region=AMER")
    assert runs_again("--slice", "region=APAC")


def test_report_that_stands_in_from_an_older_run_is_made_anew(project, make_project):
    (project / "notebooks/other.ipynb").write_text((project / "notebooks/is_good.ipynb").read_text())
    (project / "params/other.yml").write_text("")
    assert runs_again() and not runs_again("other")
    assert runs_again("--again", "other")
    assert runs_again() and not runs_again()


def test_touched_files_bring_no_run(project):
    for file in project.rglob("*"):
        if file.is_file() and "outputs" not in file.parts:
            os.utime(file, (0, 0))
    assert not runs_again()


def test_again_makes_it_anew(project):
    assert runs_again("--again")
    assert runs(project) == ["2026-06-17-1", "2026-06-17-2"]


def test_failed_report_is_tried_again(project, ends):
    ends["is_good"] = Result(failure=Failure("It failed.", "Mend it."))
    assert command.main(["run", "--again"]) == 1
    assert command.main(["run"]) == 1
    del ends["is_good"]
    assert runs_again() and not runs_again()


def test_report_that_nothing_feeds_stands_unless_asked_for_by_name(project, ends):
    ends["is_good"] = Result(failure=Failure("It needs calls.", "Add them.", is_refusal=True))
    assert runs_again("--again") and not runs_again()
    ends["is_good"] = Result(failure=Failure("It needs calls.", "Add them."))
    assert command.main(["run", "is_good"]) == 1


@pytest.mark.parametrize("lost", ["outputs/latest/is_good.html", "outputs/latest"])
def test_report_whose_files_are_gone_is_made_anew(project, lost):
    (project / lost).unlink()
    assert runs_again()


@pytest.mark.parametrize("name", ["is_good.html", "index.html", "revops.html", "review.json"])
@pytest.mark.parametrize("emptied", [True, False], ids=["emptied", "as long as before"])
def test_report_or_review_whose_files_are_damaged_is_made_anew(project, name, emptied):
    file = project / "outputs/latest" / name
    whole = file.read_bytes()
    file.write_bytes(b"" if emptied else whole[:-2] + b"?\n")
    assert runs_again() and not runs_again()
    if name == "is_good.html":
        assert (project / "outputs/latest" / name).read_bytes() == whole


def test_evidence_that_is_damaged_is_made_anew(project, ends):
    ends["is_good"] = Result(failure=Failure("It needs calls.", "Add them.", is_refusal=True))
    assert runs_again("--again") and not runs_again()
    (project / "outputs/latest/is_good.failed.html").write_text("")
    assert runs_again() and not runs_again()


def test_run_of_an_older_version_without_fingerprints_is_not_trusted(project):
    file = project / "outputs/latest/manifest.json"
    manifest = json.loads(file.read_text())
    del manifest["stands_until"]
    for entry in manifest["reports"]:
        del entry["inputs"]
    file.write_text(json.dumps(manifest))
    assert runs_again()


def test_run_of_an_older_version_without_hashes_of_its_files_is_not_trusted(project):
    file = project / "outputs/latest/manifest.json"
    manifest = json.loads(file.read_text())
    for entry in (*manifest["reports"], manifest["review"]):
        del entry["held"]
    file.write_text(json.dumps(manifest))
    assert runs_again() and not runs_again()


def test_keep_holds_where_nothing_is_new(project):
    assert runs_again("--again") and runs_again("--again")
    assert command.main(["run", "--keep", "1"]) == 0
    assert runs(project) == ["2026-06-17-3"]


def test_notebooks_and_hidden_files_beside_a_notebook_are_nothing_to_it(project):
    for name in (".helpers.py.swp", ".ipynb_checkpoints/is_good-checkpoint.py", "__pycache__/helpers.pyc"):
        (project / "notebooks" / name).parent.mkdir(exist_ok=True)
        add(f"notebooks/{name}")(project)
    assert not runs_again()
    (project / "notebooks/other.ipynb").write_text((project / "notebooks/is_good.ipynb").read_text())
    assert not runs_again("is_good")


@pytest.mark.parametrize("said", ["argument", "file", "cell"])
def test_today_is_another_day_tomorrow(project, said):
    given = {"as_of": "today"} if said == "argument" else {}
    if said == "file":
        (project / "params/is_good.yml").write_text("as_of: today\n")
    if said == "cell":
        notebook = project / "notebooks/is_good.ipynb"
        text = notebook.read_text()
        notebook.write_text(text.replace("as_of = None", "as_of = 'today'"))
        assert notebook.read_text() != text
    asked = asked_of(Request(given=given))
    days = [inputs_of(asked, dt.date(2026, 6, day))[key_of("is_good", {})]["day"] for day in (17, 17, 18)]
    assert days == ["2026-06-17", "2026-06-17", "2026-06-18"]
    given = Request(given={"as_of": "auto"})
    assert (inputs_of(asked_of(given))[key_of("is_good", {})]["day"] is None) is (said != "cell")


def at(text):
    return dt.datetime.fromisoformat(text)


def test_stamps_that_were_to_come_end_what_stands_when_they_come(project):
    file = project / "outputs/latest/manifest.json"
    manifest = json.loads(file.read_text()) | {"made": "2026-06-17T10:00:00Z", "stands_until": "2026-06-20T08:00:00"}
    file.write_text(json.dumps(manifest))
    stands = [
        standing_run(Request(), at(now)) is not None
        for now in ("2026-06-17T09:59:59Z", "2026-06-17T10:00:00Z", "2026-06-20T07:59:59Z", "2026-06-20T08:00:00Z")
    ]
    assert stands == [False, True, True, False]


def test_run_notes_the_first_stamp_to_come(project, monkeypatch):
    stamps = pd.Series(pd.to_datetime(["2026-06-01", "2999-02-01", "2999-01-01T08:00:00.5"], format="ISO8601"))
    book = Book(load_company(project / "params"), {}, None)
    monkeypatch.setitem(book.__dict__, "stamps", stamps)
    assert book.first_stamp_after(dt.datetime(2999, 1, 31)) == dt.datetime(2999, 2, 1)
    assert book.first_stamp_after(dt.datetime(2999, 2, 1)) is None
    kind = type("Knobs", (params.Knobs,), {})
    monkeypatch.setattr("revops.delivery.plan.measures_of", lambda _: SimpleNamespace(Knobs=kind))
    monkeypatch.setattr("revops.book.open_book", lambda _: book)
    assert runs_again("--again")
    manifest = json.loads((project / "outputs/latest/manifest.json").read_text())
    assert manifest["stands_until"] == "2999-01-01T08:00:00.500000"
    assert not runs_again()


def test_change_while_a_run_is_under_way_is_seen_by_the_next(project, monkeypatch):
    end = run.run_jobs

    def change_then_end(jobs, *rest):
        append("data/sample/crm/deals.csv")(project)
        return end(jobs, *rest)

    monkeypatch.setattr(run, "run_jobs", change_then_end)
    assert runs_again("--again")
    monkeypatch.setattr(run, "run_jobs", end)
    assert runs_again() and not runs_again()


def test_answer_comes_before_pandas_and_papermill_are_loaded(project):
    script = "import sys; from revops.__main__ import main; main(['run'])\n"
    script += "print({'papermill', 'pandas', 'numpy', 'matplotlib', 'pyarrow', 'nbformat'} & {*sys.modules})"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout
    assert said.endswith("set()\n") and "Nothing is new" in said

"""Every report of the project on the sample company: made, fit to send, and the same whatever runs it."""

import io
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from html import escape
from itertools import pairwise
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from PIL import Image

from revops.delivery.jobs.execute import ANSWER_MIME, _write
from revops.delivery.jobs.job import Job
from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.review import build, read, review_settings
from revops.delivery.review.followed import _OF_GROUPS
from revops.delivery.run import run_reports

ROOT = Path(__file__).parents[2]
STEMS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
LARGEST_PAGE = 250_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the folder of a run, and its entries by report."""
    request = Request(params=str(ROOT / "params"), outputs=str(tmp_path_factory.mktemp("sample")))
    folder, manifest = run_reports(request, Progress(io.StringIO()))
    return folder, {entry["report"]: entry for entry in manifest["reports"]}


@pytest.mark.parametrize("stem", STEMS)
def test_report_is_made(made, stem):
    assert (made[1][stem]["failure"], made[1][stem]["outcome"]) == (None, "made")


@pytest.mark.parametrize("stem", STEMS)
def test_page_says_the_answer_and_is_small_and_whole(made, stem):
    page = (made[0] / f"{stem}.html").read_text(encoding="utf-8")
    assert f"<h1>{escape(made[1][stem]['sentence'])}</h1>" in page
    assert len(page.encode()) <= LARGEST_PAGE
    levels = [1, *map(int, re.findall(r"<h([1-6])[\s>]", page))]
    assert levels.count(1) == 2 and all(below <= above + 1 for above, below in pairwise(levels))
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert not re.search(r"<(script|iframe|link|object)[\s>]|@import|url\((?!#)", page)
    assert re.findall(r'<[^>]* (?:src|srcset|href|xlink:href|action|poster)="(?!#|data:)[^"]*"', page) == []


def by_papermill(stem, folder):
    """Return the notebook as plain papermill runs it from the project's folder."""
    out = folder / "out.ipynb"
    command = [sys.executable, "-m", "papermill", f"notebooks/{stem}.ipynb", str(out), "--no-progress-bar"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return nbformat.read(out, 4)


def by_jupyterlab(stem, _):
    """Return the notebook as Run All in JupyterLab runs it, in its own folder."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", 4)
    return NotebookClient(notebook, resources={"metadata": {"path": str(ROOT / "notebooks")}}).execute()


@pytest.mark.parametrize("stem", STEMS)
def test_whatever_runs_it_gives_the_same_bytes_but_for_one_line(made, stem, tmp_path):
    """Half of the reports by papermill, half by JupyterLab: both run the notebook as it stands, with hashes of Python
    that differ from run to run, and what it shows is put out once more."""
    notebook = (by_papermill, by_jupyterlab)[STEMS.index(stem) % 2](stem, tmp_path)
    answer = answer_in(notebook)
    assert answer == answer_of(made[0], stem)
    files = _write(notebook, answer, Job(stem, ROOT / "notebooks" / f"{stem}.ipynb", tmp_path, tmp_path, {}), 0.0)
    assert list(files) == made[1][stem]["files"]
    for name in files:
        if name.endswith(".html"):
            assert_alike(made[0] / name, tmp_path / name)
        elif not name.endswith((".ipynb", ".json")):  # papermill's file has the keys of the answer in another order
            assert (made[0] / name).read_bytes() == (tmp_path / name).read_bytes()


def test_copied_kernel_gives_the_same_bytes_but_for_one_line(made, tmp_path):
    stem, asked = "revenue_answer", ["--engine", "fork", "--outputs", str(tmp_path), "--params", str(ROOT / "params")]
    run = subprocess.run([sys.executable, "-m", "revops", "run", stem, *asked], capture_output=True, check=True)
    assert b"made" in run.stderr
    folder = (tmp_path / "latest").resolve()
    assert "ordinary kernel" not in (folder / "run.log").read_text(encoding="utf-8")
    for name in made[1][stem]["files"]:
        if name.endswith(".html"):
            assert_alike(made[0] / name, folder / name)
        elif not name.endswith(".ipynb"):
            assert (made[0] / name).read_bytes() == (folder / name).read_bytes()


def assert_alike(page, other):
    """Two pages are the same but for the line that says when they were made."""
    pages = (file.read_text(encoding="utf-8").splitlines() for file in (page, other))
    differing = [line for line, its_twin in zip(*pages, strict=True) if line != its_twin]
    assert len(differing) <= 1 and all(line.startswith('<p class="run">') for line in differing)


def test_same_number_is_the_same_in_every_report(made):
    """Of the same id, groups, period, day and part of the company, to 12 digits."""
    told = {}
    for stem in STEMS:
        found = answer_of(made[0], stem)
        for row in found["measures"]:
            by = json.dumps([row["by"], found["period"], found["as_of"], found["slice"]], sort_keys=True)
            told.setdefault((row["id"], by), {})[stem] = row["value"] and f"{row['value']:.12g}"
    shared = {name: values for name, values in told.items() if len(values) > 1}
    assert {"landing_amount", "sales_cycle_days"} <= {id for id, _ in shared}
    assert {name: values for name, values in shared.items() if len(set(values.values())) > 1} == {}
    assert read(made[0]).conflicts == ()


@pytest.mark.parametrize("stem", STEMS)
def test_a_rule_is_told_once_or_of_each_group(made, stem):
    rules = Counter(action["rule"] for action in answer_of(made[0], stem)["actions"])
    assert {rule for rule, times in rules.items() if times > 1} <= _OF_GROUPS


def test_review_tells_the_state_of_the_quarter_and_is_the_same_again(made, tmp_path):
    twin = shutil.copytree(made[0], tmp_path / "twin")
    manifest = json.loads((twin / "manifest.json").read_text(encoding="utf-8")) | {"run": "2099-01-01-1"}
    first, again = read(made[0]), build(twin, manifest, [made[0]], review_settings(str(ROOT / "params"), "USD"))
    coverage = answer_of(made[0], "pipeline_coverage")
    assert (first.status, first.period, first.failed_first) == (coverage["status"], coverage["period"], "")
    assert [line.report for line in first.lines if line.outcome == "made"] == [line.report for line in first.lines]
    assert 3 <= len(first.tasks) <= 7 and {task.text for task in first.tasks} <= {
        action["text"] for stem in STEMS for action in answer_of(made[0], stem)["actions"]
    }
    assert again.content == first.content and again.changes == ()


@pytest.fixture(scope="module")
def people():
    """Return every name of an owner: of the users, and of the sheets of calls and quotas, without groups of them."""
    sheets = {"salesforce/User": "Name", "targets/weekly_calls": "Rep", "targets/quota_long": "owner_name"}
    names = {name for file, column in sheets.items() for name in cells(file, column)}
    return sorted(names - cells("salesforce/UserRole", "Name") - cells("salesforce/User", "Region__c") - {"Company"})


@pytest.mark.parametrize("stem", STEMS)
def test_no_file_of_a_report_names_an_owner(made, people, stem):
    """The knob show_owners is false in the sample; letters may be written as HTML or JSON writes them. A picture shows
    a drawing of the page, whose words are read there, and holds no words of its own."""
    assert len(people) > 20 and {"Marcus Bell", "Jörg Müller"} <= set(people)
    files = made[1][stem]["files"]
    assert {Path(name).suffix for name in files} - {".png"} == {".html", ".json", ".csv", ".ipynb"}
    for name in files:
        is_picture = name.endswith(".png")
        found = words_of(made[0], stem, name) if is_picture else (made[0] / name).read_text(encoding="utf-8")
        written = {way for person in people for way in (person, escape(person), json.dumps(person)[1:-1])}
        assert {way for way in written if way in found} == set()


def test_what_is_said_of_an_owner_names_the_number(made):
    page = (made[0] / "forecast_accuracy.html").read_text(encoding="utf-8")
    assert re.search(r"weekly calls for FY\d\d-Q\d (is|are) missing \(e\.g\. Owner \d+ 20\d\d-\d\d-\d\d", page)


def words_of(folder, stem, name):
    """Return all that a picture says: the words of its drawing on the page, its alt text, claim and caption, the data
    behind it, and what the file itself says of it."""
    picture, chart = Image.open(folder / name), Path(name).stem
    assert picture.format == "PNG" and set(picture.info) <= {"dpi"}
    (figure,) = [row for row in answer_of(folder, stem)["figures"] if row["name"] == chart]
    page = (folder / f"{stem}.html").read_text(encoding="utf-8")
    shown = re.search(rf'<figure [^>]*id="figure-{chart}">.*?</figure>', page, re.DOTALL)[0]
    drawn = [re.sub(r"<[^>]+>", "", text) for text in re.findall(r"<text\b.*?</text>", shown, re.DOTALL)]
    assert len(drawn) > 3 and escape(figure["alt"]) in shown
    return " ".join([*drawn, *figure.values(), shown])


def cells(file, column):
    return set(pd.read_csv(ROOT / "data" / "sample" / f"{file}.csv", dtype=str)[column].dropna())


def answer_of(folder, stem):
    return json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))


def answer_in(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    (answer,) = (output.data[ANSWER_MIME] for output in outputs if ANSWER_MIME in output.get("data", {}))
    return answer

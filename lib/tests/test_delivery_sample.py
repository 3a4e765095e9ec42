"""Every report of the project on the sample company: made, fit to send, and the same whatever runs it."""

import io
import json
import re
import subprocess
import sys
from html import escape
from itertools import pairwise
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from revops.delivery.execute import ANSWER_MIME
from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.run import run_reports

ROOT = Path(__file__).parents[2]
STEMS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
LARGEST_PAGE = 250_000

pytestmark = pytest.mark.xdist_group("sample")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the folders of two runs on the same inputs, and the entries of the first by report."""
    request = Request(params=str(ROOT / "params"), outputs=str(tmp_path_factory.mktemp("sample")))
    (first, manifest), (again, _) = (run_reports(request, Progress(io.StringIO())) for _ in range(2))
    return first, again, {entry["report"]: entry for entry in manifest["reports"]}


@pytest.mark.parametrize("stem", STEMS)
def test_report_is_made(runs, stem):
    assert (runs[2][stem]["failure"], runs[2][stem]["outcome"]) == (None, "made")


@pytest.mark.parametrize("stem", STEMS)
def test_page_says_the_answer_and_is_small_and_whole(runs, stem):
    page = (runs[0] / f"{stem}.html").read_text(encoding="utf-8")
    assert f"<h1>{escape(runs[2][stem]['sentence'])}</h1>" in page
    assert len(page.encode()) <= LARGEST_PAGE
    levels = [1, *map(int, re.findall(r"<h([1-6])[\s>]", page))]
    assert levels.count(1) == 2 and all(below <= above + 1 for above, below in pairwise(levels))
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert not re.search(r"<(script|iframe|link|object)[\s>]|@import|url\((?!#)", page)
    assert re.findall(r'<[^>]* (?:src|srcset|href|xlink:href|action|poster)="(?!#|data:)[^"]*"', page) == []


@pytest.mark.parametrize("stem", STEMS)
def test_second_run_gives_the_same_bytes_but_for_one_line(runs, stem):
    first, again, entries = runs
    for name in entries[stem]["files"]:
        if name.endswith(".html"):
            one, other = ((folder / name).read_text(encoding="utf-8").splitlines() for folder in (first, again))
            differing = [line for line, its_twin in zip(one, other, strict=True) if line != its_twin]
            assert len(differing) <= 1 and all(line.startswith('<p class="run">') for line in differing)
        elif not name.endswith(".ipynb"):
            assert (first / name).read_bytes() == (again / name).read_bytes()


@pytest.mark.parametrize("stem", STEMS)
def test_plain_papermill_gives_the_same_answer(runs, stem, tmp_path):
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", f"notebooks/{stem}.ipynb", str(out), "--no-progress-bar"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert answer_in(nbformat.read(out, 4)) == answer_of(runs[0], stem)


@pytest.mark.parametrize("stem", STEMS)
def test_run_all_in_jupyterlab_gives_the_same_answer(runs, stem):
    notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", 4)
    NotebookClient(notebook, resources={"metadata": {"path": str(ROOT / "notebooks")}}).execute()
    assert answer_in(notebook) == answer_of(runs[0], stem)


@pytest.fixture(scope="module")
def people():
    """Return every name of an owner: of the users, and of the sheets of calls and quotas, without groups of them."""
    sheets = {"salesforce/User": "Name", "targets/weekly_calls": "Rep", "targets/quota_long": "owner_name"}
    names = {name for file, column in sheets.items() for name in cells(file, column)}
    return sorted(names - cells("salesforce/UserRole", "Name") - cells("salesforce/User", "Region__c") - {"Company"})


@pytest.mark.parametrize("stem", STEMS)
def test_no_file_of_a_report_names_an_owner(runs, people, stem):
    """The knob show_owners is false in the sample; letters may be written as HTML or JSON writes them."""
    assert len(people) > 20 and {"Marcus Bell", "Jörg Müller"} <= set(people)
    files = runs[2][stem]["files"]
    assert {Path(name).suffix for name in files} == {".html", ".json", ".csv", ".ipynb"}
    for name in files:
        found = (runs[0] / name).read_text(encoding="utf-8")
        written = {way for person in people for way in (person, escape(person), json.dumps(person)[1:-1])}
        assert {way for way in written if way in found} == set()


def test_what_is_said_of_an_owner_names_the_number(runs):
    page = (runs[0] / "forecast_accuracy.html").read_text(encoding="utf-8")
    assert re.search(r"weekly calls for FY\d\d-Q\d (is|are) missing \(e\.g\. Owner \d+ 20\d\d-\d\d-\d\d", page)


def cells(file, column):
    return set(pd.read_csv(ROOT / "data" / "sample" / f"{file}.csv", dtype=str)[column].dropna())


def answer_of(folder, stem):
    return json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))


def answer_in(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    (answer,) = (output.data[ANSWER_MIME] for output in outputs if ANSWER_MIME in output.get("data", {}))
    return answer

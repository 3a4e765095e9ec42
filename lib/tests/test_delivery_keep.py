"""--keep N removes old runs, and never one that the page of the newest leads to or is held against."""

import json
import re

import pytest
from reviews import answer

from revops import __main__ as command
from revops.delivery import run
from revops.delivery.jobs.job import Failure, Result

FAILED = "failed"


@pytest.fixture
def project(tmp_path, make_project, monkeypatch):
    """Return a project of one report, whose folder is the working folder."""
    root = make_project(tmp_path / "project", "is_good")
    monkeypatch.chdir(root)
    monkeypatch.setattr(run, "prepare_workers", lambda *_: None)
    return root


@pytest.fixture
def removed(project, capsys, monkeypatch):
    """Return a function that runs the report as of a day of May, well or not, and returns the names of runs removed."""

    def removed(day, *arguments, ends="well"):
        said = answer("is_good", f"2026-05-{day}")

        def end(jobs, *_):
            for job in jobs:
                if ends == FAILED:
                    yield job, Result(failure=Failure("It took too long.", "Wait."))
                    continue
                job.folder.mkdir(parents=True, exist_ok=True)
                (job.folder / "is_good.html").write_text("<main></main>")
                (job.folder / "is_good.json").write_text(json.dumps(said))
                yield job, Result(answer=said, files=("is_good.html", "is_good.json"))

        monkeypatch.setattr(run, "run_jobs", end)
        assert command.main(["run", "--as-of", f"2026-05-{day}", *arguments]) == (1 if ends == FAILED else 0)
        return re.findall(r"^removed run (.*)$", capsys.readouterr().err, flags=re.MULTILINE)

    return removed


def earlier_reviews(project):
    """Return the runs that the newest page leads to, each of which is there."""
    latest = project / "outputs" / "latest"
    links = re.findall(r'href="(\.\./runs/[^"]*)"', (latest / "index.html").read_text())
    assert [link for link in links if not (latest.resolve() / link).is_file()] == []
    return [link.split("/")[2] for link in links]


def test_the_run_that_a_review_is_held_against_stays_where_failed_ones_lie_between(project, removed):
    assert removed("01", "--keep", "2") == []
    assert [removed("15", "--keep", "2", ends=FAILED) for _ in range(3)] == [[], [], ["2026-05-15-1"]]
    assert removed("29", "--keep", "2") == ["2026-05-15-2"]
    assert json.loads((project / "outputs/latest/review.json").read_text())["before"] == "2026-05-01"
    assert earlier_reviews(project) == ["2026-05-01-1"]


def test_it_stays_too_where_nothing_is_new(project, removed):
    removed("01")
    for _ in range(3):
        removed("15", ends=FAILED)
    removed("29")
    assert removed("29", "--keep", "2") == ["2026-05-15-1", "2026-05-15-2"]
    assert earlier_reviews(project) == ["2026-05-01-1"]


def test_it_stays_where_the_newest_run_has_no_review(project, removed, monkeypatch):
    removed("01")
    removed("15", ends=FAILED)
    monkeypatch.setattr("revops.delivery.reviewed.put_out", lambda *_: 1 / 0)
    assert removed("29", "--keep", "1", ends=FAILED) == ["2026-05-15-1"]


@pytest.mark.parametrize(
    ("keep", "shown", "gone"),
    [
        ((), ["2026-05-22-1", "2026-05-15-1", "2026-05-08-1", "2026-05-01-1"], []),
        (("--keep", "9"), ["2026-05-22-1", "2026-05-15-1", "2026-05-08-1", "2026-05-01-1"], []),
        (("--keep", "3"), ["2026-05-22-1", "2026-05-15-1"], ["2026-05-01-1", "2026-05-08-1"]),
        (("--keep", "2"), ["2026-05-22-1"], ["2026-05-01-1", "2026-05-08-1", "2026-05-15-1"]),
        (("--keep", "1"), ["2026-05-22-1"], ["2026-05-01-1", "2026-05-08-1", "2026-05-15-1"]),
    ],
)
def test_a_new_page_leads_to_no_run_that_is_removed_with_it(project, removed, keep, shown, gone):
    for day in ("01", "08", "15", "22"):
        removed(day)
    assert removed("29", *keep) == gone
    assert earlier_reviews(project) == shown

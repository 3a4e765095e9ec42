"""The cache of prepared tables takes over what did not change: in folders that come and go, whatever is killed."""

import os
import shutil
from types import SimpleNamespace

import pytest
from gate import COMPANY, DEAL, QUOTAS, WEEKLY, rows
from killed import in_child, killed_at, steps_of

from revops.book import kept, prepared


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return settings of a project with deals, their history and quotas, and its folder of exports."""
    monkeypatch.delenv("REVOPS_PREPARED", raising=False)
    source = tmp_path / "data"
    source.mkdir()
    for name in ("Opportunity.csv", "OpportunityHistory.csv"):
        shutil.copyfile(WEEKLY / name, source / name)
    shutil.copyfile(QUOTAS, source / "quotas.csv")
    exports = COMPANY.exports.model_copy(update={"folder": "data"})
    company = COMPANY.model_copy(update={"exports": exports})
    return SimpleNamespace(company=company, root=tmp_path, params_dir=tmp_path / "params"), source


def files_in(home):
    """Return what a prepared folder tells: its tables and its audit."""
    return {file.name: file.read_bytes() for file in home.iterdir() if file.suffix in (".parquet", ".json")}


def afresh(settings, source, place):
    """Return the same of a preparation of the same exports where nothing was prepared before."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(source, place / "data")
    there = SimpleNamespace(company=settings.company, root=place, params_dir=settings.params_dir)
    return files_in(prepared.prepared(there))


def changed(source, n=1):
    """Change the quotas, and nothing else."""
    text = QUOTAS.read_text()
    assert "275000" in text
    (source / "quotas.csv").write_text(text.replace("275000", f"31{n}000"))


def test_tables_that_did_not_change_are_the_very_same_files(project, tmp_path):
    settings, source = project
    first = prepared.prepared(settings)
    changed(source)
    second = prepared.prepared(settings)
    same = {file.name for file in first.glob("*.parquet") if file.samefile(second / file.name)}
    assert same == {"opportunities.parquet", "opportunity_history.parquet"}
    assert files_in(second) == afresh(settings, source, tmp_path / "afresh")


def test_what_was_taken_over_outlives_the_folder_it_was_taken_from(project, tmp_path):
    settings, source = project
    for n in range(1, 9):
        changed(source, n)
        home = prepared.prepared(settings)
        for former in home.parent.iterdir():
            if former.is_dir() and former != home:
                shutil.rmtree(former)
        assert len(list((home / "steps").iterdir())) < 60
    (source / "Opportunity.csv").write_text(rows({}, base=DEAL))
    assert files_in(prepared.prepared(settings)) == afresh(settings, source, tmp_path / "afresh")


def test_only_what_the_newest_preparations_used_is_looked_at(project):
    settings, source = project
    homes = []
    for n in range(7):
        changed(source, n + 1)
        homes.append(prepared.prepared(settings))
        os.utime(homes[-1], (1e9 + n,) * 2)
    cache = homes[0].parent
    assert kept.newest(cache) == homes[:1:-1]
    kept.keep_newest(cache)
    assert sorted(home for home in cache.iterdir() if home.is_dir()) == sorted(homes[2:])


def test_nobody_else_may_read_what_is_kept(project):
    settings, _ = project
    home = prepared.prepared(settings)
    assert all(place.stat().st_mode & 0o077 == 0 for place in (home, home / "steps"))


def test_wherever_a_preparation_is_killed_the_next_one_is_right(project, tmp_path):
    settings, source = project
    prepared.prepared(settings)
    changed(source)
    right, cache = afresh(settings, source, tmp_path / "afresh"), tmp_path / "outputs" / ".cache"
    shutil.copytree(cache, tmp_path / "before")
    n = steps_of(cache, lambda: prepared.prepared(settings))
    for number in sorted({0, 1, 2, n // 3, n // 2, n - 4, n - 3, n - 2, n - 1}):
        shutil.rmtree(cache)
        shutil.copytree(tmp_path / "before", cache)
        assert killed_at(number, cache, lambda: prepared.prepared(settings)) != 0
        assert files_in(prepared.prepared(settings)) == right


def test_two_at_once_end_in_one_and_both_are_right(project, tmp_path, monkeypatch):
    settings, source = project
    prepared.prepared(settings)
    changed(source)
    prepare = prepared.prepare

    def meanwhile(*given):
        monkeypatch.setattr(prepared, "prepare", prepare)
        found = prepare(*given)
        assert in_child(lambda: prepared.prepared(settings)) == 0
        return found

    monkeypatch.setattr(prepared, "prepare", meanwhile)
    assert files_in(prepared.prepared(settings)) == afresh(settings, source, tmp_path / "afresh")
    assert len([home for home in (tmp_path / "outputs" / ".cache").iterdir() if home.is_dir()]) == 2


def test_exports_that_change_while_they_are_read_leave_nothing_wrong_behind(project, tmp_path, monkeypatch):
    settings, source = project
    prepared.prepared(settings)
    changed(source)
    deals = source / "Opportunity.csv"
    was = deals.read_bytes()
    surveyed = prepared.KeptSteps.survey

    def survey(steps, blob):
        found = surveyed(steps, blob)
        if blob.name == "Opportunity.csv":
            monkeypatch.setattr(prepared.KeptSteps, "survey", surveyed)
            deals.write_bytes(was.replace(b"Acme Robotics", b"Acme Between"))
        return found

    deals.write_bytes(was.replace(b"Acme Robotics", b"Acme After"))
    monkeypatch.setattr(prepared.KeptSteps, "survey", survey)
    assert files_in(prepared.prepared(settings)) == afresh(settings, source, tmp_path / "afresh")
    deals.write_bytes(was.replace(b"Acme Robotics", b"Acme After"))
    assert files_in(prepared.prepared(settings)) == afresh(settings, source, tmp_path / "again")

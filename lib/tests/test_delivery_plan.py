"""What a call of `run` is turned into, and what is refused before a kernel starts."""

import datetime as dt
import io
from pathlib import Path

import pytest

from revops.delivery.plan import Request, asked_of, make_plan, slice_folder
from revops.delivery.standing.fingerprint import inputs_of
from revops.errors import SettingsError


@pytest.fixture
def project(tmp_path, make_project, monkeypatch):
    root = make_project(tmp_path / "project", "is_good", "never_ends")
    monkeypatch.chdir(root)
    return root


def refusal_of(**asked):
    with pytest.raises(SettingsError) as refusal:
        make_plan(Request(**asked))
    return str(refusal.value)


def test_no_stem_means_every_report(project):
    plan = make_plan(Request())
    assert [notebook.stem for notebook in plan.notebooks] == ["is_good", "never_ends"]
    assert plan.outputs == project / "outputs"


def test_stem_given_twice_or_as_a_path_runs_once(project):
    plan = make_plan(Request(stems=("is_good", "notebooks/is_good.ipynb")))
    assert [notebook.stem for notebook in plan.notebooks] == ["is_good"]


def test_unknown_report_is_refused_with_the_nearest(project):
    assert (
        refusal_of(stems=("is_godo",)) == "is_godo is not a report. Did you mean is_good? Known: is_good, never_ends."
    )


def test_misspelt_parameter_is_refused_with_the_nearest(project):
    assert refusal_of(stems=("is_good",), given={"perod": "next"}) == (
        "notebooks/is_good.ipynb: perod is not a parameter. Did you mean period? "
        "Known: as_of, params_dir, period, slice."
    )


def test_mistyped_value_is_refused(project):
    message = refusal_of(stems=("is_good",), given={"as_of": "yesterday"})
    assert message.startswith("is_good, parameter as_of: ") and "'yesterday'" in message
    (project / "params/is_good.yml").write_text("perod: next\n")
    assert refusal_of(stems=("is_good",), given={"period": 3}) == (
        "params/is_good.yml: perod is not a setting. Did you mean period? Known: as_of, period, slice.\n"
        "is_good, parameter period: input should be a valid string; found 3."
    )


def test_each_refusal_of_a_call_is_told(project):
    message = refusal_of(given={"perod": "next"})
    assert [line.partition(":")[0] for line in message.splitlines()] == [
        "notebooks/is_good.ipynb",
        "notebooks/never_ends.ipynb",
    ]


def test_slice_of_an_unknown_field_is_refused(project):
    assert "slice" in refusal_of(stems=("is_good",), slices={"regoin": ("EMEA",)})


def test_notebook_without_a_parameters_cell_is_refused(tmp_path, make_project, monkeypatch):
    monkeypatch.chdir(make_project(tmp_path / "project", "has_no_parameters"))
    assert refusal_of() == (
        "notebooks/has_no_parameters.ipynb: must have a cell with the tag parameters; found none. "
        "Tag the cell that holds them."
    )


def test_project_without_notebooks_is_refused(tmp_path, make_project, monkeypatch):
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    assert refusal_of() == f"{root}/notebooks: must hold one notebook per report; found none. Add one."


def test_dates_reach_the_notebook_as_iso_text(project):
    plan = make_plan(Request(stems=("is_good",), given={"as_of": dt.date(2026, 6, 17)}))
    assert plan.parameters == ({"as_of": "2026-06-17"},)
    assert plan.settings[0].knobs.as_of == dt.date(2026, 6, 17)


def test_each_value_of_a_slice_is_a_job_in_its_own_folder(project, tmp_path):
    plan = make_plan(Request(stems=("is_good",), slices={"region": ("EMEA", "AMER")}))
    jobs = plan.jobs(tmp_path / "run", tmp_path)
    assert [(job.title, job.folder.name) for job in jobs] == [
        ("is_good region=EMEA", "region=EMEA"),
        ("is_good region=AMER", "region=AMER"),
    ]


def test_value_of_a_slice_given_twice_is_one_job(project, tmp_path):
    plan = make_plan(Request(stems=("is_good",), slices={"region": ("EMEA", "AMER", "EMEA"), "team": ("EMEA",)}))
    jobs = plan.jobs(tmp_path / "run", tmp_path)
    assert [job.title.removeprefix("is_good ") for job in jobs] == ["region=EMEA", "region=AMER", "team=EMEA"]
    assert len({job.scratch for job in jobs}) == 3


def test_files_are_read_once_for_all_slices(project, monkeypatch):
    real, read = io.open, []
    monkeypatch.setattr(io, "open", lambda file, *how, **named: read.append(str(file)) or real(file, *how, **named))

    def read_for(*values):
        read.clear()
        request = Request(slices={"region": values})
        assert len(make_plan(request).settings) == len(inputs_of(asked_of(request))) == 2 * len(values)
        return sorted(file for file in read if file.startswith(str(project)))

    once = read_for("EMEA")
    assert {Path(file).name for file in once} >= {"is_good.ipynb", "never_ends.yml", "company.yml"}
    assert read_for("EMEA", "AMER", "APAC") == once


def test_slice_folder_is_safe_whatever_the_value():
    folder = slice_folder({"segment": "../a b"})
    assert folder.startswith("segment=-a-b-") and "/" not in folder
    assert folder != slice_folder({"segment": "-a-b"})


def test_another_company_has_outputs_of_its_own(project):
    acme = project / "params" / "acme"
    acme.mkdir()
    (acme / "company.yml").write_text((project / "params" / "company.yml").read_text())
    plan = make_plan(Request(stems=("is_good",), params="params/acme"))
    assert plan.outputs == project / "outputs" / "acme"
    assert plan.parameters == ({"params_dir": "params/acme"},)

"""Slices as a person gives them, and as lines and folders name them."""

from pathlib import Path

import pytest

from revops import __main__ as command
from revops.delivery import run
from revops.delivery.jobs.job import Failure, Result
from revops.delivery.plan import slice_folder
from revops.errors import listed

NAMES = ["AMER", "North, X", 'Team "B"', '"A", B', '"C"']


@pytest.fixture
def project(tmp_path, make_project, monkeypatch):
    """Return a project of one report, whose folder is the working folder."""
    root = make_project(tmp_path / "project", "is_good")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def slices(monkeypatch):
    """Return a function that gives the slices that a call asks for, without running any."""

    def asked(*given):
        requests = []
        monkeypatch.setattr(command, "_run_once", lambda request, _: requests.append(request) or 0)
        assert command.main(["run", *(part for text in given for part in ("--slice", text))]) == 0
        return requests[0].slices

    return asked


def refusal_of(capsys, *arguments):
    """Return what a call that cannot be done says on stderr, the only thing it says."""
    assert command.main(["run", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ('"North, America",EMEA', ["North, America", "EMEA"]),
        ('EMEA, "North, America" ', ["EMEA", "North, America"]),
        ('"East ""A"", new",Team "B"', ['East "A", new', 'Team "B"']),
        ('"A=B",,""', ["A=B"]),
    ],
)
def test_values_of_a_slice_are_a_row_of_csv(slices, given, read):
    assert slices(f"region={given}") == {"region": read}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ('"North, America', "unexpected end of data"),
        ('"North"ern,EMEA', "',' expected after '\"'"),
    ],
)
def test_slice_whose_quotes_are_not_as_in_csv_is_refused(project, capsys, given, found):
    assert refusal_of(capsys, "--slice", f"region={given}") == (
        f"region={given}: must be values as CSV has them, quotes around a whole value; found: {found}. "
        'Write for example region="North, America",EMEA.\n'
    )
    assert not (project / "outputs").exists()


def test_names_are_listed_as_a_slice_is_given(slices):
    assert listed(NAMES) == 'AMER, "North, X", Team "B", """A"", B", """C"""'
    assert slices(f"region={listed(NAMES)}") == {"region": NAMES}


def test_help_says_how_a_value_with_a_comma_is_given(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        command.main(["run", "--help"])
    assert """double quotes where it holds a comma: 'region="North, America",EMEA'\n""" in capsys.readouterr().out


def test_name_too_long_for_a_folder_is_refused_before_anything_runs(project, capsys):
    said = refusal_of(capsys, "--slice", f"region=EMEA,{'A' * 300},{'é ' * 130}")
    assert said == (
        f"slice region={'A' * 60}…: its folder must have a name of at most 255 bytes; found 307. "
        "Name this group shorter in the CRM, or leave it out.\n"
    )
    assert not (project / "outputs").exists()


def test_longest_name_that_a_folder_may_have_is_taken(project, monkeypatch):
    value = "A" * (255 - len("region="))
    assert len(slice_folder({"region": value})) == 255
    monkeypatch.setattr(run, "prepare_workers", lambda *_: None)
    monkeypatch.setattr(run, "run_jobs", lambda jobs, *_: [(job, Result(failure=Failure("No.", ""))) for job in jobs])
    assert command.main(["run", "--slice", f"region={value}"]) == 1
    assert (project / "outputs" / "latest" / f"region={value}" / "is_good.failed.html").is_file()


def test_slices_that_were_not_made_are_told_apart(project, capsys, monkeypatch):
    failed = Result(failure=Failure("It took too long.", "Wait."))
    monkeypatch.setattr(run, "prepare_workers", lambda *_: None)
    monkeypatch.setattr(run, "run_jobs", lambda jobs, *_: [(job, failed) for job in jobs])
    assert command.main(["run", "--slice", 'region=EMEA,"North, X"']) == 1
    assert capsys.readouterr().out == (
        "is_good region=EMEA was not made: It took too long.\n"
        "  outputs/latest/region=EMEA/is_good.failed.html\n"
        "is_good region=North, X was not made: It took too long.\n"
        f"  outputs/latest/{slice_folder({'region': 'North, X'})}/is_good.failed.html\n"
        "All reports: outputs/latest/index.html\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--deadline", "x"], "argument --deadline: must be a number above 0; found x"),
        (["run", "--deadline", "-1"], "argument --deadline: must be a number above 0; found -1"),
        (["run", "--memory", "nan"], "argument --memory: must be a number above 0; found nan"),
        (["run", "--memory", "inf"], "argument --memory: must be a number above 0; found inf"),
        (["run", "--keep", "two"], "argument --keep: must be a whole number from 1 on; found two"),
        (["schedule", "cron", "--keep", "0"], "argument --keep: must be a whole number from 1 on; found 0"),
        (["check", "--as-of", "2026-02-30"], "argument --as-of: must be a day as YYYY-MM-DD; found 2026-02-30"),
    ],
)
def test_value_of_an_option_is_refused_in_words(capsys, arguments, said):
    with pytest.raises(SystemExit) as end:
        command.main(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"python -m revops {arguments[0]}: error: {said}"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_outputs_where_no_folder_can_be_made_are_refused_in_words(project, capsys):
    assert command.main(["run", "--outputs", "/proc/none/here"]) == 1
    assert capsys.readouterr().err == (
        "/proc/none: must be a place where a folder can be made; found: no such file or directory. "
        "Name another folder.\n"
    )

"""The command line: exit codes, and what a person or a program reads."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from revops import __main__ as command
from revops import book, params
from revops.delivery import check, run
from revops.delivery.jobs.job import Job, Limits, Result
from revops.errors import ExportError, RunError
from revops.exports import Audit, FileAudit, LeftOut

AUDIT = Audit(
    files=(
        FileAudit(
            name="crm/deals.csv",
            sha256="0" * 64,
            bytes=100,
            system="salesforce",
            table="opportunities",
            route="report",
            encoding="utf-8",
            delimiter=",",
            header_row=1,
            rows_read=2981,
            rows_kept=2979,
            first="2024-02-01",
            last="2026-06-17",
            currencies=("USD",),
            decisions=("Close Date: month first (day 15 > 12 in 7 of 12 rows)",),
            warnings=("2,000 rows exactly: the export may be cut short",),
            unknown_columns=("Mood",),
        ),
    ),
    left_out=(LeftOut("opportunities", "crm/deals.csv", "duplicate id", 2, 1500.0, ("006a", "006b")),),
    unrecognised=(("notes.txt", "no header that any system knows"),),
    warnings=("the newest file is 9 days old",),
    tracked={"stage_name": "OpportunityHistory"},
    history_from="2024-02-01",
)


@pytest.fixture
def project(tmp_path, make_project, monkeypatch):
    root = make_project(tmp_path / "project", "is_good")
    exports = root / "data" / "sample" / "crm"
    exports.mkdir(parents=True)
    (exports / "deals.csv").write_text("Id\n006a\n")
    monkeypatch.chdir(root)
    book = SimpleNamespace(audit=AUDIT, tables={"opportunities": [()] * 2979})
    monkeypatch.setattr(check, "open_book", lambda _: book)
    return root


def said_by(capsys, *arguments):
    code = command.main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def end_jobs_at_once(monkeypatch, result):
    """Let jobs end with a result without a process, and without loading what a process needs."""
    monkeypatch.setattr(run, "prepare_workers", lambda *_: None)
    monkeypatch.setattr(run, "run_jobs", lambda jobs, *_: [(job, result) for job in jobs])


def made():
    answer = {"as_of": "2026-06-17", "period": "FY27-Q2", "status": "act", "sentence": "All is well."}
    return Result(answer=answer, files=("is_good.html",))


def test_all_good_is_0_and_says_where(project, capsys, monkeypatch):
    end_jobs_at_once(monkeypatch, made())
    code, out, err = said_by(capsys, "run")
    assert (code, out) == (0, "All is well.\n  outputs/latest/is_good.html\nAll reports: outputs/latest/index.html\n")
    assert err == "running 1 report\nis_good: made (0.0 s, 0 MB)\n"


def test_some_failed_is_1_and_says_why(project, capsys, monkeypatch):
    monkeypatch.setattr(run, "prepare_workers", lambda *_: None)
    refusal = ExportError("deals.csv: must hold rows; found none. Export it again.")
    monkeypatch.setattr(book, "open_book", lambda _: (_ for _ in ()).throw(refusal))
    kind = type("Knobs", (params.Knobs,), {})
    monkeypatch.setattr("revops.delivery.plan.measures_of", lambda _: SimpleNamespace(Knobs=kind))
    code, out, _ = said_by(capsys, "run")
    assert code == 1
    assert out == (
        f"is_good was not made: {refusal}\n  outputs/latest/is_good.failed.html\n"
        "All reports: outputs/latest/index.html\n"
    )


def test_misspelt_parameter_is_2_without_a_traceback(project, capsys):
    code, out, err = said_by(capsys, "run", "-p", "perod=next")
    assert (code, out) == (2, "")
    assert err == (
        "notebooks/is_good.ipynb: perod is not a parameter. Did you mean period? "
        "Known: as_of, params_dir, period, slice.\n"
    )
    assert not (project / "outputs").exists()


@pytest.mark.parametrize("arguments", [["fly"], ["run", "--deadline", "0"], ["run", "--keep", "none"], []])
def test_call_that_cannot_be_read_is_2(project, arguments, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(arguments)
    assert end.value.code == 2


def test_pair_without_an_equals_sign_is_2(project, capsys):
    assert said_by(capsys, "run", "-p", "period") == (
        2,
        "",
        "period: must be name=value; found no such pair. Write for example period=next.\n",
    )


def test_busy_outputs_folder_is_1(project, capsys, monkeypatch):
    def busy(*_):
        raise RunError("outputs: one run at a time may write here; found process 1 at work. Wait until it has ended.")

    monkeypatch.setattr(command, "run_reports", busy)
    code, _, err = said_by(capsys, "run")
    assert code == 1 and err.startswith("outputs: one run at a time")


def test_json_prints_the_manifest(project, capsys, monkeypatch):
    end_jobs_at_once(monkeypatch, made())
    code, out, _ = said_by(capsys, "run", "--json", "--as-of", "2026-06-17")
    assert code == 0
    assert json.loads(out) == json.loads((project / "outputs" / "latest" / "manifest.json").read_text())


def test_keep_prunes_older_runs(project, capsys, monkeypatch):
    end_jobs_at_once(monkeypatch, made())
    for _ in range(3):
        command.main(["run", "--again", "--keep", "2", "--outputs", "elsewhere"])
    assert sorted(run.name for run in (project / "elsewhere" / "runs").glob("2*")) == ["2026-06-17-2", "2026-06-17-3"]


def test_refused_call_loads_neither_papermill_nor_pandas(project):
    script = "import sys; from revops.__main__ import main; main(['run', 'x'])\n"
    script += "print({'papermill', 'pandas'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"


def test_check_tells_what_was_read_left_out_and_can_run(project, capsys):
    code, out, _ = said_by(capsys, "check")
    assert code == 0
    head, tables = out.split("\nTables\n")
    assert (
        head
        == """\
Halyard Robotics: 1 file in data/sample

crm/deals.csv
  opportunities (salesforce, report; utf-8, headers in row 1)
  2,981 rows read, 2,979 kept, 2024-02-01 to 2026-06-17, in USD
  left out: 2 duplicate id, $1.5K (e.g. 006a, 006b)
  Close Date: month first (day 15 > 12 in 7 of 12 rows)
  not used: Mood
  warning: 2,000 rows exactly: the export may be cut short

notes.txt
  not recognised: no header that any system knows

Warnings
  the newest file is 9 days old

History
  from 2024-02-01 on: stage_name (OpportunityHistory)
  none of amount and close_date: past pipeline is not known. File weekly copies: check --keep.
"""
    )
    assert tables.startswith("  opportunities: 2,979 rows, salesforce\n")
    assert "\n  ledger: empty; filled by quickbooks: profit and loss by month; xero: profit and loss\n" in tables
    assert tables.endswith("\nReports\n  is_good: can run\n")


def test_check_names_the_table_a_report_needs(project, capsys, monkeypatch):
    monkeypatch.setattr(check, "measures_of", lambda _: SimpleNamespace(NEEDS=("opportunities", "ledger")))
    code, out, _ = said_by(capsys, "check")
    assert code == 1
    assert out.endswith(
        "Reports\n  is_good: needs ledger\n"
        "    ledger is filled by quickbooks: profit and loss by month; xero: profit and loss\n"
    )


def test_check_fails_on_warnings_only_where_asked_to(project, capsys):
    assert said_by(capsys, "check")[0] == 0
    assert said_by(capsys, "check", "--strict")[0] == 1


def test_kept_copy_is_made_once_and_never_changed(project, capsys):
    exports = project / "data" / "sample"
    kept = exports / "2026-06-15" / "crm" / "deals.csv"
    for _ in range(2):
        code, out, _ = said_by(capsys, "check", "--keep", "--as-of", "2026-06-15")
        assert code == 0
        assert out.splitlines()[1] == "kept 1 file of today's state in 2026-06-15: crm/deals.csv"
        assert kept.read_text() == "Id\n006a\n"
    (exports / "crm" / "deals.csv").write_text("Id\n006b\n")
    code, _, err = said_by(capsys, "check", "--keep", "--as-of", "2026-06-15")
    assert (code, kept.read_text()) == (1, "Id\n006a\n")
    assert err == (
        "2026-06-15: a kept copy must never change; found 1 of 1 files that differ from today's (e.g. crm/deals.csv). "
        "Remove that folder if it is wrong, or name another day with --as-of.\n"
    )


def test_kept_copy_holds_forecasts_and_their_periods_and_no_quotas(project, capsys, monkeypatch):
    exports = project / "data" / "sample" / "crm"
    tables = {
        "calls.xlsx": "forecasts",
        "deals.csv": "opportunities",
        "history.csv": "opportunity_history",
        "Period.csv": "look-up: periods",
        "quota.csv": "quotas",
    }
    for name in tables:
        (exports / name).write_text(name)
    names = {"calls.xlsx": "calls.xlsx/Week 1"}
    files = tuple(
        replace(AUDIT.files[0], name=f"crm/{names.get(name, name)}", table=table) for name, table in tables.items()
    )
    audit = replace(AUDIT, files=files)
    monkeypatch.setattr(check, "open_book", lambda _: SimpleNamespace(audit=audit, tables={"opportunities": ()}))
    _, out, _ = said_by(capsys, "check", "--keep", "--as-of", "2026-06-15")
    assert out.splitlines()[1] == (
        "kept 3 files of today's state in 2026-06-15: crm/Period.csv, crm/calls.xlsx, crm/deals.csv"
    )


def test_job_is_plain_values(tmp_path):
    job = Job("deals", Path("deals.ipynb"), tmp_path, tmp_path, {"slice": {"region": "EMEA"}, "as_of": None})
    assert (job.title, job.slice) == ("deals region=EMEA", {"region": "EMEA"})


def test_job_arrives_in_another_process_as_it_left(tmp_path):
    given = {"slice": {"region": "EMEA"}, "as_of": None}
    job = Job("deals", Path("deals.ipynb"), tmp_path, tmp_path, given, Limits(60.0), tmp_path, "fork", is_sent=True)
    assert pickle.loads(pickle.dumps(job)) == job


@pytest.mark.parametrize(
    "given", [["--as-of", "2026-13-01"], ["-p", "as_of=2026-02-30"], ["-p", "slice={region: EMEA"]]
)
def test_a_value_that_is_none_is_refused_in_words(project, capsys, given):
    name, _, text = given[1].rpartition("=") if given[0] == "-p" else ("as_of", "=", given[1])
    code, _, err = said_by(capsys, "run", *given)
    assert (code, err) == (2, f"{name}={text}: must be a value such as next, 8 or 2026-03-31; found none.\n")


def test_slices_of_one_field_are_joined_over_options(monkeypatch):
    asked = ["--slice", "region=EMEA, AMER", "--slice", "team=East", "--slice", "region=APAC"]
    requests = []
    monkeypatch.setattr(command, "_run_once", lambda request, _: requests.append(request) or 0)
    assert command.main(["run", *asked]) == 0
    assert requests[0].slices == {"region": ["EMEA", "AMER", "APAC"], "team": ["East"]}


def test_slice_that_names_no_value_is_refused(project, capsys):
    code, _, err = said_by(capsys, "run", "--slice", "region=,")
    assert (code, err) == (2, "region=,: must name values; found none. Write for example region=EMEA,AMER.\n")

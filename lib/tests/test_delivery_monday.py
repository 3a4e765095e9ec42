"""`run --mail`: one command makes the reports and mails them once; a run that cannot be is told to its maintainers."""

import errno
import json
import os
import shutil
import tempfile
from email import message_from_bytes, policy

import pytest
from mail_server import authority, serving
from posting import environment

from revops.__main__ import main
from revops.delivery import run
from revops.delivery.jobs.job import Failure, Result
from revops.delivery.lock import locked
from revops.delivery.mail.post import MailRequest
from revops.delivery.monday import run_and_mail
from revops.delivery.outputs import Outputs
from revops.delivery.review import PAGES
from revops.errors import RunError

MAIL = """\
from: RevOps <revops@example.com>
reply_to: null
allowed_domains: [example.com]
lists:
  - {name: leadership, audience: executive, to: [cro@example.com, cfo@example.com], attach: all}
maintainers: [us@example.com]
timeout_seconds: 5
"""
NOTHING = (
    "Nothing is new since run 2026-06-17-1, as of 2026-06-17: same exports, settings and code. "
    "No report was run; --again makes them anew."
)


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def office(signer, monkeypatch):
    """Return a mail server that the environment names."""
    with serving(signer) as office:
        for name, value in environment(office, signer).items():
            monkeypatch.setenv(name, value)
        yield office


@pytest.fixture
def project(tmp_path, make_project, monkeypatch):
    """Return a project whose jobs end at once, as its file `result` says, and that mails."""
    root = make_project(tmp_path / "project", "is_good")
    (root / "params" / "mail.yml").write_text(MAIL)
    (root / "data" / "sample").mkdir(parents=True)
    monkeypatch.chdir(root)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(run, "prepare_workers", lambda *_: None)
    monkeypatch.setattr(run, "run_jobs", lambda jobs, *_: [(job, ended(job)) for job in jobs])
    return root


def ended(job):
    """Write what a job leaves and return how it ended."""
    if os.path.exists("broken"):
        return Result(failure=Failure("It failed.", "Mend it."))
    job.folder.mkdir(parents=True, exist_ok=True)
    n_files = len(os.listdir("data/sample"))
    answer = {
        "schema": 1, "report": "is_good", "company": "Halyard Robotics", "currency": "USD", "as_of": "2026-06-17",
        "period": "FY27-Q2", "slice": {}, "status": "act", "sentence": f"All is well with {n_files} files.",
        "measures": [], "actions": [], "unavailable": [], "checks": [], "tables": [], "figures": [], "data": [],
        "definitions": "x", "parameters": {}, "version": "1",
    }  # fmt: skip
    (job.folder / "is_good.html").write_text("<!doctype html><html lang=en><title>x</title><main></main></html>")
    (job.folder / "is_good.json").write_text(json.dumps(answer))
    return Result(answer=answer, files=("is_good.html", "is_good.json"))


def said_by(capsys, *arguments):
    code = main(["run", "--mail", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def to(office, address):
    """Return the messages that an address got."""
    return [message_from_bytes(data, policy=policy.default) for _, who, data in office.received if address in who]


def test_reports_are_made_and_mailed_once(project, office, capsys):
    code, _, err = said_by(capsys)
    assert (code, office.copies("cro@example.com"), office.copies("us@example.com")) == (0, 1, 0)
    assert err.splitlines()[-1].startswith("leadership: sent to 2 people")
    code, out, err = said_by(capsys)
    assert (code, len(office.received)) == (0, 1)
    assert out.splitlines()[0] == NOTHING
    assert err.startswith("leadership: nothing left to send. This review was sent on ")
    assert os.listdir("outputs/runs") == ["2026-06-17-1"]


def test_run_that_was_made_by_hand_is_mailed_by_the_schedule(project, office, capsys):
    assert main(["run"]) == 0 and office.received == []
    assert said_by(capsys)[0] == 0
    assert office.copies("cfo@example.com") == 1


def test_new_exports_bring_a_run_and_a_mail(project, office, capsys):
    said_by(capsys)
    (project / "data" / "sample" / "deals.csv").write_text("Id\n")
    assert said_by(capsys)[0] == 0
    assert office.copies("cro@example.com") == 2


def test_report_that_failed_gives_1_and_both_hear(project, office, capsys):
    (project / "broken").touch()
    assert said_by(capsys)[0] == 1
    assert (office.copies("cro@example.com"), office.copies("us@example.com")) == (1, 1)


def test_settings_that_cannot_be_used_are_told_to_the_maintainers_once_a_day(project, office, capsys):
    (project / "params" / "company.yml").write_text("company: [")
    first, second = said_by(capsys), said_by(capsys)
    assert (first[0], second[0]) == (2, 2)
    assert (office.copies("us@example.com"), office.copies("cro@example.com"), len(office.received)) == (1, 0, 1)
    (message,) = to(office, "us@example.com")
    assert "company.yml" in message.get_body().get_content()
    assert "company.yml" in first[2].splitlines()[-1]
    assert "nothing left to send" in second[2]


def test_busy_outputs_are_told_to_the_maintainers(project, office, capsys):
    (project / "outputs").mkdir()
    with locked(project / "outputs" / ".lock"):
        code, _, err = said_by(capsys)
    assert (code, office.copies("us@example.com"), len(office.received)) == (1, 1, 1)
    assert err.splitlines()[-1].startswith("outputs: one run at a time may write here; found process")


def test_outputs_that_cannot_be_written_are_told_all_the_same(project, office, capsys):
    (project / "outputs").write_text("a file where the folder would be")
    codes = [said_by(capsys)[0] for _ in range(2)]
    assert codes == [1, 1]
    assert (office.copies("us@example.com"), len(office.received)) == (1, 1)
    (kept,) = (project.parent / "temporary").glob("revops-mail-*")
    assert kept.stat().st_mode & 0o077 == 0


def test_place_that_others_can_read_keeps_no_ledger(project, office, capsys):
    (project / "outputs").write_text("a file where the folder would be")
    shared = project.parent / "temporary" / f"revops-mail-{os.getuid()}"
    shared.mkdir()
    shared.chmod(0o777)
    code, _, err = said_by(capsys)
    assert (code, office.received) == (1, [])
    assert "The maintainers could not be told." in err and str(shared) in err


def test_fault_of_ours_is_told_with_its_traceback_and_raised(project, office, capsys, monkeypatch):
    monkeypatch.setattr("revops.__main__.run_reports", lambda *_: {}["gone"])
    with pytest.raises(KeyError):
        said_by(capsys)
    (message,) = to(office, "us@example.com")
    assert "KeyError: 'gone'" in message.get_body().get_content()
    assert "Traceback" in message.get_body().get_content()
    assert len(office.received) == 1


def test_server_that_is_gone_leaves_the_exit_code_and_says_so(project, office, capsys, monkeypatch):
    monkeypatch.setenv("REVOPS_SMTP_PORT", "1")
    code, _, err = said_by(capsys)
    assert code == 1 and "leadership: not sent." in err
    (project / "params" / "company.yml").write_text("company: [")
    code, _, err = said_by(capsys)
    assert code == 2 and "maintainers: not sent." in err


def test_mail_settings_that_cannot_be_used_leave_the_run_and_give_2(project, office, capsys, monkeypatch):
    monkeypatch.delenv("REVOPS_SMTP_HOST")
    code, _, err = said_by(capsys)
    assert code == 2 and "REVOPS_SMTP_HOST: must name the mail server" in err
    assert os.listdir("outputs/runs") == ["2026-06-17-1"]
    shutil.rmtree(project / "outputs")
    (project / "params" / "company.yml").write_text("company: [")
    code, _, err = said_by(capsys)
    assert code == 2 and "The maintainers could not be told. REVOPS_SMTP_HOST" in err


def test_review_that_went_is_made_again_before_it_is_mailed(project, office, capsys):
    assert main(["run"]) == 0
    (project / "outputs" / "latest" / "review.json").unlink()
    code, _, _ = said_by(capsys)
    assert (code, office.copies("cro@example.com"), office.copies("us@example.com")) == (0, 1, 0)


def test_review_that_cannot_be_mailed_is_told_to_the_maintainers(project, office, capsys):
    assert main(["run"]) == 0
    (project / "outputs" / "latest" / "review.json").unlink()
    with pytest.MonkeyPatch.context() as patch:  # it went after the run had been looked at
        patch.setattr("revops.delivery.standing.unchanged._is_whole", lambda *_, **__: True)
        code, _, err = said_by(capsys)
    assert (code, office.copies("us@example.com"), len(office.received)) == (1, 1, 1)
    assert "must show a run with a review; found none" in err


def test_review_that_cannot_be_made_leaves_the_reports_and_is_told_to_the_maintainers(project, office, capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("revops.delivery.review.page.render", lambda *_: {}["<gone>"])
        code, out, err = said_by(capsys)
    latest = project / "outputs" / "latest"
    reason = "KeyError: '<gone>'"
    advice = "This is a fault of the review, not of your data: send this page to whoever maintains it."
    manifest = json.loads((latest / "manifest.json").read_text())
    assert manifest["review_failure"] == {"reason": reason, "advice": advice}
    assert [entry["outcome"] for entry in manifest["reports"]] == ["made"]
    assert (code, office.copies("cro@example.com"), office.copies("us@example.com")) == (1, 0, 1)
    assert f"The review was not made: {reason}\nAll reports: outputs/latest/index.html\n" in out
    assert err.splitlines()[-1].endswith(f"/outputs/latest: the review of this run was not made: {reason}")
    assert not (latest / "review.json").exists()
    for name in PAGES:
        page = (latest / f"{name}.html").read_text()
        assert "<h1>This review was not made: KeyError: &#39;&lt;gone&gt;&#39;</h1>" in page
        assert '<li><a href="is_good.html">Is good</a>, as of 2026-06-17: All is well with 0 files.</li>' in page
        assert advice in page and "Traceback" in page and "<gone>" not in page
    (message,) = to(office, "us@example.com")
    said = message.get_body().get_content()
    assert message["Subject"].startswith("Halyard Robotics: the mail failed: ")
    assert "Traceback" in said and reason in said and "The newest run stands in outputs/latest." in said
    assert said_by(capsys)[0] == 0  # nothing is new, and yet it is made again
    assert (office.copies("cro@example.com"), office.copies("us@example.com")) == (1, 1)
    assert json.loads((latest / "manifest.json").read_text())["review_failure"] is None


def test_review_that_a_full_disk_stops_ends_the_run(project, capsys, monkeypatch):
    assert main(["run"]) == 0
    monkeypatch.setattr("revops.delivery.review.page.render", full)
    assert main(["run", "--again"]) == 1
    assert "no space left on device. Free some space" in capsys.readouterr().err
    assert os.listdir("outputs/runs") == ["2026-06-17-1"]


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_run_forgets_old_preparations_while_nobody_else_runs(project, monkeypatch):
    cache, seen = project / "outputs" / ".cache", []
    monkeypatch.setattr(run, "warm", lambda _: run.Warmed(prepared=cache / "newest"))

    def keep_newest(folder):
        with pytest.raises(RunError, match="one run at a time"), Outputs(project / "outputs").building():
            pass
        seen.append(folder)

    monkeypatch.setattr("revops.book.kept.keep_newest", keep_newest)
    assert main(["run"]) == 0 and seen == [cache]


def test_reader_who_left_brings_the_maintainers_no_second_mail(project, office):
    def gone(*_):
        raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(BrokenPipeError):
        run_and_mail(MailRequest(send=True), gone, gone)
    assert (office.copies("us@example.com"), len(office.received)) == (1, 1)

"""The notice to the maintainers, read back from its bytes as a mail program reads it."""

import email
import email.policy
import re
from dataclasses import replace

import pytest
from mailed import DATE, SETTINGS, failed, line, review, write_run

from revops.delivery.jobs.job import Failure
from revops.delivery.mail.failure import compose_failed_run, compose_failure
from revops.delivery.notices import failure_page
from revops.delivery.review.shape import Review

LINES = (failed("pipeline_coverage", stands="2026-06-02"), failed("revenue_answer"), line("cac_payback"))


@pytest.fixture
def told(tmp_path):
    """Return a function that composes the notice of a review and reads it back from its bytes."""

    def tell(said: Review):
        return read(compose_failure(said, write_run(tmp_path / said.run, said), SETTINGS, DATE))

    return tell


def read(message):
    assert message.as_bytes() == message.as_bytes()
    found = email.message_from_bytes(message.as_bytes(), policy=email.policy.SMTP)
    assert [part.defects for part in found.walk() if part.defects] == []
    return found


def text_of(message):
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def files_of(message):
    return {part.get_filename(): part.get_content().replace("\r\n", "\n") for part in message.iter_attachments()}


def test_notice_goes_to_the_maintainers_alone(told):
    message = told(review(lines=LINES))
    assert [str(message[name]) for name in ("To", "From", "Subject", "List-Id", "Auto-Submitted", "Cc", "Bcc")] == [
        "data@example.com",
        "RevOps Workbooks <revops@example.com>",
        "Halyard Robotics: 2 reports failed, 1 made, as of 2026-06-09",
        "<maintainers.revops.example.com>",
        "auto-generated",
        "None",
        "None",
    ]


def test_notice_tells_what_failed_why_what_to_do_and_what_it_said(told):
    assert text_of(told(review(lines=LINES))) == (
        "Halyard Robotics: 2 reports failed, 1 made, as of 2026-06-09\n"
        "\n"
        "Pipeline coverage and Revenue answer failed: code cell 4 raised KeyError: 'amount'\n"
        "What to do: Send this page to whoever maintains it.\n"
        "pipeline_coverage.txt:\n"
        "    amount = row['x']\n"
        "    \n"
        "    Traceback of pipeline_coverage\n"
        "    KeyError: <amount>\n"
        "revenue_answer.txt:\n"
        "    amount = row['x']\n"
        "    \n"
        "    Traceback of revenue_answer\n"
        "    KeyError: <amount>\n"
        "\n"
        "The pages are in the folder of run 2026-06-09-1; begin with its index.html.\n"
    )


def test_reports_that_failed_for_other_reasons_are_told_apart(told):
    lines = (failed("pipeline_coverage"), failed("cac_payback", reason="no bills"), failed("revenue_answer"))
    text = text_of(told(review(lines=lines)))
    assert [part for part in text.splitlines() if " failed: " in part] == [
        "Pipeline coverage and Revenue answer failed: code cell 4 raised KeyError: 'amount'",
        "CAC payback failed: no bills",
    ]


def test_what_several_reports_said_alike_is_quoted_once(tmp_path):
    said = review(lines=tuple(failed(stem, reason="no exports") for stem in ("pipeline_coverage", "cac_payback")))
    folder = write_run(tmp_path / said.run, said)
    page = failure_page("All", Failure("no exports", "", 1, "Traceback: the same"), "a", {"carried_from": None}, 1.0)
    for each in said.lines:
        (folder / each.evidence).write_text(page, encoding="utf-8")
    message = read(compose_failure(said, folder, SETTINGS, DATE))
    assert text_of(message).count("Traceback: the same") == 1
    assert "\npipeline_coverage.txt and cac_payback.txt:" in text_of(message)
    assert {"pipeline_coverage.txt", "cac_payback.txt"} <= set(files_of(message))


def test_all_evidence_goes_along_as_text(told):
    assert files_of(told(review(lines=LINES))) == {
        "pipeline_coverage.txt": "amount = row['x']\n\nTraceback of pipeline_coverage\nKeyError: <amount>",
        "revenue_answer.txt": "amount = row['x']\n\nTraceback of revenue_answer\nKeyError: <amount>",
        "run.log": "pipeline_coverage ended after 3.1 s\n",
    }


def test_evidence_is_what_the_page_of_a_failure_quotes(tmp_path):
    said = review(lines=LINES[:1])
    folder = write_run(tmp_path / said.run, said)
    failure = Failure("It broke.", "Mend it.", 4, "Trace <b>\n  deep & low\nKeyError: 'é'")
    page = failure_page("Pipeline coverage", failure, "if a < b:\n    c", {"carried_from": None}, 1.0)
    (folder / "pipeline_coverage.failed.html").write_text(page, encoding="utf-8")
    files = files_of(read(compose_failure(said, folder, SETTINGS, DATE)))
    assert files["pipeline_coverage.txt"] == "if a < b:\n    c\n\nTrace <b>\n  deep & low\nKeyError: 'é'"


def test_a_slice_is_named_and_a_missing_page_is_no_obstacle(tmp_path):
    said = review(lines=(failed("cac_payback", reason="a" * 20, slice={"region": "AMER/../x"}),))
    folder = write_run(tmp_path / said.run, review(lines=()))
    (folder / "run.log").unlink()
    message = read(compose_failure(said, folder, SETTINGS, DATE))
    assert "\nCAC payback, AMER/../x failed: aaaaaaaaaaaaaaaaaaaa\n" in text_of(message)
    assert files_of(message) == {}


def test_evidence_of_parts_whose_names_no_file_can_tell_apart_goes_along_whole(tmp_path):
    names = ("東京", "大阪", "a" * 90 + "1", "a" * 90 + "2")
    failures = [failed("cac_payback", slice={"region": name}) for name in names]
    failures = [replace(each, evidence=f"{place}.failed.html") for place, each in enumerate(failures)]
    said = review(lines=tuple(failures))
    folder = write_run(tmp_path / said.run, review(lines=()))
    for place, each in enumerate(failures):
        page = failure_page("x", Failure("It broke.", "", 1, f"said {place}"), "", {"carried_from": None}, 1.0)
        (folder / each.evidence).write_text(page, encoding="utf-8")
    files = files_of(read(compose_failure(said, folder, SETTINGS, DATE)))
    assert [text for name, text in files.items() if name != "run.log"] == [f"said {place}" for place in range(4)]


def test_every_run_that_fails_is_told_anew(told):
    ids = {told(review(lines=LINES, run=run))["Message-ID"] for run in ("2026-06-09-1", "2026-06-09-2")}
    assert len(ids) == 2


def test_a_run_that_came_to_nothing_is_told_once_a_day():
    reason, advice = "opportunities.csv, column Amount: must be numbers.", "Correct the export."
    evidence = "\n".join(f"line {n}" for n in range(1, 41)) + "\x1b[31m\r\nBcc: x\u202e"
    message = read(compose_failed_run("Halyard Robotics", reason, advice, evidence, SETTINGS, DATE))
    assert message["Subject"] == "Halyard Robotics: the run failed: opportunities.csv, column Amount: must be numbers."
    assert message["To"] == "data@example.com" and message["Bcc"] is None
    shown = "\n".join(f"    line {n}" for n in range(12, 41))
    assert text_of(message) == (
        f"{message['Subject']}\n\n"
        "The run failed: opportunities.csv, column Amount: must be numbers.\n"
        "What to do: Correct the export.\n"
        "The last 30 of 41 lines of traceback.txt:\n"
        f"{shown}\n    Bcc: x\n\n"
        "Nothing was changed: the run before stands, and nobody else was written to.\n"
    )
    assert files_of(message)["traceback.txt"].splitlines()[-2:] == ["line 40", "Bcc: x"]
    later = [compose_failed_run("Halyard Robotics", reason, "", "", SETTINGS, DATE.replace(day=day)) for day in (9, 10)]
    assert [message["Message-ID"] == each["Message-ID"] for each in later] == [True, False]


def test_hostile_reasons_add_no_header_and_stay_short():
    reason = "bad\r\nBcc: a@evil.example\u2028\u202e" + " word" * 200
    message = read(compose_failed_run("A\nB", reason, reason, reason, SETTINGS, DATE))
    assert message["Bcc"] is None and len(message["Subject"]) <= 100
    assert re.findall("[\x00-\x09\x0b-\x1f\u2028-\u202e]", text_of(message)) == []

"""The command `mail` from a run on the disk to a real server: who gets what, once, and what is said."""

import re
import shutil
import stat
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from mail_server import HANG, PASSWORD, authority, serving
from mailed import failed, review
from posting import EVERYONE, environment, finish, ledger, project

from revops.__main__ import main
from revops.delivery.lock import locked
from revops.delivery.mail.ledger import Ledger
from revops.delivery.mail.post import MailRequest, post_failed_run

DAY = r"\d{4}-\d\d-\d\d \d\d:\d\d"


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def call(tmp_path, monkeypatch, capsys, signer):
    """Return a function that calls `mail` in a project and returns its exit code and lines, days as DAY."""
    folder = project(tmp_path / "project")
    monkeypatch.chdir(folder)

    def do(*arguments, office=None, **variables):
        for name, value in environment(office, signer, **variables).items() if office else ():
            monkeypatch.setenv(name, value)
        code = main(["mail", *arguments])
        told = capsys.readouterr()
        lines = (told.out + told.err).replace(str(folder), "").splitlines()
        if office:
            lines = [line.replace(f":{office.port}", ":587") for line in lines]
        return code, [re.sub(DAY, "DAY", line) for line in lines]

    do.folder = folder
    return do


def test_without_send_nothing_leaves_and_each_message_is_a_file(call, signer):
    with serving(signer) as office:
        assert call(office=office) == (
            0,
            ["leadership: would go to 2 people; written to /outputs/mail/2026-06-09-leadership.eml.",
             "marketing-ops: would go to 1 person; written to /outputs/mail/2026-06-09-marketing-ops.eml."],
        )  # fmt: skip
        assert office.seen == []
    mail = call.folder / "outputs" / "mail"
    assert sorted(file.name for file in mail.iterdir()) == ["2026-06-09-leadership.eml", "2026-06-09-marketing-ops.eml"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in mail.iterdir()} == {0o600}
    assert stat.S_IMODE(mail.stat().st_mode) == 0o700


def test_each_list_gets_one_message_and_the_second_call_sends_nothing(call, signer):
    with serving(signer) as office:
        assert call("--send", office=office) == (
            0,
            ["leadership: sent to 2 people.", "marketing-ops: sent to 1 person."],
        )
        assert [(sender, to) for sender, to, _ in office.received] == [
            ("revops@example.com", EVERYONE[:2]), ("revops@example.com", EVERYONE[2:]),
        ]  # fmt: skip
        for (_, _, data), name in zip(office.received, ("leadership", "marketing-ops"), strict=True):
            assert data == (call.folder / "outputs" / "mail" / f"2026-06-09-{name}.eml").read_bytes()
        office.received.clear()
        office.seen.clear()
        assert call("--send", office=office) == (
            0,
            ["leadership: nothing left to send. This review was sent on DAY to 2 people.",
             "marketing-ops: nothing left to send. This review was sent on DAY to 1 person."],
        )  # fmt: skip
        assert office.seen == [] and office.received == []
        assert call(office=office)[1][0] == ("leadership: would go to nobody; written to "
            "/outputs/mail/2026-06-09-leadership.eml. This review was sent on DAY to 2 people.")  # fmt: skip


def test_what_arrives_is_the_review_as_text_html_and_files(call, signer):
    with serving(signer) as office:
        call("--send", "--list", "leadership", office=office)
    got = message_from_bytes(office.received[0][2], policy=policy.default)
    assert (got["From"], got["To"]) == ("RevOps Workbooks <revops@example.com>", "cro@example.com, cfo@example.com")
    assert "One chance in ten of making quota" in got["Subject"]
    assert "One chance in ten of making quota" in got.get_body(("plain",)).get_content()
    assert "One chance in ten of making quota" in got.get_body(("html",)).get_content()
    assert "review.html" in str([part.get_filename() for part in got.iter_attachments()])


def test_the_ledger_says_who_got_what_and_is_for_its_user_alone(call, signer):
    with serving(signer) as office:
        call("--send", "--list", "leadership", office=office)
    entry = ledger(call.folder)["leadership"]
    got = message_from_bytes(office.received[0][2], policy=policy.default)
    assert entry["message_id"] == got["Message-ID"]
    assert (entry["state"], entry["run"], entry["as_of"], entry["corrects"]) == (
        "sent",
        "2026-06-09-1",
        "2026-06-09",
        None,
    )
    assert {address: person["outcome"] for address, person in entry["recipients"].items()} == {
        "cro@example.com": "sent", "cfo@example.com": "sent",
    }  # fmt: skip
    files = list((call.folder / "outputs" / "mail").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files if not file.name.startswith(".")} == {0o600}
    assert all(PASSWORD not in file.read_text() for file in files)


def test_a_refused_recipient_alone_is_tried_again(call, signer):
    with serving(signer, **{"cfo@example.com": "550 5.1.1 no such user"}) as office:
        assert call("--send", "--list", "leadership", office=office) == (
            1,
            ["leadership: sent to 1 person.", "  refused: cfo@example.com: 550 5.1.1 no such user",
             "  The next call tries them alone; correct mail.yml where an address is wrong."],
        )  # fmt: skip
        office.plan.clear()
        assert call("--send", "--list", "leadership", office=office) == (0, ["leadership: sent to 1 person."])
    assert [to for _, to, _ in office.received] == [("cro@example.com",), ("cfo@example.com",)]


def test_someone_new_on_a_list_gets_what_the_others_have(call, signer):
    with serving(signer) as office:
        call("--send", "--list", "leadership", office=office)
        mail = call.folder / "params" / "mail.yml"
        mail.write_text(mail.read_text().replace("[cro@example.com", "[new@example.com, CRO@Example.com"))
        assert call("--send", "--list", "leadership", office=office) == (0, ["leadership: sent to 1 person."])
    assert [to for _, to, _ in office.received] == [EVERYONE[:2], ("new@example.com",)]


def test_a_recipient_outside_stops_everything(call, signer):
    mail = call.folder / "params" / "mail.yml"
    mail.write_text(mail.read_text().replace("mops@", "mops@sub.").replace("cfo@example.com", "cfo@example.org"))
    with serving(signer) as office:
        code, lines = call("--send", office=office)
        assert office.seen == []
    assert (code, lines) == (2, [
        "params/mail.yml: every recipient must be of allowed_domains (example.com); found 2 of 4 elsewhere: "
        "cfo@example.org (leadership), mops@sub.example.com (marketing-ops). Nothing is sent. Correct them, or list "
        "their domains: a subdomain counts as another one."
    ])  # fmt: skip


def test_a_server_that_will_not_have_us_is_asked_once_for_all_lists(call, signer):
    with serving(signer) as office:
        assert call("--send", office=office, PASSWORD="wrong") == (1, [
            "leadership, marketing-ops: not sent. localhost:587: must know the user and password; found: 535 5.7.8 "
            "Authentication credentials invalid. Check REVOPS_SMTP_USER and _PASSWORD."
        ])  # fmt: skip
        assert office.seen.count("AUTH") == 1
        assert call("--send", office=office)[0] == 0
    assert [office.copies(address) for address in EVERYONE] == [1, 1, 1]


def test_a_message_that_may_have_gone_is_told_and_not_sent_again(call, signer):
    unknown = (
        "It is not known whether it reached 2 people: on DAY the server had it and no answer was noted. It is not sent "
        "again. Ask them, or look for {} in the server's log; if it did not arrive, --force sends it."
    )
    with serving(signer, ANSWER=HANG) as office:
        code, lines = call("--send", "--list", "leadership", office=office)
        told = unknown.format(ledger(call.folder)["leadership"]["message_id"])
        assert (code, lines) == (1, [f"leadership: localhost:587 hung up while taking the whole message. {told}"])
        office.plan.clear()
        assert call("--send", office=office) == (
            1, [f"leadership: nothing left to send. {told}", "marketing-ops: sent to 1 person."],
        )  # fmt: skip
        assert office.copies("cro@example.com") == 1
        assert call("--send", "--force", office=office) == (
            0,
            ["leadership: sent to 2 people.",
             "marketing-ops: nothing left to send. This review was sent on DAY to 1 person."],
        )  # fmt: skip
    assert [office.copies(address) for address in EVERYONE] == [2, 2, 1]


def test_another_review_of_the_same_day_is_sent_as_corrected(call, signer):
    with serving(signer) as office:
        call("--send", "--list", "leadership", office=office)
        finish(call.folder, replace(review(), run="2026-06-09-2", sentence="Even chances of making quota."))
        assert call("--send", "--list", "leadership", office=office) == (
            0, ["leadership: sent to 2 people, corrected: another one of 2026-06-09 was sent on DAY."]
        )  # fmt: skip
        finish(call.folder, replace(review(), run="2026-06-09-3"))
        code, lines = call("--send", "--list", "leadership", office=office)
    assert (code, lines) == (0, ["leadership: nothing left to send. This review was sent on DAY to 2 people."])
    entries = [Ledger(call.folder / "outputs" / "mail").find(file.stem)
               for file in (call.folder / "outputs" / "mail").glob("*.json")]  # fmt: skip
    first, second = sorted(entries, key=lambda entry: entry.corrects is not None)
    assert (first.corrects, second.corrects) == (None, first.key)


def test_failures_go_to_the_maintainers_alone(call, signer):
    told = review()
    lines = (failed("attribution_comparison"), *told.lines[1:])
    finish(call.folder, replace(told, lines=lines, failed_first="5 of 6 reports made."))
    with serving(signer) as office:
        assert call("--send", office=office) == (0, [
            "leadership: sent to 2 people.", "marketing-ops: sent to 1 person.", "maintainers: sent to 1 person.",
        ])  # fmt: skip
        for _, to, data in office.received:
            assert (b"Traceback of attribution_comparison" in data) is (to == ("data@example.com",))
        assert call("--send", "--list", "maintainers", office=office) == (
            0, ["maintainers: nothing left to send. This review was sent on DAY to 1 person."],
        )  # fmt: skip


def test_maintainers_hear_nothing_where_every_report_was_made(call, signer):
    assert call("--list", "maintainers") == (0, ["maintainers: every report was made; there is nothing to say."])


def test_a_run_that_failed_as_a_whole_is_told_once_a_day(call, signer, monkeypatch):
    said = []
    with serving(signer) as office:
        for name, value in environment(office, signer).items():
            monkeypatch.setenv(name, value)
        (call.folder / "params" / "company.yml").write_text("company: [what")
        for reason in ("deals.csv: no header.", "deals.csv: no header.", "disk full."):
            assert post_failed_run(MailRequest(send=True), reason, "Mend it.", "Traceback", said.append)
    assert [to for _, to, _ in office.received] == [("data@example.com",)] * 2
    assert [re.sub(DAY, "DAY", line) for line in said] == [
        "maintainers: sent to 1 person.",
        "maintainers: nothing left to send. This review was sent on DAY to 1 person.",
        "maintainers: sent to 1 person.",
    ]


def test_only_one_sender_works_at_a_time(call, signer):
    (call.folder / "outputs" / "mail").mkdir()
    with serving(signer) as office, locked(call.folder / "outputs" / "mail" / ".lock"):
        code, lines = call("--send", office=office)
        assert office.seen == []
    assert code == 1
    assert re.fullmatch(
        r"mail: one sender at a time may write here; found process \d+ at work\. Wait until it has ended\.", lines[0]
    )


def test_a_call_that_cannot_be_done_sends_nothing(call, signer, monkeypatch):
    with serving(signer) as office:
        assert call("--send", "--list", "leaders", office=office) == (2, [
            "--list leaders: must be a list of mail.yml. Did you mean leadership? Known: leadership, maintainers, "
            "marketing-ops."
        ])  # fmt: skip
        monkeypatch.delenv("REVOPS_SMTP_HOST")
        assert call("--send") == (2, [
            "REVOPS_SMTP_HOST: must name the mail server; found nothing. Set it, as in README under Every Monday."
        ])  # fmt: skip
        shutil.rmtree(call.folder / "outputs" / "runs")
        assert call() == (1, ["/outputs/latest: must show a run with a review; found none. Run the reports first."])
        assert office.seen == []


@pytest.mark.parametrize("words", [b"\xff\xfe", b"", b"[]", b"{}", b'{"schema": 2}'])
def test_a_review_that_cannot_be_read_is_not_sent(call, words):
    (call.folder / "outputs" / "latest" / "review.json").write_bytes(words)
    assert call() == (1, ["/outputs/latest: must show a run with a review; found none. Run the reports first."])


def test_a_review_of_another_version_is_said_to_be_one(call):
    (call.folder / "outputs" / "latest" / "review.json").write_text('{"schema": 1}')
    assert call() == (1, [
        "/outputs/latest: must show a run with a review; this one was made by another version: run the reports again "
        "with --again."
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "{}"),
        ('"outcome": "sent"', '"outcome": "not sent"'),
        ('"at": "2', '"at": "on 2'),
        ('"key": "', '"key": "x'),
    ],
    ids=["something else", "an outcome", "a time", "a key"],
)
def test_a_ledger_that_was_written_over_stops_the_sender(call, signer, before, after):
    with serving(signer) as office:
        call("--send", office=office)
        file = next((call.folder / "outputs" / "mail").glob("*.json"))
        file.write_text(file.read_text().replace(before, after) if before else after)
        code, lines = call("--send", office=office)
    assert (code, lines[-1]) == (
        1, f"/outputs/mail/{file.name}: must be an entry of the mail ledger; found something else. It was not sent "
        "again. See in the server's log whether that review went out; if not, remove the file.",
    )  # fmt: skip
    assert [office.copies(address) for address in EVERYONE] == [1, 1, 1]


def test_what_cannot_be_noted_after_sending_counts_as_unknown(call, signer):
    mail, aside = call.folder / "outputs" / "mail", call.folder / "aside"
    with serving(signer, ANSWER=lambda: mail.rename(aside)) as office:
        assert call("--send", "--list", "leadership", office=office) == (1, [
            "leadership: what became of it could not be noted (No such file or directory), and this is it: the server "
            "took the message. Make room on the disk. The next call takes it for unknown and does not send it again."
        ])  # fmt: skip
        aside.rename(mail)
        office.plan.clear()
        assert call("--send", "--list", "leadership", office=office)[0] == 1
    assert office.copies("cro@example.com") == 1


def test_what_cannot_be_noted_before_sending_is_not_sent(call, signer):
    mail, aside = call.folder / "outputs" / "mail", call.folder / "aside"
    with serving(signer, BODY=lambda: mail.rename(aside)) as office:
        assert call("--send", "--list", "leadership", office=office)[0] == 1
        aside.rename(mail)
        office.plan.clear()
        assert call("--send", "--list", "leadership", office=office) == (0, ["leadership: sent to 2 people."])
    assert office.copies("cro@example.com") == 1

"""One message handed to a real mail server over TLS: what arrives, and what is said of every way in which it fails."""

import contextlib
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import pytest
from mail_server import DRIP, HANG, LATE, PASSWORD, USER, authority, serving

from revops.delivery.mail import send
from revops.delivery.mail.send import Handed, as_sent, hand_over
from revops.delivery.mail.settings import Server
from revops.delivery.mail.talk import ServerError, talking
from revops.errors import SettingsError

SENDER, BOTH = "revops@example.com", ("cro@example.com", "cfo@example.com")
BEFORE_LOGIN = {"GREETING": "greeting us", "EHLO": "hearing who we are", "STARTTLS": "starting TLS",
                "EHLO2": "hearing who we are", "AUTH": "logging in"}  # fmt: skip
BEFORE_END = {"MAIL": "hearing the sender", "RCPT": "hearing a recipient", "DATA": "being asked to take the message",
              "BODY": "taking the message"}  # fmt: skip


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("authority"))


def message(lines=3):
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = SENDER, ", ".join(BOTH), "<1@example.com>"
    made["Subject"] = "Größe: one chance in ten"
    made.set_content(".\n..two\n.one\nFrom here\nüß\n" * lines)
    return made


def hand(signer, office, data=None, *, to=BOTH, timeout=20.0, notes=None, **server):
    """Hand a message to an office and return what became of it, or what the server error says, without the port."""
    given = {"host": "localhost", "port": office.port, "user": USER, "password": PASSWORD, "ca": str(signer.ca)}
    taken = [] if notes is None else notes
    with contextlib.ExitStack() as stack:
        try:
            talk = stack.enter_context(talking(Server(**{**given, **server}), timeout))
        except ServerError as error:
            assert office.received == [] and taken == []
            return str(error).replace(f":{office.port}", ":587")
        return hand_over(talk, data or as_sent(message()), SENDER, list(to), taken.append)


def portless(handed, office):
    return handed.problem.replace(f":{office.port}", ":587")


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_what_is_handed_over_arrives_byte_by_byte(signer, security):
    with serving(signer, security) as office:
        notes = []
        handed = hand(signer, office, security=security, notes=notes)
    assert handed == Handed("sent", BOTH)
    assert notes == [list(BOTH)]
    assert office.received == [(SENDER, BOTH, as_sent(message()))]
    assert office.seen[-1] == "QUIT"
    if security == "starttls":
        assert office.seen.index("STARTTLS") < office.seen.index("AUTH")


def test_a_message_goes_as_plain_lines_in_ascii():
    data = as_sent(message())
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", data) is None
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert data.endswith(b"\r\n") and not data.endswith(b"\r\n\r\n\r\n")


def test_dots_are_kept_where_a_message_is_written_in_parts(signer, monkeypatch):
    """Every place in which a part may end: before, within and after line ends and dots."""
    data = b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n.\r\n"
    with serving(signer) as office:
        for size in range(1, len(data) + 1):
            monkeypatch.setattr(send, "_CHUNK", size)
            assert hand(signer, office, data, to=BOTH[:1]).outcome == "sent"
    assert [got for _, _, got in office.received] == [data] * len(data)


@pytest.mark.parametrize(("stage", "doing"), BEFORE_LOGIN.items())
def test_a_server_that_hangs_up_before_the_login_is_named(signer, stage, doing):
    with serving(signer, **{stage: HANG}) as office:
        told = hand(signer, office)
    assert told == f"localhost:587 hung up while {doing}. Try again later, or check REVOPS_SMTP_HOST and _PORT."


@pytest.mark.parametrize(("stage", "doing"), BEFORE_END.items())
def test_a_server_that_hangs_up_before_the_end_has_sent_nothing(signer, stage, doing):
    with serving(signer, **{stage: HANG}) as office:
        notes = []
        handed = hand(signer, office, as_sent(message(100_000)), notes=notes)
    assert (handed.outcome, handed.taken, notes, office.received) == ("not_sent", (), [], [])
    assert portless(handed, office) == f"localhost:587 hung up while {doing}. Try again later."


@pytest.mark.parametrize(("stage", "copies"), [("END", 0), ("ANSWER", 1)])
def test_a_server_that_hangs_up_after_the_end_leaves_it_unknown(signer, stage, copies):
    with serving(signer, **{stage: HANG}) as office:
        notes = []
        handed = hand(signer, office, notes=notes)
    assert (handed.outcome, handed.taken, notes) == ("unknown", BOTH, [list(BOTH)])
    assert portless(handed, office) == "localhost:587 hung up while taking the whole message."
    assert office.copies(BOTH[0]) == copies


@pytest.mark.parametrize("how", [LATE, DRIP])
def test_a_slow_server_is_left_in_time_at_every_stage(signer, how, monkeypatch):
    monkeypatch.setattr(send, "PATIENCE", 1)

    def tried(stage):
        with serving(signer, **{stage: how}) as office:
            found = hand(signer, office, timeout=3.0)
            text = found if isinstance(found, str) else portless(found, office)
            return getattr(found, "outcome", None), text

    stages = {**BEFORE_LOGIN, **BEFORE_END, "END": "taking the whole message", "ANSWER": "taking the whole message",
              "QUIT": ""}  # fmt: skip
    del stages["BODY"]
    with ThreadPoolExecutor(len(stages)) as pool:
        found = dict(zip(stages, pool.map(tried, stages), strict=True))
    late = {stage: f"localhost:587 gave no answer within 3 seconds while {doing}" for stage, doing in stages.items()}
    again = "Try again later, or check REVOPS_SMTP_HOST and _PORT."
    assert found == {
        **{stage: (None, f"{late[stage]}. {again}") for stage in BEFORE_LOGIN},
        **{stage: ("not_sent", f"{late[stage]}. Try again later.") for stage in ("MAIL", "RCPT", "DATA")},
        **{stage: ("unknown", f"{late[stage]}.") for stage in ("END", "ANSWER")},
        "QUIT": ("sent", ""),
    }


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ("GREETING", "must talk to us; found: 554 5.3.0 no. Try again later, or ask whoever runs it."),
        ("EHLO", "must know EHLO; found: 554 5.3.0 no. Ask whoever runs it."),
        ("STARTTLS", "must start TLS; found: 554 5.3.0 no. Ask whoever runs it."),
        ("AUTH", "must know the user and password; found: 554 5.3.0 no. Check REVOPS_SMTP_USER and _PASSWORD."),
    ],
)
def test_a_server_that_will_not_have_us_is_told_in_its_words(signer, stage, told):
    with serving(signer, **{stage: "554 5.3.0 no"}) as office:
        assert hand(signer, office) == f"localhost:587: {told}"


@pytest.mark.parametrize("code", ["452 4.3.1", "554 5.3.0"])
@pytest.mark.parametrize(
    ("stage", "what"),
    [("MAIL", f"the sender {SENDER}"), ("DATA", "the message"), ("END", "the message"), ("ANSWER", "the message")],
)
def test_what_the_server_refuses_is_told_in_its_words(signer, stage, what, code):
    with serving(signer, **{stage: f"{code} no"}) as office:
        handed = hand(signer, office)
    check = " Check from in mail.yml, and the login." if stage == "MAIL" else ""
    assert handed == Handed("not_sent", (), {}, f"the server would not take {what}: {code} no.{check}")


def test_some_recipients_are_refused_and_the_others_get_it(signer):
    with serving(signer, **{BOTH[0]: "550 5.1.1 no such user"}) as office:
        notes = []
        handed = hand(signer, office, notes=notes)
    assert handed == Handed("sent", BOTH[1:], {BOTH[0]: "550 5.1.1 no such user"})
    assert notes == [[BOTH[1]]]
    assert [recipients for _, recipients, _ in office.received] == [BOTH[1:]]


def test_all_recipients_are_refused(signer):
    with serving(signer, RCPT="450 4.2.1 mailbox busy") as office:
        handed = hand(signer, office)
    refused = dict.fromkeys(BOTH, "450 4.2.1 mailbox busy")
    assert handed == Handed("not_sent", (), refused, "the server would have none of the recipients.")
    assert office.received == [] and "DATA" not in office.seen


def test_a_message_too_large_is_told_before_it_is_written(signer):
    data = as_sent(message(100))
    with serving(signer, most=1000) as office:
        handed = hand(signer, office, data)
    assert handed.problem == (f"the message has {len(data):,} bytes, and the server takes fewer: 1,000 bytes. "
                              "Attach fewer reports in mail.yml.")  # fmt: skip
    assert "MAIL" not in office.seen
    with serving(signer, MAIL="552 5.3.4 too big") as office:
        handed = hand(signer, office, data)
    assert handed.problem == (f"the message has {len(data):,} bytes, and the server takes fewer: 552 5.3.4 too big. "
                              "Attach fewer reports in mail.yml.")  # fmt: skip


def test_a_wrong_password_is_tried_once_and_never_shown(signer):
    with serving(signer) as office:
        told = hand(signer, office, password="hünter2 secret")
    assert told == (
        "localhost:587: must know the user and password; found: 535 5.7.8 Authentication credentials invalid. "
        "Check REVOPS_SMTP_USER and _PASSWORD."
    )
    assert office.seen.count("AUTH") == 1


def test_a_server_that_says_our_password_is_not_quoted(signer):
    import base64

    login = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    with serving(signer, AUTH=f"535 {PASSWORD} or {login} is wrong") as office:
        told = hand(signer, office)
    assert told == ("localhost:587: must know the user and password; found: 535 *** or *** is wrong. "
                    "Check REVOPS_SMTP_USER and _PASSWORD.")  # fmt: skip
    assert PASSWORD not in repr(Server("localhost", 587, "starttls", USER, PASSWORD))


def test_a_server_without_tls_gets_neither_password_nor_message(signer):
    with serving(signer, "none") as office:
        told = hand(signer, office)
    assert told == (
        "localhost:587: must offer STARTTLS; found: that it does not. Nothing is sent in the clear: set "
        "REVOPS_SMTP_SECURITY=tls and its port, often 465, or name another server."
    )
    assert office.seen == ["GREETING", "EHLO"]


def test_a_server_without_login_is_told(signer):
    with serving(signer, "tls", login=False) as office:
        assert hand(signer, office, security="tls", user=None, password=None).outcome == "sent"
    with listening([b"220 x\r\n", b"250-x\r\n250 AUTH XOAUTH2\r\n"]) as port:
        assert refused(signer, port, security="none", user=USER, password=PASSWORD) == (
            "must take a user and password (PLAIN or LOGIN); found: XOAUTH2. Name another server, or take "
            "REVOPS_SMTP_USER and _PASSWORD away where it needs none."
        )


def test_login_works_in_the_older_way_too(signer):
    import base64

    replies = [b"220 x\r\n", b"250-x\r\n250 AUTH LOGIN\r\n", b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n",
               b"235 welcome\r\n", b"221 bye\r\n"]  # fmt: skip
    with listening(replies) as port, talking(Server("127.0.0.1", port, "none", USER, PASSWORD), 20.0):
        pass
    assert listening.heard[1:] == [
        b"AUTH LOGIN",
        *(base64.b64encode(w.encode()) for w in (USER, PASSWORD)),
        b"QUIT",
        b"",
    ]


def test_a_certificate_that_we_do_not_trust_is_refused(signer, tmp_path):
    stranger = authority(tmp_path)
    advice = "Name the host as its certificate does, or the file of its authority with REVOPS_SMTP_CA."
    with serving(stranger) as office:
        told = hand(signer, office)
        assert office.seen == ["GREETING", "EHLO", "STARTTLS"]
    found = re.fullmatch(r"localhost:587: must show a certificate that we trust; found: (.*)\. (Name .*)", told)
    assert found and "certificate" in found[1] and found[2] == advice
    other = authority(tmp_path, "mail.example.com")
    with serving(other) as office:
        told = hand(other, office)
    assert told == (
        "localhost:587: must show a certificate that we trust; found: Hostname mismatch, certificate is not valid for "
        f"'localhost'. {advice}"
    )


def test_a_file_of_certificates_must_hold_some(tmp_path):
    (tmp_path / "ca.pem").write_text("not one")
    with pytest.raises(SettingsError) as told, talking(Server("localhost", 1, ca=str(tmp_path / "ca.pem")), 1):
        pass
    assert str(told.value) == (
        f"REVOPS_SMTP_CA: must be a file of certificates in PEM; found none in {tmp_path / 'ca.pem'}. Correct the path."
    )


def test_tls_where_the_server_speaks_plainly_is_told(signer):
    with serving(signer) as office:
        told = hand(signer, office, security="tls")
    assert re.fullmatch(
        r"localhost:587: must speak TLS; found: [a-z0-9 ]+\. Check REVOPS_SMTP_PORT and _SECURITY\.", told
    )


def test_a_name_that_nobody_knows_and_a_port_where_nobody_listens(signer):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert (
        refused(signer, port) == "must take connections; found: none listening there. Check REVOPS_SMTP_HOST and _PORT."
    )
    assert refused(signer, 587, host="mail.invalid") == (
        "must be a host that the network knows; found: no such name. Check REVOPS_SMTP_HOST."
    )


def test_an_answer_that_is_no_smtp_is_told_in_one_line(signer):
    with listening([b"HTTP/1.1 400 Bad \x1b[31mRequest\r\n" + b"x" * 9000]) as port:
        assert refused(signer, port, security="none") == (
            "must talk to us; found: no code: /1.1 400 Bad [31mRequest. Try again later, or ask whoever runs it."
        )


def refused(signer, port, host="127.0.0.1", **server):
    """Return what is said of a server that cannot be opened, without its name."""
    with pytest.raises(ServerError) as told, talking(Server(host, port, **server), 20.0):
        pass
    return str(told.value).removeprefix(f"{host}:{port}: ")


@contextlib.contextmanager
def listening(replies):
    """Give the port of a server that says one thing after each line, whatever the line says."""
    listening.heard = []

    def talk():
        peer, _ = server.accept()
        with peer, peer.makefile("rwb") as file:
            for reply in replies:
                with contextlib.suppress(ConnectionResetError):  # whoever was insulted has left
                    file.write(reply)
                    file.flush()
                    listening.heard.append(file.readline().strip())

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        talked = pool.submit(talk)
        yield server.getsockname()[1]
        talked.result(20)

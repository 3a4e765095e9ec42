"""Talking to a mail server one step at a time: every step has its time, and a failure says what was being done."""

import base64
import contextlib
import select
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import NoReturn

from revops.delivery.mail.settings import Server
from revops.errors import RunError, SettingsError

__all__ = ["Broken", "Reply", "ServerError", "Talk", "talking"]

Reply = tuple[int, str]
_LONGEST_REPLY = 300


class ServerError(RunError):
    """The mail server cannot be reached or will not have us: no message can be handed in, and none was."""


class Broken(Exception):
    """The server hung up, or did not answer in time; the text says so and what was being done."""


class Talk:
    """An open conversation with a mail server. Every step raises Broken where the server leaves or is late."""

    def __init__(self, server: Server, timeout: float) -> None:
        self.server, self.timeout = server, timeout
        self.smtp = smtplib.SMTP(local_hostname="[127.0.0.1]")  # a name here saves a slow search for ours
        self._is_late = False

    @property
    def most_bytes(self) -> int | None:
        """Return the size of the largest message that the server takes; None where it does not say."""
        size = self.smtp.esmtp_features.get("size", "")
        return int(size) if size.isdecimal() and int(size) else None

    def offers(self, extension: str) -> bool:
        """Return whether the server said that it knows an extension of SMTP."""
        return self.smtp.has_extn(extension)

    def say(self, command: str, doing: str) -> Reply:
        """Return the server's answer to a command."""
        with self._step(doing, self.timeout):
            return self._shown(*self.smtp.docmd(command))

    def hear(self, doing: str, times: float = 1) -> Reply:
        """Return the next answer of the server, waiting `times` as long as for others."""
        with self._step(doing, times * self.timeout):
            return self._shown(*self.smtp.getreply())

    def write(self, data: bytes, doing: str) -> None:
        """Write a part of a message, which has no answer of its own."""
        with self._step(doing, self.timeout):
            self.smtp.send(data)

    def interrupted(self, doing: str) -> Reply | None:
        """Return what the server says though it was not asked; None where it is silent, as it should be."""
        waiting = getattr(self.smtp.sock, "pending", int)()  # TLS may hold words that the system no longer has
        if not waiting and not select.select([self.smtp.sock], [], [], 0)[0]:
            return None
        return self.hear(doing)

    def open(self) -> None:
        """Connect, agree on TLS and log in.

        Raises
            ServerError: any of that cannot be done.
            SettingsError: the file of REVOPS_SMTP_CA holds no certificates.
        """
        context = _context(self.server)
        self._connect()
        if self.server.security == "tls":
            self._wrap(context)
        code, said = self.hear("greeting us")
        if code != 220:
            self._refuse("must talk to us", said, "Try again later, or ask whoever runs it.")
        self._introduce()
        if self.server.security == "starttls":
            self._start_tls(context)
        if self.server.user is not None:
            self._log_in()

    def close(self) -> None:
        """Leave without a word."""
        self.smtp.close()

    def _connect(self) -> None:
        try:
            self.smtp.sock = socket.create_connection((self.server.host, self.server.port), self.timeout)
        except (socket.gaierror, UnicodeError):
            self._refuse("must be a host that the network knows", "no such name", "Check REVOPS_SMTP_HOST.")
        except ConnectionRefusedError:
            self._refuse("must take connections", "none listening there", "Check REVOPS_SMTP_HOST and _PORT.")
        except TimeoutError:
            raise Broken(self._late("connecting", self.timeout)) from None
        except OSError as error:
            self._refuse("must be reachable", error.strerror or str(error), "Check the network.")
        host = self.smtp.sock.getsockname()[0]
        self.smtp.local_hostname = f"[IPv6:{host}]" if ":" in host else f"[{host}]"

    def _introduce(self) -> None:
        """Say who we are and learn what the server can do."""
        with self._step("hearing who we are", self.timeout):
            code, words = self.smtp.ehlo()
        if code != 250:
            self._refuse("must know EHLO", self._shown(code, words)[1], "Ask whoever runs it.")

    def _start_tls(self, context: ssl.SSLContext) -> None:
        if not self.offers("starttls"):
            self._refuse(
                "must offer STARTTLS", "that it does not", "Nothing is sent in the clear: set REVOPS_SMTP_SECURITY=tls "
                "and its port, often 465, or name another server.",
            )  # fmt: skip
        code, said = self.say("STARTTLS", "starting TLS")
        if code != 220:
            self._refuse("must start TLS", said, "Ask whoever runs it.")
        self._wrap(context)
        self.smtp.esmtp_features = {}  # what was said in the clear may be anybody's
        self._introduce()

    def _wrap(self, context: ssl.SSLContext) -> None:
        """Agree on TLS; what the server sent before that is thrown away."""
        with self._step("agreeing on TLS", self.timeout):
            self.smtp.sock = context.wrap_socket(
                self.smtp.sock, server_hostname=self.server.host, do_handshake_on_connect=False
            )
            try:
                self.smtp.sock.do_handshake()
            except ssl.SSLCertVerificationError as error:
                self._refuse(
                    "must show a certificate that we trust", error.verify_message.rstrip("."), "Name the host as its "
                    "certificate does, or the file of its authority with REVOPS_SMTP_CA.",
                )  # fmt: skip
            except ssl.SSLError as error:
                if self._is_late or isinstance(error, ssl.SSLEOFError):
                    raise
                found = (error.reason or "another answer").replace("_", " ").casefold()
                self._refuse("must speak TLS", found, "Check REVOPS_SMTP_PORT and _SECURITY.")
        self.smtp.file = None

    def _log_in(self) -> None:
        """Log in once: a second try with a wrong password may lock the account."""
        ways = self.smtp.esmtp_features.get("auth", "").upper().split()
        doing, (user, password) = "logging in", (self.server.user or "", self.server.password or "")
        if "PLAIN" in ways:
            code, said = self.say(f"AUTH PLAIN {_coded(f'{chr(0)}{user}{chr(0)}{password}')}", doing)
        elif "LOGIN" in ways:
            code, said = self.say("AUTH LOGIN", doing)
            for word in (user, password):
                if code == 334:
                    code, said = self.say(_coded(word), doing)
        else:
            self._refuse(
                "must take a user and password (PLAIN or LOGIN)", ", ".join(ways) or "no login", "Name another server, "
                "or take REVOPS_SMTP_USER and _PASSWORD away where it needs none.",
            )  # fmt: skip
        if code == 535 or 500 <= code < 600:
            self._refuse("must know the user and password", said, "Check REVOPS_SMTP_USER and _PASSWORD.")
        if code != 235:
            self._refuse("must let us log in", said, "Try again later.")

    @contextlib.contextmanager
    def _step(self, doing: str, seconds: float) -> Iterator[None]:
        """Give a step its time, whatever the server drips meanwhile; Broken where it ends without an answer."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        if self.smtp.sock is not None:
            self.smtp.sock.settimeout(seconds + 1)  # the timer comes first; this one is for where it cannot
        timer.start()
        try:
            yield
            if self._is_late:  # what was read of an answer cut off is none
                raise TimeoutError
        except OSError as error:
            self.close()
            if self._is_late or isinstance(error, TimeoutError):
                raise Broken(self._late(doing, seconds)) from None
            raise Broken(f"{self._where} hung up while {doing}") from None
        finally:
            timer.cancel()

    def _cut(self) -> None:
        """End a step that takes too long: whoever waits for the server finds the connection closed."""
        self._is_late = True
        if self.smtp.sock is not None:
            with contextlib.suppress(OSError):  # closed already
                socket.socket.shutdown(self.smtp.sock, socket.SHUT_RDWR)  # TLS must not say good-bye first

    def _late(self, doing: str, seconds: float) -> str:
        hint = " Port 465 wants REVOPS_SMTP_SECURITY=tls." if doing == "greeting us" and self.server.port == 465 else ""
        return f"{self._where} gave no answer within {seconds:g} seconds while {doing}.{hint}".removesuffix(".")

    @property
    def _where(self) -> str:
        return f"{self.server.host}:{self.server.port}"

    def _refuse(self, must: str, found: str, do: str) -> NoReturn:
        self.close()
        raise ServerError(f"{self._where}: {must}; found: {found}. {do}")

    def _shown(self, code: int, words: bytes) -> Reply:
        """Return an answer as one short line of printable words, in which our password never stands."""
        said = words.decode("utf-8", "replace")
        if self.server.password:
            login = f"{chr(0)}{self.server.user}{chr(0)}{self.server.password}"
            for secret in (_coded(login), _coded(self.server.password), self.server.password):
                said = said.replace(secret, "***")
        said = " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())
        return code, f"{code if code > 0 else 'no code:'} {said[:_LONGEST_REPLY]}".strip()


@contextlib.contextmanager
def talking(server: Server, timeout: float) -> Iterator[Talk]:
    """Give an open conversation with a mail server, and say good-bye at the end.

    Raises
        ServerError: the server cannot be reached or will not have us.
    """
    talk = Talk(server, timeout)
    try:
        try:
            talk.open()
        except Broken as broken:
            raise ServerError(f"{broken}. Try again later, or check REVOPS_SMTP_HOST and _PORT.") from None
        yield talk
        with contextlib.suppress(Broken):  # all is said: how the server takes leave changes nothing
            talk.say("QUIT", "taking leave")
    finally:
        talk.close()


def _context(server: Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca)
    except ssl.SSLError:
        raise SettingsError(
            f"REVOPS_SMTP_CA: must be a file of certificates in PEM; found none in {server.ca}. Correct the path."
        ) from None


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

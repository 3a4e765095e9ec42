"""A real mail server on this machine, over TLS, that does as it is told at each stage of the conversation."""

import asyncio
import contextlib
import ssl
import threading
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "mailer", "pä ss=wörd"
HANG, LATE, DRIP = "hang", "late", "drip"


@dataclass
class Office:
    """Stages of a conversation, in order: GREETING, EHLO, STARTTLS, EHLO2, AUTH, MAIL, RCPT, DATA, BODY, END, ANSWER,
    QUIT.

    plan says for a stage what happens there: the words to answer in place of the usual ones, HANG, LATE, DRIP, or a
    function to call. END comes before a message is taken, ANSWER after. received has all that were taken.
    """

    plan: dict = field(default_factory=dict)
    seen: list = field(default_factory=list)
    received: list = field(default_factory=list)
    most: int | None = 33554432
    port: int = 0

    def copies(self, address):
        """Return how many messages an address got."""
        return sum(address in recipients for _, recipients, _ in self.received)


class _Clerk(SMTP):
    def __init__(self, office, **settings):
        self.office, self.greeted, self.ending = office, False, False
        with warnings.catch_warnings(action="ignore"):  # of a login in the clear, which some tests want
            super().__init__(_Taking(), data_size_limit=office.most, ident="test", **settings)

    async def odd(self, stage):
        """Do what the plan says at a stage; return whether that replaces the usual."""
        self.office.seen.append(stage)
        action = self.office.plan.get(stage)
        if action == HANG:
            self.transport.abort()
        elif action == LATE:
            await asyncio.sleep(3600)  # ended by the client's leaving
        elif action == DRIP:
            while True:
                self._writer.write(b"2")
                await self._writer.drain()
                await asyncio.sleep(0.02)
        elif isinstance(action, str):
            await super().push(action.encode())
        elif action is not None:
            action()
            return False
        return action is not None

    async def push(self, status):
        words = status if isinstance(status, str) else status.decode()
        if not self.greeted and words.startswith("220 "):
            self.greeted = True
            if await self.odd("GREETING"):
                return
        if words.startswith("354"):
            await super().push(status)
            await self.odd("BODY")
            return
        if self.ending:
            self.ending = False
            if await self.odd("ANSWER"):
                return
        await super().push(status)

    async def smtp_EHLO(self, arg):
        if not await self.odd("EHLO2" if self._tls_protocol else "EHLO"):
            await super().smtp_EHLO(arg)

    async def smtp_STARTTLS(self, arg):
        if not await self.odd("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg):
        if not await self.odd("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg):
        if not await self.odd("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        address = arg.partition("<")[2].rstrip(">")
        if not (address in self.office.plan and await self.odd(address)) and not await self.odd("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        if not await self.odd("DATA"):
            await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg):
        if not await self.odd("QUIT"):
            await super().smtp_QUIT(arg)


class _Taking:
    """What happens to a message that has come whole."""

    async def handle_DATA(self, server, session, envelope):
        action = server.office.plan.get("END")
        if isinstance(action, str) and action not in (HANG, LATE, DRIP):
            server.office.seen.append("END")
            return action
        if await server.odd("END"):
            return "250 never said"
        server.office.received.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content))
        server.ending = True
        return "250 OK taken"


def _knows(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@dataclass(frozen=True)
class Authority:
    """Who signs certificates: the server's context, and the file by which clients trust it."""

    context: ssl.SSLContext
    ca: Path


def authority(folder, *names):
    """Return an authority that signed for localhost and 127.0.0.1, or for other names."""
    issuer = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
    issuer.cert_pem.write_to_path(str(folder / "ca.pem"))
    return Authority(context, folder / "ca.pem")


@contextlib.contextmanager
def serving(authority, security="starttls", login=True, **plan):
    """Give an office that is open on this machine."""
    office = Office(plan={stage: action for stage, action in plan.items() if stage != "most"},
                    most=plan.get("most", 33554432))  # fmt: skip
    settings = {"authenticator": _knows, "auth_required": login, "auth_require_tls": security != "none"}
    if security == "starttls":
        settings |= {"tls_context": authority.context, "require_starttls": True}
    elif security == "tls":
        settings |= {"auth_require_tls": False}
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # those of connections that the plan broke
    context = authority.context if security == "tls" else None
    factory = lambda: _Clerk(office, loop=loop, **settings)  # noqa: E731
    server = loop.run_until_complete(loop.create_server(factory, "127.0.0.1", 0, ssl=context))
    office.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

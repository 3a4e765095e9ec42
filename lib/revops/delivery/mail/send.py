"""Handing one message to a mail server, so that it is known whether it went: taken, not sent, or nobody can tell."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

from revops.delivery.mail.talk import Broken, Reply, Talk

__all__ = ["Handed", "as_sent", "hand_over"]

PATIENCE = 10
"""The answer to a whole message may take so many times as long as others: giving up then leaves us in the dark."""
_CHUNK = 1 << 16
_PLAIN = SMTP.clone(cte_type="7bit", max_line_length=78)


@dataclass(frozen=True)
class Handed:
    """What became of one message.

    outcome: sent (the server took it for `taken`), not_sent (it took it for nobody: `problem` says why), or unknown
    (it had the whole message and then gave no answer: it may deliver it to `taken`, or not). refused: who the server
    would not have, with its words, whatever the outcome.
    """

    outcome: Literal["sent", "not_sent", "unknown"]
    taken: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def as_sent(message: EmailMessage) -> bytes:
    """Return a message as it goes over the wire: plain ASCII, every line ended by CR LF."""
    written = message.as_bytes(policy=_PLAIN)
    written.decode("ascii")
    return b"".join(line + b"\r\n" for line in re.split(rb"\r\n|\r|\n", written.removesuffix(b"\r\n")))


def hand_over(
    talk: Talk, message: bytes, sender: str, recipients: Sequence[str], before_end: Callable[[Sequence[str]], None]
) -> Handed:
    """Hand a message to the server and return what became of it.

    Parameters
        message : what `as_sent` returns
        before_end : called with those who will get it after all but the message's end is handed over. Until then
            the server must deliver it to nobody; from then on only its answer tells.
    """
    refused: dict[str, str] = {}
    taken: list[str] = []
    try:
        problem = _addressed(talk, len(message), sender, recipients, taken, refused)
        if problem:
            return Handed("not_sent", (), refused, problem)
        for start in range(0, len(message), _CHUNK):
            talk.write(_stuffed(message, start), "taking the message")
        reply = talk.interrupted("taking the message")
        if reply is not None:
            return Handed("not_sent", (), refused, _refusal("the message", reply))
    except Broken as broken:
        return Handed("not_sent", (), refused, f"{broken}. Try again later.")
    before_end(taken)
    try:
        talk.write(b".\r\n", "taking the message's end")
        code, said = talk.hear("taking the whole message", PATIENCE)
    except Broken as broken:
        return Handed("unknown", tuple(taken), refused, f"{broken}.")
    if 200 <= code < 300:
        return Handed("sent", tuple(taken), refused)
    if 400 <= code < 600:
        return Handed("not_sent", (), refused, _refusal("the message", (code, said)))
    return Handed("unknown", tuple(taken), refused, f"it answered {said}.")


def _addressed(
    talk: Talk, size: int, sender: str, recipients: Sequence[str], taken: list[str], refused: dict[str, str]
) -> str:
    """Name sender and recipients up to where the message may follow; return why it may not, blank where it may."""
    if talk.most_bytes is not None and size > talk.most_bytes:
        return _too_large(f"{talk.most_bytes:,} bytes", size)
    declared = f" SIZE={size}" if talk.offers("size") else ""
    reply = talk.say(f"MAIL FROM:<{sender}>{declared}", "hearing the sender")
    if reply[0] == 552:
        return _too_large(reply[1], size)
    if reply[0] != 250:
        return _refusal(f"the sender {sender}", reply) + " Check from in mail.yml, and the login."
    for recipient in recipients:
        reply = talk.say(f"RCPT TO:<{recipient}>", "hearing a recipient")
        if reply[0] in (250, 251, 252):
            taken.append(recipient)
        elif reply[0] == 421:
            raise Broken(f"the server left ({reply[1]})")
        else:
            refused[recipient] = reply[1]
    if not taken:
        return "the server would have none of the recipients."
    reply = talk.say("DATA", "being asked to take the message")
    return "" if reply[0] == 354 else _refusal("the message", reply)


def _refusal(what: str, reply: Reply) -> str:
    return f"the server would not take {what}: {reply[1]}."


def _too_large(limit: str, size: int) -> str:
    return f"the message has {size:,} bytes, and the server takes fewer: {limit}. Attach fewer reports in mail.yml."


def _stuffed(message: bytes, start: int) -> bytes:
    """Return the part of a message from `start` on, a second dot before each line that begins with one."""
    part = message[start : start + _CHUNK]
    begins = start == 0 or message[start - 1 : start] == b"\n"
    doubled = part.replace(b"\n.", b"\n..")
    return b"." + doubled if begins and part.startswith(b".") else doubled

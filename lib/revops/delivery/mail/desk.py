"""Where letters are written down, sent once each, and noted in the ledger at every step."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path

from revops.delivery.mail.ledger import Entry, Ledger, write_private
from revops.delivery.mail.send import Handed, as_sent, hand_over
from revops.delivery.mail.settings import MAINTAINERS, MailSettings, Server
from revops.delivery.mail.talk import ServerError, talking
from revops.errors import RunError
from revops.wording import plural

__all__ = ["Desk", "Letter"]


@dataclass(frozen=True)
class Letter:
    """One message to the people of one list; `compose` writes it. run and as_of are those of what it tells of."""

    list: str
    to: tuple[str, ...]
    key: str
    content: str
    run: str
    as_of: str
    compose: Callable[[], EmailMessage]


@dataclass(frozen=True)
class Desk:
    """The desk of one company. force: send also what may have gone already; say: hears what is done."""

    ledger: Ledger
    mail: MailSettings
    zone: dt.tzinfo
    force: bool
    say: Callable[[str], None]

    def show(self, letter: Letter) -> None:
        """Write a letter down to be read, and say what sending it would do."""
        path = self._write(letter, as_sent(letter.compose()))
        entry = self.ledger.find(letter.key)
        left = list(letter.to) if entry is None else self._left(entry, letter)
        would = f"would go to {_people(left)}" if left else "would go to nobody"
        past = "" if entry is None else self._past(entry, letter)
        self.say(f"{letter.list}: {would}; written to {path}.{past}")

    def send(self, letters: Sequence[Letter], server: Server) -> bool:
        """Send each letter once; return whether everybody has theirs. A server that will not have us is asked once."""
        is_done = True
        for number, letter in enumerate(letters):
            try:
                is_done &= self._send(letter, server)
            except ServerError as error:
                self.say(f"{', '.join(each.list for each in letters[number:])}: not sent. {error}")
                return False
        return is_done

    def _send(self, letter: Letter, server: Server) -> bool:
        entry = self.ledger.find(letter.key)
        if entry is not None and not self._left(entry, letter):
            self.say(f"{letter.list}: nothing left to send.{self._past(entry, letter)}")
            return not entry.among(letter.to, "sending")
        message = letter.compose()
        data = as_sent(message)
        self._write(letter, data)
        entry = self._prepared(letter, entry, str(message["Message-ID"]))
        left = self._left(entry, letter)
        unsure = entry.among(left, "sending")
        with talking(server, self.mail.timeout_seconds) as talk:
            handed = hand_over(
                talk, data, self.mail.sender_address, left,
                lambda taken: self.ledger.write(entry.noted(taken, "sending")),
            )  # fmt: skip
            ended = _ended(entry, handed, left, unsure)
            self._note(ended, handed)
        self.say(f"{letter.list}: {self._told(letter, ended, handed, left)}")
        return len(ended.among(letter.to, "sent")) == len(letter.to)

    def _prepared(self, letter: Letter, entry: Entry | None, message_id: str) -> Entry:
        """Put on the disk that a letter is about to go, before anybody hears of it."""
        if entry is None:
            entry = Entry(letter.key, letter.list, letter.content, letter.run, letter.as_of, message_id)
            earlier = None if letter.list == MAINTAINERS else self.ledger.corrected(entry)
            entry = replace(entry, corrects=None if earlier is None else earlier.key)
        entry = entry.noted(entry.among(letter.to, "waiting"), "waiting")
        self.ledger.write(entry)
        return entry

    def _note(self, entry: Entry, handed: Handed) -> None:
        try:
            self.ledger.write(entry)
        except OSError as error:
            was = {"sent": "the server took the message", "not_sent": "nothing went"}.get(handed.outcome, "unknown")
            raise RunError(
                f"{entry.list}: what became of it could not be noted ({error.strerror}), and this is it: {was}. "
                "Make room on the disk. The next call takes it for unknown and does not send it again."
            ) from error

    def _left(self, entry: Entry, letter: Letter) -> list[str]:
        """Return who is to get it: not those who have it nor, unless forced, those who may have it."""
        return entry.among(letter.to, "waiting", "refused", *(["sending"] if self.force else []))

    def _write(self, letter: Letter, data: bytes) -> Path:
        self.ledger.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.ledger.folder / f"{letter.as_of}-{letter.list}.eml"
        write_private(path, data)
        return path

    def _told(self, letter: Letter, entry: Entry, handed: Handed, left: Sequence[str]) -> str:
        """Return what became of a letter, for a person."""
        refused = "".join(f"\n  refused: {address}: {said}" for address, said in handed.refused.items())
        again = "\n  The next call tries them alone; correct mail.yml where an address is wrong." if refused else ""
        if handed.outcome == "sent":
            old = self.ledger.find(entry.corrects) if entry.corrects else None
            corrects = "" if old is None else f", corrected: another one of {entry.as_of} {self._went(old)}"
            return f"sent to {_people(handed.taken)}{corrects}.{refused}{again}"
        if handed.outcome == "unknown":
            return f"{handed.problem} {self._unknown(entry, letter)}{refused}"
        return f"not sent: {handed.problem} Nothing went; the next call tries again.{refused}"

    def _past(self, entry: Entry, letter: Letter) -> str:
        """Return what the ledger knows of a letter; blank where it went to nobody yet."""
        has, may = entry.among(letter.to, "sent"), entry.among(letter.to, "sending")
        sent = f" This review {self._went(entry)} to {_people(has)}." if has else ""
        return f"{sent} {self._unknown(entry, letter)}" if may else sent

    def _went(self, entry: Entry) -> str:
        return f"was sent on {self._shown(entry.when('sent', 'sending'))}"

    def _unknown(self, entry: Entry, letter: Letter) -> str:
        may = entry.among(letter.to, "sending")
        return (
            f"It is not known whether it reached {_people(may)}: on {self._shown(entry.when('sending'))} the server "
            f"had it and no answer was noted. It is not sent again. Ask them, or look for {entry.message_id} in the "
            "server's log; if it did not arrive, --force sends it."
        )

    def _shown(self, when: dt.datetime | None) -> str:
        return "an unknown day" if when is None else f"{when.astimezone(self.zone):%Y-%m-%d %H:%M}"


def _ended(entry: Entry, handed: Handed, left: Sequence[str], unsure: Sequence[str]) -> Entry:
    """Return the entry after a letter was handed over. What was unsure before stays so until it is surely sent."""
    if handed.outcome == "sent":
        entry = entry.noted(handed.taken, "sent")
    elif handed.outcome == "unknown":
        entry = entry.noted(handed.taken, "sending", handed.problem)
    else:
        others = [a for a in left if a not in handed.refused and a not in unsure]
        entry = entry.noted(others, "waiting", handed.problem)
    for address, said in handed.refused.items():
        if address not in unsure:
            entry = entry.noted([address], "refused", said)
    return entry


def _people(addresses: Sequence[str]) -> str:
    return plural(len(addresses), "person", "people")

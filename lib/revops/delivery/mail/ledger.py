"""What was sent to whom, one small file per review and list: a review goes out once, whatever happens to the sender.

outputs/[company/]mail/<key>.json    prepared -> sending -> sent; replaced whole, on the disk before the next step

An entry that says `sending` when a sender starts was left so by one that stopped, or that the server gave no answer:
whether the message went is not known.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from revops.delivery.lock import locked
from revops.errors import RunError

__all__ = ["Entry", "Ledger", "Recipient", "key_of", "write_private"]

_OUTCOMES = ("waiting", "sending", "sent", "refused")


@dataclass(frozen=True)
class Recipient:
    """What became of a message for one of its recipients, since when [UTC], and what the server said, if anything."""

    outcome: Literal["waiting", "sending", "sent", "refused"] = "waiting"
    at: str = ""
    said: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in _OUTCOMES:
            raise ValueError(self.outcome)
        if self.outcome in ("sending", "sent") or self.at:
            dt.datetime.fromisoformat(self.at)


@dataclass(frozen=True)
class Entry:
    """One review for one list. recipients by address in small letters; corrects: the key of what was sent before of
    the same day, which said something else."""

    key: str
    list: str
    content: str
    run: str
    as_of: str
    message_id: str
    corrects: str | None = None
    recipients: Mapping[str, Recipient] = field(default_factory=dict)

    @property
    def state(self) -> Literal["prepared", "sending", "sent"]:
        """Return sending where it is not known whether it went to somebody, else sent where it went to anybody."""
        outcomes = {recipient.outcome for recipient in self.recipients.values()}
        return "sending" if "sending" in outcomes else "sent" if "sent" in outcomes else "prepared"

    def among(self, addresses: Sequence[str], *outcomes: str) -> list[str]:
        """Return those of the addresses that the entry knows by one of the outcomes; a new one is waiting."""
        return [a for a in addresses if self.recipients.get(a.casefold(), Recipient()).outcome in outcomes]

    def when(self, *outcomes: str) -> dt.datetime | None:
        """Return the last time that somebody's message came to one of the outcomes; None where it never did."""
        times = [each.at for each in self.recipients.values() if each.outcome in outcomes]
        return dt.datetime.fromisoformat(max(times)) if times else None

    def noted(self, addresses: Sequence[str], outcome: str, said: str = "") -> "Entry":
        """Return the entry with that outcome for the addresses, as of now."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        changed = {address.casefold(): Recipient(outcome, now, said) for address in addresses}  # type: ignore[arg-type]
        return replace(self, recipients={**self.recipients, **changed})


class Ledger:
    """The entries of one company. Use it inside `writing`, which keeps every other sender out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Let nobody else send while this lasts.

        Raises
            RunError: another sender is at work.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self.folder / ".lock", "sender"):
            yield

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key, None where there is none or where its writer stopped before the first word.

        Raises
            RunError: the file holds something else.
        """
        path = self._path(key)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        if not text:
            return None
        try:
            values = json.loads(text)
            del values["state"], values["schema"]
            people = {address.casefold(): Recipient(**each) for address, each in values.pop("recipients").items()}
            if values["key"] != key:
                raise ValueError(values["key"])
            return Entry(**values, recipients=people)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise RunError(
                f"{path}: must be an entry of the mail ledger; found something else. It was not sent again. "
                "See in the server's log whether that review went out; if not, remove the file."
            ) from None

    def write(self, entry: Entry) -> None:
        """Put an entry on the disk, in place of an earlier one of its key."""
        path = self._path(entry.key)
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        values = {"schema": 1, "state": entry.state, **asdict(entry)}
        write_private(path, (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode())

    def corrected(self, entry: Entry) -> Entry | None:
        """Return the last entry of the same list and day that says something else and went, or may have gone."""
        every = [self.find(path.stem) for path in sorted(self.folder.glob("*.json"))]
        others = [
            (other.when("sent", "sending"), other)
            for other in every
            if other is not None and (other.list, other.as_of) == (entry.list, entry.as_of) and other.key != entry.key
        ]
        gone = [(when, other) for when, other in others if when is not None]
        return max(gone, key=lambda pair: (pair[0], pair[1].key))[1] if gone else None

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def key_of(content: str, name: str) -> str:
    """Return the key of what is said to a list: the same words to the same list have the same key."""
    return hashlib.sha256(f"{content}\n{name}".encode()).hexdigest()[:32]


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its user's eyes alone: there whole or not at all, and on the disk when this returns."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    if hasattr(os, "O_DIRECTORY"):  # where folders cannot be opened, the system keeps names in order itself
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

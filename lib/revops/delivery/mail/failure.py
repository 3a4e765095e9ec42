"""The notice that the maintainers alone get: what failed, why, what to do, and the evidence."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

from revops import wording
from revops.delivery.mail.message import begin, finish, message_id
from revops.delivery.mail.plain import clean, shorten
from revops.delivery.mail.settings import MAINTAINERS, MailSettings
from revops.delivery.mail.subject import LONGEST
from revops.delivery.review.shape import Line, Review

__all__ = ["compose_failed_run", "compose_failure", "quoted"]

_UNSEEN = re.compile(
    "\x1b\\[[0-9;]*[A-Za-z]|\r\n?|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_TOLD_LINES = 30
_STANDS = {
    "run": "Nothing was changed: the run before stands, and nobody else was written to.",
    "mail": "The newest run stands in outputs/latest. Whoever has been written to is in the ledger, outputs/mail.",
}
_LONGEST_EVIDENCE = 200_000


@dataclass(frozen=True)
class _Failed:
    """One thing that failed. file is the name that its evidence goes along under."""

    what: str
    reason: str
    advice: str
    evidence: str
    file: str


def compose_failure(review: Review, folder: Path, settings: MailSettings, date: dt.datetime) -> EmailMessage:
    """Return the notice of the reports that failed in a run, with the evidence each left in the run's folder.

    The message id depends on what the review says and on the run: a failure that comes again is told again.
    """
    lines = [line for line in review.lines if line.outcome == "failed"]
    failed = [_failed(line, folder, number) for number, line in enumerate(lines, 1)]
    log = folder / "run.log"
    files = {"run.log": _seen(log.read_text(encoding="utf-8"))} if log.exists() else {}
    made = sum(line.outcome == "made" for line in review.lines)
    said = f"{wording.plural(len(lines), 'report')} failed, {made} made, as of {review.as_of}"
    where = f"The pages are in the folder of run {review.run}; begin with its index.html."
    identity = message_id(review.content, f"{MAINTAINERS} {review.run}", settings)
    return _compose(f"{review.company}: {said}", where, failed, files, settings, identity, date)


def compose_failed_run(
    company: str,
    reason: str,
    advice: str,
    evidence: str,
    settings: MailSettings,
    date: dt.datetime,
    what: str = "run",
) -> EmailMessage:
    """Return the notice that a run, or the mail after it, came to nothing as a whole: exports refused, disk full, a
    fault; evidence is what it said, such as a traceback. The message id depends on the reason and the day: told once a
    day."""
    failed = _Failed(f"The {what}", reason, advice, _seen(evidence), "traceback.txt")
    where = _STANDS[what]
    identity = message_id(f"{company} {reason} {date:%Y-%m-%d}", MAINTAINERS, settings)
    return _compose(f"{company}: the {what} failed: {reason}", where, [failed], {}, settings, identity, date)


def _compose(
    subject: str,
    where: str,
    failed: Iterable[_Failed],
    files: dict[str, str],
    settings: MailSettings,
    identity: str,
    date: dt.datetime,
) -> EmailMessage:
    """Return a notice: the end of each evidence in the text, and all of it attached."""
    failed = list(failed)
    subject = shorten(clean(subject), LONGEST)
    message = begin(subject, MAINTAINERS, settings.maintainers, settings, identity, date)
    same: dict[tuple[str, str], list[_Failed]] = {}
    for each in failed:
        same.setdefault((each.reason, each.advice), []).append(each)
    parts = [subject, *(_told(some) for some in same.values()), clean(where)]
    message.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    for name, text in ({each.file: each.evidence for each in failed} | files).items():
        if text:
            content = text[-_LONGEST_EVIDENCE:].encode()
            message.add_attachment(content, "text", "plain", filename=name, params={"charset": "utf-8"})
    return finish(message)


def _told(failed: Sequence[_Failed]) -> str:
    """Return what failed for one reason, what to do, and the end of what each said; the same words once."""
    first = failed[0]
    said = [f"{wording.join([clean(each.what) for each in failed])} failed: {clean(first.reason)}"]
    said += [f"What to do: {clean(first.advice)}"] if first.advice else []
    files: dict[str, list[str]] = {}
    for each in failed:
        files.setdefault(each.evidence, []).append(each.file)
    for evidence, names in files.items():
        lines = evidence.splitlines()
        if lines:
            more = f"The last {_TOLD_LINES} of {len(lines)} lines of " if len(lines) > _TOLD_LINES else ""
            said.append(f"{more}{wording.join(names)}:")
            said += [f"    {line}" for line in lines[-_TOLD_LINES:]]
    return "\n".join(said)


def _failed(line: Line, folder: Path, number: int) -> _Failed:
    """Return what failed; its file of a part of the company has a number, as names of parts may differ in what a file's
    name cannot tell."""
    name = "_".join([line.report, *(f"{by}_{group}" for by, group in line.slice.items())])
    name = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:60] + (f"_{number}" if line.slice else "")
    page = folder / line.evidence if line.evidence else None
    evidence = quoted(page.read_text(encoding="utf-8")) if page is not None and page.exists() else ""
    return _Failed(line.title, line.reason or "no reason was noted", line.advice or "", _seen(evidence), f"{name}.txt")


def quoted(page: str) -> str:
    """Return what a page of failure quotes: the code that was running, and what it said."""
    reader = _Quotes()
    reader.feed(page)
    return "\n\n".join(quote.strip("\n") for quote in reader.quotes)


class _Quotes(HTMLParser):
    """Gathers the text of every <pre> of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.quotes: list[str] = []
        self._is_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a quote."""
        if tag == "pre":
            self._is_open = True
            self.quotes.append("")

    def handle_endtag(self, tag: str) -> None:
        """End a quote."""
        self._is_open = self._is_open and tag != "pre"

    def handle_data(self, data: str) -> None:
        """Take the text of a quote."""
        if self._is_open:
            self.quotes[-1] += data


def _seen(text: str) -> str:
    """Return a text without colours, control characters and marks that turn its direction; lines stay lines."""
    return _UNSEEN.sub(lambda mark: "\n" if "\r" in mark[0] else "", text)

"""The Monday mail: what the newest run says goes to each list once, and failures to the maintainers alone."""

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from revops.company import load_company
from revops.delivery.mail.desk import Desk, Letter
from revops.delivery.mail.failure import compose_failed_run, compose_failure, quoted
from revops.delivery.mail.ledger import Ledger, key_of
from revops.delivery.mail.message import compose
from revops.delivery.mail.settings import MAINTAINERS, MailSettings, Server, load_mail, server_in
from revops.delivery.outputs import Outputs
from revops.delivery.plan import outputs_of
from revops.delivery.review import is_older, read
from revops.delivery.review.shape import Review
from revops.errors import RevopsError, RunError, SettingsError, nearest
from revops.params import find_params, project_root

__all__ = ["MailRequest", "post", "post_failed_run"]


@dataclass(frozen=True)
class MailRequest:
    """What one call of `mail` asks for. only: the one list to post to; force: send also what may have gone already."""

    send: bool = False
    only: str | None = None
    force: bool = False
    params: str | None = None
    outputs: str | None = None


def post(request: MailRequest, say: Callable[[str], None]) -> bool:
    """Post the review of the newest run to each list and return whether all is done; `say` hears what is done.

    Without `send` each message is written to outputs/[company/]mail/<as_of>-<list>.eml and nothing leaves.

    Raises
        SettingsError: mail.yml or the environment cannot be used, or there is no such list: nothing has been sent.
        RunError: there is no review to send, another sender is at work, or the ledger cannot be used.
    """
    params = find_params(request.params)
    mail, zone = load_mail(params), load_company(params).zone
    server = server_in(os.environ) if request.send else None
    outputs = Outputs(outputs_of(params, request.outputs))
    letters = list(_letters(*_newest(outputs), mail, request.only, _now(zone)))
    if not letters:
        say(f"{request.only}: every report was made; there is nothing to say.")
    return _posted(letters, Desk(Ledger(outputs.folder / "mail"), mail, zone, request.force, say), server)


def post_failed_run(
    request: MailRequest, reason: str, advice: str, evidence: str, say: Callable[[str], None], what: str = "run"
) -> bool:
    """Tell the maintainers that a run, or the `mail` after it, came to nothing as a whole, once a day for one reason;
    return whether it is done.

    Raises
        SettingsError, RunError: as `post`.
    """
    params = find_params(request.params)
    mail, (company, zone) = load_mail(params), _company(params)
    server = server_in(os.environ) if request.send else None
    now = _now(zone)
    content = hashlib.sha256(f"{company}\n{reason}\n{now.date()}".encode()).hexdigest()
    letter = Letter(
        MAINTAINERS, mail.maintainers, key_of(content, MAINTAINERS), content, "", now.date().isoformat(),
        lambda: compose_failed_run(company, reason, advice, evidence, mail, now, what),
    )  # fmt: skip
    ledger = Ledger(outputs_of(params, request.outputs) / "mail")
    return _posted([letter], Desk(ledger, mail, zone, request.force, say), server)


def _posted(letters: Sequence[Letter], desk: Desk, server: Server | None) -> bool:
    """Send letters, or without a server write them down to be read."""
    if server is not None:
        with desk.ledger.writing():
            return desk.send(letters, server)
    for letter in letters:
        desk.show(letter)
    return True


def _now(zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.now(zone).replace(microsecond=0)


def _newest(outputs: Outputs) -> tuple[Path, Review]:
    """Return the folder and the review of the run that `latest` shows; where it failed, the error's note quotes it."""
    last = outputs.last()
    failure = None if last is None else last[1].get("review_failure")
    if last is not None and failure:
        error = RunError(f"{outputs.latest}: the review of this run was not made: {failure['reason']}")
        page = last[0] / "index.html"
        error.add_note(quoted(page.read_text(encoding="utf-8", errors="replace")) if page.is_file() else "")
        raise error
    review = None if last is None else read(last[0])
    if last is not None and review is None and is_older(last[0]):
        raise RunError(
            f"{outputs.latest}: must show a run with a review; this one was made by another version: "
            "run the reports again with --again."
        )
    if last is None or review is None:
        raise RunError(f"{outputs.latest}: must show a run with a review; found none. Run the reports first.")
    return last[0], review


def _letters(run: Path, review: Review, mail: MailSettings, only: str | None, now: dt.datetime) -> Iterator[Letter]:
    """Yield a letter for each list, and one for the maintainers where a report failed."""
    if only is not None and only not in mail.everyone:
        raise SettingsError(f"--list {only}: must be a list of mail.yml. {nearest(only, list(mail.everyone))}")
    of = (review.content, review.run, review.as_of)
    for each in mail.lists:
        if only in (None, each.name):
            key = key_of(review.content, each.name)
            yield Letter(each.name, each.to, key, *of, lambda each=each: compose(review, run, each, mail, date=now))
    if only in (None, MAINTAINERS) and any(line.outcome == "failed" for line in review.lines):
        key = key_of(f"{review.content}\n{review.run}", MAINTAINERS)  # a failure that comes again is told again
        yield Letter(MAINTAINERS, mail.maintainers, key, *of, lambda: compose_failure(review, run, mail, now))


def _company(params: Path) -> tuple[str, dt.tzinfo]:
    """Return the company's name and zone; where company.yml is what fails, the folder's name and UTC."""
    try:
        company = load_company(params)
    except RevopsError:
        return (params if params.name != "params" else project_root(params)).name, dt.UTC
    return company.company, company.zone

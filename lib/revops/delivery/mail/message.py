"""The mail as a message: text and HTML of one digest, pictures by content id, the review and reports attached.

mixed
    alternative
        text
        related
            HTML
            pictures (PNG, by content id)
    attachments
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from revops.delivery.mail.attached import attached_of
from revops.delivery.mail.digest import digest_of
from revops.delivery.mail.forms import as_html, as_text
from revops.delivery.mail.headers import folded, from_line, to_line
from revops.delivery.mail.pictures import Picture, pictures_of
from revops.delivery.mail.settings import MailList, MailSettings
from revops.delivery.mail.subject import subject_of
from revops.delivery.review.audiences import nothing_to_do, seen_by
from revops.delivery.review.shape import Review

__all__ = ["begin", "compose", "finish", "message_id"]


def compose(
    review: Review, folder: Path, recipients: MailList, settings: MailSettings, date: dt.datetime
) -> EmailMessage:
    """Return the mail to one list: a review as that list's audience sees it; folder holds the run's files.

    Where no report is new, none goes along: old ones stay where they are.

    The same review, files and date give the same bytes. The message id depends on what the review says and on the
    list's name alone.

    Raises
        RunError: the run's folder lacks a file that the review names, or the HTML is larger than 90 KB.
    """
    nothing = nothing_to_do(review, recipients.audience)
    review = seen_by(review, recipients.audience)
    pictures = pictures_of(review, folder)
    files = attached_of(folder, recipients.attach if any(line.is_new for line in review.lines) else ())
    digest = digest_of(review, nothing, pictures, files, recipients)
    identity = message_id(review.content, recipients.name, settings)
    message = begin(subject_of(review), recipients.name, recipients.to, settings, identity, date)
    cids = [_cid(picture, settings) for picture in pictures]
    message.set_content(as_text(digest), cte="quoted-printable")
    message.add_alternative(as_html(digest, message["Subject"], cids), subtype="html", cte="quoted-printable")
    for picture, cid in zip(pictures, cids, strict=True):
        message.get_payload()[1].add_related(  # type: ignore[union-attr,index]
            picture.content, "image", "png", cid=f"<{cid}>", disposition="inline", filename=f"{picture.name}.png"
        )
    for file in files:
        message.add_attachment(file.content, "text", "html", filename=file.name, params={"charset": "utf-8"})
    return finish(message)


def begin(
    subject: str, name: str, to: Sequence[str], settings: MailSettings, identity: str, date: dt.datetime
) -> EmailMessage:
    """Return a message with its headers and nothing in it yet, to the list `name`."""
    domain = settings.sender_address.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message.set_raw("From", from_line(settings.sender_name, settings.sender_address))
    message.set_raw("To", to_line(to))
    if settings.reply_to is not None:
        message.set_raw("Reply-To", to_line([settings.reply_to]))
    message.set_raw("Subject", folded("Subject", subject))
    message["Date"] = date
    message["Message-ID"] = identity
    message["List-Id"] = f"<{name}.revops.{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    return message


def message_id(content: str, name: str, settings: MailSettings) -> str:
    """Return the id of the message that tells `content` to the list `name`: the same for the same."""
    return f"<{_hash(content, name)}@{settings.sender_address.rpartition('@')[2]}>"


def finish(message: EmailMessage) -> EmailMessage:
    """Return a message whose bytes depend on what is in it alone: boundaries made from it instead of drawn."""
    parts = [part for part in message.walk() if part is not message]
    for part in parts:
        del part["MIME-Version"]
    content = _hash(*(str(part.get_payload()) for part in parts if not part.is_multipart()))
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{content}_{number}")
    return message


def _cid(picture: Picture, settings: MailSettings) -> str:
    content = hashlib.sha256(picture.content).hexdigest()[:16]
    return f"{picture.name}.{content}@{settings.sender_address.rpartition('@')[2]}"


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]

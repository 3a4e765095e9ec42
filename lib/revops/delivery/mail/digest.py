"""What the mail says, once: the text and the HTML are two forms of the same digest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from revops.actions.words import STATUS
from revops.delivery.mail import below, this_week
from revops.delivery.mail.attached import Attached
from revops.delivery.mail.pictures import Picture
from revops.delivery.mail.plain import cleaned, shorten
from revops.delivery.mail.section import Item, Section, day, long_day
from revops.delivery.mail.settings import MailList
from revops.delivery.review.shape import Review

__all__ = ["Digest", "Shown", "digest_of"]

_LONGEST_PREHEADER = 150
_LONGEST_FIRST = 500
_LONGEST_SENTENCE = 300


@dataclass(frozen=True)
class Shown:
    """A picture in words: its claim, what can be seen, and how to read it."""

    title: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Digest:
    """All that a mail says, in the order it is read: text that is clean, nothing computed any more.

    first is what must be read before anything else, blank where all reports are new; sections stand before and after
    the pictures; made says where it comes from.
    """

    preheader: str
    first: str
    whose: str
    day: str
    status: str
    is_bad: bool
    sentence: str
    numbers: tuple[Item, ...]
    before: tuple[Section, ...]
    pictures: tuple[Shown, ...]
    after: tuple[Section, ...]
    made: str


def digest_of(
    review: Review, nothing: str, pictures: Sequence[Picture], files: Sequence[Attached], to: MailList
) -> Digest:
    """Return what the mail to a list says of a review as that list's audience sees it.

    `nothing` is what is said where it has no action.
    """
    review = cleaned(review)
    names = [file.name for file in files]
    after = [below.bridge(review), below.reports(review), below.missing(review), below.exports(review)]
    digest = Digest(
        preheader="",
        first=_first(review),
        whose=", ".join(part for part in (review.company, review.period) if part),
        day=f"{_what_is_of(review)} {long_day(review.as_of)}",
        status=STATUS[review.status],
        is_bad=review.status in ("act", "watch"),
        sentence=shorten(review.sentence, _LONGEST_SENTENCE),
        numbers=this_week.numbers(review),
        before=(this_week.to_do(review, names, nothing), this_week.changed(review)),
        pictures=tuple(Shown(each.title, each.alt, each.caption) for each in pictures),
        after=(*(section for section in after if section is not None), below.attached(review, files)),
        made=f"Made by RevOps Workbooks for the list {to.name}: run {review.run}, review {review.content[:12]}. "
        f"Amounts in {review.currency}. Definitions, rules and the records behind each number are in the reports.",
    )
    digest = cleaned(digest)
    return replace(digest, preheader=shorten(_preheader(digest), _LONGEST_PREHEADER))


def _what_is_of(review: Review) -> str:
    """Return what the day of a review is that of: of its data, or of a run that made nothing."""
    return "Data as of" if any(line.outcome != "failed" for line in review.lines) else "Nothing made in the run of"


def _first(review: Review) -> str:
    """Return what comes first: that there is a newer review, which reports are not of this run, and where numbers do
    not agree."""
    later = max((past.as_of for past in review.history if past.as_of > review.as_of), default=None)
    said = [] if later is None else [
        f"An older day, looked at again: there is a review as of {day(later, review.as_of)} already."
    ]  # fmt: skip
    said += [review.failed_first] if review.failed_first else []
    old = [line for line in review.lines if line.is_old or line.outcome == "failed"]
    if old and not review.failed_first:
        said.append(f"Not complete: {'; '.join(below.as_of_line(line, review.as_of) for line in old[:3])}.")
    if review.conflicts:
        said.append(f"Numbers that do not agree: {'; '.join(review.conflicts[:3])}.")
    return shorten(" ".join(said), _LONGEST_FIRST)


def _preheader(digest: Digest) -> str:
    """Return what a list of messages shows after the subject: what is amiss, then the numbers."""
    told = "; ".join(f"{number.figure} {number.text}" for number in digest.numbers)
    return " ".join(part for part in (digest.first, f"{told}." if told else "", f"{digest.day}.") if part)

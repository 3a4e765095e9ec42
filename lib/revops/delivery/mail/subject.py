"""The subject line: whose quarter it is, and the answer."""

from revops.delivery.mail.plain import clean, shorten
from revops.delivery.review.shape import Review

__all__ = ["LONGEST", "subject_of"]

LONGEST = 100
_LONGEST_COMPANY = 28
_LONGEST_PERIOD = 16


def subject_of(review: Review) -> str:
    """Return `company period: sentence` in one line of at most 100 characters, the period left out where the sentence
    names it.

    A sentence that is too long ends after a clause that stands for itself, else after a word with an ellipsis.
    """
    sentence = clean(review.sentence).removesuffix(".")
    company = shorten(clean(review.company), _LONGEST_COMPANY)
    period = shorten(clean(review.period), _LONGEST_PERIOD)
    whose = " ".join(part for part in (company, "" if period in sentence else period) if part)
    start = f"{whose}: " if whose else ""
    return f"{start}{shorten(sentence, LONGEST - len(start), at_clause=True)}"

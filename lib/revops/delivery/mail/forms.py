"""A digest as text and as HTML: the same words and numbers in the same order."""

import quopri
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources

from revops.delivery.mail.digest import Digest, Shown
from revops.delivery.mail.section import Item, Section
from revops.delivery.template import fill
from revops.errors import RunError

__all__ = ["LARGEST", "as_html", "as_text"]

LARGEST = 90_000
"""The most bytes that the HTML may have as it travels: Gmail cuts off what is beyond about 102 KB."""
_WIDTH = 78


def as_text(digest: Digest) -> str:
    """Return a digest as text of lines of at most 78 characters."""
    lines = [*_wrapped(digest.first), ""] if digest.first else []
    lines += [*_wrapped(digest.whose), *_wrapped(f"{digest.day}. Status: {digest.status}."), ""]
    lines += _wrapped(digest.sentence)
    lines += [""] if digest.numbers else []
    for number in digest.numbers:
        lines += _wrapped(f"{number.figure}: {number.text}", "* ")
        lines += _wrapped(number.small, "  ")
    for section in digest.before:
        lines += ["", *_section(section)]
    for picture in digest.pictures:
        lines += ["", *_picture(picture)]
    for section in digest.after:
        lines += ["", *_section(section)]
    return "\n".join([*lines, "", *_wrapped(digest.made)]) + "\n"


def as_html(digest: Digest, subject: str, cids: Sequence[str]) -> str:
    """Return a digest as the HTML of a mail, its styles written into each element; cids name the pictures' parts.

    Raises
        RunError: it is larger than 90 KB, which some mail programs would cut off.
    """
    import css_inline  # here, not above: only a run that makes a mail needs it

    page = fill("mail.html.j2", digest=digest, subject=subject, pictures=list(zip(digest.pictures, cids, strict=True)),
                sheet=_sheet())  # fmt: skip
    page = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(page)
    size = len(quopri.encodestring(page.encode()))
    if size > LARGEST:
        raise RunError(
            f"{subject}: the HTML of a mail must be at most {LARGEST:,} bytes; found {size:,}. "
            "This is a fault of the digest, not of your words or data: send this to whoever maintains it."
        )
    return page


@cache
def _sheet() -> str:
    return (resources.files("revops") / "delivery" / "templates" / "mail.css").read_text(encoding="utf-8")


def _section(section: Section) -> Iterator[str]:
    yield from _wrapped(section.title.upper())
    for number, item in enumerate(section.items, 1):
        yield from _item(item, f"{number}. " if section.kind == "numbered" else "* ")
    yield from _wrapped(section.note)


def _item(item: Item, bullet: str) -> Iterator[str]:
    yield from _wrapped(f"{item.text}: {item.figure}" if item.figure else item.text, bullet)
    yield from _wrapped(item.small, " " * len(bullet))


def _picture(picture: Shown) -> Iterator[str]:
    yield from _wrapped(f"Picture: {picture.title}")
    yield from _wrapped(picture.alt, "  ")
    yield from _wrapped(picture.caption, "  ")


def _wrapped(text: str, bullet: str = "") -> list[str]:
    indent = " " * len(bullet)
    return textwrap.wrap(text, _WIDTH, initial_indent=bullet, subsequent_indent=indent, break_on_hyphens=False)

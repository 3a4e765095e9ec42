"""How an action is known from one review to the next: by what it says, without its figures."""

import hashlib
import json
import re
from collections.abc import Mapping

__all__ = ["about", "key_of"]

_FIGURE = re.compile(r"\S*\d\S*")
_NOT_WORDS = re.compile(r"[^\w ]+")


def about(text: str) -> str:
    """Return what an action is about: its words in lower case, without figures and signs."""
    return " ".join(_NOT_WORDS.sub(" ", _FIGURE.sub(" ", text)).casefold().split())


def key_of(report: str, chosen: Mapping[str, str], rule: str, text: str) -> str:
    """Return the name of an action: short, and the same as long as only its figures change."""
    said = json.dumps([report, sorted(chosen.items()), rule, about(text)], ensure_ascii=False)
    return f"{rule}-{hashlib.sha256(said.encode()).hexdigest()[:10]}"

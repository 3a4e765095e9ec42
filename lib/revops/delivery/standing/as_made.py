"""A report as the run that made it left it, whatever a later run says on it: what is noted of it, and its files."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from revops.contents import Contents

__all__ = ["NOTICE", "as_made", "clean", "files_of", "hash_of", "noted"]

NOTICE = "<!-- notice -->"
"""The line of a page that a notice stands on."""
_NOTICE_LINE = re.compile(re.escape(NOTICE.encode()) + rb"[^\r\n]*")
_NOTED = ("inputs", "reads", "content", "held", "made_in", "seconds", "peak_mb")
_OF_LATER = ("carried_from", "evidence", "failure", "kept")


def noted(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the run that made the report noted of it, from its entry or that of a run that carries it; None where
    that was not noted, as by an older version."""
    return {name: entry.get(name) for name in _NOTED} if entry["outcome"] == "made" else entry.get("kept")


def as_made(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the entry of the report that an entry shows: itself, or, of one that is carried, as it was before that."""
    if entry["outcome"] == "made":
        return entry
    kept = noted(entry)
    return kept and {**entry, "outcome": "made", **dict.fromkeys(_OF_LATER), **kept}


def clean(page: bytes) -> bytes:
    """Return a report's page without a notice on top of it, byte for byte as it was made."""
    return _NOTICE_LINE.sub(NOTICE.encode(), page, count=1)


def files_of(entry: Mapping[str, Any]) -> list[str]:
    """Return the files that an entry leads to: the report's, and the evidence of a failure."""
    return [*entry["files"], *([entry["evidence"]] if entry["evidence"] else [])]


def hash_of(folder: Path, files: Iterable[str], contents: Contents, *, is_marked: bool = False) -> str | None:
    """Return one hash of files in a run's folder; None where one is not there. is_marked: pages bear a notice, which
    does not count."""
    digest = hashlib.blake2b(digest_size=12)
    for name in files:
        file = folder / name
        if not file.is_file():
            return None
        is_page = is_marked and file.suffix == ".html"
        found = hashlib.blake2b(clean(file.read_bytes())).digest() if is_page else contents.of_file(file)
        digest.update(name.encode() + b"\0" + found)
    return digest.hexdigest()

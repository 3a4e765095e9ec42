"""The files that go along with a mail: the review and reports, with links that lead only to what is attached too."""

import html
import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

from revops.delivery.outputs import MANIFEST
from revops.errors import RunError

__all__ = ["REVIEW", "Attached", "attached_of", "mend_links"]

REVIEW = "review.html"
_INDEX = "index.html"
_LINK = re.compile(r'<a\b([^>]*?)\shref="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_MAIN = re.compile(r"<main\b[^>]*>")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


@dataclass(frozen=True)
class Attached:
    """A file that goes along. report is blank for the review itself."""

    name: str
    report: str
    content: bytes


def attached_of(folder: Path, attach: Literal["all"] | Sequence[str]) -> tuple[Attached, ...]:
    """Return the page of the review and the pages of the reports named that the run holds, in the run's order.

    Pages of slices stay in the run's folder, and so does the evidence of what failed.

    Raises
        RunError: the run has no page of the review.
    """
    if not (folder / _INDEX).exists():
        raise RunError(f"{folder.name}: {_INDEX} must be there to go along; found none. Run the reports again.")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    asked = [e for e in manifest["reports"] if not e["slice"] and (attach == "all" or e["report"] in attach)]
    reports = {page: e["report"] for e in asked if (page := f"{e['report']}.html") in e["files"]}
    names = {_INDEX: REVIEW} | {page: page for page in reports}
    pages = {page: (folder / page).read_text(encoding="utf-8") for page in names}
    return tuple(
        Attached(names[page], reports.get(page, ""), mend_links(text, names, folder.name).encode())
        for page, text in pages.items()
    )


def mend_links(page: str, names: Mapping[str, str], run: str) -> str:
    """Return a page of a run's folder as it goes along with a mail.

    names tells which files go along, and as what: links to them lead to the file beside this one, links to anything
    else in the folder become plain words, and a line on top of a page with such links says where that is.
    """
    found: list[str] = []

    def mended(link: re.Match[str]) -> str:
        before, target, after, words = link.groups()
        place = html.unescape(target)
        if _ELSEWHERE.match(place):
            return link[0]
        found.append(place)
        path, _, anchor = place.partition("#")
        name = names.get(posixpath.normpath(unquote(path)))
        if name is None:
            return f"<span>{words}</span>"
        leads_to = html.escape(quote(name) + (f"#{anchor}" if anchor else ""))
        return f'<a{before} href="{leads_to}"{after}>{words}</a>'

    mailed = _LINK.sub(mended, page)
    note = (
        '\n<p style="font-size: .9rem; margin: 0 0 1rem">Sent by mail: links lead to the files attached to the same '
        "message, once they are saved in one folder. What is not linked here is in the folder of run "
        f"{html.escape(run)}.</p>"
    )
    return _MAIN.sub(lambda main: main[0] + note, mailed, count=1) if found else mailed

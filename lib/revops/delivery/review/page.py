"""The review's pages: index.html says all of it, executive.html in short, and each function's page what is theirs."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from revops import wording
from revops.actions.words import STATUS
from revops.delivery.review import tables
from revops.delivery.review.audiences import nothing_to_do, seen_by
from revops.delivery.review.shape import Followed, Review
from revops.delivery.template import fill, made_line
from revops.errors import naming

__all__ = ["PAGES", "render", "write_pages"]

PAGES = {"index": "Everything", "executive": "Executives", "marketing_ops": "Marketing ops", "revops": "RevOps"}
"""Each page of a review, <name>.html of the run, and what the link to it says."""


def write_pages(building: Path, review: Review, manifest: Mapping[str, Any]) -> None:
    """Write the pages of a review into the folder of its run.

    Earlier reviews are linked as ../runs/<name>/index.html: right from outputs/latest, and from outputs/runs/<name> by
    the link that outputs/runs holds to itself.
    """
    for name in PAGES:
        file = building / f"{name}.html"
        with naming(file):
            file.write_text(render(review, name, manifest), encoding="utf-8")


def render(review: Review, name: str, manifest: Mapping[str, Any]) -> str:
    """Return one page of a review: `index`, or the view of an audience. The manifest names the files of each report."""
    is_whole = name == "index"
    view = review if is_whole else seen_by(review, name)  # type: ignore[arg-type]
    titles = {line.report: line.title for line in review.lines if not line.slice}
    files = _files(view, manifest) if is_whole else []
    return fill(
        "review.html.j2",
        title=f"Monday review, {review.company}, {review.as_of}",
        page=name,
        pages=PAGES,
        about=[review.company, review.period, f"as of {_long_day(review.as_of)}"],
        pill=STATUS.get(review.status, wording.heading(review.status)),
        review=view,
        numbers=[(said, titles.get(said.report), _page_of(review, said.report)) for said in view.numbers],
        tasks=tables.tasks(view, titles) if view.tasks else None,
        more=_more(view.more_tasks),
        nothing=nothing_to_do(review, name),
        since=_long_day(view.before) if view.before else "",
        unchanged=tables.UNCHANGED,
        answers=[number for number, step in enumerate(view.bridge) if step.is_answer],
        records=next((step.records for step in view.bridge if step.records), None),
        parts=_parts(view, titles, is_whole),
        still_open="" if is_whole else _still_open(view),
        files=files,
        n_files=wording.plural(sum(len(links) for _, links in files), "file"),
        history=[(f"../runs/{past.run}/index.html", _long_day(past.as_of), past.sentence) for past in view.history],
        made=made_line(manifest["seconds"]),
    )


def _parts(view: Review, titles: Mapping[str, str], is_whole: bool) -> dict[str, Any]:
    """Return the tables below the first screen, by name; None where there is nothing to show in one."""
    old = tuple(row for row in view.exports if row.state == "old")
    rest = tuple(row for row in view.exports if row.state != "old") if is_whole else ()
    moved = view.followed if is_whole else _moved(view)
    return {
        "reports": tables.reports(view) if view.lines else None,
        "changes": tables.changes(view, titles) if view.changes else None,
        "bridge": tables.bridge(view.bridge, view.currency) if view.bridge else None,
        "followed": tables.followed(moved) if moved else None,
        "missing": tables.missing(view.missing, titles) if view.missing else None,
        "exports": tables.exports(old) if old else None,
        "exports_rest": tables.exports(rest) if rest else None,
        "exports_rest_claim": f"{wording.plural(len(rest), 'export')}, fresh or without dates",
        "exports_claim": _exports_claim(view),
    }


def _moved(view: Review) -> tuple[Followed, ...]:
    """Return the actions of the review before that are not still open as they were: those stand among this week's."""
    return tuple(row for row in view.followed if row.state != "still_open")


def _still_open(view: Review) -> str:
    n = len(view.followed) - len(_moved(view))
    return f"{wording.plural(n, 'action')} of the review before {'is' if n == 1 else 'are'} still open." if n else ""


def _exports_claim(view: Review) -> str:
    old, n = sum(row.state == "old" for row in view.exports), len(view.exports)
    if not n:
        return "No export was read"
    undated = sum(row.state == "undated" for row in view.exports)
    rest = f"; {undated} hold{'s' if undated == 1 else ''} no dates to tell by" if undated else ""
    counted = f"{wording.count(old) if old else 'None'} of {wording.plural(n, 'export')}"
    return f"{counted} {'is' if old < 2 else 'are'} old{rest}"


def _more(n: int) -> str:
    return f"{wording.plural(n, 'further action')} {'stands' if n == 1 else 'stand'} in the reports." if n else ""


def _page_of(review: Review, stem: str) -> str | None:
    return next((line.page for line in review.lines if line.report == stem and not line.slice), None)


def _files(view: Review, manifest: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the files of each report: its title, then the name and place of each but its page."""
    of = {(entry["report"], *sorted(entry["slice"].items())): entry["files"] for entry in manifest["reports"]}
    listed = [(line.title, of.get((line.report, *sorted(line.slice.items())), ())) for line in view.lines]
    return [
        (title, [(PurePosixPath(file).name, file) for file in files if not file.endswith(".html")])
        for title, files in listed
        if files
    ]


def _long_day(written: str) -> str:
    return wording.long_day(dt.date.fromisoformat(written))

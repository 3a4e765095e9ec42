"""The review of a run, or, where it cannot be made, a page in its place that says so and leads to the reports; and
which runs it needs to stay."""

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from revops import wording
from revops.delivery.jobs.job import Failure
from revops.delivery.notices import unreviewed_page
from revops.delivery.outputs import Outputs
from revops.delivery.review import PAGES, REVIEW, ReviewSettings, before, build, past_reviews, put_out
from revops.errors import RevopsError, is_of_machine, naming

__all__ = ["FILES", "prune", "reviewed"]

FILES = [*(f"{name}.html" for name in PAGES), REVIEW]
"""What a review leaves in its run."""
_DO_IT = "Do what the message says, then run the reports again."
_OUR_FAULT = "This is a fault of the review, not of your data: send this page to whoever maintains it."


def reviewed(
    building: Path, manifest: Mapping[str, Any], outputs: Outputs, settings: ReviewSettings, keep: int | None
) -> dict[str, str] | None:
    """Write the review of a run into its folder; return None, or the reason why there is none, and what to do.

    The reports are good without it: each page of the review then says what failed, what it said, and where they are. A
    disk that is full or shut ends the run instead, and the run before stands. keep: how many of the newest runs are to
    stay; None: all.
    """
    try:
        put_out(building, build(building, manifest, outputs.finished(), settings, keep), manifest)
        return None
    except Exception as error:
        if isinstance(error, OSError) and is_of_machine(error):
            raise
        failure = _failure(error)
    (building / REVIEW).unlink(missing_ok=True)
    reports = [_line(entry) for entry in manifest["reports"]]
    page = unreviewed_page(f"Monday review, {manifest['company']}", failure, reports, manifest["seconds"])
    for name in PAGES:
        file = building / f"{name}.html"
        with naming(file):
            file.write_text(page, encoding="utf-8")
    return {"reason": failure.reason, "advice": failure.advice}


def prune(outputs: Outputs, keep: int) -> list[str]:
    """Remove all runs but the newest `keep`, the one shown and the one that its review is held against; return the
    names of those removed."""
    shown = outputs.last()
    past = past_reviews(outputs.finished(), shown[1]["company"]) if shown else ()
    was = before(past, shown[1]["as_of"]) if shown else None
    return outputs.prune(keep, was.folder.name if was else None)


def _failure(error: Exception) -> Failure:
    if isinstance(error, RevopsError):
        return Failure(str(error), _DO_IT)
    return Failure(f"{type(error).__name__}: {error}", _OUR_FAULT, evidence=traceback.format_exc())


def _line(entry: Mapping[str, Any]) -> tuple[str, str | None, str]:
    """Return a report's title, its page, and what it says; of one that was not made, why."""
    title = ", ".join([wording.heading(entry["report"]), *entry["slice"].values()])
    page = next((file for file in entry["files"] if file.endswith(".html")), None)
    said = [f"as of {entry['as_of']}: {entry['sentence']}"] if page else []
    said += [f"not made in this run: {entry['failure']['reason']}"] if entry["failure"] else []
    return title, page or entry["evidence"], "; ".join(said)

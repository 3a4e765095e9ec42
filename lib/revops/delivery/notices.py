"""What a run says of a report in pages of its own: why it was not made, or that an older one stands in."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from revops.delivery.jobs.job import Failure
from revops.delivery.standing.as_made import NOTICE
from revops.delivery.template import fill, made_line

__all__ = ["failure_page", "mark_carried", "unreviewed_page"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LONGEST_EVIDENCE = 20_000


def failure_page(title: str, failure: Failure, code: str, entry: Mapping[str, Any], seconds: float) -> str:
    """Return the page that tells why a report was not made: what to do, the code that was running, the evidence."""
    origin = entry["carried_from"]
    return fill(
        "failed.html.j2",
        title=f"{title}: not made",
        what="report",
        failure=failure,
        code=code,
        reports=[],
        stands=(
            f"The last good report, as of {origin['as_of']}, stays in its place and is marked as older."
            if origin
            else "There is no earlier good report to show in its place."
        ),
        evidence=_plain(failure.evidence),
        made=made_line(seconds),
    )


def unreviewed_page(
    title: str, failure: Failure, reports: Sequence[tuple[str, str | None, str]], seconds: float
) -> str:
    """Return the page in place of a review that could not be made; of each report its title, page, and what it says."""
    return fill(
        "failed.html.j2",
        title=f"{title}: not made",
        what="review",
        failure=failure,
        code="",
        stands="The reports of this run are not touched by that:",
        reports=reports,
        evidence=_plain(failure.evidence),
        made=made_line(seconds),
    )


def _plain(evidence: str) -> str:
    """Return the end of a traceback, without colours and without spaces at the ends of lines."""
    lines = _ANSI.sub("", evidence)[-_LONGEST_EVIDENCE:].splitlines()
    return "\n".join(line.rstrip() for line in lines)


def mark_carried(page: str, as_of: str, evidence: str | None) -> str:
    """Return a report's page with one line on top that says it is an older one, and why."""
    why = (
        f'The newer report failed: <a href="{html.escape(evidence)}">see why</a>.'
        if evidence
        else "The newest run did not make this report again."
    )
    line = f'{NOTICE}<p class="notice">This is the report as of {html.escape(as_of)}. {why}</p>'
    return re.sub(rf"{re.escape(NOTICE)}[^\r\n]*", lambda _: line, page, count=1)

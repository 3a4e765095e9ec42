"""What a run says in pages of its own: why a report was not made, that an older one stands in, what there is."""

import html
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from revops.delivery.job import Failure
from revops.delivery.template import NOTICE, fill, made_line

__all__ = ["failure_page", "index_page", "mark_carried"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LONGEST_EVIDENCE = 20_000


def failure_page(title: str, failure: Failure, code: str, entry: Mapping[str, Any], seconds: float) -> str:
    """Return the page that tells why a report was not made: what to do, the code that was running, the evidence."""
    origin = entry["carried_from"]
    return fill(
        "failed.html.j2",
        title=f"{title}: not made",
        failure=failure,
        code=code,
        stands=(
            f"The last good report, as of {origin['as_of']}, stays in its place and is marked as older."
            if origin
            else "There is no earlier good report to show in its place."
        ),
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
    return re.sub(f"{re.escape(NOTICE)}.*", lambda _: line, page, count=1)


def index_page(manifest: Mapping[str, Any]) -> str:
    """Return the page that lists a run's reports: what each says, its files, and which are older or failed."""
    entries = manifest["reports"]
    made = sum(entry["outcome"] == "made" for entry in entries)
    failed = sum(entry["outcome"] == "failed" for entry in entries)
    claim = f"{made} of {made + failed} {'report' if made + failed == 1 else 'reports'} made, as of {manifest['as_of']}"
    return fill(
        "index.html.j2",
        title=f"Reports, {manifest['company']}, {manifest['as_of']}",
        company=manifest["company"],
        claim=f"{claim}; {failed} failed" if failed else claim,
        entries=[_shown(entry) for entry in entries],
        made=made_line(manifest["seconds"]),
    )


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the index shows of one entry."""
    name = str(entry["report"]).replace("_", " ").capitalize()
    page = next((file for file in entry["files"] if file.endswith(".html")), None)
    origin = entry["carried_from"]
    return {
        "title": ", ".join([name, *entry["slice"].values()]),
        "page": page,
        "notice": _notice(entry),
        "evidence": entry["evidence"],
        "sentence": entry["sentence"],
        "about": f"{entry['period']}, as of {origin['as_of'] if origin else entry['as_of']}:",
        "files": [{"href": file, "name": PurePosixPath(file).name} for file in entry["files"] if file != page],
    }


def _notice(entry: Mapping[str, Any]) -> str:
    origin = entry["carried_from"]
    if entry["failure"] is None:
        return f"Not part of this run; shown as of {origin['as_of']}." if origin else ""
    stands = f" The last good one, as of {origin['as_of']}, stands." if origin else ""
    return f"Not made in this run: {entry['failure']['reason']}{stands}"

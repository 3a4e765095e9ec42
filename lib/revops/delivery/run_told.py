"""What a person reads when a run has ended, or when there was nothing to run."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from revops.delivery.jobs.job import titled

__all__ = ["nothing_new", "told"]


def nothing_new(manifest: Mapping[str, Any]) -> str:
    """Return the line that says that no report was run, and why."""
    return (
        f"Nothing is new since run {manifest['run']}, as of {manifest['as_of']}: same exports, settings and code. "
        "No report was run; --again makes them anew."
    )


def told(folder: Path, manifest: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> str:
    """Return what a person reads at the end: each report's sentence and where it is, and why there is no review."""
    latest = Path(os.path.relpath(folder.parent.parent / "latest"))
    lines = []
    for entry in entries:
        page = next((latest / file for file in entry["files"] if file.endswith(".html")), None)
        if entry["outcome"] == "made":
            lines += [entry["sentence"], f"  {page}"]
        elif entry["outcome"] in ("failed", "not_run"):
            lines += [
                f"{titled(entry['report'], entry['slice'])} was not made: {entry['failure']['reason']}",
                f"  {latest / entry['evidence']}",
            ]
    if manifest.get("review_failure"):
        lines.append(f"The review was not made: {manifest['review_failure']['reason']}")
    return "\n".join([*lines, f"All reports: {latest / 'index.html'}"])

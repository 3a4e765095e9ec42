"""The manifest's entry of each report in a run: made now, taken over as it is, failed, or carried from an older run."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from revops.delivery.jobs.job import Job, Result, is_counted
from revops.delivery.notices import failure_page, mark_carried
from revops.delivery.plan import measures_of
from revops.delivery.standing.as_made import clean, noted
from revops.delivery.standing.code import code_of
from revops.errors import naming

__all__ = ["carried_entries", "failed_entry", "made_entry", "taken_entry"]

Last = tuple[Path, Mapping[str, Any]] | None
_SAID = ("as_of", "period", "status", "sentence")


def made_entry(job: Job, result: Result, building: Path) -> dict[str, Any]:
    """Return the entry of a report that was made in this run."""
    return {
        **_entry(job.stem, job.slice, "made"),
        **{key: result.answer[key] for key in _SAID if result.answer},
        "files": [_place(job, building, name) for name in result.files],
        "reads": _reads(job, result),
        **_cost(result),
    }


def taken_entry(entry: Mapping[str, Any], building: Path, last: Last) -> dict[str, Any]:
    """Take a report over from the last run's folder, where nothing that it reads has changed since: its files as they
    were made, by a link where the disk has such. Return its entry, which tells the run that made it."""
    assert last is not None
    for name in entry["files"]:
        file, target = last[0] / name, building / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with naming(target):
            page = file.read_bytes() if file.suffix == ".html" else b""
            if clean(page) != page:
                target.write_bytes(clean(page))
            else:
                _link(file, target)
    return dict(entry)


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # another disk, or one without links; what ails the disk itself ails the copy too
        shutil.copy2(file, target)


def failed_entry(job: Job, result: Result, building: Path, last: Last) -> dict[str, Any]:
    """Leave the evidence of a failure, or what the exports lack, beside the last good report; return the entry."""
    job.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(job.folder / job.stem, ignore_errors=True)
    for kind in ("html", "json"):
        (job.folder / f"{job.stem}.{kind}").unlink(missing_ok=True)
    notebook = job.folder / f"{job.stem}.ipynb"
    if notebook.exists():
        notebook.rename(job.folder / f"{job.stem}.failed.ipynb")
    evidence = job.folder / f"{job.stem}.failed.html"
    good = _last_good(job.stem, job.slice, last)
    assert result.failure is not None
    outcome = "not_run" if result.failure.is_refusal else "failed"
    entry = {**_entry(job.stem, job.slice, outcome), **_kept(good, building, last, evidence.name)}
    code = _code(job, result.failure.cell)
    with naming(evidence):
        evidence.write_text(failure_page(job.title, result.failure, code, entry, result.seconds), encoding="utf-8")
    failure = {key: value for key, value in asdict(result.failure).items() if key in ("reason", "advice", "cell")}
    return {**entry, "evidence": _place(job, building, evidence.name), "failure": failure, **_cost(result)}


def carried_entries(entries: list[dict[str, Any]], building: Path, last: Last) -> list[dict[str, Any]]:
    """Copy every report of the last run that this one does not replace, and return their entries."""
    here = [(entry["report"], entry["slice"]) for entry in entries]
    missing = [] if last is None else [e for e in last[1]["reports"] if (e["report"], e["slice"]) not in here]
    return [
        {**_entry(entry["report"], entry["slice"], "carried"), **_kept(entry, building, last, None)}
        for entry in missing
        if last and _is_whole(entry, last[0])
    ]


def _reads(job: Job, result: Result) -> list[str] | None:
    """Return the tables that a report reads of the exports: those that its Answer names, and, since a cell may measure
    once the Answer is shown, those of all measures that its notebook takes. None where it may read any."""
    named, code = (result.answer or {}).get("reads"), code_of(job.notebook)
    if not named or not code.is_bound:
        return None
    measured = [_read_by(stem, taken) for stem, taken in code.measures]
    return None if None in measured else sorted({*named, *chain(*filter(None, measured))})


def _read_by(stem: str, taken: str) -> Sequence[str] | None:
    """Return the tables that a report's measures may read, or that part of them which is taken; None: not known."""
    module = measures_of(stem)
    return getattr(module, "READS_OF", {}).get(taken) or getattr(module, "READS", None)


def _code(job: Job, number: int | None) -> str:
    """Return the code of a code cell of the job's notebook, counted from 1."""
    if number is None:
        return ""
    cells = json.loads(job.notebook.read_text(encoding="utf-8"))["cells"]
    return "".join([cell for cell in cells if is_counted(cell)][number - 1]["source"])


def _entry(stem: str, chosen: Mapping[str, str], outcome: str) -> dict[str, Any]:
    return {
        "report": stem,
        "slice": dict(chosen),
        "outcome": outcome,
        **dict.fromkeys(_SAID),
        "files": [],
        "carried_from": None,
        "evidence": None,
        "failure": None,
        "seconds": None,
        "peak_mb": None,
        "inputs": None,
        "reads": None,
        "content": None,
        "made_in": None,
        "held": None,
        "kept": None,
    }


def _cost(result: Result) -> dict[str, float]:
    return {"seconds": round(result.seconds, 1), "peak_mb": round(result.peak_bytes / 2**20)}


def _place(job: Job, building: Path, name: str) -> str:
    return (job.folder / name).relative_to(building).as_posix()


def _last_good(stem: str, chosen: Mapping[str, str], last: Last) -> Mapping[str, Any] | None:
    """Return the last run's entry of the same report and slice, if it has files to show and all are there."""
    folder, entries = (Path(), []) if last is None else (last[0], last[1]["reports"])
    same = (entry for entry in entries if entry["report"] == stem and entry["slice"] == chosen)
    return next((entry for entry in same if _is_whole(entry, folder)), None)


def _is_whole(entry: Mapping[str, Any], folder: Path) -> bool:
    return bool(entry["files"]) and all((folder / name).is_file() for name in entry["files"])


def _kept(good: Mapping[str, Any] | None, building: Path, last: Last, evidence: str | None) -> dict[str, Any]:
    """Copy the files of a good report into this run, its page marked, and return what the entry says of them."""
    if good is None or last is None:
        return {}
    folder, manifest = last
    origin = good["carried_from"] or {"run": manifest["run"], "as_of": good["as_of"]}
    for name in good["files"]:
        target = building / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with naming(target):
            if name.endswith(".html"):
                page = (folder / name).read_bytes().decode("utf-8")  # not as text: that would change ends of lines
                target.write_bytes(mark_carried(page, origin["as_of"], evidence).encode("utf-8"))
            else:
                shutil.copy2(folder / name, target)
    return {
        **{key: good[key] for key in _SAID},
        "files": list(good["files"]),
        "carried_from": origin,
        "kept": noted(good),
    }

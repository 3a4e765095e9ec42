"""One run of many reports: warm the cache, run the jobs, keep what still stands, switch the new run in."""

import datetime as dt
import json
import os
import platform
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from revops.delivery.entries import carried_entries, failed_entry, made_entry
from revops.delivery.fingerprint import Inputs, Key, inputs_of, key_of
from revops.delivery.jobs.job import OUR_FAULT, Failure, Job, Result
from revops.delivery.jobs.running import running_settings
from revops.delivery.jobs.supervise import prepare_workers, run_jobs
from revops.delivery.outputs import MANIFEST, Outputs
from revops.delivery.plan import Plan, Request, asked_of, make_plan, refusal_of
from revops.delivery.progress import Progress
from revops.delivery.review import review_settings
from revops.delivery.reviewed import reviewed
from revops.delivery.template import versions
from revops.errors import RevopsError, is_of_machine, naming, refused_by_machine
from revops.params import Knobs

__all__ = ["run_reports"]

_DO_IT = "Do what the message says, then run the reports again."
_ADD_IT = "Add it to the exports: `python -m revops check` says which files fill which table."


def run_reports(request: Request, progress: Progress) -> tuple[Path, Mapping[str, Any]]:
    """Run what is asked for and return the run's folder and its manifest.

    A report that fails leaves its evidence, and the last good one stays in its place; the manifest says so. It says too
    where no review could be made of them.

    Raises
        SettingsError: the request names something unknown; nothing has been run.
        RunError: another run is at work in the same outputs folder, or the disk is full or shut.
    """
    plan = make_plan(request)
    reviewing = review_settings(request.params, plan.settings[0].company.currency)
    running = running_settings(request.params, where=request.on, engine=request.engine)
    aside = prepare_workers(running.engine, [settings.stem for settings in plan.settings]) or ()
    outputs, began = Outputs(plan.outputs), time.monotonic()
    inputs = inputs_of(asked_of(request))
    with outputs.building() as building, outputs.scratch(*aside) as scratch:
        for line in outputs.mended:
            progress.say(line)
        jobs = [replace(job, engine=running.engine) for job in plan.jobs(building, scratch)]
        progress.expect(len(jobs))
        warmed = _warm(plan)
        results = _results(jobs, warmed, progress)
        entries = _entries(results, building, outputs, inputs)
        as_of = _as_of(entries, plan)
        manifest = _manifest(outputs.next_name(as_of), as_of, plan, entries, time.monotonic() - began)
        manifest["stands_until"] = warmed.until
        manifest["review_failure"] = reviewed(building, manifest, outputs, reviewing)
        _write(building, manifest, [*progress.lines, *(result.log for _, result in results)])
        run = outputs.switch_in(building, manifest["run"])
        if request.keep is not None:
            for name in outputs.prune(request.keep):
                progress.say(f"removed run {name}")
        if warmed.prepared is not None:
            from revops.book.kept import keep_newest  # here, not above: it loads what a refused call need not

            keep_newest(warmed.prepared.parent)
    return run, manifest


def _results(jobs: list[Job], warmed: "_Warmed", progress: Progress) -> list[tuple[Job, Result]]:
    """Return each job with its result, in the order of the plan; what the exports cannot feed does not start."""
    jobs, refused = [replace(job, prepared=warmed.prepared) for job in jobs], warmed.refused
    ended = [(job, Result(failure=refused[job.stem])) for job in jobs if job.stem in refused]
    running = run_jobs([job for job in jobs if job.stem not in refused], _cores(), progress.hear)
    results = {}
    for job, result in chain(ended, running):
        progress.end(job, result)
        results[job.title] = result
    return [(job, results[job.title]) for job in jobs]


@dataclass(frozen=True)
class _Warmed:
    """The reports that cannot run, and why; when the first stamp in the data that is still to come will have; and where
    the tables are, which every report of the run reads, whatever becomes of the exports meanwhile."""

    refused: Mapping[str, Failure] = field(default_factory=dict)
    until: str | None = None
    prepared: Path | None = None


def _warm(plan: Plan) -> _Warmed:
    """Prepare the company's tables once, so that no kernel has to, and return what they say of the run.

    All fail where the data cannot be read. A report without measures of its own reads no tables.
    """
    every = [settings.stem for settings in plan.settings]
    reading = [settings for settings in plan.settings if type(settings.knobs) is not Knobs]
    if not reading:
        return _Warmed()
    from revops.book import open_book  # here, not above: pandas takes a moment that a refused call need not pay

    try:
        clock = dt.datetime.now(reading[0].company.zone)
        book = open_book(reading[0])
        refused, until = {stem: refusal_of(stem, book) for stem in every}, book.first_stamp_after(clock)
    except RevopsError as error:
        return _Warmed(dict.fromkeys(every, Failure(str(error), _DO_IT)))
    except Exception as error:
        if isinstance(error, OSError) and is_of_machine(error):
            return _Warmed(dict.fromkeys(every, Failure(refused_by_machine(error), _DO_IT)))
        reason = f"The exports could not be prepared: {type(error).__name__}: {error}"
        return _Warmed(dict.fromkeys(every, Failure(reason, OUR_FAULT, evidence=traceback.format_exc())))
    failures = {
        stem: Failure(f"It {needs}; the exports hold none.", _ADD_IT, is_refusal=plan.is_all)
        for stem, needs in refused.items()
        if needs is not None
    }
    return _Warmed(failures, until.isoformat() if until else None, getattr(book.tables, "home", None))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _entries(
    results: Iterable[tuple[Job, Result]], building: Path, outputs: Outputs, inputs: Mapping[Key, Inputs]
) -> list[dict[str, Any]]:
    """Put out pages of failure and reports of the last run, and return the manifest's entry of every report."""
    last = outputs.last()
    entries = []
    for job, result in results:
        if result.failure is None:
            entries.append(made_entry(job, result, building))
        else:
            entries.append(failed_entry(job, result, building, last))
        entries[-1]["inputs"] = inputs[key_of(job.stem, job.slice)]
    entries += carried_entries(entries, building, last)
    return sorted(entries, key=lambda entry: (entry["report"], sorted(entry["slice"].items())))


def _as_of(entries: Iterable[Mapping[str, Any]], plan: Plan) -> str:
    """Return the day the run is filed under: the latest of the reports made, else the one asked for, else today."""
    made = [entry["as_of"] for entry in entries if entry["outcome"] == "made"]
    asked = plan.settings[0].knobs.as_of
    if made:
        return max(made)
    return (asked if isinstance(asked, dt.date) else dt.datetime.now(plan.settings[0].company.zone).date()).isoformat()


def _manifest(name: str, as_of: str, plan: Plan, entries: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    return {
        "schema": 1,
        "run": name,
        "company": plan.settings[0].company.company,
        "as_of": as_of,
        "made": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "seconds": round(seconds, 1),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": versions(),
        "reports": entries,
    }


def _write(building: Path, manifest: Mapping[str, Any], log: Iterable[str]) -> None:
    """Write the manifest and the log of a run."""
    lines = [line for line in log if line.strip()]
    for name, text in (
        (MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"),
        ("run.log", "\n".join(lines) + "\n"),
    ):
        with naming(building / name):
            (building / name).write_text(text, encoding="utf-8")

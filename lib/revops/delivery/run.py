"""One run of many reports: warm the cache, run the jobs, keep what still stands, switch the new run in."""

import datetime as dt
import json
import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from revops.contents import Contents, cache_folder, versions
from revops.delivery.entries import carried_entries, failed_entry, made_entry, taken_entry
from revops.delivery.jobs.cluster import Cluster, cluster_of, run_jobs_on
from revops.delivery.jobs.job import Job, Result
from revops.delivery.jobs.running import cores, run_file, running_settings
from revops.delivery.jobs.supervise import prepare_workers, run_jobs
from revops.delivery.jobs.surroundings import check_engine
from revops.delivery.outputs import MANIFEST, Outputs
from revops.delivery.plan import Plan, Request, asked_of, make_plan
from revops.delivery.progress import Progress
from revops.delivery.review import review_settings
from revops.delivery.reviewed import FILES, prune, reviewed
from revops.delivery.standing.as_made import files_of, hash_of
from revops.delivery.standing.fingerprint import Inputs, Key, inputs_of, key_of
from revops.delivery.standing.unchanged import may_stand, new_since
from revops.delivery.warm import Warmed, warm
from revops.errors import naming

__all__ = ["run_reports"]

Entry = Mapping[str, Any]


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
    check_engine(running.engine)
    cluster = cluster_of(running, run_file(request.params))
    outputs, began = Outputs(plan.outputs), time.monotonic()
    inputs, contents = inputs_of(asked_of(request)), Contents(cache_folder(plan.settings[0].root))
    with outputs.building() as building, outputs.scratch() as scratch:
        for line in outputs.mended:
            progress.say(line)
        jobs = [replace(job, engine=running.engine) for job in plan.jobs(building, scratch)]
        if new := new_since(outputs.last(), inputs):
            progress.say(new)
        may = {} if request.again else may_stand(outputs.last(), inputs, dt.datetime.now(dt.UTC), contents)
        warmed, stand = _begun(plan, may, inputs, outputs, running.engine if cluster is None else None)
        results = _results(_needed(jobs, stand, progress), warmed, progress, cluster, scratch)
        entries = _held(_entries(results, stand, warmed, building, outputs, inputs), building, contents)
        as_of = _as_of(entries, plan)
        manifest = _manifest(outputs.next_name(as_of), as_of, plan, entries, time.monotonic() - began)
        manifest["stands_until"] = warmed.until
        manifest["review_failure"] = reviewed(building, manifest, outputs, reviewing, request.keep)
        manifest["review"] = {"files": FILES, "evidence": None, "held": hash_of(building, FILES, contents)}
        _write(building, manifest, [*progress.lines, *(result.log for _, result in results)])
        run = outputs.switch_in(building, manifest["run"])
        if request.keep is not None:
            for name in prune(outputs, request.keep):
                progress.say(f"removed run {name}")
        if warmed.prepared is not None:
            from revops.book.kept import keep_newest  # here, not above: it loads what a refused call need not

            keep_newest(warmed.prepared.parent)
    return run, manifest


def _begun(
    plan: Plan, may: Mapping[Key, Entry], inputs: Mapping[Key, Inputs], outputs: Outputs, engine: str | None
) -> tuple[Warmed, dict[Key, Entry]]:
    """Prepare the tables, and workers once it is known that one will work; return what was prepared, and which entries
    of the last run stand: those whose reports read what they read then. No engine: the workers are a cluster's."""

    def get_workers(stems: list[str]) -> None:
        if engine is not None and stems:
            outputs.note_scratch(*(prepare_workers(engine, stems) or ()))

    if not may:
        get_workers([settings.stem for settings in plan.settings])
    warmed = warm(plan)
    stand = {
        key: entry
        for key, entry in may.items()
        if entry["report"] not in warmed.refused
        and entry["content"] == warmed.content(entry["reads"], inputs[key]["exports"])
    }
    if may:
        get_workers([key[0] for key in inputs if key not in stand and key[0] not in warmed.refused])
    return warmed, stand


def _needed(jobs: list[Job], stand: Mapping[Key, Entry], progress: Progress) -> list[Job]:
    """Return the jobs of reports that do not stand, and say which do."""
    needed = []
    for job in jobs:
        entry = stand.get(key_of(job.stem, job.slice))
        if entry is None:
            needed.append(job)
        else:
            progress.say(f"{job.title}: as in run {entry['made_in']}, nothing that it reads has changed")
    progress.expect(len(needed))
    return needed


def _results(
    jobs: list[Job], warmed: Warmed, progress: Progress, cluster: Cluster | None, scratch: Path
) -> list[tuple[Job, Result]]:
    """Return each job with its result, in the order of the plan; what the exports cannot feed does not start."""
    jobs, refused = [replace(job, prepared=warmed.prepared) for job in jobs], warmed.refused
    ended = [(job, Result(failure=refused[job.stem])) for job in jobs if job.stem in refused]
    fed = [job for job in jobs if job.stem not in refused]
    if cluster is None:
        running = run_jobs(fed, cores(), progress.hear)
    else:
        running = run_jobs_on(cluster, fed, scratch, progress.say, progress.hear)
    results = {}
    for job, result in chain(ended, running):
        progress.end(job, result)
        results[job.scratch] = result
    return [(job, results[job.scratch]) for job in jobs]


def _entries(
    results: Iterable[tuple[Job, Result]],
    stand: Mapping[Key, Entry],
    warmed: Warmed,
    building: Path,
    outputs: Outputs,
    inputs: Mapping[Key, Inputs],
) -> list[dict[str, Any]]:
    """Put out pages of failure and reports of the last run, and return the manifest's entry of every report."""
    last = outputs.last()
    entries = [taken_entry(entry, building, last) | {"inputs": inputs[key]} for key, entry in stand.items()]
    for job, result in results:
        known = inputs[key_of(job.stem, job.slice)]
        if result.failure is None:
            entry = made_entry(job, result, building)
            entry["content"] = warmed.content(entry["reads"], known["exports"])
        else:
            entry = failed_entry(job, result, building, last)
        entries.append(entry | {"inputs": known})
    entries += carried_entries(entries, building, last)
    return sorted(entries, key=lambda entry: (entry["report"], sorted(entry["slice"].items())))


def _held(entries: list[dict[str, Any]], building: Path, contents: Contents) -> list[dict[str, Any]]:
    """Return the entries with a hash of their files; of those taken over and carried it is known."""
    for entry in entries:
        if entry["outcome"] != "carried" and entry["held"] is None:
            entry["held"] = hash_of(building, files_of(entry), contents)
    return entries


def _as_of(entries: Iterable[Mapping[str, Any]], plan: Plan) -> str:
    """Return the day the run is filed under: the latest of the reports made, else the one asked for, else today."""
    made = [entry["as_of"] for entry in entries if _is_made(entry)]
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
        "reports": [{**entry, "made_in": (entry["made_in"] or name) if _is_made(entry) else None} for entry in entries],
    }


def _is_made(entry: Entry) -> bool:
    return bool(entry["outcome"] == "made")


def _write(building: Path, manifest: Mapping[str, Any], log: Iterable[str]) -> None:
    """Write the manifest and the log of a run."""
    lines = [line for line in log if line.strip()]
    for name, text in (
        (MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"),
        ("run.log", "\n".join(lines) + "\n"),
    ):
        with naming(building / name):
            (building / name).write_text(text, encoding="utf-8")

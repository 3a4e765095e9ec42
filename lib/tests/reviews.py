"""Runs made by hand for tests of the Monday review: a folder with a manifest and the Answers of a few reports."""

import json
from pathlib import Path

from revops.delivery.review import ReviewKnobs, ReviewSettings, build, put_out

SETTINGS = ReviewSettings(ReviewKnobs(), "USD", 7)
SHA = "0" * 64


def number(id, value, low=None, high=None, *, unit="money", level=0.8, by=None):
    """Return one measure of an Answer."""
    level = None if low is None else level
    return {
        "id": id, "by": by or {}, "value": value, "low": low, "high": high, "level": level, "n": None, "note": None,
        "unit": unit,
    }  # fmt: skip


def action(rule, text, *, owner="sales_ops", amount=0.0, worth=None, low=None, high=None, kind=None, records=()):
    """Return one action of an Answer."""
    return {
        "rule": rule, "text": text, "owner": owner, "amount": amount, "by": "2026-06-16", "because": "Its rule.",
        "records": list(records), "worth": worth, "worth_low": low, "worth_high": high, "worth_is": kind,
    }  # fmt: skip


def export(table, name, last, *, first="2025-01-01", sha=SHA, rows=10):
    """Return one row of an Answer's data."""
    files = [{"name": name, "sha256": sha, "rows": rows, "first": None if last is None else first, "last": last}]
    return {"table": table, "kept": rows, "files": files, "left_out": []}


def answer(stem="pipeline_coverage", as_of="2026-06-09", **parts):
    """Return an Answer's JSON: the parts given, all else as a small report has it."""
    return {
        "schema": 1, "report": stem, "company": "Halyard Robotics", "currency": "USD", "as_of": as_of,
        "period": "FY27-Q2", "slice": {}, "status": "watch", "sentence": f"What {stem} says.", "measures": [],
        "actions": [], "unavailable": [], "checks": [], "tables": [], "figures": [], "data": [],
        "definitions": "d1", "parameters": {}, "version": "0.1.0", **parts,
    }  # fmt: skip


def entry(found, outcome="made", **parts):
    """Return the manifest's entry of a report that shows an Answer."""
    stem = found["report"]
    place = "".join(f"{key}={value}/" for key, value in found["slice"].items())
    return {
        "report": stem, "slice": found["slice"], "outcome": outcome, "as_of": found["as_of"],
        "period": found["period"], "status": found["status"], "sentence": found["sentence"],
        "files": [f"{place}{stem}.html", f"{place}{stem}.json"], "carried_from": None, "evidence": None,
        "failure": None, "seconds": 1.0, "peak_mb": 100, **parts,
    }  # fmt: skip


def carried(found, run="2026-06-02-1", as_of="2026-06-02", outcome="carried", **parts):
    """Return the entry of a report that an older one stands in for."""
    return entry(found, outcome, carried_from={"run": run, "as_of": as_of}, **parts)


def failed(stem, reason="It broke."):
    """Return the entry of a report that failed, with no older one to show."""
    failure = {"reason": reason, "advice": "Mend it.", "cell": 2}
    return entry(answer(stem), "failed", files=[], as_of=None, period=None, status=None, sentence=None,
                 evidence=f"{stem}.failed.html", failure=failure)  # fmt: skip


def make_run(runs: Path, *answers, as_of="2026-06-09", number=1, entries=None):
    """Write a run's folder without its review, and return it with its manifest. Without entries all are made."""
    folder = runs / f"{as_of}-{number}"
    folder.mkdir(parents=True)
    manifest = {
        "schema": 1, "run": folder.name, "company": "Halyard Robotics", "as_of": as_of, "made": f"{as_of}T08:00:00Z",
        "seconds": 1.0, "machine": "x", "versions": {}, "reports": entries or [entry(found) for found in answers],
    }  # fmt: skip
    for found in answers:
        file = folder / "/".join([*(f"{k}={v}" for k, v in found["slice"].items()), f"{found['report']}.json"])
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(found), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder, manifest


def review(runs: Path, *answers, earlier=None, settings=SETTINGS, **asked):
    """Write a run and its review, held against all runs before it in the folder (or those given); return the review."""
    before = sorted(runs.glob("2*")) if earlier is None else earlier
    folder, manifest = make_run(runs, *answers, **asked)
    found = build(folder, manifest, before, settings)
    put_out(folder, found, manifest)
    return found

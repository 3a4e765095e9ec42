"""What of the last run still stands: all of it where nothing is new, told without loading what runs need."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from revops.company import load_company
from revops.contents import Contents, cache_folder
from revops.delivery.outputs import MANIFEST, Outputs
from revops.delivery.plan import Asked, Request, asked_of
from revops.delivery.standing.as_made import as_made, files_of, hash_of, noted
from revops.delivery.standing.fingerprint import Inputs, Key, inputs_of, key_of, own

__all__ = ["Standing", "may_stand", "new_since", "standing_run"]

Last = tuple[Path, Mapping[str, Any]] | None
_WORDS = {
    "exports": "exports",
    "definitions": "company.yml or the systems beside it",
    "review": "review.yml",
    "beside": "files beside the notebooks",
    "report": "a notebook or its settings",
    "published": "published figures",
    "code": "the code",
    "environment": "Python or its packages",
    "asked": "what is asked for",
    "day": "the day",
}
"""Each input of `inputs_of`, as a person calls it."""


@dataclass(frozen=True)
class Standing:
    """The run that `latest` shows: its folder and manifest, the entries of the reports asked for, and all runs."""

    folder: Path
    manifest: Mapping[str, Any]
    entries: tuple[Mapping[str, Any], ...]
    outputs: Outputs

    def prune(self, keep: int | None) -> list[str]:
        """Remove all runs but the newest `keep` (None: all stay), as a run would; return the names of those removed.

        Raises
            RunError: another run is at work in the same outputs folder.
        """
        if keep is None or len(self.outputs.finished()) <= keep:
            return []
        from revops.delivery.reviewed import prune  # here, not above: it loads what pages are made with

        with self.outputs.building():
            return prune(self.outputs, keep)


def standing_run(request: Request, now: dt.datetime | None = None) -> Standing | None:
    """Return the latest run where it holds every report asked for, made from what there is now; else None.

    A report that failed, that stands in from an older run, or that was made at another request's wish does not count,
    nor a run without its review, nor one that the exports could not feed where it is asked for by name.

    Raises
        SettingsError: the request names no report, or company.yml cannot be used.
    """
    asked = asked_of(request)
    outputs = Outputs(asked.outputs)
    last = outputs.last()
    if last is None or "stands_until" not in last[1] or not (outputs.latest / MANIFEST).is_file():
        return None
    folder, manifest = last
    entries = {key_of(entry["report"], entry["slice"]): entry for entry in manifest["reports"]}
    if manifest.get("review_failure") or not _holds_at(manifest, asked, now or dt.datetime.now(dt.UTC)):
        return None
    counted = ("made",) if request.stems else ("made", "not_run")
    contents, found = Contents(cache_folder(asked.root)), []
    for key, inputs in inputs_of(asked).items():
        entry = entries.get(key, {"outcome": None})
        if entry["outcome"] not in counted or entry["inputs"] != inputs or not _is_whole(entry, folder, contents):
            return None
        found.append(entry)
    if not _is_whole(manifest["review"], folder, contents):
        return None
    contents.keep()
    return Standing(outputs.runs / manifest["run"], manifest, tuple(found), outputs)


def may_stand(
    last: Last, inputs: Mapping[Key, Inputs], now: dt.datetime, contents: Contents
) -> dict[Key, Mapping[str, Any]]:
    """Return the entries of reports that the last run shows, as they were made, and of which nothing but the exports
    differs now: they stand where what they read of these is the same. Not one that failed since, on what there is now:
    it is tried again."""
    if last is None or now < dt.datetime.fromisoformat(last[1]["made"]):
        return {}
    folder, manifest = last
    shown = {key_of(entry["report"], entry["slice"]): entry for entry in manifest["reports"]}
    return {
        key: made
        for key, entry in shown.items()
        if key in inputs
        and (entry["outcome"] == "made" or entry["inputs"] != inputs[key])
        and (made := as_made(entry))
        and made.get("inputs")
        and made.get("content")
        and own(made["inputs"]) == own(inputs[key])
        and _is_whole(made, folder, contents, is_marked=made is not entry)
    }


def new_since(last: Last, inputs: Mapping[Key, Inputs]) -> str | None:
    """Return in words what is new since the last run made its reports; None where that is nothing, or no run is."""
    if last is None:
        return None
    before = {key_of(entry["report"], entry["slice"]): noted(entry) or {} for entry in last[1]["reports"]}
    pairs = [(before[key].get("inputs") or {}, now) for key, now in inputs.items() if key in before]
    new = [words for name, words in _WORDS.items() if any(then and then.get(name) != now[name] for then, now in pairs)]
    return f"new since run {last[1]['run']}: {', '.join(new)}" if new else None


def _holds_at(manifest: Mapping[str, Any], asked: Asked, now: dt.datetime) -> bool:
    """Return whether the clock changes nothing: no stamp in the data that was to come then has come by now."""
    until = manifest["stands_until"]
    wall = now.astimezone(load_company(asked.params).zone).replace(tzinfo=None)
    is_later = now >= dt.datetime.fromisoformat(manifest["made"])
    return is_later and (until is None or wall < dt.datetime.fromisoformat(until))


def _is_whole(entry: Mapping[str, Any], folder: Path, contents: Contents, *, is_marked: bool = False) -> bool:
    """Return whether the files of an entry are there and hold what they held when it was written."""
    held = hash_of(folder, files_of(entry), contents, is_marked=is_marked)
    return held is not None and held == entry.get("held")

"""A job as plain values and bytes, so that a machine without the project's folder can run it and send back its files.

What a machine is told goes out whole and comes back whole: nothing in a report tells on which one it was made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from revops.contents import files_below, files_beside
from revops.delivery.jobs.job import Failure, Job, Limits, Result
from revops.errors import naming

__all__ = ["Parcel", "laid_out", "only", "packed", "refused", "sent_back", "unpacked"]

Parcel = dict[str, Any]

_PATHS = ("notebook", "folder", "scratch", "prepared")
_ADDRESSES = "mail.yml"  # no report reads it, and it names people
_PUBLISHED = Path("data", "benchmarks")
_TEXTS = (".html", ".json", ".ipynb", ".csv")


def packed(job: Job, code: Mapping[str, str]) -> Parcel:
    """Return a job with everything it reads but the prepared tables: notebook and files beside it, settings, published
    figures; `code` is that of contents.code_here."""
    root = job.notebook.parents[1]
    plain = {field.name: getattr(job, field.name) for field in fields(job) if field.name not in _PATHS}
    return {
        "job": plain | {"parameters": dict(job.parameters), "limits": asdict(job.limits)},
        "notebook": job.notebook.relative_to(root).as_posix(),
        "files": {file.relative_to(root).as_posix(): file.read_bytes() for file in _read_by(job, root)},
        "root": str(root),
        **{name: str(getattr(job, name) or "") for name in _PATHS[1:]},
        "code": dict(code),
    }


def laid_out(parcel: Parcel, place: Path, prepared: Path | None) -> Job:
    """Return the job of a parcel, its files laid out as a project in an empty folder."""
    root = place / "project"
    for name, content in parcel["files"].items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with naming(file):
            file.write_bytes(content)
    (place / "k").mkdir()
    plain = parcel["job"] | {"limits": Limits(**parcel["job"]["limits"]), "is_sent": True}
    return Job(
        notebook=root / parcel["notebook"], folder=place / "out", scratch=place / "k", prepared=prepared, **plain
    )


def sent_back(result: Result, job: Job, parcel: Parcel, where: str) -> Parcel:
    """Return a result and its files as plain values in which every path is one of the machine that asked.

    `where` stands in a failure for the folder that the files were written to, which is not theirs in the end.
    """
    paths = {
        str(job.notebook.parents[1]): parcel["root"],
        str(job.scratch): parcel["scratch"],
        **({str(job.prepared): parcel["prepared"]} if job.prepared else {}),
    }
    in_files, in_words = paths | {str(job.folder): parcel["folder"]}, paths | {str(job.folder): where}
    files = {}
    for file in files_below(job.folder):
        content = file.read_bytes()
        if file.suffix in _TEXTS:
            content = _with_paths(content.decode("utf-8"), in_files).encode("utf-8")
        files[file.relative_to(job.folder).as_posix()] = content
    failure = None
    if result.failure is not None:
        words = asdict(result.failure)
        failure = {name: _with_paths(v, in_words) if isinstance(v, str) else v for name, v in words.items()}
    told = {"seconds": result.seconds, "peak_bytes": result.peak_bytes, "log": _with_paths(result.log, in_words)}
    return _back(answer=result.answer, names=list(result.files), failure=failure, files=files, **told)


def only(failure: Failure) -> Parcel:
    """Return the failure of a job that did not come to run, as it is sent back."""
    return _back(failure=asdict(failure))


def refused(failure: Failure, worker: str) -> Parcel:
    """Return the failure of a job that a worker would not begin, with its address: another worker may take it."""
    return only(failure) | {"refused_by": worker}


def unpacked(back: Parcel, job: Job) -> Result:
    """Return the result that was sent back, its files written to the job's folder."""
    for name, content in back["files"].items():
        file = job.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with naming(file):
            file.write_bytes(content)
    failure = Failure(**back["failure"]) if back["failure"] else None
    return Result(back["answer"], tuple(back["names"]), failure, back["seconds"], back["peak_bytes"], back["log"])


def _back(**told: Any) -> Parcel:
    empty = {"answer": None, "names": [], "failure": None, "files": {}, "seconds": 0.0, "peak_bytes": 0, "log": ""}
    return {"refused_by": None} | empty | told


def _read_by(job: Job, root: Path) -> Iterator[Path]:
    """Yield every small file that a report may read."""
    yield job.notebook
    yield from files_beside(job.notebook.parent)
    shared = root / "params"
    for folder in dict.fromkeys((shared, root / job.parameters.get("params_dir", "params"))):
        yield from (file for file in sorted(folder.glob("*.yml")) if file.name != _ADDRESSES)
        yield from files_below(folder / "systems")
    yield from files_below(root / _PUBLISHED)


def _with_paths(text: str, paths: Mapping[str, str]) -> str:
    for here, there in paths.items():
        text = text.replace(here, there)
    return text

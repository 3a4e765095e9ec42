"""What files hold, as hashes: what was made from the same contents, by the same code, need not be made again."""

import contextlib
import hashlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import revops
from revops.company import Company
from revops.errors import ExportError

__all__ = [
    "Contents",
    "cache_folder",
    "code_here",
    "exports_folder",
    "files_below",
    "files_beside",
    "other_code",
    "systems_folder",
    "versions",
]

_MEMORY = "hashes.json"
_LARGE = 1 << 20
_SETTLED_NS = 2 * 10**9
_MARK = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


class Contents:
    """Hashes of what files and folders hold.

    Large files are remembered in the cache folder, readable by its user only, and read again where their size, times or
    place on the disk differ; the time of the last change of state is among them, which a file's owner cannot set. A
    file that changed within the last two seconds is not remembered: its next change might bear the same time.
    """

    def __init__(self, cache: Path, large: int = _LARGE) -> None:
        self.cache = cache
        self.large = large
        self.known = _remembered(cache / _MEMORY)
        self.is_new = False

    def of_file(self, file: Path) -> bytes:
        """Return the hash of a file's contents; of a file that is not there, an empty one."""
        try:
            before = _mark(file)
            known = self.known.get(str(file)) if before[2] >= self.large else None
            if known is not None and known[:-1] == before:
                return bytes.fromhex(str(known[-1]))
            with file.open("rb") as stream:
                found = hashlib.file_digest(stream, "blake2b").digest()
        except FileNotFoundError:
            return b""
        is_settled = time.time_ns() - max(before[3:]) > _SETTLED_NS
        if before[2] >= self.large and is_settled and _mark(file) == before:
            self.known[str(file)] = [*before, found.hex()]
            self.is_new = True
        return found

    def of(self, *places: Path, seed: str = "") -> str:
        """Return one hash of folders and files: of the names below each folder, and of what all hold; of links to
        folders, and to what is not there, that they are there."""
        digest = hashlib.blake2b(seed.encode(), digest_size=12)
        for place in places:
            for file in _named_below(place) if place.is_dir() else [place]:
                digest.update(os.fsencode(file.relative_to(place) if file != place else file.name) + b"\0")
                digest.update(b"/" if file.is_dir() else self.of_file(file))
            digest.update(b"\0\0")
        return digest.hexdigest()

    def keep(self) -> None:
        """Remember for the next process; where the cache cannot be written, that one reads the files again."""
        if not self.is_new:
            return
        known = {file: mark for file, mark in self.known.items() if os.path.exists(file)}
        with contextlib.suppress(OSError):
            self.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=self.cache, prefix=".hashes-") as aside:
                written = Path(aside, _MEMORY)
                written.touch(mode=0o600)
                written.write_text(json.dumps(known), encoding="utf-8")
                os.replace(written, self.cache / _MEMORY)


def cache_folder(root: Path) -> Path:
    """Return the project's folder for what can be made again."""
    return root / "outputs" / ".cache"


def exports_folder(company: Company, root: Path) -> Path:
    """Return the folder of raw exports; a relative one is meant from the project folder.

    Raises
        ExportError: there is no such folder.
    """
    folder = root / company.exports.folder
    if not folder.is_dir():
        raise ExportError(
            f"{company.exports.folder}: must be a folder of exports; found none. "
            "Create it, or correct exports.folder in company.yml."
        )
    return folder


def systems_folder(params_dir: Path) -> Path | None:
    """Return the company's own system descriptions, params/<company>/systems, where there are any."""
    folder = params_dir / "systems"
    return folder if folder.is_dir() else None


@cache
def code_here() -> Mapping[str, str]:
    """Return what must be the same wherever numbers of one run are found: a hash of this package, and versions.

    They are those of this process's first call: what is installed later is not what it runs.
    """
    package = Path(revops.__file__).parent
    return {"code": Contents(package).of(package), **versions()}


def versions() -> dict[str, str]:
    """Return the versions of what shapes a result: this package, Python and the numeric libraries."""
    packages = ("revops", "numpy", "pandas", "pyarrow", "scipy", "matplotlib", "papermill")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in packages}}


def other_code(asked: Mapping[str, str], worker: str) -> tuple[str, str] | None:
    """Return what is wrong and what to do, naming both sides, where this process, a worker, has other code than the one
    that asked, whose code_here is given; None where it has the same."""
    here = code_here()
    differing = [name for name in asked if asked[name] != here.get(name)]
    if not differing:
        return None
    theirs, ours = (", ".join(f"{name} {side.get(name)}" for name in differing) for side in (here, asked))
    return (
        f"Worker {worker}: must run the same code as the machine that began the run, {ours}; found {theirs}.",
        "Install the same code and packages on all workers, then start them again.",
    )


def files_below(folder: Path) -> Iterator[Path]:
    """Return every file below a folder, sorted, but for what Python compiles."""
    return (file for file in _named_below(folder) if file.is_file())


def files_beside(notebooks: Path) -> list[Path]:
    """Return the files beside the notebooks of a folder that these may import or be set by; none that is hidden."""
    found = [file for file in notebooks.iterdir() if file.is_file() and file.suffix != ".ipynb"]
    modules = (file for file in notebooks.rglob("*.py") if file.is_file())
    shown = {file: file.relative_to(notebooks).parts for file in (*found, *modules)}
    return sorted(file for file, parts in shown.items() if not any(part.startswith(".") for part in parts))


def _named_below(folder: Path) -> Iterator[Path]:
    """Return every file and link below a folder, sorted: what is told of a folder names those links too."""
    found = (place for place in sorted(folder.rglob("*")) if "__pycache__" not in place.parts)
    return (place for place in found if place.is_file() or place.is_symlink())


def _mark(file: Path) -> list[int]:
    found = file.stat()
    return [getattr(found, name) for name in _MARK]


def _remembered(memory: Path) -> dict[str, list[int | str]]:
    """Return what an earlier process remembered; nothing where it is not there or not whole."""
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}

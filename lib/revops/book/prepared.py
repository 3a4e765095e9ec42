"""Preparing exports once: canonical tables as Parquet, kept under a key of everything they depend on."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import revops
from revops import schema
from revops.book.view import Book
from revops.company import Company
from revops.errors import ExportError
from revops.exports import Audit, prepare
from revops.params import ReportSettings

__all__ = ["StoredTables", "count_rows", "exports_folder", "open_book", "systems_folder"]


def open_book(settings: ReportSettings) -> Book:
    """Return the company's Book, prepared from its exports now or read from an earlier, identical preparation.

    Raises
        ExportError: the folder is missing, or its files cannot be read without guessing.
    """
    folder = prepared(settings)
    audit = Audit.from_json(json.loads((folder / "audit.json").read_text(encoding="utf-8")))
    return Book(settings.company, StoredTables({file.stem: file for file in sorted(folder.glob("*.parquet"))}), audit)


class StoredTables(Mapping[str, pd.DataFrame]):
    """The prepared tables by name, each read when it is first asked for."""

    def __init__(self, files: dict[str, Path]) -> None:
        self.files = files
        self.read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.read:
            self.read[name] = _typed(name, pq.read_table(self.files[name]))
        return self.read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, name: object) -> bool:
        return name in self.files


def count_rows(tables: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    """Return how many rows each table has, by the files themselves where they are not read yet."""
    if isinstance(tables, StoredTables):
        return {name: pq.read_metadata(file).num_rows for name, file in tables.files.items()}
    return {name: len(table) for name, table in tables.items()}


def prepared(settings: ReportSettings) -> Path:
    """Return the folder of prepared tables, made where it is not there yet: written aside, then renamed."""
    source = exports_folder(settings.company, settings.root)
    cache = settings.root / "outputs" / ".cache"
    home = cache / _key(settings.company, source, systems_folder(settings.params_dir))
    if (home / "audit.json").is_file():
        return home
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = Path(tempfile.mkdtemp(dir=cache, prefix=".aside-"))
    try:
        result = prepare(source, settings.company, systems_folder(settings.params_dir), aside)
        for name, table in result.tables.items():
            if isinstance(table, pa.Table):
                pq.write_table(table, aside / f"{name}.parquet", compression="zstd")
        (aside / "audit.json").write_text(json.dumps(result.audit.to_json(), ensure_ascii=False), encoding="utf-8")
        with contextlib.suppress(OSError):  # another run made the same one first
            os.rename(aside, home)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return home


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


def _key(company: Company, source: Path, systems: Path | None) -> str:
    """Return a hash of the exports' contents, the definitions, and the code that turns one into the other."""
    code = Path(revops.__file__).parent
    digest = hashlib.blake2b(company.model_dump_json().encode(), digest_size=12)
    parts = [code / name for name in ("exports", "company", "schema")]
    for base in [source, *parts, *([systems] if systems else [])]:
        for file in _files(base):
            digest.update(os.fsencode(file.relative_to(base)) + b"\0")
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "blake2b").digest())
    return digest.hexdigest()


def _files(base: Path) -> Iterator[Path]:
    return (file for file in sorted(base.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)


def _typed(name: str, table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table with the schema's dtypes."""
    frame = table.to_pandas()
    return frame.astype({column.name: column.dtype for column in schema.table(name).columns})

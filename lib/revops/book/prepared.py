"""Preparing exports once: canonical tables as Parquet, kept under a key of everything they depend on."""

import json
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import revops
from revops.book.kept import AUDIT, aside_in, is_sound, is_whole, move_in, newest, used
from revops.book.parts import cut
from revops.book.stored import StoredTables, count_rows, stored_in, undamaged
from revops.book.view import Book
from revops.company import Company
from revops.contents import Contents, cache_folder, exports_folder, systems_folder
from revops.errors import ExportError, naming
from revops.exports import Audit, prepare
from revops.exports.keeping.steps import KeptSteps
from revops.params import ReportSettings
from revops.variables import PREPARED

__all__ = ["StoredTables", "count_rows", "open_book"]

CODE = ("exports", "company", "schema", "book", "contents.py", "errors.py", "periods.py", "variables.py", "wording.py")
"""All of this package that prepares."""
_TRIES = 3


def open_book(settings: ReportSettings) -> Book:
    """Return the company's Book, prepared from its exports now or read from an earlier, identical preparation.

    Raises
        ExportError: the folder is missing, or its files cannot be read without guessing.
        BookError: what was prepared was damaged since the run began.
    """
    folder = prepared(settings)
    with undamaged(folder / AUDIT):
        audit = Audit.from_json(json.loads((folder / AUDIT).read_text(encoding="utf-8")))
    return Book(settings.company, stored_in(folder), audit)


def prepared(settings: ReportSettings) -> Path:
    """Return the folder of prepared tables, made where it is not there yet: written aside, then moved in when whole.

    One in which a file holds other bytes than were written gives way to one made again.
    In a run of many reports it is the one that the run began with, whatever became of the exports since.

    Raises
        ExportError: the exports change faster than they can be read.
    """
    begun = os.environ.get(PREPARED)
    if begun and is_whole(Path(begun)):
        return Path(begun)
    source = exports_folder(settings.company, settings.root)
    systems = systems_folder(settings.params_dir)
    cache = cache_folder(settings.root)
    for _ in range(_TRIES):
        home = cache / _key(settings.company, source, systems, cache)
        if is_sound(home):
            return used(home)
        with aside_in(cache) as aside, naming(aside):
            if not _write_tables(aside, settings, source, systems, cache):
                continue
            if home.name == _key(settings.company, source, systems, cache):  # what was read is what the key says
                move_in(aside, home)
                return home
    raise ExportError(
        f"{settings.company.exports.folder}: must hold still while it is read; found other contents after each of "
        f"{_TRIES} readings. Wait until the exports are written, then do the same again."
    )


def _write_tables(aside: Path, settings: ReportSettings, source: Path, systems: Path | None, cache: Path) -> bool:
    """Write the prepared tables and the audit into a folder; False where a file went while it was read.

    What an earlier preparation did with the same inputs is taken from it.
    """
    seed = _key(settings.company, None, systems, cache)
    formers = newest(cache)
    steps = KeptSteps(aside, formers, seed, Contents(cache))
    try:
        result = prepare(source, settings.company, systems, aside, steps)
    except FileNotFoundError:
        if aside.is_dir():
            return False
        raise
    for name, table in cut(result.tables, aside, settings.company.exports.rows_per_part, formers).items():
        if isinstance(table, pa.Table):
            pq.write_table(table, aside / f"{name}.parquet", compression="zstd")
    (aside / AUDIT).write_text(json.dumps(result.audit.to_json(), ensure_ascii=False), encoding="utf-8")
    return True


def _key(company: Company, source: Path | None, systems: Path | None, cache: Path) -> str:
    """Return a hash of the exports' contents, if asked, the definitions, and the code that turns one into the other:
    ours, and the two libraries that what is kept is written with."""
    code = [Path(revops.__file__).parent / name for name in CODE]
    contents = Contents(cache)
    places = [place for place in (source, *code, systems) if place is not None]
    key = contents.of(*places, seed=f"{company.model_dump_json()} {pa.__version__} {pd.__version__}")
    contents.keep()
    return key

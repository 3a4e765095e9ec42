"""Prepared tables in a folder: each a file, or a folder of parts that are read one at a time."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from revops import schema
from revops.errors import BookError

__all__ = ["ORDER", "StoredTables", "count_rows", "part_file", "stored_in", "undamaged"]

ORDER = "order.parquet"
"""The file, beside the parts of a table, that tells of each row of the whole which part has it."""


class StoredTables(Mapping[str, pd.DataFrame]):
    """The prepared tables by name, each read when it is first asked for.

    home is the folder they were prepared in; read names those that were read, if only in columns or parts.
    """

    def __init__(self, files: dict[str, Path], home: Path | None = None) -> None:
        self.files = files
        self.home = home
        self.read: set[str] = set()
        self._held: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._held:
            self._held[name] = _typed(name, _whole(self.files[name]))
            self.read.add(name)
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, name: object) -> bool:
        return name in self.files

    @cached_property
    def n_parts(self) -> int:
        """Return into how many parts the large tables are cut; 1 where none is."""
        return max((len(_parts(file)) for file in self.files.values()), default=1)

    def part(self, number: int) -> "StoredTables":
        """Return one part of the tables that are cut, from 0, and the whole of all others; nothing is read yet."""
        files = {name: file if file.suffix else part_file(file, number) for name, file in self.files.items()}
        return StoredTables(files, self.home)

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Return some columns of a table, read from its files; rows in no order to rely on."""
        self.read.add(name)
        rows = pa.concat_tables(_read(file, list(columns)) for file in _parts(self.files[name]))
        return rows.to_pandas().astype({column: schema.table(name).column(column).dtype for column in columns})


def stored_in(folder: Path) -> StoredTables:
    """Return the prepared tables of a folder."""
    files = [*folder.glob("*.parquet"), *(order.parent for order in folder.glob(f"*/{ORDER}"))]
    return StoredTables({file.stem: file for file in sorted(files, key=lambda file: file.stem)}, folder)


def part_file(folder: Path, number: int) -> Path:
    """Return the file of one part of a table."""
    return folder / f"{number:04d}.parquet"


def count_rows(tables: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    """Return how many rows each table has, by the files themselves where they are not read yet."""
    if isinstance(tables, StoredTables):
        files = {name: _parts(file) for name, file in tables.files.items()}
        return {name: sum(pq.read_metadata(part).num_rows for part in parts) for name, parts in files.items()}
    return {name: len(table) for name, table in tables.items()}


@contextlib.contextmanager
def undamaged(file: Path) -> Iterator[None]:
    """Tell what reading a file of a folder of prepared tables runs into, where the file itself is to blame.

    Raises
        BookError: it does not hold what was written, or is not there.
    """
    try:
        yield
    except FileNotFoundError as error:  # the system's, or pyarrow's, which has no number
        raise BookError(
            f"{file}: must be there while the tables are used; found none (it was removed since, or this machine does "
            f"not see it). Run the reports again; workers that go through parts must see {_home(file)} under this path."
        ) from error
    except (OSError, ValueError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno:  # the system's, such as that of a disk that is worn
            raise
        raise BookError(
            f"{file}: must hold what was written when the tables were prepared; found bytes that cannot be read. "
            f"Remove the folder {_home(file)}, then run the reports again."
        ) from error


def _home(file: Path) -> Path:
    """Return the folder of prepared tables that a file, or a table in parts, is in; it need not be there."""
    return file.parent.parent if file.name == ORDER or file.stem.isdigit() else file.parent


def _read(file: Path, columns: Sequence[str] | None = None) -> pa.Table:
    with undamaged(file):
        return pq.read_table(file, columns=columns)


def _parts(file: Path) -> list[Path]:
    """Return the files of a table."""
    if file.suffix:
        return [file]
    with undamaged(file):
        return sorted(part for part in file.iterdir() if part.stem.isdigit())


def _whole(file: Path) -> pa.Table:
    """Return a table, the rows of its parts in the order they would have without parts."""
    if file.suffix:
        return _read(file)
    part = _read(file / ORDER)["part"].to_numpy()
    place = np.empty(len(part), dtype="int64")
    place[np.argsort(part, kind="stable")] = np.arange(len(part))
    return pa.concat_tables(map(_read, _parts(file))).take(place)


def _typed(name: str, table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table with the schema's dtypes."""
    frame = table.to_pandas()
    return frame.astype({column.name: column.dtype for column in schema.table(name).columns})

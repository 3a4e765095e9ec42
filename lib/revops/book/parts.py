"""Large tables in parts: written so that all that hangs together lies in one, and gone through one part at a time.

A function that only follows ids from row to row finds in a part what it would find in the whole. What it gives for each
part is put together in an order that does not depend on how many parts there are.
"""

import contextlib
import os
import shutil
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.dataset import Dataset

from revops.book.components import KEYS, batches, components
from revops.book.executors import gone_through
from revops.book.kept import is_sound
from revops.book.stored import ORDER, part_file
from revops.contents import code_here, other_code
from revops.errors import SettingsError
from revops.exports.keeping.store import digest_of, digest_of_file, share
from revops.exports.reading.buckets import MOST

__all__ = ["by_id", "cut", "in_parts", "over"]

Found = TypeVar("Found")


class _View(Protocol):
    """What parts are taken of: revops.book.AsOf."""

    book: Any

    def part(self, number: int) -> Self:
        """Return the view of one part."""
        ...


View = TypeVar("View", bound=_View)
_STANDS_ON = b"stands on"


def cut(
    tables: Mapping[str, pa.Table | Dataset], folder: Path, rows_per_part: int, formers: Sequence[Path] = ()
) -> Mapping[str, pa.Table | Dataset]:
    """Write the large tables of a company in parts where one has more rows than a part is to have; return the others.

    There are 200 parts at most, and larger ones where so many would not do.
    A table in parts is a folder of its name: 0000.parquet and so on, rows in the order of the whole, and order.parquet.
    None is held whole that is not in memory: the file of a dataset in `folder` is removed once it is cut. Where one of
    the `formers`, folders of earlier preparations, has the same table cut the same way, its files are taken.
    """
    wanted = {name: table for name, table in tables.items() if name in KEYS}
    n = min(-(-max(map(_n_rows, wanted.values()), default=0) // rows_per_part), MOST)
    if n <= 1:
        return tables
    linked = components(wanted)
    for name, table in wanted.items():
        file, numbers = folder / f"{name}.parquet", linked.parts_of(name, table, n)
        stands_on = _stands_on(file, numbers, n)
        if not any(_taken(former, name, folder, stands_on) for former in formers):
            _write(table, numbers, folder / name, n, stands_on)
        file.unlink(missing_ok=True)
    return {name: table for name, table in tables.items() if name not in KEYS}


def in_parts(view: _View) -> bool:
    """Return whether the tables behind a view are cut into parts."""
    return view.book.n_parts > 1


def over(view: View, function: Callable[[View], Found]) -> list[Found]:
    """Return what a function finds in each part, in order: here one part after another, or on an executor.

    The tables that it reads count as read of the whole.

    Parameters
        function : of a view of one part; of the module's own, or a partial of such, as it may go to another process

    Raises
        SettingsError: a worker has other code than this process.
        What gone_through raises.
    """
    if not in_parts(view):
        return [function(view)]
    views = (view.part(number) for number in range(view.book.n_parts))
    found = gone_through(views, partial(_found_and_read, function=function, code=code_here()))
    view.book.tables.read.update(*(read for _, read in found))
    return [one for one, _ in found]


def by_id(frames: list[pd.DataFrame], column: str) -> pd.DataFrame:
    """Return the rows of all parts, sorted by an id, rows of one id in their order; those of one part as they are.

    Columns of the parts are given up one by one: there is not room for all of them twice.
    """
    if len(frames) == 1:
        return frames[0]
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    ids = pd.concat([frame[column] for frame in filled], ignore_index=True)
    order = pd.factorize(ids, sort=True)[0].argsort(kind="stable")
    table = {}
    for name in list(filled[0]):
        values = pd.concat([frame.pop(name) for frame in filled], ignore_index=True)
        table[name] = values.take(order).reset_index(drop=True)
    return pd.DataFrame(table, copy=False)


def _found_and_read(
    part: View, function: Callable[[View], Found], code: Mapping[str, str]
) -> tuple[Found, frozenset[str]]:
    """Return what a function finds in a part, and the tables it reads; refuse where another process has other code."""
    other = other_code(code, f"{socket.gethostname()}, process {os.getpid()}")
    if other is not None:
        raise SettingsError(" ".join(other))
    return function(part), frozenset(part.book.tables.read)


def _write(rows: pa.Table | Dataset, numbers: np.ndarray, folder: Path, n: int, stands_on: str) -> None:
    """Write the parts of one table, and which row went where."""
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        files = [pq.ParquetWriter(part_file(folder, k), rows.schema, compression="zstd") for k in range(n)]
        parts, done = [stack.enter_context(file) for file in files], 0
        for some in batches(rows):
            number = numbers[done : done + some.num_rows]
            done += some.num_rows
            for k, part in enumerate(parts):
                if (mine := number == k).any():
                    part.write_table(some.filter(pa.array(mine)))
    order = pa.table({"part": numbers}).replace_schema_metadata({_STANDS_ON: stands_on})
    pq.write_table(order, folder / ORDER, compression="zstd")


def _stands_on(file: Path, numbers: np.ndarray, n: int) -> str:
    """Return the hash of a table's own file and of how it is cut; of one in memory, nothing."""
    if not file.exists():
        return ""
    digest = digest_of(f"{n} {digest_of_file(file)} ".encode())
    digest.update(numbers)
    return str(digest.hexdigest())


def _taken(former: Path, name: str, folder: Path, stands_on: str) -> bool:
    """Make the files of a table in parts stand in another folder too, if they stand on the same and are undamaged."""
    if not stands_on:
        return False
    try:
        if (pq.read_schema(former / name / ORDER).metadata or {}).get(_STANDS_ON) != stands_on.encode():
            return False
        if not is_sound(former, f"{name}/"):
            return False
        shutil.copytree(former / name, folder / name, copy_function=share)
    except (OSError, pa.ArrowException):  # of another folder; what is wrong with this one shows as it is written
        shutil.rmtree(folder / name, ignore_errors=True)
        return False
    return True


def _n_rows(table: pa.Table | Dataset) -> int:
    return table.num_rows if isinstance(table, pa.Table) else table.count_rows()

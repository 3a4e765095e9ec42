"""Files of what steps made: named by what they stand on or hold, and believed only when they hold what was written."""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from revops.exports.audit import Ledger
from revops.exports.keeping.told import places_of

__all__ = ["Damaged", "HashingSink", "Store", "digest_of", "digest_of_file", "named", "numbered", "share"]

FILE = "_file"
SIZE = 16
QUICK = pa.ipc.IpcWriteOptions(compression="zstd")


class Damaged(Exception):
    """A file of the store does not hold what was written."""


class Store:
    """Files in a folder that is being made; what `formers` have is taken from them, as the very same file.

    Each name holds the hash of the contents, or the contents begin with it.
    """

    def __init__(self, home: Path, formers: Sequence[Path] = ()) -> None:
        self.home, self.formers = home, formers
        home.mkdir(mode=0o700)

    def forget(self) -> None:
        """Take nothing from former folders any more, and drop what was taken or made."""
        self.formers = ()
        for file in self.home.iterdir():
            file.unlink()

    def has(self, name: str) -> bool:
        """Return whether a file is here now: made, or taken from a former folder."""
        return (self.home / name).exists() or any(_taken(former / name, self.home / name) for former in self.formers)

    def record(self, key: str) -> bytes | None:
        """Return what was kept under a key; None where nothing whole is."""
        if not self.has(f"{key}.step"):
            return None
        held = (self.home / f"{key}.step").read_bytes()
        return held[SIZE:] if digest_of(held[SIZE:]).digest() == held[:SIZE] else None

    def keep(self, key: str, held: bytes) -> None:
        """Keep bytes under a key, in the place of those that were taken."""
        file = self.home / f"{key}.step"
        file.unlink(missing_ok=True)
        file.write_bytes(digest_of(held).digest() + held)

    def put(self, table: pa.Table) -> str:
        """Keep a table, and return the hash that `<hash>.arrow` holds it by."""
        part = self.home / "part.arrow"
        with part.open("wb") as out:
            sink = HashingSink(out.write)
            with pa.PythonFile(sink, "w") as to, pa.ipc.new_file(to, table.schema, options=QUICK) as writer:
                writer.write_table(table)
        digest = str(sink.digest.hexdigest())
        part.replace(self.home / f"{digest}.arrow")
        return digest

    def table(self, digest: str) -> pa.Table:
        """Return a table by its hash.

        Raises
            Damaged: its file holds something else.
        """
        held = (self.home / f"{digest}.arrow").read_bytes()
        if digest_of(held).hexdigest() != digest:
            raise Damaged(digest)
        return pa.ipc.open_file(held).read_all()

    def put_file(self, file: Path) -> str:
        """Keep a file that was written elsewhere, and return its name here."""
        name = f"{digest_of_file(file)}{file.suffix}"
        (self.home / name).unlink(missing_ok=True)
        _taken(file, self.home / name)
        return name

    def give(self, name: str, to: Path) -> None:
        """Make a kept file stand under another path too.

        Raises
            Damaged: it holds something else.
        """
        if digest_of_file(self.home / name) != Path(name).stem:
            raise Damaged(name)
        _taken(self.home / name, to)


class HashingSink:
    """A file to write Arrow to, whose bytes are hashed, and given on to `write` if that is."""

    closed = False

    def __init__(self, write: Callable[[Any], object] | None = None) -> None:
        self.digest, self.give = digest_of(b""), write

    def write(self, part: Any) -> int:
        """Hash some bytes, and give them on."""
        self.digest.update(part)
        if self.give is not None:
            self.give(part)
        return len(part)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Take no more."""
        self.closed = True


def digest_of(held: Any) -> Any:
    """Return the hash of bytes, which may be added to."""
    return hashlib.blake2b(held, digest_size=SIZE)


def digest_of_file(file: Path) -> str:
    """Return the hash of a file's contents."""
    with file.open("rb") as stream:
        return str(hashlib.file_digest(stream, lambda: digest_of(b"")).hexdigest())


def share(file: Path, to: Path) -> None:
    """Make a file stand at another path too, unless one stands there: as the same file where the disk can.

    Raises
        FileNotFoundError: it is gone.
    """
    try:
        os.link(file, to)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(file, to)


def named(table: pa.Table, ledger: Ledger) -> pa.Table:
    """Return a table with names of files for their numbers, which other files may change, in one layout."""
    if FILE in table.column_names:
        files, codes = np.unique(table[FILE].to_numpy(), return_inverse=True)
        names = list(places_of(ledger))
        words = pa.array([names[file] for file in files.tolist()], pa.string())
        column = pa.DictionaryArray.from_arrays(codes.astype(np.int32), words)
        place = table.schema.get_field_index(FILE)
        table = table.set_column(place, FILE, column)
    table = table.unify_dictionaries()
    return pa.Table.from_batches(table.to_batches(), table.schema)


def numbered(table: pa.Table, ledger: Ledger) -> pa.Table:
    """Return a table that `named` gave, with the numbers that its files have now."""
    if FILE not in table.column_names:
        return table
    places = places_of(ledger)
    columns = []
    for codes in table[FILE].chunks:
        now = pa.array([places[name] for name in codes.dictionary.to_pylist()], pa.int32())
        columns.append(now.take(codes.indices))
    place = table.schema.get_field_index(FILE)
    return table.set_column(place, FILE, pa.chunked_array(columns, pa.int32()))


def _taken(file: Path, to: Path) -> bool:
    """Make a file stand at another path too; False where it is gone."""
    try:
        share(file, to)
    except FileNotFoundError:
        return False
    return True

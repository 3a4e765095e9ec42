"""Steps whose results are kept: done when what they stand on has changed, else taken and told as they were."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import dataset

from revops.contents import Contents
from revops.exports.audit import Ledger, Source
from revops.exports.keeping.keys import Keys
from revops.exports.keeping.packing import Outline, Packing, Written
from revops.exports.keeping.store import Store
from revops.exports.keeping.told import Ears
from revops.exports.later import Later, LaterRows, opened
from revops.exports.opening.files import Blob, Survey, survey
from revops.exports.reading.frames import Frame
from revops.exports.recognising.systems import Description
from revops.exports.steps import Steps
from revops.exports.words import Words

__all__ = ["FOLDER", "KeptSteps"]

FOLDER = "steps"
LARGE = 1 << 20  # bytes of a file from which on it is quicker to look up what a pass over it tells than to make it


class KeptSteps(Steps):
    """Does a step where what it stands on is not as it was in a former preparation.

    Of what lies between the files and the canonical tables only the tables that a step gave are kept; a file is read
    again where a step that is done needs its rows. A step that finds a problem, or comes after one, is not kept: what
    it is part of is refused.
    """

    def __init__(self, aside: Path, formers: list[Path], seed: str, contents: Contents) -> None:
        """Keep in a folder that is being made, and take from those made before; `seed` hashes definitions and code."""
        self.aside, self.seed, self.contents = aside, seed, contents
        self.store = Store(aside / FOLDER, [former / FOLDER for former in formers])

    def begin(self, ledger: Ledger, words: Words) -> None:
        """Begin a preparation, whose steps tell this ledger and this list of words."""
        self.ledger, self.words, self.keys, self.took = ledger, words, Keys(self.seed, ledger), False
        self.packing = Packing(self.store, ledger)

    def forget(self) -> bool:
        """Return whether anything was taken; from here on nothing is, and what was made until now is gone."""
        self.store.forget()
        for file in [file for file in self.aside.iterdir() if file.is_file()]:
            file.unlink()
        return self.took

    def survey(self, blob: Blob) -> Survey:
        """Return what one pass over the bytes of a file tells, looked up where the file is large."""
        if blob.path is None or blob.path.stat().st_size < LARGE:
            return survey(blob)
        key = self.keys.of(survey, self.contents.of_file(blob.path))
        return self._step(key, lambda: survey(blob))  # type: ignore[no-any-return]

    def read(
        self, given: tuple[Any, ...], source: Source, description: Description, read: Callable[[Source, Ledger], Frame]
    ) -> Frame:
        """Return the frame that `read` makes of a file; its rows are read when they are needed."""
        key, made = self.keys.of(KeptSteps.read, (source.name, source.sha256, *given)), []

        def outline() -> Outline:
            made.append(frame := read(source, self.ledger))
            return Outline.of(frame)

        def again() -> Frame:
            return read(Source(source.index, source.name, source.sha256, source.bytes), Ledger())

        said = self._step(key, outline)
        rows = Later(key, said.num_rows, said.column_names, lambda: again().table, made[0].table if made else None)
        self.packing.know(rows, description)
        frame = Frame(source, description, rows, None, *opened(said.rest))
        if said.n_spilled is not None:
            frame.spilled = made[0].spilled if made else LaterRows(lambda: again().spilled, said.n_spilled)
        return frame

    def do(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function makes of what it is given, its tables for later."""
        return self._step(self.keys.of(function, given), lambda: function(*opened(given)))

    def finished(self, name: str, function: Callable[..., Any], *given: Any) -> tuple[Any, Any]:
        """Return the canonical table that a function gives as a dataset, the same file where it is the same table."""
        to = self.aside / f"{name}.parquet"

        def write() -> tuple[Written | None, Any]:
            table, said = function(*opened(given))
            if isinstance(table, pa.Table):
                pq.write_table(table.combine_chunks(), to, compression="zstd")
            return None if table is None else Written(self.store.put_file(to)), said

        written, said = self._step(self.keys.of(function, (name, given)), write)
        if written is None:
            return None, said
        if not to.exists():
            self.store.give(written.file, to)
        return dataset.dataset(to), said

    def _step(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what was kept under a key, told again; else what `make` gives, which is kept."""
        if (held := self.store.record(key)) is not None:
            told, files, packed = pickle.loads(held)
            if all(map(self.store.has, files)):
                told.tell(self.ledger, self.words)
                self.took = True
                return self.packing.unpacked(packed)
        ears = Ears(self.ledger, self.words)
        result = make()
        if self.ledger.problems or self.words.are_lacking:
            return result
        files, packed = self.packing.packed(result)
        self.store.keep(key, pickle.dumps((ears.told(), files, packed)))
        return self.packing.unpacked(packed)

"""Rows of billing systems in groups, all rows of an id in one, and what is found in them, said when all have come."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from revops.errors import examples
from revops.exports.amounts import Amounts
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.money import NEARLY
from revops.exports.reading.columns import TEXT, whole
from revops.exports.reading.frames import Frame
from revops.exports.uniting.groups import in_groups, on_disk, sampled, united
from revops.exports.uniting.records import finish
from revops.exports.uniting.rows import text_columns, without
from revops.schema import TABLES
from revops.wording import money

__all__ = ["CENT", "Billed", "Found", "add_several", "refuse_several", "refuse_statuses", "worth"]

CENT = 0.005


@dataclass(frozen=True)
class Billed:
    """How files become the rows of one table: the columns that are used, with their kinds, and what gives the rows of
    a part of a file with their amounts."""

    table: str
    kinds: dict[str, pa.DataType]
    rows: Callable[[pa.Table, Amounts], pa.Table]

    def built(
        self, frames: list[Frame], context: Context, aside: Path | None, done: Callable[[pd.DataFrame], pa.Table]
    ) -> pa.Table | Dataset:
        """Return the finished table of what is `done` with each group of rows, and say what there is of their amounts.

        Where files are too large for memory it goes to <table>.parquet in the folder `aside`, range by range of ids.
        """
        files, to = [Amounts(frame, context.company) for frame in frames], on_disk(frames, aside)
        groups = self.groups(files, context.ledger, to)
        table = united((finish(done(rows), self.table) for rows in groups), self.table, to)
        for file in files:
            file.tell(context.ledger)
        return table

    def groups(self, files: list[Amounts], ledger: Ledger, to: Path | None) -> Iterator[pd.DataFrame]:
        """Return the rows with all columns that are used, those of an id together; those without are left out."""
        key = TABLES[self.table].key[0]

        def parts(ledger: Ledger, most: int | None) -> Iterator[pa.Table]:
            if most is not None:
                yield from sampled((file.frame for file in files), key, most)
                return
            for file in files:
                for part in file.frame.parts():
                    rows = self._laid_out(self.rows(part, file))
                    yield without(rows, [("no id", pc.is_null(rows[key]))], ledger, key)

        n_rows = sum(file.frame.n_rows for file in files)
        return map(_as_frame, in_groups(parts, n_rows, key, self.table, ledger, to))

    def _laid_out(self, part: pa.Table) -> pa.Table:
        there, n = set(part.column_names), len(part)
        kinds = {**self.kinds, "_file": pa.int32()}
        return pa.table(
            {name: whole(part[name]).cast(kind) if name in there else pa.nulls(n, kind) for name, kind in kinds.items()}
        )


def _as_frame(rows: pa.Table) -> pd.DataFrame:
    texts = [name for name, kind in zip(rows.column_names, rows.schema.types, strict=True) if kind == TEXT]
    return text_columns(rows, tuple(texts)).join(rows.drop_columns(texts).to_pandas())


@dataclass
class Found:
    """Some rows or ids among others, counted group by group: how many, of how many, what they are worth, of which
    files, and the lowest of their names."""

    n: int = 0
    of: int = 0
    worth: float = 0.0
    shown: list[str] = field(default_factory=list)
    files: set[int] = field(default_factory=set)

    def add(self, n: int, shown: Iterable[str], worth: float = 0.0, files: Iterable[int] = ()) -> None:
        """Count those of one more group."""
        self.n, self.worth = self.n + n, self.worth + worth
        self.shown, self.files = sorted([*self.shown, *shown])[:3], self.files.union(files)


def worth(found: Found, context: Context) -> str:
    """Return what they are worth, rounded first to where sums in another order do not differ."""
    return money(round(found.worth, NEARLY), context.company.currency, exact=True)


def refuse_statuses(found: dict[str, Found], known: Iterable[str], context: Context, of_money: bool) -> None:
    """Add a problem for each file with statuses that are not `known`, told with what their rows are worth if asked."""
    for name, some in sorted(found.items()):
        if some.n:
            lost = f", {worth(some, context)}" if of_money else ""
            context.ledger.problems.append(
                f"{name}: every status must be one of {', '.join(known)}; found {some.n:,} of {some.of:,} rows with "
                f"another ({examples(some.shown)}){lost}. Correct the export."
            )


def add_several(
    found: Found, rows: pd.DataFrame, key: list[str], differ: Callable[[pd.api.typing.DataFrameGroupBy], pd.Series]
) -> None:
    """Count the ids (the first of `key`) whose rows of one key `differ`, and by how much; rows come in order of ids."""
    twice = rows[rows.duplicated(key, keep=False)]
    copies = twice.groupby(key)
    several = differ(copies)
    ids = several.index[several].get_level_values(0).unique()
    apart = (copies["amount"].max() - copies["amount"].min())[several].sum()
    found.of += int(rows[key[0]].ne(rows[key[0]].shift()).sum())
    found.add(len(ids), ids, float(apart), twice["_file"].unique())


def refuse_several(found: Found, what: str, context: Context) -> None:
    """Add a problem where ids have several amounts; `what` they are of."""
    if found.n:
        names = sorted({context.ledger.sources[index].name for index in found.files})
        context.ledger.problems.append(
            f"{', '.join(names[:3])}: {what} must have one amount; found {found.n:,} of {found.of:,} with several "
            f"({examples(found.shown)}), {worth(found, context)} apart. Remove the copies that are out of date."
        )

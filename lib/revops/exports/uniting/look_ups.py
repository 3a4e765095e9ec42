"""Columns that a description takes from another file of its system, by an id that both have."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.later import Later, opened
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.exports.uniting.records import joined

__all__ = ["look_up"]


@dataclass(frozen=True)
class LookedUp:
    """A column that rows take from other files, `take` there, by an id that both have."""

    column: str
    by: str
    take: str
    others: tuple[pa.Table | Later, ...]

    def into(self, rows: pa.Table) -> pa.Table:
        """Return rows with the column; what they have in it themselves stays."""
        others = pa.concat_tables(other.select([self.by, self.take]) for other in opened(self.others))
        found = joined(rows[self.by], others, self.by, self.take)
        if self.column in rows.column_names:
            found = pc.coalesce(rows[self.column].cast(TEXT), found.cast(TEXT))
            rows = rows.drop_columns([self.column])
        return rows.append_column(self.column, found)


def look_up(frames: list[Frame]) -> None:
    """Fill the columns that a description takes from another file of its system."""
    for frame in frames:
        for column, look in frame.description.kind.lookups.items():
            others = tuple(
                other.rows
                for other in frames
                if other.description.kind.name == look.file
                and other.description.system.system == frame.description.system.system
            )
            if others and look.by in frame.rows.column_names:
                _fill(frame, LookedUp(column, look.by, look.take or column, others))


def _fill(frame: Frame, found: LookedUp) -> None:
    """Put a column into the rows of a file: into those that are not in memory when they are read."""
    if frame.spilled is None:
        frame.table = found.into(frame.table)
        return
    rows, names = frame.rows, [name for name in frame.rows.column_names if name != found.column]
    empty = rows.table if isinstance(rows, Later) else lambda: rows
    frame.table = Later("", 0, (*names, found.column), lambda: found.into(empty()))
    frame.looked_up = (*frame.looked_up, found)

"""Columns that a description takes from another file of its system, by an id that both have."""

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.exports.uniting.records import joined

__all__ = ["look_up"]


def look_up(frames: list[Frame]) -> None:
    """Fill the columns that a description takes from another file of its system."""
    for frame in frames:
        for column, look in frame.description.kind.lookups.items():
            take = look.take or column
            others = [
                other.table.select([look.by, take])
                for other in frames
                if other.description.kind.name == look.file
                and other.description.system.system == frame.description.system.system
            ]
            if not others or look.by not in frame.rows.column_names:
                continue
            found = joined(frame.table[look.by], pa.concat_tables(others), look.by, take)
            own = frame.table[column] if column in frame.table.column_names else None
            if own is not None:
                found = pc.coalesce(own.cast(TEXT), found.cast(TEXT))
                frame.table = frame.table.drop_columns([column])
            frame.table = frame.table.append_column(column, found)

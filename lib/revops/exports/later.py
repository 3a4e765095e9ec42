"""A table that is known by its contents before it is read."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

__all__ = ["Later", "LaterRows", "Opened", "opened"]


@dataclass(eq=False)
class Later:
    """A table that is read or made when it is first asked for; `digest` is alike where what it holds is."""

    digest: str
    num_rows: int
    column_names: tuple[str, ...]
    make: Callable[[], pa.Table]
    found: pa.Table | None = field(default=None, repr=False)

    @property
    def found_by(self) -> tuple[str, int, tuple[str, ...]]:
        """Return what is known of it before it is read."""
        return self.digest, self.num_rows, self.column_names

    def table(self) -> pa.Table:
        """Return the table."""
        if self.found is None:
            self.found = self.make()
        return self.found


@dataclass(eq=False)
class LaterRows:
    """The rows of a file too large for memory, put aside when they are first asked for."""

    make: Callable[[], Any]
    n_rows: int

    @cached_property
    def rows(self) -> Any:
        """Return the rows (reading.frames.Spilled)."""
        return self.make()

    def __len__(self) -> int:
        return len(self.rows)

    def remove(self) -> None:
        """Take them from the disk, if they were put there."""
        if "rows" in self.__dict__:
            self.rows.remove()

    def parts(self, *asked: Any, **more: Any) -> Iterator[pa.Table]:
        """Yield the parts, or those that are asked for."""
        return self.rows.parts(*asked, **more)  # type: ignore[no-any-return]


class Opened:
    """A field that takes a table, or one for later, and gives the table; `_<name>` is what it took."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.kept = f"_{name}"

    def __set__(self, thing: Any, value: pa.Table | Later) -> None:
        setattr(thing, self.kept, value)

    def __get__(self, thing: Any, owner: type) -> Any:
        if thing is None:
            raise AttributeError(self.kept)  # so that a dataclass takes it for a field without a default
        return opened(getattr(thing, self.kept))


def opened(value: Any) -> Any:
    """Return a value with its tables for later read: itself, or in its lists, tuples, dicts and frozen records."""
    if isinstance(value, Later):
        return value.table()
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(opened, value))
    if dataclasses.is_dataclass(value) and value.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        later = {name: part.table() for name, part in parts.items() if isinstance(part, Later)}
        return dataclasses.replace(value, **later) if later else value
    return value

"""What a canonical table is: its columns with their kinds, what a row of it is, and which columns make it unique."""

from dataclasses import dataclass

__all__ = ["CURRENCY", "Column", "Table", "described"]

_DTYPES = {
    "id": "str",
    "text": "str",
    "category": "str",
    "date": "datetime64[us]",
    "timestamp": "datetime64[us]",
    "money": "float64",
    "rate": "float64",
    "number": "float64",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind (id, text, category, date, timestamp, money, rate in [0, 1], number, flag) and meaning."""

    name: str
    kind: str
    meaning: str
    required: bool = False

    @property
    def dtype(self) -> str:
        """Return the pandas dtype of the column."""
        return _DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One canonical table: what a row is, which columns make it unique, and its columns in order."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the column names in documented order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Return the columns without which the table cannot be used."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """Return one column by name; KeyError where the table has none of that name."""
        return {column.name: column for column in self.columns}[name]


def described(name: str, grain: str, key: str, *columns: Column) -> Table:
    """Return a table whose key is written as its columns' names with spaces between them."""
    return Table(name, grain, tuple(key.split()), columns)


CURRENCY = Column("currency", "category", "ISO 4217 code of the original amount")

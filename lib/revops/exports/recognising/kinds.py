"""One kind of file as its description says: its headers, what its columns hold, and how its cells are written."""

import re
from functools import lru_cache
from typing import Literal

from pydantic import Field, field_validator, model_validator

from revops.company import Settings
from revops.errors import nearest
from revops.exports.recognising.own_columns import ENTERED, FORMER, RAW, helpers_of
from revops.schema import TABLES

__all__ = ["FileKind", "LookUp", "Outcome", "Statement", "Wide", "column_kind"]

Section = Literal["income", "cogs", "expenses", "other_income", "other_expenses"]
Computed = Literal["gross_profit", "operating_profit", "net_other_income", "net_profit"]


class Outcome(Settings):
    """Which column says how a record ended, and with which words."""

    column: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    open: tuple[str, ...]


class Wide(Settings):
    """Headers that are values: each column whose header fits one of the patterns becomes rows of its own.

    `label` is the column that takes the header, `cell` the one that takes the cells.
    """

    label: str
    cell: str
    headers: tuple[str, ...]

    def fits(self, label: str) -> bool:
        """Return whether a header, normalised, is one of these."""
        return _is_one_of(label, self.headers)


@lru_cache(4096)
def _is_one_of(label: str, patterns: tuple[str, ...]) -> bool:
    return any(re.fullmatch(pattern, label, re.IGNORECASE) for pattern in patterns)


class LookUp(Settings):
    """Take a column from another file of the same system: `file`, whose key has the same name as `by` here."""

    file: str
    by: str
    take: str | None = None


class Statement(Settings):
    """How a profit and loss by month names its sections, the lines computed from them, and its totals."""

    sections: dict[Section, tuple[str, ...]]
    computed: dict[Computed, tuple[str, ...]]
    totals: tuple[str, ...] = ("Total for", "Total")

    @property
    def words(self) -> dict[str, str]:
        """Return every word of a section or a computed line, case folded, and what it stands for."""
        named = {**self.sections, **self.computed}
        return {" ".join(word.split()).casefold(): name for name, words in named.items() for word in words}


class FileKind(Settings):
    """One kind of file of one system. The keys are explained at the top of systems/salesforce.yml."""

    name: str
    table: str | None = None
    form: Literal["records", "states", "steps", "changes", "months", "credits", "items"] = "records"
    route: str = "report"
    headers: dict[str, tuple[str, ...]]
    former: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    required: tuple[str, ...]
    without: tuple[str, ...] = ()
    titled: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    key_prefix: str | None = None
    dates: Literal["utc", "local"] = "local"
    decimal_sign: Literal["auto", "file", "point", "comma"] = "auto"
    percent: tuple[str, ...] = ()
    stage_dates: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    minor_units: bool = False
    wide: Wide | None = None
    outcome: Outcome | None = None
    lookups: dict[str, LookUp] = Field(default_factory=dict)
    prints_total: bool = False
    by_day: str = "Export it again by day or by month."
    unread: str | None = None
    refuse: str | None = None
    statement: Statement | None = None

    @field_validator("headers")
    @classmethod
    def _raw_names(cls, headers: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Return headers under the name of the raw column: an amount is converted and a source mapped by the gate."""
        return {RAW.get(column, column): labels for column, labels in headers.items()}

    @field_validator("stage_dates")
    @classmethod
    def _patterns_name_a_stage(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if re.compile(pattern).groups != 1:
                raise ValueError(f"{pattern}: must have one group, around the name of the stage")
        return patterns

    @model_validator(mode="after")
    def _names_exist(self) -> "FileKind":
        if self.table is not None and self.table not in TABLES:
            raise ValueError(f"table {self.table} is not a table. {nearest(self.table, list(TABLES))}")
        keys = {look.by for look in self.lookups.values()} | ({self.outcome.column} if self.outcome else set())
        known = sorted({*(TABLES[self.table].names if self.table else ()), *helpers_of(self.table), *keys})
        if "outcome" in self.headers or (self.outcome and self.table != "opportunities"):
            raise ValueError(
                "outcome: is told by `outcome: {column, won, lost, open}` of opportunities, not by headers"
            )
        spread = (self.wide.label, self.wide.cell) if self.wide else ()
        for column in (*self.headers, *self.lookups, *self.percent, *self.alone, *spread):
            if self.table is not None and column not in known:
                raise ValueError(f"{column} is not a column of {self.table}. {nearest(column, known)}")
        for column in (*self.alternatives, *self.former, *keys):
            if column not in (*self.headers, *spread):
                raise ValueError(f"{column} has no headers in {self.name}. {nearest(column, list(self.headers))}")
        return self

    def entered(self, label: str) -> str | None:
        """Return the column of a header that says when each record entered one stage; None for any other header."""
        for place, pattern in enumerate(self.stage_dates):
            if found := re.fullmatch(pattern, label.strip(), re.IGNORECASE):
                return f"{ENTERED}{place} {found[1].strip()}"
        return None

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Return every column named in `required`, also those joined by `|`."""
        return tuple(part.strip() for entry in self.required for part in entry.split("|"))


def column_kind(kind: FileKind, column: str) -> str:
    """Return what a column holds (schema.Column.kind); the key of a look-up is an id, other own columns categories."""
    if column.startswith(ENTERED):
        return "timestamp"
    while column.startswith(FORMER):
        column = column.removeprefix(FORMER)
    canonical = {c.name: c.kind for c in TABLES[kind.table].columns} if kind.table else {}
    keys = {look.by for look in kind.lookups.values()} | (set() if kind.table else {kind.alternatives[0]})
    own = "id" if column in keys else "category"
    return canonical.get(column) or (helpers_of(kind.table).get(column, own) if kind.table else own)

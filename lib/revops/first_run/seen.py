"""The files of a folder as the gate reads them before anybody has said what the company's words mean."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from revops.company import Company
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.deals.changes import tracked_fields
from revops.exports.deals.pipelines import settle_pipelines
from revops.exports.folder import read_folder
from revops.exports.people import People
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.exports.recognising.own_columns import ENTERED
from revops.exports.recognising.systems import Description, load_systems
from revops.exports.words import Words

__all__ = ["NO_CURRENCY", "Seen", "column", "look"]

NO_CURRENCY = "XXX"
NOBODY = {
    "company": "nobody yet",
    "currency": NO_CURRENCY,
    "stages": [{"name": "open"}, {"name": "won", "outcome": "won"}],
    "types": {},
}
# Headers that no table takes and that tell something of the company.
TELLING: dict[str | None, dict[str, tuple[str, ...]]] = {
    "opportunities": {
        "_sort_order": ("StageSortOrder",),
        "_fiscal_year": ("FiscalYear",),
        "_fiscal_quarter": ("FiscalQuarter",),
        "_fiscal_period": ("Fiscal Period", "Fiscal"),
    },
    "owners": {"_time_zone": ("TimeZoneSidKey",)},
}


@dataclass(frozen=True)
class Seen:
    """What lies in a folder: its files, typed; of several CRMs those of one, `crms` has the number of deals of each.

    `settled` says whether there is one CRM alone, `named` whether somebody has said which one counts.
    """

    folder: Path
    systems: Path | None
    frames: list[Frame]
    ledger: Ledger
    crms: dict[str, int]
    crm: str
    settled: bool
    named: bool

    def of(self, *tables: str) -> list[Frame]:
        """Return the files of some tables."""
        return [frame for frame in self.frames if frame.source.table in tables]

    def words(self, name: str, *tables: str) -> Counter[str]:
        """Return the words of a column in all files of some tables, spellings that differ in case or spaces as one.

        Those that the history of fields tells are among them where opportunities are asked for.
        """
        found: Counter[str] = Counter()
        for frame in self.of(*tables):
            if name in frame.table.column_names:
                found.update(_counted(frame.table[name]))
        for frame in self.of("opportunities", "opportunity_history") if "opportunities" in tables else ():
            found.update(dict.fromkeys(_past_words(frame, name), 0))
        spellings: dict[str, Counter[str]] = {}
        for word, n in found.items():
            spellings.setdefault(" ".join(word.split()).casefold(), Counter())[word.strip()] += n
        best = {min(some, key=lambda w: (-some[w], w)): sum(some.values()) for key, some in spellings.items() if key}
        return Counter(dict(sorted(best.items(), key=lambda item: (-item[1], item[0]))))

    def blanks(self, name: str, table: str) -> tuple[int, int]:
        """Return how many rows of a table have no word in a column, and how many there are."""
        rows = [column(frame, name) for frame in self.of(table)]
        return sum(int(part.isna().sum()) for part in rows), sum(len(part) for part in rows)


def look(folder: Path, systems: Path | None, crm: str | None = None, **exports: Any) -> Seen:
    """Return what lies in a folder; `exports` are settings of that name in company.yml, to read it by.

    Raises
        ExportError: there is no such folder, or a description of a system is not to be used.
    """
    company = Company.model_validate({**NOBODY, "exports": {"crm": crm, **exports}})
    ledger = Ledger()
    descriptions = tuple(_telling(d) for d in load_systems(company, systems))
    frames = read_folder(folder, company, descriptions, ledger)
    known = {d.system.system for d in descriptions if d.kind.table == "opportunities"}
    crms: Counter[str] = Counter()
    for frame in frames:
        if frame.source.table == "opportunities":
            crms[frame.source.system] += frame.table.num_rows
    chosen = crm or min(crms, key=lambda name: (-crms[name], name), default="")
    kept = [f for f in frames if f.source.system == chosen or f.source.system not in known]
    deals = [frame for frame in kept if frame.source.table == "opportunities"]
    settle_pipelines(deals, Context(company, People(None, company), Words(company, ledger), ledger))
    return Seen(folder, systems, kept, ledger, dict(crms), chosen, len(crms) < 2, crm is not None)


def column(frame: Frame, name: str) -> "pd.Series[Any]":
    """Return a column of a file, text as text; blank where the file does not have it."""
    if name not in frame.table.column_names:
        return pd.Series([None] * frame.table.num_rows, dtype="object")
    values = frame.table[name]
    text = values.cast(TEXT) if str(values.type).startswith("dictionary") else values
    return text.to_pandas()


def _telling(description: Description) -> Description:
    extra = TELLING.get(description.kind.table)
    if not extra:
        return description
    kind = description.kind.model_copy(update={"headers": {**description.kind.headers, **extra}})
    return Description(description.system, kind, description.own)


def _counted(values: Any) -> dict[str, int]:
    found = pc.value_counts(values.cast(TEXT).drop_null()).to_pylist()
    return {item["values"]: item["counts"] for item in found if item["values"].strip()}


def _past_words(frame: Frame, name: str) -> list[str]:
    """Return the words of a column that the history of fields, of stages, or dates of stages tell."""
    table, form = frame.table, frame.description.kind.form
    if frame.source.table == "opportunities":
        dated = [own for own in table.column_names if own.startswith(ENTERED) and name == "stage_name"]
        return [own.removeprefix(ENTERED) for own in dated if table[own].null_count < table.num_rows]
    if form == "changes":
        field = {"lead_source": "source"}.get(name, name)
        rows = table.filter(pc.equal(tracked_fields(table["field"]), field))
        return [word for side in ("old_value", "new_value") for word in _counted(rows[side])]
    names = [own for own in (name, "from_stage" if name == "stage_name" else "") if own in table.column_names]
    return [word for own in names for word in _counted(table[own])]

"""What is said about leads that were read: what looks wrong in them, and what company.yml could name and does not."""

import json
import re

import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.wording import plural

__all__ = ["doubt_leads", "say_queues"]

WORDS = {
    "mql_at": (r"\bmql\b|\bmarketing qualified\b", "marketing"),
    "sql_at": (r"\bsql\b|\bsales (qualified|accepted)\b", "sales"),
}
DATED = r"\b(date|dates|at|on|time|timestamp|when|became|day)\b"
QUEUE = "00G"


def say_queues(table: pa.Table, ledger: Ledger) -> None:
    """Write down, file by file, how many leads belong to a queue rather than to a person."""
    queued = table.filter(pc.starts_with(table["owner_id"].cast(TEXT), QUEUE).fill_null(False))
    for count in sorted(pc.value_counts(queued["_file"]).to_pylist(), key=lambda item: item["values"]):
        n = count["counts"]
        said = f"{plural(n, 'lead')} {'belongs' if n == 1 else 'belong'} to a queue (an owner whose id begins with 00G)"
        ledger.sources[count["values"]].decisions.append(said)


def doubt_leads(table: pa.Table, frames: list[Frame], deals: pa.Table, context: Context) -> None:
    """Warn of what makes the leads less than they should be; none of it is mended by a guess."""
    ledger = context.ledger
    days = {name for name in WORDS if name in table.column_names and _holds_days(table[name])}
    _warn_of_days(days, ledger)
    _warn_of_order(table, days, ledger)
    _warn_of_unconverted(table, deals, ledger)
    _warn_of_names_alone(table, ledger)
    for column in WORDS:
        if column not in context.company.exports.columns.get("leads", {}):
            _suggest(column, frames, ledger)


def _holds_days(stamps: pa.ChunkedArray) -> bool:
    filled = stamps.drop_null()
    return len(filled) > 0 and pc.all(pc.equal(filled, pc.floor_temporal(filled, unit="day"))).as_py()


def _warn_of_days(days: set[str], ledger: Ledger) -> None:
    for name in sorted(days):
        ledger.warnings.append(
            f"leads: {name} holds days without a time; it tells days from one step to the next and no hours"
        )


def _warn_of_order(table: pa.Table, days: set[str], ledger: Ledger) -> None:
    """Say where sales called a lead qualified before marketing did; by days where one of the two holds only days."""
    if not set(WORDS) <= set(table.column_names):
        return
    stamps = [pc.floor_temporal(table[name], unit="day") if days else table[name] for name in WORDS]
    wrong = pc.less(stamps[1], stamps[0]).fill_null(False)
    if n := pc.sum(wrong).as_py() or 0:
        shown = examples(sorted(table["lead_id"].filter(wrong).to_pylist()))
        ledger.warnings.append(f"leads: {n:,} of {table.num_rows:,} have a sql_at before their mql_at; kept ({shown})")


def _warn_of_unconverted(table: pa.Table, deals: pa.Table, ledger: Ledger) -> None:
    n = deals.num_rows
    verb = "is" if n == 1 else "are"
    if table.num_rows and n and not pc.any(table["is_converted"]).as_py():
        ledger.warnings.append(
            f"leads: none of {table.num_rows:,} is converted though there {verb} {plural(n, 'opportunity')}; "
            'the standard report "Leads" leaves converted leads out. Export "Leads with converted lead information", '
            "or Lead.csv of the weekly export"
        )


def _warn_of_names_alone(table: pa.Table, ledger: Ledger) -> None:
    """Say where only the name of a lead's opportunity is known: names are no keys, so it is not joined."""
    if "opportunity_name" not in table.column_names:
        return
    own = table["opportunity_id"] if "opportunity_id" in table.column_names else pa.nulls(table.num_rows, TEXT)
    if n := pc.sum(pc.and_(table["opportunity_name"].is_valid(), own.is_null())).as_py() or 0:
        ledger.warnings.append(
            f"leads: {n:,} of {table.num_rows:,} name their opportunity without its id, by which alone it is found; "
            "add Converted Opportunity ID to the report"
        )


def _suggest(column: str, frames: list[Frame], ledger: Ledger) -> None:
    """Name the headers that look like a field company.yml does not name, with the lines to paste."""
    pattern, team = WORDS[column]
    labels = {label.strip(): frame.source.name for frame in frames for label in frame.source.unknown_columns}
    likely = {label: file for label, file in labels.items() if re.search(pattern, _spaced(label))}
    likely = {label: file for label, file in likely.items() if re.search(DATED, _spaced(label))} or likely
    if not likely:
        return
    found = ", ".join(f"{label} in {likely[label]}" for label in sorted(likely))
    named = _quoted(next(iter(likely))) if len(likely) == 1 else "TODO"
    ledger.warnings.append(
        f"leads: {column} is not read, since company.yml names no header for it; found {found}. If that is when {team} "
        f"called a lead qualified, add:\n  exports:\n    columns:\n      leads:\n        {column}: [{named}]"
    )


def _spaced(label: str) -> str:
    """Return a header as plain words: MQL_Date__c, MQLDate and `MQL Date` are the same."""
    apart = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", re.sub("(?i)mysql", "", label))
    return " ".join(re.split(r"[\W_]+", apart)).casefold().strip()


def _quoted(label: str) -> str:
    return label if re.fullmatch(r"[A-Za-z]\w*", label) else json.dumps(label, ensure_ascii=False)

"""The table of invoices: what was charged for which month, without tax, credits negative."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from revops.errors import examples
from revops.exports.amounts import Amounts
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.money import Unconverted
from revops.exports.reading.columns import TEXT, put, text_of
from revops.exports.reading.frames import Frame
from revops.exports.recurring.billed import CENT, Billed, Found, add_several, refuse_several, refuse_statuses, worth
from revops.exports.recurring.spread import spread
from revops.exports.uniting.groups import on_disk
from revops.exports.uniting.records import joined
from revops.exports.uniting.rows import each, in_one, leave, nothing, without_copies
from revops.wording import plural

__all__ = ["build_invoices"]

# In the order in which an invoice goes through them: of two copies the one that is further on is the newer.
STATUSES = ("draft", "open", "issued", "uncollectible", "paid", "void", "deleted")
KEPT = ("open", "issued", "paid")
TEXTS = ("invoice_id", "line_id", "credited_id", "customer_id", "customer_name", "status", "currency")
SAID = ("customer_id", "customer_name", "status", "currency", "invoice_date")
AMOUNTS = ("amount", "amount_original")
DAYS = ("invoice_date", "service_from", "service_to")
LONGEST = 60
KINDS = {
    **dict.fromkeys(TEXTS, TEXT),
    **dict.fromkeys(AMOUNTS, pa.float64()),
    **dict.fromkeys(DAYS, pa.timestamp("us")),
}


@dataclass
class _Said:
    """What is to be said of invoices: statuses nobody knows by file, ids with several amounts, rows without the days
    they are for, rows for too many months."""

    unknown: dict[str, Found]
    several: Found = field(default_factory=Found)
    undated: Found = field(default_factory=Found)
    long: Found = field(default_factory=Found)
    lost: Unconverted = field(default_factory=lambda: Unconverted("invoices"))

    def tell(self, context: Context) -> None:
        ledger, undated, long = context.ledger, self.undated, self.long
        refuse_statuses(self.unknown, STATUSES, context, of_money=False)
        refuse_several(self.several, "an invoice", context)
        if undated.n:
            ledger.warnings.append(
                f"invoices: {undated.n:,} of {plural(undated.of, 'row')} ({worth(undated, context)}) without the days "
                f"they are for ({examples(undated.shown)}): they count in the month of their date"
            )
        if long.n:
            ledger.problems.append(
                f"{min(ledger.sources[index].name for index in long.files)}: an invoice must be for {LONGEST} months "
                f"at most; found {long.n:,} of {long.of:,} for more ({examples(long.shown)}). Correct its line-item "
                "periods."
            )
        self.lost.refuse(context.company, ledger)


def build_invoices(frames: list[Frame], context: Context, aside: Path | None = None) -> pa.Table | Dataset:
    """Return invoices, credit notes and lines of invoices, each spread over the months it is for.

    Where files are too large for memory, they go to invoices.parquet in the folder `aside` and are returned as a
    dataset.
    """
    said, days = _Said(_unknown_statuses(frames)), _credited(frames, context, aside)
    table = INVOICES.built(frames, context, aside, lambda rows: _done(rows, days, said, context))
    said.tell(context)
    return table


def _rows(part: pa.Table, amounts: Amounts) -> pa.Table:
    """Return a part of a file with its amounts without tax, negative in a file of credit notes."""
    if "tax" in part.column_names:
        net = pc.subtract(part["amount_original"], part["tax"].fill_null(0.0))
        part = put(part, "amount_original", net)
    part = amounts.of(part)
    if amounts.frame.description.kind.form == "credits":
        for name in AMOUNTS:
            part = put(part, name, pc.negate(pc.abs(part[name])))
    return part


INVOICES = Billed("invoices", KINDS, _rows)


def _unknown_statuses(frames: list[Frame]) -> dict[str, Found]:
    """Return how many rows of each file have a customer and a status that nobody knows."""
    found: defaultdict[str, Found] = defaultdict(Found)
    for frame in frames:
        some = found[frame.source.name]
        some.of += frame.n_rows
        for part in frame.parts(["status", "customer_id"]):
            words = text_of(part, "status").filter(text_of(part, "customer_id").is_valid())
            for item in pc.value_counts(words).to_pylist():
                status = _folded(item["values"] or "(blank)")
                if status not in STATUSES:
                    some.add(item["counts"], {status}.difference(some.shown))
    return found


def _folded(status: str) -> str:
    return status.strip().casefold()


def _credited(frames: list[Frame], context: Context, aside: Path | None) -> pa.Table:
    """Return the days that invoices are for which are credited (invoice_id, service_from, service_to), each once."""
    told = [frame.distinct("credited_id") for frame in frames if "credited_id" in frame.rows.column_names]
    ids, names = pc.unique(pa.chunked_array(told, TEXT)), ("invoice_id", *DAYS[1:])
    schema = pa.schema([(name, KINDS[name]) for name in names])
    if not len(ids):
        return schema.empty_table()

    def rows_of(part: pa.Table, amounts: Amounts) -> pa.Table:
        return _rows(part.filter(pc.is_in(text_of(part, "invoice_id"), value_set=ids)), amounts)

    unheard = Ledger([replace(source) for source in context.ledger.sources])
    files = [Amounts(frame, context.company) for frame in frames]
    groups = replace(INVOICES, rows=rows_of).groups(files, unheard, on_disk(frames, aside))
    kept = (_kept(rows, Found(), unheard).drop_duplicates("invoice_id") for rows in groups)
    return pa.concat_tables(pa.Table.from_pandas(rows[[*names]], schema, preserve_index=False) for rows in kept)


def _done(rows: pd.DataFrame, days: pa.Table, said: _Said, context: Context) -> pa.Table:
    """Return the months of the invoices among rows that hold all copies of each; they are counted."""
    ledger, rows = context.ledger, _kept(rows, said.several, context.ledger)
    if not len(rows):
        return nothing("invoices")
    rows = _with_service(rows, days, said, context)
    said.lost.add(pa.Table.from_pandas(rows[["amount", "amount_original", "currency"]], preserve_index=False))
    ledger.keep_rows(pa.table({"_file": pa.array(rows["_file"], pa.int32())}))
    done = spread(rows[["invoice_id", *SAID, "service_start", "service_end", *AMOUNTS]], AMOUNTS)
    return pa.Table.from_pandas(_by_month(done), preserve_index=False)


def _kept(rows: pd.DataFrame, several: Found, ledger: Ledger) -> pd.DataFrame:
    """Return the rows that count, each once and in its latest status."""
    rows = rows.assign(status=each(rows["status"], _folded), line_id=rows["line_id"].fillna(""))
    for column, reason in (("customer_id", "no customer"), ("amount_original", "no amount")):
        rows = leave(rows, rows[column].isna(), reason, ledger, "invoice_id")
    rows = _once(rows, several, ledger)
    for status in STATUSES:
        if status not in KEPT:
            rows = leave(rows, rows["status"].eq(status), status, ledger, "invoice_id")
    return rows


def _by_month(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per invoice and month, in their order, with the amounts of its lines added up."""
    key = ["invoice_id", "month"]
    codes = in_one(rows, key)
    order = np.argsort(codes, kind="stable")
    rows, codes = rows.iloc[order], codes[order]
    again = np.append(codes[1:] == codes[:-1], False)
    again[1:] |= again[:-1]
    done = rows.rename(columns={"amount": "invoiced_amount"})
    done = done[[*key, *SAID, "service_start", "service_end", "invoiced_amount", "amount_original"]]
    if again.any():
        added = (
            rows[again]
            .groupby(key, sort=True)
            .agg(
                **{name: (name, "first") for name in SAID},
                service_start=("service_start", "min"),
                service_end=("service_end", "max"),
                invoiced_amount=("amount", "sum"),
                amount_original=("amount_original", "sum"),
            )
        )
        done = pd.concat([done[~again], added.reset_index()]).sort_values(key, kind="stable")
    done[["invoiced_amount", "amount_original"]] = done[["invoiced_amount", "amount_original"]].fillna(0.0).round(2)
    return done


def _once(rows: pd.DataFrame, several: Found, ledger: Ledger) -> pd.DataFrame:
    """Return each invoice or line once, in its latest status; two amounts for it are refused."""
    key = ["invoice_id", "line_id"]
    content = [*key, "customer_id", "status", "amount_original", "currency", *DAYS]
    rows = without_copies(rows, content, ledger, "invoice_id")
    add_several(several, rows, key, lambda copies: copies["amount"].max() - copies["amount"].min() > CENT)
    rank = rows["status"].map({status: place for place, status in enumerate(STATUSES)})
    rows = rows.assign(_rank=rank).sort_values(["_rank", *key, "_file"], ascending=[False, True, True, True])
    return leave(rows, rows.duplicated(key), "duplicate id, in an earlier status", ledger, "invoice_id")


def _with_service(rows: pd.DataFrame, days: pa.Table, said: _Said, context: Context) -> pd.DataFrame:
    """Return rows with the days they are for: of their lines, of the invoice that is credited, else their own day."""
    credited = pa.array(rows["credited_id"], TEXT, from_pandas=True)
    start, end = (
        rows[name].fillna(pd.Series(joined(credited, days, "invoice_id", name).to_numpy(False), rows.index))
        for name in DAYS[1:]
    )
    blank = start.isna() | end.isna()
    said.undated.of += len(rows)
    said.undated.add(int(blank.sum()), rows.loc[blank, "invoice_id"], float(rows.loc[blank, "amount"].sum()))
    start, end = start.where(~blank, rows["invoice_date"]), end.where(~blank, rows["invoice_date"])
    rows = rows.assign(service_start=start, service_end=end - pd.Timedelta(days=1))
    rows = leave(rows, start.isna(), "no date", context.ledger, "invoice_id")
    rows["service_end"] = rows["service_end"].clip(lower=rows["service_start"])
    too_long = (rows["service_end"] - rows["service_start"]).dt.days / 30.4 > LONGEST
    said.long.of += len(rows)
    said.long.add(int(too_long.sum()), rows.loc[too_long, "invoice_id"], files=rows.loc[too_long, "_file"].unique())
    return rows[~too_long]

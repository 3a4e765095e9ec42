"""The table of invoices: what was charged for which month, without tax, credits negative."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.amounts import with_amounts
from revops.exports.context import Context
from revops.exports.money import refuse_unconverted
from revops.exports.reading.columns import put
from revops.exports.reading.frames import Frame
from revops.exports.recurring.spread import spread
from revops.exports.uniting.rows import each, in_one, leave, nothing, text_columns, without_copies
from revops.wording import money, plural

__all__ = ["build_invoices"]

# In the order in which an invoice goes through them: of two copies the one that is further on is the newer.
STATUSES = ("draft", "open", "issued", "uncollectible", "paid", "void", "deleted")
KEPT = ("open", "issued", "paid")
TEXTS = ("invoice_id", "line_id", "credited_id", "customer_id", "customer_name", "status", "currency")
SAID = ("customer_id", "customer_name", "status", "currency", "invoice_date")
AMOUNTS = ("amount", "amount_original")
DAYS = ("invoice_date", "service_from", "service_to")
LONGEST = 60


def build_invoices(frames: list[Frame], context: Context) -> pa.Table:
    """Return invoices, credit notes and lines of invoices, each spread over the months it is for."""
    ledger = context.ledger
    rows = pd.concat([_rows(frame, context) for frame in frames], ignore_index=True)
    _refuse_statuses(rows, context)
    for column, reason in (("invoice_id", "no id"), ("customer_id", "no customer"), ("amount_original", "no amount")):
        rows = leave(rows, rows[column].isna(), reason, ledger, "invoice_id")
    rows = _once(rows, context)
    for status in STATUSES:
        if status not in KEPT:
            rows = leave(rows, rows["status"].eq(status), status, ledger, "invoice_id")
    if not len(rows):
        return nothing("invoices")
    rows = _with_service(rows, context)
    amounts = pa.Table.from_pandas(rows[["amount", "amount_original", "currency"]], preserve_index=False)
    refuse_unconverted(amounts, context.company, "invoices", ledger)
    ledger.keep_rows(pa.table({"_file": pa.array(rows["_file"], pa.int32())}))
    done = spread(rows[["invoice_id", *SAID, "service_start", "service_end", *AMOUNTS]], AMOUNTS)
    return pa.Table.from_pandas(_by_month(done), preserve_index=False)


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


def _rows(frame: Frame, context: Context) -> pd.DataFrame:
    names = frame.table.column_names
    if "tax" in names:
        net = pc.subtract(frame.table["amount_original"], frame.table["tax"].fill_null(0.0))
        frame.table = put(frame.table, "amount_original", net)
    table = with_amounts(frame, context)
    rows = table.select(["amount", "amount_original", "_file"]).to_pandas().join(text_columns(table, TEXTS))
    for name in DAYS:
        rows[name] = table[name].to_pandas() if name in names else pd.Series(pd.NaT, rows.index, dtype="datetime64[us]")
    if frame.description.kind.form == "credits":
        rows[["amount", "amount_original"]] = -rows[["amount", "amount_original"]].abs()
    rows["status"] = each(rows["status"], lambda word: word.strip().casefold())
    return rows.assign(line_id=rows["line_id"].fillna(""), _name=frame.source.name)


def _refuse_statuses(rows: pd.DataFrame, context: Context) -> None:
    for name, part in rows[~rows["status"].isin(STATUSES) & rows["customer_id"].notna()].groupby("_name"):
        shown = examples(sorted(set(part["status"].fillna("(blank)"))))
        context.ledger.problems.append(
            f"{name}: every status must be one of {', '.join(STATUSES)}; found {len(part):,} of "
            f"{int(rows['_name'].eq(name).sum()):,} rows with another ({shown}). Correct the export."
        )


def _once(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return each invoice or line once, in its latest status; two amounts for it are refused."""
    key = ["invoice_id", "line_id"]
    content = [*key, "customer_id", "status", "amount_original", "currency", *DAYS]
    rows = without_copies(rows, content, context.ledger, "invoice_id")
    twice = rows[rows.duplicated(key, keep=False)]
    spans = twice.groupby(key)["amount"].agg(["min", "max"])
    clash = spans[(spans["max"] - spans["min"]) > 0.005]
    if len(clash):
        at_stake = money(float((clash["max"] - clash["min"]).sum()), context.company.currency, exact=True)
        ids = sorted({invoice for invoice, _ in clash.index})
        context.ledger.problems.append(
            f"{', '.join(sorted(set(twice['_name']))[:3])}: an invoice must have one amount; found {len(ids):,} of "
            f"{rows['invoice_id'].nunique():,} with several ({examples(ids)}), {at_stake} apart. Remove the copies "
            "that are out of date."
        )
    rank = rows["status"].map({status: place for place, status in enumerate(STATUSES)})
    rows = rows.assign(_rank=rank).sort_values(["_rank", *key, "_file"], ascending=[False, True, True, True])
    return leave(rows, rows.duplicated(key), "duplicate id, in an earlier status", context.ledger, "invoice_id")


def _with_service(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return rows with the days they are for: of their lines, of the invoice that is credited, else their own day."""
    own = rows.drop_duplicates("invoice_id").set_index("invoice_id")
    start, end = (rows[name].fillna(rows["credited_id"].map(own[name])) for name in ("service_from", "service_to"))
    blank = start.isna() | end.isna()
    if blank.any():
        worth = money(float(rows.loc[blank, "amount"].sum()), context.company.currency, exact=True)
        context.ledger.warnings.append(
            f"invoices: {int(blank.sum()):,} of {plural(len(rows), 'row')} ({worth}) without the days they are for "
            f"({examples(sorted(rows.loc[blank, 'invoice_id']))}): they count in the month of their date"
        )
    start, end = start.where(~blank, rows["invoice_date"]), end.where(~blank, rows["invoice_date"])
    rows = rows.assign(service_start=start, service_end=(end - pd.Timedelta(days=1)).clip(lower=start))
    rows = leave(rows, start.isna(), "no date", context.ledger, "invoice_id")
    months = (rows["service_end"] - rows["service_start"]).dt.days / 30.4
    if (months > LONGEST).any():
        odd = rows[months > LONGEST]
        context.ledger.problems.append(
            f"{odd['_name'].min()}: an invoice must be for {LONGEST} months at most; found {len(odd):,} of "
            f"{len(rows):,} for more ({examples(sorted(odd['invoice_id']))}). Correct its line-item periods."
        )
    return rows[months <= LONGEST]

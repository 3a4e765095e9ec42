"""The long quota sheet: whose target each row is, what it measures, and its amount in the company's currency."""

from collections import Counter

import pandas as pd
import pyarrow as pa

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.members import with_members
from revops.exports.money import converted_rows, refuse_unconverted, say_currency
from revops.exports.people import folded
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import leave
from revops.schema import TABLES

__all__ = ["build_quotas", "guess_metric"]

BLANK = "(blank)"
IGNORED = "ignore"
QUARTER = pd.Timedelta(days=100)
NEEDED = {"amount_original": "no target", "period_start": "no period start", "period_end": "no period end"}


def build_quotas(frames: list[Frame], context: Context) -> pa.Table:
    """Return the quotas of all sheets, periods as given; what company.yml does not know goes to the ledger."""
    company, ledger = context.company, context.ledger
    rows = pd.concat([_rows(frame, company) for frame in frames], ignore_index=True)
    for column, reason in NEEDED.items():
        rows = leave(rows, rows[column].isna(), reason, ledger, "owner_name")
    rows = rows.assign(metric=_metrics(rows, company, ledger), types=_types(rows, company, ledger))
    rows = leave(rows, rows["metric"].eq(IGNORED), "a metric that company.yml says to ignore", ledger, "owner_name")
    rows = with_members(rows, context)
    rows["amount"] = converted_rows(rows, company)
    _refuse_periods(rows, ledger)
    rows = _once(rows, ledger)
    rows["quota_amount"] = rows["amount"]
    columns = [*(c for c in TABLES["quotas"].names if c in rows.columns), "amount", "_file"]
    table = pa.Table.from_pandas(rows[columns], preserve_index=False)
    refuse_unconverted(table, company, "quotas", ledger)
    return table


def _rows(frame: Frame, company: Company) -> pd.DataFrame:
    texts = ("owner_name", "owner_id", "metric", "types", "effective_from", "currency")
    kinds = {name: pa.timestamp("us") if name == "effective_from" else TEXT for name in texts}
    table = frame.table
    if "currency" not in table.column_names and table.num_rows:
        say_currency(frame, company)
    for name, kind in kinds.items():
        if name not in table.column_names:
            blank = (
                pa.repeat(company.currency, table.num_rows) if name == "currency" else pa.nulls(table.num_rows, kind)
            )
            table = table.append_column(name, blank)
        elif kind == TEXT:
            table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(TEXT))
    rows = table.to_pandas()
    rows["currency"] = rows["currency"].fillna(company.currency)
    return rows.assign(_name=frame.source.name, _has_metric="metric" in frame.table.column_names)


def _metrics(rows: pd.DataFrame, company: Company, ledger: Ledger) -> list[str | None]:
    """Return bookings, pipeline_created or ignore for each row; a sheet without a metric column means bookings."""
    words = {name: getattr(company.quotas, name) for name in ("bookings", "pipeline_created", IGNORED)}
    known = {folded(word): metric for metric, listed in words.items() for word in (metric, *listed)}
    found, lacking = [], Counter()
    for word, has in zip(rows["metric"], rows["_has_metric"], strict=True):
        word = word if isinstance(word, str) else ""
        metric = known.get(folded(word) or BLANK) if has else "bookings"
        found.append(metric)
        if metric is None:
            lacking[word.strip() or BLANK] += 1
    if lacking:
        listed = ", ".join(f"{word} ({n:,})" for word, n in sorted(lacking.items()))
        ledger.problems.append(
            f"company.yml, quotas: every metric must be listed; found {len(lacking):,} that are not, with their rows: "
            f"{listed}. Add them, correcting each TODO and guess (bookings, pipeline_created or ignore):\n"
            f"{_metric_lines(sorted(lacking))}"
        )
    return found


def _metric_lines(words: list[str]) -> str:
    """Return lines to paste; a word that hints at nothing is a TODO, which company.yml refuses."""
    lines: dict[str, list[str]] = {}
    for word in words:
        lines.setdefault(guess_metric(word), []).append(f'"{word}"')
    return "quotas:\n" + "\n".join(f"  {metric}: [{', '.join(listed)}]" for metric, listed in lines.items())


def guess_metric(word: str) -> str:
    """Return what the name of a metric hints at, bookings or pipeline_created; TODO where it hints at nothing."""
    hints = {"pipeline_created": ("pipeline",), "bookings": ("arr", "acv", "tcv", "booking", "revenue", "sales")}
    return next((m for m, parts in hints.items() if any(part in word.casefold() for part in parts)), "TODO")


def _types(rows: pd.DataFrame, company: Company, ledger: Ledger) -> list[str | None]:
    """Return the opportunity types a row covers in company.yml's words, comma-separated; null where it says nothing."""
    known = {folded(word): kind for kind, words in company.types.items() for word in (kind, *words)}
    found, lacking = [], Counter()
    for cell in rows["types"]:
        words = [word.strip() for word in cell.split(",") if word.strip()] if isinstance(cell, str) else []
        lacking.update(word for word in words if folded(word) not in known)
        found.append(",".join(sorted({known.get(folded(word), word) for word in words})) or None)
    if lacking:
        listed = ", ".join(f"{word} ({n:,})" for word, n in sorted(lacking.items()))
        ledger.problems.append(
            f"company.yml, types: every type of a quota must be listed; found {len(lacking):,} that are not, with "
            f"their rows: {listed}. Add them, or correct the sheet."
        )
    return found


def _refuse_periods(rows: pd.DataFrame, ledger: Ledger) -> None:
    wrong = rows[rows["period_end"] < rows["period_start"]]
    if len(wrong):
        shown = examples(sorted({str(word) for word in wrong["owner_name"].fillna(BLANK)}))
        ledger.problems.append(
            f"{wrong['_name'].iloc[0]}: a period must end on or after its start; found {len(wrong):,} of "
            f"{len(rows):,} rows that end before ({shown}). Correct the sheet."
        )


def _once(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return each target once; two different ones for the same key are refused."""
    key = [*TABLES["quotas"].key]
    content = [*key, "amount_original", "currency"]
    rows = rows.sort_values([*content, "_file"], kind="stable")
    rows = leave(rows, rows.duplicated(content), "exact duplicate row", ledger, "owner_name")
    clash = rows[rows.duplicated(key, keep=False) & rows["level"].notna() & rows["metric"].notna()]
    if len(clash):
        shown = examples(sorted({f"{r.member} {r.period_start:%Y-%m-%d}" for r in clash.itertuples()}))
        ledger.problems.append(
            f"{clash['_name'].iloc[0]}: a member must have one target per period, metric and effective date; found "
            f"{len(clash):,} of {len(rows):,} rows that contradict each other ({shown}). Correct the sheet, or "
            "give the later one an effective_from."
        )
    _refuse_nested(rows, ledger)
    return rows


def _refuse_nested(rows: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse periods of one member that overlap and are not the same, such as a month inside a quarter: added twice."""
    key = ["level", "member", "metric", "types"]
    periods = rows.dropna(subset=["level", "metric"]).assign(types=lambda r: r["types"].fillna(""))
    periods = periods[[*key, "period_start", "period_end", "_name"]]
    periods = periods.drop_duplicates([*key, "period_start", "period_end"]).reset_index(drop=True)
    periods = periods[periods["period_end"] - periods["period_start"] <= QUARTER]
    pairs = periods.merge(periods, on=key, suffixes=("", "_2"))
    apart = (pairs["period_end"] < pairs["period_start_2"]) | (pairs["period_end_2"] < pairs["period_start"])
    same = pairs["period_start"].eq(pairs["period_start_2"]) & pairs["period_end"].eq(pairs["period_end_2"])
    clash = pairs[~apart & ~same]
    if len(clash):
        shown = examples(sorted({f"{r.member} {r.period_start:%Y-%m-%d} to {r.period_end:%Y-%m-%d}"
                                 for r in clash.itertuples()}))  # fmt: skip
        n = len(clash.drop_duplicates([*key, "period_start", "period_end"]))
        ledger.problems.append(
            f"{clash['_name'].iloc[0]}: periods of one member and metric must not overlap; found {n:,} of "
            f"{len(periods):,} that do ({shown}). Keep either the months or the quarter."
        )

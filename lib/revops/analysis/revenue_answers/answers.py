"""What marketing, sales and finance would each say that a quarter brings."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.revenue_answers.counted import PARTS, Counted
from revops.analysis.revenue_answers.definitions import Who
from revops.ratios import safe_ratio

__all__ = ["ANSWERS", "Answers", "answers_of", "apart"]

ANSWERS = {"who": "str", "booked": "float64", "committed": "float64", "total": "float64", "n_booked": "int64",
           "n_committed": "int64", "counted": "str", "definition": "str", "definition_committed": "str", "why": "str",
           "why_committed": "str"}  # fmt: skip
RECORDS = {"record": "str", "part": "str", "opportunity_id": "str", "customer": "str", "name": "str", "owner_id": "str",
           "type": "str", "source": "str", "is_touched": "boolean", "forecast_category": "str",
           "close_date": "datetime64[us]", "amount": "float64"}  # fmt: skip


@dataclass(frozen=True)
class Answers:
    """table: one row per function, in the order of the bridge: who, booked, committed, total [company currency; NaN:
        cannot be told], n_booked, n_committed, counted (what n_booked counts: deals or customers), definition and
        definition_committed (in words), why and why_committed (why it cannot be told; null where it can).
    records: one row per deal or customer that any answer may count: record (its key), part (booked, committed, overdue,
        billed), opportunity_id, customer, name, owner_id, type, source, is_touched, forecast_category, close_date,
        amount, and a column per function: what it counts of it, 0 where nothing.
    """

    table: pd.DataFrame
    records: pd.DataFrame


def answers_of(counted: Counted) -> Answers:
    """Return `answer_amount`: what each function would say that the quarter brings.

    Question
        If marketing, sales and finance each said what the quarter brings, what would they say?

    Formula
        Booked: deals won that its definition counts, or what bills added. Committed: open deals due in the quarter of
        its types and sources, in its forecast categories. Each deal is rounded to the cent, so that sums are exact.

    Limits
        What the definitions give, not what anybody said in a meeting. Open deals that are overdue count for nobody.
    """
    records = _records(counted)
    rows = [_answer(counted, who, records) for who in counted.definitions]
    table = pd.DataFrame(rows, columns=[*ANSWERS]).astype(ANSWERS)
    amounts = {who: records[who] / 100 for who in counted.definitions}
    return Answers(table, records.assign(amount=records["amount"] / 100, **amounts))


def apart(amounts: pd.Series) -> float:
    """Return `answers_apart_share`: how far answers are apart, (largest - smallest) / largest of those known, at least
    two; else NaN, also where none is above 0."""
    known = amounts.dropna()
    if len(known) < 2 or known.max() <= 0:
        return np.nan
    return float(safe_ratio(known.max() - known.min(), known.max()))


def _answer(counted: Counted, who: Who, records: pd.DataFrame) -> tuple:
    definition = counted.definitions[who]
    whys = [counted.why_not(who, part) for part in PARTS]
    kinds = ("billed" if definition.is_billed else "booked", "committed")
    mine = [_of(counted, who, records, kind) for kind in kinds]
    sums = [np.nan if why else float(rows.sum()) / 100 for rows, why in zip(mine, whys, strict=True)]
    total = np.nan if any(whys) else float(sum(int(rows.sum()) for rows in mine)) / 100
    n = [0 if why else len(rows) for rows, why in zip(mine, whys, strict=True)]
    what = "customers" if definition.is_billed else "deals"
    return who, *sums, total, *n, what, definition.said_booked, definition.said_committed, *whys


def _of(counted: Counted, who: Who, records: pd.DataFrame, part: str) -> pd.Series:
    """Return what an answer counts of each record of a part [cents]: of deals also those without an amount."""
    rows = records[records["part"].eq(part)]
    if part == "billed":
        return rows[who]
    return rows.loc[counted.definitions[who].counts(counted.deals.loc[rows.index]), who]


def _records(counted: Counted) -> pd.DataFrame:
    """Return deals, then customers, with what each function counts of them [cents]."""
    deals, definitions = counted.deals, counted.definitions
    ids = deals["opportunity_id"]
    counts = {who: deals["cents"].where(definitions[who].counts(deals), 0) for who in definitions}
    rows = deals.assign(
        record=ids, name=deals["opportunity_name"].fillna(ids), customer=None, amount=deals["cents"], **counts
    )
    columns = [*RECORDS, *definitions]
    parts = [rows[columns]]
    if counted.billed is not None:
        billed = counted.billed.table
        parts.append(pd.DataFrame({
            "record": billed["customer"], "part": "billed", "customer": billed["customer"],
            "name": billed["account_name"].fillna(billed["customer"]), "amount": billed["cents"],
            **{who: billed["cents"] * definitions[who].is_billed for who in definitions},
        }).reindex(columns=columns))  # fmt: skip
    typed = [part.astype(RECORDS | dict.fromkeys(definitions, "int64")) for part in parts]
    return pd.concat(typed, ignore_index=True)

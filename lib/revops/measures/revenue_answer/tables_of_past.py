"""The tables of earlier quarters, and of what nobody has explained."""

import pandas as pd

from revops.measures.revenue_answer.result import AnswerResult
from revops.wording import join, plural

__all__ = ["past_tables"]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]
_KINDS = {
    "won_not_billed": "Won, no new bill",
    "billed_not_won": "Billed, nothing won",
    "other_amount": "Billed at another amount",
}


def past_tables(result: AnswerResult) -> dict[str, Display]:
    """Return caption, table and units of the answers by quarter and of what nothing explains, by name."""
    return {"unexplained": _unexplained(result), "answers_by_quarter": _by_quarter(result)}


def _unexplained(result: AnswerResult) -> Display:
    rows, knobs = result.unexplained, result.knobs
    shown = pd.DataFrame({
        "Deal or customer": rows["name"], "What": _what(rows), "Quarter": rows["period"],
        "Owner": rows["owner_id"].map(result.labels).astype("str"), "Won on": rows["close_date"],
        "Won at": rows["won_amount"], "Billed": rows["billed_amount"], "Apart": rows["amount"],
    })  # fmt: skip
    caption = (
        f"Won or billed without the other, and nothing explains it: {join(result.asked)}. A new bill is asked for "
        f"{plural(knobs.bill_days, 'day')} after the close; billed is recurring revenue added, x 12"
    )
    return caption, shown.reset_index(drop=True), (None, None, None, None, "date", "money", "money", "money")


def _what(rows: pd.DataFrame) -> list[str]:
    """Return what is open of each row, with what it has in common with another one."""
    hints = rows["reason"].str.partition(";")[2] if len(rows) else rows["reason"]
    return [_KINDS[kind] + (f":{hint}" if hint else "") for kind, hint in zip(rows["kind"], hints, strict=True)]


def _by_quarter(result: AnswerResult) -> Display:
    rows = result.earlier.table
    wide = rows.pivot(index="period", columns="who", values="booked").reindex(rows["period"].drop_duplicates())
    wide = wide.reindex(columns=[who for who in result.by_who.index if who in wide])
    shown = wide.rename(columns=str.capitalize).rename_axis("Quarter", axis=0).rename_axis(None, axis=1).reset_index()
    apart = (wide.max(axis=1) - wide.min(axis=1)) / wide.max(axis=1).where(wide.max(axis=1).gt(0))
    shown["Apart"] = apart.where(wide.notna().sum(axis=1).gt(1)).to_numpy()
    caption = (
        f"What each would have said was booked in each quarter, as known on {result.view.day}, and how far the answers "
        "are apart; a dash where bills lack a month of it"
    )
    return caption, shown, (None, *["money"] * (len(shown.columns) - 2), "share")

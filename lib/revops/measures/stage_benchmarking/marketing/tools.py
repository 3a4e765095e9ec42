"""Tools: how many of the seats that are paid for are used, and what the others cost."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.stage_benchmarking.window import Window
from revops.ratios import safe_ratio

__all__ = ["TOOLS", "Tools", "tools_of"]

TOOLS = ["tool_name", "renewal_date", "n_seats", "n_seats_assigned", "n_seats_active", "used_share",
         "annual_cost_amount", "idle_amount", "is_low", "note"]  # fmt: skip
_NO_SEATS = "the sheet does not say how many seats are paid for"
_NO_ACTIVE = "the sheet does not say how many seats are used"
_MORE = "more seats used than paid for"
_PAST = "its renewal lies before the day"


@dataclass(frozen=True)
class Tools:
    """table: one row per tool and contract, sorted by name and renewal: TOOLS. Counts of seats and used_share are NaN
    where the sheet does not say; note: what is odd about the row, in words, else null.

    n: contracts; n_told: those that say both seats and use; n_left_out: rows of earlier contracts; used_share: seats
    used over seats paid for, of those told; annual_cost_amount: of all; idle_amount: cost a year of seats not used, of
    those told; n_low: tools marked. NaN where none is told.
    """

    table: pd.DataFrame
    n: int
    n_told: int
    n_left_out: int
    n_low: int
    used_share: float
    annual_cost_amount: float
    idle_amount: float


def tools_of(window: Window) -> Tools:
    """Return `tool_utilisation_rate`: seats used over seats paid for, by tool and of all together.

    Question
        Which tools do we pay for and not use?

    Parameters
        window : the report's window; uses tools and knobs.seats_least

    Formula
        used_share = n_seats_active / n_seats, at most 1. idle_amount = annual cost x (1 - used_share). Of all: the sum
        of seats used (of each tool at most those paid for) over the sum of seats. is_low: used_share below seats_least.
        Of one tool a row that renews before the day is left out where another one renews later.

    Limits
        The sheet has no history: it is as it stands today. A cost without seats, such as one by volume, is never idle.

    Source
        Fairview, Marketing Ops versus RevOps: active seats / licensed seats
    """
    rows = window.view.book.table("tools")
    past = rows["renewal_date"] < pd.Timestamp(window.view.day)
    later = rows["renewal_date"].fillna(pd.Timestamp.max.floor("us")).groupby(rows["tool_name"]).transform("max")
    is_over = past & (later >= pd.Timestamp(window.view.day))
    rows, past = rows[~is_over].copy(), past[~is_over]
    seats, active = (rows[name].where(rows[name] >= 0) for name in ("n_seats", "n_seats_active"))
    used = safe_ratio(active.clip(upper=seats), seats)
    notes = [(used.isna() & ~(seats > 0), _NO_SEATS), (used.isna() & (seats > 0), _NO_ACTIVE), (active > seats, _MORE),
             (past, _PAST)]  # fmt: skip
    table = rows.assign(
        used_share=used, idle_amount=rows["annual_cost_amount"] * (1 - used),
        is_low=used < window.knobs.seats_least,
        note=np.select([where for where, _ in notes], [text for _, text in notes], default=""),
    )  # fmt: skip
    table["note"] = table["note"].astype("str").where(table["note"].ne(""))
    table = table.sort_values(["tool_name", "renewal_date"], ignore_index=True)[TOOLS]
    told = used.notna()
    return Tools(
        table, len(table), int(told.sum()), int(is_over.sum()), int(table["is_low"].sum()),
        safe_ratio(active.clip(upper=seats)[told].sum(), seats[told].sum()), _sum(rows["annual_cost_amount"]),
        _sum(table["idle_amount"]),
    )  # fmt: skip


def _sum(values: pd.Series) -> float:
    """Return the sum; NaN where nothing is known."""
    return float(values.sum(min_count=1))

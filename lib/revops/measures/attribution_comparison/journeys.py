"""What the credit is of: journeys, their touches and ties between these, and the deals that no model can credit."""

import numpy as np
import pandas as pd

from revops.analysis.credit import Paths
from revops.analysis.journeys import WITH_TOUCHES, Journeys
from revops.ratios import safe_ratio

__all__ = ["journeys_by_end", "reach_by_type", "ties", "unattributed"]


def unattributed(found: Journeys, cutoff: str = "close") -> pd.DataFrame:
    """Return `unattributed_amount`: deals won (creation: made) without any touch that counts, by reason.

    Returns
        One row per reason, in the order of the reconciliation: reason, n_deals, n_without_amount, amount [company
        currency]. With what each model credits they sum to all that was won (or made).
    """
    rows = found.reconciliation
    kinds = rows["kind"].eq("won") | (cutoff == "creation")
    left = rows[kinds & rows["reason"].ne(WITH_TOUCHES)]
    sums = left.groupby("reason", sort=False)[["n_deals", "n_without_amount", "amount"]].sum()
    return sums.reset_index().astype({"reason": "str", "n_deals": "int64", "n_without_amount": "int64"})


def journeys_by_end(found: Journeys, paths: Paths, cutoff: str = "close") -> pd.DataFrame:
    """Return how many journeys there are and how long they are, by what they ended in.

    Returns
        Three rows (creation: two): end (won, lost, never; creation: created, never), n_journeys, n_accounts (what is
        resampled), n_touches, touches_per_journey (mean), median_touches, one_touch_share (of journeys; NaN without
        any), n_below_zero (journeys of a credit note).
    """
    ends = ("won", "lost", "never") if cutoff == "close" else ("created", "never")
    kind = found.journeys["kind"].astype("str")
    end = kind if cutoff == "close" else kind.where(kind.eq("never"), "created")
    table = pd.DataFrame({
        "end": pd.Categorical(end, ends), "account": found.journeys["account"], "n_touches": paths.lengths,
        "is_one": paths.lengths == 1, "is_below": paths.values("amount") < 0,
    })  # fmt: skip
    sums = table.groupby("end", observed=False).agg(
        n_journeys=("n_touches", "size"), n_accounts=("account", "nunique"), n_touches=("n_touches", "sum"),
        touches_per_journey=("n_touches", "mean"), median_touches=("n_touches", "median"),
        one_touch_share=("is_one", "mean"), n_below_zero=("is_below", "sum"),
    ).reset_index()  # fmt: skip
    whole = ["n_journeys", "n_accounts", "n_touches", "n_below_zero"]
    parts = ["touches_per_journey", "median_touches", "one_touch_share"]
    return sums.astype({"end": "str", **dict.fromkeys(whole, "int64"), **dict.fromkeys(parts, np.float64)})


def reach_by_type(found: Journeys, opportunities: pd.DataFrame) -> pd.DataFrame:
    """Return how much of what was won has a touch that counts, by type of opportunity.

    Question
        Of which business do the models tell at all?

    Parameters
        opportunities : Uses opportunity_id, type.

    Returns
        One row per type, sorted: type (null where the deal has none), n_deals (won), n_touched (of them with touches
        that count), touched_share (of deals), amount, touched_amount [company currency], amount_share (NaN where the
        amount is not above 0). Types add up to what was won.
    """
    won = found.deals[found.deals["kind"].eq("won")]
    types = opportunities.set_index("opportunity_id")["type"].reindex(won["opportunity_id"])
    amount, is_touched = won["amount"].fillna(0.0), won["reason"].eq(WITH_TOUCHES)
    table = pd.DataFrame({
        "type": types.to_numpy(), "n_deals": 1, "n_touched": is_touched.astype("int64"), "amount": amount,
        "touched_amount": amount.where(is_touched, 0.0),
    })  # fmt: skip
    columns = ["n_deals", "n_touched", "amount", "touched_amount"]
    sums = table.groupby("type", dropna=False)[columns].sum().reset_index()
    sums.insert(3, "touched_share", sums["n_touched"] / sums["n_deals"])
    sums["amount_share"] = safe_ratio(sums["touched_amount"], sums["amount"].where(sums["amount"] > 0))
    return sums.astype({"type": "str", "n_deals": "int64", "n_touched": "int64"})


def ties(found: Journeys) -> tuple[int, int]:
    """Return on how many won deals the first touch, and the last, shares its time with one of another channel.

    Which of them counts as first or last is then settled by the time of entry, and by id.
    """
    touches = found.touches[["journey", "channel", "touched_at"]]
    won = np.flatnonzero(found.journeys["kind"].eq("won"))
    touches = touches[touches["journey"].isin(won)]
    times = touches.groupby("journey")["touched_at"]
    at = [touches[touches["touched_at"].eq(times.transform(end))] for end in ("min", "max")]
    first, last = (int(rows.groupby("journey")["channel"].nunique().gt(1).sum()) for rows in at)
    return first, last

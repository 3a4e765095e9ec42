"""What the credit is of: journeys and their touches, and the deals that no model can credit."""

import numpy as np
import pandas as pd

from revops.analysis.credit import Paths
from revops.analysis.journeys import WITH_TOUCHES, Journeys

__all__ = ["journeys_by_end", "unattributed"]


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

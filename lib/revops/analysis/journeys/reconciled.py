"""Where every deal and every touch went: in a journey, or left out and why."""

import numpy as np
import pandas as pd

from revops.analysis.journeys.fates import FATES, USED, Pairs

__all__ = ["KINDS", "WITH_TOUCHES", "added_up", "fates_of_deals", "reconciled", "touches_by_reason"]

KINDS = ("won", "lost", "open", "undated")
WITH_TOUCHES = "with touches"
"""The reason of deals that have a journey."""
_END = {"close": "it closed", "creation": "it was created"}
_OF_TOUCH = ("of nobody on these deals", "after the end", "before the lookback", "not answered", "channel left out",
             "repeat of the same day", "used")  # fmt: skip
_OF_DEAL = ("no touches of its people", "touches only after {end}", "touches only before the lookback",
            "touches never answered", "touches only in channels left out", WITH_TOUCHES, WITH_TOUCHES,
            "no contact", "no account and no contact")  # fmt: skip


def fates_of_deals(units: pd.DataFrame, pairs: Pairs, cutoff: str) -> pd.DataFrame:
    """Return why each deal has touches, or has none.

    Returns
        One row per opportunity, in its order: opportunity_id, kind (won, lost, open, or undated: closed by a date that
        has not come), reason (with touches, or of the touch that came nearest to counting; ordered), amount [company
        currency, as known on the day; NaN where blank]
    """
    best = np.full(len(units), -1)
    np.maximum.at(best, pairs.journey, pairs.fate)
    reason = np.select([best >= 0, pairs.has_people, units["account_id"].notna()], [best + 1, 0, 7], 8)
    deals = units["kind"].ne("never").to_numpy()
    names = pd.Index([name.format(end=_END[cutoff]) for name in _OF_DEAL])
    order = [WITH_TOUCHES, *names.drop(WITH_TOUCHES)]
    kept = units[deals].reset_index(drop=True)
    return pd.DataFrame({
        "opportunity_id": kept["opportunity_id"].astype("str"), "kind": pd.Categorical(kept["kind"], KINDS),
        "reason": pd.Categorical(names[reason[deals]], order), "amount": kept["amount"],
    })  # fmt: skip


def reconciled(deals: pd.DataFrame) -> pd.DataFrame:
    """Return deals and their amount, with touches and without, by reason.

    Parameters
        deals : fates_of_deals

    Returns
        One row per kind x reason, in order: kind, reason, n_deals, n_without_amount, amount [company currency]

    Formula
        All rows of a kind add up to its deals and amount: won to what is booked; with the creation cut-off all kinds
        together to the pipeline created.
    """
    amount = deals["amount"]
    table = deals.assign(n_deals=1, n_without_amount=amount.isna().astype("int64"), amount=amount.fillna(0.0))
    columns = ["n_deals", "n_without_amount", "amount"]
    sums = table.groupby(["kind", "reason"], observed=True)[columns].sum().reset_index()
    return sums.astype({"kind": "str", "reason": "str", "n_deals": "int64"})


def touches_by_reason(n_touches: int, units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return how many touches were used and left out: reason, n_touches, n_pairs (touch x journey).

    A touch that belongs to several journeys is counted once, by what came nearest to its use: n_touches adds up to
    all touches known on the day.
    """
    counts = units["is_journey"].to_numpy()[pairs.journey]
    touch, fate = pairs.touch[counts], pairs.fate[counts].astype("int64") + 1
    best = np.zeros(n_touches, dtype="int64")
    np.maximum.at(best, touch, fate)
    n = len(FATES) + 1
    table = pd.DataFrame({
        "reason": _OF_TOUCH, "n_touches": np.bincount(best, minlength=n), "n_pairs": np.bincount(fate, minlength=n),
    })  # fmt: skip
    table = table.iloc[::-1].astype({"reason": "str"})
    shown = table[["n_touches", "n_pairs"]].any(axis=1) | table["reason"].eq(_OF_TOUCH[USED + 1])
    return table[shown].reset_index(drop=True)


def added_up(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return touches by reason of the parts of a company together."""
    sums = pd.concat(parts).groupby("reason")[["n_touches", "n_pairs"]].sum()
    return sums.reindex([reason for reason in _OF_TOUCH[::-1] if reason in sums.index]).reset_index()

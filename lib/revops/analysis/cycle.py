"""How long opportunities take from creation to won: open ones undecided, lost ones never to be won."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["FEWEST_DEALS", "CreationWindow", "creation_window", "won_by_age", "won_within"]

FEWEST_DEALS = 30
_FAST = 0.1


@dataclass(frozen=True)
class CreationWindow:
    """How fast what is created is won.

    by_age: won_by_age, empty where unknown. win_rate: the share that is ever won [0 to 1]; fast_days, median_days: the
    age by which one in ten, and half, of those has been won [days]; NaN where unknown. n: opportunities behind it.
    reason: a sentence why it is unknown, None where it is known.
    """

    by_age: pd.Series
    win_rate: float
    fast_days: float
    median_days: float
    n: int
    reason: str | None


def won_by_age(states: pd.DataFrame, created: pd.Series, *, since: pd.Timestamp) -> pd.Series:
    """Return the share of opportunities won by each age: age in days since creation -> share won so far [0 to 1].

    Question
        Of what is created today, how much is won within so many days?

    Parameters
        states : states of opportunities as spans of days (analysis.spans)
        created : opportunity_id -> time of creation
        since : opportunities created before are left out: the first day that history knows, or later

    Returns
        One row per age at which something was decided or left undecided, rising; the last is the share that is ever
        won. Empty where there is nothing.

    Formula
        Aalen-Johansen: cumulative incidence of being won, being lost competing, open ones censored on their last day.
        A deal won on its day of creation has age 0.

    Source
        Aalen and Johansen 1978, as implemented by statsmodels.duration.survfunc.CumIncidenceRight; METHODS 1.5.

    Limits
        By count: where large deals take longer, money comes later. A deal reopened since is open.
    """
    lives = _lives(states, created, since)
    if lives.empty:
        return pd.Series(dtype="float64", index=pd.Index([], name="age_days", dtype="float64"), name="won_share")
    from statsmodels.duration.survfunc import CumIncidenceRight  # a second of imports, wanted by few callers

    status = lives["outcome"].map({"won": 1, "lost": 2, "open": 0}).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):  # its standard errors, not wanted here, divide by zero
        found = CumIncidenceRight(lives["age"].to_numpy(dtype=float) + 1, status)  # it knows no event at 0
    shares = found.cinc[0] if (status == 1).any() else np.zeros(len(found.times))
    return pd.Series(shares, index=pd.Index(found.times - 1, name="age_days"), name="won_share")


def creation_window(states: pd.DataFrame, created: pd.Series, *, since: pd.Timestamp) -> CreationWindow:
    """Return `sales_cycle_days`, and how fast what is created is won: the share ever won, the age of a tenth and half.

    Question
        Until when can pipeline be created that still closes in time?

    Parameters
        states, created, since : as in won_by_age

    Formula
        fast_days = first age with won_by_age >= win_rate / 10; median_days = first with >= win_rate / 2. The last day
        on which creation still counts is the period's end less fast_days.

    Limits
        Unknown with fewer than 30 opportunities, or where none was won. Half of those won so far would be faster than
        half of those ever won: recent creation has had no time for slow wins.
    """
    n = len(_lives(states, created, since))
    by_age = won_by_age(states, created, since=since)
    win_rate = float(by_age.iloc[-1]) if n else 0.0
    reason = None
    if n < FEWEST_DEALS:
        made = {0: "No opportunity was", 1: "Only 1 opportunity was"}.get(n, f"Only {n} opportunities were")
        reason = f"{made} created since {since:%Y-%m-%d}; {FEWEST_DEALS} are needed."
    elif win_rate == 0:
        reason = f"None of the {n} opportunities created since {since:%Y-%m-%d} has been won."
    if reason is not None:
        return CreationWindow(by_age.iloc[:0], float("nan"), float("nan"), float("nan"), n, reason)
    return CreationWindow(by_age, win_rate, _age(by_age, _FAST), _age(by_age, 0.5), n, None)


def won_within(by_age: pd.Series, days: float) -> float:
    """Return the share of created opportunities that is won within so many days [0 to 1]; NaN where by_age is empty.

    What is created today is worth its amount times this share, at the days left until the period's end.
    """
    if by_age.empty:
        return float("nan")
    seen = by_age[by_age.index <= days]
    return float(seen.iloc[-1]) if len(seen) else 0.0


def _lives(states: pd.DataFrame, created: pd.Series, since: pd.Timestamp) -> pd.DataFrame:
    """Return one row per opportunity created since: outcome (won, lost or open) and its age when that was last so."""
    states = states.sort_values(["opportunity_id", "first"], kind="stable", ignore_index=True)
    id, outcome = states["opportunity_id"], states["outcome"]
    begins = states["first"].where(id.ne(id.shift()) | outcome.ne(outcome.shift())).ffill()
    last = states.assign(decided=begins).drop_duplicates("opportunity_id", keep="last")
    born = created.reindex(last["opportunity_id"]).dt.normalize().set_axis(last.index)
    until = last["last"].where(last["outcome"].eq("open"), last["decided"])
    lives = pd.DataFrame({"outcome": last["outcome"], "age": (until - born).dt.days.clip(lower=0)})
    return lives[born >= since]


def _age(by_age: pd.Series, part: float) -> float:
    """Return the age by which a part of those ever won has been won."""
    enough = part * by_age.iloc[-1] - 1e-9  # shares are sums of products: a half may be a hair less
    return float(by_age.index[(by_age >= enough).to_numpy().argmax()])

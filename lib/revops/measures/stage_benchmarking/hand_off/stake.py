"""How much less pipeline late MQLs bring than those touched on time, like with like: an association."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from revops.analysis.office import AFTER, BEFORE, OFF
from revops.analysis.resampling import customer_counts, drawn_range
from revops.analysis.survival import incidence_draws
from revops.measures.stage_benchmarking.hand_off.result import STAKE
from revops.measures.stage_benchmarking.knobs import Knobs

__all__ = ["ALL", "INSIDE", "OTHERS", "OUTSIDE", "at_stake"]

Array = np.ndarray
ALL, OTHERS = "all", "others"
INSIDE, OUTSIDE = "in office hours", "outside office hours"
_FEWEST = 5
_ON_TIME, _LATE = 0, 1


def at_stake(leads: pd.DataFrame, until: pd.Timestamp, knobs: Knobs) -> pd.DataFrame:
    """Return `late_lead_amount`: the pipeline that late MQLs would have brought at the rate of those touched on time.

    Question
        What goes with being late?

    Parameters
        leads : HandOff.leads of the last weeks and of the windows before them
        until : the last moment that is seen
        knobs : horizons, fewest_followed, level, draws, seed

    Returns
        HandOff.stake, one row per stratum with MQLs that were late in the last weeks and can be compared, and one of
        all; no row where nothing can.

    Formula
        Strata: lead source x whether it came in office hours; those with fewer than five on time or five late are put
        together as others. rate: Aalen-Johansen share with an opportunity by horizon_days, being turned down or given
        back competing; the last weeks and those before them together. amount = sum of n_late x (rate_on_time -
        rate_late) x worth_amount; negative where late ones did better. worth_amount: mean first known amount of the
        opportunities of these MQLs. horizon_days: the largest of `horizons` with fewest_followed on time and late.
        Range: resamples of companies move rates and worth, not how many were late.

    Limits
        Pipeline, not revenue, and an association: who looks promising is called first, so the difference is not what
        speed would cause. Strata take out source and hour, and nothing else. An MQL that had an opportunity before it
        was qualified is in no rate. At a nominal 80 %, 80 made-up companies with 60 on time and 120 late: held 78 %.

    Source
        Standardisation within strata: Rothman, Greenland and Lash, Modern Epidemiology (2008), chapter 15.
    """
    rows = leads[leads["is_late"].notna() & ~(leads["opportunity_at"].dt.floor("D") < leads["mql_at"].dt.floor("D"))]
    rows = rows.sort_values(["mql_at", "opportunity_amount", "hours"], ignore_index=True)
    rows = rows.assign(late=rows["is_late"].astype(bool), **_fates(rows, until))
    horizon = _horizon(rows, knobs)
    if horizon is None or not rows["opportunity_amount"].gt(0).any():
        return _table([])
    rows = rows.assign(**_strata(rows))
    draws = customer_counts(int(rows["company"].max()) + 1, knobs.seed, knobs.draws)[rows["company"]]
    worth = _worth(rows, np.column_stack([np.ones(len(rows)), draws]))
    strata = [
        _stratum(part, draws[part.index], horizon, worth, knobs)
        for _, part in rows.groupby(["lead_source", "block"], sort=True)
    ]
    told = [one for one in strata if one is not None]
    if not told:
        return _table([])
    return _table([{**one, "draws": None} for one in told] + [_whole(told, rows, worth, horizon, knobs)])


def _fates(rows: pd.DataFrame, until: pd.Timestamp) -> dict[str, object]:
    """Return when each MQL got an opportunity, or was lost, and the number of its company in the order of rows."""
    lost, made = rows["lost_at"], rows["opportunity_at"]
    has = made.notna() & ~(lost < made)
    ended = made.where(has, lost).fillna(until)
    age = (ended.dt.floor("D") - rows["mql_at"].dt.floor("D")).dt.days.clip(lower=0)
    event = np.select([has, lost.notna()], [1, 2], 0)
    follow = (until.floor("D") - rows["mql_at"].dt.floor("D")).dt.days
    return {"age": age, "made": event, "follow": follow, "company": pd.factorize(rows["company_key"])[0]}


def _horizon(rows: pd.DataFrame, knobs: Knobs) -> int | None:
    """Return the largest age to which enough were followed, on time and late; None where there is none."""
    fits = [days for days in knobs.horizons
            if all(rows.loc[rows["late"].eq(late), "follow"].ge(days).sum() >= knobs.fewest_followed
                   for late in (False, True))]  # fmt: skip
    return max(fits, default=None)


def _strata(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return lead source and block of each MQL; sources with few on time or late in a block are others."""
    block = rows["arrived"].isin([BEFORE, AFTER, OFF]).map({True: OUTSIDE, False: INSIDE})
    source = rows["lead_source"].fillna("unknown")
    counts = [rows["late"].eq(late).groupby([source, block]).transform("sum") for late in (False, True)]
    is_few = pd.concat(counts, axis=1).min(axis=1) < _FEWEST
    return {"lead_source": source.mask(is_few, OTHERS), "block": block}


def _worth(rows: pd.DataFrame, weights: Array) -> Array:
    """Return the mean first amount of their opportunities: as measured, then in each resample."""
    has = (rows["made"].eq(1) & rows["opportunity_amount"].gt(0)).to_numpy()
    kept, amount = weights[has], rows["opportunity_amount"].to_numpy(dtype=float)[has]
    return np.divide(amount @ kept, kept.sum(axis=0), out=np.full(weights.shape[1], amount.mean()),
                     where=kept.sum(axis=0) > 0)  # fmt: skip


def _stratum(rows: pd.DataFrame, draws: Array, horizon: int, worth: Array, knobs: Knobs) -> dict | None:
    """Return one stratum, its draws with it; None where nobody was late lately, or there is nobody to compare with."""
    late = rows["late"].to_numpy()
    n_late = int((late & rows["place"].eq(0)).sum())
    if not n_late or min(late.sum(), (~late).sum()) < _FEWEST:
        return None
    rates = []
    for mine in (~late, late):
        weights = np.column_stack([np.ones(mine.sum()), draws[mine]])
        first, _ = incidence_draws(rows["age"].to_numpy()[mine], rows["made"].to_numpy()[mine], weights, horizon)
        rates.append(np.where(weights.sum(axis=0) > 0, first[-1], first[-1, 0]))
    amounts = n_late * (rates[_ON_TIME] - rates[_LATE]) * worth
    [low], [high] = drawn_range(amounts[None, 1:], [rows["made"].eq(1).sum()], level=knobs.level)
    return {
        "lead_source": rows["lead_source"].iloc[0], "arrived": rows["block"].iloc[0], "n_late": n_late,
        "n_on_time_known": int((~late).sum()), "n_late_known": int(late.sum()),
        "rate_on_time": float(rates[_ON_TIME][0]), "rate_late": float(rates[_LATE][0]), "worth_amount": float(worth[0]),
        "amount": float(amounts[0]), "low": float(low), "high": float(high), "horizon_days": horizon, "draws": amounts,
    }  # fmt: skip


def _whole(strata: Sequence[dict], rows: pd.DataFrame, worth: Array, horizon: int, knobs: Knobs) -> dict:
    """Return all strata together; its rates are those of strata, each as often as it was late lately."""
    n_late = np.array([one["n_late"] for one in strata])
    amounts = np.sum([one["draws"] for one in strata], axis=0)
    [low], [high] = drawn_range(amounts[None, 1:], [rows["made"].eq(1).sum()], level=knobs.level)
    told = {name: float(np.average([one[name] for one in strata], weights=n_late))
            for name in ("rate_on_time", "rate_late")}  # fmt: skip
    counts = {name: int(sum(one[name] for one in strata)) for name in ("n_on_time_known", "n_late_known")}
    return {"lead_source": ALL, "arrived": ALL, "n_late": int(n_late.sum()), **counts, **told,
            "worth_amount": float(worth[0]), "amount": float(amounts[0]), "low": float(low), "high": float(high),
            "horizon_days": horizon}  # fmt: skip


def _table(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(STAKE)).astype(STAKE)

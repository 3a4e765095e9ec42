"""What ours and others say of a company's quarter on each day, beside what came: one row per day and method."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from calibration.cases import COVERED, DAYS, Case, Known, known_on
from calibration.rivals import RIVALS
from revops.analysis.landing import LandingModel, fit
from revops.analysis.required import required_open

__all__ = ["OURS", "told"]

OURS = "this project"


def told(make: Callable[[int], Case], seed: int) -> list[dict[str, Any]]:
    """Return the rows of one company."""
    case = make(seed)
    return [row for day in DAYS for row in _on(case, known_on(case, day))]


def _on(case: Case, known: Known) -> list[dict[str, Any]]:
    actual, quota = case.actual, float(case.quotas[case.target.name])
    common = {"seed": case.seed, "day": known.day, **case.kinds, "actual": actual,
              "usual": known.past.sums(COVERED)["booked"].mean()}  # fmt: skip
    model = fit(known.past, case.quotas)
    outcomes = model.draw(known.deals, booked=known.booked, scale=quota, seed=case.seed).outcomes(COVERED)
    low, figure, high = (float(x) for x in np.quantile(outcomes, [0.1, 0.5, 0.9]))
    rank = float(np.mean(outcomes < actual) + np.mean(outcomes == actual) / 2)
    rows = [{"method": OURS, "figure": figure, "low": low, "high": high, "pit": rank, "quota": quota,
             "probability": float(np.mean(outcomes >= quota)), "made_it": int(actual >= quota),
             **_required(case, known, quota), **_rates(known, model)}]  # fmt: skip
    for name, rival in RIVALS.items():
        rows.append({"method": name, **dict(zip(("figure", "low", "high"), rival(case, known), strict=True))})
    return [common | row for row in rows]


def _required(case: Case, known: Known, quota: float) -> dict[str, float]:
    """Return the range of the open pipeline needed, and what the quarter turned out to need: infinite where nothing
    open was won and something remained; NaN where the quota was met or nothing can be said."""
    now = known.then.sums(COVERED).iloc[0]
    remaining = quota - now["booked_then"]
    found = required_open(known.past.sums(COVERED), remaining=remaining, scale=quota, scales=case.quotas)
    if found is None or remaining <= 0 or now["open_amount"] <= 0:
        return {}
    needed = max(remaining - now["won_from_other"] - now["won_from_new"], 0)
    rate = now["won_from_open"] / now["open_amount"]
    came = needed / rate if rate > 0 else (np.inf if needed > 0 else 0.0)
    return {"required_low": found.low, "required": found.amount, "required_high": found.high, "required_came": came}


def _rates(known: Known, model: LandingModel) -> dict[str, float]:
    """Return squared errors of win rates by type, place and stage, raw and shrunk, against the deals of the quarter
    itself: sums over deals in cells with fewer than 30 past deals, and how many."""
    cells = ["type", "place", "stage_name"]
    past = known.past.deals.groupby(cells)["is_won"].agg(["mean", "size"])
    now = known.deals[["opportunity_id", *cells]].join(past, on=cells)
    won = now["opportunity_id"].map(known.then.deals.set_index("opportunity_id")["is_won"]).astype(float)
    small = now["size"].lt(30).to_numpy()
    raw = (now["mean"].fillna(0) - won)[small]
    shrunk = (pd.Series(model.chances(known.deals), index=now.index) - won)[small]
    return {"raw_error": float((raw**2).sum()), "shrunk_error": float((shrunk**2).sum()), "n_rates": len(raw)}

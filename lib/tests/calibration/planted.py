"""What was planted and is found again: rates of small segments, and the yield of the open pipeline."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import beta

from calibration.cases import COVERED, known_on
from calibration.companies import company_of
from revops.analysis.chances import fit_cells
from revops.simulate import Plan

__all__ = ["CYCLES", "segment_rates", "yields"]

CYCLES = (0.4, 1.0, 1.8)
_N_PAST = 8


def segment_rates(seed: int) -> pd.DataFrame:
    """Return 15 segments of 3 to 60 past deals: the planted rate, the raw and the shrunk one, and the ends of the
    shrunk one's 80 % range."""
    rng = np.random.default_rng([seed, 11])
    n = rng.integers(3, 61, 15)
    truth = rng.beta(3, 9, 15)
    past = pd.DataFrame({"type": "new", "place": "due", "stage_name": np.repeat(np.arange(15), n).astype(str),
                         "pushes": 0, "is_stalled": False,
                         "is_won": rng.random(n.sum()) < np.repeat(truth, n)})  # fmt: skip
    deals = past.drop_duplicates("stage_name")
    cells = fit_cells(past)
    alpha, beta_ = cells.alpha[cells.of(deals)], cells.beta[cells.of(deals)]
    low, high = beta.ppf([[0.1], [0.9]], alpha, beta_)
    raw = past.groupby("stage_name")["is_won"].mean()[deals["stage_name"]].to_numpy()
    return pd.DataFrame({"truth": truth, "raw": raw, "shrunk": alpha / (alpha + beta_), "low": low, "high": high})


def yields(task: tuple[float, float, int]) -> dict[str, float]:
    """Return the pooled yield on days 1 and 45 of one company: cycle, deals a quarter and seed make it.

    With very many deals and no luck it is the planted yield of the companies of that cycle.
    """
    cycle, size, seed = task
    plan = Plan(cycle_factor=cycle, growth=1.0, luck_sd=0.15 if size < 1000 else 0.0, n_quarters=_N_PAST + 1)
    case = company_of(replace(plan, new_per_quarter=size), seed, {}, _N_PAST)
    found = {"cycle": cycle, "size": size}
    for day in (1, 45):
        sums = known_on(case, day).past.sums(COVERED)
        found[f"day {day}"] = float(sums["won_from_open"].sum() / sums["open_amount"].sum())
    return found

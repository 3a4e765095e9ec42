"""What was planted and is found again: rates of small segments, factors of groups, yield of the open pipeline."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import beta

from calibration.cases import COVERED, known_on
from calibration.companies import company_of
from revops.analysis.chances import fit_cells
from revops.analysis.groups import group_factors
from revops.simulate import Plan

__all__ = ["CYCLES", "group_factors_held", "group_rates", "segment_rates", "yields"]

Array = np.ndarray
CYCLES = (0.4, 1.0, 1.8)
_N_PAST = 8
_SPREADS = (0.0, 0.15, 0.3, 0.5)
_STAGE_CHANCES = np.array([0.08, 0.2, 0.4])


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


def group_factors_held(n: int) -> pd.DataFrame:
    """Return, by planted spread between groups, how often the 80 % range of a group's factor held over `n` companies,
    and the root mean squared error: shrunk, raw, and of taking every group for the whole. The interval counts
    companies: groups of one are not independent."""
    rows = pd.concat([group_rates(seed) for seed in range(n)])
    rows["held"] = rows["truth"].between(rows["low"] - 1e-9, rows["high"] + 1e-9)
    table = []
    for spread, part in [*rows.groupby("planted_spread"), ("all", rows)]:
        shares = part.groupby("seed")["held"].mean()
        errors = [float(((part["truth"] - told) ** 2).mean() ** 0.5) for told in (part["factor"], part["raw"], 1.0)]
        two_se = 2 * float(shares.std()) / len(shares) ** 0.5
        table.append((spread, 0.8, float(part["held"].mean()), two_se, *errors, len(part), len(shares)))
    columns = ["spread", "nominal", "held", "two_se", "shrunk", "raw", "as_whole", "groups", "companies"]
    return pd.DataFrame(table, columns=columns)


def group_rates(seed: int) -> pd.DataFrame:
    """Return the groups of one company with eight past quarters: group_factors' table with the planted factor (truth),
    the raw one, and the planted spread of its logarithm between groups, one of four.

    3 to 20 groups of 3 to 200 deals, some in the last three quarters only; amounts with a heavy tail; deals of a
    quarter share their luck; what is won brings more or less than it was worth. The chance told is that of the stage.
    """
    rng = np.random.default_rng([seed, 19])
    spread, n_groups = _SPREADS[seed % len(_SPREADS)], int(rng.integers(3, 21))
    sizes = np.exp(rng.uniform(np.log(3), np.log(200), n_groups)).round().astype(int)
    group = np.repeat(np.arange(n_groups), sizes)
    deals = _grouped_deals(group, np.exp(spread * rng.standard_normal(n_groups)), rng)
    told = deals.groupby("stage_name")["is_won"].transform("mean").to_numpy()
    found = group_factors(deals, told, pd.Series(group, index=deals["opportunity_id"])).table

    def over_whole(brought: pd.Series | Array, expected: pd.Series | Array) -> Array:
        return np.bincount(group, brought) / np.bincount(group, expected) * np.sum(expected) / np.sum(brought)

    amount = deals["amount"]
    truth = over_whole(amount * deals["planted"], amount * _STAGE_CHANCES[deals["stage_name"]])
    raw = over_whole(deals["won_amount"], amount * told)
    return found.assign(truth=truth, raw=raw, planted_spread=spread, seed=seed)


def _grouped_deals(group: Array, factors: Array, rng: np.random.Generator) -> pd.DataFrame:
    """Return past deals (SameDay.deals, as far as group_factors reads it) with their planted chance, luck left out."""
    n, n_groups = len(group), len(factors)
    is_young = (rng.random(n_groups) < 0.3)[group]
    quarter = np.where(is_young, rng.integers(_N_PAST - 3, _N_PAST, n), rng.integers(0, _N_PAST, n))
    usual = 10_000 * np.exp(0.5 * rng.standard_normal(n_groups))[group]
    amount = usual * np.exp(rng.uniform(0.6, 1.3) * rng.standard_normal(n))
    stage = rng.choice(len(_STAGE_CHANCES), n, p=[0.4, 0.35, 0.25])
    planted = np.clip(_STAGE_CHANCES[stage] * factors[group], 0, 0.95)
    luck = 0.25 * rng.standard_normal(_N_PAST)[quarter]
    won = rng.random(n) < expit(logit(planted) + luck)
    brought = amount * np.exp(0.2 * rng.standard_normal(n) - 0.02)
    return pd.DataFrame({"opportunity_id": np.arange(n).astype(str), "stage_name": stage, "amount": amount,
                         "planted": planted, "is_won": won, "won_amount": np.where(won, brought, 0.0)})  # fmt: skip


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

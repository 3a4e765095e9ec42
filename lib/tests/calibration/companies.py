"""The first thousand: companies of revops.simulate over a designed spread of growth, luck, size, cycle and past."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.cases import Case, case_of
from revops.analysis.quotas import company_quota, quotas_in_force
from revops.company import load_company
from revops.periods import FiscalCalendar
from revops.simulate import Plan, canonical_tables, simulate

__all__ = ["company", "company_of"]

COMPANY = load_company(Path(__file__).parents[3] / "params")
GROWTH = (0.93, 0.97, 1.0, 1.04, 1.08, 1.12)
LUCK = (0.0, 0.15, 0.3, 0.5)
SIZE = (10, 25, 60, 120)
CYCLE = (0.4, 1.0, 1.8)
PAST = (6, 8, 10, 12)


def company(seed: int) -> Case:
    """Return the company of a seed; new-business deals a quarter are counted in the quarter that is told."""
    rng = np.random.default_rng([seed, 3])
    growth, luck, cycle = (float(rng.choice(levels)) for levels in (GROWTH, LUCK, CYCLE))
    size, n_past, large = int(rng.choice(SIZE)), int(rng.choice(PAST)), bool(rng.random() < 0.3)
    plan = Plan(growth=growth, luck_sd=luck, cycle_factor=cycle, n_quarters=n_past + 1)
    plan = replace(plan, new_per_quarter=size / growth**n_past)
    if large:
        spread = {"SMB": (17_000, 0.6), "Mid-market": (45_000, 0.8), "Enterprise": (250_000, 0.9)}
        segments = [replace(s, amount=spread[s.name][0], amount_sd=spread[s.name][1]) for s in plan.segments]
        plan = replace(plan, segments=tuple(segments))
    kinds = {
        "growth": f"{growth:.2f}", "luck": f"{luck:.2f}", "deals a quarter": f"{size:3d}",
        "cycle": {0.4: "short", 1.0: "ordinary", 1.8: "long"}[cycle], "past quarters": f"{n_past:2d}",
        "amounts": "a few large" if large else "alike",
    }  # fmt: skip
    return company_of(plan, seed, kinds, n_past)


def company_of(plan: Plan, seed: int, kinds: dict[str, str], n_past: int) -> Case:
    """Return a plan's company, told in the quarter after `n_past` others."""
    world = simulate(plan, seed)
    calendar = FiscalCalendar(plan.fiscal_year_starts)
    target = calendar.shift(calendar.quarter_of(plan.first_day), n_past)
    tables = canonical_tables(world, calendar.shift(target, 1).start.replace(day=10))
    quotas = {
        period.name: company_quota(
            quotas_in_force(tables["quotas"], period=period, as_of=period.end, covers=COMPANY.quota_covers),
            tables["owners"],
        ).amount
        for period in [*calendar.before(target, n_past), target]
    }
    return case_of(tables, seed, kinds, COMPANY, n_past, pd.Series(quotas), target)

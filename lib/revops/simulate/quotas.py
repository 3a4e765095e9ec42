"""What was asked of whom: company, manager and owner rows by quarter, as a sheet that is kept up would hold them."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Quarters, stream
from revops.simulate.expected import expected_bookings
from revops.simulate.people import may_sell
from revops.simulate.plan import Plan

__all__ = ["BOOKINGS", "COMPANY", "PIPELINE", "quota_rows"]

BOOKINGS, PIPELINE = "Bookings", "Pipeline created"
COMPANY = -1
_Row = tuple[int, int, str, float, int, int]


def quota_rows(plan: Plan, calendar: Quarters, people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return one row per quarter, member and metric: who (row of people, -1 the company), target, first day in force,
    day published.

    The company's and the managers' rows come out with the fiscal year, the owners' with the quarter. Owners' rows
    add up to more than the company's: nobody plans for everyone to make it.
    """
    rng = stream(seed, "quotas")
    expected = expected_bookings(plan, calendar) * plan.quota_stretch
    first, count = plan.burn_in, plan.n_quarters + plan.after
    years = [_fiscal_year_start(calendar, index) for index in range(first, first + count)]
    errors = dict(zip(sorted(set(years)), rng.normal(0, plan.quota_error_sd, len(set(years))), strict=True))
    rows: list[_Row] = []
    for index, year in zip(range(first, first + count), years, strict=True):
        by_cell = expected[index] * np.exp(errors[year])
        start = int(calendar.starts[index])
        total = _round(by_cell.sum(), 10_000)
        rows.append((index, COMPANY, BOOKINGS, total, start, year))
        rows.append((index, COMPANY, PIPELINE, _round(3.2 * total, 50_000), start, year))
        for place, team in enumerate(plan.teams):
            if "new" in team.types:
                rows += _team_rows(plan, people, place, index, start, year, _team_share(plan, place, by_cell) * total)
    columns = ["quarter", "who", "metric", "target", "effective", "published"]
    return pd.DataFrame(rows, columns=columns)


def _team_rows(
    plan: Plan, people: pd.DataFrame, place: int, index: int, start: int, year: int, target: float
) -> list[_Row]:
    """Return the manager's row and one for each person on the team on the quarter's first day; new people ramp."""
    target = _round(target, 5_000)
    rows: list[_Row] = [(index, place + 1, BOOKINGS, target, start, year)]
    team = np.flatnonzero(may_sell(people, np.array([place]), np.array([float(start)]))[0])
    weights = np.where(people["hired"].to_numpy()[team] > start - 90, 0.5, 1.0)
    if index == plan.burn_in:
        weights = np.ones(len(team))
    shares = (1 + plan.over_assignment) * target * weights / weights.sum() if len(team) else weights
    return rows + [
        (index, int(who), BOOKINGS, _round(share, 500), start, start) for who, share in zip(team, shares, strict=True)
    ]


def _team_share(plan: Plan, place: int, by_cell: np.ndarray) -> float:
    """Return the part of the company's quota that falls to what one team sells."""
    team = plan.teams[place]
    regions = [team.region in (None, region.name) for region in plan.regions]
    segments = [segment.name in team.segments for segment in plan.segments]
    return float(by_cell[np.ix_(regions, segments)].sum() / by_cell.sum())


def _fiscal_year_start(calendar: Quarters, index: int) -> int:
    """Return the first day of the fiscal year in which a quarter lies."""
    return int(calendar.starts[index - (int(calendar.name(index)[-1]) - 1)])


def _round(value: float, unit: int) -> float:
    return float(max(round(value / unit), 1) * unit)

"""What a plan leads one to expect: true win rates and bookings, by arithmetic alone, so that quotas see no future."""

import numpy as np

from revops.simulate.calendar import Array, Quarters
from revops.simulate.plan import Plan

__all__ = ["expected_bookings", "true_win_rate"]

_MAX_SLIPS = 5


def true_win_rate(plan: Plan, kind: int, segment: int) -> float:
    """Return the chance that a deal is won in its first pass, averaged over slips, sources, owners and luck."""
    motion = plan.motions[kind]
    slips = np.arange(_MAX_SLIPS + 1)
    weight = motion.slip_rate**slips * np.where(slips < _MAX_SLIPS, 1 - motion.slip_rate, 1.0)
    sources = np.array([[s.weights[kind], s.win_shift] for s in plan.sources])
    nodes, masses = np.polynomial.hermite_e.hermegauss(15)
    noise = nodes * np.hypot(plan.luck_sd, plan.owner_sd)
    odds = np.log(motion.advance[4] / (1 - motion.advance[4])) + plan.segments[segment].win_shift
    odds = odds - plan.slip_penalty * slips[:, None, None] + sources[:, 1][None, :, None] + noise[None, None, :]
    share = sources[:, 0] / sources[:, 0].sum()
    decision = np.einsum("i,j,k,ijk->", weight, share, masses / masses.sum(), 1 / (1 + np.exp(-odds)))
    return float(np.prod(motion.advance[:4]) * decision)


def expected_bookings(plan: Plan, calendar: Quarters) -> Array:
    """Return quarter x region x segment: new and expansion bookings to expect [company currency], luck left out."""
    index = np.arange(plan.burn_in + plan.n_quarters + plan.after)
    arriving = plan.new_per_quarter * plan.growth ** (index - plan.burn_in)
    season = np.array(plan.season)[_fiscal_quarter(calendar, index)]
    values = np.zeros((len(index), len(plan.segments)))
    for place, segment in enumerate(plan.segments):
        win, amount = true_win_rate(plan, 0, place), segment.amount * plan.amount_factor
        amount *= np.exp(segment.amount_sd**2 / 2) * _price_drift(plan)
        lag = _cycle_quarters(plan, 0) * segment.pace
        tries = 1 + (1 - win) * plan.second_try_rate * plan.growth ** (-lag - 2.7)
        new = arriving * season * plan.growth**-lag * segment.share * win * amount * tries
        values[:, place] = new + _expansions(plan, place, new)
    return values[:, None, :] * np.array([r.share for r in plan.regions])[None, :, None]


def _expansions(plan: Plan, segment: int, new: Array) -> Array:
    """Return expansion bookings by quarter on a customer base that grows by `new` and loses who does not renew."""
    kept = true_win_rate(plan, 2, segment) * (1 + plan.renewal_uplift)
    rate = plan.expansions_per_year / 4 * plan.expansion_ratio * np.exp(0.125) * true_win_rate(plan, 1, segment)
    base, grown = 0.0, np.zeros(len(new))
    for quarter, value in enumerate(new):
        grown[quarter] = base * rate * _price_drift(plan)
        base = base * kept**0.25 + value + grown[quarter]
    return grown


def _cycle_quarters(plan: Plan, kind: int) -> float:
    """Return how long a won deal of ordinary pace takes, in quarters."""
    spread = np.exp((plan.stage_days_sd**2 + plan.deal_pace_sd**2) / 2)
    slips = plan.motions[kind].slip_rate / (1 - plan.motions[kind].slip_rate)
    return float((sum(plan.motions[kind].days) * plan.cycle_factor * spread + 55 * slips + 10) / 91.3)


def _price_drift(plan: Plan) -> float:
    """Return the average ratio of the price won to the first price asked."""
    repriced = 1 + plan.reprice_rate * (np.exp(plan.reprice_sd**2 / 2 - 0.02) - 1)
    return float(repriced**3 * (1 - plan.discount_rate * 0.105))


def _fiscal_quarter(calendar: Quarters, index: Array) -> Array:
    """Return 0 to 3, the place of each quarter in its fiscal year."""
    months = calendar.starts[index].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    return (months - calendar.fiscal_year_starts) % 12 // 3

"""What happens to a deal once it exists: stages, due dates that slip, the decision, and the dates people expect.

Forward and known: each open stage is passed with the motion's chance or the deal dies in it; who passes Proposal
reaches a due date, which slips `slip_rate` of the time, again and again; then the decision falls, moved by the luck
that all deals of that fiscal quarter share. The close date on the record is what the owner believes, not the truth.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, Quarters, local_day, office_stamp
from revops.simulate.dates import agreed_date, beliefs, first_guess
from revops.simulate.plan import LOST, NO_DECISION, WON, Plan

__all__ = ["BLANK", "Walk", "walk"]

BLANK = -1.0  # an amount that was emptied or never filled; NaN in an event means "as before"
_MAX_SLIPS = 5
_REACHED = 4  # the last open stage, Negotiation


@dataclass(frozen=True)
class Walk:
    """One pass of deals through the stages.

    `events`: deal (row of the input), at (moment), stage, close (day), amount (cents); NaN where unchanged.
    Per deal: `end` (moment of the last event), `won`, `reached` (last open stage), `n_slips`, `amount` at the end.
    """

    events: pd.DataFrame
    end: Array
    won: Array
    reached: Array
    n_slips: Array
    amount: Array


def walk(plan: Plan, calendar: Quarters, luck: Array, deals: pd.DataFrame, rng: np.random.Generator) -> Walk:
    """Return one pass. `deals` needs kind, segment, region, created, due (NaN unless fixed), amount, odds, start."""
    n = len(deals)
    start = deals["start"].to_numpy()
    days, advance = _stage_days(plan, deals, rng), _chances(plan, deals)
    passed = np.cumprod(rng.random((n, _REACHED)) < advance[:, :_REACHED], axis=1)
    reached = passed.sum(axis=1)
    entry = deals["created"].to_numpy()[:, None] + np.cumsum(np.column_stack([np.zeros(n), days[:, :_REACHED]]), axis=1)
    decided = reached == _REACHED
    due = _due_dates(plan, calendar, deals, entry[:, _REACHED] + days[:, _REACHED], decided, rng)
    n_slips = np.maximum((~np.isnan(due)).sum(axis=1) - 1, 0)
    stale = ~decided & (rng.random(n) < plan.stale_rate)
    wait = days[np.arange(n), reached] * (0.3 + plan.loss_wait * rng.random(n))
    wait += np.where(stale, rng.exponential(plan.stale_days, n), 0.0)
    end = np.where(decided, np.nanmax(due, axis=1, initial=-np.inf), entry[np.arange(n), reached] + wait)
    utc_hours = np.array([r.utc_hours for r in plan.regions])[deals["region"]]
    end_day = local_day(office_stamp(end, utc_hours), plan.time_zone)
    odds = np.log(advance[:, 4] / (1 - advance[:, 4])) + deals["odds"].to_numpy() - plan.slip_penalty * n_slips
    chance = 1 / (1 + np.exp(-odds - luck[calendar.index(end_day)]))
    won = decided & (rng.random(n) < chance)
    amounts = _amounts(plan, deals, start, won, rng)
    events = _Events()
    _stage_events(events, plan, rng, start, reached, entry, amounts)
    _date_events(events, plan, calendar, rng, deals, entry, due, end, stale, amounts[np.arange(n), start])
    _end_events(events, plan, rng, reached, won, end, end_day, amounts)
    return Walk(events.frame(), end, won, reached, n_slips, amounts[:, 5])


def _stage_days(plan: Plan, deals: pd.DataFrame, rng: np.random.Generator) -> Array:
    """Return days in each open stage, should the deal stay in it to its end; renewals are stretched to their due."""
    n = len(deals)
    medians = np.array([m.days for m in plan.motions])[deals["kind"]] * plan.cycle_factor
    pace = np.array([s.pace for s in plan.segments])[deals["segment"]] * np.exp(plan.deal_pace_sd * rng.normal(size=n))
    days = medians * pace[:, None] * np.exp(plan.stage_days_sd * rng.normal(size=(n, 5)))
    days[np.arange(5) < deals["start"].to_numpy()[:, None]] = 0.0
    room = deals["due"].to_numpy() - deals["created"].to_numpy() + 10 * rng.normal(size=n)
    return days * np.where(np.isnan(room), 1.0, np.maximum(room, 20) / days.sum(axis=1))[:, None]


def _chances(plan: Plan, deals: pd.DataFrame) -> Array:
    """Return the chance to pass each open stage; 1 for those before the deal's first."""
    advance = np.array([m.advance for m in plan.motions])[deals["kind"]]
    return np.where(np.arange(5) < deals["start"].to_numpy()[:, None], 1.0, advance)


def _due_dates(
    plan: Plan, calendar: Quarters, deals: pd.DataFrame, first: Array, decided: Array, rng: np.random.Generator
) -> Array:
    """Return the due moments of each deal in order: the first and one more after each slip; NaN beyond the last."""
    due = np.full((len(deals), _MAX_SLIPS + 1), np.nan)
    due[:, 0] = _to_quarter_end(plan, calendar, first, plan.bunching, rng)
    rate = np.array([m.slip_rate for m in plan.motions])[deals["kind"]]
    due[~decided] = np.nan
    slipping = decided
    for k in range(_MAX_SLIPS):
        slipping = slipping & (rng.random(len(deals)) < rate)
        now = due[:, k]
        quarter_end = calendar.last_workday(np.nan_to_num(calendar.last_day(np.nan_to_num(now)) + 1.0)) + 0.97
        later = np.maximum(quarter_end - rng.exponential(9, len(deals)), now + 10)
        soon = now + rng.uniform(12, 55, len(deals))
        moved = np.where(rng.random(len(deals)) < plan.slip_to_quarter_end, later, soon)
        due[:, k + 1] = np.where(slipping, moved, np.nan)
    return due


def _to_quarter_end(plan: Plan, calendar: Quarters, at: Array, share: float, rng: np.random.Generator) -> Array:
    """Return moments of which a share, those within 50 days of it, has drifted to the end of the quarter."""
    target = calendar.last_workday(at) + 0.97 - rng.exponential(5, len(at))
    drifts = (rng.random(len(at)) < share) & (target - at < 50)
    return np.where(drifts, np.maximum(at, target), at)


def _amounts(plan: Plan, deals: pd.DataFrame, start: Array, won: Array, rng: np.random.Generator) -> Array:
    """Return cents in each open stage and at the end: repriced on entering Evaluation and after, discounted to win."""
    n = len(deals)
    factor = np.ones((n, 6))
    repriced = rng.random((n, 5)) < plan.reprice_rate
    repriced[:, :2] = False
    repriced &= np.arange(5) > start[:, None]
    factor[:, :5] = np.where(repriced, np.exp(plan.reprice_sd * rng.normal(size=(n, 5)) - 0.02), 1.0)
    discounted = won & (rng.random(n) < plan.discount_rate)
    factor[:, 5] = np.where(discounted, rng.uniform(0.80, 0.99, n), 1.0)
    amount = deals["amount"].to_numpy()[:, None] * np.cumprod(factor, axis=1)
    unit = deals["unit"].to_numpy()[:, None]
    amount = np.maximum(np.round(amount / unit), 1) * unit
    blank = (rng.random(n) < plan.no_amount_rate) & (start == 0) & (deals["kind"].to_numpy() == 0)
    amount[blank, :2] = BLANK
    return amount


class _Events:
    """Collects events of many deals as arrays; what an event leaves as it was stays NaN."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Array]] = []

    def add(self, deal: Array, at: Array, stage: Array | float = np.nan, close: Array | float = np.nan,
            amount: Array | float = np.nan) -> None:  # fmt: skip
        """Add one event per deal."""
        fields = {"at": at, "stage": stage, "close": close, "amount": amount}
        filled = {name: np.broadcast_to(np.asarray(value, dtype=float), deal.shape) for name, value in fields.items()}
        self._parts.append({"deal": deal, **filled})

    def frame(self) -> pd.DataFrame:
        """Return all events so far."""
        return pd.DataFrame({name: np.concatenate([p[name] for p in self._parts]) for name in self._parts[0]})


def _stage_events(
    events: _Events, plan: Plan, rng: np.random.Generator, start: Array, reached: Array, entry: Array, amounts: Array
) -> None:
    """Add each stage a deal enters; some skip one, some fall back one stage and come again."""
    n = len(start)
    skips = rng.random((n, 5)) < plan.skip_rate
    falls = (rng.random((n, 5)) < plan.back_rate) & (reached[:, None] > np.arange(5))
    share = rng.uniform(0.2, 0.5, (n, 5))
    for stage in range(1, 5):
        enters = (stage > start) & (stage <= reached)
        shown = np.flatnonzero(enters & ~((stage < reached) & skips[:, stage] & (stage != _REACHED)))
        events.add(shown, entry[shown, stage], float(stage), amount=amounts[shown, stage])
        if stage in (2, 3):
            back = shown[falls[shown, stage]]
            room = entry[back, stage + 1] - entry[back, stage]
            events.add(back, entry[back, stage] + share[back, stage] * room, float(stage - 1))
            events.add(back, entry[back, stage] + 1.8 * share[back, stage] * room, float(stage))


def _date_events(
    events: _Events, plan: Plan, calendar: Quarters, rng: np.random.Generator, deals: pd.DataFrame, entry: Array,
    due: Array, end: Array, stale: Array, first_amount: Array,
) -> None:  # fmt: skip
    """Add the first state, every close date believed on the way, the agreed date in Negotiation and each slip."""
    everyone, decided = np.arange(len(deals)), ~np.isnan(due[:, 0])
    guess = first_guess(plan, calendar, deals, rng)
    events.add(everyone, deals["created"].to_numpy(), deals["start"].to_numpy(), guess, first_amount)
    late = np.flatnonzero(decided)
    settles = np.where(decided, entry[:, _REACHED], end)
    for who, at, close in beliefs(plan, calendar, guess, settles, ~stale, rng):
        events.add(who, at, close=close)
    events.add(late, entry[late, _REACHED] + 1e-7, close=agreed_date(calendar, due[late, 0], rng))
    for k in range(1, due.shape[1]):
        who = np.flatnonzero(~np.isnan(due[:, k]))
        told = np.maximum(due[who, k - 1] + rng.uniform(-6, 9, len(who)), entry[who, _REACHED] + 0.01)
        if k > 1:
            told = np.maximum(told, due[who, k - 2] + 5.01)
        events.add(who, np.minimum(told, due[who, k] - 0.5), close=agreed_date(calendar, due[who, k], rng))


def _end_events(
    events: _Events, plan: Plan, rng: np.random.Generator, reached: Array, won: Array, end: Array, end_day: Array,
    amounts: Array,
) -> None:  # fmt: skip
    """Add the closing; a few wins are entered up to eight days after the day they carry."""
    silent = rng.random(len(won)) < np.where(reached <= 1, 0.45, 0.20)
    outcome = np.where(won, WON, np.where(silent, NO_DECISION, LOST))
    late = won & (rng.random(len(won)) < plan.late_entry_rate)
    shift = np.where(late, rng.integers(1, 9, len(won)), 0)
    amount = np.where(won, amounts[:, 5], np.nan)
    events.add(np.arange(len(won)), end + shift, outcome, end_day, amount)

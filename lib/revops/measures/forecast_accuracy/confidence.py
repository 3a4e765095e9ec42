"""How sure a projection of the open quarter is, by a printed rule, and what would change it."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from revops.measures.forecast_accuracy.projection import TOO_FEW_HELD, Projection, project, range_failed
from revops.ratios import safe_ratio
from revops.wording import money, odds, plural, share

__all__ = ["FEWEST_TOLD", "confidence", "confidence_rule", "what_would_change"]

FEWEST_TOLD = 8
"""Fewer back-tested quarters than these: never high confidence."""
_SHORT = 0.1
"""High confidence lets the share of ranges that held be so much below the level."""
_HALF = 0.5
_ROUNDING = 1e-9


def confidence(
    projection: Projection, backtest: pd.DataFrame, *, high_width: float, medium_width: float,
    fewest_told: int = FEWEST_TOLD
) -> tuple[str, tuple[str, ...]]:  # fmt: skip
    """Return high, medium or low, and why, by the rule of confidence_rule.

    Parameters
        projection : projection.project of the open quarter
        backtest : projection.projection_backtest of past quarters at the same week
        high_width, medium_width : the widest ranges that are high and medium [range over projection]
        fewest_told : back-tested quarters that high asks for
    """
    level, n, inside = projection.level, len(backtest), int(backtest["is_inside"].sum())
    if np.isnan(projection.width):
        return "low", (f"There is no range: {plural(projection.n, 'past quarter')} to learn from.",)
    if projection.width == 0 and projection.booked >= projection.optimistic:
        return "low", ("More is booked than the range reaches: it says nothing of what is still to come.",)
    has_failed = range_failed(backtest, level=level)
    has_high, has_medium = (inside + _ROUNDING >= least * n for least in (level - _SHORT, _HALF))
    width = share(projection.width)
    reasons = [f"The range is {width} of the projection wide (high: up to {share(high_width)}, medium: up to "
               f"{share(medium_width)})."]  # fmt: skip
    if n:
        expected, may_be = odds(level), "" if has_failed else ", maybe by chance"
        verdict = f"as can be expected of {expected}" if has_high else f"too rarely for {expected}{may_be}"
        reasons.append(f"It held in {inside} of {plural(n, 'back-tested quarter')}, {verdict}.")
    else:
        reasons.append("No past quarter could be back-tested.")
    if 0 < n < fewest_told:
        reasons.append(f"High needs {plural(fewest_told - n, 'more back-tested quarter')}.")
    if not has_high:
        reasons.append(f"High needs {share(level - _SHORT)} of them held, medium half.")
    if has_failed or not n or not has_medium or projection.width > medium_width:
        return "low", tuple(reasons)
    is_high = has_high and projection.width <= high_width and n >= fewest_told
    return ("high" if is_high else "medium"), tuple(reasons)


def confidence_rule(
    *, level: float = 0.8, high_width: float, medium_width: float, fewest_told: int = FEWEST_TOLD
) -> str:
    """Return the rule of confidence in words."""
    return (
        f"High: the range is at most {share(high_width)} of the projection wide, at least {fewest_told} past quarters "
        f"were back-tested, and it held in at least {share(level - _SHORT)} of them. Medium: at most "
        f"{share(medium_width)} wide, at least one was, and it held in at least half of them. Low: anything else, or "
        f"ranges that held so rarely in back-tested quarters that a true {odds(level)} would do so less than once in "
        f"{1 / TOO_FEW_HELD:.0f}."
    )


def what_would_change(projection: Projection, *, currency: str) -> list[str]:
    """Return what would move the projection or its range, in sentences with numbers; empty without a projection."""
    if np.isnan(projection.projected_amount):
        return []

    def amount(value: float) -> str:
        return money(value, currency)

    return [*_about_call(projection, amount), *_about_range(projection, amount)]


def _about_call(now: Projection, amount: Callable[[float], str]) -> list[str]:
    brought = now.call * now.ratio
    if brought < now.booked:
        needed = float(safe_ratio(now.booked, now.ratio))
        return [f"More is booked ({amount(now.booked)}) than such a call has brought ({amount(brought)}): the call "
                f"moves the projection only from {amount(needed)}."]  # fmt: skip
    said = [f"Each {amount(now.call / 10)} more in the call adds {amount(brought / 10)}: past calls at this week "
            f"brought {share(now.ratio)} of themselves."]  # fmt: skip
    if now.ratio > 0:
        said.append(f"For {amount(now.call)} to come, the call would have to be {amount(now.call / now.ratio)}.")
    return said


def _about_range(now: Projection, amount: Callable[[float], str]) -> list[str]:
    more = pd.DataFrame({"forecast_amount": 1.0, "actual_amount": [*now.ratios, now.ratio]}).rename_axis("period")
    then, said = project(more.reset_index(), now.call, booked=now.booked, level=now.level), []
    if not np.isnan(then.optimistic):
        ends = f"{amount(then.conservative)} to {amount(then.optimistic)}"
        before = "" if np.isnan(now.width) else f" (now {amount(now.conservative)} to {amount(now.optimistic)})"
        said.append(f"One more quarter that comes as usual makes the range of such a call {ends}{before}.")
    if now.booked < now.conservative:
        said.append(f"Bookings past {amount(now.conservative)} (now {amount(now.booked)}) raise the conservative end.")
    return said

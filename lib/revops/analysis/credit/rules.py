"""Credit by rule: what share of each journey goes to each of its touches, and the sums by channel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit.groups import Groups, channel_groups
from revops.analysis.credit.paths import MILESTONES, Paths
from revops.errors import MeasureError, nearest

__all__ = ["RULES", "Rule", "credit", "has_unknown_milestone", "rules_table", "weights"]

Array = np.ndarray


@dataclass(frozen=True)
class Rule:
    """Percent of a journey's credit on each milestone, and on all other touches up to the last of them together."""

    label: str
    marks: dict[str, float]
    others: float
    source: str


_ADOBE = "experienceleague.adobe.com, marketo-measure-attribution-models"
_HUBSPOT = "knowledge.hubspot.com, understand-attribution-reporting; weights: thewayhow.com, attribution models"
_GOOGLE = "developers.google.com/google-ads, AttributionModelEnum"
_WEB = f"{_GOOGLE}; matomo.org FAQ 25500"
RULES = {
    "first_touch": Rule("First touch", {"first": 100}, 0, _GOOGLE),
    "last_touch": Rule("Last touch", {"last": 100}, 0, _GOOGLE),
    "last_non_direct": Rule("Last non-direct touch", {"last_non_direct": 100}, 0, "developers.google.com/analytics"),
    "linear": Rule("Linear", {}, 100, _GOOGLE),
    "position_based": Rule("Position based (web)", {"first": 40, "last": 40}, 20, _WEB),
    "u_shaped": Rule("U-shaped (HubSpot)", {"first": 40, "lead": 40}, 20, _HUBSPOT),
    "u_shaped_even": Rule("U-shaped (Marketo Measure)", {"first": 50, "lead": 50}, 0, _ADOBE),
    "w_shaped": Rule("W-shaped", {"first": 30, "lead": 30, "opportunity": 30}, 10, _ADOBE),
    "full_path": Rule("Full path", {"first": 22.5, "lead": 22.5, "opportunity": 22.5, "won": 22.5}, 10, _ADOBE),
    "j_shaped": Rule("J-shaped", {"first": 20, "last": 60}, 20, "6thman.digital, j-shaped-attribution-model-explained"),
    "inverse_j": Rule("Inverse J", {"first": 60, "last": 20}, 20, "mirror of J-shaped; direction: thewayhow.com"),
    "time_decay": Rule("Time decay", {}, 100, f"{_GOOGLE}: half-life of 7 days"),
}
"""Every rule by its name in `model`. Others of time decay are shared by 2^(-days_before / half-life)."""
_MARKS = ("first", *MILESTONES, "last", "last_non_direct")


def rules_table() -> pd.DataFrame:
    """Return the weights used, one row per rule.

    Returns
        model, label, first, lead, opportunity, won, last, last_non_direct, others [percent of a journey], source
    """
    rows = [{"model": name, "label": rule.label, **{mark: float(rule.marks.get(mark, 0)) for mark in _MARKS},
             "others": float(rule.others), "source": rule.source} for name, rule in RULES.items()]  # fmt: skip
    return pd.DataFrame(rows)


def weights(paths: Paths, rule: str, *, half_life_days: float = 7.0, direct: Sequence[str] = ()) -> Array:
    """Return the share of its journey's credit that each touch has, in the order of `paths.touches`.

    Question
        What does this rule give each touch?

    Parameters
        rule : a name of RULES
        half_life_days : time decay only; a touch so many days earlier has half the weight
        direct : last non-direct only; the channels that it passes over

    Returns
        One share per touch [0 to 1]; those of a journey sum to 1.

    Formula
        The percents of RULES. Milestones on one touch add up. Others are all touches that are no milestone, up to the
        latest milestone of the rule, equally; later touches have 0. Where a milestone is unknown, or there are no
        others, what is left is scaled to 100: with nothing known but the first touch, that has all. Last non-direct is
        the last touch where every touch is direct.

    Raises
        MeasureError: a rule that is not known; time decay where days_before is unknown; a half-life not above 0.

    Limits
        Vendors do not publish what they do with an unknown milestone: has_unknown_milestone tells of how many.
    """
    if rule not in RULES:
        raise MeasureError(f"Rule of credit: it must be known; found {rule}. {nearest(rule, list(RULES))}")
    if rule == "time_decay":
        return _decayed(paths, half_life_days)
    flat, is_mark = np.zeros(len(paths.touches)), np.zeros(len(paths.touches), dtype=bool)
    end = np.full(len(paths.journeys), -1) if RULES[rule].marks else paths.lengths - 1
    for mark, percent in RULES[rule].marks.items():
        place = _place(paths, mark, direct)
        at = (paths.starts + place)[place >= 0]
        flat[at] += percent
        is_mark[at] = True
        end = np.maximum(end, place)
    if RULES[rule].others:
        others = np.flatnonzero(~is_mark & (paths.position <= end[paths.journey]))
        of = paths.journey[others]
        flat[others] = RULES[rule].others / np.bincount(of, minlength=len(end))[of]
    return _to_one(paths, flat)


def credit(paths: Paths, weights: Array, *, by: Groups | None = None) -> pd.DataFrame:
    """Return what each channel (or group of touches) is credited with, from a share for each touch.

    Returns
        One row per channel, sorted: channel (or the name of the grouping), credited_deals, credited_amount. Where each
        touch has a group they sum to all wins and their amount.
    """
    at, by = slice(None) if by is None else by.code >= 0, by or channel_groups(paths)
    sums = [np.bincount(by.code[at], (weights * paths.values(name)[paths.journey])[at], len(by.names))
            for name in ("wins", "amount")]  # fmt: skip
    return pd.DataFrame({by.name: list(by.names), "credited_deals": sums[0], "credited_amount": sums[1]})


def has_unknown_milestone(paths: Paths, rule: str) -> Array:
    """Return for each journey whether a milestone of the rule is unknown, so that its percent went to the others."""
    wanted = [mark for mark in RULES[rule].marks if mark in MILESTONES]
    return np.any([paths.values(mark) < 0 for mark in wanted] or [np.zeros(len(paths.journeys), dtype=bool)], axis=0)


def _place(paths: Paths, mark: str, direct: Sequence[str]) -> Array:
    """Return the position of a milestone in each journey; -1 where unknown."""
    if mark == "first":
        return np.zeros(len(paths.journeys), dtype="int64")
    if mark == "last":
        return paths.lengths - 1
    if mark in MILESTONES:
        return paths.values(mark)
    passed = np.isin(np.array(paths.channels, dtype=object), list(direct))[paths.channel]
    place = np.full(len(paths.journeys), -1)
    place[paths.journey[~passed]] = paths.position[~passed]
    return np.where(place >= 0, place, paths.lengths - 1)


def _decayed(paths: Paths, half_life_days: float) -> Array:
    if not half_life_days > 0:
        raise MeasureError(f"Time decay: the half-life must be above 0 days; found {half_life_days}. Set it in params.")
    days = paths.touches["days_before"].to_numpy(dtype=float)
    if unknown := int(np.isnan(days).sum()):
        raise MeasureError(
            f"Time decay: every touch must have its days before the conversion; found {unknown} touches without. "
            "Leave this rule out, or give the dates of touches."
        )
    last = days[paths.starts + paths.lengths - 1]
    return _to_one(paths, np.exp2(-(days - last[paths.journey]) / half_life_days))


def _to_one(paths: Paths, flat: Array) -> Array:
    return flat / np.bincount(paths.journey, flat, len(paths.journeys))[paths.journey]

"""Which estimates are held against each other together: those of the whole company, and those of its parts."""

from collections.abc import Mapping, Sequence
from typing import Any

from revops.delivery.review.gathered import Report

__all__ = ["is_rolling", "is_whole", "surely_other", "told_of_both"]

_FIRST: Mapping[str, tuple[tuple[str, dict[str, str], dict[str, str]], ...]] = {
    "cac_payback": (
        ("payback_months", {"basis": "lagged"}, {}),
        ("paid_back_share", {"version": "recognised"}, {"age_months": "target_months"}),
        ("ltv_to_cac", {"basis": "without_expansion"}, {"horizon_months": "horizon_months"}),
        ("cac_amount", {"kind": "blended"}, {}),
    ),
    "forecast_accuracy": tuple(
        (id, {"category": "commit"}, {"horizon_weeks": "horizon_weeks"}) for id in ("wape", "bias_rate")
    ),
    "stage_benchmarking": tuple(
        (id, {"window": "last_weeks"}, {}) for id in ("sla_attainment_rate", "never_touched_rate", "accept_rate")
    ),
}
"""Numbers of the whole company on the first screen of a report that are told by something: what must be so, and which
groups follow a knob of the report."""
_ROLLING: Mapping[str, frozenset[str] | None] = {
    "cac_payback": frozenset({"nrr", "grr", "logo_churn_rate"}),
    "stage_benchmarking": None,
}
"""What looks back from the day over weeks or twelve months, whatever quarter it is; None: all of a report."""


def is_whole(report: Report, row: Mapping[str, Any]) -> bool:
    """Return whether an estimate is of the whole company: told by nothing, or the one of the report's first screen."""
    if not row["by"]:
        return True
    knobs = (report.answer or {}).get("parameters") or {}
    return any(
        row["id"] == id and row["by"] == fixed | {key: knobs.get(knob) for key, knob in by_knob.items()}
        for id, fixed, by_knob in _FIRST.get(report.stem, ())
    )


def is_rolling(was: Report, now: Report, row: Mapping[str, Any]) -> bool:
    """Return whether an estimate can be held against the one before across the start of a quarter: it looks back over
    weeks or twelve months from the day. Where a report was asked for a certain quarter, it does not."""
    if now.stem not in _ROLLING:
        return False
    ids = _ROLLING[now.stem]
    asked = [((report.answer or {}).get("parameters") or {}).get("period") for report in (was, now)]
    return asked == ["current", "current"] and (ids is None or row["id"] in ids)


def told_of_both(p_values: Sequence[float], whole: Sequence[bool], rate: float) -> list[bool]:
    """Return which of many differences are told, those of the whole company and of its parts each in a family of its
    own, so that thousands of parts do not drown the few numbers that a company is run by.

    Formula
        Benjamini-Hochberg in each family at half of the rate; at the whole rate where one family is empty.
    Limits
        Of those told in both families together, at most `rate` are false in the long run: the false ones of a family
        over all told are at most those over the told of that family, and two halves add up to the rate.
    """
    share = rate / max(len(set(whole)), 1)
    told = [False] * len(p_values)
    for family in (True, False):
        places = [place for place, is_one in enumerate(whole) if is_one is family]
        for place, is_told in zip(places, surely_other([p_values[p] for p in places], share), strict=True):
            told[place] = is_told
    return told


def surely_other(p_values: Sequence[float], rate: float) -> list[bool]:
    """Return which of many differences are told, so that at most `rate` of those told are false in the long run.

    Source
        Benjamini and Hochberg, Controlling the false discovery rate, Journal of the Royal Statistical Society B 57
        (1995), section 3.1; deviations: none.
    """
    ordered = sorted(p_values)
    passing = [p for rank, p in enumerate(ordered, 1) if p <= rate * rank / len(ordered)]
    return [bool(passing) and p <= passing[-1] for p in p_values]

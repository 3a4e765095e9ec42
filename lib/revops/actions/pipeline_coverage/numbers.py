"""The three numbers below the sentence of the pipeline coverage report."""

from revops.actions import Number
from revops.actions.pipeline_coverage.facts import has_quota, is_point, no_quota
from revops.actions.pipeline_coverage.to_do import last_day_to_create
from revops.analysis.backtest import VALIDATED_FROM
from revops.measures.pipeline_coverage import CoverageResult
from revops.ratios import safe_ratio
from revops.wording import between, day, missing, money, multiple, plural, share, told_share

__all__ = ["numbers"]


def numbers(result: CoverageResult) -> tuple[Number, ...]:
    """Return coverage, chance and gap; without an outlook coverage, bookings, and what is open but counts nowhere."""
    row = result.headline
    if result.outlook is not None and has_quota(result) and row.remaining_amount > 0:
        return _needed(result), _chance(result), _gap(result)
    return _covered(result), _booked(result), _overdue(result)


def _covered(result: CoverageResult) -> Number:
    row = result.headline
    if not has_quota(result):
        return Number("–", f"coverage: {no_quota(result) or result.quota.basis}")
    if result.view.day > result.period.end:
        return Number("–", "coverage: the quarter is over")
    if row.remaining_amount == 0:
        return Number("–", "coverage: nothing remains to book")
    start = "" if missing(result.start_coverage) else f"; {multiple(result.start_coverage)} of the full quota on day 1"
    return Number(multiple(row.coverage), f"coverage of remaining quota{start}")


def _booked(result: CoverageResult) -> Number:
    row, currency = result.headline, result.view.company.currency
    booked = money(row.booked_amount, currency)
    if not has_quota(result):
        return Number(booked, f"booked in {plural(int(row.n_booked), 'opportunity')}")
    part = share(safe_ratio(row.booked_amount, row.quota_amount))
    return Number(booked, f"booked, {part} of the {money(row.quota_amount, currency)} quota")


def _overdue(result: CoverageResult) -> Number:
    row = result.headline
    text = f"overdue in {plural(int(row.n_overdue), 'opportunity')}: not in coverage"
    return Number(money(row.overdue_amount, result.view.company.currency), text, is_bad=bool(row.n_overdue))


def _needed(result: CoverageResult) -> Number:
    """Return coverage against what is needed, and how what was called for before held."""
    have, outlook = result.headline.coverage, result.outlook
    if result.needed_coverage is None:
        why = outlook.required_unknown
        said = f"what is needed cannot be said: {why[:1].lower()}{why[1:].rstrip('.')}"
        return Number(multiple(have), f"coverage of remaining quota; {said}")
    low, value, high = result.needed_coverage
    text = f"coverage of remaining quota; about {multiple(value)} is needed ({between(low, high, multiple)})"
    told = outlook.required_told
    if len(told) >= VALIDATED_FROM:
        text += (
            f"; what was needed fell into such ranges in {int(told['is_inside'].sum())} of {len(told)} past quarters"
        )
    return Number(multiple(have), text, is_bad=bool(have < low))


def _chance(result: CoverageResult) -> Number:
    """Return the chance of quota, without the largest deal too, and how chances like it came true."""
    outlook = result.outlook
    if outlook.range_failed and is_point(result):
        return Number("–", "chance of quota: what was told on this day failed too often in past quarters")
    if outlook.range_failed:
        return Number(
            "–", f"chance of quota: ranges held in only {outlook.n_held} of {len(outlook.told)} past quarters"
        )
    write = told_share if result.headline["n_total_open"] else share
    chance = write(outlook.probability)
    text = f"chance of quota; {write(outlook.probability_without_largest)} without the largest deal"
    if outlook.largest is None:
        text = "chance of quota"
    if not outlook.is_validated:
        return Number(chance, f"{text}; not yet validated")
    told = outlook.told.dropna(subset=["probability"])
    upper = outlook.probability >= 0.5
    alike = told[told["probability"].ge(0.5) == upper]
    cases = f"came true in {alike['made_it'].sum():.0f} of {len(alike)}" if len(alike) else "have not been told before"
    text += f"; chances {'above' if upper else 'below'} 50% on this day {cases}{' past quarters' if len(alike) else ''}"
    return Number(chance, text, is_bad=outlook.probability < result.knobs.watch_from)


def _gap(result: CoverageResult) -> Number:
    """Return the pipeline still to find, with its range, and until when it can be created."""
    currency, (low, gap, high) = result.view.company.currency, result.gap
    if missing(gap):
        return Number(money(result.headline.remaining_amount, currency), "still to book")
    ends = between(low, high, lambda amount: money(amount, currency))
    if not gap:
        return Number(money(gap, currency), f"short of the pipeline needed ({ends}): as much is open as is needed")
    return Number(money(gap, currency), f"pipeline short ({ends}){_until(result)}", is_bad=bool(low > 0))


def _until(result: CoverageResult) -> str:
    """Return until when a new deal can be created and still be won in the quarter."""
    last = last_day_to_create(result)
    if last is None:
        return ""
    if last < result.view.day:
        return f"; too late to create, nine wins in ten take over {result.outlook.cycle.fast_days:.0f} days"
    return (
        f"; to create by {day(last)} at the latest, half of all wins take {result.outlook.cycle.median_days:.0f} days"
    )

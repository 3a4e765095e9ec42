"""The first screen of the pipeline coverage report: one true sentence, one line below it, three numbers."""

from revops.actions import Headline
from revops.actions.pipeline_coverage.facts import has_quota, is_point, no_quota
from revops.actions.pipeline_coverage.numbers import numbers
from revops.analysis.backtest import VALIDATED_FROM
from revops.measures.pipeline_coverage import CoverageResult
from revops.ratios import safe_ratio
from revops.wording import chance, day, join, missing, money, multiple, odds, plural, share

__all__ = ["headline"]

_OUTCOME = {"on_track": "Quota made", "act": "Quota missed"}
"""What a status is called once the quarter is over."""
_UNJUDGED = "without a quota nobody can say whether that is enough"


def headline(result: CoverageResult) -> Headline:
    """Return the first screen.

    The status follows the chance of quota, once that is validated on the company's own past; a quota that is met is
    on track, one that a finished quarter missed is to act on; anything else, as a quota of 0 or below, is not judged.
    """
    status = _status(result)
    called = _OUTCOME.get(status, "") if result.view.day > result.period.end else ""
    return Headline(status, _sentence(result), _below(result), numbers(result), called)


def _status(result: CoverageResult) -> str:
    row, outlook, knobs = result.headline, result.outlook, result.knobs
    if not has_quota(result):
        return "not_enough_data"
    if row.remaining_amount == 0:
        return "on_track"
    if result.view.day > result.period.end:
        return "act"
    if outlook is None or not outlook.is_validated or missing(outlook.probability):
        return "not_enough_data"
    if outlook.probability >= knobs.on_track_from:
        return "on_track"
    return "watch" if outlook.probability >= knobs.watch_from else "act"


def _sentence(result: CoverageResult) -> str:
    """Return one true sentence for the state the quarter is in."""
    if result.view.day > result.period.end:
        return _over(result)
    if result.is_stale:
        return _stale(result)
    return _to_come(result) if result.view.day < result.period.start else _under_way(result)


def _stale(result: CoverageResult) -> str:
    view, name = result.view, _name(result)
    end, old = day(view.last_stamp.date()), plural(view.days_without_news, "day")
    return f"The exports end on {end}, {old} before {day(view.day)}: what has become of {name} since is not known."


def _over(result: CoverageResult) -> str:
    row, name, currency = result.headline, _name(result), result.view.company.currency
    booked = money(row.booked_amount, currency)
    if not has_quota(result):
        wins = plural(int(row.n_booked), "opportunity")
        return f"{name} booked {booked} in {wins}; {no_quota(result) or 'there is no quota to hold it against'}."
    part = share(safe_ratio(row.booked_amount, row.quota_amount))
    return f"{name} booked {booked} of its {money(row.quota_amount, currency)} quota: {part}."


def _to_come(result: CoverageResult) -> str:
    row, period, currency = result.headline, result.period, result.view.company.currency
    begins = f"{_name(result)} begins on {day(period.start)} with {money(row.open_pipeline_amount, currency)}"
    if not has_quota(result):
        return f"{begins} of open pipeline; {no_quota(result) or _UNJUDGED}."
    return (
        f"{begins} of open pipeline for a quota of {money(row.quota_amount, currency)}: "
        f"{multiple(row.coverage)}, in {plural(int(row.n_open), 'opportunity')}."
    )


def _under_way(result: CoverageResult) -> str:
    row, name, currency = result.headline, _name(result), result.view.company.currency
    open_now, booked = money(row.open_pipeline_amount, currency), money(row.booked_amount, currency)
    quota, remaining = money(row.quota_amount, currency), money(row.remaining_amount, currency)
    if not has_quota(result):
        return f"{open_now} is open and {booked} is booked for {name}; {no_quota(result) or _UNJUDGED}."
    if row.remaining_amount == 0:
        return f"{name} has reached its quota: {booked} booked of {quota}, with {open_now} still open."
    if row.n_open == 0:
        tail = f"; {money(row.overdue_amount, currency)} of open deals carry a close date that has passed"
        said = f"{name} still has {remaining} to book and no open pipeline to book it from"
        return f"{said}{tail if row.n_overdue else ''}."
    if result.outlook is not None:
        lands = money(result.outlook.range()[1], currency)
        return f"{name} is likely to land near {lands} of its {quota} quota: {_likely(result)}."
    return (
        f"{name} has {remaining} still to book and {open_now} of open pipeline to book it from: "
        f"{multiple(row.coverage)}, in {plural(int(row.n_open), 'opportunity')}."
    )


def _name(result: CoverageResult) -> str:
    """Return what the sentence is about: the quarter, and the slice in brackets."""
    parts = [result.labels.get(value, value) for value in result.knobs.slice.values()]
    return f"{result.period.name} ({', '.join(parts)})" if parts else result.period.name


def _likely(result: CoverageResult) -> str:
    """Return how likely the quota is, in words; what keeps it from being said where it cannot be."""
    outlook = result.outlook
    if outlook.range_failed and is_point(result):
        return "how likely it is cannot be said, what was told on this day failed too often in the past"
    if outlook.range_failed:
        return "how likely it is cannot be said, such ranges held too rarely in the past"
    if not outlook.is_validated:
        return "how likely it is, is not yet validated"
    words = chance(outlook.probability)
    return f"{words} to make it" if words == "all but certain" else f"{words} of making it"


def _below(result: CoverageResult) -> str:
    """Return the range, what can still change it on the last day, where it is short, where in the quarter we are;
    without an outlook what the last days did."""
    period, today = result.period, result.view.day
    if today > period.end:
        return f"The quarter ended on {day(period.end)}."
    if today < period.start:
        return f"The quarter begins in {plural((period.start - today).days, 'day')}; open pipeline is as of today."
    where = f"Day {period.day_of(today)} of {period.days}."
    if result.outlook is not None:
        last = "" if period.days_left(today) else "Only what is recorded late can still change it."
        return " ".join(part for part in (_range(result), last, _shortfall(result), where) if part)
    return where if result.moved is None else f"{where} {_moved(result)}"


def _moved(result: CoverageResult) -> str:
    currency, sums = result.view.company.currency, result.moved.groupby("kind")["amount"].sum()
    parts = [
        f"{money(abs(sums[kind]), currency)} {words}"
        for kind, words in (("new", "new"), ("won", "won"), ("lost", "lost"), ("pushed", "pushed out"))
        if sums.get(kind, 0.0)
    ]
    moved = f"In {plural(result.knobs.movement_days, 'day')} open pipeline went from "
    moved += f"{money(result.open_before, currency)} to {money(result.headline.open_pipeline_amount, currency)}"
    return moved + (f": {', '.join(parts)}." if parts else ".")


def _range(result: CoverageResult) -> str:
    """Return the range of the landing in words, and how such ranges held on the subject's own past; nothing where
    all is decided."""
    if is_point(result):
        return ""
    outlook, currency = result.outlook, result.view.company.currency
    low, _, high = (money(end, currency) for end in outlook.range())
    quarters = plural(len(outlook.told), "past quarter")
    if outlook.range_failed:
        held = f"only {outlook.n_held}" if outlook.n_held else "none"
        meant = f"Meant to hold {odds(outlook.level)}, such ranges held in {held} of {quarters}"
        return f"{meant}: do not lean on {low} to {high}."
    words = f"{odds(outlook.level)} outcomes fall between {low} and {high}"
    if len(outlook.told) < VALIDATED_FROM:
        return f"{words}; with {quarters} to hold it against, that is not yet validated."
    return f"{words}; told on this day, such ranges held in {outlook.n_held} of {quarters}."


def _shortfall(result: CoverageResult) -> str:
    """Return which groups are below the whole range of what they need; nothing where there is no gap or none is."""
    short = result.short_groups
    if not result.gap[1] > 0 or short.empty:
        return ""
    names = join([f"{group} ({multiple(coverage)})" for group, coverage in short["coverage"].items()])
    verb, low = ("is", short["required_low"].iloc[0]) if len(short) == 1 else ("are", None)
    return f"{names} {verb} below even the low end of what {'it needs' if low else 'they need'}{_low(low)}."


def _low(low: float | None) -> str:
    return "" if low is None else f", {multiple(low)}"

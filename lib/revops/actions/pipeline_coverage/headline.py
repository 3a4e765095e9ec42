"""The first screen of the pipeline coverage report: one true sentence, one line below it, three numbers."""

import datetime as dt

from revops.actions import Headline, Number
from revops.measures.pipeline_coverage import CoverageResult
from revops.ratios import safe_ratio
from revops.wording import chance, day, missing, money, multiple, plural, share

__all__ = ["headline"]


def headline(result: CoverageResult) -> Headline:
    """Return the first screen.

    The status follows the chance of quota, once that is validated on the company's own past; a quota that is met is
    on track; anything else is not judged.
    """
    return Headline(_status(result), _sentence(result), _below(result), _numbers(result))


def _status(result: CoverageResult) -> str:
    row, outlook, knobs = result.headline, result.outlook, result.knobs
    if not missing(row.quota_amount) and row.remaining_amount == 0:
        return "on_track"
    if outlook is None or not outlook.is_validated or missing(outlook.probability):
        return "not_enough_data"
    if outlook.probability >= knobs.on_track_from:
        return "on_track"
    return "watch" if outlook.probability >= knobs.watch_from else "act"


def _sentence(result: CoverageResult) -> str:
    """Return one true sentence for the state the quarter is in."""
    row, period, currency = result.headline, result.period, result.view.company.currency
    open_now, booked = money(row.open_pipeline_amount, currency), money(row.booked_amount, currency)
    quota, remaining = money(row.quota_amount, currency), money(row.remaining_amount, currency)
    deals = plural(int(row.n_open), "opportunity")
    if result.view.day > period.end:
        if missing(row.quota_amount):
            wins = plural(int(row.n_booked), "opportunity")
            return f"{period.name} booked {booked} in {wins}; there is no quota to hold it against."
        part = share(safe_ratio(row.booked_amount, row.quota_amount))
        return f"{period.name} booked {booked} of its {quota} quota: {part}."
    if missing(row.quota_amount):
        return (
            f"{open_now} is open and {booked} is booked for {period.name}; "
            "without a quota nobody can say whether that is enough."
        )
    if row.remaining_amount == 0:
        return f"{period.name} has reached its quota: {booked} booked of {quota}, with {open_now} still open."
    if row.n_open == 0:
        overdue = money(row.overdue_amount, currency)
        tail = f"; {overdue} of open deals carry a close date that has passed" if row.n_overdue else ""
        return f"{period.name} still has {remaining} to book and no open pipeline to book it from{tail}."
    if result.view.day < period.start:
        return (
            f"{period.name} begins on {day(period.start)} with {open_now} of open pipeline for a quota of {quota}: "
            f"{multiple(row.coverage)}, in {deals}."
        )
    outlook = result.outlook
    if outlook is not None:
        lands = f"At today's pace {period.name} lands near {money(outlook.range(result.knobs.level)[1], currency)}"
        told = chance(outlook.probability) if outlook.is_validated else "how likely that is, is not yet validated"
        made = " of making it" if outlook.is_validated else ""
        return f"{lands} of the {quota} quota: {told}{made}."
    return (
        f"{period.name} has {remaining} still to book and {open_now} of open pipeline to book it from: "
        f"{multiple(row.coverage)}, in {deals}."
    )


def _below(result: CoverageResult) -> str:
    """Return where in the quarter we are, and what the last days did."""
    period, today, currency = result.period, result.view.day, result.view.company.currency
    if today > period.end:
        where = f"The quarter ended on {day(period.end)}."
    elif today < period.start:
        where = f"The quarter begins in {plural((period.start - today).days, 'day')}."
    else:
        where = f"Day {period.day_of(today)} of {period.days}."
    if result.outlook is not None and not missing(result.headline.quota_amount):
        return f"{_range(result)} {where}"
    if result.moved is None or today > period.end:
        return where
    sums = result.moved.groupby("kind")["amount"].sum()
    parts = [
        f"{money(abs(sums[kind]), currency)} {words}"
        for kind, words in (("new", "new"), ("won", "won"), ("lost", "lost"), ("pushed", "pushed out"))
        if sums.get(kind, 0.0)
    ]
    moved = f" In {plural(result.knobs.movement_days, 'day')} open pipeline went from "
    moved += f"{money(result.open_before, currency)} to {money(result.headline.open_pipeline_amount, currency)}"
    return where + moved + (f": {', '.join(parts)}." if parts else ".")


def _range(result: CoverageResult) -> str:
    """Return the range of the landing in words, and how such ranges held on the company's own past."""
    outlook, currency = result.outlook, result.view.company.currency
    low, _, high = outlook.range(result.knobs.level)
    words = (
        f"{result.knobs.level * 10:g} in 10 outcomes fall between {money(low, currency)} and {money(high, currency)}"
    )
    told = outlook.told
    if outlook.is_validated:
        n = int(told["is_inside"].sum())
        whose = " of the whole company" if result.knobs.slice else ""
        return f"{words}; told on this day, such ranges{whose} held in {n} of {plural(len(told), 'past quarter')}."
    return f"{words}; with {plural(len(told), 'past quarter')} to hold it against, that is not yet validated."


def _numbers(result: CoverageResult) -> tuple[Number, ...]:
    """Return coverage, bookings against quota, and what is open but counts nowhere."""
    row, currency = result.headline, result.view.company.currency
    if result.outlook is not None and not missing(row.quota_amount) and row.remaining_amount > 0:
        return _outlook_numbers(result)
    start = "" if missing(result.start_coverage) else f"; {multiple(result.start_coverage)} of the full quota on day 1"
    if missing(row.quota_amount):
        cover = Number("–", f"coverage: {result.quota.basis}")
        booked = Number(money(row.booked_amount, currency), f"booked in {plural(int(row.n_booked), 'opportunity')}")
    else:
        met, over = row.remaining_amount == 0, result.view.day > result.period.end
        text = "coverage: nothing remains to book" if met else f"coverage of remaining quota{start}"
        cover = Number(multiple(row.coverage), "coverage: the quarter is over" if over else text)
        part = share(safe_ratio(row.booked_amount, row.quota_amount))
        booked = Number(
            money(row.booked_amount, currency),
            f"booked, {part} of the {money(row.quota_amount, currency)} quota",
        )
    overdue = Number(
        money(row.overdue_amount, currency),
        f"overdue in {plural(int(row.n_overdue), 'opportunity')}: not in coverage",
        is_bad=bool(row.n_overdue),
    )
    return cover, booked, overdue


def _outlook_numbers(result: CoverageResult) -> tuple[Number, ...]:
    """Return coverage against what is needed, the chance of quota, and the pipeline still to create."""
    row, outlook, currency = result.headline, result.outlook, result.view.company.currency
    need = result.needed_coverage
    today = result.period.day_of(result.view.day)
    if need is None:
        cover = Number(multiple(row.coverage), "coverage of remaining quota; what is needed cannot be told yet")
    else:
        low, value, high = need
        text = f"coverage of remaining quota; {multiple(value)} has been needed on day {today} "
        text += f"({multiple(low)} to {multiple(high)} in {result.knobs.level * 10:g} of 10 quarters)"
        cover = Number(multiple(row.coverage), text, is_bad=bool(row.coverage < value))
    likely = Number(
        share(outlook.probability), _chance_text(result), is_bad=outlook.probability < result.knobs.watch_from
    )
    gap = result.gap[1]
    if missing(gap):
        return cover, likely, Number(money(row.remaining_amount, currency), "still to book")
    text = f"pipeline short of what has been needed{_until(result)}" if gap else "short: as much is open as was needed"
    return cover, likely, Number(money(gap, currency), text, is_bad=bool(gap > 0))


def _until(result: CoverageResult) -> str:
    """Return until when a new deal can be created and still be won in the quarter, at the usual pace."""
    cycle, left = result.outlook.sales_cycle_days, result.period.days_left(result.view.day)
    if missing(cycle):
        return ""
    if cycle > left:
        return f"; a new deal takes {cycle:.0f} days to win, {left} remain"
    return f"; to create by {day(result.period.end - dt.timedelta(days=round(cycle)))} to have time to close"


def _chance_text(result: CoverageResult) -> str:
    """Return what stands behind the chance: without the largest deal, and how chances like it came true."""
    outlook = result.outlook
    told = outlook.told.dropna(subset="probability")
    text = f"chance of quota; {share(outlook.probability_without_largest)} without the largest deal"
    if not outlook.is_validated:
        return f"{text}; not yet validated"
    upper = outlook.probability >= 0.5
    alike = told[told["probability"].ge(0.5) == upper]
    side = "above" if upper else "below"
    return (
        f"{text}; chances {side} 50% on this day came true in {int(alike['made_it'].sum())} of {len(alike)} past cases"
    )

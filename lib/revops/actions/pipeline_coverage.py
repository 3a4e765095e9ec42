"""What the pipeline coverage report says first, and what to do about it."""

import datetime as dt

import pandas as pd

from revops.actions import Action, Headline, Number
from revops.analysis.standing import OPEN_PIPELINE, OVERDUE
from revops.measures.pipeline_coverage import CoverageResult
from revops.ratios import safe_ratio
from revops.wording import day, missing, money, multiple, plural, share

__all__ = ["actions", "headline"]

_DAYS_TO_ACT = 7


def headline(result: CoverageResult) -> Headline:
    """Return the first screen. The status is not_enough_data until a validated probability stands behind it."""
    return Headline("not_enough_data", _sentence(result), _below(result), _numbers(result))


def actions(result: CoverageResult) -> list[Action]:
    """Return what to do this week, by money in the records, largest first; nothing where no rule fires."""
    records = result.records
    opened = records[records["outcome"].eq("open") & records["counts_as"].ne("left_out")]
    pipeline = opened[opened["counts_as"].eq(OPEN_PIPELINE)]
    overdue = opened[opened["counts_as"].eq(OVERDUE)]
    no_owner = opened[opened["owner_id"].isna()]
    no_amount = pipeline[pipeline["amount"].isna()]
    currency = result.view.company.currency
    due = result.view.day + dt.timedelta(days=_DAYS_TO_ACT)
    if result.view.day <= result.period.end:
        due = min(due, result.period.end)

    def action(rule: str, text: str, owner: str, rows: pd.DataFrame, because: str) -> Action:
        ids = tuple(rows.sort_values(["amount", "opportunity_id"], ascending=[False, True])["opportunity_id"])
        return Action(rule, text, owner, float(rows["amount"].sum()), due, because, ids)

    found = [
        action(
            "overdue_opportunities",
            f"Re-date or close {plural(len(overdue), 'overdue opportunity')}: "
            f"{money(overdue['amount'].sum(), currency)} counts nowhere until someone owns a date",
            "sales_ops",
            overdue,
            "Open with a close date before the as-of day; a new date or an outcome takes it off the list.",
        ),
        action(
            "opportunities_without_owner",
            f"Give {plural(len(no_owner), 'open opportunity')} without an owner to someone",
            "sales_ops",
            no_owner,
            "Open and owned by nobody; an owner takes it off the list.",
        ),
        action(
            "opportunities_without_amount",
            f"Put an amount on {plural(len(no_amount), 'opportunity')} in open pipeline: without one, nothing is added",
            "revops",
            no_amount,
            "In open pipeline with no amount; an amount takes it off the list.",
        ),
    ]
    return sorted((a for a in found if a.records), key=lambda a: -a.amount)


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


def _numbers(result: CoverageResult) -> tuple[Number, ...]:
    """Return coverage, bookings against quota, and what is open but counts nowhere."""
    row, currency = result.headline, result.view.company.currency
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

"""What each chart of the pipeline coverage report claims: title, alternative text, caption and the data behind it."""

import numpy as np
import pandas as pd

from revops import wording
from revops.analysis.movement import KINDS
from revops.charts.pipeline_coverage.drawings import plot_coverage_by_day, plot_created, plot_landing, plot_movement
from revops.charts.style import Chart
from revops.measures.pipeline_coverage import CoverageResult, on_same_day

__all__ = ["draw"]

_DOTS = 50


def draw(result: CoverageResult) -> list[Chart]:
    """Return the report's charts, those that the data allow."""
    charts = []
    if result.outlook is not None and _is_range(result):
        charts.append(_landing(result))
    pace = result.pace
    if pace is not None and pace.loc[pace["period"].eq(result.period.name), "coverage"].notna().any():
        charts.append(_coverage_by_day(result))
    if result.moved is not None and len(result.moved):
        charts.append(_movement(result))
    if result.created["created_amount"].sum() > 0:
        charts.append(_created(result))
    return charts


def _is_range(result: CoverageResult) -> bool:
    """Return whether outcomes differ, as they would be written; dots that all lie in one place say nothing."""
    low, _, high = (wording.money(end, result.view.company.currency) for end in result.outlook.range())
    return low != high


def _landing(result: CoverageResult) -> Chart:
    outlook, currency = result.outlook, result.view.company.currency
    dots = np.quantile(outlook.outcomes, (np.arange(_DOTS) + 0.5) / _DOTS)
    quota = float(result.headline["quota_amount"])
    quota = quota if quota > 0 else float("nan")
    low, high = wording.money(dots[0], currency), wording.money(dots[-1], currency)
    n = int((dots >= quota).sum())
    words = {0: "None", 1: "One", _DOTS: "All"}.get(n, f"{n}")
    said = f"{words} of {_DOTS} equally likely outcomes {'reaches' if n == 1 else 'reach'} quota"
    if np.isnan(quota):
        said = f"{_DOTS} equally likely outcomes, from {low} to {high}"
    if outlook.range_failed:
        said = f"{_DOTS} outcomes that past quarters say not to lean on"
    caption = (
        "Each dot is one outcome in 50: bookings so far, open deals by stage, age and pushes, deals still to come, "
        "and a quarter's luck shared by all."
    )
    parts = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    data = pd.DataFrame({"outcomes_below": parts, "landing": np.quantile(outlook.outcomes, parts)})
    ax = plot_landing(dots, quota, currency)
    return Chart("landing", said, f"{said}. They lie between {low} and {high}.", caption, ax, data, ("share", "money"))


def _coverage_by_day(result: CoverageResult) -> Chart:
    pace, period, is_over = result.pace, result.period, result.view.day > result.period.end
    on_day = on_same_day(pace, period.days_left(period.clip(result.view.day)))
    title, alt = _coverage_to_the_end(pace, period.name) if is_over else _coverage_now(result, on_day)
    caption = (
        "Open pipeline due in the quarter, as it stood on each day, over what was still to book of the quarter's last "
        "quota."
    )
    data = on_day[["period", "quota_amount", "booked_amount", "open_pipeline_amount", "coverage", "start_coverage"]]
    starts = pace[pace["day"].eq(1)].set_index("period")["start_coverage"]
    data = data.assign(start_coverage=data["period"].map(starts)).reset_index(drop=True)
    ax = plot_coverage_by_day(pace, period.name, needed=result.needed_coverage, is_over=is_over)
    return Chart("coverage_by_day", title, alt, caption, ax, data, (None, "money", "money", "money", "x", "x"))


def _coverage_to_the_end(pace: pd.DataFrame, period: str) -> tuple[str, str]:
    """Return title and alternative text for a quarter that is over: how it went, nothing of today."""
    title = "Coverage day by day, to the quarter's end"
    first = wording.multiple(pace.loc[pace["period"].eq(period) & pace["day"].eq(1), "coverage"].max())
    return title, f"{title}. At the end of its first day it was {first}."


def _coverage_now(result: CoverageResult, on_day: pd.DataFrame) -> tuple[str, str]:
    """Return title and alternative text for a quarter that is under way: today's coverage, beside earlier quarters and
    what is needed."""
    need, left = result.needed_coverage, result.period.days_left(result.view.day)
    is_now = on_day["period"].eq(result.period.name)
    now, past = on_day.loc[is_now, "coverage"], on_day[~is_now]
    known, days = now.notna().any(), wording.plural(left, "day")
    said = f"Coverage with {days} left is {wording.multiple(now.iloc[0])}" if known else f"No coverage with {days} left"
    rank = said
    if known and len(past) and past["coverage"].notna().all():
        rank += f", {_rank(int((past['coverage'] < now.iloc[0]).sum()), len(past))}"
    alt = f"{rank}.{_earlier(past)}"
    if need is not None:
        ends = wording.between(need[0], need[2], wording.multiple)
        alt += f" Needed: about {wording.multiple(need[1])}, {ends}."
    return rank if need is None else f"{said}; about {wording.multiple(need[1])} is needed", alt


def _movement(result: CoverageResult) -> Chart:
    currency, moved = result.view.company.currency, result.moved
    sums = moved.groupby("kind")["amount"].agg(["sum", "size"])
    kinds = [kind for kind in KINDS if kind in sums.index]
    data = pd.DataFrame({"label": [KINDS[kind] for kind in kinds], **sums.loc[kinds].reset_index(drop=True)})
    data = data.set_axis(["label", "amount", "opportunities"], axis=1)
    now = float(result.headline["open_pipeline_amount"])
    change = now - result.open_before
    verb = (
        f"{'rose' if change > 0 else 'fell'} by {wording.money(abs(change), currency)}" if change else "did not change"
    )
    said = f"Open pipeline {verb} in {wording.plural(result.knobs.movement_days, 'day')}"
    ends = (
        f"From {wording.money(result.open_before, currency)} on {wording.day(result.moved_from)} "
        f"to {wording.money(now, currency)} on {wording.day(result.view.day)}"
    )
    parts = [f"{row.label} {wording.money(row.amount, currency, signed=True)}" for row in data.itertuples()]
    caption = f"{ends}; the bars add up to the difference, to the cent. What entered counts as now, what left as then."
    ax = plot_movement(data, currency)
    return Chart(
        "movement", said, f"{said}. {ends}: {wording.join(parts)}.", caption, ax, data, (None, "money", "count")
    )


def _created(result: CoverageResult) -> Chart:
    currency, created = result.view.company.currency, result.created
    top = created.loc[created["created_amount"].idxmax()]
    total = wording.money(created["created_amount"].sum(), currency)
    so_far = " so far" if result.view.day < result.period.end else ""
    said = f"{_words(top.source).capitalize()} brought {wording.share(top.share)} of the {total} created{so_far}"
    parts = [f"{_words(row.source)} {wording.money(row.created_amount, currency)}" for row in created.itertuples()]
    caption = f"Opportunities created in {result.period.name}, at today's amount, by the source they were created with."
    data = created[["source", "created_amount", "n", "share"]]
    units = (None, "money", "count", "share")
    return Chart(
        "created", said, f"{said}: {wording.join(parts)}.", caption, plot_created(created, currency), data, units
    )


def _earlier(past: pd.DataFrame) -> str:
    """Return in sentences the coverage of earlier quarters with as many days left, and how many had none to tell."""
    known, asked = past["coverage"].dropna(), past["quota_amount"] > 0
    counts = (
        ("had met their quota already", (past["coverage"].isna() & asked).sum()),
        ("had no quota", (~asked).sum()),
    )
    without = [f"{n} {words}" for words, n in counts if n]
    said = ""
    if without:
        said = f" Of {wording.plural(len(past), 'earlier quarter')} with as many days left, {wording.join(without)}."
    if len(known):
        ends = f"ranged from {wording.multiple(known.min())} to {wording.multiple(known.max())}."
        said += f" The others {ends}" if without else f" With as many days left they {ends}"
    return said


def _rank(below: int, n: int) -> str:
    """Return where this quarter stands among `n` earlier ones, `below` of which were lower."""
    if n == 1:
        return "above the quarter before" if below else "not above the quarter before"
    if below in (0, n):
        return f"above all {n} earlier quarters" if below else f"above none of {n} earlier quarters"
    return f"above {below} of {n} earlier quarters"


def _words(name: str) -> str:
    """Return a canonical name in words: customer_success as customer success."""
    return name.replace("_", " ")

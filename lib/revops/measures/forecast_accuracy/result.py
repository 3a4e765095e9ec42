"""Everything the forecast accuracy report shows, computed once: tables of different grain that must agree."""

from dataclasses import dataclass

import pandas as pd

from revops.analysis.outlook import Subject
from revops.analysis.people import owner_labels
from revops.book import UNASSIGNED, AsOf
from revops.errors import MeasureError
from revops.measures.forecast_accuracy.deals.deal_chances import DealChances, deal_chances
from revops.measures.forecast_accuracy.errors import accuracy
from revops.measures.forecast_accuracy.forecasts.frozen import Frozen, company_calls, frozen
from revops.measures.forecast_accuracy.judged import Judged, judged
from revops.measures.forecast_accuracy.knobs import Knobs
from revops.measures.forecast_accuracy.needs import OF_DEALS, lacking, refusal
from revops.measures.forecast_accuracy.open_quarter import OpenQuarter, open_quarter, why_no_open_quarter
from revops.measures.forecast_accuracy.people import people
from revops.measures.forecast_accuracy.signal import chance_table, off_signal
from revops.measures.forecast_accuracy.value_added import compare, value_added
from revops.periods import Period

__all__ = ["LEVELS", "MAPES", "ForecastResult", "measure", "signal_of"]

LEVELS = ("team", "owner")
MAPES = (0.05, 0.08, 0.10, 0.12, 0.15, 0.20)
_NO_CALLS = "neither calls of past quarters nor a history to rebuild them from"
_ORDER = ("rep", "manager", "final")


@dataclass(frozen=True)
class ForecastResult:
    """The tables behind one forecast accuracy report.

    found: all forecasts as frozen; judged: the company's on the same quarters. errors: errors.accuracy by
    horizon_weeks x category of these; unit_errors: the same by level x horizon_weeks of owners and teams; by_type: by
    type x horizon_weeks x category. steps, others: value_added and compare at the fixed horizon. units: level ->
    unit_bias with n_looked_at, n_beyond, signal and errors.accuracy (n as n_errors) of each member. signal: off_signal
    of the company, one row; chances: chance_table. deals, open: None where they cannot be told. late: period,
    actual_amount, now_amount, late_amount. carried: level, n_calls, n_carried (members x weeks). silent: owners with a
    call in the quarter under way, but none in the last week. labels says what to call an owner; unavailable maps a
    metric to what it needs.
    """

    view: AsOf
    knobs: Knobs
    period: Period
    found: Frozen
    judged: Judged
    errors: pd.DataFrame
    unit_errors: pd.DataFrame
    by_type: pd.DataFrame
    steps: pd.DataFrame
    others: pd.DataFrame
    units: dict[str, pd.DataFrame]
    signal: pd.Series | None
    chances: pd.DataFrame
    deals: DealChances | None
    open: OpenQuarter | None
    late: pd.DataFrame
    carried: pd.DataFrame
    silent: tuple[str, ...]
    labels: dict[str, str]
    unavailable: dict[str, str]

    def error(self, week: int, category: str | None = None) -> pd.Series | None:
        """Return the row of `errors` of one week, by default of the call; None where there is none."""
        wanted = category or self.found.call
        rows = self.errors[self.errors["horizon_weeks"].eq(week) & self.errors["category"].eq(wanted)]
        return rows.iloc[0] if len(rows) else None

    def is_day_1(self, week: int) -> bool:
        """Return whether the forecasts of a week are frozen on day 1 in every quarter."""
        days = {period.day_of(weeks[week]) for period, weeks in self.found.days.items() if week in weeks}
        return days == {1}

    @property
    def named_weeks(self) -> tuple[int, ...]:
        """Return the weeks that are named: first, mid and last, and the fixed horizon."""
        return tuple(sorted({1, self.knobs.mid_week, 13, self.knobs.horizon_weeks}))


def measure(view: AsOf, knobs: Knobs) -> ForecastResult:
    """Return everything the report shows, for the company or for the slice that `knobs` names.

    Question
        How wrong are our forecasts, in which direction, and would something simpler do better?

    Raises
        MeasureError: neither calls nor history to rebuild them from; the slice names a group without opportunities.
    """
    subject = Subject(view, knobs)
    found = frozen(subject)
    if found is None:
        needs = refusal(view.book)
        raise MeasureError(f"forecast_accuracy: {needs}; found none." if needs else _nothing_called(subject))
    week, level = knobs.horizon_weeks, knobs.level
    same = judged(found, week)
    told, now = deal_chances(subject, found, week), open_quarter(subject, found)
    return ForecastResult(
        view=view,
        knobs=knobs,
        period=subject.period,
        found=found,
        judged=same,
        errors=same.errors(level=level),
        unit_errors=accuracy(_units(found), ["level", "horizon_weeks"], level=level),
        by_type=accuracy(found.by_type[~found.by_type["is_open"]], ["type", "horizon_weeks", "category"], level=level),
        steps=_steps(found, same, knobs),
        others=_others(found, same, knobs),
        units=people(subject, found, LEVELS),
        signal=_signal(found, knobs),
        chances=chance_table(MAPES, threshold=knobs.off_by),
        deals=told,
        open=now,
        late=_late(found),
        carried=_carried(found),
        silent=_silent(found, subject),
        labels=_labels(found, view, knobs),
        unavailable=_unavailable(subject, found, same, told),
    )


def signal_of(view: AsOf, knobs: Knobs) -> pd.Series | str:
    """Return the signal "consistently off" of the company's own calls alone, for a report that is about something else.

    Returns
        The row of ForecastResult.signal, to the number, and off_by: the threshold it was read at; in words why there is
        none: neither call nor history, no past call, or calls that this report refuses.

    Limits
        It freezes the company's calls and nothing else: a fifth of the time of freezing all that `measure` compares.
    """
    try:
        calls = company_calls(Subject(view, knobs), knobs.horizon_weeks)
    except MeasureError as error:
        return str(error)
    found = None if calls is None else _signal_of(calls, knobs)
    return _NO_CALLS if found is None else pd.concat([found, pd.Series({"off_by": knobs.off_by})])


def _nothing_called(subject: Subject) -> str:
    """Return why there is no forecast although the exports hold some."""
    knobs, asked = subject.knobs, f"calls: {subject.knobs.calls}"
    where = f" of {', '.join(knobs.slice.values())}" if knobs.slice else ""
    return (
        f"forecast_accuracy: must find forecasts{where} for whole quarters, made by {subject.view.day} ({asked}); "
        "found none. Choose calls: auto, a later day, or another slice."
    )


def _units(found: Frozen) -> pd.DataFrame:
    """Return the calls of owners and teams of past quarters, beside what came."""
    rows = found.pairs
    return rows[rows["level"].isin(LEVELS) & ~rows["is_open"]]


def _steps(found: Frozen, same: Judged, knobs: Knobs) -> pd.DataFrame:
    """Return what each step of the forecast adds: naive, stage-weighted, then those of the roll-up that called."""
    there = set(same.at(knobs.horizon_weeks)["category"])
    steps = [name for name in (knobs.naive, "stage_weighted", *_ORDER) if name in there]
    return value_added(same.at(knobs.horizon_weeks), steps, level=knobs.level)


def _others(found: Frozen, same: Judged, knobs: Knobs) -> pd.DataFrame:
    """Return every forecast that needs nobody's judgement against the call."""
    there = [name for name in same.at(knobs.horizon_weeks)["category"].unique() if name not in (found.call, *_ORDER)]
    roles = {"commit", "most_likely", "best_case"}
    return compare(same.at(knobs.horizon_weeks), found.call, sorted(set(there) - roles), level=knobs.level)


def _signal(found: Frozen, knobs: Knobs) -> pd.Series | None:
    """Return the company's own signal; None without any past call."""
    rows = found.at(knobs.horizon_weeks)
    return _signal_of(rows[rows["category"].eq(found.call)], knobs)


def _signal_of(calls: pd.DataFrame, knobs: Knobs) -> pd.Series | None:
    """Return the signal of the company's calls at one week."""
    table = off_signal(calls, by=["member"], threshold=knobs.off_by, level=knobs.level)
    return table.iloc[0] if len(table) else None


def _late(found: Frozen) -> pd.DataFrame:
    """Return what each judged quarter booked when it was frozen, what it reads today, and the difference."""
    names = [period.name for period in found.quarters.last]
    frozen_then, now = (found.quarters.booked(found.covers, name)[names] for name in ("actual_amount", "now_amount"))
    return pd.DataFrame({"period": names, "actual_amount": frozen_then.to_numpy(), "now_amount": now.to_numpy(),
                         "late_amount": (now - frozen_then).to_numpy()})  # fmt: skip


def _carried(found: Frozen) -> pd.DataFrame:
    """Return by level how many weekly calls there are, and how many stand for one that was not made."""
    rows = found.known[found.known["category"].eq(found.call)]
    sums = rows.groupby("level", as_index=False)["is_carried"].agg(n_calls="size", n_carried="sum")
    return sums.astype({"n_calls": "int64", "n_carried": "int64"})


def _silent(found: Frozen, subject: Subject) -> tuple[str, ...]:
    """Return the owners whose call for the quarter under way is older than the others' last one."""
    rows = found.known[found.known["period"].eq(subject.period.name) & found.known["level"].eq("owner")]
    rows = rows[rows["category"].eq(found.call) & rows["horizon_weeks"].eq(rows["horizon_weeks"].max())]
    if found.source != "sheet" or rows.empty or not subject.period.start <= subject.view.day <= subject.period.end:
        return ()
    late = rows["snapshot_date"] < rows["snapshot_date"].max() - pd.Timedelta(days=6)
    return tuple(sorted(rows.loc[late, "member"]))


def _labels(found: Frozen, view: AsOf, knobs: Knobs) -> dict[str, str]:
    """Return what to call each owner."""
    members = set(found.pairs.loc[found.pairs["level"].eq("owner"), "member"])
    return owner_labels(view.owners, members, show=knobs.show_owners) | {UNASSIGNED: UNASSIGNED}


def _is_partial(found: Frozen) -> bool:
    """Return whether there are calls, but only of some who book little of what is booked."""
    return len(found.known) > 0 and not found.pairs["category"].eq(found.call)[found.pairs["level"].eq("company")].any()


def _unavailable(subject: Subject, found: Frozen, same: Judged, told: DealChances | None) -> dict[str, str]:
    """Return which metrics cannot be given, and what they need."""
    needs = {}
    if (why := why_no_open_quarter(subject, found)) is not None:
        needs |= dict.fromkeys(("projected_amount", "interval_coverage"), why)
    if not same.periods:
        why = "calls of those who book most of what is booked" if _is_partial(found) else "past quarters with a call"
        needs |= dict.fromkeys(("wape", "bias_rate", "mape", "mase", "forecast_value_added"), why)
    elif not same.scale.notna().any():
        needs["mase"] = "8 quarters with bookings before the first one judged"
    if told is None:
        needs |= dict.fromkeys(OF_DEALS, "past quarters with bookings")
    elif told.crm is None:
        needs |= dict.fromkeys(("calibration_slope", "brier_skill"), "history of the CRM's probabilities")
    return needs | lacking(subject.view.book)

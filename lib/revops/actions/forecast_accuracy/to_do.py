"""What to do about the forecast: rules that fire where the evidence excludes chance, each with what it corrects."""

import numpy as np
import pandas as pd

from revops.actions import Action
from revops.actions.forecast_accuracy.corrections import corrections
from revops.actions.forecast_accuracy.deals_to_do import better_probabilities, pushed_commit
from revops.actions.forecast_accuracy.facts import NAMES, at, called, nearer, past_calls, points, signed
from revops.actions.forecast_accuracy.made import Worth, action, before_next_call, quarter_end, soon, usual_actual
from revops.analysis.outlook import is_stale
from revops.measures.forecast_accuracy.projection import project, projection_backtest, range_failed
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.wording import between, join, missing, money, plural, share

__all__ = ["MOST", "actions"]

MOST = 7
"""So many actions at most, those with the most money first."""
_STEPS = {"rep": "reps'", "manager": "managers'", "final": "company's"}
_LATE = 0.01


def actions(result: ForecastResult) -> list[Action]:
    """Return what to do, by the money that it corrects, then by the money in the records; nothing where no rule fires.
    Where the exports end too long ago there is one thing to do: export again."""
    if is_stale(result.view, result.knobs) and result.view.day <= result.period.end:
        return [_export_again(result)]
    corrected = corrections(result)
    whole = next((one for one in corrected if one.rule == "company_off"), None)
    simpler = _simpler(result, whole)
    fired = [
        *corrected,
        *_steps(result, whole, is_replaced=simpler is not None),
        simpler,
        better_probabilities(result),
        pushed_commit(result),
        _silent(result),
        _as_range(result),
        _late_changes(result),
    ]
    found = [one for one in fired if one is not None]
    return sorted(found, key=lambda one: (-(one.worth or 0.0), -one.amount))[:MOST]


def _export_again(result: ForecastResult) -> Action:
    old = plural(result.view.days_without_news, "day")
    text = f"Export again: the newest record of the CRM is {old} old"
    because = "The newest record is older than stale_after_days; what was called and booked since is not known."
    return action("exports_are_old", text, "revops", soon(result), because)


def _steps(result: ForecastResult, whole: Action | None, *, is_replaced: bool) -> list[Action]:
    """Return the steps of the roll-up that make the forecast worse, beyond noise.

    whole: the correction of the whole call, of whose money this is part.
    is_replaced: something simpler takes the place of the call; the first step of people is then part of it.
    """
    rows = result.steps[result.steps["step"].isin(list(_STEPS)) & result.steps["verdict"].eq("makes_worse")]
    n_looks, found = len(result.steps) - 1, []
    also = f", also when all {n_looks} steps are looked at" if n_looks > 1 else ""
    for row in rows.itertuples():
        if is_replaced and row.previous not in _STEPS:
            continue
        worse, before = -row.forecast_value_added, NAMES[row.previous]
        worth, money_of = _of_actual(result, -row.high, worse, -row.low, whole)
        text = (
            f"Drop the {_STEPS[row.step]} step {at(result)}: it adds {points(worse).lstrip('+')} of error to {before}"
        )
        because = (
            f"Farther off than {before} over {plural(int(row.n_periods), 'quarter')}, by "
            f"{between(-row.high, -row.low, _number)} points{also}; a range that reaches 0 ends it.{money_of}"
        )
        found.append(action("step_makes_worse", text, "sales_ops", quarter_end(result), because, worth=worth))
    return found


def _simpler(result: ForecastResult, whole: Action | None) -> Action | None:
    """Return the forecast that needs nobody's judgement and is nearer than the call, beyond noise.

    whole: the correction of the whole call, which is of the same money.
    """
    rows = nearer(result)
    if rows.empty:
        return None
    row = rows.sort_values("difference", ascending=False, kind="stable").iloc[0]
    off, taken = share(row["official_wape"]), share(row["wape"])
    worth, money_of = _of_actual(result, row["low"], row["difference"], row["high"], whole)
    because = (
        f"Over {plural(int(row['n_periods']), 'quarter')} it missed by {taken}, the {called(result)} by {off}; the "
        f"difference of {points(row['difference']).lstrip('+')} ({between(row['low'], row['high'], _number)}) is "
        f"beyond noise; a range that reaches 0 ends it.{money_of}"
    )
    text = f"Use {NAMES[row['method']]} as the base {at(result)} until the {called(result)} beats it"
    return action("simpler_is_nearer", text, "revops", before_next_call(result), because, worth=worth)


def _of_actual(
    result: ForecastResult, low: float, value: float, high: float, whole: Action | None
) -> tuple[Worth, str]:
    """Return a share of what a quarter books in the mean, with its range, and how that is said; no money where it
    is already told with the correction of the whole call, or no quarter is judged."""
    usual = usual_actual(result)
    if whole is not None:
        instead = f" This or the factor for the whole {called(result)}, not both"
        if whole.worth is not None or missing(usual):
            return None, f"{instead}: the money is told there."
    if missing(usual):
        return None, ""
    told = f" Money: that share of the mean quarter's bookings, {money(usual, result.view.company.currency)}."
    return (low * usual, value * usual, high * usual), told if whole is None else f"{instead}.{told}"


def _number(part: float) -> str:
    return signed(part).strip("+%")


def _silent(result: ForecastResult) -> Action | None:
    """Return whose call is older than the others' last one."""
    if not result.silent:
        return None
    names = [result.labels.get(owner, owner) for owner in result.silent]
    rows = result.found.known
    rows = rows[rows["period"].eq(result.period.name) & rows["level"].eq("owner") & rows["member"].isin(result.silent)]
    rows = (
        rows[rows["category"].eq(result.found.call)].sort_values("horizon_weeks").drop_duplicates("member", keep="last")
    )
    amount = rows["forecast_amount"].sum()
    stands = money(amount, result.view.company.currency)
    it = "an older one" if len(names) == 1 else "older ones"
    text = f"Get this week's call from {join(names)}: {it} of {stands} still {'counts' if len(names) == 1 else 'count'}"
    because = "No call in the week of the others' last one; a new call takes an owner off the list."
    return action("silent_callers", text, "sales_ops", soon(result), because, amount=amount)


def _as_range(result: ForecastResult) -> Action | None:
    """Return the range to give the call as, where it misses both ways: nothing to correct, but too wide for a point."""
    row, level = result.signal, result.knobs.level
    if row is None or row["signal"] != "noise":
        return None
    past = past_calls(result)
    told = project(past, 1.0, booked=np.nan, level=level)
    if missing(told.conservative):
        return None
    ends = between(told.conservative - 1, told.optimistic - 1, signed)
    back = projection_backtest(past, level=level)
    has_failed = range_failed(back, level=level)
    text = f"Give the {called(result)} {at(result)} as a range{'' if has_failed else f' of {ends}'}, not as a point"
    because = (
        f"More than {share(result.knobs.off_by)} off in {int(row['n_beyond'])} of the last "
        f"{plural(int(row['n']), 'quarter')}, both ways: correcting the whole would be noise. "
        f"{_how_ranges_held(back, level, has_failed)}; fewer than half of the quarters beyond, or all the same way, "
        "ends it."
    )
    return action("noisy_call", text, "revops", before_next_call(result), because)


def _how_ranges_held(back: pd.DataFrame, level: float, has_failed: bool) -> str:
    """Return what the range is, and how often such ranges have held."""
    n, inside = len(back), int(back["is_inside"].sum())
    if has_failed:
        return f"Ranges of {share(level)} from past calls held in only {inside} of {n} past quarters: none is given"
    held = f"such ranges held in {inside} of {plural(n, 'past quarter')}" if n else "no past quarter could test it"
    return f"The range is what past calls brought, at {share(level)}; {held}"


def _late_changes(result: ForecastResult) -> Action | None:
    """Return that bookings change after they are frozen, by more than a hundredth of what the quarters booked."""
    rows = result.late
    changed, booked = rows["late_amount"].abs(), rows["actual_amount"].sum()
    n = int((changed > 0).sum())
    if not result.found.quarters.is_frozen or not booked > 0 or n < 2 or not changed.sum() > _LATE * booked:
        return None
    grace, currency = plural(result.view.company.grace_days, "day"), result.view.company.currency
    part, usual = share(changed.sum() / booked), float(changed.mean())
    text = f"Close the books sooner, or lengthen the {grace} of grace: {part} of bookings changed after that"
    because = (
        f"{n} of {plural(len(rows), 'quarter')} changed after they were frozen, by {money(changed.sum(), currency)} in "
        f"all; {share(_LATE)} or less of bookings ends it. Money: the mean change of a quarter, up or down."
    )
    return action("late_changes", text, "revops", quarter_end(result), because, worth=(None, usual, None))

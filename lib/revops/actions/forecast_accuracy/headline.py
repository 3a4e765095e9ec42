"""The first screen of the forecast accuracy report: one true sentence, one line below it, three numbers."""

import numpy as np
import pandas as pd

from revops.actions import Headline
from revops.actions.forecast_accuracy.facts import NAMES, at, called, past_calls, rival, signed, where
from revops.actions.forecast_accuracy.numbers import numbers
from revops.analysis.outlook import is_stale
from revops.measures.forecast_accuracy.result import ForecastResult
from revops.wording import between, day, missing, money, odds, plural, share

__all__ = ["headline"]

_STATUS = {"red": "act", "amber": "watch", "noise": "watch", "none": "on_track"}
_ROUNDING = 1e-9


def headline(result: ForecastResult) -> Headline:
    """Return the first screen.

    The status follows the company's signal: red is to act on, amber and noise are to watch, none is on track; fewer
    quarters than the signal looks at are not judged.
    """
    row = result.signal
    status = "not_enough_data" if row is None else _STATUS.get(row["signal"], "not_enough_data")
    return Headline(status, _sentence(result), _below(result), numbers(result))


def _sentence(result: ForecastResult) -> str:
    row, when = result.signal, at(result)
    rebuilt = result.found.source == "history"
    calls = f"deals in commit{where(result)}, as they stood {when}," if rebuilt else f"our calls{where(result)} {when}"
    if row is None or row["n"] == 0:
        return f"How far {calls} miss cannot be said yet: no past quarter has both a call and bookings."
    if row["signal"] == "not_enough":
        few = f"{plural(int(row['n']), 'quarter')} {'is' if row['n'] == 1 else 'are'} too few to judge"
        return f"{few} {calls.rstrip(',')}: so far they missed by {share(row['wape'])}."
    who = f"{calls[0].upper()}{calls[1:]}" if rebuilt else f"{when[0].upper()}{when[1:]}{where(result)} we"
    return f"{who} {_missed(result, row)}{_against(result, int(row['n']))}."


def _missed(result: ForecastResult, row: pd.Series) -> str:
    """Return by how much the last quarters were missed, which way where that is proven, and how often by much."""
    names = [period.name for period in result.found.quarters.last][-int(row["n"]) :]
    is_last = (names[0], names[-1]) == (row["first_period"], row["last_period"])
    last = f"the last {plural(int(row['n']), 'quarter')}{'' if is_last else ' with a call'}"
    if _has_way(result, row):
        over = row["bias_low"] > 0
        times, way = (row["n_over"], "over") if over else (row["n_under"], "under")
        return f"{way}-forecast by {share(abs(row['bias_rate']))} over {last}{_often(result, times, row['n'])}"
    lean = _ways(result, row) if row["n_over"] > 0 and row["n_under"] > 0 else _lean(result, row)
    if not row["n_beyond"]:
        return f"missed by {share(row['wape'])} over {last}, {lean}"
    often = "all" if row["n_beyond"] == row["n"] else int(row["n_beyond"])
    return f"missed by more than {share(result.knobs.off_by)} in {often} of {last}, {lean}"


def _has_way(result: ForecastResult, row: pd.Series) -> bool:
    """Return whether the last quarters lean one way and that is proven: by a red signal, or by the range over all
    judged quarters too."""
    over, under, whole = row["bias_low"] > 0, row["bias_high"] < 0, result.error(result.knobs.horizon_weeks)
    if row["signal"] == "red" or whole is None:
        return bool(over or under)
    return bool((over and whole["bias_low"] > 0) or (under and whole["bias_high"] < 0))


def _ways(result: ForecastResult, row: pd.Series) -> str:
    """Return which way the last quarters were beyond the limit that were so both ways, in their order."""
    rows = past_calls(result)
    rows = rows[rows["forecast_amount"].notna() & (rows["actual_amount"] > 0)].tail(int(row["n"]))
    errors = rows["forecast_amount"] / rows["actual_amount"] - 1
    ways = np.sign(errors).where(errors.abs() > result.knobs.off_by + _ROUNDING, 0.0).tolist()
    beyond, words = [way for way in ways if way], {1.0: "too high", -1.0: "too low"}
    if beyond == sorted(beyond) or beyond == sorted(beyond, reverse=True):
        return f"{words[beyond[0]]}, then {words[beyond[-1]]}"
    return f"the last two {words[ways[-1]]}" if ways[-1] and ways[-1] == ways[-2] else "too high and too low"


def _lean(result: ForecastResult, last: pd.Series) -> str:
    """Return whether all judged quarters lean one way beyond chance, where the last ones alone do not."""
    row = result.error(result.knobs.horizon_weeks)
    if row is None:
        return "with no lean beyond chance"
    over = f" over {plural(int(row['n']), 'quarter')}"
    if not (row["bias_low"] > 0 or row["bias_high"] < 0):
        return f"with no lean beyond chance{'' if row['n'] == last['n'] else over}"
    return f"leaning {share(abs(row['bias_rate']))} too {'high' if row['bias_low'] > 0 else 'low'}{over}"


def _often(result: ForecastResult, times: int, n: int) -> str:
    if not times:
        return ""
    return f", by more than {share(result.knobs.off_by)} in {'all' if times == n else int(times)} of them"


def _against(result: ForecastResult, n: int) -> str:
    """Return whether something simpler is nearer, and over how many quarters where these are others."""
    found = rival(result)
    if found is None:
        return ""
    over = "" if found.n == n else f" over {plural(found.n, 'quarter')}"
    if found.verdict == "farther":
        return f"; nothing simpler was closer{over}"
    tail = {"nearer": "", "unproven": ", but not beyond noise", "few": ", in too few quarters to tell"}[found.verdict]
    return f"; {NAMES[found.method]} would have been closer{over}{tail}"


def _below(result: ForecastResult) -> str:
    """Return the range of the bias, what the total hides, and what this quarter's call has meant."""
    return " ".join(part for part in (_bias(result), _hidden(result), _now(result)) if part)


def _bias(result: ForecastResult) -> str:
    row = result.error(result.knobs.horizon_weeks)
    if row is None or missing(row["bias_rate"]):
        return ""
    over = f"Over {plural(int(row['n']), 'quarter')} the bias is {signed(row['bias_rate'])}"
    if missing(row["bias_low"]):
        return f"{over}; too few for a range."
    ends = between(row["bias_low"], row["bias_high"], signed)
    return f"{over}; {odds(result.knobs.level)} such ranges hold the true one: {ends}."


def _hidden(result: ForecastResult) -> str:
    """Return by how much owners miss, else teams, where that is beyond what the total's range allows."""
    week, whole = result.knobs.horizon_weeks, result.error(result.knobs.horizon_weeks)
    rows = result.unit_errors[result.unit_errors["horizon_weeks"].eq(week)].set_index("level")["wape"]
    for level, who in (("owner", "Owners"), ("team", "Teams")):
        if whole is not None and level in rows and rows[level] > whole["wape_high"]:
            return f"{who} miss by {share(rows[level])}; much of that offsets in the total, {share(whole['wape'])}."
    return ""


def _now(result: ForecastResult) -> str:
    """Return what this quarter's call has meant, how sure that is, and whether the coverage report agrees."""
    if result.open is None:
        return _no_projection(result)
    told, currency = result.open.projection, result.view.company.currency
    call = f"This quarter's {called(result)} of {money(told.call, currency)}"
    if missing(told.projected_amount) or not told.call > 0:
        return f"{call} gives nothing to project from."
    means = f"{call} has meant about {money(told.projected_amount, currency)}"
    if told.booked >= told.call * told.ratio:
        means = f"{call} has meant no more than the {money(told.booked, currency)} that is booked already"
    if missing(told.conservative):
        return f"{means}; {plural(told.n, 'past quarter')} {'gives' if told.n == 1 else 'give'} it no range."
    ends = between(told.conservative, told.optimistic, lambda amount: money(amount, currency))
    return f"{means} ({ends}); confidence {result.open.confidence}; {_landing(result)}."


def _landing(result: ForecastResult) -> str:
    """Return whether the landing of the coverage report agrees with the projection, and what keeps it from that."""
    now, currency = result.open, result.view.company.currency
    if now.landing is None:
        return "the coverage report has no landing to hold it against"
    low, median, high = now.landing
    lands = f"the landing in the coverage report, {money(median, currency)}"
    if now.agrees:
        return f"{lands}, agrees"
    of_deals, of_new = (money(part, currency) for part in now.landing_parts)
    why = f"past chances give open deals {of_deals} and deals to come {of_new}"
    if median > now.projection.optimistic:
        return f"{lands}, is above that range: {why}"
    if median < now.projection.conservative:
        return f"{lands}, is below that range: {why}"
    return f"{lands} ({between(low, high, lambda amount: money(amount, currency))}), leaves it out: {why}"


def _no_projection(result: ForecastResult) -> str:
    """Return why nothing is said of the quarter that is asked for."""
    view, period = result.view, result.period
    if view.day > period.end:
        return f"{period.name} ended on {day(period.end)}: quarters up to it are judged."
    if view.day < period.start:
        return f"{period.name} begins on {day(period.start)}: there is nothing to project yet."
    if is_stale(view, result.knobs):
        end, old = day(view.last_stamp.date()), plural(view.days_without_news, "day")
        return f"The exports end on {end}, {old} before {day(view.day)}: {period.name} is not projected."
    return f"There is no {called(result)} for {period.name} yet to project from."

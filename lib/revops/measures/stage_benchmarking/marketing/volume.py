"""MQLs: how many enquiries marketing called qualified, by fiscal quarter and by weeks, against target and usual."""

import datetime as dt

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from revops.errors import SettingsError, examples
from revops.measures.stage_benchmarking.window import Window
from revops.periods import FiscalCalendar, Period
from revops.ratios import safe_ratio

__all__ = ["MQLS", "NO_MQL", "mqls_of", "usual_range"]

MQLS = {
    "span": "str", "name": "str", "since": "datetime64[us]", "until": "datetime64[us]", "n": "int64",
    "is_over": "bool", "is_whole": "bool", "target": "float64", "target_to_date": "float64", "target_share": "float64",
    "usual": "float64", "usual_low": "float64", "usual_high": "float64",
}  # fmt: skip
NO_MQL = (
    "no lead says when marketing called it qualified: name the field, or the statuses, in company.yml under exports"
)
_FEWEST = 3
_DAY = pd.Timedelta(days=1)


def mqls_of(window: Window, enquiries: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return `mql_volume` by fiscal quarter and by weeks, and what a reader should know of it, in words.

    Question
        Does marketing bring as many qualified enquiries as it is to, and as it used to?

    Parameters
        window : the report's window; company.mql_targets of its view, weeks, past and level of its knobs
        enquiries : Funnel.enquiries; uses lead_at, mql_at (its first)

    Returns
        Quarters from that of the first MQL to the period asked for, then windows of weeks, oldest first:
        span             "quarter" or "weeks"
        name             FY27-Q1; of windows how many windows back: "0" the last weeks
        since, until     first and last day, the last that is known
        n                enquiries that marketing called qualified on these days
        is_over          False: a quarter that the days known do not fill
        is_whole         leads are known from before its first day on
        target           of the whole quarter, NaN without one; target_to_date: its part for the days so far
        target_share     n / target_to_date
        usual            of the last weeks: mean of the windows before them that are whole; NaN elsewhere
        usual_low, usual_high   where one more window like those lies, in `level` of cases (usual_range)

    Formula
        An enquiry counts once, on the day its first person was called qualified. target_to_date = target x days so far
        / days of the quarter.

    Limits
        Targets have no history: company.yml as it is today. A target by days takes no account of seasons in a quarter.

    Source
        Fairview, Marketing Ops versus RevOps
    """
    day = enquiries["mql_at"].dropna().dt.normalize()
    day = day[day <= pd.Timestamp(window.until)]
    if day.empty:
        return pd.DataFrame(columns=list(MQLS)).astype(MQLS), {"mqls": NO_MQL}
    spans = pd.DataFrame([*_quarters(window, day.min().date()), *_weeks(window)], columns=list(MQLS)[:4])
    spans = spans.astype({name: MQLS[name] for name in spans})
    ordered = np.sort(day.to_numpy())
    ends = np.searchsorted(ordered, spans["until"].to_numpy(), "right")
    targets, why = _targets(window)
    table = spans.assign(
        n=ends - np.searchsorted(ordered, spans["since"].to_numpy()),
        is_whole=spans["since"] >= enquiries["lead_at"].min().normalize(),
        is_over=_share_passed(window, spans).eq(1),
        target=spans["name"].map(targets).where(spans["span"].eq("quarter")).astype(float),
    )  # fmt: skip
    table["target_to_date"] = table["target"] * _share_passed(window, spans)
    table["target_share"] = safe_ratio(table["n"].astype(float), table["target_to_date"])
    return _with_usual(table, window.knobs.level).astype(MQLS)[[*MQLS]], why


def _quarters(window: Window, first: dt.date) -> list[tuple]:
    """Return the quarters from that of a day to the period asked for, the last up to the day that is known."""
    calendar, found = window.view.calendar, [window.period]
    while found[-1].start > first:
        found.append(calendar.shift(found[-1], -1))
    return [("quarter", q.name, q.start, min(q.end, window.until)) for q in reversed(found)]


def _weeks(window: Window) -> list[tuple]:
    """Return the windows of weeks, the oldest first."""
    length = dt.timedelta(days=window.days)
    return [("weeks", str(back), window.since - back * length, window.until - back * length)
            for back in range(window.knobs.past, -1, -1)]  # fmt: skip


def _share_passed(window: Window, spans: pd.DataFrame) -> pd.Series:
    """Return which share of the days of each span is known: below 1 only in a quarter that is not over."""
    days = (spans["until"] - spans["since"]) / _DAY + 1
    is_open = spans["span"].eq("quarter") & spans["name"].eq(window.period.name)
    return (days / days.mask(is_open, window.period.days)).clip(upper=1.0)


def _targets(window: Window) -> tuple[dict[str, float], dict[str, str]]:
    """Return targets by name of the quarter, and which names in company.yml are of no quarter."""
    found, unknown = {}, []
    if window.knobs.slice and window.view.company.mql_targets:
        return {}, {"targets": "targets are of the whole company, not of a part of it"}
    for name, target in window.view.company.mql_targets.items():
        quarter = _named(window.view.calendar, name)
        found |= {quarter.name: target} if quarter else {}
        unknown += [] if quarter else [name]
    if unknown:
        return found, {"targets": f"mql_targets of company.yml: not a quarter such as FY27-Q2 ({examples(unknown)})"}
    return found, {} if found else {"targets": "no target: set mql_targets in company.yml"}


def _named(calendar: FiscalCalendar, name: str) -> Period | None:
    try:
        return calendar.named(name)
    except SettingsError:
        return None


def _with_usual(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the table with what is usual beside the last weeks."""
    past = table.loc[table["span"].eq("weeks") & table["name"].ne("0") & table["is_whole"], "n"]
    middle, low, high = usual_range(past.to_numpy(), level=level)
    is_last = table["span"].eq("weeks") & table["name"].eq("0")
    usual = {"usual": middle, "usual_low": low, "usual_high": high}
    return table.assign(**{name: np.where(is_last, value, np.nan) for name, value in usual.items()})


def usual_range(counts: np.ndarray, *, level: float) -> tuple[float, float, float]:
    """Return the mean of the counts of some windows, and where the count of one more like them lies.

    Parameters
        level : share of cases in which it is to lie there

    Returns
        mean, low, high; NaN without windows, the range NaN of fewer than three, or where nothing came in any.

    Formula
        mean +- t x sqrt(variance x (1 + 1 / k)), k + 1 degrees of freedom; variance = ((k - 1) x that of the k counts +
        2 x mean) / (k + 1): two windows' worth of Poisson with what was seen. Never below 0.

    Limits
        Measured at a nominal 80 %, 20,000 companies a case, means of 8 to 120: held 84 % (k = 3), 83 % (4), 81 % (8) of
        Poisson windows; 77, 78, 79 % with twice the variance of Poisson; 71, 73, 77 % with four times.
    """
    k = len(counts)
    mean = float(counts.mean()) if k else float("nan")
    if k < _FEWEST or mean == 0:
        return mean, float("nan"), float("nan")
    variance = ((k - 1) * counts.var(ddof=1) + 2 * mean) / (k + 1)
    reach = float(stdtrit(k + 1, (1 + level) / 2) * np.sqrt(variance * (1 + 1 / k)))
    return mean, max(mean - reach, 0.0), mean + reach

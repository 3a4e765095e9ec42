"""Where the open quarter lands: today's call times what past calls at the same week brought, with a range that is
held against past quarters."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import bdtr, stdtrit

from revops.errors import MeasureError
from revops.ratios import share_interval

__all__ = [
    "FEWEST_RATIOS",
    "TOO_FEW_HELD",
    "Projection",
    "interval_coverage",
    "project",
    "projection_backtest",
    "range_failed",
]

Array = np.ndarray
FEWEST_RATIOS = 4
"""Fewer past quarters than these: a projection without a range."""
TOO_FEW_HELD = 0.05
"""Ranges failed where a true level would have held so rarely in less than this share of cases."""
_TOLD = ("period", "low", "base", "high", "actual_amount", "is_inside", "n_before", "width")


@dataclass(frozen=True)
class Projection:
    """Where the open quarter lands, as past calls at the same week tell.

    projected_amount: base; conservative, optimistic: ends of the range at `level`, NaN where there is none [company
    currency]. ratio: median of past actual / call. ratios: all of them, sorted. n_left_out: past quarters without an
    actual or with a call of 0 or less. method: t on logs, equal tails, jackknife+, or none. call, booked: as given.
    """

    projected_amount: float
    conservative: float
    optimistic: float
    ratio: float
    ratios: tuple[float, ...]
    n_left_out: int
    method: str
    call: float
    booked: float
    level: float

    @property
    def n(self) -> int:
        """Return how many past quarters the projection rests on."""
        return len(self.ratios)

    @property
    def width(self) -> float:
        """Return the range's width over the base; NaN where there is none."""
        return _over(self.optimistic - self.conservative, self.projected_amount)


def project(past: pd.DataFrame, call: float, *, booked: float, level: float = 0.8) -> Projection:
    """Return `projected_amount` of the open quarter with its conservative and optimistic ends [company currency].

    Question
        Given what such calls brought so far, what will this quarter bring?

    Parameters
        past : complete quarters at the horizon of today, of one unit and category, one row each
            Uses period, forecast_amount, actual_amount [company currency].
        call : today's call;  booked : what is booked so far [company currency]; NaN where it is not known
        level : share of ranges that hold [0 to 1]

    Formula
        base = call x median(actual / forecast); ends = call x exp(mean +/- t x sd x sqrt(1 + 1/n)) of log(actual /
        forecast), t with n - 1 degrees of freedom, from 4 quarters. Nothing below `booked`. Where a past quarter
        brought nothing its log is undefined: then equal tails of the ratios (split conformal) where n allows (9 for
        80 %), else jackknife+ around the others' median; none where n is too small for the level.

    Source
        Predictive t-range: Hahn and Meeker, Statistical Intervals, section 4.7. Vovk, Gammerman and Shafer,
        Algorithmic Learning in a Random World, for equal tails; Barber and others, Annals of Statistics 49 (2021), for
        jackknife+. Why the t-range: in simulated histories of 4 to 16 quarters (tests, calibration/projection.py) 80 %
        held 0.78 to 0.80 at every length, with the best interval score at each; equal tails 0.82 with 9 and more, 5 %
        worse; jackknife+ 0.79 to 0.85, 6 to 14 % worse; a range around the ratios' own centre 0.76 to 0.83.

    Limits
        Where calls drift (each quarter's ratio 3 % above the last) 80 % held 0.71; the back-test may show it. What is
        booked is used only as a floor.
    """
    if past["period"].duplicated().any():
        n = int(past["period"].duplicated().sum())
        raise MeasureError(f"project: each past quarter must have one row; found {n} more. Give one unit and horizon.")
    is_known = past["actual_amount"].notna() & (past["forecast_amount"] > 0)
    known = past[is_known]
    ratios = np.sort((known["actual_amount"] / known["forecast_amount"]).to_numpy(dtype="float64"))
    middle = float(np.median(ratios)) if len(ratios) and call > 0 else float("nan")
    low, high, method = _range(ratios, level) if call > 0 else (np.nan, np.nan, "none")
    ends = [float(np.fmax(call * end, booked)) if not np.isnan(end) else np.nan for end in (middle, low, high)]
    return Projection(*ends, middle, tuple(ratios.tolist()), int((~is_known).sum()), method, call, booked, level)


def _range(ratios: Array, level: float) -> tuple[float, float, str]:
    """Return the ends of the next ratio, and the method; NaN where there are too few."""
    n = len(ratios)
    if n >= FEWEST_RATIOS and ratios.min() > 0:
        logs = np.log(ratios)
        reach = float(stdtrit(n - 1, (1 + level) / 2)) * logs.std(ddof=1) * (1 + 1 / n) ** 0.5
        return float(np.exp(logs.mean() - reach)), float(np.exp(logs.mean() + reach)), "t on logs"
    tail = int((n + 1) * (1 - level) / 2 + 1e-9)
    if tail >= 1:
        return float(ratios[tail - 1]), float(ratios[n - tail]), "equal tails"
    rank = int(np.ceil((n + 1) * level - 1e-9))
    if n < FEWEST_RATIOS or rank > n:
        return np.nan, np.nan, "none"
    centres = np.array([np.median(np.delete(ratios, i)) for i in range(n)])
    away = np.abs(ratios - centres)
    low, high = np.sort(centres - away)[n - rank], np.sort(centres + away)[rank - 1]
    return max(float(low), 0.0), float(high), "jackknife+"


def projection_backtest(pairs: pd.DataFrame, *, level: float = 0.8, fewest: int = FEWEST_RATIOS) -> pd.DataFrame:
    """Return each past quarter projected from the quarters before it at the same horizon, beside what came.

    Parameters
        pairs : complete quarters of one unit, category and horizon, in order of time; as `past` of project. Where there
            is a column is_last_known, it tells whether the quarter before was frozen on the day of the call
        fewest : a quarter with fewer usable ones before it, or no range, is not told

    Returns
        period, low, base, high, actual_amount [company currency], is_inside, n_before (quarters used), width ((high -
        low) / base). What was booked then is not used, so that early ranges are at least as wide as they would be.
    """
    rows = []
    for place, row in enumerate(pairs.itertuples()):
        if pd.isna(row.actual_amount) or not row.forecast_amount > 0:
            continue
        before = place if getattr(row, "is_last_known", True) else place - 1
        told = project(pairs.iloc[: max(before, 0)], float(row.forecast_amount), booked=np.nan, level=level)
        if told.n < fewest or told.method == "none":
            continue
        is_inside = bool(told.conservative <= row.actual_amount <= told.optimistic)
        rows.append((row.period, told.conservative, told.projected_amount, told.optimistic, float(row.actual_amount),
                     is_inside, told.n, told.width))  # fmt: skip
    kinds = {"period": "str", "is_inside": bool, "n_before": "int64"}
    return pd.DataFrame(rows, columns=list(_TOLD)).astype({**dict.fromkeys(_TOLD, "float64"), **kinds})


def interval_coverage(backtest: pd.DataFrame, *, level: float = 0.8) -> pd.DataFrame:
    """Return `interval_coverage`: how often the ranges of past quarters held what came, with its Wilson range.

    One row: n, n_inside, interval_coverage [0 to 1, NaN where n is 0], low, high. level: of the Wilson range.
    """
    n, inside = len(backtest), int(backtest["is_inside"].sum())
    low, high = share_interval(inside, n, level=level)
    values = {"n": n, "n_inside": inside, "interval_coverage": _over(inside, n), "low": low, "high": high}
    return pd.DataFrame([values])


def range_failed(backtest: pd.DataFrame, *, level: float = 0.8) -> bool:
    """Return whether ranges held so rarely that chance alone hardly explains it (1 in 20)."""
    return len(backtest) > 0 and bool(bdtr(int(backtest["is_inside"].sum()), len(backtest), level) < TOO_FEW_HELD)


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")

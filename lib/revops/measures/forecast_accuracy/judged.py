"""Which quarters all forecasts are judged on, so that no method stands on easier ones than another."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from revops.measures.forecast_accuracy.errors import accuracy, mase_scale
from revops.measures.forecast_accuracy.forecasts.frozen import Frozen
from revops.measures.forecast_accuracy.forecasts.steps import STEPS

__all__ = ["Judged", "judged"]

_MOST_MISSING = 0.25


@dataclass(frozen=True)
class Judged:
    """The company's forecasts on the same quarters.

    pairs: rows of Frozen.pairs of the company, of the quarters judged. periods: these, oldest first. dropped: quarters
    with a call in which some other forecast is missing; left_out: category -> in how many of the called quarters it is
    missing, of forecasts missing in so many that they are not judged at all. scale: period -> what MASE divides by.
    """

    pairs: pd.DataFrame
    periods: tuple[str, ...]
    dropped: tuple[str, ...]
    left_out: dict[str, int]
    scale: pd.Series

    def errors(self, *, level: float) -> pd.DataFrame:
        """Return errors.accuracy of each forecast in each week: one row per horizon_weeks x category."""
        return accuracy(self.pairs, ["horizon_weeks", "category"], level=level, scale=self.scale)

    def at(self, week: int) -> pd.DataFrame:
        """Return the forecasts of one week."""
        return self.pairs[self.pairs["horizon_weeks"].eq(week)].reset_index(drop=True)


def judged(found: Frozen, week: int) -> Judged:
    """Return the company's forecasts on the quarters for which all of them are known at one week.

    Parameters
        week : the fixed horizon

    Formula
        Of the quarters with a call at that week, those in which every forecast is known; a forecast that misses more
        than a quarter of them is left out instead, and so are its quarters kept. A lower step of the roll-up that is
        not whole in some of them stands on the rest: its n says so.
    """
    rows = found.company[found.company["forecast_amount"].notna()]
    wide = rows[rows["horizon_weeks"].eq(week)].pivot(index="period", columns="category", values="forecast_amount")
    order = [period.name for period in found.quarters.last]
    call = found.call
    called = [name for name in order if call in wide and name in wide.index and wide[call].notna().get(name, False)]
    wide = wide.drop(columns=[step for step in STEPS if step in wide and step != found.caller])
    missing = wide.reindex(called).isna().sum()
    left_out = {name: int(n) for name, n in missing.items() if n > _MOST_MISSING * len(called)}
    kept = wide.reindex(called).drop(columns=list(left_out))
    whole = kept.index[kept.notna().all(axis=1)].tolist()
    pairs = rows[rows["period"].isin(whole) & ~rows["category"].isin(left_out)].reset_index(drop=True)
    return Judged(pairs, tuple(whole), tuple(n for n in called if n not in whole), left_out, _scale(found, whole))


def _scale(found: Frozen, periods: Sequence[str]) -> pd.Series:
    """Return for each quarter what MASE divides by: how far the quarters before it were from a year before."""
    actual = found.quarters.booked(found.covers)
    index = pd.Index(list(periods), dtype="str", name="period")
    return pd.Series([mase_scale(actual, before=name) for name in periods], index=index, dtype="float64")

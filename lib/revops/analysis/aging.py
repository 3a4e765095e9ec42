"""How long opportunities stay in a stage, and the age at which the chance to move on has halved."""

import numpy as np
import pandas as pd

from revops.analysis.passages import stays

__all__ = ["FEWEST_SPELLS", "halving_ages"]

FEWEST_SPELLS = 30


def halving_ages(spans: pd.DataFrame) -> pd.Series:
    """Return, for each open stage, the days after which the chance to move forward is half of what it was on entry.

    Parameters
        spans : states of opportunities as spans of days (analysis.spans)

    Returns
        stage_name -> days; stages with fewer than 30 stays, or whose chance never halves while 10 are still there,
        are not in it.

    Formula
        With F(a) the cumulative incidence of moving forward, leaving otherwise competing (Aalen-Johansen), and S(a)
        the share still in the stage: the first a with (F(end) - F(a)) / S(a) <= F(end) / 2.

    Source
        Aalen and Johansen 1978, as implemented by statsmodels.duration.survfunc.CumIncidenceRight.
    """
    from statsmodels.duration.survfunc import CumIncidenceRight  # a second of imports, wanted by few callers

    ages, over = {}, spans["last"].max() + pd.Timedelta(days=1)
    for stage, rows in stays(spans).groupby("stage_name"):
        if len(rows) < FEWEST_SPELLS or rows["event"].eq(1).sum() == 0:
            continue
        days = rows["age_days"].where(rows["event"] > 0, (over - rows["first"]).dt.days).to_numpy(dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):  # its standard errors, not wanted here, divide by zero
            found = CumIncidenceRight(days, rows["event"].clip(upper=2).to_numpy())
        forward = found.cinc[0]
        left = 1 - sum(found.cinc)
        at_risk = len(days) - np.searchsorted(np.sort(days), found.times)
        halved = (forward[-1] - forward <= left * forward[-1] / 2) & (at_risk >= 10) & (left > 0)
        if halved.any():
            ages[stage] = float(found.times[halved.argmax()])
    return pd.Series(ages, dtype="float64")

"""What a CRM's stage probability usually means: of the deals that reach a stage, how many are won in the end."""

import numpy as np
import pandas as pd

from revops.analysis.cycle import won_by_age
from revops.measures.forecast_accuracy.by_quarter import by_quarter
from revops.measures.forecast_accuracy.reliability import FEW
from revops.periods import FiscalCalendar

__all__ = ["ever_won"]

Array = np.ndarray


def ever_won(
    states: pd.DataFrame, *, since: pd.Timestamp, calendar: FiscalCalendar, level: float = 0.8
) -> pd.DataFrame:
    """Return by stage the share of the deals that entered it that is won in the end, whatever the quarter.

    Question
        Is a stage's probability wrong, or does it tell of another thing than this quarter?

    Parameters
        states : spans of days (analysis.spans.spans)
        since : a deal that first stood in a stage before is left out of that stage: the day after the first that
            history knows, or later, for what stood there on the first day came earlier
        calendar : quarters in which deals entered, for the ranges

    Returns
        One row per stage of an open state, in the order of the stages:
        stage_name
        ever_won_share, low, high   won in the end / entered [0 to 1]; NaN where no deal entered
        n, n_open, n_periods        deals that entered, those still open, quarters in which they did
        is_few                      fewer than 50 deals: proves nothing

    Formula
        The last value of analysis.cycle.won_by_age, with the first day in the stage in place of creation: open deals
        are undecided, lost ones never won. The range leaves out deals that entered in one quarter at a time
        (`by_quarter`), cut to 0 to 1.

    Limits
        A floor where the deals longest in the stage are open still. It leaves out nothing for the deal's close date,
        so that it is not what a forecast of the quarter needs (see `recalibrated`).
    """
    stood = states[states["outcome"].eq("open")]
    order = stood.groupby("stage_name", observed=True)["stage_order"].min().reset_index()
    names = order.sort_values(["stage_order", "stage_name"])["stage_name"]
    last = states.sort_values(["opportunity_id", "first"], kind="stable").drop_duplicates("opportunity_id", keep="last")
    open_ids = pd.Index(last.loc[last["outcome"].eq("open"), "opportunity_id"])
    rows = []
    for name in names:
        began = stood[stood["stage_name"].eq(name)].groupby("opportunity_id", sort=True)["first"].min()
        began = began[began >= since]
        share, low, high, n_periods = _share(states, began, since, calendar, level)
        n_open = int(began.index.isin(open_ids).sum())
        rows.append((str(name), share, low, high, len(began), n_open, n_periods, len(began) < FEW))
    columns = ["stage_name", "ever_won_share", "low", "high", "n", "n_open", "n_periods", "is_few"]
    kinds = ["str", *["float64"] * 3, *["int64"] * 3, "bool"]
    return pd.DataFrame(rows, columns=columns).astype(dict(zip(columns, kinds, strict=True)))


def _share(
    states: pd.DataFrame, began: pd.Series, since: pd.Timestamp, calendar: FiscalCalendar, level: float
) -> tuple[float, float, float, int]:
    """Return the share won in the end of deals, by the day each began, its range, and the number of quarters."""
    states = states[states["opportunity_id"].isin(began.index)]
    codes, names = pd.factorize(calendar.names(began))

    def of(quarters: Array) -> float:
        by_age = won_by_age(states, began[np.isin(codes, quarters[:, 0])], since=since)
        return float(by_age.iloc[-1]) if len(by_age) else float("nan")

    every = np.arange(len(names))[:, None]
    low, high = by_quarter(every, of, level=level)
    return of(every), float(low.clip(0, 1)), float(high.clip(0, 1)), len(names)

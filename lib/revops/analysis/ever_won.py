"""What a CRM's stage probability usually means: of the deals that reach a stage, how many are won in the end."""

import datetime as dt

import numpy as np
import pandas as pd

from revops.analysis.by_quarter import FEW, by_quarter, counts_by_quarter
from revops.analysis.spans import on_day
from revops.periods import FiscalCalendar

__all__ = ["ever_won", "won_of_open"]

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
        Aalen-Johansen, from the first day in the stage: sum over ages of alive before x won / at risk, alive = product
        of 1 - (won + lost) / at risk; open deals are at risk until last seen. The last value of
        analysis.cycle.won_by_age, on sums, so that the range can leave out the deals that entered in one quarter at a
        time (`by_quarter`), cut to 0 to 1.

    Source
        Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978).

    Limits
        A floor where the deals longest in the stage are open still. It leaves out nothing for the deal's close date,
        so that it is not what a forecast of the quarter needs (see `recalibrated`). At a nominal 80 %, 1,020 companies
        (lib/tests/calibration/deals.py): held 79 %.
    """
    stood, ends = states[states["outcome"].eq("open")], _ends(states)
    order = stood.groupby("stage_name", observed=True)["stage_order"].min().reset_index()
    began = stood.groupby(["stage_name", "opportunity_id"], observed=True)["first"].min()
    rows = []
    for name in order.sort_values(["stage_order", "stage_name"])["stage_name"]:
        entered = began.xs(name, level="stage_name")
        entered = entered[entered >= since]
        last = ends.reindex(entered.index)
        age = (last["until"] - entered).dt.days.to_numpy()
        sums = _sums(calendar.names(entered), age, last["outcome"])
        low, high = (float(end.clip(0, 1)) for end in by_quarter(sums, _won_share, level=level))
        n_open = int(last["outcome"].eq("open").sum())
        rows.append((str(name), _won_share(sums), low, high, len(entered), n_open, len(sums), len(entered) < FEW))
    columns = ["stage_name", "ever_won_share", "low", "high", "n", "n_open", "n_periods", "is_few"]
    kinds = ["str", *["float64"] * 3, *["int64"] * 3, "bool"]
    return pd.DataFrame(rows, columns=columns).astype(dict(zip(columns, kinds, strict=True)))


def won_of_open(states: pd.DataFrame, *, since: dt.date, until: dt.date) -> pd.DataFrame:
    """Return by stage the share of the deals that stand in it on some day that is won in the end.

    Question
        What is an open deal worth that we know nothing of but its stage?

    Parameters
        states : spans of days (analysis.spans.spans)
        since, until : the first day whose states are known, and the last

    Returns
        One row per stage in which a deal stood open on the first of a month, in the order of the stages:
        stage_name
        chance      won in the end / open [0 to 1]
        n           deals
        is_few      fewer than 50 deals: proves little

    Formula
        On the first of each month, all deals then open, by their stage; from that day on Aalen-Johansen as in
        `ever_won`, months pooled. Deals that stay long are met often, as they are among the deals open today; among
        those that enter a stage they are rarer, so that `ever_won` promises more than open deals keep.

    Source
        As `ever_won`; starting from days rather than from entries: van Houwelingen, Scandinavian Journal of Statistics
        34 (2007), 70-85 (landmarks).

    Limits
        The stage alone: neither age nor close date. On five quarter-ends of the sample company (June 2024 to June 2025,
        each by what was known then) 257 wins were expected and 272 came; by the share of deals entering, 301.
    """
    ends, open_deals = _ends(states), states[states["outcome"].eq("open")]
    days = pd.date_range(since, until, freq="MS")
    stood = [on_day(open_deals, day)[["opportunity_id", "stage_name", "stage_order"]].assign(day=day) for day in days]
    stood = pd.concat([open_deals[["opportunity_id", "stage_name", "stage_order"]].iloc[:0].assign(day=None), *stood])
    rows = []
    for (_, name), part in stood.groupby(["stage_order", "stage_name"], observed=True):
        last = ends.reindex(part["opportunity_id"])
        age = (last["until"].to_numpy() - part["day"].to_numpy("datetime64[us]")) // np.timedelta64(1, "D")
        chance = _won_share(_sums(pd.Series("", index=range(len(part))), age, last["outcome"]))
        rows.append((str(name), chance, n := part["opportunity_id"].nunique(), n < FEW))
    kinds = {"stage_name": "str", "chance": "float64", "n": "int64", "is_few": "bool"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def _ends(states: pd.DataFrame) -> pd.DataFrame:
    """Return by opportunity its last outcome, and until when it was open: the day of the decision, else the last."""
    states = states.sort_values(["opportunity_id", "first"], kind="stable", ignore_index=True)
    id, outcome = states["opportunity_id"], states["outcome"]
    decided = states["first"].where(id.ne(id.shift()) | outcome.ne(outcome.shift())).ffill()
    ends = states.assign(until=states["last"].where(outcome.eq("open"), decided))
    return ends.drop_duplicates("opportunity_id", keep="last").set_index("opportunity_id")[["outcome", "until"]]


def _sums(period: pd.Series, age: Array, outcome: pd.Series) -> Array:
    """Return the deals won, lost and left open at each age that occurs, by quarter of entry: quarters x (3 x ages)."""
    ages, at = np.unique(age, return_inverse=True)
    kind = pd.Index(["won", "lost", "open"]).get_indexer(outcome)
    return counts_by_quarter(period, kind * len(ages) + at, 3 * len(ages))


def _won_share(sums: Array) -> float:
    """Return the cumulative incidence of being won at the last age; NaN without a deal."""
    won, lost, undecided = sums.sum(axis=0).reshape(3, -1)
    at_risk = (won + lost + undecided)[::-1].cumsum()[::-1]
    if not at_risk.any():
        return float("nan")
    at_risk = np.maximum(at_risk, 1)  # nobody is won or lost where nobody is at risk
    alive = np.cumprod(1 - (won + lost) / at_risk)
    return float((np.r_[1.0, alive[:-1]] * won / at_risk).sum())

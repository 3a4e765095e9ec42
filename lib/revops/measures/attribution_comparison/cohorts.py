"""Credit quarter by quarter: by when the touch was, with the spend of the same quarter, and by when the deal closed."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit import Paths, touch_weights
from revops.analysis.journeys import Journeys
from revops.analysis.spending import cost_within
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.shared import reference_rule
from revops.measures.attribution_comparison.window import Window
from revops.periods import Period
from revops.ratios import safe_ratio

__all__ = ["CLOSED", "TOUCHED", "Cohorts", "cohorts"]

TOUCHED = ["quarter", "channel", "n_touches", "credited_deals", "credited_amount", "spend_amount",
           "cost_per_credited_amount", "is_mature"]  # fmt: skip
CLOSED = ["quarter", "channel", "credited_deals", "credited_amount"]


@dataclass(frozen=True)
class Cohorts:
    """touched: TOUCHED, one row per quarter x channel with touches or spend; closed: CLOSED (see cohorts).

    model: the rule that both are under.
    """

    touched: pd.DataFrame
    closed: pd.DataFrame
    model: str


def cohorts(window: Window, won: Credited, costs: WindowCosts) -> Cohorts:
    """Return what the touches of each quarter have brought so far beside its spend, and the credit of its closes.

    Question
        Does what we spent lately bring as much as what we spent before?

    Parameters
        window : the report's window; its last quarter is the last of cohort_quarters
        won : credit of the window, for which rules can be had
        costs : of the window, for spend and lag

    Returns
        touched: by the quarter of the touch, over all deals won by the day whenever they closed: n_touches (of won
        deals; one on two deals counts twice), credited_deals, credited_amount [currency] so far, spend_amount of the
        same quarter (NaN where none is known), cost_per_credited_amount (NaN without either), is_mature (the quarter
        ended at least lag_days before the day; what came later has had less time).
        closed: by the quarter of the close. Both sorted by quarter in time and channel.

    Formula
        The rule is shared.reference_rule. Over all quarters the credit of either adds up to that of all won deals that
        have touches.
    """
    rule, last = reference_rule(won, window.knobs) or "linear", window.view.calendar.quarter_of(window.until)
    quarters = [*window.view.calendar.before(last, window.knobs.cohort_quarters - 1), last]
    found = window.journeys("close", since=None, until=window.view.day, lost=False, never_converted="off")
    rows = _credited(found, rule, window)
    touched = _sums(rows, "touched_at", quarters, window).merge(
        _spend(costs, quarters, window.view.day), how="outer", on=["quarter", "channel"], validate="one_to_one"
    )
    counts = ["n_touches", "credited_deals", "credited_amount"]
    touched[counts] = touched[counts].fillna(0)
    credited = touched["credited_amount"].where(touched["credited_amount"] > 0)
    touched["cost_per_credited_amount"] = safe_ratio(touched["spend_amount"], credited)
    ripe = window.view.day - dt.timedelta(days=costs.lag_days)
    touched["is_mature"] = touched["quarter"].isin([quarter.name for quarter in quarters if quarter.end <= ripe])
    closed = _sums(rows, "ended_at", quarters, window)
    touched = touched.astype({"n_touches": "int64", "quarter": "str", "channel": "str"})
    return Cohorts(_in_time(touched, quarters)[TOUCHED], _in_time(closed, quarters)[CLOSED], rule)


def _credited(found: Journeys, rule: str, window: Window) -> pd.DataFrame:
    """Return touches of won deals with what each is credited with."""
    paths = Paths(found.journeys, found.touches, found.channels)
    of, weight = paths.journey, touch_weights(paths, rule, knobs=window.knobs.credit)
    rows = pd.DataFrame({
        "channel": pd.Series(np.array(found.channels, dtype=object)[paths.channel], dtype="str"),
        "touched_at": found.touches["touched_at"], "ended_at": found.journeys["ended_at"].to_numpy()[of],
        "n_touches": 1, "credited_deals": weight * paths.values("wins")[of],
        "credited_amount": weight * paths.values("amount")[of],
    })  # fmt: skip
    return rows[paths.values("wins")[of] > 0]


def _sums(rows: pd.DataFrame, at: str, quarters: list[Period], window: Window) -> pd.DataFrame:
    """Return sums by quarter of a moment, and channel."""
    quarter = window.view.calendar.names(rows[at])
    rows = rows.assign(quarter=quarter)[quarter.isin([one.name for one in quarters])]
    columns = ["n_touches", "credited_deals", "credited_amount"]
    return rows.groupby(["quarter", "channel"])[columns].sum().reset_index()


def _spend(costs: WindowCosts, quarters: list[Period], day: dt.date) -> pd.DataFrame:
    """Return what was spent in each quarter, up to the day; only where a cost above 0 is known."""
    tables = [cost_within(costs.lines, quarter.start, min(quarter.end, day)).assign(quarter=quarter.name)
              for quarter in quarters]  # fmt: skip
    found = pd.concat(tables, ignore_index=True).rename(columns={"amount": "spend_amount"})
    return found[found["spend_amount"] > 0]


def _in_time(table: pd.DataFrame, quarters: list[Period]) -> pd.DataFrame:
    place = pd.Index([quarter.name for quarter in quarters]).get_indexer(table["quarter"])
    order = np.lexsort((table["channel"].to_numpy(dtype=object), place))
    return table.iloc[order].reset_index(drop=True)

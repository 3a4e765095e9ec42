"""What tests with a group held back found, beside what the models credit in the same days."""

from dataclasses import replace

import numpy as np
import pandas as pd

from revops.analysis.spending import cost_within, earns
from revops.errors import MeasureError, examples, nearest
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.credited import Credited, credited
from revops.measures.attribution_comparison.knobs import LiftTest
from revops.measures.attribution_comparison.window import Window
from revops.ratios import safe_ratio

__all__ = ["COLUMNS", "lift_rows"]

COLUMNS = ("channel", "since", "until", "incremental_amount", "low", "high", "level", "source", "n_deals",
           "lowest_amount", "highest_amount", "lowest_ratio", "highest_ratio", "spend_amount", "verdict_by_test",
           "note")  # fmt: skip
_TEXT = ("channel", "source", "verdict_by_test", "note")
_DAYS = ("since", "until")


def lift_rows(window: Window, costs: WindowCosts) -> pd.DataFrame:
    """Return each lift test of the knobs beside the credit and the spend of the same days.

    Question
        Where somebody tested, how far are the models from it, and does the channel earn its cost by the test?

    Parameters
        costs : Uses lines, by_channel, most_cost, why.

    Returns
        One row per test, sorted by channel and days: channel, since, until, incremental_amount, low, high [company
        currency], level, source: as told. n_deals (won in these days with the channel on their journey),
        lowest_amount, highest_amount (credited to the channel over all models that could be had, for deals closed in
        these days; NaN where none was won with touches), lowest_ratio, highest_ratio (credited over incremental; NaN
        where that is not above 0), spend_amount (of these days, without lag; NaN where no cost is known),
        verdict_by_test (keep, cut, unclear), note (why a number is missing, or what to mind; else empty).

    Formula
        keep where spend <= most_cost x low, cut where spend > most_cost x high, else unclear. A test that ends after
        the day is shown, and compared with nothing.

    Raises
        MeasureError: a channel without touches before the deals of the window and of the tests, and without a cost.

    Limits
        A test tells of its own days, buyers and place. It is shown beside the credit, and changes none of it.
    """
    tests = sorted(window.knobs.lift_tests, key=lambda test: (test.channel, test.since, test.until, test.source))
    given = [_credited(test, window) for test in tests]
    _check(tests, given, window, costs)
    rows = [_row(test, won, window, costs) for test, won in zip(tests, given, strict=True)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    kinds = dict.fromkeys(COLUMNS, "float64") | dict.fromkeys(_TEXT, "str") | dict.fromkeys(_DAYS, "datetime64[us]")
    return table.astype(kinds)


def _credited(test: LiftTest, window: Window) -> Credited | None:
    """Return the credit of the test's days; None where they are not over."""
    if test.until > window.view.day:
        return None
    knobs = window.knobs.model_copy(update={"draws": 2})  # ranges are not asked for
    return credited(replace(window, knobs=knobs, since=test.since, until=test.until))


def _check(tests: list[LiftTest], given: list[Credited | None], window: Window, costs: WindowCosts) -> None:
    if not tests:
        return
    known = {*costs.lines["channel"], *costs.by_channel["channel"], *window.journeys().channels}
    known |= {channel for won in given if won is not None for channel in won.channels}
    unknown = [test.channel for test in tests if test.channel not in known]
    if unknown:
        raise MeasureError(
            f"lift_tests: each channel must have touches or a cost; found {len(unknown)} of {len(tests)} without "
            f"({examples(unknown)}). {nearest(unknown[0], sorted(known))}"
        )


def _row(test: LiftTest, won: Credited | None, window: Window, costs: WindowCosts) -> dict[str, object]:
    row = test.model_dump()
    low = high = n_deals = spend = np.nan
    if won is not None and won.models:
        of = won.table[won.table["channel"].eq(test.channel)]
        low, high = (of["credited_amount"].min(), of["credited_amount"].max()) if len(of) else (0.0, 0.0)
        n_deals = of["n_deals"].iloc[0] if len(of) else 0.0
    if won is not None:
        spend = _spend(test, costs)
    least = test.incremental_amount if test.incremental_amount > 0 else np.nan
    row |= {"n_deals": n_deals, "lowest_amount": low, "highest_amount": high, "spend_amount": spend,
            "lowest_ratio": safe_ratio(low, least), "highest_ratio": safe_ratio(high, least),
            "verdict_by_test": _verdict(test, spend, costs.most_cost)}  # fmt: skip
    return row | {"note": _note(test, won, spend, window, costs)}


def _spend(test: LiftTest, costs: WindowCosts) -> float:
    found = cost_within(costs.lines, test.since, test.until).set_index("channel")["amount"]
    amount = float(found.get(test.channel, np.nan))
    return amount if amount > 0 else np.nan


def _verdict(test: LiftTest, spend: float, most_cost: float) -> str:
    if earns(spend, test.low, most_cost):
        return "keep"
    return "unclear" if np.isnan(spend) or earns(spend, test.high, most_cost) else "cut"


def _note(test: LiftTest, won: Credited | None, spend: float, window: Window, costs: WindowCosts) -> str:
    if won is None:
        return f"ends after {window.view.day}, the day of the report: not compared yet"
    notes, closed = [], window.view.opportunities["close_date"].min()
    if not pd.Timestamp(test.since) >= closed:
        notes.append("starts before the first deal of the records")
    if not won.models:
        notes.append("no deal with touches was won in its days")
    if np.isnan(spend):
        notes.append(costs.why.get("spend_amount", "no cost is known of its days"))
    return "; ".join(notes)

"""What part of what is made is won, by count and by money, in the last weeks and before."""

import pandas as pd

from revops.analysis.passages import converted
from revops.measures.stage_benchmarking.pipeline.flows import when_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["win_of"]


def win_of(window: Window, win_passages: pd.DataFrame) -> pd.DataFrame:
    """Return `win_rate` and `win_rate_by_amount`: the share of opportunities won by so many days after they were made.

    Question
        Of what is made, how much is won, and is it the large or the small?

    Parameters
        win_passages : as in Pipeline: one row per opportunity, from the day it was made to won

    Returns
        One row per now and past x weight x horizon: when, weight (count; amount = each at its first amount), and the
        columns of analysis.passages.converted. Undecided ones are censored, lost ones never won.

    Formula
        Aalen-Johansen by the day they were made: closed ones alone would show a company that grows a win rate it has not
        (METHODS 1.5).

    Source
        As analysis.passages.converted.
    """
    rows = win_passages.assign(when=when_of(window, win_passages["window"]))
    knobs, parts = window.knobs, []
    for weight, weights in (("count", None), ("amount", "amount")):
        found = converted(
            rows, knobs.horizons, by=("when", "step"), level=knobs.level, weights=weights, fewest=knobs.fewest_followed
        )
        found.insert(1, "weight", pd.Series(weight, found.index, dtype="str"))
        parts.append(found)
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(["when", "weight", "horizon_days"], ascending=[True, False, True], ignore_index=True)

"""What part of what is made is won, by count and by money, in the last weeks and before."""

import pandas as pd

from revops.analysis.passages import converted
from revops.measures.stage_benchmarking.alike import three_ways
from revops.measures.stage_benchmarking.window import Window

__all__ = ["win_of"]


def win_of(window: Window, win_passages: pd.DataFrame) -> pd.DataFrame:
    """Return `win_rate` and `win_rate_by_amount`: the share of opportunities won by so many days after they were made.

    Question
        Of what is made, how much is won, and is it the large or the small?

    Parameters
        win_passages : as in Pipeline: one row per opportunity, from the day it was made to won

    Returns
        One row per when (alike.WHEN) x weight x horizon: when, weight (count; amount = each at its first amount), and
        the columns of analysis.passages.converted. Undecided ones are censored, lost ones never won.

    Formula
        Aalen-Johansen by the day they were made: closed ones alone would show a win rate that a company that grows has
        not.

    Source
        As analysis.passages.converted.
    """
    rows, knobs, parts = three_ways(window, win_passages), window.knobs, []
    for weight, weights in (("count", None), ("amount", "amount")):
        found = converted(
            rows, knobs.horizons, by=("when", "step"), level=knobs.level, weights=weights, fewest=knobs.fewest_followed
        )
        found.insert(1, "weight", pd.Series(weight, found.index, dtype="str"))
        parts.append(found)
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(["when", "weight", "horizon_days"], ascending=[True, False, True], ignore_index=True)

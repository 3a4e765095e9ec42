"""An amount spread over the months of the service it pays for: whole months alike, part months by their days."""

import numpy as np
import pandas as pd

__all__ = ["spread"]


def spread(rows: pd.DataFrame, amounts: tuple[str, ...]) -> pd.DataFrame:
    """Return a row per month of the service from `service_start` to `service_end`, both inclusive.

    A whole month counts 1, part of one its share of the month's days, so that a year's price is twelve equal parts.
    The parts of each row add up to its amount to the cent, and do not depend on the rows beside it: what is reached by
    a month is counted from the row's own first one, all between the first and the last being whole.
    """
    start = rows["service_start"].to_numpy().astype("datetime64[D]")
    end = rows["service_end"].to_numpy().astype("datetime64[D]")
    first, last = start.astype("datetime64[M]"), end.astype("datetime64[M]")
    n = (last - first).astype(int) + 1
    row = np.repeat(np.arange(len(rows)), n)
    step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    month = first[row] + step
    begins, ends = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    covered = np.minimum(ends, end[row] + 1) - np.maximum(begins, start[row])
    weight = covered.astype(float) / (ends - begins).astype(float)
    total = np.bincount(row, weight, minlength=len(rows))
    upto = np.where(step < n[row] - 1, weight[step == 0][row] + step, total[row]) / total[row]
    done = rows.iloc[row].reset_index(drop=True).assign(month=month.astype("datetime64[us]"))
    for name in amounts:
        reached = np.round(done[name].to_numpy() * upto, 2)
        done[name] = np.round(reached - np.where(step > 0, np.roll(reached, 1), 0.0), 2)
    return done

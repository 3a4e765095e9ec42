"""Plain counts in the shape that `luck_of` and `compared` read."""

import pandas as pd

from revops.analysis.passages import Luck, compared


def shares_of_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Return plain shares in the shape that `luck_of` and `compared` read.

    Parameters
        counts : one row per step (and group, or window)
            Uses events, n: of n independent subjects, so many did it.

    Returns
        counts with share (NaN where n is 0) and n_worth (n).
    """
    n = counts["n"].astype("float64")
    return counts.assign(share=counts["events"] / n.where(n > 0), n_worth=n.where(n > 0))


def move_of_counts(
    what: str, step: str, now: tuple[float, float], past: tuple[float, float], luck: Luck, *, windows: float = 4,
    fewest: int = 20, level: float = 0.8,
) -> pd.DataFrame:  # fmt: skip
    """Return one row of MOVES from two plain counts, each (how many did it, of how many), as `compared`."""
    one, two = (shares_of_counts(pd.DataFrame({"step": [step], "events": [events], "n": [n]})) for events, n in
                (now, past))  # fmt: skip
    return compared(one, two, luck, what=what, windows=windows, fewest=fewest, level=level)

"""Whether the share within the SLA, and the share accepted, moved beyond noise."""

import pandas as pd

from revops.analysis.passages.compared import compared
from revops.analysis.passages.luck import Luck, luck_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["EARLIER", "STEPS", "moves_of"]

STEPS = {"sla": "MQL to first touch", "accept": "MQL to accepted"}
"""The step of each kind of comparison."""
EARLIER = {f"{what}_earlier": what for what in STEPS}
"""What is held against the windows that lie before those before, and what it is of."""
_COUNTED = {"sla": "n_timed", "accept": "n_judged"}


def moves_of(table: pd.DataFrame, past: pd.DataFrame, earlier: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the shares of the last weeks against those before, one row each (analysis.passages.MOVES).

    Question
        Did the hand-off get better or worse than it was, and than it was long ago?

    Parameters
        table, past : HandOff.table and HandOff.past
        earlier : the same columns of the windows past + 1 to 2 x past: one row each, then one of all of them; empty
            where the exports do not reach back so far

    Returns
        what sla and accept: against the past windows. sla_earlier and accept_earlier: against the windows before
        those, where each of them has a share and all together have `fewest`.

    Formula
        A change that came within the past windows makes these differ, which counts as luck and hides it, and lies on
        both sides of the comparison. The windows before those are all of the time before it. Luck of that comparison
        is read off these windows alone: where nothing changed they are as good as any others, only fewer.

    Limits
        n is the MQLs that can be timed, or that were judged. Luck is read off each share's own windows. A drift over
        the windows counts as luck of the first comparison, and as change in the second. 9,000 made-up companies where
        nothing had changed, 120 or 30 MQLs a window at 35 %, luck of sd 0, 0.2 or 0.4, four windows: the p-value of the
        second was below 0.1 in 2 to 16 %, below 0.01 in 0 to 1.7 %, below 0.001 in 0 to 0.13 %; the most at luck 0.4.
    """
    found = []
    for what in STEPS:
        now, before = (_shares(table[table["window"].eq(name)], what) for name in ("now", "past"))
        luck = luck_of(_shares(past, what).assign(window=past["window"].astype("int64")))
        found.append(_compared(now, before, luck, what, window))
        each, whole = _shares(earlier.iloc[:-1], what), _shares(earlier.iloc[-1:], what)
        if len(whole) and each["share"].notna().all() and whole["n"].ge(window.knobs.fewest).all():
            luck = luck_of(each.assign(window=each["window"].astype("int64")))
            found.append(_compared(now, whole, luck, f"{what}_earlier", window))
    return pd.concat(found, ignore_index=True)


def _shares(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return one share of each row in the shape that `luck_of` and `compared` read."""
    columns = {f"{what}_share": "share", f"{what}_worth": "n_worth", _COUNTED[what]: "n", "window": "window"}
    return rows[list(columns)].rename(columns=columns).assign(step=STEPS[what])


def _compared(now: pd.DataFrame, past: pd.DataFrame, luck: Luck, what: str, window: Window) -> pd.DataFrame:
    knobs = window.knobs
    return compared(now, past, luck, what=what, windows=knobs.past, fewest=knobs.fewest, level=knobs.level)

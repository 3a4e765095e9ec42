"""Whether the share within the SLA, and the share accepted, moved beyond noise."""

import pandas as pd

from revops.analysis.passages.compared import compared
from revops.analysis.passages.luck import luck_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["moves_of"]

_STEPS = {"sla": "MQL to first touch", "accept": "MQL to accepted"}


def moves_of(table: pd.DataFrame, past: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the shares of the last weeks against those before, one row each (analysis.passages.MOVES).

    Parameters
        table, past : HandOff.table and HandOff.past

    Limits
        n is the MQLs that can be timed, or that were judged. Luck is read off each share's own windows.
    """
    found = []
    for what, n in (("sla", "n_timed"), ("accept", "n_judged")):
        share, worth = f"{what}_share", f"{what}_worth"
        columns = {share: "share", worth: "n_worth", n: "n", "window": "window"}
        sides = pd.concat([table, past], ignore_index=True)[list(columns)].rename(columns=columns)
        sides = sides.assign(step=_STEPS[what])
        now, before = (sides[sides["window"].eq(name)] for name in ("now", "past"))
        numbered = sides.iloc[len(table) :]
        luck = luck_of(numbered.assign(window=numbered["window"].astype("int64")))
        knobs = window.knobs
        found.append(compared(now, before, luck, what=what, windows=knobs.past, fewest=knobs.fewest,
                              level=knobs.level))  # fmt: skip
    return pd.concat(found, ignore_index=True)

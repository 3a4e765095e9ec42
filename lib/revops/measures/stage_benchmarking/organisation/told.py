"""What the organisation is told by the other parts of the report, as small values."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

__all__ = ["Leak", "Told"]

Leak = Literal["marketing", "between", "sales"]
"""Where most is lost: inside marketing, between functions, or inside sales."""


@dataclass(frozen=True)
class Told:
    """What marketing, the hand-off and the funnel say; what is not given is not known.

    mqls: by fiscal quarter, in any order: period (its name), n (MQLs), target (NaN where there is none).
    accept_share, n_judged: of the MQLs of the last weeks that sales judged, the share it called qualified [0 to 1], and
        how many it judged. judged: what that share is of, in words.
    leak: where most is lost; leak_words: by which numbers.
    """

    mqls: pd.DataFrame | None = None
    accept_share: float = np.nan
    n_judged: int = 0
    judged: str = "MQLs that sales judged"
    leak: Leak | None = None
    leak_words: str = ""

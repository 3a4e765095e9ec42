"""Whether the shares of marketing operations moved, in the shape in which the report compares everything."""

import pandas as pd

from revops.analysis.passages import compared, luck_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.marketing.enrichment import COMPANY
from revops.measures.stage_benchmarking.marketing.result import LAST, PAST, Marketing

__all__ = ["marketing_moves"]


def marketing_moves(marketing: Marketing, knobs: Knobs) -> list[pd.DataFrame]:
    """Return enrichment and UTM compliance of the last weeks against those of the windows before: tables of MOVES.

    Question
        Did leads come with less of their company's facts, or with worse tags, beyond noise?

    Parameters
        marketing : uses moves and windows
        knobs : past, fewest, level

    Formula
        analysis.passages.compared of each what and dimension; luck by luck_of of the company's windows of the same
        what, whose fields and counts are its steps.

    Limits
        Older leads have had longer to be filled: a fall of enrichment holds some of that.
    """
    tables = []
    for (what, dimension), rows in marketing.moves.groupby(["what", "dimension"], sort=True):
        rows = rows.rename(columns={"group": dimension})
        luck = luck_of(marketing.windows[marketing.windows["what"].eq(what)])
        sides = (rows[rows["span"].eq(span)] for span in (LAST, PAST))
        tables.append(compared(*sides, luck, dimension=None if dimension == COMPANY else dimension, what=what,
                               windows=knobs.past, fewest=knobs.fewest, level=knobs.level))  # fmt: skip
    return tables

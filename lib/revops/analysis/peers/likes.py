"""Which published definition is nearest to a number of ours, how far, and what pages say that is to be minded."""

from typing import NamedTuple

__all__ = ["FLAGS", "NEAR", "OFF", "SAME", "Doubt", "Like"]

FLAGS = ("comparable", "caution", "not comparable")
SAME, NEAR, OFF = range(3)
"""Places in FLAGS."""


class Like(NamedTuple):
    """One published definition and the number of ours that is nearest to it.

    metric: of the published file; unit: how its unit begins (empty: any). id, basis: ours. level: by definition alone,
    a place in FLAGS; why: in words, empty where nothing differs. definition: what both count. into: the unit of ours
    that theirs is turned into, days for months; empty: as it is.
    """

    metric: str
    unit: str
    id: str
    basis: str
    level: int
    definition: str
    why: str = ""
    into: str = ""


class Doubt(NamedTuple):
    """What to mind where a published figure of a metric has certain words in a column (column empty: always).

    level: a place in FLAGS; why: in words.
    """

    metric: str
    column: str
    says: str
    level: int
    why: str

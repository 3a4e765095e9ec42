"""What credit is summed by: channels, or any other grouping of touches, such as campaigns."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit.paths import Paths
from revops.errors import MeasureError

__all__ = ["Groups", "channel_groups", "groups_of"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Groups:
    """name: of the column that tells the group. names: of the groups, sorted. code: of each touch, into names; -1 =
    in no group: what it is credited with is left out."""

    name: str
    names: tuple[str, ...]
    code: Array


def groups_of(paths: Paths, values: pd.Series, name: str | None = None) -> Groups:
    """Return the grouping of touches by a value each, in the order of `paths.touches`; a blank is in no group.

    Raises
        MeasureError: not one value for each touch.
    """
    if len(values) != len(paths.touches):
        raise MeasureError(
            f"Groups of touches: each touch must have one value; found {len(values)} for {len(paths.touches)} touches. "
            "Give them in the order of the touches."
        )
    code, names = pd.factorize(values, sort=True)
    return Groups(name or str(values.name), tuple(map(str, names)), code)


def channel_groups(paths: Paths) -> Groups:
    """Return the touches by channel."""
    return Groups("channel", paths.channels, paths.channel)

"""What groups look like where cost is shared another way: the drivers that the knobs do not name."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.effort import DRIVERS, Effort, effort_of
from revops.measures.cac_payback.lag import Lag
from revops.measures.cac_payback.window import Window

__all__ = ["DEPENDS", "over_drivers", "shared_by_others"]

DEPENDS = "depends"
_KEY = ["dimension", "group"]


def shared_by_others(
    window: Window, customers: Customers, lag: Lag, effort: Effort, months: pd.DatetimeIndex
) -> list[Effort]:
    """Return the effort by each driver but the one used, of those that tell a share of new business.

    Question
        What would the shares of cost be by another driver?

    Parameters
        effort : by the driver that is used; where it tells no share, there is nothing to hold against it
        months : those whose cost is shared
    """
    if not effort.new_share * effort.slice_share > 0:
        return []
    names = [name for name in DRIVERS if name not in (effort.driver, window.knobs.driver)]
    asked = [replace(window, knobs=window.knobs.model_copy(update={"driver": name})) for name in names]
    told = [effort_of(one, customers, lag, months=months) for one in asked]
    return [one for name, one in zip(names, told, strict=True)
            if one.driver == name and one.new_share * one.slice_share > 0]  # fmt: skip


def over_drivers(table: pd.DataFrame, others: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the table with lowest_months and highest_months over it and the others, and sure where all agree.

    Question
        Which verdicts on a group hold however cost is shared?

    Parameters
        table, others : dimension, group, payback_months, sure (above, below, or empty) by one driver each

    Formula
        sure stays where every driver says the same, else it is `depends`; empty where the table has no payback. Lowest
        and highest are of the drivers that tell one.
    """
    index = pd.MultiIndex.from_frame(table[_KEY])
    rows = [one.set_index(_KEY).reindex(index) for one in (table, *others)]
    months = pd.concat([one["payback_months"].reset_index(drop=True) for one in rows], axis=1)
    verdicts = np.array([one["sure"].fillna("").to_numpy(dtype=object) for one in rows])
    agree, is_told = (verdicts == verdicts[0]).all(axis=0), table["payback_months"].notna().to_numpy()
    sure = np.where(agree, verdicts[0], np.where(is_told, DEPENDS, ""))
    lowest, highest = (end.where(is_told) for end in (months.min(axis=1), months.max(axis=1)))
    return table.assign(lowest_months=lowest.to_numpy(), highest_months=highest.to_numpy(), sure=sure)

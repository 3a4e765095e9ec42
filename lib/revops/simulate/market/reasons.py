"""Why a lead was turned down or given back, as sellers pick it from a list, where they do."""

import pandas as pd

from revops.simulate.calendar import stream
from revops.simulate.market.crm import Market
from revops.simulate.model import World

__all__ = ["GIVEN", "REASONS", "reasons"]

REASONS = {
    "No budget": 0.32,
    "Competitor": 0.2,
    "Too small": 0.17,
    "Wrong contact": 0.15,
    "Duplicate": 0.09,
    "Out of territory": 0.07,
}
"""The list, and how often each is picked."""
GIVEN = {"Disqualified": 0.94, "Recycled": 0.4}
"""The statuses that ask for a reason, and the share of leads for which one is picked."""


def reasons(world: World, market: Market, status: pd.Series) -> pd.Series:
    """Return the reason that stands on each lead of this status; blank where none is asked for or picked.

    What a lead is given does not depend on the day of the export.
    """
    rng, n = stream(world.seed, "reject reasons"), len(market.leads)
    picked = pd.Series(rng.choice(list(REASONS), n, p=list(REASONS.values())), market.leads.index)
    drawn = pd.Series(rng.random(n), market.leads.index)
    is_given = drawn.loc[status.index] < status.map(GIVEN).fillna(0.0)
    return picked.loc[status.index].where(is_given, "")

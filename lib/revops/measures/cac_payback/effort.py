"""By what cost is shared between new business and expansion, and between segments: the driver that the knobs name."""

from dataclasses import dataclass

import pandas as pd

from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.lag import Lag
from revops.measures.cac_payback.window import Window

__all__ = ["Effort", "effort_of"]


@dataclass(frozen=True)
class Effort:
    """new_share: share of cost that new customers bear [0 to 1]; NaN where the driver tells nothing. slice_share: share
    of the new customers' cost that those of the slice bear; 1 for the whole company.
    groups: by (dimension: segment or region), group: effort (of new business, in the driver's unit), effort_share (of
    the company's), n_deals; sorted.
    driver: deal_days (days on which deals of new business stood open in the months that the window's cost was spent
    in), deals (made in them) or amount (won in them). n_deals: new and expansion deals behind it.
    """

    new_share: float
    slice_share: float
    groups: pd.DataFrame
    driver: str
    n_deals: int


def effort_of(window: Window, customers: Customers, lag: Lag) -> Effort:
    """Return the shares of cost by the driver of the knobs."""
    raise NotImplementedError

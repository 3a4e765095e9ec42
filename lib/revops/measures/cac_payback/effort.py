"""By what cost is shared between new business and expansion, and between segments: the driver that the knobs name."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.effort_by_month import ByMonth, by_month, spent_months
from revops.measures.cac_payback.lag import Lag
from revops.measures.cac_payback.window import Window

__all__ = ["DIMENSIONS", "DRIVERS", "Effort", "effort_of"]

DIMENSIONS = ("region", "segment")
DRIVERS = ("deal_days", "deals", "amount")
_COLUMNS = ["dimension", "group", "effort", "effort_share", "n_deals"]
_UNITS = {"deal_days": "days on which deals stood open", "deals": "deals made", "amount": "amounts won"}
_TYPES = ["new", "expansion"]


@dataclass(frozen=True)
class Effort:
    """new_share: share of cost that new customers bear [0 to 1]; NaN where the driver tells nothing, or nothing of new
    business although there are new customers. slice_share: share of the new customers' cost that those of the slice
    bear, NaN alike; 1 for the whole company.
    groups: by (dimension: segment or region), group: effort (of new business, in the driver's unit), effort_share (of
    the company's), n_deals; sorted; of a slice, its own deals alone, so that effort_share adds up to slice_share.
    driver: deal_days (days on which deals of new business stood open in the months that the window's cost was spent
    in), deals (made in them) or amount (won in them). n_deals: new and expansion deals behind it. why: in words, where
    the driver that the knobs name tells nothing, and what stands in; else None.
    by_month: the driver month by month, for the shares of other times; None where new_share is set, for all times.
    """

    new_share: float
    slice_share: float
    groups: pd.DataFrame
    driver: str
    n_deals: int
    why: str | None = None
    by_month: ByMonth | None = None

    def share_over(self, months: pd.DatetimeIndex) -> tuple[float, bool]:
        """Return new_share of other months, and whether it is their own: else too few deals tell, and it is the
        window's."""
        own = self.new_share if self.by_month is None else self.by_month.over(months)
        return (self.new_share, False) if np.isnan(own) else (own, True)

    def shares_up_to(self, months: pd.DatetimeIndex, span: int) -> pd.DataFrame:
        """Return by month new_share of the `span` months up to it, and is_own, as in `share_over`."""
        if self.by_month is None:
            return pd.DataFrame({"new_share": self.new_share, "is_own": True}, months)
        own = self.by_month.up_to(months, span)
        return pd.DataFrame({"new_share": own.fillna(self.new_share), "is_own": own.notna()})


def effort_of(window: Window, customers: Customers, lag: Lag, *, months: pd.DatetimeIndex | None = None) -> Effort:
    """Return the shares of cost by the driver of the knobs.

    Question
        Which part of the cost of sales and marketing went to new customers, and which to what segment?

    Parameters
        customers : new customers: their groups are listed, with or without deals
        lag : its median, in whole months: cost was spent in the months and in so many before each
        months : those whose cost is shared (ladder.counted_months); without them, and of none, the window's

    Formula
        deal_days = sum over deals of the days from creation to close, or to the day where open or closed by a date that
        has not come, both ends counted, that lie in the months in which the cost was spent. Deals of new business and
        expansion, won, lost or open, as they stood on the day. A driver that is 0 throughout is stood in for by the
        next of deal_days, deals, amount.
        Of other times new_share is by the same driver over the months in which their cost was spent; where fewer than
        fewest_customers deals tell, or none of new business, the window's stands in.

    Limits
        A day of a deal that nobody worked on counts as one on which somebody did: old deals that were never closed draw
        cost to their type and segment. What the knob new_share says goes before the driver, of all times, but not
        between segments. slice_share and the shares of segments and regions are the window's at all times.
    """
    counted = window.months if months is None or months.empty else months
    spent, state = spent_months(counted, _back(lag)), _deals(window)
    deals, won = _efforts(state, spent), customers.within(window)
    driver, why = _driver(deals, window.knobs.driver, spent)
    new = deals["type"].eq("new")
    whole, of_new = deals[driver].sum(), deals.loc[new, driver].sum()
    told = window.knobs.new_share
    new_share = _ratio(of_new, whole, won) if told == "auto" else float(told)
    if not of_new and whole and len(won):
        why = f"{_UNITS[driver]} {_between(spent)}: none of new business, although there are new customers"
    of_slice = new if window.only is None else new & deals["opportunity_id"].isin(window.only)
    slice_share = 1.0 if window.only is None else _ratio(deals.loc[of_slice, driver].sum(), of_new, won)
    groups = _groups(deals[of_slice].assign(effort=deals[driver]), of_new, won)
    monthly = by_month(state, driver, _back(lag), window.knobs.fewest_customers) if told == "auto" else None
    return Effort(new_share, slice_share, groups, driver, int((deals[driver] > 0).sum()), why, monthly)


def _deals(window: Window) -> pd.DataFrame:
    """Return deals of new business and expansion: made, closed (or the day; no earlier than made), won (amount)."""
    state, day = window.view.opportunities, pd.Timestamp(window.view.day)
    deals = state[state["type"].isin(_TYPES)]
    made = deals["created_at"].dt.normalize()
    is_closed = deals["outcome"].ne("open") & (deals["close_date"] <= day)
    closed = deals["close_date"].where(is_closed, day)
    amount = deals["amount"].where(is_closed & deals["outcome"].eq("won"), 0.0).fillna(0.0).clip(lower=0)
    return deals[["opportunity_id", "type", *DIMENSIONS]].assign(
        made=made, closed=closed.where(closed >= made, made), won=amount
    )


def _efforts(deals: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the deals with what each driver makes of them in the months."""
    one = pd.DateOffset(months=1)
    firsts = months[~(months - one).isin(months)]
    lasts = months[~(months + one).isin(months)] + pd.offsets.MonthEnd(0)
    found = dict.fromkeys(DRIVERS, pd.Series(0.0, deals.index))
    for first, last in zip(firsts, lasts, strict=True):
        days = (deals["closed"].clip(upper=last) - deals["made"].clip(lower=first)).dt.days + 1
        found["deal_days"] = found["deal_days"] + days.clip(lower=0)
        found["deals"] = found["deals"] + deals["made"].between(first, last)
        found["amount"] = found["amount"] + deals["won"].where(deals["closed"].between(first, last), 0.0)
    return deals.assign(**found)


def _back(lag: Lag) -> int:
    """Return how many months before the first bill cost is spent: the median, in whole months."""
    return 0 if np.isnan(lag.median_months) else int(np.floor(lag.median_months + 0.5))


def _driver(deals: pd.DataFrame, asked: str, months: pd.DatetimeIndex) -> tuple[str, str | None]:
    """Return the driver that the knobs name, or the first of the others that tells anything; and why."""
    found = [name for name in (asked, *DRIVERS) if deals[name].sum() > 0]
    if found[:1] == [asked]:
        return asked, None
    why = f"{_UNITS[asked]} {_between(months)}: none, of new business or expansion"
    if found:
        return found[0], f"{why}; shared by {_UNITS[found[0]]} instead"
    return asked, f"{why}, nor anything else to share cost by"


def _groups(deals: pd.DataFrame, whole: float, customers: pd.DataFrame) -> pd.DataFrame:
    """Return the effort of each segment and region that has deals with effort, or new customers in the window."""
    found = []
    for dimension in DIMENSIONS:
        used = deals[deals["effort"] > 0].groupby(dimension)["effort"].agg(["sum", "size"])
        names = sorted(set(used.index) | set(customers[dimension]))
        used = used.reindex(names, fill_value=0)
        share = used["sum"] / whole if whole > 0 else np.nan
        found.append(pd.DataFrame({"dimension": dimension, "group": names, "effort": used["sum"].to_numpy(dtype=float),
                                   "effort_share": np.asarray(share * np.ones(len(used)), dtype=float),
                                   "n_deals": used["size"].to_numpy(dtype=int)}))  # fmt: skip
    return pd.concat(found, ignore_index=True)[_COLUMNS].astype({"dimension": "str", "group": "str"})


def _between(months: pd.DatetimeIndex) -> str:
    return f"from {months[0].date()} to {(months[-1] + pd.offsets.MonthEnd(0)).date()}"


def _ratio(part: float, whole: float, customers: pd.DataFrame) -> float:
    """Return a share; NaN without a whole, and where there are customers although there is no part."""
    return float(part / whole) if whole > 0 and (part > 0 or customers.empty) else float("nan")

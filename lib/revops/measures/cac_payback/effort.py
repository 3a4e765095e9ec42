"""By what cost is shared between new business and expansion, and between segments: the driver that the knobs name."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.cac_payback.customers import Customers
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
    """

    new_share: float
    slice_share: float
    groups: pd.DataFrame
    driver: str
    n_deals: int
    why: str | None = None


def effort_of(window: Window, customers: Customers, lag: Lag) -> Effort:
    """Return the shares of cost by the driver of the knobs.

    Question
        Which part of the cost of sales and marketing went to new customers, and which to what segment?

    Parameters
        customers : new customers: their groups are listed, with or without deals
        lag : its median, in whole months, moves the first of the months back

    Formula
        deal_days = sum over deals of the days from creation to close, or to the day where open or closed by a date that
        has not come, both ends counted, that lie in the months. Deals of new business and expansion, won, lost or
        open, as they stood on the day. A driver that is 0 throughout is stood in for by the next of deal_days, deals,
        amount.

    Limits
        A day of a deal that nobody worked on counts as one on which somebody did: old deals that were never closed draw
        cost to their type and segment. What the knob new_share says goes before the driver, but not between segments.
    """
    deals, won = _efforts(window, lag), customers.within(window)
    driver, why = _driver(deals, window, lag)
    new = deals["type"].eq("new")
    whole, of_new = deals[driver].sum(), deals.loc[new, driver].sum()
    told = window.knobs.new_share
    new_share = _ratio(of_new, whole, won) if told == "auto" else float(told)
    if not of_new and whole and len(won):
        why = f"{_UNITS[driver]} {_between(window, lag)}: none of new business, although there are new customers"
    of_slice = new if window.only is None else new & deals["opportunity_id"].isin(window.only)
    slice_share = 1.0 if window.only is None else _ratio(deals.loc[of_slice, driver].sum(), of_new, won)
    groups = _groups(deals[of_slice].assign(effort=deals[driver]), of_new, won)
    return Effort(new_share, slice_share, groups, driver, int((deals[driver] > 0).sum()), why)


def _efforts(window: Window, lag: Lag) -> pd.DataFrame:
    """Return deals of new business and expansion, with what each driver makes of them in the months."""
    state, day = window.view.opportunities, pd.Timestamp(window.view.day)
    first, last = _first_month(window, lag), pd.Timestamp(window.until)
    deals = state[state["type"].isin(_TYPES)]
    made = deals["created_at"].dt.normalize()
    is_closed = deals["outcome"].ne("open") & (deals["close_date"] <= day)
    closed = deals["close_date"].where(is_closed, day)
    closed = closed.where(closed >= made, made)
    since, until = made.clip(lower=first), closed.clip(upper=last)
    days = ((until - since).dt.days + 1).clip(lower=0).astype("float64")
    won = is_closed & deals["outcome"].eq("won") & closed.between(first, last)
    amount = deals["amount"].where(won, 0.0).fillna(0.0).clip(lower=0)
    return deals[["opportunity_id", "type", *DIMENSIONS]].assign(
        deal_days=days, deals=made.between(first, last).astype("float64"), amount=amount
    )


def _first_month(window: Window, lag: Lag) -> pd.Timestamp:
    """Return the first day of the months in which the window's cost was spent."""
    back = 0 if np.isnan(lag.median_months) else int(np.floor(lag.median_months + 0.5))
    return window.months[0] - pd.DateOffset(months=back)


def _driver(deals: pd.DataFrame, window: Window, lag: Lag) -> tuple[str, str | None]:
    """Return the driver that the knobs name, or the first of the others that tells anything; and why."""
    asked = window.knobs.driver
    found = [name for name in (asked, *DRIVERS) if deals[name].sum() > 0]
    if found[:1] == [asked]:
        return asked, None
    why = f"{_UNITS[asked]} {_between(window, lag)}: none, of new business or expansion"
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


def _between(window: Window, lag: Lag) -> str:
    return f"from {_first_month(window, lag).date()} to {window.until}"


def _ratio(part: float, whole: float, customers: pd.DataFrame) -> float:
    """Return a share; NaN without a whole, and where there are customers although there is no part."""
    return float(part / whole) if whole > 0 and (part > 0 or customers.empty) else float("nan")

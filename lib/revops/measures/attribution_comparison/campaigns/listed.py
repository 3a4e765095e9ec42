"""Which campaigns there are: those of touches, those that only cost, and, by channel, touches without any."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.journeys import Journeys
from revops.book import UNKNOWN
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.shared import named_campaigns
from revops.measures.attribution_comparison.window import Window

__all__ = ["NO_CAMPAIGN", "Listed", "listed"]

Array = np.ndarray
NO_CAMPAIGN = "No campaign"
"""Name and type of touches without a campaign, one row per channel."""
_BY_ID, _BY_NAME, _NONE = range(3)
_KEY = ["kind", "first", "second", "third"]


@dataclass(frozen=True)
class Listed:
    """table: one row per campaign: campaign_id, campaign_name, channel, campaign_type, spend_amount, last (the last
    day on which it is known to have done anything). of_touch, of_open: the row of each touch of the window's journeys,
    and of those of open deals."""

    table: pd.DataFrame
    of_touch: Array
    of_open: Array


def listed(window: Window, won: Journeys, still_open: Journeys, costs: WindowCosts) -> Listed:
    """Return every campaign with a touch or a cost.

    Formula
        A campaign is its CRM id. A cost that matches none is a campaign of its own by name, channel and type. Touches
        without campaign are a row per channel.

    Limits
        The channel of a campaign is the one of most of its touches: where a campaign has several, campaigns add up to
        the total, not to each channel.
    """
    touches = pd.concat([_told(found) for found in (won, still_open)], ignore_index=True)
    lines = costs.lines[pd.to_datetime(costs.lines["first"]) <= pd.Timestamp(window.view.day)]
    parts = [_keys_of_touches(touches), _keys_of_costs(costs.by_campaign), _keys_of_costs(lines)]
    keys = pd.concat(parts, ignore_index=True)
    known = keys.iloc[: len(touches) + len(costs.by_campaign)].drop_duplicates().sort_values(_KEY, ignore_index=True)
    row = pd.MultiIndex.from_frame(known).get_indexer(pd.MultiIndex.from_frame(keys))
    of_touch, of_cost, of_line = np.split(row, np.cumsum([len(part) for part in parts])[:-1])
    table = _described(known, touches, of_touch, costs.by_campaign, of_cost, named_campaigns(window.view.book, touches))
    spend = costs.by_campaign["spend_amount"].astype("float64")
    table["spend_amount"] = spend.groupby(of_cost).sum(min_count=1).reindex(table.index)
    spent = pd.to_datetime(lines["last"]).reset_index(drop=True)
    spent = spent[of_line >= 0].groupby(of_line[of_line >= 0]).max()
    table["last"] = _last(table.pop("end_date"), touches["touched_at"].groupby(of_touch).max(), spent)
    return Listed(table, *np.split(of_touch, [len(won.touches)]))


def _told(found: Journeys) -> pd.DataFrame:
    """Return touches with the name of their channel."""
    names = np.array(found.channels, dtype=object)
    touches = found.touches[["touch_id", "touched_at", "campaign_id", "campaign_type"]]
    return touches.assign(channel=pd.Series(names[found.touches["channel"]], index=touches.index, dtype="str"))


def _keys_of_touches(touches: pd.DataFrame) -> pd.DataFrame:
    has = touches["campaign_id"].notna()
    return _keys(np.where(has, _BY_ID, _NONE), touches["campaign_id"].where(has, touches["channel"]))


def _keys_of_costs(costs: pd.DataFrame) -> pd.DataFrame:
    has, blank = costs["campaign_id"].notna(), pd.Series("", index=costs.index)
    second, third = (blank.where(has, costs[name].fillna("")) for name in ("channel", "campaign_type"))
    first = costs["campaign_id"].where(has, costs["campaign_name"])
    return _keys(np.where(has, _BY_ID, _BY_NAME), first, second, third)


def _keys(kind: Array, first: pd.Series, *others: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"kind": kind, "first": first.fillna("").to_numpy(dtype=object), "second": "", "third": ""})
    for name, values in zip(_KEY[2:], others, strict=False):
        table[name] = values.to_numpy(dtype=object)
    return table.astype({name: "str" for name in _KEY[1:]})


def _described(
    keys: pd.DataFrame, touches: pd.DataFrame, of_touch: Array, costs: pd.DataFrame, of_cost: Array, named: pd.DataFrame
) -> pd.DataFrame:
    """Return each campaign's id, name, channel, type and end date."""
    by_id, none = keys["kind"].eq(_BY_ID), keys["kind"].eq(_NONE)
    table = pd.DataFrame({"campaign_id": keys["first"].where(by_id)})
    own = named.reindex(table["campaign_id"]).set_axis(table.index)
    cost = costs[["campaign_name", "channel", "campaign_type"]].groupby(of_cost).min().reindex(table.index)
    types = touches["campaign_type"].groupby(of_touch).min().reindex(table.index)
    table["campaign_name"] = own["campaign_name"].fillna(cost["campaign_name"]).mask(none, NO_CAMPAIGN)
    table["channel"] = _most_common(touches["channel"], of_touch).reindex(table.index).fillna(cost["channel"])
    type = own["campaign_type"].fillna(types).fillna(cost["campaign_type"]).fillna(UNKNOWN)
    table["campaign_type"] = type.mask(none, NO_CAMPAIGN)
    text = ["campaign_id", "campaign_name", "channel", "campaign_type"]
    return table.astype(dict.fromkeys(text, "str")).assign(end_date=own["end_date"])


def _most_common(channel: pd.Series, of_touch: Array) -> pd.Series:
    """Return the channel of most touches of each row, the first by name among equals."""
    counts = channel.groupby([of_touch, channel]).size().rename_axis(["row", "channel"]).rename("n").reset_index()
    counts = counts.sort_values(["row", "n", "channel"], ascending=[True, False, True])
    return counts.drop_duplicates("row").set_index("row")["channel"]


def _last(end_date: pd.Series, touched: pd.Series, spent: pd.Series) -> pd.Series:
    """Return the later of the last touch and the planned end; the last day of costs where neither is known."""
    ends = pd.concat([end_date, touched.reindex(end_date.index)], axis=1)
    return ends.max(axis=1).fillna(spent.reindex(end_date.index))

"""Which campaigns there are: those touched or paid for lately enough, and, by channel, touches without any."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.journeys import Journeys
from revops.book import UNKNOWN
from revops.measures.attribution_comparison.campaigns.recorded import recorded
from revops.measures.attribution_comparison.costs import WindowCosts, spend_by_campaign
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
    """table: one row per campaign: campaign_id, campaign_name, channel, campaign_type, n_touches (on record by the
    day), spend_amount (its whole cost so far), last (the last day on which it did anything, or is planned to).
    of_touch, of_open: the row of each touch of won deals, and of open ones; -1 where its campaign is not listed.
    n_older: campaigns not listed, since they last did anything before `since`."""

    table: pd.DataFrame
    of_touch: Array
    of_open: Array
    n_older: int
    since: dt.date


def listed(window: Window, won: Journeys, still_open: Journeys, costs: WindowCosts) -> Listed:
    """Return every campaign that did anything since the first day whose spend is set against the window.

    Formula
        A campaign is its CRM id. A cost that matches none is a campaign of its own by name, channel and type. Touches
        without campaign are a row per channel. Listed: a touch on record or a day of cost at least lag_days before the
        window, or later. What is told of it then is all of it, whatever the day: touches, credit and cost.

    Limits
        The channel of a campaign is the one of most of its touches: where a campaign has several, campaigns add up to
        the total, not to each channel.
    """
    touches, day = recorded(window), pd.Timestamp(window.view.day)
    lines = costs.lines[pd.to_datetime(costs.lines["first"]) <= day]
    spend = spend_by_campaign(lines, dt.date.min, window.view.day)
    journeys = (found.touches.assign(channel=_channels(found)) for found in (won, still_open))
    parts = [_keys_of_touches(touches), _keys_of_costs(spend), *map(_keys_of_touches, journeys), _keys_of_costs(lines)]
    keys = pd.concat(parts, ignore_index=True)
    known = keys.iloc[: len(touches) + len(spend)].drop_duplicates().sort_values(_KEY, ignore_index=True)
    row = pd.MultiIndex.from_frame(known).get_indexer(pd.MultiIndex.from_frame(keys))
    of_record, of_cost, of_won, of_open, of_line = np.split(row, np.cumsum([len(part) for part in parts])[:-1])
    table = _described(known, touches, of_record, spend, of_cost, named_campaigns(window.view.book, touches))
    table["n_touches"] = np.bincount(of_record, minlength=len(table))
    table["spend_amount"] = spend["spend_amount"].groupby(of_cost).sum(min_count=1).reindex(table.index)
    spent = pd.to_datetime(lines["last"]).clip(upper=day).groupby(of_line).max()
    active = pd.concat([at.reindex(table.index) for at in (touches["touched_at"].groupby(of_record).max(), spent)],
                       axis=1).max(axis=1)  # fmt: skip
    table["last"] = pd.concat([table.pop("end_date"), active], axis=1).max(axis=1)
    since = window.since - dt.timedelta(days=costs.lag_days)
    kept = (active >= pd.Timestamp(since)).to_numpy()
    place = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
    n_older = int((~kept & known["kind"].ne(_NONE)).sum())
    return Listed(table[kept].reset_index(drop=True), place[of_won], place[of_open], n_older, since)


def _channels(found: Journeys) -> pd.Series:
    """Return the name of the channel of each touch."""
    names = np.array(found.channels, dtype=object)
    return pd.Series(names[found.touches["channel"]], index=found.touches.index, dtype="str")


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

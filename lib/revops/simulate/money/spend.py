"""What each ad campaign spent, month by month."""

from itertools import pairwise

import numpy as np
import pandas as pd

from revops.simulate.calendar import stream
from revops.simulate.market.campaigns import campaigns
from revops.simulate.model import World
from revops.simulate.money.months import month_starts

__all__ = ["CURRENCIES", "ad_spend", "spent_until"]

CURRENCIES = {"google_ads": "USD", "linkedin_ads": "USD", "meta_ads": "EUR"}
_MONTHLY = {  # in the first quarter, in the currency of the account; and the price of a click
    "Search | Brand": (1_800, 1.4), "Search | NonBrand | AMER": (4_200, 6.5), "Search | NonBrand | EMEA": (2_400, 5.2),
    "Display | Retargeting": (1_500, 0.9), "LI | ABM | Enterprise": (3_200, 11.0),
    "LI | Operations leaders": (2_600, 9.0), "LI | Retargeting": (1_100, 7.5), "Meta | Warehouse stories": (1_100, 1.8),
    "Meta | Retargeting": (700, 1.2),
}  # fmt: skip


def ad_spend(world: World) -> pd.DataFrame:
    """Return one row per ad campaign and month: campaign (row of campaigns), system, channel, name, month (first day),
    days, cents (of the account's currency), clicks, impressions, conversions (as the system claims them).
    """
    rng, plan = stream(world.seed, "ad spend"), world.plan
    frame, starts = campaigns(world), month_starts(world)
    ads = frame[frame["system"] != ""]
    rows = []
    for campaign, ad in ads.iterrows():
        base, click = _MONTHLY[ad["name"].rpartition(" | ")[0]]
        for month, after in pairwise(starts):
            if ad["start"] <= month < ad["end"]:
                quarter = int(world.calendar.index(np.array([month]))[0]) - plan.burn_in
                cents = round(100 * base * plan.growth**quarter * rng.uniform(0.85, 1.15))
                clicks = round(cents / 100 / click * rng.uniform(0.9, 1.1))
                seen = round(clicks / rng.uniform(0.006, 0.03))
                rows.append((campaign, month, after - month, cents, clicks, seen, round(clicks * 0.012)))
    columns = ["campaign", "month", "days", "cents", "clicks", "impressions", "conversions"]
    found = pd.DataFrame(rows, columns=columns)
    about = ads.loc[found["campaign"], ["system", "channel", "name"]].reset_index(drop=True)
    return found.join(about).sort_values(["month", "campaign"], kind="stable", ignore_index=True)


def spent_until(spend: pd.DataFrame, day: int) -> pd.DataFrame:
    """Return what was spent up to a day: of a month that still runs the part of its days."""
    shown = spend[spend["month"] <= day]
    part = np.minimum((day - shown["month"] + 1) / shown["days"], 1.0)
    counts = {
        name: np.floor(shown[name] * part).astype(np.int64)
        for name in ("cents", "clicks", "impressions", "conversions")
    }
    return shown.assign(**counts, last=np.minimum(shown["month"] + shown["days"] - 1, day))

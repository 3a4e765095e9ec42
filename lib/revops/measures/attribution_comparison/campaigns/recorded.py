"""The touches on record: of whomever, whether they count towards a deal or not."""

import numpy as np
import pandas as pd

from revops.analysis.journeys import Known, with_fallback
from revops.measures.attribution_comparison.window import Window

__all__ = ["recorded"]


def recorded(window: Window) -> pd.DataFrame:
    """Return every touch that was on record by the day, of people known by then, answered or not.

    Returns
        One row per touch, in order of time: touch_id, touched_at, campaign_id, campaign_type, channel. In a slice those
        of the people behind its deals. Of channels left out (without_channels) those with a campaign alone.
    """
    parts = [_of_part(window, known) for known in window.known]
    if len(parts) == 1:
        return parts[0]
    return pd.concat(parts).sort_values(["touched_at", "touch_id"], ignore_index=True)


def _of_part(window: Window, known: Known) -> pd.DataFrame:
    knobs = window.knobs
    people, found = with_fallback(known.people, knobs.account_fallback), known.touched
    table, text = found.table, found.text.take(found.table["row"]).reset_index(drop=True)
    text["touched_at"] = table["at"].to_numpy().astype("datetime64[us]")
    text["channel"] = table["channel"].astype("str").to_numpy()
    kept = (text["campaign_id"].notna() | ~text["channel"].isin(knobs.without_channels)).to_numpy()
    if window.only is not None:
        inside = known.state["opportunity_id"].isin(window.only).to_numpy()[people.deal]
        kept = kept & np.isin(table["person"].to_numpy(), people.person[inside])
    columns = ["touch_id", "touched_at", "campaign_id", "campaign_type", "channel"]
    return text.loc[kept, columns].astype({"channel": "str"}).reset_index(drop=True)

"""Costs of a window written by hand, for tests of what hangs on them."""

import datetime as dt

import pandas as pd

from revops.measures.attribution_comparison.costs import WindowCosts

NAMES = ["campaign_id", "campaign_name", "channel", "campaign_type"]


def window_costs(
    *costs: dict, margin: float = 0.8, most_cost: float | None = None, lag_days: float = 30
) -> WindowCosts:
    """Return what campaigns cost; each: campaign_id, campaign_name, channel, campaign_type, spend_amount, last."""
    rows = [
        {"campaign_name": None, "channel": None, "campaign_type": None, "campaign_id": None, **row} for row in costs
    ]
    table = pd.DataFrame(rows, columns=[*NAMES, "spend_amount", "last"])
    table = table.astype({**dict.fromkeys(NAMES, "str"), "spend_amount": "float64"})
    stamps = pd.to_datetime(table["last"]).fillna(pd.Timestamp("2026-04-01"))
    lines = table[NAMES].assign(system="crm", first=stamps, last=stamps, amount=table["spend_amount"])
    by_channel = table.groupby("channel", as_index=False)["spend_amount"].sum()
    return WindowCosts(
        lines, dt.date(2026, 1, 1), dt.date(2026, 5, 31), lag_days, by_channel, table[[*NAMES, "spend_amount"]], margin,
        "given", margin if most_cost is None else most_cost, pd.DataFrame(columns=["reason", "n", "amount"]),
    )  # fmt: skip

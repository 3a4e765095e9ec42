"""Campaigns: one after the other in each channel, what they cost, and how their links are tagged."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.market.channels import CHANNELS, place_of
from revops.simulate.model import World

__all__ = ["ADS", "campaign_of", "campaigns"]

ADS = {
    "Search | Brand": ("google_ads", "paid_search"),
    "Search | NonBrand | AMER": ("google_ads", "paid_search"),
    "Search | NonBrand | EMEA": ("google_ads", "paid_search"),
    "Display | Retargeting": ("google_ads", "retargeting"),
    "LI | ABM | Enterprise": ("linkedin_ads", "paid_social"),
    "LI | Operations leaders": ("linkedin_ads", "paid_social"),
    "LI | Retargeting": ("linkedin_ads", "retargeting"),
    "Meta | Warehouse stories": ("meta_ads", "paid_social"),
    "Meta | Retargeting": ("meta_ads", "retargeting"),
}
_TAGS = {
    "google_ads": ("google", "cpc"),
    "linkedin_ads": ("linkedin", "paid-social"),
    "meta_ads": ("facebook", "paid-social"),
}
_QUARTERLY = (
    # channel, name, how many a quarter, cost of one in the first quarter, source and medium of its links
    ("trade_show", ("Trade show {}: Intralogistics Forum", "Trade show {}: Warehouse Days"), 17_000, ("", "")),
    ("organic", ("Content {}: Picking guide", "Content {}: Benchmark report"), 2_200, ("google", "organic")),
    ("email_nurture", ("Nurture {}",), 900, ("newsletter", "email")),
    ("content_syndication", ("Syndication {}: Automation brief",), 7_500, ("techpress", "referral")),
    ("partner", ("Partner {}: Integrator program",), 4_000, ("", "")),
)
_TOPICS = ("Night shift without people", "Palletizing live", "From pilot to ten sites", "What a pick costs", "Safety")
_DAY = 86_400


def campaigns(world: World) -> pd.DataFrame:
    """Return one row per campaign: channel, name, system (of ads), start and end (days), cost (cents), source, medium,
    slug. Row number = campaign, in order of start.
    """
    rng = stream(world.seed, "campaigns")
    plan, calendar = world.plan, world.calendar
    rows: list[tuple[str, str, str, int, int, int, str, str]] = []
    for index in range(plan.burn_in - 5, plan.burn_in + plan.n_quarters + plan.after):
        first, after = (int(day) for day in calendar.starts[index : index + 2])
        growth = plan.growth ** max(index - plan.burn_in, 0)
        for channel, names, cost, tags in _QUARTERLY:
            for name in names:
                paid = round(cost * growth * rng.uniform(0.8, 1.25) / 50) * 5_000
                rows.append((channel, name.format(calendar.name(index)), "", first, after, paid, *tags))
        rows += _webinars(first, after, growth, rng)
        if calendar.name(index).endswith("Q1") or index == plan.burn_in - 5:
            year = calendar.name(index)[:4]
            end = next(int(calendar.starts[i]) for i in range(index + 1, index + 9) if calendar.name(i).endswith("Q1"))
            for name, (system, channel) in ADS.items():
                rows.append((channel, f"{name} | {year}", system, first, end, 0, *_TAGS[system]))
    columns = ["channel", "name", "system", "start", "end", "cost", "source", "medium"]
    frame = pd.DataFrame(rows, columns=columns).sort_values(["start", "name"], kind="stable", ignore_index=True)
    frame["slug"] = frame["name"].str.lower().str.replace(r"[^a-z0-9]+", "-", regex=True)
    return frame.assign(channel=frame["channel"].map(place_of))


def _webinars(first: int, after: int, growth: float, rng: np.random.Generator) -> list[tuple]:  # type: ignore[type-arg]
    """Return the three webinars of a quarter."""
    months = pd.date_range(np.datetime64(first, "D"), np.datetime64(after - 1, "D"), freq="MS")
    starts = [(month - pd.Timestamp(0)).days for month in months]
    rows = []
    for month, start, end in zip(months, starts, [*starts[1:], after], strict=True):
        topic = _TOPICS[int(rng.integers(len(_TOPICS)))]
        cost = round(2_400 * growth * rng.uniform(0.9, 1.1) / 50) * 5_000
        rows.append(("webinar", f"Webinar {month:%Y-%m}: {topic}", "", start, end, cost, "newsletter", "email"))
    return rows


def campaign_of(frame: pd.DataFrame, channel: Array, stamp: Array, rng: np.random.Generator) -> Array:
    """Return for each touch one of the campaigns of its channel that ran on its day."""
    found, day, part = np.full(len(channel), -1), stamp // _DAY, rng.random(len(channel))
    for place in range(len(CHANNELS)):
        mine = np.flatnonzero(channel == place)
        rows = frame[frame["channel"] == place]
        runs = (rows["start"].to_numpy() <= day[mine, None]) & (day[mine, None] < rows["end"].to_numpy())
        chosen = np.floor(part[mine] * runs.sum(axis=1)).astype(np.int64)
        column = ((np.cumsum(runs, axis=1) == chosen[:, None] + 1) & runs).argmax(axis=1)
        found[mine] = rows.index.to_numpy()[column]
    return found

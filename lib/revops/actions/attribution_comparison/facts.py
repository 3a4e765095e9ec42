"""What the first screen of the attribution comparison report may say."""

import numpy as np
import pandas as pd

from revops.analysis.people import owner_labels
from revops.book import UNASSIGNED
from revops.measures.attribution_comparison.result import AttributionResult
from revops.wording import channel_label, day, join

__all__ = [
    "by_verdict",
    "is_enough",
    "n_won",
    "named",
    "regret",
    "tested",
    "total_won",
    "unattributed",
    "when",
    "where",
]

_SHOWN = 3


def n_won(result: AttributionResult) -> int:
    """Return how many won deals of the window have touches."""
    return round(float(result.won.paths.values("wins").sum()))


def is_enough(result: AttributionResult) -> bool:
    """Return whether enough won deals have touches to say anything of channels."""
    return n_won(result) >= result.knobs.fewest_deals


def unattributed(result: AttributionResult) -> float:
    """Return the amount won that no model credits [company currency]."""
    return float(result.won.unattributed["amount"].sum())


def total_won(result: AttributionResult) -> float:
    """Return the amount won in the window, with touches and without [company currency]."""
    rows = result.won.found.reconciliation
    return float(rows.loc[rows["kind"].eq("won"), "amount"].sum())


def by_verdict(result: AttributionResult, verdict: str) -> pd.DataFrame:
    """Return the channels of one verdict by the models, most spend first; channels on few deals are not among them, nor
    those of which a test has told."""
    rows = result.decisions.by_channel
    rows = rows[rows["verdict"].eq(verdict) & ~rows["is_few"].astype(bool)]
    rows = rows[~rows["channel"].isin(tested(result)["channel"])]
    return rows.sort_values(["spend_amount", "channel"], ascending=[False, True], ignore_index=True)


def tested(result: AttributionResult, verdict: str | None = None) -> pd.DataFrame:
    """Return the last lift test of each channel that said keep or cut, one row a channel: it goes before any model.

    Parameters
        verdict : keep or cut; None = either
    """
    rows = result.lift[result.lift["verdict_by_test"].isin(["keep", "cut"])]
    last = rows.drop_duplicates("channel", keep="last").reset_index(drop=True)
    return last if verdict is None else last[last["verdict_by_test"].eq(verdict)].reset_index(drop=True)


def regret(result: AttributionResult, channel: str) -> tuple[float, float, float]:
    """Return what the wrong side would cost by the models: how far a channel's spend lies from the most that its credit
    may cost; least, middle and most [company currency]."""
    rows = result.decisions.by_model
    rows = rows[rows["channel"].eq(channel)]
    sizes = (rows["credited_amount"] * result.costs.most_cost - rows["spend_amount"]).abs().dropna()
    return (float(sizes.min()), float(np.median(sizes)), float(sizes.max())) if len(sizes) else (np.nan,) * 3


def named(rows: pd.DataFrame) -> str:
    """Return channels by name, the first few of many."""
    names = [channel_label(channel).lower() for channel in rows["channel"]]
    return join(names if len(names) <= _SHOWN + 1 else [*names[:_SHOWN], f"{len(names) - _SHOWN} more"])


def where(result: AttributionResult) -> str:
    """Return the slice in brackets, with a space before it; nothing for the company. Owners are told by number."""
    chosen = result.knobs.slice
    owners = [chosen["owner"]] if "owner" in chosen else []
    labels = owner_labels(result.view.owners, owners, show=False) | {UNASSIGNED: UNASSIGNED} if owners else {}
    parts = [labels[group] if by == "owner" else group for by, group in chosen.items()]
    return f" ({', '.join(parts)})" if parts else ""


def when(result: AttributionResult) -> str:
    """Return the days of the window: since its first, or from it to its last where that is past."""
    since, until = result.window.since, result.window.until
    first = f"{day(since)} {since.year}"
    return f"since {first}" if until >= result.view.day else f"from {first} to {day(until)} {until.year}"

"""One deal, touch by touch: what passed when, and what every rule credits each touch with."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from revops.analysis.credit import MILESTONES, touch_weights
from revops.errors import MeasureError
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.shared import named_campaigns, rules_of
from revops.measures.attribution_comparison.window import Window

__all__ = ["DealAudit", "deal_audit"]

Array = np.ndarray
_CHOSEN = "Of the won deals with two touches or more, the one whose amount the choice of rule moves most."
_ASKED = {"won": "Asked for by its id.", "lost": "Asked for by its id. It was lost: there is nothing to credit."}
_DIGITS = 12


@dataclass(frozen=True)
class DealAudit:
    """A deal and its touches.

    amount: company currency, NaN for a lost deal; kind: won or lost. touches: one row per touch, in order of time:
    touched_at, channel, campaign_name (null without campaign), person (Person 1 is who was touched first; never a
    name), days_before, milestones (of first, lead, opportunity, won, last: those attached to it), then one column per
    rule with the touch's share of the deal [0 to 1]. why: a sentence, why this deal is shown. share_moved: the largest
    share that changes channel between two rules, those named in `between` (NaN and none with fewer than two rules).
    """

    opportunity_id: str
    amount: float
    ended_at: pd.Timestamp
    kind: str
    touches: pd.DataFrame
    why: str
    share_moved: float
    between: tuple[str, ...]


def deal_audit(window: Window, won: Credited) -> DealAudit | None:
    """Return the touches of one deal with their credit under every rule; None where `auto` finds no deal to show.

    Question
        Why does the same deal count for one channel here and for another there?

    Parameters
        won : credit of the deals won in the window; knobs.deal names the deal, or is auto

    Formula
        auto: of the won deals with at least two touches, the one with the largest share moved x amount; the first by
        id among equals. Share moved = over pairs of rules the most of half the sum over channels of |credit under the
        one - credit under the other|.

    Raises
        MeasureError: a deal that is not among the journeys, with what it is instead.

    Limits
        Rules only: a Markov model has no split of a single deal.
    """
    rules = rules_of(won, window.knobs)
    paths, journeys = won.paths, won.found.journeys
    weights = np.array([touch_weights(paths, rule, knobs=window.knobs.credit) for rule in rules])
    if not rules:
        return None
    if window.knobs.deal != "auto":
        row = _asked(window, won)
        return _audit(window, won, row, rules, weights, _ASKED[journeys["kind"].iloc[row]])
    moved = _moved(won, weights).max(axis=0, initial=0)
    worth = np.round(moved, _DIGITS) * journeys["amount"].to_numpy()
    shown = journeys.assign(worth=worth)[(journeys["wins"] > 0).to_numpy() & (paths.lengths >= 2)]
    if shown.empty:
        return None
    row = shown.sort_values(["worth", "opportunity_id"], ascending=[False, True]).index[0]
    return _audit(window, won, int(row), rules, weights, _CHOSEN)


def _moved(won: Credited, weights: Array) -> Array:
    """Return the share of each journey's credit that changes channel between two rules [pair of rules x journey]."""
    paths, n = won.paths, len(won.channels)
    cells, cell = np.unique(paths.journey * n + paths.channel, return_inverse=True)
    credit = [np.bincount(cell, flat, len(cells)) for flat in weights]
    moved = [np.bincount(cells // n, np.abs(one - other) / 2, len(paths.journeys))
             for one, other in combinations(credit, 2)]  # fmt: skip
    return np.array(moved).reshape(len(moved), len(paths.journeys))


def _audit(window: Window, won: Credited, row: int, rules: tuple[str, ...], weights: Array, why: str) -> DealAudit:
    journey, at = won.found.journeys.iloc[row], won.paths.journey == row
    touches = won.found.touches[at].reset_index(drop=True)
    names = named_campaigns(window.view.book, touches)["campaign_name"]
    channels = np.array(won.channels, dtype=object)[touches["channel"]]
    person = pd.Series(pd.factorize(touches["person"])[0] + 1, dtype="str")
    table = pd.DataFrame({
        "touched_at": touches["touched_at"], "channel": pd.Series(channels, dtype="str"),
        "campaign_name": names.reindex(touches["campaign_id"]).reset_index(drop=True), "person": "Person " + person,
        "days_before": touches["days_before"], "milestones": _milestones(journey, len(touches)),
    })  # fmt: skip
    table = pd.concat([table, pd.DataFrame(weights[:, at].T, columns=list(rules))], axis=1)
    moved = np.round(_moved(won, weights)[:, row], _DIGITS)
    between = list(combinations(rules, 2))[int(moved.argmax())] if len(moved) else ()
    amount = float(journey["amount"]) if journey["wins"] else float("nan")
    return DealAudit(
        journey["opportunity_id"], amount, journey["ended_at"], journey["kind"], table, why,
        float(moved.max()) if len(moved) else float("nan"), between,
    )  # fmt: skip


def _milestones(journey: pd.Series, n: int) -> pd.Series:
    """Return by touch the milestones attached to it, such as `first, lead`."""
    places = [("first", 0), *((name, journey[name]) for name in MILESTONES), ("last", n - 1)]
    return pd.Series([", ".join(name for name, place in places if place == at) for at in range(n)], dtype="str")


def _asked(window: Window, won: Credited) -> int:
    """Return the row of the journey of the deal that was asked for, by its id in 15 or 18 characters."""
    asked = window.knobs.deal.strip()
    state = window.view.opportunities.set_index("opportunity_id", drop=False)
    id = asked[:15] if len(asked) == 18 and asked not in state.index and asked[:15] in state.index else asked
    rows = np.flatnonzero(won.found.journeys["opportunity_id"].eq(id))
    if not len(rows):
        found, advice = _instead(window, state, id)
        raise MeasureError(
            f"deal {asked[:60]}: must be a deal won or lost from {window.since} to {window.until} with touches that "
            f"count; found {found}. {advice}, or set deal to auto."
        )
    return int(rows[0])


def _instead(window: Window, state: pd.DataFrame, id: str) -> tuple[str, str]:
    """Return what a deal without a journey is, and what to do."""
    if id not in state.index:
        return f"no opportunity with this id on {window.view.day}", "Give its id as the CRM has it, capitals kept"
    deal, knobs, day = state.loc[id], window.knobs, pd.Timestamp(window.view.day)
    if window.only is not None and id not in window.only:
        told = ", ".join(f"{name}={value}" for name, value in knobs.slice.items())
        return f"that it is not in the slice {told}", "Choose a deal of the slice, or leave the slice empty"
    if deal["type"] not in window.view.company.quota_covers:
        covered = ", ".join(window.view.company.quota_covers)
        return f"that its type is {deal['type']}", f"Choose a deal of a type that the quota covers ({covered})"
    if deal["outcome"] == "open":
        return f"that it is open on {window.view.day}", "Choose a deal that has closed"
    closed = deal["close_date"]
    if pd.isna(closed) or closed > day:
        return f"that it is closed with the date {closed:%Y-%m-%d} to come", "Correct its close date in the CRM"
    if not pd.Timestamp(window.since) <= closed <= pd.Timestamp(window.until):
        return f"that it closed on {closed:%Y-%m-%d}", "Set period and quarters so that its close falls among them"
    if deal["outcome"] == "lost" and not knobs.lost_deals:
        return "that it was lost, and lost deals are left out", "Set lost_deals to true"
    return "that none of its people's touches counts", "Add its contact roles in the CRM, raise lookback_days"

"""One deal, touch by touch: what passed when, and what every rule credits each touch with."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from revops.analysis.credit import MILESTONES, Paths, touch_weights
from revops.analysis.journeys import Journeys, journeys_of
from revops.company import TYPES
from revops.errors import MeasureError
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.shared import named_campaigns, rules_of
from revops.measures.attribution_comparison.window import Window

__all__ = ["DealAudit", "deal_audit"]

Array = np.ndarray
_CHOSEN = "Of the won deals with two touches or more, the one whose amount the choice of rule moves most."
_ASKED = "Asked for by its id."
_DIGITS = 12


@dataclass(frozen=True)
class DealAudit:
    """A deal and its touches.

    amount: what the models credit of it [company currency]; NaN where it is not among the window's won deals with
    touches. kind: won, lost, open or undated (closed, by a date that has not come); ended_at: when it closed, else the
    day. touches: one row per touch that counts, in order of time: touched_at, channel, campaign_name (null without
    campaign), person (Person 1 is who was touched first; never a name), days_before, milestones (of first, lead,
    opportunity, won, last: those attached to it), then one column per rule with the touch's share of the deal [0 to 1].
    why: in sentences, why this deal is shown, and why no model credits it. share_moved: the largest share that changes
    channel between two rules, those named in `between` (NaN and none with fewer than two rules, or without touches).
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
        won : credit of the deals won in the window; knobs.deal names any opportunity, or is auto

    Formula
        auto: of the won deals with at least two touches, the one with the largest share moved x amount; the first by
        id among equals. Share moved = over pairs of rules the most of half the sum over channels of |credit under the
        one - credit under the other|.
        By id: any opportunity, whatever its type, slice and close; its touches up to its close, of an open one up to
        the day.

    Raises
        MeasureError: no opportunity has the id.

    Limits
        Rules only: a Markov model has no split of a single deal.
    """
    rules = rules_of(won, window.knobs)
    if window.knobs.deal != "auto":
        return _asked(window, won, rules)
    journeys = won.found.journeys
    if not rules or journeys.empty:
        return None
    moved = _moved(won.paths, _weights(window, won.paths, rules)).max(axis=0, initial=0)
    worth = np.round(moved, _DIGITS) * journeys["amount"].to_numpy()
    shown = journeys.assign(worth=worth)[(journeys["wins"] > 0).to_numpy() & (won.paths.lengths >= 2)]
    if shown.empty:
        return None
    first = shown.sort_values(["worth", "opportunity_id"], ascending=[False, True]).iloc[0]
    deal = _Deal(first["opportunity_id"], "won", first["ended_at"], first["amount"], _CHOSEN)
    return _audit(window, won.found, int(first.name), rules, deal)


@dataclass(frozen=True)
class _Deal:
    """What a deal is, before its touches."""

    id: str
    kind: str
    ended_at: pd.Timestamp
    amount: float
    why: str


def _asked(window: Window, won: Credited, rules: tuple[str, ...]) -> DealAudit:
    """Return the deal that was asked for, by its id in 15 or 18 characters."""
    asked = window.knobs.deal.strip()
    state = window.view.opportunities.set_index("opportunity_id", drop=False)
    id = asked[:15] if len(asked) == 18 and asked not in state.index and asked[:15] in state.index else asked
    if id not in state.index:
        raise MeasureError(
            f"deal {asked[:60]}: must be the id of an opportunity; found none with this id on {window.view.day}. Give "
            "its id as the CRM has it, capitals kept, or set deal to auto."
        )
    told = {"types": TYPES, "keep_open": True, "lost": True, "never_converted": "off"}
    knobs = window.knobs.journeys("close", None, window.view.day, **told)
    found = journeys_of(window.view, knobs, only=pd.Index([id]))
    fate, closed = found.deals.iloc[0], state.loc[id, "close_date"]
    is_closed = fate["kind"] != "open" and not pd.isna(closed)
    why = [_ASKED, *_not_credited(window, state.loc[id], fate["kind"])]
    credited = won.found.journeys[won.found.journeys["opportunity_id"].eq(id) & (won.found.journeys["wins"] > 0)]
    if found.journeys.empty and fate["kind"] != "undated":
        why.append(f"It has no touch that counts ({fate['reason']}): no model can credit it.")
    amount = float(credited["amount"].iloc[0]) if len(credited) else np.nan
    ended_at = closed if is_closed else pd.Timestamp(window.view.day)
    return _audit(window, found, 0, rules, _Deal(id, str(fate["kind"]), ended_at, amount, " ".join(why)))


def _not_credited(window: Window, deal: pd.Series, kind: str) -> list[str]:
    """Return in a sentence why a deal is not among the won ones of the window; none where it is."""
    closed, since, until = deal["close_date"], pd.Timestamp(window.since), pd.Timestamp(window.until)
    if kind == "open":
        return [f"It is open on {window.view.day}: no model credits it yet."]
    if kind == "undated":
        when = "no close date" if pd.isna(closed) else f"the close date {closed:%Y-%m-%d} to come"
        return [f"It is closed with {when}: no model credits it. Correct the date in the CRM."]
    if kind == "lost":
        return ["It was lost: there is nothing to credit."]
    if window.only is not None and deal["opportunity_id"] not in window.only:
        told = ", ".join(f"{name}={value}" for name, value in window.knobs.slice.items())
        return [f"It is not in the slice {told}: no model credits it in this report."]
    if deal["type"] not in window.view.company.quota_covers:
        return [f"Its type is {deal['type']}, which the quota does not cover: no model credits it in this report."]
    if not since <= closed <= until:
        return [f"It was won on {closed:%Y-%m-%d}, outside {since:%Y-%m-%d} to {until:%Y-%m-%d}: no model credits "
                "channels with it in these days."]  # fmt: skip
    return []


def _weights(window: Window, paths: Paths, rules: tuple[str, ...]) -> Array:
    """Return the share of its deal that each touch has [rule x touch]."""
    found = [touch_weights(paths, rule, knobs=window.knobs.credit) for rule in rules]
    return np.array(found, dtype=float).reshape(len(rules), len(paths.touches))


def _moved(paths: Paths, weights: Array) -> Array:
    """Return the share of each journey's credit that changes channel between two rules [pair of rules x journey]."""
    n, n_journeys = len(paths.channels), len(paths.journeys)
    cells, cell = np.unique(paths.journey * n + paths.channel, return_inverse=True)
    credit = [np.bincount(cell, flat, len(cells)) for flat in weights]
    moved = [np.bincount(cells // n, np.abs(one - other) / 2, n_journeys) for one, other in combinations(credit, 2)]
    return np.array(moved, dtype=float).reshape(len(moved), n_journeys)


def _audit(window: Window, found: Journeys, row: int, rules: tuple[str, ...], deal: _Deal) -> DealAudit:
    """Return a deal with the touches of its journey, which has this row; without any where there is no journey."""
    paths = Paths(found.journeys, found.touches, found.channels)
    weights, at = _weights(window, paths, rules), paths.journey == row
    touches = found.touches[at].reset_index(drop=True)
    names = named_campaigns(window.view.book, touches)["campaign_name"]
    channels = np.array(found.channels, dtype=object)[touches["channel"].to_numpy()]
    person = pd.Series(pd.factorize(touches["person"])[0] + 1).astype("str")
    milestones = _milestones(found.journeys.iloc[row : row + 1], len(touches))
    table = pd.DataFrame({
        "touched_at": touches["touched_at"], "channel": pd.Series(channels, dtype="str"),
        "campaign_name": names.reindex(touches["campaign_id"]).reset_index(drop=True), "person": "Person " + person,
        "days_before": touches["days_before"], "milestones": milestones,
    })  # fmt: skip
    table = pd.concat([table, pd.DataFrame(weights[:, at].T, columns=list(rules))], axis=1)
    pairs = list(combinations(rules, 2)) if len(touches) else []
    moved = np.round(_moved(paths, weights)[:, row], _DIGITS) if pairs else np.array([np.nan])
    between = pairs[int(moved.argmax())] if pairs else ()
    return DealAudit(
        deal.id, float(deal.amount), deal.ended_at, deal.kind, table, deal.why, float(moved.max()), between
    )


def _milestones(journey: pd.DataFrame, n: int) -> pd.Series:
    """Return by touch the milestones attached to it, such as `first, lead`."""
    known = [(name, place) for name in MILESTONES for place in journey[name]]
    places = [("first", 0), *known, ("last", n - 1)]
    return pd.Series([", ".join(name for name, place in places if place == at) for at in range(n)], dtype="str")

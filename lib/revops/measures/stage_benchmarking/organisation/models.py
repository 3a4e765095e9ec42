"""Three organisational models, and which way each piece of evidence points: it advises, it does not decree."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.organisation.stages import REVENUE_TOOLS
from revops.wording import count, money, plural

__all__ = ["MODELS", "Facts", "leaning", "models_of", "tallied"]

MODELS = {
    1: "Separate Marketing Ops and Sales Ops",
    2: "Unified RevOps with a Marketing Ops specialist",
    3: "Marketing Ops under the CMO, RevOps coordinates",
}
_TEAMS = ("marketing", "sales", "customer_success")
_BY_SIZE = (
    "Recurring revenue: below {unified_to} lean to one team, from {largest_from} on to Marketing Ops under the CMO"
)
_TYPES = {"model": "int64", "asks": "str", "rule": "str", "ours": "str", "points": "str", "source": "str"}
_RULES = (
    (1, "arr_to_roll_in", "Recurring revenue {roll_in_from} to {roll_in_to}: goes into RevOps", {"yes": "against"}),
    (1, "employees", "{many_employees} or more people", {"yes": "for", "no": "against"}),
    (1, "tools", "{martech_tools} or more tools: stays apart", {"yes": "for"}),
    (1, "campaigns", "{many_campaigns} or more campaigns a quarter: stays apart", {"yes": "for"}),
    (1, "mature", "Marketing is large and mature: stays apart", {"yes": "for"}),
    (1, "equity", "Backed by private equity: goes into RevOps", {"yes": "against"}),
    (1, "disputes", "Disputes over hand-off or attribution: goes into RevOps", {"yes": "against"}),
    (1, "alone", "Each team has one operations person: goes into RevOps", {"yes": "against"}),
    (2, "arr_band", _BY_SIZE,
     {"first": "for", "second": "for", "third": "against"}),
    (2, "equity", "Backed by private equity", {"yes": "for"}),
    (2, "disputes", "Disputes over hand-off or attribution", {"yes": "for"}),
    (2, "alone", "Each team has one operations person", {"yes": "for"}),
    (2, "tools", "{martech_tools} or more tools: Marketing Ops stays apart", {"yes": "against"}),
    (2, "campaigns", "{many_campaigns} or more campaigns a quarter: Marketing Ops stays apart", {"yes": "against"}),
    (2, "mature", "Marketing is large and mature: Marketing Ops stays apart", {"yes": "against"}),
    (2, "backs", "Whom leadership backs", {"revops": "for", "cmo": "against"}),
    (3, "arr_band", _BY_SIZE,
     {"first": "against", "third": "for"}),
    (3, "mature", "Marketing is large and mature", {"yes": "for", "no": "against"}),
    (3, "tools", "{martech_tools} or more tools: Marketing Ops stays apart", {"yes": "for"}),
    (3, "campaigns", "{many_campaigns} or more campaigns a quarter: Marketing Ops stays apart", {"yes": "for"}),
    (3, "staffed", "Both Marketing Ops and RevOps can be staffed", {"yes": "for", "no": "against"}),
    (3, "backs", "Whom leadership backs", {"cmo": "for", "revops": "against"}),
)  # fmt: skip
"""model, what of us it asks, the rule, and which way each answer points; other answers neither way."""


@dataclass(frozen=True)
class Facts:
    """What is known of the company; None or NaN: not known. dollars: recurring revenue a year [USD]. n_campaigns: in
    the last whole quarter. disputes: over the hand-off, as its acceptance and signal 3 tell (yes, no, not read);
    of attribution no data tell whether anybody disputes it."""

    dollars: float = np.nan
    employees: int | None = None
    n_tools: int | None = None
    n_campaigns: int | None = None
    private_equity: bool | None = None
    mature_marketing: bool | None = None
    leadership_backs: Literal["revops", "cmo"] | None = None
    ops_people: tuple[tuple[str, int], ...] = ()
    disputes: Literal["yes", "no", "not read"] = "not read"


def models_of(facts: Facts, knobs: Knobs) -> pd.DataFrame:
    """Return what speaks for and against each of three organisational models.

    Question
        Which way of organising operations does the evidence point to, and what do we not know?

    Returns
        One row per model x rule, in order: model (1 to 3, MODELS), asks (what of us, the same word for all models),
        rule, ours (in words), points (for, against, neither: the rule says nothing of an answer like ours; open: not
        known), source

    Source
        Jordan Rogers, RevenueTools, Marketing Operations vs. Revenue Operations: rules of a practitioner, each
        threshold a parameter (other_stages_arr, unified_arr, many_employees, martech_tools, many_campaigns).

    Limits
        All tools of the sheet count, not those of marketing alone: it does not say whose they are. Rules weigh the
        same; what weighs more is for people to say.
    """
    ours = _answers(facts, knobs)
    words = _thresholds(knobs)
    rows = []
    for model, key, rule, points in _RULES:
        answer, told = ours[key]
        pointing = "open" if answer is None else points.get(answer, "neither")
        rows.append((model, key, rule.format(**words), told, pointing, REVENUE_TOOLS))
    return pd.DataFrame(rows, columns=[*_TYPES]).astype(_TYPES)


def tallied(models: pd.DataFrame) -> pd.DataFrame:
    """Return how many rules point which way, one row per model: model, label, n_for, n_against, n_neither, n_open."""
    counts = pd.crosstab(models["model"], models["points"]).reindex(
        index=list(MODELS), columns=["for", "against", "neither", "open"], fill_value=0
    )
    counts.columns = [f"n_{name}" for name in counts.columns]
    counts.insert(0, "label", pd.Series(MODELS))
    return counts.rename_axis("model").reset_index().astype({"label": "str"})


def leaning(models: pd.DataFrame) -> int | None:
    """Return the model with most for it over against it, where one stands alone and more is for it than against."""
    told = tallied(models).set_index("model")
    net = told["n_for"] - told["n_against"]
    best = net[net.eq(net.max())]
    return int(best.index[0]) if len(best) == 1 and best.iloc[0] > 0 else None


def _answers(facts: Facts, knobs: Knobs) -> dict[str, tuple[str | None, str]]:
    """Return what each rule asks for, as an answer (None: not known) and in words."""
    revenue = "not known" if np.isnan(facts.dollars) else f"{money(facts.dollars, 'USD')} a year"
    low, high = knobs.unified_arr
    in_band = None if np.isnan(facts.dollars) else low <= facts.dollars < high
    place = int(np.searchsorted(knobs.other_stages_arr, facts.dollars, side="right"))
    return {
        "arr_to_roll_in": (_word(in_band), revenue),
        "arr_band": (None if np.isnan(facts.dollars) else ("first", "second", "third")[place], revenue),
        "employees": _at_least(facts.employees, knobs.many_employees, "people"),
        "tools": _at_least(facts.n_tools, knobs.martech_tools, "tools"),
        "campaigns": _at_least(facts.n_campaigns, knobs.many_campaigns, "campaigns"),
        "mature": _said(facts.mature_marketing),
        "equity": _said(facts.private_equity),
        "disputes": _disputes(facts.disputes),
        "alone": _alone(dict(facts.ops_people)),
        "staffed": _staffed(dict(facts.ops_people)),
        "backs": (facts.leadership_backs, {"revops": "RevOps", "cmo": "the CMO"}.get(facts.leadership_backs, _OPEN)),
    }  # fmt: skip


_OPEN = "not answered"


def _thresholds(knobs: Knobs) -> dict[str, str]:
    amounts = {"roll_in_from": knobs.unified_arr[0], "roll_in_to": knobs.unified_arr[1],
               "unified_to": knobs.other_stages_arr[0], "largest_from": knobs.other_stages_arr[1]}  # fmt: skip
    counts = {name: count(getattr(knobs, name)) for name in ("many_employees", "martech_tools", "many_campaigns")}
    return {name: money(amount, "USD") for name, amount in amounts.items()} | counts


def _word(answer: bool | None) -> str | None:
    return None if answer is None else "yes" if answer else "no"


def _said(answer: bool | None) -> tuple[str | None, str]:
    return _word(answer), _word(answer) or _OPEN


def _at_least(n: int | None, least: int, what: str) -> tuple[str | None, str]:
    return (None, "not known") if n is None else (_word(n >= least), f"{count(n)} {what}")


def _disputes(of_hand_off: str) -> tuple[str | None, str]:
    """Return whether there are disputes: yes by the hand-off alone; else open, as attribution is not read from data."""
    told = {"yes": "sales accepts too few MQLs", "no": "not over the hand-off; attribution cannot be read from data"}
    return ("yes" if of_hand_off == "yes" else None), told.get(of_hand_off, "not known")


def _alone(people: dict[str, int]) -> tuple[str | None, str]:
    """Return whether each of two or more teams has one operations person."""
    teams = {name: people[name] for name in _TEAMS if name in people}
    told = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in teams.items())
    return (_word(all(n == 1 for n in teams.values())), told) if len(teams) > 1 else (None, told or _OPEN)


def _staffed(people: dict[str, int]) -> tuple[str | None, str]:
    """Return whether marketing and RevOps both have operations people."""
    known = {name: people.get(name) for name in ("marketing", "revops")}
    words = {"marketing": "Marketing Ops", "revops": "RevOps"}
    told = ", ".join(
        f"{words[name]} {_OPEN if n is None else plural(n, 'person', 'people')}" for name, n in known.items()
    )
    if 0 in known.values():
        return "no", told
    return (None if None in known.values() else "yes"), told

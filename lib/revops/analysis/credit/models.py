"""Every model on one table with one total: rules, Shapley, Markov."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.credit.groups import Groups
from revops.analysis.credit.markov import HIGHEST_ORDER, markov
from revops.analysis.credit.paths import MILESTONES, Paths
from revops.analysis.credit.rules import RULES, credit, has_unknown_milestone, weights
from revops.analysis.credit.shapley import shapley_weights
from revops.errors import MeasureError, nearest

__all__ = [
    "LABELS",
    "MODELS",
    "SHARED",
    "CreditKnobs",
    "credit_by_model",
    "lacking",
    "model_name",
    "touch_weights",
    "unavailable",
    "unknown_milestones",
]

Array = np.ndarray
SHARED = (*RULES, "shapley")
"""Models that share each journey among its own touches."""
_MARKOV = tuple(f"markov_{order}" for order in range(1, HIGHEST_ORDER + 1))
MODELS = (*SHARED, *_MARKOV)
LABELS = {name: rule.label for name, rule in RULES.items()} | {"shapley": "Shapley"}
LABELS |= {name: f"Markov, order {name[-1]}" for name in _MARKOV}
"""What each model is called; `model_name` within a sentence."""
_ENDS_ONLY = ("first_touch", "last_touch", "last_non_direct")
"""The models that first and last conversions alone can feed."""
_NO_DIRECT = "channels named under direct in {knobs}"
"""What last non-direct touch needs: with none to pass over it is last touch under another name."""
_EVERY = "every touch, not first and last conversions alone"
_LOSSES = "lost deals, or people who never became one: without losses it is a share of journeys passed"


@dataclass(frozen=True)
class CreditKnobs:
    """half_life_days: of time decay. direct: channels that last non-direct passes over."""

    half_life_days: float = 7.0
    direct: tuple[str, ...] = ()


def model_name(model: str) -> str:
    """Return what a model is called within a sentence: `last touch`, `U-shaped (HubSpot)`, `Markov, order 1`."""
    label = LABELS[model]
    return label if label[1] == "-" or model == "shapley" or model in _MARKOV else label[0].lower() + label[1:]


def credit_by_model(
    paths: Paths, models: tuple[str, ...] = MODELS, *, knobs: CreditKnobs | None = None, by: Groups | None = None
) -> pd.DataFrame:
    """Return `credited_amount` and `credited_deals` of each channel under each model.

    Question
        How much does the choice of model decide?

    Parameters
        by : another grouping of touches, such as campaigns: models in SHARED only. Journeys are those of channels, so
            that the groups of a channel add up to it.

    Returns
        One row per model x channel, models as asked, channels sorted: model, channel (or the name of the grouping),
        credited_deals, credited_amount. Each model sums to all wins and their amount.

    Raises
        MeasureError: a model that is not known, or that these paths cannot have: time decay without days, Markov
        without a conversion, or by another grouping.
    """
    _check(models, by)
    tables = []
    for model in models:
        if model in SHARED:
            table = credit(paths, touch_weights(paths, model, knobs=knobs), by=by)
        else:
            table = markov(paths, _MARKOV.index(model) + 1).table[["channel", "credited_deals", "credited_amount"]]
        tables.append(table.assign(model=model))
    columns = {"model": "str", by.name if by else "channel": "str", "credited_deals": "float64",
               "credited_amount": "float64"}  # fmt: skip
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(columns))
    return table[list(columns)].astype(columns)


def touch_weights(paths: Paths, model: str, *, knobs: CreditKnobs | None = None) -> Array:
    """Return the share of its journey's credit that each touch has under one of the models in SHARED."""
    knobs = knobs or CreditKnobs()
    if model == "shapley":
        return shapley_weights(paths)
    return weights(paths, model, half_life_days=knobs.half_life_days, direct=knobs.direct)


def unavailable(paths: Paths) -> dict[str, str]:
    """Return the models that these paths cannot have, each with what it needs.

    Rules of a milestone that is known on no journey are among them, though `touch_weights` would give one: scaled to
    the milestones that are known, it would be another rule under their name. So are Markov models without any loss.
    """
    known = {mark: (paths.values(mark) >= 0).any() for mark in MILESTONES}
    needs = {}
    for name, rule in RULES.items():
        if unknown := [mark for mark in rule.marks if not known.get(mark, True)]:
            end = "; these journeys end when a deal is made" if "won" in unknown else ""
            needs[name] = f"the touch of {' and of '.join(unknown)}{end}"
    if not paths.is_timed:
        needs["time_decay"] = "days from each touch to the conversion"
    if not paths.values("wins").sum() > 0:
        needs |= dict.fromkeys(_MARKOV, "a conversion")
    elif not paths.values("losses").sum() > 0:
        needs |= dict.fromkeys(_MARKOV, _LOSSES)
    return needs


def lacking(
    paths: Paths, models: tuple[str, ...], *, direct: tuple[str, ...], has_only_ends: bool,
    knobs: str, no_wins: str = "deals won with touches",
) -> dict[str, str]:  # fmt: skip
    """Return which of some models cannot be had, in order, each with the first thing it needs.

    Parameters
        direct : channels that last non-direct passes over
        knobs : the file in which those are named
        has_only_ends : touches are first and last conversions alone (Journeys)
        no_wins : what is needed where nothing converted: then no model can be had
    """
    asked = [model for model in MODELS if model in models]
    if not paths.values("wins").sum() > 0:
        return dict.fromkeys(asked, no_wins)
    needs = unavailable(paths)
    if not set(direct) & set(paths.channels):
        needs["last_non_direct"] = _NO_DIRECT.format(knobs=knobs)
    if has_only_ends:
        needs |= {model: _EVERY for model in asked if model not in _ENDS_ONLY}
    return {model: needs[model] for model in asked if model in needs}


def unknown_milestones(paths: Paths) -> dict[str, float]:
    """Return for each rule of milestones the share of conversions on whose journey one of them is unknown.

    There its percent went to what is known (rules.weights). NaN without conversions.
    """
    wins = paths.values("wins")
    marked = [name for name, rule in RULES.items() if set(rule.marks) & set(MILESTONES)]
    return {name: float((has_unknown_milestone(paths, name) * wins).sum() / (wins.sum() or np.nan)) for name in marked}


def _check(models: tuple[str, ...], by: Groups | None) -> None:
    if unknown := [model for model in models if model not in MODELS]:
        raise MeasureError(f"Models of credit: they must be known; found {unknown[0]}. {nearest(unknown[0], MODELS)}")
    if by and (whole := [model for model in models if model not in SHARED]):
        raise MeasureError(
            f"Credit by {by.name}: the model must share each journey among its touches; found {whole[0]}. "
            f"Leave it out. Known: {', '.join(SHARED)}."
        )

"""Short names of models for rows of a chart, and which model stands in front."""

import pandas as pd

from revops import wording
from revops.analysis.credit import LABELS, MODELS, model_name
from revops.measures.attribution_comparison.credited import Credited

__all__ = ["channels_said", "headed", "model_label", "reference_of", "short_name_of"]

_HEADS = {
    "label": "channel",
    "n_deals": "deals",
    "n_touches": "touches",
    "n_models": "models",
    "n_keep": "models_that_keep",
    "held": "resamples_that_agree",
}
_SHORT = {
    "last_non_direct": "Last non-direct",
    "position_based": "Position based",
    "u_shaped": "U-shaped",
    "u_shaped_even": "U-shaped, even",
    "switch_off": "Switch-off logit",
}


def model_label(model: str) -> str:
    """Return a model's name, short enough for a row: `First touch`, `U-shaped`, `Markov 1`."""
    if model.startswith("markov_"):
        return f"Markov {model[-1]}"
    return _SHORT.get(model) or LABELS.get(model, model)


def short_name_of(model: str) -> str:
    """Return the same for a place within a sentence: `first touch`, `U-shaped`."""
    label = model_label(model)
    return model_name(model)[0] + label[1:]


def reference_of(won: Credited, model: str) -> str:
    """Return the model that stands in front: the one asked for, else the first that could be had."""
    had = won.models
    return model if model in had else next((known for known in (*MODELS, *had) if known in had), model)


def channels_said(labels: list[str], most: int = 6) -> str:
    """Return channels in words, so many by name: `A, B and 3 others`."""
    n_others = len(labels) - most
    others = [f"{n_others} other{'s' if n_others > 1 else ''}"] if n_others > 0 else []
    return wording.join([*labels[:most], *others])


def headed(data: pd.DataFrame, **heads: str) -> pd.DataFrame:
    """Return the data behind a chart under names that people read: those given, else the usual ones."""
    return data.rename(columns=_HEADS | heads)

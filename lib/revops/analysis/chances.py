"""The chance of each open deal to be won by the quarter's end: cells of past deals, each shrunk to the rest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln

from revops.analysis.same_day import PLACES
from revops.company import TYPES

__all__ = ["Cells", "cells_told", "codes_of", "fit_cells", "left_out_chances", "stages_of"]

Array = np.ndarray
_STRENGTHS = 2.0 ** np.arange(1, 10)
_PUSHES = 3


@dataclass(frozen=True)
class Cells:
    """A beta distribution of the chance in each cell: type x place x stalled or not x stage x pushes (0, 1, more).

    stages: the stages told apart, in order; a stage never seen has cells too, which know no more than its place.
    alpha, beta: by cell; both 0 in `alpha` where no past deal was ever won.
    """

    stages: pd.Index
    alpha: Array
    beta: Array

    def of(self, deals: pd.DataFrame) -> Array:
        """Return the cell of each deal (columns of same_day.open_on_day)."""
        return codes_of(deals, self.stages)

    def types(self, codes: Array) -> Array:
        """Return the number in TYPES of the opportunity type of cells."""
        return codes * len(TYPES) // len(self.alpha)

    @property
    def mean(self) -> Array:
        """Return the expected chance in each cell, in [0, 1]."""
        return self.alpha / (self.alpha + self.beta)


def fit_cells(past: pd.DataFrame) -> Cells:
    """Return the chances that past deals on the same day tell.

    Parameters
        past : SameDay.deals

    Formula
        Won over all, by type; within it by place, shrunk to the rest of the type; then by whether it is stalled; then
        by stage; then by how often it was pushed. The rest counts as many deals as make the cells of a level most
        likely (beta-binomial). Where no past deal was won, no deal will be.

    Source
        Gelman et al., Bayesian Data Analysis, chapter 5, for the shrinkage.
    """
    stages = stages_of(past)
    return cells_told(codes_of(past, stages), past["is_won"].to_numpy(dtype=bool), stages)


def stages_of(past: pd.DataFrame) -> pd.Index:
    """Return the stages that past deals tell apart, in order."""
    return pd.Index(past["stage_name"].unique()).sort_values()


def cells_told(codes: Array, won: Array, stages: pd.Index) -> Cells:
    """Return `fit_cells` of past deals by their cells (codes_of) and whether each was won. A stage that none of them
    was in changes no chance."""
    return Cells(stages, *_shrunk(_counts(codes, won, _shape(stages)), _shape(stages)))


def left_out_chances(past: pd.DataFrame) -> Array:
    """Return the chance of each past deal as the other quarters alone tell it; 0 where there are no others."""
    stages = stages_of(past)
    shape, codes, won = _shape(stages), codes_of(past, stages), past["is_won"].to_numpy(dtype=bool)
    total, told = _counts(codes, won, shape), np.zeros(len(past))
    period = pd.factorize(past["period"])[0]
    for number in range(period.max(initial=-1) + 1):
        inside = period == number
        others = total - _counts(codes[inside], won[inside], shape)
        if others.any():
            alpha, beta = _shrunk(others, shape)
            told[inside] = (alpha / (alpha + beta))[codes[inside]]
    return told


def _shape(stages: pd.Index) -> tuple[int, ...]:
    return len(TYPES), len(PLACES), 2, len(stages) + 1, _PUSHES


def codes_of(deals: pd.DataFrame, stages: pd.Index) -> Array:
    """Return the number of each deal's cell, counted through type, place, stalled, stage and pushes.

    Parameters
        deals : columns of same_day.open_on_day
        stages : stages_of
    """
    stage = stages.get_indexer(deals["stage_name"])
    parts = (
        pd.Index(TYPES).get_indexer(deals["type"]),
        pd.Index(PLACES).get_indexer(deals["place"]),
        deals["is_stalled"].to_numpy(dtype=int),
        np.where(stage < 0, len(stages), stage),
        deals["pushes"].to_numpy(dtype=int).clip(max=_PUSHES - 1),
    )
    return np.ravel_multi_index(parts, _shape(stages)) if len(deals) else np.zeros(0, dtype=int)


def _counts(codes: Array, won: Array, shape: tuple[int, ...]) -> Array:
    """Return how many were won, and how many not, in each cell."""
    n_cells = int(np.prod(shape))
    return np.stack([np.bincount(codes[kept], minlength=n_cells) for kept in (won, ~won)]).astype(float)


def _shrunk(counts: Array, shape: tuple[int, ...]) -> Array:
    """Return alpha and beta of each cell: its own wins and losses, and a prior from the rest of its parent cell."""
    found = counts.sum(axis=1, keepdims=True)
    if found[0] == 0:
        return np.stack([np.zeros(counts.shape[1]), np.ones(counts.shape[1])])
    found = np.add(found, [[1.0], [3.0]])
    for level in range(len(shape)):
        own = counts.reshape(2, int(np.prod(shape[: level + 1])), -1).sum(axis=2)
        found = own + _prior(own, np.repeat(found, shape[level], axis=1) - own)
    return found


def _prior(own: Array, rest: Array) -> Array:
    """Return the beta prior of each cell: the rate of the rest, worth fewer deals the more cells differ.

    How much they differ is where the cells' own wins and losses are most likely; that the rest is itself uncertain
    makes its rate worth less still.
    """
    rate = (rest[0] / rest.sum(axis=0)).clip(1e-4, 1 - 1e-4)
    worth = 1 / (1 / _STRENGTHS[:, None] + 1 / rest.sum(axis=0))
    priors = np.stack([worth * rate, worth * (1 - rate)], axis=1)
    seen = own.sum(axis=0) > 0
    shown, data = priors[:, :, seen], own[:, seen]
    likelihood = (betaln(*(shown + data).swapaxes(0, 1)) - betaln(*shown.swapaxes(0, 1))).sum(axis=1)
    return priors[int(likelihood.argmax())]

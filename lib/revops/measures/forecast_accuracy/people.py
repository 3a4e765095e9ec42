"""Owners and teams: each one's errors, own bias and signal, the same in the report of the company and of a slice."""

from collections.abc import Sequence

import pandas as pd

from revops.analysis.outlook import Subject
from revops.measures.forecast_accuracy.errors import accuracy, mase_scale
from revops.measures.forecast_accuracy.forecasts.frozen import Frozen, frozen
from revops.measures.forecast_accuracy.signal import off_signal
from revops.measures.forecast_accuracy.units import unit_bias

__all__ = ["people"]

_OF_PEOPLE = {"region", "team", "owner"}


def people(subject: Subject, found: Frozen, levels: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return by level the members that call: unit_bias, errors, and the signal from the shrunk range, one row each.

    Parameters
        found : all forecasts of the subject; levels : team, owner

    A slice by region, team or owner keeps what is said of its members among all of the company: whom a range names may
    not hang on which report is read.
    """
    knobs, slice = subject.knobs, subject.knobs.slice
    whole = found
    if slice and slice.keys() <= _OF_PEOPLE:
        whole = frozen(Subject(subject.view, knobs.model_copy(update={"slice": {}}))) or found
    tables = {}
    for level in levels:
        inside = set(found.at(knobs.horizon_weeks, level)["member"])
        table = _members(whole, level, subject)
        tables[level] = table[table["member"].isin(inside)].reset_index(drop=True)
    return tables


def _members(found: Frozen, level: str, subject: Subject) -> pd.DataFrame:
    """Return each member of a level."""
    knobs = subject.knobs
    rows = found.at(knobs.horizon_weeks, level)
    bias = unit_bias(rows, level=knobs.naming_level)
    shrunk = bias.rename(columns={"bias": "bias_rate", "low": "bias_low", "high": "bias_high"})
    signal = off_signal(rows, by=["member"], threshold=knobs.off_by, bias=shrunk)
    errors = accuracy(rows, ["member"], level=knobs.level, scale=_scale(found, rows))
    told = signal[["member", "n", "n_beyond", "direction", "signal", "chance_of_firing"]]
    told = told.rename(columns={"n": "n_looked_at"})
    renamed = {"bias_low": "bias_rate_low", "bias_high": "bias_rate_high", "n": "n_errors"}
    own = ["member", "n", "n_scaled", *(name for name in errors if name.startswith(("wape", "bias", "mape", "mase")))]
    return bias.merge(told, on="member", how="left").merge(errors[own].rename(columns=renamed), on="member", how="left")


def _scale(found: Frozen, rows: pd.DataFrame) -> pd.Series:
    """Return for each quarter and member what MASE divides by, from the member's own quarters before it."""
    names = [period.name for period in found.quarters.last]
    came = rows.pivot(index="period", columns="member", values="actual_amount").reindex(names)
    at = pd.MultiIndex.from_product([names, came.columns], names=["period", "member"])
    return pd.Series([mase_scale(came[member], before=name) for name, member in at], index=at, dtype="float64")

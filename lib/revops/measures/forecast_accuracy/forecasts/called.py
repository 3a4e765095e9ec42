"""What people called: from which source, by which step of the roll-up, and whether it is the company's."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.outlook import Subject
from revops.company import TYPES
from revops.errors import MeasureError
from revops.measures.forecast_accuracy.forecasts.known_calls import CATEGORIES
from revops.measures.forecast_accuracy.forecasts.quarters import Quarters
from revops.measures.forecast_accuracy.forecasts.steps import STEPS, called_by, callers
from revops.wording import plural

__all__ = ["ROLES", "Called", "called_of", "source_of"]

ROLES = tuple(CATEGORIES.values())
_FEWEST_OF_SHEET = 4
_MOST_CALLED = 0.8
_UNIT_OFF = 100.0


@dataclass(frozen=True)
class Called:
    """call: the category that is judged; caller: the step of the roll-up whose call it is; callers: steps.callers.
    forecasts: step of the roll-up, or category -> steps.called_by; no category where those who called book too little.
    """

    call: str
    caller: str
    callers: pd.Series
    forecasts: dict[str, pd.DataFrame]


def called_of(
    known: pd.DataFrame, quarters: Quarters, covers: Collection[str], owners: pd.DataFrame, source: str
) -> Called:
    """Return what was called by step of the roll-up and by category.

    Parameters
        known : known_calls.known_calls of all quarters
        source : source_of

    Raises
        MeasureError: the calls are in another unit than the bookings.
    """
    _refuse_another_unit(known, quarters, covers)
    roles = [role for role in ROLES if known["category"].eq(role).any()]
    shares = callers(known, quarters, covers, owners)
    whole = [step for step in STEPS if roles and not shares[step] < _MOST_CALLED]
    steps = {step: called_by(known, step, roles[0]) for step in whole}
    caller = next((step for step in reversed(STEPS) if len(steps.get(step, ()))), "rep")
    is_told = source == "history" or _is_whole(shares)
    forecasts = steps | {role: called_by(known, caller, role) for role in roles if is_told}
    return Called(roles[0] if roles else "commit", caller, shares, forecasts)


def source_of(subject: Subject, calls: pd.DataFrame, quarters: Quarters) -> str | None:
    """Return where the judged calls come from: sheet, history, or None where there are none."""
    book, wanted = subject.view.book, subject.knobs.calls
    rebuilt = book.has_history and "forecast_category" in book.audit.tracked
    if wanted == "history" or calls.empty:
        return "history" if rebuilt and wanted != "sheet" else None
    if wanted == "sheet" or not rebuilt:
        return "sheet"
    n_called = len({period.name for period in quarters.last} & set(calls["period"]))
    shares = callers(calls, quarters, subject.covers or TYPES, subject.view.owners)
    return "sheet" if n_called >= _FEWEST_OF_SHEET and _is_whole(shares) else "history"


def _refuse_another_unit(known: pd.DataFrame, quarters: Quarters, covers: Collection[str]) -> None:
    """Refuse calls that are in thousands or the like: nobody is a hundredfold off in a quarter's last week."""
    last = known[known["horizon_weeks"].eq(13) & known["category"].isin(ROLES[:2])]
    called = last.groupby(["period", "level"])["forecast_amount"].sum().unstack("level")
    ratios = called.div(quarters.booked(covers).replace(0.0, np.nan), axis=0).stack().dropna()
    middle = float(ratios.median()) if len(ratios) else 1.0
    if not _UNIT_OFF**-1 < middle < _UNIT_OFF:
        raise MeasureError(
            f"forecasts: calls must be in the company's currency; found {plural(len(ratios), 'sum')} of last-week "
            f"calls that are {middle:,.4g} times what was booked. Say the sheet's unit in company.yml, forecasts: unit."
        )


def _is_whole(shares: pd.Series) -> bool:
    """Return whether some step of the roll-up is of most that is booked; also where nothing is."""
    return not (shares < _MOST_CALLED).all()

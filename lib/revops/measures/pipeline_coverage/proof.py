"""What would have been told on this day of past quarters, held against what came."""

import numpy as np
import pandas as pd

from revops.analysis.backtest import backtest
from revops.analysis.landing import fit
from revops.analysis.outlook import Past, Subject, slice_draws
from revops.analysis.required import required_backtest
from revops.analysis.same_day import SameDay

__all__ = ["landing_told", "required_told"]


def landing_told(subject: Subject, past: Past) -> pd.DataFrame:
    """Return the landing's back-test: of the slice on its own past, where the subject is one and had begun."""
    knobs = subject.knobs

    def factors(before: SameDay) -> np.ndarray | None:
        return slice_draws(subject, before, fit(before, past.scales))

    told = backtest(
        past.company,
        past.periods,
        types=list(subject.covers),
        quotas=past.own_quotas,
        scales=past.scales,
        window=knobs.past_quarters,
        level=knobs.level,
        seed=knobs.seed,
        subject=past.own,
        subject_scales=past.own_scales,
        factors=factors if subject.is_slice else None,
    )
    return told[told["period"].isin(_begun(past))].tail(knobs.backtest_quarters).reset_index(drop=True)


def required_told(subject: Subject, past: Past) -> pd.DataFrame:
    """Return the back-test of required coverage; empty for a slice, whose yields are the company's."""
    knobs, covers = subject.knobs, subject.view.company.quota_covers
    common = {"window": knobs.past_quarters, "level": knobs.level, "seed": knobs.seed}
    periods = () if subject.is_slice else past.periods
    told = required_backtest(past.company, periods, types=covers, quotas=past.quotas, scales=past.scales, **common)
    return told.tail(knobs.backtest_quarters).reset_index(drop=True)


def _begun(past: Past) -> list[str]:
    """Return the past periods from the first on that had anything of the subject: open on the day, or booked."""
    sums = past.own.totals.drop(columns="type").groupby("period", sort=False).sum().ne(0).any(axis=1)
    return list(sums.index[sums.cummax()])

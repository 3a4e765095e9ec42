"""What people use today to say where a quarter lands: a figure, and a range where the method has one."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import t

from calibration.cases import COVERED, Case, Known

__all__ = ["RIVALS", "Told"]

Told = tuple[float, float, float]
"""Figure, low and high end of the 80 % range; NaN where there is none."""
_NONE = float("nan")


def crm_weighted(case: Case, known: Known) -> Told:
    """Bookings, and the amounts due in the quarter times the probability on their records."""
    due = _due(known)
    return _booked(known) + float((due * known.crm[due.index]).sum()), _NONE, _NONE


def third_of_open(case: Case, known: Known) -> Told:
    """Bookings, and a third of the open pipeline: three times coverage, read backwards."""
    return _booked(known) + float(_due(known).sum()) / 3, _NONE, _NONE


def yields_and_late_wins(case: Case, known: Known) -> Told:
    """Bookings, open pipeline at the pooled yield and the pooled late share of quota; t-range on past misses."""
    past, quota = known.past.sums(COVERED), case.quotas[case.target.name]
    quotas = past["period"].map(case.quotas)
    opened = past["open_amount"].sum()
    rate = past["won_from_open"].sum() / opened if opened > 0 else 0.0
    late = (past["won_from_other"] + past["won_from_new"]).sum() / quotas.sum()
    missed = (past["booked"] - past["booked_then"] - rate * past["open_amount"] - late * quotas) / quotas
    figure = _booked(known) + rate * float(_qualified(known).sum()) + late * quota
    return figure, *_t_range(figure, missed * quota)


def last_four(case: Case, known: Known) -> Told:
    """The mean of the last four quarters; t-range."""
    last = known.past.sums(COVERED)["booked"].tail(4)
    return float(last.mean()), *_t_range(float(last.mean()), last)


def a_year_ago(case: Case, known: Known) -> Told:
    """The same quarter of last year."""
    return float(known.past.sums(COVERED)["booked"].iloc[-4]), _NONE, _NONE


def independent_draws(case: Case, known: Known) -> Told:
    """Each deal won or not alone, at the rate by money of its type, place and stage; new wins of a past quarter."""
    rng, n_draws = np.random.default_rng(case.seed), 2000
    cells = ["type", "place", "stage_name"]
    now = known.deals[known.deals["type"].isin(COVERED)]
    past = known.past.deals[known.past.deals["type"].isin(COVERED)]
    sums = past.groupby(cells)[["won_amount", "amount"]].sum()
    overall = past["won_amount"].sum() / max(past["amount"].sum(), 1.0)
    rates = pd.Series(sums["won_amount"] / sums["amount"].where(sums["amount"] > 0), name="rate")
    rate = now.join(rates, on=cells)["rate"].fillna(overall).clip(0, 1).to_numpy()
    wins = rng.random((n_draws, len(now))) < rate
    totals = known.past.sums(COVERED)
    late = (totals["won_from_new"] / totals["period"].map(case.quotas)).to_numpy() * case.quotas[case.target.name]
    outcomes = _booked(known) + wins @ now["amount"].to_numpy() + rng.choice(late, n_draws)
    low, figure, high = np.quantile(outcomes, [0.1, 0.5, 0.9])
    return float(figure), float(low), float(high)


RIVALS: dict[str, Callable[[Case, Known], Told]] = {
    "CRM probabilities": crm_weighted,
    "open pipeline / 3": third_of_open,
    "yields and late wins, t-range": yields_and_late_wins,
    "mean of last four, t-range": last_four,
    "same quarter last year": a_year_ago,
    "independent draws by money": independent_draws,
}


def _booked(known: Known) -> float:
    return float(known.booked.reindex(COVERED).fillna(0).sum())


def _due(known: Known) -> pd.Series:
    """Return the amounts of open deals whose close date lies in the rest of the quarter, whatever their stage."""
    rows = known.deals[known.deals["type"].isin(COVERED) & known.deals["place"].isin(["due", "early"])]
    return rows["amount"]


def _qualified(known: Known) -> pd.Series:
    return known.deals.loc[known.deals["type"].isin(COVERED) & known.deals["place"].eq("due"), "amount"]


def _t_range(figure: float, values: pd.Series) -> tuple[float, float]:
    """Return the ends of an 80 % t-range for one more value beside those seen."""
    n = len(values)
    half = float(t.ppf(0.9, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n))
    return figure - half, figure + half

"""Stage probabilities as the past tells them, offered in place of the CRM's, with the proof that they are better."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.by_quarter import FEW, by_quarter, counts_by_quarter, worth_of
from revops.analysis.chances import fit_cells, left_out_chances
from revops.company import TYPES
from revops.measures.forecast_accuracy.deals.reliability import due_deals

__all__ = ["Recalibrated", "recalibrated"]

Array = np.ndarray
_NAN = float("nan")


@dataclass(frozen=True)
class Recalibrated:
    """table: one row per stage (see `recalibrated`). n, n_periods: deals and quarters of the proof. crm_brier,
    offered_brier: mean squared error of what the CRM told and of what the other quarters would have offered; gain:
    crm_brier - offered_brier, with its range by quarters. is_better: the range lies above 0."""

    table: pd.DataFrame
    n: int
    n_periods: int
    crm_brier: float
    offered_brier: float
    gain: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Return whether the offered probabilities are better beyond chance on quarters they have not seen."""
        return bool(self.low > 0)


def recalibrated(deals: pd.DataFrame, *, types: Collection[str] | None = None, level: float = 0.8) -> Recalibrated:
    """Return the probability each stage should be told: the chance of a due deal to be won by the quarter's end.

    Question
        Which probabilities should the CRM's stages have, and would the quarter have been told better with them?

    Parameters
        deals : as in `reliability`, with stage_name and win_probability (NaN where none was told)
        types : opportunity types; by default all

    Returns
        table, one row per stage of a due deal, sorted by name:
        stage_name
        crm_probability        median of what was told [0 to 1]
        won_share              won by the quarter's end / n [0 to 1]
        offered, low, high     what the past tells, shrunk, with the range of the stage's own chance [0 to 1]
        n, n_periods, is_few   due deals, quarters, fewer than 50: proves nothing

    Formula
        offered = mean of the beta distribution of analysis.chances.fit_cells by stage alone: its own wins and losses,
        and as many deals of the rest as make the stages most likely. Its range is that distribution with as many deals
        fewer as shared luck makes them worth less (`share_range`'s effective count). The proof tells each quarter by
        the others alone, on deals the CRM told a probability, and leaves out one quarter at a time (`by_quarter`).

    Limits
        Won by the quarter's end, not won ever: a CRM's probability usually means the latter, and is rightly higher
        early (see `ever_won`). Stages are not forced to rise: on a given day a late stage may hold what is stuck. At a
        nominal 80 %, 1,020 companies (lib/tests/calibration/deals.py): the range of a stage's chance held 82 %.
    """
    due = due_deals(deals, types).astype({"stage_name": "str"})
    plain = due.assign(type=TYPES[0], place="due", is_stalled=False, pushes=0)
    table = _stages(due, plain, level)
    known = due["win_probability"].notna().to_numpy()
    told, won = due["win_probability"].to_numpy(dtype=float), due["is_won"].to_numpy(dtype=float)
    one = np.zeros(int(known.sum()), dtype=int)
    period = due["period"][known]
    offered = left_out_chances(plain)
    parts = [np.ones(len(one)), *(np.square(chance - won)[known] for chance in (told, offered))]
    sums = np.hstack([counts_by_quarter(period, one, 1, part) for part in parts])
    if due["period"].nunique() < 2:
        sums = sums[:0]
    crm, ours = (_mean(sums, column) for column in (1, 2))
    low, high = by_quarter(sums, _gain, level=level)
    return Recalibrated(table, int(sums[:, 0].sum()), len(sums), crm, ours, crm - ours, float(low), float(high))


def _stages(due: pd.DataFrame, plain: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the table by stage."""
    from scipy.stats import beta

    names = pd.Index(np.sort(due["stage_name"].dropna().unique()))
    columns = {"crm_probability": ("win_probability", "median"), "won_share": ("is_won", "mean"),
               "n": ("is_won", "size"), "n_periods": ("period", "nunique")}  # fmt: skip
    table = due.groupby("stage_name", observed=True).agg(**columns).reindex(names).rename_axis("stage_name")
    cells = fit_cells(plain)
    of = cells.of(plain.drop_duplicates("stage_name").set_index("stage_name", drop=False).reindex(names))
    alpha, rest = cells.alpha[of], cells.beta[of]
    worth = np.array([_worth(due[due["stage_name"].eq(name)], level) for name in names])
    low, high = (beta.ppf(side, alpha * worth, rest * worth) for side in ((1 - level) / 2, (1 + level) / 2))
    found = table.assign(offered=alpha / (alpha + rest), low=low, high=high, is_few=table["n"] < FEW)
    order = ["crm_probability", "won_share", "offered", "low", "high", "n", "n_periods", "is_few"]
    return found[order].reset_index().astype({"stage_name": "str", "won_share": "float64"})


def _worth(deals: pd.DataFrame, level: float) -> float:
    """Return what share of its deals a stage's deals are worth, as quarters share their luck."""
    one = np.zeros(len(deals), dtype=int)
    won, n = (
        counts_by_quarter(deals["period"], one, 1, part)[:, 0] for part in (deals["is_won"].to_numpy(dtype=float), None)
    )
    return worth_of(won, n, level=level) / len(deals)


def _mean(sums: Array, column: int) -> float:
    return float(sums[:, column].sum() / sums[:, 0].sum()) if len(sums) else _NAN


def _gain(sums: Array) -> float:
    return _mean(sums, 1) - _mean(sums, 2)

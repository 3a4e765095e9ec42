"""Companies whose deals are told chances and slip: how often the ranges of what is said of them hold the truth.

Deals of a quarter share its luck, on the logit of being won and of slipping apart. The truth is that of all quarters
such a company could have, by integration over luck, not by simulation.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

from revops.analysis.ever_won import ever_won
from revops.measures.forecast_accuracy.deals.recalibrated import recalibrated
from revops.measures.forecast_accuracy.deals.reliability import commit_hits, reliability
from revops.measures.forecast_accuracy.deals.scores import scores
from revops.measures.forecast_accuracy.deals.slippage import slippage
from revops.periods import FiscalCalendar
from revops.ratios import share_interval

__all__ = ["held", "ranges"]

Array = np.ndarray
LUCK = (0.0, 0.15, 0.3, 0.5)
_TOLD = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
_COMMIT = 0.7
_PUSHES = np.array([0.6, 0.25, 0.15])
_STUCK = 0.5
_CALENDAR = FiscalCalendar(1)
_NOW = _CALENDAR.named("FY26-Q3")
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)


@dataclass(frozen=True)
class _Nature:
    """size: due deals a quarter, on average; slope, shift: of the true logit on the told one; luck: its sd by quarter;
    slips: logit of slipping of a deal never pushed; stages: shares of the chances told."""

    quarters: int
    size: float
    slope: float
    shift: float
    luck: float
    slips: float
    stages: Array
    amount_sd: float

    @property
    def chances(self) -> Array:
        """Return the true chance by luck (rows) and chance told (columns)."""
        return expit(self.shift + self.slope * logit(_TOLD) + self.luck * _NODES[:, None])

    @property
    def slipping(self) -> Array:
        """Return the chance of slipping by luck and number of pushes."""
        return expit(self.slips + _STUCK * np.arange(3) + self.luck * _NODES[:, None])


def ranges(seed: int) -> list[dict]:
    """Return the figures of one company with their 80 % ranges beside the truth: one row per figure."""
    rng = np.random.default_rng([seed, 23])
    nature = _Nature(
        int(rng.integers(6, 13)), float(np.exp(rng.uniform(np.log(15), np.log(200)))), rng.uniform(0.4, 1.3),
        rng.uniform(-0.8, 0.3), float(rng.choice(LUCK)), rng.uniform(-1.5, 0.5), rng.dirichlet(np.full(5, 4.0)),
        rng.uniform(0.5, 1.3),
    )  # fmt: skip
    found, truth = _said(_deals(nature, rng)), _truth(nature)
    won = ever_won(_lives(nature, rng), since=pd.Timestamp(_CALENDAR.before(_NOW, nature.quarters)[0].start),
                   calendar=_CALENDAR).iloc[0]  # fmt: skip
    found["ever_won_share"] = tuple(won[["ever_won_share", "low", "high"]])
    kinds = {"luck": f"{nature.luck:.2f}", "quarters": " 6 to 8" if nature.quarters < 9 else " 9 to 12",
             "deals": " 15 to 60" if nature.size < 60 else "60 to 200"}  # fmt: skip
    return [{"seed": seed, **kinds, "figure": name, "value": value, "low": low, "high": high, "truth": truth[name]}
            for name, (value, low, high) in found.items()]  # fmt: skip


def held(rows: list[dict]) -> pd.DataFrame:
    """Return how often the ranges held, by figure and kind of company, with the 95 % Monte Carlo interval, the mean
    width, and the share of companies for which there was none."""
    found, table = pd.DataFrame(rows), []
    for figure, all_of in found.groupby("figure", sort=False):
        parts = [("all", "", all_of)]
        parts += [(kind, value, part) for kind in ("luck", "quarters", "deals") for value, part in all_of.groupby(kind)]
        for kind, value, part in parts:
            known = part.dropna(subset=["low", "high"])
            inside = int(known["truth"].between(known["low"], known["high"]).sum())
            ends = share_interval(inside, len(known), level=0.95)
            width = (known["high"] - known["low"]).mean()
            table.append((figure, kind, value, 0.8, inside / max(len(known), 1), *ends, width,
                          1 - len(known) / len(part), len(part)))  # fmt: skip
    columns = ["figure", "kind", "value", "nominal", "observed", "low", "high", "width", "no_range", "companies"]
    return pd.DataFrame(table, columns=columns)


def _deals(nature: _Nature, rng: np.random.Generator) -> pd.DataFrame:
    """Return the due deals of all quarters, as both SameDay.deals and the rows of fates tell them."""
    quarter = np.repeat(np.arange(nature.quarters), rng.poisson(nature.size, nature.quarters).clip(min=1))
    n = len(quarter)
    stage, pushes = rng.choice(len(_TOLD), n, p=nature.stages), rng.choice(3, n, p=_PUSHES)
    luck = nature.luck * rng.standard_normal((2, nature.quarters))[:, quarter]
    won = rng.random(n) < expit(nature.shift + nature.slope * logit(_TOLD[stage]) + luck[0])
    slipped = rng.random(n) < expit(nature.slips + _STUCK * pushes + luck[1])
    amount = np.exp(9 + nature.amount_sd * rng.standard_normal(n))
    return pd.DataFrame({
        "period": quarter.astype(str), "opportunity_id": np.arange(n).astype(str), "stage_name": stage.astype(str),
        "pushes": pushes, "type": "new", "amount": amount, "place": "due", "is_won": won, "won_amount": amount * won,
        "win_probability": _TOLD[stage], "forecast_category": np.where(_TOLD[stage] > _COMMIT, "Forecast", "Pipeline"),
        "fate": np.where(slipped, "slipped", "lost"),
    })  # fmt: skip


def _lives(nature: _Nature, rng: np.random.Generator) -> pd.DataFrame:
    """Return deals as spans: they enter the middle stage in each quarter, and are decided within 150 days; those of
    the last quarters are open still."""
    quarter = np.repeat(np.arange(nature.quarters), rng.poisson(nature.size, nature.quarters).clip(min=1))
    n = len(quarter)
    starts = np.array([period.start for period in _CALENDAR.before(_NOW, nature.quarters)], dtype="datetime64[us]")
    began = starts[quarter] + rng.integers(0, 90, n).astype("timedelta64[D]")
    luck = nature.luck * rng.standard_normal(nature.quarters)[quarter]
    won = rng.random(n) < expit(nature.shift + luck)
    days = np.where(won, 20, 0) + rng.integers(1, 130, n)  # wins take longer
    decided, today = began + days.astype("timedelta64[D]"), np.datetime64(_NOW.start, "us")
    opened = pd.DataFrame({"first": began, "last": np.minimum(decided - np.timedelta64(1, "D"), today)})
    closed = pd.DataFrame({"first": decided, "last": today})[decided <= today]
    opened, closed = opened.assign(outcome="open"), closed.assign(outcome=np.where(won[closed.index], "won", "lost"))
    return pd.concat([opened, closed]).rename_axis("opportunity_id").reset_index().assign(
        stage_name="the middle", stage_order=1.0
    )  # fmt: skip


def _said(deals: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Return each figure with the ends of its range."""
    score, commit = scores(deals).iloc[0], commit_hits(deals).iloc[0]
    curve = reliability(deals).table.set_index("told").reindex(_TOLD)
    offered = recalibrated(deals).table.set_index("stage_name").reindex([str(n) for n in range(len(_TOLD))])
    slips = slippage(deals).set_index(["scope", "pushes"])
    columns = {"slipped_share": ("due", "all"), "slipped_share, pushed before": ("due", "1")}
    return {
        "calibration_slope": tuple(score[["calibration_slope", "slope_low", "slope_high"]]),
        "brier_skill": tuple(score[["brier_skill", "skill_low", "skill_high"]]),
        "commit_hit_rate": tuple(commit[["hit_rate", "low", "high"]]),
        "commit_hit_rate by amount": tuple(commit[["hit_rate_by_amount", "by_amount_low", "by_amount_high"]]),
        "won_share told 50 %": tuple(curve.loc[0.5, ["won_share", "low", "high"]]),
        "the same, Wilson alone": tuple(curve.loc[0.5, ["won_share", "wilson_low", "wilson_high"]]),
        "offered in place of 50 %": tuple(offered.loc["2", ["offered", "low", "high"]]),
        **{
            name: tuple(slips.loc[key, ["slipped_share", "slipped_low", "slipped_high"]])
            for name, key in columns.items()
        },
    }


def _truth(nature: _Nature) -> dict[str, float]:
    """Return the true figures: means over luck."""
    over = _WEIGHTS / _WEIGHTS.sum()
    chance, by_luck = over @ nature.chances, nature.chances @ nature.stages
    share = float(over @ by_luck)
    told_well = float(nature.stages @ (_TOLD**2 - 2 * _TOLD * chance + chance))
    of_quarter = over @ np.square(by_luck - share) + over @ (by_luck * (1 - by_luck)) / nature.size
    base = share * (1 - share) + of_quarter / (nature.quarters - 1)  # the other quarters' share strays by that much
    x = logit(_TOLD)

    def surprise(line: Array) -> float:
        told = line[0] + line[1] * x
        return -float(nature.stages @ (chance * log_expit(told) + (1 - chance) * log_expit(-told)))

    commit = _TOLD > _COMMIT
    hits = float(nature.stages[commit] @ chance[commit] / nature.stages[commit].sum())
    slipping = over @ nature.slipping
    return {
        "ever_won_share": float(over @ expit(nature.shift + nature.luck * _NODES)),
        "calibration_slope": float(minimize(surprise, [0.0, 1.0], tol=1e-10).x[1]), "brier_skill": 1 - told_well / base,
        "commit_hit_rate": hits, "commit_hit_rate by amount": hits, "won_share told 50 %": float(chance[2]),
        "the same, Wilson alone": float(chance[2]), "offered in place of 50 %": float(chance[2]),
        "slipped_share": float(_PUSHES @ slipping), "slipped_share, pushed before": float(slipping[1]),
    }  # fmt: skip

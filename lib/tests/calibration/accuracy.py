"""How often ranges of forecast accuracy hold what they are about, and how often chance alone raises the 15 % signal.

Companies of 4 to 16 quarters, made here: what a quarter books is a usual amount, growth, and a shock; the naive
forecast is the quarter before, the others foresaw part of the shock, with a bias and noise of their own. The truth is
what the same company would show over very many quarters.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.forecast_accuracy.errors import accuracy
from revops.measures.forecast_accuracy.signal import chance_table, off_signal
from revops.measures.forecast_accuracy.value_added import value_added
from revops.ratios import jackknife_ranges, share_interval

__all__ = [
    "KINDS",
    "STEPS",
    "forecasts",
    "held",
    "next_quarter_held",
    "say_all",
    "scored",
    "signals_by_chance",
    "truth",
]

Array = np.ndarray
STEPS = ("naive", "weighted", "final")
KINDS = ("normal", "skewed", "heavy tails", "runs")
_N_NATURES = 12
_LONG = 400_000
_N_QUARTERS = (4, 6, 8, 12, 16)
_MAPES = (0.05, 0.08, 0.10, 0.12, 0.15, 0.20)


def say_all(n: int, say: Callable[[str, pd.DataFrame], None]) -> None:
    """Say all tables, for `n` companies."""
    say("Forecast accuracy: the 80 % range held what the company shows in the long run", held(scored(n)))
    say("Forecast accuracy: the predictive 80 % range held the next quarter", next_quarter_held(n))
    say("The 15 % signal, raised for unbiased forecasters, and for one 15 % too high", signals_by_chance(4 * n))


@dataclass(frozen=True)
class _Nature:
    """One way to err: kind of noise, sd of shocks, growth a quarter; per step but the naive: share of the shock
    foreseen, bias, sd of its noise."""

    kind: str
    shock: float
    growth: float
    foreseen: tuple[float, float]
    bias: tuple[float, float]
    noise: tuple[float, float]


def nature(number: int) -> _Nature:
    """Return one of the natures: the kinds in turn, the rest drawn."""
    rng = np.random.default_rng([number, 23])
    weighted, final = rng.uniform(0.1, 0.5), rng.uniform(0.4, 0.9)
    bias = tuple(rng.choice([-0.1, 0.0, 0.05, 0.2], 2))
    return _Nature(KINDS[number % len(KINDS)], rng.uniform(0.1, 0.3), rng.uniform(0.97, 1.06), (weighted, final), bias,
                   tuple(rng.uniform(0.04, 0.15, 2)))  # fmt: skip


def forecasts(made: _Nature, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return what n quarters booked, and forecasts [n x steps], growth taken out."""
    shocks = rng.standard_normal(n + 1)
    if made.kind == "runs":
        for q in range(1, n + 1):
            shocks[q] = 0.5 * shocks[q - 1] + np.sqrt(0.75) * shocks[q]
    booked = np.exp(made.shock * shocks)
    told = [booked[:-1] / made.growth]
    for foreseen, bias, sd in zip(made.foreseen, made.bias, made.noise, strict=True):
        told.append((1 + bias) * np.exp(foreseen * made.shock * shocks[1:]) * (1 + sd * _noise(made.kind, n, rng)))
    return booked[1:], np.stack(told, axis=1)


def _noise(kind: str, n: int, rng: np.random.Generator) -> Array:
    """Return noise with mean 0 and sd 1."""
    if kind == "heavy tails":
        return rng.standard_t(4, n) / np.sqrt(2)
    if kind == "skewed":
        return (np.exp(0.6 * rng.standard_normal(n)) - np.exp(0.18)) / np.sqrt(np.exp(0.72) - np.exp(0.36))
    return rng.standard_normal(n)


def truth(number: int) -> pd.DataFrame:
    """Return by step of a nature, over very many quarters: wape, bias_rate, forecast_value_added."""
    booked, told = forecasts(nature(number), _LONG, np.random.default_rng([number, 29]))
    wape = np.abs(told - booked[:, None]).sum(axis=0) / booked.sum()
    bias = (told - booked[:, None]).sum(axis=0) / booked.sum()
    return pd.DataFrame({"category": STEPS, "wape": wape, "bias_rate": bias,
                         "forecast_value_added": np.r_[np.nan, -np.diff(wape)]})  # fmt: skip


def scored(n: int) -> pd.DataFrame:
    """Return one row per company, step and statistic: kind, quarters, planted, found, low, high."""
    pairs, quarters = _companies(n)
    wanted = ["company", "category"]
    found = accuracy(pairs, wanted)
    added = pd.concat(
        value_added(part, STEPS).rename(columns={"step": "category"}).assign(company=company)
        for company, part in pairs.groupby("company")
    )
    table = found.merge(added[[*wanted, "forecast_value_added", "low", "high"]], on=wanted, validate="one_to_one")
    planted = pd.concat([truth(number).assign(nature=number) for number in range(min(n, _N_NATURES))])
    table["nature"] = table["company"] % _N_NATURES
    table = table.merge(planted, on=["nature", "category"], suffixes=("", "_planted"), validate="many_to_one")
    rows = []
    for id, low, high in (("wape", "wape_low", "wape_high"), ("bias_rate", "bias_low", "bias_high"),
                          ("forecast_value_added", "low", "high")):  # fmt: skip
        part = table[table[f"{id}_planted"].notna()]
        rows.append(pd.DataFrame({
            "id": id, "company": part["company"], "step": part["category"], "quarters": quarters[part["company"]],
            "kind": [KINDS[number % len(KINDS)] for number in part["nature"]], "planted": part[f"{id}_planted"],
            "found": part[id], "low": part[low], "high": part[high],
        }))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _companies(n: int) -> tuple[pd.DataFrame, Array]:
    """Return the pairs of n companies, and how many quarters each has."""
    quarters, parts = np.array([_N_QUARTERS[(i // _N_NATURES) % len(_N_QUARTERS)] for i in range(n)]), []
    for company, count in enumerate(quarters):
        made, rng = nature(company % _N_NATURES), np.random.default_rng([company, 31])
        booked, told = forecasts(made, count, rng)
        size = 1e6 * made.growth ** np.arange(count)
        for step, name in enumerate(STEPS):
            parts.append(pd.DataFrame({
                "period": [f"Q{q:02d}" for q in range(count)], "category": name, "company": company,
                "forecast_amount": size * told[:, step], "actual_amount": size * booked,
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True), quarters


def held(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how often each 80 % range held the planted value: by step; and, the naive step left out (its error is in
    part that of the quarter before, with the other sign), over all, by kind of noise, by quarters. The Monte Carlo
    interval counts companies: steps of one company are not independent."""
    inside = rows["planted"].between(rows["low"], rows["high"]).astype(float)
    table = []
    for id, part in rows.groupby("id", sort=False):
        told = part[part["step"].ne(STEPS[0])]
        groups = [("step", step, part[part["step"].eq(step)]) for step in STEPS if part["step"].eq(step).any()]
        groups += [("all", "", told), *(("kind", kind, told[told["kind"].eq(kind)]) for kind in KINDS)]
        groups += [("quarters", str(count), some) for count, some in told.groupby("quarters")]
        for by, value, some in groups:
            n = some["company"].nunique()
            observed = float(inside[some.index].mean())
            table.append((id, by, value, 0.8, observed, *share_interval(round(observed * n), n, level=0.95), n))
    return pd.DataFrame(table, columns=["id", "by", "value", "nominal", "observed", "low", "high", "companies"])


def next_quarter_held(n: int) -> pd.DataFrame:
    """Return how often the predictive 80 % range of a company's past held the next quarter's own error rates."""
    rows = []
    for count in _N_QUARTERS:
        parts, came = [], []
        for company in range(n):
            made, rng = nature(company % _N_NATURES), np.random.default_rng([company, count, 37])
            booked, told = forecasts(made, count + 1, rng)
            error = told[:, -1] - booked
            parts.append(np.stack([np.abs(error), error, booked], axis=1)[:-1])
            came.append((abs(error[-1]) / booked[-1], error[-1] / booked[-1]))
        groups = np.repeat(np.arange(n), count)
        for place, id in enumerate(("wape", "bias_rate")):
            sums = np.concatenate(parts)[:, [place, 2]]
            _, low, high = jackknife_ranges(lambda s: s[:, 0] / s[:, 1], sums, groups, n, positive=id == "wape",
                                            predictive=True)  # fmt: skip
            inside = int(np.sum((low <= np.array(came)[:, place]) & (np.array(came)[:, place] <= high)))
            rows.append((id, count, 0.8, inside / n, *share_interval(inside, n, level=0.95), n))
    return pd.DataFrame(rows, columns=["id", "quarters", "nominal", "observed", "low", "high", "companies"])


def signals_by_chance(n: int) -> pd.DataFrame:
    """Return how often each signal is raised for n unbiased normal forecasters of each MAPE, by their last 4 quarters,
    beside the exact chance that 3 of 4 are beyond 15 % the same way; and for n who are truly 15 % too high."""
    rows = []
    for number, (mape, bias) in enumerate([*((mape, 0.0) for mape in _MAPES), (0.08, 0.15)]):
        rng = np.random.default_rng([number, 41])
        error = bias + mape * np.sqrt(np.pi / 2) * rng.standard_normal(n * 4)
        pairs = pd.DataFrame({"period": np.tile(["Q1", "Q2", "Q3", "Q4"], n), "member": np.repeat(np.arange(n), 4),
                              "forecast_amount": 100 * (1 + error), "actual_amount": 100.0})  # fmt: skip
        found = off_signal(pairs, by=["member"])
        same = (found[["n_over", "n_under"]].max(axis=1) >= 3).mean()
        shares = found["signal"].value_counts(normalize=True)
        exact = chance_table([mape])["most_same_way"][0] if bias == 0 else np.nan
        rows.append(
            (mape, bias, exact, same, *(shares.get(name, 0.0) for name in ("red", "amber", "noise", "none")), n)
        )
    return pd.DataFrame(rows, columns=["mape", "bias", "exact", "same_way", "red", "amber", "noise", "none", "units"])

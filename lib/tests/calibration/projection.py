"""The range of the open quarter from past calls, on simulated histories of calls and actuals, beside other ranges."""

import numpy as np
import pandas as pd

from revops.measures.forecast_accuracy.projection import project, projection_backtest, range_failed

__all__ = ["KINDS", "OURS", "held", "history", "ranges"]

Array = np.ndarray
KINDS = ("steady", "heavy tails", "skewed", "shared luck", "drifting", "few deals")
OURS = "t on logs (ours)"
_LEVEL = 0.8
_TAIL = (1 - _LEVEL) / 2


def history(seed: int) -> tuple[pd.DataFrame, str]:
    """Return calls and actuals of 5 to 17 quarters, the last the open one, and the kind.

    Companies grow by -5 to 10 % a quarter with a season; calls are too large or small by a factor of 0.7 to 1.4 and
    stray by 5 to 35 % of the log: normal, with heavy tails (t, 3 degrees), skewed (gamma), correlated from quarter to
    quarter (0.4), drifting by 3 % a quarter, or because few large deals (3 to 15 a quarter) make the quarter.
    """
    rng = np.random.default_rng([seed, 29])
    kind, n = KINDS[seed % len(KINDS)], 5 + seed // len(KINDS) % 13
    spread, factor = rng.uniform(0.05, 0.35), rng.uniform(0.7, 1.4)
    usual = 1e6 * (1 + rng.uniform(-0.05, 0.1)) ** np.arange(n) * (1 + 0.2 * np.sin(np.pi / 2 * np.arange(n)))
    brought = usual * _luck(kind, n, spread, rng)
    call = factor * usual
    table = pd.DataFrame({"period": [f"Q{i:02d}" for i in range(n)], "forecast_amount": call, "actual_amount": brought})
    return table, kind


def _luck(kind: str, n: int, spread: float, rng: np.random.Generator) -> Array:
    """Return what came over what was usual."""
    normal = rng.standard_normal(n)
    if kind == "few deals":
        deals = rng.uniform(3, 15)
        return np.array([rng.lognormal(-0.18, 0.6, k).sum() / deals for k in rng.poisson(deals, n)])
    if kind == "skewed":
        return rng.gamma(spread**-2.0, spread**2.0, n)
    if kind == "heavy tails":
        return np.exp(spread * rng.standard_t(3, n) / 3**0.5)
    if kind == "shared luck":
        for i in range(1, n):
            normal[i] = 0.4 * normal[i - 1] + (1 - 0.4**2) ** 0.5 * normal[i]
    return np.exp(spread * normal + (0.03 * np.arange(n) if kind == "drifting" else 0))


def ranges(seed: int) -> list[dict]:
    """Return the 80 % range of one open quarter by each method, its interval score over the actual, and whether the
    back-test of its past quarters failed."""
    table, kind = history(seed)
    past, now = table.iloc[:-1], table.iloc[-1]
    told = project(past, now["forecast_amount"], booked=0.0, level=_LEVEL)
    failed = range_failed(projection_backtest(past, level=_LEVEL), level=_LEVEL)
    ratios = np.sort(past["actual_amount"] / past["forecast_amount"])
    ends = {OURS: (told.conservative / told.call, told.optimistic / told.call), **_rivals(ratios)}
    actual = now["actual_amount"] / now["forecast_amount"]
    rows = []
    for method, (low, high) in ends.items():
        missed = max(low - actual, 0) + max(actual - high, 0)
        rows.append({"seed": seed, "kind": kind, "n": len(past), "method": method, "is_inside": low <= actual <= high,
                     "score": (high - low + missed / _TAIL) / told.ratio, "has_failed": failed})  # fmt: skip
    return rows


def _rivals(ratios: Array) -> dict[str, tuple[float, float]]:
    """Return conformal ranges of the next ratio: equal tails, around the ratios' own centre, and jackknife+."""
    n, found = len(ratios), {}
    tail, rank = int((n + 1) * _TAIL + 1e-9), int(np.ceil((n + 1) * _LEVEL - 1e-9))
    if tail:
        found["equal tails"] = ratios[tail - 1], ratios[n - tail]
    if rank <= n:
        centre = np.median(ratios)
        away = np.sort(np.abs(ratios - centre))[rank - 1]
        found["around own centre"] = centre - away, centre + away
        centres = np.array([np.median(np.delete(ratios, i)) for i in range(n)])
        aways = np.abs(ratios - centres)
        found["jackknife+"] = np.sort(centres - aways)[n - rank], np.sort(centres + aways)[rank - 1]
    return found


def held(rows: list[dict]) -> pd.DataFrame:
    """Return by kind and by past quarters, for each method: how often its 80 % range held, the Monte Carlo error, and
    the mean and median interval score over the usual outcome; by kind also how often the back-test called ours failed.

    The last column is our mean score on the same histories: methods are told only where they have a range.
    """
    table = pd.DataFrame(rows)
    table["few"] = np.select([table["n"] < 6, table["n"] < 9], ["4 to 5", "6 to 8"], "9 to 16")
    ours = table[table["method"].eq(OURS)].set_index("seed")["score"]
    table["our_score"] = table["seed"].map(ours)
    lines = []
    for column, word in (("kind", ""), ("few", "past quarters ")):
        for (value, method), part in table.groupby([column, "method"]):
            share = part["is_inside"].mean()
            lines.append({"histories of": f"{word}{value}", "method": method, "nominal": _LEVEL, "held": share,
                          "two_se": 2 * (share * (1 - share) / len(part)) ** 0.5, "score": part["score"].mean(),
                          "median": part["score"].median(), "our score": part["our_score"].mean(),
                          "called failed": part["has_failed"].mean() if method == OURS else np.nan,
                          "histories": len(part)})  # fmt: skip
    return pd.DataFrame(lines)

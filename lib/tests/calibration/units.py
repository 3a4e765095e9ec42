"""Owners and teams whose calls are planted: honest ones named, biased ones found, ranges held."""

import numpy as np
import pandas as pd

from revops.measures.forecast_accuracy.units import unit_bias

__all__ = ["KINDS", "company_pairs", "found", "members"]

Array = np.ndarray
KINDS = ("all honest", "half of both kinds", "half optimists", "most optimists", "15 % either way", "teams of people")
_SHOCKS = (0.0, 0.1, 0.3)
_DEALS = (1.5, 6.0, 25.0, np.inf)
_FACTORS = (0.72, 1.38)
_CALL_NOISE = 0.15


def members(seed: int) -> list[dict]:
    """Return what unit_bias says of each member of one company, beside the planted bias and the kind of company."""
    pairs, factors, traits = company_pairs(seed)
    told = unit_bias(pairs).dropna(subset="low")
    truth = 1 - 1 / factors[told["member"]].to_numpy()
    named = told["finding"].map({"sandbagging": -1, "optimism": 1, "": 0}).to_numpy()
    weight = told["forecast_amount"].to_numpy()
    whole = {"whole": float((truth * weight).sum() / weight.sum()), "overall_low": told["overall_low"],
             "overall_high": told["overall_high"]}  # fmt: skip
    table = told[["member", "bias", "raw_bias", "low", "high"]]
    return table.assign(truth=truth, named=named, seed=seed, **whole, **traits).to_dict("records")


def company_pairs(seed: int) -> tuple[pd.DataFrame, pd.Series, dict]:
    """Return one company's calls and actuals, the factor by which each member's calls are too large, and its kind.

    2 to 30 members (half of the companies 2 to 7) of different sizes, 3 to 12 quarters, a fifth of the members join
    later; actuals are a Poisson number of log-normal deals (1.5, 6 or 25 a quarter), or log-normal at once; all share
    a quarter's shock (sd 0, 0.1 or 0.3 of the log). Calls are factor x what was to be expected, give or take 15 %.
    Of "teams of people" there are 4 to 8, of 3 to 6 people, over 11 quarters; a third of them calls closed + 0.72 x
    what is still to come, a third + 1.38 x; 10 to 40 % is closed. Their truth is on the whole call.
    """
    rng = np.random.default_rng([seed, 23])
    kind, shock, deals = KINDS[seed % 6], _SHOCKS[seed // 6 % 3], _DEALS[seed // 18 % 4]
    n_quarters, n_members = int(rng.integers(3, 13)), int(rng.integers(2, 31 if rng.random() < 0.5 else 8))
    if kind == "teams of people":
        n_quarters, n_members = 11, int(rng.integers(4, 9))
    shape = n_members, n_quarters
    factors = _factors(kind, n_members, rng)
    people = rng.integers(3, 7, n_members) if kind == "teams of people" else np.ones(n_members)
    expected = (people * np.exp(0.5 * rng.standard_normal(n_members)))[:, None] * np.exp(
        0.2 * rng.standard_normal(shape)
    )
    call = factors[:, None] * expected * np.exp(_CALL_NOISE * rng.standard_normal(shape) - _CALL_NOISE**2 / 2)
    mean = expected * np.exp(shock * rng.standard_normal(n_quarters) - shock**2 / 2)
    actual = _booked(mean, deals, rng)
    start = np.where(rng.random(n_members) < 0.2, rng.integers(0, max(n_quarters - 2, 1), n_members), 0)
    row, quarter = np.nonzero(np.arange(n_quarters) >= start[:, None])
    pairs = pd.DataFrame({"period": [f"Q{q:02d}" for q in quarter], "member": [f"member {i:02d}" for i in row],
                          "forecast_amount": 1e5 * call[row, quarter],
                          "actual_amount": 1e5 * actual[row, quarter]})  # fmt: skip
    names = [f"member {i:02d}" for i in range(n_members)]
    traits = {"kind": kind, "shock": shock, "deals": deals, "quarters": n_quarters, "members": n_members}
    return pairs, pd.Series(factors, names), traits


def _factors(kind: str, n: int, rng: np.random.Generator) -> Array:
    """Return by how much each member's calls are too large; 1 is honest."""
    factors, half = np.ones(n), n // 2
    if kind == "half of both kinds":
        factors[:half] = rng.choice(_FACTORS, half)
    elif kind == "half optimists":
        factors[:half] = _FACTORS[1]
    elif kind == "most optimists":
        factors[: n - max(1, n // 5)] = _FACTORS[1]
    elif kind == "15 % either way":
        factors = rng.choice([1 / 1.15, 1.0, 1.15], n)
    elif kind == "teams of people":
        closed = rng.uniform(0.1, 0.4)
        factors = closed + (1 - closed) * rng.permutation(np.resize([_FACTORS[0], 1.0, _FACTORS[1]], n))
    return factors


def _booked(mean: Array, deals: float, rng: np.random.Generator) -> Array:
    """Return what came: `deals` log-normal deals in a member's quarter of mean 1, or a log-normal sum where endless."""
    if np.isinf(deals):
        return mean * np.exp(0.25 * rng.standard_normal(mean.shape) - 0.25**2 / 2)
    count, sd = rng.poisson(deals * mean), np.log1p(rng.uniform(0.4, 1.1) ** 2) ** 0.5
    size = np.exp(sd * rng.standard_normal(count.sum()) - sd**2 / 2) / deals
    cell = np.repeat(np.arange(count.size), count.ravel())
    return np.bincount(cell, size, minlength=count.size).reshape(mean.shape)


def found(rows: list[dict]) -> pd.DataFrame:
    """Return by kind of company: how many honest members were named (at most 5 %), how often the 95 % ranges held, of
    members and of the whole, and which share of planted optimists, sandbaggers and of those 15 % off was found.

    Shares count each company once; two_se is that of `named`. The error is that of the bias told, over that of the
    raw bias (root mean square).
    """
    table = pd.DataFrame(rows)
    table["is_few"] = np.select([table["quarters"] < 5, table["quarters"] < 8], ["3 to 4", "5 to 7"], "8 to 12")
    table["is_small"] = np.select([table["members"] < 5, table["members"] < 11], ["2 to 4", "5 to 10"], "11 to 30")
    by = {"kind": "", "shock": "shock ", "deals": "deals ", "is_few": "quarters ", "is_small": "members "}
    parts = [(f"{word}{value}", part) for column, word in by.items() for value, part in table.groupby(column)]
    return pd.DataFrame([{"companies of": name, **_line(part)} for name, part in [*parts, ("all", table)]])


def _line(part: pd.DataFrame) -> dict[str, float]:
    honest, off = part[part["truth"].abs() < 1e-9], part["truth"].abs().between(0.1, 0.18)
    named = honest["named"].ne(0).groupby(honest["seed"]).mean()
    is_found = np.sign(part["truth"]) == part["named"]
    held = part["truth"].between(part["low"], part["high"])
    firsts = part.drop_duplicates("seed")
    errors = [((part["truth"] - part[name]) ** 2).mean() ** 0.5 for name in ("bias", "raw_bias")]
    return {
        "named": named.mean(), "two_se": 2 * named.std() / max(len(named), 1) ** 0.5,
        "named of all": honest["named"].ne(0).mean(),
        "held": held.groupby(part["seed"]).mean().mean(),
        "whole held": firsts["whole"].between(firsts["overall_low"], firsts["overall_high"]).mean(),
        "optimists": is_found[part["truth"] > 0.18].mean(), "sandbaggers": is_found[part["truth"] < -0.18].mean(),
        "15 %": is_found[off].mean(), "error over raw": errors[0] / errors[1], "members": len(part),
        "companies": len(firsts),
    }  # fmt: skip

"""Tables of a calibration: nominal, observed, and how far simulation alone leaves the observed uncertain."""

import numpy as np
import pandas as pd

from calibration.told import OURS
from revops.ratios import share_interval

__all__ = ["attainment", "beside_others", "held", "pit", "rates", "required", "scored"]

_ALPHA = 0.2
_KINDS = ("growth", "luck", "deals a quarter", "cycle", "past quarters", "amounts")
_BINS = 10


def scored(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of quarters that booked something, with is_inside, error and the interval score of the 80 %
    range, over the actual and over the company's usual quarter: width + 2 / alpha x what it missed by
    (Gneiting and Raftery, JASA 102 (2007), section 6.2)."""
    rows = rows[rows["actual"] > 0].sort_values(["seed", "day", "method"], ignore_index=True)
    below, above = (rows["low"] - rows["actual"]).clip(lower=0), (rows["actual"] - rows["high"]).clip(lower=0)
    score = rows["high"] - rows["low"] + 2 / _ALPHA * (below + above)
    inside = rows["actual"].between(rows["low"], rows["high"]).astype(float).where(rows["low"].notna())
    return rows.assign(is_inside=inside, error=(rows["figure"] - rows["actual"]).abs(), score=score / rows["actual"],
                       usual_score=score / rows["usual"])  # fmt: skip


def held(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how often the landing's 80 % range held: by day, overall and by kind of company.

    The interval counts companies, not days: the days of one quarter are not independent.
    """
    ours = rows[rows["method"].eq(OURS)]
    groups = [("all days", "", ours), *(("day", str(day), part) for day, part in ours.groupby("day"))]
    groups += [(kind, str(value), part) for kind in _KINDS for value, part in ours.groupby(kind)]
    table = [(kind, value, *_share(part["is_inside"], part["seed"].nunique())) for kind, value, part in groups]
    return pd.DataFrame(table, columns=["kind", "value", "nominal", "observed", "low", "high", "companies"])


def pit(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the share of quarters in each tenth of the told distribution, by day: 0.10 each where it is right."""
    ours = rows[rows["method"].eq(OURS)]
    tenth = (ours["pit"] * _BINS).clip(upper=_BINS - 1).astype(int) + 1
    return pd.crosstab(ours["day"], tenth, normalize="index").reindex(columns=range(1, _BINS + 1), fill_value=0.0)


def beside_others(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each method on each day: WAPE, range held, interval score over the actual (mean and median) and over the
    usual quarter, and by how much it is above ours over the actual (two standard errors beside)."""
    ours = rows[rows["method"].eq(OURS)].set_index(["seed", "day"])["score"]
    table = []
    for (day, method), part in rows.groupby(["day", "method"]):
        above = part.set_index(["seed", "day"])["score"] - ours.reindex(part.set_index(["seed", "day"]).index)
        table.append({
            "day": day, "method": method, "wape": part["error"].sum() / part["actual"].sum(),
            "held": part["is_inside"].mean(), "score": part["score"].mean(), "median": part["score"].median(),
            "over_usual": part["usual_score"].mean(), "above_ours": above.mean(),
            "two_se": 2 * above.std() / np.sqrt(len(above)),
        })  # fmt: skip
    return pd.DataFrame(table).sort_values(["day", "score", "wape"], ignore_index=True)


def attainment(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by day what the chance of quota is worth: intercept and slope of the outcome's logit on its own (0 and 1
    where it is right; two standard errors beside), and its Brier score beside that of the share that made it (base)."""
    from statsmodels.api import Logit, add_constant  # a second of imports

    ours = rows[rows["method"].eq(OURS)]
    table = []
    for day, part in [*ours.groupby("day"), ("all", ours)]:
        chance = part["probability"].clip(0.002, 0.998).to_numpy()
        came = part["made_it"].to_numpy(dtype=int)
        fit = Logit(came, add_constant(np.log(chance / (1 - chance)))).fit(
            disp=0, cov_type="cluster", cov_kwds={"groups": part["seed"].to_numpy(dtype=int)}
        )
        told, base = float(np.mean((part["probability"] - came) ** 2)), float(came.mean() * (1 - came.mean()))
        coefficients = [value for pair in zip(fit.params, 2 * fit.bse, strict=True) for value in pair]
        table.append((day, len(part), came.mean(), *coefficients, told, base, 1 - told / base))
    columns = ["day", "n", "made_it", "intercept", "two_se", "slope", "two_se ", "brier", "base", "brier_skill"]
    return pd.DataFrame(table, columns=columns)


def required(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by day how often the 80 % range of the open pipeline needed held what the quarter turned out to need."""
    ours = rows[rows["method"].eq(OURS)].dropna(subset=["required_low", "required_came"])
    inside = ours["required_came"].between(ours["required_low"], ours["required_high"]).astype(float)
    table = [
        (day, *_share(inside[part.index], len(part)), float((part["required_came"] < part["required_low"]).mean()))
        for day, part in ours.groupby("day")
    ]
    return pd.DataFrame(table, columns=["day", "nominal", "observed", "low", "high", "companies", "needed_less"])


def rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the root mean squared error of win rates by type, place and stage against the quarter's own deals, where
    fewer than 30 past deals stand behind a rate: raw and shrunk."""
    sums = rows[rows["method"].eq(OURS)].groupby("day")[["raw_error", "shrunk_error", "n_rates"]].sum()
    errors = np.sqrt(sums[["raw_error", "shrunk_error"]].div(sums["n_rates"], axis=0))
    return errors.assign(n=sums["n_rates"].astype(int)).reset_index()


def _share(inside: pd.Series, n: int) -> tuple[float, float, float, float, int]:
    """Return nominal, observed, and its 95 % Monte Carlo interval at n independent cases."""
    observed = float(inside.mean())
    return 1 - _ALPHA, observed, *share_interval(round(observed * n), n, level=0.95), n

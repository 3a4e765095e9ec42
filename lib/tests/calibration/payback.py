"""How often the ranges of the CAC payback report hold what was planted, and how far off lie the figures that people
use today on the same companies."""

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from measured_payback import parts
from paying_companies import (
    AMOUNT,
    CAC,
    CHANNELS,
    GROWTH,
    HAZARDS,
    MARGIN,
    SEGMENTS,
    SIZES,
    Kind,
    Paying,
    grown,
    lives,
    paths_of_amounts,
    paying,
    survival,
)

from revops.measures.cac_payback import Knobs
from revops.ratios import share_interval

__all__ = ["AGES", "KINDS", "held", "kind_of", "named", "rivals", "say_all", "told"]

Array = np.ndarray
AGES = (12, 24)
LEVELS = (0.8, 0.95, 1.0, 1.2)
"""True payback of the dearest channel over the target: of the companies in turn."""
_HORIZON, _MANY = 60, 60_000
_PAYBACK = CAC / (AMOUNT * MARGIN)
_NOMINAL, _SURE = Knobs().level, Knobs().sure
KINDS = tuple(
    Kind(per_month=per_month, hazard=hazard, sizes=sizes, growth=growth, late=0.01)
    for per_month, hazard, sizes, growth in product((3.0, 10.0, 40.0), HAZARDS, SIZES, (0.0, 0.03))
)
_TRAITS = ("per_month", "hazard", "sizes", "growth")


def kind_of(seed: int) -> Kind:
    """Return the kind of a company: all in turn."""
    return KINDS[seed % len(KINDS)]


def say_all(rows: list[dict], say: Callable[[str, pd.DataFrame], None]) -> None:
    """Say all tables of rows of `told`."""
    table = pd.DataFrame(rows)
    say("CAC payback: 80 % ranges held what was planted", held(table))
    say("CAC payback: ours and what people use, over what was planted", rivals(table))
    say("CAC payback: channels called surely above or below the target, by true payback over it", named(table))


def told(seed: int) -> list[dict]:
    """Return what is told of one company beside what was planted: rows of `what` = range, rival and verdict."""
    kind, level = kind_of(seed), LEVELS[seed // len(KINDS) % len(LEVELS)]
    company = paying(kind, seed)
    target = channel_payback().max() / level
    models = ("last_touch", "linear")  # one touch a journey: all models tell the same
    found = parts(company.view, Knobs(seed=seed, target_months=target, models=models))
    ranges = [*_payback(found), *_groups(found), *_realised(found, kind), *_lifetime(found, kind),
              *_retention(found, company, kind)]  # fmt: skip
    ranges += _channels(found)
    rows = [{"what": "range", "id": id, "true": true, "value": value, "low": low, "high": high}
            for id, true, value, low, high in ranges]  # fmt: skip
    rows += [{"what": "rival", **row} for row in _rivals(found, company, kind)]
    rows += [{"what": "verdict", **row} for row in _verdicts(found, target)]
    traits = {name: getattr(kind, name) for name in _TRAITS}
    return [{**row, "seed": seed, **traits} for row in rows]


def channel_payback() -> pd.Series:
    """Return the planted payback of each channel, with its part of what no ad system bills.

    Of a company that does not grow: own cost over customers, beside the same cost for every customer.
    """
    by = CHANNELS.set_index("channel")
    return _PAYBACK * (by["own"] / by["share"] + 1 - by["own"].sum())


Found = tuple[str, float, float, float, float]


def _payback(found: dict) -> list[Found]:
    rung = found["ladder"].of("lagged")
    cost = rung["payback_months"] / rung["cac_amount"]
    return [("payback_months", _PAYBACK, rung["payback_months"], rung["low"], rung["high"])] if cost > 0 else []


def _groups(found: dict) -> list[Found]:
    table = found["groups"].table
    by = table[table["dimension"].eq("segment")].set_index("group")
    rows = []
    for segment in SEGMENTS.itertuples():
        if segment.segment in by.index:
            row, true = by.loc[segment.segment], _PAYBACK * segment.factor
            rows += [("group", true, row["payback_months"], row["low"], row["high"]),
                     ("group, shrunk", true, row["shrunk_months"], row["shrunk_low"], row["shrunk_high"])]  # fmt: skip
    return rows


def _realised(found: dict, kind: Kind) -> list[Found]:
    curves = found["realised"].curves
    told = curves[curves["version"].eq("recognised") & curves["cohort"].eq("all")].set_index("age_months")
    rows, true = [], paid_and_lost(kind.hazard, kind.sizes)
    for age in AGES:
        if age in told.index:
            row = told.loc[age]
            rows += [(f"{name} by {age}", true[name][age - 1], row[f"{name}_share"], row[f"{name}_low"],
                      row[f"{name}_high"]) for name in ("paid_back", "lost")]  # fmt: skip
    return rows


def _lifetime(found: dict, kind: Kind) -> list[Found]:
    rows = []
    for basis, words in (("with_expansion", ""), ("without_expansion", ", first price")):
        row, true = found["lifetime"].of(basis), lifetime_value(kind.hazard, basis=basis)
        ratio = row[["ltv_to_cac", "ratio_low", "ratio_high"]]
        rows += [(f"ltv_amount{words}", true, *row[["ltv_amount", "low", "high"]]),
                 (f"ltv_to_cac{words}", true / CAC, *ratio)]  # fmt: skip
    return rows


def _retention(found: dict, company: Paying, kind: Kind) -> list[Found]:
    table = found["retention"].table
    by, true = table[table["scope"].eq("all")].set_index("measure"), retained(company, kind)
    return [(name, true[name], by.loc[name, "value"], by.loc[name, "low"], by.loc[name, "high"]) for name in true]


def _channels(found: dict) -> list[Found]:
    table, true = found["channels"].by_model, channel_payback()
    linear = table[table["model"].eq("linear") & table["channel"].isin(true.index)]
    return [("channel", true[row.channel], row.payback_months, row.low, row.high) for row in linear.itertuples()]


def _rivals(found: dict, company: Paying, kind: Kind) -> list[dict]:
    """Return figures over what was planted: ours, and others of the same companies."""
    rungs, life = found["ladder"].rungs.set_index("basis"), found["lifetime"].of("with_expansion")
    now = company.amount[:, -1]
    living = now[now > 0].mean() * MARGIN / life["monthly_churn"]
    true = {"payback": _PAYBACK, "ltv": lifetime_value(kind.hazard)}
    said = [("payback", "ours: lagged", rungs.loc["lagged", "payback_months"]),
            ("payback", "not lagged", rungs.loc["new_logo", "payback_months"]),
            ("payback", "median lag", rungs.loc["lagged_median", "payback_months"]),
            ("payback", "revenue, without people", rungs.loc["revenue", "payback_months"]),
            ("ltv", "ours: survival seen, tail", life["ltv_amount"]),
            ("ltv", "margin over churn", life["constant_hazard_ltv"]),
            ("ltv", "what the living pay, over churn", living)]  # fmt: skip
    return [{"id": id, "method": method, "over": value / true[id]} for id, method, value in said]


def _verdicts(found: dict, target: float) -> list[dict]:
    by = found["channels"].by_channel.set_index("channel")
    return [
        {"id": name, "level": months / target, "verdict": by.loc[name, "verdict"], "is_sure": by.loc[name, "is_sure"]}
        for name, months in channel_payback().items() if name in by.index
    ]  # fmt: skip


@cache
def paid_and_lost(hazard: str, sizes: str) -> dict[str, Array]:
    """Return by age, 1 to 24, the share of very many customers that have paid back, or left before."""
    rng = np.random.default_rng(97)
    parts_ = SEGMENTS["effort"] / SEGMENTS["factor"]
    cost = CAC * SEGMENTS["factor"].to_numpy()[rng.choice(len(SEGMENTS), _MANY, p=parts_ / parts_.sum())]
    life = lives(hazard, _MANY, rng)[:, None]
    ages = np.arange(1, max(AGES) + 1)
    paid = np.cumsum(MARGIN * paths_of_amounts(sizes, _MANY, max(AGES), rng), axis=1) >= cost[:, None]
    at = np.where(paid.any(axis=1), paid.argmax(axis=1) + 1, len(ages) + 1)[:, None]
    is_paid = at <= life
    return {"paid_back": ((at <= ages) & is_paid).mean(axis=0), "lost": ((life <= ages) & ~is_paid).mean(axis=0)}


@cache
def lifetime_value(hazard: str, horizon: int = _HORIZON, basis: str = "with_expansion") -> float:
    """Return the margin that very many customers bring up to the horizon, each; without_expansion: no month above the
    first."""
    times = GROWTH ** np.arange(horizon)
    if basis == "without_expansion":
        paths = paths_of_amounts("even", _MANY, horizon, np.random.default_rng(103))
        times = np.minimum(paths / paths[:, :1], 1.0).mean(axis=0)
    return float(MARGIN * AMOUNT * (survival(hazard)[:horizon] * times).sum())


def retained(company: Paying, kind: Kind) -> dict[str, float]:
    """Return what is expected of the customers of twelve months ago, with who they were."""
    then, curve = company.amount[:, -13], survival(kind.hazard)
    there = then > 0
    age = len(company.amount[0]) - 12 - company.customers["start"].to_numpy()[there]
    stays, then = curve[age + 12] / curve[age], then[there]
    held_back = float(np.minimum(grown(12, _MANY), 1.0).mean())
    kept = (stays * then).sum() / then.sum()
    return {"nrr": kept * GROWTH**12, "grr": kept * held_back, "logo_churn_rate": 1 - stays.mean()}


def held(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often ranges held the truth, by figure, and by figure and what a company is. Intervals count
    companies: ranges of one are not independent. not_told: share of ranges that are NaN."""
    table = table[table["what"].eq("range")]
    groups = [(id, "all", "", part) for id, part in table.groupby("id", sort=False)]
    groups += [(id, name, value, part) for id, some in table.groupby("id", sort=False) for name in _TRAITS
               for value, part in some.groupby(name)]  # fmt: skip
    return pd.DataFrame(
        [{"id": id, "by": by, "value": str(value), **_coverage(part)} for id, by, value, part in groups]
    )


def _coverage(part: pd.DataFrame) -> dict[str, float]:
    is_told, n = part["low"].notna(), part["seed"].nunique()
    part = part[is_told]
    under, over = part["true"] < part["low"], part["true"] > part["high"]
    observed = float((~(under | over)).mean())
    low, high = share_interval(round(observed * n), n, level=0.95) if n and len(part) else (np.nan, np.nan)
    return {"nominal": _NOMINAL, "observed": observed, "mc_low": low, "mc_high": high, "under": under.mean(),
            "over": over.mean(), "bias": (part["value"] / part["true"]).mean() - 1, "not_told": 1 - is_told.mean(),
            "n": len(part), "companies": n}  # fmt: skip


def rivals(table: pd.DataFrame) -> pd.DataFrame:
    """Return by method how far it lies from what was planted: median of value over truth, and of the error's size; of
    all companies, of those whose cost grows, and by hazard."""
    table = table[table["what"].eq("rival")].assign(error=lambda t: (t["over"] - 1).abs())
    groups = [("all", "", table), *(("growth", str(value), part) for value, part in table.groupby("growth")),
              *(("hazard", value, part) for value, part in table.groupby("hazard"))]  # fmt: skip
    return pd.DataFrame([
        {"id": id, "by": by, "value": value, "method": method, "over": some["over"].median(),
         "error": some["error"].median(), "n": len(some)}
        for by, value, part in groups for (id, method), some in part.groupby(["id", "method"], sort=False)
    ])  # fmt: skip


def named(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often channels are called surely above or below the target, by true payback over it, and how often
    wrongly; right at the target any sure verdict is wrong. A company that grows is not judged: its channels' lags
    differ from what is planted."""
    table = table[table["what"].eq("verdict") & table["growth"].eq(0)]
    is_sure, level = table["is_sure"].astype(bool), table["level"].round(2)
    above, below = is_sure & table["verdict"].eq("above"), is_sure & table["verdict"].isin(["below", "no_cost"])
    wrong = (above & (level <= 1)) | (below & (level >= 1) & ~table["verdict"].eq("no_cost"))
    table = table.assign(above=above, below=below, wrong=wrong, level=level)
    return pd.DataFrame([
        {"channel": id, "level": level, "surely above": part["above"].mean(), "surely below": part["below"].mean(),
         "nominal": 1 - _SURE, "wrong": part["wrong"].mean(), "n": len(part)}
        for (id, level), part in table.groupby(["id", "level"])
    ])  # fmt: skip

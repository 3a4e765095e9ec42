"""How often the stage report raises a false alarm where nothing changed, finds one segment that collapsed, and how
often the ranges of a change and of a group hold, on companies made here whose quarters have luck of their own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from revops.analysis.passages import (
    between_groups,
    compared,
    compared_horizons,
    converted,
    luck_of,
    moved,
    shrunk_shares,
)
from revops.ratios import share_interval

__all__ = ["KINDS", "Kind", "alarms", "entered", "found", "group_ranges", "held", "moves_of", "say_all", "segments",
           "told", "true_share"]  # fmt: skip

Array = np.ndarray
LUCKS = (0.0, 0.1, 0.2, 0.4)
SIZES = (17, 50, 150, 500)
GROWTHS = (0.85, 1.0, 1.2)
STEPS = {"lead": 0.6, "mql": 0.4, "sql": 0.5, "opportunity": 0.25}
SEGMENTS = ("large", "middle", "small")
HORIZONS = (30, 60, 90, 180)
FORWARD, LOST = 25.0, 40.0
"""Mean days until those who move on do, and those who are lost are: exponential."""
_DAYS, _PAST, _WINDOWS, _SURE = 91, 4, 9, 0.9
_STEP, _SEGMENT = "mql", "middle"
_COLLAPSE = 0.5
_TESTED = 20


@dataclass(frozen=True)
class Kind:
    """A company: luck (sd of a window's, logit), whether steps share it, entries a window and step of each of three
    segments in the last weeks, growth of entries a window, spread of segments (sd, logit); collapse: what conversion
    of one segment at one step is multiplied by in the last weeks."""

    luck: float
    is_shared: bool = True
    size: float = 150
    growth: float = 1.0
    spread: float = 0.0
    collapse: float = 1.0


KINDS = tuple(Kind(luck, number % 2 == 0, size, growth) for number, (growth, size, luck) in
              enumerate(product(GROWTHS, SIZES, LUCKS)))  # fmt: skip


def say_all(rows: list[dict], n: int, say: Callable[[str, pd.DataFrame], None]) -> None:
    """Say all tables of rows of `told`, and of `n` companies' segments."""
    table = pd.DataFrame(rows)
    say("Stages: companies where nothing changed of which something is said to have moved (at most 10 %)",
        alarms(table))  # fmt: skip
    say("Stages: conversion of one segment of three halved in the last weeks, and how often it is found", found(table))
    say("Stages: the 80 % range of a change held", held(table))
    say("Stages: segments that are alike of which one is said to differ (at most 10 %), and 80 % ranges of others held",
        group_ranges(table))  # fmt: skip
    say("Shares of 15 segments of 3 to 60 deals: error, and how often their 80 % range held", segments(n))


def entered(kind: Kind, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the passages of one company (with window and segment), and by step and segment the true chance to move on,
    luck left out: before, and in the last weeks."""
    rng = np.random.default_rng([seed, 89])
    steps, places = list(STEPS), np.arange(len(STEPS))
    luck = kind.luck * (np.repeat(rng.standard_normal((_WINDOWS, 1)), len(steps), 1) if kind.is_shared else
                        rng.standard_normal((_WINDOWS, len(steps))))  # fmt: skip
    lean = kind.spread * rng.standard_normal((len(steps), len(SEGMENTS)))
    true = expit(logit(np.array(list(STEPS.values())))[:, None] + lean)
    last = true.copy()
    last[steps.index(_STEP), SEGMENTS.index(_SEGMENT)] *= kind.collapse
    cells = np.stack(np.meshgrid(np.arange(_WINDOWS), places, np.arange(len(SEGMENTS)), indexing="ij"), -1).reshape(
        -1, 3
    )
    counts = rng.poisson(kind.size * kind.growth ** -cells[:, 0].astype(float))
    window, step, segment = np.repeat(cells, counts, axis=0).T
    chance = expit(logit(np.where(window == 0, last[step, segment], true[step, segment])) + luck[window, step])
    is_forward = rng.random(len(window)) < chance
    days = np.floor(rng.exponential(np.where(is_forward, FORWARD, LOST))).astype("int64")
    follow = window * _DAYS + rng.integers(0, _DAYS, len(window))
    passages = pd.DataFrame({
        "subject_id": np.arange(len(window)).astype(str), "step": np.array(steps)[step], "place": step,
        "age_days": np.minimum(days, follow), "event": np.where(days > follow, 0, np.where(is_forward, 1, 2)),
        "is_skipped": False, "follow_days": follow, "window": window, "segment": np.array(SEGMENTS)[segment],
    })  # fmt: skip
    index = pd.MultiIndex.from_product([steps, SEGMENTS], names=["step", "group"])
    return passages, pd.DataFrame({"before": true.ravel(), "last": last.ravel()}, index=index)


def true_share(chance: Array, horizon: Array) -> Array:
    """Return the share that has moved on by the end of that age."""
    return chance * (1 - np.exp(-(horizon + 1) / FORWARD))


def moves_of(passages: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return what moved of a company and its segments, as the report says it, and the horizons compared."""
    now, past = passages[passages["window"].eq(0)], passages[passages["window"].between(1, _PAST)]
    one, two = converted(now, HORIZONS), converted(past, HORIZONS)
    horizon_of = compared_horizons(one, two, HORIZONS)
    luck = luck_of(converted(passages, HORIZONS, by=("window", "step")), horizon_of)
    by = ("step", "segment")
    parts = (converted(part, HORIZONS, by=by) for part in (now, past))
    tables = [compared(one, two, luck, horizon_of=horizon_of, windows=_PAST),
              compared(*parts, luck, horizon_of=horizon_of, windows=_PAST, dimension="segment")]  # fmt: skip
    return moved(tables, sure=_SURE), horizon_of


def told(seed: int) -> list[dict]:
    """Return what is told of one company where nothing changed, and of its twin of which one segment collapsed: rows of
    `what` = move; and of what is told of its segments where they are alike, and where they differ: group."""
    kind = KINDS[seed % len(KINDS)]
    rows = []
    for collapse in (1.0, _COLLAPSE):
        passages, true = entered(replace(kind, collapse=collapse), seed)
        table, horizon_of = moves_of(passages)
        table["true"] = _true_change(table, true)
        rows += table.assign(what="move", collapse=collapse).to_dict("records")
    for spread in (0.0, 0.3):
        passages, true = entered(replace(kind, spread=spread), seed)
        table = between_groups(passages, horizon_of, ["segment"])
        chance = true["before"].reindex(pd.MultiIndex.from_frame(table[["step", "group"]])).to_numpy()
        table["true"] = true_share(chance, table["horizon_days"].to_numpy())
        rows += table.assign(what="group", spread=spread).to_dict("records")
    traits = {"seed": seed, "luck": kind.luck, "size": kind.size, "growth": kind.growth, "is_shared": kind.is_shared}
    return [{**row, **traits} for row in rows]


def _true_change(table: pd.DataFrame, true: pd.DataFrame) -> Array:
    """Return the true change of each row, luck left out; segments are alike large."""
    change = true["last"] - true["before"]
    company = change.groupby("step").mean().reindex(table["step"]).to_numpy()
    group = change.reindex(pd.MultiIndex.from_frame(table[["step", "group"]])).to_numpy()
    return true_share(np.where(table["dimension"].eq("company"), company, group), table["horizon_days"].to_numpy())


def alarms(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by kind how many companies where nothing changed were told that something moved; the interval is that of
    simulation alone."""
    part = rows[rows["what"].eq("move") & rows["collapse"].eq(1)]
    is_said = part["verdict"].isin(["up", "down"]).groupby(part["seed"]).any()
    return _by_kind(part.drop_duplicates("seed").set_index("seed").assign(is_said=is_said), "is_said", 1 - _SURE)


def found(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by luck and entries how often the segment was said to be down at its step, the company at that step, and
    what share of all that is said to have moved had not."""
    part = rows[rows["what"].eq("move") & rows["collapse"].lt(1) & rows["size"].ge(_TESTED)]
    is_said, is_step = part["verdict"].isin(["up", "down"]), part["step"].eq(_STEP)
    is_true = is_step & part["group"].isin([_SEGMENT, "company"])
    each = pd.DataFrame({
        "seed": part["seed"], "luck": part["luck"], "size": part["size"], "said": is_said, "wrong": is_said & ~is_true,
        "segment": is_step & part["group"].eq(_SEGMENT) & part["verdict"].eq("down"),
        "company": is_step & part["group"].eq("company") & part["verdict"].eq("down"),
    }).groupby(["luck", "size", "seed"])[["said", "wrong", "segment", "company"]].sum()  # fmt: skip
    each["wrong"] /= each["said"].clip(lower=1)
    table = each[["segment", "company", "wrong"]].groupby(["luck", "size"]).mean()
    return table.assign(companies=each.groupby(["luck", "size"]).size()).reset_index()


def held(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by luck and entries how often the 80 % range of a change held: of the company, and of segments."""
    part = rows[rows["what"].eq("move") & rows["change_low"].notna()]
    inside = part["true"].between(part["change_low"], part["change_high"])
    each = part.assign(inside=inside).groupby(["dimension", "luck", "size"])
    return each.agg(observed=("inside", "mean"), rows=("inside", "size"), companies=("seed", "nunique")).reset_index()


def group_ranges(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by entries: of segments that do not differ, how often one is said to (in conversion or in time); of those
    that do, how often the range of the group alone and the shrunk one held, and their errors."""
    part = rows[rows["what"].eq("group")]
    said = part["verdict"].isin(["above", "below"]) | part["time_verdict"].isin(["slower", "faster"])
    alike = part[part["spread"].eq(0)].assign(said=said).groupby(["size", "seed"])["said"].any().groupby("size").mean()
    some = part[part["spread"].gt(0) & part["share"].notna()]
    table = pd.DataFrame({
        "size": some["size"], "held": some["true"].between(some["low"], some["high"]),
        "shrunk_held": some["true"].between(some["shrunk_low"], some["shrunk_high"]),
        "error": (some["share"] - some["true"]) ** 2, "shrunk_error": (some["shrunk"] - some["true"]) ** 2,
    }).groupby("size").mean()  # fmt: skip
    table[["error", "shrunk_error"]] **= 0.5
    return table.assign(false_alarm=alike).reset_index()


def segments(n: int) -> pd.DataFrame:
    """Return, of n companies' 15 segments of 3 to 60 deals, by how much rates differ: the error of the raw and of the
    shrunk share, and how often the shrunk 80 % range held."""
    table = []
    for spread in (0.0, 0.05, 0.07, 0.1, 0.15):
        rows = [_segments(spread, seed) for seed in range(n)]
        truth, raw, shrunk, low, high = np.concatenate(rows, axis=1)
        errors = [float(np.mean((told - truth) ** 2) ** 0.5) for told in (raw, shrunk)]
        table.append((spread, *errors, float(np.mean((low <= truth) & (truth <= high))), n))
    return pd.DataFrame(table, columns=["spread", "raw", "shrunk", "held", "companies"])


def _segments(spread: float, seed: int) -> Array:
    rng = np.random.default_rng([seed, 97])
    n, mean = rng.integers(3, 61, 15), 0.25
    strength = mean * (1 - mean) / spread**2 - 1 if spread else 0.0
    truth = rng.beta(mean * strength, (1 - mean) * strength, 15) if spread else np.full(15, mean)
    raw = rng.binomial(n, truth) / n
    return np.stack([truth, raw, *shrunk_shares(raw, n)])


def _by_kind(each: pd.DataFrame, what: str, nominal: float) -> pd.DataFrame:
    groups = [("all", "", each)]
    groups += [(kind, str(value), part) for kind in ("luck", "size", "growth", "is_shared") for value, part in
               each.groupby(kind)]  # fmt: skip
    rows = []
    for kind, value, part in groups:
        observed = float(part[what].mean())
        ends = share_interval(int(part[what].sum()), len(part), level=0.95)
        rows.append((kind, value, nominal, observed, *ends, len(part)))
    return pd.DataFrame(rows, columns=["kind", "value", "nominal", "observed", "low", "high", "companies"])

"""Journeys of any number of touches as tables, the models of credit on them, each timed, and how they are resampled."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from benches.alone import Cost, cost_of
from revops.analysis import credit
from revops.analysis.credit import Paths, credit_by_model, credit_draws, rate_game

__all__ = ["AT_ONCE", "DRAWS", "RULES", "built", "game", "make_journeys", "points", "resampled"]

RULES = tuple(credit.RULES)
AT_ONCE = (*RULES, "markov_1")
"""What is timed as one: all rules and Markov of order 1."""
DRAWS = 500
MEAN_LENGTH = 4
LONGEST = 40


def make_journeys(folder: Path) -> None:
    """Write journeys with as many touches and channels as the last part of the folder's name and the one before say.

    journeys.parquet and touches.parquet are as `revops.analysis.journeys` gives them; paths.csv has the same journeys
    as text, a row each: path (a > b > c), wins, losses, amount.
    """
    n, n_channels = int(folder.name), int(folder.parent.name)
    folder.mkdir(parents=True)
    random = np.random.default_rng(7)
    lengths = np.minimum(random.geometric(1 / MEAN_LENGTH, n), LONGEST)
    lengths = lengths[: np.searchsorted(np.cumsum(lengths), n) + 1]
    lengths[-1] -= lengths.sum() - n
    journeys, touches = _journeys(random, lengths), _touches(random, lengths, n_channels)
    journeys.to_parquet(folder / "journeys.parquet")
    touches.to_parquet(folder / "touches.parquet")
    ends = pa.array(np.append(0, np.cumsum(lengths)), pa.int32())
    names = pa.array(_names(n_channels)).take(pa.array(touches["channel"]))
    texts = pc.binary_join(pa.ListArray.from_arrays(ends, names), " > ")
    told = {name: pa.array(journeys[name]) for name in ("wins", "losses", "amount")}
    csv.write_csv(pa.table({"path": texts, **told}), folder / "paths.csv")


def points(folder: Path, models: tuple[str, ...] = AT_ONCE) -> Cost:
    """Work out the credit of each model, from path sets at hand; credit.csv tells it."""
    paths = _paths(folder)
    return _told(folder, lambda: credit_by_model(paths, models))


def built(folder: Path) -> Cost:
    """Make the path set of the tables of journeys, all its checks included, and work out rules and Markov 1 on it."""
    tables = _tables(folder)
    return cost_of(lambda: credit_by_model(Paths(*tables), AT_ONCE))


def resampled(folder: Path, n_draws: int = DRAWS) -> Cost:
    """Work out the credit under rules and Markov 1 in resamples of accounts."""
    paths = _paths(folder)
    return cost_of(lambda: credit_draws(paths, AT_ONCE, seed=7, n_draws=n_draws))


def game(folder: Path) -> Cost:
    """Work out the game of rates."""
    return cost_of(partial(rate_game, _paths(folder)))


def _told(folder: Path, work: Callable[[], pd.DataFrame]) -> Cost:
    found = []
    cost = cost_of(lambda: found.append(work()))
    if set(AT_ONCE) <= set(found[0]["model"]):
        found[0].to_csv(folder / "credit.csv", index=False)
    return cost


def _paths(folder: Path) -> Paths:
    return Paths(*_tables(folder))


def _tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    journeys, touches = (pd.read_parquet(folder / f"{name}.parquet") for name in ("journeys", "touches"))
    return journeys, touches, _names(int(folder.parent.name))


def _names(n_channels: int) -> tuple[str, ...]:
    return tuple(f"channel_{number:02d}" for number in range(n_channels))


def _journeys(random: np.random.Generator, lengths: np.ndarray) -> pd.DataFrame:
    """Return journeys of accounts with three each, one of five won, milestones known for nine of ten."""
    n = len(lengths)
    won = random.random(n) < 0.2
    lead = (random.random(n) * lengths).astype("int64")
    opportunity = lead + (random.random(n) * (lengths - lead)).astype("int64")
    known = random.random((2, n)) < 0.9
    return pd.DataFrame({
        "account": random.integers(0, max(n // 3, 1), n), "wins": won * 1.0, "losses": ~won * 1.0,
        "amount": np.where(won, random.lognormal(10, 1, n).round(2), 0.0), "lead": np.where(known[0], lead, -1),
        "opportunity": np.where(known[1], opportunity, -1), "won": np.where(won, lengths - 1, -1),
    })  # fmt: skip


def _touches(random: np.random.Generator, lengths: np.ndarray, n_channels: int) -> pd.DataFrame:
    """Return touches in order, one of five of the channel before it, channels as unequal as they are."""
    n = int(lengths.sum())
    journey = np.repeat(np.arange(len(lengths)), lengths)
    chance = 1 / np.arange(1, n_channels + 1) ** 0.8
    channel = random.permutation(n_channels)[random.choice(n_channels, n, p=chance / chance.sum())]
    again = np.flatnonzero((np.diff(journey) == 0) & (random.random(n - 1) < 0.2)) + 1
    channel[again] = channel[again - 1]
    days = random.random(n) * 300
    days = days[np.lexsort((-days, journey))].round(4)
    return pd.DataFrame({"journey": journey, "channel": channel.astype("int32"), "days_before": days})

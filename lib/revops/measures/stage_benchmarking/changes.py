"""What moved beyond noise: every comparison of the last weeks with those before, judged together, with the money."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from revops.analysis.passages import (
    Luck,
    compared,
    compared_days,
    compared_horizons,
    converted,
    luck_of,
    luck_of_days,
    moved,
    times,
)
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.marketing import Marketing, marketing_moves

__all__ = ["Changes", "Family", "changes_of", "days_of", "family_of", "moves_of"]

_TOGETHER = ("all", "arrivals")
_STAKE = ["at_stake", "at_stake_low", "at_stake_high"]


@dataclass(frozen=True)
class Family:
    """Passages that share their luck, with what they are compared by.

    what: kind of comparison. passages: with window (0 the last weeks) and the columns of `groups`. horizons: step ->
    age compared [days]; luck: how much windows differ beyond sampling. worth: what one that moves on is worth
    [company currency]: by step, NaN where it is not known.
    """

    what: str
    passages: pd.DataFrame
    groups: tuple[str, ...]
    horizons: pd.Series
    luck: Luck
    worth: pd.Series = field(default_factory=lambda: pd.Series(dtype="float64"))


@dataclass(frozen=True)
class Changes:
    """table: one row per comparison (analysis.passages.MOVES) with verdict (up, down, none, not tested), at_stake,
    at_stake_low, at_stake_high: money that less, or more, moved on in the last weeks for the change [company currency;
    NaN where it cannot be told].
    families: by kind of comparison.
    """

    table: pd.DataFrame
    families: dict[str, Family]


def family_of(
    what: str, passages: pd.DataFrame, groups: Sequence[str], knobs: Knobs, worth: pd.Series
) -> Family | None:
    """Return passages with the ages that their steps are compared at and the luck of their windows.

    None where none came in the last weeks, or before.

    Parameters
        passages : with window
        worth : step -> what one that moves on is worth
    """
    now, past = passages[passages["window"].eq(0)], passages[passages["window"].between(1, knobs.past)]
    if now.empty or past.empty:
        return None
    told = {"level": knobs.level, "fewest": knobs.fewest_followed}
    one, two = (converted(part, knobs.horizons, **told) for part in (now, past))
    horizons = compared_horizons(one, two, knobs.horizons, fewest_followed=knobs.fewest_followed)
    earlier = passages[passages["window"].between(1, knobs.luck_past)]
    each = converted(earlier, knobs.horizons, by=("window", "step"), **told)
    return Family(what, passages, tuple(groups), horizons, luck_of(each, horizons), worth)


def days_of(stays: pd.DataFrame, groups: Sequence[str], knobs: Knobs) -> list[pd.DataFrame]:
    """Return how long stays in each stage last, now against before: the mean days there within as many days as both
    sides were seen (analysis.passages.compared_days), of the whole and of groups.

    Parameters
        stays : analysis.passages.stays with window and the columns of `groups`, past windows as they stood when they
            were as old as the last weeks are
    """
    rows = stays.rename(columns={"stage_name": "step"}).assign(place=stays["stage_order"])
    now, past = rows[rows["window"].eq(0)], rows[rows["window"].between(1, knobs.past)]
    tables = []
    for step in now["step"].drop_duplicates():
        sides = [part[part["step"].eq(step)] for part in (now, past)]
        if any(side.empty for side in sides):
            continue
        seen = min(int(side["age_days"].max()) for side in sides)
        earlier = rows[rows["step"].eq(step) & rows["window"].between(1, knobs.luck_past)]
        luck = luck_of_days(_within(earlier, ("window", "step"), seen))
        for dimension in (None, *groups):
            by = ("step",) if dimension is None else ("step", dimension)
            told = [_within(side, by, seen) for side in sides]
            tables.append(compared_days(*told, luck, dimension=dimension, windows=knobs.past, fewest=knobs.fewest,
                                        level=knobs.level))  # fmt: skip
    return tables


def _within(stays: pd.DataFrame, by: Sequence[str], days: int) -> pd.DataFrame:
    """Return times by group within so many days; groups that were not seen so long are restricted to fewer."""
    return times(stays, by=by, restricted_to=days)


def changes_of(families: Sequence[Family], others: Sequence[pd.DataFrame], knobs: Knobs) -> Changes:
    """Return every comparison of the last weeks with the windows before, judged together.

    Question
        What moved beyond noise?

    Parameters
        families : passages of leads, of stages, of opportunities to won
        others : comparisons made elsewhere (MOVES), such as of plain shares

    Formula
        Benjamini-Hochberg at 1 - sure over all comparisons (analysis.passages.moved). Money: those that came in the
        last weeks x their worth x the change in the share that moved on.
    """
    tables = [table for family in families for table in _of_family(family, knobs)]
    table = moved([*tables, *others], sure=knobs.sure)
    by_what = {family.what: family for family in families}
    return Changes(_with_stake(table, by_what), by_what)


def moves_of(marketing: Marketing, knobs: Knobs) -> list[pd.DataFrame]:
    """Return how complete leads and how right links are, now against before: all fields at once, and all arrivals."""
    return [table[table["step"].isin(_TOGETHER)] for table in marketing_moves(marketing, knobs)]


def _of_family(family: Family, knobs: Knobs) -> Iterator[pd.DataFrame]:
    """Yield the comparisons of the whole, and of each dimension's groups."""
    rows = family.passages
    now, past = rows[rows["window"].eq(0)], rows[rows["window"].between(1, knobs.past)]
    ages = sorted({int(days) for days in family.horizons.dropna()}) or [min(knobs.horizons)]
    for dimension in (None, *family.groups):
        by = ("step",) if dimension is None else ("step", dimension)
        if dimension is not None and rows[dimension].nunique() < 2:
            continue
        sides = [converted(part, ages, by=by, level=knobs.level, fewest=knobs.fewest_followed) for part in (now, past)]
        yield compared(*sides, family.luck, horizon_of=family.horizons, dimension=dimension, what=family.what,
                       windows=knobs.past, level=knobs.level, fewest=knobs.fewest)  # fmt: skip


def _with_stake(table: pd.DataFrame, families: dict[str, Family]) -> pd.DataFrame:
    """Return comparisons with the money that hangs on the change."""
    came = {what: family.passages[family.passages["window"].eq(0)] for what, family in families.items()}
    worth = [_came(row, families[row.what], came[row.what]) if row.what in came else np.nan for row in
             table.itertuples()]  # fmt: skip
    return table.assign(**{
        name: -table[change] * np.array(worth, dtype=float)
        for name, change in zip(_STAKE, ("change", "change_high", "change_low"), strict=True)
    })  # fmt: skip


def _came(row: object, family: Family, came: pd.DataFrame) -> float:
    """Return what all that came into a step in the last weeks, of a group, would be worth if it moved on."""
    is_own = came["step"].eq(row.step)
    if row.dimension != "company":
        is_own &= came[row.dimension].eq(row.group)
    if row.step in family.worth.index:
        return int(is_own.sum()) * float(family.worth[row.step])
    amount = came.loc[is_own, "amount"]
    return float(amount.sum()) if amount.notna().any() else np.nan

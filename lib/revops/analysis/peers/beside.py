"""Published figures beside ours: only what means the same, with grade, year and what to mind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.peers.likes import FLAGS, Doubt, Like
from revops.analysis.peers.reasons import About, Asked, Reason, reasons

__all__ = ["COLUMNS", "Peers", "peers"]

COLUMNS = ["id", "basis", "ours", "definition", "statistic", "value", "unit", "band", "year", "n", "grade", "publisher",
           "flag", "why", "url", "note"]  # fmt: skip
_UNITS = {"percent": "share", "months": "months", "days": "days", "hours": "hours"}
_INTO = {("months", "days"): 365.25 / 12}


@dataclass(frozen=True)
class Peers:
    """table: one row per published figure that answers a number of ours: COLUMNS; id and basis as in `ours`, value and
    ours in the same unit (months, days, hours, x, share), band (of which companies), year and n as printed (null where
    none is), flag, why (what differs, or what is the same); comparable ones first, then by year, newest first.
    why: id -> why no figure that may be compared is shown.
    """

    table: pd.DataFrame
    why: dict[str, str]


def peers(published: pd.DataFrame, ours: pd.DataFrame, likes: Sequence[Like], asked: Asked, about: About, *,
          doubts: Sequence[Doubt] = ()) -> Peers:  # fmt: skip
    """Return published figures beside our numbers, each with how far it can be compared.

    Question
        How do we stand beside others, and may we say so?

    Parameters
        published : revops.benchmarks.published
        ours : one row per number of ours: id, basis, ours; those not known (NaN) are compared with nothing
        likes : which published definition answers which of ours, and how far; they are shown in this order
        asked : the grades that are shown, and arr_band
        about : whom the figures are held against
        doubts : what pages say that is to be minded

    Formula
        The definitions are those of `likes`. not comparable: another definition, companies on a stock exchange, of
        another line of business (industries that begin with B2B are ours in part) or another size, no method disclosed.
        caution: definitions that differ in part, quoted, no year printed, data that ended more than three years before
        the day or begin after it, a band in dollars held against another currency, a best case or an unnamed average, a
        rule of thumb, a size that is not known. Doubts weigh as they say. A band is ours where it holds our amount (or,
        of `arr_band`, all of that band); one amount stands for half to twice of it.

    Limits
        Whether the publisher counted as we do is known only as far as the page told. A survey is of those who answered.

    Raises
        MeasureError: arr_band is neither auto nor a band.
    """
    rows = _in_our_units(_answering(published[published["grade"].isin(asked.grades)], ours, likes))
    level, why = _judged(reasons(rows, asked, about, doubts), rows.index)
    rows = rows.assign(flag=level.map(dict(enumerate(FLAGS))).astype("str"), why=why, level=level)
    table = _ordered(rows).rename(columns={"segment": "band", "sample_size": "n"})[COLUMNS]
    return Peers(table, _without(table, ours))


def _answering(rows: pd.DataFrame, ours: pd.DataFrame, likes: Sequence[Like]) -> pd.DataFrame:
    """Return the figures that answer a number of ours that is known, one row for each definition of `likes`."""
    of = pd.DataFrame(likes, columns=Like._fields).rename(columns={"unit": "begins", "why": "differs"})
    found = rows.merge(of.assign(place=of.index), on="metric", validate="many_to_many")
    meant = [unit.startswith(begins) for unit, begins in zip(found["unit"], found["begins"], strict=True)]
    found = found[np.array(meant, dtype=bool)]
    return found.merge(ours[ours["ours"].notna()], on=["id", "basis"], validate="many_to_one")


def _in_our_units(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the figures with the value in the unit of our number: a percentage as a share, months as days where so."""
    word = rows["unit"].str.extract(r"^([a-z]*)", expand=False)
    value = rows["value"].where(word.ne("percent"), rows["value"] / 100)
    unit = word.map(_UNITS).fillna("x").astype("str")
    for (theirs, ours), many in _INTO.items():
        is_other = unit.eq(theirs) & rows["into"].eq(ours)
        value, unit = value.where(~is_other, value * many), unit.mask(is_other, ours)
    return rows.assign(value=value, unit=unit)


def _judged(found: list[Reason], index: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Return the heaviest reason's place in FLAGS, and all reasons in words, the heaviest first."""
    weights = np.array([np.where(holds, weight, -1) for holds, weight, _ in found]).T
    words = [np.broadcast_to(np.asarray(reason, dtype=object), len(index)) for *_, reason in found]
    level, whole = weights.max(axis=1).clip(min=0), []
    for row, heaviest in enumerate(level):
        told = [words[at][row] for of in (2, 1, 0) for at in np.flatnonzero(weights[row] == of)]
        whole.append("; ".join(told if heaviest else ["same definition, as far as it is told", *told]))
    return pd.Series(level, index), pd.Series(whole, index, dtype="str")


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows by our number, those that can be compared first, then the newest."""
    age = -rows["year_end"].fillna(pd.Timestamp(0)).astype("int64")
    keys = ["place", "level", "age", "publisher", "segment_dimension", "band_low", "segment", "value", "statistic"]
    return rows.assign(age=age).sort_values(keys, ignore_index=True)


def _without(table: pd.DataFrame, ours: pd.DataFrame) -> dict[str, str]:
    """Return why a number of ours has no figure that may be compared with it."""
    sound = set(table.loc[table["flag"].ne(FLAGS[2]), "id"])
    shown, known = table["id"].value_counts(), set(ours.loc[ours["ours"].notna(), "id"])
    reasons = {id: "our own number is not known" for id in ours["id"] if id not in known}
    for id in ours.loc[ours["id"].isin(known - sound), "id"]:
        n = int(shown.get(id, 0))
        told = {0: "no published figure of this definition was found", 1: "the one published figure is not comparable"}
        reasons[id] = told.get(n, f"none of the {n} published figures is comparable")
    return reasons

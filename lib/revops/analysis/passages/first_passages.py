"""When each subject first came into each step of a way, and how it left it: forward, lost, or not yet."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["first_passages"]

_NEVER = np.iinfo("int64").max


def first_passages(reached: pd.DataFrame, ended: pd.Series, places: Sequence[str], *, day: dt.date) -> pd.DataFrame:
    """Return each subject's first passage of each step it came into, its age in whole days.

    Question
        Who came into each step, who moved on, who was lost, and after how many days?

    Parameters
        reached : subject_id, place (0 to the last of `places`), at (time): every time a subject came to a place, in any
            order, repeats, skipped and backward moves and all; without `at` a row tells nothing
        ended : subject_id -> time of the loss that stands on the day; NaT or absent = not lost. A loss that was undone
            (a deal reopened, a lead recycled and worked again) is no loss: leave it out. Of deals as spans of days: the
            first day of the last run of lost states, where that run is the last of the deal. A win that was undone is
            no row of `reached`.
        places : names of the places in order; the last is the goal, and has no passage out of it
        day : the last day that is known; nothing after it counts

    Returns
        One row per subject x step it came into, sorted so:
        subject_id
        step         name of the place
        place        its number, from 0
        entered      day it first stood there or beyond
        age_days     days to the event, or to the last day seen
        event        0 still there (censored), 1 forward, 2 lost
        is_skipped   it never stood there at its first passage, it went past: age 0, forward
        follow_days  days from entered to the day, however it ended

    Formula
        T_p = first time at a place >= p. The passage of p begins at T_p and ends forward at T_(p + 1), lost at the
        loss if that is before T_(p + 1), else is seen up to the day. At the very same time forward goes first.

    Limits
        Backward moves are no passage: who stood beyond a place once has passed it. What is reached after the loss that
        stands is not seen, and a subject that never reached anything has no row.
    """
    _check(reached, places)
    is_known = reached["at"].notna() & (reached["at"] < _after(day))
    rows = reached[is_known]
    number, ids = pd.factorize(rows["subject_id"], sort=True)
    lost = ended.reindex(ids)
    lost = _stamps(lost.where(lost < _after(day)))
    at = _stamps(rows["at"])
    stands = at <= lost[number]
    first = np.full((len(ids), len(places)), _NEVER)
    np.minimum.at(first, (number[stands], rows["place"].to_numpy(dtype="int64")[stands]), at[stands])
    begun = np.minimum.accumulate(first[:, ::-1], axis=1)[:, ::-1]
    who, place = np.nonzero(begun[:, :-1] < _NEVER)
    return _table(ids[who], place, begun[who, place], begun[who, place + 1], lost[who], first[who, place], places, day)


def _table(
    ids: pd.Index, place: np.ndarray, begun: np.ndarray, onward: np.ndarray, lost: np.ndarray, own: np.ndarray,
    places: Sequence[str], day: dt.date,
) -> pd.DataFrame:  # fmt: skip
    """Return the passages from their times; _NEVER where there is none."""
    event = np.select([onward < _NEVER, lost < _NEVER], [1, 2], 0)
    last = pd.Timestamp(day)
    entered = _days(begun)
    ends = pd.Series(_days(np.minimum(onward, lost))).fillna(last)
    return pd.DataFrame({
        "subject_id": ids, "step": pd.Series(np.asarray(places, dtype=object)[place], dtype="str"),
        "place": place.astype("int64"), "entered": entered, "age_days": (ends - entered).dt.days.astype("int64"),
        "event": event.astype("int64"), "is_skipped": own > begun,
        "follow_days": (last - pd.Series(entered)).dt.days.astype("int64"),
    })  # fmt: skip


def _check(reached: pd.DataFrame, places: Sequence[str]) -> None:
    outside = reached.loc[~reached["place"].between(0, len(places) - 1), "place"].unique().tolist()
    if outside:
        raise ValueError(
            f"first_passages: places must lie between 0 and {len(places) - 1}; found {outside[:3]}. Number them in the "
            "order of `places`."
        )


def _after(day: dt.date) -> pd.Timestamp:
    return pd.Timestamp(day) + pd.Timedelta(days=1)


def _stamps(times: pd.Series) -> np.ndarray:
    """Return times as whole microseconds, _NEVER where there is none."""
    stamps = times.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(stamps), _NEVER, stamps.astype("int64"))


def _days(stamps: np.ndarray) -> np.ndarray:
    """Return the day of each time, NaT where there is none."""
    never = stamps == _NEVER
    days = np.where(never, 0, stamps).astype("datetime64[us]").astype("datetime64[D]").astype("datetime64[us]")
    return np.where(never, np.datetime64("NaT", "us"), days)

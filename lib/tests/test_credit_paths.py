"""Path sets: built from plain lists, cut down, and refused where they break what models rely on."""

import numpy as np
import pandas as pd
import pytest

from revops.analysis.credit import Paths, from_paths, kept, some
from revops.errors import MeasureError

ROWS = [(["direct", "mail", "mail", "direct", "ads"], 1, 0, 50.0), (["direct"], 1, 0, 20.0), (["ads"], 0, 2, 0.0)]


def lists(paths):
    """What each journey is made of, as plain lists."""
    return [[paths.channels[c] for c in paths.channel[paths.journey == j]] for j in range(len(paths.journeys))]


def tables(n=2, **changed):
    journeys = pd.DataFrame({"account": range(n), "wins": 1.0, "losses": 0.0, "amount": 10.0, "lead": 0,
                             "opportunity": -1, "won": 1})  # fmt: skip
    touches = pd.DataFrame({"journey": np.repeat(np.arange(n), 2), "channel": np.tile([0, 1], n).astype("int32"),
                            "days_before": np.tile([3.0, 1.0], n)})  # fmt: skip
    for name, value in changed.items():
        table = journeys if name in journeys else touches
        table[name] = value
    return journeys, touches


def test_plain_lists_become_tables():
    paths = from_paths(ROWS, accounts=["x", "y", "x"], days=[[9, 8, 7, 6, 5], [1], [0]],
                       milestones=[(1, 2, 4), (0, 0, 0), (-1, -1, -1)])  # fmt: skip
    assert paths.channels == ("ads", "direct", "mail")
    assert lists(paths) == [channels for channels, *_ in ROWS]
    assert paths.journeys.to_numpy().tolist() == [["x", 1.0, 0.0, 50.0, 1, 2, 4], ["y", 1.0, 0.0, 20.0, 0, 0, 0],
                                                  ["x", 0.0, 2.0, 0.0, -1, -1, -1]]  # fmt: skip
    assert paths.touches["days_before"].tolist() == [9, 8, 7, 6, 5, 1, 0]
    assert (paths.lengths.tolist(), paths.starts.tolist()) == ([5, 1, 1], [0, 5, 6])
    assert paths.position.tolist() == [0, 1, 2, 3, 4, 0, 0]
    assert paths.is_timed and not from_paths(ROWS).is_timed
    assert from_paths(ROWS).journeys["account"].tolist() == [0, 1, 2]


def test_a_channel_left_out_leaves_journeys_without_a_touch_and_they_are_counted():
    milestones = [(0, 3, 4), (0, 0, 0), (-1, -1, -1)]
    paths = from_paths(ROWS, exclude=["direct", "unheard of"], milestones=milestones)
    assert paths.channels == ("ads", "mail")
    assert lists(paths) == [["mail", "mail", "ads"], ["ads"]]
    assert paths.emptied.to_dict("records") == [
        {"journey": 1, "account": 1, "wins": 1.0, "losses": 0.0, "amount": 20.0}
    ]
    assert paths.journeys[["lead", "opportunity", "won"]].to_numpy().tolist() == [[-1, 1, 2], [-1, -1, -1]]
    assert paths.journeys["account"].tolist() == [0, 2]


def test_some_journeys_are_numbered_anew_and_channels_stay():
    milestones = [(0, 3, 4), (0, 0, 0), (-1, -1, -1)]
    whole = from_paths(ROWS, accounts=["x", "y", "x"], days=[[9, 8, 7, 6, 5], [1], [0]], milestones=milestones)
    part = some(whole, np.array([False, True, True]))
    assert lists(part) == [["direct"], ["ads"]] and part.channels == whole.channels
    assert part.journeys.to_numpy().tolist() == whole.journeys.iloc[1:].to_numpy().tolist()
    assert part.touches["days_before"].tolist() == [1, 0] and part.emptied.empty
    assert some(whole, np.array([True, True, True])).touches.equals(whole.touches)
    assert some(whole, np.zeros(3, dtype=bool)).journeys.empty


def test_runs_of_one_channel_become_one_touch_and_milestones_follow():
    rows = [(list("aabba"), 1, 0, 1.0), (list("aa"), 0, 1, 0.0), (list("ab"), 1, 0, 1.0)]
    days, milestones = [[5, 4, 3, 2, 1], [6, 2], [2, 1]], [(1, 3, 4), (1, 1, 1), (-1, 0, 1)]
    paths = from_paths(rows, days=days, milestones=milestones, repeats=False)
    assert lists(paths) == [["a", "b", "a"], ["a"], ["a", "b"]]
    assert paths.touches["days_before"].tolist() == [5, 3, 1, 6, 2, 1]
    assert paths.journeys[["lead", "opportunity", "won"]].to_numpy().tolist() == [[0, 1, 2], [0, 0, 0], [-1, 0, 1]]


def test_a_channel_goes_before_runs_are_joined():
    paths = from_paths([(["a", "direct", "a", "b"], 1, 0, 1.0)], exclude=["direct"], repeats=False)
    assert lists(paths) == [["a", "b"]]


def test_cutting_twice_keeps_what_was_emptied_before():
    once = kept(from_paths([*ROWS, ([], 1, 1, 5.0)]), exclude=["direct"])
    twice = kept(once, exclude=["ads"])
    assert once.emptied["amount"].tolist() == [5.0, 20.0]
    assert twice.emptied["losses"].tolist() == [1.0, 0.0, 2.0] and lists(twice) == [["mail", "mail"]]
    none = kept(twice, exclude=["mail"])
    assert len(none.emptied) == 4 and len(none.journeys) == len(none.touches) == 0 and none.channels == ()


def test_cutting_nothing_changes_nothing():
    paths = from_paths(ROWS)
    same = kept(paths)
    pd.testing.assert_frame_equal(same.journeys, paths.journeys)
    pd.testing.assert_frame_equal(same.touches, paths.touches)


def test_no_rows_are_an_empty_set():
    paths = from_paths([])
    assert paths.channels == () and len(paths.journeys) == len(paths.emptied) == 0
    assert paths.lengths.tolist() == paths.position.tolist() == []


def test_channels_may_be_categories():
    journeys, touches = tables()
    names = touches["channel"].map({0: "ads", 1: "mail"}).astype("category")
    paths = Paths(journeys, touches.assign(channel=names), ("ads", "mail"))
    assert paths.channel.tolist() == [0, 1, 0, 1]


SAYS = {
    "journey": ([0, 1, 0, 1], "touches must be sorted by journey; found 1 touches out of order (e.g. 2)"),
    "channel": ([0, 1, 2, 1], "the channel of a touch must be one of channels; found 1 touches (e.g. 2)"),
    "days_before": ([1.0, 3.0, 2.0, 2.0], "touches of a journey must be in order of time; "
                    "found 1 touches that come before the one above them (e.g. 1)"),
    "wins": ([1.0, np.nan], "wins must be known and not below 0; found 1 journeys (e.g. 1)"),
    "losses": ([-1.0, 0.0], "losses must be known and not below 0; found 1 journeys (e.g. 0)"),
    "amount": ([np.inf, 0.0], "amount must be known; found 1 journeys (e.g. 0)"),
    "lead": ([-2, 2], "lead must be the position of a touch or -1; found 2 journeys (e.g. 0, 1)"),
}  # fmt: skip


@pytest.mark.parametrize("column", SAYS)
def test_what_models_rely_on_is_checked(column):
    values, says = SAYS[column]
    with pytest.raises(MeasureError) as error:
        Paths(*tables(**{column: values}), ("ads", "mail"))
    assert str(error.value) == f"Path set: {says}. Build it anew from journeys and touches."


def test_days_must_be_those_of_the_touches():
    with pytest.raises(MeasureError, match=r"each touch must have its days; found 2 rows of days for 2 \(e\.g\. 1\)"):
        from_paths([(["a"], 1, 0, 1.0), (["a", "b"], 1, 0, 1.0)], days=[[1], [1]])


def test_other_refusals():
    journeys, touches = tables()
    for broken, says in [
        ((journeys.drop(columns="won"), touches, ("ads", "mail")), "must have the columns"),
        ((journeys, touches, ("mail", "ads")), "channels must be sorted"),
        ((journeys, touches, ("ads", "ads")), "channels must be sorted"),
        ((journeys, touches.assign(journey=[0, 0, 2, 2]), ("ads", "mail")), "must be one of journeys"),
        ((journeys, touches.iloc[:2], ("ads", "mail")), "each journey must have a touch"),
        ((journeys, touches.assign(days_before=[3.0, -1.0, 3.0, 1.0]), ("ads", "mail")), "after the conversion"),
        ((journeys.assign(wins=0.0), touches, ("ads", "mail")), "without wins must have no amount"),
        ((journeys, touches.assign(channel=pd.Categorical(["b", "c"] * 2)), ("ads", "mail")), "categories"),
    ]:
        with pytest.raises(MeasureError, match=says):
            Paths(*broken)

"""Rules of credit: hand fixtures as fractions, a slow twin, sums, and what must change nothing."""

from fractions import Fraction as F
from itertools import product

import numpy as np
import pandas as pd
import pytest
from slow_credit import PERCENTS, by_channel, made_rows, shares_of

from revops.analysis.credit import (
    MODELS,
    RULES,
    SHARED,
    CreditKnobs,
    Paths,
    credit,
    credit_by_model,
    from_paths,
    has_unknown_milestone,
    rules_table,
    touch_weights,
    unavailable,
    unknown_milestones,
    weights,
)
from revops.errors import MeasureError


def one(n, *milestones, channels=None, days=None):
    """A path set of one won journey of n touches."""
    names = channels or [f"c{i}" for i in range(n)]
    return from_paths([(names, 1, 0, 100.0)], days=days and [days],
                      milestones=[milestones] if milestones else None)  # fmt: skip


def shares(paths, rule, **knobs):
    return weights(paths, rule, **knobs).tolist()


BY_HAND = [  # rule, touches, (lead, opportunity, won), shares in percent
    ("first_touch", 3, (), [100, 0, 0]),
    ("last_touch", 3, (), [0, 0, 100]),
    ("linear", 4, (), [25, 25, 25, 25]),
    ("position_based", 1, (), [100]),
    ("position_based", 2, (), [50, 50]),
    ("position_based", 3, (), [40, 20, 40]),
    ("position_based", 6, (), [40, 5, 5, 5, 5, 40]),
    ("u_shaped", 5, (3, -1, -1), [40, 10, 10, 40, 0]),
    ("u_shaped", 2, (1, 1, 1), [50, 50]),
    ("u_shaped", 3, (0, 1, 2), [100, 0, 0]),
    ("u_shaped_even", 5, (3, 4, 4), [50, 0, 0, 50, 0]),
    ("u_shaped_even", 2, (0, 1, 1), [100, 0]),
    ("w_shaped", 6, (2, 4, 5), [30, 5, 30, 5, 30, 0]),
    ("w_shaped", 4, (0, 2, 3), [60, 10, 30, 0]),
    ("w_shaped", 4, (3, 3, 3), [30, 5, 5, 60]),
    ("w_shaped", 3, (1, 2, 2), [F(100, 3)] * 3),
    ("w_shaped", 3, (0, 1, 2), [F(200, 3), F(100, 3), 0]),
    ("w_shaped", 1, (0, 0, 0), [100]),
    ("full_path", 6, (1, 3, 5), [F(45, 2), F(45, 2), 5, F(45, 2), 5, F(45, 2)]),
    ("full_path", 5, (0, 4, 4), [45, F(10, 3), F(10, 3), F(10, 3), 45]),
    ("full_path", 4, (1, 2, 3), [25, 25, 25, 25]),
    ("j_shaped", 4, (), [20, 10, 10, 60]),
    ("j_shaped", 2, (), [25, 75]),
    ("j_shaped", 1, (), [100]),
    ("inverse_j", 4, (), [60, 10, 10, 20]),
    ("inverse_j", 2, (), [75, 25]),
]


@pytest.mark.parametrize("rule, n, milestones, percent", BY_HAND)
def test_by_hand(rule, n, milestones, percent):
    assert shares(one(n, *milestones), rule) == pytest.approx([float(F(p) / 100) for p in percent], abs=1e-15)


def test_an_unknown_milestone_leaves_its_percent_to_the_others():
    """W without an opportunity: 30, 30 and 10 of 70; nothing known but the first touch: all to it."""
    assert shares(one(4, 2, -1, -1), "w_shaped") == pytest.approx([3 / 7, 1 / 7, 3 / 7, 0])
    assert shares(one(4, -1, 2, -1), "w_shaped") == pytest.approx([3 / 7, 1 / 7, 3 / 7, 0])
    assert shares(one(3, -1, -1, -1), "full_path") == [1, 0, 0]
    paths = from_paths([(list("ab"), 1, 0, 1.0)] * 3, milestones=[(0, 1, 1), (-1, 1, 1), (0, -1, 1)])
    assert has_unknown_milestone(paths, "w_shaped").tolist() == [False, True, True]
    assert has_unknown_milestone(paths, "u_shaped").tolist() == [False, True, False]
    assert not has_unknown_milestone(paths, "linear").any()


def test_milestones_out_of_order_still_share_all():
    """A lead created after the opportunity: the rule ends at the later of the two."""
    assert shares(one(5, 3, 1, 4), "w_shaped") == pytest.approx([0.3, 0.3, 0.1, 0.3, 0])


def test_time_decays_by_days_not_by_rows():
    assert shares(one(3, days=[14, 7, 0]), "time_decay") == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert shares(one(3, days=[21, 14, 7]), "time_decay") == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert shares(one(2, days=[30, 0]), "time_decay", half_life_days=30) == pytest.approx([1 / 3, 2 / 3])
    assert shares(one(3, days=[5, 5, 5]), "time_decay") == pytest.approx([1 / 3] * 3)
    assert shares(one(2, days=[9000, 8993]), "time_decay") == pytest.approx([1 / 3, 2 / 3])
    assert shares(one(2, days=[90000, 0]), "time_decay") == [0, 1]


def test_time_decay_needs_days_and_a_half_life():
    with pytest.raises(MeasureError) as error:
        weights(one(2), "time_decay")
    assert str(error.value) == ("Time decay: every touch must have its days before the conversion; found 2 touches "
                                "without. Leave this rule out, or give the dates of touches.")  # fmt: skip
    for wrong in (0, -1, np.nan):
        with pytest.raises(MeasureError, match="half-life must be above 0"):
            weights(one(1, days=[1]), "time_decay", half_life_days=wrong)


def test_last_non_direct_passes_over_direct_unless_all_is_direct():
    names = ["direct", "ads", "mail", "direct", "web"]
    assert shares(one(5, channels=names), "last_non_direct", direct=["direct", "web"]) == [0, 0, 1, 0, 0]
    assert shares(one(5, channels=names), "last_non_direct") == [0, 0, 0, 0, 1]
    assert shares(one(2, channels=["direct"] * 2), "last_non_direct", direct=["direct"]) == [0, 1]


@pytest.mark.parametrize("rule", PERCENTS)
def test_every_length_and_place_of_milestones_is_as_the_slow_twin(rule):
    cases = [(n, *places) for n in range(1, 6) for places in product(range(-1, n), repeat=3)]
    rows = [([f"c{i}" for i in range(n)], 1, 0, 1.0) for n, *_ in cases]
    paths = from_paths(rows, milestones=[case[1:] for case in cases])
    slow = np.concatenate([[float(share) for share in shares_of(rule, *case)] for case in cases])
    assert weights(paths, rule) == pytest.approx(slow, abs=1e-14)


def test_credit_by_channel_is_the_slow_sum():
    rows = made_rows(1)
    for rule in ("linear", "position_based", "j_shaped", "inverse_j", "first_touch", "last_touch"):
        paths = from_paths(rows)
        deals, amount = by_channel(rows, lambda _, channels, rule=rule: shares_of(rule, len(channels)))
        found = credit(paths, weights(paths, rule)).set_index("channel")
        assert found["credited_deals"].to_dict() == pytest.approx(deals)
        assert found["credited_amount"].to_dict() == pytest.approx(amount)


def timed(rows, seed=4):
    """Days and milestones for rows, some unknown."""
    rng = np.random.default_rng(seed)
    days = [sorted(rng.integers(0, 200, len(channels)).tolist(), reverse=True) for channels, *_ in rows]
    return {"days": days, "milestones": [rng.integers(-1, len(channels), 3).tolist() for channels, *_ in rows]}


@pytest.mark.parametrize("seed", range(3))
def test_every_journey_shares_exactly_one_and_every_model_the_total(seed):
    rows = made_rows(seed)
    paths = from_paths(rows, **timed(rows))
    knobs = CreditKnobs(half_life_days=20, direct=("a",))
    for model in SHARED:
        found = touch_weights(paths, model, knobs=knobs)
        assert (found >= 0).all()
        assert np.bincount(paths.journey, found) == pytest.approx(np.ones(len(rows)), rel=1e-12)
    sums = credit_by_model(paths, knobs=knobs).groupby("model")[["credited_deals", "credited_amount"]].sum()
    assert sorted(sums.index) == sorted(MODELS)
    assert sums["credited_deals"].to_numpy() == pytest.approx(sum(r[1] for r in rows), rel=1e-9)
    assert sums["credited_amount"].to_numpy() == pytest.approx(sum(r[3] for r in rows), rel=1e-9)


def credits(rows, extra, rename=None):
    names = [([rename[c] for c in channels] if rename else channels, *rest) for channels, *rest in rows]
    table = credit_by_model(from_paths(names, **extra), knobs=CreditKnobs(direct=("a", "z5")))
    return table.set_index(["model", "channel"]).sort_index()


def test_names_row_order_doubling_and_splitting_change_nothing():
    rows = made_rows(5)
    extra = timed(rows)
    whole = credits(rows, extra)
    order = np.random.default_rng(1).permutation(len(rows))
    shuffled = credits([rows[i] for i in order], {name: [extra[name][i] for i in order] for name in extra})
    assert shuffled.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-9)
    names = {name: f"z{5 - place}" for place, name in enumerate("abcde")}
    renamed = credits(rows, extra, names)
    back = [(model, names[channel]) for model, channel in whole.index]
    assert renamed.loc[back].to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-9)
    doubled = credits(rows * 2, {name: extra[name] * 2 for name in extra})
    assert doubled.to_numpy() == pytest.approx(2 * whole.to_numpy(), rel=1e-9)
    units = [(row, days, marks) for row, days, marks in zip(rows, extra["days"], extra["milestones"], strict=True)
             for _ in range(int(row[1] + row[2]))]  # fmt: skip
    seen, split = {}, []
    for row, *_ in units:
        seen[id(row)] = seen.get(id(row), 0) + 1
        is_win = seen[id(row)] <= row[1]
        split.append((row[0], float(is_win), float(not is_win), row[3] / row[1] if is_win else 0.0))
    apart = credits(split, {"days": [u[1] for u in units], "milestones": [u[2] for u in units]})
    assert apart.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-9)


def test_the_printed_weights_are_those_used():
    table = rules_table().set_index("model")
    assert list(table.index) == list(RULES)
    marks = ["first", "lead", "opportunity", "won", "last", "last_non_direct", "others"]
    assert (table[marks].sum(axis=1) == 100).all()
    assert table.loc["w_shaped", marks].tolist() == [30, 30, 30, 0, 0, 0, 10]
    assert table.loc["full_path", marks].tolist() == [22.5, 22.5, 22.5, 22.5, 0, 0, 10]
    for rule, (percents, others) in PERCENTS.items():
        assert (RULES[rule].marks, RULES[rule].others) == (percents, others)
    assert table["source"].str.len().min() > 10 and table["label"].is_unique


def test_channels_as_categories_give_the_same():
    rows = made_rows(7)
    paths = from_paths(rows, **timed(rows))
    names = np.array(paths.channels)[paths.channel]
    other = Paths(paths.journeys, paths.touches.assign(channel=pd.Categorical(names)), paths.channels)
    assert credit_by_model(other).equals(credit_by_model(paths))


def test_an_unknown_rule_is_refused_with_the_nearest():
    for call in (lambda: weights(one(1), "w_shape"), lambda: credit_by_model(one(1), ("w_shape",))):
        with pytest.raises(MeasureError, match=r"found w_shape\. Did you mean w_shaped"):
            call()


def test_models_that_paths_cannot_have_are_named_with_what_they_need():
    losses = "lost deals, or people who never became one: without losses it is a share of journeys passed"
    markov = {f"markov_{order}": losses for order in (1, 2, 3, 4)}
    assert unavailable(one(3, 1, -1, -1)) == {
        "w_shaped": "the touch of opportunity",
        "full_path": "the touch of opportunity and of won; these journeys end when a deal is made",
        "time_decay": "days from each touch to the conversion",
        **markov,
    }
    assert unavailable(one(2, 0, 1, 1, days=[2, 1])) == markov
    both = from_paths([(["a"], 1, 0, 1.0), (["a"], 0, 1, 0.0)], days=[[1], [1]], milestones=[(0, 0, 0)] * 2)
    assert unavailable(both) == {}
    lost = from_paths([(["a"], 0, 1, 0.0)], days=[[1]], milestones=[(0, 0, 0)])
    assert unavailable(lost) == {f"markov_{order}": "a conversion" for order in (1, 2, 3, 4)}


def test_conversions_with_an_unknown_milestone_are_counted_by_their_wins():
    """Of 4 wins, 3 have no lead and 1 no opportunity; the lost journey knows none and does not count."""
    rows = [(["a"], 3, 0, 1.0), (["a"], 1, 0, 1.0), (["a"], 0, 5, 0.0)]
    paths = from_paths(rows, milestones=[(-1, 0, 0), (0, -1, 0), (-1, -1, -1)])
    assert unknown_milestones(paths) == {"u_shaped": 3 / 4, "u_shaped_even": 3 / 4, "w_shaped": 1, "full_path": 1}
    assert all(np.isnan(share) for share in unknown_milestones(from_paths(rows[2:])).values())


def test_nothing_gives_an_empty_table_and_no_wins_no_credit():
    assert credit_by_model(from_paths([]), SHARED).empty
    lost = from_paths([(["a", "b"], 0, 1, 0.0)], days=[[2, 1]])
    assert credit_by_model(lost, SHARED)[["credited_deals", "credited_amount"]].eq(0).all(axis=None)
    for none in (credit_by_model(lost, ()), credit_by_model(from_paths([]), SHARED)):
        assert none.dtypes.astype(str).to_dict() == {
            "model": "str", "channel": "str", "credited_deals": "float64", "credited_amount": "float64"
        }  # fmt: skip


def test_a_channel_that_is_on_no_journey_has_no_credit():
    paths = from_paths([(["a"], 1, 1, 5.0)])
    wider = type(paths)(paths.journeys, paths.touches, ("a", "b"))
    table = credit_by_model(wider, ("linear", "shapley", "markov_1", "markov_2"))
    assert table.loc[table["channel"] == "b", ["credited_deals", "credited_amount"]].eq(0).all(axis=None)
    assert table.loc[table["channel"] == "a", "credited_amount"].tolist() == pytest.approx([5.0] * 4)


def test_amounts_of_one_path_told_together_or_one_by_one_are_one_answer():
    """A peer gives three answers for revenue of grouped journeys, by how its columns are set up."""
    rows = made_rows(8)
    extra = timed(rows)
    at = next(place for place, row in enumerate(rows) if row[1] == 2 and len(set(row[0])) > 2)
    names, _, losses, amount = rows[at]
    apart = [*rows, (names, 1, 0, 0.9 * amount)]
    apart[at] = (names, 1, losses, 0.1 * amount)
    more = {name: [*values, values[at]] for name, values in extra.items()}
    assert credits(apart, more).to_numpy() == pytest.approx(credits(rows, extra).to_numpy(), rel=1e-9)

"""Markov credit: by hand, against dense solves of an independent chain, and at its edges."""

import sys

import numpy as np
import pytest
from slow_credit import made_rows, slow_markov

from revops.analysis.credit import Paths, credit_by_model, from_paths, kept, markov
from revops.errors import MeasureError

module = sys.modules[markov.__module__]  # the package has a function of the same name
ORDERS = (1, 2, 3, 4)
RAGGED = [(list("abcab"), 1, 2, 9.0), (list("aab"), 0, 3, 0.0), (list("c"), 2, 1, 5.0), (list("ba"), 1, 0, 30.0),
          (list("cbbbac"), 3, 4, 12.0), (list("bc"), 0, 0, 0.0), (list("abca"), 1, 1, 1.0)]  # fmt: skip


def table(found):
    return found.table.set_index("channel")


def test_by_hand_and_as_a_peer_gets_it_wrong():
    """a > b won 10 times, b 10 times, a lost 20 times. 30 of 40 journeys start at a, where 1 of 3 goes on to b, which
    always converts: p = 1/4 + 3/4 x 1/3 = 1/2. Without a 1/4 is left; without b nothing."""
    found = markov(from_paths([(["a", "b"], 10, 0, 10.0), (["b"], 10, 0, 30.0), (["a"], 0, 20, 0.0)]))
    assert found.start_rate == pytest.approx(1 / 2, abs=1e-15) and found.start_amount == pytest.approx(1, abs=1e-15)
    assert table(found)["removal_effect"].tolist() == pytest.approx([1 / 2, 1], abs=1e-15)
    assert table(found)["credited_deals"].tolist() == pytest.approx([20 / 3, 40 / 3], abs=1e-13)
    assert table(found)["amount_effect"].tolist() == pytest.approx([1 / 2, 1], abs=1e-15)
    assert (found.n_states, found.order, found.is_degenerate) == (2, 1, False)


def test_amount_has_an_effect_of_its_own():
    """Two ways to one win each: a brings 10, b 30. Conversions hang on both alike, amount on b three times as much."""
    found = table(markov(from_paths([(["a"], 1, 1, 10.0), (["b"], 1, 1, 30.0)])))
    assert found["removal_effect"].tolist() == pytest.approx([1 / 2, 1 / 2])
    assert found["amount_effect"].tolist() == pytest.approx([1 / 4, 3 / 4])
    assert found["credited_deals"].tolist() == pytest.approx([1, 1])
    assert found["credited_amount"].tolist() == pytest.approx([10, 30])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("rows", [RAGGED, made_rows(2), made_rows(3, 500, "abcd", 9)], ids=["ragged", "five", "four"])
def test_every_order_is_the_dense_solve(rows, order):
    whole, without = slow_markov(rows, order)
    found = markov(from_paths(rows), order)
    wins, amount = (sum(row[place] for row in rows) for place in (1, 3))
    for name, total, kind in (("removal_effect", wins, 0), ("amount_effect", amount, 1)):
        effects = {channel: 1 - left[kind] / whole[kind] for channel, left in without.items()}
        assert table(found)[name].to_dict() == pytest.approx(effects, abs=1e-10)
        credited = {channel: total * effect / sum(effects.values()) for channel, effect in effects.items()}
        column = ("credited_deals", "credited_amount")[kind]
        assert table(found)[column].to_dict() == pytest.approx(credited, rel=1e-10, abs=1e-8)


@pytest.mark.parametrize("order", ORDERS)
def test_the_start_tells_the_rate_and_the_amount_of_the_data(order):
    for seed in range(5):
        rows = made_rows(seed)
        wins, losses, amount = (sum(row[place] for row in rows) for place in (1, 2, 3))
        found = markov(from_paths(rows), order)
        assert found.start_rate == pytest.approx(wins / (wins + losses), abs=1e-12)
        assert found.start_amount == pytest.approx(amount / (wins + losses), rel=1e-12)


def test_moves_from_a_channel_to_itself_change_nothing_at_order_one():
    rows = made_rows(6, channels="abc")
    joined, whole = kept(from_paths(rows), repeats=False), from_paths(rows)
    assert len(joined.touches) < len(whole.touches)
    assert table(markov(joined)).to_numpy() == pytest.approx(table(markov(whole)).to_numpy(), rel=1e-10)


@pytest.mark.parametrize("order", ORDERS)
def test_a_channel_on_every_journey_has_all_hanging_on_it(order):
    rows = [(["x", *channels], *rest) for channels, *rest in made_rows(7)]
    effect = table(markov(from_paths(rows), order))["removal_effect"]
    assert effect["x"] == pytest.approx(1, abs=1e-12) and effect.drop("x").max() < 1


@pytest.mark.parametrize("order", ORDERS)
def test_one_channel_has_all(order):
    found = markov(from_paths([(["a"] * 5, 1, 1, 7.0), (["a"], 0, 3, 0.0)]), order)
    assert found.table.to_numpy().tolist() == [["a", pytest.approx(1), pytest.approx(1), pytest.approx(1),
                                                pytest.approx(7)]]  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
def test_a_channel_on_no_journey_has_no_effect(order):
    paths = from_paths(RAGGED)
    wider = Paths(paths.journeys, paths.touches, (*paths.channels, "z"))
    effects = table(markov(wider, order))
    assert effects.loc["z"].tolist() == [0, 0, 0, 0]
    assert effects.drop("z").to_numpy() == pytest.approx(table(markov(paths, order)).to_numpy(), rel=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_a_channel_on_lost_journeys_only_has_no_effect(order):
    found = table(markov(from_paths([*made_rows(8), (["lost"], 0, 9, 0.0), (["a", "lost"], 0, 9, 0.0)]), order))
    assert found.loc["lost"].tolist() == pytest.approx([0, 0, 0, 0], abs=1e-12)


def test_without_losses_it_says_that_it_degenerates():
    """Every journey converts: the effect is the share of journeys that pass the channel, here their own."""
    rows = [(["a"], 3, 0, 3.0), (["a", "b"], 1, 0, 1.0)]
    found = markov(from_paths(rows))
    assert found.is_degenerate and found.start_rate == pytest.approx(1)
    assert table(found)["removal_effect"].tolist() == pytest.approx([1, 1 / 4])


def test_losses_left_out_are_another_answer():
    rows = [(["a", "b"], 10, 0, 10.0), (["b"], 10, 0, 30.0), (["a"], 0, 20, 0.0)]
    whole, cut = markov(from_paths(rows)), markov(from_paths(rows), with_losses=False)
    assert cut.is_degenerate and not whole.is_degenerate
    assert table(cut)["removal_effect"].tolist() == pytest.approx([1 / 2, 1])
    assert cut.start_rate == pytest.approx(1)
    more = [(["a", "b"], 1, 0, 1.0), (["b", "a"], 1, 0, 1.0), (["b"], 0, 5, 0.0)]
    effects = [table(markov(from_paths(more), with_losses=with_losses))["removal_effect"].tolist()
               for with_losses in (True, False)]  # fmt: skip
    only_wins = table(markov(from_paths(more[:2])))["removal_effect"].tolist()
    assert effects[1] == pytest.approx(only_wins) and abs(effects[0][0] - effects[1][0]) > 0.05


def test_no_conversions_are_said():
    for rows in ([], [(["a", "b"], 0, 4, 0.0)]):
        with pytest.raises(MeasureError) as error:
            markov(from_paths(rows))
        assert str(error.value) == (f"Markov credit: there must be a conversion; found none in {len(rows)} journeys. "
                                    "Leave this model out, or take a longer span of time.")  # fmt: skip


def test_wins_without_amount_have_no_amount_effect():
    found = table(markov(from_paths([(["a"], 1, 1, 0.0), (["b", "a"], 2, 0, 0.0)])))
    assert found["amount_effect"].isna().all() and found["credited_amount"].eq(0).all()
    assert found["credited_deals"].sum() == pytest.approx(3)


@pytest.mark.parametrize("order", [0, 5, 1.5])
def test_orders_out_of_range_are_refused(order):
    with pytest.raises(MeasureError, match="order must be 1 to 4; found"):
        markov(from_paths(RAGGED), order)


def test_windows_are_not_padded():
    """Order 2: a journey of one touch is a state of its own, apart from every window of two."""
    rows = [(["a"], 1, 0, 1.0), (["a", "b"], 0, 1, 0.0), (["a", "b", "a"], 1, 0, 1.0)]
    found = markov(from_paths(rows), 2)
    assert found.n_states == 3  # a; a b; b a
    assert found.start_rate == pytest.approx(2 / 3)
    assert table(found)["removal_effect"].tolist() == pytest.approx([1, 1 / 2])


@pytest.mark.parametrize("order", (2, 3, 4))
def test_padding_would_change_no_effect(order):
    """Blanks before the first touch add states that only the start leads to: the other convention, same effects."""
    rows = made_rows(13)
    padded = [(["^"] * (order - 1) + channels, *rest) for channels, *rest in rows]
    whole, without = slow_markov(padded, order)
    effects = {channel: 1 - left[0] / whole[0] for channel, left in without.items() if channel != "^"}
    assert table(markov(from_paths(rows), order))["removal_effect"].to_dict() == pytest.approx(effects, abs=1e-10)
    assert markov(from_paths([(list("abcde"), 1, 1, 1.0)]), order).n_states == 6 - order


def test_long_orders_tend_to_journeys_that_hold_the_channel():
    """Where no journey is longer than the order, the effect is the share of conversions whose journey holds it."""
    rows = made_rows(9, longest=4)
    wins = sum(row[1] for row in rows)
    holding = {c: sum(row[1] for row in rows if c in row[0]) / wins for c in "abcde"}
    assert table(markov(from_paths(rows), 4))["removal_effect"].to_dict() == pytest.approx(holding, abs=1e-12)


@pytest.mark.parametrize("order", (2, 3))
def test_chains_that_hardly_ever_end_are_solved_too(order, monkeypatch):
    """A journey of 6,000 touches: stepping gives up, and each removal is factored."""
    rng = np.random.default_rng(4)
    rows = [*made_rows(11, 20, "abc"), ([str(name) for name in rng.choice(list("abc"), 6000)], 1, 0, 70.0)]
    factored, asked = module._factored, []
    monkeypatch.setattr(module, "_factored", lambda *what: asked.append(1) or factored(*what))
    whole, without = slow_markov(rows, order)
    found = markov(from_paths(rows), order)
    assert asked and found.start_rate == pytest.approx(whole[0], rel=1e-9)
    effects = {channel: 1 - left[0] / whole[0] for channel, left in without.items()}
    assert table(found)["removal_effect"].to_dict() == pytest.approx(effects, abs=1e-9)


@pytest.mark.parametrize("order", (2, 4))
def test_steps_and_factors_agree_however_many_removals_are_run_at_once(order, monkeypatch):
    paths = from_paths(made_rows(12))
    stepped = table(markov(paths, order)).to_numpy()
    monkeypatch.setattr(module, "_MOST_CELLS", 10)
    one_by_one = table(markov(paths, order)).to_numpy()
    monkeypatch.setattr(module, "_MOST_STEPS", 0)
    factored = table(markov(paths, order)).to_numpy()
    assert one_by_one == pytest.approx(stepped, rel=1e-12) and factored == pytest.approx(stepped, rel=1e-11)


def test_hundreds_of_channels_are_told_apart():
    """300 campaigns, each journey with a pair of its own: at order 4 the effect is the share of journeys with it."""
    rows = [([f"c{i:03}", f"c{(i * 7) % 300:03}"], 1, 1, 2.0) for i in range(300)]
    holding = [sum(f"c{i:03}" in row[0] for row in rows) / 300 for i in range(300)]
    for order in (1, 2, 4):
        found = table(markov(from_paths(rows), order))
        assert found["credited_deals"].sum() == pytest.approx(300)
    assert found["removal_effect"].to_numpy() == pytest.approx(holding, abs=1e-12)


def test_the_long_table_is_that_of_the_chain():
    paths = from_paths(made_rows(10))
    long = credit_by_model(paths, ("markov_2", "markov_3")).set_index(["model", "channel"])
    for order in (2, 3):
        direct = table(markov(paths, order))[["credited_deals", "credited_amount"]]
        assert np.array_equal(long.loc[f"markov_{order}"].to_numpy(), direct.to_numpy())


@pytest.mark.parametrize("order", ORDERS)
def test_credit_notes_are_shared_by_an_effect_of_their_own(order):
    """Amounts above 0 and below 0 are two questions, each answered as if the other were none; the sum is what was
    booked. Shared by one effect of both, what nearly cancels would be blown up."""
    rows = [*made_rows(14), (list("ab"), 2, 0, -300.0), (list("ca"), 1, 1, -40.0)]
    found = table(markov(from_paths(rows), order))
    signed = [[(names, wins, losses, clip(amount, 0)) for names, wins, losses, amount in rows] for clip in (max, min)]
    parts = [table(markov(from_paths(part), order))["credited_amount"] for part in signed]
    assert found["credited_amount"].to_numpy() == pytest.approx(sum(parts).to_numpy(), rel=1e-9)
    assert found["credited_amount"].sum() == pytest.approx(sum(row[3] for row in rows), rel=1e-9)
    assert found["removal_effect"].equals(table(markov(from_paths(signed[0]), order))["removal_effect"])
    whole, without = slow_markov(rows, order)
    effects = {channel: 1 - left[1] / whole[1] for channel, left in without.items()}
    assert found["amount_effect"].to_dict() == pytest.approx(effects, abs=1e-9)


def test_amounts_that_cancel_have_no_effect_and_are_credited_where_they_came_from():
    found = table(markov(from_paths([(["a"], 1, 1, 100.0), (["b"], 1, 1, -100.0)])))
    assert found["amount_effect"].isna().all()
    assert found["credited_amount"].to_dict() == pytest.approx({"a": 100, "b": -100})


def test_credit_notes_that_outweigh_the_rest_leave_no_amount_to_lose():
    found = table(markov(from_paths([(["a"], 1, 1, 100.0), (["b"], 1, 1, -300.0)])))
    assert found["amount_effect"].isna().all() and found["removal_effect"].notna().all()

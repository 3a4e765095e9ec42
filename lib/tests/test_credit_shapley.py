"""Shapley credit and the game of rates: against whole enumerations and faults of peers."""

from collections import defaultdict

import numpy as np
import pytest
from slow_credit import by_channel, made_rows, shapley_of

from revops.analysis.credit import (
    MOST_CHANNELS,
    credit,
    deals_touched,
    from_paths,
    kept,
    rate_game,
    shapley_weights,
    weights,
)
from revops.errors import MeasureError


def zhao(rows):
    paths = from_paths(rows)
    return credit(paths, shapley_weights(paths)).set_index("channel")


def exact_sets(rows, place):
    sums = defaultdict(float)
    for row in rows:
        sums[frozenset(row[0])] += row[place]
    return sums


@pytest.mark.parametrize("seed", range(4))
def test_the_closed_form_is_the_enumerated_game(seed):
    rows = made_rows(seed, channels="abcdef")
    for column, place in (("credited_deals", 1), ("credited_amount", 3)):
        brought = exact_sets(rows, place)
        game = shapley_of(lambda s, brought=brought: sum(v for t, v in brought.items() if t <= s), "abcdef")
        assert zhao(rows)[column].to_dict() == pytest.approx(game, rel=1e-9)


def test_a_channel_seen_often_has_its_share_split_over_its_touches():
    paths = from_paths([(list("abaca"), 1, 0, 6.0), (list("bb"), 1, 0, 4.0)])
    assert shapley_weights(paths).tolist() == pytest.approx([1 / 9, 1 / 3, 1 / 9, 1 / 3, 1 / 9, 1 / 2, 1 / 2])


def test_it_is_linear_credit_over_distinct_channels():
    rows = [(sorted(set(channels)), *rest) for channels, *rest in made_rows(4)]
    paths = from_paths(rows)
    assert shapley_weights(paths) == pytest.approx(weights(paths, "linear"), abs=1e-15)
    repeated = made_rows(4, channels="ab")
    deals, _ = by_channel(repeated, lambda _, names: [1 / len(set(names)) / names.count(name) for name in names])
    assert zhao(repeated)["credited_deals"].to_dict() == pytest.approx(deals)


def test_six_channels_on_every_journey_share_alike_whatever_they_are_called():
    """A peer keeps the last four names of the alphabet and gives a and b nothing."""
    for names in ("abcdef", "fedcba", "zyxwvu"):
        assert zhao([(list(names), 100, 50, 100.0)])["credited_deals"].tolist() == pytest.approx([100 / 6] * 6)


def test_losses_and_order_are_not_used():
    rows = made_rows(5)
    other = [(channels[::-1], wins, losses + 7, amount) for channels, wins, losses, amount in rows]
    assert zhao(other).to_numpy() == pytest.approx(zhao(rows).to_numpy())


def test_deals_touched_counts_each_deal_once_a_channel():
    rows = [(list("aab"), 2, 5, 1.0), (list("b"), 1, 0, 1.0), (list("c"), 0, 9, 0.0)]
    assert deals_touched(from_paths(rows)).tolist() == [2, 3, 0]


@pytest.mark.parametrize("seed", range(3))
def test_the_game_of_rates_is_its_enumeration(seed):
    rows = made_rows(seed, 12, "abcde", 3)  # few journeys: many coalitions that nobody saw

    def rate(place):
        def value(s):
            inside = [row for row in rows if set(row[0]) <= s]
            seen = sum(row[1] + row[2] for row in inside)
            return sum(row[place] for row in inside) / seen if seen else 0.0

        return value

    channels = sorted({channel for names, *_ in rows for channel in names})
    found = rate_game(from_paths(rows)).set_index("channel")
    for name, place in (("rate", 1), ("amount", 3)):
        game = shapley_of(rate(place), channels)
        assert found[f"{name}_effect"].to_dict() == pytest.approx(game, abs=1e-12)
        assert found[f"{name}_effect"].sum() == pytest.approx(rate(place)(set(channels)))
        assert found[f"{name}_share"].sum() == pytest.approx(1)


def test_the_game_of_rates_may_be_negative_and_sees_losses():
    """a alone always converts, b never does, all journeys together in 6 of 12: a brings 1 alone and 1/2 to b, b brings
    0 alone and takes 1/2 from a."""
    found = rate_game(from_paths([(["a"], 4, 0, 4.0), (["a", "b"], 2, 6, 2.0)])).set_index("channel")
    assert found["rate_effect"].to_dict() == pytest.approx({"a": 3 / 4, "b": -1 / 4})
    lost = rate_game(from_paths([(["a"], 4, 0, 4.0), (["a", "b"], 0, 9, 0.0)])).set_index("channel")
    assert lost.loc["b", "rate_effect"] < 0


def test_the_game_of_rates_does_not_depend_on_names_or_rows():
    rows = made_rows(6)
    names = dict(zip("abcde", "zyxwv", strict=True))
    turned = [([names[c] for c in channels], *rest) for channels, *rest in rows[::-1]]
    whole, other = (rate_game(from_paths(r)).set_index("channel") for r in (rows, turned))
    assert other.loc[[names[c] for c in whole.index]].to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-12)


def test_the_game_of_rates_refuses_what_it_cannot_tell():
    many = from_paths([([f"c{i}"], 1, 1, 1.0) for i in range(MOST_CHANNELS + 1)])
    with pytest.raises(MeasureError, match="must be at most 20 channels; found 21"):
        rate_game(many)
    with pytest.raises(MeasureError, match="there must be a conversion; found none in 1 journeys"):
        rate_game(from_paths([(["a"], 0, 1, 0.0)]))


def test_twenty_channels_are_solved_exactly():
    """Journeys of one touch, all channels with as many: v(S) is the mean of the rates in S, and joining s others adds
    (r - their mean) / (s + 1), or r where s = 0. So the value is r / n + (r - mean of others) x (1/2 + ... + 1/n) / n.
    """
    n = MOST_CHANNELS
    rates = np.arange(1, n + 1) / (n + 1)
    found = rate_game(from_paths([([f"c{i:02}"], rate, 1 - rate, 0.0) for i, rate in enumerate(rates)]))
    harmonic = (1 / np.arange(1, n + 1)).sum()
    others = (rates.sum() - rates) / (n - 1)
    by_hand = (rates - others) * (harmonic - 1) / n + rates / n
    assert found["rate_effect"].to_numpy() == pytest.approx(by_hand, abs=1e-12)
    assert found["amount_share"].isna().all()


def test_an_empty_set_has_no_weights():
    assert shapley_weights(from_paths([])).tolist() == []
    assert deals_touched(kept(from_paths([(["a"], 1, 0, 1.0)]), exclude=["a"])).tolist() == []

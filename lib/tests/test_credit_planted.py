"""The made-up world: its truth by switching channels off one buyer at a time, and that it is what it says it is."""

import math

import numpy as np
import pytest

from revops.analysis.credit.planted import CHANNELS, DIRECT, NO_EFFECT, chances, planted


def met_of(world):
    """The names of the channels that met each buyer, by its touches."""
    met = [set() for _ in range(len(world.paths.journeys))]
    for row in world.paths.touches.itertuples():
        met[row.journey].add(world.paths.channels[row.channel])
    return met


def chance(met, intent):
    return 1 / (1 + math.exp(-(-2.6 + sum(CHANNELS[name].effect for name in met) + intent)))


@pytest.mark.parametrize("selection", [True, False])
def test_truth_is_what_is_lost_when_each_channel_is_switched_off_by_hand(selection):
    world = planted(3, 80, selection)
    met = met_of(world)
    whole = [chance(names, intent) for names, intent in zip(met, world.intent, strict=True)]
    assert world.paths.values("wins") == pytest.approx(whole)
    lost = {}
    for channel in CHANNELS:
        without = [chance(names - {channel}, intent) for names, intent in zip(met, world.intent, strict=True)]
        lost[channel] = sum(whole) - sum(without)
    assert world.truth["channel"].tolist() == sorted(CHANNELS)
    assert world.truth["lost_deals"].to_numpy() == pytest.approx([lost[name] for name in sorted(CHANNELS)])
    assert world.truth["lost_share"].to_numpy() == pytest.approx(
        [lost[name] / sum(lost.values()) for name in sorted(CHANNELS)]
    )
    alone = sum(chance(set(), intent) for intent in world.intent)
    assert world.incremental_share == pytest.approx(1 - alone / sum(whole))


def test_a_world_of_two_buyers_by_hand():
    """Log odds -2.6 + 1.1 + 1.4 = -0.1 with events and webinar, -2.6 with direct alone, intent 0."""
    found = chances(np.array([[0, 0, 1, 0, 0, 1], [0, 1, 0, 0, 0, 0]]), np.zeros(2))
    assert found == pytest.approx([1 / (1 + math.exp(0.1)), 1 / (1 + math.exp(2.6))])
    assert chances(np.zeros((1, 6)), np.array([2.6])) == pytest.approx(0.5)


def test_two_channels_do_nothing_and_come_late():
    world = planted(1, 5000, selection=False)
    assert set(NO_EFFECT) == {"direct", "retargeting"} and DIRECT in NO_EFFECT
    truth = world.truth.set_index("channel")
    assert truth.loc[list(NO_EFFECT), "lost_deals"].tolist() == [0, 0]
    assert (truth.drop(list(NO_EFFECT))["lost_share"] > 0.1).all() and truth["lost_share"].sum() == pytest.approx(1)
    place = world.paths.position / np.maximum(world.paths.lengths - 1, 1)[world.paths.journey]
    mean = {name: place[(world.paths.channel == code) & (world.paths.lengths > 1)[world.paths.journey]].mean()
            for code, name in enumerate(world.paths.channels)}  # fmt: skip
    late = {name: mean.pop(name) for name in NO_EFFECT}
    assert min(late.values()) > 0.6 > 0.5 > max(mean.values())


def test_keener_buyers_meet_some_channels_more_only_where_they_select_themselves():
    """Mean intent of those met less that of the others: sd 1, some 5,000 on either side, so 0.08 is four errors."""
    for selection in (True, False):
        world = planted(5, 12_000, selection)
        met = np.zeros((len(world.intent), len(CHANNELS)), dtype=bool)
        met[world.paths.journey, world.paths.channel] = True
        for place, (name, channel) in enumerate(CHANNELS.items()):
            apart = world.intent[met[:, place]].mean() - world.intent[~met[:, place]].mean()
            if selection and channel.keen >= 1:
                assert apart > 0.5, name
            elif not selection:
                assert abs(apart) < 0.08, name


def test_journeys_are_fit_for_every_model():
    paths = planted(2, 400, selection=True).paths
    journeys = paths.journeys
    assert (paths.lengths >= 1).all() and paths.is_timed and len(paths.emptied) == 0
    assert (journeys["won"] == paths.lengths - 1).all()
    assert (journeys["lead"] <= journeys["opportunity"]).all() and (journeys["opportunity"] <= journeys["won"]).all()
    assert 0.2 < (journeys["lead"] >= 0).mean() < 1
    assert journeys["wins"].to_numpy() == pytest.approx(1 - journeys["losses"].to_numpy())
    assert journeys["amount"].equals(journeys["wins"])
    assert journeys["account"].is_unique


def test_the_same_seed_gives_the_same_world():
    one, two, other = planted(1, 300, True), planted(1, 300, True), planted(2, 300, True)
    assert one.paths.touches.equals(two.paths.touches) and one.paths.journeys.equals(two.paths.journeys)
    assert one.truth.equals(two.truth) and np.array_equal(one.intent, two.intent)
    assert not one.truth.equals(other.truth)

"""Credit worked out slowly and apart: plain loops over lists and dicts, fractions, dense solves, whole enumerations."""

import csv
import os
from collections import defaultdict
from fractions import Fraction
from itertools import combinations, pairwise
from math import factorial
from pathlib import Path

import numpy as np

PERCENTS = {
    "first_touch": ({"first": 100}, 0),
    "last_touch": ({"last": 100}, 0),
    "linear": ({}, 100),
    "position_based": ({"first": 40, "last": 40}, 20),
    "u_shaped": ({"first": 40, "lead": 40}, 20),
    "u_shaped_even": ({"first": 50, "lead": 50}, 0),
    "w_shaped": ({"first": 30, "lead": 30, "opportunity": 30}, 10),
    "full_path": ({"first": 22.5, "lead": 22.5, "opportunity": 22.5, "won": 22.5}, 10),
    "j_shaped": ({"first": 20, "last": 60}, 20),
    "inverse_j": ({"first": 60, "last": 20}, 20),
}


def public_rows():
    """The public path set as rows (channels, wins, losses, amount); None where it is not at hand."""
    folder = os.environ.get("REVOPS_PUBLIC_DATA")
    if not folder:
        return None
    with open(Path(folder) / "channelattribution-pathdata" / "path_data.csv", newline="") as file:
        return [(row["path"].split(" > "), float(row["total_conversions"]), float(row["total_null"]),
                 float(row["total_conversion_value"])) for row in csv.DictReader(file)]  # fmt: skip


def made_rows(seed, n=300, channels="abcde", longest=7):
    """Rows of random journeys, some converted, with counts and amounts."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        names = [channels[i] for i in rng.integers(0, len(channels), rng.integers(1, longest + 1))]
        wins, losses = int(rng.integers(0, 3)), int(rng.integers(0, 4))
        rows.append((names, wins, losses, wins * float(rng.integers(1, 50))))
    return rows


def shares_of(rule, n, lead=-1, opportunity=-1, won=-1):
    """The share of each of n touches, as fractions."""
    marks, others = PERCENTS[rule]
    places = {"first": 0, "last": n - 1, "lead": lead, "opportunity": opportunity, "won": won}
    percent, end = [Fraction(0)] * n, n - 1 if not marks else 0
    for mark, share in marks.items():
        if places[mark] >= 0:
            percent[places[mark]] += Fraction(share)
            end = max(end, places[mark])
    middle = [i for i in range(end + 1) if i not in [places[mark] for mark in marks]]
    for i in middle:
        percent[i] += Fraction(others, len(middle))
    return [share / sum(percent) for share in percent]


def by_channel(rows, share_of_touches):
    """Deals and amount by channel, from a function (row number, channels) -> shares."""
    deals, amount = defaultdict(float), defaultdict(float)
    for number, (channels, wins, _, value) in enumerate(rows):
        for channel, share in zip(channels, share_of_touches(number, channels), strict=True):
            deals[channel] += float(share) * wins
            amount[channel] += float(share) * value
    return dict(deals), dict(amount)


def chain(rows, order):
    """States (tuples of channels), counts between them, starts, wins, amount, weights; by loops over lists."""
    states, moves = {}, defaultdict(float)
    starts, wins_at, amount_at, weight_of = (defaultdict(float) for _ in range(4))
    for channels, wins, losses, value in rows:
        channels = tuple(channels)
        windows = [channels[i : i + order] for i in range(len(channels) - order + 1)] or [channels]
        for window in windows:
            states.setdefault(window, len(states))
            weight_of[window] += wins + losses
        starts[windows[0]] += wins + losses
        wins_at[windows[-1]] += wins
        amount_at[windows[-1]] += value
        for one, two in pairwise(windows):
            moves[one, two] += wins + losses
    return states, moves, starts, wins_at, amount_at, weight_of


def dense_chain(rows, order):
    """Start chances, chances of moves, and what a visit of each state leaves with (conversion; amount)."""
    states, moves, starts, wins_at, amount_at, weight_of = chain(rows, order)
    start, step, leaves = np.zeros(len(states)), np.zeros((len(states),) * 2), np.zeros((len(states), 2))
    for state, i in states.items():
        if weight_of[state]:
            start[i] = starts[state] / sum(starts.values())
            leaves[i] = wins_at[state] / weight_of[state], amount_at[state] / weight_of[state]
    for (one, two), count in moves.items():
        if count:
            step[states[one], states[two]] = count / weight_of[one]
    return states, start, step, leaves


def slow_markov(rows, order):
    """Start values [conversion, amount] and what of them is left without each channel, by dense solves."""
    states, start, step, leaves = dense_chain(rows, order)

    def brings(kept):
        inside = np.eye(len(kept)) - step[np.ix_(kept, kept)]
        return start[kept] @ np.linalg.solve(inside, leaves[kept]) if len(kept) else np.zeros(2)

    channels = sorted({channel for names, *_ in rows for channel in names})
    without = [brings([i for state, i in states.items() if channel not in state]) for channel in channels]
    return brings(list(range(len(states)))), dict(zip(channels, without, strict=True))


def shapley_of(value, players):
    """The Shapley value of a game on frozensets, over all coalitions."""
    n, found = len(players), {}
    for player in players:
        others = [other for other in players if other != player]
        coalitions = [frozenset(c) for size in range(n) for c in combinations(others, size)]
        chance = [factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)]
        found[player] = sum(chance[len(c)] * (value(c | {player}) - value(c)) for c in coalitions)
    return found

"""The chance of a deal from past deals like it: beside the same arithmetic cell by cell, and where little is known."""

import numpy as np
import pandas as pd
import pytest
from quarters import AMOUNT, quarters, stated
from scipy.special import betaln

from revops.analysis.chances import fit_cells, left_out_chances


def test_a_small_cell_leans_on_the_rest_of_its_parent_and_not_on_itself():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=100, n_quarters=4).deals
    lone = stated("Negotiation", 1).assign(period="Q0", is_won=True, won_amount=AMOUNT)
    cells = fit_cells(pd.concat([past, lone], ignore_index=True))
    (cell,) = cells.of(stated("Negotiation", 1))
    assert 0.45 < cells.mean[cell] < 0.75
    assert cells.alpha[cell] + cells.beta[cell] < 30


def test_stalled_and_pushed_deals_get_the_chances_their_like_had():
    fresh = quarters({"Discovery": 0.4}, n=100).deals
    stalled = quarters({"Discovery": 0.1}, n=40).deals.assign(is_stalled=True)
    pushed = quarters({"Discovery": 0.2}, n=40).deals.assign(pushes=3)
    past = pd.concat([fresh, stalled, pushed], ignore_index=True)
    now = stated("Discovery", 3).assign(is_stalled=[False, True, False], pushes=[0, 0, 5])
    cells = fit_cells(past)
    assert cells.mean[cells.of(now)] == pytest.approx([0.4, 0.1, 0.2], abs=0.03)


def test_a_stage_never_seen_is_told_by_its_place():
    cells = fit_cells(quarters({"Discovery": 0.3, "Proposal": 0.6}, n=100).deals)
    now = pd.concat([stated("Renamed", 1), stated("Renamed", 1).assign(place="later")])
    assert cells.mean[cells.of(now)][0] == pytest.approx(0.45, abs=0.1)


def slow_chance(past, deal):
    """The shrunk wins and losses of one deal's cell, written again level by level over rows as tuples."""
    levels = ("type", "place", "is_stalled", "stage_name", "pushes")

    def key(row, depth):
        return tuple(min(row[name], 2) if name == "pushes" else row[name] for name in levels[:depth])

    def counts(cell):
        rows = [row["is_won"] for row in past if key(row, len(cell)) == cell]
        return np.array([sum(rows), len(rows) - sum(rows)], dtype=float)

    def prior(cell, strength, parent):
        rest = parent - counts(cell)
        worth = 1 / (1 / strength + 1 / rest.sum())
        return worth * rest / rest.sum()

    def fits(cell, strength, parent):
        before = prior(cell, strength, parent)
        return betaln(*(before + counts(cell))) - betaln(*before)

    found = {(): counts(()) + np.array([1, 3])}
    for depth in range(1, len(levels) + 1):
        cells = {key(row, depth) for row in past}
        best = max((2.0**n for n in range(1, 10)), key=lambda s: sum(fits(c, s, found[c[:-1]]) for c in cells))
        parents = {c: found[c[:-1]] for c in cells | {key(deal, depth)}}
        found |= {c: counts(c) + prior(c, best, parent) for c, parent in parents.items()}
    return found[key(deal, len(levels))]


def mixed(n=60):
    """Past deals of all kinds, whose chances differ by kind, in four quarters."""
    rng = np.random.default_rng(5)
    kinds = {"type": ["new", "expansion"], "place": ["due", "later", "overdue"], "is_stalled": [False, True],
             "stage_name": ["Discovery", "Proposal"], "pushes": [0, 1, 4]}  # fmt: skip
    rows = pd.DataFrame({name: rng.choice(values, n) for name, values in kinds.items()})
    chance = 0.1 + 0.3 * rows["place"].eq("due") + 0.3 * rows["stage_name"].eq("Proposal") - 0.1 * rows["is_stalled"]
    won = rng.random(n) < chance + 0.2 * rows["type"].eq("expansion")
    return rows.assign(period=[f"Q{i % 4}" for i in range(n)], is_won=won)


def test_chances_agree_with_the_same_arithmetic_cell_by_cell():
    past = mixed()
    cells, rows = fit_cells(past), past.to_dict("records")
    unseen = {"type": "renewal", "place": "early", "stage_name": "Discovery", "is_stalled": True, "pushes": 7}
    for deal_now in [*rows[:12], unseen]:
        (cell,) = cells.of(pd.DataFrame([deal_now]))
        assert (cells.alpha[cell], cells.beta[cell]) == pytest.approx(tuple(slow_chance(rows, deal_now)), rel=1e-9)


def test_a_past_quarter_is_told_by_the_others_alone():
    past = mixed()
    told_then = left_out_chances(past)
    for period in ("Q0", "Q3"):
        inside = past["period"].eq(period).to_numpy()
        others = fit_cells(past[~inside])
        assert told_then[inside] == pytest.approx(others.mean[others.of(past[inside])], rel=1e-9)

"""The simulator: the same seed gives the same company, planted rates come back, its bookkeeping holds."""

import ast
import datetime as dt
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import revops
from revops.schema import TABLES
from revops.simulate import Plan, canonical_tables, figures, simulate
from revops.simulate.expected import true_win_rate
from revops.simulate.halyard import DAYS, sample_world
from revops.simulate.ids import record_ids
from revops.simulate.plan import STAGES
from revops.simulate.quotas import BOOKINGS, COMPANY

SMALL = Plan(n_quarters=6, new_per_quarter=30.0)
CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


@pytest.fixture(scope="module")
def sample():
    return sample_world()


@pytest.fixture(scope="module")
def large():
    """A company large enough for its rates to be seen, without what blurs a first pass."""
    plan = Plan(n_quarters=6, new_per_quarter=2_500.0, growth=1.0, reopen_rate=0.0, unwon_rate=0.0, second_try_rate=0.0)
    return simulate(plan, 7)


def settled(world):
    """Deals created while nothing is cut off: not so early that only survivors are kept, not so late as to be open."""
    first, last = (world.calendar.starts[world.plan.burn_in + quarter] * 86_400 for quarter in (0, 3))
    return world.deals[(world.deals["created"] >= first) & (world.deals["created"] < last)]


def within(share, expected, n):
    """Four standard errors: of some thirty rates checked here, one in five hundred runs would stray, and seeds stay."""
    return abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


def test_the_same_seed_gives_the_same_company():
    one, two = (simulate(SMALL, 5) for _ in range(2))
    for name in ("people", "accounts", "deals", "states", "owners", "quotas"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_another_seed_gives_another_company():
    assert not simulate(SMALL, 5).states.equals(simulate(SMALL, 6).states)


def test_the_day_looked_at_changes_nothing_that_happened():
    later = replace(SMALL, as_of=SMALL.as_of + dt.timedelta(days=20))
    pd.testing.assert_frame_equal(simulate(SMALL, 5).states, simulate(later, 5).states)


@pytest.mark.parametrize(("kind", "segment"), list(itertools.product(range(3), range(3))))
def test_planted_win_rates_come_back(large, kind, segment):
    """Luck moves all deals of a quarter together, so the bound has its spread over six quarters besides the counts'."""
    deals = settled(large)
    mine = deals[(deals["kind"] == kind) & (deals["segment"] == segment)]
    expected = true_win_rate(large.plan, kind, segment)
    luck = large.plan.luck_sd * expected * (1 - expected) / np.sqrt(3)
    counts = np.sqrt(expected * (1 - expected) / len(mine))
    assert abs(mine["won"].mean() - expected) < 4 * np.hypot(luck, counts)


@pytest.mark.parametrize("kind", range(3))
def test_planted_stage_chances_and_slips_come_back(large, kind):
    deals, motion = settled(large), large.plan.motions[kind]
    mine = deals[deals["kind"] == kind]
    for stage in range(4):
        entered = mine[mine["reached"] >= stage]
        assert within((entered["reached"] > stage).mean(), motion.advance[stage], len(entered))
    slips, decided = mine["n_slips"], (mine["reached"] == 4).sum()
    due_dates = decided + slips.sum() - (slips == 5).sum()
    assert within(slips.sum() / due_dates, motion.slip_rate, due_dates)


def test_slips_show_as_close_dates_moved_out_in_negotiation(large):
    """Each slip is one later date, but a date moved to the end of its quarter may already be the new one."""
    deals = settled(large)
    states = large.states.sort_values(["deal", "stamp"], kind="stable")
    out = (states.groupby("deal")["close"].diff() > 0) & (states.groupby("deal")["stage"].shift() == 4)
    seen = out[states["stage"] == 4].groupby(states["deal"]).sum().reindex(deals.index, fill_value=0)
    assert (seen <= deals["n_slips"]).mean() > 0.99
    assert 0.80 < seen.sum() / deals["n_slips"].sum() <= 1.0


def test_luck_is_shared_by_the_decisions_of_a_quarter():
    """With a luck of one the quarters' log-odds of winning follow it closely; the rest is sampling."""
    plan = Plan(n_quarters=12, new_per_quarter=800.0, growth=1.0, luck_sd=1.0, reopen_rate=0.0, unwon_rate=0.0)
    world = simulate(plan, 3)
    closed = world.states[world.states["stage"] >= 5].merge(
        world.deals[["kind", "reached"]], left_on="deal", right_index=True
    )
    decided = closed[(closed["reached"] == 4) & (closed["kind"] == 0)]
    quarter = world.calendar.index(decided["stamp"].to_numpy() / 86_400)
    won = (decided["stage"] == 5).groupby(quarter).mean().iloc[1:-1]
    odds = np.log(won / (1 - won))
    assert np.corrcoef(odds, world.luck[won.index])[0, 1] > 0.95


def test_growth_and_mixes_come_back():
    plan = Plan(n_quarters=8, new_per_quarter=3_000.0, growth=1.10, season=(1.0, 1.0, 1.0, 1.0), second_try_rate=0.0)
    world = simulate(plan, 11)
    new = world.deals[world.deals["kind"] == 0]
    quarter = world.calendar.index(new["created"].to_numpy() / 86_400) - plan.burn_in
    counts = pd.Series(quarter).value_counts()
    assert counts[7] / counts[1] == pytest.approx(1.10**6, rel=0.06)  # four standard errors of two Poisson counts
    for place, segment in enumerate(plan.segments):
        assert within((new["segment"] == place).mean(), segment.share, len(new))
    emea = new[new["region"] == 1]
    assert within(emea["foreign"].mean(), plan.regions[1].foreign_share, len(emea))


def test_reopened_deals_come_at_the_planted_rate():
    plan = Plan(n_quarters=6, new_per_quarter=1_500.0, unwon_rate=0.0)
    deals = settled(simulate(plan, 9))
    once_lost = deals[(deals["reached"] >= 1) & (~deals["won"] | deals["reopened"])]
    assert within(once_lost["reopened"].mean(), plan.reopen_rate, len(once_lost))


@pytest.mark.parametrize(
    "plan",
    [
        replace(SMALL, growth=0.90),
        replace(SMALL, cycle_factor=0.15),
        replace(SMALL, cycle_factor=3.0),
        replace(SMALL, new_per_quarter=4.0, amount_factor=20.0),
        replace(SMALL, fiscal_year_starts=1, first_day=dt.date(2024, 1, 1), as_of=dt.date(2025, 3, 31)),
        replace(SMALL, expansions_per_year=0.0, luck_sd=0.0, owner_sd=0.0, slip_penalty=0.0),
    ],
    ids=["shrinking", "short cycles", "long cycles", "few large deals", "calendar year", "no luck"],
)
def test_other_companies_can_be_made(plan):
    tables = canonical_tables(simulate(plan, 1))
    for name, table in tables.items():
        assert list(table.columns) == list(TABLES[name].names)
        assert [str(dtype) for dtype in table.dtypes] == [column.dtype for column in TABLES[name].columns]
        assert not table.duplicated(list(TABLES[name].key)).any()
        assert table[list(TABLES[name].required)].notna().all(axis=None)
        assert len(table)


def test_states_are_saved_in_office_hours_of_working_days_and_differ(sample):
    states = sample.states.sort_values(["deal", "stamp"], kind="stable")
    hours = np.array([r.utc_hours for r in sample.plan.regions])[sample.deals["region"]][states["deal"]]
    local = pd.to_datetime(states["stamp"] + hours * 3_600, unit="s")
    assert local.dt.day_of_week.max() == 4
    assert local.dt.hour.between(8, 18).all()
    first = ~states["deal"].duplicated()
    same = (states[["stage", "close", "amount"]] == states[["stage", "close", "amount"]].shift()).all(axis=1)
    assert not (same & ~first).any()
    assert (states.loc[first, "stamp"].to_numpy() == sample.deals["created"].to_numpy()).all()


def test_open_deals_belong_to_people_who_are_there(sample):
    """A leaver's deals are handed over within six days and a weekend."""
    opened = canonical_tables(sample)["opportunities"].query("outcome == 'open'")
    people = canonical_tables(sample)["owners"].set_index("owner_id")
    active = opened["owner_id"].map(people["is_active"]).astype("boolean")
    queue = active.isna()
    assert queue.sum() == 3
    assert active[~queue].all()


def test_quotas_ask_more_of_owners_than_of_the_company():
    world = simulate(replace(SMALL, new_per_quarter=500.0, tenure_years=1_000.0), 2)
    rows = world.quotas[world.quotas["metric"] == BOOKINGS]
    company = rows[rows["who"] == COMPANY].set_index("quarter")["target"]
    owners = rows[rows["who"] > len(world.plan.teams)].groupby("quarter")["target"].sum()
    assert (owners / company).to_numpy() == pytest.approx(1.10, rel=0.01)  # rows are rounded to 500


def test_attainment_of_the_sample_is_that_of_an_ordinary_company(sample):
    booked = figures(sample, sample.plan.as_of)["frozen"]
    rows = sample.quotas[(sample.quotas["metric"] == BOOKINGS) & (sample.quotas["who"] == COMPANY)]
    quota = {sample.calendar.name(row.quarter): row.target for row in rows.itertuples()}
    names = sorted({name.split()[0] for name in booked})
    won = {name: sum(booked[f"{name} {kind}"]["amount"] for kind in ("new", "expansion")) for name in names}
    attained = [won[name] / quota[name] for name in names]
    assert len(attained) == 15
    assert 0.55 < min(attained) < 0.90 and 1.10 < max(attained) < 1.25
    assert 0.90 < np.mean(attained) < 1.05


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_bookkeeping_agrees_with_the_canonical_tables(sample, day):
    """Two ways to the same cents: loops over events, and pandas over the tables that the gate should give."""
    tables = canonical_tables(sample, day)
    last = tables["opportunity_history"].drop_duplicates("opportunity_id", keep="last")
    state = last.merge(tables["opportunities"][["opportunity_id"]].assign(kind=tables["opportunities"]["type"]))
    state = state[~state["is_deleted"]].assign(amount=lambda t: t["amount"].fillna(0.0))
    today, book = pd.Timestamp(day), figures(sample, day)
    opened = state[state["outcome"] == "open"]
    masks = {
        "total_open": opened, "overdue": opened[opened["close_date"] < today],
        "won_ahead": state[(state["outcome"] == "won") & (state["close_date"] > today)],
    }  # fmt: skip
    for name, rows in masks.items():
        sums = rows.groupby("kind")["amount"].agg(["size", "sum"])
        assert {kind: (row["n"], row["amount"]) for kind, row in book[name].items()} == {
            kind: (row["size"], round(row["sum"], 2)) for kind, row in sums.iterrows()
        }
    booked = state[(state["outcome"] == "won") & (state["close_date"] <= today)]
    assert sum(row["amount"] for row in book["booked"].values()) == pytest.approx(booked["amount"].sum(), abs=0.005)
    due = opened[opened["close_date"] >= today]
    assert sum(row["amount"] for row in book["open"].values()) == pytest.approx(due["amount"].sum(), abs=0.005)
    assert sum(row["n"] for row in book["created"].values()) == len(state)


def test_history_ends_in_the_state_of_the_record(sample):
    tables = canonical_tables(sample)
    last = tables["opportunity_history"].drop_duplicates("opportunity_id", keep="last").set_index("opportunity_id")
    records = tables["opportunities"].set_index("opportunity_id")
    shared = ["stage_name", "outcome", "close_date", "amount", "forecast_category", "owner_id"]
    pd.testing.assert_frame_equal(last[shared], records[shared])


def test_ids_carry_the_checksum_that_salesforce_documents():
    """Each of the last three letters tells which of five characters are capitals, the first being the lowest bit."""
    for identity in record_ids("006", 500, 1):
        blocks = (identity[i : i + 5] for i in (0, 5, 10))
        ends = [CHECK[int("".join("01"[c.isupper()] for c in reversed(block)), 2)] for block in blocks]
        assert identity[15:] == "".join(ends)
    ids = record_ids("006", 20_000, 1)
    assert ids.is_unique and ids.is_monotonic_increasing and (ids.str.len() == 18).all()


def test_the_simulator_stands_apart():
    """What checks the gate and the measures may share nothing with them."""
    for file in (Path(revops.__file__).parent / "simulate").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in (name for name in names if name and name.startswith("revops")):
                assert name.startswith(("revops.simulate", "revops.schema")), f"{file.name} imports {name}"


def test_stages_of_the_plan_are_those_of_the_sample(sample):
    assert set(canonical_tables(sample)["opportunity_history"]["stage_name"].dropna()) == set(STAGES)

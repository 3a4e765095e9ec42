"""Credit of the sample company: to the cent, whatever the names and the order of rows, and blind to what came later."""

import numpy as np
import pandas as pd
import pytest

from frames import as_of, with_each, with_tables
from revops.analysis.credit import DRAWN, MODELS, SHARED, credit_draws, groups_of
from revops.measures.attribution_comparison import Knobs
from revops.measures.attribution_comparison.credited import credited
from revops.measures.attribution_comparison.window import window_of

DAY, PAST = "2026-06-09", "2026-02-20"
POINTS = ["credited_deals", "credited_amount", "credit_share", "rank", "n_deals"]
RANGES = ["low", "high", "error", "rank_low", "rank_high", "top_chance"]
TABLES = ("opportunities", "contacts", "contact_roles", "leads", "touches", "accounts", "campaigns")
STAMPS = {"touches": "associated_at", "leads": "created_at", "contacts": "created_at"}


def told(book, cutoff="close", day=DAY, **knobs):
    """Return the credit of the sample company."""
    return credited(window_of(as_of(book, day), Knobs(**{"draws": 120, **knobs})), cutoff)


@pytest.fixture(scope="module")
def whole(sample):
    return told(sample)


@pytest.fixture(scope="module")
def past(sample):
    return {cutoff: told(sample, cutoff, PAST) for cutoff in ("close", "creation")}


def same(one, other, columns=(*POINTS, *RANGES)):
    """Check that two tables of credit say the same: to nine digits, since sums may be taken in another order."""
    assert one.table[["model", "channel"]].equals(other.table[["model", "channel"]])
    for name in columns:
        assert one.table[name].to_numpy() == pytest.approx(
            other.table[name].to_numpy(), rel=1e-9, abs=1e-9, nan_ok=True
        )
    assert one.unavailable == other.unavailable and one.milestones == pytest.approx(other.milestones)
    assert one.unattributed.equals(other.unattributed) and one.ends.equals(other.ends)


@pytest.mark.parametrize("cutoff", ["close", "creation"])
@pytest.mark.parametrize("slice", [{}, {"region": "EMEA"}], ids=["whole", "slice"])
def test_every_model_and_what_none_can_credit_make_up_what_is_booked_to_the_cent(sample, cutoff, slice):
    """Counted from the records: won in the window (or made in it), of the types that the quota covers."""
    found = told(sample, cutoff, slice=slice)
    window = window_of(as_of(sample, DAY), Knobs(slice=slice))
    deals = window.view.opportunities
    deals = deals[deals["type"].isin(["new", "expansion"])]
    if slice:
        deals = deals[deals["region"].eq("EMEA")]
    name = "close_date" if cutoff == "close" else "created_at"
    inside = deals[name].between(pd.Timestamp(window.since), pd.Timestamp(window.until) + pd.Timedelta("23:59:59"))
    counted = deals[inside & (deals["outcome"].eq("won") | (cutoff == "creation"))]
    left = found.unattributed
    assert len(counted) > 20 and left["n_deals"].sum() > 5
    cents = round(counted["amount"].sum() * 100)
    sums = found.table.groupby("model")[["credited_deals", "credited_amount"]].sum()
    assert set(sums.index) == set(MODELS) - set(found.unavailable) and len(sums) >= 11
    for model, row in sums.iterrows():
        assert round((row["credited_amount"] + left["amount"].sum()) * 100) == cents, model
        assert row["credited_deals"] + left["n_deals"].sum() == pytest.approx(len(counted)), model
    assert found.table.groupby("model")["credit_share"].sum().to_numpy() == pytest.approx(np.ones(len(sums)))


def test_ranges_hold_the_credit_they_are_of(whole):
    drawn = whole.table[whole.table["model"].isin(DRAWN)]
    assert (drawn["low"] <= drawn["credit_share"]).mean() > 0.97 and (
        drawn["high"] >= drawn["credit_share"]
    ).mean() > 0.97
    assert drawn["error"].gt(0).all() and drawn["top_chance"].between(0, 1).all()
    chance = drawn.groupby("model")["top_chance"].sum()
    assert (chance >= 3 - 1e-9).all()  # three places in every draw, more where channels tie
    assert whole.table.loc[~whole.table["model"].isin(DRAWN), RANGES].isna().all(axis=None)


def test_the_order_of_rows_changes_nothing_not_even_the_draws(sample, whole):
    seed = np.random.default_rng([ord(letter) for letter in "rows of credit"])
    mixed = {name: sample.tables[name].sample(frac=1, random_state=seed, ignore_index=True) for name in TABLES}
    again = told(with_tables(sample, **mixed))
    same(again, whole)
    for model in whole.draws.amount:
        assert again.draws.amount[model] == pytest.approx(whole.draws.amount[model])


def test_channels_by_other_names_have_the_same_credit(sample, whole):
    names = sorted(sample.table("touches")["channel"].dropna().unique())
    other = dict(zip(names, [f"z_{place}" for place in range(len(names), 0, -1)], strict=True))
    touches = sample.table("touches")
    renamed = told(with_tables(sample, touches=touches.assign(channel=touches["channel"].map(other))))
    assert renamed.channels == tuple(sorted(other[name] for name in whole.channels))
    order = {model: place for place, model in enumerate(MODELS)}
    back = renamed.table.assign(channel=renamed.table["channel"].map({new: old for old, new in other.items()}))
    back = back.sort_values(["model", "channel"], key=lambda c: c.map(order) if c.name == "model" else c)
    for name in (*POINTS, *RANGES):
        assert back[name].to_numpy() == pytest.approx(whole.table[name].to_numpy(), rel=1e-9, abs=1e-9, nan_ok=True)


def with_ids(book, name, change):
    """Return a book in which every id of one kind is another."""
    return with_each(book, lambda table: table.assign(**{name: change(table[name])}) if name in table else table)


@pytest.mark.parametrize("name", ["account_id", "contact_id", "campaign_id"])
def test_other_ids_of_accounts_people_and_campaigns_change_nothing(sample, whole, name):
    same(told(with_ids(sample, name, lambda ids: "x" + ids.str[::-1])), whole)


def test_other_ids_of_leads_move_the_draws_of_markov_alone(sample, whole):
    """Who came to nothing goes by id: a loss changes no rule's draws, but those of the chain are of other losses."""
    turned = told(with_ids(sample, "lead_id", lambda ids: "x" + ids.str[::-1]))
    same(turned, whole, POINTS)
    for model in whole.draws.amount.keys() - {"markov_1"}:
        assert turned.draws.amount[model] == pytest.approx(whole.draws.amount[model])
    assert not np.allclose(turned.draws.amount["markov_1"], whole.draws.amount["markov_1"])
    same(told(with_ids(sample, "lead_id", lambda ids: "x" + ids)), whole)


def test_other_ids_of_opportunities_are_as_another_seed(sample, whole):
    """In the same order they change nothing. In another, credit is the same and its ranges are other draws: they move
    by noise alone, of 500 draws some 5 % of a standard error."""
    same(told(with_ids(sample, "opportunity_id", lambda ids: "x" + ids)), whole)
    many = told(sample, draws=500)
    turned = told(with_ids(sample, "opportunity_id", lambda ids: ids.str[::-1]), draws=500)
    same(turned, many, POINTS)
    one, other = (found.table[found.table["model"].isin(DRAWN)] for found in (many, turned))
    assert not np.allclose(one["error"], other["error"])
    assert np.abs(one["error"] / other["error"] - 1).max() < 0.3
    assert (np.abs(one["low"] - other["low"]) / one["error"]).mean() < 0.15


def test_money_in_another_unit_changes_the_amounts_alone(sample, whole):
    tables = {name: sample.tables[name].assign(amount=7 * sample.tables[name]["amount"])
              for name in ("opportunities", "opportunity_history")}  # fmt: skip
    times = told(with_tables(sample, **tables))
    assert times.table["credited_amount"].to_numpy() == pytest.approx(7 * whole.table["credited_amount"].to_numpy())
    assert times.unattributed["amount"].to_numpy() == pytest.approx(7 * whole.unattributed["amount"].to_numpy())
    for name in ("credited_deals", "credit_share", "rank", "n_deals", *RANGES):
        assert times.table[name].to_numpy() == pytest.approx(
            whole.table[name].to_numpy(), rel=1e-9, abs=1e-9, nan_ok=True
        )


def later_rows(book, change):
    """Return a book in which the rows of people and touches stamped after PAST are others, with how many they are."""
    end, tables, n = pd.Timestamp(PAST) + pd.Timedelta(days=1), {}, 0
    for name, stamp in STAMPS.items():
        table = book.tables[name]
        late = table[stamp] >= end
        tables[name], n = change(name, table, late), n + late.sum()
    return with_tables(book, **tables), n


def dropped(name, table, late):
    return table[~late].reset_index(drop=True)


def doubled(name, table, late):
    more = table[late].assign(**{f"{name[:-1] if name != 'touches' else 'touch'}_id": lambda t: "x" + t.iloc[:, 0]})
    return pd.concat([table, more], ignore_index=True)


def rewritten(name, table, late):
    wild = {
        column: table[column].where(~late, "wild") for column in ("channel", "account_id", "source") if column in table
    }
    return table.assign(**wild)


@pytest.mark.parametrize("change", [dropped, doubled, rewritten])
@pytest.mark.parametrize("cutoff", ["close", "creation"])
def test_what_was_recorded_after_the_day_changes_nothing(sample, past, change, cutoff):
    book, n = later_rows(sample, change)
    assert n > 200
    one, other = past[cutoff], told(book, cutoff, PAST)
    same(other, one)
    assert len(one.table) > 100
    for model in one.draws.amount:
        assert np.array_equal(one.draws.amount[model], other.draws.amount[model])


@pytest.mark.parametrize("change", ["dropped", "doubled"])
def test_changes_of_deals_after_the_day_change_nothing(sample, past, change):
    """The history of deals after the day dropped; and every deal of a later day there twice."""
    end = pd.Timestamp(PAST) + pd.Timedelta(days=1)
    history, deals = sample.table("opportunity_history"), sample.table("opportunities")
    new = deals["created_at"] >= end
    assert new.sum() > 30
    if change == "dropped":
        gone = deals.loc[new, "opportunity_id"]
        history = history[(history["changed_at"] < end) & ~history["opportunity_id"].isin(gone)]
        deals = deals[~new]
    else:
        twice = deals[new].assign(opportunity_id=lambda t: "x" + t["opportunity_id"])
        again = history[history["opportunity_id"].isin(deals.loc[new, "opportunity_id"])]
        deals = pd.concat([deals, twice])
        history = pd.concat([history, again.assign(opportunity_id=lambda t: "x" + t["opportunity_id"])])
        history = history.sort_values(["opportunity_id", "changed_at", "sequence"])
    tables = {"opportunities": deals.reset_index(drop=True), "opportunity_history": history.reset_index(drop=True)}
    same(told(with_tables(sample, **tables), day=PAST), past["close"])


def test_campaigns_add_up_to_their_channel_in_every_draw(whole):
    """In the sample a campaign is of one channel, and every touch has a campaign."""
    touches = whole.found.touches
    groups = groups_of(whole.paths, touches["campaign_id"])
    of = pd.Series(whole.paths.channel).groupby(groups.code).agg(["min", "max"])
    assert (of["min"] == of["max"]).all() and (groups.code >= 0).all() and len(groups.names) > 30
    rules = [model for model in SHARED if model in whole.models]
    drawn = credit_draws(whole.paths, rules, seed=Knobs().seed, n_draws=120, by=groups)
    for model in rules:
        sums = pd.DataFrame(drawn.amount[model]).groupby(of["min"].to_numpy()).sum()
        there = whole.draws.amount[model][sums.index]
        assert sums.to_numpy() == pytest.approx(there, rel=1e-9, abs=1e-6)


def test_a_slice_has_no_people_who_came_to_nothing_and_other_draws_than_the_whole(sample, whole):
    found = told(sample, slice={"region": "EMEA"})
    assert (
        found.ends.set_index("end").loc["never", "n_journeys"]
        == 0
        < whole.ends.set_index("end").loc["never", "n_journeys"]
    )
    assert 0 < found.table["credited_amount"].sum() < whole.table["credited_amount"].sum()
    assert set(found.found.journeys["opportunity_id"]) < set(whole.found.journeys["opportunity_id"].dropna())

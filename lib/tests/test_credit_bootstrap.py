"""Draws of credit: against refits of each resample, standard errors in closed form, and a planted case."""

import numpy as np
import pandas as pd
import pytest
from slow_credit import made_rows

from revops.analysis.credit import (
    DRAWN,
    SHARED,
    CreditKnobs,
    credit_by_model,
    credit_draws,
    deals_touched,
    from_paths,
    groups_of,
    ranks,
    share_table,
    shares,
    touch_weights,
)
from revops.analysis.resampling import drawn_range
from revops.errors import MeasureError

KNOBS = CreditKnobs(half_life_days=20, direct=("a",))
STREAM = 41


def accounts_of(rows, seed=1, n_accounts=40):
    """Accounts, days and milestones of rows: several journeys an account."""
    rng = np.random.default_rng(seed)
    days = [sorted(rng.integers(0, 200, len(row[0])).tolist(), reverse=True) for row in rows]
    return {"accounts": rng.integers(0, n_accounts, len(rows)).tolist(), "days": days,
            "milestones": [rng.integers(-1, len(row[0]), 3).tolist() for row in rows]}  # fmt: skip


def test_every_draw_is_the_model_on_accounts_taken_whole():
    """The same accounts drawn by hand, their rows repeated, every model worked out anew on them."""
    rows = made_rows(1, 120)
    extra = accounts_of(rows)
    names = sorted(set(extra["accounts"]))
    draws = credit_draws(from_paths(rows, **extra), seed=3, n_draws=6, knobs=KNOBS)
    rng = np.random.default_rng([3, STREAM])
    for draw in range(6):
        taken = [names[i] for i in rng.integers(0, len(names), len(names))]
        rows_of = [i for name in taken for i, account in enumerate(extra["accounts"]) if account == name]
        again = from_paths([rows[i] for i in rows_of], **{key: [extra[key][i] for i in rows_of] for key in extra})
        assert again.channels == draws.channels
        table = credit_by_model(again, DRAWN, knobs=KNOBS).set_index("model")
        for model in DRAWN:
            assert draws.deals[model][:, draw] == pytest.approx(table.loc[model, "credited_deals"].to_numpy())
            assert draws.amount[model][:, draw] == pytest.approx(table.loc[model, "credited_amount"].to_numpy())


def test_the_points_are_those_of_the_models():
    paths = from_paths(made_rows(2), **accounts_of(made_rows(2)))
    draws = credit_draws(paths, seed=1, n_draws=3, knobs=KNOBS)
    assert draws.table.equals(credit_by_model(paths, DRAWN, knobs=KNOBS))


def test_standard_errors_of_rules_are_those_of_a_ratio_of_sums():
    """Share = sum over accounts of a channel's credit over sum of wins: its error by linearisation, worked out by
    account in a loop. 2,000 draws have an error of 1.6 % of the standard error, 10 % is six of them."""
    rows = [(channels, float(wins > 0), losses, 1.0 * (wins > 0)) for channels, wins, losses, _ in made_rows(3, 3000)]
    accounts = np.random.default_rng(5).integers(0, 800, len(rows)).tolist()
    table = share_table(credit_draws(from_paths(rows, accounts=accounts), ("linear", "first_touch"), seed=9,
                                     n_draws=2000), of="deals").set_index(["model", "channel"])  # fmt: skip
    for model in ("linear", "first_touch"):
        for channel in "abcde":
            credit, wins = np.zeros(800), np.zeros(800)
            for account, (names, won, *_) in zip(accounts, rows, strict=True):
                share = names.count(channel) / len(names) if model == "linear" else names[0] == channel
                credit[account] += won * share
                wins[account] += won
            share = credit.sum() / wins.sum()
            error = np.sqrt(((credit - share * wins) ** 2).sum()) / wins.sum()
            assert table.loc[(model, channel), "share"] == pytest.approx(share)
            assert table.loc[(model, channel), "error"] == pytest.approx(error, rel=0.1)


def test_accounts_are_taken_whole():
    """All journeys of an account alike, 10 each: the error is that of the accounts, root 10 times that of journeys."""
    rows = [([name], 1, 0, 1.0) for name in "ab" for _ in range(500)]
    errors = [share_table(credit_draws(from_paths(rows, accounts=accounts), ("linear",), seed=1))["error"][0]
              for accounts in (list(range(1000)), [i // 10 for i in range(1000)])]  # fmt: skip
    assert errors[0] == pytest.approx(0.5 / 1000**0.5, rel=0.1)
    assert errors[1] == pytest.approx(0.5 / 100**0.5, rel=0.1)


def test_the_same_seed_gives_the_same_whatever_the_names_and_rows():
    rows, extra = made_rows(4), accounts_of(made_rows(4))
    whole = credit_draws(from_paths(rows, **extra), seed=1, n_draws=20, knobs=KNOBS)
    again = credit_draws(from_paths(rows, **extra), seed=1, n_draws=20, knobs=KNOBS)
    other = credit_draws(from_paths(rows, **extra), seed=2, n_draws=20, knobs=KNOBS)
    order = np.random.default_rng(7).permutation(len(rows))
    moved = from_paths([rows[i] for i in order], **{key: [extra[key][i] for i in order] for key in extra})
    shuffled = credit_draws(moved, seed=1, n_draws=20, knobs=KNOBS)
    names = dict(zip("abcde", "zyxwv", strict=True))
    renamed = credit_draws(from_paths([([names[c] for c in row[0]], *row[1:]) for row in rows], **extra), seed=1,
                           n_draws=20, knobs=CreditKnobs(20, ("z",)))  # fmt: skip
    for model in DRAWN:
        assert np.array_equal(again.amount[model], whole.amount[model])
        assert not np.allclose(other.amount[model], whole.amount[model])
        assert shuffled.amount[model] == pytest.approx(whole.amount[model])
        assert renamed.amount[model][::-1] == pytest.approx(whole.amount[model])
    first = share_table(whole).set_index(["model", "channel"])
    turned = share_table(renamed).replace({"channel": {new: old for old, new in names.items()}})
    numbers = ["share", "low", "high", "error", "rank", "rank_low", "rank_high", "top_chance", "n_deals"]
    assert turned.set_index(["model", "channel"]).loc[first.index, numbers].to_numpy() == pytest.approx(
        first[numbers].to_numpy()
    )


def test_draws_do_not_depend_on_how_many_are_taken_at_once(monkeypatch):
    paths = from_paths(made_rows(5))
    whole = credit_draws(paths, ("linear", "markov_1"), seed=1, n_draws=40)
    monkeypatch.setattr("revops.analysis.credit.bootstrap._CELLS", 900)
    apart = credit_draws(paths, ("linear", "markov_1"), seed=1, n_draws=40)
    for model in ("linear", "markov_1"):
        assert np.array_equal(whole.deals[model], apart.deals[model])


def test_credit_of_each_draw_sums_to_the_wins_drawn():
    rows = made_rows(6)
    draws = credit_draws(from_paths(rows, **accounts_of(rows)), seed=1, n_draws=30, knobs=KNOBS)
    wins, amount = draws.deals["linear"].sum(axis=0), draws.amount["linear"].sum(axis=0)
    assert len(set(wins)) > 5
    for model in DRAWN:
        assert draws.deals[model].sum(axis=0) == pytest.approx(wins, rel=1e-9)
        assert draws.amount[model].sum(axis=0) == pytest.approx(amount, rel=1e-9)


def test_ranges_ranks_and_chances_by_hand():
    """Ten draws of three channels; b and c change places in two of them, and tie in one."""
    deals = np.array([[50.0] * 10, [30.0] * 7 + [20.0] * 2 + [25.0], [20.0] * 7 + [30.0] * 2 + [25.0]])
    assert ranks(deals).tolist() == [[1] * 10, [2] * 7 + [3] * 2 + [2], [3] * 7 + [2] * 2 + [2]]
    assert shares(deals)[:, 0].tolist() == [0.5, 0.3, 0.2]
    point = credit_draws(from_paths([(["a"], 50, 0, 50.0), (["b"], 9, 0, 9.0), (["c"], 10, 0, 10.0)]), ("linear",),
                         seed=1, n_draws=2)  # fmt: skip
    draws = type(point)(point.channels, point.table, {"linear": deals}, {"linear": deals}, point.n_deals,
                        np.full(3, 1e12))  # fmt: skip
    found = share_table(draws, of="deals", top=2).set_index("channel")
    assert found["share"].tolist() == pytest.approx([50 / 69, 9 / 69, 10 / 69])
    assert found["rank"].tolist() == [1, 3, 2]
    assert found["low"].tolist() == pytest.approx([0.5, 0.2, 0.2])
    assert found["high"].tolist() == pytest.approx([0.5, 0.3, 0.3])
    assert found["error"].tolist() == pytest.approx([0, np.std(deals[1] / 100, ddof=1), np.std(deals[2] / 100, ddof=1)])
    assert found["top_chance"].tolist() == pytest.approx([1, 0.8, 0.3])
    assert found["n_deals"].tolist() == [50, 9, 10]
    assert (found["rank_low"] <= found["rank_high"]).all() and found["rank_high"].tolist() == [1, 3, 3]


def test_channels_that_tie_but_for_rounding_have_one_rank():
    third = np.array([[0.1 + 0.2], [0.3], [0.4]])
    assert third[0] != third[1] and ranks(third)[:, 0].tolist() == [2, 2, 1]


def test_ranges_hold_the_share_of_the_world_the_accounts_came_from():
    """200 samples of 200 accounts from a world with known shares (linear): 80 % ranges hold them in 80 %, within three
    standard errors of 200 samples (0.085)."""
    held = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        first = rng.choice(list("abc"), 200, p=[0.5, 0.3, 0.2])
        rows = [([name, "d"], float(won), float(not won), 0.0) for name, won in zip(first, rng.random(200) < 0.4,
                                                                                    strict=True)]  # fmt: skip
        draws = credit_draws(from_paths(rows), ("linear",), seed=seed, n_draws=200)
        table = share_table(draws, of="deals").set_index("channel")
        held.append(table.loc["b", "low"] <= 0.15 <= table.loc["b", "high"])
    assert 0.715 < np.mean(held) < 0.885


def test_draws_without_conversions_are_not_counted():
    """One won account of five: a third of the resamples have no win, where no share is defined."""
    rows = [(["a"], 1, 0, 5.0), *[(["b", "a"], 0, 1, 0.0)] * 4]
    draws = credit_draws(from_paths(rows), ("linear", "markov_1"), seed=1, n_draws=300)
    empty = draws.deals["linear"].sum(axis=0) == 0
    assert 0.2 < empty.mean() < 0.45
    assert (np.isnan(draws.deals["markov_1"]).all(axis=0) == empty).all()
    assert np.isnan(shares(draws.deals["linear"])[:, empty]).all()
    table = share_table(draws, of="deals").set_index(["model", "channel"])
    assert table.loc[("linear", "a"), ["share", "low", "high", "top_chance"]].tolist() == [1, 1, 1, 1]
    # all hangs on a; on b, that (5 - taken) of 5 start there. One account: the ends are the least and the most taken.
    for taken, end in ((1, "low"), (4, "high")):
        assert table.loc[("markov_1", "a"), end] == pytest.approx(1 / (1 + (5 - taken) / 5), rel=1e-3)


def test_ranges_are_wider_than_percentiles_where_few_accounts_stand_behind_them():
    """Of 9 at 80 %: t with 8 degrees of freedom is 1.3968, times sqrt(9 / 8) is 1.4815, beyond which lie 6.92 %; fewer
    than two are as two; of very many the percentiles are the plain ones."""
    values = np.tile(np.arange(1001.0), (4, 1))
    low, high = drawn_range(values, [9, 1e12, 0.3, 2], level=0.8)
    assert low == pytest.approx([69.2, 100.0, 0.0, 0.0], abs=0.1) and high == pytest.approx(1000 - low)
    assert np.isnan(drawn_range(np.zeros((2, 0)), [5, 5])).all()


def test_what_stands_behind_credit_are_accounts_not_rows():
    """Two deals of one account and one of another: a is on three deals of two accounts, b on one."""
    rows = [(["a"], 1, 0, 5.0), (["a", "b"], 1, 0, 5.0), (["a"], 1, 0, 5.0), (["b"], 0, 1, 0.0)]
    for times in (1, 3):
        paths = from_paths(rows * times, accounts=["x", "x", "y", "z"] * times)
        draws = credit_draws(paths, ("linear",), seed=1, n_draws=5)
        assert draws.n_accounts.tolist() == [2, 1] and draws.n_deals.tolist() == [3 * times, times]
        assert draws.behind("linear") == pytest.approx([2.5 * 2 / 3, 0.5])


def test_no_wins_at_all_have_no_share():
    table = share_table(credit_draws(from_paths([(["a", "b"], 0, 3, 0.0)]), ("linear",), seed=1, n_draws=5))
    assert table[["share", "low", "high", "error", "rank_low", "top_chance"]].isna().all(axis=None)
    assert table["n_deals"].eq(0).all()
    with pytest.raises(MeasureError, match="there must be a conversion"):
        credit_draws(from_paths([(["a", "b"], 0, 3, 0.0)]), ("markov_1",), seed=1)


def test_models_without_draws_are_refused():
    with pytest.raises(MeasureError, match=r"Draws of credit: markov_2 has none\. Did you mean markov_1"):
        credit_draws(from_paths([(["a"], 1, 1, 1.0)]), ("markov_2",), seed=1)


def grouped(seed=1):
    """A path set and its touches by campaign: each channel has three campaigns, and one touch in seven has none."""
    rows = made_rows(seed, 120)
    paths = from_paths(rows, **accounts_of(rows))
    number = np.random.default_rng(seed).integers(0, 3, len(paths.touches))
    names = [f"{paths.channels[c]}{n}" if i % 7 else None for i, (c, n) in enumerate(zip(paths.channel, number,
                                                                                     strict=True))]  # fmt: skip
    return paths, pd.Series(names, name="campaign_id", dtype="str")


def test_credit_by_any_grouping_is_summed_touch_by_touch():
    paths, names = grouped()
    groups = groups_of(paths, names)
    assert groups.names == tuple(sorted(set(names.dropna()))) and groups.name == "campaign_id"
    table = credit_by_model(paths, SHARED, knobs=KNOBS, by=groups)
    assert table.columns.tolist() == ["model", "campaign_id", "credited_deals", "credited_amount"]
    wins, amount = paths.values("wins"), paths.values("amount")
    for model in SHARED:
        deals, money, journeys = ({name: 0.0 for name in groups.names} for _ in range(3))
        seen = set()
        for name, journey, share in zip(names, paths.journey, touch_weights(paths, model, knobs=KNOBS), strict=True):
            if isinstance(name, str):
                deals[name] += share * wins[journey]
                money[name] += share * amount[journey]
                journeys[name] += wins[journey] * ((name, journey) not in seen)
                seen.add((name, journey))
        found = table[table["model"].eq(model)].set_index("campaign_id")
        assert found["credited_deals"].to_dict() == pytest.approx(deals)
        assert found["credited_amount"].to_dict() == pytest.approx(money)
    assert deals_touched(paths, by=groups).tolist() == list(journeys.values())


def test_in_every_draw_the_groups_of_a_channel_add_up_to_it():
    paths, names = grouped()
    whole = names.fillna(pd.Series(np.array(paths.channels, dtype=object)[paths.channel]) + "x")
    of_channel = credit_draws(paths, SHARED, seed=3, n_draws=8, knobs=KNOBS)
    of_group = credit_draws(paths, SHARED, seed=3, n_draws=8, knobs=KNOBS, by=groups_of(paths, whole))
    part = credit_draws(paths, SHARED, seed=3, n_draws=8, knobs=KNOBS, by=groups_of(paths, names))
    assert of_group.by == "campaign_id" and len(of_group.channels) == 20 and len(part.channels) == 15
    channel = [name[0] for name in of_group.channels]
    kept = [place for place, name in enumerate(of_group.channels) if name[1] != "x"]
    for model in SHARED:
        for kind in ("deals", "amount"):
            sums = pd.DataFrame(getattr(of_group, kind)[model]).groupby(channel).sum()
            assert sums.to_numpy() == pytest.approx(getattr(of_channel, kind)[model])
            assert getattr(part, kind)[model] == pytest.approx(getattr(of_group, kind)[model][kept])
    shown = share_table(of_group)
    assert shown.columns[:3].tolist() == ["model", "campaign_id", "share"] and len(shown) == 20 * len(SHARED)


def test_groups_of_touches_are_refused_where_they_cannot_be():
    paths, names = grouped()
    with pytest.raises(MeasureError) as told:
        groups_of(paths, names[:5])
    assert str(told.value) == (
        f"Groups of touches: each touch must have one value; found 5 for {len(names)} touches. Give them in the order "
        "of the touches."
    )
    with pytest.raises(MeasureError) as told:
        credit_draws(paths, ("linear", "markov_1"), seed=1, by=groups_of(paths, names))
    assert str(told.value) == (
        "Credit by campaign_id: the model must share each journey among its touches; found markov_1. Leave it out. "
        "Known: first_touch, last_touch, last_non_direct, linear, position_based, u_shaped, u_shaped_even, w_shaped, "
        "full_path, j_shaped, inverse_j, time_decay, shapley."
    )


def test_groups_that_hold_no_touch_or_no_win_are_credited_with_nothing():
    paths = from_paths([(["a", "b"], 1, 0, 5.0), (["b"], 0, 1, 0.0)])
    none = credit_draws(paths, SHARED[:1], seed=1, n_draws=4, by=groups_of(paths, pd.Series([None] * 3, name="x")))
    assert none.channels == () and none.table.empty and none.deals["first_touch"].shape == (0, 4)
    lost = groups_of(paths, pd.Series(["p", "p", "q"], name="x"))
    assert credit_by_model(paths, ("linear",), by=lost)["credited_amount"].tolist() == [5, 0]
    assert deals_touched(paths, by=lost).tolist() == [1, 0]


def test_credit_notes_leave_draws_those_of_the_model():
    rows = [*made_rows(1, 120), *[(list("ab"), 1, 0, -90.0), (list("dc"), 1, 0, -4.0)] * 6]
    extra = accounts_of(rows)
    names = sorted(set(extra["accounts"]))
    draws = credit_draws(from_paths(rows, **extra), seed=3, n_draws=6, knobs=KNOBS)
    rng = np.random.default_rng([3, STREAM])
    for draw in range(6):
        taken = [names[i] for i in rng.integers(0, len(names), len(names))]
        rows_of = [i for name in taken for i, account in enumerate(extra["accounts"]) if account == name]
        again = from_paths([rows[i] for i in rows_of], **{key: [extra[key][i] for i in rows_of] for key in extra})
        table = credit_by_model(again, DRAWN, knobs=KNOBS).set_index("model")
        for model in DRAWN:
            assert draws.amount[model][:, draw] == pytest.approx(table.loc[model, "credited_amount"].to_numpy())


def test_shares_are_told_only_of_a_total_above_nothing():
    """80 and 30 less 10: 80 %, 30 %, -10 %. A total below 0, of 0, or of rounding alone has no shares."""
    found = shares(np.array([[80.0, 10.0, 10.0, 0.1 + 0.2], [30.0, -30.0, -10.0, -0.3], [-10.0, 0.0, 0.0, 0.0]]))
    assert found[:, 0].tolist() == pytest.approx([0.8, 0.3, -0.1]) and np.isnan(found[:, 1:]).all()
    assert ranks(np.array([[-10.0, -5.0], [30.0, -30.0]]))[:, 0].tolist() == [2, 1]
    assert np.isnan(ranks(np.array([[-5.0], [-30.0]]))).all()


def test_no_models_and_no_journeys_give_empty_tables_of_the_same_columns():
    full = share_table(credit_draws(from_paths([(["a"], 1, 0, 1.0)]), ("linear",), seed=1, n_draws=3))
    for paths, models in ((from_paths([]), ()), (from_paths([]), SHARED[:3]), (from_paths(made_rows(1)), ())):
        draws = credit_draws(paths, models, seed=1, n_draws=3)
        none = share_table(draws)
        assert none.empty and list(none) == list(full) and draws.table.empty and set(draws.deals) == set(models)
        assert none.dtypes.equals(full.dtypes)


def test_rows_told_twice_or_apart_in_their_account_leave_every_draw_as_it_was():
    rows = made_rows(9)
    extra = accounts_of(rows)
    whole = credit_draws(from_paths(rows, **extra), seed=1, n_draws=20, knobs=KNOBS)
    twice = from_paths(rows * 2, **{name: values * 2 for name, values in extra.items()})
    doubled = credit_draws(twice, seed=1, n_draws=20, knobs=KNOBS)
    parts = [[(names, wins, 0, amount), (names, 0, losses, 0.0)] for names, wins, losses, amount in rows]
    both = {name: [value for value in values for _ in range(2)] for name, values in extra.items()}
    apart = credit_draws(from_paths([part for pair in parts for part in pair], **both), seed=1, n_draws=20, knobs=KNOBS)
    for model in DRAWN:
        assert doubled.amount[model] == pytest.approx(2 * whole.amount[model])
        assert apart.amount[model] == pytest.approx(whole.amount[model])
    numbers = ["share", "low", "high", "error", "rank_low", "rank_high", "top_chance"]
    assert share_table(doubled)[numbers].to_numpy() == pytest.approx(share_table(whole)[numbers].to_numpy())

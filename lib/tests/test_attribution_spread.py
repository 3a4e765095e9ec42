"""How far models lie apart: by hand, against plain loops, at its edges."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from slow_credit import made_rows

from revops.analysis.credit import MODELS, credit_by_model, from_paths, shares
from revops.measures.attribution_comparison.spread import disagreement, model_spread

SPREAD = {"channel": "str", "model_spread": "float64", "lowest_amount": "float64", "lowest_model": "str",
          "highest_amount": "float64", "highest_model": "str"}  # fmt: skip
APART = {"model_a": "str", "model_b": "str", "share_moved": "float64", "rank_correlation": "float64"}


def told(**amounts):
    """Return a table of credit from model = [amount of a, b, ...]."""
    tables = []
    for model, values in amounts.items():
        credit, channels = np.array(values, dtype=float), list("abcdef")[: len(values)]
        tables.append(pd.DataFrame({"model": model, "channel": channels, "credited_amount": credit,
                                    "credit_share": shares(credit[:, None])[:, 0]}))  # fmt: skip
    columns = {"model": "str", "channel": "str", "credited_amount": "float64", "credit_share": "float64"}
    return pd.concat(tables or [pd.DataFrame(columns=list(columns))], ignore_index=True).astype(columns)


def test_spread_is_the_most_less_the_least_of_each_channel():
    found = model_spread(told(first_touch=[70, 20, 10], linear=[40, 30, 30], last_touch=[10, 30, 60]))
    assert found.dtypes.astype(str).to_dict() == SPREAD
    assert found.to_numpy().tolist() == [
        ["a", 60, 10, "last_touch", 70, "first_touch"],
        ["b", 10, 20, "first_touch", 30, "linear"],  # last touch as well: the first in order is named
        ["c", 50, 10, "first_touch", 60, "last_touch"],
    ]


def test_share_moved_and_ranks_by_hand():
    """First to last: 60 points leave a, 10 go to b and 50 to c. Ranks 3 2 1 against 1 2 3; against linear's 3, 1.5,
    1.5 it is 1.5 / (2 x 1.5)^(1/2) = 0.866, and last's 1 2 3 the same below 0."""
    found = disagreement(told(first_touch=[70, 20, 10], linear=[40, 30, 30], last_touch=[10, 30, 60]))
    assert found.dtypes.astype(str).to_dict() == APART
    assert found[["model_a", "model_b"]].to_numpy().tolist() == [
        ["first_touch", "linear"], ["first_touch", "last_touch"], ["linear", "last_touch"]
    ]  # fmt: skip
    assert found["share_moved"].tolist() == pytest.approx([0.3, 0.6, 0.3])
    assert found["rank_correlation"].tolist() == pytest.approx([0.75**0.5, -1, -(0.75**0.5)])


def test_all_models_are_as_plain_loops_find_them():
    from scipy.stats import spearmanr

    table = credit_by_model(from_paths(made_rows(3), days=[range(len(r[0]), 0, -1) for r in made_rows(3)]))
    table["credit_share"] = table["credited_amount"] / table.groupby("model")["credited_amount"].transform("sum")
    by_model = {model: dict(zip(part["channel"], part["credited_amount"], strict=True))
                for model, part in table.groupby("model", sort=False)}  # fmt: skip
    spread = model_spread(table).set_index("channel")
    for channel in "abcde":
        credit = [by_model[model][channel] for model in MODELS]
        assert spread.loc[channel, "model_spread"] == pytest.approx(max(credit) - min(credit))
        assert by_model[spread.loc[channel, "lowest_model"]][channel] == pytest.approx(min(credit))
        assert by_model[spread.loc[channel, "highest_model"]][channel] == pytest.approx(max(credit))
    found = disagreement(table).set_index(["model_a", "model_b"])
    assert found.index.tolist() == list(combinations(MODELS, 2))
    for a, b in combinations(MODELS, 2):
        one, other = (np.array(list(by_model[model].values())) for model in (a, b))
        moved = sum(abs(one / one.sum() - other / other.sum())) / 2
        assert found.loc[(a, b), "share_moved"] == pytest.approx(moved)
        known = spearmanr(one.round(6), other.round(6)).statistic
        assert found.loc[(a, b), "rank_correlation"] == pytest.approx(known)


def test_rows_in_another_order_and_money_in_another_unit_change_only_the_unit():
    table = told(first_touch=[70, 20, 10], linear=[40, 30, 30], shapley=[40.0 + 1e-12, 30, 30])
    order = [1, 0, 2, 5, 3, 4, 8, 6, 7]
    assert model_spread(table.iloc[order]).equals(model_spread(table))
    assert disagreement(table.iloc[order]).to_numpy()[:, 2:].astype(float) == pytest.approx(
        disagreement(table).to_numpy()[:, 2:].astype(float)
    )
    times = model_spread(table.assign(credited_amount=7 * table["credited_amount"]))
    assert times["model_spread"].to_numpy() == pytest.approx(7 * model_spread(table)["model_spread"].to_numpy())
    assert times["lowest_model"].equals(model_spread(table)["lowest_model"])
    assert model_spread(table)["lowest_model"].tolist() == ["linear", "first_touch", "first_touch"]


def test_what_differs_by_rounding_alone_is_equal():
    """0.1 + 0.2 is not 0.3 to the last bit; the first of the two is named, and their ranks tie."""
    table = told(linear=[0.3, 0.3, 0.4], shapley=[0.1 + 0.2, 0.3, 0.4])
    assert model_spread(table)["highest_model"].tolist() == ["linear"] * 3
    assert disagreement(table)["rank_correlation"].tolist() == pytest.approx([1.0])
    assert disagreement(table)["share_moved"].tolist() == pytest.approx([0.0], abs=1e-15)


def test_one_channel_has_no_spread_and_no_order():
    one = told(linear=[5], last_touch=[5])
    assert model_spread(one).to_numpy().tolist() == [["a", 0, 5, "linear", 5, "linear"]]
    assert disagreement(one)["share_moved"].tolist() == [0]
    assert disagreement(one)["rank_correlation"].isna().all()


def test_channels_that_one_model_credits_alike_have_no_order_to_compare():
    found = disagreement(told(linear=[5, 5], last_touch=[8, 2]))
    assert found["share_moved"].tolist() == pytest.approx([0.3]) and found["rank_correlation"].isna().all()


def test_one_model_and_none_give_empty_tables_of_the_same_columns():
    assert model_spread(told(linear=[5, 1]))["model_spread"].tolist() == [0, 0]
    for none in (disagreement(told(linear=[5, 1])), disagreement(told())):
        assert none.empty and none.dtypes.astype(str).to_dict() == APART
    assert model_spread(told()).empty and model_spread(told()).dtypes.astype(str).to_dict() == SPREAD


def test_without_an_amount_there_is_spread_of_nothing_and_no_share():
    nothing = told(linear=[0, 0], last_touch=[0, 0])
    assert model_spread(nothing)["model_spread"].eq(0).all()
    assert disagreement(nothing)[["share_moved", "rank_correlation"]].isna().all(axis=None)
    notes = told(linear=[-5, -5], last_touch=[-9, -1])
    assert model_spread(notes)["model_spread"].tolist() == [4, 4] and disagreement(notes)["share_moved"].isna().all()

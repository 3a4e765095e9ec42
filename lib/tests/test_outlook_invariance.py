"""What must not matter does not: rows after the day, order of rows, names of ids, the unit of money."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from frames import renamed, with_each, with_tables
from revops.actions import pipeline_coverage as act
from revops.book import Book

PAST = "2026-02-20"
MONEY = ["low", "median", "high", "actual", "quota"]


@pytest.fixture(scope="module")
def result(told):
    return told()


def same(ours, theirs, scale=1.0):
    """Compare two outlooks; amounts may differ by a scale, and in the seventh digit by the order of sums."""
    a, b = ours.outlook, theirs.outlook
    np.testing.assert_allclose(b.outcomes, scale * a.outcomes, rtol=1e-6)
    np.testing.assert_allclose(b.net_new.parts, scale * a.net_new.parts, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(sorted(b.deals["chance"]), sorted(a.deals["chance"]), rtol=1e-6)
    np.testing.assert_allclose(b.told[MONEY], scale * a.told[MONEY], rtol=1e-6)
    columns = ["period", "is_inside", "probability", "made_it", "n_before"]
    pd.testing.assert_frame_equal(b.told[columns], a.told[columns])
    np.testing.assert_allclose(b.required_told[["required", "low", "high"]],
                               scale * a.required_told[["required", "low", "high"]], rtol=1e-6)  # fmt: skip
    assert theirs.gap == pytest.approx(tuple(scale * amount for amount in ours.gap), rel=1e-6)
    assert theirs.needed_coverage == pytest.approx(ours.needed_coverage, rel=1e-6)
    assert (b.probability, b.probability_without_largest) == (a.probability, a.probability_without_largest)
    assert a.net_new.probability == b.net_new.probability or np.isnan(a.net_new.probability)
    columns = ["required_coverage", "required_low", "required_high"]
    for by in ("segment", "region", "type"):
        x, y = ours.by_group[by], theirs.by_group[by]
        np.testing.assert_allclose(y[columns].astype(float), x[columns].astype(float), rtol=1e-6)
        np.testing.assert_allclose(y["expected_amount"], scale * x["expected_amount"], rtol=1e-6)
    assert act.headline(theirs).status == act.headline(ours).status


@pytest.mark.parametrize("what", ["dropped", "doubled", "rewritten"])
def test_nothing_recorded_after_the_day_changes_the_outlook(told, sample, what):
    """Later states dropped, later states said twice with other values, and today's records all different."""
    end = pd.Timestamp(PAST) + pd.Timedelta(days=1)
    deals, history = sample.tables["opportunities"], sample.tables["opportunity_history"]
    past, later = history[history["changed_at"] < end], history[history["changed_at"] >= end]
    assert len(later) > 100
    wild = later.assign(amount=later["amount"] * 7 + 1, stage_name="Won", outcome="won", is_deleted=False,
                        close_date=pd.Timestamp("2026-02-10"), sequence=later["sequence"] + 1)  # fmt: skip
    states = {"dropped": past, "doubled": pd.concat([history, wild]), "rewritten": pd.concat([past, wild])}[what]
    if what == "dropped":
        deals = deals[deals["created_at"] < end].reset_index(drop=True)
    if what == "rewritten":
        deals = deals.assign(stage_name="Won", outcome="won", amount=1e9, close_date=pd.Timestamp("2026-02-10"))
    states = states.sort_values(["opportunity_id", "changed_at", "sequence"], ignore_index=True)
    other = told(PAST, with_tables(sample, opportunities=deals, opportunity_history=states))
    np.testing.assert_array_equal(other.outlook.outcomes, told(PAST).outlook.outcomes)
    pd.testing.assert_frame_equal(other.outlook.told, told(PAST).outlook.told)
    pd.testing.assert_frame_equal(other.outlook.required_told, told(PAST).outlook.required_told)
    pd.testing.assert_series_equal(other.outlook.cycle.by_age, told(PAST).outlook.cycle.by_age)
    assert act.actions(other) == act.actions(told(PAST))
    assert act.headline(other) == act.headline(told(PAST))


def test_the_order_of_rows_changes_no_number(told, sample, result):
    seed = np.random.default_rng([ord(letter) for letter in "order of rows"])
    names = ("opportunities", "accounts", "owners", "quotas")
    mixed = {name: sample.tables[name].sample(frac=1, random_state=seed, ignore_index=True) for name in names}
    other = told(book=with_tables(sample, **mixed))
    np.testing.assert_array_equal(other.outlook.outcomes, result.outlook.outcomes)
    assert act.actions(other) == act.actions(result) and act.headline(other) == act.headline(result)


def test_the_names_of_ids_change_no_value(told, sample, result):
    other = told(book=with_each(sample, renamed))
    assert other.outlook.largest == "x" + result.outlook.largest[::-1]
    same(result, other)


def test_another_unit_of_money_scales_amounts_and_leaves_chances(told, sample, result):
    def tripled(table):
        money = [c for c in ("amount", "amount_original", "quota_amount") if c in table]
        return table.assign(**{c: table[c] * 3 for c in money})

    plan = {name: amount * 3 for name, amount in sample.company.net_new_plan.items()}
    company = sample.company.model_copy(update={"net_new_plan": plan})
    tables = {name: tripled(table) for name, table in sample.tables.items()}
    other = told(book=Book(company, tables, sample.audit))
    same(result, other, scale=3.0)
    ours, theirs = act.actions(result), act.actions(other)
    assert [_without_money(a) for a in theirs] == [_without_money(a) for a in ours]
    assert [a.worth for a in theirs if a.worth] == pytest.approx([3 * a.worth for a in ours if a.worth])


def _without_money(action):
    """Return an action with every amount taken out, those in its words too."""
    because = re.sub(r"\$[\d.,]+[KMB]?", "$", action.because)
    return dataclasses.replace(action, text="", because=because, amount=0, worth=0, worth_low=0, worth_high=0)
